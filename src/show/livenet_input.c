#include "show/livenet_input.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "observe/packet/capture.h"
#include "observe/stream.h"
#include "show/verb.h"

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

void livenet_stop_arm(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool livenet_stopped(void)
{
    return stop;
}

static int failed(const struct livenet_input *input, const char *what, const char *why)
{
    fprintf(stderr, "hinomi %s: %s%s%s\n", input->verb, what ? what : "", what ? ": " : "", why);
    return EXIT_FAILED;
}

static int inside_read(struct livenet_input *input)
{
    size_t most = 1;
    for (const char *c = input->inside; *c; c++)
        most += *c == ',';
    input->units = calloc(most, sizeof(*input->units));
    if (!input->units)
        return failed(input, NULL, strerror(ENOMEM));
    for (struct bytes rest = bytes_of(input->inside); rest.len;) {
        const char *comma = memchr(rest.at, ',', rest.len);
        struct bytes text = {rest.at, comma ? (size_t)(comma - rest.at) : rest.len};
        struct prefix prefix;
        if (prefix_parse(text, &prefix) != 0) {
            fprintf(stderr, "hinomi %s: '%.*s' is no prefix, such as 192.168.0.0/16\n", input->verb,
                    (int)text.len, text.at);
            return EXIT_USAGE;
        }
        input->units[input->unit_count++] = text;
        int error = prefix_table_add(&input->prefixes, &prefix, input->unit_count);
        if (error)
            return failed(input, NULL, strerror(-error));
        rest = bytes_from(rest, text.len + 1);
    }
    return prefix_table_freeze(&input->prefixes) ? failed(input, NULL, strerror(ENOMEM)) : EXIT_OK;
}

int livenet_input_open(struct livenet_input *input,
                       int (*flow)(void *context, const struct flow *flow), void *context)
{
    int status = input->inside ? inside_read(input) : EXIT_OK;
    if (status != EXIT_OK)
        return status;
    if (input->window < TIME_SECOND) {
        failed(input, NULL, "--window is at least a second");
        return EXIT_USAGE;
    }
    struct livenet_options options = {.folder = input->data,
                                      .window = input->window,
                                      .exports = input->exports,
                                      .inside = input->inside ? &input->prefixes : NULL,
                                      .units = input->units,
                                      .flow = flow,
                                      .context = context};
    int error = livenet_create(&options, &input->livenet);
    return error ? failed(input, input->data,
                          error == -EBUSY ? "another process writes there" : strerror(-error))
                 : EXIT_OK;
}

int livenet_faults_print(const struct livenet_input *input, const struct tap_counts *counts)
{
    for (int i = 0; i < PACKET_FAULT_COUNT; i++) {
        const struct tap_fault *fault = &counts->faults[i];
        if (fault->count)
            fprintf(stderr, "hinomi %s: %" PRIu64 " × %s; first in %s at byte %" PRIu64 "\n",
                    input->verb, fault->count, packet_faults[i].text,
                    fault->first_path ? fault->first_path : "the live capture",
                    fault->first_offset);
    }
    return tap_counts_have(counts, SEVERITY_file) ? EXIT_FAILED : EXIT_OK;
}

static int tap_drain(struct livenet_input *input, struct capture *capture)
{
    struct tap *tap = capture_tap(capture, 0);
    struct packets *packets = calloc(1, sizeof(*packets));
    int error = packets ? 0 : -ENOMEM, more = 0;
    while (!error && !stop && (more = tap_read(tap, packets)) > 0) {
        error = livenet_packets(input->livenet, packets);
        input->packets += packets->count;
        uint64_t size = capture_size(capture);
        progress_step(&input->progress, input->packets,
                      size ? (double)capture_position(capture) / (double)size : -1);
    }
    free(packets);
    if (!error && more < 0)
        error = more;
    return error ? error : livenet_flush(input->livenet);
}

static void log_faults_print(const struct livenet_input *input, const char *path,
                             const struct flow_log_counts *counts)
{
    if (counts->refused)
        fprintf(stderr, "hinomi %s: %s: %" PRIu64 " of %" PRIu64 " records: %s", input->verb, path,
                counts->refused, counts->read, counts->why);
    if (counts->refused && counts->first_line)
        fprintf(stderr, ", first in line %" PRIu64, counts->first_line);
    if (counts->refused)
        fputc('\n', stderr);
    if (counts->damaged)
        fprintf(stderr, "hinomi %s: %s: %" PRIu64 " × %s; first at byte %" PRIu64 "\n", input->verb,
                path, counts->damaged, counts->first_damage.why, counts->first_damage.offset);
}

/* The log at a path, or of a stream that is open already. */
static int log_read(struct livenet_input *input, const char *path, struct stream *stream)
{
    struct flow_log_counts counts;
    struct fault fault;
    int error = stream ? flow_log_read_stream(stream, livenet_flow, input->livenet, &counts, &fault)
                       : flow_log_read(path, livenet_flow, input->livenet, &counts, &fault);
    log_faults_print(input, path, &counts);
    if (error)
        failed(input, path, fault.why ? fault.why : strerror(-error));
    if (livenet_flush(input->livenet))
        return failed(input, path, livenet_error(input->livenet));
    return error || counts.damaged ? EXIT_FAILED : EXIT_OK;
}

/* Captures of the path, then the logs that lie between them. */
static int capture_read(struct livenet_input *input, struct capture *capture)
{
    const char *why = NULL;
    int status = EXIT_OK;
    if (input->filter && capture_filter(capture, input->filter, &why)) {
        failed(input, input->filter, why);
        return EXIT_USAGE;
    }
    int error = tap_drain(input, capture);
    if (error)
        status = failed(input, livenet_error(input->livenet), strerror(-error));
    if (livenet_faults_print(input, tap_counts(capture_tap(capture, 0))) != EXIT_OK)
        status = EXIT_FAILED;
    const struct capture_file *file;
    for (size_t i = 0; (file = capture_file(capture, i)) && !stop; i++)
        if (file->skipped && log_read(input, file->path, NULL) != EXIT_OK)
            status = EXIT_FAILED;
    return status;
}

/* What comes there once is told by its first bytes. */
static int standard_input_read(struct livenet_input *input)
{
    struct stream *stream = NULL;
    struct capture *capture = NULL;
    int error = stream_open(STDIN_FILENO, &stream);
    if (error)
        return failed(input, "-", strerror(-error));
    error = capture_open_stream(stream, &capture);
    int status = !error              ? capture_read(input, capture)
                 : error == -ENOTSUP ? log_read(input, "-", stream)
                                     : failed(input, "-", strerror(-error));
    if (error)
        stream_close(stream);
    capture_close(capture);
    return status;
}

static int path_read(struct livenet_input *input, const char *path)
{
    if (strcmp(path, "-") == 0)
        return standard_input_read(input);
    struct capture *capture = NULL;
    struct fault fault = {0};
    char *bad_path = NULL;
    int error = capture_open(&path, 1, 1, &capture, &bad_path, &fault);
    free(bad_path);
    if (error == -ENOTSUP)
        return log_read(input, path, NULL);
    if (error)
        return failed(input, path, strerror(-error));
    int status = capture_read(input, capture);
    capture_close(capture);
    return status;
}

int livenet_input_read(struct livenet_input *input, char **paths, int count)
{
    int status = EXIT_OK;
    livenet_stop_arm();
    progress_begin(&input->progress, "packets");
    for (int i = 0; i < count && !stop; i++) {
        int one = path_read(input, paths[i]);
        status = one == EXIT_OK ? status : one;
    }
    progress_end(&input->progress);
    return status;
}

void livenet_input_close(struct livenet_input *input)
{
    livenet_destroy(input->livenet);
    prefix_table_finish(&input->prefixes);
    free(input->units);
}
