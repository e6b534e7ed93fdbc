/*
 * observe/list/series_file.h -- counts over time that somebody else kept: CSV → points.
 *
 *     time,name,value
 *     2013-03-03T21:00:00Z,tcp/1433,117
 *     1362348000,icmp
 *
 * A line is a time (RFC 3339, a date and a time, or seconds since 1970), a name
 * and a count; without a count it is one event. The first line may be a heading.
 * Compressed as observe/stream.h has it. Lines that make no sense are refused and
 * counted. Limits: 1,024 bytes a line, 128 bytes a name.
 */
#ifndef OBSERVE_LIST_SERIES_FILE_H
#define OBSERVE_LIST_SERIES_FILE_H

#include "base/bytes.h"
#include "base/fault.h"

struct series_file_counts {
    uint64_t lines, refused;
    uint64_t first_refused; /* line */
};

/* A point of a series; not 0 ends the reading with it. */
typedef int series_file_visit(void *context, int64_t time, struct bytes name, double value);

/*
 * Read `path` ("-": standard input) and add to `counts`. -errno, or -EBADMSG:
 * the compression is broken; what came before was visited.
 */
int series_file_read(const char *path, series_file_visit *visit, void *context,
                     struct series_file_counts *counts, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* One line without its end: false when it makes no sense. What is fuzzed. */
bool series_line_parse(struct bytes line, int64_t *ret_time, struct bytes *ret_name,
                       double *ret_value);

#endif
