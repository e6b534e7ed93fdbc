#include "triage/attack/attempt.h"

#include <errno.h>
#include <hs.h>
#include <stdlib.h>

#include "triage/attack/recogniser.h"
#include "triage/decode/coding.h"

static const struct recogniser *const recognisers[] = {
    &command_recogniser,   &command_path_recogniser, &code_recogniser,     &entity_recogniser,
    &fetch_recogniser,     &file_recogniser,         &jndi_recogniser,     &object_recogniser,
    &script_recogniser,    &sql_recogniser,          &template_recogniser, &upload_recogniser,
    &web_shell_recogniser, &machine_code_recogniser,
};

enum { RECOGNISERS = sizeof(recognisers) / sizeof(*recognisers), HIDING = RECOGNISERS };

/* Signs, in a text decoded once, that more is hidden behind a coding: worth unfolding. */
static const char *const hiding_marks[] = {
    "%[0-9a-f]{2}",
    "\\\\u00[0-9a-f]{2}",
    "\\\\x[0-9a-f]{2}",
    "&#x?[0-9a-f]+;",
    "\\+A[A-Z0-9]{2}-",
    "=[a-z0-9+/_-]{16,}={0,2}($|[&; ])",
    "^[a-z0-9+/_-]{16,}={0,2}$",
    "[\\xc0\\xc1][\\x80-\\xbf]",
    "\\xe0[\\x80-\\x9f]",
    "\\xf0[\\x80-\\x8f]",
    "%u00[0-9a-f]{2}",
    NULL,
};

struct recognition {
    hs_database_t *database;
    hs_scratch_t *scratch;
};

struct attempt *attempts_add(struct attempts *attempts, enum attack_class class,
                             struct arena *arena)
{
    if (attempts->count == ATTEMPTS) {
        attempts->dropped++;
        return NULL;
    }
    if (attempts->count == attempts->capacity) {
        uint32_t capacity = attempts->capacity ? attempts->capacity * 2 : 2;
        struct attempt *items = arena_take_array(arena, capacity, sizeof(*items));
        if (!items)
            return NULL;
        if (attempts->count)
            memcpy(items, attempts->items, attempts->count * sizeof(*items));
        attempts->items = items;
        attempts->capacity = capacity;
    }
    struct attempt *attempt = &attempts->items[attempts->count++];
    *attempt = (struct attempt){.class = class};
    return attempt;
}

struct attempt *attempt_begin(const struct suspicion *suspicion, enum attack_class class,
                              double confidence, struct bytes command)
{
    struct attempt *attempt = attempts_add(suspicion->attempts, class, suspicion->arena);
    if (!attempt)
        return NULL;
    attempt->confidence = confidence;
    attempt->place = place_label(suspicion->place, suspicion->arena);
    attempt->payload = suspicion_text(suspicion);
    attempt->command = command;
    return attempt;
}

int attempt_expect(const struct suspicion *suspicion, struct attempt *attempt,
                   struct expectation wanted)
{
    struct expectation *expectation = expectations_add(&attempt->expectations, suspicion->arena);
    if (!expectation)
        return attempt->expectations.dropped ? 0 : -ENOMEM;
    wanted.command = attempt->command;
    *expectation = wanted;
    return 0;
}

/* Every mark of every recogniser, each with its recogniser's number; theirs to free. */
static int marks_collect(const char ***ret_expressions, unsigned **ret_ids, unsigned *ret_count)
{
    unsigned count = 0, most = 0;
    for (int i = 0; i <= HIDING; i++) {
        const char *const *marks = i == HIDING ? hiding_marks : recognisers[i]->marks;
        for (int j = 0; marks[j]; j++)
            most++;
    }
    const char **expressions = calloc(most, sizeof(*expressions));
    unsigned *ids = calloc(most, sizeof(*ids));
    *ret_expressions = expressions;
    *ret_ids = ids;
    if (!expressions || !ids)
        return -ENOMEM;
    for (unsigned i = 0; i <= HIDING; i++) {
        const char *const *marks = i == HIDING ? hiding_marks : recognisers[i]->marks;
        for (int j = 0; marks[j]; j++) {
            expressions[count] = marks[j];
            ids[count++] = i;
        }
    }
    *ret_count = count;
    return 0;
}

static int database_compile(struct recognition *recognition)
{
    const char **expressions = NULL;
    unsigned *ids = NULL, *flags = NULL, count = 0;
    hs_compile_error_t *why = NULL;
    int error = marks_collect(&expressions, &ids, &count);
    if (error == 0) {
        flags = calloc(count, sizeof(*flags));
        error = flags ? 0 : -ENOMEM;
    }
    for (unsigned i = 0; i < count && flags; i++)
        flags[i] = HS_FLAG_CASELESS | HS_FLAG_DOTALL | HS_FLAG_SINGLEMATCH | HS_FLAG_MULTILINE;
    if (error == 0 && hs_compile_multi(expressions, flags, ids, count, HS_MODE_BLOCK, NULL,
                                       &recognition->database, &why) != HS_SUCCESS)
        error = -EINVAL;
    if (error == 0 && hs_alloc_scratch(recognition->database, &recognition->scratch) != HS_SUCCESS)
        error = -ENOMEM;
    hs_free_compile_error(why);
    free(expressions);
    free(flags);
    free(ids);
    return error;
}

int recognition_new(struct recognition **ret_recognition)
{
    struct recognition *recognition = calloc(1, sizeof(*recognition));
    if (!recognition)
        return -ENOMEM;
    int error = database_compile(recognition);
    if (error) {
        recognition_free(recognition);
        return error;
    }
    *ret_recognition = recognition;
    return 0;
}

void recognition_free(struct recognition *recognition)
{
    if (!recognition)
        return;
    hs_free_scratch(recognition->scratch);
    hs_free_database(recognition->database);
    free(recognition);
}

/* Bits of the recognisers (and of HIDING) whose marks are in a text, and where the first ends. */
struct marks {
    uint32_t bits;
    size_t ends[RECOGNISERS + 1];
};

static int on_mark(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                   void *context)
{
    struct marks *marks = context;
    (void)from, (void)flags;
    if (!(marks->bits & 1u << id))
        marks->ends[id] = (size_t)to;
    marks->bits |= 1u << id;
    return 0;
}

static void marks_find(const struct recognition *recognition, struct bytes text,
                       struct marks *ret_marks)
{
    ret_marks->bits = 0;
    if (text.len)
        hs_scan(recognition->database, text.at, (unsigned)text.len, 0, recognition->scratch,
                on_mark, ret_marks);
    for (unsigned i = 0; i < RECOGNISERS; i++)
        if (recognisers[i]->spot && recognisers[i]->spot(text, &ret_marks->ends[i]))
            ret_marks->bits |= 1u << i;
}

/* Recognisers that look at this place. */
static uint32_t recognisers_of(const struct place *place)
{
    uint32_t bits = 0;
    for (unsigned i = 0; i < RECOGNISERS; i++)
        if (recognisers[i]->places & 1u << place->kind &&
            (!recognisers[i]->fits || recognisers[i]->fits(place)))
            bits |= 1u << i;
    return bits;
}

bool recognition_suspects(const struct recognition *recognition, const struct exchange *exchange)
{
    char text[LAYER_BYTES];
    struct places places;
    struct arena arena = {.chunk = 4096};
    bool suspect = machine_code_in_head(exchange);
    if (!suspect && places_find(exchange, &arena, &places) == 0)
        for (uint32_t i = 0; i < places.count && !suspect; i++) {
            const struct place *place = &places.items[i];
            struct bytes value = place->value;
            size_t len = value.len;
            if (value.len > sizeof(text))
                value.len = sizeof(text);
            if (value.len && form_step(value, text, &len))
                value = (struct bytes){text, len};
            struct marks marks;
            marks_find(recognition, value, &marks);
            suspect = marks.bits & (recognisers_of(place) | 1u << HIDING);
        }
    arena_finish(&arena);
    return suspect;
}

/*
 * Layers no application sees: a parameter is always decoded once, a plus in it
 * being a space, before anybody reads it.
 */
static bool layer_is_wrapping(const struct layers *layers, uint32_t i, enum place_kind kind)
{
    bool form = false, percent = false;
    if (kind != PLACE_query && kind != PLACE_form && kind != PLACE_cookie && kind != PLACE_path)
        return false;
    for (uint32_t j = 1; j < layers->count; j++) {
        form = form || (layers->items[j].parent == 0 && layers->items[j].coding == CODING_form);
        percent =
            percent || (layers->items[j].parent == 0 && layers->items[j].coding == CODING_percent);
    }
    if (i == 0)
        return form || percent;
    return form && kind != PLACE_path && layers->items[i].parent == 0 &&
           layers->items[i].coding == CODING_percent;
}

static int place_look(const struct recognition *recognition, struct suspicion *suspicion)
{
    struct layers *layers = arena_take(suspicion->arena, sizeof(*layers));
    if (!layers)
        return -ENOMEM;
    int error = layers_unfold(suspicion->place->value, suspicion->arena, layers);
    uint32_t wanted = recognisers_of(suspicion->place);
    suspicion->layers = layers;
    for (uint32_t i = 0; i < layers->count && error == 0; i++) {
        if (layer_is_wrapping(layers, i, suspicion->place->kind))
            continue;
        struct marks marks;
        marks_find(recognition, layers->items[i].text, &marks);
        suspicion->layer = i;
        suspicion->attempts->looked_at = suspicion->attempts->looked_at || marks.bits & wanted;
        for (unsigned j = 0; j < RECOGNISERS && error == 0; j++) {
            if (!(marks.bits & wanted & 1u << j))
                continue;
            suspicion->mark_end = marks.ends[j];
            error = recognisers[j]->look(suspicion);
        }
    }
    return error;
}

static int attempt_order(const void *a, const void *b)
{
    const struct attempt *one = a, *other = b;
    return (one->confidence < other->confidence) - (one->confidence > other->confidence);
}

void attempts_sort(struct attempts *attempts)
{
    if (attempts->count)
        qsort(attempts->items, attempts->count, sizeof(*attempts->items), attempt_order);
}

int attempts_find(const struct recognition *recognition, const struct exchange *exchange,
                  struct arena *arena, struct attempts *ret_attempts)
{
    struct attempts attempts = {0};
    struct places *places = arena_take(arena, sizeof(*places));
    if (!places)
        return -ENOMEM;
    int error = places_find(exchange, arena, places);
    if (error == 0)
        error = machine_code_look_head(exchange, &attempts);
    struct suspicion suspicion = {.exchange = exchange, .arena = arena, .attempts = &attempts};
    for (uint32_t i = 0; i < places->count && error == 0; i++) {
        suspicion.place = &places->items[i];
        error = place_look(recognition, &suspicion);
    }
    if (error)
        return error;
    attempts_sort(&attempts);
    *ret_attempts = attempts;
    return 0;
}
