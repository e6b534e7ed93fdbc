/* An awk program as a tree. */
#include <stdlib.h>

#include "triage/shell/awk_lexer.h"

static struct awk_node *expression(struct awk_parser *parser);
static struct awk_node *statement(struct awk_parser *parser);

static struct awk_node *list(struct awk_parser *parser, char end)
{
    struct awk_node *first = NULL, **tail = &first;
    while (!parser->failed && awk_peek(parser) != end) {
        *tail = expression(parser);
        if (parser->failed)
            break;
        tail = &(*tail)->next;
        if (awk_peek(parser) != ',')
            break;
        parser->at++;
        awk_blanks_skip(parser, true);
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
    struct awk_node *node = awk_node_new(parser, AWK_number);
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
    struct bytes name = awk_name_take(parser);
    char c = parser->at < parser->text.len ? parser->text.at[parser->at] : 0;
    if (bytes_equal(name, BYTES("getline")) || bytes_equal(name, BYTES("function")) ||
        bytes_equal(name, BYTES("func")))
        parser->failed = true;
    if (c == '(') {
        parser->at++;
        struct awk_node *arguments = list(parser, ')');
        awk_need(parser, ")");
        return awk_node_of(parser, AWK_call, name, arguments, NULL);
    }
    if (bytes_equal(name, BYTES("length")))
        return awk_node_of(parser, AWK_call, name, NULL, NULL);
    if (c == '[') {
        parser->at++;
        struct awk_node *index = list(parser, ']');
        awk_need(parser, "]");
        return awk_node_of(parser, AWK_element, name, index, NULL);
    }
    return awk_node_of(parser, AWK_variable, name, NULL, NULL);
}

static struct awk_node *bracketed(struct awk_parser *parser)
{
    bool no_in = parser->no_in, no_greater = parser->no_greater;
    parser->at++;
    parser->no_in = parser->no_greater = false;
    struct awk_node *inner = expression(parser);
    struct awk_node **tail = parser->failed ? NULL : &inner->next;
    while (!parser->failed && awk_take(parser, ",")) { /* (i,j) in a; print (a, b) */
        *tail = expression(parser);
        tail = parser->failed ? tail : &(*tail)->next;
    }
    awk_need(parser, ")");
    parser->no_in = no_in;
    parser->no_greater = no_greater;
    return awk_node_of(parser, AWK_group, BYTES(""), inner, NULL);
}

static struct awk_node *primary(struct awk_parser *parser)
{
    char c = awk_peek(parser);
    if (parser->failed || !machine_enter(parser->machine)) {
        parser->failed = true;
        return awk_node_new(parser, AWK_number);
    }
    struct awk_node *node;
    if (c == '(')
        node = bracketed(parser);
    else if (c == '$') {
        parser->at++;
        node = awk_node_of(parser, AWK_field, BYTES(""), primary(parser), NULL);
    } else if (c == '"') {
        parser->at++;
        node = awk_node_of(parser, AWK_string, awk_quoted(parser, '"'), NULL, NULL);
    } else if (c == '/') {
        parser->at++;
        node = awk_node_of(parser, AWK_regex, awk_quoted(parser, '/'), NULL, NULL);
    } else if (awk_take(parser, "++") || awk_take(parser, "--")) {
        struct bytes sign = {parser->text.at + parser->at - 2, 2};
        node = awk_node_of(parser, AWK_step, sign, primary(parser), NULL);
    } else if (c == '!' || c == '-' || c == '+') {
        struct bytes sign = {parser->text.at + parser->at, 1};
        parser->at++;
        node = awk_node_of(parser, AWK_unary, sign, primary(parser), NULL);
    } else if (is_digit(c) || c == '.')
        node = number(parser);
    else if (is_name_start(c))
        node = named(parser);
    else {
        parser->failed = true;
        node = awk_node_new(parser, AWK_number);
    }
    bool place = node->kind == AWK_variable || node->kind == AWK_element || node->kind == AWK_field;
    if (place && !parser->failed && (awk_take(parser, "++") || awk_take(parser, "--"))) {
        struct bytes sign = {parser->text.at + parser->at - 2, 2};
        node = awk_node_of(parser, AWK_step, sign, node, node);
    }
    machine_leave(parser->machine);
    return node;
}

static struct awk_node *power(struct awk_parser *parser)
{
    struct awk_node *left = primary(parser);
    if (awk_peek(parser) != '^' || awk_peek_next(parser) == '=' || parser->failed ||
        !machine_enter(parser->machine))
        return left;
    parser->at++;
    left = awk_node_of(parser, AWK_binary, BYTES("^"), left, power(parser));
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
    char c = awk_peek(parser);
    if (parser->no_in && awk_take(parser, "in")) {
        parser->at -= 2;
        return false;
    }
    if (awk_take(parser, "in")) {
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
            if (!starts_value(parser) || (awk_peek(parser) == '!' && awk_peek_next(parser) != '('))
                return left;
            left = awk_node_of(parser, AWK_binary, BYTES(" "), left, binary(parser, level + 1));
            continue;
        }
        const char *found = NULL;
        char c = awk_peek(parser), next = awk_peek_next(parser);
        for (int i = 0; levels[level].operators[i] && !found; i++)
            if (bytes_start(bytes_from(parser->text, parser->at),
                            bytes_of(levels[level].operators[i])))
                found = levels[level].operators[i];
        if (!found || (strchr("+-*/%", c) && (next == '=' || (next == c && c != '*'))) ||
            (c == '>' && parser->no_greater))
            return left;
        parser->at += strlen(found);
        awk_blanks_skip(parser, level < 2);
        left = awk_node_of(parser, AWK_binary, bytes_of(found), left, binary(parser, level + 1));
    }
    return left;
}

static struct awk_node *with_in(struct awk_parser *parser)
{
    struct awk_node *left = binary(parser, 0);
    while (!parser->failed && !parser->no_in && awk_take(parser, "in")) {
        awk_peek(parser);
        left = awk_node_of(parser, AWK_in, awk_name_take(parser), left, NULL);
    }
    return left;
}

static struct awk_node *choice(struct awk_parser *parser)
{
    struct awk_node *condition = with_in(parser);
    if (!parser->failed && awk_peek(parser) == '|' && awk_peek_next(parser) != '|') {
        parser->at++;
        awk_need(parser, "getline");
        struct awk_node *into = is_name_start(awk_peek(parser)) ? primary(parser) : NULL;
        condition = awk_node_of(parser, AWK_getline, BYTES(""), condition, into);
        char c = awk_peek(parser);
        if (c == '>' || c == '=' || c == '!') { /* ("cmd" | getline) > 0 without brackets */
            struct bytes sign = {parser->text.at + parser->at,
                                 awk_peek_next(parser) == '=' ? 2 : 1};
            parser->at += sign.len;
            condition = awk_node_of(parser, AWK_binary, sign, condition,
                                    binary(parser, LEVEL_concatenation));
        }
    }
    if (parser->failed || awk_peek(parser) != '?')
        return condition;
    parser->at++;
    struct awk_node *node =
        awk_node_of(parser, AWK_choice, BYTES(""), condition, expression(parser));
    awk_need(parser, ":");
    if (!parser->failed)
        node->c = expression(parser);
    return node;
}

static struct awk_node *expression(struct awk_parser *parser)
{
    static const char *const signs[] = {"=", "+=", "-=", "*=", "/=", "%=", "^="};
    if (parser->failed || !machine_enter(parser->machine)) {
        parser->failed = true;
        return awk_node_new(parser, AWK_number);
    }
    struct awk_node *left = choice(parser);
    bool place = left->kind == AWK_variable || left->kind == AWK_element || left->kind == AWK_field;
    for (size_t i = 0; place && !parser->failed && i < sizeof(signs) / sizeof(signs[0]); i++) {
        awk_peek(parser);
        struct bytes rest = bytes_from(parser->text, parser->at);
        if (!bytes_start(rest, bytes_of(signs[i])) || bytes_start(rest, BYTES("==")))
            continue;
        parser->at += strlen(signs[i]);
        awk_blanks_skip(parser, true);
        left = awk_node_of(parser, AWK_assign, bytes_of(signs[i]), left, expression(parser));
        break;
    }
    machine_leave(parser->machine);
    return left;
}

static struct awk_node *block(struct awk_parser *parser)
{
    struct awk_node *node = awk_node_new(parser, AWK_block), **tail = &node->a;
    for (;;) {
        awk_blanks_skip(parser, true);
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
    awk_blanks_skip(parser, true);
    return statement(parser);
}

static struct awk_node *if_statement(struct awk_parser *parser)
{
    awk_need(parser, "(");
    struct awk_node *node = awk_node_of(parser, AWK_if, BYTES(""), expression(parser), NULL);
    awk_need(parser, ")");
    if (parser->failed)
        return node;
    node->b = body(parser);
    size_t before = parser->at;
    awk_blanks_skip(parser, true);
    if (!parser->failed && awk_take(parser, "else"))
        node->c = body(parser);
    else
        parser->at = before;
    return node;
}

static struct awk_node *for_statement(struct awk_parser *parser)
{
    struct awk_node *node = awk_node_new(parser, AWK_for);
    awk_need(parser, "(");
    if (parser->failed)
        return node;
    size_t start = parser->at;
    awk_peek(parser);
    struct bytes name = awk_name_take(parser);
    if (name.len && awk_take(parser, "in")) {
        awk_peek(parser);
        node->kind = AWK_for_in;
        node->text = name;
        node->a = awk_node_of(parser, AWK_variable, awk_name_take(parser), NULL, NULL);
        awk_need(parser, ")");
    } else {
        parser->at = start;
        node->a = awk_peek(parser) == ';' ? NULL : expression(parser);
        awk_need(parser, ";");
        node->b = awk_peek(parser) == ';' ? NULL : expression(parser);
        awk_need(parser, ";");
        node->c = awk_peek(parser) == ')' ? NULL : expression(parser);
        awk_need(parser, ")");
    }
    if (!parser->failed)
        node->d = awk_peek(parser) == ';' ? (parser->at++, awk_node_new(parser, AWK_block))
                                          : body(parser);
    return node;
}

static bool ends_statement(struct awk_parser *parser)
{
    char c = awk_peek(parser);
    return c == 0 || c == ';' || c == '\n' || c == '}';
}

static struct awk_node *print_statement(struct awk_parser *parser, enum awk_kind kind)
{
    struct awk_node *node = awk_node_new(parser, kind);
    if (parser->failed)
        return node;
    parser->no_greater = true;
    if (!ends_statement(parser) && awk_peek(parser) != '>')
        node->a = list(parser, '}');
    parser->no_greater = false;
    if (!parser->failed && node->a && !node->a->next && node->a->kind == AWK_group && node->a->a &&
        node->a->a->next)
        node->a = node->a->a; /* print (a, b) */
    if (!parser->failed && (awk_take(parser, ">>") || awk_take(parser, ">")))
        node->b = binary(parser, LEVEL_concatenation + 1);
    parser->failed |= awk_peek(parser) == '|';
    return node;
}

static struct awk_node *simple_statement(struct awk_parser *parser)
{
    if (awk_take(parser, "print"))
        return print_statement(parser, AWK_print);
    if (awk_take(parser, "printf"))
        return print_statement(parser, AWK_printf);
    if (awk_take(parser, "next"))
        return awk_node_new(parser, AWK_next);
    if (awk_take(parser, "break"))
        return awk_node_new(parser, AWK_break);
    if (awk_take(parser, "continue"))
        return awk_node_new(parser, AWK_continue);
    if (awk_take(parser, "exit"))
        return awk_node_of(parser, AWK_exit, BYTES(""),
                           ends_statement(parser) ? NULL : expression(parser), NULL);
    if (awk_take(parser, "delete"))
        return awk_node_of(parser, AWK_delete, BYTES(""), primary(parser), NULL);
    return awk_node_of(parser, AWK_expression, BYTES(""), expression(parser), NULL);
}

static struct awk_node *do_statement(struct awk_parser *parser)
{
    struct awk_node *node = awk_node_of(parser, AWK_do, BYTES(""), NULL, body(parser));
    awk_blanks_skip(parser, true);
    awk_need(parser, "while");
    awk_need(parser, "(");
    if (!parser->failed)
        node->a = expression(parser);
    awk_need(parser, ")");
    return node;
}

static struct awk_node *statement(struct awk_parser *parser)
{
    if (parser->failed || !machine_enter(parser->machine)) {
        parser->failed = true;
        return awk_node_new(parser, AWK_block);
    }
    struct awk_node *node;
    if (awk_take(parser, "{"))
        node = block(parser);
    else if (awk_take(parser, "if"))
        node = if_statement(parser);
    else if (awk_take(parser, "while")) {
        awk_need(parser, "(");
        struct awk_node *condition = expression(parser);
        awk_need(parser, ")");
        node = awk_node_of(parser, AWK_while, BYTES(""), condition, NULL);
        if (!parser->failed)
            node->b = awk_peek(parser) == ';' ? (parser->at++, awk_node_new(parser, AWK_block))
                                              : body(parser);
    } else if (awk_take(parser, "for"))
        node = for_statement(parser);
    else if (awk_take(parser, "do"))
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
        awk_blanks_skip(&parser, true);
        if (parser.failed || parser.at >= program.len)
            break;
        struct awk_rule *rule = machine_take(machine, sizeof(*rule));
        if (!rule)
            return false;
        if (awk_take(&parser, "BEGIN"))
            rule->when = 'B';
        else if (awk_take(&parser, "END"))
            rule->when = 'E';
        else if (awk_peek(&parser) != '{')
            rule->pattern = expression(&parser);
        if (!parser.failed && awk_take(&parser, "{")) {
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
