/* [[ … ]] of bash and ash: ! && || and brackets over tests of words. */
#include "triage/shell/parser.h"

static struct condition *or_parse(struct parser *parser);

static struct condition *condition_new(struct parser *parser, char kind)
{
    struct condition *condition = parser_take(parser, sizeof(*condition));
    if (condition)
        condition->kind = kind;
    return condition;
}

static bool closes(struct parser *parser)
{
    return parser_looks_at(parser, "]]") || parser_looks_at(parser, "&&") ||
           parser_looks_at(parser, "||") || parser_peek(parser, 0) == ')';
}

/* The operator between two words, taken; len 0 where there is none. */
static struct bytes binary_take(struct parser *parser)
{
    static const char *const operators[] = {"==",  "=~",  "!=",  "=",   "<",   ">",   "-eq", "-ne",
                                            "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"};
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        size_t length = strlen(operators[i]);
        char next = parser_peek(parser, length);
        if (parser_looks_at(parser, operators[i]) && (next == ' ' || next == '\t')) {
            parser->at += length;
            return bytes_of(operators[i]);
        }
    }
    return (struct bytes){NULL, 0};
}

static struct condition *bracket_parse(struct parser *parser)
{
    parser->at++;
    struct condition *inner = or_parse(parser);
    newlines_skip(parser);
    if (parser_peek(parser, 0) != ')')
        unexpected_here(parser);
    parser->at++;
    return inner;
}

static struct condition *primary_parse(struct parser *parser)
{
    parser_skip_blanks(parser);
    if (parser_peek(parser, 0) == '(')
        return bracket_parse(parser);
    struct condition *condition = condition_new(parser, 'w');
    char letter = parser_peek(parser, 1), behind = parser_peek(parser, 2);
    if (!condition)
        return NULL;
    if (parser_peek(parser, 0) == '-' && is_name_start(letter) &&
        (behind == ' ' || behind == '\t')) {
        condition->kind = 'u';
        condition->operation = (struct bytes){parser->text.at + parser->at, 2};
        parser->at += 2;
        parser_skip_blanks(parser);
    }
    condition->left_word = word_parse(parser, MODE_word);
    parser_skip_blanks(parser);
    if (condition->left_word && (condition->kind == 'u' || closes(parser)))
        return condition;
    condition->operation = binary_take(parser);
    if (!condition->left_word || !condition->operation.at) {
        unexpected_here(parser);
        return NULL;
    }
    condition->kind = 'b';
    parser_skip_blanks(parser);
    bool regex = bytes_equal(condition->operation, BYTES("=~"));
    condition->right_word = word_parse(parser, regex ? MODE_regex : MODE_word);
    if (!condition->right_word)
        unexpected_here(parser);
    return condition;
}

static struct condition *not_parse(struct parser *parser)
{
    newlines_skip(parser);
    if (!parser_enter(parser))
        return NULL;
    struct condition *condition;
    if (parser_peek(parser, 0) == '!' && parser_peek(parser, 1) == ' ') {
        parser->at++;
        condition = condition_new(parser, '!');
        if (condition)
            condition->left = not_parse(parser);
    } else
        condition = primary_parse(parser);
    parser->depth--;
    return condition;
}

static struct condition *chain_parse(struct parser *parser, const char *operator, char kind,
                                     struct condition *(*below)(struct parser *))
{
    struct condition *left = below(parser);
    for (;;) {
        newlines_skip(parser);
        if (!left || parser->result != PARSE_ok || !parser_looks_at(parser, operator))
            return left;
        parser->at += 2;
        struct condition *both = condition_new(parser, kind);
        struct condition *right = below(parser);
        if (!both || !right)
            return NULL;
        both->left = left;
        both->right = right;
        left = both;
    }
}

static struct condition *and_parse(struct parser *parser)
{
    return chain_parse(parser, "&&", '&', not_parse);
}

static struct condition *or_parse(struct parser *parser)
{
    return chain_parse(parser, "||", '|', and_parse);
}

struct condition *condition_parse(struct parser *parser)
{
    struct condition *condition = or_parse(parser);
    newlines_skip(parser);
    reserved_need(parser, "]]");
    return condition;
}
