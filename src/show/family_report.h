/*
 * show/family_report.h -- one sample: whose it is, how sure that is, and why.
 */
#ifndef SHOW_FAMILY_REPORT_H
#define SHOW_FAMILY_REPORT_H

#include "analyse/family/family_model.h"
#include "base/json.h"

enum { FAMILY_REASONS = 6, FAMILY_LIKELY = 3 };

struct family_reason {
    char text[FAMILY_FEATURE_TEXT];
    float weight; /* what it adds to the planes' score of the likeliest family, > 0 */
};

struct family_report {
    const char *path;
    struct bytes name; /* of the sample, as its report says; may be empty */
    const struct family_model *model;
    struct family_verdict verdict;
    uint32_t calls, tokens; /* of the behaviour */
    struct family_reason reasons[FAMILY_REASONS];
    uint32_t reason_count;
};

/* -ENODATA: there is nothing to judge; -ENOMEM. Texts stay the caller's. */
int family_report_make(const struct family_model *model, const struct behaviour *behaviour,
                       const char *path, struct bytes name, struct family_report *ret_report)
    __attribute__((warn_unused_result));

/* The same of a file at hand, by what it is made of. */
int family_report_file(const struct family_model *model, const char *path, struct bytes content,
                       struct family_report *ret_report) __attribute__((warn_unused_result));

/* One object (docs/samples.md has its fields). */
void family_report_json(const struct family_report *report, struct json *json);

/* On standard output; with `explain` also why. */
void family_report_print(const struct family_report *report, bool explain);

#endif
