/*
 * engine/engine.h -- the runner: readers → bounded ring → shards → one writer.
 *
 * Sources are read side by side and merged in event time (ties by source, then
 * place), so the order is a property of the input. Within a source, order is
 * restored over `lateness`; a record later than that is taken at the watermark
 * and counted (lane.h). Batches are cut at window boundaries. Findings leave in
 * the order of the rows they were said at, whatever the number of threads.
 *
 * Rows, findings, cases, offsets and the detectors' memory are checkpointed
 * together: killed at any moment and started again with the same sources, the
 * engine ends with what an undisturbed run ends with, byte for byte.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <signal.h>

#include "detect/detector.h"
#include "observe/source.h"

/* What became of one source: for the summary. */
struct engine_source {
    const char *path, *format;
    const char *status;          /* "read", "resumed", "grown", "already read", "failed",
                         "skipped": a file of a folder in no format we read */
    struct source_counts counts; /* of this run; a resumed source counts from its beginning */
    uint64_t late;               /* records later than the lateness */
    enum source_clock clock;
    int error; /* 0, or why it failed: fault says where */
    struct fault fault;
};

struct engine_options {
    const char *folder; /* the store */
    const char **paths; /* files, folders, "-" */
    uint32_t path_count;
    const char *format;          /* NULL: recognise */
    uint32_t shards;             /* detector threads; 0: as many as cores */
    uint32_t batch_rows;         /* 1 … BATCH_ROWS; 0: BATCH_ROWS */
    int64_t lateness;            /* ns; below 0: 30 s */
    size_t memory;               /* bytes in all, ENGINE_MEMORY_LEAST or more; 0: 2 GiB */
    bool no_store;               /* parse and detect only: for measuring */
    bool progress;               /* draw it, on a terminal */
    int64_t checkpoint_interval; /* ns between checkpoints, at least; below 0: 2 s */
    /* budget below 0 and learn_until TIME_NONE: as last time, else the defaults; memory is set
     * by the engine. */
    struct settings settings;
    volatile sig_atomic_t *stop; /* becomes non-zero: stop cleanly, with a checkpoint; or NULL */
    void (*tell)(void *context, const struct engine_source *source); /* each source, at the end */
    void *context;
};

struct engine_result {
    uint64_t read, kept, refused, late, findings, cases; /* of this run */
    uint32_t sources, sources_failed;
    bool stopped; /* by options.stop: what is left is read when started again */
    double seconds;
};

enum {
    ENGINE_BUDGET_PERCENT = 5,       /* cases per host and day, in hundredths, unless told */
    ENGINE_MEMORY_LEAST = 512 << 20, /* readers, ring and store take some 250 MB by themselves */
};

/*
 * Run to the end of the sources. Errors go to stderr, each in one line; returns
 * the first that ended the run (a source that fails ends only itself).
 */
int engine_run(const struct engine_options *options, struct engine_result *ret_result)
    __attribute__((warn_unused_result));

#endif
