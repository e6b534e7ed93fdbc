/*
 * analyse/report/shape.h -- where in a report's JSON stands what.
 *
 * A report is a tree of places; a rule says of a key in a place which place is behind it, and what
 * the plain texts there are, alone or in a list. Some entries are told only when they are whole
 * (a registry value is a path and a name): their texts are put into slots first.
 */
#ifndef ANALYSE_REPORT_SHAPE_H
#define ANALYSE_REPORT_SHAPE_H

#include "analyse/report/report.h"

enum shape_place {
    PLACE_NOTHING, /* texts only */
    PLACE_TOP,
    PLACE_TARGET,
    PLACE_BEHAVIOR,
    PLACE_SUMMARY,
    PLACE_PROCESS,
    PLACE_CALL,
    PLACE_COUNTS,
    PLACE_COUNTS_OF,
    PLACE_NETWORK,
    PLACE_NAMED,
    PLACE_DROPPED,
    PLACE_SIGNATURE,
    PLACE_TECHNIQUE,
    PLACE_DETECTION,
    PLACE_TOKENS,
    PLACE_API,      /* slots: Speakeasy's call with its arguments */
    PLACE_FILE,     /* slots: Speakeasy's event and path */
    PLACE_REGISTRY, /* slots: event, path, value's name */
    PLACE_EVENTS,   /* Speakeasy's process_events, network_events */
    PLACE_TRAFFIC,  /* slots: server, URL */
    PLACE_PROCESS_EVENT,
    PLACE_COUNT
};

enum shape_slot { SLOT_EVENT, SLOT_PATH, SLOT_NAME, SLOT_ARGUMENT, SLOT_COUNT };

/* What plain texts behind a key are. */
enum shape_take { TAKE_NOTHING, TAKE_ITEM, TAKE_SLOT, TAKE_KEY, TAKE_TOKENS };

struct shape_rule {
    uint8_t place;
    const char *key;        /* NULL: any */
    uint8_t to, take, what; /* what: a report_kind or a shape_slot */
};

/* The rule for a key in a place; NULL: nobody wants it. */
const struct shape_rule *shape_find(enum shape_place place, struct bytes key);

/* Are entries of this place told when they are whole? */
static inline bool shape_gathers(enum shape_place place)
{
    return place == PLACE_API || place == PLACE_FILE || place == PLACE_REGISTRY ||
           place == PLACE_TRAFFIC || place == PLACE_PROCESS_EVENT;
}

#endif
