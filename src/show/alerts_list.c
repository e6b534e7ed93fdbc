/* hinomi alerts list, show, decide: groups of alerts, their members, and what people say. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "show/alerts_bursts.h"
#include "show/alerts_groups.h"
#include "show/options.h"
#include "show/verb.h"

static int failed(const char *verb, struct alerts_store *store)
{
    fprintf(stderr, "hinomi alerts %s: %s\n", verb,
            store ? alerts_store_error(store) : "out of memory");
    alerts_store_close(store);
    return EXIT_FAILED;
}

/* ---- list ---------------------------------------------------------------------------- */

/* How rows of a kind are told. */
struct telling {
    void (*columns)(struct table *table);
    void (*row)(struct sqlite3_stmt *row, struct table *table);
    void (*json)(struct sqlite3_stmt *row, struct json *json);
};

static const struct telling groups_telling = {groups_table, group_row, group_json};
static const struct telling bursts_telling = {bursts_table, burst_row, burst_json};

/* Rows as JSON lines, or into the table. */
static int rows_tell(const struct telling *how, struct sqlite3_stmt *rows, struct table *table,
                     uint64_t *ret_count)
{
    struct buffer line = {0};
    int step;
    *ret_count = 0;
    while ((step = sqlite3_step(rows)) == SQLITE_ROW) {
        struct json json = {.out = &line};
        ++*ret_count;
        if (table) {
            how->row(rows, table);
            continue;
        }
        buffer_clear(&line);
        json_object(&json);
        how->json(rows, &json);
        json_end_object(&json);
        buffer_put_char(&line, '\n');
        fwrite(line.at, 1, line.len, stdout);
    }
    bool broken = line.failed || step != SQLITE_DONE;
    buffer_finish(&line);
    return broken ? -EIO : 0;
}

static int list_find(struct alerts_store *store, const struct groups_wanted *wanted, bool bursts,
                     struct sqlite3_stmt **ret_rows)
{
    if (!bursts)
        return groups_find(store, wanted, ret_rows);
    int error = alerts_store_statement(store, bursts_query, ret_rows);
    if (!error)
        bursts_bind(*ret_rows, wanted->since, wanted->until, wanted->limit);
    return error;
}

static int list_tell(const char *folder, const struct groups_wanted *wanted, bool bursts, bool json)
{
    const struct telling *how = bursts ? &bursts_telling : &groups_telling;
    struct alerts_store *store = NULL;
    struct sqlite3_stmt *rows;
    struct table table = {0};
    uint64_t told;
    if (alerts_store_open(folder, ALERTS_READ, &store) || list_find(store, wanted, bursts, &rows))
        return failed("list", store);
    how->columns(&table);
    int error = rows_tell(how, rows, json ? NULL : &table, &told);
    if (!json)
        table_print(&table, stdout);
    error = error || table.failed;
    table_finish(&table);
    if (error)
        return failed("list", store);
    alerts_store_close(store);
    return EXIT_OK;
}

int alerts_list(int argc, char **argv)
{
    const char *folder = OPTION_DATA_DEFAULT;
    struct groups_wanted wanted = {.since = TIME_NONE, .until = TIME_NONE};
    bool json = false, bursts = false;
    const struct option_entry options[] = {
        {"--since", OPTION_TIME, &wanted.since, "TIME", "groups that end at or after this time"},
        {"--until", OPTION_TIME, &wanted.until, "TIME", "groups that begin before this time"},
        {"--limit", OPTION_WHOLE, &wanted.limit, "N", "at most N of them"},
        {"--bursts", OPTION_FLAG, &bursts, NULL,
         "bursts instead: what one source did of one class in one go, newest first"},
        {"--burst", OPTION_WHOLE, &wanted.burst, "N", "the groups of this burst only"},
        OPTION_DATA(&folder),
        OPTION_JSON(&json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "alerts list",
        .does =
            "Groups of alerts in the order of their beginnings, with the verdict and the level\n"
            "an analyst gave.",
        .example = "hinomi alerts list --since 2024-05-07 --json",
        .options = options,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    return list_tell(folder, &wanted, bursts, json);
}

/* ---- show ---------------------------------------------------------------------------- */

struct member_telling {
    struct alerts_store *store;
    struct buffer line;
    struct table table;
    uint64_t left;
    bool json;
};

enum { ENOUGH = 1 }; /* ends a walk, and is no error */

static void end_json(struct json *json, const char *ip_key, const struct ip *ip,
                     const char *port_key, uint16_t port)
{
    char text[IP_TEXT_SIZE];
    if (ip_given(ip))
        json_key_text(json, ip_key, ip_format(ip, text));
    if (port)
        json_key(json, port_key), json_unsigned(json, port);
}

static void member_json(struct json *json, uint64_t number, const struct alert *alert)
{
    const struct {
        const char *key;
        struct bytes text;
    } texts[] = {
        {"sensor", alert->sensor},
        {"host_name", alert->host},
        {"rule_id", alert->rule_id},
        {"rule_name", alert->rule_name},
        {"category", alert->category},
        {"user_name", alert->user_name},
        {"http_method", alert->http_method},
        {"http_host", alert->http_host},
        {"url", alert->url},
        {"user_agent", alert->user_agent},
        {"message", alert->message},
        {"payload", alert->payload},
    };
    json_key(json, "alert"), json_unsigned(json, number);
    json_key(json, "time"), json_time(json, alert->time);
    json_key(json, "source"), json_unsigned(json, alert->id.source);
    json_key(json, "offset"), json_unsigned(json, alert->id.offset);
    if (alert->severity)
        json_key(json, "severity"), json_unsigned(json, alert->severity);
    end_json(json, "host_ip", &alert->host_ip, NULL, 0);
    end_json(json, "source_ip", &alert->source_ip, "source_port", alert->source_port);
    end_json(json, "destination_ip", &alert->destination_ip, "destination_port",
             alert->destination_port);
    if (alert->http_status)
        json_key(json, "http_status"), json_unsigned(json, alert->http_status);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        if (texts[i].text.len)
            json_key_text(json, texts[i].key, texts[i].text);
}

static void end_cell(struct table *table, const struct ip *ip, uint16_t port)
{
    char address[IP_TEXT_SIZE], text[IP_TEXT_SIZE + 8];
    struct bytes ip_text = ip_format(ip, address);
    int len =
        snprintf(text, sizeof(text), port ? "%.*s %u" : "%.*s", (int)ip_text.len, ip_text.at, port);
    table_cell(table, (struct bytes){text, (size_t)len}, TONE_PLAIN);
}

static struct bytes row_text(struct sqlite3_stmt *row, int column)
{
    return (struct bytes){(const char *)sqlite3_column_text(row, column),
                          (size_t)sqlite3_column_bytes(row, column)};
}

/* What judging said of an alert, if it did. */
static void verdict_tell(struct member_telling *telling, struct sqlite3_stmt *row,
                         struct json *json)
{
    bool judged = sqlite3_step(row) == SQLITE_ROW;
    struct bytes verdict = judged ? row_text(row, 0) : (struct bytes){0};
    if (!telling->json)
        table_cell(&telling->table, verdict, TONE_PLAIN);
    if (telling->json && judged) {
        json_key_text(json, "verdict", verdict);
        json_key_text(json, "class", row_text(row, 1));
        json_key(json, "confidence"), json_number(json, sqlite3_column_double(row, 2));
        json_key(json, "proof"), json_raw(json, row_text(row, 3));
    }
    sqlite3_reset(row);
}

static int member_tell(void *context, uint64_t number, const struct alert *alert)
{
    struct member_telling *telling = context;
    struct json json = {.out = &telling->line};
    char text[TIME_TEXT_SIZE];
    struct sqlite3_stmt *row;
    if (telling->left-- == 0)
        return ENOUGH;
    int error = alerts_store_verdict(telling->store, number, &row);
    if (error)
        return error;
    buffer_clear(&telling->line);
    if (telling->json) {
        json_object(&json);
        member_json(&json, number, alert);
        verdict_tell(telling, row, &json);
        json_end_object(&json);
        buffer_put_char(&telling->line, '\n');
        fwrite(telling->line.at, 1, telling->line.len, stdout);
        return telling->line.failed ? -ENOMEM : 0;
    }
    buffer_put_format(&telling->line, "%" PRIu64, number);
    table_cell(&telling->table, buffer_bytes(&telling->line), TONE_QUIET);
    table_cell(&telling->table, time_format(alert->time, text), TONE_PLAIN);
    end_cell(&telling->table, &alert->source_ip, alert->source_port);
    end_cell(&telling->table, &alert->destination_ip, alert->destination_port);
    verdict_tell(telling, row, NULL);
    table_cell(&telling->table, alert->url.len ? alert->url : alert->message, TONE_PLAIN);
    return telling->table.failed ? -ENOMEM : 0;
}

static int group_tell(struct alerts_store *store, uint64_t group, bool json)
{
    struct sqlite3_stmt *rows;
    struct table table = {0};
    uint64_t told;
    const struct groups_wanted wanted = {.since = TIME_NONE, .until = TIME_NONE, .group = group};
    int error = groups_find(store, &wanted, &rows);
    if (error)
        return error;
    groups_table(&table);
    error = rows_tell(&groups_telling, rows, json ? NULL : &table, &told);
    if (!json && !error)
        table_print(&table, stdout), printf("\n");
    table_finish(&table);
    return error ? error : told ? 0 : -ENOENT;
}

static bool group_read(const char *verb, const char *text, uint64_t *ret_group)
{
    char *end;
    errno = 0;
    unsigned long long group = strtoull(text, &end, 10);
    *ret_group = group;
    if (*text >= '0' && *text <= '9' && *end == '\0' && !errno && group > 0 && group <= INT64_MAX)
        return true;
    fprintf(stderr, "hinomi alerts %s: '%s' is no group's number\n", verb, text);
    return false;
}

static int members_show(struct alerts_store *store, uint64_t group, uint64_t skip,
                        struct member_telling *telling)
{
    static const char *const titles[] = {"alert", "time", "from", "to", "verdict", "what"};
    int error = group_tell(store, group, telling->json);
    if (error == -ENOENT) {
        fprintf(stderr, "hinomi alerts show: there is no group %" PRIu64 "\n", group);
        return error;
    }
    for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
        table_column(&telling->table, titles[i], i == 0);
    if (!error)
        error = alerts_store_members(store, group, skip, member_tell, telling);
    if (error >= 0 && !telling->json)
        table_print(&telling->table, stdout);
    if (error < 0)
        fprintf(stderr, "hinomi alerts show: %s\n", alerts_store_error(store));
    return error < 0 ? error : 0;
}

int alerts_show(int argc, char **argv)
{
    const char *folder = OPTION_DATA_DEFAULT;
    uint64_t limit = 100, skip = 0, group;
    struct member_telling telling = {0};
    const struct option_entry options[] = {
        {"--limit", OPTION_WHOLE, &limit, "N", "at most N members (default 100)"},
        {"--skip", OPTION_WHOLE, &skip, "N", "leave the first N out"},
        OPTION_DATA(&folder),
        OPTION_JSON(&telling.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "alerts show",
        .arguments = "GROUP",
        .does = "A group and the alerts that are its members, in the order they were gathered.",
        .example = "hinomi alerts show 42 --json",
        .options = options,
        .least = 1,
        .most = 1,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (!group_read("show", argv[1], &group))
        return EXIT_USAGE;
    struct alerts_store *store = NULL;
    telling.left = limit;
    if (alerts_store_open(folder, ALERTS_READ, &store))
        return failed("show", store);
    telling.store = store;
    int error = members_show(store, group, skip, &telling);
    table_finish(&telling.table);
    buffer_finish(&telling.line);
    alerts_store_close(store);
    return error ? EXIT_FAILED : EXIT_OK;
}

/* ---- decide -------------------------------------------------------------------------- */

int alerts_decide(int argc, char **argv)
{
    const char *folder = OPTION_DATA_DEFAULT, *note = "", *analyst = getenv("USER");
    uint64_t group;
    const struct option_entry options[] = {
        {"--analyst", OPTION_TEXT, &analyst, "NAME", "who says so (default: who you are here)"},
        {"--note", OPTION_TEXT, &note, "TEXT", "why"},
        OPTION_DATA(&folder),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "alerts decide",
        .arguments = "GROUP LEVEL",
        .does = "Gives a group its level: 0 for a false positive, 1 to 4, 4 being the gravest.\n"
                "Every decision is kept; the newest counts.",
        .example = "hinomi alerts decide 42 3 --analyst mika --note 'the child process ran'",
        .options = options,
        .least = 2,
        .most = 2,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (!group_read("decide", argv[1], &group))
        return EXIT_USAGE;
    if (strlen(argv[2]) != 1 || argv[2][0] < '0' || argv[2][0] >= '0' + ALERT_LEVELS) {
        fprintf(stderr, "hinomi alerts decide: a level is 0, 1, 2, 3 or 4, not '%s'\n", argv[2]);
        return EXIT_USAGE;
    }
    struct alerts_store *store = NULL;
    int error = alerts_store_open(folder, ALERTS_DECIDE, &store);
    if (!error)
        error = alerts_store_decide(store, group, (unsigned)(argv[2][0] - '0'), bytes_of(analyst),
                                    time_now(), bytes_of(note));
    if (error)
        return failed("decide", store);
    alerts_store_close(store);
    return EXIT_OK;
}
