/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/windows_addresses.h -- where functions were in Windows XP.
 *
 * Before Windows moved its libraries about in memory, shellcode could call
 * functions at addresses that were the same on every machine of a version and
 * language. A few that are known are kept as facts.
 */
#ifndef EMULATE_WINDOWS_ADDRESSES_H
#define EMULATE_WINDOWS_ADDRESSES_H

#include <stdint.h>

struct windows_address {
    uint32_t at;
    const char *function, *version;
};

/* The function at that address, or NULL. */
const struct windows_address *windows_address_find(uint64_t at);

#endif
