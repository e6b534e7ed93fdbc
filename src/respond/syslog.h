/*
 * respond/syslog.h -- notices as syslog (RFC 5424): messages, and their way as datagrams (RFC
 * 5426).
 */
#ifndef RESPOND_SYSLOG_H
#define RESPOND_SYSLOG_H

#include "base/buffer.h"
#include "model/darknet_configuration.h"

enum { SYSLOG_LIMIT = 8192 /* bytes of a message; the rest is cut off */ };

/*
 * One message: facility local0, severity by `priority` (4 critical … 1 notice), `kind` as MSGID,
 * the JSON as text. Control characters, which JSON has escaped, are not in it.
 */
void syslog_write(const char *kind, unsigned priority, int64_t time, struct bytes json,
                  struct buffer *out);

/* The message as it goes through a stream: its length, a blank, itself (RFC 6587, RFC 5425). */
void syslog_frame(struct bytes message, struct buffer *out);

/* Send it as a datagram; never waits. -errno. */
int syslog_send(const struct syslog_address *address, struct bytes message)
    __attribute__((warn_unused_result));

#endif
