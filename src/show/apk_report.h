/*
 * show/apk_report.h -- one Android application: what it asks for, shows and does.
 */
#ifndef SHOW_APK_REPORT_H
#define SHOW_APK_REPORT_H

#include "analyse/android/app_model.h"
#include "analyse/android/app_verdict.h"
#include "base/json.h"

enum { APK_REASONS = 12 };

/* All there is to say of one file. Large: not for the stack. */
struct apk_report {
    const char *path;
    struct app app;
    struct app_verdict verdict;
    bool judged; /* by a model that knows something of it */
    struct app_judgement judgement;
    struct app_reason reasons[APK_REASONS];
    uint32_t reason_count;
};

/*
 * Of `content`, which must stay and which `path` names in what is said; judged by `model` unless it
 * is NULL. apk_report_finish afterwards, unless it fails. Errors: those of app_read.
 */
int apk_report_make(const struct app_model *model, const char *path, struct bytes content,
                    struct apk_report *ret_report, struct fault *ret_fault)
    __attribute__((warn_unused_result));
void apk_report_finish(struct apk_report *report);

/* One object (docs/samples.md has its fields); without `calls`, all but the list of them. */
void apk_report_json(const struct apk_report *report, bool calls, struct json *json);

/* On standard output, for people; with `all` also every component, call and text. */
void apk_report_print(const struct apk_report *report, bool all);

/* Whoever packed it: a name, "none" or "unknown"; and its four fields, in an object that is open.
 */
const char *apk_protector_name(const struct protector *protector);
void apk_protector_json(const struct protector *protector, struct json *json);

#endif
