/*
 * detect/memory.h -- what is normal, and how surprising the rest.
 *
 * A relation is remembered in host-days: on how many hosts, and on how many
 * days of each, it was seen at all. A machine that repeats a thing ten thousand
 * times a day says no more than one that does it once.
 *
 * Each partition remembers its hosts' own relations; the fleet remembers all
 * hosts' together. Surprise backs off from the host to its peer group (its
 * subnet) to the fleet, and is weighed by how often that subject shows
 * novelties at all, there and everywhere: an installer that always brings new files surprises
 * nobody, a service that never did for a month does. The estimate is that of a
 * novel symbol's probability (Witten and Bell, IEEE Trans. Inf. Theory 1991)
 * over process-hours instead of symbols.
 *
 * After the initial learning a new relation fades over RIPE_DAYS days of being
 * seen before it is normal: an intruder would have to repeat himself, unfound,
 * for days.
 */
#ifndef DETECT_MEMORY_H
#define DETECT_MEMORY_H

#include "base/ledger.h"
#include "detect/relation.h"

enum { RIPE_DAYS = 3 };

/* What one host knows of one relation; keyed by host and relation. */
struct recall {
    struct ledger_head head;
    uint16_t days; /* distinct days seen on this host */
    uint8_t normal;
};

/* What the fleet, or one peer group, knows of a relation. */
struct fleet_relation {
    struct ledger_head head;
    uint32_t hosts, host_days; /* on which it is normal */
    uint32_t young_days;       /* different days on which it was seen but not yet normal */
    int32_t young_day;         /* the last of them */
};

/*
 * How novelty-prone a subject is, for one type of relation: process-hours in
 * which it did such a thing, and those in which one was new. Keyed by object
 * the same struct counts in `novel` the subjects that relate to it: popularity.
 */
struct exposure {
    struct ledger_head head;
    uint32_t units, novel;
};

struct fleet_memory {
    struct ledger relations, exposures;
    struct ledger groups, days;            /* units = hosts of the group, hosts seen that day */
    struct exposure types[RELATION_TYPES]; /* all subjects together: the prior */
    uint32_t hosts;
};

/* What a partition learned in a window, to be told to the fleet when it ends. */
enum lesson_kind {
    LESSON_NORMAL,  /* a relation, another day of a host on which it is normal */
    LESSON_YOUNG,   /* a relation, another day of a host on which it is not yet */
    LESSON_UNIT,    /* a subject had another process-hour with such a relation */
    LESSON_NOVELTY, /* … and one in it was new to everybody */
    LESSON_HOST,    /* a host nobody knew */
    LESSON_GROUP,   /* a host's peer group became known */
    LESSON_DAY,     /* a host was seen on another day */
};
struct lesson {
    uint64_t subject, object, group;
    int32_t day;
    uint8_t kind, type;
    uint8_t news; /* NORMAL: first such day of this host */
};

struct lessons {
    struct lesson *items;
    uint32_t count, capacity;
};

/* What a partition knows of its own hosts: their relations, and how novelty-prone each subject is
 * there. */
struct host_memory {
    struct ledger recalls, exposures;
};

/* Where an observation stands. */
struct standpoint {
    uint64_t host, group; /* hashes; group 0 until the host's subnet is known */
    int32_t day;
    bool learning;
};

/* How a surprise came about: the counts its explanation gives. */
struct surprise {
    double value;          /* 0: normal */
    bool novel;            /* the host had not known the relation */
    uint32_t units, prone; /* process-hours of the subject; those with something new */
    uint32_t hosts, hosts_all, host_days;
};

/*
 * Meet a relation on a host: how surprising it is now. Unless `teach` is false
 * (a process tree under suspicion) the host remembers it. -ENOMEM.
 */
int memory_meet(struct host_memory *own, const struct fleet_memory *fleet, struct lessons *lessons,
                const struct standpoint *at, const struct relation *relation, bool teach,
                struct surprise *ret_surprise) __attribute__((warn_unused_result));

/*
 * A subject had another process-hour (`unit`) with a relation of this type on a
 * host, or something new to everybody in one (`novelty`): count it there, and
 * tell the fleet. -ENOMEM.
 */
int memory_count(struct host_memory *own, struct lessons *lessons, const struct standpoint *at,
                 const struct relation *relation, bool unit, bool novelty)
    __attribute__((warn_unused_result));

int lessons_add(struct lessons *lessons, struct lesson lesson) __attribute__((warn_unused_result));

void host_memory_init(struct host_memory *own, size_t memory);
void fleet_memory_init(struct fleet_memory *fleet, size_t memory);

/* Take in what a partition learned; the lessons are then empty. -ENOMEM. */
int fleet_memory_take(struct fleet_memory *fleet, struct lessons *lessons)
    __attribute__((warn_unused_result));

void host_memory_save(const struct host_memory *own, struct buffer *out);
int host_memory_load(struct host_memory *own, struct cursor *in)
    __attribute__((warn_unused_result));
void host_memory_finish(struct host_memory *own);
void lessons_save(const struct lessons *lessons, struct buffer *out);
int lessons_load(struct lessons *lessons, struct cursor *in) __attribute__((warn_unused_result));
void fleet_memory_save(const struct fleet_memory *fleet, struct buffer *out);
int fleet_memory_load(struct fleet_memory *fleet, struct cursor *in)
    __attribute__((warn_unused_result));
void fleet_memory_finish(struct fleet_memory *fleet);

#endif
