/*
 * base/json_scan.h -- JSON read straight through, a piece at a time.
 *
 * Whoever reads is told what begins, what ends, each key and each plain value, and says of every
 * key whether it wants what stands behind it: the rest is passed over, so a report of any size is
 * read in the memory of one piece. Several values behind one another (JSON Lines) are several
 * documents. Grammar: RFC 8259, but control characters within strings are let through, as are
 * numbers of any spelling and the NaN and Infinity that Python writes.
 *
 * Limits: JSON_SCAN_DEPTH levels, beyond which the text is refused; a string or key is cut at
 * JSON_SCAN_TEXT bytes, which is counted.
 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/buffer.h"
#include "base/fault.h"

enum { JSON_SCAN_DEPTH = 64, JSON_SCAN_TEXT = 1 << 16 };

enum json_value { JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL };

/* Texts are valid only within the call. Strings are unescaped, in UTF-8 where the input was. */
struct json_events {
    void (*begin)(void *context, bool array);     /* an object or an array */
    void (*end)(void *context);                   /* … which one is for the context to know */
    bool (*key)(void *context, struct bytes key); /* false: pass over its value */
    void (*value)(void *context, enum json_value kind, struct bytes text);
    void (*document)(void *context); /* a value at the top is whole */
};

struct json_scan {
    const struct json_events *events;
    void *context;
    struct buffer text; /* of a string or number that was escaped or cut between pieces */
    uint64_t offset, line, cut;
    uint32_t depth, quiet; /* quiet: the depth below which nothing is told; 0: all is */
    uint32_t code, high;   /* of \u escapes */
    uint8_t state, within, digits;
    bool is_key, unwanted, overfull;
    bool held; /* `text` has the beginning of the string */
    bool arrays[JSON_SCAN_DEPTH];
};

void json_scan_begin(struct json_scan *scan, const struct json_events *events, void *context);

/* The next piece. -EBADMSG: no JSON; -E2BIG: too deep; -ENOMEM; with the fault's place. */
int json_scan_feed(struct json_scan *scan, struct bytes piece, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* No more comes. -EBADMSG where a value was not whole. */
int json_scan_end(struct json_scan *scan, struct fault *ret_fault)
    __attribute__((warn_unused_result));

void json_scan_finish(struct json_scan *scan);

#endif
