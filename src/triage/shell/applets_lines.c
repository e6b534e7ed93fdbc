/* Tools that work line by line or on words: sort, uniq, cut, paste, seq, yes, basename, dirname. */
#include <stdio.h>
#include <stdlib.h>

#include "triage/shell/call.h"

static struct fields lines_of(struct call *call, struct bytes content)
{
    struct fields lines = {0};
    struct bytes line;
    for (size_t at = 0; text_line(content, &at, &line);)
        fields_add(call->machine, &lines, line);
    return lines;
}

static void line_put(struct call *call, struct bytes line)
{
    call_put(call, line);
    if (!(line.len && line.at[line.len - 1] == SHELL_HOLE_lines))
        call_put(call, BYTES("\n"));
}

/* --- sort --- */

struct sort_order {
    bool numeric, reverse, fold;
    char separator; /* 0: blanks */
    int64_t key;    /* 1-based field; 0: the whole line */
    int64_t key_end;
};

/* qsort has no context; the order of the run is kept with every line instead. */
struct sort_line {
    struct bytes line;
    const struct sort_order *order;
    size_t index;
};

static struct bytes sort_key(struct bytes line, const struct sort_order *order)
{
    size_t at = 0;
    for (int64_t field = 1; field < order->key && at < line.len; field++) {
        if (order->separator) {
            at = text_find(line, at, (struct bytes){&order->separator, 1}) + 1;
            continue;
        }
        while (at < line.len && line.at[at] == ' ')
            at++;
        while (at < line.len && line.at[at] != ' ')
            at++;
    }
    return bytes_from(line, at);
}

static double leading_number(struct bytes text)
{
    char room[64];
    size_t start = 0;
    while (start < text.len && text.at[start] == ' ')
        start++;
    text = bytes_from(text, start);
    size_t size = text.len < sizeof(room) - 1 ? text.len : sizeof(room) - 1;
    if (size == 0 || !(is_digit(text.at[0]) || text.at[0] == '-' || text.at[0] == '.'))
        return 0;
    memcpy(room, text.at, size);
    room[size] = 0;
    return strtod(room, NULL);
}

static int fold_compare(struct bytes a, struct bytes b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++)
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
            return (unsigned char)ascii_lower(a.at[i]) - (unsigned char)ascii_lower(b.at[i]);
    return (a.len > b.len) - (a.len < b.len);
}

static int lines_compare(const void *left, const void *right)
{
    const struct sort_line *a = left, *b = right;
    const struct sort_order *order = a->order;
    struct bytes key_a = sort_key(a->line, order), key_b = sort_key(b->line, order);
    int result;
    if (order->numeric) {
        double x = leading_number(key_a), y = leading_number(key_b);
        result = (x > y) - (x < y);
    } else
        result = order->fold ? fold_compare(key_a, key_b) : bytes_compare(key_a, key_b);
    if (result == 0)
        result = bytes_compare(a->line, b->line);
    if (result == 0)
        return (a->index > b->index) - (a->index < b->index);
    return order->reverse ? -result : result;
}

static struct sort_order sort_order_of(const struct arguments *arguments)
{
    struct sort_order order = {
        .numeric = arguments->count['n'] || arguments->count['g'] || arguments->count['h'],
        .reverse = arguments->count['r'] > 0,
        .fold = arguments->count['f'] > 0,
    };
    struct bytes key = arguments->value['k'];
    if (arguments->count['t'] && arguments->value['t'].len)
        order.separator = arguments->value['t'].at[0];
    for (size_t i = 0; i < key.len && is_digit(key.at[i]) && order.key < 1000; i++)
        order.key = order.key * 10 + (key.at[i] - '0');
    for (size_t i = 0; i < key.len; i++) {
        order.numeric |= key.at[i] == 'n';
        order.reverse |= key.at[i] == 'r';
        order.fold |= key.at[i] == 'f';
    }
    return order;
}

static int sort_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments =
        arguments_parse(call, "nrufghbdisVk:t:o:mcS:T:z",
                        "numeric-sort=n reverse=r unique=u key=k field-separator=t ignore-case=f");
    struct sort_order order = sort_order_of(&arguments);
    struct text whole = {.arena = machine->arena};
    if (arguments.failed)
        return 2;
    for (uint32_t i = 0; i < call_inputs(&arguments); i++) {
        struct bytes content;
        if (!call_input(call, &arguments, i, &content))
            return 2;
        text_add(&whole, content);
        if (content.len && content.at[content.len - 1] != '\n' &&
            content.at[content.len - 1] != SHELL_HOLE_lines)
            text_add_char(&whole, '\n');
    }
    struct fields lines = lines_of(call, text_bytes(&whole));
    for (uint32_t i = 0; i < lines.count; i++)
        if (memchr(lines.items[i].at, SHELL_HOLE_lines, lines.items[i].len) ||
            (lines.items[i].len && shell_is_hole(lines.items[i].at[0]))) {
            call_put(call, BYTES("\x04")); /* among unknown lines nothing has its place */
            return 0;
        }
    struct sort_line *sorted = machine_take(machine, (lines.count + 1) * sizeof(*sorted));
    if (!sorted)
        return 2;
    for (uint32_t i = 0; i < lines.count; i++)
        sorted[i] = (struct sort_line){lines.items[i], &order, i};
    if (lines.count > 1)
        qsort(sorted, lines.count, sizeof(*sorted), lines_compare);
    for (uint32_t i = 0; i < lines.count; i++)
        if (!arguments.count['u'] || i == 0 || !bytes_equal(sorted[i].line, sorted[i - 1].line))
            line_put(call, sorted[i].line);
    return 0;
}

static int uniq_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments =
        arguments_parse(call, "cdiuf:s:w:z", "count=c repeated=d unique=u ignore-case=i");
    struct bytes content;
    if (arguments.failed || !call_input(call, &arguments, 0, &content))
        return 1;
    struct fields lines = lines_of(call, content);
    for (uint32_t i = 0, end; i < lines.count; i = end) {
        for (end = i + 1;
             end < lines.count &&
             (arguments.count['i'] ? fold_compare(lines.items[i], lines.items[end]) == 0
                                   : bytes_equal(lines.items[i], lines.items[end]));
             end++)
            ;
        if ((arguments.count['d'] && end - i < 2) || (arguments.count['u'] && end - i > 1))
            continue;
        if (arguments.count['c'])
            machine_put_format(machine, 1, "%7u ", end - i);
        line_put(call, lines.items[i]);
    }
    return 0;
}

/* --- cut --- */

struct cut_list {
    struct {
        int64_t first, last;
    } ranges[16];
    uint32_t count;
};

static bool cut_list_read(struct bytes text, struct cut_list *list)
{
    while (text.len && list->count < 16) {
        size_t end = text_find(text, 0, BYTES(","));
        struct bytes one = {text.at, end};
        size_t dash = text_find(one, 0, BYTES("-"));
        int64_t first = 1, last = INT64_MAX;
        if (dash > 0 && !text_integer((struct bytes){one.at, dash}, &first))
            return false;
        if (dash == one.len)
            last = first;
        else if (dash + 1 < one.len && !text_integer(bytes_from(one, dash + 1), &last))
            return false;
        list->ranges[list->count].first = first;
        list->ranges[list->count++].last = last;
        text = bytes_from(text, end + 1);
    }
    return list->count > 0;
}

static bool cut_has(const struct cut_list *list, int64_t number)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (number >= list->ranges[i].first && number <= list->ranges[i].last)
            return true;
    return false;
}

static void cut_characters(const struct cut_list *list, struct bytes line, struct text *out)
{
    for (size_t i = 0; i < line.len; i++) {
        if (shell_is_hole(line.at[i])) {
            text_add_char(out, SHELL_HOLE_line);
            return;
        }
        if (cut_has(list, (int64_t)i + 1))
            text_add_char(out, line.at[i]);
    }
}

static void cut_fields(const struct cut_list *list, struct bytes line, char separator, bool only,
                       struct text *out)
{
    struct bytes mark = {&separator, 1};
    bool first = true;
    if (text_find(line, 0, mark) == line.len) {
        if (!only || text_has_hole(line))
            text_add(out, line);
        return;
    }
    int64_t number = 1;
    bool unknown = false;
    for (size_t at = 0; at <= line.len && !unknown; number++) {
        size_t end = text_find(line, at, mark);
        struct bytes field = {line.at + at, end - at};
        unknown = memchr(field.at, SHELL_HOLE_line, field.len) ||
                  memchr(field.at, SHELL_HOLE_text, field.len);
        if (cut_has(list, number)) {
            if (!first)
                text_add_char(out, separator);
            text_add(out, field);
            first = false;
        }
        at = end + 1;
    }
    if (unknown && !cut_has(list, number - 1))
        text_add_char(out, SHELL_HOLE_line);
}

static int cut_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(
        call, "d:f:c:b:sn", "delimiter=d fields=f characters=c bytes=b only-delimited=s");
    struct cut_list list = {0};
    char separator =
        arguments.count['d'] && arguments.value['d'].len ? arguments.value['d'].at[0] : '\t';
    bool by_field = arguments.count['f'] > 0;
    struct bytes spec = by_field               ? arguments.value['f']
                        : arguments.count['c'] ? arguments.value['c']
                                               : arguments.value['b'];
    if (arguments.failed)
        return 1;
    if (!spec.len || !cut_list_read(spec, &list)) {
        machine_put_format(machine, 2,
                           "cut: you must specify a list of bytes, characters, or fields\n%c",
                           SHELL_HOLE_lines);
        return 1;
    }
    int status = 0;
    for (uint32_t i = 0; i < call_inputs(&arguments); i++) {
        struct bytes content, line;
        if (!call_input(call, &arguments, i, &content)) {
            status = 1;
            continue;
        }
        for (size_t at = 0; text_line(content, &at, &line) && machine->flow == FLOW_none;) {
            struct text out = {.arena = machine->arena};
            bool among = line.len && line.at[0] == SHELL_HOLE_lines;
            while (line.len && line.at[0] == SHELL_HOLE_lines)
                line = bytes_from(line, 1);
            if (among)
                call_put(call, BYTES("\x04"));
            if (among && line.len == 0)
                continue;
            if (by_field)
                cut_fields(&list, line, separator, arguments.count['s'], &out);
            else
                cut_characters(&list, line, &out);
            text_add_char(&out, '\n');
            call_put(call, text_bytes(&out));
        }
    }
    return status;
}

static int paste_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(call, "sd:", "serial=s delimiters=d");
    char separator =
        arguments.count['d'] && arguments.value['d'].len ? arguments.value['d'].at[0] : '\t';
    struct fields columns[8];
    uint32_t count = call_inputs(&arguments) < 8 ? call_inputs(&arguments) : 8, rows = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct bytes content;
        if (!call_input(call, &arguments, i, &content))
            return 1;
        columns[i] = lines_of(call, content);
        rows = columns[i].count > rows ? columns[i].count : rows;
        for (uint32_t j = 0; arguments.count['s'] && j < columns[i].count; j++) {
            call_put(call, columns[i].items[j]);
            call_put(call, j + 1 < columns[i].count ? (struct bytes){&separator, 1} : BYTES("\n"));
        }
    }
    for (uint32_t row = 0; !arguments.count['s'] && row < rows && machine_step(machine, 16); row++)
        for (uint32_t i = 0; i < count; i++) {
            if (row < columns[i].count)
                call_put(call, columns[i].items[row]);
            call_put(call, i + 1 < count ? (struct bytes){&separator, 1} : BYTES("\n"));
        }
    return 0;
}

/* --- seq, yes --- */

static bool decimal_read(struct bytes text, double *ret_value, int *precision)
{
    char room[40], *end;
    if (text.len == 0 || text.len >= sizeof(room))
        return false;
    memcpy(room, text.at, text.len);
    room[text.len] = 0;
    *ret_value = strtod(room, &end);
    const char *dot = strchr(room, '.');
    int digits = dot ? (int)(room + text.len - dot - 1) : 0;
    *precision = digits > *precision ? digits : *precision;
    return *end == 0;
}

static int seq_applet(struct call *call)
{
    struct machine *machine = call->machine;
    double values[3] = {1, 1, 1};
    int precision = 0;
    uint32_t count = 0;
    struct bytes separator = BYTES("\n");
    bool equal = false;
    for (uint32_t i = 1; i < call->count; i++) {
        struct bytes word = call->words[i];
        if (bytes_start(word, BYTES("-s")) || bytes_start(word, BYTES("-f"))) {
            struct bytes value = word.len > 2          ? bytes_from(word, 2)
                                 : i + 1 < call->count ? call->words[++i]
                                                       : BYTES("");
            separator = word.at[1] == 's' ? value : separator;
        } else if (bytes_equal(word, BYTES("-w")))
            equal = true;
        else if (count < 3 && decimal_read(word, &values[count], &precision))
            count++;
        else
            return call_fail(call, word, "invalid floating point argument", 1);
    }
    if (count == 0)
        return call_fail(call, BYTES("missing operand"), "", 1);
    double first = count > 1 ? values[0] : 1, last = values[count - 1],
           step = count > 2 ? values[1] : 1;
    int width =
        equal ? snprintf(NULL, 0, "%.*f", precision, first < 0 || last < first ? first : last) : 0;
    struct text out = {.arena = machine->arena};
    for (double i = 0; !out.full && step != 0; i++) {
        double value = first + i * step;
        if (step > 0 ? value > last + 1e-9 : value < last - 1e-9)
            break;
        if (i > 0)
            text_add(&out, separator);
        text_add_format(&out, "%0*.*f", width, precision, value);
    }
    if (out.len)
        text_add_char(&out, '\n');
    machine_step(machine, out.len + 1);
    call_put(call, text_bytes(&out));
    return 0;
}

static int yes_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct text line = {.arena = machine->arena}, out = {.arena = machine->arena};
    for (uint32_t i = 1; i < call->count; i++) {
        if (i > 1)
            text_add_char(&line, ' ');
        text_add(&line, call->words[i]);
    }
    if (call->count == 1)
        text_add_char(&line, 'y');
    text_add_char(&line, '\n');
    while (!out.full)
        text_add(&out, text_bytes(&line));
    machine_step(machine, out.len);
    call_put(call, text_bytes(&out));
    return 1;
}

static int basename_applet(struct call *call)
{
    if (call->count < 2)
        return call_fail(call, BYTES("missing operand"), "", 1);
    struct bytes path = call->words[1];
    while (path.len > 1 && path.at[path.len - 1] == '/')
        path.len--;
    struct bytes name = path.len == 1 ? path : bytes_base_name(path);
    if (call->count > 2 && bytes_end(name, call->words[2]) && name.len > call->words[2].len)
        name.len -= call->words[2].len;
    line_put(call, name);
    return 0;
}

static int dirname_applet(struct call *call)
{
    if (call->count < 2)
        return call_fail(call, BYTES("missing operand"), "", 1);
    struct bytes path = call->words[1];
    while (path.len > 1 && path.at[path.len - 1] == '/')
        path.len--;
    while (path.len && path.at[path.len - 1] != '/')
        path.len--;
    while (path.len > 1 && path.at[path.len - 1] == '/')
        path.len--;
    line_put(call, path.len ? path : BYTES("."));
    return 0;
}

static const struct applet applets[] = {
    {"sort", sort_applet, 0},         {"uniq", uniq_applet, 0},       {"cut", cut_applet, 0},
    {"paste", paste_applet, 0},       {"seq", seq_applet, 0},         {"yes", yes_applet, 0},
    {"basename", basename_applet, 0}, {"dirname", dirname_applet, 0},
};

const struct applet_table applets_lines = APPLET_TABLE(applets);
