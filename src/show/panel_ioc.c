/* Which indicators what a sandbox saw of a sample meets; of the file itself they say nothing. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyse/ioc/match.h"
#include "analyse/ioc/notation.h"
#include "analyse/report/report.h"
#include "show/ioc_input.h"
#include "show/sample_kind.h"
#include "show/sample_panel.h"

enum { INDICATORS_TOLD = 64 };

struct ioc_tool {
    struct indicator_set set;
    struct matcher *matcher;
    struct bytes (*seen)[INDICATOR_PARTS]; /* of each indicator's parts the first text; or empty */
    struct arena arena;                    /* what was seen in the file at hand */
    struct bytes text;                     /* that is looked at */
};

static void ioc_tool_close(void *context)
{
    struct ioc_tool *tool = context;
    matcher_destroy(tool->matcher);
    indicator_set_finish(&tool->set);
    arena_finish(&tool->arena);
    free(tool->seen);
    free(tool);
}

static int ioc_tool_open(const char *path, void **ret_tool)
{
    if (access(path, R_OK) != 0)
        return -errno;
    struct ioc_tool *tool = calloc(1, sizeof(*tool));
    if (!tool)
        return -ENOMEM;
    int error = ioc_set_read("sample", path, &tool->set) ? 0 : -EBADMSG;
    if (!error)
        error = matcher_create(&tool->set, &tool->matcher);
    if (!error && !(tool->seen = calloc((size_t)tool->set.count + 1, sizeof(*tool->seen))))
        error = -ENOMEM;
    if (error)
        ioc_tool_close(tool);
    else
        *ret_tool = tool;
    return error;
}

static void part_seen(void *context, uint32_t indicator, uint32_t part)
{
    struct ioc_tool *tool = context;
    if (!tool->seen[indicator][part].at)
        tool->seen[indicator][part] = arena_copy(&tool->arena, tool->text);
}

static int ioc_item(void *context, enum report_kind kind, struct bytes text)
{
    struct ioc_tool *tool = context;
    tool->text = text;
    return matcher_look(tool->matcher, kind, text, part_seen, tool);
}

static int ioc_edge(void *context)
{
    (void)context;
    return 0;
}

static bool indicator_met(const struct ioc_tool *tool, uint32_t number)
{
    for (uint32_t part = 0; part < tool->set.items[number].part_count; part++)
        if (!tool->seen[number][part].at)
            return false;
    return true;
}

static void met_json(const struct ioc_tool *tool, uint32_t number, struct json *json)
{
    json_object(json);
    json_key(json, "indicator"), indicator_json(&tool->set.items[number], json);
    json_key(json, "seen");
    json_array(json);
    for (uint32_t part = 0; part < tool->set.items[number].part_count; part++)
        json_text(json, tool->seen[number][part]);
    json_end_array(json);
    json_end_object(json);
}

/* All reports that stand in the file are one sample's. */
static bool ioc_tool_say(void *context, const struct sample_part *part, struct json *json)
{
    struct ioc_tool *tool = context;
    const struct report_listener listener = {ioc_edge, ioc_item, ioc_edge, tool};
    struct fault fault;
    uint32_t told = 0;
    if (!sample_is_report(part->content))
        return false;
    arena_reset(&tool->arena);
    memset(tool->seen, 0, ((size_t)tool->set.count + 1) * sizeof(*tool->seen));
    if (report_read(part->content, &listener, &fault) != 0)
        return false;
    json_array(json);
    for (uint32_t i = 0; i < tool->set.count && told < INDICATORS_TOLD; i++)
        if (indicator_met(tool, i)) {
            met_json(tool, i, json);
            told++;
        }
    json_end_array(json);
    return true;
}

const struct sample_panel sample_panel_ioc = {
    .key = "ioc",
    .model = "indicators.ioc",
    .open = ioc_tool_open,
    .say = ioc_tool_say,
    .close = ioc_tool_close,
};
