/* What a dollar begins: $name, ${…}, $(…), $((…)). */
#include "triage/shell/dollar.h"

static struct word *raw_as_word(struct parser *parser, struct bytes raw)
{
    if (!parser_enter(parser))
        return NULL;
    struct parser nested;
    struct word_builder builder;
    parser_start(&nested, parser->arena, parser->dialect, raw, parser->depth);
    word_builder_start(&builder, &nested);
    word_parts_parse(&builder, MODE_here, true);
    struct word *word = word_builder_finish(&builder, 0);
    parser->depth--;
    if (nested.result != PARSE_ok) {
        parser->result = nested.result;
        parser->unexpected = nested.unexpected;
    }
    return word;
}

static struct word_part *part_new(struct parser *parser, enum part_kind kind)
{
    struct word_part *part = parser_take(parser, sizeof(*part));
    if (part)
        part->kind = kind;
    return part;
}

/* $((…)), unless it turns out to be a subshell in a substitution. */
static struct word_part *arithmetic_part(struct parser *parser)
{
    size_t start = parser->at;
    parser->at += 3;
    struct bytes raw = parser_raw_until(parser, "))");
    if (!raw.at) {
        parser->at = start;
        return NULL;
    }
    struct word_part *part = part_new(parser, PART_arithmetic);
    if (part)
        part->argument = raw_as_word(parser, raw);
    return part;
}

static struct word_part *command_part(struct parser *parser)
{
    struct word_part *part = part_new(parser, PART_command);
    if (!part || !parser_enter(parser))
        return NULL;
    parser->at += 2;
    struct redirect *pending = parser->pending;
    parser->pending = NULL;
    parser->pending_tail = &parser->pending;
    part->node = list_parse(parser);
    parser->pending = pending;
    parser->pending_tail = &parser->pending;
    while (*parser->pending_tail)
        parser->pending_tail = &(*parser->pending_tail)->next_pending;
    parser->depth--;
    if (parser->result == PARSE_ok && parser_peek(parser, 0) != ')')
        parser_fail(parser, parser->at < parser->text.len
                                ? (struct bytes){parser->text.at + parser->at, 1}
                                : BYTES("$("));
    parser->at++;
    return part;
}

static bool is_special(char c)
{
    return c && strchr("@*#?-$!0123456789", c) != NULL;
}

static struct bytes name_take(struct parser *parser, bool braced)
{
    size_t start = parser->at;
    char c = parser_peek(parser, 0);
    if (is_name_start(c))
        while (is_name(parser_peek(parser, 0)))
            parser->at++;
    else if (is_digit(c) && braced)
        while (is_digit(parser_peek(parser, 0)))
            parser->at++;
    else if (is_special(c))
        parser->at++;
    return (struct bytes){parser->text.at + start, parser->at - start};
}

static struct word *argument_parse(struct parser *parser, enum word_mode mode, bool in_double)
{
    struct word_builder builder;
    size_t start = parser->at;
    if (!parser_enter(parser))
        return NULL;
    word_builder_start(&builder, parser);
    word_parts_parse(&builder, mode, in_double);
    parser->depth--;
    return word_builder_finish(&builder, start);
}

static void slice_parse(struct parser *parser, struct word_part *part)
{
    part->operation = OPERATOR_slice;
    size_t start = parser->at;
    int depth = 0, choices = 0;
    size_t colon = 0;
    for (; !parser_ends(parser); parser->at++) {
        char c = parser_peek(parser, 0);
        if (c == '}' && depth == 0)
            break;
        depth += (c == '(' || c == '{') - (c == ')' || c == '}');
        choices += c == '?';
        if (c == ':' && depth == 0 && !colon && choices-- <= 0)
            colon = parser->at;
    }
    struct bytes whole = {parser->text.at + start, parser->at - start};
    if (colon) {
        part->second = raw_as_word(parser, bytes_from(whole, colon - start + 1));
        whole.len = colon - start;
    }
    part->argument = raw_as_word(parser, whole);
}

static void replace_parse(struct parser *parser, struct word_part *part)
{
    part->operation = OPERATOR_replace;
    parser->at++;
    char c = parser_peek(parser, 0);
    if (c == '/') {
        part->twice = true;
        parser->at++;
    } else if ((c == '#' || c == '%') && parser_is_bash(parser)) {
        part->anchor = c;
        parser->at++;
    }
    part->argument = argument_parse(parser, MODE_brace_slash, false);
    if (parser_peek(parser, 0) == '/') {
        parser->at++;
        part->second = argument_parse(parser, MODE_brace, false);
    }
}

static void doubled_parse(struct parser *parser, struct word_part *part,
                          enum parameter_operator operation)
{
    char c = parser_peek(parser, 0);
    part->operation = operation;
    part->anchor = c;
    parser->at++;
    if (parser_peek(parser, 0) == c) {
        part->twice = true;
        parser->at++;
    }
    part->argument = argument_parse(parser, MODE_brace, false);
}

static void operator_parse(struct parser *parser, struct word_part *part, bool in_double)
{
    char c = parser_peek(parser, 0), next = parser_peek(parser, 1);
    bool more = parser_has_more_than_posix(parser);
    if (c == ':' && !(next && strchr("-=?+", next)) && more) {
        parser->at++;
        slice_parse(parser, part);
        return;
    }
    if (c == ':' && next && strchr("-=?+", next)) {
        part->colon = true;
        parser->at++;
        c = next;
    }
    if (c && strchr("-=?+", c)) {
        part->operation = c == '-'   ? OPERATOR_default
                          : c == '=' ? OPERATOR_assign
                          : c == '?' ? OPERATOR_error
                                     : OPERATOR_alternate;
        parser->at++;
        part->argument = argument_parse(parser, MODE_brace, in_double);
    } else if (c == '#' || c == '%')
        doubled_parse(parser, part, c == '#' ? OPERATOR_prefix : OPERATOR_suffix);
    else if ((c == '^' || c == ',') && parser_is_bash(parser))
        doubled_parse(parser, part, OPERATOR_case);
    else if (c == '/' && more)
        replace_parse(parser, part);
    else if (c == '@' && parser_is_bash(parser)) {
        part->operation = OPERATOR_transform;
        part->anchor = next;
        parser->at += 2;
    } else
        part->operation = OPERATOR_bad;
}

static void index_parse(struct parser *parser, struct word_part *part)
{
    if (parser_peek(parser, 0) != '[' || !parser_is_bash(parser))
        return;
    parser->at++;
    part->index = parser_raw_until(parser, "]");
    if (!part->index.at)
        parser_fail(parser, BYTES("}"));
}

/* The raw rest of a ${…} that no shell of this dialect understands. */
static void bad_skip(struct parser *parser)
{
    while (!parser_ends(parser) && parser_peek(parser, 0) != '}')
        parser->at++;
}

static void braced_inner(struct parser *parser, struct word_part *part, bool in_double)
{
    char next = parser_peek(parser, 1);
    bool length =
        parser_peek(parser, 0) == '#' && next != '}' && !(next && strchr(":-=?+%/#", next));
    if (length)
        parser->at++;
    else if (parser_peek(parser, 0) == '!' && parser_has_more_than_posix(parser) &&
             (is_name_start(next) || is_digit(next))) {
        part->indirect = true;
        parser->at++;
    }
    part->text = name_take(parser, true);
    index_parse(parser, part);
    if (part->text.len == 0)
        part->operation = OPERATOR_bad;
    else if (length)
        part->operation = parser_peek(parser, 0) == '}' ? OPERATOR_length : OPERATOR_bad;
    else if (part->indirect && strchr("*@", parser_peek(parser, 0)) && parser_peek(parser, 0) &&
             parser_peek(parser, 1) == '}') {
        part->operation = OPERATOR_names;
        parser->at++;
    } else if (parser_peek(parser, 0) != '}')
        operator_parse(parser, part, in_double);
}

static struct word_part *braced_part(struct parser *parser, bool in_double)
{
    size_t start = parser->at;
    struct word_part *part = part_new(parser, PART_parameter);
    if (!part)
        return NULL;
    parser->at += 2;
    braced_inner(parser, part, in_double);
    if (part->operation == OPERATOR_bad) {
        bad_skip(parser);
        part->text = (struct bytes){parser->text.at + start, parser->at + 1 - start};
        if (part->text.len > parser->text.len - start)
            part->text.len = parser->text.len - start;
    }
    if (parser_peek(parser, 0) != '}')
        parser_fail(parser, BYTES("}"));
    parser->at++;
    return part;
}

static struct word_part *dollar_part(struct parser *parser, bool in_double)
{
    char next = parser_peek(parser, 1);
    if (next == '(' && parser_peek(parser, 2) == '(') {
        struct word_part *part = arithmetic_part(parser);
        return part ? part : command_part(parser);
    }
    if (next == '(')
        return command_part(parser);
    if (next == '{')
        return braced_part(parser, in_double);
    if (next == '[' && parser_is_bash(parser)) {
        parser->at += 2;
        struct bytes raw = parser_raw_until(parser, "]");
        struct word_part *part = part_new(parser, PART_arithmetic);
        if (!raw.at)
            parser_fail(parser, BYTES("]"));
        else if (part)
            part->argument = raw_as_word(parser, raw);
        return part;
    }
    if (!is_name_start(next) && !is_special(next))
        return NULL;
    struct word_part *part = part_new(parser, PART_parameter);
    parser->at++;
    if (part)
        part->text = name_take(parser, false);
    return part;
}

bool dollar_parse(struct word_builder *builder, bool in_double)
{
    size_t start = builder->parser->at;
    struct word_part *part = dollar_part(builder->parser, in_double);
    if (!part)
        return builder->parser->at != start || builder->parser->result != PARSE_ok;
    part->quoted = in_double;
    word_builder_part(builder, part);
    return true;
}
