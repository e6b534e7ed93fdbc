#include "show/darknet_table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "detect/darknet/ports.h"
#include "show/state.h"
#include "show/table.h"

#define YEAR_DAYS 365.25

/* A port of the ranking; surveys are left out of its packets, and shown beside. */
struct rank {
    uint16_t port;
    bool udp;
    uint64_t packets, sources, surveys;
    const char *iot;
};

static void line_end(struct report *report)
{
    buffer_put_char(&report->line, '\n');
    if (!report->line.failed)
        fwrite(report->line.at, 1, report->line.len, stdout);
    buffer_clear(&report->line);
}

static void unsigned_json(struct json *json, const char *key, uint64_t value)
{
    json_key(json, key), json_unsigned(json, value);
}

static void window_json(struct json *json, const struct telescope_window *window)
{
    const struct telescope_count *surveys = &window->classes[SOURCE_investigation];
    json_key(json, "first"), json_time(json, window->first);
    json_key(json, "last"), json_time(json, window->last);
    unsigned_json(json, "packets", window->packets);
    unsigned_json(json, "bytes", window->bytes);
    unsigned_json(json, "sources", window->sources);
    unsigned_json(json, "destinations", window->destinations);
    unsigned_json(json, "addresses", window->addresses);
    unsigned_json(json, "tcp", window->tcp);
    unsigned_json(json, "udp", window->udp);
    unsigned_json(json, "icmp", window->icmp);
    unsigned_json(json, "other", window->other);
    unsigned_json(json, "investigation_packets", surveys->packets);
    unsigned_json(json, "investigation_sources", surveys->sources);
    unsigned_json(json, "investigation_packets_by_behaviour",
                  window->told[TOLD_BY_BEHAVIOUR].packets);
    unsigned_json(json, "investigation_packets_by_list", window->told[TOLD_BY_LIST].packets);
    unsigned_json(json, "investigation_packets_by_both", window->told[TOLD_BY_BOTH].packets);
    unsigned_json(json, "excluded", window->excluded);
    unsigned_json(json, "late", window->late);
    unsigned_json(json, "evicted", window->evicted);
    unsigned_json(json, "source_packets_missing", window->missing);
}

void report_window(struct report *report, const struct telescope_window *window)
{
    telescope_window_add(&report->total, window);
    if (report->windows++ == 0)
        report->total.start = window->start;
    if (report->windows == 1) /* of one window the counts are exact */
        report->total.sources = window->sources, report->total.destinations = window->destinations;
    if (report->json) {
        struct json json = {.out = &report->line};
        json_object(&json);
        json_key_text(&json, "record", BYTES("window"));
        json_key(&json, "start"), json_time(&json, window->start);
        json_key(&json, "seconds"), json_double(&json, (double)window->length * 1e-9);
        window_json(&json, window);
        json_end_object(&json);
        line_end(report);
    }
}

/* --- the ranking of ports --- */

static int rank_compare(const void *a, const void *b)
{
    const struct rank *one = a, *other = b;
    if (one->packets != other->packets)
        return one->packets < other->packets ? 1 : -1;
    if (one->udp != other->udp)
        return one->udp ? 1 : -1;
    return one->port < other->port ? -1 : one->port > other->port;
}

static uint32_t ports_rank(const struct telescope_ports *ports, bool udp, struct rank *ranks)
{
    uint32_t count = 0;
    TELESCOPE_EACH_USED(i, &ports->used)
    {
        const struct telescope_port *port = &ports->at[i];
        if (port->packets > port->surveys)
            ranks[count++] = (struct rank){
                .port = (uint16_t)i,
                .udp = udp,
                .packets = port->packets - port->surveys,
                .sources = port->sources - port->survey_sources,
                .surveys = port->surveys,
                .iot = port_iot_reason((uint16_t)i, udp),
            };
    }
    return count;
}

/* All ports, most packets first; the caller's to free. NULL: out of memory. */
static struct rank *ranks_make(const struct telescope_window *total, uint32_t *ret_count)
{
    struct rank *ranks = malloc(2 * TELESCOPE_NUMBERS * sizeof(*ranks));
    if (!ranks)
        return NULL;
    uint32_t count = ports_rank(total->ports[0], false, ranks);
    count += ports_rank(total->ports[1], true, ranks + count);
    qsort(ranks, count, sizeof(*ranks), rank_compare);
    *ret_count = count;
    return ranks;
}

/* --- the table of NICTER's reports --- */

struct nicter {
    double days, packets, per_address, year_packets, year_per_address, iot_share;
};

/* Investigation scanners are left out, as the reports do; `iot_share` is that of the ranking. */
static struct nicter nicter_of(const struct telescope_window *total, const struct rank *ranks,
                               uint32_t count)
{
    struct nicter told = {.days = (double)(total->last - total->first) * 1e-9 / 86400};
    told.packets = (double)(total->packets - total->classes[SOURCE_investigation].packets);
    told.per_address = total->addresses ? told.packets / (double)total->addresses : 0;
    if (told.days > 0) {
        told.year_packets = told.packets / told.days * YEAR_DAYS;
        told.year_per_address = told.per_address / told.days * YEAR_DAYS;
    }
    double all = 0, iot = 0;
    for (uint32_t i = 0; i < count; i++) {
        all += (double)ranks[i].packets;
        iot += ranks[i].iot ? (double)ranks[i].packets : 0;
    }
    told.iot_share = all > 0 ? iot / all : 0;
    return told;
}

static void total_json(struct report *report, const struct telescope_result *result,
                       const struct nicter *told)
{
    struct json json = {.out = &report->line};
    json_object(&json);
    json_key_text(&json, "record", BYTES("total"));
    unsigned_json(&json, "windows", report->windows);
    window_json(&json, &report->total);
    json_key(&json, "days"), json_double(&json, told->days);
    json_key(&json, "packets_per_address"), json_double(&json, told->per_address);
    json_key(&json, "packets_per_year"), json_double(&json, told->year_packets);
    json_key(&json, "packets_per_address_and_year"), json_double(&json, told->year_per_address);
    json_key(&json, "iot_share"), json_number(&json, told->iot_share);
    unsigned_json(&json, "kept_source_packets_missing", result->totals_missing);
    unsigned_json(&json, "surveys_evicted", result->surveys_evicted);
    unsigned_json(&json, "records", result->taps.records);
    unsigned_json(&json, "not_ip", result->taps.other);
    unsigned_json(&json, "filtered", result->taps.filtered);
    unsigned_json(&json, "refused", result->taps.refused);
    unsigned_json(&json, "dropped", result->taps.dropped);
    json_end_object(&json);
    line_end(report);
}

static void count_json(struct report *report, const char *record, const char *name,
                       const struct telescope_count *count)
{
    struct json json = {.out = &report->line};
    if (count->packets == 0)
        return;
    json_object(&json);
    json_key_text(&json, "record", bytes_of(record));
    json_key_text(&json, record, bytes_of(name));
    unsigned_json(&json, "packets", count->packets);
    unsigned_json(&json, "source_windows", count->sources);
    json_end_object(&json);
    line_end(report);
}

static void rank_json(struct report *report, const struct rank *rank, uint32_t place)
{
    struct json json = {.out = &report->line};
    char name[16];
    int length = snprintf(name, sizeof(name), "%s/%u", rank->udp ? "udp" : "tcp", rank->port);
    json_object(&json);
    json_key_text(&json, "record", BYTES("port"));
    unsigned_json(&json, "rank", place);
    json_key_text(&json, "port", (struct bytes){name, (size_t)length});
    unsigned_json(&json, "packets", rank->packets);
    unsigned_json(&json, "source_windows", rank->sources);
    unsigned_json(&json, "investigation_packets", rank->surveys);
    json_key(&json, "share");
    json_number(&json, (double)rank->packets / (double)report->total.packets);
    if (rank->iot)
        json_key_text(&json, "iot", bytes_of(rank->iot));
    json_end_object(&json);
    line_end(report);
}

static void report_json(struct report *report, const struct telescope_result *result,
                        const struct nicter *told, const struct rank *ranks, uint32_t shown)
{
    total_json(report, result, told);
    for (int i = 0; i < SOURCE_CLASS_COUNT; i++)
        count_json(report, "class", source_class_names[i], &report->total.classes[i]);
    static const char *const kinds[] = {
#define X(name) #name,
        SOURCE_KINDS(X)
#undef X
    };
    for (int i = 0; i < SOURCE_KIND_COUNT; i++)
        count_json(report, "kind", kinds[i], &report->total.kinds[i]);
    static const char *const marks[] = {
#define X(name) #name,
        SOURCE_MARKS(X)
#undef X
    };
    for (int i = 0; i < MARK_COUNT; i++)
        count_json(report, "mark", marks[i], &report->total.marks[i]);
    for (uint32_t i = 0; i < shown; i++)
        rank_json(report, &ranks[i], i + 1);
}

static void cell_format(struct table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void cell_format(struct table *table, const char *format, ...)
{
    char text[64];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    table_cell(table, (struct bytes){text, (size_t)length}, TONE_PLAIN);
}

static void classes_print(const struct report *report)
{
    struct table table = {0};
    table_column(&table, "class", false);
    table_column(&table, "packets", true);
    table_column(&table, "share", true);
    table_column(&table, "sources × windows", true);
    for (int i = 0; i < SOURCE_CLASS_COUNT; i++) {
        const struct telescope_count *class = &report->total.classes[i];
        if (class->packets == 0)
            continue;
        cell_format(&table, "%s", source_class_names[i]);
        cell_format(&table, "%" PRIu64, class->packets);
        cell_format(&table, "%.1f %%",
                    100 * (double)class->packets / (double)report->total.packets);
        cell_format(&table, "%" PRIu64, class->sources);
    }
    table_print(&table, stdout);
    table_finish(&table);
}

static void ranks_print(const struct report *report, const struct rank *ranks, uint32_t shown)
{
    static const char *const titles[] = {"",        "port", "packets", "share", "sources × windows",
                                         "surveys", "IoT"};
    struct table table = {0};
    for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
        table_column(&table, titles[i], i != 1 && i != 6);
    for (uint32_t i = 0; i < shown; i++) {
        cell_format(&table, "%u", i + 1);
        cell_format(&table, "%s/%u", ranks[i].udp ? "udp" : "tcp", ranks[i].port);
        cell_format(&table, "%" PRIu64, ranks[i].packets);
        cell_format(&table, "%.1f %%",
                    100 * (double)ranks[i].packets / (double)report->total.packets);
        cell_format(&table, "%" PRIu64, ranks[i].sources);
        cell_format(&table, "%" PRIu64, ranks[i].surveys);
        table_cell(&table, bytes_of(ranks[i].iot), TONE_QUIET);
    }
    table_print(&table, stdout);
    table_finish(&table);
}

/* Per cent of the investigation scanners' packets. */
static double told_share(const struct telescope_window *total, enum telescope_told told)
{
    return 100 * (double)total->told[told].packets /
           (double)total->classes[SOURCE_investigation].packets;
}

static void report_print(const struct report *report, const struct nicter *told,
                         const struct rank *ranks, uint32_t shown)
{
    const struct telescope_window *total = &report->total;
    const struct telescope_count *surveys = &total->classes[SOURCE_investigation];
    char first[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE];
    struct bytes from = time_format(total->first, first), to = time_format(total->last, last);
    printf("%.*s to %.*s (%.3f days), %u windows\n", (int)from.len, from.at, (int)to.len, to.at,
           told->days, report->windows);
    printf("%" PRIu64 " packets (%" PRIu64 " TCP, %" PRIu64 " UDP, %" PRIu64 " ICMP, %" PRIu64
           " other) from %" PRIu64 " sources to %" PRIu64 " addresses\n",
           total->packets, total->tcp, total->udp, total->icmp, total->other, total->sources,
           total->destinations);
    printf("investigation scanners, left out of what follows: %" PRIu64 " packets of %" PRIu64
           " sources × windows\n",
           surveys->packets, surveys->sources);
    if (surveys->packets)
        printf(
            "of those packets, told by behaviour alone %.1f %%, by a list alone %.1f %%, by both "
            "%.1f %%\n",
            told_share(total, TOLD_BY_BEHAVIOUR), told_share(total, TOLD_BY_LIST),
            told_share(total, TOLD_BY_BOTH));
    putchar('\n');
    struct table table = {0};
    static const char *const titles[] = {"", "packets", "addresses", "packets per address"};
    for (int i = 0; i < 4; i++)
        table_column(&table, titles[i], i > 0);
    cell_format(&table, "observed");
    cell_format(&table, "%.0f", told->packets);
    cell_format(&table, "%" PRIu64, total->addresses);
    cell_format(&table, "%.1f", told->per_address);
    cell_format(&table, "scaled to a year");
    cell_format(&table, "%.3g", told->year_packets);
    cell_format(&table, "%" PRIu64, total->addresses);
    cell_format(&table, "%.0f", told->year_per_address);
    table_print(&table, stdout);
    table_finish(&table);
    putchar('\n');
    classes_print(report);
    printf("\nports of IoT malware: %.1f %% of the packets of the ports below\n",
           100 * told->iot_share);
    ranks_print(report, ranks, shown);
}

int report_end(struct report *report, const struct telescope_result *result)
{
    uint32_t count;
    if (report->windows > 1)
        telescope_window_count(&report->total);
    struct rank *ranks = ranks_make(&report->total, &count);
    if (!ranks)
        return -ENOMEM;
    uint32_t shown = count < report->top ? count : report->top;
    struct nicter told = nicter_of(&report->total, ranks, shown);
    if (report->json)
        report_json(report, result, &told, ranks, shown);
    else if (report->total.packets == 0)
        printf("no packet arrived in the telescope (%" PRIu64 " went elsewhere)\n",
               result->excluded);
    else
        report_print(report, &told, ranks, shown);
    free(ranks);
    return 0;
}
