#include "triage/shell/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { MATCH_LIMIT = 20000, PATTERN_LIMIT = 4096 };

struct regex {
    struct machine *machine;
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
};

/* PCRE2 asks for memory: all of it comes from the run's arena and goes with it. */
static void *pcre_take(size_t size, void *machine)
{
    return arena_take(((struct machine *)machine)->arena, size);
}

static void pcre_give(void *memory, void *machine)
{
    (void)memory;
    (void)machine;
}

/* A bracket expression copied; the position behind it. */
static size_t set_copy(struct bytes pattern, size_t i, struct text *out)
{
    text_add_char(out, pattern.at[i++]);
    if (i < pattern.len && pattern.at[i] == '^')
        text_add_char(out, pattern.at[i++]);
    for (bool first = true; i < pattern.len && (first || pattern.at[i] != ']');
         i++, first = false) {
        if (pattern.at[i] == '[' && i + 1 < pattern.len && pattern.at[i + 1] == ':') {
            size_t end = text_find(pattern, i, BYTES(":]"));
            if (end < pattern.len) {
                text_add(out, (struct bytes){pattern.at + i, end + 2 - i});
                i = end + 1;
                continue;
            }
        }
        if (strchr("\\[]", pattern.at[i]) && pattern.at[i])
            text_add_char(out, '\\');
        text_add_char(out, pattern.at[i]);
    }
    text_add_char(out, ']');
    return i;
}

/* A basic expression: + ? | ( ) { } are ordinary unless a backslash stands before them. */
static void basic_convert(struct bytes pattern, struct text *out)
{
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.at[i], next = i + 1 < pattern.len ? pattern.at[i + 1] : 0;
        if (c == '[')
            i = set_copy(pattern, i, out);
        else if (c == '\\' && next) {
            if (!strchr("(){}+?|", next))
                text_add_char(out, '\\');
            text_add_char(out, next);
            i++;
        } else if (strchr("(){}+?|", c) ||
                   (c == '*' && (out->len == 0 || out->at[out->len - 1] == '('))) {
            text_add_char(out, '\\');
            text_add_char(out, c);
        } else
            text_add_char(out, c);
    }
}

static void extended_convert(struct bytes pattern, struct text *out)
{
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.at[i], next = i + 1 < pattern.len ? pattern.at[i + 1] : 0;
        if (c == '[')
            i = set_copy(pattern, i, out);
        else if (c == '\\' && next) {
            text_add_char(out, '\\');
            text_add_char(out, next);
            i++;
        } else if (c == '{' && !is_digit(next))
            text_add(out, BYTES("\\{"));
        else
            text_add_char(out, c);
    }
}

struct regex *regex_compile(struct machine *machine, struct bytes pattern, enum regex_kind kind,
                            bool fold)
{
    struct text converted = {.arena = machine->arena};
    struct regex *regex = machine_take(machine, sizeof(*regex));
    if (!regex || pattern.len > PATTERN_LIMIT)
        return NULL;
    struct bytes final = pattern;
    if (kind == REGEX_basic || kind == REGEX_extended) {
        (kind == REGEX_basic ? basic_convert : extended_convert)(pattern, &converted);
        final = text_bytes(&converted);
    }
    uint32_t options = (fold ? PCRE2_CASELESS : 0) | (kind == REGEX_fixed ? PCRE2_LITERAL : 0);
    int error;
    size_t at;
    pcre2_general_context *general = pcre2_general_context_create(pcre_take, pcre_give, machine);
    pcre2_compile_context *compile = general ? pcre2_compile_context_create(general) : NULL;
    regex->machine = machine;
    regex->code = compile ? pcre2_compile((PCRE2_SPTR)(final.len ? final.at : ""), final.len,
                                          options, &error, &at, compile)
                          : NULL;
    regex->data = regex->code ? pcre2_match_data_create_from_pattern(regex->code, general) : NULL;
    regex->context = regex->data ? pcre2_match_context_create(general) : NULL;
    if (!regex->context)
        return NULL;
    pcre2_set_match_limit(regex->context, MATCH_LIMIT);
    pcre2_set_depth_limit(regex->context, MATCH_LIMIT);
    return regex;
}

bool regex_find(struct regex *regex, struct bytes text, size_t from,
                struct regex_groups *ret_groups)
{
    if (!machine_step(regex->machine, text.len + 64))
        return false;
    int count = pcre2_match(regex->code, (PCRE2_SPTR)(text.at ? text.at : ""), text.len, from, 0,
                            regex->data, regex->context);
    if (count < 0)
        return false;
    const size_t *at = pcre2_get_ovector_pointer(regex->data);
    for (int i = 0; ret_groups && i < REGEX_GROUPS; i++) {
        ret_groups->group[i] = (struct bytes){NULL, 0};
        if (i < count && at[2 * i] != PCRE2_UNSET && at[2 * i + 1] >= at[2 * i])
            ret_groups->group[i] = (struct bytes){text.at + at[2 * i], at[2 * i + 1] - at[2 * i]};
    }
    return true;
}
