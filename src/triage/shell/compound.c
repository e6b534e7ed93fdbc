/* Lists, pipelines and compound commands. */
#include "triage/shell/parser.h"

static bool closes_list(struct parser *parser)
{
    static const char *const closing[] = {"then", "else", "elif", "fi", "do", "done", "esac", "}"};
    char c = parser_peek(parser, 0);
    if (c == ')' || (c == ';' && (parser_peek(parser, 1) == ';' || parser_peek(parser, 1) == '&')))
        return true;
    for (size_t i = 0; i < sizeof(closing) / sizeof(closing[0]); i++)
        if (reserved_here(parser, closing[i]))
            return true;
    return false;
}

static struct node *node_new(struct parser *parser, enum node_kind kind)
{
    struct node *node = parser_take(parser, sizeof(*node));
    if (node)
        node->kind = kind;
    return node;
}

/* A list that must not be empty. */
static struct node *body_parse(struct parser *parser)
{
    struct node *node = list_parse(parser);
    if (!node)
        unexpected_here(parser);
    return node;
}

static struct node *if_parse(struct parser *parser)
{
    struct node *node = node_new(parser, NODE_if);
    if (!node)
        return NULL;
    node->condition = body_parse(parser);
    reserved_need(parser, "then");
    node->body = body_parse(parser);
    if (parser->result != PARSE_ok)
        return node;
    if (reserved_take(parser, "elif")) {
        if (!parser_enter(parser))
            return node;
        node->otherwise = if_parse(parser);
        parser->depth--;
        return node;
    }
    if (reserved_take(parser, "else"))
        node->otherwise = body_parse(parser);
    reserved_need(parser, "fi");
    return node;
}

static struct node *loop_parse(struct parser *parser, enum node_kind kind)
{
    struct node *node = node_new(parser, kind);
    if (!node)
        return NULL;
    node->condition = body_parse(parser);
    reserved_need(parser, "do");
    node->body = body_parse(parser);
    reserved_need(parser, "done");
    return node;
}

static struct word *expression_word(struct parser *parser, struct bytes raw)
{
    return text_parse(parser->arena, parser->dialect, raw);
}

/* for (( … ; … ; … )) */
static struct node *for_arithmetic_parse(struct parser *parser)
{
    struct node *node = node_new(parser, NODE_for_arithmetic);
    parser->at += 2;
    struct bytes raw = parser_raw_until(parser, "))");
    if (!raw.at || !node) {
        unexpected_here(parser);
        return node;
    }
    for (int i = 0; i < 3; i++) {
        size_t end = text_find(raw, 0, BYTES(";"));
        node->expressions[i] = expression_word(parser, (struct bytes){raw.at, end});
        raw = bytes_from(raw, end + 1);
    }
    return node;
}

static void for_words_parse(struct parser *parser, struct node *node)
{
    newlines_skip(parser);
    if (!reserved_take(parser, "in"))
        return;
    node->has_words = true;
    struct word **tail = &node->words;
    for (;;) {
        parser_skip_blanks(parser);
        struct word *word = word_parse(parser, MODE_word);
        if (!word)
            return;
        *tail = word;
        tail = &word->next;
    }
}

static struct node *for_head_parse(struct parser *parser)
{
    parser_skip_blanks(parser);
    if (parser_looks_at(parser, "((") && parser_has_more_than_posix(parser))
        return for_arithmetic_parse(parser);
    size_t start = parser->at;
    struct node *node = node_new(parser, NODE_for);
    while (is_name(parser_peek(parser, 0)))
        parser->at++;
    if (!node || parser->at == start) {
        parser_fail(parser, BYTES("for"));
        return node;
    }
    node->name = (struct bytes){parser->text.at + start, parser->at - start};
    for_words_parse(parser, node);
    return node;
}

static struct node *for_parse(struct parser *parser)
{
    struct node *node = for_head_parse(parser);
    parser_skip_blanks(parser);
    if (parser_peek(parser, 0) == ';')
        parser->at++;
    newlines_skip(parser);
    bool braces = reserved_take(parser, "{");
    if (!braces)
        reserved_need(parser, "do");
    if (parser->result == PARSE_ok && node)
        node->body = body_parse(parser);
    reserved_need(parser, braces ? "}" : "done");
    return node;
}

static void case_patterns_parse(struct parser *parser, struct case_item *item)
{
    struct word **tail = &item->patterns;
    if (parser_peek(parser, 0) == '(')
        parser->at++;
    for (;;) {
        parser_skip_blanks(parser);
        struct word *word = word_parse(parser, MODE_word);
        if (!word) {
            unexpected_here(parser);
            return;
        }
        *tail = word;
        tail = &word->next;
        parser_skip_blanks(parser);
        if (parser_peek(parser, 0) != '|')
            break;
        parser->at++;
    }
    if (parser_peek(parser, 0) != ')')
        unexpected_here(parser);
    parser->at++;
}

/* pattern | pattern ) list ;; */
static struct case_item *case_item_parse(struct parser *parser)
{
    struct case_item *item = parser_take(parser, sizeof(*item));
    if (!item)
        return NULL;
    case_patterns_parse(parser, item);
    item->body = list_parse(parser);
    if (parser_looks_at(parser, ";;&"))
        item->fall = ';';
    else if (parser_looks_at(parser, ";&"))
        item->fall = '&';
    if (parser_peek(parser, 0) == ';')
        parser->at += parser_looks_at(parser, ";;&") ? 3 : 2;
    return item;
}

static struct node *case_parse(struct parser *parser)
{
    struct node *node = node_new(parser, NODE_case);
    if (!node)
        return NULL;
    parser_skip_blanks(parser);
    node->words = word_parse(parser, MODE_word);
    newlines_skip(parser);
    if (!node->words)
        unexpected_here(parser);
    reserved_need(parser, "in");
    struct case_item **tail = &node->cases;
    for (;;) {
        newlines_skip(parser);
        if (parser->result != PARSE_ok || reserved_take(parser, "esac"))
            return node;
        struct case_item *item = case_item_parse(parser);
        if (!item)
            return node;
        *tail = item;
        tail = &item->next;
    }
}

static struct node *enclosed_parse(struct parser *parser, enum node_kind kind, const char *close)
{
    struct node *node = node_new(parser, kind);
    if (!node)
        return NULL;
    node->body = body_parse(parser);
    if (close[0] == ')' && parser->result == PARSE_ok && parser_peek(parser, 0) == ')')
        parser->at++;
    else
        reserved_need(parser, close);
    return node;
}

/* name () compound; the cursor stands behind the brackets. */
static struct node *function_parse(struct parser *parser, struct bytes name)
{
    struct node *node = node_new(parser, NODE_function);
    if (!node)
        return NULL;
    node->name = name;
    newlines_skip(parser);
    node->body = command_parse(parser);
    return node;
}

static bool in_function_name(char c)
{
    return c && !strchr(" \t\n;&|<>()$`'\"\\{}=#", c);
}

/* "name()" or "function name" here: its name; len 0 where there is none. */
static struct bytes function_name_take(struct parser *parser)
{
    struct parser saved = *parser;
    bool keyword = parser_has_more_than_posix(parser) && reserved_take(parser, "function");
    if (keyword)
        parser_skip_blanks(parser);
    size_t start = parser->at;
    while (in_function_name(parser_peek(parser, 0)))
        parser->at++;
    struct bytes name = {parser->text.at + start, parser->at - start};
    parser_skip_blanks(parser);
    bool brackets = parser_peek(parser, 0) == '(';
    if (brackets) {
        parser->at++;
        parser_skip_blanks(parser);
        brackets = parser_peek(parser, 0) == ')';
        parser->at += brackets;
    }
    if (name.len == 0 || (!brackets && !keyword)) {
        *parser = saved;
        name.len = 0;
    }
    return name;
}

static struct node *arithmetic_command_parse(struct parser *parser)
{
    struct parser saved = *parser;
    parser->at += 2;
    struct bytes raw = parser_raw_until(parser, "))");
    struct node *node = raw.at ? node_new(parser, NODE_arithmetic) : NULL;
    if (!node)
        *parser = saved;
    else
        node->expressions[0] = expression_word(parser, raw);
    return node;
}

static struct node *condition_command_parse(struct parser *parser)
{
    struct node *node = node_new(parser, NODE_condition);
    if (node)
        node->test = condition_parse(parser);
    return node;
}

static struct node *compound_parse(struct parser *parser)
{
    bool more = parser_has_more_than_posix(parser);
    if (parser_looks_at(parser, "((") && more) {
        struct node *node = arithmetic_command_parse(parser);
        if (node)
            return node;
    }
    if (parser_peek(parser, 0) == '(') {
        parser->at++;
        return enclosed_parse(parser, NODE_subshell, ")");
    }
    if (reserved_take(parser, "{"))
        return enclosed_parse(parser, NODE_group, "}");
    if (reserved_take(parser, "if"))
        return if_parse(parser);
    if (reserved_take(parser, "while"))
        return loop_parse(parser, NODE_while);
    if (reserved_take(parser, "until"))
        return loop_parse(parser, NODE_until);
    if (reserved_take(parser, "for"))
        return for_parse(parser);
    if (reserved_take(parser, "case"))
        return case_parse(parser);
    if (more && reserved_take(parser, "[["))
        return condition_command_parse(parser);
    return NULL;
}

struct node *command_parse(struct parser *parser)
{
    if (!parser_enter(parser))
        return NULL;
    struct node *node = NULL;
    parser_skip_blanks(parser);
    struct bytes name = function_name_take(parser);
    if (name.len > 0)
        node = function_parse(parser, name);
    else if (closes_list(parser))
        unexpected_here(parser);
    else if (!(node = compound_parse(parser)) && parser->result == PARSE_ok)
        node = simple_parse(parser);
    else if (node && parser->result == PARSE_ok)
        redirects_parse(parser, node);
    parser->depth--;
    return parser->result == PARSE_ok ? node : NULL;
}

static struct node *pipeline_parse(struct parser *parser)
{
    bool negated = false;
    parser_skip_blanks(parser);
    while (reserved_take(parser, "!")) {
        negated = !negated;
        parser_skip_blanks(parser);
    }
    struct node *first = command_parse(parser), *last = first;
    uint32_t count = 1;
    for (;;) {
        parser_skip_blanks(parser);
        bool both = parser_looks_at(parser, "|&") && parser_is_bash(parser);
        if (!last || parser_peek(parser, 0) != '|' || parser_peek(parser, 1) == '|')
            break;
        parser->at += both ? 2 : 1;
        last->errors_too = both;
        newlines_skip(parser);
        last->next = command_parse(parser);
        last = last->next;
        count++;
    }
    if (!last || (count == 1 && !negated))
        return last ? first : NULL;
    struct node *node = node_new(parser, NODE_pipeline);
    if (node) {
        node->children = first;
        node->negated = negated;
    }
    return node;
}

static struct node *and_or_parse(struct parser *parser)
{
    struct node *left = pipeline_parse(parser);
    for (;;) {
        parser_skip_blanks(parser);
        bool both = parser_looks_at(parser, "&&");
        if (!left || (!both && !parser_looks_at(parser, "||")))
            return left;
        parser->at += 2;
        newlines_skip(parser);
        struct node *node = node_new(parser, both ? NODE_and : NODE_or);
        struct node *right = pipeline_parse(parser);
        if (!node || !right)
            return NULL;
        node->children = left;
        left->next = right;
        left = node;
    }
}

/* One and-or list with its ; or & behind it. */
static struct node *item_parse(struct parser *parser)
{
    struct node *item = and_or_parse(parser);
    parser_skip_blanks(parser);
    char c = parser_peek(parser, 0), next = parser_peek(parser, 1);
    if (!item || parser_ends(parser))
        return item;
    if (c == '&' && next != '&') {
        struct node *node = node_new(parser, NODE_background);
        if (node)
            node->children = item;
        item = node;
        parser->at++;
    } else if (c == ';' && next != ';' && next != '&')
        parser->at++;
    else if (c != '\n' && !closes_list(parser))
        unexpected_here(parser);
    return item;
}

static void list_append(struct parser *parser, struct node **list, struct node ***tail,
                        struct node *item)
{
    if (!*list) {
        *list = node_new(parser, NODE_sequence);
        if (!*list)
            return;
        *tail = &(*list)->children;
    }
    **tail = item;
    *tail = &item->next;
}

struct node *list_parse(struct parser *parser)
{
    struct node *list = NULL, **tail = NULL;
    for (;;) {
        newlines_skip(parser);
        if (parser_ends(parser) || closes_list(parser))
            return parser->result == PARSE_ok ? list : NULL;
        struct node *item = item_parse(parser);
        if (!item)
            return NULL;
        list_append(parser, &list, &tail, item);
        if (parser->result != PARSE_ok)
            return NULL;
    }
}

/* What may be run before an error is found: the lines that are complete. */
static struct node *lines_parse(struct parser *parser)
{
    struct node *list = NULL, **tail = NULL;
    struct node *line = NULL, **line_tail = &line;
    for (;;) {
        size_t before = parser->at;
        newlines_skip(parser);
        bool new_line =
            parser->at > before && memchr(parser->text.at + before, '\n', parser->at - before);
        if (parser->result == PARSE_ok && (new_line || parser_ends(parser)) && line) {
            for (struct node *item = line, *next; item && parser->result == PARSE_ok; item = next) {
                next = item->next;
                item->next = NULL;
                list_append(parser, &list, &tail, item);
            }
            line = NULL;
            line_tail = &line;
        }
        if (parser_ends(parser))
            return list;
        struct node *item = closes_list(parser) ? NULL : item_parse(parser);
        if (!item) {
            unexpected_here(parser);
            return list;
        }
        *line_tail = item;
        line_tail = &item->next;
    }
}

struct parse script_parse(struct arena *arena, enum dialect dialect, struct bytes script)
{
    struct parser parser;
    parser_start(&parser, arena, dialect, script, 0);
    struct node *node = lines_parse(&parser);
    return (struct parse){.node = node, .result = parser.result, .unexpected = parser.unexpected};
}
