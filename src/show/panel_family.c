/* Whose a sample is: by what it is made of, or by what a sandbox's report saw it do. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyse/family/behaviour_make.h"
#include "show/family_input.h"
#include "show/family_report.h"
#include "show/sample_kind.h"
#include "show/sample_panel.h"

struct family_tool {
    struct family_model model;
    struct report_texts texts;
};

static int family_tool_open(const char *path, void **ret_tool)
{
    struct family_tool *tool;
    if (!path || access(path, R_OK) != 0)
        return -ENOENT;
    tool = calloc(1, sizeof(*tool));
    if (!tool)
        return -ENOMEM;
    if (!family_model_open("sample", path, &tool->model)) {
        free(tool);
        return -EBADMSG;
    }
    *ret_tool = tool;
    return 0;
}

static int item_take(void *context, enum report_kind kind, struct bytes text)
{
    struct family_tool *tool = context;
    return report_texts_add(&tool->texts, kind, text);
}

static int edge_take(void *context)
{
    (void)context;
    return 0;
}

/* All that stands in the file is one sample's. */
static int report_judge(struct family_tool *tool, struct bytes content,
                        struct family_report *report)
{
    const struct report_listener listener = {edge_take, item_take, edge_take, tool};
    struct arena arena = {.chunk = 1 << 20};
    struct behaviour behaviour;
    struct fault fault;
    report_texts_clear(&tool->texts);
    int error = report_read(content, &listener, &fault);
    if (!error)
        error = behaviour_of_report(&tool->texts, &arena, &behaviour);
    if (!error)
        error = family_report_make(&tool->model, &behaviour, "", (struct bytes){"", 0}, report);
    arena_finish(&arena);
    return error;
}

static bool family_tool_say(void *context, const struct sample_part *part, struct json *json)
{
    struct family_tool *tool = context;
    struct family_report report;
    int error = sample_is_report(part->content)
                    ? report_judge(tool, part->content, &report)
                    : family_report_file(&tool->model, "", part->content, &report);
    if (error)
        return false;
    family_report_json(&report, json);
    return true;
}

static void family_tool_close(void *context)
{
    struct family_tool *tool = context;
    family_model_finish(&tool->model);
    report_texts_finish(&tool->texts);
    free(tool);
}

const struct sample_panel sample_panel_family = {
    .key = "family",
    .model = "family.model",
    .open = family_tool_open,
    .say = family_tool_say,
    .close = family_tool_close,
};
