/*
 * engine/input.h -- the sources of a folder: named now, or read before.
 *
 * A source is known again by its path, its size and a hash of its first 64 KiB:
 * the same file is not read twice, and one that grew is read on from where it
 * ended. What was begun and not finished goes on where the checkpoint says.
 */
#ifndef ENGINE_INPUT_H
#define ENGINE_INPUT_H

#include "engine/lane.h"

enum { INPUT_HEAD = 64 << 10 };

enum input_state {
    INPUT_PAST,    /* read in an earlier run and not named in this one */
    INPUT_WAITING, /* to be opened */
    INPUT_OPEN,
    INPUT_OVER,
};

enum input_status {
    STATUS_NEW,
    STATUS_RESUMED,
    STATUS_GROWN,
    STATUS_SAME,
    STATUS_FAILED,
    STATUS_SKIPPED, /* a file of a folder, in no format we read */
};

struct input {
    uint32_t number; /* of the source, 1, 2, 3 …; 0 while it could not be opened */
    enum input_state state;
    enum input_status status;
    char *path;          /* as given */
    struct buffer known; /* the path by which it is known again: absolute */
    uint64_t size, head_hash, head_size;
    bool finished; /* was read to its end */
    bool found;    /* in a folder, not named by itself */
    int64_t first; /* no row of it comes before this order time */
    struct lane lane;
    const char *format;
    enum source_clock clock;
    struct source_counts counts, before; /* as of now, and when it was last finished */
    uint64_t late_before;
    int error;
    struct fault fault;
};

struct inputs {
    struct input **items;
    uint32_t count, capacity;
    uint32_t numbers; /* given out so far */
    const char *format;
    int64_t lateness;
    struct pool *pool;
    const char *named; /* the path being added */
};

/* Add a file, every file of a folder, or "-". -ENOMEM; what is wrong with a path stands in it. */
int inputs_add(struct inputs *inputs, const char *path) __attribute__((warn_unused_result));

/* Open the input's source where it goes on and begin its lane. What fails stands in the input. */
int input_open(struct inputs *inputs, struct input *input) __attribute__((warn_unused_result));

/* Look at the first rows: sets `first`. The source is closed again. */
int input_peek(struct inputs *inputs, struct input *input) __attribute__((warn_unused_result));

/* The lane is empty: keep its counts and close it. */
void input_close(struct input *input);

/* Bring `counts` up to date. */
void input_count(struct input *input);

/* `order`: of the last row handed out; what is not yet opened doesn't come before it. */
void inputs_save(struct inputs *inputs, int64_t order, struct buffer *out);
int inputs_load(struct inputs *inputs, struct cursor *in) __attribute__((warn_unused_result));
void inputs_finish(struct inputs *inputs);

#endif
