/* Words to fields: expansions, splitting at $IFS, file names. Parameters are in parameter.c. */
#include "triage/shell/expand.h"

void fields_add(struct machine *machine, struct fields *fields, struct bytes item)
{
    if (fields->count == FIELDS) {
        machine->flow = FLOW_stop;
        return;
    }
    if (fields->count == fields->capacity) {
        uint32_t capacity = fields->capacity ? fields->capacity * 2 : 8;
        struct bytes *items = machine_take(machine, capacity * sizeof(*items));
        if (!items)
            return;
        if (fields->count)
            memcpy(items, fields->items, fields->count * sizeof(*items));
        fields->items = items;
        fields->capacity = capacity;
    }
    fields->items[fields->count++] = item;
}

void expansion_put(struct expansion *expansion, struct bytes text, enum expansion_flag flag)
{
    text_add(&expansion->chars, text);
    for (size_t i = 0; i < text.len && expansion->flags.len < expansion->chars.len; i++)
        text_add_char(&expansion->flags, (char)flag);
    if (expansion->chars.full || expansion->flags.full)
        expansion->machine->flow = FLOW_stop;
}

void expansion_put_mark(struct expansion *expansion, enum expansion_flag flag)
{
    text_add_char(&expansion->chars, ' ');
    text_add_char(&expansion->flags, (char)flag);
}

struct bytes separators(struct machine *machine)
{
    struct bytes value = variable_get(machine, BYTES("IFS"));
    return value.at ? value : BYTES(" \t\n");
}

static bool is_separator(struct bytes set, char c)
{
    return set.len > 0 && memchr(set.at, c, set.len) != NULL;
}

static void process_expand(struct expansion *expansion, const struct word_part *part)
{
    struct machine *machine = expansion->machine;
    static const char name[] = "/dev/fd/63";
    if (!part->output) {
        struct bytes content = node_capture(machine, part->node);
        struct text whole = {.arena = machine->arena};
        text_add(&whole, content);
        text_add_char(&whole, '\n');
        machine->fds[9] = stream_reads(machine, text_bytes(&whole));
        expansion_put(expansion, BYTES("/dev/fd/9"), FLAG_quoted);
        return;
    }
    expansion_put(expansion, bytes_of(name), FLAG_quoted);
}

static void part_expand(struct expansion *expansion, const struct word_part *part)
{
    struct machine *machine = expansion->machine;
    enum expansion_flag flag = part->quoted ? FLAG_quoted : FLAG_value;
    switch (part->kind) {
    case PART_text:
        if (part->quoted && part->text.len == 0)
            expansion_put_mark(expansion, FLAG_empty);
        expansion_put(expansion, part->text, part->quoted ? FLAG_quoted : FLAG_plain);
        break;
    case PART_parameter:
        parameter_expand(expansion, part);
        break;
    case PART_command:
        expansion_put(expansion, node_capture(machine, part->node), flag);
        break;
    case PART_arithmetic: {
        bool unknown = false;
        int64_t value =
            arithmetic_evaluate(machine, word_expand(machine, part->argument), &unknown);
        if (unknown)
            expansion_put(expansion, BYTES("\x02"), flag); /* SHELL_HOLE_number */
        else if (machine->flow == FLOW_none)
            expansion_put(expansion, text_format(machine->arena, "%lld", (long long)value), flag);
        break;
    }
    case PART_process:
        process_expand(expansion, part);
        break;
    }
}

/* ~ and ~/… in front; the length of what it replaced, 0 for none. */
static size_t tilde_expand(struct expansion *expansion, const struct word_part *part)
{
    if (part->kind != PART_text || part->quoted || part->text.len == 0 || part->text.at[0] != '~')
        return 0;
    struct machine *machine = expansion->machine;
    size_t end = text_find(part->text, 0, BYTES("/"));
    struct bytes user = {part->text.at + 1, end - 1};
    struct bytes home = variable_get(machine, BYTES("HOME"));
    if (part->next && end == part->text.len)
        return 0;
    if (user.len == 0)
        expansion_put(expansion, home.at ? home : machine->home, FLAG_quoted);
    else if (bytes_equal(user, BYTES("root")))
        expansion_put(expansion, BYTES("/root"), FLAG_quoted);
    else if (bytes_equal(user, BYTES("+")))
        expansion_put(expansion, variable_get(machine, BYTES("PWD")), FLAG_quoted);
    else
        return 0;
    return end;
}

void parts_expand(struct expansion *expansion, const struct word_part *parts)
{
    if (!parts || !machine_enter(expansion->machine))
        return;
    size_t skip = tilde_expand(expansion, parts);
    if (skip) {
        expansion_put(expansion, bytes_from(parts->text, skip), FLAG_plain);
        parts = parts->next;
    }
    for (; parts && expansion->machine->flow == FLOW_none; parts = parts->next)
        part_expand(expansion, parts);
    machine_leave(expansion->machine);
}

static struct expansion expansion_of(struct machine *machine, const struct word *word, bool single)
{
    struct expansion expansion = {
        .machine = machine,
        .chars.arena = machine->arena,
        .flags.arena = machine->arena,
        .single = single,
    };
    if (word)
        parts_expand(&expansion, word->parts);
    return expansion;
}

struct bytes word_expand(struct machine *machine, const struct word *word)
{
    struct expansion expansion = expansion_of(machine, word, true);
    struct text out = {.arena = machine->arena};
    for (size_t i = 0; i < expansion.flags.len; i++)
        if (expansion.flags.at[i] != FLAG_break && expansion.flags.at[i] != FLAG_empty)
            text_add_char(&out, expansion.chars.at[i]);
    return text_bytes(&out);
}

static bool is_pattern_char(char c)
{
    return c && strchr("*?[]\\", c) != NULL;
}

struct bytes word_expand_pattern(struct machine *machine, const struct word *word)
{
    struct expansion expansion = expansion_of(machine, word, true);
    struct text out = {.arena = machine->arena};
    for (size_t i = 0; i < expansion.flags.len; i++) {
        char flag = expansion.flags.at[i];
        if (flag == FLAG_break || flag == FLAG_empty)
            continue;
        if (flag == FLAG_quoted && is_pattern_char(expansion.chars.at[i]))
            text_add_char(&out, '\\');
        text_add_char(&out, expansion.chars.at[i]);
    }
    return text_bytes(&out);
}

/* A field that is done: matched against file names where it has a live wildcard. */
static void field_finish(struct expansion *expansion, size_t start, size_t end, struct fields *out)
{
    struct machine *machine = expansion->machine;
    struct text plain = {.arena = machine->arena}, pattern = {.arena = machine->arena};
    bool live = false;
    for (size_t i = start; i < end; i++) {
        char flag = expansion->flags.at[i], c = expansion->chars.at[i];
        if (flag == FLAG_empty || flag == FLAG_break)
            continue;
        if (flag == FLAG_value && c == SHELL_HOLE_lines)
            c = SHELL_HOLE_line;
        text_add_char(&plain, c);
        if (is_pattern_char(c)) {
            if (flag == FLAG_quoted || c == '\\')
                text_add_char(&pattern, '\\');
            else
                live = true;
        }
        text_add_char(&pattern, c);
    }
    if (live && !machine->noglob && glob_expand(machine, text_bytes(&pattern), out))
        return;
    fields_add(machine, out, text_bytes(&plain));
}

/* Split at $IFS where text came from an expansion, and at the marks. */
static void expansion_split(struct expansion *expansion, struct fields *out)
{
    struct bytes set = separators(expansion->machine);
    size_t length = expansion->flags.len, start = 0;
    bool open = false, behind_space = false;
    for (size_t i = 0; i < length; i++) {
        char flag = expansion->flags.at[i], c = expansion->chars.at[i];
        if (flag == FLAG_break) {
            field_finish(expansion, start, i, out);
            start = i + 1;
            open = false;
            continue;
        }
        bool separator = flag == FLAG_value && is_separator(set, c);
        if (!separator) {
            if (!open)
                start = i;
            open = true;
            behind_space = false;
            continue;
        }
        bool blank = c == ' ' || c == '\t' || c == '\n';
        if (open || (!blank && !behind_space))
            field_finish(expansion, open ? start : i, i, out);
        behind_space = blank && (open || behind_space);
        open = false;
    }
    if (open)
        field_finish(expansion, start, length, out);
}

static void word_to_fields(struct machine *machine, const struct word *word, struct fields *out)
{
    struct expansion expansion = expansion_of(machine, word, false);
    if (machine->flow == FLOW_none)
        expansion_split(&expansion, out);
}

void words_expand(struct machine *machine, const struct word *words, struct fields *out)
{
    for (; words && machine->flow == FLOW_none; words = words->next) {
        if (machine->dialect != DIALECT_bash || !memchr(words->source.at, '{', words->source.len)) {
            word_to_fields(machine, words, out);
            continue;
        }
        for (const struct word *word = braces_expand(machine, words);
             word && machine->flow == FLOW_none; word = word->next)
            word_to_fields(machine, word, out);
    }
}
