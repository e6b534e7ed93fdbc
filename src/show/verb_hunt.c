#include <errno.h>
#include <stdio.h>

#include "base/json.h"
#include "show/csv.h"
#include "show/options.h"
#include "show/reading.h"
#include "show/verb.h"

struct hunt_options {
    const char *data;
    bool json, csv;
    uint32_t limit;
    double seconds;
};

struct hunt {
    const struct hunt_options *options;
    struct table table;
    struct buffer line;
    uint32_t rows;
    bool more;
};

static bool hunt_parse(int argc, char **argv, struct hunt_options *options, int *ret_status)
{
    const struct option_entry entries[] = {
        OPTION_DATA(&options->data),
        OPTION_JSON(&options->json),
        {"--csv", OPTION_FLAG, &options->csv, NULL, "comma-separated values with a heading"},
        {"--limit", OPTION_COUNT, &options->limit, "N",
         "at most so many rows (default 1000; 0: all of them)"},
        {"--seconds", OPTION_NUMBER, &options->seconds, "N", "give up after (default: never)"},
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "hunt",
        .arguments = "'SQL'",
        .does = "Asks the store in SQL, read-only: events, findings, cases, hosts, relations,"
                " sources, health; and the observatory's darknet_windows, darknet_counts,"
                " darknet_sources, darknet_contacts, darknet_episodes, darknet_synchrony,"
                " darknet_trends, livenet_flows; and alerts, alert_groups, alert_verdicts,"
                " alert_decisions, alert_scores. time_text(time) writes a time, "
                "time_of('2024-05-08T00:50:00Z')"
                " reads one.",
        .example = "hinomi hunt \"SELECT time_text(time), host_name, process_executable FROM events"
                   " WHERE destination_ip = '10.0.0.5'\"\n"
                   "hinomi hunt --csv \"SELECT * FROM findings WHERE level >= 3\" > findings.csv",
        .options = entries,
        .least = 1,
        .most = 1,
    };
    int count;
    return options_read(&command, argc, argv, &count, ret_status);
}

static void value_json(struct sqlite3_stmt *statement, int column, struct json *json)
{
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
        json_null(json);
        break;
    case SQLITE_INTEGER:
        json_integer(json, sqlite3_column_int64(statement, column));
        break;
    case SQLITE_FLOAT:
        json_number(json, sqlite3_column_double(statement, column));
        break;
    default:
        json_text(json, reading_text(statement, column));
    }
}

static void line_json(struct hunt *hunt, struct sqlite3_stmt *statement)
{
    struct json json = {.out = &hunt->line};
    json_object(&json);
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        json_key(&json, sqlite3_column_name(statement, i));
        value_json(statement, i, &json);
    }
    json_end_object(&json);
}

/* Nanoseconds since 1970 are read as times where the column says it is one. */
static bool is_time(struct sqlite3_stmt *statement, int column)
{
    static const char *const names[] = {"time",   "time_start", "time_end", "event_created",
                                        "opened", "first_seen", "last_seen"};
    const char *name = sqlite3_column_name(statement, column);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (name && strcmp(name, names[i]) == 0)
            return sqlite3_column_type(statement, column) == SQLITE_INTEGER;
    return false;
}

static void row_cells(struct hunt *hunt, struct sqlite3_stmt *statement)
{
    char time[TIME_TEXT_SIZE];
    int columns = sqlite3_column_count(statement);
    if (hunt->rows == 0)
        for (int i = 0; i < columns; i++) {
            int type = sqlite3_column_type(statement, i);
            table_column(&hunt->table, sqlite3_column_name(statement, i),
                         (type == SQLITE_INTEGER || type == SQLITE_FLOAT) &&
                             !is_time(statement, i));
        }
    for (int i = 0; i < columns && i < TABLE_COLUMNS; i++)
        table_cell(&hunt->table,
                   is_time(statement, i) ? time_format(sqlite3_column_int64(statement, i), time)
                                         : reading_text(statement, i),
                   TONE_PLAIN);
}

static int hunt_row(void *context, struct sqlite3_stmt *statement)
{
    struct hunt *hunt = context;
    if (hunt->options->limit && hunt->rows == hunt->options->limit) {
        hunt->more = true;
        return 1;
    }
    if (!hunt->options->json && !hunt->options->csv) {
        row_cells(hunt, statement);
        hunt->rows++;
        return 0;
    }
    buffer_clear(&hunt->line);
    if (hunt->options->json) {
        line_json(hunt, statement);
        buffer_put_char(&hunt->line, '\n');
    } else {
        if (hunt->rows == 0)
            csv_row(statement, true, &hunt->line);
        csv_row(statement, false, &hunt->line);
    }
    hunt->rows++;
    fwrite(hunt->line.at, 1, hunt->line.len, stdout);
    return hunt->line.failed || ferror(stdout);
}

static int hunt_end(const struct hunt *hunt, struct store *store, int status)
{
    const struct hunt_options *options = hunt->options;
    if (status == -EINVAL || status == -EPERM) {
        fprintf(stderr, "hinomi: hunt: %s\n", store_error(store));
        return EXIT_USAGE;
    }
    if (status == -ETIME) {
        fprintf(stderr,
                "hinomi: hunt: not finished after %g s; narrow it by time or by an"
                " observable, or raise --seconds\n",
                options->seconds);
        return EXIT_FAILED;
    }
    if (status)
        return reading_failed(store);
    if (!options->json && !options->csv)
        table_print(&hunt->table, stdout);
    if (hunt->more)
        fprintf(stderr, "hinomi: hunt: the first %u rows; --limit 0 gives all\n", options->limit);
    if (!hunt->line.failed)
        return EXIT_OK; /* main says when the output did not arrive */
    fprintf(stderr, "hinomi: hunt: out of memory\n");
    return EXIT_FAILED;
}

int verb_hunt(int argc, char **argv)
{
    struct hunt_options options = {.data = OPTION_DATA_DEFAULT, .limit = 1000};
    int status;
    if (!hunt_parse(argc, argv, &options, &status))
        return status;
    struct store *store = reading_open(options.data);
    if (!store)
        return EXIT_FAILED;
    struct hunt hunt = {.options = &options};
    status = store_query(store, bytes_of(argv[1]), options.seconds, hunt_row, &hunt);
    status = hunt_end(&hunt, store, status);
    buffer_finish(&hunt.line);
    table_finish(&hunt.table);
    store_close(store);
    return status;
}
