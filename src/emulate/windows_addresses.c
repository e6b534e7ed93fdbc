/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include "emulate/windows_addresses.h"

#include <stddef.h>

static const struct windows_address ADDRESSES[] = {
    {0x7c801d77, "LoadLibraryA", "Windows XP SP2"},
    {0x7c801d7b, "LoadLibraryA", "Windows XP SP3"},
    {0x7c802367, "CreateProcessA", "Windows XP SP2"},
    {0x7c80236b, "CreateProcessA", "Windows XP SP3"},
    {0x7c802442, "Sleep", "Windows XP SP2"},
    {0x7c802446, "Sleep", "Windows XP SP3"},
    {0x7c80ac28, "GetProcAddress", "Windows XP SP2"},
    {0x7c80ada0, "GetProcAddress", "Windows XP SP2"},
    {0x7c80ae30, "GetProcAddress", "Windows XP SP3"},
    {0x7c80ae40, "GetProcAddress", "Windows XP SP3"},
    {0x7c81caa2, "ExitProcess", "Windows XP SP2"},
    {0x7c81cdda, "ExitProcess", "Windows XP SP2"},
    {0x7c81cafa, "ExitProcess", "Windows XP SP3"},
    {0x7c81cb12, "ExitProcess", "Windows XP SP3"},
    {0x7c86114d, "WinExec", "Windows XP SP2"},
    {0x7c86136d, "WinExec", "Windows XP SP2"},
    {0x7c8615b5, "WinExec", "Windows XP SP2"},
    {0x7c86250d, "WinExec", "Windows XP SP3"},
    {0x7c8623ad, "WinExec", "Windows XP SP3"},
    {0x7c862585, "WinExec", "Windows XP SP3"},
    {0x77c293c7, "system", "Windows XP SP2/SP3"},
    {0x77bf93c7, "system", "Windows XP SP2"},
    {0x77d8050b, "MessageBoxA", "Windows XP SP2"},
    {0x77d804ea, "MessageBoxA", "Windows XP SP2"},
    {0x7e45058a, "MessageBoxA", "Windows XP SP3"},
    {0x7e4507ea, "MessageBoxA", "Windows XP SP3"},
};

const struct windows_address *windows_address_find(uint64_t at)
{
    for (size_t i = 0; i < sizeof(ADDRESSES) / sizeof(ADDRESSES[0]); i++)
        if (ADDRESSES[i].at == at)
            return &ADDRESSES[i];
    return NULL;
}
