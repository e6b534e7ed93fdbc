/*
 * observe/packet/socket.h -- packet sockets, their rings and fan-out groups. For this folder only.
 *
 * Nothing comes out of a socket before socket_start: until the whole group
 * stands, packets would be dealt out wrongly.
 */
#ifndef OBSERVE_PACKET_SOCKET_H
#define OBSERVE_PACKET_SOCKET_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packet_socket {
    int descriptor;
    char *ring; /* `blocks` blocks of LIVE_BLOCK bytes */
    size_t blocks;
};

/* Link layer (LINKTYPE_) of an interface, its number, and whether all it sends comes back. -ENODEV,
 * -EPROTONOSUPPORT, -errno. */
int interface_look_up(const char *name, int *ret_index, uint32_t *ret_link, bool *ret_loopback);

/* -errno; descriptor is -1 then. `outgoing`: also what the machine itself sends. */
int socket_open(struct packet_socket *socket, int interface, size_t ring, bool outgoing);

/* Make a group of the sockets, in their order. -errno. */
int sockets_fan_out(struct packet_socket *const *sockets, unsigned count);

/* Let packets in that `filter` passes; NULL: all. -errno. */
int socket_start(struct packet_socket *socket, const struct sock_fprog *filter);

/* What the kernel had to drop since it was asked last. */
uint64_t socket_drops(struct packet_socket *socket);

void socket_finish(struct packet_socket *socket);

#endif
