/*
 * detect/relation.h -- who did what kind of thing to whom.
 *
 * An observation is taken apart into typed relations between canonical names:
 * a program and the program it starts, the area it writes to, the peer it
 * talks to. These, and not events, are what normal is made of (NEC's in-host
 * and machine relations).
 */
#ifndef DETECT_RELATION_H
#define DETECT_RELATION_H

#include "detect/facts.h"
#include "model/batch.h"

/* type, weight of one unit of surprise, evidence kind: two different kinds are independent. */
#define RELATION_LIST(X)                                                                           \
    X(START, 1.5, EVIDENCE_EXECUTION)   /* program → program it started */                       \
    X(COMMAND, 0.5, EVIDENCE_EXECUTION) /* program → options it was started with */              \
    X(USER, 0.5, EVIDENCE_EXECUTION)    /* user → program */                                     \
    X(DROP, 1.0, EVIDENCE_FILE)         /* program → area it put a program or script into */     \
    X(SCRIPT, 1.0, EVIDENCE_FILE)       /* program → area it took a script from */               \
    X(FILE, 0.4, EVIDENCE_FILE)         /* program → area of any other file */                   \
    X(ORIGIN, 1.5, EVIDENCE_FILE)   /* program or script ← a suspect that put its file there */  \
    X(MODULE, 0.4, EVIDENCE_MODULE) /* program → area of a module it loaded */                   \
    X(NETWORK, 1.2, EVIDENCE_NETWORK)   /* program → peer and port */                            \
    X(HOST, 1.2, EVIDENCE_NETWORK)      /* host → inner peer and port, or inner peer → host */ \
    X(REGISTRY, 0.4, EVIDENCE_REGISTRY) /* program → key */                                      \
    X(SERVICE, 1.0, EVIDENCE_REGISTRY)  /* program → service or task it installed */             \
    X(PROCESS, 0.5, EVIDENCE_PROCESS)   /* program → other process, and how it was opened */

enum evidence_kind {
    EVIDENCE_EXECUTION,
    EVIDENCE_FILE,
    EVIDENCE_MODULE,
    EVIDENCE_NETWORK,
    EVIDENCE_REGISTRY,
    EVIDENCE_PROCESS,
    EVIDENCE_KINDS
};

enum relation_type {
#define X(name, weight, kind) RELATION_##name,
    RELATION_LIST(X)
#undef X
        RELATION_TYPES
};

extern const double relation_weights[RELATION_TYPES];
extern const enum evidence_kind relation_kinds[RELATION_TYPES];

/* From this sensitivity on, having been seen a few times makes a relation no less remarkable. */
#define RELATION_SENSITIVE 1.5

struct relation {
    enum relation_type type;
    uint64_t subject, object; /* hashes of (type's role, canonical name) */
    double sensitivity;       /* >= 1: how much it would matter, by facts.h */
    unsigned facts;           /* of the object */
};

enum { RELATIONS_PER_ROW = 6 };

/* Remembers what canonical names came out as: most names come again and again. */
struct name_cache;
int name_cache_create(struct name_cache **ret_cache) __attribute__((warn_unused_result));
void name_cache_destroy(struct name_cache *cache);

/* The acting program of a row: hash of its canonical path and its facts; 0 without one. */
struct program {
    uint64_t hash;
    unsigned facts;
};
struct program program_of(struct name_cache *cache, const struct batch *batch, uint32_t text_id);

/* The file a row names, told apart by its whole path in lower case: 0 without one. */
uint64_t file_identity(struct name_cache *cache, const struct batch *batch, uint32_t text_id);

/* The relations a row shows; returns how many. */
uint32_t relations_of(struct name_cache *cache, const struct batch *batch, uint32_t row,
                      struct relation relations[RELATIONS_PER_ROW]);

/* Hash of one relation over all hosts. */
uint64_t relation_key(const struct relation *relation);

/*
 * The relation's two ends as a person names them: "cmd.exe", "C:\Users\Public\a.exe".
 * The bytes belong to the batch or to `room`.
 */
struct relation_names {
    struct bytes subject, object;
};
struct relation_names relation_names(const struct batch *batch, uint32_t row,
                                     enum relation_type type, char room[128]);

#endif
