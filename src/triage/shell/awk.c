/* Running an awk program. Output that hangs on holes keeps them. */
#include "triage/shell/awk.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "triage/shell/regex.h"

struct value {
    struct bytes text;
    double number;
    bool is_number; /* has no text of its own */
};

struct cell {
    struct cell *next;
    struct bytes array, name; /* array empty: a plain variable */
    struct value value;
};

enum awk_flow { AWK_FLOW_none, AWK_FLOW_next, AWK_FLOW_exit, AWK_FLOW_break, AWK_FLOW_continue };

struct awk {
    struct call *call;
    struct machine *machine;
    struct cell *cells;
    struct bytes record;
    struct fields fields;
    double count; /* NR */
    bool split;   /* the record is in `fields` */
    enum awk_flow flow;
    int status;
    struct bytes pipe; /* what "command" | getline still has to give */
    bool pipe_open;
};

static struct value evaluate(struct awk *awk, const struct awk_node *node);

static struct value of_number(double number)
{
    return (struct value){.number = number, .is_number = true};
}

static struct value of_text(struct bytes text)
{
    return (struct value){.text = text.at ? text : BYTES("")};
}

static struct bytes text_of(struct awk *awk, struct value value)
{
    if (!value.is_number)
        return value.text;
    if (value.number == trunc(value.number) && fabs(value.number) < 1e16)
        return text_format(awk->machine->arena, "%.0f", value.number);
    return text_format(awk->machine->arena, "%.6g", value.number);
}

static double number_of(struct awk *awk, struct value value)
{
    char room[48];
    if (value.is_number)
        return value.number;
    awk->machine->result->guessed |= text_has_hole(value.text);
    size_t size = value.text.len < sizeof(room) - 1 ? value.text.len : sizeof(room) - 1;
    memcpy(room, value.text.at, size);
    room[size] = 0;
    const char *at = room + strspn(room, " \t\n");
    return is_digit(*at) || strchr("+-.", *at) ? strtod(at, NULL) : 0;
}

static bool looks_numeric(struct bytes text)
{
    char room[48], *end;
    if (text.len == 0 || text.len >= sizeof(room))
        return false;
    memcpy(room, text.at, text.len);
    room[text.len] = 0;
    strtod(room, &end);
    return end != room && *end == 0 && !is_name_start(room[0]);
}

static struct cell *cell_find(struct awk *awk, struct bytes array, struct bytes name, bool make)
{
    machine_step(awk->machine, 8);
    for (struct cell *cell = awk->cells; cell; cell = cell->next)
        if (bytes_equal(cell->array, array) && bytes_equal(cell->name, name))
            return cell;
    struct cell *cell = make ? machine_take(awk->machine, sizeof(*cell)) : NULL;
    if (!cell)
        return NULL;
    *cell = (struct cell){awk->cells, array, name, of_text(BYTES(""))};
    awk->cells = cell;
    return cell;
}

static struct bytes variable_text(struct awk *awk, const char *name)
{
    struct cell *cell = cell_find(awk, BYTES(""), bytes_of(name), false);
    return cell ? text_of(awk, cell->value) : BYTES("");
}

/* `text` at `separator`, as FS and split() do. */
static void text_split(struct awk *awk, struct bytes text, struct bytes separator,
                       struct fields *out)
{
    struct machine *machine = awk->machine;
    if (bytes_equal(separator, BYTES(" "))) {
        for (size_t at = 0; at < text.len;) {
            while (at < text.len &&
                   (text.at[at] == ' ' || text.at[at] == '\t' || text.at[at] == '\n'))
                at++;
            size_t start = at;
            while (at < text.len && text.at[at] != ' ' && text.at[at] != '\t' &&
                   text.at[at] != '\n')
                at++;
            if (at > start)
                fields_add(machine, out, (struct bytes){text.at + start, at - start});
        }
        return;
    }
    if (text.len == 0)
        return;
    struct regex *regex =
        regex_compile(machine, separator, separator.len == 1 ? REGEX_fixed : REGEX_extended, false);
    struct regex_groups groups;
    size_t at = 0;
    while (regex && at <= text.len && regex_find(regex, text, at, &groups) && groups.group[0].len) {
        size_t start = (size_t)(groups.group[0].at - text.at);
        fields_add(machine, out, (struct bytes){text.at + at, start - at});
        at = start + groups.group[0].len;
    }
    fields_add(machine, out, bytes_from(text, at));
}

static void record_split(struct awk *awk)
{
    if (awk->split)
        return;
    awk->fields = (struct fields){0};
    text_split(awk, awk->record, variable_text(awk, "FS"), &awk->fields);
    awk->split = true;
}

static struct bytes field_get(struct awk *awk, int64_t index)
{
    if (index == 0)
        return awk->record;
    record_split(awk);
    if (index < 0 || index > awk->fields.count)
        return BYTES("");
    return awk->fields.items[index - 1];
}

static void field_set(struct awk *awk, int64_t index, struct bytes text)
{
    if (index == 0) {
        awk->record = text;
        awk->split = false;
        return;
    }
    record_split(awk);
    while (index > 0 && index < FIELDS && awk->fields.count < index &&
           awk->machine->flow == FLOW_none)
        fields_add(awk->machine, &awk->fields, BYTES(""));
    if (index < 1 || index > awk->fields.count)
        return;
    awk->fields.items[index - 1] = text;
    struct text out = {.arena = awk->machine->arena};
    struct bytes between = variable_text(awk, "OFS");
    for (uint32_t i = 0; i < awk->fields.count; i++) {
        if (i)
            text_add(&out, between);
        text_add(&out, awk->fields.items[i]);
    }
    awk->record = text_bytes(&out);
}

static struct value variable_value(struct awk *awk, struct bytes name)
{
    if (bytes_equal(name, BYTES("NR")) || bytes_equal(name, BYTES("FNR")))
        return of_number(awk->count);
    if (bytes_equal(name, BYTES("NF"))) {
        record_split(awk);
        return of_number(awk->fields.count);
    }
    struct cell *cell = cell_find(awk, BYTES(""), name, false);
    return cell ? cell->value : of_text(BYTES(""));
}

/* a[i,j]: the indices joined by SUBSEP. */
static struct bytes index_text(struct awk *awk, const struct awk_node *list)
{
    struct text out = {.arena = awk->machine->arena};
    if (list && !list->next)
        return text_of(awk, evaluate(awk, list));
    for (; list; list = list->next) {
        text_add(&out, text_of(awk, evaluate(awk, list)));
        if (list->next)
            text_add_char(&out, 0x1c);
    }
    return text_bytes(&out);
}

static void place_set(struct awk *awk, const struct awk_node *place, struct value value)
{
    if (place->kind == AWK_field) {
        field_set(awk, (int64_t)number_of(awk, evaluate(awk, place->a)), text_of(awk, value));
        return;
    }
    struct bytes array = place->kind == AWK_element ? place->text : BYTES("");
    struct bytes name = place->kind == AWK_element ? index_text(awk, place->a) : place->text;
    struct cell *cell = cell_find(awk, array, name, true);
    if (cell)
        cell->value = value;
}

static bool truth(struct awk *awk, struct value value)
{
    if (value.is_number)
        return value.number != 0;
    if (looks_numeric(value.text))
        return number_of(awk, value) != 0;
    return value.text.len > 0;
}

static struct regex *node_regex(struct awk *awk, const struct awk_node *node)
{
    struct bytes pattern = node->kind == AWK_regex ? node->text : text_of(awk, evaluate(awk, node));
    return regex_compile(awk->machine, pattern, REGEX_extended, false);
}

static bool node_matches(struct awk *awk, struct bytes text, const struct awk_node *node)
{
    struct regex *regex = node_regex(awk, node);
    awk->machine->result->guessed |= text_has_hole(text);
    return regex && regex_find(regex, text, 0, NULL);
}

static struct value compare(struct awk *awk, struct bytes sign, struct value a, struct value b)
{
    bool numbers = (a.is_number || looks_numeric(a.text)) && (b.is_number || looks_numeric(b.text));
    int order;
    if (numbers) {
        double x = number_of(awk, a), y = number_of(awk, b);
        order = (x > y) - (x < y);
    } else
        order = bytes_compare(text_of(awk, a), text_of(awk, b));
    if (!a.is_number)
        awk->machine->result->guessed |= text_has_hole(a.text);
    bool equal = sign.len == 2 && sign.at[1] == '=';
    switch (sign.at[0]) {
    case '<':
        return of_number(order < 0 || (equal && order == 0));
    case '>':
        return of_number(order > 0 || (equal && order == 0));
    case '!':
        return of_number(order != 0);
    default:
        return of_number(order == 0);
    }
}

static double calculate(char sign, double a, double b)
{
    switch (sign) {
    case '+':
        return a + b;
    case '-':
        return a - b;
    case '*':
        return a * b;
    case '/':
        return b != 0 ? a / b : 0;
    case '%':
        return b != 0 ? fmod(a, b) : 0;
    default:
        return pow(a, b);
    }
}

static struct value binary(struct awk *awk, const struct awk_node *node)
{
    struct bytes sign = node->text;
    if (sign.at[0] == '&')
        return of_number(truth(awk, evaluate(awk, node->a)) && truth(awk, evaluate(awk, node->b)));
    if (sign.at[0] == '|')
        return of_number(truth(awk, evaluate(awk, node->a)) || truth(awk, evaluate(awk, node->b)));
    struct value a = evaluate(awk, node->a);
    if (sign.at[0] == '~' || (sign.at[0] == '!' && sign.at[1] == '~'))
        return of_number(node_matches(awk, text_of(awk, a), node->b) == (sign.at[0] == '~'));
    struct value b = evaluate(awk, node->b);
    if (sign.at[0] == ' ') {
        struct text out = {.arena = awk->machine->arena};
        text_add(&out, text_of(awk, a));
        text_add(&out, text_of(awk, b));
        return of_text(text_bytes(&out));
    }
    if (strchr("<>=!", sign.at[0]))
        return compare(awk, sign, a, b);
    if ((!a.is_number && text_has_hole(a.text)) || (!b.is_number && text_has_hole(b.text)))
        return of_text(BYTES("\x02"));
    return of_number(calculate(sign.at[0], number_of(awk, a), number_of(awk, b)));
}

static struct value assign(struct awk *awk, const struct awk_node *node)
{
    struct value value = evaluate(awk, node->b);
    if (node->text.len == 2)
        value = of_number(calculate(node->text.at[0], number_of(awk, evaluate(awk, node->a)),
                                    number_of(awk, value)));
    place_set(awk, node->a, value);
    return value;
}

static struct bytes formatted(struct awk *awk, const struct awk_node *arguments)
{
    struct fields words = {0};
    struct machine *machine = awk->machine;
    struct text out = {.arena = machine->arena};
    for (const struct awk_node *node = arguments; node; node = node->next)
        fields_add(machine, &words, text_of(awk, evaluate(awk, node)));
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
            length =
                snprintf(room, sizeof(room), pattern, (long long)number_of(awk, of_text(word)));
        } else if (kind && strchr("xXou", kind)) {
            snprintf(pattern + size, sizeof(pattern) - size, "ll%c", kind);
            length =
                snprintf(room, sizeof(room), pattern, (long long)number_of(awk, of_text(word)));
        } else if (kind && strchr("feEgG", kind)) {
            pattern[size] = kind;
            length = snprintf(room, sizeof(room), pattern, number_of(awk, of_text(word)));
        } else if (kind == 'c') {
            double code = number_of(awk, of_text(word));
            room[0] = looks_numeric(word) ? (char)(int)fmod(fabs(code), 256)
                      : word.len          ? word.at[0]
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

static struct value substitute(struct awk *awk, const struct awk_node *arguments, bool all)
{
    static const struct awk_node zero = {.kind = AWK_number},
                                 whole = {.kind = AWK_field, .a = (struct awk_node *)&zero};
    const struct awk_node *pattern = arguments, *with = pattern ? pattern->next : NULL;
    const struct awk_node *place = with && with->next ? with->next : &whole;
    if (!with)
        return of_number(0);
    struct regex *regex = node_regex(awk, pattern);
    struct bytes replacement = text_of(awk, evaluate(awk, with)),
                 text = text_of(awk, evaluate(awk, place));
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
        place_set(awk, place, of_text(text_bytes(&out)));
    }
    return of_number(count);
}

static struct value split_call(struct awk *awk, const struct awk_node *arguments)
{
    const struct awk_node *array = arguments ? arguments->next : NULL;
    struct fields parts = {0};
    if (!array)
        return of_number(0);
    struct bytes separator = !array->next ? variable_text(awk, "FS")
                             : array->next->kind == AWK_regex
                                 ? array->next->text
                                 : text_of(awk, evaluate(awk, array->next));
    text_split(awk, text_of(awk, evaluate(awk, arguments)), separator, &parts);
    for (uint32_t i = 0; i < parts.count && awk->machine->flow == FLOW_none; i++) {
        struct cell *cell =
            cell_find(awk, array->text, text_format(awk->machine->arena, "%u", i + 1), true);
        if (cell)
            cell->value = of_text(parts.items[i]);
    }
    return of_number(parts.count);
}

static struct value substring(struct awk *awk, const struct awk_node *arguments)
{
    struct bytes text = text_of(awk, evaluate(awk, arguments));
    double from = arguments->next ? number_of(awk, evaluate(awk, arguments->next)) : 1;
    double length = arguments->next && arguments->next->next
                        ? number_of(awk, evaluate(awk, arguments->next->next))
                        : 1e9;
    double end = from + length;
    from = from < 1 ? 1 : from;
    end = end > (double)text.len + 1 ? (double)text.len + 1 : end;
    if (end <= from)
        return of_text(BYTES(""));
    if (text_has_hole(text))
        return of_text(BYTES("\x0f"));
    return of_text((struct bytes){text.at + (size_t)from - 1, (size_t)(end - from)});
}

static struct value cased(struct awk *awk, struct bytes text, bool upper)
{
    struct text out = {.arena = awk->machine->arena};
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        text_add_char(&out, upper && c >= 'a' && c <= 'z' ? (char)(c - 32)
                            : upper                       ? c
                                                          : ascii_lower(c));
    }
    return of_text(text_bytes(&out));
}

static struct value function_call(struct awk *awk, const struct awk_node *node)
{
    struct bytes name = node->text;
    const struct awk_node *first = node->a;
    if (bytes_equal(name, BYTES("split")))
        return split_call(awk, first);
    if (bytes_equal(name, BYTES("gsub")) || bytes_equal(name, BYTES("sub")))
        return substitute(awk, first, name.at[0] == 'g');
    if (bytes_equal(name, BYTES("sprintf")))
        return of_text(formatted(awk, first));
    struct bytes text = first ? text_of(awk, evaluate(awk, first)) : awk->record;
    if (bytes_equal(name, BYTES("length")))
        return text_has_hole(text) ? of_text(BYTES("\x02")) : of_number((double)text.len);
    if (!first)
        return of_number(0);
    if (bytes_equal(name, BYTES("substr")))
        return substring(awk, first);
    if (bytes_equal(name, BYTES("toupper")) || bytes_equal(name, BYTES("tolower")))
        return cased(awk, text, name.at[2] == 'u');
    if (bytes_equal(name, BYTES("int")))
        return of_number(trunc(number_of(awk, of_text(text))));
    if (bytes_equal(name, BYTES("index")) && first->next) {
        struct bytes what = text_of(awk, evaluate(awk, first->next));
        size_t at = text_find(text, 0, what);
        return of_number(at == text.len && what.len ? 0 : (double)at + 1);
    }
    if (bytes_equal(name, BYTES("match")) && first->next) {
        struct regex *regex = node_regex(awk, first->next);
        struct regex_groups groups;
        return of_number(regex && regex_find(regex, text, 0, &groups)
                             ? (double)(groups.group[0].at - text.at) + 1
                             : 0);
    }
    if (bytes_equal(name, BYTES("system")))
        return of_number(script_run_apart(
            awk->machine, awk->machine->profile == SHELL_busybox ? DIALECT_ash : DIALECT_dash, text,
            NULL, 0));
    return of_number(0);
}

/* "command" | getline: a line of what it prints. */
static struct value getline_call(struct awk *awk, const struct awk_node *node)
{
    struct machine *machine = awk->machine;
    if (!awk->pipe_open) {
        struct text *text = machine_text(machine);
        struct shell_state state = subshell_begin(machine);
        machine->fds[1] = stream_writes(machine, text);
        script_run(machine, text_of(awk, evaluate(awk, node->a)));
        subshell_end(machine, &state);
        awk->pipe = text ? text_bytes(text) : BYTES("");
        awk->pipe_open = true;
    }
    struct bytes line;
    size_t at = 0;
    if (!text_line(awk->pipe, &at, &line))
        return of_number(0);
    awk->pipe = bytes_from(awk->pipe, at);
    if (node->b)
        place_set(awk, node->b, of_text(line));
    else
        field_set(awk, 0, line);
    return of_number(1);
}

static struct value step(struct awk *awk, const struct awk_node *node)
{
    double old = number_of(awk, evaluate(awk, node->a));
    double new = old + (node->text.at[0] == '+' ? 1 : -1);
    place_set(awk, node->a, of_number(new));
    return of_number(node->b ? old : new);
}

static struct value unary(struct awk *awk, const struct awk_node *node)
{
    struct value value = evaluate(awk, node->a);
    if (node->text.at[0] == '!')
        return of_number(!truth(awk, value));
    double number = number_of(awk, value);
    return of_number(node->text.at[0] == '-' ? -number : number);
}

static struct value value_of(struct awk *awk, const struct awk_node *node)
{
    struct cell *cell;
    switch (node->kind) {
    case AWK_number:
        return of_number(node->number);
    case AWK_string:
        return of_text(node->text);
    case AWK_regex:
        return of_number(node_matches(awk, awk->record, node));
    case AWK_variable:
        return variable_value(awk, node->text);
    case AWK_element:
        cell = cell_find(awk, node->text, index_text(awk, node->a), true);
        return cell ? cell->value : of_text(BYTES(""));
    case AWK_field:
        return of_text(field_get(awk, (int64_t)number_of(awk, evaluate(awk, node->a))));
    case AWK_binary:
        return binary(awk, node);
    case AWK_unary:
        return unary(awk, node);
    case AWK_assign:
        return assign(awk, node);
    case AWK_step:
        return step(awk, node);
    case AWK_choice:
        return evaluate(awk, truth(awk, evaluate(awk, node->a)) ? node->b : node->c);
    case AWK_call:
        return function_call(awk, node);
    case AWK_in:
        return of_number(
            cell_find(awk, node->text,
                      index_text(awk, node->a->kind == AWK_group ? node->a->a : node->a),
                      false) != NULL);
    case AWK_getline:
        return getline_call(awk, node);
    case AWK_group:
        return evaluate(awk, node->a);
    default:
        return of_number(0);
    }
}

static struct value evaluate(struct awk *awk, const struct awk_node *node)
{
    if (!node || !machine_step(awk->machine, 32) || !machine_enter(awk->machine))
        return of_number(0);
    struct value value = value_of(awk, node);
    machine_leave(awk->machine);
    return value;
}

/* --- statements --- */

static void execute(struct awk *awk, const struct awk_node *node);

static void print(struct awk *awk, const struct awk_node *node)
{
    struct text out = {.arena = awk->machine->arena};
    if (node->kind == AWK_printf) {
        text_add(&out, formatted(awk, node->a));
    } else {
        struct bytes between = variable_text(awk, "OFS");
        if (!node->a)
            text_add(&out, awk->record);
        for (const struct awk_node *one = node->a; one; one = one->next) {
            text_add(&out, text_of(awk, evaluate(awk, one)));
            if (one->next)
                text_add(&out, between);
        }
        text_add(&out, variable_text(awk, "ORS"));
    }
    const char *why;
    struct text *file =
        node->b ? file_write(awk->machine, text_of(awk, evaluate(awk, node->b)), true, &why) : NULL;
    if (file)
        text_add(file, text_bytes(&out));
    else if (!node->b)
        call_put(awk->call, text_bytes(&out));
}

/* After a body: whether the loop goes on. */
static bool loop_goes_on(struct awk *awk)
{
    bool broke = awk->flow == AWK_FLOW_break;
    if (broke || awk->flow == AWK_FLOW_continue)
        awk->flow = AWK_FLOW_none;
    return !broke && awk->flow == AWK_FLOW_none && machine_step(awk->machine, 0);
}

static void for_in(struct awk *awk, const struct awk_node *node)
{
    struct fields names = {0};
    for (struct cell *cell = awk->cells; cell; cell = cell->next)
        if (bytes_equal(cell->array, node->a->text))
            fields_add(awk->machine, &names, cell->name);
    awk->machine->result->guessed |= names.count > 1; /* awk promises no order */
    for (uint32_t i = names.count; i > 0; i--) {
        struct cell *cell = cell_find(awk, BYTES(""), node->text, true);
        if (cell)
            cell->value = of_text(names.items[i - 1]);
        execute(awk, node->d);
        if (!loop_goes_on(awk))
            break;
    }
}

static void loop(struct awk *awk, const struct awk_node *node)
{
    switch (node->kind) {
    case AWK_while:
        while (truth(awk, evaluate(awk, node->a))) {
            execute(awk, node->b);
            if (!loop_goes_on(awk))
                break;
        }
        break;
    case AWK_do:
        do
            execute(awk, node->b);
        while (loop_goes_on(awk) && truth(awk, evaluate(awk, node->a)));
        break;
    default:
        if (node->a)
            evaluate(awk, node->a);
        while (!node->b || truth(awk, evaluate(awk, node->b))) {
            execute(awk, node->d);
            if (!loop_goes_on(awk))
                break;
            if (node->c)
                evaluate(awk, node->c);
        }
        break;
    }
}

static void execute(struct awk *awk, const struct awk_node *node)
{
    if (!node || awk->flow != AWK_FLOW_none || !machine_step(awk->machine, 32) ||
        !machine_enter(awk->machine))
        return;
    switch (node->kind) {
    case AWK_print:
    case AWK_printf:
        print(awk, node);
        break;
    case AWK_if:
        execute(awk, truth(awk, evaluate(awk, node->a)) ? node->b : node->c);
        break;
    case AWK_while:
    case AWK_do:
    case AWK_for:
        loop(awk, node);
        break;
    case AWK_for_in:
        for_in(awk, node);
        break;
    case AWK_next:
        awk->flow = AWK_FLOW_next;
        break;
    case AWK_exit:
        awk->status = node->a ? (int)number_of(awk, evaluate(awk, node->a)) & 255 : awk->status;
        awk->flow = AWK_FLOW_exit;
        break;
    case AWK_break:
        awk->flow = AWK_FLOW_break;
        break;
    case AWK_continue:
        awk->flow = AWK_FLOW_continue;
        break;
    case AWK_block:
        for (const struct awk_node *one = node->a; one; one = one->next)
            execute(awk, one);
        break;
    case AWK_expression:
        evaluate(awk, node->a);
        break;
    default:
        break;
    }
    machine_leave(awk->machine);
}

static void rules_run(struct awk *awk, const struct awk_rule *rules, char when)
{
    for (; rules && awk->flow == AWK_FLOW_none && awk->machine->flow == FLOW_none;
         rules = rules->next) {
        if (rules->when != when || (rules->pattern && !truth(awk, evaluate(awk, rules->pattern))))
            continue;
        if (rules->has_action)
            execute(awk, rules->action);
        else
            machine_put_format(awk->machine, 1, "%.*s\n", (int)awk->record.len, awk->record.at);
    }
}

static void content_run(struct awk *awk, const struct awk_rule *rules, struct bytes content)
{
    struct bytes line;
    for (size_t at = 0; text_line(content, &at, &line) && awk->flow != AWK_FLOW_exit &&
                        awk->machine->flow == FLOW_none;) {
        while (line.len && line.at[0] == SHELL_HOLE_lines) {
            call_put(awk->call, BYTES("\x04"));
            line = bytes_from(line, 1);
            if (line.len == 0 && at >= content.len)
                return;
        }
        awk->record = line;
        awk->split = false;
        awk->count++;
        awk->flow = AWK_FLOW_none;
        rules_run(awk, rules, 0);
        if (awk->flow != AWK_FLOW_exit)
            awk->flow = AWK_FLOW_none;
    }
}

static void variable_give(struct awk *awk, struct bytes assignment)
{
    size_t equals = text_find(assignment, 0, BYTES("="));
    struct cell *cell = cell_find(awk, BYTES(""), (struct bytes){assignment.at, equals}, true);
    if (cell)
        cell->value = of_text(bytes_from(assignment, equals + 1));
}

static int unknown_program(struct call *call)
{
    call->machine->result->guessed = true;
    call_put(call, BYTES("\x0f"));
    return 0;
}

int awk_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(call, "+F:v:f:", "field-separator=F assign=v");
    struct awk awk = {.call = call, .machine = machine, .record = BYTES("")};
    struct awk_rule *rules;
    if (arguments.failed || arguments.operand_count == 0)
        return 2;
    variable_give(&awk, BYTES("FS= "));
    variable_give(&awk, BYTES("OFS= "));
    variable_give(&awk, BYTES("ORS=\n"));
    variable_give(&awk, BYTES("SUBSEP=\x1c"));
    if (arguments.count['F'])
        variable_give(&awk, text_format(machine->arena, "FS=%.*s", (int)arguments.value['F'].len,
                                        bytes_equal(arguments.value['F'], BYTES("\\t"))
                                            ? "\t"
                                            : arguments.value['F'].at));
    for (uint32_t i = 1; i + 1 < call->count; i++)
        if (bytes_equal(call->words[i], BYTES("-v")))
            variable_give(&awk, call->words[i + 1]);
    if (!awk_parse(machine, arguments.operands[0], &rules))
        return unknown_program(call);
    rules_run(&awk, rules, 'B');
    bool reads = false;
    for (const struct awk_rule *rule = rules; rule; rule = rule->next)
        reads |= rule->when != 'B';
    for (uint32_t i = 1; reads && i < arguments.operand_count; i++) {
        struct bytes content;
        if (file_read(machine, call->name, arguments.operands[i], &content))
            content_run(&awk, rules, content);
        else
            awk.status = 2;
    }
    if (reads && arguments.operand_count == 1 && awk.flow != AWK_FLOW_exit)
        content_run(&awk, rules, machine_read(machine, 0));
    if (awk.flow != AWK_FLOW_exit)
        rules_run(&awk, rules, 'E');
    return awk.status;
}
