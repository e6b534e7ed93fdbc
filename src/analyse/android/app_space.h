/*
 * analyse/android/app_space.h -- an application as numbers: where it stands among those learned
 * from.
 *
 * Names that at least APP_SPACE_ROWS different rows have are columns, in the order of what they
 * tell of the label: mutual information (Shannon 1948), the best first. So are words of
 * descriptions, weighed by how often they stand there and how rare they are (TF-IDF: Sparck Jones
 * 1972; Salton and Buckley 1988). Names and words each make a vector of length 1.
 *
 * For learners that want few columns there are compact ones: the best names, then how near the
 * description is to each of some topics, which are found by spherical k-means (Dhillon and Modha,
 * Machine Learning 2001), then whether there is a description, and how many names.
 */
#ifndef ANALYSE_ANDROID_APP_SPACE_H
#define ANALYSE_ANDROID_APP_SPACE_H

#include "analyse/android/app_table.h"
#include "base/cursor.h"
#include "learn/linear_svm.h"

enum {
    APP_SPACE_ROWS = 3,
    APP_SPACE_NAMES = 1 << 14, /* most */
    APP_SPACE_WORDS = 1 << 15,
    APP_SPACE_BEST = 512,  /* names that are compact columns */
    APP_SPACE_TOPICS = 32, /* none where fewer than APP_SPACE_TEXTS rows have a description */
    APP_SPACE_TEXTS = 200,
    APP_SPACE_COMPACT = APP_SPACE_BEST + APP_SPACE_TOPICS + 2,
};

struct app_space {
    struct strings names, words; /* column = id - 1 */
    uint32_t name_count, word_count;
    float *tells;    /* by name: mutual information with the label, bits */
    float *rarity;   /* by word: the logarithm in IDF */
    uint32_t topics; /* APP_SPACE_TOPICS or 0 */
    float *centres;  /* word_count x topics */
};

/* What ids of a table are in the space: column + 1, or 0. */
struct app_space_map {
    uint32_t *names, *words;
};

/* One application: sparse columns (names, then words from name_count on), names first. */
struct app_place {
    uint32_t *columns;
    float *values;
    uint32_t count, names; /* of these are names */
};

/* From the distinct rows rows[0 … count-1] of the table. -ENOMEM. */
int app_space_learn(const struct app_table *table, const uint32_t *rows, uint32_t count,
                    struct app_space *ret_space) __attribute__((warn_unused_result));

int app_space_map_make(const struct app_space *space, const struct app_table *table,
                       struct app_space_map *ret_map) __attribute__((warn_unused_result));
void app_space_map_finish(struct app_space_map *map);

/* The row's place; `ret_place` has room for row->count + row->word_count columns. */
void app_space_place(const struct app_space *space, const struct app_space_map *map,
                     const struct app_row *row, struct app_place *ret_place);

/* The values of the columns, all set but the values, each word's being how often it is there. */
void app_space_weigh(const struct app_space *space, struct app_place *place);

static inline struct sparse_row app_place_row(const struct app_place *place)
{
    return (struct sparse_row){place->columns, place->values, place->count};
}

static inline uint32_t app_space_columns(const struct app_space *space)
{
    return space->name_count + space->word_count;
}

static inline uint32_t app_space_best(const struct app_space *space)
{
    return space->name_count < APP_SPACE_BEST ? space->name_count : APP_SPACE_BEST;
}

/* Compact columns. */
static inline uint32_t app_space_width(const struct app_space *space)
{
    return app_space_best(space) + space->topics + 2;
}

/* A row of the compact columns, whose arrays have room for APP_SPACE_COMPACT. */
void app_space_compact(const struct app_space *space, const struct app_place *place,
                       struct app_place *ret_compact);

/* The same with every column, a name being 1 where it is there: room for app_space_width. */
void app_space_spread(const struct app_space *space, const struct app_place *compact,
                      float *ret_row);

/* All of it, and back: bit by bit. -EBADMSG: no such space; -ENOMEM. */
void app_space_save(const struct app_space *space, struct buffer *out);
int app_space_load(struct cursor *from, struct app_space *ret_space)
    __attribute__((warn_unused_result));
void app_space_finish(struct app_space *space);

#endif
