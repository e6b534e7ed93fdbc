/* hinomi family eval: how well families are told, on rows that were not learned from. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "analyse/family/family_evaluate.h"
#include "base/json.h"
#include "base/progress.h"
#include "show/family_input.h"
#include "show/options.h"
#include "show/verb.h"

static const char verb[] = "family eval";

/* One measure: a line for people, or an object. */
static void measure_tell(bool as_json, const char *name, const char *says, double value,
                         uint32_t part, uint32_t of)
{
    struct buffer line = {0};
    struct json json = {.out = &line};
    if (!as_json) {
        printf("%-52s %9.4f", says, value);
        if (of)
            printf("  %" PRIu32 " of %" PRIu32, part, of);
        putchar('\n');
        return;
    }
    json_object(&json);
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

static void share_tell(bool json, const char *name, const char *says, uint32_t part, uint32_t of)
{
    if (of)
        measure_tell(json, name, says, (double)part / of, part, of);
}

static void evaluation_tell(const struct family_evaluation *evaluation, bool json)
{
    measure_tell(json, "rows", "rows", evaluation->count, 0, 0);
    measure_tell(json, "groups", "groups of equal behaviours", evaluation->groups, 0, 0);
    share_tell(json, "accuracy", "accuracy", evaluation->known_right, evaluation->known);
    measure_tell(json, "families_mean", "mean of the families' shares", evaluation->families_right,
                 0, 0);
    share_tell(json, "named", "called a family, not unknown", evaluation->named, evaluation->known);
    share_tell(json, "named_right", "of these the right one", evaluation->named_right,
               evaluation->named);
    if (evaluation->strange) {
        share_tell(json, "strange", "of families not learned, called unknown",
                   evaluation->strange_right, evaluation->strange);
        measure_tell(json, "unknown_auc", "these against the known: AUROC",
                     evaluation->unknown_area, 0, 0);
    }
    if (evaluation->two) {
        measure_tell(json, "auc", "second family against the first: AUROC", evaluation->area, 0, 0);
        measure_tell(json, "tpr_at_1_percent", "found at 1 % false", evaluation->rate_100, 0, 0);
        measure_tell(json, "tpr_at_0.1_percent", "found at 0.1 % false", evaluation->rate_1000, 0,
                     0);
    }
}

/* One JSON object a row, in the table's order. */
static bool predictions_write(const char *path, const struct family_table *table,
                              const struct family_evaluation *evaluation)
{
    FILE *to = fopen(path, "wb");
    struct buffer out = {0};
    for (uint32_t i = 0; i < evaluation->count; i++) {
        const struct family_judged *judged = &evaluation->rows[i];
        struct json json = {.out = &out};
        json_object(&json);
        json_key(&json, "row"), json_unsigned(&json, judged->row);
        json_key_text(&json, "name", table->rows[judged->row].name);
        json_key_text(&json, "truth", table->rows[judged->row].family);
        json_key_text(&json, "predicted", bytes_of(judged->answer));
        json_key_text(&json, "nearest", bytes_of(judged->nearest));
        json_key(&json, "score"), json_number(&json, judged->positive);
        json_key(&json, "confidence"), json_number(&json, judged->confidence);
        json_key(&json, "unknown"), json_number(&json, judged->unknown);
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

static void fitted(void *context, uint32_t done, uint32_t of)
{
    progress_step(context, done, (double)done / of);
}

static int table_validate(const struct family_table *table, const char *model_path, uint64_t seed,
                          struct arena *arena, struct family_evaluation *ret_evaluation)
{
    struct progress progress;
    const struct family_watch watch = {fitted, &progress};
    struct family_model model;
    int error;
    if (model_path) {
        if (!family_model_open(verb, model_path, &model))
            return -EBADMSG;
        error = family_model_validate(table, &model, arena, ret_evaluation);
        family_model_finish(&model);
    } else {
        progress_begin(&progress, "folds");
        error = family_validate(table, seed, &watch, arena, ret_evaluation);
        progress_end(&progress);
    }
    if (error)
        fprintf(stderr, "hinomi %s: %s\n", verb,
                error == -ENODATA ? "too few rows or families to learn from" : strerror(-error));
    return error;
}

int family_eval(int argc, char **argv)
{
    const char *model = NULL, *predictions = NULL;
    uint64_t seed = 1;
    bool json = false;
    const struct option_entry options[] = {
        {"--model", OPTION_TEXT, &model, "MODEL",
         "judge by this model; without, five folds by group each by the others"},
        {"--predictions", OPTION_TEXT, &predictions, "FILE", "write one JSON line a row"},
        {"--seed", OPTION_WHOLE, &seed, "N", "of the trees' draws (default 1)"},
        OPTION_JSON(&json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = verb,
        .arguments = "TABLE|REPORTS|FOLDER…",
        .does =
            "Says how many behaviours are given their family, each by what others teach: equal\n"
            "behaviours stay together. A family of too few rows should be called unknown. Of\n"
            "two families, the second by name is what is to be found.",
        .example = "hinomi family eval behaviours.tsv.gz --predictions rows.jsonl",
        .options = options,
        .least = 1,
        .most = -1,
    };
    struct arena arena = {.chunk = 1 << 22};
    struct family_table table;
    struct family_evaluation evaluation;
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    status = EXIT_FAILED;
    if (family_rows_read(verb, argv + 1, count, &arena, &table) &&
        table_validate(&table, model, seed, &arena, &evaluation) == 0) {
        evaluation_tell(&evaluation, json);
        if (!predictions || predictions_write(predictions, &table, &evaluation))
            status = EXIT_OK;
    }
    arena_finish(&arena);
    return status;
}
