/*
 * analyse/report/report.h -- what a sandbox saw a program do.
 *
 * Reports of CAPE (v2, whole or reduced to its summary), Cuckoo (1 and 2), Speakeasy (its report,
 * or its entry points alone) and dictionaries of behaviour tokens (MIST: {"family": …, "f":
 * {"file_access": "TOKEN TOKEN"}}) are JSON; a plain list has one thing a line, with or without its
 * kind in front ("mutex<TAB>NAME"). Which of them it is, the reader sees. It reads a piece at a
 * time and keeps nothing but the few texts of one entry: a report of 100 MB takes the memory of a
 * piece. Things are told as they come, calls in the order they were made, and others as often as
 * they are written; a `struct report_texts` (analyse/report/texts.h) keeps each once.
 *
 * JSON Lines: each value at the top is a report of its own; a list is one.
 *
 * Limits: those of base/json_scan.h (64 levels, 64 KiB a text; longer ones are cut and counted),
 * 16 arguments of a call are looked at.
 */
#ifndef ANALYSE_REPORT_REPORT_H
#define ANALYSE_REPORT_REPORT_H

#include "base/fault.h"
#include "model/report_kind.h"

/* Who listens. Texts are valid only within the call. A value below 0 ends the reading with it. */
struct report_listener {
    int (*begin)(void *context); /* a report begins */
    int (*item)(void *context, enum report_kind kind, struct bytes text);
    int (*end)(void *context); /* it is whole */
    void *context;
};

struct report_reader;

/* NULL: out of memory. */
struct report_reader *report_reader_create(const struct report_listener *listener);

/* The next piece. -EBADMSG (no JSON), -E2BIG (too deep), -ENOMEM, or what the listener returned.
 * After an error only destroy it. */
int report_reader_feed(struct report_reader *reader, struct bytes piece, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* No more comes. -EBADMSG where the last report was not whole, -ENODATA where there was none. */
int report_reader_end(struct report_reader *reader, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* Reports read whole, things told, texts cut. */
struct report_counts {
    uint64_t reports, items, cut;
};
struct report_counts report_reader_counts(const struct report_reader *reader);

void report_reader_destroy(struct report_reader *reader);

/* All of a text at once, for tests and small reports: the above in one call. */
int report_read(struct bytes text, const struct report_listener *listener, struct fault *ret_fault)
    __attribute__((warn_unused_result));

#endif
