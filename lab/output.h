/*
 * lab/output.h -- the day's rows as NDJSON in a file.
 */
#ifndef LAB_OUTPUT_H
#define LAB_OUTPUT_H

#include "lab/world.h"

struct output_counts {
    uint64_t rows, processes, bytes;
};

/*
 * Sort the world's rows and write those before `until` to `path`; add to the
 * counts. -ENOMEM or what the file system said; the file is then not complete.
 */
int output_day(struct world *world, const char *path, bool compress, int64_t until,
               struct output_counts *counts) __attribute__((warn_unused_result));

/* Write all bytes to a new file. */
int output_file(const char *path, struct bytes bytes) __attribute__((warn_unused_result));

#endif
