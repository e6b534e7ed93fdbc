#include "analyse/capability/matcher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/image/imports.h"

/* What first met a pattern. */
struct met {
    bool is;
    uint8_t source;
    uint64_t place;
    char text[CAPABILITY_TEXT];
};

/* How far an order has come: of each step the latest call a chain to it can begin with. */
struct chain {
    bool begun[CAPABILITY_TERMS];
    uint64_t starts[CAPABILITY_TERMS];
    bool whole;
    uint64_t first, last; /* calls of the whole one */
};

struct capability_matcher {
    const struct capability_rules *rules;
    struct met *met;      /* of each pattern */
    struct chain *chains; /* of each term; only orders use theirs */
    uint64_t *tried;      /* of each pattern: the last text looked at, from its place among texts */
    uint64_t texts;
    uint64_t calls, things;
};

int capability_matcher_create(const struct capability_rules *rules,
                              struct capability_matcher **ret_matcher)
{
    struct capability_matcher *matcher = calloc(1, sizeof(*matcher));
    if (!matcher)
        return -ENOMEM;
    *matcher = (struct capability_matcher){
        .rules = rules,
        .met = calloc((size_t)rules->pattern_count + 1, sizeof(*matcher->met)),
        .chains = calloc((size_t)rules->term_count + 1, sizeof(*matcher->chains)),
        .tried = calloc((size_t)rules->pattern_count + 1, sizeof(*matcher->tried))};
    if (!matcher->met || !matcher->chains || !matcher->tried) {
        capability_matcher_destroy(matcher);
        return -ENOMEM;
    }
    *ret_matcher = matcher;
    return 0;
}

void capability_matcher_clear(struct capability_matcher *matcher)
{
    memset(matcher->met, 0, matcher->rules->pattern_count * sizeof(*matcher->met));
    memset(matcher->chains, 0, matcher->rules->term_count * sizeof(*matcher->chains));
    matcher->calls = matcher->things = 0;
}

void capability_matcher_destroy(struct capability_matcher *matcher)
{
    if (matcher) {
        free(matcher->met);
        free(matcher->chains);
        free(matcher->tried);
    }
    free(matcher);
}

static void text_copy(char to[CAPABILITY_TEXT], struct bytes text)
{
    size_t len = text.len < CAPABILITY_TEXT ? text.len : CAPABILITY_TEXT - 1;
    for (size_t i = 0; i < len; i++)
        to[i] = text.at[i] >= ' ' && text.at[i] <= '~' ? text.at[i] : '?';
    to[len] = 0;
}

static void pattern_meet(struct capability_matcher *matcher, uint32_t pattern, uint8_t source,
                         uint64_t place, struct bytes text)
{
    struct met *met = &matcher->met[pattern];
    if (met->is)
        return;
    met->is = true;
    met->source = source;
    met->place = place;
    text_copy(met->text, text);
}

/* A call that is a step of an order. The latest start leaves the most room for what comes. */
static void chain_step(struct chain *chain, const struct capability_term *term, uint32_t pattern,
                       uint64_t call)
{
    uint32_t step = 0;
    while (pattern >= term->step_ends[step])
        step++;
    if (chain->whole || (step > 0 && (!chain->begun[step - 1] ||
                                      call - chain->starts[step - 1] > CAPABILITY_WINDOW)))
        return;
    chain->starts[step] = step ? chain->starts[step - 1] : call;
    chain->begun[step] = true;
    if (step + 1 == term->steps) {
        chain->whole = true;
        chain->first = chain->starts[step];
        chain->last = call;
    }
}

static void function_take(struct capability_matcher *matcher, struct bytes name, bool called,
                          uint8_t source, uint64_t place)
{
    const struct capability_rules *rules = matcher->rules;
    for (uint32_t i = hash_table_get(&rules->names, capability_name_hash(name)); i != UINT32_MAX;
         i = rules->patterns[i].next) {
        const struct capability_term *term = &rules->terms[rules->pattern_terms[i]];
        if (term->kind != CAPABILITY_api && !called)
            continue;
        pattern_meet(matcher, i, source, place, name);
        if (term->kind == CAPABILITY_ordered)
            chain_step(&matcher->chains[rules->pattern_terms[i]], term, i, place);
    }
}

/* Those under one gram, each once a text. */
static void patterns_try(struct capability_matcher *matcher, uint32_t first, struct bytes text,
                         uint32_t kinds, uint8_t source, uint64_t place)
{
    const struct capability_rules *rules = matcher->rules;
    if (first == UINT32_MAX || matcher->tried[first] == matcher->texts)
        return;
    matcher->tried[first] = matcher->texts;
    for (uint32_t i = first; i != UINT32_MAX; i = rules->patterns[i].next)
        if (!matcher->met[i].is && kinds >> rules->terms[rules->pattern_terms[i]].kind & 1 &&
            capability_glob(rules->patterns[i].text, text))
            pattern_meet(matcher, i, source, place, text);
}

/* `kinds`: the bits of those whose patterns the text may meet. */
static void text_take(struct capability_matcher *matcher, struct bytes text, uint32_t kinds,
                      uint8_t source, uint64_t place)
{
    matcher->texts++;
    for (size_t at = 0; at + 3 <= text.len; at++)
        patterns_try(matcher, hash_table_get(&matcher->rules->grams, capability_gram(text.at + at)),
                     text, kinds, source, place);
}

#define KIND(name) (1U << CAPABILITY_##name)

static const uint32_t kinds_of[REPORT_KIND_COUNT] = {
    [REPORT_file] = KIND(file),
    [REPORT_file_write] = KIND(file) | KIND(file_write),
    [REPORT_file_delete] = KIND(file) | KIND(file_delete),
    [REPORT_key] = KIND(key),
    [REPORT_key_write] = KIND(key) | KIND(key_write),
    [REPORT_key_delete] = KIND(key) | KIND(key_delete),
    [REPORT_mutex] = KIND(mutex),
    [REPORT_command] = KIND(command),
    [REPORT_process] = KIND(process),
    [REPORT_service] = KIND(service),
    [REPORT_domain] = KIND(host),
    [REPORT_address] = KIND(host),
    [REPORT_url] = KIND(url),
    [REPORT_library] = KIND(library),
    [REPORT_pipe] = KIND(pipe),
    [REPORT_access] = KIND(access),
};

void capability_report_take(struct capability_matcher *matcher, enum report_kind kind,
                            struct bytes text)
{
    uint64_t place = matcher->things++;
    if (kind == REPORT_call)
        function_take(matcher, text, true, EVIDENCE_CALL, matcher->calls++);
    else if (kind == REPORT_api)
        function_take(matcher, text, false, EVIDENCE_REPORT, place);
    else if (kinds_of[kind])
        text_take(matcher, text, kinds_of[kind], EVIDENCE_REPORT, place);
}

void capability_import_take(struct capability_matcher *matcher, struct bytes name, uint64_t offset)
{
    function_take(matcher, name, false, EVIDENCE_IMPORT, offset);
}

void capability_text_take(struct capability_matcher *matcher, struct bytes text, uint64_t offset)
{
    text_take(matcher, text, KIND(string), EVIDENCE_STRING, offset);
}

static void import_take(void *context, const struct image_import *import)
{
    struct bytes name =
        import->name.len ? import->name : import_number_name(import->library, import->number);
    capability_import_take(context, name, import->offset);
}

static void file_text_take(void *context, struct bytes text, uint64_t offset)
{
    capability_text_take(context, text, offset);
}

void capability_file_take(struct capability_matcher *matcher, struct bytes file,
                          const struct image *image)
{
    image_imports_visit(file, image, import_take, matcher);
    image_texts_visit(file, file_text_take, matcher);
}

/* The first of its patterns that was met; of an order that it came whole. */
static bool term_find(const struct capability_matcher *matcher, uint32_t number,
                      struct capability_evidence *ret_evidence)
{
    const struct capability_rules *rules = matcher->rules;
    const struct capability_term *term = &rules->terms[number];
    struct capability_evidence evidence = {.kind = term->kind};
    if (term->kind == CAPABILITY_ordered) {
        const struct chain *chain = &matcher->chains[number];
        struct bytes last = rules->patterns[term->first + term->count - 1].text;
        if (!chain->whole)
            return false;
        evidence.source = EVIDENCE_CALL;
        evidence.place = chain->first;
        snprintf(evidence.text, sizeof(evidence.text), "%.*s to %.*s at call %llu",
                 (int)rules->patterns[term->first].text.len, rules->patterns[term->first].text.at,
                 (int)last.len, last.at, (unsigned long long)chain->last);
        *ret_evidence = evidence;
        return true;
    }
    for (uint32_t i = term->first; i < term->first + term->count; i++)
        if (matcher->met[i].is) {
            evidence.source = matcher->met[i].source;
            evidence.place = matcher->met[i].place;
            memcpy(evidence.text, matcher->met[i].text, sizeof(evidence.text));
            *ret_evidence = evidence;
            return true;
        }
    return false;
}

static bool line_find(const struct capability_matcher *matcher, const struct capability_line *line,
                      struct capability_found *found)
{
    found->seen = line->seen;
    found->count = line->count;
    for (uint8_t i = 0; i < line->count; i++)
        if (!term_find(matcher, line->terms[i], &found->evidence[i]))
            return false;
    return true;
}

bool capability_find(const struct capability_matcher *matcher, uint32_t number,
                     struct capability_found *ret_found)
{
    const struct capability_rules *rules = matcher->rules;
    struct capability_found found = {.rule = &rules->rules[number]};
    for (int seen = 1; seen >= 0; seen--)
        for (uint32_t i = 0; i < rules->line_count; i++)
            if (rules->lines[i].rule == number && rules->lines[i].seen == (seen == 1) &&
                line_find(matcher, &rules->lines[i], &found)) {
                *ret_found = found;
                return true;
            }
    return false;
}
