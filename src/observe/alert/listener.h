/*
 * observe/alert/listener.h -- syslog over UDP (RFC 5426), TCP (RFC 6587) and TLS (RFC 5425).
 *
 * One thread, one epoll. At most LISTENER_CLIENTS streams are open; further ones
 * are refused, and counted. What a client sends before it is heard out waits in
 * the kernel, so a slow store makes senders of TCP wait and those of UDP lose.
 */
#ifndef OBSERVE_ALERT_LISTENER_H
#define OBSERVE_ALERT_LISTENER_H

#include <gnutls/gnutls.h>

#include "base/bytes.h"
#include "model/observation.h"

enum { LISTENER_SOCKETS = 16, LISTENER_CLIENTS = 256, LISTENER_DATAGRAM = 65535 };

enum listener_kind { LISTENER_udp, LISTENER_tcp, LISTENER_tls };

struct listener;

struct listener_counts {
    uint64_t messages, clients, refused, too_long;
    uint64_t broken; /* streams ended because of their frames or of TLS */
};

/* -ENOMEM, -errno. `message` gets each one, and who sent it; its -errno ends listener_poll. */
int listener_new(int (*message)(void *context, const struct ip *from, struct bytes message),
                 void *context, struct listener **ret_listener) __attribute__((warn_unused_result));

/* PEM files, before the first address of TLS. A GnuTLS code below 0 (gnutls_strerror). */
int listener_certificate(struct listener *listener, const char *certificate, const char *key)
    __attribute__((warn_unused_result));

/*
 * "127.0.0.1:5514", "[::1]:5514", "127.0.0.1:0" for any port: *ret_port tells which. -EINVAL: no
 * such address; -ENOKEY: TLS without a certificate; -ENOSPC: too many; -errno of the socket.
 */
int listener_add(struct listener *listener, enum listener_kind kind, const char *address,
                 uint16_t *ret_port) __attribute__((warn_unused_result));

/* Hear what comes for at most `milliseconds`, or until a signal. message()'s -errno, -errno. */
int listener_poll(struct listener *listener, int milliseconds) __attribute__((warn_unused_result));

const struct listener_counts *listener_counts(const struct listener *listener);
void listener_free(struct listener *listener);

#endif
