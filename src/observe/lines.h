/*
 * observe/lines.h -- a text file's lines, one after the other.
 *
 * Compressed as observe/stream.h has it. A line ends before LF or CR LF, or
 * where the file ends; what stands behind the last end of a line in a file that
 * broke is no line. Memory: two LINES_LIMIT.
 */
#ifndef OBSERVE_LINES_H
#define OBSERVE_LINES_H

#include "base/bytes.h"
#include "base/fault.h"

enum { LINES_LIMIT = 1 << 16 };

struct line {
    struct bytes text; /* until the next line is asked for; empty when it was too long */
    uint64_t number;   /* from 1 */
    bool too_long;     /* over LINES_LIMIT bytes */
};

struct lines;

/* "-": standard input. -errno, -ENOMEM. */
int lines_open(const char *path, struct lines **ret_lines) __attribute__((warn_unused_result));

/* 1: *ret_line; 0: there is no more; -EIO, -EBADMSG: the file or its compression is broken. */
int lines_next(struct lines *lines, struct line *ret_line, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* The part of the file that was read, 0 to 1; -1 where its size is not known. */
double lines_part(const struct lines *lines);

/* NULL is allowed. */
void lines_close(struct lines *lines);

#endif
