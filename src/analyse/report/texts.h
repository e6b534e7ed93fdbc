/*
 * analyse/report/texts.h -- a report's things, each once, in the order first seen.
 *
 * What most readers of reports want: calls with their order are the exception and are kept apart.
 * Clear and use it again for the next report; memory is kept.
 *
 * Limits: REPORT_TEXTS different things a report and REPORT_CALLS calls; more are counted as left.
 */
#ifndef ANALYSE_REPORT_TEXTS_H
#define ANALYSE_REPORT_TEXTS_H

#include "analyse/report/report.h"
#include "base/strings.h"

enum { REPORT_TEXTS = 1 << 20, REPORT_CALLS = 1 << 22 };

struct report_text {
    uint32_t kind; /* enum report_kind, never REPORT_call */
    uint32_t text; /* in `strings` */
};

struct report_texts {
    struct strings strings;
    struct hash_table seen; /* kind and text */
    struct report_text *items;
    uint32_t count, capacity;
    uint32_t *calls; /* names in `strings`, in the order they were called */
    uint32_t call_count, call_capacity;
    uint64_t left; /* what there was no room for */
};

/* Take one thing. -ENOMEM. */
int report_texts_add(struct report_texts *texts, enum report_kind kind, struct bytes text)
    __attribute__((warn_unused_result));

/* The first of its kind; empty where there is none. */
struct bytes report_texts_first(const struct report_texts *texts, enum report_kind kind);

void report_texts_clear(struct report_texts *texts);
void report_texts_finish(struct report_texts *texts);

#endif
