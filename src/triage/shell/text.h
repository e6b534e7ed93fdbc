/*
 * triage/shell/text.h -- text that grows in an arena, bounded.
 *
 * A text never exceeds SHELL_OUTPUT bytes: what does not fit is dropped and
 * `full` is set. When the arena has no more room `full` is set as well, so a
 * writer runs straight.
 */
#ifndef TRIAGE_SHELL_TEXT_H
#define TRIAGE_SHELL_TEXT_H

#include "triage/shell/shell.h"

struct text {
    struct arena *arena;
    char *at;
    size_t len, capacity;
    bool full;
};

void text_add(struct text *text, struct bytes bytes);
void text_add_char(struct text *text, char c);
void text_add_format(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A byte that stands for itself: one that would be a hole becomes SHELL_HOLE_byte. */
void text_add_literal(struct text *text, char c);

static inline struct bytes text_bytes(const struct text *text)
{
    return (struct bytes){text->at ? text->at : "", text->len};
}

/* Whether any byte is a hole. */
bool text_has_hole(struct bytes text);

/* Position of `what` in `text` from `from`, or text.len when it is not there. */
size_t text_find(struct bytes text, size_t from, struct bytes what);

/* The next line without its end, moving *at past it; false at the end of the text. */
bool text_line(struct bytes text, size_t *at, struct bytes *ret_line);

/* A decimal number with sign, whole text; false for anything else. */
bool text_integer(struct bytes text, int64_t *ret_value);

/* Printed into the arena; empty when it has no more room. */
struct bytes text_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_name(char c)
{
    return is_name_start(c) || is_digit(c);
}

/* Whether the whole of it is a variable's name. */
bool text_is_name(struct bytes text);

#endif
