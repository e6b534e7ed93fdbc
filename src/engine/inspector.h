/*
 * engine/inspector.h -- asking the helper what a sample is.
 *
 * The helper, hinomi-inspect, is a program of its own in a sandbox of its own
 * (docs/decisions/0009-inspect.md). It is started when first asked, asked one sample after the
 * other, and started anew after one that hung or killed it. One inspector belongs to one thread at
 * a time.
 */
#ifndef ENGINE_INSPECTOR_H
#define ENGINE_INSPECTOR_H

#include "base/buffer.h"

struct inspector;

#define INSPECTOR_PATIENCE INT64_C(90000000000) /* ns: what an answer may take */

enum {
    INSPECTOR_SAMPLE_MOST = 64 << 20, /* bytes of a sample */
    INSPECTOR_REPORT_MOST = 24 << 20, /* bytes of a report */
};

/*
 * `path`: of the helper; NULL finds it beside the running program or in its build tree. `models`,
 * `rules`: folders, or NULL. It isn't started yet. -ENOENT when there is no helper.
 */
int inspector_open(const char *path, const char *models, const char *rules, int64_t patience,
                   struct inspector **ret_inspector) __attribute__((warn_unused_result));
void inspector_close(struct inspector *inspector);

/*
 * What the helper says of itself (docs/samples.md): its rules, its panels. Valid until it is
 * closed. -EPERM when it refuses to run (no sandbox, no database of types), -errno when it can't be
 * started.
 */
int inspector_greeting(struct inspector *inspector, struct bytes *ret_json)
    __attribute__((warn_unused_result));

/*
 * A report, as JSON; valid until the next question. One who hung or died of it is an answer, too:
 * a report that says so ("failed"), with the names of the sample. What it says beyond its SHA-256
 * was found out by who read hostile bytes. -EFBIG beyond INSPECTOR_SAMPLE_MOST; -ENOMEM; else as
 * inspector_greeting.
 */
int inspector_ask(struct inspector *inspector, struct bytes name, struct bytes content,
                  struct bytes *ret_report) __attribute__((warn_unused_result));

#endif
