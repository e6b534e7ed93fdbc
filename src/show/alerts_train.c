/* hinomi alerts train: score by novelty, learn what analysts would say, say how sure that is. */
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/alert_models.h"
#include "show/options.h"
#include "show/verb.h"

static void result_json(const struct alert_training_result *result)
{
    struct buffer line = {0};
    alert_training_json(result, &line);
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

static int train_run(const struct alert_training *training, bool json)
{
    struct alert_training_result *result = malloc(sizeof(*result));
    char why[512] = "out of memory";
    int error = result ? alert_models_train(training, result, why) : 1;
    if (error)
        fprintf(stderr, "hinomi alerts train: %s\n", why);
    else if (json)
        result_json(result);
    else
        result_print(training, result);
    if (result)
        alert_training_finish(result);
    free(result);
    return error ? EXIT_FAILED : EXIT_OK;
}

static bool options_fit(const struct alert_training *training)
{
    if (is_share(training->level.miss) && is_share(training->level.raise) &&
        is_share(training->level.doubt) && training->novelty.budget > 0)
        return true;
    fprintf(stderr, "hinomi alerts train: shares are between 0 and 1, a budget more than 0\n");
    return false;
}

/* Again and again, until a signal. What fails once may succeed the next time. */
static int train_repeat(const struct alert_training *training, int64_t every, bool json)
{
    const struct timespec pause = {every / TIME_SECOND, every % TIME_SECOND};
    sigset_t signals;
    int status;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    do {
        status = train_run(training, json);
        fflush(stdout);
    } while (sigtimedwait(&signals, NULL, &pause) < 0);
    return status;
}

int alerts_train(int argc, char **argv)
{
    struct alert_training training = ALERT_TRAINING_USUAL;
    int64_t every = 0;
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
        {"--every", OPTION_DURATION, &every, "TIME",
         "again after each TIME, until interrupted; levels when there are new decisions"},
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
    training.scheduled = every > 0;
    training.others = argv + 1;
    training.other_count = count;
    if (!options_fit(&training))
        return EXIT_USAGE;
    return every ? train_repeat(&training, every, json) : train_run(&training, json);
}
