/* What all of the parser stands on: blanks, line ends, here-documents, reserved words. */
#include "triage/shell/parser.h"

void parser_start(struct parser *parser, struct arena *arena, enum dialect dialect,
                  struct bytes text, uint32_t depth)
{
    *parser = (struct parser){.arena = arena, .dialect = dialect, .text = text, .depth = depth};
    parser->pending_tail = &parser->pending;
}

void *parser_take(struct parser *parser, size_t size)
{
    void *memory = arena_take(parser->arena, size);
    if (!memory && parser->result == PARSE_ok)
        parser->result = PARSE_memory;
    return memory;
}

void parser_fail(struct parser *parser, struct bytes unexpected)
{
    if (parser->result != PARSE_ok)
        return;
    parser->result = PARSE_error;
    parser->unexpected = unexpected;
}

bool parser_enter(struct parser *parser)
{
    if (parser->result == PARSE_ok && parser->depth >= SHELL_DEPTH)
        parser->result = PARSE_deep;
    if (parser->result != PARSE_ok)
        return false;
    parser->depth++;
    return true;
}

void parser_skip_blanks(struct parser *parser)
{
    while (!parser_ends(parser)) {
        char c = parser_peek(parser, 0);
        if (c == ' ' || c == '\t')
            parser->at++;
        else if (c == '\\' && parser_peek(parser, 1) == '\n')
            parser->at += 2;
        else if (c == '#')
            while (!parser_ends(parser) && parser_peek(parser, 0) != '\n')
                parser->at++;
        else
            break;
    }
}

/* Past a quoted run that begins here; the position behind it. */
static size_t raw_quote_end(struct bytes text, size_t at)
{
    char quote = text.at[at++];
    while (at < text.len && text.at[at] != quote)
        at += text.at[at] == '\\' && quote != '\'' ? 2 : 1;
    return at + 1;
}

struct bytes parser_raw_until(struct parser *parser, const char *close)
{
    struct bytes text = parser->text;
    size_t start = parser->at, at = start;
    int depth = 0;
    while (at < text.len) {
        char c = text.at[at];
        if (depth == 0 && bytes_start(bytes_from(text, at), bytes_of(close))) {
            parser->at = at + strlen(close);
            return (struct bytes){text.at + start, at - start};
        }
        if (c == ')' && depth == 0 && close[0] == ')')
            break; /* "$((" was two subshells */
        if (c == '\'' || c == '"')
            at = raw_quote_end(text, at);
        else {
            depth += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
            at += c == '\\' ? 2 : 1;
        }
    }
    return (struct bytes){NULL, 0};
}

static void here_body_read(struct parser *parser, const struct redirect *redirect,
                           struct text *body)
{
    struct bytes line;
    while (text_line(parser->text, &parser->at, &line)) {
        size_t tabs = 0;
        while (redirect->strip_tabs && tabs < line.len && line.at[tabs] == '\t')
            tabs++;
        line = bytes_from(line, tabs);
        if (bytes_equal(line, redirect->delimiter))
            break;
        text_add(body, line);
        text_add_char(body, '\n');
    }
    if (parser->at > parser->text.len)
        parser->at = parser->text.len;
}

/* Behind the end of a line: the bodies of the here-documents it began. */
static void here_documents_read(struct parser *parser)
{
    for (struct redirect *redirect = parser->pending; redirect; redirect = redirect->next_pending) {
        struct text body = {.arena = parser->arena};
        here_body_read(parser, redirect, &body);
        if (!redirect->literal) {
            redirect->target = text_parse(parser->arena, parser->dialect, text_bytes(&body));
        } else if ((redirect->target = parser_take(parser, sizeof(struct word)))) {
            struct word_part *part = parser_take(parser, sizeof(*part));
            if (part)
                *part = (struct word_part){.quoted = true, .text = text_bytes(&body)};
            redirect->target->parts = part;
        }
        if (!redirect->target)
            parser_fail(parser, BYTES("<<"));
    }
    parser->pending = NULL;
    parser->pending_tail = &parser->pending;
}

void newlines_skip(struct parser *parser)
{
    for (;;) {
        parser_skip_blanks(parser);
        if (parser_ends(parser) || parser_peek(parser, 0) != '\n')
            return;
        parser->at++;
        here_documents_read(parser);
    }
}

/* The character after a reserved word ends it. */
static bool ends_word(char c)
{
    return c == 0 || strchr(" \t\n;&|<>()", c) != NULL;
}

bool reserved_here(struct parser *parser, const char *word)
{
    return parser_looks_at(parser, word) && ends_word(parser_peek(parser, strlen(word)));
}

bool reserved_take(struct parser *parser, const char *word)
{
    if (!reserved_here(parser, word))
        return false;
    parser->at += strlen(word);
    return true;
}

void unexpected_here(struct parser *parser)
{
    size_t start = parser->at, end = start;
    if (start >= parser->text.len) {
        parser_fail(parser, BYTES(""));
        return;
    }
    char c = parser->text.at[start];
    if (c == '\n') {
        parser_fail(parser, BYTES("newline"));
        return;
    }
    if (ends_word(c)) {
        end++;
        if (end < parser->text.len && parser->text.at[end] == c && c != '(' && c != ')')
            end++;
    } else
        while (end < parser->text.len && !ends_word(parser->text.at[end]))
            end++;
    parser_fail(parser, (struct bytes){parser->text.at + start, end - start});
}

void reserved_need(struct parser *parser, const char *word)
{
    if (parser->result == PARSE_ok && !reserved_take(parser, word))
        unexpected_here(parser);
}
