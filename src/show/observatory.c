#include "show/observatory.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

#include "base/time.h"
#include "model/observation.h"
#include "show/state.h"
#include "store/darknet.h"
#include "store/darknet_counts.h"

#define X(table, definition) "CREATE TABLE " #table " " definition ";\n"
static const struct state_file darknet_file = {"darknet.db", DARKNET_TABLES(X),
                                               darknet_counts_register};
#undef X

bool observatory_there(const char *data)
{
    return state_file_there(data, &darknet_file);
}

int observatory_open(const char *data, struct sqlite3 **ret_db)
{
    return state_file_open(data, &darknet_file, ret_db);
}

int now_json(struct sqlite3 *db, struct json *json)
{
    return first_row_json(
        db, json,
        "SELECT w.start + w.length AS \"newest:time\", w.packets, w.sources,"
        " w.length / 1000000000 AS length,"
        " (SELECT count(*) FROM darknet_contacts WHERE state <> 'ended') AS contacts_open"
        " FROM (SELECT 1) LEFT JOIN (SELECT * FROM darknet_windows"
        "   ORDER BY start + length DESC, length LIMIT 1) w",
        NULL, 0);
}

/* ---- windows ----------------------------------------------------------------------- */

/* ?1 length, ?2 how many windows. */
#define SHOWN                                                                                      \
    "WITH w AS MATERIALIZED (SELECT * FROM darknet_windows WHERE length = ?1"                      \
    " ORDER BY start DESC LIMIT ?2) "

static int64_t length_choose(struct sqlite3 *db, int64_t seconds)
{
    if (seconds > 0)
        return seconds > INT64_MAX / TIME_SECOND ? INT64_MAX : seconds * TIME_SECOND;
    return number_of(db,
                     "SELECT length FROM (SELECT length, count(*) AS n FROM darknet_windows"
                     " GROUP BY length) ORDER BY n <= 300 DESC, iif(n <= 300, length, -length)"
                     " LIMIT 1",
                     NULL, 0, 0);
}

/*
 * The strongest of a kind, each with its packets in every window, oldest first.
 * The windows lead the join: the counts are found by their key, not by a scan.
 */
static const char counts_sql[] =
    SHOWN ", c AS MATERIALIZED (SELECT c.start, c.name, c.packets, c.sources FROM w"
          " CROSS JOIN darknet_counts c ON c.length = w.length AND c.start = w.start"
          " AND c.kind = ?3),"
          " n AS (SELECT name, sum(packets) AS packets, max(sources) AS sources FROM c"
          "  GROUP BY name ORDER BY 2 DESC, 1 LIMIT ?4),"
          " s AS (SELECT n.name, n.packets, n.sources, w.start, coalesce(c.packets, 0) AS value"
          "  FROM n CROSS JOIN w LEFT JOIN c ON c.start = w.start AND c.name = n.name"
          "  ORDER BY n.packets DESC, n.name, w.start)"
          " SELECT name, packets, sources, json_group_array(value) AS \"values:json\" FROM s"
          " GROUP BY packets, name ORDER BY packets DESC, name";

static const char windows_sql[] =
    SHOWN "SELECT start AS \"start:time\", packets, bytes, sources, destinations, tcp, udp, icmp,"
          " other, investigation_packets, investigation_sources, excluded, evicted"
          " FROM w ORDER BY start";

static const char totals_sql[] =
    SHOWN "SELECT count(*) AS windows, min(start) AS \"since:time\","
          " max(start) + ?1 AS \"until:time\", coalesce(sum(packets), 0) AS packets,"
          " coalesce(sum(bytes), 0) AS bytes, coalesce(max(sources), 0) AS sources_most,"
          " coalesce(max(addresses), 0) AS addresses, coalesce(sum(tcp), 0) AS tcp,"
          " coalesce(sum(udp), 0) AS udp, coalesce(sum(icmp), 0) AS icmp,"
          " coalesce(sum(other), 0) AS other,"
          " coalesce(sum(investigation_packets), 0) AS investigation_packets,"
          " coalesce(max(investigation_sources), 0) AS investigation_sources_most,"
          " coalesce(sum(excluded), 0) AS excluded, coalesce(sum(evicted), 0) AS evicted,"
          " (SELECT count(*) FROM darknet_sources) AS sources_known FROM w";

static int counts_json(struct sqlite3 *db, struct argument *shown, struct json *json)
{
    static const struct {
        const char *kind, *key;
        int64_t most;
    } kinds[] = {{"port", "ports", 12}, {"class", "classes", 16},     {"mark", "marks", 8},
                 {"flags", "flags", 8}, {"country", "countries", 12}, {"as", "systems", 12}};
    int error = 0;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !error; i++) {
        shown[2] = (struct argument){.text = bytes_of(kinds[i].kind)};
        shown[3] = (struct argument){.number = kinds[i].most};
        json_key(json, kinds[i].key);
        error = rows_json(db, json, counts_sql, shown, 4);
    }
    return error;
}

int overview_json(struct sqlite3 *db, int64_t length, int64_t windows, struct json *json)
{
    struct argument shown[4] = {{.number = length_choose(db, length)}, {.number = windows}};
    int error;

    json_object(json);
    json_key(json, "lengths");
    error = rows_json(db, json,
                      "SELECT length / 1000000000 AS length, count(*) AS windows"
                      " FROM darknet_windows GROUP BY darknet_windows.length ORDER BY 1",
                      NULL, 0);
    json_key(json, "length");
    json_integer(json, shown[0].number / TIME_SECOND);
    json_key(json, "totals");
    if (!error)
        error = first_row_json(db, json, totals_sql, shown, 2);
    json_key(json, "windows");
    if (!error)
        error = rows_json(db, json, windows_sql, shown, 2);
    if (!error)
        error = counts_json(db, shown, json);
    json_end_object(json);
    return error;
}

/* ---- where from -------------------------------------------------------------------- */

static const char space_sql[] =
    SHOWN "SELECT c.name, sum(c.packets) AS packets, max(c.sources) AS sources FROM w"
          " CROSS JOIN darknet_counts c ON c.length = w.length AND c.start = w.start"
          " AND c.kind = 'prefix' GROUP BY c.name ORDER BY 2 DESC, 1 LIMIT ?3";

/* Where no prefix was counted: the sources' own, the first two octets of an IPv4 address. */
static const char space_sources_sql[] =
    "SELECT a || '.' || substr(rest, 1, instr(rest, '.') - 1) || '.0.0/16' AS name,"
    " sum(packets) AS packets, count(*) AS sources"
    " FROM (SELECT substr(source_ip, 1, instr(source_ip, '.') - 1) AS a,"
    "  substr(source_ip, instr(source_ip, '.') + 1) AS rest, packets FROM darknet_sources"
    "  WHERE source_ip NOT LIKE '%:%' LIMIT ?1) GROUP BY 1 ORDER BY 2 DESC, 1";

int space_json(struct sqlite3 *db, int64_t length, int64_t windows, struct json *json)
{
    struct argument shown[] = {
        {.number = length_choose(db, length)}, {.number = windows}, {.number = SPACE_CELLS}};
    struct argument most = {.number = SPACE_SOURCES};
    bool counted = number_of(db,
                             SHOWN "SELECT EXISTS (SELECT 1 FROM w CROSS JOIN darknet_counts c"
                                   " ON c.length = w.length AND c.start = w.start"
                                   " AND c.kind = 'prefix')",
                             shown, 2, 0) == 1;
    int error;

    json_object(json);
    json_key(json, "counted");
    json_bool(json, counted);
    json_key(json, "cells");
    error = counted ? rows_json(db, json, space_sql, shown, 3)
                    : rows_json(db, json, space_sources_sql, &most, 1);
    json_end_object(json);
    return error;
}

/* ---- sources ----------------------------------------------------------------------- */

/*
 * All texts of addresses that begin with the prefix's whole octets stand between
 * "198.51." and "198.51/", as '/' follows '.': the primary key finds them.
 */
struct text_range {
    char from[64], to[64];
};

static bool range_of_prefix(struct bytes prefix, struct text_range *ret_range)
{
    char address[48], text[IP_TEXT_SIZE];
    const char *slash = prefix.len ? memchr(prefix.at, '/', prefix.len) : NULL;
    size_t len = slash ? (size_t)(slash - prefix.at) : prefix.len;
    struct ip ip;

    if (len >= sizeof address || !ip_parse((struct bytes){prefix.at, len}, &ip))
        return false;
    struct bytes shown = ip_format(&ip, text);
    snprintf(address, sizeof address, "%.*s", (int)shown.len, shown.at);
    if (!slash) {
        snprintf(ret_range->from, sizeof ret_range->from, "%s", address);
        snprintf(ret_range->to, sizeof ret_range->to, "%s ", address);
        return true;
    }
    struct bytes bits = bytes_from(prefix, len + 1);
    int dots = bytes_equal(bits, BYTES("8"))    ? 1
               : bytes_equal(bits, BYTES("16")) ? 2
               : bytes_equal(bits, BYTES("24")) ? 3
                                                : 0;
    if (!dots || strchr(address, ':'))
        return false;
    char *end = address;
    for (int i = 0; i < dots; i++)
        end = strchr(end + (i > 0), '.');
    snprintf(ret_range->from, sizeof ret_range->from, "%.*s.", (int)(end - address), address);
    snprintf(ret_range->to, sizeof ret_range->to, "%.*s/", (int)(end - address), address);
    return true;
}

#define SOURCE_SELECT                                                                              \
    "SELECT source_ip, first AS \"first:time\", last AS \"last:time\", packets, bytes, class,"     \
    " score, destination_port, source_port, country"
#define SOURCE_WANTED                                                                              \
    " FROM darknet_sources WHERE source_ip >= ?1 AND source_ip < ?2 AND (?3 = '' OR class = ?3)"   \
    " AND (?4 < 0 OR destination_port = ?4)"

static const char *source_order(struct bytes order)
{
    return order.len == 0 || bytes_equal(order, BYTES("packets")) ? SOURCE_SELECT SOURCE_WANTED
               " ORDER BY packets DESC, source_ip LIMIT ?5 OFFSET ?6"
           : bytes_equal(order, BYTES("last")) ? SOURCE_SELECT SOURCE_WANTED
               " ORDER BY last DESC, source_ip LIMIT ?5 OFFSET ?6"
           : bytes_equal(order, BYTES("score")) ? SOURCE_SELECT SOURCE_WANTED
               " ORDER BY score DESC, source_ip LIMIT ?5 OFFSET ?6"
                                                : NULL;
}

int sources_json(struct sqlite3 *db, const struct sources_wanted *wanted, struct json *json)
{
    struct text_range range = {"", "\x7f"};
    const char *sql = source_order(wanted->order);
    int error;

    if (!sql || (wanted->prefix.len && !range_of_prefix(wanted->prefix, &range)))
        return -EINVAL;
    const struct argument arguments[] = {{.text = bytes_of(range.from)},
                                         {.text = bytes_of(range.to)},
                                         {.text = wanted->class.at ? wanted->class : BYTES("")},
                                         {.number = wanted->port},
                                         {.number = wanted->limit},
                                         {.number = wanted->offset}};
    json_object(json);
    json_key(json, "sources");
    error = rows_json(db, json, sql, arguments, 6);
    json_key(json, "total");
    json_integer(json, number_of(db, "SELECT count(*)" SOURCE_WANTED, arguments, 4, 0));
    json_end_object(json);
    return error;
}

int source_json(struct sqlite3 *db, struct bytes address, struct json *json)
{
    const struct argument argument = {.text = address};
    int error;

    if (number_of(db, "SELECT 1 FROM darknet_sources WHERE source_ip = ?1", &argument, 1, 0) != 1)
        return -ENOENT;
    json_object(json);
    json_key(json, "source");
    error =
        first_row_json(db, json,
                       SOURCE_SELECT ", iif(json_valid(features_json), features_json, '{}') AS"
                                     " \"features:json\" FROM darknet_sources WHERE source_ip = ?1",
                       &argument, 1);
    json_key(json, "episodes");
    if (!error)
        error = rows_json(db, json,
                          "SELECT protocol, service, start AS \"start:time\", \"end\" AS"
                          " \"end:time\", packets, estimated_rate, rule FROM darknet_episodes"
                          " WHERE victim_ip = ?1 ORDER BY start DESC LIMIT 50",
                          &argument, 1);
    json_key(json, "contacts");
    if (!error)
        error = rows_json(db, json,
                          "SELECT id, organisation, kind, state, first AS \"first:time\", packets"
                          " FROM darknet_contacts WHERE source_ip = ?1 ORDER BY first DESC"
                          " LIMIT 50",
                          &argument, 1);
    json_end_object(json);
    return error;
}
