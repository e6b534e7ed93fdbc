/*
 * store/darknet.h -- where the observatory's results rest: DATA/darknet.db.
 *
 * One SQLite file (WAL) beside the others, whose tables DARKNET_TABLES lists;
 * `hunt` reads them all. One writer. What a window says is committed in one
 * transaction and replaces what was there for that window, so a file that is
 * read again changes nothing. Times are ns since 1970; addresses are text;
 * *_json columns hold JSON arrays or objects:
 *
 *     prefixes_json     ["203.0.113.0/24", …]
 *     features_json     {"packets": 12, …}, the names of SOURCE_FEATURES
 *     explanation_json  {"en": ["a sentence", …], "ja": […]}
 *     densities_json    [{"rho": 0.4, "density": 0.12}, …]
 *     ports_json        [{"port": 23, "hosts": 120, "share": 0.41}, …]; share of the hosts
 *     groups_json       {"nodes": [{"name": "198.51.0.0/16", "group": 1, "packets": 9,
 *                       "x": 0.2, "y": 0.7}, …], "edges": [[0, 1], …]}; x, y in [0, 1],
 *                       group 0: moves with nobody; edges name nodes by their place
 *
 * darknet_trends has two kinds of rows: 'expected', packets of the hour or day from
 * `time` on with their interval, and 'change', a new level from `time` on (value:
 * packets a day then, low: before, score: the probability that there were two levels).
 *
 * Lengths of windows are ns like times. What a window says of ports, flags, marks,
 * classes, prefixes, countries and autonomous systems are blocks, which queries see as
 * the table darknet_counts (start, length, kind, name, packets, sources): kind is port,
 * flags, mark, class, prefix, country or as; a port is 'tcp/23', a prefix
 * '198.51.0.0/16', a country its ISO 3166 code. Stores of older versions have a table
 * of that name instead; it can be read, and who next writes there turns it into blocks.
 */
#ifndef STORE_DARKNET_H
#define STORE_DARKNET_H

#include <sqlite3.h>

#include "base/bytes.h"

/* X(table, definition): columns as SQL; append only. */
#define DARKNET_TABLES(X)                                                                          \
    X(darknet_windows, /* one row a window of `length` (1 min, 10 min, 1 h, 1 day) */              \
      "(start INTEGER, length INTEGER, packets INTEGER, bytes INTEGER, sources INTEGER,"           \
      " destinations INTEGER, addresses INTEGER, tcp INTEGER, udp INTEGER, icmp INTEGER,"          \
      " other INTEGER, investigation_packets INTEGER, investigation_sources INTEGER,"              \
      " excluded INTEGER, evicted INTEGER, PRIMARY KEY (length, start))")                          \
    X(darknet_count_blocks, /* the rows of darknet_counts: store/darknet_counts.h */               \
      "(start INTEGER, length INTEGER, kind TEXT, counts BLOB,"                                    \
      " PRIMARY KEY (length, start, kind)) WITHOUT ROWID")                                         \
    X(darknet_sources, /* one row a source, over everything read */                                \
      "(source_ip TEXT PRIMARY KEY, first INTEGER, last INTEGER, packets INTEGER, bytes INTEGER,"  \
      " class TEXT, score REAL, destination_port INTEGER, source_port INTEGER,"                    \
      " country TEXT, features_json TEXT)")                                                        \
    X(darknet_contacts, /* DAEDALUS: an organisation's address that reached the darknet */         \
      "(id INTEGER PRIMARY KEY, organisation TEXT, source_ip TEXT, kind TEXT, state TEXT,"         \
      " first INTEGER, last INTEGER, packets INTEGER, destinations INTEGER,"                       \
      " destination_port INTEGER, protocol TEXT, internal INTEGER, notified INTEGER,"              \
      " explanation_json TEXT, destination_ip TEXT, reason INTEGER)")                              \
    X(darknet_organisations, "(name TEXT PRIMARY KEY, prefixes_json TEXT, addresses INTEGER)")     \
    X(darknet_episodes, /* attacks whose backscatter was seen */                                   \
      "(victim_ip TEXT, protocol TEXT, service TEXT, start INTEGER, end INTEGER,"                  \
      " packets INTEGER, destinations INTEGER, peak_rate REAL, estimated_rate REAL, rule TEXT,"    \
      " country TEXT, PRIMARY KEY (victim_ip, protocol, start, rule))")                            \
    X(darknet_synchrony, /* one row a window of 10 min */                                          \
      "(start INTEGER PRIMARY KEY, hosts INTEGER, density REAL, densities_json TEXT,"              \
      " alert INTEGER, ratio REAL, ports_json TEXT, groups_json TEXT, explanation_json TEXT)")     \
    X(darknet_drift, /* points of the drift's picture */                                           \
      "(month TEXT, number INTEGER, x REAL, y REAL, class TEXT, predicted TEXT,"                   \
      " source_ip TEXT, PRIMARY KEY (month, number))")                                             \
    X(darknet_trends, /* what changes and what is expected, by port and class */                   \
      "(name TEXT, time INTEGER, kind TEXT, value REAL, low REAL, high REAL, score REAL,"          \
      " PRIMARY KEY (name, time, kind))")                                                          \
    X(darknet_states, /* what a part of the observatory remembers between two runs */              \
      "(name TEXT PRIMARY KEY, state BLOB)")                                                       \
    X(livenet_flows, /* flows inside the organisation, a row a window, pair and service */         \
      "(start INTEGER, length INTEGER, source_ip TEXT, destination_ip TEXT, protocol TEXT,"        \
      " destination_port INTEGER, application TEXT, flows INTEGER, packets INTEGER,"               \
      " bytes INTEGER, unit TEXT, internal INTEGER)")

struct darknet_store;

/* Makes DATA and the tables. -EBUSY: another process writes; -errno. */
int darknet_store_open(const char *folder, struct darknet_store **ret_store)
    __attribute__((warn_unused_result));

/* A statement to bind and step by the caller; prepared once per SQL text, still the store's. */
int darknet_store_statement(struct darknet_store *store, const char *sql,
                            struct sqlite3_stmt **ret_statement)
    __attribute__((warn_unused_result));

/* All puts happen between these two; what was begun and not committed is undone by close. */
int darknet_store_begin(struct darknet_store *store) __attribute__((warn_unused_result));
int darknet_store_commit(struct darknet_store *store) __attribute__((warn_unused_result));

/*
 * Commits no longer wait for the disk, for what can be read again: a loss of power may undo the
 * last of them, never a part of one. Not between begin and commit.
 */
int darknet_store_relax(struct darknet_store *store) __attribute__((warn_unused_result));

const char *darknet_store_error(const struct darknet_store *store);
void darknet_store_close(struct darknet_store *store);

#endif
