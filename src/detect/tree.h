/*
 * detect/tree.h -- evidence gathers along a process tree.
 *
 * Processes hang together from the topmost program below the session's own
 * (explorer, services, init hold everything together and so nothing). What is
 * surprising in any of them is evidence in their one tree. The score takes
 * each kind of evidence by its strongest pieces, adds the kinds up, and is
 * normalised by how much the tree did at all, so that long-lived and busy
 * programs are not suspects for their age.
 */
#ifndef DETECT_TREE_H
#define DETECT_TREE_H

#include "base/time.h"
#include "detect/memory.h"
#include "model/finding.h"

enum {
    TREE_EVIDENCE = 16,
    ENTITY_SIZE = 80,
    NAME_SIZE = 64,
    OBJECT_SIZE = 200,
};

/* Evidence counts for so long after it was seen. */
#define TREE_MEMORY (4 * TIME_HOUR)

/* A surprise smaller than this is not kept. */
#define EVIDENCE_LEAST 0.12

struct process {
    struct ledger_head head; /* key: hash of the entity id; last_day: minutes since 1970 */
    uint64_t tree;           /* key of the process it hangs from; its own when topmost */
    uint32_t rows;           /* observations of the whole tree, kept in its topmost process */
    uint8_t has_parent;
    uint8_t
        suspect; /* topmost process: something was said of its tree; nothing is learned from it */
    uint64_t origin; /* the suspect tree that put its file there; 0: none */
    char entity[ENTITY_SIZE], name[NAME_SIZE];
    uint32_t unit_hours[RELATION_TYPES];  /* hour in which a unit was last counted, by type */
    uint32_t novel_hours[RELATION_TYPES]; /* … in which a novel one was */
};

struct evidence {
    uint64_t relation;
    int64_t time;
    struct event_id event;
    struct surprise surprise;
    enum relation_type type;
    unsigned facts; /* of the object: facts.h */
    uint16_t port;  /* of a network relation */
    uint8_t inner;  /* its peer is inside */
    uint8_t action, category;
    uint8_t told;
    char entity[ENTITY_SIZE], subject[NAME_SIZE], object[OBJECT_SIZE];
};

struct tree {
    struct ledger_head head; /* key: the topmost process; last_day: minutes since 1970 */
    int64_t started, changed;
    double score, told_score;
    uint32_t tellings, count;
    struct evidence evidence[TREE_EVIDENCE];
};

struct forest {
    struct ledger processes, trees, droppers; /* struct dropper */
};

void forest_init(struct forest *forest, size_t memory);

/* Who put a program or script where it lies; keyed by file and host. */
struct dropper {
    struct ledger_head head;
    uint64_t process;
};

/* A process under its key, made if new; NULL when memory ran out. */
struct process *forest_process(struct forest *forest, uint64_t key, struct bytes entity,
                               struct bytes executable, int64_t time);

/* Hang `child` below `parent` (keys), joining their evidence. -ENOMEM. */
int forest_link(struct forest *forest, uint64_t child, uint64_t parent)
    __attribute__((warn_unused_result));

/* The topmost process a process hangs from. */
uint64_t forest_top(struct forest *forest, uint64_t process);

/* Keep a piece of evidence in the tree of `process`; returns the tree, or NULL without memory. */
struct tree *forest_keep(struct forest *forest, uint64_t process, const struct evidence *evidence);

/* Score of a tree at a time, normalised by `rows` it did. */
double tree_score(const struct tree *tree, int64_t now, uint32_t rows);

/*
 * Two independent kinds of evidence of some weight, or a hop: an inner peer
 * this host had never anything to do with.
 */
bool tree_convinces(const struct tree *tree, int64_t now);

void forest_save(const struct forest *forest, struct buffer *out);
int forest_load(struct forest *forest, struct cursor *in) __attribute__((warn_unused_result));
void forest_finish(struct forest *forest);

#endif
