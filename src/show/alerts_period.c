#include "show/alerts_period.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/alerts.h"

/* The first day of a day's period. */
static int32_t day_itself(int32_t day)
{
    return day;
}

/* 1970 began on a Thursday. */
static int32_t day_monday(int32_t day)
{
    int32_t weekday = (day + 3) % 7;
    return day - (weekday < 0 ? weekday + 7 : weekday);
}

static int32_t day_of_month_first(int32_t day)
{
    char text[TIME_TEXT_SIZE];
    struct bytes date = time_format_day(day * TIME_DAY, text);
    return day - (date.at[date.len - 2] - '0') * 10 - (date.at[date.len - 1] - '0') + 1;
}

static const struct {
    const char *name;
    int32_t (*first)(int32_t day);
    size_t length; /* of the period's name */
} lengths[] = {
    {"day", day_itself, 10},
    {"week", day_monday, 10},
    {"month", day_of_month_first, 7},
};

enum { DAY_MOST = 106000 }; /* from 1970; what is beyond either end counts there */

static int32_t local_day(int64_t time, int64_t offset)
{
    int64_t local;
    int32_t day =
        time_day(__builtin_add_overflow(time, offset * TIME_MINUTE, &local) ? time : local);
    return day < -DAY_MOST ? -DAY_MOST : day > DAY_MOST ? DAY_MOST : day;
}

static void group_count(const struct alert_standing *group, struct period *period)
{
    uint64_t *const levels[] = {&period->false_positives, &period->level_1, &period->level_2,
                                &period->level_3, &period->level_4};
    period->groups++;
    period->alerts += group->count;
    period->succeeded += group->reason == STANDING_success;
    period->held += group->state == ALERT_HELD;
    ++*(group->level < PERIOD_LEVELS ? levels[group->level] : &period->undecided);
}

static void period_add(struct period *into, const struct period *from)
{
#define X(number) into->number += from->number;
    PERIOD_NUMBERS(X)
#undef X
}

/* Days, oldest first, into periods, newest first. */
static int days_fold(const struct period *days, int32_t begin, size_t count, size_t by,
                     struct periods *ret_periods)
{
    struct period *items = calloc(PERIODS_MOST, sizeof(*items));
    size_t made = 0;
    int32_t current = 0;
    if (!items)
        return -ENOMEM;
    for (size_t i = count; i-- > 0;) {
        char text[TIME_TEXT_SIZE];
        if (!days[i].groups)
            continue;
        int32_t first = lengths[by].first(begin + (int32_t)i);
        if (made == 0 || first != current) {
            if (made == PERIODS_MOST)
                break;
            struct bytes name = time_format_day(first * TIME_DAY, text);
            memcpy(items[made++].name, name.at, lengths[by].length);
            current = first;
        }
        period_add(&items[made - 1], &days[i]);
    }
    *ret_periods = (struct periods){.items = items, .count = made};
    return 0;
}

static void sums_make(const struct alert_standing *rows, size_t count, struct periods *periods)
{
    periods->groups = count;
    for (size_t i = 0; i < count; i++) {
        periods->alerts += rows[i].count;
        periods->shown += rows[i].state == ALERT_SHOWN;
        periods->held += rows[i].state == ALERT_HELD;
        periods->decided += rows[i].state == ALERT_DECIDED;
    }
}

static int rows_fold(const struct alert_standing *rows, size_t count, size_t by, int64_t offset,
                     struct periods *ret_periods)
{
    int32_t begin = INT32_MAX, end = INT32_MIN;
    for (size_t i = 0; i < count; i++) {
        int32_t day = local_day(rows[i].first, offset);
        begin = day < begin ? day : begin;
        end = day > end ? day : end;
    }
    size_t days_count = count ? (size_t)((int64_t)end - begin + 1) : 0;
    struct period *days = calloc(days_count + 1, sizeof(*days));
    if (!days)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        group_count(&rows[i], &days[local_day(rows[i].first, offset) - begin]);
    int error = days_fold(days, begin, days_count, by, ret_periods);
    free(days);
    if (!error)
        sums_make(rows, count, ret_periods);
    return error;
}

int periods_make(struct alert_board *board, struct bytes by, int64_t offset,
                 struct periods *ret_periods)
{
    const struct alert_standing *rows;
    size_t count, length = 0;
    while (length < sizeof(lengths) / sizeof(*lengths) &&
           !bytes_equal(by, bytes_of(lengths[length].name)))
        length++;
    if (length == sizeof(lengths) / sizeof(*lengths))
        return -EINVAL;
    int error = alert_board_take(board, &rows, &count);
    if (error)
        return error;
    error = rows_fold(rows, count, length, offset, ret_periods);
    alert_board_give(board);
    return error;
}

void periods_finish(struct periods *periods)
{
    free(periods->items);
}

/* ---- writing ----------------------------------------------------------------------------- */

void period_numbers(const struct period *period, uint64_t ret_numbers[PERIOD_NUMBER_COUNT])
{
    const uint64_t numbers[] = {
#define X(number) period->number,
        PERIOD_NUMBERS(X)
#undef X
    };
    _Static_assert(sizeof(numbers) / sizeof(*numbers) == PERIOD_NUMBER_COUNT, "all of them");
    memcpy(ret_numbers, numbers, sizeof(numbers));
}

const char *period_title(int number, bool japanese)
{
    static const char *const titles[PERIOD_NUMBER_COUNT][2] = {
        {"groups", "グループ"},
        {"alerts", "アラート"},
        {"succeeded", "成功"},
        {"L4", "L4"},
        {"L3", "L3"},
        {"L2", "L2"},
        {"L1", "L1"},
        {"false", "誤検知"},
        {"undecided", "未判定"},
        {"held back", "うち保留"},
    };
    return titles[number][japanese];
}

void periods_heading(struct bytes by, bool japanese, struct buffer *out)
{
    bool day = bytes_equal(by, BYTES("day")), week = bytes_equal(by, BYTES("week"));
    if (japanese)
        buffer_put_format(out, "%sごとのアラート", day ? "日" : week ? "週" : "月");
    else
        buffer_put_format(out, "Alerts by %.*s", (int)by.len, by.at);
}

void periods_sums(const struct periods *periods, bool japanese, struct buffer *out)
{
    buffer_put_format(
        out,
        japanese ? "アラート %" PRIu64 " 件 → グループ %" PRIu64 " 件 → 要判定 %" PRIu64
                   " 件、保留 %" PRIu64 " 件、判定済み %" PRIu64 " 件"
                 : "%" PRIu64 " alerts → %" PRIu64 " groups → %" PRIu64 " to decide, %" PRIu64
                   " held back, %" PRIu64 " decided",
        periods->alerts, periods->groups, periods->shown, periods->held, periods->decided);
}

void period_json(const struct period *period, struct json *json)
{
    json_object(json);
    json_key_text(json, "period", bytes_of(period->name));
#define X(number) json_key(json, #number), json_unsigned(json, period->number);
    PERIOD_NUMBERS(X)
#undef X
    json_end_object(json);
}

void periods_csv(const struct periods *periods, struct buffer *out)
{
    buffer_put(out, BYTES("period"));
#define X(number) buffer_put(out, BYTES("," #number));
    PERIOD_NUMBERS(X)
#undef X
    buffer_put(out, BYTES("\r\n"));
    for (size_t i = 0; i < periods->count; i++) {
        const struct period *period = &periods->items[i];
        buffer_put(out, bytes_of(period->name));
#define X(number) buffer_put_format(out, ",%llu", (unsigned long long)period->number);
        PERIOD_NUMBERS(X)
#undef X
        buffer_put(out, BYTES("\r\n"));
    }
}
