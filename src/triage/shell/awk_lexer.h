/* triage/shell/awk_lexer.h -- the words of an awk program. An error sticks in `failed`. */
#ifndef TRIAGE_SHELL_AWK_LEXER_H
#define TRIAGE_SHELL_AWK_LEXER_H

#include "triage/shell/awk.h"

struct awk_parser {
    struct machine *machine;
    struct bytes text;
    size_t at;
    bool failed;
    bool no_in, no_greater; /* inside for ( … ), behind print */
};

void awk_blanks_skip(struct awk_parser *parser, bool lines);
char awk_peek(struct awk_parser *parser);
char awk_peek_next(const struct awk_parser *parser);
bool awk_take(struct awk_parser *parser, const char *what);
void awk_need(struct awk_parser *parser, const char *what);
struct awk_node *awk_node_new(struct awk_parser *parser, enum awk_kind kind);
struct awk_node *awk_node_of(struct awk_parser *parser, enum awk_kind kind, struct bytes text,
                             struct awk_node *a, struct awk_node *b);
struct bytes awk_quoted(struct awk_parser *parser, char end);
struct bytes awk_name_take(struct awk_parser *parser);

#endif
