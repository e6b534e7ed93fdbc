/*
 * show/apk_report.h -- one Android application: what it asks for, shows and does.
 */
#ifndef SHOW_APK_REPORT_H
#define SHOW_APK_REPORT_H

#include "analyse/android/app.h"
#include "base/json.h"

/* One object (docs/samples.md has its fields). `path` names the file. */
void apk_report_json(const struct app *app, const char *path, struct json *json);

/* On standard output, for people; with `all` also every call, intent and text. */
void apk_report_print(const struct app *app, const char *path, bool all);

#endif
