/* tr. */
#include "triage/shell/call.h"
#include "triage/shell/escape.h"

static void set_range(struct text *out, unsigned char from, unsigned char to)
{
    for (unsigned c = from; c <= to; c++)
        text_add_char(out, (char)c);
}

static size_t set_class(struct bytes raw, size_t i, struct text *out)
{
    static const struct {
        const char *name, *ranges;
    } classes[] = {
        {"[:alpha:]", "AZaz"},   {"[:digit:]", "09"},       {"[:alnum:]", "09AZaz"},
        {"[:upper:]", "AZ"},     {"[:lower:]", "az"},       {"[:space:]", "\t\r  "},
        {"[:blank:]", "\t\t  "}, {"[:punct:]", "!/:@[`{~"}, {"[:xdigit:]", "09AFaf"},
        {"[:print:]", " ~"},     {"[:graph:]", "!~"},       {"[:cntrl:]", "\x01\x1f"},
    };
    for (size_t c = 0; c < sizeof(classes) / sizeof(classes[0]); c++)
        if (bytes_start(bytes_from(raw, i), bytes_of(classes[c].name))) {
            for (const char *range = classes[c].ranges; *range; range += 2)
                set_range(out, (unsigned char)range[0], (unsigned char)range[1]);
            return strlen(classes[c].name);
        }
    return 0;
}

static struct bytes set_expand(struct machine *machine, struct bytes written)
{
    struct text raw = {.arena = machine->arena}, out = {.arena = machine->arena};
    for (size_t i = 0; i < written.len; i++) { /* escapes first; "\-" stands for itself */
        size_t end = i + 1;
        if (written.at[i] == '\\' && end < written.len) {
            end++;
            while (end < written.len && end < i + 4 && is_digit(written.at[i + 1]) &&
                   is_digit(written.at[end]))
                end++;
            struct text one = {.arena = machine->arena};
            escape_decode((struct bytes){written.at + i, end - i}, ESCAPE_printf, &one);
            text_add(&raw, one.len == 2 && one.at[0] == '\\' ? (struct bytes){one.at + 1, 1}
                                                             : text_bytes(&one));
        } else
            text_add_char(&raw, written.at[i]);
        i = end - 1;
    }
    struct bytes text = text_bytes(&raw);
    for (size_t i = 0; i < text.len;) {
        size_t length = text.at[i] == '[' ? set_class(text, i, &out) : 0;
        if (length) {
            i += length;
        } else if (i + 2 < text.len && text.at[i + 1] == '-' &&
                   (unsigned char)text.at[i] <= (unsigned char)text.at[i + 2]) {
            set_range(&out, (unsigned char)text.at[i], (unsigned char)text.at[i + 2]);
            i += 3;
        } else
            text_add_char(&out, text.at[i++]);
    }
    return text_bytes(&out);
}

struct translation {
    bool in_first[256], in_squeeze[256];
    unsigned char to[256];
};

static void translation_fill(struct translation *translation, struct bytes first,
                             struct bytes second, bool complement, bool squeeze, bool remove)
{
    for (size_t i = 0; i < first.len; i++)
        translation->in_first[(unsigned char)first.at[i]] = true;
    for (int c = 0; c < 256; c++) {
        translation->in_first[c] ^= complement;
        translation->to[c] = (unsigned char)c;
        if (complement && translation->in_first[c] && second.len && !remove)
            translation->to[c] = (unsigned char)second.at[second.len - 1];
    }
    for (size_t i = 0; !complement && !remove && second.len && i < first.len; i++)
        translation->to[(unsigned char)first.at[i]] =
            (unsigned char)second.at[i < second.len ? i : second.len - 1];
    struct bytes squeezed = second.len ? second : first;
    for (size_t i = 0; squeeze && i < squeezed.len; i++)
        translation->in_squeeze[(unsigned char)squeezed.at[i]] = true;
    for (int c = 0; squeeze && complement && !second.len && c < 256; c++)
        translation->in_squeeze[c] = translation->in_first[c];
}

static int tr_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments =
        arguments_parse(call, "+dscCt", "delete=d squeeze-repeats=s complement=c truncate-set1=t");
    if (arguments.failed)
        return 1;
    if (arguments.operand_count == 0) {
        machine_put_format(machine, 2, "tr: missing operand\n%c", SHELL_HOLE_lines);
        return 1;
    }
    struct translation translation = {0};
    bool remove = arguments.count['d'] > 0;
    struct bytes first = set_expand(machine, arguments.operands[0]);
    struct bytes second =
        arguments.operand_count > 1 ? set_expand(machine, arguments.operands[1]) : BYTES("");
    translation_fill(&translation, first, second, arguments.count['c'] || arguments.count['C'],
                     arguments.count['s'], remove);
    struct bytes content = machine_read(machine, 0);
    struct text out = {.arena = machine->arena};
    int last = -1;
    for (size_t i = 0; i < content.len; i++) {
        unsigned char c = (unsigned char)content.at[i];
        if (shell_is_hole((char)c)) {
            bool joins = translation.to['\n'] != '\n' || (remove && translation.in_first['\n']);
            text_add_char(&out, joins && c == SHELL_HOLE_lines ? (char)SHELL_HOLE_text : (char)c);
            last = -1;
            continue;
        }
        if (remove && translation.in_first[c])
            continue;
        unsigned char to = remove ? c : translation.to[c];
        if (translation.in_squeeze[to] && last == to)
            continue;
        text_add_char(&out, (char)to);
        last = to;
    }
    call_put(call, text_bytes(&out));
    return 0;
}

static const struct applet applets[] = {
    {"tr", tr_applet, 0},
};

const struct applet_table applets_translate = APPLET_TABLE(applets);
