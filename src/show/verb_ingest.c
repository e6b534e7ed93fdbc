#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "engine/engine.h"
#include "show/options.h"
#include "show/samples.h"
#include "show/verb.h"

enum { EXIT_STOPPED = 130 };

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

/* The first signal asks for a clean end; the second one ends the process at once. */
static void signals_catch(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* --- for machines --- */

static void line_print(struct buffer *line)
{
    buffer_put_char(line, '\n');
    if (!line->failed)
        fwrite(line->at, 1, line->len, stdout);
    buffer_finish(line);
}

static void counts_json(struct json *json, uint64_t read, uint64_t kept, uint64_t refused,
                        uint64_t late)
{
    json_key(json, "read"), json_unsigned(json, read);
    json_key(json, "kept"), json_unsigned(json, kept);
    json_key(json, "refused"), json_unsigned(json, refused);
    json_key(json, "late"), json_unsigned(json, late);
}

static void place_json(struct json *json, const char *why, uint64_t offset, uint64_t line)
{
    json_key_text(json, "why", bytes_of(why));
    json_key(json, "offset"), json_unsigned(json, offset);
    json_key(json, "line"), json_unsigned(json, line);
}

static void reasons_json(struct json *json, const struct source_counts *counts)
{
    json_key(json, "reasons"), json_array(json);
    for (uint32_t i = 0; i < counts->reason_count; i++) {
        const struct refusal *reason = &counts->reasons[i];
        json_object(json);
        place_json(json, reason->why, reason->first_offset, reason->first_line);
        json_key(json, "count"), json_unsigned(json, reason->count);
        json_end_object(json);
    }
    json_end_array(json);
}

static const char *clock_name(enum source_clock clock)
{
    return clock == CLOCK_SOURCE ? "source" : "collector";
}

static void source_json(void *context, const struct engine_source *source)
{
    struct buffer line = {0};
    struct json json = {.out = &line};
    (void)context;
    json_object(&json);
    json_key_text(&json, "source", bytes_of(source->path));
    json_key_text(&json, "format", bytes_of(source->format));
    json_key_text(&json, "status", bytes_of(source->status));
    counts_json(&json, source->counts.read, source->counts.kept, source->counts.refused,
                source->late);
    json_key_text(&json, "clock", bytes_of(clock_name(source->clock)));
    json_key(&json, "clock_disagreements");
    json_unsigned(&json, source->counts.clock_disagreements);
    reasons_json(&json, &source->counts);
    if (source->error) {
        const char *why = source->fault.why ? source->fault.why : strerror(-source->error);
        json_key(&json, "error"), json_object(&json);
        place_json(&json, why, source->fault.offset, source->fault.line);
        json_end_object(&json);
    }
    json_end_object(&json);
    line_print(&line);
}

static double rate(const struct engine_result *result)
{
    return result->seconds > 0 ? (double)result->kept / result->seconds : 0;
}

static void total_json(const struct engine_result *result)
{
    struct buffer line = {0};
    struct json json = {.out = &line};
    json_object(&json);
    json_key(&json, "total"), json_bool(&json, true);
    json_key(&json, "sources"), json_unsigned(&json, result->sources);
    json_key(&json, "failed"), json_unsigned(&json, result->sources_failed);
    counts_json(&json, result->read, result->kept, result->refused, result->late);
    json_key(&json, "findings"), json_unsigned(&json, result->findings);
    json_key(&json, "cases"), json_unsigned(&json, result->cases);
    json_key(&json, "seconds"), json_number(&json, result->seconds);
    json_key(&json, "events_per_second"), json_number(&json, rate(result));
    json_key(&json, "stopped"), json_bool(&json, result->stopped);
    json_end_object(&json);
    line_print(&line);
}

/* --- for people --- */

/* The end of a long path says more than its beginning. */
static void source_table(void *context, const struct engine_source *source)
{
    uint32_t *lines = context;
    const struct source_counts *counts = &source->counts;
    size_t len = strlen(source->path);
    if ((*lines)++ == 0)
        printf("%-40s %-12s %-12s %10s %10s %8s %8s\n", "source", "format", "", "read", "kept",
               "refused", "late");
    printf("%s%-*s %-12s %-12s %10llu %10llu %8llu %8llu\n", len > 40 ? "…" : "",
           len > 40 ? 39 : 40, len > 40 ? source->path + len - 39 : source->path, source->format,
           source->status, (unsigned long long)counts->read, (unsigned long long)counts->kept,
           (unsigned long long)counts->refused, (unsigned long long)source->late);
    for (uint32_t i = 0; i < counts->reason_count; i++) {
        const struct refusal *reason = &counts->reasons[i];
        printf("  refused %llu: %s, first at byte %llu", (unsigned long long)reason->count,
               reason->why, (unsigned long long)reason->first_offset);
        if (reason->first_line)
            printf(", line %llu", (unsigned long long)reason->first_line);
        putchar('\n');
    }
    if (counts->clock_disagreements)
        printf("  two clocks: ordered by the %s's; %llu records disagree with it\n",
               clock_name(source->clock), (unsigned long long)counts->clock_disagreements);
    if (strcmp(source->status, "already read") == 0)
        printf("  already read, nothing new\n");
}

static void total_table(const struct engine_result *result)
{
    printf("%llu events kept of %llu read (%llu refused) from %u source%s",
           (unsigned long long)result->kept, (unsigned long long)result->read,
           (unsigned long long)result->refused, result->sources, result->sources == 1 ? "" : "s");
    if (result->sources_failed)
        printf(", %u failed", result->sources_failed);
    printf("; %llu findings, %llu new cases; %.1f s, %.0f events/s\n",
           (unsigned long long)result->findings, (unsigned long long)result->cases, result->seconds,
           rate(result));
}

static int outcome(const struct engine_options *options, const struct engine_result *result,
                   int error)
{
    if (result->stopped) {
        fprintf(stderr,
                "hinomi: stopped; what was read is in %s, and the same command goes on "
                "from there\n",
                options->folder);
        return error ? EXIT_FAILED : EXIT_STOPPED;
    }
    return error || result->sources_failed ? EXIT_FAILED : EXIT_OK;
}

static const char does[] =
    "Reads endpoint events from files, folders (every file below them) or standard input (-),\n"
    "keeps them, learns the normal state of the hosts and says what leaves it. NDJSON in Elastic\n"
    "Common Schema, Windows events as JSON, and EVTX are recognised; gzip, zstd and xz are read\n"
    "as they are. A file that was read before is not read twice; one that grew is read on. What\n"
    "was interrupted goes on where it was when the same command is given again.\n"
    "Exit status: 0, 1 when a source or the store failed, 2 for a wrong command line.";

static const char example[] = "hinomi ingest --learn week1/\n"
                              "hinomi ingest --learn-until 2024-05-08T00:20:00Z h3.ndjson.zst\n"
                              "zcat events.gz | hinomi ingest --format ecs -";

static bool format_is_known(const char *format)
{
    for (const char *const *known = source_formats; *known; known++)
        if (strcmp(*known, format) == 0)
            return true;
    fprintf(stderr, "hinomi ingest: there is no format '%s'; there are:", format);
    for (const char *const *known = source_formats; *known; known++)
        fprintf(stderr, " %s", *known);
    fputc('\n', stderr);
    return false;
}

/* False after a message on stderr. */
static bool options_allowed(const struct engine_options *options)
{
    if (options->batch_rows > BATCH_ROWS)
        fprintf(stderr, "hinomi ingest: --batch-rows is at most %d\n", BATCH_ROWS);
    else if (options->memory && options->memory < ENGINE_MEMORY_LEAST)
        fprintf(stderr, "hinomi ingest: --memory is at least 512M\n");
    else
        return !options->format || format_is_known(options->format);
    return false;
}

int verb_ingest(int argc, char **argv)
{
    bool json = false, samples = false;
    int count, status;
    uint32_t lines = 0;
    struct engine_options options = {
        .folder = OPTION_DATA_DEFAULT, .lateness = -1, .checkpoint_interval = -1, .stop = &stop};
    struct engine_result result = {0};
    options.settings = (struct settings){.budget = -1, .learn_until = TIME_NONE};
    const struct option_entry entries[] = {
        OPTION_DATA(&options.folder),
        OPTION_JSON(&json),
        {"--format", OPTION_TEXT, &options.format, "NAME", "force the format of every source"},
        {"--learn", OPTION_FLAG, &options.settings.learn_all, NULL,
         "take the whole input as normal: learn, say nothing"},
        {"--learn-until", OPTION_TIME, &options.settings.learn_until, "TIME",
         "learn up to this event time, watch from there"},
        {"--budget", OPTION_NUMBER, &options.settings.budget, "X",
         "cases per host and day people can read (default 0.05)"},
        {"--memory", OPTION_SIZE, &options.memory, "SIZE",
         "bound on memory (default 2G, at least 512M)"},
        {"--lateness", OPTION_DURATION, &options.lateness, "DURATION",
         "how far out of order records may be (default 30s)"},
        {"--shards", OPTION_COUNT, &options.shards, "N", "detector threads (default: the cores)"},
        {"--batch-rows", OPTION_COUNT, &options.batch_rows, "N", "rows at a time (default 4096)"},
        {"--checkpoint", OPTION_DURATION, &options.checkpoint_interval, "DURATION",
         "between checkpoints, at least (default 2s, more where they are costly)"},
        {"--samples", OPTION_FLAG, &samples, NULL,
         "take the files as samples, not as logs: as hinomi sample PATH…"},
        {"--no-store", OPTION_FLAG, &options.no_store, NULL, "keep nothing: for measuring"},
        {0},
    };
    const struct command command = {"ingest", "PATH… [options]", does, example, entries, 1, -1};
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (samples) {
        const struct sample_desk_options desk = {.folder = options.folder};
        return samples_take(&desk, argv + 1, count, json);
    }
    if (!options_allowed(&options))
        return EXIT_USAGE;
    options.paths = (const char **)argv + 1;
    options.path_count = (uint32_t)count;
    options.progress = !json;
    options.tell = json ? source_json : source_table;
    options.context = &lines;
    signals_catch();
    int error = engine_run(&options, &result);
    if (json)
        total_json(&result);
    else if (result.sources)
        total_table(&result);
    return outcome(&options, &result, error);
}
