/* An Android application: what it asks for, shows and does. */
#include <errno.h>
#include <stdlib.h>

#include "show/apk_report.h"
#include "show/sample_panel.h"

static int apk_tool_open(const char *path, void **ret_tool)
{
    struct app *app = calloc(1, sizeof(*app));
    (void)path;
    if (!app)
        return -ENOMEM;
    *ret_tool = app;
    return 0;
}

/* ZIP, DEX; what else a ZIP may be is told by what is in it. */
static bool may_be_app(struct bytes content)
{
    return bytes_start(content, BYTES("PK\3\4")) || bytes_start(content, BYTES("dex\n"));
}

static bool apk_tool_say(void *context, const struct sample_part *part, struct json *json)
{
    struct app *app = context;
    struct fault fault = {0};
    if (!may_be_app(part->content) || app_read(part->content, app, &fault) != 0)
        return false;
    bool application = app->has_manifest || app->has_code;
    if (application)
        apk_report_json(app, "", json);
    app_finish(app);
    return application;
}

const struct sample_panel sample_panel_apk = {
    .key = "apk",
    .open = apk_tool_open,
    .say = apk_tool_say,
    .close = free,
};
