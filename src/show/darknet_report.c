/* hinomi darknet report and watch: what arrived, from captures or from the wire. */
#include <errno.h>
#include <stdio.h>

#include "engine/telescope_store.h"
#include "show/darknet_input.h"
#include "show/darknet_table.h"
#include "show/verb.h"

struct telling {
    struct report report;
    struct telescope_store *store; /* NULL: nothing is stored */
    const char *data;
    int64_t window;
};

static int window_end(void *context, const struct telescope_window *window)
{
    struct telling *telling = context;
    report_window(&telling->report, window);
    return telling->store ? telescope_store_window(telling->store, window) : 0;
}

static int totals_store(void *context, const struct source_total *totals, uint32_t count)
{
    struct telling *telling = context;
    return telescope_store_totals(telling->store, totals, count);
}

static int store_begin(struct telling *telling, const char *verb)
{
    if (!telling->data)
        return EXIT_OK;
    int error = telescope_store_open(telling->data, telling->window, &telling->store);
    if (!error)
        return EXIT_OK;
    fprintf(stderr, "hinomi %s: %s: %s\n", verb, telling->data,
            error == -EBUSY ? "another process writes there" : strerror(-error));
    return EXIT_FAILED;
}

/* From the opened input to its end; closes it. */
static int telling_run(struct telling *telling, struct darknet_input *input)
{
    struct telescope_result result = {0};
    struct telescope_options options = {
        .window = telling->window, .window_end = window_end, .context = telling};
    if (telling->store) {
        options.totals = totals_store;
        options.totals_most = TELESCOPE_STORE_SOURCES;
    }
    int error = darknet_input_run(input, &options, &result);
    if (!error && telling->store)
        error = telescope_store_end(telling->store);
    if (error && telling->store && *telescope_store_error(telling->store))
        fprintf(stderr, "hinomi %s: %s\n", input->verb, telescope_store_error(telling->store));
    if (!error)
        error = report_end(&telling->report, &result);
    return darknet_input_close(input, &result, error);
}

static int telling_main(struct telling *telling, struct darknet_input *input, char **paths,
                        int count)
{
    if (telling->window < TIME_SECOND || telling->window > TELESCOPE_WINDOW_MOST) {
        fprintf(stderr, "hinomi %s: --window is 1s to 366d\n", input->verb);
        return EXIT_USAGE;
    }
    if (telescope_window_open(&telling->report.total) != 0)
        return EXIT_FAILED;
    int status = store_begin(telling, input->verb);
    if (status == EXIT_OK)
        status = darknet_input_open(input, paths, count);
    if (status == EXIT_OK)
        status = telling_run(telling, input);
    telescope_store_close(telling->store);
    telescope_window_finish(&telling->report.total);
    buffer_finish(&telling->report.line);
    return status;
}

#define TELLING_OPTIONS(telling)                                                                   \
    {"--data", OPTION_TEXT, &(telling)->data, "DIR", "store what is seen there, too"},             \
        OPTION_JSON(&(telling)->report.json),                                                      \
        {"--window", OPTION_DURATION, &(telling)->window, "DURATION", "(default 10m)"},            \
    {                                                                                              \
        "--top", OPTION_COUNT, &(telling)->report.top, "N", "ports of the ranking (default 30)"    \
    }

static const char report_does[] =
    "Reads captures (pcap, pcapng; files, folders, - for standard input; gzip, zstd and xz as\n"
    "they are) of a telescope and says what arrived: packets, addresses, packets per address and\n"
    "year, classes of sources, the ranking of ports with the share of IoT malware's; surveys are\n"
    "left out and shown beside. With --data everything is stored there as well, window by window;\n"
    "reading the same captures again changes nothing. Captures that share a window belong into\n"
    "one command.\n"
    "Exit status: 0, 1 when a file is broken or the store failed, 2 for a wrong command line.";

static const char report_example[] =
    "hinomi darknet report darknet.pcap --prefix 198.51.100.0/24\n"
    "hinomi darknet report days/ --prefix 203.0.113.0/24 --exclude 203.0.113.7 --data store --json";

int darknet_report(int argc, char **argv)
{
    struct darknet_input input = DARKNET_INPUT("darknet report");
    struct telling telling = {.report.top = 30, .window = TELESCOPE_WINDOW};
    int count, status;
    const struct option_entry entries[] = {
        TELLING_OPTIONS(&telling),
        DARKNET_INPUT_OPTIONS(&input),
        {0},
    };
    const struct command command = {
        "darknet report", "FILE… [options]", report_does, report_example, entries, 1, -1};
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    return telling_main(&telling, &input, argv + 1, count);
}

static const char watch_does[] =
    "Captures from a network interface and says what 'hinomi darknet report' says, a window as\n"
    "it ends and the whole at the end: after --for, or at an interrupt. The same packets in a\n"
    "file, such as one made by --write, give the same output. What the kernel had to drop is\n"
    "counted. Needs the right to capture (CAP_NET_RAW).\n"
    "Exit status: 0, 1 when the interface or the store failed, 2 for a wrong command line.";

static const char watch_example[] =
    "hinomi darknet watch -i eth1 --prefix 198.51.100.0/24 --data store\n"
    "hinomi darknet watch -i eth1 --prefix 198.51.100.0/24 --for 1h --write hour.pcap --json";

int darknet_watch(int argc, char **argv)
{
    struct darknet_input input = DARKNET_INPUT("darknet watch");
    struct telling telling = {.report.top = 30, .window = TELESCOPE_WINDOW};
    int count, status;
    const struct option_entry entries[] = {
        {"-i", OPTION_TEXT, &input.interface, "INTERFACE", "where to capture"},
        {"--for", OPTION_DURATION, &input.duration, "DURATION", "how long (default: for ever)"},
        {"--write", OPTION_TEXT, &input.write, "FILE", "keep what is captured, as pcap"},
        {"--ring", OPTION_SIZE, &input.ring, "SIZE",
         "what the kernel may hold for us (default 256M)"},
        TELLING_OPTIONS(&telling),
        DARKNET_INPUT_OPTIONS(&input),
        {0},
    };
    const struct command command = {
        "darknet watch", "-i INTERFACE [options]", watch_does, watch_example, entries, 0, 0};
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (!input.interface) {
        fputs("hinomi darknet watch: it wants -i INTERFACE\n", stderr);
        return EXIT_USAGE;
    }
    return telling_main(&telling, &input, NULL, 0);
}
