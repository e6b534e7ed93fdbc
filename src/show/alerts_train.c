/* hinomi alerts train: score by novelty, learn what analysts would say, say how sure that is. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "engine/alert_models.h"
#include "show/options.h"
#include "show/verb.h"

static void cut_json(struct json *json, const char *name, const struct conformal_cut *cut)
{
    json_key(json, name);
    json_object(json);
    json_key(json, "threshold"), json_number(json, cut->threshold);
    json_key(json, "bound"), json_number(json, cut->bound);
    json_key(json, "units"), json_unsigned(json, cut->units);
    json_key(json, "misses"), json_unsigned(json, cut->misses);
    json_key(json, "wanted"), json_unsigned(json, cut->wanted);
    json_end_object(json);
}

static void analysts_json(struct json *json, const struct alert_training_result *result)
{
    json_key(json, "analysts");
    json_array(json);
    for (uint32_t i = 0; i < result->analyst_count; i++) {
        const struct analyst_audit *audit = &result->analysts[i];
        json_object(json);
        json_key_text(json, "analyst", audit->name);
        json_key(json, "levels");
        json_array(json);
        for (int level = 0; level < LEVEL_COUNT; level++)
            json_unsigned(json, audit->levels[level]);
        json_end_array(json);
        json_key(json, "judged"), json_unsigned(json, audit->judged);
        json_key(json, "agreed"), json_unsigned(json, audit->agreed);
        json_key(json, "shared"), json_unsigned(json, audit->shared);
        json_key(json, "same"), json_unsigned(json, audit->same);
        json_end_object(json);
    }
    json_end_array(json);
}

static void result_json(const struct alert_training_result *result, double confidence)
{
    struct buffer line = {0};
    struct json json = {.out = &line};
    json_object(&json);
    json_key(&json, "groups"), json_unsigned(&json, result->groups);
    json_key(&json, "scored"), json_unsigned(&json, result->scored);
    json_key(&json, "shown"), json_unsigned(&json, result->shown);
    json_key_text(&json, "learned", bytes_of(alert_learned_name(result->learned)));
    json_key(&json, "decisions"), json_unsigned(&json, result->decisions);
    json_key(&json, "positives"), json_unsigned(&json, result->positives);
    json_key(&json, "wanted"), json_unsigned(&json, result->wanted);
    if (result->compared) {
        json_key(&json, "held_out"), json_unsigned(&json, result->held_out);
        json_key(&json, "loss_before"), json_number(&json, result->loss_old);
        json_key(&json, "loss"), json_number(&json, result->loss_new);
    }
    json_key(&json, "generation"), json_integer(&json, result->generation);
    if (result->has_band) {
        json_key(&json, "confidence"), json_number(&json, confidence);
        cut_json(&json, "filter", &result->band.filter);
        cut_json(&json, "raise", &result->band.raise);
        json_key(&json, "filtered"), json_unsigned(&json, result->sides[CONFORMAL_FILTERED]);
        json_key(&json, "kept"), json_unsigned(&json, result->sides[CONFORMAL_KEPT]);
        json_key(&json, "raised"), json_unsigned(&json, result->sides[CONFORMAL_RAISED]);
    }
    analysts_json(&json, result);
    json_end_object(&json);
    buffer_put_char(&line, '\n');
    fwrite(line.at, 1, line.len, stdout);
    buffer_finish(&line);
}

static void cut_print(const struct conformal_cut *cut, const char *does, const char *whom,
                      double share, double doubt)
{
    if (cut->wanted)
        printf("%s nothing: not enough decisions yet to say that at most %g %% of %s would be, with"
               " %g %% confidence; %" PRIu32 " more units of them are needed (there are %" PRIu32
               ")\n",
               does, share * 100, whom, 100 * (1 - doubt), cut->wanted, cut->units);
    else
        printf("%s: at most %.3g %% of %s, with %g %% confidence (%" PRIu32 " of %" PRIu32
               " units were, in decisions not learned from)\n",
               does, cut->bound * 100, whom, 100 * (1 - doubt), cut->misses, cut->units);
}

static void analysts_print(const struct alert_training_result *result)
{
    if (result->analyst_count)
        printf("%-20s %7s %5s %5s %5s %5s  %-14s %s\n", "analyst", "level 0", "1", "2", "3", "4",
               "as the model", "as colleagues");
    for (uint32_t i = 0; i < result->analyst_count; i++) {
        const struct analyst_audit *audit = &result->analysts[i];
        printf("%-20.*s %7" PRIu32 " %5" PRIu32 " %5" PRIu32 " %5" PRIu32 " %5" PRIu32 "  %5" PRIu32
               " of %-6" PRIu32 "%" PRIu32 " of %" PRIu32 "\n",
               (int)audit->name.len, audit->name.len ? audit->name.at : "", audit->levels[0],
               audit->levels[1], audit->levels[2], audit->levels[3], audit->levels[4],
               audit->agreed, audit->judged, audit->same, audit->shared);
    }
}

static void result_print(const struct alert_training *training,
                         const struct alert_training_result *result)
{
    printf("%zu groups, %zu scored by novelty, %zu of them shown\n", result->groups, result->scored,
           result->shown);
    printf("levels: %s", alert_learned_sentence(result->learned));
    if (training->learn)
        printf(" (%" PRIu32 " decisions, %" PRIu32 " of them attacks)", result->decisions,
               result->positives);
    if (result->learned == LEARNED_few)
        printf("; at least %" PRIu32 " more needed", result->wanted);
    if (result->compared)
        printf("; mean log loss on %" PRIu32 " held-out decisions %.4f, before %.4f",
               result->held_out, result->loss_new, result->loss_old);
    printf("; generation %" PRId64 " in force\n", result->generation);
    if (result->has_band) {
        cut_print(&result->band.filter, "filters", "attacks", training->level.miss,
                  training->level.doubt);
        cut_print(&result->band.raise, "raises", "false positives", training->level.raise,
                  training->level.doubt);
        printf("%zu groups filtered, %zu stay with people, %zu raised\n",
               result->sides[CONFORMAL_FILTERED], result->sides[CONFORMAL_KEPT],
               result->sides[CONFORMAL_RAISED]);
    }
    analysts_print(result);
}

static bool is_share(double value)
{
    return value > 0 && value < 1;
}

static int train_run(struct alert_training *training, bool json)
{
    struct alert_training_result *result = malloc(sizeof(*result));
    char why[512] = "out of memory";
    bool in_range = is_share(training->level.miss) && is_share(training->level.raise) &&
                    is_share(training->level.doubt) && training->novelty.budget > 0;
    if (!in_range) {
        free(result);
        fprintf(stderr, "hinomi alerts train: shares are between 0 and 1, a budget more than 0\n");
        return EXIT_USAGE;
    }
    int error = result ? alert_models_train(training, result, why) : 1;
    if (error)
        fprintf(stderr, "hinomi alerts train: %s\n", why);
    else if (json)
        result_json(result, 1 - training->level.doubt);
    else
        result_print(training, result);
    if (result)
        alert_training_finish(result);
    free(result);
    return error ? EXIT_FAILED : EXIT_OK;
}

int alerts_train(int argc, char **argv)
{
    struct alert_training training = {
        .folder = OPTION_DATA_DEFAULT,
        .novelty = {.budget = 50, .seed = 1},
        .level = {.miss = 0.001, .raise = 0.05, .doubt = 0.05, .seed = 1},
    };
    bool json = false, keep = false;
    const struct option_entry options[] = {
        {"--budget", OPTION_NUMBER, &training.novelty.budget, "N",
         "groups a day that people can read for their novelty (default 50)"},
        {"--miss", OPTION_NUMBER, &training.level.miss, "SHARE",
         "of attacks that may be filtered away (default 0.001)"},
        {"--raise", OPTION_NUMBER, &training.level.raise, "SHARE",
         "of false positives that may be raised (default 0.05)"},
        {"--doubt", OPTION_NUMBER, &training.level.doubt, "SHARE",
         "that either is not kept (default 0.05: 95 % confidence)"},
        {"--keep", OPTION_FLAG, &keep, NULL, "score with the levels' model in force, learn none"},
        {"--force", OPTION_FLAG, &training.force, NULL,
         "let the new model take over even if it is worse"},
        OPTION_DATA(&training.folder),
        OPTION_JSON(&json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "alerts train",
        .arguments = "[OTHER-DATA…]",
        .does =
            "Scores groups by their novelty, each day by the days before it, and learns levels\n"
            "from decisions taken here and in the stores of other networks. A new model takes\n"
            "over when it is no worse on held-out days; see alerts model.",
        .example = "hinomi alerts train --data ./hinomi-data --budget 30",
        .options = options,
        .least = 0,
        .most = ALERT_MODELS_STORES,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    training.learn = !keep;
    training.others = argv + 1;
    training.other_count = count;
    return train_run(&training, json);
}
