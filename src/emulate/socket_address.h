/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/socket_address.h -- a sockaddr in guest memory, in any system's shape.
 */
#ifndef EMULATE_SOCKET_ADDRESS_H
#define EMULATE_SOCKET_ADDRESS_H

#include "emulate/trial.h"

/*
 * Put family, address and port (or path) of the sockaddr at `at`, said to have
 * `size` bytes, into the call being recorded. False when it is none.
 */
bool socket_address_record(struct trial *trial, uint64_t at, uint64_t size);

/* "inet", "inet6", "unix", "packet", "netlink"; NULL for what this family of systems lacks. */
const char *socket_family_name(enum family family, uint64_t number);

#endif
