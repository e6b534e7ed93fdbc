/* hinomi packer FILE…: packed by what, how sure that is, and why. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/packer/explain.h"
#include "base/json.h"
#include "show/options.h"
#include "show/packer_input.h"
#include "show/verb.h"

/* All there is to say of one file. */
struct packed_file {
    const char *path;
    struct bytes content;
    struct image image;
    struct specimen specimen;
    struct packer_verdict verdict;
    struct packer_explanation explanation;
};

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

static void file_json(const struct packer_classifier *classifier, const struct packed_file *file)
{
    struct buffer line = {0};
    struct json json = {.out = &line};
    json_object(&json);
    json_key_text(&json, "file", bytes_of(file->path));
    json_key_text(&json, "format", bytes_of(image_format_name(file->image.format)));
    json_key(&json, "bits"), json_unsigned(&json, file->image.bits);
    json_key_text(&json, "packer", bytes_of(packer_answer_name(classifier, &file->verdict)));
    json_key_text(&json, "nearest", bytes_of(classifier->names[file->verdict.best]));
    json_key(&json, "confidence"), json_number(&json, file->verdict.confidence);
    json_key(&json, "packed"), json_number(&json, file->verdict.packed);
    json_key(&json, "unknown"), json_number(&json, file->verdict.unknown);
    json_key(&json, "entry"), json_unsigned(&json, file->image.base + file->image.entry);
    json_key(&json, "imports"), json_unsigned(&json, file->image.imports);
    json_key(&json, "libraries"), json_unsigned(&json, file->image.libraries);
    json_key(&json, "overlay"), json_unsigned(&json, file->image.overlay);
    map_json(&json, &file->explanation.file);
    sections_json(&json, file);
    reasons_json(&json, file);
    routine_json(&json, file);
    json_end_object(&json);
    buffer_put_char(&line, '\n');
    fwrite(line.at, 1, line.len, stdout);
    buffer_finish(&line);
}

/* "not packed", "packed by UPX", "packed, by something unknown (most like FSG)". */
static void answer_print(const struct packer_classifier *classifier, const struct packed_file *file)
{
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

static void file_print(const struct packer_classifier *classifier, const struct packed_file *file,
                       bool explain)
{
    answer_print(classifier, file);
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

enum said { SAID, SAID_NOT_READ };

static enum said file_say(const struct packer_model *model, const struct extractor *extractor,
                          struct packed_file *file, bool json, bool explain)
{
    struct features features;
    image_read(file->content, &file->image);
    if (specimen_of_image(file->content, &file->image, true, &file->specimen) != 0) {
        fprintf(stderr, "hinomi packer: %s: neither PE nor ELF nor a script\n", file->path);
        return SAID_NOT_READ;
    }
    features_extract(extractor, &file->specimen, &features);
    if (!packer_judge(model, &file->specimen, &features, &file->verdict)) {
        fprintf(stderr, "hinomi packer: %s: the model has learned nothing of %s files\n",
                file->path, image_format_name(file->image.format));
        return SAID_NOT_READ;
    }
    const struct packer_classifier *classifier = &model->worlds[world_of(&file->specimen)];
    if (json || explain)
        packer_explain(classifier, extractor, file->content, &file->image, &file->specimen,
                       &file->verdict, &file->explanation);
    if (json)
        file_json(classifier, file);
    else
        file_print(classifier, file, explain);
    return SAID;
}

static int files_say(char **paths, int count, const char *model_path, bool json, bool explain)
{
    struct packed_file *file = malloc(sizeof(*file));
    struct extractor extractor;
    struct packer_model model;
    int status = EXIT_OK;
    if (!file || extractor_open(&extractor) != 0) {
        free(file);
        fprintf(stderr, "hinomi packer: out of memory\n");
        return EXIT_FAILED;
    }
    if (!packer_model_open("packer", model_path, &model)) {
        extractor_close(&extractor);
        free(file);
        return EXIT_FAILED;
    }
    for (int i = 0; i < count; i++) {
        struct buffer content;
        int error = packer_file_read(paths[i], false, &content);
        if (error) {
            fprintf(stderr, "hinomi packer: %s: %s\n", paths[i], strerror(-error));
            status = EXIT_FAILED;
            continue;
        }
        file->path = paths[i];
        file->content = buffer_bytes(&content);
        if (file_say(&model, &extractor, file, json, explain) != SAID)
            status = EXIT_FAILED;
        buffer_finish(&content);
    }
    packer_model_finish(&model);
    extractor_close(&extractor);
    free(file);
    return status;
}

int verb_packer(int argc, char **argv)
{
    const char *model = PACKER_MODEL_DEFAULT;
    bool json = false, explain = false;
    const struct option_entry options[] = {
        {"--model", OPTION_TEXT, &model, "MODEL", "(default " PACKER_MODEL_DEFAULT ")"},
        {"--explain", OPTION_FLAG, &explain, NULL,
         "also what decided, the sections, and the routine that runs first"},
        OPTION_JSON(&json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "packer",
        .arguments = "FILE…",
        .does =
            "Says of executables (PE, ELF, scripts) whether they are packed, and by what. Nothing\n"
            "is executed. hinomi packer train makes the model, hinomi packer eval says how good\n"
            "it is; each has its --help.",
        .example = "hinomi packer --model packer.model --explain setup.exe",
        .options = options,
        .least = 1,
        .most = -1,
    };
    int count, status;
    if (argc > 1 && strcmp(argv[1], "train") == 0)
        return packer_train(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "eval") == 0)
        return packer_eval(argc - 1, argv + 1);
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    return files_say(argv + 1, count, model, json, explain);
}
