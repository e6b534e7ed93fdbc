/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include "emulate/socket_address.h"

#include <arpa/inet.h>
#include <stdio.h>

enum { ADDRESS_MOST = 28, PATH_MOST = 108 };

const char *socket_family_name(enum family family, uint64_t number)
{
    static const struct {
        uint64_t number;
        int family; /* -1: all */
        const char *name;
    } known[] = {
        {1, -1, "unix"},
        {2, -1, "inet"},
        {10, FAMILY_LINUX, "inet6"},
        {16, FAMILY_LINUX, "netlink"},
        {17, FAMILY_LINUX, "packet"},
        {24, FAMILY_BSD, "inet6"},
        {28, FAMILY_BSD, "inet6"},
        {30, FAMILY_BSD, "inet6"},
        {26, FAMILY_SOLARIS, "inet6"},
        {23, FAMILY_WINDOWS, "inet6"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].number == number && (known[i].family < 0 || known[i].family == (int)family))
            return known[i].name;
    return NULL;
}

static bool path_record(struct trial *trial, uint64_t at)
{
    char path[PATH_MOST];
    size_t len;
    (void)machine_memory_text(trial->machine, at + 2, 1, path, sizeof(path), &len);
    bool sane = len > 1;
    for (size_t i = 0; sane && i < len; i++)
        sane = path[i] >= ' ' && path[i] < 0x7f;
    if (sane)
        record_text(trial->record, "path", (struct bytes){path, len});
    return sane;
}

/*
 * Linux before 2.6.39 bound to an address of any family as long as it had the
 * length of an inet one, and shellcode of those days counts on it.
 */
static const char *family_of(const struct trial *trial, uint64_t number, const uint8_t *raw,
                             uint64_t size)
{
    const char *family = socket_family_name(trial->system->family, number);
    bool inet = raw[0] == 2 || raw[1] == 2;
    return !family && inet && size >= 16 && size <= 128 ? "inet" : family;
}

bool socket_address_record(struct trial *trial, uint64_t at, uint64_t size)
{
    uint8_t raw[ADDRESS_MOST] = {0};
    /* a sockaddr_in at the very end of the stack is as good as one with room behind it */
    if (!machine_memory_read(trial->machine, at, raw, sizeof(raw)) &&
        !machine_memory_read(trial->machine, at, raw, 16))
        return false;
    uint64_t number =
        trial->system->family == FAMILY_BSD ? raw[1] : machine_integer(trial->machine, at, 2);
    const char *family = family_of(trial, number, raw, size);
    if (!family)
        return false;
    record_text(trial->record, "family", bytes_of(family));
    if (strcmp(family, "unix") == 0)
        return path_record(trial, at);
    if (strncmp(family, "inet", 4) != 0)
        return true;
    bool six = family[4] == '6';
    char text[INET6_ADDRSTRLEN];
    if (!inet_ntop(six ? AF_INET6 : AF_INET, six ? raw + 8 : raw + 4, text, sizeof(text)))
        return false;
    record_text(trial->record, "address", bytes_of(text));
    record_number(trial->record, "port", raw[2] << 8 | raw[3]);
    return true;
}
