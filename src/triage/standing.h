/*
 * triage/standing.h -- where a group of alerts stands among the others, and why.
 *
 * What is proved comes first, then what was learned from decisions, then the
 * alert budget's cut of novelty, then the sensor's word; docs/alerts.md has the
 * table. A priority is 0 to 4, 4 the most urgent; what is below STANDING_SHOWN is
 * held back from the list.
 */
#ifndef TRIAGE_STANDING_H
#define TRIAGE_STANDING_H

#include "model/alert.h"

enum { STANDING_SHOWN = 2 };

/* X(name): what decided. Stable: they are told in answers. */
#define STANDING_REASONS(X)                                                                        \
    X(success)                                                                                     \
    X(failed)                                                                                      \
    X(benign)                                                                                      \
    X(raised)                                                                                      \
    X(filtered)                                                                                    \
    X(level)                                                                                       \
    X(new)                                                                                         \
    X(routine)                                                                                     \
    X(severity)                                                                                    \
    X(untold)
enum standing_reason {
#define X(name) STANDING_##name,
    STANDING_REASONS(X)
#undef X
        STANDING_REASON_COUNT
};

const char *standing_reason_name(enum standing_reason reason);

enum standing_side { SIDE_none, SIDE_filtered, SIDE_kept, SIDE_raised };

struct standing_facts {
    uint8_t severity; /* 1 the highest, 0: the sensor tells none */
    bool judged;      /* any member was */
    bool judged_all;
    enum attack_outcome gravest; /* of the members judged */
    enum standing_side side;     /* of the levels' model in force; none: no model */
    uint8_t level;               /* it proposes, 0 to 4 */
    double novelty, cut;         /* NAN: none */
};

struct standing {
    uint8_t priority;
    enum standing_reason reason;
};

struct standing standing_of(const struct standing_facts *facts);

#endif
