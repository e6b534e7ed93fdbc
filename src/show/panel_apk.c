/* An Android application, or a part of one: its two lights and what they come from. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "show/apk_input.h"
#include "show/apk_report.h"
#include "show/sample_panel.h"

struct apk_tool {
    struct app_model *model; /* NULL: there is none, and findings alone speak */
    struct apk_report report;
};

static void apk_tool_close(void *context)
{
    struct apk_tool *tool = context;
    if (tool->model)
        app_model_close(tool->model);
    free(tool);
}

static int apk_tool_open(const char *path, void **ret_tool)
{
    struct apk_tool *tool = calloc(1, sizeof(*tool));
    if (!tool)
        return -ENOMEM;
    if (path && access(path, R_OK) == 0 && !apk_model_open("sample", path, &tool->model)) {
        apk_tool_close(tool);
        return -EBADMSG;
    }
    *ret_tool = tool;
    return 0;
}

/* Any file may be a ZIP somewhere; only what starts as a form of Android's does is looked at. */
static bool is_android(struct bytes content)
{
    return bytes_start(content, BYTES("PK\x03\x04")) || dex_is(content) || axml_is(content);
}

/* A ZIP that is no application has neither a manifest nor code. */
static bool apk_tool_say(void *context, const struct sample_part *part, struct json *json)
{
    struct apk_tool *tool = context;
    struct apk_report *report = &tool->report;
    struct fault fault = {0};
    char path[256]; /* it is only repeated */
    size_t len = part->path.len < sizeof(path) ? part->path.len : sizeof(path) - 1;
    if (len)
        memcpy(path, part->path.at, len);
    path[len] = '\0';
    if (!is_android(part->content) ||
        apk_report_make(tool->model, path, part->content, report, &fault) != 0)
        return false;
    bool told = report->app.has_manifest || report->app.has_code;
    if (told)
        apk_report_json(report, false, json);
    apk_report_finish(report);
    return told;
}

const struct sample_panel sample_panel_apk = {
    .key = "apk",
    .model = APK_MODEL_DEFAULT,
    .alone = true,
    .open = apk_tool_open,
    .say = apk_tool_say,
    .close = apk_tool_close,
};
