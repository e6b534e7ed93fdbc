#include "show/sample_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/sample/rules.h"
#include "analyse/sample/unpack.h"
#include "base/time.h"
#include "show/sample_panel.h"

enum { PANELS_MOST = 16 };

struct sample_tools {
    struct filetype_teller *types;
    struct rules *rules;       /* or NULL */
    void *panels[PANELS_MOST]; /* NULL: has no tool, so says nothing */
    bool open[PANELS_MOST];
    struct rule_matches matches;
};

/* ---- opening ----------------------------------------------------------------------- */

static void rule_file_left_out(void *context, const char *file, int line, const char *why)
{
    struct json *json = context;
    json_object(json);
    json_key_text(json, "file", bytes_of(file));
    json_key(json, "line"), json_integer(json, line);
    json_key_text(json, "why", bytes_of(why));
    json_end_object(json);
}

static int tools_rules(struct sample_tools *tools, const char *path, struct json *json)
{
    int error = 0;
    json_key(json, "rules_left_out");
    json_array(json);
    if (path)
        error = rules_open(path, rule_file_left_out, json, &tools->rules);
    json_end_array(json);
    json_key(json, "rules");
    json_unsigned(json, tools->rules ? rules_count(tools->rules) : 0);
    return error == -ENOMEM ? error : 0;
}

static int tools_panel(struct sample_tools *tools, size_t number, const char *models,
                       struct json *json)
{
    const struct sample_panel *panel = sample_panels[number];
    char path[4096];
    int length = snprintf(path, sizeof(path), "%s/%s", models ? models : "",
                          panel->model ? panel->model : "");
    bool named = panel->model && models && length > 0 && (size_t)length < sizeof(path);
    bool alone = !panel->model || panel->alone;
    int error = named || alone ? panel->open(named ? path : NULL, &tools->panels[number]) : -ENOENT;
    json_key_text(json, panel->key,
                  error == 0         ? BYTES("ready")
                  : error == -ENOENT ? BYTES("no model")
                                     : BYTES("the model cannot be read"));
    if (error && error != -ENOMEM && named && alone)
        error = panel->open(NULL, &tools->panels[number]);
    tools->open[number] = error == 0;
    return error == -ENOMEM ? error : 0;
}

int sample_tools_open(const char *models, const char *rules, struct json *greeting,
                      struct sample_tools **ret_tools)
{
    struct sample_tools *tools = calloc(1, sizeof(*tools));
    int error = tools ? filetype_open(&tools->types) : -ENOMEM;
    json_object(greeting);
    if (!error)
        error = tools_rules(tools, rules, greeting);
    json_key(greeting, "panels");
    json_object(greeting);
    for (size_t i = 0; !error && sample_panels[i] && i < PANELS_MOST; i++)
        error = tools_panel(tools, i, models, greeting);
    json_end_object(greeting);
    json_end_object(greeting);
    if (error)
        sample_tools_close(tools);
    else
        *ret_tools = tools;
    return error;
}

void sample_tools_close(struct sample_tools *tools)
{
    if (!tools)
        return;
    for (size_t i = 0; i < PANELS_MOST && sample_panels[i]; i++)
        if (tools->open[i])
            sample_panels[i]->close(tools->panels[i]);
    rules_close(tools->rules);
    filetype_close(tools->types);
    free(tools);
}

/* ---- one file ---------------------------------------------------------------------- */

/* Bounds of the report itself, told beside those of unpacking. */
enum report_bound { REPORT_FILES, REPORT_TIME, REPORT_SIZE, REPORT_BOUNDS };

static const struct {
    const char *name, *why;
} report_bounds[REPORT_BOUNDS] = {
    [REPORT_FILES] = {"files", "there are more files than are told"},
    [REPORT_TIME] = {"time", "it took too long, and the rest is only hashed"},
    [REPORT_SIZE] = {"report", "the report grew too long, and not all of it is told"},
};

struct reporting {
    struct sample_tools *tools;
    struct unpack_budget budget;
    struct buffer files[SAMPLE_FILES_MOST]; /* one object each */
    uint32_t count, left_out;
    uint32_t unpack_bounds, own_bounds;
    size_t written;
    int64_t deadline;
};

/* Whether there is time and room for more than names. */
static bool may_go_on(struct reporting *reporting)
{
    if (time_ticks() > reporting->deadline)
        reporting->own_bounds |= 1u << REPORT_TIME;
    if (reporting->written > SAMPLE_REPORT_MOST * 3 / 4)
        reporting->own_bounds |= 1u << REPORT_SIZE;
    return !(reporting->own_bounds & (1u << REPORT_TIME | 1u << REPORT_SIZE));
}

static void match_json(const struct rule_match *match, struct json *json)
{
    json_object(json);
    json_key_text(json, "rule", match->rule);
    json_key_text(json, "file", match->file);
    json_key_text(json, "description", match->description);
    json_key_text(json, "tags", match->tags);
    json_key(json, "strings");
    json_array(json);
    for (uint32_t i = 0; i < match->string_count; i++) {
        json_object(json);
        json_key_text(json, "name", match->strings[i].name);
        json_key(json, "offset"), json_unsigned(json, match->strings[i].offset);
        json_key(json, "places"), json_unsigned(json, match->strings[i].places);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static int rules_json(struct reporting *reporting, const struct sample_part *part,
                      struct json *json)
{
    struct rule_matches *matches = &reporting->tools->matches;
    struct arena keep = {0};
    if (!reporting->tools->rules)
        return 0;
    int error = rules_run(reporting->tools->rules, part->content, part->path, &keep, matches);
    if (!error) {
        json_key(json, "yara");
        json_object(json);
        json_key(json, "matches");
        json_array(json);
        for (uint32_t i = 0; i < matches->count; i++)
            match_json(&matches->items[i], json);
        json_end_array(json);
        json_key(json, "more"), json_unsigned(json, matches->more);
        json_key(json, "late"), json_bool(json, matches->late);
        json_end_object(json);
    }
    arena_finish(&keep);
    return error;
}

static int panels_json(struct reporting *reporting, const struct sample_part *part,
                       struct json *json)
{
    struct buffer said = {0};
    for (size_t i = 0; i < PANELS_MOST && sample_panels[i]; i++) {
        const struct sample_panel *panel = sample_panels[i];
        buffer_clear(&said);
        if (!reporting->tools->open[i] || part->content.len == 0 ||
            !panel->say(reporting->tools->panels[i], part, &(struct json){.out = &said}))
            continue;
        if (said.len > SAMPLE_PANEL_MOST)
            reporting->own_bounds |= 1u << REPORT_SIZE;
        else if (!said.failed)
            json_key(json, panel->key), json_raw(json, buffer_bytes(&said));
    }
    int error = said.failed ? -ENOMEM : 0;
    buffer_finish(&said);
    return error;
}

static void names_json(const struct sample_part *part, uint32_t number, int64_t parent,
                       struct json *json)
{
    json_key(json, "number"), json_unsigned(json, number);
    json_key(json, "parent");
    if (parent < 0)
        json_null(json);
    else
        json_integer(json, parent);
    json_key(json, "depth"), json_unsigned(json, part->depth);
    json_key_text(json, "path", part->path);
    json_key(json, "size"), json_unsigned(json, part->content.len);
    json_key_text(json, "sha256", bytes_of(part->digest.sha256));
    json_key_text(json, "sha1", bytes_of(part->digest.sha1));
    json_key_text(json, "md5", bytes_of(part->digest.md5));
    json_key_text(json, "type", bytes_of(part->type.text));
    json_key_text(json, "mime", bytes_of(part->type.mime));
}

static void bounds_json(uint32_t bounds, struct json *json)
{
    for (int i = 0; i < UNPACK_BOUND_COUNT; i++) {
        if (!(bounds & 1u << i))
            continue;
        json_object(json);
        json_key_text(json, "bound", bytes_of(unpack_bound_name((enum unpack_bound)i)));
        json_key_text(json, "why", bytes_of(unpack_bound_why((enum unpack_bound)i)));
        json_end_object(json);
    }
}

static void archive_json(const struct unpack_told *told, struct json *json)
{
    if (!told->format[0])
        return;
    json_key(json, "archive");
    json_object(json);
    json_key_text(json, "format", bytes_of(told->format));
    json_key(json, "members"), json_unsigned(json, told->members);
    json_key(json, "password"), json_bool(json, told->opened_by_password);
    json_key(json, "bounds");
    json_array(json);
    bounds_json(told->bounds, json);
    json_end_array(json);
    json_end_object(json);
}

static int part_report(struct reporting *reporting, struct sample_part *part, int64_t parent,
                       const struct unpack_member *member);

struct inside {
    struct reporting *reporting;
    int64_t number; /* of the archive */
    uint32_t depth;
};

static int member_report(void *context, const struct unpack_member *member)
{
    struct inside *inside = context;
    struct sample_part part = {
        .path = member->path, .content = member->content, .depth = inside->depth + 1};
    return part_report(inside->reporting, &part, inside->number, member);
}

/* The file's own object is begun before those that stand in it, and ended after. */
static int part_report(struct reporting *reporting, struct sample_part *part, int64_t parent,
                       const struct unpack_member *member)
{
    if (reporting->count == SAMPLE_FILES_MOST) {
        reporting->own_bounds |= 1u << REPORT_FILES;
        reporting->left_out++;
        return 0;
    }
    uint32_t number = reporting->count++;
    struct buffer *out = &reporting->files[number];
    struct json json = {.out = out};
    struct inside inside = {reporting, number, part->depth};
    struct unpack_told told = {.members = 0};
    int error = 0;
    sample_digest_make(part->content, &part->digest);
    filetype_tell(reporting->tools->types, part->content, &part->type);
    json_object(&json);
    names_json(part, number, parent, &json);
    json_key(&json, "cut"), json_bool(&json, member && member->cut);
    json_key(&json, "outside"), json_bool(&json, member && member->outside);
    json_key(&json, "link"), json_bool(&json, member && member->link);
    json_key(&json, "locked"), json_bool(&json, member && member->locked);
    if (may_go_on(reporting)) {
        error = rules_json(reporting, part, &json);
        if (!error)
            error = panels_json(reporting, part, &json);
        reporting->written += out->len;
        if (!error)
            error = unpack_walk(part->content, part->depth, &reporting->budget, member_report,
                                &inside, &told);
    }
    archive_json(&told, &json);
    json_end_object(&json);
    reporting->unpack_bounds |= told.bounds;
    return error ? error : out->failed ? -ENOMEM : 0;
}

static void report_json(const struct reporting *reporting, struct bytes name,
                        const struct sample_part *top, struct json *json)
{
    json_object(json);
    json_key_text(json, "sha256", bytes_of(top->digest.sha256));
    json_key_text(json, "name", name);
    json_key(json, "size"), json_unsigned(json, top->content.len);
    json_key(json, "bounds");
    json_array(json);
    bounds_json(reporting->unpack_bounds, json);
    for (int i = 0; i < REPORT_BOUNDS; i++) {
        if (!(reporting->own_bounds & 1u << i))
            continue;
        json_object(json);
        json_key_text(json, "bound", bytes_of(report_bounds[i].name));
        json_key_text(json, "why", bytes_of(report_bounds[i].why));
        json_end_object(json);
    }
    json_end_array(json);
    json_key(json, "left_out"), json_unsigned(json, reporting->left_out);
    json_key(json, "files");
    json_array(json);
    for (uint32_t i = 0; i < reporting->count; i++)
        json_raw(json, buffer_bytes(&reporting->files[i]));
    json_end_array(json);
    json_end_object(json);
}

int sample_report(struct sample_tools *tools, struct bytes name, struct bytes content,
                  struct json *json)
{
    struct reporting *reporting = calloc(1, sizeof(*reporting));
    struct sample_part top = {.path = name, .content = content};
    if (!reporting)
        return -ENOMEM;
    reporting->tools = tools;
    reporting->budget = UNPACK_BUDGET;
    reporting->deadline = time_ticks() + SAMPLE_SECONDS_MOST * TIME_SECOND;
    int error = part_report(reporting, &top, -1, NULL);
    if (!error)
        report_json(reporting, name, &top, json);
    for (uint32_t i = 0; i < reporting->count; i++)
        buffer_finish(&reporting->files[i]);
    free(reporting);
    return error ? error : json->out->failed ? -ENOMEM : 0;
}
