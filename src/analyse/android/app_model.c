/* Judging an application by its facts, why, and the model as bytes. */
#include "analyse/android/app_model.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analyse/android/app_names.h"
#include "analyse/android/app_training.h"
#include "analyse/android/app_words.h"

/* Facts in one classifier's space, with where each column came from. */
struct sight {
    const struct app_classifier *classifier;
    struct app_place place;
    uint32_t *sources; /* by column of the place: of the names which; of words their id */
    uint32_t room;
    struct strings words; /* of the description */
};

static void sight_finish(struct sight *sight)
{
    free(sight->place.columns);
    free(sight->place.values);
    free(sight->sources);
    strings_finish(&sight->words);
}

static int sight_grow(struct sight *sight, uint32_t more)
{
    uint32_t room = sight->place.count + more;
    if (room <= sight->room)
        return 0;
    room += room / 2 + 64;
    uint32_t *columns = realloc(sight->place.columns, room * sizeof(*columns));
    sight->place.columns = columns ? columns : sight->place.columns;
    float *values = realloc(sight->place.values, room * sizeof(*values));
    sight->place.values = values ? values : sight->place.values;
    uint32_t *sources = realloc(sight->sources, room * sizeof(*sources));
    sight->sources = sources ? sources : sight->sources;
    if (!columns || !values || !sources)
        return -ENOMEM;
    sight->room = room;
    return 0;
}

/* Columns of the names, each once. */
struct names_seen {
    struct app_keys keys;
    bool *columns; /* by id in the space */
};

/* What `source` is called: its keys that the space has become columns. */
static int name_see(struct sight *sight, struct bytes name, uint32_t source,
                    struct names_seen *seen)
{
    int error = app_keys_make(&seen->keys, name);
    if (!error)
        error = sight_grow(sight, APP_NAME_KEYS);
    for (uint32_t key = 0; key < seen->keys.count && !error; key++) {
        uint32_t id =
            strings_find(&sight->classifier->learners.space.names, app_keys_at(&seen->keys, key));
        if (id == 0 || seen->columns[id])
            continue;
        seen->columns[id] = true;
        sight->sources[sight->place.count] = source;
        sight->place.columns[sight->place.count++] = id - 1;
    }
    return error;
}

/* The category comes last, as a name of a number of its own. */
static int category_see(struct sight *sight, const struct app_facts *facts, struct names_seen *seen)
{
    struct buffer name = {0};
    if (facts->category.len == 0)
        return 0;
    buffer_put(&name, BYTES("market:category="));
    buffer_put(&name, facts->category);
    int error = name.failed ? -ENOMEM : name_see(sight, buffer_bytes(&name), facts->count, seen);
    buffer_finish(&name);
    return error;
}

static int names_see(struct sight *sight, const struct app_facts *facts)
{
    size_t names = sight->classifier->learners.space.name_count;
    struct names_seen seen = {.columns = calloc(names + 1, sizeof(*seen.columns))};
    int error = seen.columns ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < facts->count && i < APP_MODEL_NAMES && !error; i++)
        error = name_see(sight, facts->names[i], i, &seen);
    if (!error)
        error = category_see(sight, facts, &seen);
    sight->place.names = sight->place.count;
    app_keys_finish(&seen.keys);
    free(seen.columns);
    return error;
}

static int words_see(struct sight *sight, struct bytes description)
{
    const struct app_space *space = &sight->classifier->learners.space;
    uint32_t *ids = calloc(2 * APP_WORDS_TEXT, sizeof(*ids)), count = 0;
    int error = ids ? 0 : -ENOMEM;
    if (!error)
        error = app_words_take(&sight->words, description, ids, ids + APP_WORDS_TEXT, &count);
    if (!error)
        error = sight_grow(sight, count);
    for (uint32_t i = 0; i < count && !error; i++) {
        uint32_t id = strings_find(&space->words, strings_at(&sight->words, ids[i]));
        if (id == 0)
            continue;
        sight->sources[sight->place.count] = ids[i];
        sight->place.columns[sight->place.count] = id - 1 + space->name_count;
        sight->place.values[sight->place.count++] = (float)ids[APP_WORDS_TEXT + i];
    }
    free(ids);
    return error;
}

/* sight_finish afterwards, also after an error. */
static int sight_take(const struct app_classifier *classifier, const struct app_facts *facts,
                      struct sight *ret_sight)
{
    *ret_sight = (struct sight){.classifier = classifier};
    int error = sight_grow(ret_sight, 1);
    if (!error)
        error = names_see(ret_sight, facts);
    return error ? error : words_see(ret_sight, facts->description);
}

/* By the classifier that knows most of the facts; of equals by the first. */
static int sight_best(const struct app_model *model, const struct app_facts *facts,
                      struct sight *ret_sight)
{
    int error = sight_take(&model->kinds[0], facts, ret_sight);
    for (uint32_t i = 1; i < model->count && !error; i++) {
        struct sight other;
        error = sight_take(&model->kinds[i], facts, &other);
        if (!error && other.place.count > ret_sight->place.count) {
            struct sight less = *ret_sight;
            *ret_sight = other;
            other = less;
        }
        sight_finish(&other);
    }
    return error;
}

/* Log odds of a place whose words' values are how often they are there; they are overwritten. */
static double place_odds(const struct app_classifier *classifier, struct app_place *place)
{
    double scores[LEARNERS];
    app_space_weigh(&classifier->learners.space, place);
    app_learners_score(&classifier->learners, place, scores);
    return app_blend_odds(&classifier->blend, scores);
}

/* Log odds without the columns from `from` to before `to`, all names or all words. */
static double odds_without(const struct sight *sight, uint32_t from, uint32_t to,
                           struct app_place *room)
{
    const struct app_place *place = &sight->place;
    room->count = 0;
    room->names = place->names - (from < place->names ? to - from : 0);
    for (uint32_t i = 0; i < place->count; i++)
        if (i < from || i >= to) {
            room->columns[room->count] = place->columns[i];
            room->values[room->count++] = place->values[i];
        }
    return place_odds(sight->classifier, room);
}

/* Behind the columns that have the same source as column `from`; they stand together. */
static uint32_t source_end(const struct sight *sight, uint32_t from)
{
    const struct app_place *place = &sight->place;
    uint32_t end = from + 1;
    while (from < place->names && end < place->names && sight->sources[end] == sight->sources[from])
        end++;
    return end;
}

int app_model_judge(const struct app_model *model, const struct app_facts *facts,
                    struct app_judgement *ret_judgement)
{
    struct sight sight;
    int error = sight_best(model, facts, &sight);
    if (!error) {
        double odds = place_odds(sight.classifier, &sight.place);
        *ret_judgement = (struct app_judgement){1 / (1 + exp(-odds)), odds, sight.place.count};
    }
    sight_finish(&sight);
    return error;
}

/* Keep the heaviest `most`, the heaviest first. */
static void reason_put(struct app_reason reason, uint32_t most, struct app_reason *reasons,
                       uint32_t *count)
{
    uint32_t at = *count;
    while (at > 0 && fabs(reasons[at - 1].weight) < fabs(reason.weight))
        at--;
    if (at >= most)
        return;
    uint32_t end = *count < most ? (*count)++ : most - 1;
    for (uint32_t i = end; i > at; i--)
        reasons[i] = reasons[i - 1];
    reasons[at] = reason;
}

/* The word as it first stands in the description. */
static struct bytes word_locate(struct bytes description, struct bytes word)
{
    char folded[APP_WORDS_LENGTH];
    struct bytes found;
    size_t length;
    do
        found = app_words_next(&description, folded, &length);
    while (found.len && !bytes_equal((struct bytes){folded, length}, word));
    return found;
}

/* Where the column came from, in the facts. */
static struct bytes source_name(const struct sight *sight, const struct app_facts *facts,
                                uint32_t i)
{
    uint32_t source = sight->sources[i];
    if (i >= sight->place.names)
        return word_locate(facts->description, strings_at(&sight->words, source));
    return source < facts->count ? facts->names[source] : facts->category;
}

int app_model_explain(const struct app_model *model, const struct app_facts *facts, uint32_t most,
                      struct app_reason *ret_reasons, uint32_t *ret_count)
{
    struct sight sight;
    uint32_t count = 0;
    int error = sight_best(model, facts, &sight);
    struct app_place room = {.columns =
                                 calloc((size_t)sight.place.count + 1, sizeof(*room.columns)),
                             .values = calloc((size_t)sight.place.count + 1, sizeof(*room.values))};
    if (!room.columns || !room.values)
        error = -ENOMEM;
    double all = error ? 0 : odds_without(&sight, 0, 0, &room);
    most = most < APP_MODEL_REASONS ? most : APP_MODEL_REASONS;
    for (uint32_t i = 0, end; i < sight.place.count && !error; i = end) {
        end = source_end(&sight, i);
        struct app_reason reason = {.name = source_name(&sight, facts, i),
                                    .word = i >= sight.place.names,
                                    .weight = all - odds_without(&sight, i, end, &room)};
        reason_put(reason, most, ret_reasons, &count);
    }
    if (!error)
        *ret_count = count;
    free(room.columns);
    free(room.values);
    sight_finish(&sight);
    return error;
}

enum { MAGIC = 0x314d5041 /* "APM1" */ };

/* Magic and version, the number of kinds; of each its hash, its learners, its blend. */
void app_model_save(const struct app_model *model, struct buffer *out)
{
    buffer_put_u32(out, MAGIC);
    buffer_put_u32(out, model->count);
    for (uint32_t i = 0; i < model->count; i++) {
        buffer_put_u64(out, model->kinds[i].kind);
        app_learners_save(&model->kinds[i].learners, out);
        app_blend_save(&model->kinds[i].blend, out);
    }
}

int app_model_load(struct cursor *from, struct app_model **ret_model)
{
    uint32_t magic = cursor_u32(from), count = cursor_u32(from);
    if (!cursor_ok(from) || magic != MAGIC || count == 0 || count > APP_TABLE_KINDS)
        return -EBADMSG;
    struct app_model *model = calloc(1, sizeof(*model));
    int error = model ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < count && !error; i++) {
        struct app_classifier *classifier = &model->kinds[i];
        classifier->kind = cursor_u64(from);
        error = app_learners_load(from, &classifier->learners);
        if (error)
            break;
        model->count++;
        error = app_blend_load(from, &classifier->blend);
    }
    if (error)
        app_model_close(model);
    else
        *ret_model = model;
    return error;
}

void app_model_close(struct app_model *model)
{
    for (uint32_t i = 0; model && i < model->count; i++)
        app_classifier_finish(&model->kinds[i]);
    free(model);
}
