/* hinomi packer eval: how well packers are told, on rows that were not learned from. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "analyse/packer/evaluate.h"
#include "base/json.h"
#include "base/progress.h"
#include "show/options.h"
#include "show/packer_input.h"
#include "show/verb.h"

static const char verb[] = "packer eval";

/* One measure: a line for people, or an object. */
struct teller {
    const char *world;
    bool json;
};

static void measure_tell(const struct teller *teller, const char *name, const char *says,
                         double value, uint64_t part, uint64_t of)
{
    if (!teller->json) {
        printf("%-5s %-44s %9.4f", teller->world, says, value);
        if (of)
            printf("  %" PRIu64 " of %" PRIu64, part, of);
        putchar('\n');
        return;
    }
    struct buffer line = {0};
    struct json json = {.out = &line};
    json_object(&json);
    json_key_text(&json, "files", bytes_of(teller->world));
    json_key_text(&json, "measure", bytes_of(name));
    json_key(&json, "value"), json_number(&json, value);
    if (of) {
        json_key(&json, "part"), json_unsigned(&json, part);
        json_key(&json, "of"), json_unsigned(&json, of);
    }
    json_end_object(&json);
    buffer_put_char(&line, '\n');
    fwrite(line.at, 1, line.len, stdout);
    buffer_finish(&line);
}

static void share_tell(const struct teller *teller, const char *name, const char *says,
                       uint64_t part, uint64_t of)
{
    if (of)
        measure_tell(teller, name, says, (double)part / (double)of, part, of);
}

static void counts_tell(const struct teller *teller, const struct evaluation *evaluation)
{
    static const char *const names[] = {"accuracy", "accuracy_junk", "accuracy_mutated",
                                        "accuracy_renamed"};
    static const char *const says[] = {"accuracy", "with 1 to 16 junk bytes in front",
                                       "with 30 % of bytes overwritten",
                                       "with other names of sections"};
    const struct evaluate_count *plain = &evaluation->change[CHANGE_NONE];
    for (int change = 0; change < CHANGE_COUNT; change++)
        share_tell(teller, names[change], says[change], evaluation->change[change].right,
                   evaluation->change[change].rows);
    share_tell(teller, "clean_called_packed", "clean files called packed",
               plain->clean_called_packed, plain->clean);
    share_tell(teller, "packed_called_packed", "packed files called packed, by whomever",
               plain->packed_right, plain->rows - plain->clean);
    share_tell(teller, "refused", "called unknown", plain->refused, plain->rows);
}

static void unknown_tell(const struct teller *teller, const struct evaluation *evaluation)
{
    share_tell(teller, "accuracy_few", "learned from 5 rows a class", evaluation->few.right,
               evaluation->few.rows);
    share_tell(teller, "accuracy_few_packers", "learned from 5 rows a packer, clean in full",
               evaluation->few_clean.right, evaluation->few_clean.rows);
    measure_tell(teller, "unknown_auc", "known from unknown: AUROC, packers left out",
                 evaluation->area, 0, 0);
    measure_tell(teller, "unknown_auc_mean", "the mean of the packers'", evaluation->area_mean, 0,
                 0);
    for (uint32_t i = 0; i < evaluation->left_count; i++) {
        const struct evaluate_left_out *left = &evaluation->left[i];
        char says[96];
        snprintf(says, sizeof(says), "  without %s", left->packer);
        measure_tell(teller, says + 2, says, left->area, 0, 0);
        snprintf(says, sizeof(says), "  without %s: called unknown", left->packer);
        measure_tell(teller, says + 2, says, left->called,
                     (uint64_t)(left->called * left->rows + 0.5), left->rows);
    }
    if (evaluation->contradictions)
        measure_tell(teller, "contradictions", "rows not learned from: labels that contradict",
                     evaluation->contradictions, 0, 0);
}

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Files a second of processor time: features and judgement of the table's rows, for a second. */
static bool speed_tell(const struct teller *teller, const struct packer_table *table,
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
        measure_tell(teller, "files_a_second", "files a second of one core, from memory",
                     (double)done / spent, 0, 0);
    return true;
}

/* One JSON object a row, in the table's order. */
static bool predictions_write(const char *path, const struct packer_table *table,
                              const struct evaluation *evaluations, uint32_t count)
{
    FILE *to = fopen(path, "wb");
    struct buffer out = {0};
    for (uint32_t world = 0; world < count; world++)
        for (uint32_t i = 0; i < evaluations[world].row_count; i++) {
            const struct evaluate_row *judged = &evaluations[world].rows[i];
            const struct table_row *row = &table->rows[judged->row];
            struct json json = {.out = &out};
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
            buffer_put_char(&out, '\n');
        }
    bool good = to && !out.failed && (out.len == 0 || fwrite(out.at, 1, out.len, to) == out.len);
    if (to && fclose(to) != 0)
        good = false;
    buffer_finish(&out);
    if (!good)
        fprintf(stderr, "hinomi %s: %s could not be written\n", verb, path);
    return good;
}

static const char *const world_names[WORLD_COUNT] = {"PE", "Unix"};

static void fitted(void *context, uint32_t done, uint32_t of)
{
    progress_step(context, done, (double)done / of);
}

/* Of each world that the table has, into evaluations[]; how many; < 0 an error. */
static int worlds_validate(const struct packer_table *table, uint64_t seed, bool json,
                           struct arena *arena, struct evaluation *evaluations)
{
    int count = 0;
    for (int world = 0; world < WORLD_COUNT; world++) {
        const struct teller teller = {world_names[world], json};
        struct progress progress;
        const struct evaluate_watch watch = {fitted, &progress};
        progress_begin(&progress, "classifiers");
        int error = evaluate_world(table, (enum packer_world)world, seed, &watch, arena,
                                   &evaluations[count]);
        progress_end(&progress);
        if (error == -ENODATA)
            continue;
        if (error)
            return error;
        counts_tell(&teller, &evaluations[count]);
        unknown_tell(&teller, &evaluations[count]);
        count++;
    }
    return count ? count : -ENODATA;
}

static int table_validate(const struct packer_table *table, uint64_t seed, bool json,
                          const char *predictions, struct arena *arena)
{
    static struct evaluation evaluations[WORLD_COUNT];
    const struct teller teller = {"all", json};
    struct packer_model model;
    int count = worlds_validate(table, seed, json, arena, evaluations);
    int error = count < 0 ? count : packer_model_fit(table, seed, &model);
    if (!error) {
        error = speed_tell(&teller, table, &model) ? 0 : -ENOMEM;
        packer_model_finish(&model);
    }
    if (error) {
        fprintf(stderr, "hinomi %s: %s\n", verb,
                error == -ENODATA ? "too few rows or packers to learn from" : strerror(-error));
        return EXIT_FAILED;
    }
    return !predictions || predictions_write(predictions, table, evaluations, (uint32_t)count)
               ? EXIT_OK
               : EXIT_FAILED;
}

static int model_validate(const struct packer_table *table, const char *path, uint64_t seed,
                          bool json, const char *predictions, struct arena *arena)
{
    static struct evaluation evaluation;
    const struct teller teller = {"all", json};
    struct packer_model model;
    if (!packer_model_open(verb, path, &model))
        return EXIT_FAILED;
    int error = evaluate_model(table, &model, seed, arena, &evaluation);
    bool good = !error;
    if (good) {
        counts_tell(&teller, &evaluation);
        good = speed_tell(&teller, table, &model);
    }
    if (!good)
        fprintf(stderr, "hinomi %s: out of memory\n", verb);
    if (good && predictions)
        good = predictions_write(predictions, table, &evaluation, 1);
    packer_model_finish(&model);
    return good ? EXIT_OK : EXIT_FAILED;
}

int packer_eval(int argc, char **argv)
{
    const char *model = NULL, *predictions = NULL;
    uint64_t seed = 1;
    bool json = false;
    const struct option_entry options[] = {
        {"--model", OPTION_TEXT, &model, "MODEL",
         "judge by this model; without, five folds of the table's groups each by the others"},
        {"--predictions", OPTION_TEXT, &predictions, "FILE", "write one JSON line a row"},
        {"--seed", OPTION_WHOLE, &seed, "N", "of junk, overwriting and draws (default 1)"},
        OPTION_JSON(&json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = verb,
        .arguments = "TABLE|FOLDER…",
        .does =
            "Says how many rows are given their packer: as they are, with junk bytes in front,\n"
            "with bytes overwritten, with sections renamed; without a model also learned from\n"
            "five rows each, and how well packers never seen are told from known ones.",
        .example = "hinomi packer eval packers_pe.tsv.gz --predictions rows.jsonl",
        .options = options,
        .least = 1,
        .most = -1,
    };
    struct arena arena = {.chunk = 1 << 22};
    struct packer_table table;
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    status = EXIT_FAILED;
    if (packer_rows_read(verb, argv + 1, count, &arena, &table))
        status = model ? model_validate(&table, model, seed, json, predictions, &arena)
                       : table_validate(&table, seed, json, predictions, &arena);
    arena_finish(&arena);
    return status;
}
