/*
 * triage/attack/sql_value.h -- what an SQL expression of constants is worth.
 *
 * Attackers have the database compute something to see it in the answer:
 * 757*811, CONCAT(0x71,7*7,0x71), CHAR(113)||'x', version(). Numbers, strings,
 * hexadecimal, + - * / %, || and the functions that make text; the common
 * dialects together (MySQL, PostgreSQL, SQLite, SQL Server, Oracle).
 */
#ifndef TRIAGE_ATTACK_SQL_VALUE_H
#define TRIAGE_ATTACK_SQL_VALUE_H

#include "base/arena.h"

enum { SQL_DEPTH = 32, SQL_TEXT = 4096 };

enum sql_kind {
    SQL_unknown, /* a column, a sub-select, a function nobody knows */
    SQL_number,
    SQL_text,
    SQL_typed, /* not known, but its grammar is: `text` is a PCRE2 pattern */
};

struct sql_value {
    enum sql_kind kind;
    int64_t number;
    struct bytes text; /* of SQL_text, SQL_typed; numbers as SQL writes them are in it too */
    bool computed;     /* it does not stand in the expression as it is */
};

/*
 * Evaluate the expression at the start of `text`; `ret_len` is how far it
 * reaches (to a comma, a closing bracket, a comment, or a word such as FROM).
 * Text in `arena`. -ENOMEM.
 */
int sql_evaluate(struct bytes text, struct arena *arena, struct sql_value *ret_value,
                 size_t *ret_len) __attribute__((warn_unused_result));

#endif
