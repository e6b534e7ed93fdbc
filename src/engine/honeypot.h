/*
 * engine/honeypot.h -- a honeypot's log of packets → sources and windows.
 *
 * Reads the lines of observe/list/honeypot_file.h (plain, gzip, zstd, xz). Each
 * sensor is one address of a telescope of 65,536 at most. There are no flags, no
 * lengths and no payloads: what depends on them is zero, and sources are not
 * classed. Lines that cannot be read are counted with the first one's number. A
 * line that is older than the window before it counts in the window it stands
 * in, as in a telescope.
 */
#ifndef ENGINE_HONEYPOT_H
#define ENGINE_HONEYPOT_H

#include "base/fault.h"
#include "detect/darknet/source.h"

struct honeypot_counts {
    uint64_t lines, packets;
    uint64_t refused, first_refused; /* lines; the number of the first, from 1 */
    uint32_t hosts;
};

struct honeypot_options {
    const char *path;
    int64_t window; /* ns, > 0 */
    /* All sources of a window, at most 512 a call, in the order of addresses; not 0 ends it. */
    int (*sources)(void *context, struct source_summary *sources, uint32_t count);
    /* Now and then: packets so far, part of the file read. NULL: not asked. */
    void (*progress)(void *context, uint64_t packets, double part);
    void *context;
};

/* Whether the file begins with such a line of titles. */
bool honeypot_recognise(const char *path);

/* -ENOTSUP: no such titles; -ENOMEM; -errno; what `sources` returned. */
int honeypot_read(const struct honeypot_options *options, struct honeypot_counts *ret_counts,
                  struct fault *ret_fault) __attribute__((warn_unused_result));

#endif
