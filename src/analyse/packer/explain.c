#include "analyse/packer/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/image/entropy.h"
#include "analyse/packer/traits.h"

enum { BYTES_SHOWN = 16, MAP_STEP = 256 /* least bytes in a part of a map */ };

/* What is being explained, and by what. */
struct subject {
    const struct packer_classifier *classifier;
    const struct extractor *extractor;
    const struct specimen *specimen;
    const struct features *features;
    uint32_t class;
    bool packed; /* weights of the traits' plane, not of the class */
};

static float weight_of(const struct subject *subject, uint32_t index)
{
    uint32_t column = subject->features->columns[index];
    float weight = subject->packed
                       ? linear_svm_weight(subject->classifier->traits, column, 1)
                       : linear_svm_weight(subject->classifier->planes, column, subject->class);
    return weight * subject->features->values[index];
}

static void bytes_text(const struct specimen *specimen, uint32_t from, uint32_t to,
                       char text[EXPLAIN_TEXT])
{
    int len = snprintf(text, EXPLAIN_TEXT, "bytes");
    for (uint32_t i = from; i < to && i < from + BYTES_SHOWN; i++)
        len +=
            snprintf(text + len, (size_t)(EXPLAIN_TEXT - len), " %02x", specimen->entry_bytes[i]);
    snprintf(text + len, (size_t)(EXPLAIN_TEXT - len), "%s at +%" PRIu32,
             to > from + BYTES_SHOWN ? " .." : "", from);
}

/* Instructions one after another as they stand; where the walk jumped, only the first is said. */
static void code_text(const struct subject *subject, struct feature_source source,
                      char text[EXPLAIN_TEXT])
{
    struct walker *walker = extractor_walker(subject->extractor, subject->specimen);
    struct bytes code = {(const char *)subject->specimen->entry_bytes,
                         subject->specimen->entry_size};
    uint32_t at = source.at;
    int len = snprintf(text, EXPLAIN_TEXT, "code");
    for (uint32_t i = 0; i < source.kind && len < EXPLAIN_TEXT; i++) {
        struct walk_instruction read;
        if (!walker || !walker_read(walker, bytes_from(code, at), at, &read))
            break;
        len += snprintf(text + len, (size_t)(EXPLAIN_TEXT - len), "%s %s", i ? ";" : "", read.text);
        at += read.size;
        if (read.ends || read.goes)
            break;
    }
    if (len < EXPLAIN_TEXT)
        snprintf(text + len, (size_t)(EXPLAIN_TEXT - len), " at +%u", source.at);
}

static void layout_text(const struct specimen *specimen, struct feature_source source,
                        char text[EXPLAIN_TEXT])
{
    static const char *const names[LAYOUT_KINDS] = {
        [LAYOUT_NAME] = "name of section",
        [LAYOUT_SHAPE] = "rights, size and entropy of section",
        [LAYOUT_ENTRY_NAME] = "entry point is in section",
        [LAYOUT_ENTRY_SHAPE] = "rights, size and entropy of the entry point's section",
        [LAYOUT_ENTRY_PLACE] = "place of the entry point's section among all",
        [LAYOUT_ENTRY_LOW] = "place of the entry point in its page",
        [LAYOUT_COUNT] = "number of sections",
        [LAYOUT_IMPORTS] = "number of imported functions and libraries",
        [LAYOUT_OVERLAY] = "bytes behind what is loaded",
        [LAYOUT_ENTROPY] = "entropy of the file",
        [LAYOUT_HEADER] = "machine and type",
    };
    bool section = source.kind < specimen->section_count && source.kind < SPECIMEN_SECTIONS;
    snprintf(text, EXPLAIN_TEXT, "%s%s%.8s", names[source.at], section ? " " : "",
             section ? specimen->section[source.kind].name : "");
}

static void reason_put(struct packer_explanation *explanation, const struct packer_reason *reason)
{
    uint32_t at = explanation->reason_count;
    if (reason->weight <= 0)
        return;
    while (at > 0 && explanation->reasons[at - 1].weight < reason->weight)
        at--;
    if (at == EXPLAIN_REASONS)
        return;
    uint32_t last = explanation->reason_count < EXPLAIN_REASONS ? explanation->reason_count
                                                                : EXPLAIN_REASONS - 1;
    for (uint32_t i = last; i > at; i--)
        explanation->reasons[i] = explanation->reasons[i - 1];
    explanation->reasons[at] = *reason;
    if (explanation->reason_count < EXPLAIN_REASONS)
        explanation->reason_count++;
}

/* Runs that speak for the answer one next to another are one reason. */
static void bytes_reasons(const struct subject *subject, struct packer_explanation *explanation)
{
    const struct features *features = subject->features;
    struct packer_reason reason = {.weight = 0};
    uint32_t from = 0, to = 0;
    for (uint32_t i = features->starts[BLOCK_BYTES]; i < features->starts[BLOCK_BYTES + 1]; i++) {
        uint32_t at = features->sources[i].at;
        float weight = weight_of(subject, i);
        if (weight <= 0)
            continue;
        if (at > to) {
            bytes_text(subject->specimen, from, to, reason.text);
            reason_put(explanation, &reason);
            reason.weight = 0;
            from = at;
        }
        reason.weight += weight;
        to = at + 3U + features->sources[i].kind;
    }
    bytes_text(subject->specimen, from, to, reason.text);
    reason_put(explanation, &reason);
}

static void reasons_find(const struct subject *subject, struct packer_explanation *explanation)
{
    const struct features *features = subject->features;
    if (!subject->packed)
        bytes_reasons(subject, explanation);
    for (uint32_t i = features->starts[BLOCK_CODE]; i < features->count; i++) {
        struct feature_source source = features->sources[i];
        struct packer_reason reason = {.weight = weight_of(subject, i)};
        if (reason.weight <= 0)
            continue;
        if (source.block == BLOCK_CODE)
            code_text(subject, source, reason.text);
        else if (source.block == BLOCK_LAYOUT)
            layout_text(subject->specimen, source, reason.text);
        else
            snprintf(reason.text, sizeof(reason.text), "%s", trait_name(source.at));
        reason_put(explanation, &reason);
    }
}

/* Where the routine goes on. */
struct course {
    uint64_t address, offset;
    bool jumped;
    uint64_t returns[EXPLAIN_STEPS]; /* addresses behind calls gone into */
    uint32_t return_count;
};

static bool is_seen(const struct packer_explanation *explanation, uint64_t address)
{
    for (uint32_t i = 0; i < explanation->step_count; i++)
        if (explanation->steps[i].address == address)
            return true;
    return false;
}

/* Into what it calls or jumps to, back where it returns, else on. False: the way is at its end. */
static bool course_go(const struct image *image, const struct routine_step *step,
                      struct course *course)
{
    uint64_t next = step->address + step->instruction.size;
    uint64_t target = step->instruction.target - image->base;
    course->jumped = true;
    if (step->instruction.goes && image_offset(image, target, &course->offset)) {
        course->returns[course->return_count++] = next;
        course->address = target;
        return true;
    }
    if (step->instruction.ends) {
        if (course->return_count == 0)
            return false;
        course->address = course->returns[--course->return_count];
        return image_offset(image, course->address, &course->offset);
    }
    course->jumped = false;
    course->address = next;
    if (image_offset(image, next, &course->offset))
        return true;
    course->offset = step->offset + step->instruction.size; /* in the headers, or just beyond */
    return image->entry_section < 0 && course->offset < image->size;
}

/* Code that jumps or calls to where nothing is ever loaded is junk put before code that runs. */
static bool is_junk(const struct image *image, const struct walk_instruction *instruction)
{
    uint64_t target = instruction->target - image->base;
    for (uint32_t i = 0; i < image->section_count && instruction->goes; i++) {
        const struct image_section *section = &image->sections[i];
        uint64_t reach = section->memory > section->size ? section->memory : section->size;
        if (target >= section->address && target - section->address < reach)
            return false;
    }
    return instruction->goes && image->entry_section >= 0;
}

/* Along jumps and calls, each place once. */
static void routine_find(struct walker *walker, struct bytes file, const struct image *image,
                         struct packer_explanation *explanation)
{
    struct course course = {.address = image->entry, .offset = image->entry_offset};
    bool there = walker && course.offset < file.len;
    while (there && explanation->step_count < EXPLAIN_STEPS &&
           !is_seen(explanation, course.address)) {
        struct routine_step step = {
            .address = course.address, .offset = course.offset, .jumped = course.jumped};
        if (!walker_read(walker, bytes_from(file, course.offset), image->base + course.address,
                         &step.instruction))
            return;
        if (is_junk(image, &step.instruction)) {
            course.jumped = true;
            course.address++;
            there = ++course.offset < file.len;
            continue;
        }
        explanation->steps[explanation->step_count++] = step;
        there = course_go(image, &step, &course);
    }
}

static void map_make(struct bytes file, uint64_t offset, uint64_t size, struct section_map *map)
{
    struct bytes part = {file.at + offset, (size_t)size};
    uint64_t parts = size / MAP_STEP;
    map->parts = parts > EXPLAIN_MAP ? EXPLAIN_MAP : size && !parts ? 1 : (uint32_t)parts;
    map->entropy = (float)entropy_of(part);
    entropy_map(part, map->parts, map->map);
}

void packer_explain(const struct packer_classifier *classifier, const struct extractor *extractor,
                    struct bytes file, const struct image *image, const struct specimen *specimen,
                    const struct packer_verdict *verdict,
                    struct packer_explanation *ret_explanation)
{
    struct features features;
    features_extract(extractor, specimen, &features);
    const struct subject subject = {classifier, extractor,     specimen,
                                    &features,  verdict->best, verdict->answer == ANSWER_UNKNOWN};
    ret_explanation->reason_count = ret_explanation->step_count = 0;
    reasons_find(&subject, ret_explanation);
    routine_find(extractor_walker(extractor, specimen), file, image, ret_explanation);
    for (uint32_t i = 0; i < image->section_count; i++)
        map_make(file, image->sections[i].offset, image->sections[i].size,
                 &ret_explanation->sections[i]);
    map_make(file, 0, file.len, &ret_explanation->file);
}
