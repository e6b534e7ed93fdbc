#include "model/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct finding *findings_add(struct findings *findings)
{
    if (findings->count == findings->capacity) {
        uint32_t room = findings->capacity ? findings->capacity * 2 : 16;
        struct finding **items = realloc(findings->items, room * sizeof(struct finding *));
        if (!items)
            return NULL;
        findings->items = items;
        findings->capacity = room;
    }
    struct finding *finding = arena_take(&findings->arena, sizeof(*finding));
    if (finding)
        findings->items[findings->count++] = finding;
    return finding;
}

struct bytes findings_format(struct findings *findings, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int need = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = need < 0 ? NULL : arena_take(&findings->arena, (size_t)need + 1);
    if (!text)
        return (struct bytes){"", 0};
    va_start(arguments, format);
    vsnprintf(text, (size_t)need + 1, format, arguments);
    va_end(arguments);
    return (struct bytes){text, (size_t)need};
}

void finding_explain(struct finding *finding, struct bytes english, struct bytes japanese)
{
    if (finding->sentences < FINDING_SENTENCES)
        finding->explanation[finding->sentences++] = (struct sentence){english, japanese};
}

void finding_observe(struct finding *finding, enum observable_type type, struct bytes value)
{
    if (value.len == 0 || finding->observable_count == FINDING_OBSERVABLES)
        return;
    for (int i = 0; i < finding->observable_count; i++)
        if (finding->observables[i].type == type &&
            bytes_equal(finding->observables[i].value, value))
            return;
    finding->observables[finding->observable_count++] = (struct observable){type, value};
}

void finding_prove(struct finding *finding, struct event_id event)
{
    if (finding->evidence_count < FINDING_EVIDENCE)
        finding->evidence[finding->evidence_count++] = event;
}

void finding_technique(struct finding *finding, const char *attack)
{
    for (int i = 0; i < finding->techniques; i++)
        if (strcmp(finding->attack[i], attack) == 0)
            return;
    if (finding->techniques < FINDING_TECHNIQUES)
        finding->attack[finding->techniques++] = attack;
}

void findings_clear(struct findings *findings)
{
    findings->count = 0;
    arena_reset(&findings->arena);
}

void findings_finish(struct findings *findings)
{
    free(findings->items);
    arena_finish(&findings->arena);
    *findings = (struct findings){0};
}

const char *observable_type_name(enum observable_type type)
{
    static const char *const names[OBSERVABLE_TYPES] = {
        "process", "file", "registry", "ip", "domain", "hash", "user", "host", "service"};
    return type < OBSERVABLE_TYPES ? names[type] : "";
}

struct bytes finding_id_format(uint64_t id, char text[FINDING_ID_SIZE])
{
    snprintf(text, FINDING_ID_SIZE, "%016llx", (unsigned long long)id);
    return (struct bytes){text, FINDING_ID_SIZE - 1};
}

void finding_observables_json(const struct finding *finding, struct json *json)
{
    json_array(json);
    for (int i = 0; i < finding->observable_count; i++) {
        json_object(json);
        json_key_text(json, "type", bytes_of(observable_type_name(finding->observables[i].type)));
        json_key_text(json, "value", finding->observables[i].value);
        json_end_object(json);
    }
    json_end_array(json);
}

void finding_evidence_json(const struct finding *finding, struct json *json)
{
    json_array(json);
    for (int i = 0; i < finding->evidence_count; i++) {
        char text[48];
        int len = snprintf(text, sizeof(text), "%u:%llu", finding->evidence[i].source,
                           (unsigned long long)finding->evidence[i].offset);
        json_text(json, (struct bytes){text, (size_t)len});
    }
    json_end_array(json);
}

void finding_attack_json(const struct finding *finding, struct json *json)
{
    json_array(json);
    for (int i = 0; i < finding->techniques; i++)
        json_text(json, bytes_of(finding->attack[i]));
    json_end_array(json);
}

void finding_explanation_json(const struct finding *finding, bool japanese, struct json *json)
{
    json_array(json);
    for (int i = 0; i < finding->sentences; i++)
        json_text(json,
                  japanese ? finding->explanation[i].japanese : finding->explanation[i].english);
    json_end_array(json);
}
