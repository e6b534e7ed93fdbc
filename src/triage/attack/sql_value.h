/*
 * triage/attack/sql_value.h -- what an SQL expression is worth, as far as one can know.
 *
 * Attackers have the database compute something to see it in the answer:
 * 757*811, CONCAT(0x71,(SELECT version()),0x71), CHAR(113)||'x', or compare it
 * to see whether it is so. Literals, arithmetic, comparisons, AND OR NOT, CASE,
 * casts and the functions that make or choose text are evaluated; the common
 * dialects together (MySQL, PostgreSQL, SQLite, SQL Server, Oracle). What only
 * the database knows becomes an unknown, and text around an unknown a pattern.
 * Bounds: SQL_DEPTH brackets, SQL_TEXT bytes of a value, the first SQL_BYTES of
 * a payload, SQL_EFFORT operands, long text counting for several.
 */
#ifndef TRIAGE_ATTACK_SQL_VALUE_H
#define TRIAGE_ATTACK_SQL_VALUE_H

#include "base/arena.h"

enum { SQL_DEPTH = 32, SQL_TEXT = 4096, SQL_EFFORT = 1 << 12, SQL_BYTES = 1 << 13 };

enum sql_kind {
    SQL_unknown, /* a column, a sub-select, a function nobody knows */
    SQL_null,
    SQL_number,
    SQL_text,
    SQL_typed, /* not known, but its grammar is: `text` is a PCRE2 pattern */
};

struct sql_value {
    enum sql_kind kind;
    int64_t number;
    struct bytes text; /* of SQL_text, SQL_typed; numbers as SQL writes them are in it too */
    uint32_t known;    /* letters of SQL_typed that are known */
    bool computed;     /* it does not stand in the expression as it is */
    bool condition;    /* a comparison, or several joined */
};

enum sql_truth { SQL_false, SQL_true, SQL_undecided };

/* What WHERE makes of a value. */
enum sql_truth sql_truth(const struct sql_value *value);

/*
 * Evaluate the expression at the start of `text`; `ret_len` is how far it
 * reaches (to a comma, a closing bracket, a comment, or a word such as FROM).
 * Text in `arena`. -ENOMEM.
 */
int sql_evaluate(struct bytes text, struct arena *arena, struct sql_value *ret_value,
                 size_t *ret_len) __attribute__((warn_unused_result));

/*
 * The next text that is put together anywhere in `text` from *at on, with what
 * is known of it: CONCAT(…), a||b. *at moves behind it, *effort grows with what
 * it cost; beyond SQL_EFFORT nothing is found. `ret_found` false: there is none.
 */
int sql_next_text(struct bytes text, size_t *at, uint32_t *effort, struct arena *arena,
                  struct sql_value *ret_value, bool *ret_found) __attribute__((warn_unused_result));

#endif
