/*
 * show/capability_report.h -- what one sample can do, for programs and for people.
 */
#ifndef SHOW_CAPABILITY_REPORT_H
#define SHOW_CAPABILITY_REPORT_H

#include "analyse/capability/matcher.h"
#include "base/json.h"

struct capability_report {
    const char *path;
    struct bytes name;             /* of the sample, as its report says; may be empty */
    struct capability_found *list; /* in the rules' order */
    uint32_t count;
};

/* What the matcher has come to. Texts and list are the arena's. -ENOMEM. */
int capability_report_make(const struct capability_matcher *matcher,
                           const struct capability_rules *rules, const char *path,
                           struct bytes name, struct arena *arena,
                           struct capability_report *ret_report)
    __attribute__((warn_unused_result));

/* Of a file that is at hand: executable or not, what is imported and written in it. -ENOMEM. */
int capability_report_file(struct capability_matcher *matcher, const struct capability_rules *rules,
                           const char *path, struct bytes content, struct arena *arena,
                           struct capability_report *ret_report)
    __attribute__((warn_unused_result));

/* One object (docs/samples.md has its fields). */
void capability_report_json(const struct capability_report *report, struct json *json);

/* The list alone, for objects that have more to say. */
void capability_list_json(const struct capability_report *report, struct json *json);

/* On standard output; with `explain` also the evidence. */
void capability_report_print(const struct capability_report *report, bool explain);

#endif
