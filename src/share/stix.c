/*
 * A STIX 2.1 bundle: an indicator object each, with a pattern (STIX 2.1, part 9). Paths of files
 * are matched whole, as x_path; what STIX has no object for is an x-hinomi-behavior.
 */
#include <errno.h>

#include "base/json.h"
#include "share/exporter.h"
#include "share/text.h"

static const char *const paths[REPORT_KIND_COUNT] = {
    [REPORT_file] = "file:x_path",
    [REPORT_file_write] = "file:x_path",
    [REPORT_file_delete] = "file:x_path",
    [REPORT_key] = "windows-registry-key:key",
    [REPORT_key_write] = "windows-registry-key:key",
    [REPORT_key_delete] = "windows-registry-key:key",
    [REPORT_mutex] = "mutex:name",
    [REPORT_command] = "process:command_line",
    [REPORT_process] = "process:image_ref.x_path",
    [REPORT_service] = "process:extensions.'windows-service-ext'.service_name",
    [REPORT_domain] = "domain-name:value",
    [REPORT_address] = "ipv4-addr:value",
    [REPORT_url] = "url:value",
    [REPORT_library] = "file:x_path",
    [REPORT_dropped] = "file:hashes.'SHA-256'",
};

static void comparison_put(struct buffer *out, const struct indicator_part *part)
{
    struct bytes kind = report_kind_name(part->kind);
    buffer_put_char(out, '[');
    if (paths[part->kind])
        buffer_put_format(out, "%s MATCHES '(?i)", paths[part->kind]);
    else
        buffer_put_format(out, "x-hinomi-behavior:%.*s MATCHES '(?i)", (int)kind.len, kind.at);
    share_put_stix(out, part->regex);
    buffer_put(out, BYTES("']"));
}

/* The bundle has no clock: what is made from the same set is the same. */
#define STIX_MOMENT BYTES("2020-01-01T00:00:00.000Z")

static void object_put(struct json *json, const struct indicator *indicator, struct buffer *text)
{
    buffer_clear(text);
    buffer_put(text, BYTES("indicator--"));
    share_put_uuid(text, "stix", indicator->id);
    json_object(json);
    json_key_text(json, "type", BYTES("indicator"));
    json_key_text(json, "spec_version", BYTES("2.1"));
    json_key_text(json, "id", buffer_bytes(text));
    json_key_text(json, "created", STIX_MOMENT);
    json_key_text(json, "modified", STIX_MOMENT);
    json_key_text(json, "valid_from", STIX_MOMENT);
    buffer_clear(text);
    buffer_put(text, indicator->family);
    buffer_put_format(text, " (%.*s)", (int)indicator->id.len, indicator->id.at);
    json_key_text(json, "name", buffer_bytes(text));
    json_key_text(json, "description", indicator->why);
    json_key(json, "indicator_types"), json_array(json);
    json_text(json, BYTES("malicious-activity")), json_end_array(json);
    buffer_clear(text);
    for (uint32_t k = 0; k < indicator->part_count; k++) {
        if (k)
            buffer_put(text, BYTES(" AND "));
        comparison_put(text, &indicator->parts[k]);
    }
    json_key_text(json, "pattern", buffer_bytes(text));
    json_key_text(json, "pattern_type", BYTES("stix"));
    json_key_text(json, "pattern_version", BYTES("2.1"));
    json_end_object(json);
}

static int stix_write(const struct indicator_set *set, struct buffer *out, uint32_t *ret_left)
{
    struct json json = {.out = out};
    struct buffer text = {0};
    uint64_t count = set->count;
    buffer_put(&text, BYTES("bundle--"));
    for (uint32_t i = 0; i < set->count; i++)
        buffer_put(&text, set->items[i].id);
    struct bytes ids = bytes_from(buffer_bytes(&text), 8);
    struct buffer id = {0};
    buffer_put(&id, BYTES("bundle--"));
    share_put_uuid(&id, "bundle", count ? ids : BYTES(""));
    json_object(&json);
    json_key_text(&json, "type", BYTES("bundle"));
    json_key_text(&json, "id", buffer_bytes(&id));
    if (count) { /* a bundle of nothing has no list */
        json_key(&json, "objects"), json_array(&json);
        for (uint32_t i = 0; i < set->count; i++)
            object_put(&json, &set->items[i], &text);
        json_end_array(&json);
    }
    json_end_object(&json);
    buffer_put_char(out, '\n');
    out->failed |= text.failed || id.failed;
    buffer_finish(&text);
    buffer_finish(&id);
    *ret_left = 0;
    return out->failed ? -ENOMEM : 0;
}

const struct exporter share_stix = {"stix", "a STIX 2.1 bundle, for TAXII and platforms",
                                    stix_write};
