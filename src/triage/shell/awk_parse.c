/* An awk program as a tree. */
#include <stdlib.h>

#include "triage/shell/awk.h"
#include "triage/shell/escape.h"

struct awk_parser {
    struct machine *machine;
    struct bytes text;
    size_t at;
    bool failed;
    bool no_in, no_greater; /* inside for ( … ), behind print */
};

static struct awk_node *expression(struct awk_parser *parser);
static struct awk_node *statement(struct awk_parser *parser);

static void blanks_skip(struct awk_parser *parser, bool lines)
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

static char peek(struct awk_parser *parser)
{
    blanks_skip(parser, false);
    return parser->at < parser->text.len ? parser->text.at[parser->at] : 0;
}

static char peek_next(const struct awk_parser *parser)
{
    return parser->at + 1 < parser->text.len ? parser->text.at[parser->at + 1] : 0;
}

static bool take(struct awk_parser *parser, const char *what)
{
    peek(parser);
    if (!bytes_start(bytes_from(parser->text, parser->at), bytes_of(what)))
        return false;
    size_t end = parser->at + strlen(what);
    if (is_name(what[0]) && end < parser->text.len && is_name(parser->text.at[end]))
        return false;
    parser->at = end;
    return true;
}

static void need(struct awk_parser *parser, const char *what)
{
    if (!take(parser, what))
        parser->failed = true;
}

static struct awk_node *node_new(struct awk_parser *parser, enum awk_kind kind)
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

static struct awk_node *node_of(struct awk_parser *parser, enum awk_kind kind, struct bytes text,
                                struct awk_node *a, struct awk_node *b)
{
    struct awk_node *node = node_new(parser, kind);
    if (parser->failed)
        return node;
    node->text = text;
    node->a = a;
    node->b = b;
    return node;
}

/* "…" or /…/, behind its first character. */
static struct bytes quoted(struct awk_parser *parser, char end)
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

static struct bytes name_take(struct awk_parser *parser)
{
    size_t start = parser->at;
    while (parser->at < parser->text.len && is_name(parser->text.at[parser->at]))
        parser->at++;
    return (struct bytes){parser->text.at + start, parser->at - start};
}

static struct awk_node *list(struct awk_parser *parser, char end)
{
    struct awk_node *first = NULL, **tail = &first;
    while (!parser->failed && peek(parser) != end) {
        *tail = expression(parser);
        if (parser->failed)
            break;
        tail = &(*tail)->next;
        if (peek(parser) != ',')
            break;
        parser->at++;
        blanks_skip(parser, true);
    }
    return first;
}

static struct awk_node *number(struct awk_parser *parser)
{
    char room[40], *end;
    struct bytes rest = bytes_from(parser->text, parser->at);
    size_t size = rest.len < sizeof(room) - 1 ? rest.len : sizeof(room) - 1;
    memcpy(room, rest.at, size);
    room[size] = 0;
    struct awk_node *node = node_new(parser, AWK_number);
    if (parser->failed)
        return node;
    node->number = strtod(room, &end);
    parser->failed |= end == room;
    parser->at += (size_t)(end - room);
    return node;
}

static struct awk_node *primary(struct awk_parser *parser);

static struct awk_node *named(struct awk_parser *parser)
{
    struct bytes name = name_take(parser);
    char c = parser->at < parser->text.len ? parser->text.at[parser->at] : 0;
    if (bytes_equal(name, BYTES("getline")) || bytes_equal(name, BYTES("function")) ||
        bytes_equal(name, BYTES("func")))
        parser->failed = true;
    if (c == '(') {
        parser->at++;
        struct awk_node *arguments = list(parser, ')');
        need(parser, ")");
        return node_of(parser, AWK_call, name, arguments, NULL);
    }
    if (bytes_equal(name, BYTES("length")))
        return node_of(parser, AWK_call, name, NULL, NULL);
    if (c == '[') {
        parser->at++;
        struct awk_node *index = list(parser, ']');
        need(parser, "]");
        return node_of(parser, AWK_element, name, index, NULL);
    }
    return node_of(parser, AWK_variable, name, NULL, NULL);
}

static struct awk_node *bracketed(struct awk_parser *parser)
{
    bool no_in = parser->no_in, no_greater = parser->no_greater;
    parser->at++;
    parser->no_in = parser->no_greater = false;
    struct awk_node *inner = expression(parser);
    struct awk_node **tail = parser->failed ? NULL : &inner->next;
    while (!parser->failed && take(parser, ",")) { /* (i,j) in a; print (a, b) */
        *tail = expression(parser);
        tail = parser->failed ? tail : &(*tail)->next;
    }
    need(parser, ")");
    parser->no_in = no_in;
    parser->no_greater = no_greater;
    return node_of(parser, AWK_group, BYTES(""), inner, NULL);
}

static struct awk_node *primary(struct awk_parser *parser)
{
    char c = peek(parser);
    if (parser->failed || !machine_enter(parser->machine)) {
        parser->failed = true;
        return node_new(parser, AWK_number);
    }
    struct awk_node *node;
    if (c == '(')
        node = bracketed(parser);
    else if (c == '$') {
        parser->at++;
        node = node_of(parser, AWK_field, BYTES(""), primary(parser), NULL);
    } else if (c == '"') {
        parser->at++;
        node = node_of(parser, AWK_string, quoted(parser, '"'), NULL, NULL);
    } else if (c == '/') {
        parser->at++;
        node = node_of(parser, AWK_regex, quoted(parser, '/'), NULL, NULL);
    } else if (take(parser, "++") || take(parser, "--")) {
        struct bytes sign = {parser->text.at + parser->at - 2, 2};
        node = node_of(parser, AWK_step, sign, primary(parser), NULL);
    } else if (c == '!' || c == '-' || c == '+') {
        struct bytes sign = {parser->text.at + parser->at, 1};
        parser->at++;
        node = node_of(parser, AWK_unary, sign, primary(parser), NULL);
    } else if (is_digit(c) || c == '.')
        node = number(parser);
    else if (is_name_start(c))
        node = named(parser);
    else {
        parser->failed = true;
        node = node_new(parser, AWK_number);
    }
    bool place = node->kind == AWK_variable || node->kind == AWK_element || node->kind == AWK_field;
    if (place && !parser->failed && (take(parser, "++") || take(parser, "--"))) {
        struct bytes sign = {parser->text.at + parser->at - 2, 2};
        node = node_of(parser, AWK_step, sign, node, node);
    }
    machine_leave(parser->machine);
    return node;
}

static struct awk_node *power(struct awk_parser *parser)
{
    struct awk_node *left = primary(parser);
    if (peek(parser) != '^' || peek_next(parser) == '=' || parser->failed ||
        !machine_enter(parser->machine))
        return left;
    parser->at++;
    left = node_of(parser, AWK_binary, BYTES("^"), left, power(parser));
    machine_leave(parser->machine);
    return left;
}

struct level {
    const char *operators[8];
};

/* From the loosest to the tightest. */
static const struct level levels[] = {
    {{"||", NULL}},      {{"&&", NULL}},
    {{"!~", "~", NULL}}, {{"<=", ">=", "==", "!=", "<", ">", NULL}},
    {{"", NULL}}, /* concatenation */
    {{"+", "-", NULL}},  {{"*", "/", "%", NULL}},
};
enum { LEVELS = sizeof(levels) / sizeof(levels[0]), LEVEL_concatenation = 4 };

static bool starts_value(struct awk_parser *parser)
{
    char c = peek(parser);
    if (parser->no_in && take(parser, "in")) {
        parser->at -= 2;
        return false;
    }
    if (take(parser, "in")) {
        parser->at -= 2;
        return false;
    }
    return c == '$' || c == '"' || c == '(' || c == '!' || is_name(c);
}

static struct awk_node *binary(struct awk_parser *parser, int level)
{
    if (level == LEVELS)
        return power(parser);
    struct awk_node *left = binary(parser, level + 1);
    while (!parser->failed) {
        if (level == LEVEL_concatenation) {
            if (!starts_value(parser) || (peek(parser) == '!' && peek_next(parser) != '('))
                return left;
            left = node_of(parser, AWK_binary, BYTES(" "), left, binary(parser, level + 1));
            continue;
        }
        const char *found = NULL;
        char c = peek(parser), next = peek_next(parser);
        for (int i = 0; levels[level].operators[i] && !found; i++)
            if (bytes_start(bytes_from(parser->text, parser->at),
                            bytes_of(levels[level].operators[i])))
                found = levels[level].operators[i];
        if (!found || (strchr("+-*/%", c) && (next == '=' || (next == c && c != '*'))) ||
            (c == '>' && parser->no_greater))
            return left;
        parser->at += strlen(found);
        blanks_skip(parser, level < 2);
        left = node_of(parser, AWK_binary, bytes_of(found), left, binary(parser, level + 1));
    }
    return left;
}

static struct awk_node *with_in(struct awk_parser *parser)
{
    struct awk_node *left = binary(parser, 0);
    while (!parser->failed && !parser->no_in && take(parser, "in")) {
        peek(parser);
        left = node_of(parser, AWK_in, name_take(parser), left, NULL);
    }
    return left;
}

static struct awk_node *choice(struct awk_parser *parser)
{
    struct awk_node *condition = with_in(parser);
    if (!parser->failed && peek(parser) == '|' && peek_next(parser) != '|') {
        parser->at++;
        need(parser, "getline");
        struct awk_node *into = is_name_start(peek(parser)) ? primary(parser) : NULL;
        condition = node_of(parser, AWK_getline, BYTES(""), condition, into);
        char c = peek(parser);
        if (c == '>' || c == '=' || c == '!') { /* ("cmd" | getline) > 0 without brackets */
            struct bytes sign = {parser->text.at + parser->at, peek_next(parser) == '=' ? 2 : 1};
            parser->at += sign.len;
            condition =
                node_of(parser, AWK_binary, sign, condition, binary(parser, LEVEL_concatenation));
        }
    }
    if (parser->failed || peek(parser) != '?')
        return condition;
    parser->at++;
    struct awk_node *node = node_of(parser, AWK_choice, BYTES(""), condition, expression(parser));
    need(parser, ":");
    if (!parser->failed)
        node->c = expression(parser);
    return node;
}

static struct awk_node *expression(struct awk_parser *parser)
{
    static const char *const signs[] = {"=", "+=", "-=", "*=", "/=", "%=", "^="};
    if (parser->failed || !machine_enter(parser->machine)) {
        parser->failed = true;
        return node_new(parser, AWK_number);
    }
    struct awk_node *left = choice(parser);
    bool place = left->kind == AWK_variable || left->kind == AWK_element || left->kind == AWK_field;
    for (size_t i = 0; place && !parser->failed && i < sizeof(signs) / sizeof(signs[0]); i++) {
        peek(parser);
        struct bytes rest = bytes_from(parser->text, parser->at);
        if (!bytes_start(rest, bytes_of(signs[i])) || bytes_start(rest, BYTES("==")))
            continue;
        parser->at += strlen(signs[i]);
        blanks_skip(parser, true);
        left = node_of(parser, AWK_assign, bytes_of(signs[i]), left, expression(parser));
        break;
    }
    machine_leave(parser->machine);
    return left;
}

static struct awk_node *block(struct awk_parser *parser)
{
    struct awk_node *node = node_new(parser, AWK_block), **tail = &node->a;
    for (;;) {
        blanks_skip(parser, true);
        if (parser->failed || parser->at >= parser->text.len) {
            parser->failed = true;
            return node;
        }
        if (parser->text.at[parser->at] == '}') {
            parser->at++;
            return node;
        }
        *tail = statement(parser);
        if (parser->failed)
            return node;
        tail = &(*tail)->next;
    }
}

static struct awk_node *body(struct awk_parser *parser)
{
    blanks_skip(parser, true);
    return statement(parser);
}

static struct awk_node *if_statement(struct awk_parser *parser)
{
    need(parser, "(");
    struct awk_node *node = node_of(parser, AWK_if, BYTES(""), expression(parser), NULL);
    need(parser, ")");
    if (parser->failed)
        return node;
    node->b = body(parser);
    size_t before = parser->at;
    blanks_skip(parser, true);
    if (!parser->failed && take(parser, "else"))
        node->c = body(parser);
    else
        parser->at = before;
    return node;
}

static struct awk_node *for_statement(struct awk_parser *parser)
{
    struct awk_node *node = node_new(parser, AWK_for);
    need(parser, "(");
    if (parser->failed)
        return node;
    size_t start = parser->at;
    peek(parser);
    struct bytes name = name_take(parser);
    if (name.len && take(parser, "in")) {
        peek(parser);
        node->kind = AWK_for_in;
        node->text = name;
        node->a = node_of(parser, AWK_variable, name_take(parser), NULL, NULL);
        need(parser, ")");
    } else {
        parser->at = start;
        node->a = peek(parser) == ';' ? NULL : expression(parser);
        need(parser, ";");
        node->b = peek(parser) == ';' ? NULL : expression(parser);
        need(parser, ";");
        node->c = peek(parser) == ')' ? NULL : expression(parser);
        need(parser, ")");
    }
    if (!parser->failed)
        node->d = peek(parser) == ';' ? (parser->at++, node_new(parser, AWK_block)) : body(parser);
    return node;
}

static bool ends_statement(struct awk_parser *parser)
{
    char c = peek(parser);
    return c == 0 || c == ';' || c == '\n' || c == '}';
}

static struct awk_node *print_statement(struct awk_parser *parser, enum awk_kind kind)
{
    struct awk_node *node = node_new(parser, kind);
    if (parser->failed)
        return node;
    parser->no_greater = true;
    if (!ends_statement(parser) && peek(parser) != '>')
        node->a = list(parser, '}');
    parser->no_greater = false;
    if (!parser->failed && node->a && !node->a->next && node->a->kind == AWK_group && node->a->a &&
        node->a->a->next)
        node->a = node->a->a; /* print (a, b) */
    if (!parser->failed && take(parser, ">>"))
        node->b = binary(parser, LEVEL_concatenation + 1);
    else if (!parser->failed && take(parser, ">"))
        node->b = binary(parser, LEVEL_concatenation + 1);
    parser->failed |= peek(parser) == '|';
    return node;
}

static struct awk_node *simple_statement(struct awk_parser *parser)
{
    if (take(parser, "print"))
        return print_statement(parser, AWK_print);
    if (take(parser, "printf"))
        return print_statement(parser, AWK_printf);
    if (take(parser, "next"))
        return node_new(parser, AWK_next);
    if (take(parser, "break"))
        return node_new(parser, AWK_break);
    if (take(parser, "continue"))
        return node_new(parser, AWK_continue);
    if (take(parser, "exit"))
        return node_of(parser, AWK_exit, BYTES(""),
                       ends_statement(parser) ? NULL : expression(parser), NULL);
    if (take(parser, "delete"))
        return node_of(parser, AWK_delete, BYTES(""), primary(parser), NULL);
    return node_of(parser, AWK_expression, BYTES(""), expression(parser), NULL);
}

static struct awk_node *do_statement(struct awk_parser *parser)
{
    struct awk_node *node = node_of(parser, AWK_do, BYTES(""), NULL, body(parser));
    blanks_skip(parser, true);
    need(parser, "while");
    need(parser, "(");
    if (!parser->failed)
        node->a = expression(parser);
    need(parser, ")");
    return node;
}

static struct awk_node *statement(struct awk_parser *parser)
{
    if (parser->failed || !machine_enter(parser->machine)) {
        parser->failed = true;
        return node_new(parser, AWK_block);
    }
    struct awk_node *node;
    if (take(parser, "{"))
        node = block(parser);
    else if (take(parser, "if"))
        node = if_statement(parser);
    else if (take(parser, "while")) {
        need(parser, "(");
        struct awk_node *condition = expression(parser);
        need(parser, ")");
        node = node_of(parser, AWK_while, BYTES(""), condition, NULL);
        if (!parser->failed)
            node->b =
                peek(parser) == ';' ? (parser->at++, node_new(parser, AWK_block)) : body(parser);
    } else if (take(parser, "for"))
        node = for_statement(parser);
    else if (take(parser, "do"))
        node = do_statement(parser);
    else
        node = simple_statement(parser);
    machine_leave(parser->machine);
    return node;
}

bool awk_parse(struct machine *machine, struct bytes program, struct awk_rule **ret_rules)
{
    struct awk_parser parser = {.machine = machine, .text = program};
    struct awk_rule *first = NULL, **tail = &first;
    for (;;) {
        blanks_skip(&parser, true);
        if (parser.failed || parser.at >= program.len)
            break;
        struct awk_rule *rule = machine_take(machine, sizeof(*rule));
        if (!rule)
            return false;
        if (take(&parser, "BEGIN"))
            rule->when = 'B';
        else if (take(&parser, "END"))
            rule->when = 'E';
        else if (peek(&parser) != '{')
            rule->pattern = expression(&parser);
        if (!parser.failed && take(&parser, "{")) {
            rule->has_action = true;
            rule->action = block(&parser);
        }
        parser.failed |= rule->when && !rule->has_action;
        *tail = rule;
        tail = &rule->next;
    }
    *ret_rules = first;
    return !parser.failed;
}
