/* hinomi darknet synchrony: windows in which the darknet's visitors move together. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "engine/synchrony_desk.h"
#include "learn/graphical_lasso.h"
#include "show/darknet_input.h"
#include "show/state.h"
#include "show/table.h"
#include "show/verb.h"

enum { SHOWN = 50 };

/* What the table says of a window. */
struct told {
    int64_t start;
    uint32_t hosts, group_hosts;
    uint16_t group_port;
    bool alert;
    double density, ratio;
};

struct watching {
    bool json;
    struct synchrony_desk *desk;
    struct darknet_store *store; /* NULL: nothing is stored */
    struct buffer line;
    struct told told[SHOWN]; /* for people: alerts first, then the largest groups */
    uint32_t told_count;
    uint64_t windows, judged, alerts, late;
};

static int sources_see(void *context, struct source_summary *sources, uint32_t count)
{
    struct watching *watching = context;
    return synchrony_desk_see(watching->desk, sources, count);
}

static void put_key(struct watching *watching, struct json *json, const char *key,
                    void (*put)(const struct synchrony_window *, struct buffer *),
                    const struct synchrony_window *window)
{
    json_key(json, key);
    put(window, &watching->line);
    json->comma = true;
}

static void groups_json(struct json *json, const struct synchrony_window *window)
{
    json_array(json);
    for (uint32_t g = 0; g < window->group_count; g++) {
        json_object(json);
        json_key(json, "hosts"), json_unsigned(json, window->groups[g].hosts);
        json_key(json, "port"), json_unsigned(json, window->groups[g].port);
        json_key(json, "port_hosts"), json_unsigned(json, window->groups[g].port_hosts);
        json_end_object(json);
    }
    json_end_array(json);
}

static void window_json(struct watching *watching, const struct synchrony_window *window)
{
    struct json json = {.out = &watching->line};
    json_object(&json);
    json_key(&json, "start"), json_time(&json, window->start);
    json_key(&json, "hosts"), json_unsigned(&json, window->hosts);
    json_key(&json, "hosts_seen"), json_unsigned(&json, window->hosts_seen);
    json_key(&json, "judged"), json_bool(&json, window->judged);
    json_key(&json, "alert"), json_bool(&json, window->alert);
    json_key(&json, "density"), json_number(&json, synchrony_density(window));
    json_key(&json, "ratio"), json_number(&json, synchrony_ratio(window));
    put_key(watching, &json, "densities", synchrony_put_densities, window);
    json_key(&json, "group_share"), json_number(&json, window->series[SYNCHRONY_GROUP]);
    json_key(&json, "group_alert"), json_bool(&json, window->alerts[SYNCHRONY_GROUP]);
    json_key(&json, "newcomers"), json_unsigned(&json, window->newcomers);
    json_key(&json, "newcomers_port"), json_unsigned(&json, window->newcomers_port);
    json_key(&json, "newcomers_alert"), json_bool(&json, window->alerts[SYNCHRONY_NEWCOMERS]);
    json_key(&json, "groups"), groups_json(&json, window);
    put_key(watching, &json, "ports", synchrony_put_ports, window);
    put_key(watching, &json, "graph", synchrony_put_graph, window);
    json_key(&json, "late_alerts"), json_array(&json);
    for (uint32_t i = 0; i < window->late_count; i++)
        json_time(&json, window->late[i]);
    json_end_array(&json);
    put_key(watching, &json, "explanation", synchrony_put_explanation, window);
    json_end_object(&json);
    buffer_put_char(&watching->line, '\n');
    if (!watching->line.failed)
        fwrite(watching->line.at, 1, watching->line.len, stdout);
    buffer_clear(&watching->line);
}

/* Alerts before others, larger groups before smaller, earlier before later. */
static int told_compare(const void *a, const void *b)
{
    const struct told *one = a, *other = b;
    if (one->alert != other->alert)
        return one->alert ? -1 : 1;
    if (one->group_hosts != other->group_hosts)
        return one->group_hosts < other->group_hosts ? 1 : -1;
    return one->start < other->start ? -1 : one->start > other->start;
}

static void window_tell(struct watching *watching, const struct synchrony_window *window)
{
    struct told told = {.start = window->start,
                        .hosts = window->hosts,
                        .alert = window->alert,
                        .density = synchrony_density(window),
                        .ratio = synchrony_ratio(window)};
    if (window->group_count) {
        told.group_hosts = window->groups[0].hosts;
        told.group_port = window->groups[0].port;
    }
    if (watching->told_count < SHOWN)
        watching->told[watching->told_count++] = told;
    else if (told_compare(&told, &watching->told[SHOWN - 1]) < 0)
        watching->told[SHOWN - 1] = told;
    qsort(watching->told, watching->told_count, sizeof(told), told_compare);
}

static void told(void *context, const struct synchrony_window *window)
{
    struct watching *watching = context;
    watching->windows++;
    watching->judged += window->judged;
    watching->alerts += window->alert;
    watching->late += window->late_count;
    if (watching->json)
        window_json(watching, window);
    else
        window_tell(watching, window);
}

static int window_end(void *context, const struct telescope_window *window)
{
    struct watching *watching = context;
    return synchrony_desk_end(watching->desk, window->start, window->length);
}

static void cell(struct table *table, const char *format, double value)
{
    char text[64];
    int length = snprintf(text, sizeof(text), format, value);
    table_cell(table, (struct bytes){text, (size_t)length}, TONE_PLAIN);
}

static void watching_print(const struct watching *watching)
{
    static const char *const titles[] = {"window", "",        "hosts",  "density",
                                         "ratio",  "in step", "to port"};
    struct table table = {0};
    for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
        table_column(&table, titles[i], i >= 2);
    for (uint32_t i = 0; i < watching->told_count; i++) {
        const struct told *told = &watching->told[i];
        char start[TIME_TEXT_SIZE];
        table_cell(&table, time_format(told->start, start), TONE_PLAIN);
        table_cell(&table, bytes_of(told->alert ? "alert" : ""), TONE_STRONG);
        cell(&table, "%.0f", told->hosts);
        cell(&table, "%.4f", told->density);
        cell(&table, "%.3f", told->ratio);
        cell(&table, "%.0f", told->group_hosts);
        cell(&table, told->group_hosts ? "%.0f" : "", told->group_port);
    }
    table_print(&table, stdout);
    table_finish(&table);
    printf("%" PRIu64 " windows, %" PRIu64 " of them with three days before to compare with, "
           "%" PRIu64 " alerts, and %" PRIu64 " seen to be alerts only later\n",
           watching->windows, watching->judged, watching->alerts, watching->late);
}

static int desk_begin(struct watching *watching, const char *data, uint32_t hosts)
{
    int error = data ? darknet_store_open(data, &watching->store) : 0;
    struct synchrony_desk_options options = {
        .hosts_most = hosts, .store = watching->store, .told = told, .context = watching};
    if (!error)
        error = synchrony_desk_open(&options, &watching->desk);
    if (!error)
        return EXIT_OK;
    fprintf(stderr, "hinomi darknet synchrony: %s%s%s\n", data ? data : "", data ? ": " : "",
            error == -EBUSY ? "another process writes there" : strerror(-error));
    return EXIT_FAILED;
}

static int synchrony_run(struct watching *watching, struct darknet_input *input, char **paths,
                         int count)
{
    struct telescope_result result = {0};
    int status = darknet_input_open(input, paths, count);
    if (status != EXIT_OK)
        return status;
    struct telescope_options options = {.window = TELESCOPE_WINDOW,
                                        .sources = sources_see,
                                        .window_end = window_end,
                                        .context = watching};
    int error = darknet_input_run(input, &options, &result);
    if (!error)
        error = synchrony_desk_look(watching->desk, true);
    if (!error && watching->line.failed)
        error = -ENOMEM;
    if (error && watching->store)
        fprintf(stderr, "hinomi darknet synchrony: %s\n", darknet_store_error(watching->store));
    if (!error && !watching->json)
        watching_print(watching);
    return darknet_input_close(input, &result, error);
}

static const char does[] =
    "Looks, in windows of ten minutes, for hosts (/16, of IPv6 /32) whose TCP packets come at the "
    "same times:\n"
    "machines that run the same malware. The graphical lasso tells how many pairs are tied, for\n"
    "six strengths; a window whose density, or whose largest group in step, stands out from the\n"
    "three days before is an alert (Han et al., IEICE 2020), so the first three days have none.\n"
    "With --data the windows are stored, and the three days taken up from where they ended.\n"
    "Exit status: 0, 1 when a file is broken or the store failed, 2 for a wrong command line.";

static const char example[] =
    "hinomi darknet synchrony days/ --prefix 203.0.113.0/24 --data store\n"
    "hinomi darknet synchrony week.pcap.zst --prefix 198.18.0.0/15 --json";

int darknet_synchrony(int argc, char **argv)
{
    struct darknet_input input = DARKNET_INPUT("darknet synchrony");
    struct watching watching = {0};
    const char *data = NULL;
    uint32_t hosts = SYNCHRONY_HOSTS;
    int count, status;
    const struct option_entry entries[] = {
        {"--data", OPTION_TEXT, &data, "DIR", "store what is seen there, too"},
        OPTION_JSON(&watching.json),
        DARKNET_INPUT_OPTIONS(&input),
        {"--hosts", OPTION_COUNT, &hosts, "N", "compare the N busiest, 20 to 4096 (default 1000)"},
        {0},
    };
    const struct command command = {
        "darknet synchrony", "FILE… [options]", does, example, entries, 1, -1};
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (hosts < SYNCHRONY_HOSTS_LEAST || hosts > GRAPHICAL_LASSO_NODES) {
        fputs("hinomi darknet synchrony: --hosts is 20 to 4096\n", stderr);
        return EXIT_USAGE;
    }
    status = desk_begin(&watching, data, hosts);
    if (status == EXIT_OK)
        status = synchrony_run(&watching, &input, argv + 1, count);
    synchrony_desk_close(watching.desk);
    darknet_store_close(watching.store);
    buffer_finish(&watching.line);
    return status;
}
