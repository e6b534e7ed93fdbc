/*
 * analyse/report/list.h -- a plain list of what was seen: one thing a line.
 *
 * "KIND<TAB>TEXT", a kind of model/report_kind.h, or the text alone: a registry path, a URL or
 * an IP address by its looks, else a file. Empty lines and those that begin with '#' say nothing.
 * A line is cut at LIST_LINE bytes, which is counted.
 */
#ifndef ANALYSE_REPORT_LIST_H
#define ANALYSE_REPORT_LIST_H

#include "analyse/report/report.h"
#include "base/buffer.h"

enum { LIST_LINE = 1 << 16 };

struct report_list {
    struct buffer line; /* what came of a line so far */
    uint64_t cut;
    bool overfull;
};

typedef void report_line(void *context, enum report_kind kind, struct bytes text);

/* -ENOMEM. */
int report_list_feed(struct report_list *list, struct bytes piece, report_line *line, void *context)
    __attribute__((warn_unused_result));

/* The last line, which may have no end. -ENOMEM. */
int report_list_end(struct report_list *list, report_line *line, void *context)
    __attribute__((warn_unused_result));

#endif
