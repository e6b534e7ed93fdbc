/*
 * triage/attack/sql_reading.h -- the words and literals of SQL, one after the other.
 */
#ifndef TRIAGE_ATTACK_SQL_READING_H
#define TRIAGE_ATTACK_SQL_READING_H

#include "triage/attack/sql_value.h"

struct sql_reading {
    struct bytes text;
    size_t at;
    struct arena *arena;
    int depth;
    uint32_t effort; /* operands read */
    bool unclosed;   /* from here on no comment ends */
    int error;       /* -ENOMEM: what is read from then on is worth nothing */
};

struct bytes sql_rest(const struct sql_reading *reading);

/* Letters, digits and what else may stand in a name. */
bool sql_is_name(char c);

/* Past blanks and comments between slashes and asterisks. */
void sql_skip_blanks(struct sql_reading *reading);

/* Past blanks and this sign, or this whole word whatever its case; false: something else is next.
 */
bool sql_next(struct sql_reading *reading, const char *token);
bool sql_next_word(struct sql_reading *reading, const char *word);

/* A literal: 'it''s' or "…", 0x… or x'…', 42. */
struct sql_value sql_quoted(struct sql_reading *reading);
struct sql_value sql_hexadecimal(struct sql_reading *reading);
struct sql_value sql_digits(struct sql_reading *reading);

/* To the comma or bracket that ends an argument, past what is no expression of ours. */
void sql_skip_argument(struct sql_reading *reading);

#endif
