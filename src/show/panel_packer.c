/* Packed by what, the sections with their entropy, the routine that runs first. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "show/packer_input.h"
#include "show/packer_report.h"
#include "show/sample_panel.h"

struct packer_tool {
    struct packer_model model;
    struct extractor extractor;
    struct packed_file file;
};

static int packer_tool_open(const char *path, void **ret_tool)
{
    struct packer_tool *tool;
    if (!path || access(path, R_OK) != 0)
        return -ENOENT;
    tool = calloc(1, sizeof(*tool));
    if (!tool || extractor_open(&tool->extractor) != 0) {
        free(tool);
        return -ENOMEM;
    }
    if (!packer_model_open("sample", path, &tool->model)) {
        extractor_close(&tool->extractor);
        free(tool);
        return -EBADMSG;
    }
    *ret_tool = tool;
    return 0;
}

static bool packer_tool_say(void *context, const struct sample_part *part, struct json *json)
{
    struct packer_tool *tool = context;
    char path[256]; /* it is only repeated */
    size_t len = part->path.len < sizeof(path) ? part->path.len : sizeof(path) - 1;
    if (len)
        memcpy(path, part->path.at, len);
    path[len] = '\0';
    if (packer_report_make(&tool->model, &tool->extractor, path, part->content, true,
                           &tool->file) != 0)
        return false;
    packer_report_json(&tool->file, json);
    return true;
}

static void packer_tool_close(void *context)
{
    struct packer_tool *tool = context;
    packer_model_finish(&tool->model);
    extractor_close(&tool->extractor);
    free(tool);
}

const struct sample_panel sample_panel_packer = {
    .key = "packer",
    .model = "packer.model",
    .open = packer_tool_open,
    .say = packer_tool_say,
    .close = packer_tool_close,
};
