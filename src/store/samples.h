/*
 * store/samples.h -- where reports on samples rest: DATA/samples.db.
 *
 * One SQLite file (WAL) beside the others, whose tables SAMPLE_TABLES lists; `hunt` reads them all.
 * The report is kept as it was made (docs/samples.md); the other tables are what it says, for
 * looking up. A sample that comes again is told once, with its newest name and report. Times are ns
 * since 1970.
 */
#ifndef STORE_SAMPLES_H
#define STORE_SAMPLES_H

#include "base/bytes.h"

/* X(table, definition): columns as SQL; append only. */
#define SAMPLE_TABLES(X)                                                                           \
    X(samples, /* one row a sample */                                                              \
      "(sha256 TEXT PRIMARY KEY, name TEXT, size INTEGER, type TEXT, mime TEXT, first INTEGER,"    \
      " last INTEGER, times INTEGER, kept INTEGER, files INTEGER, failed TEXT, report TEXT)")      \
    X(sample_files, /* the sample (number 0) and each file that stands in it */                    \
      "(sample TEXT, number INTEGER, parent INTEGER, path TEXT, size INTEGER, sha256 TEXT,"        \
      " sha1 TEXT, md5 TEXT, type TEXT, packer TEXT, threat TEXT, PRIMARY KEY (sample, number))"   \
      " WITHOUT ROWID")                                                                            \
    X(sample_rules, /* YARA rules that matched a file */                                           \
      "(sample TEXT, number INTEGER, rule TEXT, file TEXT, description TEXT, tags TEXT)")

struct samples_store;

/* Makes DATA and the tables. -errno, said by samples_store_error. */
int samples_store_open(const char *folder, struct samples_store **ret_store)
    __attribute__((warn_unused_result));

/*
 * Put what is said of a sample, all or nothing. `kept`: whether its bytes are in the vault now;
 * false takes nothing back. -EBADMSG: `report` is no report of that sample.
 */
int samples_store_put(struct samples_store *store, struct bytes sha256, struct bytes report,
                      int64_t time, bool kept) __attribute__((warn_unused_result));

/* The last thing that went wrong; NULL store: out of memory. */
const char *samples_store_error(const struct samples_store *store);
void samples_store_close(struct samples_store *store);

#endif
