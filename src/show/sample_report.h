/*
 * show/sample_report.h -- all that is said of a sample, as one JSON object (docs/samples.md).
 *
 * Made by hinomi-inspect in its sandbox, from bytes nobody trusts. Nothing of it depends on the
 * clock but that a bound of time was met.
 */
#ifndef SHOW_SAMPLE_REPORT_H
#define SHOW_SAMPLE_REPORT_H

#include "base/json.h"

enum {
    SAMPLE_SIZE_MOST = 64 << 20, /* bytes of a sample */
    SAMPLE_FILES_MOST = 512,     /* that are told; further ones in archives are counted */
    SAMPLE_SECONDS_MOST = 40,    /* of work; what comes later is hashed and typed, and that told */
    SAMPLE_PANEL_MOST = 4 << 20, /* bytes of one panel's words on one file */
    SAMPLE_REPORT_MOST = 16 << 20, /* bytes of a report; its last file may go beyond */
};

struct sample_tools;

/*
 * Open everything: libmagic's database, the rules (NULL: none), the models in a folder (NULL or an
 * absent one: none). What could not be had is told in `greeting`, one object, and gone without.
 * -ENOENT: no database of types; -ENOMEM.
 */
int sample_tools_open(const char *models, const char *rules, struct json *greeting,
                      struct sample_tools **ret_tools) __attribute__((warn_unused_result));
void sample_tools_close(struct sample_tools *tools);

/* -ENOMEM. */
int sample_report(struct sample_tools *tools, struct bytes name, struct bytes content,
                  struct json *json) __attribute__((warn_unused_result));

#endif
