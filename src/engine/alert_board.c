#include "engine/alert_board.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/alerts.h"
#include "store/database.h"

struct alert_board {
    char folder[4096];
    pthread_mutex_t lock;
    struct alerts_store *store; /* NULL: there is none yet */
    struct alert_standing *rows;
    size_t count, capacity;
    int64_t change;
    bool stale; /* all is to be loaded anew */
};

/* ---- one group -------------------------------------------------------------------------- */

/* The gravest verdict and the alert that has it, in one number to be smallest; how many. */
#define VERDICTS                                                                                   \
    "count(*) AS judged, min(CASE outcome WHEN 'success' THEN 0 WHEN 'unknown' THEN 1"             \
    " WHEN 'failed' THEN 2 ELSE 3 END * 1099511627776 + alert) AS gravest FROM alert_verdicts"
#define COLUMNS                                                                                    \
    "SELECT g.id, g.count, g.first, g.last, g.severity, d.level, d.time, j.judged, j.gravest,"     \
    " s.novelty, s.cut, s.level, s.side FROM alert_groups g"                                       \
    " LEFT JOIN alert_scores s ON s.group_id = g.id"

enum {
    ID,
    COUNT,
    FIRST,
    LAST,
    SEVERITY,
    LEVEL,
    DECIDED,
    JUDGED,
    GRAVEST,
    NOVELTY,
    CUT,
    PROPOSED,
    SIDE
};

/* Verdicts and words are looked for once, not for each group: most have none. */
static const char all_sql[] =
    "WITH judged AS MATERIALIZED (SELECT group_id, " VERDICTS " GROUP BY group_id),"
    " worded AS MATERIALIZED (SELECT group_id, max(id) AS id FROM alert_decisions"
    "  GROUP BY group_id) " COLUMNS " LEFT JOIN worded w ON w.group_id = g.id"
    " LEFT JOIN alert_decisions d ON d.id = w.id LEFT JOIN judged j ON j.group_id = g.id"
    " WHERE g.id > (SELECT max(id) FROM alert_groups) - ?1 ORDER BY g.id";
static const char one_sql[] =
    COLUMNS " LEFT JOIN alert_decisions d ON d.id ="
            " (SELECT max(id) FROM alert_decisions WHERE group_id = ?1)"
            " LEFT JOIN (SELECT " VERDICTS " WHERE group_id = ?1) j WHERE g.id = ?1";

static enum standing_side side_of(struct bytes name)
{
    return bytes_equal(name, BYTES("filtered")) ? SIDE_filtered
           : bytes_equal(name, BYTES("raised")) ? SIDE_raised
           : bytes_equal(name, BYTES("kept"))   ? SIDE_kept
                                                : SIDE_none;
}

static bool column_told(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) != SQLITE_NULL;
}

static double column_number(sqlite3_stmt *row, int column)
{
    return column_told(row, column) ? sqlite3_column_double(row, column) : NAN;
}

static uint8_t column_level(sqlite3_stmt *row, int column)
{
    int level = sqlite3_column_int(row, column);
    return column_told(row, column) && level >= 0 && level < ALERT_LEVELS ? (uint8_t)level
                                                                          : ALERT_UNDECIDED;
}

static struct alert_standing row_read(sqlite3_stmt *row)
{
    static const enum attack_outcome outcomes[] = {OUTCOME_success, OUTCOME_unknown, OUTCOME_failed,
                                                   OUTCOME_benign};
    const uint64_t alerts = UINT64_C(1) << 40,
                   gravest = (uint64_t)sqlite3_column_int64(row, GRAVEST);
    struct alert_standing group = {
        .id = (uint64_t)sqlite3_column_int64(row, ID),
        .count = (uint64_t)sqlite3_column_int64(row, COUNT),
        .first = sqlite3_column_int64(row, FIRST),
        .last = sqlite3_column_int64(row, LAST),
        .gravest = gravest % alerts,
        .judged = (uint64_t)sqlite3_column_int64(row, JUDGED),
        .severity = (uint8_t)sqlite3_column_int(row, SEVERITY),
        .level = column_level(row, LEVEL),
        .proposed = column_level(row, PROPOSED),
    };
    const struct standing_facts facts = {
        .severity = group.severity,
        .judged = group.judged > 0,
        .judged_all = group.judged > 0 && group.judged >= group.count,
        .gravest = outcomes[gravest / alerts & 3],
        .side = side_of(column_bytes(row, SIDE)),
        .level = group.proposed < ALERT_LEVELS ? group.proposed : 0,
        .novelty = column_number(row, NOVELTY),
        .cut = column_number(row, CUT),
    };
    struct standing standing = standing_of(&facts);
    group.priority = standing.priority;
    group.reason = (uint8_t)standing.reason;
    group.decided = group.level < ALERT_LEVELS ? sqlite3_column_int64(row, DECIDED) : 0;
    group.state = group.level < ALERT_LEVELS         ? ALERT_DECIDED
                  : group.priority >= STANDING_SHOWN ? ALERT_SHOWN
                                                     : ALERT_HELD;
    return group;
}

/* ---- all, or those that changed ----------------------------------------------------------- */

static int row_append(struct alert_board *board, const struct alert_standing *group)
{
    if (board->count == board->capacity) {
        size_t capacity = board->capacity ? 2 * board->capacity : 1024;
        struct alert_standing *rows = reallocarray(board->rows, capacity, sizeof(*rows));
        if (!rows)
            return -ENOMEM;
        board->rows = rows;
        board->capacity = capacity;
    }
    board->rows[board->count++] = *group;
    return 0;
}

const struct alert_standing *alert_board_find(const struct alert_board *board, uint64_t id)
{
    size_t low = 0, high = board->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (board->rows[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < board->count && board->rows[low].id == id ? &board->rows[low] : NULL;
}

int64_t alert_board_change(const struct alert_board *board)
{
    return board->change;
}

/* Everything as of one moment: within a transaction, so that no change is missed or seen twice. */
static int board_load(struct alert_board *board)
{
    sqlite3_stmt *row, *newest;
    int error = alerts_store_statement(board->store, all_sql, &row);
    if (!error)
        error = alerts_store_statement(
            board->store, "SELECT coalesce(max(number), 0) FROM alert_changes", &newest);
    if (error)
        return error;
    board->count = 0;
    board->stale = true;
    sqlite3_bind_int64(row, 1, ALERT_BOARD_LIMIT);
    int step = sqlite3_step(row); /* holds the moment until it is reset */
    int64_t change = sqlite3_step(newest) == SQLITE_ROW ? sqlite3_column_int64(newest, 0) : 0;
    sqlite3_reset(newest);
    for (; step == SQLITE_ROW && !error; step = sqlite3_step(row)) {
        struct alert_standing group = row_read(row);
        error = row_append(board, &group);
    }
    sqlite3_reset(row);
    if (!error && step != SQLITE_DONE)
        error = -EIO;
    if (!error) {
        board->change = change;
        board->stale = false;
    }
    return error;
}

/* What the group is like now; one that is gone, or came out of turn, asks for all anew. */
static int group_changed(void *context, uint64_t id)
{
    struct alert_board *board = context;
    sqlite3_stmt *row;
    if (id == 0)
        board->stale = true;
    if (board->stale)
        return 0;
    int error = alerts_store_statement(board->store, one_sql, &row);
    if (error)
        return error;
    sqlite3_bind_int64(row, 1, (int64_t)id);
    int step = sqlite3_step(row);
    struct alert_standing *known = (struct alert_standing *)alert_board_find(board, id);
    if (step == SQLITE_ROW) {
        struct alert_standing group = row_read(row);
        bool next = board->count == 0 || id > board->rows[board->count - 1].id;
        if (known)
            *known = group;
        else if (next && board->count < ALERT_BOARD_LIMIT)
            error = row_append(board, &group);
        else
            board->stale = true;
    } else if (known) {
        board->stale = true;
    }
    sqlite3_reset(row);
    return error ? error : step == SQLITE_ROW || step == SQLITE_DONE ? 0 : -EIO;
}

static int board_update(struct alert_board *board)
{
    char path[4200];
    if (!board->store) {
        (void)snprintf(path, sizeof(path), "%s/alerts.db", board->folder);
        if (access(path, F_OK) < 0)
            return 0;
        int error = alerts_store_open(board->folder, ALERTS_READ, &board->store);
        if (error) {
            alerts_store_close(board->store);
            board->store = NULL;
            return error;
        }
    }
    int error =
        board->stale ? 0 : alerts_store_changes(board->store, &board->change, group_changed, board);
    return error || !board->stale ? error : board_load(board);
}

/* ---- asking ------------------------------------------------------------------------------- */

int alert_board_open(const char *folder, struct alert_board **ret_board)
{
    struct alert_board *board = calloc(1, sizeof(*board));
    if (!board)
        return -ENOMEM;
    (void)snprintf(board->folder, sizeof(board->folder), "%s", folder);
    pthread_mutex_init(&board->lock, NULL);
    board->stale = true;
    *ret_board = board;
    return 0;
}

void alert_board_close(struct alert_board *board)
{
    if (!board)
        return;
    alerts_store_close(board->store);
    pthread_mutex_destroy(&board->lock);
    free(board->rows);
    free(board);
}

int alert_board_take(struct alert_board *board, const struct alert_standing **ret_rows,
                     size_t *ret_count)
{
    pthread_mutex_lock(&board->lock);
    int error = board_update(board);
    if (error) {
        board->stale = true;
        pthread_mutex_unlock(&board->lock);
        return error;
    }
    *ret_rows = board->rows;
    *ret_count = board->count;
    return 0;
}

void alert_board_give(struct alert_board *board)
{
    pthread_mutex_unlock(&board->lock);
}
