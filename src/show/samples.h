/*
 * show/samples.h -- samples as the console and the command line tell of them.
 *
 * Read from DATA/samples.db; where there is none the answers are empty. docs/samples.md has the
 * report's fields, docs/api.md the answers. All return 0, -ENOENT (no such sample), -EINVAL (no
 * SHA-256), -ENOMEM or -EIO.
 */
#ifndef SHOW_SAMPLES_H
#define SHOW_SAMPLES_H

#include "base/json.h"
#include "engine/sample_desk.h"

struct sqlite3;

enum {
    SAMPLES_ASKED = 1000,    /* of one answer */
    SAMPLE_LINKED_FILES = 64 /* of a sample whose digests are looked for elsewhere */
};

/* DATA/samples.db for reading, or an empty one. Close with sqlite3_close. */
int samples_open(const char *data, struct sqlite3 **ret_db) __attribute__((warn_unused_result));

/* Rows as below, newest first: one object a line, or a table; on standard output. -EIO, said on
 * stderr. */
int samples_list(const char *data, struct bytes text, int64_t limit, bool json);

/* Whether there is a DATA/samples.db. */
bool samples_there(const char *data);

/* {"total", "samples": [{sha256, name, size, type, first, last, times, kept, files, failed,
 * packers, rules}]}, those that came last first. `text`: part of a name, type or digest, or empty.
 */
int samples_json(struct sqlite3 *db, struct bytes text, int64_t limit, int64_t offset,
                 struct json *json);

/* {"sample": a row as above, "report": …, "links": …}. */
int sample_json(const char *data, struct sqlite3 *db, struct bytes sha256, struct json *json);

/*
 * Who else names what is in a sample: {"events": [{file, digest, count, first, last, hosts}],
 * "cases": [{id, file, digest}], "samples": [{sha256, name, file, path}]}. Files that are empty are
 * not looked for.
 */
int sample_links_json(const char *data, struct sqlite3 *db, struct bytes sha256, struct json *json);

/* Look at each file of `paths`, folders with all below them, and say what was found on standard
 * output: reports a line, or for people. An exit status; what went wrong is said on stderr. */
int samples_take(const struct sample_desk_options *options, char **paths, int count, bool json);

/* On standard output, for people: a report. */
void sample_print(struct bytes report);

#endif
