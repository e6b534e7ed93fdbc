/* hinomi packer eval: how well packers are told, on rows that were not learned from. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "analyse/packer/evaluate.h"
#include "base/json.h"
#include "base/progress.h"
#include "show/learning.h"
#include "show/packer_input.h"
#include "show/verb.h"

static void counts_tell(const struct learning_scope *scope, const struct evaluation *evaluation)
{
    static const char *const names[] = {"accuracy", "accuracy_junk", "accuracy_mutated",
                                        "accuracy_renamed"};
    static const char *const says[] = {"accuracy", "with 1 to 16 junk bytes in front",
                                       "with 30 % of bytes overwritten",
                                       "with other names of sections"};
    const struct evaluate_count *plain = &evaluation->change[CHANGE_NONE];
    for (int change = 0; change < CHANGE_COUNT; change++)
        learning_share(scope, names[change], says[change], evaluation->change[change].right,
                       evaluation->change[change].rows);
    learning_share(scope, "clean_called_packed", "clean files called packed",
                   plain->clean_called_packed, plain->clean);
    learning_share(scope, "packed_called_packed", "packed files called packed, by whomever",
                   plain->packed_right, plain->rows - plain->clean);
    learning_share(scope, "refused", "called unknown", plain->refused, plain->rows);
}

static void unknown_tell(const struct learning_scope *scope, const struct evaluation *evaluation)
{
    learning_share(scope, "accuracy_few", "learned from 5 rows a class", evaluation->few.right,
                   evaluation->few.rows);
    learning_share(scope, "accuracy_few_packers", "learned from 5 rows a packer, clean in full",
                   evaluation->few_clean.right, evaluation->few_clean.rows);
    learning_measure(scope, "unknown_auc", "known from unknown: AUROC, packers left out",
                     evaluation->area, 0, 0);
    learning_measure(scope, "unknown_auc_mean", "the mean of the packers'", evaluation->area_mean,
                     0, 0);
    for (uint32_t i = 0; i < evaluation->left_count; i++) {
        const struct evaluate_left_out *left = &evaluation->left[i];
        char says[96];
        snprintf(says, sizeof(says), "  without %s", left->packer);
        learning_measure(scope, says + 2, says, left->area, 0, 0);
        snprintf(says, sizeof(says), "  without %s: called unknown", left->packer);
        learning_measure(scope, says + 2, says, left->called,
                         (uint64_t)(left->called * left->rows + 0.5), left->rows);
    }
    if (evaluation->contradictions)
        learning_measure(scope, "contradictions", "rows not learned from: labels that contradict",
                         evaluation->contradictions, 0, 0);
}

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Files a second of processor time: features and judgement of the table's rows, for a second. */
static bool speed_tell(const struct learning_scope *scope, const struct packer_table *table,
                       const struct packer_model *model)
{
    struct extractor extractor;
    struct features features;
    struct packer_verdict verdict;
    double started, spent = 0;
    uint64_t done = 0;
    if (extractor_open(&extractor) != 0)
        return false;
    started = processor_seconds();
    while (table->count && spent < 1) {
        for (uint32_t i = 0; i < table->count; i++) {
            const struct specimen *specimen = &table->rows[i].specimen;
            features_extract(&extractor, specimen, &features);
            done += packer_judge(model, specimen, &features, &verdict);
        }
        spent = processor_seconds() - started;
        if (done == 0)
            break;
    }
    extractor_close(&extractor);
    if (done)
        learning_measure(scope, "files_a_second", "files a second of one core, from memory",
                         (double)done / spent, 0, 0);
    return true;
}

static void prediction_put(const struct table_row *row, const struct evaluate_row *judged,
                           struct buffer *out)
{
    struct json json = {.out = out};
    json_object(&json);
    json_key(&json, "row"), json_unsigned(&json, judged->row);
    json_key_text(&json, "path", row->path);
    json_key_text(&json, "truth", row->packer);
    json_key_text(&json, "predicted", bytes_of(judged->name));
    json_key_text(&json, "nearest", bytes_of(judged->nearest));
    json_key(&json, "score"), json_number(&json, judged->verdict.confidence);
    json_key(&json, "unknown"), json_number(&json, judged->verdict.unknown);
    json_key(&json, "packed"), json_number(&json, judged->verdict.packed);
    json_end_object(&json);
    buffer_put_char(out, '\n');
}

/* In the table's order, where they are asked for. */
static bool predictions_write(const struct learning *asked, const struct packer_table *table,
                              const struct evaluation *evaluations, uint32_t count)
{
    struct buffer out = {0};
    if (!asked->predictions)
        return true;
    for (uint32_t world = 0; world < count; world++)
        for (uint32_t i = 0; i < evaluations[world].row_count; i++) {
            const struct evaluate_row *judged = &evaluations[world].rows[i];
            prediction_put(&table->rows[judged->row], judged, &out);
        }
    return learning_predictions(asked->verb, asked->predictions, &out);
}

static const char *const world_names[WORLD_COUNT] = {"PE", "Unix"};

/* Of each world that the table has, into evaluations[]; how many; < 0 an error. */
static int worlds_validate(const struct packer_table *table, uint64_t seed, bool json,
                           struct arena *arena, struct evaluation *evaluations)
{
    int count = 0;
    for (int world = 0; world < WORLD_COUNT; world++) {
        const struct learning_scope scope = {"files", world_names[world], json};
        struct progress progress;
        const struct evaluate_watch watch = {learning_step, &progress};
        progress_begin(&progress, "classifiers");
        int error = evaluate_world(table, (enum packer_world)world, seed, &watch, arena,
                                   &evaluations[count]);
        progress_end(&progress);
        if (error == -ENODATA)
            continue;
        if (error)
            return error;
        counts_tell(&scope, &evaluations[count]);
        unknown_tell(&scope, &evaluations[count]);
        count++;
    }
    return count ? count : -ENODATA;
}

static int table_validate(const struct packer_table *table, const struct learning *asked,
                          struct arena *arena)
{
    static struct evaluation evaluations[WORLD_COUNT];
    const struct learning_scope scope = {"files", "all", asked->json};
    struct packer_model model;
    int count = worlds_validate(table, asked->seed, asked->json, arena, evaluations);
    int error = count < 0 ? count : packer_model_fit(table, asked->seed, &model);
    if (!error) {
        error = speed_tell(&scope, table, &model) ? 0 : -ENOMEM;
        packer_model_finish(&model);
    }
    if (error) {
        fprintf(stderr, "hinomi %s: %s\n", asked->verb,
                error == -ENODATA ? "too few rows or packers to learn from" : strerror(-error));
        return EXIT_FAILED;
    }
    return predictions_write(asked, table, evaluations, (uint32_t)count) ? EXIT_OK : EXIT_FAILED;
}

static int model_validate(const struct packer_table *table, const struct learning *asked,
                          struct arena *arena)
{
    static struct evaluation evaluation;
    const struct learning_scope scope = {"files", "all", asked->json};
    struct packer_model model;
    if (!packer_model_open(asked->verb, asked->model, &model))
        return EXIT_FAILED;
    bool good = evaluate_model(table, &model, asked->seed, arena, &evaluation) == 0;
    if (good) {
        counts_tell(&scope, &evaluation);
        good = speed_tell(&scope, table, &model);
    }
    if (!good)
        fprintf(stderr, "hinomi %s: out of memory\n", asked->verb);
    good = good && predictions_write(asked, table, &evaluation, 1);
    packer_model_finish(&model);
    return good ? EXIT_OK : EXIT_FAILED;
}

static int eval_run(char **paths, int count, const struct learning *asked)
{
    struct arena arena = {.chunk = 1 << 22};
    struct packer_table table;
    int status = EXIT_FAILED;
    if (packer_rows_read(asked->verb, paths, count, &arena, &table))
        status = asked->model ? model_validate(&table, asked, &arena)
                              : table_validate(&table, asked, &arena);
    arena_finish(&arena);
    return status;
}

int packer_eval(int argc, char **argv)
{
    const struct learning_verb verb = {
        .verb = "packer eval",
        .arguments = "TABLE|FOLDER…",
        .does =
            "Says how many rows are given their packer: as they are, with junk bytes in front,\n"
            "with bytes overwritten, with sections renamed; without a model also learned from\n"
            "five rows each, and how well packers never seen are told from known ones.",
        .example = "hinomi packer eval packers_pe.tsv.gz --predictions rows.jsonl",
        .seed = "junk, overwriting and draws",
        .run = eval_run,
    };
    return learning_eval(&verb, argc, argv);
}
