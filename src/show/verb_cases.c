#include <stdio.h>

#include "show/options.h"
#include "show/reading.h"
#include "show/verb.h"

struct cases_options {
    const char *data, *status, *language;
    bool json;
    uint32_t limit;
};

/* Most urgent first; the analyst's word stands over triage's. */
#define CASES_FROM                                                                                 \
    " FROM cases_decided c WHERE ?1 = 'all' OR c.status = ?1"                                      \
    " ORDER BY c.level DESC, c.score DESC, c.time_start DESC, c.id LIMIT CAST(?2 AS INTEGER)"

static const char json_sql[] =
    "SELECT id, level, time_start AS \"time_start:time\", time_end AS \"time_end:time\","
    " opened AS \"opened:time\", iif(json_valid(hosts), hosts, '[]') AS \"hosts:json\","
    " (SELECT json_group_array(f.id) FROM (SELECT id FROM findings WHERE case_id = c.id"
    "  ORDER BY seq) f) AS \"findings:json\", title, title_ja, summary, summary_ja, score, status,"
    " verdict, owner" CASES_FROM;

static const char table_sql[] =
    "SELECT level, id, time_start, opened, iif(json_valid(hosts), (SELECT group_concat(value, ' ')"
    " FROM json_each(hosts)), ''), (SELECT count(*) FROM findings f WHERE f.case_id = c.id),"
    " status, verdict, title, title_ja" CASES_FROM;

static bool cases_parse(int argc, char **argv, struct cases_options *options, int *ret_status)
{
    const struct option_entry entries[] = {
        OPTION_DATA(&options->data),
        OPTION_JSON(&options->json),
        {"--status", OPTION_TEXT, &options->status, "open|closed|all", "which (default open)"},
        {"--limit", OPTION_COUNT, &options->limit, "N", "at most so many (default 1000)"},
        OPTION_LANGUAGE(&options->language),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "cases",
        .arguments = "",
        .does = "Lists the cases, most urgent first.",
        .example = "hinomi cases --data hinomi-data",
        .options = entries,
    };
    int count;
    if (!options_read(&command, argc, argv, &count, ret_status))
        return false;
    *ret_status = EXIT_USAGE;
    if (!reading_language_known("cases", options->language))
        return false;
    if (strcmp(options->status, "open") == 0 || strcmp(options->status, "closed") == 0 ||
        strcmp(options->status, "all") == 0)
        return true;
    fprintf(stderr, "hinomi cases: --status %s: give open, closed or all\n", options->status);
    return false;
}

struct cases_table {
    struct table table;
    bool japanese;
};

static int case_row(void *context, struct sqlite3_stmt *statement)
{
    struct cases_table *cases = context;
    struct table *table = &cases->table;
    char time[READING_TIME_SIZE], level[16];
    int64_t urgency = sqlite3_column_int64(statement, 0);
    int length = snprintf(level, sizeof(level), "L%d", (int)urgency);
    bool unknown = bytes_equal(reading_text(statement, 7), BYTES("unknown"));
    table_cell(table, (struct bytes){level, (size_t)length}, tone_of_level(urgency));
    table_cell(table, reading_text(statement, 1), TONE_PLAIN);
    table_cell(table, reading_time(statement, 2, time), TONE_PLAIN);
    table_cell(table, reading_time(statement, 3, time), TONE_QUIET);
    table_cell(table, reading_text(statement, 4), TONE_PLAIN);
    table_cell(table, reading_text(statement, 5), TONE_PLAIN);
    table_cell(table, reading_text(statement, unknown ? 6 : 7), TONE_QUIET);
    table_cell(table, reading_text(statement, cases->japanese ? 9 : 8), TONE_STRONG);
    return 0;
}

static int cases_print(struct store *store, const struct cases_options *options,
                       const struct bytes values[2])
{
    bool japanese = reading_japanese(options->language);
    struct cases_table cases = {.japanese = japanese};
    static const char *const titles[2][8] = {
        {"LEVEL", "CASE", "BEGAN (UTC)", "OPENED", "HOSTS", "FINDINGS", "STATE", "WHAT HAPPENED"},
        {"緊急度", "ケース", "開始 (UTC)", "検知", "ホスト", "検知数", "状態", "内容"},
    };
    for (int i = 0; i < 8; i++)
        table_column(&cases.table, titles[japanese][i], i == 1 || i == 5);
    int status = store_query_with(store, bytes_of(table_sql), values, 2, 0, case_row, &cases);
    if (status == 0 && cases.table.cell_count)
        table_print(&cases.table, stdout);
    else if (status == 0)
        puts(japanese ? "該当するケースはありません。" : "No cases.");
    table_finish(&cases.table);
    return status;
}

int verb_cases(int argc, char **argv)
{
    struct cases_options options = {OPTION_DATA_DEFAULT, "open", NULL, false, 1000};
    int status;
    if (!cases_parse(argc, argv, &options, &status))
        return status;
    struct store *store = reading_open(options.data);
    if (!store)
        return EXIT_FAILED;
    char limit[16];
    snprintf(limit, sizeof(limit), "%u", options.limit);
    const struct bytes values[] = {bytes_of(options.status), bytes_of(limit)};
    status = options.json ? reading_json(store, json_sql, values, 2)
                          : cases_print(store, &options, values);
    status = status ? reading_failed(store) : EXIT_OK;
    store_close(store);
    return status;
}
