/*
 * model/alert_group.h -- repeats of one alert, told as one line.
 *
 * A group is what somebody looks at and decides upon. Its text is that of its
 * first member; its members are found by it in the store, none is lost.
 */
#ifndef MODEL_ALERT_GROUP_H
#define MODEL_ALERT_GROUP_H

#include "model/alert.h"

struct alert_group {
    uint64_t id;         /* from 1, in the order of their first members */
    uint64_t key;        /* what its members share, hashed */
    int64_t first, last; /* ns since 1970, of its members' times */
    uint64_t count;
    uint8_t severity;   /* the highest (lowest number) of its members; 0: none told */
    bool closed;        /* takes no more members */
    uint64_t burst;     /* the first group of its burst; 0: gathered before there were any */
    uint64_t burst_key; /* what groups of one burst share, hashed */
};

#endif
