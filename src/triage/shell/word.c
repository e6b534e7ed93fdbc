/* Words: quotes, and where expansions stand in them. The inside of ${…} is in dollar.c. */
#include "triage/shell/dollar.h"
#include "triage/shell/escape.h"

void word_builder_start(struct word_builder *builder, struct parser *parser)
{
    *builder = (struct word_builder){.parser = parser, .literal.arena = parser->arena};
    builder->tail = &builder->parts;
}

static void word_builder_flush(struct word_builder *builder)
{
    if (!builder->open)
        return;
    struct word_part *part = parser_take(builder->parser, sizeof(*part));
    if (!part)
        return;
    part->kind = PART_text;
    part->quoted = builder->quoted;
    part->text = text_bytes(&builder->literal);
    *builder->tail = part;
    builder->tail = &part->next;
    builder->literal = (struct text){.arena = builder->parser->arena};
    builder->open = false;
}

void word_builder_char(struct word_builder *builder, char c, bool quoted)
{
    if (c == 0) /* no shell has it in a word */
        return;
    word_builder_open(builder, quoted);
    text_add_literal(&builder->literal, c);
}

void word_builder_open(struct word_builder *builder, bool quoted)
{
    if (builder->open && builder->quoted != quoted)
        word_builder_flush(builder);
    builder->open = true;
    builder->quoted = quoted;
}

void word_builder_part(struct word_builder *builder, struct word_part *part)
{
    word_builder_flush(builder);
    if (!part)
        return;
    *builder->tail = part;
    builder->tail = &part->next;
}

static void single_quoted_parse(struct word_builder *builder)
{
    struct parser *parser = builder->parser;
    parser->at++;
    word_builder_open(builder, true);
    while (!parser_ends(parser) && parser_peek(parser, 0) != '\'')
        word_builder_char(builder, parser->text.at[parser->at++], true);
    if (parser_ends(parser))
        parser_fail(parser, BYTES("'"));
    parser->at++;
}

static void double_quoted_parse(struct word_builder *builder)
{
    struct parser *parser = builder->parser;
    struct word_part **before = builder->tail;
    parser->at++;
    word_parts_parse(builder, MODE_double, true);
    if (builder->tail == before && !(builder->open && builder->quoted))
        word_builder_open(builder, true); /* "" is a word; "$@" may be none */
    if (parser_ends(parser))
        parser_fail(parser, BYTES("\""));
    parser->at++;
}

/* $'…' of bash and ash: its escapes are those of C. */
static void ansi_quoted_parse(struct word_builder *builder)
{
    struct parser *parser = builder->parser;
    parser->at += 2;
    size_t start = parser->at;
    while (!parser_ends(parser) && parser_peek(parser, 0) != '\'')
        parser->at += parser_peek(parser, 0) == '\\' ? 2 : 1;
    if (parser_ends(parser)) {
        parser_fail(parser, BYTES("'"));
        return;
    }
    struct bytes inner = {parser->text.at + start, parser->at - start};
    struct text plain = {.arena = parser->arena};
    escape_decode(inner, ESCAPE_ansi, &plain);
    word_builder_open(builder, true);
    for (size_t i = 0; i < plain.len; i++)
        if (plain.at[i])
            text_add_char(&builder->literal, plain.at[i]);
    parser->at++;
}

static void backslash_parse(struct word_builder *builder, enum word_mode mode, bool in_double)
{
    struct parser *parser = builder->parser;
    char next = parser_peek(parser, 1);
    if (next == '\n') {
        parser->at += 2;
        return;
    }
    bool special = next == '$' || next == '`' || next == '\\' ||
                   (next == '"' && mode != MODE_here) || (next == '}' && mode == MODE_brace);
    if (parser->at + 1 >= parser->text.len || (in_double && !special)) {
        word_builder_char(builder, '\\', true);
        parser->at++;
        return;
    }
    word_builder_char(builder, next, true);
    parser->at += 2;
}

/* `…`: its text is unescaped once, then parsed as a script of its own. */
static struct word_part *backquote_parse(struct parser *parser, bool in_double)
{
    struct text inner = {.arena = parser->arena};
    parser->at++;
    while (!parser_ends(parser) && parser_peek(parser, 0) != '`') {
        char next = parser_peek(parser, 1);
        if (parser_peek(parser, 0) == '\\' &&
            (next == '`' || next == '\\' || next == '$' || (in_double && next == '"')))
            parser->at++;
        text_add_char(&inner, parser->text.at[parser->at++]);
    }
    struct word_part *part = parser_take(parser, sizeof(*part));
    if (parser_ends(parser) || !part) {
        parser_fail(parser, BYTES("`"));
        return NULL;
    }
    parser->at++;
    if (!parser_enter(parser))
        return NULL;
    struct parser nested;
    parser_start(&nested, parser->arena, parser->dialect, text_bytes(&inner), parser->depth);
    part->kind = PART_command;
    part->node = list_parse(&nested);
    parser->depth--;
    if (nested.result == PARSE_ok && nested.at < nested.text.len)
        parser_fail(&nested, (struct bytes){nested.text.at + nested.at, 1});
    parser->result = nested.result;
    parser->unexpected = nested.unexpected;
    return part;
}

static struct word_part *process_parse(struct parser *parser)
{
    struct word_part *part = parser_take(parser, sizeof(*part));
    if (!part || !parser_enter(parser))
        return NULL;
    part->kind = PART_process;
    part->output = parser_peek(parser, 0) == '>';
    parser->at += 2;
    part->node = list_parse(parser);
    parser->depth--;
    if (parser_peek(parser, 0) != ')')
        parser_fail(parser, BYTES(")"));
    parser->at++;
    return part;
}

static bool mode_ends(const struct parser *parser, enum word_mode mode, int brackets)
{
    char c = parser_peek(parser, 0);
    switch (mode) {
    case MODE_word:
        if ((c == '<' || c == '>') && parser_peek(parser, 1) == '(' && parser_is_bash(parser))
            return false;
        return c == ' ' || c == '\t' || c == '\n' || c == ';' || c == '&' || c == '|' || c == '<' ||
               c == '>' || c == '(' || c == ')';
    case MODE_double:
        return c == '"';
    case MODE_brace:
        return c == '}';
    case MODE_brace_slash:
        return c == '}' || c == '/';
    case MODE_regex:
        return (c == ' ' || c == '\t' || c == '\n') && brackets == 0;
    default:
        return false;
    }
}

/* Quotes and expansions; false where there is an ordinary character. */
static bool word_special_parse(struct word_builder *builder, enum word_mode mode, bool in_double)
{
    struct parser *parser = builder->parser;
    char c = parser_peek(parser, 0), next = parser_peek(parser, 1);
    if (c == '\\')
        backslash_parse(builder, mode, in_double);
    else if (c == '\'' && !in_double)
        single_quoted_parse(builder);
    else if (c == '"' && mode != MODE_here && mode != MODE_double)
        double_quoted_parse(builder);
    else if (c == '$' && next == '\'' && !in_double && parser_has_more_than_posix(parser))
        ansi_quoted_parse(builder);
    else if (c == '$' && next == '"' && !in_double && parser_is_bash(parser))
        parser->at++, double_quoted_parse(builder);
    else if (c == '$')
        return dollar_parse(builder, in_double);
    else if (c == '`') {
        struct word_part *part = backquote_parse(parser, in_double);
        if (part)
            part->quoted = in_double;
        word_builder_part(builder, part);
    } else if ((c == '<' || c == '>') && next == '(' && mode == MODE_word && parser_is_bash(parser))
        word_builder_part(builder, process_parse(parser));
    else
        return false;
    return true;
}

void word_parts_parse(struct word_builder *builder, enum word_mode mode, bool in_double)
{
    struct parser *parser = builder->parser;
    int brackets = 0;
    while (!parser_ends(parser) && !mode_ends(parser, mode, brackets)) {
        if (word_special_parse(builder, mode, in_double))
            continue;
        char c = parser_peek(parser, 0);
        brackets += (c == '(') - (c == ')' && brackets > 0);
        word_builder_char(builder, c, in_double);
        parser->at++;
    }
}

struct word *word_builder_finish(struct word_builder *builder, size_t start)
{
    struct parser *parser = builder->parser;
    word_builder_flush(builder);
    struct word *word = parser_take(parser, sizeof(*word));
    if (!word || parser->result != PARSE_ok)
        return NULL;
    word->parts = builder->parts;
    word->source = (struct bytes){parser->text.at + start, parser->at - start};
    return word;
}

struct word *word_parse(struct parser *parser, enum word_mode mode)
{
    struct word_builder builder;
    size_t start = parser->at;
    if (parser_ends(parser) || mode_ends(parser, mode, 0))
        return NULL;
    word_builder_start(&builder, parser);
    word_parts_parse(&builder, mode, false);
    return word_builder_finish(&builder, start);
}

struct word *text_parse(struct arena *arena, enum dialect dialect, struct bytes text)
{
    struct parser parser;
    struct word_builder builder;
    parser_start(&parser, arena, dialect, text, 0);
    word_builder_start(&builder, &parser);
    word_parts_parse(&builder, MODE_here, true);
    return word_builder_finish(&builder, 0);
}
