/*
 * triage/success/shelves.h -- many texts, and whether one of them holds a short one.
 *
 * Texts stand on shelves of 64. For every run of two, three, four and six bytes
 * a shelf has a word of 64 bits, shared by all runs with the same hash, that
 * tells which of its texts hold the run: bit-sliced signatures (Faloutsos and
 * Christodoulakis, ACM TOIS 2(4), 1984). The words of all runs of what is
 * looked for, and-ed, leave the few texts worth looking into; so the answer is
 * exact, and most texts are not read for it.
 */
#ifndef TRIAGE_SUCCESS_SHELVES_H
#define TRIAGE_SUCCESS_SHELVES_H

#include "base/arena.h"

enum {
    SHELF_TEXTS = 64,
    SHELF_WORDS = 1 << 14,
    SHELF_PLAIN = 8, /* the first so many texts are looked through without words */
};

struct shelf;

/* Zeroed: empty. Lives as long as the arena it is given. */
struct shelves {
    struct shelf *newest;
};

/* Put up a text, which must outlive the shelves; -ENOMEM when the arena has no room. */
int shelves_add(struct shelves *shelves, struct arena *arena, struct bytes text)
    __attribute__((warn_unused_result));

/* Whether one of the texts holds this one; none holds an empty one. */
bool shelves_hold(const struct shelves *shelves, struct bytes text);

#endif
