/* Which names and words are columns, and the topics. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analyse/android/app_space.h"
#include "base/random.h"

struct rows {
    const struct app_table *table;
    const uint32_t *at;
    uint32_t count;
};

static const struct app_row *row_at(const struct rows *rows, uint32_t i)
{
    return &rows->table->rows[rows->at[i]];
}

/* An id, with what it is ordered by. */
struct rank {
    double worth;
    uint32_t id, rows;
};

/* The best first; of equals the first. */
static int rank_compare(const void *one, const void *other)
{
    const struct rank *a = one, *b = other;
    if (a->worth < b->worth || a->worth > b->worth)
        return a->worth < b->worth ? 1 : -1;
    return (a->id > b->id) - (a->id < b->id);
}

static double entropy_part(double part, double of)
{
    return part > 0 ? part / of * log2(part / of) : 0;
}

/* Bits that a name tells of the label: `have` rows have it, `bad` of these are malicious. */
static double mutual_information(double rows, double malicious, double have, double bad)
{
    double joint = entropy_part(bad, rows) + entropy_part(have - bad, rows) +
                   entropy_part(malicious - bad, rows) +
                   entropy_part(rows - have - malicious + bad, rows);
    return joint - entropy_part(have, rows) - entropy_part(rows - have, rows) -
           entropy_part(malicious, rows) - entropy_part(rows - malicious, rows);
}

/* Texts of the best ranks, in their order, into `strings`; how many. */
static int ranks_keep(const struct strings *texts, const struct rank *ranks, uint32_t count,
                      struct strings *strings)
{
    uint32_t id;
    int error = 0;
    for (uint32_t i = 0; i < count && !error; i++)
        error = strings_intern(strings, strings_at(texts, ranks[i].id), &id);
    return error;
}

/* Those that APP_SPACE_ROWS rows have, ordered. */
static uint32_t ranks_settle(struct rank *ranks, uint32_t count, uint32_t most)
{
    uint32_t kept = 0;
    for (uint32_t i = 1; i < count; i++)
        if (ranks[i].rows >= APP_SPACE_ROWS)
            ranks[kept++] = ranks[i];
    if (kept)
        qsort(ranks, kept, sizeof(*ranks), rank_compare);
    return kept < most ? kept : most;
}

static int names_learn(const struct rows *rows, struct app_space *space)
{
    uint32_t ids = rows->table->names.count, malicious = 0;
    struct rank *ranks = calloc((size_t)ids + 1, sizeof(*ranks));
    uint32_t *bad = calloc((size_t)ids + 1, sizeof(*bad));
    int error = ranks && bad ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < rows->count && !error; i++) {
        const struct app_row *row = row_at(rows, i);
        malicious += row->malicious;
        for (uint32_t j = 0; j < row->count; j++) {
            ranks[row->names[j]].rows++;
            bad[row->names[j]] += row->malicious;
        }
    }
    for (uint32_t id = 0; id < ids && !error; id++) {
        ranks[id].id = id;
        ranks[id].worth = mutual_information(rows->count, malicious, ranks[id].rows, bad[id]);
    }
    if (!error) {
        space->name_count = ranks_settle(ranks, ids, APP_SPACE_NAMES);
        space->tells = calloc((size_t)space->name_count + 1, sizeof(*space->tells));
        error = space->tells
                    ? ranks_keep(&rows->table->names, ranks, space->name_count, &space->names)
                    : -ENOMEM;
    }
    for (uint32_t i = 0; i < space->name_count && !error; i++)
        space->tells[i] = (float)ranks[i].worth;
    free(ranks);
    free(bad);
    return error;
}

static int words_learn(const struct rows *rows, struct app_space *space)
{
    uint32_t ids = rows->table->words.count;
    struct rank *ranks = calloc((size_t)ids + 1, sizeof(*ranks));
    int error = ranks ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < rows->count && !error; i++) {
        const struct app_row *row = row_at(rows, i);
        for (uint32_t j = 0; j < row->word_count; j++)
            ranks[row->words[j]].rows++;
    }
    for (uint32_t id = 0; id < ids && !error; id++) {
        ranks[id].id = id;
        ranks[id].worth = ranks[id].rows;
    }
    if (!error) {
        space->word_count = ranks_settle(ranks, ids, APP_SPACE_WORDS);
        space->rarity = calloc((size_t)space->word_count + 1, sizeof(*space->rarity));
        error = space->rarity
                    ? ranks_keep(&rows->table->words, ranks, space->word_count, &space->words)
                    : -ENOMEM;
    }
    for (uint32_t i = 0; i < space->word_count && !error; i++)
        space->rarity[i] = 1 + logf((1 + (float)rows->count) / (1 + (float)ranks[i].rows));
    free(ranks);
    return error;
}

/* The descriptions, in the space. */
struct texts {
    struct app_place *places;
    uint32_t count;
    struct arena arena;
};

static int texts_place(const struct rows *rows, const struct app_space *space, struct texts *texts)
{
    struct app_space_map map;
    int error = app_space_map_make(space, rows->table, &map);
    if (error)
        return error;
    texts->places =
        arena_take_array(&texts->arena, (size_t)rows->count + 1, sizeof(*texts->places));
    error = texts->places ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < rows->count && !error; i++) {
        const struct app_row *row = row_at(rows, i);
        struct app_place *place = &texts->places[texts->count];
        size_t most = (size_t)row->count + row->word_count + 1;
        place->columns = arena_take_array(&texts->arena, most, sizeof(*place->columns));
        place->values = arena_take_array(&texts->arena, most, sizeof(*place->values));
        error = place->columns && place->values ? 0 : -ENOMEM;
        if (error)
            break;
        app_space_place(space, &map, row, place);
        texts->count += place->count > place->names;
    }
    app_space_map_finish(&map);
    return error;
}

/* Each topic starts as a text drawn by chance. */
static void centres_begin(const struct texts *texts, struct app_space *space)
{
    struct random random = {1};
    for (uint32_t topic = 0; topic < space->topics; topic++) {
        const struct app_place *place = &texts->places[random_below(&random, texts->count)];
        for (uint32_t i = place->names; i < place->count; i++)
            space
                ->centres[(size_t)(place->columns[i] - space->name_count) * space->topics + topic] =
                place->values[i];
    }
}

static uint32_t topic_nearest(const struct app_space *space, const struct app_place *place)
{
    float near[APP_SPACE_TOPICS] = {0};
    uint32_t best = 0;
    for (uint32_t i = place->names; i < place->count; i++) {
        const float *centre =
            space->centres + (size_t)(place->columns[i] - space->name_count) * APP_SPACE_TOPICS;
        for (uint32_t topic = 0; topic < APP_SPACE_TOPICS; topic++)
            near[topic] += place->values[i] * centre[topic];
    }
    for (uint32_t topic = 1; topic < APP_SPACE_TOPICS; topic++)
        best = near[topic] > near[best] ? topic : best;
    return best;
}

/* Sums of each topic's texts become its centre, of length 1; one without texts stays where it was.
 */
static void centres_move(struct app_space *space, const float *sums)
{
    for (uint32_t topic = 0; topic < space->topics; topic++) {
        double length = 0;
        for (size_t i = topic; i < (size_t)space->word_count * space->topics; i += space->topics)
            length += (double)sums[i] * (double)sums[i];
        float scale = length > 0 ? (float)(1 / sqrt(length)) : 0;
        for (size_t i = topic; length > 0 && i < (size_t)space->word_count * space->topics;
             i += space->topics)
            space->centres[i] = sums[i] * scale;
    }
}

enum { ROUNDS = 8 };

static int topics_learn(const struct texts *texts, struct app_space *space)
{
    size_t size = (size_t)space->word_count * APP_SPACE_TOPICS;
    if (texts->count < APP_SPACE_TEXTS)
        return 0;
    space->topics = APP_SPACE_TOPICS;
    space->centres = calloc(size + 1, sizeof(*space->centres));
    float *sums = calloc(size + 1, sizeof(*sums));
    if (!space->centres || !sums) {
        free(sums);
        return -ENOMEM;
    }
    centres_begin(texts, space);
    for (int round = 0; round < ROUNDS; round++) {
        memset(sums, 0, size * sizeof(*sums));
        for (uint32_t i = 0; i < texts->count; i++) {
            const struct app_place *place = &texts->places[i];
            uint32_t topic = topic_nearest(space, place);
            for (uint32_t j = place->names; j < place->count; j++)
                sums[(size_t)(place->columns[j] - space->name_count) * APP_SPACE_TOPICS + topic] +=
                    place->values[j];
        }
        centres_move(space, sums);
    }
    free(sums);
    return 0;
}

int app_space_learn(const struct app_table *table, const uint32_t *rows, uint32_t count,
                    struct app_space *ret_space)
{
    const struct rows chosen = {table, rows, count};
    struct app_space space = {0};
    struct texts texts = {.arena = {.chunk = 1 << 20}};
    int error = names_learn(&chosen, &space);
    if (!error)
        error = words_learn(&chosen, &space);
    if (!error)
        error = texts_place(&chosen, &space, &texts);
    if (!error)
        error = topics_learn(&texts, &space);
    arena_finish(&texts.arena);
    if (error)
        app_space_finish(&space);
    else
        *ret_space = space;
    return error;
}
