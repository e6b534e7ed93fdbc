/*
 * analyse/family/family_table.h -- tables of behaviours, each with its family.
 *
 * Two forms, told apart by the first line:
 * - comma separated with a heading: the columns are the sample's name, the family (headed "label",
 *   "labels", "family" or "class"), and from there on one call each, in order; empty ones are
 *   skipped.
 * - tab separated without one: the family; calls in order with blanks between, "name*7" being seven
 *   in a row; and where they are known tokens with blanks between and the sample's name.
 * Names of calls are folded to lower case.
 *
 * Rows of one group -- the same calls and tokens, each as often -- belong on one side of any split,
 * since a sandbox runs copies of one program as well as different ones.
 *
 * Limits: FAMILY_ROWS rows, BEHAVIOUR_CALLS and BEHAVIOUR_TOKENS in each.
 */
#ifndef ANALYSE_FAMILY_FAMILY_TABLE_H
#define ANALYSE_FAMILY_FAMILY_TABLE_H

#include "analyse/family/behaviour.h"
#include "base/arena.h"
#include "base/fault.h"

enum { FAMILY_ROWS = 1 << 20 };

struct family_row {
    struct bytes name, family; /* the name may be empty */
    struct behaviour behaviour;
    uint64_t group;
};

struct family_table {
    struct family_row *rows;
    uint32_t count;
};

/*
 * Texts point into `text`, which must stay, or the arena. -EINVAL: not such a table, `ret_fault`
 * says where; -E2BIG: beyond the limits, likewise; -ENOMEM.
 */
int family_table_read(struct bytes text, struct arena *arena, struct family_table *ret_table,
                      struct fault *ret_fault) __attribute__((warn_unused_result));

/* The group of a behaviour: a hash of all that is in it, whatever the order of its tokens. */
uint64_t behaviour_group(const struct behaviour *behaviour);

#endif
