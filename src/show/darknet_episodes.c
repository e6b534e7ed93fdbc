/* hinomi darknet episodes: attacks on others, as their victims' answers tell. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "engine/episode_rows.h"
#include "show/darknet_input.h"
#include "show/darknet_kept.h"
#include "show/table.h"
#include "show/verb.h"

struct episodes {
    const char *data, *rule_name;
    enum episode_rule rule;
    bool json, failed; /* failed: no memory for one more */
    struct episode *all;
    size_t count, room;
};

static void episode_keep(void *context, const struct episode *episode)
{
    struct episodes *episodes = context;
    if (episodes->count == episodes->room) {
        size_t room = episodes->room ? episodes->room * 2 : 256;
        struct episode *all = reallocarray(episodes->all, room, sizeof(*all));
        if (!all) {
            episodes->failed = true;
            return;
        }
        episodes->all = all;
        episodes->room = room;
    }
    episodes->all[episodes->count++] = *episode;
}

/* In the order in which they began; of those that began together, by victim and protocol. */
static int episode_compare(const void *a, const void *b)
{
    const struct episode *one = a, *other = b;
    if (one->start != other->start)
        return one->start < other->start ? -1 : 1;
    int victims = memcmp(&one->victim, &other->victim, sizeof(one->victim));
    return victims ? victims : one->protocol - other->protocol;
}

static void episode_json(const struct episodes *episodes, const struct episode *episode,
                         struct buffer *line)
{
    struct json json = {.out = line};
    char victim[IP_TEXT_SIZE], protocol[16];
    json_object(&json);
    json_key_text(&json, "victim_ip", ip_format(&episode->victim, victim));
    json_key_text(&json, "protocol", episode_protocol_text(episode->protocol, protocol));
    json_key(&json, "service");
    if (episode->has_service)
        json_unsigned(&json, episode->service);
    else
        json_null(&json);
    json_key(&json, "start"), json_time(&json, episode->start);
    json_key(&json, "end"), json_time(&json, episode->end);
    json_key(&json, "packets"), json_unsigned(&json, episode->packets);
    json_key(&json, "bytes"), json_unsigned(&json, episode->bytes);
    json_key(&json, "icmp_packets"), json_unsigned(&json, episode->icmp_kinds);
    json_key(&json, "destinations"), json_unsigned(&json, episode->destinations);
    json_key(&json, "peak_rate"), json_number(&json, episode->peak_rate);
    json_key(&json, "estimated_rate"), json_number(&json, episode->estimated_rate);
    json_key(&json, "estimated_low"), json_number(&json, episode->estimated_low);
    json_key(&json, "estimated_high"), json_number(&json, episode->estimated_high);
    json_key_text(&json, "rule", bytes_of(episode_rule_names[episodes->rule]));
    json_end_object(&json);
    buffer_put_char(line, '\n');
}

static int episodes_print_json(const struct episodes *episodes)
{
    struct buffer line = {0};
    for (size_t i = 0; i < episodes->count && !line.failed; i++) {
        buffer_clear(&line);
        episode_json(episodes, &episodes->all[i], &line);
        fwrite(line.at, 1, line.len, stdout);
    }
    int status = line.failed ? EXIT_FAILED : EXIT_OK;
    buffer_finish(&line);
    return status;
}

static void number_cell(struct table *table, double value)
{
    char text[48];
    int length = snprintf(text, sizeof(text), value >= 10 ? "%.0f" : "%.2f", value);
    table_cell(table, (struct bytes){text, (size_t)length}, TONE_PLAIN);
}

static void episodes_print_table(const struct episodes *episodes)
{
    static const char *const titles[] = {
        "victim",  "attacked",     "start",          "seconds",
        "packets", "destinations", "packets/s seen", "packets/s at the victim"};
    struct table table = {0};
    for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
        table_column(&table, titles[i], i >= 3);
    for (size_t i = 0; i < episodes->count; i++) {
        const struct episode *episode = &episodes->all[i];
        char victim[IP_TEXT_SIZE], name[16], port[16], service[40], start[TIME_TEXT_SIZE];
        struct bytes protocol = episode_protocol_text(episode->protocol, name);
        struct bytes number = episode_service_text(episode, port);
        int length = snprintf(service, sizeof(service), "%.*s%s%.*s", (int)protocol.len,
                              protocol.at, number.len ? "/" : "", (int)number.len, number.at);
        table_cell(&table, ip_format(&episode->victim, victim), TONE_STRONG);
        table_cell(&table, (struct bytes){service, (size_t)length}, TONE_PLAIN);
        int64_t second = episode->start - episode->start % TIME_SECOND;
        table_cell(&table, time_format(second, start), TONE_PLAIN);
        number_cell(&table, (double)(episode->end - episode->start) * 1e-9);
        number_cell(&table, (double)episode->packets);
        number_cell(&table, episode->destinations);
        number_cell(&table, episode->peak_rate);
        number_cell(&table, episode->estimated_rate);
    }
    if (episodes->count)
        table_print(&table, stdout);
    table_finish(&table);
    printf("%zu episodes by the rule '%s'\n", episodes->count, episode_rule_names[episodes->rule]);
}

/* All of them in one transaction; the same file again replaces its own rows. */
static int episodes_store(const struct episodes *episodes)
{
    struct darknet_store *store = NULL;
    int error = darknet_store_open(episodes->data, &store);
    if (error) {
        fprintf(stderr, "hinomi darknet episodes: %s: %s\n", episodes->data, strerror(-error));
        return EXIT_FAILED;
    }
    error = darknet_store_begin(store);
    for (size_t i = 0; !error && i < episodes->count; i++)
        error = episode_row_write(store, &episodes->all[i], episodes->rule);
    if (!error)
        error = darknet_store_commit(store);
    if (error)
        fprintf(stderr, "hinomi darknet episodes: %s\n", darknet_store_error(store));
    darknet_store_close(store);
    return error ? EXIT_FAILED : EXIT_OK;
}

/* Only what arrived in the telescope. */
static void packets_see(const struct darknet_input *input, struct episode_table *table,
                        const struct packets *packets)
{
    if (!input->darknet_known) {
        episode_see(table, packets);
        return;
    }
    for (uint32_t row = 0; row < packets->count; row++)
        if (prefix_table_find(&input->darknet, &packets->destination_ip[row]))
            episode_see_row(table, packets, row);
}

static int input_read(struct darknet_input *input, struct episode_table *table)
{
    struct packets *packets = calloc(1, sizeof(*packets));
    if (!packets)
        return -ENOMEM;
    uint64_t seen = 0, size = capture_size(input->capture);
    int status;
    progress_begin(&input->progress, "packets");
    while ((status = tap_read(input->taps[0], packets)) > 0) {
        packets_see(input, table, packets);
        seen += packets->count;
        double part = size ? (double)capture_position(input->capture) / (double)size : -1;
        progress_step(&input->progress, seen, part);
    }
    progress_end(&input->progress);
    free(packets);
    episode_end(table);
    return status;
}

static int episodes_result(struct episodes *episodes)
{
    int status = EXIT_OK;
    qsort(episodes->all, episodes->count, sizeof(*episodes->all), episode_compare);
    if (episodes->json)
        status = episodes_print_json(episodes);
    else
        episodes_print_table(episodes);
    if (status == EXIT_OK && episodes->data)
        status = episodes_store(episodes);
    return status;
}

static int episodes_read(struct episodes *episodes, struct darknet_input *input, char **paths,
                         int count)
{
    struct telescope_result result = {0};
    struct episode_table *table = NULL;
    int status = darknet_input_open(input, paths, count);
    if (status != EXIT_OK)
        return status;
    struct episode_options options = {
        .rule = episodes->rule,
        .addresses = input->darknet_known ? (double)prefix_table_addresses(&input->darknet) : 0,
        .found = episode_keep,
        .context = episodes};
    int error = episode_open(&options, &table);
    if (!error)
        error = input_read(input, table);
    if (!error && episodes->failed)
        error = -ENOMEM;
    if (table && episode_counts(table)->evicted)
        fprintf(stderr, "hinomi darknet episodes: %" PRIu64 " of few packets gave way to others\n",
                episode_counts(table)->evicted);
    episode_close(table);
    tap_counts_add(&result.taps, tap_counts(input->taps[0]));
    status = error ? EXIT_FAILED : episodes_result(episodes);
    int closed = darknet_input_close(input, &result, error);
    return status == EXIT_OK ? closed : status;
}

#define KEPT_WANTED " FROM darknet_episodes WHERE (?1 = '' OR rule = ?1)"
static const char kept_json[] =
    "SELECT victim_ip, protocol, iif(service = '', NULL, CAST(service AS INTEGER)) AS service,"
    " start AS \"start:time\", \"end\" AS \"end:time\", packets, destinations, peak_rate,"
    " estimated_rate, rule" KEPT_WANTED " ORDER BY start, victim_ip, protocol, rule LIMIT ?2";
static const char kept_table[] =
    "SELECT victim_ip AS victim, protocol || iif(service = '', '', '/' || service) AS attacked,"
    " start AS \"start:time\", (\"end\" - start) / 1000000000 AS seconds, packets, destinations,"
    " peak_rate AS \"packets/s seen\", estimated_rate AS \"packets/s at the victim\","
    " rule" KEPT_WANTED " ORDER BY start, victim_ip, protocol, rule LIMIT ?2";

/* Without FILE: what report, watch and this verb have stored; of one rule, or of both. */
static int episodes_kept(const struct episodes *episodes)
{
    const struct kept_question question = {
        .verb = "darknet episodes",
        .data = episodes->data ? episodes->data : OPTION_DATA_DEFAULT,
        .noun = "episodes",
        .count_sql = "SELECT count(*)" KEPT_WANTED,
        .json_sql = kept_json,
        .table_sql = kept_table,
        .arguments = {{.text = bytes_of(episodes->rule_name ? episodes->rule_name : "")},
                      {.number = -1}},
        .argument_count = 2,
    };
    return darknet_kept_print(&question, episodes->json);
}

static const char does[] =
    "Finds denial-of-service attacks on others in captures of a telescope: victims answer the\n"
    "forged addresses they are flooded from (SYN-ACK, RST, ICMP errors and replies, UDP from a\n"
    "service), and the telescope's part of the answers tells the rate of them all (Moore, Voelker\n"
    "and Savage, 2001). An episode ends after five minutes without an answer. The estimated rate\n"
    "is what the victim answered: what it was sent is that or more. Without FILE: the episodes "
    "that\n"
    "--data keeps, by whichever rule, or by --rule.";

static const char example[] =
    "hinomi darknet episodes darknet.pcap --prefix 198.51.100.0/24\n"
    "hinomi darknet episodes day.pcap.zst --prefix 198.18.0.0/15 --rule rsdos --json\n"
    "hinomi darknet episodes --data store";

int darknet_episodes(int argc, char **argv)
{
    struct darknet_input input = DARKNET_INPUT("darknet episodes");
    struct episodes episodes = {0};
    int count, status;
    const struct option_entry entries[] = {
        OPTION_JSON(&episodes.json),
        {"--prefix", OPTION_TEXT, &input.prefixes, "P[,P…]",
         "the telescope's prefixes; without them every packet counts and no rate is scaled"},
        {"--exclude", OPTION_TEXT, &input.exclusions, "P[,P…]",
         "addresses inside them that are in use"},
        {"--filter", OPTION_TEXT, &input.filter, "EXPRESSION",
         "only packets that pass it, in tcpdump's language"},
        OPTION_RULE(&episodes.rule_name),
        {"--data", OPTION_TEXT, &episodes.data, "DIR",
         "keep them in the store in DIR as well; without FILE: list those it keeps"},
        {0},
    };
    const struct command command = {
        "darknet episodes", "[FILE…] [options]", does, example, entries, 0, -1};
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (episodes.rule_name && !darknet_rule_read(input.verb, episodes.rule_name, &episodes.rule))
        return EXIT_USAGE;
    if (count == 0 && darknet_input_asked(&input)) {
        fprintf(stderr, "hinomi darknet episodes: without captures there is nothing to be said of"
                        " them: --data and --rule alone\n");
        return EXIT_USAGE;
    }
    if (count == 0)
        return episodes_kept(&episodes);
    input.threads = 1; /* a victim's answers come from routers as well: of any partition */
    status = episodes_read(&episodes, &input, argv + 1, count);
    free(episodes.all);
    return status;
}
