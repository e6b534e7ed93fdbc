/*
 * show/sample_panel.h -- what is said of a file beyond its names: one panel an analysis.
 *
 * A panel is a constant in a file of its own and a line in sample_panels. It is opened once, with
 * its model, before the sandbox is entered; its words go into the report (docs/samples.md) under
 * its key, and the console draws them under the same.
 */
#ifndef SHOW_SAMPLE_PANEL_H
#define SHOW_SAMPLE_PANEL_H

#include "analyse/sample/digest.h"
#include "analyse/sample/filetype.h"
#include "base/json.h"

/* A file: the sample itself, or one that stands in it. */
struct sample_part {
    struct bytes path; /* in the sample; the sample's own name at the top */
    struct bytes content;
    struct sample_digest digest;
    struct filetype type;
    uint32_t depth; /* archives it stands in */
};

struct sample_panel {
    const char *key;
    const char *model; /* its file in the folder of models; NULL: it needs none */
    bool alone;        /* has something to say without its model, too: then opened without a path */

    /* `path`: of the model, or NULL: no folder of models was named. -ENOENT: there is no such
     * model; -EBADMSG: it is none. */
    int (*open)(const char *path, void **ret_tool);

    /* One value; false, whatever was written, when there is nothing to say of such a file. */
    bool (*say)(void *tool, const struct sample_part *part, struct json *json);

    void (*close)(void *tool);
};

extern const struct sample_panel sample_panel_packer;
extern const struct sample_panel sample_panel_apk;
extern const struct sample_panel sample_panel_ioc;
extern const struct sample_panel sample_panel_capability;
extern const struct sample_panel sample_panel_family;

/* Ended by NULL. */
extern const struct sample_panel *const sample_panels[];

#endif
