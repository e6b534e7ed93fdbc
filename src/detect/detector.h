/*
 * detect/detector.h -- the one interface every detector implements.
 *
 * A detector is a constant and blocks of state. It reads the rows it is given,
 * a batch at a time, and says what it found. It opens no file, starts no
 * thread, reads no clock and writes no log: time is in the batch, and findings
 * are the only way out. So the same observations give the same findings, in a
 * test, in a replay, and at three in the morning.
 *
 * Hosts are dealt to PARTITIONS partitions by the hash of their name. Each has
 * a state of its own, touched by one thread at a time; threads (shards) share
 * the partitions out, so nothing a detector says can depend on their number.
 * What all partitions know together (`fleet`) changes only between windows of
 * event time, when the runner merges the partitions in order.
 */
#ifndef DETECT_DETECTOR_H
#define DETECT_DETECTOR_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "model/batch.h"
#include "model/finding.h"

enum { PARTITIONS = 16 };

/* The part a host's observations go to. */
static inline uint32_t partition_of(const struct batch *batch, uint32_t row)
{
    return (uint32_t)(strings_hash(&batch->strings, batch->columns.host_name[row]) % PARTITIONS);
}

struct settings {
    double budget;       /* cases per host and day people can read */
    int64_t learn_until; /* event time at which the initial learning ends; TIME_NONE: by itself */
    bool learn_all;      /* the whole input is normal: learn, say nothing */
    size_t memory;       /* bytes the detector may hold, over all partitions and the fleet */
};

/* The rows of a batch one partition is to read, oldest first. */
struct rows {
    const uint32_t *at;
    uint32_t count;
};

struct window {
    int64_t start, end;
};

struct detector {
    const char *name;  /* in every finding it ever made: never rename */
    const char *claim; /* one sentence an analyst can accept or refuse */
    int64_t window;    /* ns of event time between merges; windows start at multiples of it */

    /* Once for the fleet, once per partition; what is returned is freed by `close`. */
    int (*open_fleet)(const struct settings *settings, void **ret_fleet);
    int (*open)(const struct settings *settings, void **ret_state);

    /*
     * The partition's rows of a batch, in time order; all lie in one window.
     * `fleet` is read only. Say at once what cannot wait. -ENOMEM or 0.
     */
    int (*scan)(void *state, const void *fleet, const struct batch *batch, struct rows rows,
                struct findings *out);

    /*
     * The window is over: add what each partition saw to the fleet, partition
     * 0 first, and let the partition forget it; then the fleet settles.
     */
    int (*merge)(void *fleet, void *state);
    int (*settle)(void *fleet, struct window window);

    /* A checkpoint: everything needed to go on as if nothing had happened. */
    void (*save_fleet)(const void *fleet, struct buffer *out);
    void (*save)(const void *state, struct buffer *out);
    int (*load_fleet)(void *fleet, struct cursor *in);
    int (*load)(void *state, struct cursor *in);

    /* Figures for the console's Health page: calls `tell` for each. */
    void (*health)(const void *fleet, void *const states[PARTITIONS],
                   void (*tell)(void *context, const char *name, double value), void *context);

    void (*close)(void *state);
    void (*close_fleet)(void *fleet);
};

/* All detectors there are, NULL-terminated: a new one is a file and a line there. */
extern const struct detector *const detectors[];

#endif
