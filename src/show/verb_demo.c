#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/progress.h"
#include "lab/simulate.h"
#include "show/options.h"
#include "show/verb.h"
#include "store/token.h"

struct demo_options {
    const char *data, *listen;
    uint64_t seed, events;
    uint32_t days, learn_days;
    bool stay;
};

static void demo_progress(void *context, uint64_t events, double part)
{
    progress_step(context, events, part);
}

/* The enterprise's days, below the store so that one folder is all the demo leaves. */
static int demo_simulate(const struct demo_options *options, const char *folder,
                         struct lab_result *ret_result, int64_t *ret_learned)
{
    struct lab_options lab = {.folder = folder,
                              .seed = options->seed,
                              .days = options->days,
                              .pcs = 100,
                              .servers = 10,
                              .attack_day = LAB_ATTACK_DEFAULT,
                              .compress = true,
                              .events = options->events};
    struct progress progress;
    int error = time_from_parts(2026, 1, 5, 0, &lab.start);
    printf("1. An enterprise: 10 servers and 100 PCs in three subnets, %u days.\n", lab.days);
    fflush(stdout);
    progress_begin(&progress, "events");
    if (!error)
        error = lab_simulate_run(&lab, ret_result, demo_progress, &progress);
    progress_end(&progress);
    if (error) {
        fprintf(stderr, "hinomi demo: %s: %s\n", folder, strerror(-error));
        return error;
    }
    printf("   %llu events in %s\n", (unsigned long long)ret_result->events, folder);
    *ret_learned = lab.start + options->learn_days * TIME_DAY;
    return 0;
}

/* The console in a process of its own, so that cases appear in it while they are found. */
static pid_t demo_console(const struct demo_options *options)
{
    char *arguments[] = {"serve",
                         "--data",
                         (char *)(uintptr_t)options->data,
                         "--listen",
                         (char *)(uintptr_t)options->listen,
                         NULL};
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        exit(verb_serve(5, arguments));
    return child;
}

static int demo_ingest(const struct demo_options *options, const char *folder, int64_t learned)
{
    char pattern[4200], until[TIME_TEXT_SIZE];
    glob_t files;
    snprintf(pattern, sizeof(pattern), "%s/events-*.ndjson.zst", folder);
    if (glob(pattern, 0, NULL, &files) != 0)
        return EXIT_FAILED;
    char **arguments = calloc(files.gl_pathc + 6, sizeof(*arguments));
    int count = 0;
    if (!arguments) {
        globfree(&files);
        return EXIT_FAILED;
    }
    time_format(learned, until);
    arguments[count++] = "ingest";
    arguments[count++] = "--data";
    arguments[count++] = (char *)(uintptr_t)options->data;
    arguments[count++] = "--learn-until";
    arguments[count++] = until;
    for (size_t i = 0; i < files.gl_pathc; i++)
        arguments[count++] = files.gl_pathv[i];
    printf("\n2. The first %u days are learned, the others watched.\n", options->learn_days);
    fflush(stdout);
    int status = verb_ingest(count, arguments);
    free(arguments);
    globfree(&files);
    return status;
}

static void demo_truth(const struct lab_result *result, const char *folder)
{
    char start[TIME_TEXT_SIZE], theft[TIME_TEXT_SIZE];
    if (result->attack_day == LAB_ATTACK_NONE)
        return;
    printf("\n   The truth (%s/truth.json): the intruder came at %s and carried data away at %s.\n",
           folder, time_format(result->attack_start, start).at,
           time_format(result->attack_theft, theft).at);
}

static int demo_cases(const struct demo_options *options)
{
    char *arguments[] = {"cases", "--data", (char *)(uintptr_t)options->data, NULL};
    printf("\n3. What deserves eyes, most urgent first:\n\n");
    fflush(stdout);
    return verb_cases(3, arguments);
}

/* Where the console is; with the token only where nobody else reads along. */
static void demo_address(const struct demo_options *options)
{
    char path[4096];
    struct token token;
    snprintf(path, sizeof(path), "%s/token", options->data);
    bool shown = isatty(STDOUT_FILENO) && token_load(path, &token) == 0;
    printf("\n4. The console: http://%s/%s%s\n", options->listen, shown ? "#token=" : "",
           shown ? token.text : "");
    fflush(stdout);
}

/* With a person at the terminal the console stays; without one it has been shown to work. */
static int demo_stay(const struct demo_options *options, pid_t console)
{
    int status = 0;
    if (options->stay || isatty(STDIN_FILENO)) {
        printf("   Ctrl-C ends it.\n");
        fflush(stdout);
        signal(SIGINT, SIG_IGN);
    } else {
        printf("   To open it again: hinomi serve --data %s\n", options->data);
        kill(console, SIGTERM);
    }
    while (waitpid(console, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? EXIT_OK : EXIT_FAILED;
}

static int demo_run(const struct demo_options *options)
{
    char folder[4096];
    struct lab_result result = {0};
    int64_t learned = TIME_NONE;
    snprintf(folder, sizeof(folder), "%s/logs", options->data);
    if (mkdir(options->data, 0700) < 0 && errno != EEXIST) {
        fprintf(stderr, "hinomi demo: %s: %s\n", options->data, strerror(errno));
        return EXIT_FAILED;
    }
    if (demo_simulate(options, folder, &result, &learned) < 0)
        return EXIT_FAILED;
    pid_t console = demo_console(options);
    if (console < 0) {
        fprintf(stderr, "hinomi demo: %s\n", strerror(errno));
        return EXIT_FAILED;
    }
    int status = demo_ingest(options, folder, learned);
    if (status == EXIT_OK)
        status = demo_cases(options);
    if (status != EXIT_OK) {
        kill(console, SIGTERM);
        waitpid(console, NULL, 0);
        return status;
    }
    demo_truth(&result, folder);
    demo_address(options);
    return demo_stay(options, console);
}

int verb_demo(int argc, char **argv)
{
    struct demo_options options = {.data = "hinomi-demo",
                                   .listen = "127.0.0.1:8680",
                                   .seed = 1,
                                   .events = 1500000,
                                   .days = 14,
                                   .learn_days = 7};
    const struct option_entry entries[] = {
        {"--data", OPTION_TEXT, &options.data, "DIR",
         "the folder for logs and store (default ./hinomi-demo)"},
        {"--listen", OPTION_TEXT, &options.listen, "ADDRESS:PORT",
         "where the console listens (default 127.0.0.1:8680)"},
        {"--seed", OPTION_WHOLE, &options.seed, "N", "another enterprise (default 1)"},
        {"--days", OPTION_COUNT, &options.days, "N", "days in all (default 14)"},
        {"--learn-days", OPTION_COUNT, &options.learn_days, "N", "of them learned (default 7)"},
        {"--events", OPTION_WHOLE, &options.events, "N",
         "about so many events (default 1.5 million)"},
        {"--stay", OPTION_FLAG, &options.stay, NULL,
         "keep the console open without a terminal, too"},
        {0},
    };
    const struct command command = {
        .verb = "demo",
        .arguments = "[options]",
        .does = "A sample enterprise's days, learned and watched: simulates it with an intruder,\n"
                "learns its normal state, finds what leaves it, and opens the console on it.\n"
                "Run again it starts from what is there.",
        .example = "hinomi demo\nhinomi demo --seed 7 --data /tmp/seven",
        .options = entries,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (options.learn_days >= options.days) {
        fprintf(stderr, "hinomi demo: --learn-days must be less than --days\n");
        return EXIT_USAGE;
    }
    return demo_run(&options);
}
