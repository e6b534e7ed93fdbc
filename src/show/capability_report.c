#include "show/capability_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "show/table.h"

int capability_report_make(const struct capability_matcher *matcher,
                           const struct capability_rules *rules, const char *path,
                           struct bytes name, struct arena *arena,
                           struct capability_report *ret_report)
{
    struct capability_report report = {.path = path, .name = arena_copy(arena, name)};
    uint32_t count = 0;
    struct capability_found found;
    for (uint32_t rule = 0; rule < rules->rule_count; rule++)
        count += capability_find(matcher, rule, &found);
    report.list = arena_take_array(arena, (size_t)count + 1, sizeof(*report.list));
    if (!report.list || (name.len && !report.name.at))
        return -ENOMEM;
    for (uint32_t rule = 0; rule < rules->rule_count; rule++)
        report.count += capability_find(matcher, rule, &report.list[report.count]);
    *ret_report = report;
    return 0;
}

int capability_report_file(struct capability_matcher *matcher, const struct capability_rules *rules,
                           const char *path, struct bytes content, struct arena *arena,
                           struct capability_report *ret_report)
{
    struct image *image = malloc(sizeof(*image));
    if (!image)
        return -ENOMEM;
    image_read(content, image);
    capability_matcher_clear(matcher);
    capability_file_take(matcher, content, image);
    free(image);
    return capability_report_make(matcher, rules, path, (struct bytes){"", 0}, arena, ret_report);
}

static const char *const source_names[] = {"call", "report", "import", "string"};

static void evidence_json(const struct capability_evidence *evidence, struct json *json)
{
    bool offset = evidence->source == EVIDENCE_IMPORT || evidence->source == EVIDENCE_STRING;
    json_object(json);
    json_key_text(json, "kind", bytes_of(capability_kind_names[evidence->kind]));
    json_key_text(json, "source", bytes_of(source_names[evidence->source]));
    json_key(json, offset ? "offset" : "index"), json_unsigned(json, evidence->place);
    json_key_text(json, "text", bytes_of(evidence->text));
    json_end_object(json);
}

void capability_list_json(const struct capability_report *report, struct json *json)
{
    json_array(json);
    for (uint32_t i = 0; i < report->count; i++) {
        const struct capability_found *found = &report->list[i];
        json_object(json);
        json_key_text(json, "capability", found->rule->name);
        json_key_text(json, "basis", found->seen ? BYTES("seen") : BYTES("able"));
        json_key(json, "attack");
        json_array(json);
        for (uint32_t j = 0; j < found->rule->technique_count; j++) {
            json_object(json);
            json_key_text(json, "technique", found->rule->techniques[j]);
            json_key_text(json, "tactic", found->rule->tactics[j]);
            json_end_object(json);
        }
        json_end_array(json);
        json_key(json, "evidence");
        json_array(json);
        for (uint8_t j = 0; j < found->count; j++)
            evidence_json(&found->evidence[j], json);
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
}

void capability_report_json(const struct capability_report *report, struct json *json)
{
    json_object(json);
    json_key_text(json, "file", bytes_of(report->path));
    if (report->name.len)
        json_key_text(json, "name", report->name);
    json_key(json, "capabilities");
    capability_list_json(report, json);
    json_end_object(json);
}

static void evidence_print(const struct capability_evidence *evidence)
{
    bool offset = evidence->source == EVIDENCE_IMPORT || evidence->source == EVIDENCE_STRING;
    printf("        %s %s%" PRIu64 ": %s\n", source_names[evidence->source], offset ? "at +" : "",
           evidence->place, evidence->text);
}

void capability_report_print(const struct capability_report *report, bool explain)
{
    printf("%s", report->path);
    if (report->name.len)
        printf(" (%.*s)", (int)report->name.len, report->name.at);
    printf(": %" PRIu32 " capabilities\n", report->count);
    for (uint32_t i = 0; i < report->count; i++) {
        const struct capability_found *found = &report->list[i];
        printf("  %s  %-11.*s %.*s", found->seen ? "seen" : "able",
               (int)found->rule->techniques[0].len,
               found->rule->technique_count ? found->rule->techniques[0].at : "",
               (int)found->rule->name.len, found->rule->name.at);
        printf(" (%.*s)\n", (int)found->rule->tactics[0].len,
               found->rule->technique_count ? found->rule->tactics[0].at : "");
        for (uint8_t j = 0; j < found->count && explain; j++)
            evidence_print(&found->evidence[j]);
    }
}
