#include "analyse/ioc/notation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/ioc/mask.h"
#include "base/json_scan.h"

void indicator_json(const struct indicator *indicator, struct json *json)
{
    json_object(json);
    json_key_text(json, "id", indicator->id);
    json_key_text(json, "family", indicator->family);
    json_key(json, "parts"), json_array(json);
    for (uint32_t i = 0; i < indicator->part_count; i++) {
        const struct indicator_part *part = &indicator->parts[i];
        json_object(json);
        json_key_text(json, "kind", report_kind_name(part->kind));
        json_key_text(json, "level", part->level);
        json_key_text(json, "mask", part->mask);
        json_key_text(json, "regex", part->regex);
        json_end_object(json);
    }
    json_end_array(json);
    json_key_text(json, "why", indicator->why);
    json_key(json, "found"), json_unsigned(json, indicator->found);
    json_key(json, "found_of"), json_unsigned(json, indicator->found_of);
    json_key(json, "groups"), json_unsigned(json, indicator->groups);
    json_key(json, "spared"), json_unsigned(json, indicator->spared);
    json_key(json, "spared_of"), json_unsigned(json, indicator->spared_of);
    json_key(json, "clarity"), json_number(json, indicator->clarity);
    json_key(json, "samples"), json_array(json);
    for (uint32_t i = 0; i < indicator->sample_count; i++)
        json_text(json, indicator->samples[i]);
    json_end_array(json);
    json_end_object(json);
}

enum word {
    WORD_NONE,
    WORD_ID,
    WORD_FAMILY,
    WORD_PARTS,
    WORD_KIND,
    WORD_LEVEL,
    WORD_MASK,
    WORD_WHY,
    WORD_FOUND,
    WORD_FOUND_OF,
    WORD_GROUPS,
    WORD_SPARED,
    WORD_SPARED_OF,
    WORD_CLARITY,
    WORD_SAMPLES,
};

static const struct {
    const char *key;
    enum word word;
    uint8_t depth; /* brackets it stands in */
} words[] = {
    {"id", WORD_ID, 1},           {"family", WORD_FAMILY, 1},   {"parts", WORD_PARTS, 1},
    {"kind", WORD_KIND, 3},       {"level", WORD_LEVEL, 3},     {"mask", WORD_MASK, 3},
    {"why", WORD_WHY, 1},         {"found", WORD_FOUND, 1},     {"found_of", WORD_FOUND_OF, 1},
    {"groups", WORD_GROUPS, 1},   {"spared", WORD_SPARED, 1},   {"spared_of", WORD_SPARED_OF, 1},
    {"clarity", WORD_CLARITY, 1}, {"samples", WORD_SAMPLES, 1},
};

struct reading {
    struct indicator_set *set;
    struct indicator now;
    struct indicator_part part;
    enum word word;
    uint32_t depth;
    int error;
};

static void level_begin(void *context, bool array)
{
    struct reading *reading = context;
    (void)array;
    if (reading->depth++ == 0)
        reading->now = (struct indicator){.part_count = 0};
    else if (reading->depth == 3)
        reading->part = (struct indicator_part){.kind = REPORT_KIND_COUNT};
}

static int part_over(struct reading *reading)
{
    struct indicator_part *part = &reading->part;
    struct buffer regex = {0};
    if (reading->now.part_count == INDICATOR_PARTS || !pattern_usable(part->kind) ||
        !json_is_text(part->mask))
        return -EBADMSG;
    int error = pattern_regex(part->mask, &regex);
    if (!error) {
        part->regex = arena_copy(&reading->set->arena, buffer_bytes(&regex));
        error = part->regex.at ? 0 : -ENOMEM;
        reading->now.parts[reading->now.part_count++] = *part;
    }
    buffer_finish(&regex);
    return error == -EINVAL ? -EBADMSG : error;
}

static void level_end(void *context)
{
    struct reading *reading = context;
    reading->depth--;
    if (reading->depth == 2 && !reading->error)
        reading->error = part_over(reading);
}

static bool key_seen(void *context, struct bytes key)
{
    struct reading *reading = context;
    reading->word = WORD_NONE;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (words[i].depth == reading->depth && bytes_equal(bytes_of(words[i].key), key))
            reading->word = words[i].word;
    return reading->word != WORD_NONE;
}

static uint32_t whole_number(struct bytes text)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++)
        if ((value = 10 * value + (uint64_t)(text.at[i] - '0')) > UINT32_MAX)
            return UINT32_MAX;
    return (uint32_t)value;
}

/* Brought within 0 to 1. */
static double share_number(struct bytes text)
{
    char digits[32];
    snprintf(digits, sizeof(digits), "%.*s",
             (int)(text.len < sizeof(digits) ? text.len : sizeof(digits)), text.at);
    double value = strtod(digits, NULL);
    return value > 1 ? 1 : value > 0 ? value : 0;
}

static void text_take(struct reading *reading, struct bytes text)
{
    struct indicator *now = &reading->now;
    struct bytes copy = arena_copy(&reading->set->arena, text);
    if (!copy.at)
        reading->error = -ENOMEM;
    else if (reading->word == WORD_ID)
        now->id = copy;
    else if (reading->word == WORD_FAMILY)
        now->family = copy;
    else if (reading->word == WORD_WHY)
        now->why = copy;
    else if (reading->word == WORD_KIND)
        reading->part.kind = report_kind_find(copy);
    else if (reading->word == WORD_LEVEL)
        reading->part.level = pattern_level_name(pattern_level_find(copy));
    else if (reading->word == WORD_MASK)
        reading->part.mask = copy;
    else if (reading->word == WORD_SAMPLES && now->sample_count < INDICATOR_SAMPLES)
        now->samples[now->sample_count++] = copy;
}

static void value_seen(void *context, enum json_value kind, struct bytes text)
{
    struct reading *reading = context;
    struct indicator *now = &reading->now;
    uint32_t number = kind == JSON_NUMBER ? whole_number(text) : 0;
    if (reading->error || reading->depth == 0)
        return;
    switch (reading->word) {
    case WORD_FOUND:
        now->found = number;
        break;
    case WORD_FOUND_OF:
        now->found_of = number;
        break;
    case WORD_GROUPS:
        now->groups = number;
        break;
    case WORD_SPARED:
        now->spared = number;
        break;
    case WORD_SPARED_OF:
        now->spared_of = number;
        break;
    case WORD_CLARITY:
        now->clarity = share_number(text);
        break;
    default:
        if (kind == JSON_STRING)
            text_take(reading, text);
    }
}

static void line_over(void *context)
{
    struct reading *reading = context;
    if (reading->error)
        return;
    if (reading->now.part_count == 0 || reading->now.family.len == 0 || reading->now.id.len == 0)
        reading->error = -EBADMSG;
    else if (reading->set->count == NOTATION_INDICATORS)
        reading->error = -E2BIG;
    else
        reading->error = indicator_set_add(reading->set, &reading->now);
    reading->now = (struct indicator){.part_count = 0};
}

static const struct json_events reading_events = {level_begin, level_end, key_seen, value_seen,
                                                  line_over};

int indicators_read(struct bytes text, struct indicator_set *set, struct fault *ret_fault)
{
    struct reading reading = {.set = set};
    struct json_scan scan;
    int error = 0;
    json_scan_begin(&scan, &reading_events, &reading);
    while (text.len && !error) { /* line by line, so that the fault has the line */
        const char *end = memchr(text.at, '\n', text.len);
        size_t len = end ? (size_t)(end - text.at) + 1 : text.len;
        error = json_scan_feed(&scan, (struct bytes){text.at, len}, ret_fault);
        text = bytes_from(text, len);
        if (!error && reading.error)
            break;
    }
    if (!error && !reading.error)
        error = json_scan_end(&scan, ret_fault);
    if (!error && reading.error) {
        const char *why = reading.error == -EBADMSG ? "this is no indicator"
                          : reading.error == -E2BIG ? "too many indicators"
                                                    : "out of memory";
        *ret_fault = (struct fault){why, scan.offset, scan.line > 1 ? scan.line - 1 : 1};
        error = reading.error;
    }
    json_scan_finish(&scan);
    return error;
}
