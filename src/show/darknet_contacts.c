/* hinomi darknet contacts: organisations' addresses that reached the darknet. */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

#include "show/observatory.h"
#include "show/options.h"
#include "show/reading.h"
#include "show/state.h"
#include "show/verb.h"

struct contacts_wanted {
    const char *data, *organisation, *state, *language;
    bool json;
    uint32_t limit;
};

static const char sql[] =
    "SELECT id, organisation, source_ip, kind, state, first AS \"first:time\", last AS"
    " \"last:time\", packets, destinations, protocol, destination_port, internal <> 0 AS"
    " \"internal:bool\", notified <> 0 AS \"notified:bool\", iif(json_valid(explanation_json),"
    " explanation_json, '{}') AS \"explanation:json\" FROM darknet_contacts"
    " WHERE (?1 = '' OR organisation = ?1) AND (?2 = '' OR state = ?2)"
    " ORDER BY state = 'ended', last DESC, id LIMIT ?3";

enum column {
    ID,
    ORGANISATION,
    SOURCE,
    KIND,
    STATE,
    FIRST,
    LAST,
    PACKETS,
    DESTINATIONS,
    PROTOCOL,
    PORT,
    INTERNAL,
    NOTIFIED
};

static void cell_number(struct table *table, struct sqlite3_stmt *statement, int column)
{
    char text[24];
    int length =
        snprintf(text, sizeof(text), "%lld", (long long)sqlite3_column_int64(statement, column));
    table_cell(table, (struct bytes){text, (size_t)length}, TONE_PLAIN);
}

static void service_cell(struct table *table, struct sqlite3_stmt *statement)
{
    char text[40];
    struct bytes protocol = cell_bytes(statement, PROTOCOL);
    int port = sqlite3_column_int(statement, PORT);
    int length = port ? snprintf(text, sizeof(text), "%.10s/%d", protocol.at, port)
                      : snprintf(text, sizeof(text), "%.10s", protocol.at);
    table_cell(table, (struct bytes){text, (size_t)length}, TONE_PLAIN);
}

static enum tone kind_tone(struct bytes kind)
{
    return bytes_equal(kind, BYTES("scan"))          ? TONE_LEVEL_3
           : bytes_equal(kind, BYTES("backscatter")) ? TONE_LEVEL_2
                                                     : TONE_LEVEL_1;
}

static void contact_cells(struct table *table, struct sqlite3_stmt *statement)
{
    char time[READING_TIME_SIZE];
    struct bytes state = cell_bytes(statement, STATE);
    bool ended = bytes_equal(state, BYTES("ended"));
    table_cell(table, state, ended ? TONE_QUIET : TONE_STRONG);
    table_cell(table, cell_bytes(statement, KIND), kind_tone(cell_bytes(statement, KIND)));
    table_cell(table, cell_bytes(statement, ORGANISATION), TONE_PLAIN);
    table_cell(table, cell_bytes(statement, SOURCE), TONE_STRONG);
    service_cell(table, statement);
    cell_number(table, statement, PACKETS);
    cell_number(table, statement, DESTINATIONS);
    table_cell(table, reading_time(statement, FIRST, time), TONE_PLAIN);
    table_cell(table, reading_time(statement, LAST, time), TONE_PLAIN);
    table_cell(table, sqlite3_column_int(statement, INTERNAL) ? BYTES("●") : BYTES(""), TONE_PLAIN);
    table_cell(table, sqlite3_column_int(statement, NOTIFIED) ? BYTES("●") : BYTES(""), TONE_PLAIN);
}

static void contact_line(struct sqlite3_stmt *statement, struct buffer *line)
{
    struct json json = {.out = line};
    row_json(statement, &json);
    buffer_put_char(line, '\n');
    if (!line->failed)
        fwrite(line->at, 1, line->len, stdout);
    buffer_clear(line);
}

static int rows_print(struct sqlite3_stmt *statement, const struct contacts_wanted *wanted)
{
    static const char *const titles[2][11] = {
        {"STATE", "KIND", "ORGANISATION", "SOURCE", "SERVICE", "PACKETS", "ADDRESSES",
         "FIRST (UTC)", "LAST (UTC)", "INTERNAL", "TOLD"},
        {"状態", "種類", "組織", "送信元", "サービス", "パケット", "宛先数", "最初 (UTC)",
         "最後 (UTC)", "組織内", "通知"},
    };
    struct table table = {0};
    struct buffer line = {0};
    bool japanese = reading_japanese(wanted->language);
    int result;
    for (int i = 0; i < 11; i++)
        table_column(&table, titles[japanese][i], i == 5 || i == 6);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW)
        if (wanted->json)
            contact_line(statement, &line);
        else
            contact_cells(&table, statement);
    if (!wanted->json && table.cell_count)
        table_print(&table, stdout);
    else if (!wanted->json && result == SQLITE_DONE)
        puts(japanese ? "ダークネットへの通信はありません。" : "No contacts with the darknet.");
    table_finish(&table);
    buffer_finish(&line);
    return result == SQLITE_DONE ? 0 : -EIO;
}

static int contacts_print(const struct contacts_wanted *wanted)
{
    struct sqlite3 *db;
    struct sqlite3_stmt *statement = NULL;
    if (!observatory_there(wanted->data)) {
        fprintf(stderr,
                "hinomi darknet contacts: there is no observatory in %s; hinomi darknet watch"
                " --config FILE --data %s makes one\n",
                wanted->data, wanted->data);
        return EXIT_FAILED;
    }
    int error = observatory_open(wanted->data, &db);
    if (!error && sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        error = -EIO;
    if (!error) {
        sqlite3_bind_text(statement, 1, wanted->organisation, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 2, wanted->state, -1, SQLITE_STATIC);
        sqlite3_bind_int64(statement, 3, wanted->limit);
        error = rows_print(statement, wanted);
    }
    if (error)
        fprintf(stderr, "hinomi darknet contacts: %s/darknet.db cannot be read\n", wanted->data);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return error ? EXIT_FAILED : EXIT_OK;
}

int darknet_contacts(int argc, char **argv)
{
    struct contacts_wanted wanted = {OPTION_DATA_DEFAULT, "", "", NULL, false, 100000};
    int count, status;
    const struct option_entry entries[] = {
        OPTION_DATA(&wanted.data),
        OPTION_JSON(&wanted.json),
        {"--organisation", OPTION_TEXT, &wanted.organisation, "NAME", "only this one's"},
        {"--state", OPTION_TEXT, &wanted.state, "STATE", "new, continuing or ended"},
        {"--limit", OPTION_COUNT, &wanted.limit, "N", "at most so many (default 100000)"},
        OPTION_LANGUAGE(&wanted.language),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "darknet contacts",
        .arguments = "[options]",
        .does = "Lists organisations' addresses that sent packets where nobody is, open ones"
                " first.",
        .example = "hinomi darknet contacts --organisation 'Example University'\n"
                   "hinomi darknet contacts --state new --json | jq -r '.explanation.en[0]'",
        .options = entries,
    };
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (!reading_language_known("darknet contacts", wanted.language))
        return EXIT_USAGE;
    if (wanted.state[0] && strcmp(wanted.state, "new") != 0 &&
        strcmp(wanted.state, "continuing") != 0 && strcmp(wanted.state, "ended") != 0) {
        fprintf(stderr, "hinomi darknet contacts: --state is new, continuing or ended\n");
        return EXIT_USAGE;
    }
    return contacts_print(&wanted);
}
