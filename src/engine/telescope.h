/*
 * engine/telescope.h -- the observatory's runner: taps → sources → windows.
 *
 * Each tap has a thread, which owns the partitions of sources its tap gives
 * out. A window ends for all of them at the same packet of the capture (by
 * `clock`, model/packet.h); then they meet, every thread sums up and classes
 * its own sources, and one of them tells the window. So what is told depends
 * neither on the number of taps nor on how packets were cut into batches, and
 * an interface tells what a capture of the same packets tells.
 *
 * A packet whose own time is before the window in which it arrives counts in
 * that window, and as late. Windows without packets are not told.
 */
#ifndef ENGINE_TELESCOPE_H
#define ENGINE_TELESCOPE_H

#include <signal.h>

#include "base/time.h"
#include "detect/darknet/marks.h"
#include "detect/darknet/source_totals.h"
#include "engine/episode_desk.h"
#include "engine/place_counts.h"
#include "learn/distinct.h"
#include "model/prefix_table.h"
#include "observe/packet/tap.h"

/* Ports, and the upper halves of IPv4 addresses. */
enum { TELESCOPE_NUMBERS = 65536 };

#define TELESCOPE_WINDOW       (10 * TIME_MINUTE)
#define TELESCOPE_WINDOW_MOST  (366 * TIME_DAY)
#define TELESCOPE_MEMORY       ((size_t)2 << 30) /* unless told */
#define TELESCOPE_MEMORY_LEAST ((size_t)256 << 20)

/* Packets of some kind, and how many sources sent them. */
struct telescope_count {
    uint64_t packets, sources;
};

/* How an investigation scanner was told: by what it did, by a list that names it, by both. */
enum telescope_told { TOLD_BY_BEHAVIOUR, TOLD_BY_LIST, TOLD_BY_BOTH, TELESCOPE_TOLD };

/* Of a port: `surveys` are the packets of investigation scanners among them. */
struct telescope_port {
    uint64_t packets, sources, surveys, survey_sources;
};

/* Which entries of a table of TELESCOPE_NUMBERS are not zero: a window has some thousand of them.
 */
struct telescope_used {
    uint64_t bits[TELESCOPE_NUMBERS / 64];
};

struct telescope_ports {
    struct telescope_used used;
    struct telescope_port at[TELESCOPE_NUMBERS];
};

struct telescope_prefixes {
    struct telescope_used used;
    struct telescope_count at[TELESCOPE_NUMBERS];
};

/* One window, or several that were added up. */
struct telescope_window {
    int64_t start, length; /* length 0: the whole input, from the first packet */
    int64_t first, last;   /* times of packets */
    uint64_t packets, bytes;
    uint64_t sources; /* different ones: exact unless some were dropped or windows were added */
    uint64_t destinations; /* addresses of the telescope reached; exact up to 4 M addresses */
    uint64_t addresses;    /* the telescope has; 0: unknown */
    uint64_t excluded;     /* packets to other addresses, counted nowhere else */
    uint64_t late;         /* packets older than the window they came in */
    uint64_t evicted;      /* sources dropped for want of memory */
    uint64_t missing;      /* so many packets a source may have sent more than is told of it */
    uint64_t tcp, udp, icmp, other;
    struct telescope_count classes[SOURCE_CLASS_COUNT];
    struct telescope_count told[TELESCOPE_TOLD]; /* investigations, by how they were told */
    struct telescope_count kinds[SOURCE_KIND_COUNT];
    struct telescope_count marks[MARK_COUNT];
    uint64_t flags[256];                 /* TCP packets by their flags */
    struct telescope_ports *ports[2];    /* of TCP, of UDP; sources are estimates where a source
                                            has more than 4,096 ports */
    struct telescope_prefixes *prefixes; /* of IPv4 sources, by the upper 16 bits */
    struct place_counts *places;         /* nothing in it without a geography */
    struct distinct *source_sketch, *destination_sketch;
};

/* The entry of a port (of UDP or TCP) or prefix, to add to it. */
static inline struct telescope_port *telescope_port_of(struct telescope_window *window, bool udp,
                                                       uint32_t port)
{
    window->ports[udp]->used.bits[port / 64] |= UINT64_C(1) << port % 64;
    return &window->ports[udp]->at[port];
}

static inline struct telescope_count *telescope_prefix_of(struct telescope_window *window,
                                                          uint32_t prefix)
{
    window->prefixes->used.bits[prefix / 64] |= UINT64_C(1) << prefix % 64;
    return &window->prefixes->at[prefix];
}

/* The first entry from `number` on that is in use, or TELESCOPE_NUMBERS. */
static inline uint32_t telescope_used_next(const struct telescope_used *used, uint32_t number)
{
    for (uint32_t word = number / 64; word < TELESCOPE_NUMBERS / 64; word++) {
        uint64_t bits = used->bits[word];
        if (word == number / 64)
            bits &= UINT64_MAX << number % 64;
        if (bits)
            return word * 64 + (uint32_t)__builtin_ctzll(bits);
    }
    return TELESCOPE_NUMBERS;
}

#define TELESCOPE_EACH_USED(number, used)                                                          \
    for (uint32_t number = telescope_used_next(used, 0); (number) < TELESCOPE_NUMBERS;             \
         (number) = telescope_used_next(used, (number) + 1))

struct telescope_options {
    struct tap *const *taps; /* of one capture, or one interface; see tap.h */
    unsigned tap_count;
    const struct prefix_table *darknet;  /* NULL: whatever arrives, arrives in the darknet */
    const struct prefix_table *members;  /* values are organisations, from 1; or NULL */
    const struct prefix_table *unused;   /* addresses members do not use; or NULL */
    const struct prefix_table *scanners; /* listed: source_classify; or NULL */
    const struct geography *geography;   /* where sources are; or NULL */
    struct episode_desk *episodes;       /* of as many lanes as taps; NULL: not followed */
    int64_t window;                      /* ns; 0: one window over the whole input */
    size_t memory;                       /* bytes for tables; 0: TELESCOPE_MEMORY */
    volatile sig_atomic_t *stop;         /* becomes non-zero: as if the input ended; or NULL */

    /*
     * A packet from a member's address, at once, on the thread of its partition:
     * calls for one partition never overlap, those for different ones may. So is one to an
     * address outside the darknet that `unused` gives to the member itself. NULL: not asked.
     */
    void (*member)(void *context, unsigned partition, const struct packets *packets, uint32_t row,
                   uint32_t organisation);
    /*
     * With `member`, on the same threads: no packet of the partition with a clock before `clock`
     * will come. Now and then, at most once a second of the packets' time. NULL: not asked.
     */
    void (*clock)(void *context, unsigned partition, int64_t clock);
    void *member_context; /* of both */
    /*
     * At the end of a window, in the order of addresses, all its sources, at most 512 a call;
     * and then the window. Either may be NULL; not 0 ends the run with it.
     */
    int (*sources)(void *context, struct source_summary *sources, uint32_t count);
    int (*window_end)(void *context, const struct telescope_window *window);
    /*
     * At the end, of all windows together, the `totals_most` sources that sent most, in the order
     * of addresses. NULL: not kept.
     */
    int (*totals)(void *context, const struct source_total *totals, uint32_t count);
    uint32_t totals_most;
    void *context;
    /* After every batch of the first tap, on its thread; `packets` are estimated. Or NULL. */
    void (*progress)(void *context, uint64_t packets);
    void *progress_context;
};

struct telescope_result {
    struct tap_counts taps; /* of all together */
    uint64_t windows, packets, excluded, late, evicted;
    uint64_t surveys_evicted; /* sources no longer followed, for want of room */
    uint64_t totals_missing;  /* so many packets a source may have sent more than its total says */
    uint64_t totals_evicted;  /* sources dropped from the totals */
};

/* Read the taps to their end. -ENOMEM, -EINVAL (memory, window), an error of a tap or of a
 * callback. */
int telescope_run(const struct telescope_options *options, struct telescope_result *ret_result)
    __attribute__((warn_unused_result));

/* Windows for adding up: memory of its own; -ENOMEM. Finish frees it. */
int telescope_window_open(struct telescope_window *window) __attribute__((warn_unused_result));
void telescope_window_clear(struct telescope_window *window);
void telescope_window_add(struct telescope_window *into, const struct telescope_window *from);
/* When all are added: how many sources and destinations there were. */
void telescope_window_count(struct telescope_window *window);
void telescope_window_finish(struct telescope_window *window);

#endif
