#include "triage/shell/awk_lexer.h"

#include "triage/shell/escape.h"

void awk_blanks_skip(struct awk_parser *parser, bool lines)
{
    while (parser->at < parser->text.len) {
        char c = parser->text.at[parser->at];
        if (c == ' ' || c == '\t' || (lines && (c == '\n' || c == ';' || c == '\r')))
            parser->at++;
        else if (c == '\\' && parser->at + 1 < parser->text.len &&
                 parser->text.at[parser->at + 1] == '\n')
            parser->at += 2;
        else if (c == '#')
            while (parser->at < parser->text.len && parser->text.at[parser->at] != '\n')
                parser->at++;
        else
            break;
    }
}

char awk_peek(struct awk_parser *parser)
{
    awk_blanks_skip(parser, false);
    return parser->at < parser->text.len ? parser->text.at[parser->at] : 0;
}

char awk_peek_next(const struct awk_parser *parser)
{
    return parser->at + 1 < parser->text.len ? parser->text.at[parser->at + 1] : 0;
}

bool awk_take(struct awk_parser *parser, const char *what)
{
    awk_peek(parser);
    if (!bytes_start(bytes_from(parser->text, parser->at), bytes_of(what)))
        return false;
    size_t end = parser->at + strlen(what);
    if (is_name(what[0]) && end < parser->text.len && is_name(parser->text.at[end]))
        return false;
    parser->at = end;
    return true;
}

void awk_need(struct awk_parser *parser, const char *what)
{
    if (!awk_take(parser, what))
        parser->failed = true;
}

struct awk_node *awk_node_new(struct awk_parser *parser, enum awk_kind kind)
{
    static struct awk_node none; /* what a failed parse points to */
    struct awk_node *node = machine_take(parser->machine, sizeof(*node));
    if (!node) {
        parser->failed = true;
        return &none;
    }
    node->kind = kind;
    return node;
}

struct awk_node *awk_node_of(struct awk_parser *parser, enum awk_kind kind, struct bytes text,
                             struct awk_node *a, struct awk_node *b)
{
    struct awk_node *node = awk_node_new(parser, kind);
    if (parser->failed)
        return node;
    node->text = text;
    node->a = a;
    node->b = b;
    return node;
}

/* "…" or /…/, behind its first character. */
struct bytes awk_quoted(struct awk_parser *parser, char end)
{
    size_t start = parser->at;
    while (parser->at < parser->text.len && parser->text.at[parser->at] != end)
        parser->at += parser->text.at[parser->at] == '\\' ? 2 : 1;
    if (parser->at >= parser->text.len) {
        parser->failed = true;
        return BYTES("");
    }
    struct bytes raw = {parser->text.at + start, parser->at - start};
    parser->at++;
    struct text out = {.arena = parser->machine->arena};
    if (end == '"')
        escape_decode(raw, ESCAPE_ansi, &out);
    for (size_t i = 0; end == '/' && i < raw.len; i++) {
        i += raw.at[i] == '\\' && i + 1 < raw.len && raw.at[i + 1] == '/';
        text_add_char(&out, raw.at[i]);
    }
    return text_bytes(&out);
}

struct bytes awk_name_take(struct awk_parser *parser)
{
    size_t start = parser->at;
    while (parser->at < parser->text.len && is_name(parser->text.at[parser->at]))
        parser->at++;
    return (struct bytes){parser->text.at + start, parser->at - start};
}
