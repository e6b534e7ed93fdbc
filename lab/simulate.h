/*
 * lab/simulate.h -- a small enterprise's days, written as a sensor would.
 *
 * The same options give the same bytes. A day is simulated, sorted by time and
 * written before the next begins, so memory is bounded by one day: about 200
 * bytes a row. See docs/lab.md for what is modelled and what is not.
 */
#ifndef LAB_SIMULATE_H
#define LAB_SIMULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LAB_ATTACK_NONE = -1, LAB_ATTACK_DEFAULT = 0, LAB_DAYS_MAX = 365 };

struct lab_options {
    const char *folder; /* made when it is not there; files of the same name are replaced */
    uint64_t seed;
    uint32_t days;         /* 1 … LAB_DAYS_MAX */
    uint32_t pcs, servers; /* within lab/enterprise.h's limits */
    int64_t start;         /* midnight of the first day, ns since 1970 */
    int attack_day;  /* 1 …; the default is the last working day but for the very last day */
    bool compress;   /* .ndjson.zst, else .ndjson */
    uint64_t events; /* about so many rows in all; 0: as many as come naturally */
};

struct lab_result {
    uint64_t events, processes, bytes;  /* bytes of JSON before compression */
    int attack_day;                     /* from 1; LAB_ATTACK_NONE */
    int64_t attack_start, attack_theft; /* TIME_NONE without an attack */
};

/*
 * Write DIR/events-YYYY-MM-DD.ndjson.zst for each day and DIR/truth.json.
 * `progress`, when not NULL, is called after each day with the rows so far and
 * the part done. -EINVAL: an option out of its range; -ENOMEM; -EFBIG: a day of more
 * than 2^32 rows; or what the file system said.
 */
int lab_simulate_run(const struct lab_options *options, struct lab_result *ret_result,
                     void (*progress)(void *context, uint64_t events, double part), void *context)
    __attribute__((warn_unused_result));

#endif
