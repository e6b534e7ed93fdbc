/* Functions of awk: printf and sprintf, split, sub, gsub, substr, system … and getline. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "triage/shell/awk_run.h"

struct bytes awk_formatted(struct awk *awk, const struct awk_node *arguments)
{
    struct fields words = {0};
    struct machine *machine = awk->machine;
    struct text out = {.arena = machine->arena};
    for (const struct awk_node *node = arguments; node; node = node->next)
        fields_add(machine, &words, awk_text_of(awk, awk_evaluate(awk, node)));
    struct bytes format = words.count ? words.items[0] : BYTES("");
    uint32_t next = 1;
    for (size_t i = 0; i < format.len; i++) {
        if (format.at[i] != '%' || i + 1 == format.len || format.at[i + 1] == '%') {
            text_add_char(&out, format.at[i]);
            i += format.at[i] == '%' && i + 1 < format.len;
            continue;
        }
        char pattern[32] = "%", room[256];
        size_t size = 1;
        for (i++;
             i < format.len && size < 24 && format.at[i] && strchr("-+ #0123456789.", format.at[i]);
             i++)
            pattern[size++] = format.at[i];
        char kind = i < format.len ? format.at[i] : 0;
        struct bytes word = next < words.count ? words.items[next++] : BYTES("");
        int length = 0;
        if (atoi(pattern + 1 + strspn(pattern + 1, "-+ #0")) > 200 || text_has_hole(word)) {
            text_add(&out, word.len ? word : BYTES(""));
            continue;
        }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        if (kind == 'd' || kind == 'i') {
            memcpy(pattern + size, "lld", 4);
            length = snprintf(room, sizeof(room), pattern,
                              (long long)awk_number_of(awk, awk_of_text(word)));
        } else if (kind && strchr("xXou", kind)) {
            snprintf(pattern + size, sizeof(pattern) - size, "ll%c", kind);
            length = snprintf(room, sizeof(room), pattern,
                              (long long)awk_number_of(awk, awk_of_text(word)));
        } else if (kind && strchr("feEgG", kind)) {
            pattern[size] = kind;
            length = snprintf(room, sizeof(room), pattern, awk_number_of(awk, awk_of_text(word)));
        } else if (kind == 'c') {
            double code = awk_number_of(awk, awk_of_text(word));
            room[0] = awk_looks_numeric(word) ? (char)(int)fmod(fabs(code), 256)
                      : word.len              ? word.at[0]
                                              : 0;
            length = room[0] != 0;
        } else if (kind == 's') {
            pattern[size] = 's';
            const char *copy = arena_copy(machine->arena, word).at;
            length = snprintf(room, sizeof(room), pattern, copy ? copy : "");
            if (length >= (int)sizeof(room)) {
                text_add(&out, word);
                continue;
            }
        }
#pragma GCC diagnostic pop
        text_add(&out, (struct bytes){
                           room, length > 0 && length < (int)sizeof(room) ? (size_t)length : 0});
    }
    return text_bytes(&out);
}

static struct awk_value substitute(struct awk *awk, const struct awk_node *arguments, bool all)
{
    static const struct awk_node zero = {.kind = AWK_number},
                                 whole = {.kind = AWK_field, .a = (struct awk_node *)&zero};
    const struct awk_node *pattern = arguments, *with = pattern ? pattern->next : NULL;
    const struct awk_node *place = with && with->next ? with->next : &whole;
    if (!with)
        return awk_of_number(0);
    struct regex *regex = awk_node_regex(awk, pattern);
    struct bytes replacement = awk_text_of(awk, awk_evaluate(awk, with)),
                 text = awk_text_of(awk, awk_evaluate(awk, place));
    struct text out = {.arena = awk->machine->arena};
    struct regex_groups groups;
    double count = 0;
    size_t at = 0;
    while (regex && at <= text.len && (all || count == 0) && regex_find(regex, text, at, &groups)) {
        size_t start = (size_t)(groups.group[0].at - text.at);
        text_add(&out, (struct bytes){text.at + at, start - at});
        replacement_put(&out, replacement, &groups);
        at = start + groups.group[0].len;
        if (groups.group[0].len == 0 && at < text.len)
            text_add_char(&out, text.at[at]);
        at += groups.group[0].len == 0;
        count++;
    }
    if (count > 0 &&
        (place->kind == AWK_variable || place->kind == AWK_element || place->kind == AWK_field)) {
        text_add(&out, bytes_from(text, at));
        awk_place_set(awk, place, awk_of_text(text_bytes(&out)));
    }
    return awk_of_number(count);
}

static struct awk_value split_call(struct awk *awk, const struct awk_node *arguments)
{
    const struct awk_node *array = arguments ? arguments->next : NULL;
    struct fields parts = {0};
    if (!array)
        return awk_of_number(0);
    struct bytes separator = !array->next ? awk_variable_text(awk, "FS")
                             : array->next->kind == AWK_regex
                                 ? array->next->text
                                 : awk_text_of(awk, awk_evaluate(awk, array->next));
    awk_text_split(awk, awk_text_of(awk, awk_evaluate(awk, arguments)), separator, &parts);
    for (uint32_t i = 0; i < parts.count && awk->machine->flow == FLOW_none; i++) {
        struct awk_cell *cell =
            awk_cell_find(awk, array->text, text_format(awk->machine->arena, "%u", i + 1), true);
        if (cell)
            cell->value = awk_of_text(parts.items[i]);
    }
    return awk_of_number(parts.count);
}

static struct awk_value substring(struct awk *awk, const struct awk_node *arguments)
{
    struct bytes text = awk_text_of(awk, awk_evaluate(awk, arguments));
    double from = arguments->next ? awk_number_of(awk, awk_evaluate(awk, arguments->next)) : 1;
    double length = arguments->next && arguments->next->next
                        ? awk_number_of(awk, awk_evaluate(awk, arguments->next->next))
                        : 1e9;
    double end = from + length;
    from = from < 1 ? 1 : from;
    end = end > (double)text.len + 1 ? (double)text.len + 1 : end;
    if (end <= from)
        return awk_of_text(BYTES(""));
    if (text_has_hole(text))
        return awk_of_text(BYTES("\x0f"));
    return awk_of_text((struct bytes){text.at + (size_t)from - 1, (size_t)(end - from)});
}

static struct awk_value cased(struct awk *awk, struct bytes text, bool upper)
{
    struct text out = {.arena = awk->machine->arena};
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        text_add_char(&out, upper && c >= 'a' && c <= 'z' ? (char)(c - 32)
                            : upper                       ? c
                                                          : ascii_lower(c));
    }
    return awk_of_text(text_bytes(&out));
}

struct awk_value awk_function_call(struct awk *awk, const struct awk_node *node)
{
    struct bytes name = node->text;
    const struct awk_node *first = node->a;
    if (bytes_equal(name, BYTES("split")))
        return split_call(awk, first);
    if (bytes_equal(name, BYTES("gsub")) || bytes_equal(name, BYTES("sub")))
        return substitute(awk, first, name.at[0] == 'g');
    if (bytes_equal(name, BYTES("sprintf")))
        return awk_of_text(awk_formatted(awk, first));
    struct bytes text = first ? awk_text_of(awk, awk_evaluate(awk, first)) : awk->record;
    if (bytes_equal(name, BYTES("length")))
        return text_has_hole(text) ? awk_of_text(BYTES("\x02")) : awk_of_number((double)text.len);
    if (!first)
        return awk_of_number(0);
    if (bytes_equal(name, BYTES("substr")))
        return substring(awk, first);
    if (bytes_equal(name, BYTES("toupper")) || bytes_equal(name, BYTES("tolower")))
        return cased(awk, text, name.at[2] == 'u');
    if (bytes_equal(name, BYTES("int")))
        return awk_of_number(trunc(awk_number_of(awk, awk_of_text(text))));
    if (bytes_equal(name, BYTES("index")) && first->next) {
        struct bytes what = awk_text_of(awk, awk_evaluate(awk, first->next));
        size_t at = text_find(text, 0, what);
        return awk_of_number(at == text.len && what.len ? 0 : (double)at + 1);
    }
    if (bytes_equal(name, BYTES("match")) && first->next) {
        struct regex *regex = awk_node_regex(awk, first->next);
        struct regex_groups groups;
        return awk_of_number(regex && regex_find(regex, text, 0, &groups)
                                 ? (double)(groups.group[0].at - text.at) + 1
                                 : 0);
    }
    if (bytes_equal(name, BYTES("system")))
        return awk_of_number(script_run_apart(
            awk->machine, awk->machine->profile == SHELL_busybox ? DIALECT_ash : DIALECT_dash, text,
            NULL, 0));
    return awk_of_number(0);
}

/* "command" | getline: a line of what it prints. */
struct awk_value awk_getline_call(struct awk *awk, const struct awk_node *node)
{
    struct machine *machine = awk->machine;
    if (!awk->pipe_open) {
        struct text *text = machine_text(machine);
        struct shell_state state = subshell_begin(machine);
        machine->fds[1] = stream_writes(machine, text);
        script_run(machine, awk_text_of(awk, awk_evaluate(awk, node->a)));
        subshell_end(machine, &state);
        awk->pipe = text ? text_bytes(text) : BYTES("");
        awk->pipe_open = true;
    }
    struct bytes line;
    size_t at = 0;
    if (!text_line(awk->pipe, &at, &line))
        return awk_of_number(0);
    awk->pipe = bytes_from(awk->pipe, at);
    if (node->b)
        awk_place_set(awk, node->b, awk_of_text(line));
    else
        awk_field_set(awk, 0, line);
    return awk_of_number(1);
}
