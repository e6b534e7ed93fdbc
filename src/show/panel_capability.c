/* What a file has the means for, and a sandbox's report saw done. */
#include <errno.h>
#include <stdlib.h>

#include "show/capability_report.h"
#include "show/sample_kind.h"
#include "show/sample_panel.h"

struct capability_tool {
    struct arena rules_arena;
    struct capability_rules rules;
    struct capability_matcher *matcher;
};

static void capability_tool_close(void *context)
{
    struct capability_tool *tool = context;
    capability_matcher_destroy(tool->matcher);
    capability_rules_finish(&tool->rules);
    arena_finish(&tool->rules_arena);
    free(tool);
}

static int capability_tool_open(const char *path, void **ret_tool)
{
    struct capability_tool *tool = calloc(1, sizeof(*tool));
    struct fault fault;
    (void)path;
    if (!tool)
        return -ENOMEM;
    int error =
        capability_rules_read(capability_rules_text(), &tool->rules_arena, &tool->rules, &fault);
    if (!error)
        error = capability_matcher_create(&tool->rules, &tool->matcher);
    if (error)
        capability_tool_close(tool);
    else
        *ret_tool = tool;
    return error;
}

static int report_item(void *context, enum report_kind kind, struct bytes text)
{
    struct capability_tool *tool = context;
    capability_report_take(tool->matcher, kind, text);
    return 0;
}

static int report_edge(void *context)
{
    (void)context;
    return 0;
}

static bool capability_tool_say(void *context, const struct sample_part *part, struct json *json)
{
    struct capability_tool *tool = context;
    const struct report_listener listener = {report_edge, report_item, report_edge, tool};
    struct arena arena = {.chunk = 1 << 16};
    struct capability_report report = {.count = 0};
    struct fault fault;
    int error;
    if (sample_is_report(part->content)) {
        capability_matcher_clear(tool->matcher);
        error = report_read(part->content, &listener, &fault);
        if (!error)
            error = capability_report_make(tool->matcher, &tool->rules, "", part->path, &arena,
                                           &report);
    } else {
        error =
            capability_report_file(tool->matcher, &tool->rules, "", part->content, &arena, &report);
    }
    bool something = error == 0 && report.count > 0;
    if (something)
        capability_list_json(&report, json);
    arena_finish(&arena);
    return something;
}

const struct sample_panel sample_panel_capability = {
    .key = "capabilities",
    .open = capability_tool_open,
    .say = capability_tool_say,
    .close = capability_tool_close,
};
