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

static void path_record(struct trial *trial, uint64_t at)
{
    char path[PATH_MOST];
    size_t len;
    (void)machine_text(trial->machine, at + 2, 1, path, sizeof(path), &len);
    record_text(trial->record, "path", (struct bytes){path, len});
}

bool socket_address_record(struct trial *trial, uint64_t at)
{
    uint8_t raw[ADDRESS_MOST] = {0};
    /* a sockaddr_in at the very end of the stack is as good as one with room behind it */
    if (!machine_read(trial->machine, at, raw, sizeof(raw)) &&
        !machine_read(trial->machine, at, raw, 16))
        return false;
    uint64_t number =
        trial->system->family == FAMILY_BSD ? raw[1] : machine_integer(trial->machine, at, 2);
    const char *family = socket_family_name(trial->system->family, number);
    if (!family)
        return false;
    record_text(trial->record, "family", bytes_of(family));
    if (strcmp(family, "unix") == 0) {
        path_record(trial, at);
        return true;
    }
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
