/* Tools that pass text on whole: cat, tac, rev, tr, wc, head, tail, nl, fold, tee. */
#include "triage/shell/call.h"

/* Each input through `work`; the status is that of the worst. */
static int each_input(struct call *call, const struct arguments *arguments,
                      void (*work)(struct call *, const struct arguments *, struct bytes))
{
    int status = 0;
    if (arguments->failed)
        return 1;
    for (uint32_t i = 0; i < call_inputs(arguments) && call->machine->flow == FLOW_none; i++) {
        struct bytes content;
        if (call_input(call, arguments, i, &content))
            work(call, arguments, content);
        else
            status = 1;
    }
    return status;
}

static bool ends_in_line_end(struct bytes text)
{
    return text.len > 0 &&
           (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == SHELL_HOLE_lines);
}

struct numbering {
    struct call *call;
    uint64_t next;
    bool unknown; /* after lines nobody can count */
};

static void number_put(struct numbering *numbering)
{
    if (numbering->unknown)
        machine_put_format(numbering->call->machine, 1, "%c%c\t", SHELL_HOLE_blank,
                           SHELL_HOLE_number);
    else
        machine_put_format(numbering->call->machine, 1, "%6llu\t",
                           (unsigned long long)numbering->next++);
}

static void cat_work(struct call *call, const struct arguments *arguments, struct bytes content)
{
    struct numbering numbering = {.call = call, .next = 1};
    bool number = arguments->count['n'] || arguments->count['b'],
         ends = arguments->count['E'] || arguments->count['A'];
    if (!number && !ends && !arguments->count['v']) {
        call_put(call, content);
        return;
    }
    size_t at = 0;
    struct bytes line;
    while (text_line(content, &at, &line)) {
        bool last = at > content.len;
        if (line.len && line.at[0] == SHELL_HOLE_lines) {
            numbering.unknown = true;
            call_put(call, BYTES("\x04"));
            line = bytes_from(line, 1);
            if (line.len == 0 && last)
                return;
        }
        if (number && (line.len || !arguments->count['b']))
            number_put(&numbering);
        call_put(call, line);
        if (!last)
            call_put(call, ends ? BYTES("$\n") : BYTES("\n"));
    }
}

static int cat_applet(struct call *call)
{
    struct arguments arguments = arguments_parse(
        call, "nbETAvesut",
        "number=n show-ends=E show-all=A show-tabs=T number-nonblank=b squeeze-blank=s");
    return each_input(call, &arguments, cat_work);
}

static int nl_applet(struct call *call)
{
    struct arguments arguments = arguments_parse(call, "b:w:s:v:n:i:", "");
    if (!arguments.count['b'] || !bytes_start(arguments.value['b'], BYTES("a")))
        arguments.count['b'] = 1;
    else
        arguments.count['b'] = 0;
    arguments.count['n'] = 1;
    return each_input(call, &arguments, cat_work);
}

/* --- head and tail --- */

struct amount {
    int64_t value;
    bool bytes, from_start, all_but; /* tail +N, head -n -N */
};

static struct amount amount_of(const struct arguments *arguments)
{
    struct amount amount = {.value = 10, .bytes = arguments->count['c'] > 0};
    struct bytes text = arguments->count['c']   ? arguments->value['c']
                        : arguments->count['n'] ? arguments->value['n']
                        : arguments->count['0'] ? arguments->value['0']
                                                : BYTES("10");
    if (text.len && (text.at[0] == '+' || text.at[0] == '-')) {
        amount.from_start = text.at[0] == '+';
        amount.all_but = text.at[0] == '-';
        text = bytes_from(text, 1);
    }
    if (!number_read(text, &amount.value) || amount.value < 0)
        amount.value = 10;
    return amount;
}

/* Where the first `lines` lines end; *ret_open when that lies among lines nobody can count. */
static size_t lines_end(struct bytes text, int64_t lines, bool *ret_open)
{
    *ret_open = false;
    for (size_t i = 0; i < text.len; i++) {
        if (lines <= 0)
            return i;
        if (text.at[i] == SHELL_HOLE_lines || text.at[i] == SHELL_HOLE_text) {
            *ret_open = true;
            return i;
        }
        lines -= text.at[i] == '\n';
    }
    return text.len;
}

static int64_t line_count(struct bytes text)
{
    int64_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == '\n';
    return count + (text.len > 0 && text.at[text.len - 1] != '\n');
}

static void head_work(struct call *call, const struct arguments *arguments, struct bytes content)
{
    struct amount amount = amount_of(arguments);
    bool open = false;
    if (amount.bytes) {
        size_t most = (uint64_t)amount.value < content.len ? (size_t)amount.value : content.len;
        if (amount.all_but)
            most = content.len - most;
        for (size_t i = 0; i < most; i++)
            if (shell_is_hole(content.at[i])) {
                call_put(call, (struct bytes){content.at, i});
                call_put(call, BYTES("\x0f"));
                return;
            }
        call_put(call, (struct bytes){content.at, most});
        return;
    }
    if (amount.all_but)
        amount.value = line_count(content) - amount.value;
    size_t end = lines_end(content, amount.value, &open);
    call_put(call, (struct bytes){content.at, end});
    if (open)
        call_put(call, content.at[end] == SHELL_HOLE_lines ? BYTES("\x04") : BYTES("\x0f"));
}

static void tail_lines(struct call *call, struct bytes content, int64_t lines)
{
    size_t start = content.len;
    if (lines <= 0)
        return;
    if (ends_in_line_end(content) && content.at[content.len - 1] == '\n')
        start--;
    while (start > 0) {
        char c = content.at[start - 1];
        if (c == SHELL_HOLE_lines || c == SHELL_HOLE_text) {
            call_put(call, c == SHELL_HOLE_text                 ? BYTES("\x0f")
                           : lines == 1 && start == content.len ? BYTES("\x03\n")
                                                                : BYTES("\x04"));
            break;
        }
        if (c == '\n' && --lines == 0)
            break;
        start--;
    }
    call_put(call, bytes_from(content, start));
}

static void tail_work(struct call *call, const struct arguments *arguments, struct bytes content)
{
    struct amount amount = amount_of(arguments);
    bool open = false;
    if (amount.bytes) {
        size_t skip = (uint64_t)amount.value < content.len ? content.len - (size_t)amount.value : 0;
        if (amount.from_start)
            skip = amount.value > 0 ? (size_t)amount.value - 1 : 0;
        call_put(call, text_has_hole(content) ? BYTES("\x0f") : bytes_from(content, skip));
        return;
    }
    if (!amount.from_start) {
        tail_lines(call, content, amount.value);
        return;
    }
    size_t start = lines_end(content, amount.value - 1, &open);
    call_put(call, bytes_from(content, start));
}

static int head_or_tail(struct call *call, const char *letters,
                        void (*work)(struct call *, const struct arguments *, struct bytes))
{
    struct arguments arguments =
        arguments_parse(call, letters, "lines=n bytes=c quiet=q silent=q verbose=v follow=f");
    struct machine *machine = call->machine;
    int status = 0;
    if (arguments.failed)
        return 1;
    for (uint32_t i = 0; i < call_inputs(&arguments) && machine->flow == FLOW_none; i++) {
        struct bytes content;
        if (!call_input(call, &arguments, i, &content)) {
            status = 1;
            continue;
        }
        if (arguments.operand_count > 1 && !arguments.count['q'])
            machine_put_format(machine, 1, "%s==> %.*s <==\n", i ? "\n" : "",
                               (int)arguments.operands[i].len, arguments.operands[i].at);
        work(call, &arguments, content);
    }
    return status;
}

static int head_applet(struct call *call)
{
    return head_or_tail(call, "n:c:qv0:", head_work);
}

static int tail_applet(struct call *call)
{
    for (uint32_t i = 1; i < call->count; i++) /* tail +3: the old way */
        if (call->words[i].len > 1 && call->words[i].at[0] == '+' && i + 1 == call->count &&
            call->machine->profile == SHELL_busybox)
            break;
    return head_or_tail(call, "n:c:qvfFs:0:", tail_work);
}

/* --- lines turned around --- */

static void tac_work(struct call *call, const struct arguments *arguments, struct bytes content)
{
    (void)arguments;
    size_t end = content.len;
    while (end > 0) {
        size_t start = end - 1;
        while (start > 0 && content.at[start - 1] != '\n')
            start--;
        call_put(call, (struct bytes){content.at + start, end - start});
        end = start;
    }
}

static int tac_applet(struct call *call)
{
    struct arguments arguments = arguments_parse(call, "brs:", "");
    return each_input(call, &arguments, tac_work);
}

/* Bytes of the UTF-8 character that begins here; 1 for a byte that begins none. */
static size_t character_length(struct bytes text, size_t at)
{
    unsigned char c = (unsigned char)text.at[at];
    size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1;
    return length > text.len - at ? 1 : length;
}

static void rev_work(struct call *call, const struct arguments *arguments, struct bytes content)
{
    (void)arguments;
    struct text out = {.arena = call->machine->arena};
    struct bytes line;
    for (size_t at = 0; text_line(content, &at, &line);) {
        char *reversed = machine_take(call->machine, line.len + 1);
        if (!reversed)
            return;
        for (size_t i = 0; i < line.len;) {
            size_t length = character_length(line, i);
            memcpy(reversed + line.len - i - length, line.at + i, length);
            i += length;
        }
        text_add(&out, (struct bytes){reversed, line.len});
        if (at <= content.len)
            text_add_char(&out, '\n');
    }
    call_put(call, text_bytes(&out));
}

static int rev_applet(struct call *call)
{
    struct arguments arguments = arguments_parse(call, "", "");
    return each_input(call, &arguments, rev_work);
}

/* --- wc --- */

struct counts {
    uint64_t lines, words, bytes;
    bool unknown;
};

static struct counts counts_of(struct bytes text)
{
    struct counts counts = {.bytes = text.len};
    bool inside = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        counts.unknown |= shell_is_hole(c) && c != SHELL_HOLE_byte;
        counts.lines += c == '\n';
        bool blank = c == ' ' || (c >= '\t' && c <= '\r');
        counts.words += !blank && !inside;
        inside = !blank;
    }
    return counts;
}

static void counts_put(struct call *call, const struct arguments *arguments, struct counts counts,
                       struct bytes name, int width)
{
    struct machine *machine = call->machine;
    const char shown[] = {'l', 'w', 'c'};
    const uint64_t values[] = {counts.lines, counts.words, counts.bytes};
    bool some = arguments->count['l'] || arguments->count['w'] || arguments->count['c'] ||
                arguments->count['m'];
    bool first = true;
    for (int i = 0; i < 3; i++) {
        bool wanted =
            !some || arguments->count[(int)shown[i]] || (shown[i] == 'c' && arguments->count['m']);
        if (!wanted)
            continue;
        if (!first)
            call_put(call, BYTES(" "));
        if (counts.unknown)
            machine_put_format(machine, 1, "%s%c", width ? "\x10" : "", SHELL_HOLE_number);
        else
            machine_put_format(machine, 1, "%*llu", width, (unsigned long long)values[i]);
        first = false;
    }
    machine_put_format(machine, 1, "%s%.*s\n", name.len ? " " : "", (int)name.len,
                       name.len ? name.at : "");
}

static int wc_width(const struct arguments *arguments, bool busybox, struct counts most)
{
    int kinds = (arguments->count['l'] > 0) + (arguments->count['w'] > 0) +
                (arguments->count['c'] > 0) + (arguments->count['m'] > 0);
    if (kinds == 1 && arguments->operand_count <= 1)
        return 0;
    if (busybox)
        return 9;
    if (arguments->operand_count == 0)
        return 7;
    int width = 1;
    for (uint64_t value = most.bytes; value >= 10; value /= 10)
        width++;
    return width;
}

static int wc_applet(struct call *call)
{
    struct arguments arguments =
        arguments_parse(call, "lwcmL", "lines=l words=w bytes=c chars=m max-line-length=L");
    struct machine *machine = call->machine;
    struct counts total = {0}, *each;
    int status = 0;
    if (arguments.failed ||
        !(each = machine_take(machine, call_inputs(&arguments) * sizeof(*each))))
        return 1;
    bool *good = machine_take(machine, call_inputs(&arguments));
    for (uint32_t i = 0; good && i < call_inputs(&arguments); i++) {
        struct bytes content;
        good[i] = call_input(call, &arguments, i, &content);
        status |= !good[i];
        if (!good[i])
            continue;
        each[i] = counts_of(content);
        total = (struct counts){total.lines + each[i].lines, total.words + each[i].words,
                                total.bytes + each[i].bytes, total.unknown || each[i].unknown};
    }
    int width = wc_width(&arguments, machine->profile == SHELL_busybox, total);
    for (uint32_t i = 0; good && i < call_inputs(&arguments); i++)
        if (good[i])
            counts_put(call, &arguments, each[i],
                       arguments.operand_count ? arguments.operands[i] : BYTES(""), width);
    if (arguments.operand_count > 1)
        counts_put(call, &arguments, total, BYTES("total"), width);
    return status;
}

static int tee_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(call, "aip", "append=a");
    struct bytes content = machine_read(machine, 0);
    int status = 0;
    call_put(call, content);
    for (uint32_t i = 0; i < arguments.operand_count; i++) {
        const char *why;
        struct text *text = file_write(machine, arguments.operands[i], arguments.count['a'], &why);
        if (text)
            text_add(text, content);
        else if (why)
            status = call_fail(call, arguments.operands[i], why, 1);
    }
    return status;
}

static int fold_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(call, "w:sb0:", "width=w spaces=s bytes=b");
    int64_t width = 80;
    struct bytes content, line;
    struct bytes given = arguments.count['w'] ? arguments.value['w'] : arguments.value['0'];
    if (given.len && (!number_read(given, &width) || width < 1))
        return call_fail(call, BYTES("invalid number of columns"), "", 1);
    if (arguments.failed || !call_input(call, &arguments, 0, &content))
        return 1;
    for (size_t at = 0; text_line(content, &at, &line) && machine->flow == FLOW_none;) {
        bool last = at > content.len;
        while (line.len > (size_t)width && !text_has_hole(line)) {
            call_put(call, (struct bytes){line.at, (size_t)width});
            call_put(call, BYTES("\n"));
            line = bytes_from(line, (size_t)width);
        }
        call_put(call, text_has_hole(line) && line.len > 1 ? BYTES("\x0f") : line);
        if (!last)
            call_put(call, BYTES("\n"));
    }
    return 0;
}

static const struct applet applets[] = {
    {"cat", cat_applet, 0},   {"tac", tac_applet, 0},   {"nl", nl_applet, 0},
    {"head", head_applet, 0}, {"tail", tail_applet, 0}, {"rev", rev_applet, 0},
    {"wc", wc_applet, 0},     {"tee", tee_applet, 0},   {"fold", fold_applet, 0},
    {"more", cat_applet, 0},  {"less", cat_applet, 0},
};

const struct applet_table applets_text = APPLET_TABLE(applets);
