#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/alert_desk.h"
#include "engine/alert_school.h"
#include "show/api.h"
#include "show/darknet_setup.h"
#include "show/options.h"
#include "show/verb.h"
#include "store/store.h"

struct serve_options {
    const char *data, *listen, *token_file, *config;
    int64_t train_every; /* 0: never */
    const char *models, *rules;
    bool keep_samples;
};

/* False: done, return `*ret_status`. */
static bool serve_parse(int argc, char **argv, struct serve_options *options, int *ret_status)
{
    const struct option_entry entries[] = {
        OPTION_DATA(&options->data),
        {"--listen", OPTION_TEXT, &options->listen, "ADDRESS:PORT",
         "where to listen (default 127.0.0.1:8680); other machines reach it only if told so here"},
        {"--token-file", OPTION_TEXT, &options->token_file, "FILE",
         "the secret that opens the API (default DIR/token); made when absent"},
        {"--config", OPTION_TEXT, &options->config, "FILE",
         "darknet.yaml: tell the organisations in it of alerts, as each of them wants"},
        {"--train-every", OPTION_DURATION, &options->train_every, "TIME",
         "score alerts and learn levels when TIME has passed since the last time (1h, 1d)"},
        {"--models", OPTION_TEXT, &options->models, "DIR",
         "what samples are judged by: packer.model, … (default DATA/models)"},
        {"--rules", OPTION_TEXT, &options->rules, "PATH",
         "YARA rules that samples are held against (default DATA/rules)"},
        {"--keep-samples", OPTION_FLAG, &options->keep_samples, NULL,
         "keep samples, too, encrypted under DATA/samples.key; else only what was found"},
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "serve",
        .arguments = "",
        .does = "Shows what is in the data folder: the console and its API, until interrupted.",
        .example = "hinomi serve --data hinomi-data",
        .options = entries,
    };
    int count;

    return options_read(&command, argc, argv, &count, ret_status);
}

static int serve_token(const struct serve_options *options, struct token *ret_token)
{
    char path[4096];
    int error;

    if (mkdir(options->data, 0700) < 0 && errno != EEXIST) {
        error = -errno;
        fprintf(stderr, "hinomi: %s: %s\n", options->data, strerror(errno));
        return error;
    }
    if (options->token_file)
        snprintf(path, sizeof path, "%s", options->token_file);
    else
        snprintf(path, sizeof path, "%s/token", options->data);
    error = token_load(path, ret_token);
    if (error == -EPERM)
        fprintf(stderr, "hinomi: %s: others may read the token; chmod 600 it\n", path);
    else if (error == -EINVAL)
        fprintf(stderr, "hinomi: %s: holds no token; remove it to make a new one\n", path);
    else if (error < 0)
        fprintf(stderr, "hinomi: %s: %s\n", path, strerror(-error));
    return error;
}

/* Before the first ingest there is no store: an empty one lets every page be shown. */
static int serve_store(const struct serve_options *options)
{
    struct store *store;
    int error = store_open_read(options->data, &store);

    if (error == -ENOENT)
        error = store_open_write(options->data, &store);
    if (error == -EBUSY) /* somebody makes it just now */
        return 0;
    if (error < 0)
        fprintf(stderr, "hinomi: %s\n", store_error(NULL));
    else
        store_close(store);
    return error;
}

/* The address to open; with the token only where nobody else reads along. */
static void serve_announce(const struct serve_options *options, const struct http_server *server,
                           const struct token *token)
{
    int host = (int)(strrchr(options->listen, ':') - options->listen);

    printf("Hinomi's console: http://%.*s:%u/", host, options->listen, http_port(server));
    if (isatty(STDOUT_FILENO))
        printf("#token=%s", token->text);
    printf("\n");
    fflush(stdout);
    if (!http_listen_is_loopback(options->listen))
        fprintf(stderr, "hinomi: %s can be reached from other machines, without encryption\n",
                options->listen);
}

/* What runs beside the server, and what it needs. */
struct serving {
    struct site site;
    struct member_tokens *members;
    struct darknet_setup setup;
    struct alert_desk *desk;
    struct alert_school *school;
};

#define NOTICES_PATIENCE (15 * TIME_SECOND) /* where a receiver is slow */

/* Receivers and reasons, never addresses or secrets. */
static void notice_failed(void *context, uint64_t group, const char *organisation,
                          enum notify_channel channel, const char *why)
{
    (void)context;
    fprintf(stderr, "hinomi: group %" PRIu64 " was not told to %s by %s: %s\n", group, organisation,
            notify_channel_name(channel), why);
}

static int desk_begin(const struct serve_options *options, struct serving *serving)
{
    const struct alert_desk_options desk = {
        .folder = options->data,
        .configuration = &serving->setup.configuration,
        .prefixes = &serving->setup.prefixes,
        .board = serving->site.board,
        .failed = notice_failed,
    };
    return options->config && alert_desk_wanted(desk.configuration)
               ? alert_desk_open(&desk, &serving->desk)
               : 0;
}

static void training_told(void *context, const struct alert_training_result *result,
                          const char *why)
{
    (void)context;
    if (why)
        fprintf(stderr, "hinomi: training: %s\n", why);
    else
        fprintf(stderr, "trained on %zu groups: %s; generation %" PRId64 " in force\n",
                result->groups, alert_learned_sentence(result->learned), result->generation);
}

static int school_begin(const struct serve_options *options, struct serving *serving)
{
    const struct alert_school_options school = {
        .folder = options->data, .every = options->train_every, .told = training_told};
    return options->train_every ? alert_school_open(&school, &serving->school) : 0;
}

/* A console without the helper takes no samples, and says so when one comes. */
static int samples_begin(const struct serve_options *options, struct serving *serving)
{
    const struct sample_desk_options desk = {.folder = options->data,
                                             .models = options->models,
                                             .rules = options->rules,
                                             .keep = options->keep_samples};
    int error = sample_desk_open(&desk, &serving->site.samples);
    return error == -ENOENT ? 0 : error;
}

static int serving_begin(const struct serve_options *options, struct serving *serving)
{
    int error = member_tokens_open(options->data, &serving->members);

    if (!error)
        error = alert_board_open(options->data, &serving->site.board);
    if (!error)
        error = stream_start(options->data, serving->site.board, &serving->site.stream);
    if (!error)
        error = samples_begin(options, serving);
    if (error < 0) {
        fprintf(stderr, "hinomi: cannot watch %s: %s\n", options->data, strerror(-error));
        return error;
    }
    error = desk_begin(options, serving);
    if (error < 0)
        fprintf(stderr, "hinomi: cannot tell organisations of alerts: %s\n", strerror(-error));
    else if ((error = school_begin(options, serving)) < 0)
        fprintf(stderr, "hinomi: cannot train on schedule: %s\n", strerror(-error));
    return error;
}

static void serving_end(struct serving *serving)
{
    alert_school_close(serving->school);
    struct notify_counts counts = alert_desk_close(serving->desk, NOTICES_PATIENCE);

    if (serving->desk)
        fprintf(stderr, "notices: %" PRIu64 " delivered, %" PRIu64 " failed, %" PRIu64 " dropped\n",
                counts.delivered, counts.failed, counts.dropped);
    if (serving->site.stream)
        stream_finish(serving->site.stream);
    alert_board_close(serving->site.board);
    sample_desk_close(serving->site.samples);
    member_tokens_close(serving->members);
}

static int serve_until_told(const struct serve_options *options, const struct token *token,
                            const sigset_t *signals, struct serving *serving)
{
    struct http_settings settings = {.listen = options->listen,
                                     .token = *token,
                                     .member_routes = api_member_routes,
                                     .routes = api_routes,
                                     .site = &serving->site};
    struct http_server *server = NULL;
    int received, error = serving_begin(options, serving);

    settings.members = serving->members;
    if (!error && (error = http_start(&settings, &server)) < 0)
        fprintf(stderr, "hinomi: cannot listen on %s: %s\n", options->listen, strerror(-error));
    if (!error) {
        serve_announce(options, server, token);
        sigwait(signals, &received);
    }
    if (serving->site.stream)
        stream_stop(serving->site.stream);
    http_stop(server);
    serving_end(serving);
    return error;
}

int verb_serve(int argc, char **argv)
{
    struct serve_options options = {.data = OPTION_DATA_DEFAULT, .listen = "127.0.0.1:8680"};
    int status = EXIT_USAGE;
    struct serving serving = {.site.data = NULL};
    struct token token;
    sigset_t signals;

    if (!serve_parse(argc, argv, &options, &status))
        return status;
    serving.site.data = options.data;
    if (options.config &&
        (status = darknet_setup_load("serve", options.config, &serving.setup)) != EXIT_OK)
        return status;
    if (serve_token(&options, &token) < 0 || serve_store(&options) < 0)
        return EXIT_FAILED;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* all threads inherit it; this one waits */
    signal(SIGPIPE, SIG_IGN);
    int error = serve_until_told(&options, &token, &signals, &serving);
    darknet_setup_finish(&serving.setup);
    return error < 0 ? EXIT_FAILED : EXIT_OK;
}
