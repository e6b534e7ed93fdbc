/*
 * show/hunt.h -- read-only SQL over everything, and events by their ids.
 *
 * The store refuses whatever would write; here the time (HUNT_SECONDS), the
 * rows and the bytes of an answer are bounded, and it says when it was cut.
 */
#ifndef SHOW_HUNT_H
#define SHOW_HUNT_H

#include "base/json.h"

enum { HUNT_SECONDS = 10, HUNT_ROWS = 100000, HUNT_BYTES = 64 << 20, EVENTS_ASKED = 256 };

/*
 * {"columns":[…],"rows":[[…]],"truncated":bool,"seconds":s}. Integers beyond
 * 2^53 are written as text, so that no digit is lost. -EINVAL, -EPERM, -ETIME,
 * with the sentence in `why`; -errno otherwise.
 */
int hunt_json(const char *data, struct bytes sql, int64_t limit, struct json *json, char *why,
              size_t why_size) __attribute__((warn_unused_result));

/* The same as CSV (RFC 4180), with a line of names. */
int hunt_csv(const char *data, struct bytes sql, int64_t limit, struct buffer *out, char *why,
             size_t why_size) __attribute__((warn_unused_result));

/* {"events":[…]} for "SOURCE:OFFSET,SOURCE:OFFSET…"; ids that name nothing are left out. */
int events_json(const char *data, struct bytes ids, struct json *json)
    __attribute__((warn_unused_result));

#endif
