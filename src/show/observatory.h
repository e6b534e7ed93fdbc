/*
 * show/observatory.h -- what the darknet observatory's tables say, as JSON.
 *
 * Everything is read from DATA/darknet.db; where there is no such file the
 * answers are the empty ones, so that a console that is opened before the first
 * packet needs no second path. Each answer is bounded: by windows, by rows, by
 * points. docs/api.md describes them. All return 0, -ENOENT (no such thing),
 * -EINVAL (a parameter makes no sense) or -EIO.
 */
#ifndef SHOW_OBSERVATORY_H
#define SHOW_OBSERVATORY_H

#include "base/json.h"

enum {
    OVERVIEW_WINDOWS = 1500, /* most windows of one answer */
    SPACE_CELLS = 70000,     /* every IPv4 /16, and some of IPv6 */
    SPACE_SOURCES = 200000,  /* sources added up where no prefix was counted */
    CONTACTS_SHOWN = 5000,
    EPISODES_SHOWN = 2000,
    DRIFT_POINTS = 40000,
    SYNCHRONY_WINDOWS = 9000, /* two months of 10 min */
    FLOWS_SHOWN = 5000,
};

struct sqlite3;

/* Open DATA/darknet.db for reading, or an empty one where there is none: -EIO, -ENAMETOOLONG. */
int observatory_open(const char *data, struct sqlite3 **ret_db) __attribute__((warn_unused_result));

/* Whether there is a DATA/darknet.db. */
bool observatory_there(const char *data);

/* {"newest","packets","sources","contacts_open"}: the newest window, for the live counters. */
int now_json(struct sqlite3 *db, struct json *json) __attribute__((warn_unused_result));

/*
 * The newest `windows` windows of `length` (seconds; 0: the finest that shows
 * everything in 300), their totals, and the strongest ports, classes, marks,
 * flags, countries and systems with their packets in each of these windows.
 */
int overview_json(struct sqlite3 *db, int64_t length, int64_t windows, struct json *json)
    __attribute__((warn_unused_result));

/* {"cells": [{"name": "198.51.0.0/16", "packets", "sources"}]} over the same windows. */
int space_json(struct sqlite3 *db, int64_t length, int64_t windows, struct json *json)
    __attribute__((warn_unused_result));

struct sources_wanted {
    struct bytes class;  /* empty: all */
    struct bytes prefix; /* "198.51.0.0/16" (8, 16 or 24 bits), an address, or empty */
    int64_t port;        /* looked for most; -1: all */
    struct bytes order;  /* "packets" (also when empty), "last", "score" */
    int64_t limit, offset;
};

/* {"sources": […], "total"}. -EINVAL: a prefix or an order nobody knows. */
int sources_json(struct sqlite3 *db, const struct sources_wanted *wanted, struct json *json)
    __attribute__((warn_unused_result));

/* One source with its features, attacks on it, and contacts of it. -ENOENT. */
int source_json(struct sqlite3 *db, struct bytes address, struct json *json)
    __attribute__((warn_unused_result));

/* {"organisations", "contacts", "total"}, the newest first; an empty text is no restriction. */
int contacts_json(struct sqlite3 *db, struct bytes organisation, struct bytes state,
                  struct json *json) __attribute__((warn_unused_result));

/*
 * {"contacts_open", "contacts_new", "contacts", "packets", "notified", "newest"} of one
 * organisation: differs whenever a page of its contacts would.
 */
int contacts_now_json(struct sqlite3 *db, struct bytes organisation, struct json *json)
    __attribute__((warn_unused_result));

/* {"episodes", "total", "days", "protocols"}; an empty rule: all rules. */
int backscatter_json(struct sqlite3 *db, struct bytes rule, struct json *json)
    __attribute__((warn_unused_result));

/* {"months": [{"month", "points": [[x, y, class, predicted, source], …]}], "total"}. */
int drift_json(struct sqlite3 *db, struct json *json) __attribute__((warn_unused_result));

/* {"windows": [{"start", "hosts", "density", "alert", "ratio"}], "total"}, oldest first. */
int synchrony_json(struct sqlite3 *db, struct json *json) __attribute__((warn_unused_result));

/* One window with its densities, ports and groups. -ENOENT. */
int synchrony_window_json(struct sqlite3 *db, int64_t start, struct json *json)
    __attribute__((warn_unused_result));

/* Names that change or are forecast, and the points of `name` (empty: none). */
int trend_json(struct sqlite3 *db, struct bytes name, struct json *json)
    __attribute__((warn_unused_result));

/* {"flows", "applications", "units", "total", …}: the newest `windows` windows of flows. */
int livenet_json(struct sqlite3 *db, int64_t windows, struct json *json)
    __attribute__((warn_unused_result));

#endif
