/*
 * show/alerts_bursts.h -- bursts of groups of alerts, as a table and as JSON.
 */
#ifndef SHOW_ALERTS_BURSTS_H
#define SHOW_ALERTS_BURSTS_H

#include "base/json.h"
#include "show/table.h"
#include "store/alerts.h"

/* Rows of bursts with an alert from `since` on and one before `until` (TIME_NONE: any), those that
 * began last first; limit 0: all. */
extern const char bursts_query[];
void bursts_bind(struct sqlite3_stmt *rows, int64_t since, int64_t until, uint64_t limit);

/* Members of an open object; a row of the table, whose columns come from bursts_table. */
void burst_json(struct sqlite3_stmt *row, struct json *json);
void burst_row(struct sqlite3_stmt *row, struct table *table);
void bursts_table(struct table *table);

/* {"bursts": […]}, the newest `limit`; {"groups": […]} of one, the first 1,000. -EIO; -ENOENT: no
 * such burst. */
int bursts_json(struct sqlite3 *db, int64_t limit, struct json *json)
    __attribute__((warn_unused_result));
int burst_groups_json(struct sqlite3 *db, int64_t burst, struct json *json)
    __attribute__((warn_unused_result));

#endif
