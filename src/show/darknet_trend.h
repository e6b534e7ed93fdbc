/*
 * show/darknet_trend.h -- where the trend's series come from, and where trends go.
 */
#ifndef SHOW_DARKNET_TREND_H
#define SHOW_DARKNET_TREND_H

#include "detect/darknet/series.h"
#include "detect/darknet/trend.h"

/*
 * Everything, every port, class and mark counted in DATA/darknet.db, by
 * set->step; laid out. Names are "all", "tcp/23", "class/mirai", "mark/zmap".
 * An exit status, after a message by `verb`.
 */
int trend_load_store(struct series_set *set, const char *verb, const char *data);

/* The series of a CSV file (observe/list/series_file.h), and all of them added up as "all". */
int trend_load_file(struct series_set *set, const char *verb, const char *path);

/*
 * Rows of darknet_trends, replacing those of the same names: "expected" for each
 * step to come, and "change". An exit status, after a message by `verb`.
 */
struct trend_named {
    struct bytes name;
    int64_t end, step; /* the forecast begins at `end` */
    struct trend trend;
};
int trend_store(const struct trend_named *trends, uint32_t count, const char *verb,
                const char *data);

#endif
