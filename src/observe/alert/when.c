/* Times as sensors write them. */
#include "observe/alert/field.h"

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static int month_read(struct bytes text)
{
    for (int i = 0; text.len >= 3 && i < 12; i++)
        if (memcmp(text.at, months + 3 * i, 3) == 0)
            return i + 1;
    return 0;
}

/* A date being read, part by part. */
struct when {
    struct bytes left;
    int year, month, day;
    int64_t of_day, zone;
};

static bool take(struct when *when, char c)
{
    if (when->left.len == 0 || when->left.at[0] != c)
        return false;
    when->left = bytes_from(when->left, 1);
    return true;
}

static void take_blanks(struct when *when)
{
    while (take(when, ' '))
        continue;
}

/* One to `most` digits. */
static bool take_number(struct when *when, size_t most, int *ret_number)
{
    size_t len = 0;
    int number = 0;
    while (len < most && len < when->left.len && when->left.at[len] >= '0' &&
           when->left.at[len] <= '9')
        number = number * 10 + (when->left.at[len++] - '0');
    when->left = bytes_from(when->left, len);
    *ret_number = number;
    return len > 0;
}

static bool take_month(struct when *when)
{
    when->month = month_read(when->left);
    when->left = bytes_from(when->left, 3);
    return when->month > 0;
}

/* "12:00:01" with a fraction or without. */
static bool take_clock(struct when *when)
{
    int hour, minute, second, digit;
    if (!take_number(when, 2, &hour) || !take(when, ':') || !take_number(when, 2, &minute) ||
        !take(when, ':') || !take_number(when, 2, &second) || hour > 23 || minute > 59 ||
        second > 60)
        return false;
    when->of_day = hour * TIME_HOUR + minute * TIME_MINUTE + second * TIME_SECOND;
    if (take(when, '.') || take(when, ','))
        for (int64_t unit = TIME_SECOND / 10; take_number(when, 1, &digit); unit /= 10)
            when->of_day += digit * unit;
    return true;
}

/* "Z", "UTC", "GMT", "+0100", "+01:00", or nothing. */
static bool take_zone(struct when *when)
{
    int hours, minutes;
    take_blanks(when);
    bool minus = when->left.len && when->left.at[0] == '-';
    if (take(when, 'Z') || bytes_equal(when->left, BYTES("UTC")) ||
        bytes_equal(when->left, BYTES("GMT"))) {
        when->left.len = 0;
        return true;
    }
    if (!take(when, '+') && !take(when, '-'))
        return when->left.len == 0;
    if (!take_number(when, 2, &hours))
        return false;
    (void)!take(when, ':');
    if (!take_number(when, 2, &minutes) || hours > 14 || minutes > 59)
        return false;
    when->zone = hours * TIME_HOUR + minutes * TIME_MINUTE;
    when->zone = minus ? -when->zone : when->zone;
    return when->left.len == 0;
}

static bool when_time(const struct when *when, int64_t *ret_time)
{
    int64_t time;
    if (time_from_parts(when->year, when->month, when->day, when->of_day, &time))
        return false;
    *ret_time = time - when->zone;
    return true;
}

/* The latest year in which this date is not more than a day after the reference. */
static bool when_near(struct when *when, int64_t reference, int64_t *ret_time)
{
    int64_t time;
    when->year = 1970 + (int)(time_day(reference) / 365) + 1;
    for (int tries = 0; tries < 12; tries++, when->year--)
        if (when_time(when, &time) && time <= reference + TIME_DAY) {
            *ret_time = time;
            return true;
        }
    return false;
}

/* "1642213952", "1642213952.25", "1642213952123" */
static bool epoch_read(struct bytes text, int64_t *ret_time)
{
    const char *point = memchr(text.at, '.', text.len);
    struct bytes whole = {text.at, point ? (size_t)(point - text.at) : text.len};
    struct bytes rest = bytes_from(text, whole.len + 1);
    uint64_t number;
    if (!alert_number_read(whole, INT64_MAX, &number))
        return false;
    if (whole.len > 11 && !point) {
        int64_t unit = whole.len <= 14 ? 1000000 : whole.len <= 17 ? 1000 : 1;
        if (number > (uint64_t)(INT64_MAX / unit))
            return false;
        *ret_time = (int64_t)number * unit;
        return true;
    }
    if (number >= (uint64_t)(INT64_MAX / TIME_SECOND))
        return false;
    int64_t time = (int64_t)number * TIME_SECOND, unit = TIME_SECOND / 10;
    for (size_t i = 0; i < rest.len; i++, unit /= 10) {
        if (rest.at[i] < '0' || rest.at[i] > '9')
            return false;
        time += (rest.at[i] - '0') * unit;
    }
    *ret_time = time;
    return true;
}

/* "01/Mar/2024:12:00:00 +0000" */
static bool slashed_read(struct when *when, int64_t *ret_time)
{
    return take_number(when, 2, &when->day) && take(when, '/') && take_month(when) &&
           take(when, '/') && take_number(when, 4, &when->year) && take(when, ':') &&
           take_clock(when) && take_zone(when) && when_time(when, ret_time);
}

/* "03/01-12:00:00.123456", "24/03/01-12:00:00" */
static bool snort_read(struct when *when, int64_t reference, int64_t *ret_time)
{
    int first, second, third;
    if (!take_number(when, 2, &first) || !take(when, '/') || !take_number(when, 2, &second))
        return false;
    bool dated = take(when, '/');
    if (dated && !take_number(when, 2, &third))
        return false;
    if (!take(when, '-') || !take_clock(when) || when->left.len)
        return false;
    when->month = dated ? second : first;
    when->day = dated ? third : second;
    when->year = 2000 + first;
    return dated ? when_time(when, ret_time) : when_near(when, reference, ret_time);
}

/* "Mar  1 12:00:00", "Mar 01 2024 12:00:00.5 UTC", "[Mon ]Mar  1 12:00:00 2024" */
static bool named_read(struct when *when, int64_t reference, int64_t *ret_time)
{
    if (!month_read(when->left) && when->left.len > 4) { /* the day of the week */
        when->left = bytes_from(when->left, 3);
        take_blanks(when);
    }
    if (!take_month(when))
        return false;
    take_blanks(when);
    if (!take_number(when, 2, &when->day))
        return false;
    (void)!take(when, ',');
    take_blanks(when);
    struct when dated = *when;
    if (take_number(&dated, 4, &dated.year) && take(&dated, ' ')) {
        take_blanks(&dated);
        return take_clock(&dated) && take_zone(&dated) && when_time(&dated, ret_time);
    }
    if (!take_clock(when))
        return false;
    dated = *when;
    take_blanks(&dated);
    if (take_number(&dated, 4, &dated.year) && dated.year > 999 && take_zone(&dated))
        return when_time(&dated, ret_time);
    return take_zone(when) && when_near(when, reference, ret_time);
}

bool alert_time_read(struct bytes text, int64_t reference, int64_t *ret_time)
{
    text = alert_trim(text);
    if (text.len < 8 || text.len > 48)
        return false;
    if (text.at[4] == '-')
        return time_parse(text, ret_time) == 0;
    if (epoch_read(text, ret_time))
        return true;
    struct when named = {.left = text}, slashed = named, snort = named;
    if (text.at[0] >= 'A' && text.at[0] <= 'Z')
        return named_read(&named, reference, ret_time);
    return slashed_read(&slashed, ret_time) || snort_read(&snort, reference, ret_time);
}
