/* hinomi family eval: how well families are told, on rows that were not learned from. */
#include <errno.h>
#include <stdio.h>

#include "analyse/family/family_evaluate.h"
#include "base/json.h"
#include "base/progress.h"
#include "show/family_input.h"
#include "show/learning.h"
#include "show/verb.h"

static void evaluation_tell(const struct family_evaluation *evaluation, bool json)
{
    const struct learning_scope all = {NULL, NULL, json};
    learning_measure(&all, "rows", "rows", evaluation->count, 0, 0);
    learning_measure(&all, "groups", "groups of equal behaviours", evaluation->groups, 0, 0);
    learning_share(&all, "accuracy", "accuracy", evaluation->known_right, evaluation->known);
    learning_share(&all, "likeliest", "the likeliest family is right, unknown or not",
                   evaluation->likely_right, evaluation->known);
    learning_measure(&all, "families_mean", "mean of the families' shares",
                     evaluation->families_right, 0, 0);
    learning_share(&all, "named", "called a family, not unknown", evaluation->named,
                   evaluation->known);
    learning_share(&all, "named_right", "of these the right one", evaluation->named_right,
                   evaluation->named);
    if (evaluation->strange) {
        learning_share(&all, "strange", "of families not learned, called unknown",
                       evaluation->strange_right, evaluation->strange);
        learning_measure(&all, "unknown_auc", "these against the known: AUROC",
                         evaluation->unknown_area, 0, 0);
    }
    if (evaluation->two) {
        learning_measure(&all, "auc", "second family against the first: AUROC", evaluation->area, 0,
                         0);
        learning_measure(&all, "tpr_at_1_percent", "found at 1 % false", evaluation->rate_100, 0,
                         0);
        learning_measure(&all, "tpr_at_0.1_percent", "found at 0.1 % false", evaluation->rate_1000,
                         0, 0);
    }
}

/* In the table's order. */
static bool predictions_write(const struct learning *asked, const struct family_table *table,
                              const struct family_evaluation *evaluation)
{
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
    return learning_predictions(asked->verb, asked->predictions, &out);
}

static int table_validate(const struct family_table *table, const struct learning *asked,
                          struct arena *arena, struct family_evaluation *ret_evaluation)
{
    struct progress progress;
    const struct family_watch watch = {learning_step, &progress};
    struct family_model model;
    int error;
    if (asked->model) {
        if (!family_model_open(asked->verb, asked->model, &model))
            return -EBADMSG;
        error = family_model_validate(table, &model, arena, ret_evaluation);
        family_model_finish(&model);
    } else {
        progress_begin(&progress, "folds");
        error = family_validate(table, asked->seed, &watch, arena, ret_evaluation);
        progress_end(&progress);
    }
    if (error)
        fprintf(stderr, "hinomi %s: %s\n", asked->verb,
                error == -ENODATA ? "too few rows or families to learn from" : strerror(-error));
    return error;
}

static int eval_run(char **paths, int count, const struct learning *asked)
{
    struct arena arena = {.chunk = 1 << 22};
    struct family_table table;
    struct family_evaluation evaluation;
    bool good = family_rows_read(asked->verb, paths, count, &arena, &table) &&
                table_validate(&table, asked, &arena, &evaluation) == 0;
    if (good)
        evaluation_tell(&evaluation, asked->json);
    if (good && asked->predictions)
        good = predictions_write(asked, &table, &evaluation);
    arena_finish(&arena);
    return good ? EXIT_OK : EXIT_FAILED;
}

int family_eval(int argc, char **argv)
{
    const struct learning_verb verb = {
        .verb = "family eval",
        .arguments = "TABLE|REPORTS|FOLDER…",
        .does =
            "Says how many behaviours are given their family, each by what others teach: equal\n"
            "behaviours stay together. A family of too few rows should be called unknown. Of\n"
            "two families, the second by name is what is to be found.",
        .example = "hinomi family eval behaviours.tsv.gz --predictions rows.jsonl",
        .seed = "the trees' draws",
        .run = eval_run,
    };
    return learning_eval(&verb, argc, argv);
}
