/*
 * engine/engine.h -- the runner: readers → bounded queue → shards → one writer.
 *
 * Sources are read side by side and merged in event time (ties by source, then
 * place), so the order is a property of the input. Within a source, order is
 * restored over `lateness`; a record later than that is taken at the watermark
 * and counted. Batches are cut at window boundaries. Findings leave in the
 * order of the rows they were said at, whatever the number of threads.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "detect/detector.h"

struct engine_options {
    const char *folder; /* the store */
    const char **paths; /* files, folders, "-" */
    uint32_t path_count;
    const char *format;  /* NULL: recognise */
    uint32_t shards;     /* detector threads; 0: as many as cores */
    uint32_t batch_rows; /* 1 … BATCH_ROWS; 0: BATCH_ROWS */
    int64_t lateness;    /* ns; 0: 30 s */
    size_t memory;       /* bytes in all; 0: 2 GiB */
    bool no_store;       /* parse and detect only: for measuring */
    bool progress;       /* draw it, on a terminal */
    struct settings settings;
};

struct engine_result {
    uint64_t read, kept, refused, late, findings, cases;
    uint32_t sources, sources_failed;
    double seconds;
};

/* Run to the end of the sources. Says what happened with each on stderr. */
int engine_run(const struct engine_options *options, struct engine_result *ret_result)
    __attribute__((warn_unused_result));

#endif
