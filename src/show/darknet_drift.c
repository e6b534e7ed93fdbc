/* hinomi darknet drift: what months do to a model of backscatter, in figures and as a picture. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "detect/darknet/drift.h"
#include "engine/drift_picture.h"
#include "engine/honeypot.h"
#include "show/darknet_input.h"
#include "show/state.h"
#include "show/table.h"
#include "show/verb.h"

struct drift_run {
    const char *data, *label_name;
    bool json, by_ports;
    uint32_t points;
    int64_t window;
    struct drift *drift;
    struct progress progress;
};

static int sources_see(void *context, struct source_summary *sources, uint32_t count)
{
    struct drift_run *run = context;
    for (uint32_t i = 0; i < count; i++) {
        enum backscatter_label label = run->by_ports ? backscatter_label_ports(&sources[i])
                                                     : backscatter_label_flags(&sources[i]);
        int error = drift_see(run->drift, &sources[i], label);
        if (error)
            return error;
    }
    return 0;
}

static void score_json(struct json *json, const struct drift_score *score)
{
    json_object(json);
    json_key(json, "hits"), json_unsigned(json, score->hits);
    json_key(json, "false_alarms"), json_unsigned(json, score->false_alarms);
    json_key(json, "misses"), json_unsigned(json, score->misses);
    json_key(json, "rejections"), json_unsigned(json, score->rejections);
    json_key(json, "precision"), json_number(json, drift_precision(score));
    json_key(json, "recall"), json_number(json, drift_recall(score));
    json_key(json, "f1"), json_number(json, drift_f1(score));
    json_end_object(json);
}

/* The first month has nothing frozen to say anything about. */
static bool model_spoke(const struct drift_score *score)
{
    return score->hits + score->false_alarms + score->misses + score->rejections > 0;
}

static int months_print_json(const struct drift_month *months, uint32_t count)
{
    struct buffer line = {0};
    for (uint32_t i = 0; i < count; i++) {
        struct json json = {.out = &line};
        json_object(&json);
        json_key_text(&json, "month", bytes_of(months[i].name));
        json_key(&json, "samples"), json_unsigned(&json, months[i].samples);
        json_key(&json, "backscatter"), json_unsigned(&json, months[i].backscatter);
        for (int model = 0; model < DRIFT_MODEL_COUNT; model++) {
            json_key(&json, drift_model_names[model]);
            if (model_spoke(&months[i].scores[model]))
                score_json(&json, &months[i].scores[model]);
            else
                json_null(&json);
        }
        json_end_object(&json);
        buffer_put_char(&line, '\n');
    }
    if (!line.failed && line.len)
        fwrite(line.at, 1, line.len, stdout);
    int status = line.failed ? EXIT_FAILED : EXIT_OK;
    buffer_finish(&line);
    return status;
}

static void number_cell(struct table *table, const char *format, double value)
{
    char text[48];
    int length = snprintf(text, sizeof(text), format, value);
    table_cell(table, (struct bytes){text, (size_t)length}, TONE_PLAIN);
}

static void months_print_table(const struct drift_month *months, uint32_t count)
{
    static const char *const titles[] = {
        "month",          "samples",         "backscatter",      "F1 learning on",
        "frozen a month", "frozen at first", "line learning on", "line frozen"};
    struct table table = {0};
    for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
        table_column(&table, titles[i], i > 0);
    for (uint32_t i = 0; i < count; i++) {
        table_cell(&table, bytes_of(months[i].name), TONE_STRONG);
        number_cell(&table, "%.0f", (double)months[i].samples);
        number_cell(&table, "%.0f", (double)months[i].backscatter);
        for (int model = 0; model < DRIFT_MODEL_COUNT; model++)
            if (model_spoke(&months[i].scores[model]))
                number_cell(&table, "%.3f", drift_f1(&months[i].scores[model]));
            else
                table_cell(&table, BYTES("–"), TONE_QUIET);
    }
    if (count)
        table_print(&table, stdout);
    table_finish(&table);
}

static void honeypot_progress(void *context, uint64_t packets, double part)
{
    struct drift_run *run = context;
    progress_step(&run->progress, packets, part);
}

static int honeypot_run(struct drift_run *run, const char *path)
{
    struct honeypot_options options = {.path = path,
                                       .window = run->window,
                                       .sources = sources_see,
                                       .progress = honeypot_progress,
                                       .context = run};
    struct honeypot_counts counts = {0};
    struct fault fault;
    progress_begin(&run->progress, "packets");
    int error = honeypot_read(&options, &counts, &fault);
    progress_end(&run->progress);
    if (error) {
        fprintf(stderr, "hinomi darknet drift: %s: %s: %s\n", path, fault.why, strerror(-error));
        return EXIT_FAILED;
    }
    if (counts.refused)
        fprintf(stderr,
                "hinomi darknet drift: %s: %" PRIu64 " lines could not be read, the first is"
                " line %" PRIu64 "\n",
                path, counts.refused, counts.first_refused);
    return EXIT_OK;
}

static int captures_run(struct drift_run *run, struct darknet_input *input, char **paths, int count)
{
    struct telescope_result result = {0};
    int status = darknet_input_open(input, paths, count);
    if (status != EXIT_OK)
        return status;
    struct telescope_options options = {
        .window = run->window, .sources = sources_see, .context = run};
    int error = darknet_input_run(input, &options, &result);
    return darknet_input_close(input, &result, error);
}

static void picture_progress(void *context, uint32_t iteration)
{
    struct drift_run *run = context;
    progress_step(&run->progress, iteration, (double)iteration / DRIFT_PICTURE_ITERATIONS);
}

/* The points, laid out, into the store for the console. */
static int picture_make(struct drift_run *run)
{
    struct darknet_store *store = NULL;
    const struct drift_point *points;
    int error = darknet_store_open(run->data, &store);
    if (error) {
        fprintf(stderr, "hinomi darknet drift: %s: %s\n", run->data, strerror(-error));
        return EXIT_FAILED;
    }
    progress_begin(&run->progress, "iterations");
    error = drift_picture_store(run->drift, store, picture_progress, run);
    progress_end(&run->progress);
    if (error == -EINVAL)
        fprintf(stderr, "hinomi darknet drift: %zu points are too many for one picture\n",
                drift_points(run->drift, &points));
    else if (error)
        fprintf(stderr, "hinomi darknet drift: %s: %s\n", run->data,
                error == -EIO ? darknet_store_error(store) : strerror(-error));
    darknet_store_close(store);
    return error ? EXIT_FAILED : EXIT_OK;
}

static int drift_run(struct drift_run *run, struct darknet_input *input, char **paths, int count)
{
    bool honeypot = count == 1 && honeypot_recognise(paths[0]);
    const struct drift_month *months;
    run->by_ports = run->label_name ? strcmp(run->label_name, "ports") == 0 : honeypot;
    if (drift_open(run->points, &run->drift) != 0) {
        fprintf(stderr, "hinomi darknet drift: --points is at most %d\n", DRIFT_POINTS);
        return EXIT_USAGE;
    }
    int status = honeypot ? honeypot_run(run, paths[0]) : captures_run(run, input, paths, count);
    uint32_t month_count = drift_months(run->drift, &months);
    if (status != EXIT_USAGE) {
        if (!run->json)
            months_print_table(months, month_count);
        else if (months_print_json(months, month_count) != EXIT_OK)
            status = EXIT_FAILED;
    }
    if (status == EXIT_OK && run->data)
        status = picture_make(run);
    return status;
}

static const char does[] =
    "Asks models of backscatter about every source and window, by the seventeen features alone,\n"
    "before telling them what flags and ports say it was; and scores them month by month: the\n"
    "evolving clustering that learns on, the same frozen at the end of the month before and of "
    "the\n"
    "first month, and a linear model both ways. Reads captures, or a honeypot's log of packets as\n"
    "comma-separated values (datetime,host,src,proto,type,spt,dpt), which has no flags: its\n"
    "labels are ICMP 3, 11, 0, TCP from 80, 443, 22 and UDP from 53. With --data, samples of all\n"
    "months are laid out by t-SNE for the console's picture, instead of the one it had.";

static const char example[] =
    "hinomi darknet drift honeypots.csv.gz --window 1d --data hinomi-data\n"
    "hinomi darknet drift 2026-01.pcap.zst 2026-02.pcap.zst --prefix 198.18.0.0/15 --json";

int darknet_drift(int argc, char **argv)
{
    struct darknet_input input = DARKNET_INPUT("darknet drift");
    struct drift_run run = {.points = 2000, .window = TIME_DAY};
    int count, status;
    const struct option_entry entries[] = {
        OPTION_JSON(&run.json),
        DARKNET_INPUT_OPTIONS(&input),
        {"--window", OPTION_DURATION, &run.window, "DURATION",
         "a sample is a source's packets in a window of this length (default 1d)"},
        {"--label", OPTION_TEXT, &run.label_name, "flags|ports",
         "what tells the label (default: flags of captures, ports of logs)"},
        {"--data", OPTION_TEXT, &run.data, "DIR", "lay out the picture, for the store in DIR"},
        {"--points", OPTION_COUNT, &run.points, "N",
         "samples of each month in the picture (default 2000, at most 20000)"},
        {0},
    };
    const struct command command = {
        "darknet drift", "FILE… [options]", does, example, entries, 1, -1};
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    bool label = !run.label_name || strcmp(run.label_name, "ports") == 0 ||
                 strcmp(run.label_name, "flags") == 0;
    if (!label || run.window < TIME_SECOND || run.window > TELESCOPE_WINDOW_MOST) {
        fprintf(stderr, "hinomi darknet drift: --label is flags or ports, --window 1s to 366d\n");
        return EXIT_USAGE;
    }
    status = drift_run(&run, &input, argv + 1, count);
    drift_close(run.drift);
    return status;
}
