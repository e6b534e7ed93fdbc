/*
 * show/board.h -- the triage board: groups of alerts as people decide upon them, as JSON and CSV.
 *
 * Everything is read from DATA/alerts.db; where there is no such file the
 * answers are empty. A group's priority, 0 to 4, comes from the gravest verdict
 * on its members, else from what models say of it, else from the sensor's
 * severity; what stands under BOARD_LEAST is held back, and counted. docs/alerts.md has the rules,
 * docs/api.md the answers. All return 0, -ENOENT (no such thing), -EINVAL (the request makes no
 * sense), -ENOMEM or -EIO.
 */
#ifndef SHOW_BOARD_H
#define SHOW_BOARD_H

#include "base/json.h"

enum {
    BOARD_LEAST = 2,     /* priority of what is shown */
    BOARD_GROUPS = 1000, /* of one answer, and of one decision */
    BOARD_MEMBERS = 20,  /* of a group, told one by one */
    BOARD_VERDICTS = 20,
    BOARD_PERIODS = 400, /* of a report */
    BOARD_TEXT = 512,    /* bytes of a member's payload or message */
};

struct sqlite3;

/* Open DATA/alerts.db for reading, or an empty one where there is none. */
int board_open(const char *data, struct sqlite3 **ret_db) __attribute__((warn_unused_result));

/* Whether there is a DATA/alerts.db. */
bool board_there(const char *data);

/* {"alerts","groups","shown","held","decided"}: what is left of so many alerts. */
int board_counts_json(struct sqlite3 *db, struct json *json) __attribute__((warn_unused_result));

/*
 * {"counts","held","groups"}: groups of one kind, most urgent first: "shown",
 * "held", "decided" (newest decision first) or "sample": `limit` of those held
 * back, drawn anew with each `seed`.
 */
int board_json(struct sqlite3 *db, struct bytes kind, int64_t limit, int64_t seed,
               struct json *json) __attribute__((warn_unused_result));

/* One group with what models say of it and why, the proofs of its verdicts, its decisions and its
 * first members. */
int board_group_json(const char *data, struct sqlite3 *db, int64_t id, struct json *json)
    __attribute__((warn_unused_result));

/*
 * Write what an analyst decided: `order` is JSON with groups (ids), level (0 to 4; null takes the
 * last word back) and optionally analyst, note. All of them or none.
 */
int board_decide(const char *data, struct sqlite3 *db, struct bytes order, int64_t now)
    __attribute__((warn_unused_result));

/*
 * Groups and alerts by level in each day, week (of its Monday) or month, newest first; days begin
 * `offset` minutes before UTC's. As JSON, or as CSV.
 */
int board_report_json(struct sqlite3 *db, struct bytes by, int64_t offset, struct json *json)
    __attribute__((warn_unused_result));
int board_report_csv(struct sqlite3 *db, struct bytes by, int64_t offset, struct buffer *out)
    __attribute__((warn_unused_result));

#endif
