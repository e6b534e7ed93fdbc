/* hinomi darknet report and watch: what arrived, from captures or from the wire. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "engine/contact_desk.h"
#include "engine/synchrony_desk.h"
#include "engine/telescope_store.h"
#include "show/darknet_input.h"
#include "show/darknet_table.h"
#include "show/verb.h"

/* At the end, notices that are under way have so long. */
#define NOTICE_PATIENCE (15 * TIME_SECOND)

struct telling {
    struct report report;
    struct telescope_store *store; /* NULL: nothing is stored */
    struct contact_desk *desk;     /* NULL: no organisations are known */
    bool notify;
    int pulse_error;
    const char *data;
    int64_t window;
    bool synchrony_wanted;
    struct synchrony_desk *synchrony; /* NULL: not looked for */
    const char *rule_name;
    enum episode_rule rule;
    struct episode_desk *episodes; /* NULL: nothing is stored */
};

static int sources_see(void *context, struct source_summary *sources, uint32_t count)
{
    struct telling *telling = context;
    return synchrony_desk_see(telling->synchrony, sources, count);
}

static int contacts_store(struct telling *telling)
{
    if (!telling->desk || !telling->store)
        return 0;
    return contact_desk_store(telling->desk, telescope_store_database(telling->store));
}

static int window_end(void *context, const struct telescope_window *window)
{
    struct telling *telling = context;
    report_window(&telling->report, window);
    if (telling->desk && window->length > 0)
        contact_desk_tick(telling->desk, window->start + window->length);
    int error = 0;
    if (telling->episodes)
        error = episode_desk_turn(telling->episodes, window->start + window->length);
    if (!error && telling->store)
        error = telescope_store_window(telling->store, window);
    if (!error)
        error = contacts_store(telling);
    if (!error && telling->synchrony)
        error = synchrony_desk_end(telling->synchrony, window->start, window->length);
    return error;
}

/* Between the windows' ends: whoever looks at the store sees news within a second. */
static void pulse(void *context)
{
    struct telling *telling = context;
    if (!telling->pulse_error)
        telling->pulse_error = contacts_store(telling);
    if (!telling->pulse_error && telling->synchrony)
        telling->pulse_error = synchrony_desk_look(telling->synchrony, false);
}

static int desk_begin(struct telling *telling, struct darknet_input *input)
{
    struct contact_desk_options options = {&input->setup.configuration, &input->setup.prefixes,
                                           telling->notify, input->interface != NULL};
    if (options.configuration->organisation_count == 0) {
        if (!telling->notify || input->interface)
            return EXIT_OK;
        fprintf(stderr, "hinomi %s: --notify wants --config with organisations\n", input->verb);
        return EXIT_USAGE;
    }
    int error = contact_desk_open(&options, &telling->desk);
    if (!error && input->interface && telling->store)
        error = contact_desk_restore(telling->desk, telescope_store_database(telling->store),
                                     time_now());
    if (error) {
        fprintf(stderr, "hinomi %s: contacts cannot be followed: %s\n", input->verb,
                strerror(-error));
        return EXIT_FAILED;
    }
    return EXIT_OK;
}

/* Notices go out, what they came to is stored, and people are told how many there were. */
static void desk_end(struct telling *telling, const char *verb)
{
    struct darknet_store *store = telling->store ? telescope_store_database(telling->store) : NULL;
    if (!telling->desk)
        return;
    struct contact_desk_counts counts = contact_desk_close(telling->desk, store, NOTICE_PATIENCE);
    telling->desk = NULL;
    fprintf(stderr, "hinomi %s: %" PRIu64 " contacts opened, %" PRIu64 " ended", verb,
            counts.opened, counts.ended);
    if (telling->notify)
        fprintf(stderr, "; notices: %" PRIu64 " delivered, %" PRIu64 " failed, %" PRIu64 " dropped",
                counts.notices.delivered, counts.notices.failed, counts.notices.dropped);
    if (counts.evicted)
        fprintf(stderr, "; %" PRIu64 " ended early, too many were open", counts.evicted);
    if (counts.lost)
        fprintf(stderr, "; %" PRIu64 " lost for want of memory", counts.lost);
    fputc('\n', stderr);
}

static int totals_store(void *context, const struct source_total *totals, uint32_t count)
{
    struct telling *telling = context;
    return telescope_store_totals(telling->store, totals, count);
}

static int store_begin(struct telling *telling, const struct darknet_input *input)
{
    if (!telling->data)
        return EXIT_OK;
    int error = telescope_store_open(telling->data, telling->window, &telling->store);
    if (!error && !input->interface)
        error = darknet_store_relax(telescope_store_database(telling->store));
    if (!error && telling->synchrony_wanted) {
        struct synchrony_desk_options options = {.hosts_most = SYNCHRONY_HOSTS,
                                                 .store = telescope_store_database(telling->store)};
        error = synchrony_desk_open(&options, &telling->synchrony);
    }
    if (!error)
        return EXIT_OK;
    fprintf(stderr, "hinomi %s: %s: %s\n", input->verb, telling->data,
            error == -EBUSY ? "another process writes there" : strerror(-error));
    return EXIT_FAILED;
}

static int episodes_write(void *context, struct darknet_store *database)
{
    struct telling *telling = context;
    return episode_desk_store(telling->episodes, database);
}

/* Attacks are followed wherever there is a store for them. */
static int episodes_begin(struct telling *telling, const struct darknet_input *input)
{
    if (!telling->store)
        return 0;
    telescope_store_beside(telling->store, episodes_write, telling);
    return episode_desk_open(telling->rule, input->threads, darknet_input_addresses(input),
                             &telling->episodes);
}

/* What had not ended ends with the input. */
static int episodes_end(struct telling *telling, const char *verb)
{
    if (!telling->episodes)
        return 0;
    struct darknet_store *store = telescope_store_database(telling->store);
    int error = episode_desk_end(telling->episodes);
    if (!error)
        error = darknet_store_begin(store);
    if (!error)
        error = episode_desk_store(telling->episodes, store);
    if (!error)
        error = darknet_store_commit(store);
    uint64_t evicted = episode_desk_counts(telling->episodes)->evicted;
    if (evicted)
        fprintf(stderr, "hinomi %s: %" PRIu64 " attacks of few packets gave way to others\n", verb,
                evicted);
    return error;
}

/* From the opened input to its end; closes it. */
static int telling_run(struct telling *telling, struct darknet_input *input)
{
    struct telescope_result result = {0};
    struct telescope_options options = {
        .window = telling->window, .window_end = window_end, .context = telling};
    if (telling->desk) {
        options.member = contact_desk_see;
        options.clock = contact_desk_clock;
        options.member_context = telling->desk;
    }
    options.sources = telling->synchrony ? sources_see : NULL;
    if (telling->store) {
        telescope_store_geography(telling->store, input->who.geography);
        options.totals = totals_store;
        options.totals_most = TELESCOPE_STORE_SOURCES;
    }
    input->pulse = telling->desk || telling->synchrony ? pulse : NULL;
    input->pulse_context = telling;
    int error = episodes_begin(telling, input);
    options.episodes = telling->episodes;
    if (!error)
        error = darknet_input_run(input, &options, &result);
    if (!error)
        error = episodes_end(telling, input->verb);
    if (!error && telling->synchrony)
        error = synchrony_desk_look(telling->synchrony, true);
    if (!error)
        error = telling->pulse_error;
    if (!error && telling->store)
        error = telescope_store_end(telling->store);
    if (error && telling->store && *telescope_store_error(telling->store))
        fprintf(stderr, "hinomi %s: %s\n", input->verb, telescope_store_error(telling->store));
    if (!error)
        error = report_end(&telling->report, &result);
    desk_end(telling, input->verb);
    return darknet_input_close(input, &result, error);
}

static int telling_main(struct telling *telling, struct darknet_input *input, char **paths,
                        int count)
{
    if (telling->window < TIME_SECOND || telling->window > TELESCOPE_WINDOW_MOST) {
        fprintf(stderr, "hinomi %s: --window is 1s to 366d\n", input->verb);
        return EXIT_USAGE;
    }
    if (telling->synchrony_wanted && (!telling->data || telling->window != TELESCOPE_WINDOW)) {
        fprintf(stderr, "hinomi %s: --synchrony wants --data, and windows of 10m\n", input->verb);
        return EXIT_USAGE;
    }
    if (telling->rule_name && !telling->data) {
        fprintf(stderr, "hinomi %s: --rule wants --data: attacks are kept there\n", input->verb);
        return EXIT_USAGE;
    }
    if (telling->rule_name && !darknet_rule_read(input->verb, telling->rule_name, &telling->rule))
        return EXIT_USAGE;
    if (telescope_window_open(&telling->report.total) != 0)
        return EXIT_FAILED;
    int status = store_begin(telling, input);
    if (status == EXIT_OK)
        status = darknet_input_open(input, paths, count);
    if (status == EXIT_OK) {
        status = desk_begin(telling, input);
        if (status == EXIT_OK)
            status = telling_run(telling, input);
        else
            (void)darknet_input_close(input, &(struct telescope_result){0}, 0);
    }
    synchrony_desk_close(telling->synchrony);
    episode_desk_close(telling->episodes);
    telescope_store_close(telling->store);
    telescope_window_finish(&telling->report.total);
    buffer_finish(&telling->report.line);
    return status;
}

#define TELLING_OPTIONS(telling)                                                                   \
    {"--data", OPTION_TEXT, &(telling)->data, "DIR", "store what is seen there, too"},             \
        OPTION_JSON(&(telling)->report.json),                                                      \
        {"--window", OPTION_DURATION, &(telling)->window, "DURATION", "(default 10m)"},            \
        {"--synchrony", OPTION_FLAG, &(telling)->synchrony_wanted, NULL,                           \
         "store, too, who moves together: see hinomi darknet synchrony"},                          \
        OPTION_RULE(&(telling)->rule_name),                                                        \
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
        {"--notify", OPTION_FLAG, &telling.notify, NULL,
         "tell the organisations of --config, as watch does"},
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
    "counted. With several --threads the kernel deals packets out by their source; --write wants\n"
    "one. Organisations of --config whose addresses reach the telescope are told at once, by\n"
    "webhook and mail. Needs the right to capture (CAP_NET_RAW).\n"
    "Exit status: 0, 1 when the interface or the store failed, 2 for a wrong command line.";

static const char watch_example[] =
    "hinomi darknet watch -i eth1 --config darknet.yaml --data store\n"
    "hinomi darknet watch -i eth1 --prefix 198.51.100.0/24 --for 1h --write hour.pcap --json";

int darknet_watch(int argc, char **argv)
{
    struct darknet_input input = DARKNET_INPUT("darknet watch");
    struct telling telling = {.report.top = 30, .window = TELESCOPE_WINDOW, .notify = true};
    int count, status;
    const struct option_entry entries[] = {
        {"-i", OPTION_TEXT, &input.interface, "INTERFACE", "where to capture"},
        {"--for", OPTION_DURATION, &input.duration, "DURATION", "how long (default: for ever)"},
        {"--write", OPTION_TEXT, &input.write, "FILE", "keep what is captured, as pcap"},
        {"--ring", OPTION_SIZE, &input.ring, "SIZE",
         "what the kernel may hold for a thread (default 256M)"},
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
