/*
 * triage/shell/parser.h -- what the reading of words and of commands share.
 *
 * The parser walks the script's bytes once. An error sticks: `result` is set,
 * everything returns at once, and what was parsed before is dropped.
 */
#ifndef TRIAGE_SHELL_PARSER_H
#define TRIAGE_SHELL_PARSER_H

#include "triage/shell/syntax.h"

struct parser {
    struct arena *arena;
    enum dialect dialect;
    struct bytes text;
    size_t at;
    uint32_t depth;
    enum parse_result result;
    struct bytes unexpected;
    struct redirect *pending; /* here-documents whose bodies begin on the next line */
    struct redirect **pending_tail;
};

/* What ends a run of word text, and what quotes mean in it. */
enum word_mode {
    MODE_word,        /* ends at a blank or an operator */
    MODE_double,      /* up to the closing " */
    MODE_brace,       /* in ${x:-…}: up to } */
    MODE_brace_slash, /* in ${x/…/…}: up to / or } */
    MODE_here,        /* to the end of the text; quotes are ordinary */
    MODE_regex,       /* behind =~: up to a blank outside parentheses */
};

void parser_start(struct parser *parser, struct arena *arena, enum dialect dialect,
                  struct bytes text, uint32_t depth);
void *parser_take(struct parser *parser, size_t size);
void parser_fail(struct parser *parser, struct bytes unexpected);
/* False when the nesting is too deep. */
bool parser_enter(struct parser *parser);

static inline char parser_peek(const struct parser *parser, size_t ahead)
{
    return parser->at + ahead < parser->text.len ? parser->text.at[parser->at + ahead] : 0;
}

static inline bool parser_ends(const struct parser *parser)
{
    return parser->at >= parser->text.len || parser->result != PARSE_ok;
}

static inline bool parser_looks_at(const struct parser *parser, const char *what)
{
    return bytes_start(bytes_from(parser->text, parser->at), bytes_of(what));
}

/* Blanks, continued lines, and a comment. */
void parser_skip_blanks(struct parser *parser);

/* Blanks and line ends, with the bodies of here-documents behind these. */
void newlines_skip(struct parser *parser);

/* A reserved word here; taken; or an error when it is not. */
bool reserved_here(struct parser *parser, const char *word);
bool reserved_take(struct parser *parser, const char *word);
void reserved_need(struct parser *parser, const char *word);

/* What stands here is an error. */
void unexpected_here(struct parser *parser);

/* The word here, or NULL where no word begins. */
struct word *word_parse(struct parser *parser, enum word_mode mode);

/* A list up to what cannot belong to it, such as ")" or "fi". */
struct node *list_parse(struct parser *parser);

/* One command of a pipeline. */
struct node *command_parse(struct parser *parser);
struct node *simple_parse(struct parser *parser);
void redirects_parse(struct parser *parser, struct node *node);

/* [[ … ]], behind the opening brackets. */
struct condition *condition_parse(struct parser *parser);

/* The raw text up to `close` on this level of brackets and quotes; at NULL when it never comes. */
struct bytes parser_raw_until(struct parser *parser, const char *close);

/* Bash or ash has it, dash has not. */
static inline bool parser_has_more_than_posix(const struct parser *parser)
{
    return parser->dialect != DIALECT_dash;
}

static inline bool parser_is_bash(const struct parser *parser)
{
    return parser->dialect == DIALECT_bash;
}

#endif
