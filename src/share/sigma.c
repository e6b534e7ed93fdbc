/* Sigma rules (specification 2.0): one a part, and for two parts a correlation of both. */
#include <errno.h>

#include "share/exporter.h"
#include "share/text.h"

/* Where Sigma's users find things of a kind, by the names of its taxonomy. */
static const struct place {
    const char *category, *field, *other; /* other: of the second side of a pair */
} places[REPORT_KIND_COUNT] = {
    [REPORT_file] = {"file_access", "FileName", NULL},
    [REPORT_file_write] = {"file_event", "TargetFilename", NULL},
    [REPORT_file_delete] = {"file_delete", "TargetFilename", NULL},
    [REPORT_key] = {"registry_event", "TargetObject", NULL},
    [REPORT_key_write] = {"registry_set", "TargetObject", NULL},
    [REPORT_key_delete] = {"registry_delete", "TargetObject", NULL},
    [REPORT_command] = {"process_creation", "CommandLine", NULL},
    [REPORT_process] = {"process_creation", "Image", NULL},
    [REPORT_domain] = {"dns_query", "QueryName", NULL},
    [REPORT_address] = {"network_connection", "DestinationIp", NULL},
    [REPORT_url] = {"proxy", "c-uri", NULL},
    [REPORT_library] = {"image_load", "ImageLoaded", NULL},
    [REPORT_pipe] = {"pipe_created", "PipeName", NULL},
    [REPORT_access] = {"process_access", "TargetImage", "GrantedAccess"},
    [REPORT_started] = {"process_creation", "ParentImage", "Image"},
    [REPORT_script] = {"ps_script", "ScriptBlockText", NULL},
};

static void field_put(struct buffer *out, const char *field, struct bytes regex)
{
    buffer_put_format(out, "    %s|re|i: '", field);
    share_put_doubled(out, regex, '\'');
    buffer_put(out, BYTES("'\n"));
}

static void detection_put(struct buffer *out, const struct indicator_part *part)
{
    struct place place = places[part->kind];
    struct buffer one = {0}, other = {0};
    struct bytes kind = report_kind_name(part->kind);
    if (place.category)
        buffer_put_format(out, "logsource:\n  product: windows\n  category: %s\n", place.category);
    else /* what only sandboxes see */
        buffer_put_format(out, "logsource:\n  product: sandbox\n  category: %s\n", kind.at);
    buffer_put(out, BYTES("detection:\n  selection:\n"));
    if (share_sides(part, &one, &other)) {
        field_put(out, place.field, buffer_bytes(&one));
        field_put(out, place.other, buffer_bytes(&other));
    } else {
        field_put(out, place.field ? place.field : kind.at, part->regex);
    }
    buffer_put(out, BYTES("  condition: selection\n"));
    out->failed |= one.failed || other.failed;
    buffer_finish(&one);
    buffer_finish(&other);
}

static void head_put(struct buffer *out, const struct indicator *indicator, const char *space,
                     const char *suffix)
{
    buffer_put(out, BYTES("---\ntitle: '"));
    share_put_doubled(out, indicator->family, '\'');
    buffer_put_format(out, " (%.*s%s)'\nid: ", (int)indicator->id.len, indicator->id.at, suffix);
    share_put_uuid(out, space, indicator->id);
    buffer_put_format(out, "\nname: hinomi_%.*s%s\nstatus: experimental\ndescription: '",
                      (int)indicator->id.len, indicator->id.at, suffix);
    share_put_doubled(out, indicator->why, '\'');
    buffer_put(out, BYTES("'\nauthor: Hinomi\nlevel: high\n"));
}

static int sigma_write(const struct indicator_set *set, struct buffer *out, uint32_t *ret_left)
{
    static const char *const suffixes[INDICATOR_PARTS] = {"_1", "_2"};
    for (uint32_t i = 0; i < set->count; i++) {
        const struct indicator *indicator = &set->items[i];
        bool both = indicator->part_count > 1;
        for (uint32_t k = 0; k < indicator->part_count && k < INDICATOR_PARTS; k++) {
            const char *suffix = both ? suffixes[k] : "";
            head_put(out, indicator, both ? suffix : "sigma", suffix);
            detection_put(out, &indicator->parts[k]);
        }
        if (!both)
            continue;
        head_put(out, indicator, "correlation", "");
        buffer_put_format(out,
                          "correlation:\n  type: temporal\n  rules:\n    - hinomi_%.*s_1\n"
                          "    - hinomi_%.*s_2\n  group-by:\n    - ProcessGuid\n  timespan: 1d\n",
                          (int)indicator->id.len, indicator->id.at, (int)indicator->id.len,
                          indicator->id.at);
    }
    *ret_left = 0;
    return out->failed ? -ENOMEM : 0;
}

const struct exporter share_sigma = {"sigma", "Sigma rules, for SIEMs (YAML)", sigma_write};
