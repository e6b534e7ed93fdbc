/*
 * triage/attack/sql_function.h -- the functions of SQL that make, choose or tell text.
 */
#ifndef TRIAGE_ATTACK_SQL_FUNCTION_H
#define TRIAGE_ATTACK_SQL_FUNCTION_H

#include "triage/attack/sql_value.h"

/* Values; their text is copied into `arena`, and *error becomes -ENOMEM when there is no room. */
struct sql_value sql_of_text(struct arena *arena, struct bytes text, bool computed, int *error);
struct sql_value sql_of_number(struct arena *arena, int64_t number, bool computed, int *error);

/* Values written one after the other: text, or a pattern where one is not known. */
struct sql_value sql_join(struct arena *arena, const struct sql_value *values, unsigned count,
                          struct bytes separator, int *error);

/* What a function returns; unknown if it is not one of ours, or its arguments do not say. */
struct sql_value sql_call(struct arena *arena, struct bytes name, const struct sql_value *arguments,
                          unsigned count, int *error);

/* A name without brackets that is a function all the same: CURRENT_USER, @@version. */
bool sql_is_bare_function(struct bytes name);

#endif
