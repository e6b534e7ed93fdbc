#include "base/time.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

/* The days on which 1678 and 2262 begin: what is between them fits into nanoseconds. */
enum { FIRST_DAY = -106650, END_DAY = 106651 };

/* Days from 1970-01-01 in the proleptic Gregorian calendar; March-based years end on leap days. */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_index = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * month_index + 2) / 5 + 1);
    *month = (int)(month_index < 10 ? month_index + 3 : month_index - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

int time_from_parts(int year, int month, int day, int64_t nanoseconds_of_day, int64_t *ret_time)
{
    static const int month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1 || day > month_days[month - 1])
        return -EINVAL;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (month == 2 && day == 29 && !leap)
        return -EINVAL;
    if (year < 1678 || year > 2261)
        return -ERANGE;
    *ret_time = days_from_civil(year, month, day) * TIME_DAY + nanoseconds_of_day;
    return 0;
}

/* `count` digits at `at` as a number; -1 when one is no digit. */
static int digits(const char *at, size_t count)
{
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        value = value * 10 + (at[i] - '0');
    }
    return value;
}

/* The fraction behind the seconds, in nanoseconds; moves *position past it. */
static int64_t parse_fraction(struct bytes text, size_t *position)
{
    int64_t value = 0, unit = TIME_SECOND / 10;
    if (*position >= text.len || (text.at[*position] != '.' && text.at[*position] != ','))
        return 0;
    for (++*position; *position < text.len; ++*position) {
        char c = text.at[*position];
        if (c < '0' || c > '9')
            break;
        value += (c - '0') * unit;
        unit /= 10;
    }
    return value;
}

static int parse_zone(struct bytes zone, int64_t *ret_offset)
{
    if (zone.len == 0 || (zone.len == 1 && (zone.at[0] == 'Z' || zone.at[0] == 'z'))) {
        *ret_offset = 0;
        return 0;
    }
    if ((zone.len != 6 && zone.len != 5) || (zone.at[0] != '+' && zone.at[0] != '-'))
        return -EINVAL;
    if (zone.len == 6 && zone.at[3] != ':')
        return -EINVAL;
    int hours = digits(zone.at + 1, 2), minutes = digits(zone.at + zone.len - 2, 2);
    if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
        return -EINVAL;
    int64_t offset = hours * TIME_HOUR + minutes * TIME_MINUTE;
    *ret_offset = zone.at[0] == '-' ? -offset : offset;
    return 0;
}

int time_parse(struct bytes text, int64_t *ret_time)
{
    if (text.len < 19 || text.at[4] != '-' || text.at[7] != '-' ||
        (text.at[10] != 'T' && text.at[10] != ' ' && text.at[10] != 't') || text.at[13] != ':' ||
        text.at[16] != ':')
        return -EINVAL;
    int year = digits(text.at, 4), month = digits(text.at + 5, 2), day = digits(text.at + 8, 2);
    int hour = digits(text.at + 11, 2), minute = digits(text.at + 14, 2),
        second = digits(text.at + 17, 2);
    if (year < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return -EINVAL;
    size_t position = 19;
    int64_t of_day = hour * TIME_HOUR + minute * TIME_MINUTE + second * TIME_SECOND;
    of_day += parse_fraction(text, &position);
    int64_t zone = 0, time = 0;
    int error = parse_zone(bytes_from(text, position), &zone);
    if (!error)
        error = time_from_parts(year, month, day, of_day, &time);
    if (!error && (time_day(time - zone) < FIRST_DAY || time_day(time - zone) >= END_DAY))
        error = -ERANGE; /* the zone can push a date at either end past it */
    if (!error)
        *ret_time = time - zone;
    return error;
}

struct bytes time_format(int64_t time, char text[TIME_TEXT_SIZE])
{
    int32_t day = time_day(time);
    int64_t rest = time - (int64_t)day * TIME_DAY;
    int year, month, day_of_month;
    civil_from_days(day, &year, &month, &day_of_month);
    int len = snprintf(text, TIME_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", year % 10000, month,
                       day_of_month, (int)(rest / TIME_HOUR), (int)(rest / TIME_MINUTE % 60),
                       (int)(rest / TIME_SECOND % 60));
    size_t at = (size_t)len;
    int fraction = (int)(rest % TIME_SECOND);
    if (fraction) {
        int width = fraction % 1000 ? 9 : fraction % 1000000 ? 6 : 3;
        int shown = width == 9 ? fraction : width == 6 ? fraction / 1000 : fraction / 1000000;
        at += (size_t)snprintf(text + at, TIME_TEXT_SIZE - at, ".%0*d", width, shown);
    }
    text[at++] = 'Z';
    text[at] = '\0';
    return (struct bytes){text, at};
}

struct bytes time_format_day(int64_t time, char text[TIME_TEXT_SIZE])
{
    time_format(time, text);
    text[10] = '\0';
    return (struct bytes){text, 10};
}

static int64_t clock_read(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * TIME_SECOND + now.tv_nsec;
}

int64_t time_now(void)
{
    return clock_read(CLOCK_REALTIME);
}

int64_t time_ticks(void)
{
    return clock_read(CLOCK_MONOTONIC);
}
