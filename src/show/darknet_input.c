#include "show/darknet_input.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "show/verb.h"

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

bool darknet_rule_read(const char *verb, const char *name, enum episode_rule *ret_rule)
{
    for (int rule = EPISODE_MOORE; rule <= EPISODE_RSDOS; rule++)
        if (strcmp(name, episode_rule_names[rule]) == 0) {
            *ret_rule = (enum episode_rule)rule;
            return true;
        }
    fprintf(stderr, "hinomi %s: --rule is moore or rsdos\n", verb);
    return false;
}

bool darknet_input_asked(const struct darknet_input *input)
{
    return input->prefixes || input->exclusions || input->filter || input->scanners ||
           input->geoip || input->config || input->threads || input->memory;
}

/* Prefixes separated by commas, into the table or as exclusions. */
static int prefixes_read(struct darknet_input *input, const char *list, bool exclude)
{
    struct bytes rest = bytes_of(list);
    while (rest.len > 0) {
        const char *comma = memchr(rest.at, ',', rest.len);
        struct bytes text = {rest.at, comma ? (size_t)(comma - rest.at) : rest.len};
        struct prefix prefix;
        if (prefix_parse(text, &prefix) != 0) {
            fprintf(stderr, "hinomi %s: '%.*s' is no prefix, such as 198.51.100.0/24\n",
                    input->verb, (int)text.len, text.at);
            return EXIT_USAGE;
        }
        int error = exclude ? prefix_table_exclude(&input->darknet, &prefix)
                            : prefix_table_add(&input->darknet, &prefix, 1);
        if (error) {
            fprintf(stderr, "hinomi %s: %s\n", input->verb, strerror(-error));
            return EXIT_FAILED;
        }
        rest = bytes_from(rest, text.len + 1);
    }
    return EXIT_OK;
}

static int darknet_read(struct darknet_input *input)
{
    if (input->exclusions && !input->prefixes) {
        fprintf(stderr, "hinomi %s: --exclude wants the --prefix it is taken from\n", input->verb);
        return EXIT_USAGE;
    }
    int status = prefixes_read(input, input->prefixes, false);
    if (status == EXIT_OK)
        status = prefixes_read(input, input->exclusions, true);
    if (status == EXIT_OK && prefix_table_freeze(&input->darknet) != 0) {
        fprintf(stderr, "hinomi %s: out of memory\n", input->verb);
        status = EXIT_FAILED;
    }
    input->darknet_known = input->prefixes != NULL;
    if (status == EXIT_OK && input->config)
        status = darknet_setup_load(input->verb, input->config, &input->setup);
    if (status == EXIT_OK && input->darknet_known && prefix_table_addresses(&input->darknet) == 0) {
        fprintf(stderr, "hinomi %s: --exclude leaves no address of --prefix\n", input->verb);
        status = EXIT_USAGE;
    }
    return status;
}

static void tables_finish(struct darknet_input *input)
{
    prefix_table_finish(&input->darknet);
    darknet_who_finish(&input->who);
    darknet_setup_finish(&input->setup);
}

static int capture_failed(const struct darknet_input *input, int error, const char *path,
                          const struct fault *fault)
{
    fprintf(stderr, "hinomi %s: %s%s%s\n", input->verb, path ? path : "", path ? ": " : "",
            fault->why ? fault->why : strerror(-error));
    return error == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
}

static int capture_begin(struct darknet_input *input, char **paths, int count)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned threads = input->threads ? input->threads : cores < 1 ? 1 : (unsigned)cores;
    struct fault fault = {0};
    char *path = NULL;
    if (threads > CAPTURE_TAPS)
        threads = CAPTURE_TAPS;
    int error = capture_open((const char *const *)paths, (size_t)count, threads, &input->capture,
                             &path, &fault);
    if (error) {
        int status = capture_failed(input, error, path, &fault);
        free(path);
        return status;
    }
    input->threads = threads;
    const char *why = NULL;
    if (input->filter && capture_filter(input->capture, input->filter, &why) != 0) {
        fprintf(stderr, "hinomi %s: --filter '%s': %s\n", input->verb, input->filter, why);
        capture_close(input->capture);
        return EXIT_USAGE;
    }
    for (unsigned i = 0; i < threads; i++)
        input->taps[i] = capture_tap(input->capture, i);
    return EXIT_OK;
}

static int live_begin(struct darknet_input *input)
{
    const struct live_options options = {
        .interface = input->interface,
        .taps = input->threads ? input->threads : 1,
        .ring = input->ring ? input->ring : DARKNET_RING,
        .filter = input->filter,
        .write = input->write,
    };
    char why[256] = "";
    int error = live_open(&options, &input->live, why);
    if (error) {
        fprintf(stderr, "hinomi %s: %s: %s\n", input->verb, input->interface,
                *why ? why : strerror(-error));
        return error == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
    }
    input->threads = options.taps;
    for (unsigned i = 0; i < options.taps; i++)
        input->taps[i] = live_tap(input->live, i);
    /* A large ring takes its time; what is sent before this line is not seen. */
    fprintf(stderr, "hinomi %s: listening on %s\n", input->verb, input->interface);
    return EXIT_OK;
}

int darknet_input_open(struct darknet_input *input, char **paths, int count)
{
    if (input->memory && input->memory < TELESCOPE_MEMORY_LEAST) {
        fprintf(stderr, "hinomi %s: --memory is at least 256M\n", input->verb);
        return EXIT_USAGE;
    }
    int status = darknet_read(input);
    if (status == EXIT_OK)
        status = darknet_who_open(&input->who, input->verb, input->scanners, input->geoip,
                                  input->config, &input->setup.configuration);
    if (status == EXIT_OK)
        status = input->interface ? live_begin(input) : capture_begin(input, paths, count);
    if (status != EXIT_OK)
        tables_finish(input);
    return status;
}

static void progress_show(void *context, uint64_t packets)
{
    struct darknet_input *input = context;
    uint64_t size = input->capture ? capture_size(input->capture) : 0;
    double part = size ? (double)capture_position(input->capture) / (double)size : -1;
    int64_t now = input->pulse ? time_ticks() : 0;
    progress_step(&input->progress, packets, part);
    if (!input->pulse || now - input->pulsed < TIME_SECOND)
        return;
    input->pulsed = now;
    input->pulse(input->pulse_context);
}

/* Of the command line, else of the configuration; NULL: every packet counts. */
static const struct prefix_table *darknet_of(const struct darknet_input *input)
{
    if (input->darknet_known)
        return &input->darknet;
    return input->setup.configuration.prefixes.count ? &input->setup.prefixes.telescope : NULL;
}

double darknet_input_addresses(const struct darknet_input *input)
{
    const struct prefix_table *darknet = darknet_of(input);
    return darknet ? (double)prefix_table_addresses(darknet) : 0;
}

int darknet_input_run(struct darknet_input *input, struct telescope_options *options,
                      struct telescope_result *ret_result)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (input->live && input->duration > 0) {
        struct itimerval timer = {.it_value = {.tv_sec = input->duration / TIME_SECOND,
                                               .tv_usec = input->duration % TIME_SECOND / 1000}};
        sigaction(SIGALRM, &action, NULL);
        setitimer(ITIMER_REAL, &timer, NULL);
    }
    options->taps = input->taps;
    options->tap_count = input->threads;
    options->darknet = darknet_of(input);
    if (input->setup.configuration.organisation_count) {
        options->members = &input->setup.prefixes.organisations;
        options->unused = &input->setup.prefixes.unused;
    }
    options->scanners = input->who.lists ? &input->who.lists->table : NULL;
    options->geography = input->who.geography;
    options->memory = input->memory;
    options->stop = &stop;
    options->progress = progress_show;
    options->progress_context = input;
    progress_begin(&input->progress, "packets");
    int error = telescope_run(options, ret_result);
    progress_end(&input->progress);
    return error;
}

/* What was damaged, a line a kind. */
static void faults_print(const struct darknet_input *input, const struct tap_counts *counts)
{
    for (int i = 0; i < PACKET_FAULT_COUNT; i++) {
        const struct tap_fault *fault = &counts->faults[i];
        if (fault->count == 0)
            continue;
        fprintf(stderr, "hinomi %s: %" PRIu64 " × %s; first in %s at byte %" PRIu64 "\n",
                input->verb, fault->count, packet_faults[i].text,
                fault->first_path ? fault->first_path : "the live capture", fault->first_offset);
    }
}

int darknet_input_close(struct darknet_input *input, const struct telescope_result *result,
                        int error)
{
    int status = EXIT_OK;
    faults_print(input, &result->taps);
    if (error) {
        fprintf(stderr, "hinomi %s: %s\n", input->verb, strerror(-error));
        status = EXIT_FAILED;
    }
    if (tap_counts_have(&result->taps, SEVERITY_file))
        status = EXIT_FAILED;
    if (result->evicted)
        fprintf(stderr,
                "hinomi %s: %" PRIu64 " sources were dropped to stay within --memory; those of"
                " many packets stayed, and none has sent %" PRIu64 " packets more than is told\n",
                input->verb, result->evicted, result->totals_missing + 1);
    if (result->taps.dropped)
        fprintf(stderr, "hinomi %s: the kernel dropped %" PRIu64 " packets: --ring may be larger\n",
                input->verb, result->taps.dropped);
    if (input->capture)
        capture_close(input->capture);
    int written = input->live ? live_close(input->live) : 0;
    if (written) {
        fprintf(stderr, "hinomi %s: %s: %s\n", input->verb, input->write, strerror(-written));
        status = EXIT_FAILED;
    }
    tables_finish(input);
    return status;
}
