/*
 * store/alerts.h -- where alerts, their groups and what was said of them rest: DATA/alerts.db.
 *
 * One SQLite file (WAL) beside the others. Alerts are numbered from 1 in the
 * order in which they were gathered and rest in blocks (store/alert_block.h);
 * alert_members says for each block which of its alerts are a group's. What one
 * batch brings -- alerts, groups, and how far its source was read -- is one
 * transaction, so a process may be killed at any time: nothing is lost, and what
 * is read again is not put again. One process gathers; others may read and
 * decide meanwhile. Times are ns since 1970, addresses text, absent values NULL.
 */
#ifndef STORE_ALERTS_H
#define STORE_ALERTS_H

#include <sqlite3.h>

#include "base/arena.h"
#include "model/alert_group.h"

/* X(table, columns and options as SQL); columns are append only. */
#define ALERT_TABLES(X)                                                                            \
    X(alert_sources, /* what was read, and how far */                                              \
      "(number INTEGER PRIMARY KEY, path TEXT, head_length INTEGER, head_hash INTEGER,"            \
      " offset INTEGER, line INTEGER, alerts INTEGER)")                                            \
    X(alert_blocks,                                                                                \
      "(first INTEGER PRIMARY KEY, count INTEGER, time_first INTEGER, time_last INTEGER,"          \
      " body BLOB)")                                                                               \
    X(alert_members, /* places in the block, each as LEB128 of its distance to the one before */   \
      "(group_id INTEGER, block INTEGER, count INTEGER, members BLOB,"                             \
      " PRIMARY KEY (group_id, block)) WITHOUT ROWID")                                             \
    X(alert_groups, /* text of the first member */                                                 \
      "(id INTEGER PRIMARY KEY, key INTEGER, first INTEGER, last INTEGER, count INTEGER,"          \
      " severity INTEGER, closed INTEGER, sensor TEXT, host TEXT, host_ip TEXT, rule_id TEXT,"     \
      " rule_name TEXT, category TEXT, source_ip TEXT, destination_ip TEXT,"                       \
      " destination_port INTEGER, burst INTEGER, burst_key INTEGER)")                              \
    X(alert_verdicts, /* what judging said of an alert */                                          \
      "(alert INTEGER PRIMARY KEY, group_id INTEGER, outcome TEXT, class TEXT, confidence REAL,"   \
      " proof_json TEXT)")                                                                         \
    X(alert_decisions, /* every word of an analyst; the newest of a group counts; no level: undone \
                        */                                                                         \
      "(id INTEGER PRIMARY KEY AUTOINCREMENT, group_id INTEGER, level INTEGER, analyst TEXT,"      \
      " time INTEGER, note TEXT)")                                                                 \
    X(alert_models, "(name TEXT, generation INTEGER, time INTEGER, state BLOB, note TEXT,"         \
                    " PRIMARY KEY (name, generation))")                                            \
    X(alert_scores, /* what models say of a group, and of which size it was then */                \
      "(group_id INTEGER PRIMARY KEY, count INTEGER, novelty REAL, cut REAL, reasons TEXT,"        \
      " level INTEGER, level_score REAL, level_share REAL, side TEXT, level_reasons TEXT)")        \
    X(alert_settings, "(name TEXT PRIMARY KEY, value TEXT)")                                       \
    X(alert_notices, /* who was told of a group, how urgent it was then; delivered: when, or 0 */  \
      "(group_id INTEGER, organisation TEXT, rank INTEGER, time INTEGER, delivered INTEGER,"       \
      " PRIMARY KEY (group_id, organisation)) WITHOUT ROWID")                                      \
    X(alert_changes, /* the newest transactions: ids of groups, as LEB128; NULL: any may have */   \
      "(number INTEGER PRIMARY KEY, groups BLOB)")

enum alerts_mode {
    ALERTS_READ,
    ALERTS_DECIDE, /* reads, and writes decisions, verdicts, models, settings */
    ALERTS_GATHER, /* the one that writes alerts; makes DATA and the tables */
};

struct alerts_store;

/* -EBUSY: another process gathers; -ENOENT: nothing was gathered yet; -errno. On failure, too, the
 * store is there to be asked for its error, and closed, unless memory ran out. */
int alerts_store_open(const char *folder, enum alerts_mode mode, struct alerts_store **ret_store)
    __attribute__((warn_unused_result));
void alerts_store_close(struct alerts_store *store); /* NULL is allowed */
const char *alerts_store_error(const struct alerts_store *store);

/* A statement to bind and step by the caller; prepared once per SQL text, still the store's. */
int alerts_store_statement(struct alerts_store *store, const char *sql,
                           struct sqlite3_stmt **ret_statement) __attribute__((warn_unused_result));

/* ---- gathering ------------------------------------------------------------------------ */

struct alerts_source {
    uint32_t number;
    uint64_t offset, line; /* from where to read on */
    uint64_t alerts;       /* so far */
};

/*
 * The source that begins with `head` (its first bytes; 4 KiB of them count), wherever it is now;
 * made if new. A log that is shorter than that is known by its path, or by being all the same.
 */
int alerts_source_find(struct alerts_store *store, const char *path, struct bytes head,
                       struct alerts_source *ret_source) __attribute__((warn_unused_result));

/* Number of the next group. */
int alerts_store_next_group(struct alerts_store *store, uint64_t *ret_id)
    __attribute__((warn_unused_result));

/* All puts happen between these; what was begun and not committed is undone by close. A commit
 * says which groups changed (alerts_store_changes). */
int alerts_store_begin(struct alerts_store *store) __attribute__((warn_unused_result));
int alerts_store_commit(struct alerts_store *store) __attribute__((warn_unused_result));

/* Append alerts; groups[i] is the id of the group of alerts[i]. */
int alerts_store_put(struct alerts_store *store, const struct alert *alerts, const uint64_t *groups,
                     uint32_t count) __attribute__((warn_unused_result));

/* A new group with the text of its first member, or NULL: what changes of one that is there. */
int alerts_store_put_group(struct alerts_store *store, const struct alert_group *group,
                           const struct alert *first) __attribute__((warn_unused_result));

int alerts_store_put_source(struct alerts_store *store, const struct alerts_source *source)
    __attribute__((warn_unused_result));

/* Time of the newest alert; 0 without any. */
int alerts_store_newest(struct alerts_store *store, int64_t *ret_time)
    __attribute__((warn_unused_result));

/* Forget alerts of blocks that end before `time`, and groups that do; how many alerts. */
int alerts_store_forget(struct alerts_store *store, int64_t time, uint64_t *ret_alerts)
    __attribute__((warn_unused_result));

/* ---- reading -------------------------------------------------------------------------- */

/* Open groups, by id. The callback's -errno. */
int alerts_store_open_groups(struct alerts_store *store,
                             int (*visit)(void *context, const struct alert_group *group),
                             void *context) __attribute__((warn_unused_result));

/*
 * The members of a group in the order in which they were gathered, from the `skip`th on; the alert
 * lives during the visit. What is not 0 ends it and is returned.
 */
int alerts_store_members(struct alerts_store *store, uint64_t group, uint64_t skip,
                         int (*visit)(void *context, uint64_t number, const struct alert *alert),
                         void *context) __attribute__((warn_unused_result));

/* From where alerts_store_each misses none of `time` or later, and few from before. */
int alerts_store_number_at(struct alerts_store *store, int64_t time, uint64_t *ret_number)
    __attribute__((warn_unused_result));

/* Every alert with its number, in order, from `from` on. */
int alerts_store_each(struct alerts_store *store, uint64_t from,
                      int (*visit)(void *context, uint64_t number, const struct alert *alert),
                      void *context) __attribute__((warn_unused_result));

enum {
    ALERTS_CHANGES = 256,        /* transactions remembered */
    ALERTS_CHANGE_GROUPS = 16384 /* groups of one, told one by one */
};

/*
 * Which groups came, grew, were judged, decided or scored since the transaction `*number`, which
 * becomes the newest. Group 0: any may have changed, or gone; so it is said when too much was
 * forgotten since. -errno, or what `visit` gave.
 */
int alerts_store_changes(struct alerts_store *store, int64_t *number,
                         int (*visit)(void *context, uint64_t group), void *context)
    __attribute__((warn_unused_result));

/* A group changed by the caller's own statement, within a transaction; 0: any may have. */
int alerts_store_change(struct alerts_store *store, uint64_t group)
    __attribute__((warn_unused_result));

/* ---- what people and models say -------------------------------------------------------- */

struct alert_verdict {
    enum attack_outcome outcome;
    enum attack_class class;
    double confidence;
    struct bytes proof_json; /* an object; docs/alerts.md */
};

/* A row (outcome, class, confidence, proof_json) if the alert was judged; to be stepped and reset.
 */
int alerts_store_verdict(struct alerts_store *store, uint64_t alert, struct sqlite3_stmt **ret_row)
    __attribute__((warn_unused_result));

/* In place of an earlier one. -ENOENT: there is no such alert. */
int alerts_store_put_verdict(struct alerts_store *store, uint64_t alert,
                             const struct alert_verdict *verdict)
    __attribute__((warn_unused_result));

enum {
    ALERT_LEVELS = 5,               /* 0: false positive; 1 to 4, 4 the gravest */
    ALERT_UNDECIDED = ALERT_LEVELS, /* takes an earlier word back */
};

/* -ENOENT: there is no such group. On the disk when this returns, or when what was begun is
 * committed. */
int alerts_store_decide(struct alerts_store *store, uint64_t group, unsigned level,
                        struct bytes analyst, int64_t time, struct bytes note)
    __attribute__((warn_unused_result));

#endif
