/*
 * engine/occurrence_table.h -- what hosts did lately, to be looked up by host.
 *
 * A ring of the newest occurrences; each knows the one before it of the same
 * source, and each name asked for the one asked for before it. The oldest are
 * overwritten, and counted.
 */
#ifndef ENGINE_OCCURRENCE_TABLE_H
#define ENGINE_OCCURRENCE_TABLE_H

#include "base/arena.h"
#include "model/exchange.h"

enum {
    OCCURRENCES_KEPT = 1 << 17,
    OCCURRENCES_ANSWERED = 1024, /* at most, of one look-up: the earliest ones are left out */
};

struct occurrence_table;

/* -ENOMEM. */
int occurrence_table_new(struct occurrence_table **ret_table) __attribute__((warn_unused_result));
void occurrence_table_free(struct occurrence_table *table);

/* Copies it with its text. -ENOMEM. */
int occurrence_table_add(struct occurrence_table *table, const struct occurrence *occurrence)
    __attribute__((warn_unused_result));

/*
 * What `host` began from `since` on, and every name anybody asked for then (a
 * resolver asks for others), in time order; good until the next add. -ENOMEM.
 */
int occurrence_table_find(const struct occurrence_table *table, const struct ip *host,
                          int64_t since, struct arena *arena, const struct occurrence **ret_at,
                          size_t *ret_count) __attribute__((warn_unused_result));

/* Whether `host` began anything that is still remembered. */
bool occurrence_table_knows(const struct occurrence_table *table, const struct ip *host);

uint64_t occurrence_table_overwritten(const struct occurrence_table *table);

#endif
