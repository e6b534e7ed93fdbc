/*
 * engine/alert_board.h -- how every group of alerts of a store stands, in memory, kept up to date.
 *
 * Loaded once; then only what the store says has changed (alerts_store_changes)
 * is looked at again, so lists and counts of 200,000 groups are a walk over an
 * array. The newest ALERT_BOARD_LIMIT groups by number; of older ones nothing is
 * known here. Any thread may ask; one at a time is served. Where there is no
 * store yet the board is empty, and fills when there is one.
 */
#ifndef ENGINE_ALERT_BOARD_H
#define ENGINE_ALERT_BOARD_H

#include <stddef.h>

#include "triage/standing.h"

enum { ALERT_BOARD_LIMIT = 1 << 21 };

enum alert_state { ALERT_SHOWN, ALERT_HELD, ALERT_DECIDED };

struct alert_standing {
    uint64_t id, count;
    int64_t first, last; /* ns since 1970 */
    int64_t decided;     /* when; 0: never */
    uint64_t gravest;    /* the alert whose verdict is; 0: none was judged */
    uint64_t judged;     /* members */
    uint8_t severity;    /* 0: none told */
    uint8_t level;       /* an analyst's; ALERT_UNDECIDED: nobody's */
    uint8_t proposed;    /* a model's; ALERT_UNDECIDED: none */
    uint8_t priority, reason, state;
};

struct alert_board;

/* -ENOMEM. Reads nothing yet. */
int alert_board_open(const char *folder, struct alert_board **ret_board)
    __attribute__((warn_unused_result));
void alert_board_close(struct alert_board *board); /* NULL is allowed */

/*
 * Bring it up to date, and keep it so, and for oneself, until alert_board_give: rows ascend by id.
 * -errno of the store; then there is nothing to give back.
 */
int alert_board_take(struct alert_board *board, const struct alert_standing **ret_rows,
                     size_t *ret_count) __attribute__((warn_unused_result));
void alert_board_give(struct alert_board *board);

/* While it is taken; NULL: no such group. */
const struct alert_standing *alert_board_find(const struct alert_board *board, uint64_t id);

/* While it is taken: the number of the newest change it knows of (alerts_store_changes). */
int64_t alert_board_change(const struct alert_board *board);

#endif
