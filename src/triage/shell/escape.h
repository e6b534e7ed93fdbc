/* triage/shell/escape.h -- backslash escapes, in each of the ways tools read them. */
#ifndef TRIAGE_SHELL_ESCAPE_H
#define TRIAGE_SHELL_ESCAPE_H

#include "triage/shell/text.h"

enum escape_kind {
    ESCAPE_ansi,      /* $'…' */
    ESCAPE_echo_dash, /* echo of dash: \0NNN, \c; no \x, no \e */
    ESCAPE_echo,      /* echo -e of bash and busybox: \0NNN, \xHH, \e, \c */
    ESCAPE_printf,    /* the format of printf: \NNN, \xHH unless dash */
    ESCAPE_printf_dash,
    ESCAPE_b, /* %b */
    ESCAPE_b_dash,
};

/* `raw` decoded at the end of `out`. False when \c told the caller to stop writing at all. */
bool escape_decode(struct bytes raw, enum escape_kind kind, struct text *out);

/* A code point as UTF-8. */
void escape_put_utf8(struct text *out, uint32_t point);

/* The value of a hexadecimal digit, or -1. */
static inline int hex_value(char c)
{
    return is_digit(c)              ? c - '0'
           : (c >= 'a' && c <= 'f') ? c - 'a' + 10
           : (c >= 'A' && c <= 'F') ? c - 'A' + 10
                                    : -1;
}

#endif
