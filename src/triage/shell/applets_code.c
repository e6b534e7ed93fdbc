/* Encodings: base64, base32, xxd, od, hexdump. */
#include "triage/shell/call.h"
#include "triage/shell/codec.h"
#include "triage/shell/escape.h"

static void wrapped_put(struct call *call, struct bytes text, int64_t width)
{
    for (size_t at = 0; at < text.len; at += (size_t)width) {
        size_t left = text.len - at,
               size = width > 0 && left > (size_t)width ? (size_t)width : left;
        call_put(call, (struct bytes){text.at + at, size});
        if (width <= 0)
            return;
        call_put(call, BYTES("\n"));
    }
}

static int base_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(call, "dDiw:", "decode=d ignore-garbage=i wrap=w");
    bool wide = bytes_equal(call->name, BYTES("base32"));
    struct text out = {.arena = machine->arena};
    struct bytes content;
    int64_t width = 76;
    if (arguments.failed || !call_input(call, &arguments, 0, &content))
        return 1;
    if (arguments.count['w'] && !text_integer(arguments.value['w'], &width))
        return 1;
    if (text_has_hole(content)) {
        call_put(call, BYTES("\x0f\n"));
        return 0;
    }
    if (arguments.count['d'] || arguments.count['D']) {
        bool good = base_decode(content, wide ? 32 : 64, arguments.count['i'], &out);
        call_put(call, text_bytes(&out));
        if (!good)
            call_fail(call, BYTES("invalid input"), "", 1);
        return !good;
    }
    base_encode(content, wide ? 32 : 64, &out);
    wrapped_put(call, text_bytes(&out), width);
    return 0;
}

/* xxd -r -p: hex digits as bytes, whatever else stands between. */
static int hex_decode(struct call *call, struct bytes content)
{
    struct text out = {.arena = call->machine->arena};
    int high = -1;
    for (size_t i = 0; i < content.len; i++) {
        int value = hex_value(content.at[i]);
        if (value < 0)
            continue;
        if (high < 0)
            high = value;
        else {
            text_add_literal(&out, (char)(high << 4 | value));
            high = -1;
        }
    }
    call_put(call, text_bytes(&out));
    return 0;
}

/* xxd -r: "00000000: 6869 0a  hi." back to bytes. */
static int dump_decode(struct call *call, struct bytes content)
{
    struct bytes line;
    for (size_t at = 0; text_line(content, &at, &line);) {
        size_t colon = text_find(line, 0, BYTES(":"));
        struct bytes hex = bytes_from(line, colon + 1);
        hex.len = text_find(hex, 0, BYTES("  "));
        hex_decode(call, hex);
    }
    return 0;
}

static void printable_put(struct text *out, struct bytes row)
{
    for (size_t i = 0; i < row.len; i++)
        text_add_char(out, row.at[i] >= ' ' && row.at[i] < 127 ? row.at[i] : '.');
}

static void plain_hex(struct call *call, struct bytes content, size_t columns)
{
    struct text out = {.arena = call->machine->arena};
    for (size_t i = 0; i < content.len; i++) {
        text_add_format(&out, "%02x", (unsigned char)content.at[i]);
        if ((i + 1) % columns == 0 || i + 1 == content.len)
            text_add_char(&out, '\n');
    }
    call_put(call, text_bytes(&out));
}

static int xxd_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(call, "prc:l:s:g:ubi", "");
    struct bytes content;
    struct text out = {.arena = machine->arena};
    int64_t columns = arguments.count['p'] ? 30 : 16, most;
    if (arguments.failed || !call_input(call, &arguments, 0, &content))
        return 1;
    if (arguments.count['r'])
        return arguments.count['p'] ? hex_decode(call, content) : dump_decode(call, content);
    if (arguments.count['c'] && (!text_integer(arguments.value['c'], &columns) || columns < 1))
        columns = 256;
    if (arguments.count['l'] && text_integer(arguments.value['l'], &most) && most >= 0 &&
        (size_t)most < content.len)
        content.len = (size_t)most;
    if (text_has_hole(content)) {
        call_put(call, BYTES("\x0f\n"));
        return 0;
    }
    if (arguments.count['p']) {
        plain_hex(call, content, (size_t)columns);
        return 0;
    }
    for (size_t at = 0; at < content.len; at += (size_t)columns) {
        struct bytes row = {content.at + at, content.len - at < (size_t)columns ? content.len - at
                                                                                : (size_t)columns};
        text_add_format(&out, "%08zx:", at);
        for (size_t i = 0; i < (size_t)columns; i++) {
            text_add(&out, i % 2 == 0 ? BYTES(" ") : BYTES(""));
            if (i < row.len)
                text_add_format(&out, "%02x", (unsigned char)row.at[i]);
            else
                text_add(&out, BYTES("  "));
        }
        text_add(&out, BYTES("  "));
        printable_put(&out, row);
        text_add_char(&out, '\n');
    }
    call_put(call, text_bytes(&out));
    return 0;
}

/* hexdump -C */
static int hexdump_applet(struct call *call)
{
    struct arguments arguments = arguments_parse(call, "Cvn:s:bcdox", "");
    struct bytes content;
    struct text out = {.arena = call->machine->arena};
    bool canonical = arguments.count['C'] || bytes_equal(call->name, BYTES("hd"));
    if (arguments.failed || !call_input(call, &arguments, 0, &content))
        return 1;
    if (text_has_hole(content)) {
        call_put(call, BYTES("\x0f\n"));
        return 0;
    }
    for (size_t at = 0; at < content.len; at += 16) {
        struct bytes row = {content.at + at, content.len - at < 16 ? content.len - at : 16};
        text_add_format(&out, canonical ? "%08zx" : "%07zx", at);
        for (size_t i = 0; i < 16; i++) {
            if (canonical) {
                text_add(&out, i == 0 || i == 8 ? BYTES("  ") : BYTES(" "));
                if (i < row.len)
                    text_add_format(&out, "%02x", (unsigned char)row.at[i]);
                else
                    text_add(&out, BYTES("  "));
            } else if (i % 2 == 0) {
                unsigned high = i + 1 < row.len ? (unsigned char)row.at[i + 1] : 0;
                if (i < row.len)
                    text_add_format(&out, " %02x%02x", high, (unsigned char)row.at[i]);
                else
                    text_add(&out, BYTES("     "));
            }
        }
        if (canonical) {
            text_add(&out, BYTES("  |"));
            printable_put(&out, row);
            text_add_char(&out, '|');
        }
        text_add_char(&out, '\n');
    }
    if (content.len)
        text_add_format(&out, canonical ? "%08zx\n" : "%07zx\n", content.len);
    call_put(call, text_bytes(&out));
    return 0;
}

/* One row of od in its format: c characters, x1 x2 bytes, o2 (default) words. */
static void od_row(struct text *out, struct bytes row, struct bytes format)
{
    static const char names[] = "0......abtnvfr";
    bool characters = format.len && format.at[0] == 'c';
    bool bytes = bytes_equal(format, BYTES("x1")) || bytes_equal(format, BYTES("u1")) ||
                 bytes_equal(format, BYTES("o1")) || bytes_equal(format, BYTES("d1"));
    for (size_t i = 0; i < row.len; i++) {
        unsigned char c = (unsigned char)row.at[i];
        if (characters && (c == 0 || (c >= 7 && c <= 13)))
            text_add_format(out, "  \\%c", names[c]);
        else if (characters)
            text_add_format(out, c >= ' ' && c < 127 ? "   %c" : " %03o", c);
        else if (bytes)
            text_add_format(out,
                            format.at[0] == 'x'   ? " %02x"
                            : format.at[0] == 'o' ? " %03o"
                            : format.at[0] == 'u' ? " %3u"
                                                  : " %4d",
                            c);
        else if (i % 2 == 0) {
            unsigned word = c | (i + 1 < row.len ? (unsigned)(unsigned char)row.at[i + 1] << 8 : 0);
            text_add_format(out, format.len && format.at[0] == 'x' ? " %04x" : " %06o", word);
        }
    }
}

static int od_applet(struct call *call)
{
    struct arguments arguments = arguments_parse(call, "A:t:N:j:w:cxbvo", "");
    struct bytes content, format = arguments.count['t']   ? arguments.value['t']
                                   : arguments.count['c'] ? BYTES("c")
                                   : arguments.count['x'] ? BYTES("x2")
                                   : arguments.count['b'] ? BYTES("o1")
                                                          : BYTES("o2");
    struct text out = {.arena = call->machine->arena};
    bool bare =
        arguments.count['A'] && arguments.value['A'].len && arguments.value['A'].at[0] == 'n';
    bool hex =
        arguments.count['A'] && arguments.value['A'].len && arguments.value['A'].at[0] == 'x';
    bool decimal =
        arguments.count['A'] && arguments.value['A'].len && arguments.value['A'].at[0] == 'd';
    int64_t most;
    if (arguments.failed || !call_input(call, &arguments, 0, &content))
        return 1;
    if (arguments.count['N'] && number_read(arguments.value['N'], &most) && most >= 0 &&
        (size_t)most < content.len)
        content.len = (size_t)most;
    if (text_has_hole(content)) {
        call_put(call, BYTES("\x0f\n"));
        return 0;
    }
    for (size_t at = 0; at <= content.len; at += 16) {
        struct bytes row = {content.at + at, content.len - at < 16 ? content.len - at : 16};
        size_t offset = row.len ? at : content.len;
        if (!bare)
            text_add_format(&out, hex ? "%06zx" : decimal ? "%07zu" : "%07zo", offset);
        if (bare && row.len == 0)
            break;
        od_row(&out, row, format);
        text_add_char(&out, '\n');
        if (row.len && at + 16 >= content.len && !bare) {
            text_add_format(&out, hex ? "%06zx\n" : decimal ? "%07zu\n" : "%07zo\n", content.len);
            break;
        }
    }
    call_put(call, text_bytes(&out));
    return 0;
}

static const struct applet applets[] = {
    {"base64", base_applet, 0}, {"base32", base_applet, 0},     {"xxd", xxd_applet, 0},
    {"od", od_applet, 0},       {"hexdump", hexdump_applet, 0}, {"hd", hexdump_applet, 0},
};

const struct applet_table applets_code = APPLET_TABLE(applets);
