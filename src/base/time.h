/*
 * base/time.h -- points in time as nanoseconds since 1970-01-01T00:00:00Z.
 *
 * int64_t nanoseconds reach from 1677 to 2262; a date outside that is refused,
 * not wrapped. No function here asks the clock but time_now and time_ticks.
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/buffer.h"

#define TIME_SECOND INT64_C(1000000000)
#define TIME_MINUTE (60 * TIME_SECOND)
#define TIME_HOUR   (60 * TIME_MINUTE)
#define TIME_DAY    (24 * TIME_HOUR)
#define TIME_NONE   INT64_MIN

enum { TIME_TEXT_SIZE = 32 };

/*
 * Read "2024-05-07T19:05:07.112140Z", also with a blank for the T, a fraction
 * of up to nine digits, and Z, +hh:mm, +hhmm or nothing (then UTC) at the end.
 * -EINVAL: not a date; -ERANGE: outside 1678 … 2261.
 */
int time_parse(struct bytes text, int64_t *ret_time) __attribute__((warn_unused_result));

/* From civil UTC parts; the same errors. */
int time_from_parts(int year, int month, int day, int64_t nanoseconds_of_day, int64_t *ret_time)
    __attribute__((warn_unused_result));

/* "2024-05-07T19:05:07.112140Z" with just the digits the fraction needs (0, 3, 6 or 9). */
struct bytes time_format(int64_t time, char text[TIME_TEXT_SIZE]);

/* "2024-05-07", the UTC day. */
struct bytes time_format_day(int64_t time, char text[TIME_TEXT_SIZE]);

/* Days since 1970 of a time, rounding down. */
static inline int32_t time_day(int64_t time)
{
    return (int32_t)(time / TIME_DAY - (time % TIME_DAY < 0));
}

/* The wall clock, and a clock for measuring that never jumps. */
int64_t time_now(void);
int64_t time_ticks(void);

#endif
