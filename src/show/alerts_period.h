/*
 * show/alerts_period.h -- groups and alerts by level in each day, week or month.
 *
 * One table for all who tell it: the board, the API, hinomi alerts report (a table, JSON, CSV,
 * HTML, PDF).
 */
#ifndef SHOW_ALERTS_PERIOD_H
#define SHOW_ALERTS_PERIOD_H

#include "base/json.h"
#include "base/time.h"
#include "engine/alert_board.h"

enum { PERIODS_MOST = 400, PERIOD_LEVELS = 5 };

/* X(name, of struct period): the numbers, in the order in which they are told. */
#define PERIOD_NUMBERS(X)                                                                          \
    X(groups)                                                                                      \
    X(alerts)                                                                                      \
    X(succeeded) /* groups with an attack that did */                                              \
    X(level_4)   /* groups by their newest decision */                                             \
    X(level_3)                                                                                     \
    X(level_2)                                                                                     \
    X(level_1)                                                                                     \
    X(false_positives)                                                                             \
    X(undecided)                                                                                   \
    X(held) /* of the undecided: held back */

struct period {
    char name[TIME_TEXT_SIZE]; /* 2026-01-12; of a week its Monday; of a month 2026-01 */
#define X(number) uint64_t number;
    PERIOD_NUMBERS(X)
#undef X
};

struct periods {
    struct period *items; /* newest first, at most PERIODS_MOST */
    size_t count;
    /* Of all periods: what is left of so many alerts. */
    uint64_t alerts, groups, shown, held, decided;
};

enum { PERIOD_NUMBER_COUNT = 10 };

/* The numbers of a period as an array, and what heads their columns. */
void period_numbers(const struct period *period, uint64_t ret_numbers[PERIOD_NUMBER_COUNT]);
const char *period_title(int number, bool japanese);

/*
 * `by` is day, week or month, else -EINVAL; days begin `offset` minutes before UTC's. A group
 * counts where it began. -ENOMEM; the board's error. Finish in any case but failure.
 */
int periods_make(struct alert_board *board, struct bytes by, int64_t offset,
                 struct periods *ret_periods) __attribute__((warn_unused_result));
void periods_finish(struct periods *periods);

/* "Alerts by week", "1,024 alerts → 31 groups → 7 to decide, 20 held back, 4 decided". */
void periods_heading(struct bytes by, bool japanese, struct buffer *out);
void periods_sums(const struct periods *periods, bool japanese, struct buffer *out);

void period_json(const struct period *period, struct json *json);
void periods_csv(const struct periods *periods, struct buffer *out);

/* A page by itself, to open or to print. */
void periods_html(const struct periods *periods, struct bytes by, bool japanese,
                  struct buffer *out);

/* A4 across, as many pages as it takes. Japanese letters are the reader's own, not in the file.
 * -ENOMEM; -EIO: libharu refused. */
int periods_pdf(const struct periods *periods, struct bytes by, bool japanese, struct buffer *out)
    __attribute__((warn_unused_result));

#endif
