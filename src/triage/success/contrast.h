/*
 * triage/success/contrast.h -- what answers to one parameter say when they are put side by side.
 *
 * An injected condition prints nothing: it shows in that the page comes with
 * rows or without them. A probe says what its answer would have to be if the
 * statement ran as meant: the page of the plain value (AND 1=1), that of a value
 * that does not exist (AND 1=2), rows (OR 1=1, UNION). Per endpoint and place
 * are kept which page each harmless value got and which each probe, and then:
 *
 * - the condition decided, both ways, several times: the statement runs;
 * - rows were due, or the plain value's page, and the page came that comes for
 *   nothing found, or to probes of quotings that exclude each other: it did not
 *   run; nor did the probe's whole quoting work, where a mere condition failed;
 * - another quoting was seen to work: this one cannot.
 *
 * Only of pages that tell: harmless values get different pages, the same value
 * the same. Two pages are the same byte for byte, or without what was asked.
 * Bounds: CONTRAST_VALUES harmless values of CONTRAST_TRIES requests, the newest CONTRAST_PROBES
 * probes.
 */
#ifndef TRIAGE_SUCCESS_CONTRAST_H
#define TRIAGE_SUCCESS_CONTRAST_H

#include "base/arena.h"
#include "model/exchange.h"

enum {
    CONTRAST_VALUES = 64,
    CONTRAST_PROBES = 512,
    CONTRAST_PAGES = 64,
    CONTRAST_TRIES = 256,
    CONTRAST_FIRST = 16
};

/* What a statement would leave if it ran as meant. */
enum probe_leaves {
    LEAVES_unknown,
    LEAVES_same,    /* the page of the plain value */
    LEAVES_nothing, /* the page of a value that does not exist */
    LEAVES_rows,    /* a page with rows */
};

/* One payload, as far as others can be compared with it. */
struct probe {
    uint64_t place;   /* hash of its label */
    uint64_t base;    /* … of the value before it */
    uint64_t context; /* … of what it breaks out of, and how it ends */
    uint64_t form;    /* … of all of it but the constants */
    char quote;       /* that it breaks out of; 0: none */
    enum probe_leaves leaves;
    bool condition; /* by comparing constants, which every database understands */
    bool joined;    /* a word of SQL joins it to the statement */
    bool either;    /* OR: rows may come in addition, be it decided or not */
    bool broken;    /* marks alone, with which no statement can run */
    double waits;   /* seconds it waits in any case; 0: none, or on some condition */
};

/* A probe and its answer. */
struct contrast_answer {
    struct probe probe;
    uint64_t raw, rest; /* hashes of the body, and of it without what was asked */
    uint16_t status;
    double seconds;  /* it took; < 0: not known */
    bool refused;    /* the database's words for what it could not run stood in it */
    bool ran;        /* a trace of it was in the answer */
    uint64_t packet; /* the request's, which tells it from others */
};

struct contrast;

/* Whether the answer to a harmless request would be learned. NULL: nothing is known yet. */
bool contrast_wants(const struct contrast *contrast, const struct exchange *exchange);

/* The places and values of a harmless request, and its answer. What does not fit in `arena` is
 * not learned. */
void contrast_learn_harmless(struct contrast **contrast, struct arena *arena,
                             const struct exchange *exchange);
void contrast_learn_probe(struct contrast **contrast, struct arena *arena,
                          const struct contrast_answer *answer);

enum contrast_finding {
    CONTRAST_none,
    CONTRAST_decided,  /* the condition decides what the page shows: it ran */
    CONTRAST_no_rows,  /* rows were due and the page for nothing came */
    CONTRAST_not_same, /* the plain value's page was due and another came, or the reverse */
    CONTRAST_refuted,  /* no condition decides anything in this quoting */
    CONTRAST_other,    /* another quoting works */
    CONTRAST_broken,   /* it could not run anywhere, and the page shows nothing of it */
    CONTRAST_no_wait,  /* it was to wait and did not */
};

/* Conditions of one form that were true, and that were false: how many, and a request of each. */
struct contrast_pairs {
    uint32_t yes_count, no_count;
    uint64_t yes_packet, no_packet;
};

/* What the others say of this one; `ret_pairs` only where the condition decides. NULL: none are
 * known. */
enum contrast_finding contrast_find(const struct contrast *contrast,
                                    const struct contrast_answer *answer,
                                    struct contrast_pairs *ret_pairs);

/* Hash of a place's label, "query:id"; of a value. */
uint64_t contrast_hash(struct bytes text);

#endif
