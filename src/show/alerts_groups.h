/* show/alerts_groups.h -- groups of alerts as rows and as JSON, for the verbs that tell them. */
#ifndef SHOW_ALERTS_GROUPS_H
#define SHOW_ALERTS_GROUPS_H

#include "base/json.h"
#include "show/table.h"
#include "store/alerts.h"

struct groups_wanted {
    int64_t since, until;         /* TIME_NONE: any */
    uint64_t group, burst, limit; /* 0: any */
};

/* Groups with their newest decision and gravest verdict, by their beginnings. Step the rows; they
 * are still the store's. */
int groups_find(struct alerts_store *store, const struct groups_wanted *wanted,
                struct sqlite3_stmt **ret_rows) __attribute__((warn_unused_result));

/* Keys and values of the row, without the braces. */
void group_json(struct sqlite3_stmt *row, struct json *json);

/* A table of groups; a row of it. */
void groups_table(struct table *table);
void group_row(struct sqlite3_stmt *row, struct table *table);

#endif
