#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/trace.h"
#include "base/json.h"
#include "show/advice.h"
#include "show/cases.h"
#include "show/options.h"
#include "show/reading.h"
#include "show/trace_table.h"
#include "show/verb.h"

enum { TRACE_SHOWN = 16 }; /* nodes of the trace told here */

struct case_options {
    const char *data, *language;
    bool json;
};

/* One telling of a case: everything its parts need. */
struct telling {
    struct store *store;
    struct sqlite3 *state;
    const char *data, *id;
    bool japanese, found;
    struct table table;
};

static bool case_parse(int argc, char **argv, struct case_options *options, int *ret_status)
{
    const struct option_entry entries[] = {
        OPTION_DATA(&options->data),
        OPTION_JSON(&options->json),
        OPTION_LANGUAGE(&options->language),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "case",
        .arguments = "ID",
        .does = "Tells one case: what happened, why it was said, its course, its cause and scope,"
                " what to do next.",
        .example = "hinomi case 1",
        .options = entries,
        .least = 1,
        .most = 1,
    };
    int count;
    if (!options_read(&command, argc, argv, &count, ret_status))
        return false;
    *ret_status = EXIT_USAGE;
    return reading_language_known("case", options->language);
}

static const char *say(const struct telling *telling, const char *english, const char *japanese)
{
    return telling->japanese ? japanese : english;
}

static void heading(const struct telling *telling, const char *english, const char *japanese)
{
    putchar('\n');
    text_print(bytes_of(say(telling, english, japanese)), TONE_STRONG, stdout);
    putchar('\n');
}

static int tell(const struct telling *telling, const char *sql,
                int (*row)(void *context, struct sqlite3_stmt *statement), void *context)
{
    struct bytes id = bytes_of(telling->id);
    return store_query_with(telling->store, bytes_of(sql), &id, 1, 0, row, context);
}

/* --- the two sentences --- */

static int tell_head(void *context, struct sqlite3_stmt *statement)
{
    struct telling *telling = context;
    char began[READING_TIME_SIZE], opened[READING_TIME_SIZE], line[64];
    int64_t level = sqlite3_column_int64(statement, 1);
    telling->found = true;
    snprintf(line, sizeof(line),
             say(telling, "Case %lld · level %lld · ", "ケース %lld · 緊急度 %lld · "),
             (long long)sqlite3_column_int64(statement, 0), (long long)level);
    text_print(bytes_of(line), tone_of_level(level), stdout);
    text_print(reading_text(statement, telling->japanese ? 9 : 8), TONE_STRONG, stdout);
    struct bytes from = reading_time(statement, 4, began);
    struct bytes at = reading_time(statement, 5, opened);
    printf(say(telling, "\n%.*s UTC, opened %.*s · ", "\n%.*s UTC 開始、%.*s 検知 · "),
           (int)from.len, from.at, (int)at.len, at.at);
    text_print(reading_text(statement, 6), TONE_PLAIN, stdout);
    fputs(" · ", stdout);
    text_print(reading_text(statement, 2), TONE_PLAIN, stdout);
    fputs(", ", stdout);
    text_print(reading_text(statement, 3), TONE_PLAIN, stdout);
    fputs("\n\n", stdout);
    text_wrap(reading_text(statement, telling->japanese ? 11 : 10), "  ", 0, stdout);
    return 0;
}

static const char head_sql[] =
    "SELECT id, level, status, verdict, time_start, opened, iif(json_valid(hosts),"
    " (SELECT group_concat(value, ' ') FROM json_each(hosts)), ''), owner, title, title_ja,"
    " summary, summary_ja FROM cases_decided WHERE id = CAST(?1 AS INTEGER)";

/* --- why: the sentences of its strongest findings --- */

static int tell_why(void *context, struct sqlite3_stmt *statement)
{
    struct telling *telling = context;
    text_wrap(reading_text(statement, telling->japanese ? 1 : 0), "  - ", 0, stdout);
    return 0;
}

static const char why_sql[] =
    "WITH strongest AS (SELECT * FROM findings WHERE case_id = CAST(?1 AS INTEGER)"
    " ORDER BY score DESC, seq LIMIT 3)"
    " SELECT DISTINCT e.value, coalesce(json_extract(iif(json_valid(f.explanation_ja),"
    " f.explanation_ja, '[]'), '$[' || e.key || ']'), e.value) FROM strongest f,"
    " json_each(iif(json_valid(f.explanation), f.explanation, '[]')) e";

/* --- the course: its findings in time --- */

static int tell_course(void *context, struct sqlite3_stmt *statement)
{
    struct telling *telling = context;
    struct table *table = &telling->table;
    char time[READING_TIME_SIZE];
    table_cell(table, reading_time(statement, 0, time), TONE_QUIET);
    table_cell(table, reading_text(statement, 1), TONE_PLAIN);
    table_cell(table, reading_text(statement, 2), TONE_QUIET);
    table_cell(table, reading_text(statement, telling->japanese ? 4 : 3), TONE_PLAIN);
    return 0;
}

static const char course_sql[] =
    "SELECT time_start, host, iif(json_valid(attack), (SELECT group_concat(value, ' ')"
    " FROM json_each(attack)), ''), title, title_ja FROM findings"
    " WHERE case_id = CAST(?1 AS INTEGER) ORDER BY time_start, seq LIMIT 40";

static int tell_timeline(struct telling *telling)
{
    static const char *const titles[2][4] = {
        {"TIME (UTC)", "HOST", "ATT&CK", "WHAT WAS SEEN"},
        {"時刻 (UTC)", "ホスト", "ATT&CK", "内容"},
    };
    heading(telling, "Timeline", "経過");
    for (int i = 0; i < 4; i++)
        table_column(&telling->table, titles[telling->japanese][i], false);
    int status = tell(telling, course_sql, tell_course, telling);
    if (status == 0)
        table_print(&telling->table, stdout);
    table_finish(&telling->table);
    return status;
}

/* --- cause and scope --- */

static int tell_trace(struct telling *telling)
{
    char name[32];
    struct arena arena = {.newest = NULL};
    struct trace_request request;
    struct trace trace = {.node_count = 0};
    snprintf(name, sizeof(name), "case:%s", telling->id);
    int status =
        trace_request_parse(telling->store, bytes_of(name), OBSERVABLE_TYPES, &arena, &request);
    if (status == 0) {
        request.back = request.forward = true;
        status = trace_run(telling->store, &request, &trace);
    }
    if (status == 0) {
        heading(telling, "Cause and scope", "原因と影響範囲");
        trace_table_print(&trace, TRACE_SHOWN, telling->japanese, stdout);
        printf(say(telling, "All of it: hinomi trace case:%s --data %s\n",
                   "全体: hinomi trace case:%s --data %s\n"),
               telling->id, telling->data);
    }
    trace_finish(&trace);
    arena_finish(&arena);
    return status == -ENOENT ? 0 : status; /* a case may name no process */
}

/* --- what next --- */

static int tell_step(void *context, struct sqlite3_stmt *statement)
{
    struct telling *telling = context;
    text_wrap(reading_text(statement, telling->japanese ? 1 : 0), "  - ", 0, stdout);
    return 0;
}

static int tell_next(struct telling *telling)
{
    struct buffer steps = {.at = NULL};
    struct json json = {.out = &steps};
    int status = advice_json(telling->state, strtoll(telling->id, NULL, 10), &json);
    struct bytes value = buffer_bytes(&steps);
    if (status == 0 && !steps.failed) {
        heading(telling, "What next", "次にすること");
        status = store_query_with(telling->store,
                                  BYTES("SELECT json_extract(value, '$.text'),"
                                        " json_extract(value, '$.text_ja') FROM json_each(?1)"),
                                  &value, 1, 0, tell_step, telling);
    }
    buffer_finish(&steps);
    return status;
}

static int tell_case(struct telling *telling)
{
    int status = tell(telling, head_sql, tell_head, telling);
    if (status || !telling->found)
        return status ? status : -ENOENT;
    heading(telling, "Why", "理由");
    status = tell(telling, why_sql, tell_why, telling);
    if (status == 0)
        status = tell_timeline(telling);
    if (status == 0)
        status = tell_trace(telling);
    return status ? status : tell_next(telling);
}

static int case_print_json(struct telling *telling)
{
    struct buffer buffer = {.at = NULL};
    struct json json = {.out = &buffer};
    int status = case_json(telling->state, strtoll(telling->id, NULL, 10), &json);
    buffer_put_char(&buffer, '\n');
    if (status == 0 && buffer.failed)
        status = -ENOMEM;
    if (status == 0)
        fwrite(buffer.at, 1, buffer.len, stdout);
    buffer_finish(&buffer);
    return status;
}

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 10;
}

static int case_tell(struct telling *telling, bool as_json)
{
    int status = state_open(telling->data, &telling->state);
    if (status == 0)
        status = as_json ? case_print_json(telling) : tell_case(telling);
    sqlite3_close(telling->state);
    if (status == -ENOENT)
        fprintf(stderr, "hinomi: case %s: there is none; hinomi cases --status all lists them\n",
                telling->id);
    else if (status)
        reading_failed(telling->store);
    return status ? EXIT_FAILED : EXIT_OK;
}

int verb_case(int argc, char **argv)
{
    struct case_options options = {OPTION_DATA_DEFAULT, NULL, false};
    int status;
    if (!case_parse(argc, argv, &options, &status))
        return status;
    const char *id = strncmp(argv[1], "case:", 5) == 0 ? argv[1] + 5 : argv[1];
    if (!is_number(id)) {
        fprintf(stderr, "hinomi case: '%s' is no case number; hinomi cases lists them\n", argv[1]);
        return EXIT_USAGE;
    }
    struct telling telling = {
        .data = options.data, .id = id, .japanese = reading_japanese(options.language)};
    telling.store = reading_open(options.data);
    if (!telling.store)
        return EXIT_FAILED;
    status = case_tell(&telling, options.json);
    store_close(telling.store);
    return status;
}
