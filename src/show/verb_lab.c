/* hinomi lab simulate: write a small enterprise's days, with ground truth beside them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "base/time.h"
#include "lab/simulate.h"
#include "show/options.h"
#include "show/verb.h"

struct lab_arguments {
    struct lab_options options;
    const char *attack_day, *format, *compress;
    bool json;
};

static int complain(const char *option, const char *value, const char *wants)
{
    fprintf(stderr, "hinomi lab simulate: '%s' is no value for %s, which wants %s\n", value, option,
            wants);
    return EXIT_USAGE;
}

/* The options that are words; EXIT_OK when they make sense. */
static int words_read(struct lab_arguments *arguments)
{
    struct lab_options *options = &arguments->options;
    if (strcmp(arguments->format, "ecs") != 0)
        return complain("--format", arguments->format, "ecs");
    options->compress = strcmp(arguments->compress, "zstd") == 0;
    if (!options->compress && strcmp(arguments->compress, "none") != 0)
        return complain("--compress", arguments->compress, "zstd or none");
    options->attack_day = LAB_ATTACK_DEFAULT;
    if (!arguments->attack_day)
        return EXIT_OK;
    if (strcmp(arguments->attack_day, "none") == 0) {
        options->attack_day = LAB_ATTACK_NONE;
        return EXIT_OK;
    }
    char *end;
    long day = strtol(arguments->attack_day, &end, 10);
    if (*end || day < 1 || day > (long)options->days)
        return complain("--attack-day", arguments->attack_day, "a day from 1 to --days, or none");
    options->attack_day = (int)day;
    return EXIT_OK;
}

static void progress_show(void *context, uint64_t events, double part)
{
    progress_step(context, events, part);
}

static void result_print(const struct lab_arguments *arguments, const struct lab_result *result,
                         double seconds)
{
    char start[TIME_TEXT_SIZE], theft[TIME_TEXT_SIZE];
    struct bytes from = {"", 0}, to = {"", 0};
    bool attacked = result->attack_start != TIME_NONE;
    if (attacked) {
        from = time_format(result->attack_start / TIME_SECOND * TIME_SECOND, start);
        to = time_format(result->attack_theft / TIME_SECOND * TIME_SECOND, theft);
    }
    if (arguments->json) {
        printf("{\"events\":%" PRIu64 ",\"processes\":%" PRIu64 ",\"bytes\":%" PRIu64
               ",\"seconds\":%.3f,\"attack_day\":",
               result->events, result->processes, result->bytes, seconds);
        if (attacked)
            printf("%d,\"time_start\":\"%.*s\",\"time_theft\":\"%.*s\"}\n", result->attack_day,
                   (int)from.len, from.at, (int)to.len, to.at);
        else
            printf("null}\n");
        return;
    }
    printf("%" PRIu64 " events of %" PRIu64 " processes in %u days, %.1f s (%.0f events/s)\n",
           result->events, result->processes, arguments->options.days, seconds,
           (double)result->events / seconds);
    if (attacked)
        printf("the attack: day %d, from %.*s; the theft at %.*s\n", result->attack_day,
               (int)from.len, from.at, (int)to.len, to.at);
    printf("written to %s, the truth to %s/truth.json\n", arguments->options.folder,
           arguments->options.folder);
}

static int simulate(const struct lab_arguments *arguments)
{
    struct lab_result result;
    struct progress progress;
    int64_t started = time_ticks();
    progress_begin(&progress, "events");
    int error = lab_simulate_run(&arguments->options, &result, progress_show, &progress);
    progress_end(&progress);
    if (error == -EINVAL) {
        fputs("hinomi lab simulate: 1 to 365 days, 8 to 400 PCs and 6 to 12 servers\n", stderr);
        return EXIT_USAGE;
    }
    if (error) {
        fprintf(stderr, "hinomi lab simulate: %s: %s\n", arguments->options.folder,
                strerror(-error));
        return EXIT_FAILED;
    }
    result_print(arguments, &result, (double)(time_ticks() - started) / (double)TIME_SECOND);
    return EXIT_OK;
}

static int simulate_main(int argc, char **argv)
{
    struct lab_arguments arguments = {
        .options = {.seed = 1, .days = 14, .pcs = 100, .servers = 10, .events = 1500000},
        .format = "ecs",
        .compress = "zstd"};
    struct lab_options *options = &arguments.options;
    if (time_from_parts(2026, 1, 5, 0, &options->start) != 0)
        return EXIT_FAILED;
    const struct option_entry entries[] = {
        {"-o", OPTION_TEXT, &options->folder, "DIR", "the folder to write to"},
        {"--seed", OPTION_WHOLE, &options->seed, "N", "another enterprise, another fortnight"},
        {"--days", OPTION_COUNT, &options->days, "N", "how many days (default 14)"},
        {"--pcs", OPTION_COUNT, &options->pcs, "N", "how many PCs (default 100)"},
        {"--servers", OPTION_COUNT, &options->servers, "N", "how many servers (default 10)"},
        {"--start", OPTION_TIME, &options->start, "DATE", "the first day (default 2026-01-05)"},
        {"--attack-day", OPTION_TEXT, &arguments.attack_day, "N|none",
         "the day of the attack (default the last working day but for the very last day)"},
        {"--format", OPTION_TEXT, &arguments.format, "ecs", "Elastic Common Schema, NDJSON"},
        {"--compress", OPTION_TEXT, &arguments.compress, "zstd|none", "(default zstd)"},
        {"--events", OPTION_WHOLE, &options->events, "N",
         "scale the routine to about so many events in all (default 1500000; 0: as it comes)"},
        OPTION_JSON(&arguments.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "lab simulate",
        .arguments = "",
        .does = "Write the days of a small enterprise as a sensor would have seen them, one file a "
                "day, with one attack that lives off the land, and the truth beside it.",
        .example = "hinomi lab simulate -o /tmp/lab --days 14 --seed 7",
        .options = entries,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (!options->folder) {
        fputs("hinomi lab simulate: it wants -o DIR\n", stderr);
        return EXIT_USAGE;
    }
    options->start -= options->start % TIME_DAY;
    status = words_read(&arguments);
    return status == EXIT_OK ? simulate(&arguments) : status;
}

int verb_lab(int argc, char **argv)
{
    static const struct verb verbs[] = {
        {"simulate", "an enterprise's days, with one attack and the truth about it", simulate_main},
        {"darknet", "what a darknet receives in some hours, and the truth about it", lab_darknet},
        {NULL, NULL, NULL},
    };
    return verb_area("lab", "Makes input whose truth is known, for trying and for measuring.",
                     verbs, argc, argv);
}
