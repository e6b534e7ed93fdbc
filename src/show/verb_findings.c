#include <stdio.h>

#include "show/options.h"
#include "show/reading.h"
#include "show/verb.h"

struct findings_options {
    const char *data, *incident, *language;
    bool json;
    uint32_t limit;
};

#define FINDINGS_FROM                                                                              \
    " FROM findings WHERE ?1 = '' OR case_id = CAST(?1 AS INTEGER)"                                \
    " ORDER BY level DESC, score DESC, time_start, seq LIMIT CAST(?2 AS INTEGER)"

static const char json_sql[] =
    "SELECT id, detector, time_start AS \"time_start:time\", time_end AS \"time_end:time\", score,"
    " level, host, coalesce(process_entity_id, '') AS process_entity_id, title, title_ja,"
    " iif(json_valid(explanation), explanation, '[]') AS \"explanation:json\","
    " iif(json_valid(explanation_ja), explanation_ja, '[]') AS \"explanation_ja:json\","
    " iif(json_valid(observables), observables, '[]') AS \"observables:json\","
    " iif(json_valid(evidence), evidence, '[]') AS \"evidence:json\","
    " iif(json_valid(attack), attack, '[]') AS \"attack:json\", case_id" FINDINGS_FROM;

static const char table_sql[] =
    "SELECT level, id, time_start, host, case_id, iif(json_valid(attack), (SELECT"
    " group_concat(value, ' ') FROM json_each(attack)), ''), title, title_ja" FINDINGS_FROM;

static bool findings_parse(int argc, char **argv, struct findings_options *options, int *ret_status)
{
    const struct option_entry entries[] = {
        OPTION_DATA(&options->data),
        OPTION_JSON(&options->json),
        {"--case", OPTION_TEXT, &options->incident, "ID", "only those of one case"},
        {"--limit", OPTION_COUNT, &options->limit, "N", "at most so many (default 100000)"},
        OPTION_LANGUAGE(&options->language),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "findings",
        .arguments = "",
        .does = "Lists what the detectors said, most urgent first.",
        .example = "hinomi findings --case 1\n"
                   "hinomi findings --json | jq -r '.explanation[]'",
        .options = entries,
    };
    int count;
    if (!options_read(&command, argc, argv, &count, ret_status))
        return false;
    *ret_status = EXIT_USAGE;
    return reading_language_known("findings", options->language);
}

struct findings_table {
    struct table table;
    bool japanese;
};

static int finding_row(void *context, struct sqlite3_stmt *statement)
{
    struct findings_table *findings = context;
    struct table *table = &findings->table;
    char time[READING_TIME_SIZE], level[16];
    int64_t urgency = sqlite3_column_int64(statement, 0);
    int length = snprintf(level, sizeof(level), "L%d", (int)urgency);
    table_cell(table, (struct bytes){level, (size_t)length}, tone_of_level(urgency));
    table_cell(table, reading_text(statement, 1), TONE_QUIET);
    table_cell(table, reading_time(statement, 2, time), TONE_PLAIN);
    table_cell(table, reading_text(statement, 3), TONE_PLAIN);
    table_cell(table, reading_text(statement, 4), TONE_PLAIN);
    table_cell(table, reading_text(statement, 5), TONE_QUIET);
    table_cell(table, reading_text(statement, findings->japanese ? 7 : 6), TONE_STRONG);
    return 0;
}

static int findings_print(struct store *store, const struct findings_options *options,
                          const struct bytes values[2])
{
    bool japanese = reading_japanese(options->language);
    struct findings_table findings = {.japanese = japanese};
    static const char *const titles[2][7] = {
        {"LEVEL", "FINDING", "TIME (UTC)", "HOST", "CASE", "ATT&CK", "WHAT WAS SEEN"},
        {"緊急度", "検知", "時刻 (UTC)", "ホスト", "ケース", "ATT&CK", "内容"},
    };
    for (int i = 0; i < 7; i++)
        table_column(&findings.table, titles[japanese][i], i == 4);
    int status = store_query_with(store, bytes_of(table_sql), values, 2, 0, finding_row, &findings);
    if (status == 0 && findings.table.cell_count)
        table_print(&findings.table, stdout);
    else if (status == 0)
        puts(japanese ? "検知はありません。" : "No findings.");
    table_finish(&findings.table);
    return status;
}

int verb_findings(int argc, char **argv)
{
    struct findings_options options = {OPTION_DATA_DEFAULT, "", NULL, false, 100000};
    int status;
    if (!findings_parse(argc, argv, &options, &status))
        return status;
    struct store *store = reading_open(options.data);
    if (!store)
        return EXIT_FAILED;
    char limit[16];
    snprintf(limit, sizeof(limit), "%u", options.limit);
    const struct bytes values[] = {bytes_of(options.incident), bytes_of(limit)};
    status = options.json ? reading_json(store, json_sql, values, 2)
                          : findings_print(store, &options, values);
    status = status ? reading_failed(store) : EXIT_OK;
    store_close(store);
    return status;
}
