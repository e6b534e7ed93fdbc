#include "analyse/capability/rules.h"

#include <errno.h>

#include "base/hash.h"

#define X(name) #name,
const char *const capability_kind_names[CAPABILITY_KIND_COUNT] = {CAPABILITY_KINDS(X)};
#undef X

enum { GRAM = 3 };

static bool is_function(uint8_t kind)
{
    return kind == CAPABILITY_api || kind == CAPABILITY_call || kind == CAPABILITY_ordered;
}

uint64_t capability_name_hash(struct bytes name)
{
    char folded[128];
    size_t len = 0;
    for (size_t i = name.len; i > 0; i--) /* "kernel32.CreateFileA", "kernel32.dll!CreateFileA" */
        if (name.at[i - 1] == '.' || name.at[i - 1] == '!') {
            name = bytes_from(name, i);
            break;
        }
    for (; len < name.len && len < sizeof(folded); len++)
        folded[len] = ascii_lower(name.at[len]);
    if (len > 4 && (folded[len - 1] == 'a' || folded[len - 1] == 'w'))
        len--;
    return hash_bytes((struct bytes){folded, len});
}

bool capability_glob(struct bytes pattern, struct bytes text)
{
    size_t at = 0, in = 0, star = SIZE_MAX, resume = 0;
    while (in < text.len) {
        if (at < pattern.len && pattern.at[at] == '*') {
            star = ++at;
            resume = in;
        } else if (at < pattern.len && ascii_lower(pattern.at[at]) == ascii_lower(text.at[in])) {
            at++;
            in++;
        } else if (star != SIZE_MAX) {
            at = star;
            in = ++resume;
        } else {
            return false;
        }
    }
    while (at < pattern.len && pattern.at[at] == '*')
        at++;
    return at == pattern.len;
}

/* What is being read. */
struct reading {
    struct capability_rules rules;
    const char *why;
};

static int refuse(struct reading *reading, int error, const char *why)
{
    reading->why = why;
    return error;
}

static struct bytes trim(struct bytes text)
{
    while (text.len && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = bytes_from(text, 1);
    while (text.len && (text.at[text.len - 1] == ' ' || text.at[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* Up to " mark "; `rest` then is what stands behind it. */
static struct bytes joined_take(struct bytes *rest, char mark)
{
    for (size_t i = 0; i + 2 < rest->len; i++)
        if (rest->at[i] == ' ' && rest->at[i + 1] == mark && rest->at[i + 2] == ' ') {
            struct bytes part = {rest->at, i};
            *rest = bytes_from(*rest, i + 3);
            return trim(part);
        }
    struct bytes part = *rest;
    *rest = (struct bytes){"", 0};
    return trim(part);
}

/* The end of the longest run without "*": its last GRAM characters; SIZE_MAX when there is none. */
static size_t gram_at(struct bytes pattern)
{
    size_t best = SIZE_MAX, longest = GRAM - 1, run = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        run = pattern.at[i] == '*' ? 0 : run + 1;
        if (run > longest) {
            longest = run;
            best = i + 1 - GRAM;
        }
    }
    return best;
}

static int pattern_add(struct reading *reading, struct bytes text, uint8_t kind)
{
    struct capability_rules *rules = &reading->rules;
    uint32_t number = rules->pattern_count;
    struct hash_table *index = is_function(kind) ? &rules->names : &rules->grams;
    size_t gram = is_function(kind) ? 0 : gram_at(text);
    if (number == CAPABILITY_PATTERNS)
        return refuse(reading, -E2BIG, "too many patterns");
    if (text.len == 0 || gram == SIZE_MAX)
        return refuse(reading, -EINVAL, "a pattern needs three characters in a row");
    uint64_t key = is_function(kind) ? capability_name_hash(text) : capability_gram(text.at + gram);
    rules->patterns[number] = (struct capability_pattern){text, key, hash_table_get(index, key)};
    rules->pattern_terms[number] = rules->term_count;
    rules->pattern_count++;
    return hash_table_put(index, key, number);
}

static int patterns_add(struct reading *reading, struct bytes text, uint8_t kind)
{
    int error = 0;
    if (text.len == 0)
        return refuse(reading, -EINVAL, "a term without a pattern");
    while (text.len && !error)
        error = pattern_add(reading, joined_take(&text, '|'), kind);
    return error;
}

static int term_add(struct reading *reading, struct bytes text, struct capability_line *line)
{
    struct capability_rules *rules = &reading->rules;
    struct bytes word = bytes_take_part(&text, ' ');
    struct capability_term term = {.kind = 0, .first = rules->pattern_count};
    while (term.kind < CAPABILITY_KIND_COUNT &&
           !bytes_equal(word, bytes_of(capability_kind_names[term.kind])))
        term.kind++;
    if (term.kind == CAPABILITY_KIND_COUNT)
        return refuse(reading, -EINVAL, "no kind of evidence");
    if (line->count == CAPABILITY_TERMS)
        return refuse(reading, -E2BIG, "too many terms");
    int error = 0;
    if (term.kind != CAPABILITY_ordered)
        error = patterns_add(reading, text, term.kind);
    while (term.kind == CAPABILITY_ordered && text.len && !error) {
        if (term.steps == CAPABILITY_TERMS)
            return refuse(reading, -E2BIG, "too many steps");
        error = patterns_add(reading, joined_take(&text, '>'), term.kind);
        term.step_ends[term.steps++] = rules->pattern_count;
    }
    if (error)
        return error;
    term.count = rules->pattern_count - term.first;
    if (term.count == 0)
        return refuse(reading, -EINVAL, "a term without a pattern");
    line->terms[line->count++] = rules->term_count;
    rules->terms[rules->term_count++] = term;
    return 0;
}

static int line_add(struct reading *reading, struct bytes text, bool seen)
{
    struct capability_rules *rules = &reading->rules;
    struct capability_line line = {.rule = rules->rule_count - 1, .seen = seen};
    int error = 0;
    if (rules->rule_count == 0)
        return refuse(reading, -EINVAL, "no capability is named before this");
    if (rules->line_count == CAPABILITY_LINES)
        return refuse(reading, -E2BIG, "too many lines");
    if (text.len == 0)
        return refuse(reading, -EINVAL, "a term without a pattern");
    while (text.len && !error)
        error = term_add(reading, joined_take(&text, '&'), &line);
    if (!error)
        rules->lines[rules->line_count++] = line;
    return error;
}

static int technique_add(struct reading *reading, struct bytes text)
{
    struct capability_rules *rules = &reading->rules;
    if (rules->rule_count == 0)
        return refuse(reading, -EINVAL, "no capability is named before this");
    struct capability_rule *rule = &rules->rules[rules->rule_count - 1];
    struct bytes technique = bytes_take_part(&text, ' '), tactic = trim(text);
    if (technique.len < 5 || technique.at[0] != 'T' || tactic.len == 0)
        return refuse(reading, -EINVAL, "attack wants a technique and a tactic");
    if (rule->technique_count == CAPABILITY_TECHNIQUES)
        return refuse(reading, -E2BIG, "too many techniques");
    rule->techniques[rule->technique_count] = technique;
    rule->tactics[rule->technique_count++] = tactic;
    return 0;
}

static int text_line_read(struct reading *reading, struct bytes text, uint32_t number)
{
    struct capability_rules *rules = &reading->rules;
    struct bytes rest = trim(text);
    if (rest.len == 0 || rest.at[0] == '#')
        return 0;
    struct bytes word = bytes_take_part(&rest, ' ');
    rest = trim(rest);
    if (bytes_equal(word, BYTES("seen")) || bytes_equal(word, BYTES("able")))
        return line_add(reading, rest, word.at[0] == 's');
    if (bytes_equal(word, BYTES("attack")))
        return technique_add(reading, rest);
    if (!bytes_equal(word, BYTES("capability")) || rest.len == 0)
        return refuse(reading, -EINVAL, "not capability, attack, seen or able");
    if (rules->rule_count == CAPABILITY_RULES)
        return refuse(reading, -E2BIG, "too many rules");
    rules->rules[rules->rule_count++] = (struct capability_rule){.name = rest, .number = number};
    return 0;
}

/* No more of anything than there are lines and what joins terms, patterns and steps. */
static bool room_take(struct bytes text, struct arena *arena, struct capability_rules *rules)
{
    size_t most = 1;
    for (size_t i = 0; i < text.len && most < CAPABILITY_PATTERNS; i++)
        most += memchr("\n&|>", text.at[i], 4) != NULL;
    rules->rules = arena_take_array(arena, most < CAPABILITY_RULES ? most : CAPABILITY_RULES,
                                    sizeof(*rules->rules));
    rules->lines = arena_take_array(arena, most < CAPABILITY_LINES ? most : CAPABILITY_LINES,
                                    sizeof(*rules->lines));
    rules->terms = arena_take_array(arena, most, sizeof(*rules->terms));
    rules->patterns = arena_take_array(arena, most, sizeof(*rules->patterns));
    rules->pattern_terms = arena_take_array(arena, most, sizeof(*rules->pattern_terms));
    return rules->rules && rules->lines && rules->terms && rules->patterns && rules->pattern_terms;
}

int capability_rules_read(struct bytes text, struct arena *arena,
                          struct capability_rules *ret_rules, struct fault *ret_fault)
{
    struct reading reading = {.why = "out of memory"};
    struct bytes rest = text;
    int error = room_take(text, arena, &reading.rules) ? 0 : -ENOMEM;
    for (uint32_t number = 1; rest.len && !error; number++) {
        struct bytes line = bytes_take_line(&rest);
        error = text_line_read(&reading, line, number);
        if (error)
            *ret_fault = (struct fault){reading.why, (uint64_t)(line.at - text.at), number};
    }
    if (error)
        capability_rules_finish(&reading.rules);
    else
        *ret_rules = reading.rules;
    return error;
}

void capability_rules_finish(struct capability_rules *rules)
{
    hash_table_finish(&rules->names);
    hash_table_finish(&rules->grams);
}
