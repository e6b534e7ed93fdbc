/* hinomi darknet trend: what changed, what repeats itself, what is likely next. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/progress.h"
#include "base/time.h"
#include "show/darknet_trend.h"
#include "show/options.h"
#include "show/state.h"
#include "show/table.h"
#include "show/verb.h"

struct trend_wanted {
    const char *data, *file, *name;
    int64_t step;
    double coverage;
    uint32_t top;
    bool backtest, json;
};

static void line_print(struct buffer *line)
{
    buffer_put_char(line, '\n');
    if (!line->failed)
        fwrite(line->at, 1, line->len, stdout);
    buffer_clear(line);
}

static void point_json(struct json *json, const char *key, const struct forecast_point *point)
{
    json_key(json, key);
    json_object(json);
    json_key(json, "value"), json_number(json, point->value);
    json_key(json, "low"), json_number(json, point->low);
    json_key(json, "high"), json_number(json, point->high);
    json_end_object(json);
}

static void strength_json(struct json *json, const char *key, double strength)
{
    json_key(json, key);
    if (strength < 0)
        json_null(json);
    else
        json_number(json, strength);
}

static void trend_json(struct json *json, const struct trend_named *named)
{
    const struct trend *trend = &named->trend;
    json_object(json);
    json_key_text(json, "name", named->name);
    json_key(json, "end"), json_time(json, named->end);
    json_key(json, "step_seconds"), json_integer(json, named->step / TIME_SECOND);
    json_key(json, "day_mean"), json_number(json, trend->day_mean);
    strength_json(json, "daily", trend->daily);
    strength_json(json, "weekly", trend->weekly);
    json_key(json, "changes");
    json_array(json);
    for (uint32_t i = 0; i < trend->change_count; i++) {
        const struct trend_change *change = &trend->changes[i];
        json_object(json);
        json_key(json, "time"), json_time(json, change->time);
        json_key(json, "before"), json_number(json, change->before);
        json_key(json, "after"), json_number(json, change->after);
        json_key(json, "probability"), json_number(json, change->probability);
        json_end_object(json);
    }
    json_end_array(json);
    point_json(json, "next_day", &trend->next_day);
    point_json(json, "next_week", &trend->next_week);
    json_end_object(json);
}

static void text_cell(struct table *table, const char *format, double a, double b, double c)
{
    char text[96];
    int len = snprintf(text, sizeof(text), format, a, b, c);
    table_cell(table, (struct bytes){text, (size_t)len}, TONE_PLAIN);
}

static void strength_cell(struct table *table, double strength)
{
    if (strength < 0)
        table_cell(table, BYTES("–"), TONE_QUIET);
    else
        text_cell(table, "%.0f %%", strength * 100, 0, 0);
}

static void trend_row(struct table *table, const struct trend_named *named)
{
    const struct trend *trend = &named->trend;
    char day[TIME_TEXT_SIZE], text[128];
    table_cell(table, named->name, TONE_STRONG);
    text_cell(table, "%.0f", trend->day_mean, 0, 0);
    strength_cell(table, trend->daily);
    strength_cell(table, trend->weekly);
    if (trend->change_count) {
        const struct trend_change *change = &trend->changes[trend->change_count - 1];
        struct bytes when = time_format_day(change->time, day);
        int len = snprintf(text, sizeof(text), "%.*s × %.2f (%.0f %%)", (int)when.len, when.at,
                           (change->after + 1) / (change->before + 1), change->probability * 100);
        table_cell(table, (struct bytes){text, (size_t)len}, TONE_LEVEL_2);
    } else {
        table_cell(table, BYTES("none"), TONE_QUIET);
    }
    text_cell(table, "%.0f (%.0f–%.0f)", trend->next_day.value, trend->next_day.low,
              trend->next_day.high);
    text_cell(table, "%.0f (%.0f–%.0f)", trend->next_week.value, trend->next_week.low,
              trend->next_week.high);
}

static void scores_tell(struct table *table, struct buffer *line, struct bytes name,
                        const char *horizon, const struct forecast_scores *scores)
{
    if (!table) {
        struct json json = {.out = line};
        json_object(&json);
        json_key_text(&json, "name", name);
        json_key_text(&json, "horizon", bytes_of(horizon));
        json_key(&json, "forecasts"), json_unsigned(&json, scores->origins);
        json_key(&json, "scaled_error"), json_number(&json, scores->error);
        json_key(&json, "naive_scaled_error"), json_number(&json, scores->naive_error);
        json_key(&json, "coverage"), json_number(&json, scores->coverage);
        json_key(&json, "total_coverage"), json_number(&json, scores->total_coverage);
        json_key(&json, "width"), json_number(&json, scores->width);
        json_end_object(&json);
        line_print(line);
        return;
    }
    table_cell(table, name, TONE_STRONG);
    table_cell(table, bytes_of(horizon), TONE_PLAIN);
    text_cell(table, "%.0f", scores->origins, 0, 0);
    text_cell(table, "%.3f", scores->error, 0, 0);
    text_cell(table, "%.3f", scores->naive_error, 0, 0);
    text_cell(table, "%.1f %%", scores->coverage * 100, 0, 0);
    text_cell(table, "%.1f %%", scores->total_coverage * 100, 0, 0);
    text_cell(table, "%.2f", scores->width, 0, 0);
}

static struct trend_series series_of(const struct series_set *set, const struct series *series)
{
    return (struct trend_series){series->counts, set->steps, set->start, set->step};
}

static bool is_wanted(const struct trend_wanted *wanted, const struct series_set *set, uint32_t at)
{
    return wanted->name ? bytes_equal(set->series[at].name, bytes_of(wanted->name))
                        : at < wanted->top;
}

static int backtest(const struct trend_wanted *wanted, const struct series_set *set,
                    struct table *table, struct buffer *line)
{
    static const char *const titles[] = {"series",         "ahead",  "forecasts",    "scaled error",
                                         "seasonal naive", "within", "total within", "width"};
    struct progress progress;
    int error = 0;
    for (int i = 0; i < 8; i++)
        table_column(table, titles[i], i >= 2);
    progress_begin(&progress, "series");
    for (uint32_t i = 0; !error && i < set->count; i++) {
        struct trend_series series = series_of(set, &set->series[i]);
        struct forecast_scores day, week;
        if (!is_wanted(wanted, set, i))
            continue;
        progress_step(&progress, i,
                      (double)i / (wanted->top < set->count ? wanted->top : set->count));
        error = trend_backtest(&series, wanted->coverage, &day, &week);
        if (error)
            break;
        scores_tell(wanted->json ? NULL : table, line, set->series[i].name, "day", &day);
        scores_tell(wanted->json ? NULL : table, line, set->series[i].name, "week", &week);
    }
    progress_end(&progress);
    return error;
}

static int trends_make(const struct trend_wanted *wanted, const struct series_set *set,
                       struct trend_named *trends, uint32_t *ret_count)
{
    uint32_t count = 0;
    int error = 0;
    for (uint32_t i = 0; !error && i < set->count; i++) {
        struct trend_series series = series_of(set, &set->series[i]);
        if (!is_wanted(wanted, set, i))
            continue;
        struct trend_named *named = &trends[count];
        named->name = set->series[i].name;
        named->step = set->step;
        named->end = set->start + (int64_t)set->steps * set->step;
        error = trend_make(&series, wanted->coverage, &named->trend);
        count += !error;
    }
    *ret_count = count;
    return error;
}

static void trends_print(const struct trend_wanted *wanted, const struct trend_named *trends,
                         uint32_t count, struct table *table, struct buffer *line)
{
    static const char *const titles[] = {"series",      "packets a day", "daily",    "weekly",
                                         "last change", "next day",      "next week"};
    for (int i = 0; i < 7; i++)
        table_column(table, titles[i], i != 0 && i != 4);
    for (uint32_t i = 0; i < count; i++)
        if (wanted->json) {
            struct json json = {.out = line};
            trend_json(&json, &trends[i]);
            line_print(line);
        } else {
            trend_row(table, &trends[i]);
        }
}

static int trend_tell(const struct trend_wanted *wanted, const struct series_set *set)
{
    struct table table = {0};
    struct buffer line = {0};
    uint32_t count = 0;
    int status = EXIT_OK, error;
    struct trend_named *trends = calloc(wanted->name ? 1 : set->count + 1, sizeof(*trends));
    if (!trends)
        error = -ENOMEM;
    else if (wanted->backtest)
        error = backtest(wanted, set, &table, &line);
    else
        error = trends_make(wanted, set, trends, &count);
    if (!error && !wanted->backtest)
        trends_print(wanted, trends, count, &table, &line);
    if (!error && !wanted->json)
        table_print(&table, stdout);
    if (!error && count && !wanted->file)
        status = trend_store(trends, count, "darknet trend", wanted->data);
    if (error == -EINVAL)
        fprintf(stderr,
                "hinomi darknet trend: %u steps are too few: at least %d days with --step 1d, or a"
                " few days with --step 1h; --backtest wants twice as many\n",
                set->steps, TREND_LEAST);
    else if (error)
        fprintf(stderr, "hinomi darknet trend: %s\n", strerror(-error));
    table_finish(&table);
    buffer_finish(&line);
    free(trends);
    return error ? EXIT_FAILED : status;
}

static const char does[] =
    "Says of everything, and of each port, class and mark, when its level changed, how much of\n"
    "it repeats by the day and the week, and how many packets the next day and week are likely\n"
    "to bring, with an interval. --backtest says how such forecasts would have done: the mean\n"
    "error over that of \"as a week (of hours: a day) ago\" where the series was known, and the\n"
    "share of days within the interval. Reads DATA/darknet.db, or lines of time,name,value.";

static const char example[] = "hinomi darknet trend --data hinomi-data\n"
                              "hinomi darknet trend --series counts.csv.gz --step 1d --backtest\n"
                              "hinomi darknet trend --name tcp/23 --json";

int darknet_trend(int argc, char **argv)
{
    struct trend_wanted wanted = {
        .data = OPTION_DATA_DEFAULT, .step = TIME_DAY, .coverage = 0.9, .top = 20};
    int count, status;
    const struct option_entry entries[] = {
        OPTION_DATA(&wanted.data),
        OPTION_JSON(&wanted.json),
        {"--series", OPTION_TEXT, &wanted.file, "FILE", "lines of time,name,value instead"},
        {"--step", OPTION_DURATION, &wanted.step, "STEP", "1h or 1d (default 1d)"},
        {"--name", OPTION_TEXT, &wanted.name, "NAME", "only this series, such as tcp/23"},
        {"--top", OPTION_COUNT, &wanted.top, "N", "so many of the largest (default 20)"},
        {"--coverage", OPTION_NUMBER, &wanted.coverage, "SHARE",
         "of days within the interval, 0.5 to 0.99 (default 0.9)"},
        {"--backtest", OPTION_FLAG, &wanted.backtest, NULL, "score forecasts of the second half"},
        {0},
    };
    const struct command command = {"darknet trend", "[options]", does, example, entries, 0, 0};
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if ((wanted.step != TIME_HOUR && wanted.step != TIME_DAY) || wanted.coverage < 0.5 ||
        wanted.coverage > 0.99) {
        fprintf(stderr, "hinomi darknet trend: --step is 1h or 1d, --coverage 0.5 to 0.99\n");
        return EXIT_USAGE;
    }
    struct series_set set = {.step = wanted.step};
    status = wanted.file ? trend_load_file(&set, "darknet trend", wanted.file)
                         : trend_load_store(&set, "darknet trend", wanted.data);
    if (status == EXIT_OK)
        status = trend_tell(&wanted, &set);
    series_finish(&set);
    return status;
}
