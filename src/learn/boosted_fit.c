/* Learning with XGBoost, and reading the trees out of what it saves as JSON. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

#include "learn/boosted_inside.h"
#include "learn/library.h"

#define SYMBOLS(X)                                                                                 \
    X(XGDMatrixCreateFromMat_omp)                                                                  \
    X(XGDMatrixSetFloatInfo)                                                                       \
    X(XGDMatrixFree)                                                                               \
    X(XGBoosterCreate)                                                                             \
    X(XGBoosterSetParam)                                                                           \
    X(XGBoosterUpdateOneIter)                                                                      \
    X(XGBoosterSaveModelToBuffer)                                                                  \
    X(XGBoosterFree)

#define POINTER(name) __typeof__(name) *(name);
#define SYMBOL(name)  {#name, &boost.name},

static struct {
    pthread_once_t once;
    bool loaded;
    SYMBOLS(POINTER)
} boost = {.once = PTHREAD_ONCE_INIT};

static void boost_load(void)
{
    const struct library_symbol symbols[] = {SYMBOLS(SYMBOL)};
    boost.loaded = library_load("libxgboost.so.0", symbols, sizeof(symbols) / sizeof(*symbols));
}

static bool share_valid(double share)
{
    return share > 0 && share <= 1;
}

static bool options_valid(const struct boosted_options *options)
{
    return options->columns > 0 && options->columns <= BOOSTED_COLUMNS && options->classes >= 2 &&
           options->classes <= BOOSTED_CLASSES && options->rounds > 0 &&
           options->rounds <= BOOSTED_ROUNDS && options->depth > 0 &&
           options->depth <= BOOSTED_DEPTH && share_valid(options->rate) &&
           share_valid(options->row_share) && share_valid(options->column_share) &&
           options->least_weight > 0 && isfinite(options->least_weight);
}

static bool rows_valid(const struct boosted_options *options, const float *rows,
                       const uint32_t *labels, const float *weights, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (labels[i] >= options->classes ||
            (weights && !(weights[i] >= 0 && isfinite(weights[i]))))
            return false;
        for (uint32_t c = 0; c < options->columns; c++)
            if (isinf(rows[i * options->columns + c]))
                return false;
    }
    return count > 0 && count <= UINT32_MAX;
}

static int matrix_make(const struct boosted_options *options, const float *rows,
                       const uint32_t *labels, const float *weights, size_t count,
                       DMatrixHandle *ret_matrix)
{
    DMatrixHandle matrix;
    float *classes = calloc(count, sizeof(*classes));
    if (!classes)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        classes[i] = (float)labels[i];
    bool made =
        boost.XGDMatrixCreateFromMat_omp(rows, count, options->columns, NAN, &matrix, 1) == 0;
    bool good = made && boost.XGDMatrixSetFloatInfo(matrix, "label", classes, count) == 0 &&
                (!weights || boost.XGDMatrixSetFloatInfo(matrix, "weight", weights, count) == 0);
    free(classes);
    if (good)
        *ret_matrix = matrix;
    else if (made)
        boost.XGDMatrixFree(matrix);
    return good ? 0 : -EIO;
}

static bool parameter_set(BoosterHandle booster, const char *name, double value)
{
    char text[32];
    snprintf(text, sizeof(text), "%.17g", value);
    return boost.XGBoosterSetParam(booster, name, text) == 0;
}

static bool parameters_set(BoosterHandle booster, const struct boosted_options *options)
{
    bool two = options->classes == 2;
    return boost.XGBoosterSetParam(booster, "tree_method", "hist") == 0 &&
           boost.XGBoosterSetParam(booster, "objective",
                                   two ? "binary:logistic" : "multi:softprob") == 0 &&
           (two || parameter_set(booster, "num_class", options->classes)) &&
           parameter_set(booster, "base_score", two ? 0.5 : 0) && /* outputs begin at 0 */
           parameter_set(booster, "nthread", 1) && parameter_set(booster, "verbosity", 0) &&
           parameter_set(booster, "max_depth", options->depth) &&
           parameter_set(booster, "learning_rate", options->rate) &&
           parameter_set(booster, "subsample", options->row_share) &&
           parameter_set(booster, "colsample_bytree", options->column_share) &&
           parameter_set(booster, "min_child_weight", options->least_weight) &&
           parameter_set(booster, "seed", (double)(options->seed & 0x7fffffff));
}

int boosted_booster_fit(const struct boosted_options *options, const float *rows,
                        const uint32_t *labels, const float *weights, size_t count,
                        void **ret_booster)
{
    DMatrixHandle matrix;
    BoosterHandle booster;
    if (!options_valid(options) || !rows_valid(options, rows, labels, weights, count))
        return -EINVAL;
    pthread_once(&boost.once, boost_load);
    if (!boost.loaded)
        return -ELIBACC;
    int status = matrix_make(options, rows, labels, weights, count, &matrix);
    if (status)
        return status;
    bool made = boost.XGBoosterCreate(&matrix, 1, &booster) == 0;
    bool good = made && parameters_set(booster, options);
    for (uint32_t round = 0; good && round < options->rounds; round++)
        good = boost.XGBoosterUpdateOneIter(booster, (int)round, matrix) == 0;
    boost.XGDMatrixFree(matrix);
    if (good)
        *ret_booster = booster;
    else if (made)
        boost.XGBoosterFree(booster);
    return good ? 0 : -EIO;
}

void boosted_booster_close(void *booster)
{
    boost.XGBoosterFree(booster);
}

/* The arrays of a tree, as the text has them: their keys are sorted. */
enum { DEFAULT_LEFT, LEFT, RIGHT, CONDITION, COLUMN, COVER, ARRAYS };

static const char *const array_names[ARRAYS] = {
    [DEFAULT_LEFT] = "\"default_left\":[", [LEFT] = "\"left_children\":[",
    [RIGHT] = "\"right_children\":[",      [CONDITION] = "\"split_conditions\":[",
    [COLUMN] = "\"split_indices\":[",      [COVER] = "\"sum_hessian\":[",
};

/* Room for a tree of any depth, as XGBoost numbers its nodes, cut off ones included. */
enum { TREE_NODES = 4 << BOOSTED_DEPTH };

struct reading {
    const char *at; /* a C string of our own making */
    float *arrays[ARRAYS];
    uint32_t *order;        /* their node, by ours */
    uint32_t columns, used; /* nodes of ours, of all trees */
};

/*
 * Where the next such key stands, quote first; NULL: nowhere. From quote to quote, of which there
 * are few among the numbers: strstr under the address sanitizer measures the whole text at each
 * call.
 */
static const char *key_find(const char *at, const char *key)
{
    size_t len = strlen(key);
    for (at = strchr(at, '"'); at && strncmp(at, key, len) != 0;)
        at = strchr(at + 1, '"');
    return at;
}

/* The numbers up to the next bracket; how many, 0 where something is wrong. Node numbers are below
 * 2^24, so floats hold them. */
static uint32_t array_read(struct reading *reading, const char *name, float *values)
{
    uint32_t count = 0;
    const char *at = key_find(reading->at, name);
    if (!at)
        return 0;
    at += strlen(name);
    while (count < TREE_NODES) {
        char *end;
        values[count++] = strtof(at, &end);
        if (end == at || (*end != ',' && *end != ']'))
            return 0;
        at = end + 1;
        if (*end == ']') {
            reading->at = at;
            return count;
        }
    }
    return 0;
}

/* Our nodes of a tree of theirs, from the root on, level by level. */
static int tree_take(struct reading *reading, uint32_t count, struct boosted_node *nodes)
{
    uint32_t next = 1, room = BOOSTED_NODES - reading->used;
    reading->order[0] = 0;
    for (uint32_t i = 0; i < next; i++) {
        uint32_t theirs = reading->order[i];
        float left = reading->arrays[LEFT][theirs], right = reading->arrays[RIGHT][theirs];
        if (next + 2 > room)
            return -E2BIG;
        nodes[i] = (struct boosted_node){.value = reading->arrays[CONDITION][theirs],
                                         .cover = reading->arrays[COVER][theirs]};
        if (!isfinite(nodes[i].value) || !isfinite(nodes[i].cover) || nodes[i].cover <= 0)
            return -EIO; /* as without any weight */
        if (left < 0)
            continue;
        nodes[i].left = next;
        nodes[i].column = (uint32_t)reading->arrays[COLUMN][theirs];
        nodes[i].missing_left = reading->arrays[DEFAULT_LEFT][theirs] != 0;
        if (!(left < (float)count && right >= 0 && right < (float)count) ||
            nodes[i].column >= reading->columns || next + 2 > TREE_NODES)
            return -EIO;
        reading->order[next++] = (uint32_t)left;
        reading->order[next++] = (uint32_t)right;
    }
    reading->used += next;
    return 0;
}

static int tree_read(struct reading *reading, struct boosted_node *nodes)
{
    uint32_t count = 0;
    for (int i = 0; i < ARRAYS; i++) {
        uint32_t found = array_read(reading, array_names[i], reading->arrays[i]);
        if (found == 0 || (i > 0 && found != count))
            return -EIO;
        count = found;
    }
    return tree_take(reading, count, nodes);
}

static int trees_read(struct reading *reading, const struct boosted_options *options,
                      struct boosted_trees **ret_model)
{
    struct boosted_trees *model;
    uint32_t trees = options->rounds * (options->classes == 2 ? 1 : options->classes);
    int status =
        boosted_trees_open(options->columns, options->classes, trees, BOOSTED_NODES, &model);
    if (status)
        return status;
    reading->at = key_find(reading->at, "\"trees\":[");
    status = reading->at ? 0 : -EIO;
    for (uint32_t tree = 0; tree < trees && !status; tree++) {
        status = tree_read(reading, model->nodes + reading->used);
        model->starts[tree + 1] = reading->used;
    }
    if (status) {
        boosted_trees_close(model);
        return status;
    }
    void *fitting = realloc(model->nodes, reading->used * sizeof(*model->nodes));
    model->nodes = fitting ? fitting : model->nodes;
    *ret_model = model;
    return 0;
}

int boosted_booster_read(void *booster, const struct boosted_options *options,
                         struct boosted_trees **ret_model)
{
    const char *text;
    bst_ulong length;
    if (boost.XGBoosterSaveModelToBuffer(booster, "{\"format\":\"json\"}", &length, &text) != 0)
        return -EIO;
    char *copy = strndup(text, length);
    float *numbers = calloc((size_t)ARRAYS * TREE_NODES, sizeof(*numbers));
    struct reading reading = {
        .at = copy, .order = calloc(TREE_NODES, sizeof(uint32_t)), .columns = options->columns};
    int status = -ENOMEM;
    if (copy && numbers && reading.order) {
        for (int i = 0; i < ARRAYS; i++)
            reading.arrays[i] = numbers + (size_t)i * TREE_NODES;
        status = trees_read(&reading, options, ret_model);
    }
    free(copy);
    free(numbers);
    free(reading.order);
    return status;
}

int boosted_trees_fit(const struct boosted_options *options, const float *rows,
                      const uint32_t *labels, const float *weights, size_t count,
                      struct boosted_trees **ret_model)
{
    void *booster;
    int status = boosted_booster_fit(options, rows, labels, weights, count, &booster);
    if (status)
        return status;
    status = boosted_booster_read(booster, options, ret_model);
    boosted_booster_close(booster);
    return status;
}
