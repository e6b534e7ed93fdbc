/*
 * show/darknet_kept.h -- what DATA/darknet.db holds, when a darknet verb has no FILE to read.
 */
#ifndef SHOW_DARKNET_KEPT_H
#define SHOW_DARKNET_KEPT_H

#include "show/state.h"

/*
 * Two questions about the same rows. Their columns are named as in show/state.h;
 * those of `table_sql` are the titles of the table. The last argument of both is
 * how many rows are wanted, -1 for all.
 */
struct kept_question {
    const char *verb, *data, *noun; /* "darknet sources", DIR, "sources" */
    const char *count_sql;          /* how many rows there are in all, of the same arguments */
    const char *json_sql, *table_sql;
    struct argument arguments[2];
    int argument_count;
};

/* Lines of JSON, or a table and how many there are. An exit status, after a message. */
int darknet_kept_print(const struct kept_question *question, bool json);

#endif
