/* triage/shell/expand.h -- words as the fields a command gets. */
#ifndef TRIAGE_SHELL_EXPAND_H
#define TRIAGE_SHELL_EXPAND_H

#include "triage/shell/machine.h"

enum { FIELDS = 8192 }; /* of one command; more stop the run */

struct fields {
    struct bytes *items;
    uint32_t count, capacity;
};

void fields_add(struct machine *machine, struct fields *fields, struct bytes item);

/* The variable becomes an array of these; an item with at NULL is unset. */
void array_set(struct machine *machine, struct bytes name, const struct fields *items);

/* All expansions, splitting and file names. */
void words_expand(struct machine *machine, const struct word *words, struct fields *out);

/* Expansions without splitting: an assignment, a redirection's target. */
struct bytes word_expand(struct machine *machine, const struct word *word);

/* … as a pattern: what was quoted is escaped with backslashes. */
struct bytes word_expand_pattern(struct machine *machine, const struct word *word);

/* One word as several by {a,b} and {1..9}; itself when it has none. */
struct word *braces_expand(struct machine *machine, const struct word *word);

/* The text being put together: one flag for each byte says where it came from. */
enum expansion_flag {
    FLAG_plain = 'p',  /* written so: may match file names */
    FLAG_quoted = 'q', /* stands for itself */
    FLAG_value = 'v',  /* from an expansion: is split, may match */
    FLAG_break = 'b',  /* no byte: a field ends */
    FLAG_empty = 'e',  /* no byte: a field is here even if empty */
};

struct expansion {
    struct machine *machine;
    struct text chars, flags;
    bool single; /* no fields: "$@" is joined */
};

void expansion_put(struct expansion *expansion, struct bytes text, enum expansion_flag flag);
void expansion_put_mark(struct expansion *expansion, enum expansion_flag flag);
void parts_expand(struct expansion *expansion, const struct word_part *parts);

/* ${…} and its simple forms. */
void parameter_expand(struct expansion *expansion, const struct word_part *part);

/* $IFS; of "$*" the first of it. */
struct bytes separators(struct machine *machine);

/*
 * The value of an arithmetic expression; complains and leaves the shell when it
 * is none. `ret_unknown`: it hangs on a hole.
 */
int64_t arithmetic_evaluate(struct machine *machine, struct bytes expression, bool *ret_unknown);

/* Whether `text` matches a shell pattern; `upper` folds case. Bounded. */
bool pattern_match(struct bytes pattern, struct bytes text, bool fold);

/* The file names `pattern` matches, in order; false when none does. */
bool glob_expand(struct machine *machine, struct bytes pattern, struct fields *out);

#endif
