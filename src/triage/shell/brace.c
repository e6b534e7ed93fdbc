/*
 * Brace expansion, before all others: a{b,c}d is abd acd, {1..3} is 1 2 3.
 * A word is taken apart into atoms: a character written without quotes, or a
 * part (quoted text, an expansion) that stays whole.
 */
#include <stdio.h>

#include "triage/shell/expand.h"

enum { BRACE_WORDS = 4096, BRACE_ATOMS = 16384 };

struct atom {
    char c; /* 0 when it is a part */
    const struct word_part *part;
};

struct atoms {
    struct atom *at;
    size_t len;
};

struct brace_run {
    struct machine *machine;
    struct word **tail;
    uint32_t words;
};

static struct word *atoms_to_word(struct machine *machine, struct atoms atoms)
{
    struct word *word = machine_take(machine, sizeof(*word));
    struct word_part **tail = word ? &word->parts : NULL;
    struct text plain = {.arena = machine->arena};
    for (size_t i = 0; word && i <= atoms.len; i++) {
        if (i < atoms.len && !atoms.at[i].part) {
            text_add_char(&plain, atoms.at[i].c);
            continue;
        }
        if (plain.len) {
            struct word_part *part = machine_take(machine, sizeof(*part));
            if (!part)
                return NULL;
            part->text = text_bytes(&plain);
            *tail = part;
            tail = &part->next;
            plain = (struct text){.arena = machine->arena};
        }
        struct word_part *copy = i < atoms.len ? machine_take(machine, sizeof(*copy)) : NULL;
        if (!copy)
            continue;
        *copy = *atoms.at[i].part;
        copy->next = NULL;
        *tail = copy;
        tail = &copy->next;
    }
    return word;
}

static struct atoms atoms_of(struct machine *machine, const struct word *word)
{
    size_t count = 0;
    for (const struct word_part *part = word->parts; part; part = part->next)
        count += part->kind == PART_text && !part->quoted ? part->text.len : 1;
    struct atoms atoms = {NULL, 0};
    if (count > BRACE_ATOMS || !(atoms.at = machine_take(machine, count * sizeof(struct atom))))
        return (struct atoms){NULL, 0};
    for (const struct word_part *part = word->parts; part; part = part->next) {
        if (part->kind != PART_text || part->quoted) {
            atoms.at[atoms.len++] = (struct atom){0, part};
            continue;
        }
        for (size_t i = 0; i < part->text.len; i++)
            atoms.at[atoms.len++] = (struct atom){part->text.at[i], NULL};
    }
    return atoms;
}

/* Where the brace that opens at `open` closes, and whether there is a comma on its level. */
static size_t brace_close(struct atoms atoms, size_t open, bool *ret_comma)
{
    int depth = 0;
    *ret_comma = false;
    for (size_t i = open; i < atoms.len; i++) {
        depth += (atoms.at[i].c == '{') - (atoms.at[i].c == '}');
        if (depth == 0)
            return i;
        if (depth == 1 && atoms.at[i].c == ',')
            *ret_comma = true;
    }
    return atoms.len;
}

static void atoms_expand(struct brace_run *run, struct atoms atoms, size_t from);

/* The word with atoms [open, close] replaced by `middle`, expanded further from there. */
static void alternative(struct brace_run *run, struct atoms atoms, size_t open, size_t close,
                        struct atoms middle)
{
    size_t length = open + middle.len + (atoms.len - close - 1);
    struct atom *at = machine_take(run->machine, (length + 1) * sizeof(*at));
    if (!at || length > BRACE_ATOMS)
        return;
    if (open)
        memcpy(at, atoms.at, open * sizeof(*at));
    if (middle.len)
        memcpy(at + open, middle.at, middle.len * sizeof(*at));
    memcpy(at + open + middle.len, atoms.at + close + 1, (atoms.len - close - 1) * sizeof(*at));
    atoms_expand(run, (struct atoms){at, length}, open);
}

static void list_expand(struct brace_run *run, struct atoms atoms, size_t open, size_t close)
{
    int depth = 0;
    size_t start = open + 1;
    for (size_t i = open; i <= close && run->machine->flow == FLOW_none; i++) {
        depth += (atoms.at[i].c == '{') - (atoms.at[i].c == '}');
        if ((depth == 1 && atoms.at[i].c == ',') || i == close) {
            alternative(run, atoms, open, close, (struct atoms){atoms.at + start, i - start});
            start = i + 1;
        }
    }
}

struct range {
    int64_t first, last, step;
    bool letters;
    int width;
};

static bool range_end(struct bytes text, int64_t *ret_value, bool *ret_letter, int *width)
{
    *ret_letter = text.len == 1 && is_name_start(text.at[0]) && text.at[0] != '_';
    if (*ret_letter) {
        *ret_value = (unsigned char)text.at[0];
        return true;
    }
    size_t sign = text.len && text.at[0] == '-';
    if (text.len > sign + 1 && text.at[sign] == '0' && (int)text.len > *width)
        *width = (int)text.len;
    return text_integer(text, ret_value);
}

/* first..last or first..last..step between the braces. */
static bool range_read(struct atoms inner, struct range *ret_range)
{
    char raw[64];
    if (inner.len >= sizeof(raw))
        return false;
    for (size_t i = 0; i < inner.len; i++)
        if (!(raw[i] = inner.at[i].c))
            return false;
    struct bytes text = {raw, inner.len};
    size_t dots = text_find(text, 0, BYTES(".."));
    if (dots == text.len)
        return false;
    struct bytes rest = bytes_from(text, dots + 2);
    size_t more = text_find(rest, 0, BYTES(".."));
    struct range range = {.step = 1};
    bool letter, other;
    if (!range_end((struct bytes){raw, dots}, &range.first, &letter, &range.width) ||
        !range_end((struct bytes){rest.at, more}, &range.last, &other, &range.width) ||
        letter != other)
        return false;
    if (more < rest.len && !text_integer(bytes_from(rest, more + 2), &range.step))
        return false;
    range.letters = letter;
    range.step = range.step < 0 ? -range.step : range.step;
    range.step = range.step ? range.step : 1;
    *ret_range = range;
    return true;
}

static void range_expand(struct brace_run *run, struct atoms atoms, size_t open, size_t close,
                         struct range range)
{
    bool down = range.first > range.last;
    int64_t value = range.first;
    while (run->machine->flow == FLOW_none) {
        char raw[32];
        struct atom middle[32];
        int length = range.letters
                         ? snprintf(raw, sizeof(raw), "%c", (char)value)
                         : snprintf(raw, sizeof(raw), "%0*lld", range.width > 20 ? 20 : range.width,
                                    (long long)value);
        for (int i = 0; i < length; i++)
            middle[i] = (struct atom){raw[i], NULL};
        alternative(run, atoms, open, close, (struct atoms){middle, (size_t)length});
        if (__builtin_add_overflow(value, down ? -range.step : range.step, &value) ||
            (down ? value < range.last : value > range.last))
            break;
    }
}

static void atoms_expand(struct brace_run *run, struct atoms atoms, size_t from)
{
    if (!machine_enter(run->machine))
        return;
    for (size_t open = from; open < atoms.len; open++) {
        bool comma;
        struct range range;
        if (atoms.at[open].c != '{')
            continue;
        size_t close = brace_close(atoms, open, &comma);
        if (close == atoms.len)
            continue;
        if (comma)
            list_expand(run, atoms, open, close);
        else if (range_read((struct atoms){atoms.at + open + 1, close - open - 1}, &range))
            range_expand(run, atoms, open, close, range);
        else
            continue;
        machine_leave(run->machine);
        return;
    }
    machine_leave(run->machine);
    struct word *word = atoms_to_word(run->machine, atoms);
    if (!word || run->words++ >= BRACE_WORDS)
        run->machine->flow = FLOW_stop;
    else {
        *run->tail = word;
        run->tail = &word->next;
    }
}

struct word *braces_expand(struct machine *machine, const struct word *word)
{
    struct word *first = NULL;
    struct brace_run run = {.machine = machine, .tail = &first};
    struct atoms atoms = atoms_of(machine, word);
    if (atoms.at)
        atoms_expand(&run, atoms, 0);
    return first;
}
