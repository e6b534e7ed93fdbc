/* Simple commands: assignments, words, redirections. */
#include "triage/shell/parser.h"

struct redirect_form {
    const char *text;
    enum redirect_kind kind;
    bool bash;
};

static const struct redirect_form redirect_forms[] = {
    {"<<<", REDIRECT_here_string, true}, {"<<-", REDIRECT_here, false},
    {"<<", REDIRECT_here, false},        {"<&", REDIRECT_copy_input, false},
    {"<>", REDIRECT_read_write, false},  {"<", REDIRECT_input, false},
    {"&>>", REDIRECT_both_append, true}, {"&>", REDIRECT_both, true},
    {">>", REDIRECT_append, false},      {">&", REDIRECT_copy_output, false},
    {">|", REDIRECT_output, false},      {">", REDIRECT_output, false},
};

static const struct redirect_form *redirect_form_here(const struct parser *parser, size_t ahead)
{
    struct bytes rest = bytes_from(parser->text, parser->at + ahead);
    if (rest.len >= 2 && (rest.at[0] == '<' || rest.at[0] == '>') && rest.at[1] == '(' &&
        parser_is_bash(parser))
        return NULL;
    for (size_t i = 0; i < sizeof(redirect_forms) / sizeof(redirect_forms[0]); i++)
        if (bytes_start(rest, bytes_of(redirect_forms[i].text)) &&
            (!redirect_forms[i].bash || parser_is_bash(parser)) &&
            (redirect_forms[i].text[0] != '&' || parser_has_more_than_posix(parser)))
            return &redirect_forms[i];
    return NULL;
}

static void here_delimiter_parse(struct parser *parser, struct redirect *redirect)
{
    struct word *word = word_parse(parser, MODE_word);
    struct text delimiter = {.arena = parser->arena};
    if (!word) {
        unexpected_here(parser);
        return;
    }
    for (struct word_part *part = word->parts; part; part = part->next) {
        redirect->literal |= part->quoted;
        text_add(&delimiter, part->text);
    }
    redirect->delimiter = text_bytes(&delimiter);
    *parser->pending_tail = redirect;
    parser->pending_tail = &redirect->next_pending;
}

/* A redirection here, with its number in front; NULL where there is none. */
static struct redirect *redirect_parse(struct parser *parser)
{
    size_t digits = 0;
    while (is_digit(parser_peek(parser, digits)) && digits < 4)
        digits++;
    const struct redirect_form *form = redirect_form_here(parser, digits);
    if (!form || (digits && form->text[0] == '&'))
        return NULL;
    struct redirect *redirect = parser_take(parser, sizeof(*redirect));
    if (!redirect)
        return NULL;
    redirect->fd = -1;
    for (size_t i = 0; i < digits; i++)
        redirect->fd = (redirect->fd < 0 ? 0 : redirect->fd * 10) + (parser_peek(parser, i) - '0');
    parser->at += digits + strlen(form->text);
    redirect->kind = form->kind;
    redirect->strip_tabs = strcmp(form->text, "<<-") == 0;
    parser_skip_blanks(parser);
    if (form->kind == REDIRECT_here) {
        here_delimiter_parse(parser, redirect);
    } else {
        redirect->target = word_parse(parser, MODE_word);
        if (!redirect->target)
            unexpected_here(parser);
    }
    return redirect;
}

void redirects_parse(struct parser *parser, struct node *node)
{
    struct redirect **tail = &node->redirects;
    while (*tail)
        tail = &(*tail)->next;
    for (;;) {
        parser_skip_blanks(parser);
        struct redirect *redirect = redirect_parse(parser);
        if (!redirect || parser->result != PARSE_ok)
            return;
        *tail = redirect;
        tail = &redirect->next;
    }
}

/* Elements of a=( … ) up to the bracket. */
static struct word *array_parse(struct parser *parser)
{
    struct word *first = NULL, **tail = &first;
    parser->at++;
    for (;;) {
        newlines_skip(parser);
        struct word *word = word_parse(parser, MODE_word);
        if (!word)
            break;
        *tail = word;
        tail = &word->next;
    }
    if (parser_peek(parser, 0) != ')')
        unexpected_here(parser);
    parser->at++;
    return first;
}

/* name=, name+=, name[index]= in front of a command; NULL where there is none. */
static struct assignment *assignment_parse(struct parser *parser)
{
    struct parser saved = *parser;
    size_t start = parser->at;
    if (!is_name_start(parser_peek(parser, 0)))
        return NULL;
    while (is_name(parser_peek(parser, 0)))
        parser->at++;
    struct bytes name = {parser->text.at + start, parser->at - start}, index = {NULL, 0};
    if (parser_peek(parser, 0) == '[' && parser_is_bash(parser)) {
        parser->at++;
        index = parser_raw_until(parser, "]");
    }
    bool append = parser_peek(parser, 0) == '+' && parser_is_bash(parser);
    if (parser_peek(parser, append) != '=' || (parser->at - start != name.len && !index.at)) {
        *parser = saved;
        return NULL;
    }
    parser->at += append ? 2 : 1;
    struct assignment *assignment = parser_take(parser, sizeof(*assignment));
    if (!assignment)
        return NULL;
    *assignment = (struct assignment){.name = name, .index = index, .append = append};
    if (parser_peek(parser, 0) == '(' && parser_is_bash(parser)) {
        assignment->array = true;
        assignment->value = array_parse(parser);
    } else
        assignment->value = word_parse(parser, MODE_word);
    return assignment;
}

struct node *simple_parse(struct parser *parser)
{
    struct node *node = parser_take(parser, sizeof(*node));
    if (!node)
        return NULL;
    node->kind = NODE_simple;
    struct assignment **assignment_tail = &node->assignments;
    struct word **word_tail = &node->words;
    struct redirect **redirect_tail = &node->redirects;
    while (!parser_ends(parser)) {
        parser_skip_blanks(parser);
        struct redirect *redirect = redirect_parse(parser);
        if (redirect) {
            *redirect_tail = redirect;
            redirect_tail = &redirect->next;
            continue;
        }
        struct assignment *assignment = node->words ? NULL : assignment_parse(parser);
        if (assignment) {
            *assignment_tail = assignment;
            assignment_tail = &assignment->next;
            continue;
        }
        struct word *word = word_parse(parser, MODE_word);
        if (!word)
            break;
        *word_tail = word;
        word_tail = &word->next;
    }
    if (parser->result == PARSE_ok && !node->words && !node->assignments && !node->redirects)
        unexpected_here(parser);
    return node;
}
