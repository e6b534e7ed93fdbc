/* hinomi family activity: how often families were seen, week by week, and which have changed. */
#include <errno.h>
#include <stdio.h>

#include "base/json.h"
#include "base/time.h"
#include "learn/change_point.h"
#include "show/darknet_trend.h"
#include "show/family_input.h"
#include "show/options.h"
#include "show/table.h"
#include "show/verb.h"

static const char verb[] = "family activity";

enum { CHANGES = 64, RECENT = 8 /* steps in which a change is an alarm */ };

/* A family's changes of level, the last one the one that counts now. */
struct activity {
    struct change_point changes[CHANGES];
    uint32_t count, found;
    bool alarm;
};

struct activity_wanted {
    double sure;
    bool json, all;
};

/* Changes less sure than wanted are none. */
static int activity_find(const struct series_set *set, const struct series *series, double sure,
                         struct activity *ret_activity)
{
    struct activity activity = {.count = 0};
    uint32_t steps = set->steps < CHANGE_STEPS ? set->steps : CHANGE_STEPS;
    uint32_t skipped = set->steps - steps, found = 0;
    int error =
        change_points_find(series->counts + skipped, steps, activity.changes, CHANGES, &found);
    if (error)
        return error;
    for (uint32_t i = 0; i < found && i < CHANGES; i++)
        if (activity.changes[i].probability >= sure) {
            activity.changes[activity.count] = activity.changes[i];
            activity.changes[activity.count++].step += skipped;
        }
    if (activity.count)
        activity.alarm = activity.changes[activity.count - 1].step + RECENT >= set->steps;
    *ret_activity = activity;
    return 0;
}

static int64_t step_time(const struct series_set *set, uint32_t step)
{
    return set->start + (int64_t)step * set->step;
}

static void activity_json(const struct series_set *set, const struct series *series,
                          const struct activity *activity)
{
    struct buffer line = {0};
    struct json json = {.out = &line};
    json_object(&json);
    json_key_text(&json, "family", series->name);
    json_key(&json, "seen"), json_number(&json, series->total);
    json_key(&json, "last_step"), json_number(&json, series->counts[set->steps - 1]);
    json_key(&json, "alarm"), json_bool(&json, activity->alarm);
    json_key(&json, "changes");
    json_array(&json);
    for (uint32_t i = 0; i < activity->count; i++) {
        json_object(&json);
        json_key(&json, "time"), json_time(&json, step_time(set, activity->changes[i].step));
        json_key(&json, "before"), json_number(&json, activity->changes[i].before);
        json_key(&json, "after"), json_number(&json, activity->changes[i].after);
        json_key(&json, "probability"), json_number(&json, activity->changes[i].probability);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    buffer_put_char(&line, '\n');
    fwrite(line.at, 1, line.len, stdout);
    buffer_finish(&line);
}

static void number_cell(struct table *table, const char *format, double value)
{
    char text[48];
    int len = snprintf(text, sizeof(text), format, value);
    table_cell(table, (struct bytes){text, (size_t)len}, TONE_PLAIN);
}

static void activity_row(struct table *table, const struct series_set *set,
                         const struct series *series, const struct activity *activity)
{
    char day[TIME_TEXT_SIZE], text[128];
    table_cell(table, series->name, TONE_STRONG);
    number_cell(table, "%.0f", series->total);
    number_cell(table, "%.0f", series->counts[set->steps - 1]);
    if (activity->count == 0) {
        table_cell(table, BYTES("none"), TONE_QUIET);
        table_cell(table, BYTES(""), TONE_PLAIN);
        return;
    }
    const struct change_point *last = &activity->changes[activity->count - 1];
    struct bytes when = time_format_day(step_time(set, last->step), day);
    int len = snprintf(text, sizeof(text), "%.*s: %.1f to %.1f (%.0f %%)", (int)when.len, when.at,
                       last->before, last->after, 100 * last->probability);
    table_cell(table, (struct bytes){text, (size_t)len}, TONE_PLAIN);
    table_cell(table, activity->alarm ? BYTES("changed now") : BYTES(""),
               activity->alarm ? TONE_LEVEL_3 : TONE_PLAIN);
}

static int activities_tell(const struct series_set *set, const struct activity_wanted *wanted)
{
    static const char *const titles[] = {"family", "seen", "last", "last change, a step", ""};
    struct table table = {0};
    int error = 0;
    for (int i = 0; i < 5; i++)
        table_column(&table, titles[i], i == 1 || i == 2);
    for (uint32_t i = 0; i < set->count && !error; i++) {
        struct activity activity;
        error = activity_find(set, &set->series[i], wanted->sure, &activity);
        if (error || (!wanted->all && !activity.alarm))
            continue;
        if (wanted->json)
            activity_json(set, &set->series[i], &activity);
        else
            activity_row(&table, set, &set->series[i], &activity);
    }
    if (!wanted->json && !error)
        table_print(&table, stdout);
    table_finish(&table);
    return error;
}

int family_activity(int argc, char **argv)
{
    struct activity_wanted wanted = {.sure = 0.9};
    int64_t step = 7 * TIME_DAY;
    const struct option_entry options[] = {
        {"--step", OPTION_DURATION, &step, "D", "what is counted together (default 7d)"},
        {"--sure", OPTION_NUMBER, &wanted.sure, "N",
         "how sure a change must be, 0 to 1 (default 0.9)"},
        {"--all", OPTION_FLAG, &wanted.all, NULL, "also families that have not changed lately"},
        OPTION_JSON(&wanted.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = verb,
        .arguments = "SIGHTINGS.csv",
        .does = "Says which families have become more or less frequent: lines of time,family or\n"
                "time,family,count (compressed or not; \"-\" is standard input). An alarm is a\n"
                "change of level within the last eight steps.",
        .example = "hinomi family activity sightings.csv --step 7d",
        .options = options,
        .least = 1,
        .most = 1,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (step < TIME_SECOND) {
        fprintf(stderr, "hinomi %s: a step is a second at least\n", verb);
        return EXIT_USAGE;
    }
    struct series_set set = {.step = step};
    status = trend_load_file(&set, verb, argv[1]);
    if (status == EXIT_OK) {
        int error = activities_tell(&set, &wanted);
        if (error)
            fprintf(stderr, "hinomi %s: %s\n", verb, strerror(-error));
        status = error ? EXIT_FAILED : EXIT_OK;
    }
    series_finish(&set);
    return status;
}
