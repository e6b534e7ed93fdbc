#include "show/family_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/family/behaviour_make.h"

/* Keep the heaviest ones, heaviest first. */
static void reason_put(struct family_report *report, const struct behaviour *behaviour,
                       const struct family_feature *feature, float weight)
{
    uint32_t at = report->reason_count;
    if (weight <= 0 ||
        (at == FAMILY_REASONS && weight <= report->reasons[FAMILY_REASONS - 1].weight))
        return;
    if (at == FAMILY_REASONS)
        at--;
    else
        report->reason_count++;
    for (; at > 0 && report->reasons[at - 1].weight < weight; at--)
        report->reasons[at] = report->reasons[at - 1];
    report->reasons[at].weight = weight;
    family_feature_tell(behaviour, feature, report->reasons[at].text);
}

int family_report_make(const struct family_model *model, const struct behaviour *behaviour,
                       const char *path, struct bytes name, struct family_report *ret_report)
{
    struct arena arena = {.chunk = 1 << 20};
    struct family_features features;
    *ret_report = (struct family_report){.path = path,
                                         .name = name,
                                         .model = model,
                                         .calls = behaviour->call_count,
                                         .tokens = behaviour->token_count};
    int error = family_features_make(behaviour, &arena, &features);
    if (!error && features.count == 0)
        error = -ENODATA;
    if (!error)
        error = family_judge(model, &features, &ret_report->verdict);
    for (uint32_t i = 0; i < features.count && !error; i++)
        reason_put(ret_report, behaviour, &features.list[i],
                   family_feature_weight(model, &features, i, ret_report->verdict.best));
    arena_finish(&arena);
    return error;
}

int family_report_file(const struct family_model *model, const char *path, struct bytes content,
                       struct family_report *ret_report)
{
    struct arena arena = {.chunk = 1 << 20};
    struct behaviour behaviour;
    struct image *image = malloc(sizeof(*image));
    int error = image ? 0 : -ENOMEM;
    if (!error) {
        image_read(content, image);
        error = behaviour_of_file(content, image, &arena, &behaviour);
    }
    if (!error)
        error = family_report_make(model, &behaviour, path, (struct bytes){"", 0}, ret_report);
    free(image);
    arena_finish(&arena);
    return error;
}

/* The families by their shares, the likeliest first. */
static uint32_t likely_find(const struct family_report *report, uint32_t likely[FAMILY_LIKELY])
{
    const double *shares = report->verdict.shares;
    uint32_t count = 0;
    for (uint32_t class = 0; class < report->model->classes; class ++) {
        uint32_t at = count < FAMILY_LIKELY ? count++ : FAMILY_LIKELY;
        for (; at > 0 && shares[likely[at - 1]] < shares[class]; at--)
            if (at < FAMILY_LIKELY)
                likely[at] = likely[at - 1];
        if (at < FAMILY_LIKELY)
            likely[at] = class;
    }
    return count;
}

static void nearest_json(const struct family_report *report, struct json *json)
{
    const struct family_verdict *verdict = &report->verdict;
    json_key(json, "nearest");
    if (verdict->nearest >= report->model->neighbour_count) {
        json_null(json);
        return;
    }
    const struct family_neighbour *neighbour = &report->model->neighbours[verdict->nearest];
    json_object(json);
    json_key_text(json, "name", bytes_of(neighbour->name));
    json_key_text(json, "family", bytes_of(report->model->names[neighbour->class]));
    json_key(json, "likeness"), json_number(json, verdict->likeness);
    json_end_object(json);
}

void family_report_json(const struct family_report *report, struct json *json)
{
    const struct family_model *model = report->model;
    const struct family_verdict *verdict = &report->verdict;
    uint32_t likely[FAMILY_LIKELY], count = likely_find(report, likely);
    json_object(json);
    json_key_text(json, "file", bytes_of(report->path));
    if (report->name.len)
        json_key_text(json, "name", report->name);
    json_key_text(json, "family", bytes_of(family_answer_name(model, verdict)));
    json_key(json, "confidence"), json_number(json, verdict->confidence);
    json_key(json, "unknown"), json_number(json, verdict->unknown);
    json_key(json, "likely");
    json_array(json);
    for (uint32_t i = 0; i < count; i++) {
        json_object(json);
        json_key_text(json, "family", bytes_of(model->names[likely[i]]));
        json_key(json, "share"), json_number(json, verdict->shares[likely[i]]);
        json_end_object(json);
    }
    json_end_array(json);
    nearest_json(report, json);
    json_key(json, "reasons");
    json_array(json);
    for (uint32_t i = 0; i < report->reason_count; i++) {
        json_object(json);
        json_key_text(json, "text", bytes_of(report->reasons[i].text));
        json_key(json, "weight"), json_number(json, (double)report->reasons[i].weight);
        json_end_object(json);
    }
    json_end_array(json);
    json_key(json, "calls"), json_unsigned(json, report->calls);
    json_key(json, "tokens"), json_unsigned(json, report->tokens);
    json_end_object(json);
}

void family_report_print(const struct family_report *report, bool explain)
{
    const struct family_model *model = report->model;
    const struct family_verdict *verdict = &report->verdict;
    printf("%s", report->path);
    if (report->name.len)
        printf(" (%.*s)", (int)report->name.len, report->name.at);
    if (verdict->is_unknown)
        printf(": of no family known here (%.1f %%; most like %s)\n", 100 * verdict->confidence,
               model->names[verdict->best]);
    else
        printf(": %s (%.1f %%)\n", model->names[verdict->best], 100 * verdict->confidence);
    if (explain && verdict->nearest < model->neighbour_count) {
        const struct family_neighbour *neighbour = &model->neighbours[verdict->nearest];
        printf("  nearest: %s of %s, %.0f %% alike\n",
               neighbour->name[0] ? neighbour->name : "a sample", model->names[neighbour->class],
               100 * verdict->likeness);
    }
    for (uint32_t i = 0; i < report->reason_count && explain; i++)
        printf("  %+.3f %s\n", (double)report->reasons[i].weight, report->reasons[i].text);
}
