/* One executable and its packer, for programs and for people. */
#include "show/packer_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

int packer_report_make(const struct packer_model *model, const struct extractor *extractor,
                       const char *path, struct bytes content, bool explain,
                       struct packed_file *ret_file)
{
    struct features features;
    ret_file->path = path;
    image_read(content, &ret_file->image);
    int error = specimen_of_image(content, &ret_file->image, true, &ret_file->specimen);
    if (error)
        return error;
    features_extract(extractor, &ret_file->specimen, &features);
    if (!packer_judge(model, &ret_file->specimen, &features, &ret_file->verdict))
        return -ENODATA;
    ret_file->classifier = &model->worlds[world_of(&ret_file->specimen)];
    if (explain)
        packer_explain(ret_file->classifier, extractor, content, &ret_file->image,
                       &ret_file->specimen, &ret_file->verdict, &ret_file->explanation);
    return 0;
}

static void map_json(struct json *json, const struct section_map *map)
{
    json_key(json, "entropy"), json_number(json, (double)map->entropy);
    json_key(json, "entropy_map");
    json_array(json);
    for (uint32_t i = 0; i < map->parts; i++) {
        char text[16];
        int len = snprintf(text, sizeof(text), "%.2f", (double)map->map[i]);
        json_raw(json, (struct bytes){text, (size_t)len});
    }
    json_end_array(json);
}

static void sections_json(struct json *json, const struct packed_file *file)
{
    json_key(json, "sections");
    json_array(json);
    for (uint32_t i = 0; i < file->image.section_count; i++) {
        const struct image_section *section = &file->image.sections[i];
        json_object(json);
        json_key_text(json, "name",
                      (struct bytes){section->name, strnlen(section->name, IMAGE_NAME)});
        json_key(json, "address"), json_unsigned(json, section->address);
        json_key(json, "memory"), json_unsigned(json, section->memory);
        json_key(json, "offset"), json_unsigned(json, section->offset);
        json_key(json, "size"), json_unsigned(json, section->size);
        json_key(json, "read"), json_bool(json, section->rights & IMAGE_READ);
        json_key(json, "write"), json_bool(json, section->rights & IMAGE_WRITE);
        json_key(json, "execute"), json_bool(json, section->rights & IMAGE_EXECUTE);
        json_key(json, "entry"), json_bool(json, (int32_t)i == file->image.entry_section);
        map_json(json, &file->explanation.sections[i]);
        json_end_object(json);
    }
    json_end_array(json);
}

static void routine_json(struct json *json, const struct packed_file *file)
{
    json_key(json, "routine");
    json_array(json);
    for (uint32_t i = 0; i < file->explanation.step_count; i++) {
        const struct routine_step *step = &file->explanation.steps[i];
        json_object(json);
        json_key(json, "address"), json_unsigned(json, file->image.base + step->address);
        json_key(json, "offset"), json_unsigned(json, step->offset);
        json_key(json, "size"), json_unsigned(json, step->instruction.size);
        json_key_text(json, "text", bytes_of(step->instruction.text));
        json_key(json, "jumped"), json_bool(json, step->jumped);
        json_end_object(json);
    }
    json_end_array(json);
}

static void reasons_json(struct json *json, const struct packed_file *file)
{
    json_key(json, "reasons");
    json_array(json);
    for (uint32_t i = 0; i < file->explanation.reason_count; i++) {
        json_object(json);
        json_key_text(json, "text", bytes_of(file->explanation.reasons[i].text));
        json_key(json, "weight"), json_number(json, (double)file->explanation.reasons[i].weight);
        json_end_object(json);
    }
    json_end_array(json);
}

void packer_report_json(const struct packed_file *file, struct json *json)
{
    const struct packer_classifier *classifier = file->classifier;
    json_object(json);
    json_key_text(json, "file", bytes_of(file->path));
    json_key_text(json, "format", bytes_of(image_format_name(file->image.format)));
    json_key(json, "bits"), json_unsigned(json, file->image.bits);
    json_key_text(json, "packer", bytes_of(packer_answer_name(classifier, &file->verdict)));
    json_key_text(json, "nearest", bytes_of(classifier->names[file->verdict.best]));
    json_key(json, "confidence"), json_number(json, file->verdict.confidence);
    json_key(json, "packed"), json_number(json, file->verdict.packed);
    json_key(json, "unknown"), json_number(json, file->verdict.unknown);
    json_key(json, "entry"), json_unsigned(json, file->image.base + file->image.entry);
    json_key(json, "imports"), json_unsigned(json, file->image.imports);
    json_key(json, "libraries"), json_unsigned(json, file->image.libraries);
    json_key(json, "overlay"), json_unsigned(json, file->image.overlay);
    map_json(json, &file->explanation.file);
    sections_json(json, file);
    reasons_json(json, file);
    routine_json(json, file);
    json_end_object(json);
}

/* "not packed", "packed by UPX", "packed, by something unknown (most like FSG)". */
static void answer_print(const struct packed_file *file)
{
    const struct packer_classifier *classifier = file->classifier;
    const char *best = classifier->names[file->verdict.best];
    switch (file->verdict.answer) {
    case ANSWER_NONE:
        printf("%s: not packed", file->path);
        break;
    case ANSWER_PACKER:
        printf("%s: packed by %s", file->path, best);
        break;
    case ANSWER_UNKNOWN:
        printf("%s: packed, by something unknown", file->path);
        if (file->verdict.best != classifier->none)
            printf(" (most like %s)", best);
    }
    printf(" (%.1f %%)\n", 100 * file->verdict.confidence);
}

static void routine_print(const struct packed_file *file, uint32_t most)
{
    for (uint32_t i = 0; i < file->explanation.step_count && i < most; i++) {
        const struct routine_step *step = &file->explanation.steps[i];
        printf("  %s %08" PRIx64 "  %s\n", step->jumped ? ">" : " ",
               file->image.base + step->address, step->instruction.text);
    }
}

void packer_report_print(const struct packed_file *file, bool explain)
{
    answer_print(file);
    if (!explain)
        return;
    for (uint32_t i = 0; i < file->explanation.reason_count; i++)
        printf("  %+.2f %s\n", (double)file->explanation.reasons[i].weight,
               file->explanation.reasons[i].text);
    for (uint32_t i = 0; i < file->image.section_count; i++) {
        const struct image_section *section = &file->image.sections[i];
        printf("  %c%c%c %8" PRIu64 " bytes, %8" PRIu64 " in memory, entropy %.2f  ",
               section->rights & IMAGE_READ ? 'r' : '-', section->rights & IMAGE_WRITE ? 'w' : '-',
               section->rights & IMAGE_EXECUTE ? 'x' : '-', section->size, section->memory,
               (double)file->explanation.sections[i].entropy);
        for (int j = 0; j < IMAGE_NAME && section->name[j]; j++)
            putchar(section->name[j] >= ' ' && section->name[j] <= '~' ? section->name[j] : '?');
        puts((int32_t)i == file->image.entry_section ? "  <- entry point" : "");
    }
    routine_print(file, EXPLAIN_STEPS);
}
