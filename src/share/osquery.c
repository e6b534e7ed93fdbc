/*
 * osquery SQL: a statement an indicator, which gives a row where all its parts are seen on the
 * host. The table `file` wants to be told where to look: by the plain text a mask begins with.
 */
#include <errno.h>

#include "share/exporter.h"
#include "share/text.h"

static const struct source {
    const char *from, *column, *other; /* other: of the second side of a pair */
} sources[REPORT_KIND_COUNT] = {
    [REPORT_file] = {"file", "path", NULL},
    [REPORT_file_write] = {"file", "path", NULL},
    [REPORT_key] = {"registry", "path", NULL},
    [REPORT_key_write] = {"registry", "path", NULL},
    [REPORT_mutex] = {"winbaseobj", "object_name", NULL},
    [REPORT_command] = {"processes", "cmdline", NULL},
    [REPORT_process] = {"processes", "path", NULL},
    [REPORT_service] = {"services", "name", NULL},
    [REPORT_domain] = {"dns_cache", "name", NULL},
    [REPORT_address] = {"process_open_sockets", "remote_address", NULL},
    [REPORT_library] = {"process_memory_map", "path", NULL},
    [REPORT_pipe] = {"pipes", "name", NULL},
    [REPORT_script] = {"powershell_events", "script_text", NULL},
    [REPORT_started] = {"processes AS child JOIN processes AS parent ON child.parent = parent.pid",
                        "parent.path", "child.path"},
};

static void match_put(struct buffer *out, const char *column, struct bytes regex)
{
    buffer_put_format(out, "regex_match(%s, '(?i)", column);
    share_put_doubled(out, regex, '\'');
    buffer_put(out, BYTES("', 0) IS NOT NULL"));
}

/* "c:\users\%" of what the mask has before its first element. */
static void where_put(struct buffer *out, const struct indicator_part *part)
{
    const struct bytes drive = BYTES("<drive>");
    struct bytes mask = part->mask;
    bool any_drive = bytes_start(mask, drive);
    if (part->kind == REPORT_key || part->kind == REPORT_key_write) {
        buffer_put(out, BYTES("path LIKE 'HKEY_%' AND "));
        return;
    }
    buffer_put(out, BYTES("path LIKE '"));
    if (any_drive) {
        buffer_put(out, BYTES("_:"));
        mask = bytes_from(mask, drive.len);
    }
    size_t plain = 0;
    while (plain < mask.len && mask.at[plain] != '<')
        plain++;
    /* '_' and '%' stand for more than themselves, which looks at more files and loses none */
    share_put_doubled(out, (struct bytes){mask.at, plain}, '\'');
    buffer_put(out, plain < mask.len ? BYTES("%' AND ") : BYTES("' AND "));
}

static void part_put(struct buffer *out, const struct indicator_part *part)
{
    const struct source *source = &sources[part->kind];
    struct buffer one = {0}, other = {0};
    buffer_put_format(out, "EXISTS (SELECT 1 FROM %s WHERE ", source->from);
    if (strcmp(source->column, "path") == 0 &&
        (strcmp(source->from, "file") == 0 || strcmp(source->from, "registry") == 0))
        where_put(out, part);
    if (share_sides(part, &one, &other)) {
        match_put(out, source->column, buffer_bytes(&one));
        buffer_put(out, BYTES(" AND "));
        match_put(out, source->other, buffer_bytes(&other));
    } else {
        match_put(out, source->column, part->regex);
    }
    buffer_put_char(out, ')');
    out->failed |= one.failed || other.failed;
    buffer_finish(&one);
    buffer_finish(&other);
}

static bool known(const struct indicator *indicator)
{
    bool all = true;
    for (uint32_t i = 0; i < indicator->part_count; i++)
        all = all && sources[indicator->parts[i].kind].from;
    return all;
}

static int osquery_write(const struct indicator_set *set, struct buffer *out, uint32_t *ret_left)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        const struct indicator *indicator = &set->items[i];
        if (!known(indicator)) {
            left++;
            continue;
        }
        buffer_put(out, BYTES("SELECT '"));
        share_put_doubled(out, indicator->id, '\'');
        buffer_put(out, BYTES("' AS indicator, '"));
        share_put_doubled(out, indicator->family, '\'');
        buffer_put(out, BYTES("' AS family WHERE "));
        for (uint32_t k = 0; k < indicator->part_count; k++) {
            if (k)
                buffer_put(out, BYTES(" AND "));
            part_put(out, &indicator->parts[k]);
        }
        buffer_put(out, BYTES(";\n"));
    }
    *ret_left = left;
    return out->failed ? -ENOMEM : 0;
}

const struct exporter share_osquery = {"osquery", "osquery SQL, for hosts as they are now",
                                       osquery_write};
