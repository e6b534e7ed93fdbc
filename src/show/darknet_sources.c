/* hinomi darknet sources: every source address, what it is and what it did. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "detect/darknet/classify.h"
#include "show/darknet_input.h"
#include "show/darknet_kept.h"
#include "show/state.h"
#include "show/table.h"
#include "show/verb.h"

struct sources {
    bool json;
    bool windowed; /* a line says its window */
    const struct darknet_input *input;
    struct buffer lines;
    struct source_summary *top; /* for people: a heap, the lightest in front */
    uint32_t top_count, top_most;
    uint64_t count;
};

/* Why it has its class: the rule, and the list that names it. */
static void verdict_json(struct json *json, const struct darknet_input *input,
                         const struct source_summary *source)
{
    uint32_t list = input->who.lists ? scanner_lists_find(input->who.lists, &source->address) : 0;
    double addresses = (double)prefix_table_addresses(&input->darknet);
    struct source_verdict verdict = source_classify(source, addresses, list != 0);
    json_key_text(json, "reason", bytes_of(source_reason_names[verdict.reason]));
    json_key(json, "surveys"), json_bool(json, verdict.surveys);
    if (list)
        json_key_text(json, "scanner_list", input->who.lists->names[list - 1]);
}

static void place_json(struct json *json, const struct geography *geography,
                       const struct ip *address)
{
    struct place place = geography_find(geography, address);
    json_key(json, "country");
    if (place.country[0])
        json_text(json, bytes_of(place.country));
    else
        json_null(json);
    json_key(json, "as"), json_unsigned(json, place.system);
}

static void source_json(struct sources *sources, const struct source_summary *source)
{
    struct json json = {.out = &sources->lines};
    char address[IP_TEXT_SIZE];
    json_object(&json);
    json_key_text(&json, "source_ip", ip_format(&source->address, address));
    json_key(&json, "packets"), json_unsigned(&json, source->packets);
    json_key(&json, "bytes"), json_unsigned(&json, source->bytes);
    json_key(&json, "first"), json_time(&json, source->first);
    json_key(&json, "last"), json_time(&json, source->last);
    json_key_text(&json, "class", bytes_of(source_class_names[source->class]));
    json_key(&json, "score"), json_number(&json, source->score);
    verdict_json(&json, sources->input, source);
    if (sources->input->who.geography)
        place_json(&json, sources->input->who.geography, &source->address);
    if (sources->windowed)
        json_key(&json, "window_start"), json_time(&json, source->window_start);
    json_key(&json, "source_port"), json_unsigned(&json, source->source_port);
    json_key(&json, "destination_port"), json_unsigned(&json, source->destination_port);
    for (int i = FEATURE_packets + 1; i < SOURCE_FEATURE_COUNT; i++)
        json_key(&json, source_feature_names[i]), json_double(&json, source->features[i]);
    json_key(&json, "coverage"), json_number(&json, source->coverage);
    json_key(&json, "incomplete"), json_bool(&json, source->incomplete);
    json_end_object(&json);
    buffer_put_char(&sources->lines, '\n');
}

/* Heavier first; of the same weight, the lower address. */
static int source_compare(const void *a, const void *b)
{
    const struct source_summary *one = a, *other = b;
    if (one->packets != other->packets)
        return one->packets < other->packets ? 1 : -1;
    return memcmp(&one->address, &other->address, sizeof(one->address));
}

static void heap_sink(struct source_summary *heap, uint32_t count, uint32_t at)
{
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && source_compare(&heap[child + 1], &heap[child]) > 0)
            child++;
        if (source_compare(&heap[child], &heap[at]) <= 0)
            return;
        struct source_summary swap = heap[at];
        heap[at] = heap[child];
        heap[child] = swap;
    }
}

static void source_top(struct sources *sources, const struct source_summary *source)
{
    struct source_summary *heap = sources->top;
    if (sources->top_count == sources->top_most) {
        if (source_compare(source, &heap[0]) >= 0)
            return;
        heap[0] = *source;
        heap_sink(heap, sources->top_count, 0);
        return;
    }
    heap[sources->top_count++] = *source;
    if (sources->top_count == sources->top_most)
        for (uint32_t at = sources->top_count / 2; at-- > 0;)
            heap_sink(heap, sources->top_count, at);
}

static int sources_see(void *context, struct source_summary *summaries, uint32_t count)
{
    struct sources *sources = context;
    sources->count += count;
    for (uint32_t i = 0; i < count; i++)
        if (sources->json)
            source_json(sources, &summaries[i]);
        else
            source_top(sources, &summaries[i]);
    if (sources->lines.failed)
        return -ENOMEM;
    if (sources->lines.len > 0)
        fwrite(sources->lines.at, 1, sources->lines.len, stdout);
    buffer_clear(&sources->lines);
    return 0;
}

static void number_cell(struct table *table, const char *format, double value)
{
    char text[32];
    int length = snprintf(text, sizeof(text), format, value);
    table_cell(table, (struct bytes){text, (size_t)length}, TONE_PLAIN);
}

static void sources_table(struct sources *sources)
{
    static const char *const titles[] = {"source",       "class", "score",      "packets",
                                         "destinations", "ports", "first port", "seconds"};
    struct table table = {0};
    for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
        table_column(&table, titles[i], i >= 2);
    qsort(sources->top, sources->top_count, sizeof(*sources->top), source_compare);
    for (uint32_t i = 0; i < sources->top_count; i++) {
        const struct source_summary *source = &sources->top[i];
        char address[IP_TEXT_SIZE];
        table_cell(&table, ip_format(&source->address, address), TONE_STRONG);
        table_cell(&table, bytes_of(source_class_names[source->class]), TONE_PLAIN);
        number_cell(&table, "%.2f", source->score);
        number_cell(&table, "%.0f", (double)source->packets);
        number_cell(&table, "%.0f", source->features[FEATURE_destinations]);
        number_cell(&table, "%.0f", source->features[FEATURE_destination_ports]);
        number_cell(&table, "%.0f", source->destination_port);
        number_cell(&table, "%.0f", (double)(source->last - source->first) * 1e-9);
    }
    table_print(&table, stdout);
    table_finish(&table);
    printf("%" PRIu64 " sources", sources->count);
    if (sources->count > sources->top_count)
        printf("; the %u that sent most are shown, --json shows all", sources->top_count);
    putchar('\n');
}

static int sources_read(struct sources *sources, struct darknet_input *input, int64_t window,
                        char **paths, int count)
{
    struct telescope_result result = {0};
    int status = darknet_input_open(input, paths, count);
    if (status != EXIT_OK)
        return status;
    sources->windowed = window > 0;
    sources->input = input;
    struct telescope_options options = {
        .window = window, .sources = sources_see, .context = sources};
    int error = darknet_input_run(input, &options, &result);
    if (!sources->json && !error)
        sources_table(sources);
    return darknet_input_close(input, &result, error);
}

/* The features are those of the source's busiest window. */
static const char kept_json[] =
    "SELECT source_ip, packets, bytes, first AS \"first:time\", last AS \"last:time\", class, "
    "score,"
    " country, source_port, destination_port, iif(json_valid(features_json), features_json, '{}')"
    " AS \"features:json\" FROM darknet_sources ORDER BY packets DESC, source_ip LIMIT ?1";
static const char kept_table[] =
    "SELECT source_ip AS source, class, score, packets, json_extract(features_json,"
    " '$.destinations') AS destinations, json_extract(features_json, '$.destination_ports') AS"
    " ports, destination_port AS \"first port\", (last - first) / 1000000000 AS seconds"
    " FROM darknet_sources ORDER BY packets DESC, source_ip LIMIT ?1";

/* Without FILE: what report and watch have stored. */
static int sources_kept(const struct sources *sources, const char *data)
{
    const struct kept_question question = {
        .verb = "darknet sources",
        .data = data ? data : OPTION_DATA_DEFAULT,
        .noun = "sources are kept; those that sent most are shown, --json shows all",
        .count_sql = "SELECT count(*) FROM darknet_sources",
        .json_sql = kept_json,
        .table_sql = kept_table,
        .arguments = {{.number = sources->json ? -1 : (int64_t)sources->top_most}},
        .argument_count = 1,
    };
    return darknet_kept_print(&question, sources->json);
}

static int sources_main(struct sources *sources, struct darknet_input *input, int64_t window,
                        char **paths, int count)
{
    sources->top = calloc(sources->top_most + 1, sizeof(*sources->top));
    if (!sources->top)
        return EXIT_FAILED;
    int status = sources_read(sources, input, window, paths, count);
    buffer_finish(&sources->lines);
    free(sources->top);
    return status;
}

static const char does[] =
    "Says of every source address in captures (pcap, pcapng; files, folders, - for standard\n"
    "input; gzip, zstd and xz as they are) what it is and what it did in the telescope: one JSON\n"
    "line a source in the order of addresses, or a table of those that sent most. The features\n"
    "are those of the whole input, or of each --window. Classes: scan, mirai, zmap, masscan,\n"
    "investigation, backscatter, icmp_backscatter, udp_scan, member, other. Without FILE: the\n"
    "sources that 'hinomi darknet report' and 'watch' keep in --data, most packets first, each\n"
    "with the class and the features of its busiest window.\n"
    "Exit status: 0, 1 when a file is broken or cannot be read, 2 for a wrong command line.";

static const char example[] =
    "hinomi darknet sources darknet.pcap --prefix 198.51.100.0/24 --json\n"
    "hinomi darknet sources day.pcap.zst --prefix 203.0.113.0/24,198.18.0.0/15 --window 10m "
    "--json\n"
    "hinomi darknet sources --data store --top 20";

int darknet_sources(int argc, char **argv)
{
    struct darknet_input input = DARKNET_INPUT("darknet sources");
    struct sources sources = {.top_most = 50};
    const char *data = NULL;
    int64_t window = 0;
    int count, status;
    const struct option_entry entries[] = {
        OPTION_DATA(&data),
        OPTION_JSON(&sources.json),
        DARKNET_INPUT_OPTIONS(&input),
        {"--window", OPTION_DURATION, &window, "DURATION",
         "a line for each source and window of this length (default: the whole input)"},
        {"--top", OPTION_COUNT, &sources.top_most, "N", "how many the table shows (default 50)"},
        {0},
    };
    const struct command command = {
        "darknet sources", "[FILE…] [options]", does, example, entries, 0, -1};
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (window > TELESCOPE_WINDOW_MOST || sources.top_most < 1 || sources.top_most > 100000) {
        fprintf(stderr, "hinomi darknet sources: --window is at most 366d, --top 1 to 100000\n");
        return EXIT_USAGE;
    }
    if (count == 0 ? darknet_input_asked(&input) || window != 0 : data != NULL) {
        fprintf(stderr, "hinomi darknet sources: it wants captures, with what is said of them, or"
                        " --data without\n");
        return EXIT_USAGE;
    }
    if (count == 0)
        return sources_kept(&sources, data);
    return sources_main(&sources, &input, window, argv + 1, count);
}
