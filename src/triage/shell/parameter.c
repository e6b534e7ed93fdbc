/* Parameters: $name, $@ and the operators of ${…}. */
#include <stdio.h>

#include "triage/shell/expand.h"

static struct bytes arguments_join(struct machine *machine, const struct bytes *items,
                                   uint32_t count, struct bytes between)
{
    struct text out = {.arena = machine->arena};
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            text_add(&out, between);
        text_add(&out, items[i]);
    }
    return text_bytes(&out);
}

/* Variables that bash makes up; at NULL for any other name. */
static struct bytes bash_value(const struct machine *machine, struct bytes name)
{
    static const struct {
        const char *name, *value;
    } made_up[] = {
        {"RANDOM", "\x02"},      {"SRANDOM", "\x02"},      {"UID", "\x02"},
        {"EUID", "\x02"},        {"PPID", "\x02"},         {"BASHPID", "\x02"},
        {"HOSTNAME", "\x01"},    {"EPOCHSECONDS", "\x02"}, {"SECONDS", "0"},
        {"LINENO", "1"},         {"BASH", "/bin/bash"},    {"BASH_VERSION", "\x03"},
        {"OSTYPE", "linux-gnu"}, {"HOSTTYPE", "\x01"},     {"MACHTYPE", "\x01"},
        {"SHLVL", "\x02"},       {"BASH_SUBSHELL", "0"},
    };
    if (machine->dialect != DIALECT_bash)
        return (struct bytes){NULL, 0};
    if (machine->root && (bytes_equal(name, BYTES("UID")) || bytes_equal(name, BYTES("EUID"))))
        return BYTES("0");
    for (size_t i = 0; i < sizeof(made_up) / sizeof(made_up[0]); i++)
        if (bytes_equal(name, bytes_of(made_up[i].name)))
            return bytes_of(made_up[i].value);
    return (struct bytes){NULL, 0};
}

/* The value of a special parameter, a positional one or a variable; at NULL when unset. */
static struct bytes parameter_value(struct machine *machine, struct bytes name)
{
    int64_t number;
    if (name.len == 1) {
        switch (name.at[0]) {
        case '?':
            return text_format(machine->arena, "%d", machine->status);
        case '#':
            return text_format(machine->arena, "%u", machine->argument_count);
        case '$':
        case '!':
            return BYTES("\x02"); /* SHELL_HOLE_number */
        case '-':
            return machine->dialect == DIALECT_bash ? BYTES("hBc") : BYTES("");
        case '*':
        case '@':
            return machine->argument_count ? arguments_join(machine, machine->arguments,
                                                            machine->argument_count, BYTES(" "))
                                           : (struct bytes){NULL, 0};
        default:
            break;
        }
    }
    if (text_integer(name, &number) && number >= 0)
        return number == 0                                  ? machine->name
               : number <= (int64_t)machine->argument_count ? machine->arguments[number - 1]
                                                            : (struct bytes){NULL, 0};
    struct bytes value = variable_get(machine, name);
    return value.at ? value : bash_value(machine, name);
}

static int64_t index_value(struct machine *machine, struct bytes index)
{
    bool unknown;
    return arithmetic_evaluate(
        machine, word_expand(machine, text_parse(machine->arena, machine->dialect, index)),
        &unknown);
}

static bool is_all(struct bytes index)
{
    return index.len == 1 && (index.at[0] == '@' || index.at[0] == '*');
}

/* The list behind $@ or ${a[@]}; false when `part` is not of that kind. */
static bool part_list(struct machine *machine, const struct word_part *part,
                      struct bytes **ret_items, uint32_t *ret_count)
{
    if (part->text.len == 1 && (part->text.at[0] == '@' || part->text.at[0] == '*')) {
        *ret_items = machine->arguments;
        *ret_count = machine->argument_count;
        return true;
    }
    if (!part->index.at || !is_all(part->index))
        return false;
    struct variable *variable = variable_find(machine, part->text);
    struct fields set = {0};
    for (uint32_t i = 0; variable && variable->elements && i < variable->element_count; i++)
        if (variable->elements[i].at)
            fields_add(machine, &set, variable->elements[i]);
    if (variable && !variable->elements)
        fields_add(machine, &set, variable->value);
    *ret_items = set.items;
    *ret_count = set.count;
    return true;
}

static struct bytes part_value(struct machine *machine, const struct word_part *part)
{
    struct bytes name = part->text;
    if (part->indirect)
        name = parameter_value(machine, name);
    if (!part->index.at || is_all(part->index))
        return parameter_value(machine, name);
    struct variable *variable = variable_find(machine, name);
    int64_t index = index_value(machine, part->index);
    if (!variable || (!variable->elements && index != 0))
        return (struct bytes){NULL, 0};
    if (!variable->elements)
        return variable->value;
    index += index < 0 ? variable->element_count : 0;
    return index >= 0 && index < variable->element_count ? variable->elements[index]
                                                         : (struct bytes){NULL, 0};
}

/* $@ and $*: each its own field, or one text with the first separator between. */
static void list_put(struct expansion *expansion, const struct word_part *part,
                     const struct bytes *items, uint32_t count)
{
    struct machine *machine = expansion->machine;
    bool star = (part->index.at ? part->index.at[0] : part->text.at[0]) == '*';
    enum expansion_flag flag = part->quoted ? FLAG_quoted : FLAG_value;
    struct bytes set = separators(machine);
    struct bytes between = !star ? BYTES(" ") : (struct bytes){set.at, set.len ? 1 : 0};
    if (expansion->single || (star && part->quoted)) {
        if (part->quoted)
            expansion_put_mark(expansion, FLAG_empty);
        expansion_put(expansion, arguments_join(machine, items, count, between), flag);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            expansion_put_mark(expansion, FLAG_break);
        if (part->quoted)
            expansion_put_mark(expansion, FLAG_empty);
        expansion_put(expansion, items[i], flag);
    }
}

/* How many bytes in front of `text` match: the longest or shortest; -1 for none. */
static int64_t prefix_match(struct machine *machine, struct bytes text, struct bytes pattern,
                            bool longest)
{
    for (size_t i = 0; i <= text.len && machine_step(machine, text.len); i++) {
        size_t length = longest ? text.len - i : i;
        if (pattern_match(pattern, (struct bytes){text.at, length}, false))
            return (int64_t)length;
    }
    return -1;
}

static int64_t suffix_match(struct machine *machine, struct bytes text, struct bytes pattern,
                            bool longest)
{
    for (size_t i = 0; i <= text.len && machine_step(machine, text.len); i++) {
        size_t start = longest ? i : text.len - i;
        if (pattern_match(pattern, bytes_from(text, start), false))
            return (int64_t)start;
    }
    return -1;
}

static struct bytes replace(struct machine *machine, struct bytes text,
                            const struct word_part *part)
{
    struct bytes pattern = word_expand_pattern(machine, part->argument);
    struct bytes with = part->second ? word_expand(machine, part->second) : BYTES("");
    struct text out = {.arena = machine->arena};
    bool done = pattern.len == 0;
    if (part->anchor == '%') {
        int64_t start = suffix_match(machine, text, pattern, true);
        if (start < 0)
            return text;
        text_add(&out, (struct bytes){text.at, (size_t)start});
        text_add(&out, with);
        return text_bytes(&out);
    }
    for (size_t i = 0; i < text.len;) {
        int64_t length = done ? -1 : prefix_match(machine, bytes_from(text, i), pattern, true);
        done |= part->anchor == '#' || (length > 0 && !part->twice) || machine_stops(machine);
        if (length > 0) {
            text_add(&out, with);
            i += (size_t)length;
        } else
            text_add_char(&out, text.at[i++]);
    }
    return text_bytes(&out);
}

static struct bytes slice(struct machine *machine, struct bytes text, const struct word_part *part)
{
    bool unknown = false;
    int64_t start = arithmetic_evaluate(machine, word_expand(machine, part->argument), &unknown);
    int64_t length = (int64_t)text.len;
    if (start < 0)
        start += (int64_t)text.len;
    if (start < 0 || start > (int64_t)text.len)
        return BYTES("");
    if (part->second) {
        length = arithmetic_evaluate(machine, word_expand(machine, part->second), &unknown);
        if (length < 0)
            length += (int64_t)text.len - start;
    }
    if (length < 0)
        return BYTES("");
    if (length > (int64_t)text.len - start)
        length = (int64_t)text.len - start;
    struct bytes before = {text.at, (size_t)(start + length)};
    if (unknown || text_has_hole(before))
        return BYTES("\x0f"); /* SHELL_HOLE_text */
    return (struct bytes){text.at + start, (size_t)length};
}

static struct bytes fold(struct machine *machine, struct bytes text, char to, bool all)
{
    struct text out = {.arena = machine->arena};
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (i == 0 || all) {
            if (to == '^' && c >= 'a' && c <= 'z')
                c = (char)(c - 32);
            else if (to == ',')
                c = ascii_lower(c);
        }
        text_add_char(&out, c);
    }
    return text_bytes(&out);
}

static struct bytes transform(struct machine *machine, struct bytes text, char how)
{
    if (how == 'U' || how == 'u')
        return fold(machine, text, '^', how == 'U');
    if (how == 'L')
        return fold(machine, text, ',', true);
    if (how != 'Q')
        return text;
    struct text out = {.arena = machine->arena};
    text_add_char(&out, '\'');
    text_add(&out, text);
    text_add_char(&out, '\'');
    return text_bytes(&out);
}

static struct bytes cut_match(struct machine *machine, struct bytes value,
                              const struct word_part *part)
{
    struct bytes pattern = word_expand_pattern(machine, part->argument);
    if (part->operation == OPERATOR_prefix) {
        int64_t length = prefix_match(machine, value, pattern, part->twice);
        return length < 0 ? value : bytes_from(value, (size_t)length);
    }
    int64_t start = suffix_match(machine, value, pattern, part->twice);
    return start < 0 ? value : (struct bytes){value.at, (size_t)start};
}

/* The operators that change a value there is. */
static struct bytes value_changed(struct machine *machine, struct bytes value,
                                  const struct word_part *part)
{
    switch (part->operation) {
    case OPERATOR_prefix:
    case OPERATOR_suffix:
        return cut_match(machine, value, part);
    case OPERATOR_replace:
        return replace(machine, value, part);
    case OPERATOR_slice:
        return slice(machine, value, part);
    case OPERATOR_case:
        return fold(machine, value, part->anchor, part->twice);
    case OPERATOR_transform:
        return transform(machine, value, part->anchor);
    default:
        return value;
    }
}

static void list_changed_put(struct expansion *expansion, const struct word_part *part,
                             const struct bytes *items, uint32_t count)
{
    struct machine *machine = expansion->machine;
    if (part->operation == OPERATOR_slice) {
        bool unknown;
        int64_t start =
            arithmetic_evaluate(machine, word_expand(machine, part->argument), &unknown);
        int64_t length =
            part->second
                ? arithmetic_evaluate(machine, word_expand(machine, part->second), &unknown)
                : count;
        if (start < 0)
            start += count; /* from the end */
        else
            start -= part->index.at ? 0 : 1; /* $@ counts from 1 */
        start = start < 0 ? 0 : start > (int64_t)count ? (int64_t)count : start;
        length = length < 0 ? 0 : length > (int64_t)count - start ? (int64_t)count - start : length;
        list_put(expansion, part, count ? items + start : items, (uint32_t)length);
        return;
    }
    struct bytes *changed = machine_take(machine, (count + 1) * sizeof(*changed));
    for (uint32_t i = 0; changed && i < count; i++)
        changed[i] = value_changed(machine, items[i], part);
    if (changed)
        list_put(expansion, part, changed, count);
}

static void length_put(struct expansion *expansion, const struct word_part *part, bool is_list,
                       uint32_t count)
{
    struct machine *machine = expansion->machine;
    enum expansion_flag flag = part->quoted ? FLAG_quoted : FLAG_value;
    struct bytes value = is_list ? BYTES("") : part_value(machine, part);
    if (text_has_hole(value))
        expansion_put(expansion, BYTES("\x02"), flag);
    else
        expansion_put(expansion, text_format(machine->arena, "%zu", is_list ? count : value.len),
                      flag);
}

static void complain_and_leave(struct machine *machine, struct bytes name, const char *what)
{
    shell_complain(machine, name, what);
    machine->status = machine->dialect != DIALECT_bash ? 2 : machine->posix ? 127 : 1;
    if (machine->flow == FLOW_none)
        machine->flow = FLOW_exit;
}

/* - = ? +: true when they settle what is written. */
static bool default_put(struct expansion *expansion, const struct word_part *part,
                        struct bytes value)
{
    struct machine *machine = expansion->machine;
    bool there = value.at && !(part->colon && value.len == 0);
    enum expansion_flag flag = part->quoted ? FLAG_quoted : FLAG_value;
    if (part->operation == OPERATOR_alternate ? !there : there)
        return part->operation == OPERATOR_alternate;
    if (part->operation == OPERATOR_error) {
        struct bytes message = word_expand(machine, part->argument);
        complain_and_leave(machine, part->text,
                           message.len
                               ? (char *)arena_copy(machine->arena, message).at
                               : (part->colon ? "parameter not set or null" : "parameter not set"));
        return true;
    }
    if (part->operation == OPERATOR_assign) {
        struct bytes made = word_expand(machine, part->argument);
        variable_set(machine, part->text, made);
        expansion_put(expansion, made, flag);
        return true;
    }
    if (part->argument) {
        size_t from = expansion->flags.len;
        parts_expand(expansion, part->argument->parts);
        for (size_t i = from; !part->quoted && i < expansion->flags.len; i++)
            if (expansion->flags.at[i] == FLAG_plain)
                expansion->flags.at[i] = FLAG_value;
    }
    return true;
}

static void names_put(struct expansion *expansion, const struct word_part *part)
{
    struct machine *machine = expansion->machine;
    bool first = true;
    for (struct variable *variable = machine->variables; variable; variable = variable->next) {
        if (variable->unset || !bytes_start(variable->name, part->text))
            continue;
        if (!first)
            expansion_put(expansion, BYTES(" "), FLAG_value);
        expansion_put(expansion, variable->name, FLAG_value);
        first = false;
    }
}

void parameter_expand(struct expansion *expansion, const struct word_part *part)
{
    struct machine *machine = expansion->machine;
    struct bytes *items;
    uint32_t count = 0;
    if (part->operation == OPERATOR_bad) {
        complain_and_leave(machine, machine->dialect == DIALECT_bash ? part->text : BYTES(""),
                           machine->dialect == DIALECT_dash  ? "Bad substitution"
                           : machine->dialect == DIALECT_ash ? "syntax error: bad substitution"
                                                             : "bad substitution");
        return;
    }
    if (part->operation == OPERATOR_names) {
        names_put(expansion, part);
        return;
    }
    bool is_list = part_list(machine, part, &items, &count);
    if (part->operation == OPERATOR_length) {
        length_put(expansion, part, is_list, count);
        return;
    }
    struct bytes value =
        is_list && count == 0 ? (struct bytes){NULL, 0} : part_value(machine, part);
    if (part->operation >= OPERATOR_default && part->operation <= OPERATOR_alternate &&
        default_put(expansion, part, value))
        return;
    if (!value.at && machine->nounset && !is_list)
        complain_and_leave(machine, part->text,
                           machine->dialect == DIALECT_bash ? "unbound variable"
                                                            : "parameter not set");
    if (is_list && !part->indirect) {
        list_changed_put(expansion, part, items, count);
        return;
    }
    value = value_changed(machine, value.at ? value : BYTES(""), part);
    if (part->quoted)
        expansion_put_mark(expansion, FLAG_empty);
    expansion_put(expansion, value, part->quoted ? FLAG_quoted : FLAG_value);
}
