/*
 * show/cases.h -- cases and the day's sums, as JSON for the API and the stream.
 */
#ifndef SHOW_CASES_H
#define SHOW_CASES_H

#include "show/state.h"

/* Each case as it stands: what triage says, overruled by what the analyst decided (d). */
#define CASES_SELECT                                                                               \
    "SELECT c.id, coalesce(d.level, c.level) AS level, c.level AS level_proposed,"                 \
    " coalesce(d.status, c.status) AS status, coalesce(d.verdict, c.verdict) AS verdict,"          \
    " coalesce(d.owner, c.owner) AS owner, c.time_start AS \"time_start:time\","                   \
    " c.time_end AS \"time_end:time\", c.opened AS \"opened:time\","                               \
    " iif(json_valid(c.hosts), c.hosts, '[]') AS \"hosts:json\", c.title, c.title_ja, c.summary,"  \
    " c.summary_ja, c.score,"                                                                      \
    " (SELECT count(*) FROM findings f WHERE f.case_id = c.id) AS finding_count"                   \
    " FROM cases c LEFT JOIN case_decisions d ON d.case_id = c.id"

/* {"events","findings","cases_open","cases_closed","hosts","learned_until",…}. -EIO. */
int summary_json(struct sqlite3 *db, struct json *json) __attribute__((warn_unused_result));

/* {"cases":[…],"total":n}, most urgent first; `status` is "open", "closed" or "all". -EIO. */
int cases_json(struct sqlite3 *db, const char *status, int64_t limit, int64_t offset,
               struct json *json) __attribute__((warn_unused_result));

/* One case with its findings, timeline, next steps and notes. -ENOENT, -EIO. */
int case_json(struct sqlite3 *db, int64_t id, struct json *json)
    __attribute__((warn_unused_result));

/*
 * Write what an analyst decided: `order` is JSON with any of level (0 to 4),
 * status, verdict, owner, note. -EINVAL: not that; -ENOENT: no such case; -EIO.
 */
int case_decide(const char *data, struct sqlite3 *db, int64_t id, struct bytes order, int64_t now)
    __attribute__((warn_unused_result));

#endif
