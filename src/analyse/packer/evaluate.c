#include "analyse/packer/evaluate.h"

#include <errno.h>
#include <stdlib.h>

#include "analyse/packer/mutate.h"
#include "base/hash.h"
#include "learn/ranking.h"

enum { FOLDS = 5, FEW = 5, FEW_DRAWS = 3 };

static void specimen_change(struct specimen *specimen, enum evaluate_change change, uint32_t row,
                            uint64_t seed)
{
    struct random random = {hash_mix(hash_mix(seed, row), 1000 + change)};
    switch (change) {
    case CHANGE_JUNK:
        specimen_junk(specimen, 1 + row % 16, &random);
        break;
    case CHANGE_MUTATE:
        specimen_mutate(specimen, 0.3, &random);
        break;
    case CHANGE_RENAME:
        specimen_rename(specimen, &random);
        break;
    default:
        break;
    }
}

struct bench {
    const struct packer_table *table;
    const struct extractor *extractor;
    uint64_t seed;
    const struct evaluate_watch *watch;
};

static void tell(const struct bench *bench, const struct training *training, uint32_t done)
{
    if (bench->watch)
        bench->watch->fitted(bench->watch->context, done,
                             FOLDS + 2 * FEW_DRAWS + training->classes);
}

/* The answer, and whether it is the row's packer. */
static struct evaluate_row row_judge(const struct bench *bench,
                                     const struct packer_classifier *classifier, uint32_t row,
                                     enum evaluate_change change)
{
    struct specimen specimen = bench->table->rows[row].specimen;
    struct features features;
    struct packer_scores scores;
    specimen_change(&specimen, change, row, bench->seed);
    features_extract(bench->extractor, &specimen, &features);
    const struct feature_row features_at = features_row(&features);
    packer_score(classifier, &features_at, &scores);
    struct evaluate_row judged = {.row = row, .verdict = packer_decide(classifier, &scores)};
    judged.name = packer_answer_name(classifier, &judged.verdict);
    judged.nearest = classifier->names[judged.verdict.best];
    judged.right = bytes_equal(bytes_of(judged.name), bench->table->rows[row].packer);
    return judged;
}

static void count_add(struct evaluate_count *count, const struct evaluate_row *judged, bool clean)
{
    bool packed = judged->verdict.answer != ANSWER_NONE;
    count->rows++;
    count->right += judged->right;
    count->refused += judged->verdict.answer == ANSWER_UNKNOWN;
    count->clean += clean;
    count->clean_called_packed += clean && packed;
    count->packed_right += !clean && packed;
}

static bool is_clean(const struct bench *bench, uint32_t row)
{
    return bytes_equal(bench->table->rows[row].packer, BYTES("none"));
}

static uint32_t fold_of(const struct bench *bench, uint32_t row)
{
    return (uint32_t)(hash_bytes(bench->table->rows[row].group) >> 20) % FOLDS;
}

static bool is_of(const struct bench *bench, uint32_t row, enum packer_world world)
{
    return world_of(&bench->table->rows[row].specimen) == world;
}

static int fold_run(const struct bench *bench, const struct training *training,
                    enum packer_world world, uint32_t fold, bool *chosen, struct arena *arena,
                    struct evaluation *evaluation)
{
    struct packer_classifier classifier;
    for (uint32_t i = 0; i < bench->table->count; i++)
        chosen[i] = fold_of(bench, i) != fold;
    int error = packer_fit(training, chosen, &classifier);
    for (uint32_t i = 0; i < bench->table->count && !error; i++) {
        if (chosen[i] || !is_of(bench, i, world))
            continue;
        for (int change = 0; change < CHANGE_COUNT; change++) {
            struct evaluate_row judged =
                row_judge(bench, &classifier, i, (enum evaluate_change)change);
            count_add(&evaluation->change[change], &judged, is_clean(bench, i));
            if (change != CHANGE_NONE)
                continue;
            judged.name = arena_copy(arena, bytes_of(judged.name)).at;
            judged.nearest = arena_copy(arena, bytes_of(judged.nearest)).at;
            error = judged.name && judged.nearest ? error : -ENOMEM;
            evaluation->rows[evaluation->row_count++] = judged;
        }
    }
    if (!error || evaluation->row_count)
        packer_classifier_finish(&classifier);
    return error;
}

/* Learn from FEW rows a class, judge all others; `all_clean`: the clean ones of four folds are
 * learned from, those of the other one judged. */
static int few_run(const struct bench *bench, const struct training *training,
                   enum packer_world world, uint32_t draw, bool all_clean, bool *chosen,
                   struct evaluate_count *count)
{
    struct packer_classifier classifier;
    uint32_t taken[PACKER_CLASSES] = {0};
    struct random random = {bench->seed + 77 + draw};
    memset(chosen, false, bench->table->count);
    for (uint32_t tries = 0; tries < 100 * training->count; tries++) {
        const struct training_row *row = &training->rows[random_below(&random, training->count)];
        if (chosen[row->row] || taken[row->class] == FEW)
            continue;
        chosen[row->row] = true;
        taken[row->class]++;
    }
    for (uint32_t i = 0; i < bench->table->count && all_clean; i++)
        if (is_clean(bench, i))
            chosen[i] = fold_of(bench, i) != draw % FOLDS;
    int error = packer_fit(training, chosen, &classifier);
    if (error)
        return error;
    for (uint32_t i = 0; i < bench->table->count; i++)
        if (!chosen[i] && is_of(bench, i, world)) {
            struct evaluate_row judged = row_judge(bench, &classifier, i, CHANGE_NONE);
            count_add(count, &judged, is_clean(bench, i));
        }
    packer_classifier_finish(&classifier);
    return 0;
}

struct rankings {
    struct ranked_score *all, *one, *packers;
    uint32_t all_count, one_count, packers_count;
};

static void rank_put(struct rankings *rankings, double score, bool unknown, bool clean)
{
    struct ranked_score ranked = {score, unknown};
    rankings->all[rankings->all_count++] = ranked;
    rankings->one[rankings->one_count++] = ranked;
    if (!clean)
        rankings->packers[rankings->packers_count++] = ranked;
}

/* Without `class` and without one fold: the fold's rows are known, all those of the class unknown.
 */
static int left_out_run(const struct bench *bench, const struct training *training,
                        enum packer_world world, uint32_t class, bool *chosen,
                        struct rankings *rankings, struct evaluate_left_out *left)
{
    struct packer_classifier classifier;
    struct bytes name = bytes_of(training->names[class]);
    uint32_t called = 0;
    for (uint32_t i = 0; i < bench->table->count; i++)
        chosen[i] =
            !bytes_equal(bench->table->rows[i].packer, name) && fold_of(bench, i) != class % FOLDS;
    int error = packer_fit(training, chosen, &classifier);
    if (error)
        return error;
    rankings->one_count = rankings->packers_count = 0;
    for (uint32_t i = 0; i < bench->table->count; i++) {
        if (chosen[i] || !is_of(bench, i, world))
            continue;
        struct evaluate_row judged = row_judge(bench, &classifier, i, CHANGE_NONE);
        bool unknown = bytes_equal(bench->table->rows[i].packer, name);
        rank_put(rankings, judged.verdict.unknown, unknown, is_clean(bench, i));
        left->rows += unknown;
        called += unknown && judged.verdict.answer == ANSWER_UNKNOWN;
    }
    left->area = ranking_area(rankings->one, rankings->one_count);
    left->area_packed = ranking_area(rankings->packers, rankings->packers_count);
    left->called = left->rows ? (double)called / left->rows : 0;
    packer_classifier_finish(&classifier);
    return 0;
}

static int left_out_all(const struct bench *bench, const struct training *training,
                        enum packer_world world, bool *chosen, struct arena *arena,
                        struct evaluation *evaluation)
{
    uint32_t most = bench->table->count + 1;
    struct rankings rankings = {
        .all = arena_take_array(arena, (size_t)most * PACKER_CLASSES, sizeof(struct ranked_score)),
        .one = arena_take_array(arena, most, sizeof(struct ranked_score)),
        .packers = arena_take_array(arena, most, sizeof(struct ranked_score))};
    if (!rankings.all || !rankings.one || !rankings.packers)
        return -ENOMEM;
    for (uint32_t class = 0; class < training->classes; class ++) {
        struct evaluate_left_out left = {.rows = 0};
        if (class == training->none)
            continue;
        left.packer = arena_copy(arena, bytes_of(training->names[class])).at;
        int error = left_out_run(bench, training, world, class, chosen, &rankings, &left);
        if (error == -ENODATA)
            continue;
        if (error)
            return error;
        evaluation->area_mean += left.area;
        evaluation->left[evaluation->left_count++] = left;
        tell(bench, training, FOLDS + 2 * FEW_DRAWS + class + 1);
    }
    evaluation->area = ranking_area(rankings.all, rankings.all_count);
    if (evaluation->left_count)
        evaluation->area_mean /= evaluation->left_count;
    return 0;
}

static int by_row(const void *one, const void *other)
{
    uint32_t a = ((const struct evaluate_row *)one)->row;
    uint32_t b = ((const struct evaluate_row *)other)->row;
    return (a > b) - (a < b);
}

static int world_run(const struct bench *bench, enum packer_world world, struct arena *arena,
                     struct evaluation *evaluation)
{
    struct training training;
    bool *chosen = arena_take(arena, bench->table->count + 1);
    evaluation->rows =
        arena_take_array(arena, (size_t)bench->table->count + 1, sizeof(*evaluation->rows));
    int error = chosen && evaluation->rows ? training_make(bench->table, world, bench->seed,
                                                           bench->extractor, arena, &training)
                                           : -ENOMEM;
    for (uint32_t fold = 0; fold < FOLDS && !error; fold++) {
        error = fold_run(bench, &training, world, fold, chosen, arena, evaluation);
        tell(bench, &training, fold + 1);
    }
    for (uint32_t draw = 0; draw < FEW_DRAWS && !error; draw++) {
        error = few_run(bench, &training, world, draw, false, chosen, &evaluation->few);
        if (!error)
            error = few_run(bench, &training, world, draw, true, chosen, &evaluation->few_clean);
        tell(bench, &training, FOLDS + 2 * (draw + 1));
    }
    if (!error)
        error = left_out_all(bench, &training, world, chosen, arena, evaluation);
    if (error)
        return error;
    qsort(evaluation->rows, evaluation->row_count, sizeof(*evaluation->rows), by_row);
    evaluation->contradictions = training.contradictions;
    return 0;
}

int evaluate_world(const struct packer_table *table, enum packer_world world, uint64_t seed,
                   const struct evaluate_watch *watch, struct arena *arena,
                   struct evaluation *ret_evaluation)
{
    struct extractor extractor;
    int error = extractor_open(&extractor);
    if (error)
        return error;
    const struct bench bench = {table, &extractor, seed, watch};
    struct evaluation evaluation = {.row_count = 0};
    error = world_run(&bench, world, arena, &evaluation);
    extractor_close(&extractor);
    if (!error)
        *ret_evaluation = evaluation;
    return error;
}

int evaluate_model(const struct packer_table *table, const struct packer_model *model,
                   uint64_t seed, struct arena *arena, struct evaluation *ret_evaluation)
{
    struct extractor extractor;
    struct evaluation evaluation = {
        .rows = arena_take_array(arena, (size_t)table->count + 1, sizeof(*evaluation.rows))};
    int error = evaluation.rows ? extractor_open(&extractor) : -ENOMEM;
    if (error)
        return error;
    const struct bench bench = {table, &extractor, seed, NULL};
    for (uint32_t i = 0; i < table->count; i++) {
        const struct packer_classifier *classifier =
            &model->worlds[world_of(&table->rows[i].specimen)];
        for (int change = 0; change < CHANGE_COUNT && classifier->classes; change++) {
            struct evaluate_row judged =
                row_judge(&bench, classifier, i, (enum evaluate_change)change);
            count_add(&evaluation.change[change], &judged, is_clean(&bench, i));
            if (change == CHANGE_NONE)
                evaluation.rows[evaluation.row_count++] = judged;
        }
    }
    extractor_close(&extractor);
    *ret_evaluation = evaluation;
    return 0;
}
