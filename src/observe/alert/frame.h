/*
 * observe/alert/frame.h -- messages of syslog over a stream (RFC 6587, RFC 5425).
 *
 * Each message says by its first byte how it is framed: a digit begins octet
 * counting ("83 <34>1 …"), anything else a line. A message over FRAME_LIMIT is
 * passed over, and counted; a count that is none ends the stream.
 */
#ifndef OBSERVE_ALERT_FRAME_H
#define OBSERVE_ALERT_FRAME_H

#include "base/buffer.h"

enum { FRAME_LIMIT = 1 << 20 };

struct frame_stream {
    struct buffer text;
    uint64_t skip; /* bytes of a message too long still to come */
    bool skip_line;
    uint64_t too_long;
};

/* Bytes that came. -ENOMEM. */
int frame_put(struct frame_stream *stream, struct bytes bytes) __attribute__((warn_unused_result));

/*
 * Visit the whole messages in what came; at the `end` of the stream a last line without an end,
 * too. -EBADMSG: a frame that cannot be; what came before was visited. The callback's -errno.
 */
int frame_each(struct frame_stream *stream, bool end,
               int (*visit)(void *context, struct bytes message), void *context)
    __attribute__((warn_unused_result));

void frame_finish(struct frame_stream *stream);

#endif
