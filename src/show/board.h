/*
 * show/board.h -- the triage board: groups of alerts as people decide upon them, as JSON.
 *
 * How groups stand is the engine's (engine/alert_board.h); what is told of each is
 * read from DATA/alerts.db. Where there is no such file the answers are empty.
 * docs/alerts.md has the rules, docs/api.md the answers. All return 0, -ENOENT (no
 * such thing), -EINVAL (the request makes no sense), -ENOMEM or -EIO.
 */
#ifndef SHOW_BOARD_H
#define SHOW_BOARD_H

#include "base/json.h"
#include "engine/alert_board.h"

enum {
    BOARD_GROUPS = 1000, /* of one answer, and of one decision */
    BOARD_MEMBERS = 20,  /* of a group, told one by one */
    BOARD_VERDICTS = 20,
    BOARD_TEXT = 512, /* bytes of a member's payload or message */
};

struct sqlite3;

/* One answer's view of DATA. */
struct board {
    const char *data;
    struct alert_board *standings;
    struct sqlite3 *db; /* DATA/alerts.db for reading, or an empty one where there is none */
};

/* Both must stay; board_close in any case. */
int board_open(const char *data, struct alert_board *standings, struct board *ret_board)
    __attribute__((warn_unused_result));
void board_close(struct board *board);

/* Whether there is a DATA/alerts.db. */
bool board_there(const char *data);

/* {"alerts","groups","shown","held","decided",…}: what is left of so many alerts. */
int board_counts_json(const struct board *board, struct json *json)
    __attribute__((warn_unused_result));

/*
 * {"counts","held","groups"}: groups of one kind, most urgent first: "shown",
 * "held", "decided" (newest decision first) or "sample": `limit` of those held
 * back, drawn anew with each `seed`.
 */
int board_json(const struct board *board, struct bytes kind, int64_t limit, int64_t seed,
               struct json *json) __attribute__((warn_unused_result));

/* One group with what models say of it and why, the proofs of its verdicts, its decisions and its
 * first members. */
int board_group_json(const struct board *board, int64_t id, struct json *json)
    __attribute__((warn_unused_result));

/* {"generations","training"}: of the levels' models, the newest first; what the last training came
 * to, with the audit of analysts, or null. */
int board_models_json(const struct board *board, struct json *json)
    __attribute__((warn_unused_result));

/*
 * Write what an analyst decided: `order` is JSON with groups (ids), level (0 to 4; null takes the
 * last word back) and optionally analyst, note. All of them or none.
 */
int board_decide(const struct board *board, struct bytes order, int64_t now)
    __attribute__((warn_unused_result));

#endif
