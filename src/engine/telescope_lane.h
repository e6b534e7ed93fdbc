/*
 * engine/telescope_lane.h -- the inside of telescope.h: what one thread does.
 *
 * A lane owns the partitions p with p % lanes == number, of every table.
 */
#ifndef ENGINE_TELESCOPE_LANE_H
#define ENGINE_TELESCOPE_LANE_H

#include <pthread.h>
#include <stdatomic.h>

#include "detect/darknet/source_table.h"
#include "detect/darknet/survey.h"
#include "engine/telescope.h"

enum { DESTINATIONS_EXACT = 1 << 22 }; /* addresses a lane keeps a bit for */
#define DESTINATION_WORDS(addresses) (((addresses) + 63) / 64)

struct telescope_run;

struct lane {
    struct telescope_run *run;
    struct tap *tap;
    unsigned number;
    pthread_t thread;
    int64_t ticked; /* the clock last told for its partitions */
    int64_t next;   /* the clock of the packet it waits with; INT64_MAX: it has no more */
    struct telescope_window window;
    /* Packets since they were added to the window, `counted` in all; TCP's ports, UDP's. */
    uint32_t ports[2][TELESCOPE_NUMBERS], flags[256], protocols[256];
    uint32_t kinds[SOURCE_KIND_COUNT], marks[1 << MARK_COUNT]; /* by all marks of a packet */
    uint64_t counted;
    uint64_t *destinations; /* bits; NULL: too many, the window's sketch counts them */
    struct packets packets;
    struct source_rows rows;
};

struct telescope_run {
    const struct telescope_options *options;
    struct telescope_result result;
    struct source_table *table;
    struct source_totals *totals; /* NULL: not asked for */
    struct surveys *surveys;      /* NULL: there is one window only */
    struct lane **lanes;
    unsigned lane_count;
    uint64_t addresses;
    pthread_barrier_t barrier;
    pthread_mutex_t gate;
    bool cancelled; /* a thread could not be started */
    int64_t window_start, window_end;
    bool done;
    atomic_int error; /* the first */
};

int lane_open(struct telescope_run *run, unsigned number, struct lane **ret_lane)
    __attribute__((warn_unused_result));
void lane_close(struct lane *lane);

/* Count rows `from` to `to` of its packets, which are of the run's window. */
void lane_see(struct lane *lane, uint32_t from, uint32_t to);

/* The window is over: class the lane's sources and add them to its window. */
int lane_settle(struct lane *lane) __attribute__((warn_unused_result));

/* The next window begins. */
void lane_clear(struct lane *lane);

/* Put a destination's number into the window's sketch. */
void destination_sketch(struct telescope_window *window, uint32_t number);

#endif
