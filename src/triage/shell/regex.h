/*
 * triage/shell/regex.h -- regular expressions of grep, sed, awk and [[ =~ ]].
 *
 * POSIX basic and extended expressions are rewritten for PCRE2, whose match
 * limit bounds the work. Leftmost matches are those of PCRE (first alternative),
 * not the longest: attackers' patterns seldom tell the difference.
 */
#ifndef TRIAGE_SHELL_REGEX_H
#define TRIAGE_SHELL_REGEX_H

#include "triage/shell/machine.h"

enum regex_kind { REGEX_basic, REGEX_extended, REGEX_fixed, REGEX_perl };
enum { REGEX_GROUPS = 10 };

struct regex;

struct regex_groups {
    struct bytes group[REGEX_GROUPS]; /* 0 the whole match; at NULL: took no part */
};

/* NULL for a pattern that is none. The machine frees it at the end of the run. */
struct regex *regex_compile(struct machine *machine, struct bytes pattern, enum regex_kind kind,
                            bool fold);

/* The first match in `text` at or after `from`. `ret_groups` may be NULL. */
bool regex_find(struct regex *regex, struct bytes text, size_t from,
                struct regex_groups *ret_groups);

#endif
