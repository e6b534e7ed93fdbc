#include "triage/shell/escape.h"

void escape_put_utf8(struct text *out, uint32_t point)
{
    if (point < 0x80) {
        text_add_literal(out, (char)point);
    } else if (point < 0x800) {
        text_add_char(out, (char)(0xc0 | point >> 6));
        text_add_char(out, (char)(0x80 | (point & 0x3f)));
    } else if (point < 0x10000) {
        text_add_char(out, (char)(0xe0 | point >> 12));
        text_add_char(out, (char)(0x80 | (point >> 6 & 0x3f)));
        text_add_char(out, (char)(0x80 | (point & 0x3f)));
    } else {
        text_add_char(out, (char)(0xf0 | (point >> 18 & 7)));
        text_add_char(out, (char)(0x80 | (point >> 12 & 0x3f)));
        text_add_char(out, (char)(0x80 | (point >> 6 & 0x3f)));
        text_add_char(out, (char)(0x80 | (point & 0x3f)));
    }
}

static char simple_escape(char c, enum escape_kind kind)
{
    bool dash = kind == ESCAPE_echo_dash || kind == ESCAPE_printf_dash || kind == ESCAPE_b_dash;
    switch (c) {
    case 'a':
        return '\a';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'v':
        return '\v';
    case '\\':
        return '\\';
    case 'e':
    case 'E':
        return dash ? 0 : 27;
    case '\'':
    case '"':
    case '?':
        return kind == ESCAPE_ansi || (c == '"' && kind == ESCAPE_printf) ? c : 0;
    default:
        return 0;
    }
}

/* Digits of `base` from *at, at most `most`; false when there is none. */
static bool digits_take(struct bytes raw, size_t *at, int base, int most, uint32_t *ret_value)
{
    uint32_t value = 0;
    int count = 0;
    while (count < most && *at < raw.len) {
        int digit = hex_value(raw.at[*at]);
        if (digit < 0 || digit >= base)
            break;
        value = value * (uint32_t)base + (uint32_t)digit;
        (*at)++;
        count++;
    }
    *ret_value = value;
    return count > 0;
}

/* A number escape at raw[*at], behind the backslash; false when it is none. */
static bool number_escape(struct bytes raw, size_t *at, enum escape_kind kind, struct text *out)
{
    char c = raw.at[*at];
    bool echo = kind == ESCAPE_echo || kind == ESCAPE_echo_dash;
    bool b = kind == ESCAPE_b || kind == ESCAPE_b_dash;
    bool dash = kind == ESCAPE_echo_dash || kind == ESCAPE_printf_dash || kind == ESCAPE_b_dash;
    size_t i = *at;
    uint32_t value;
    if (c >= '0' && c <= '7' && (!echo || c == '0')) {
        i += (echo || b) && c == '0';
        if (!digits_take(raw, &i, 8, 3, &value))
            value = 0;
        text_add_literal(out, (char)value);
    } else if (c == 'x' && !dash) {
        i++;
        if (!digits_take(raw, &i, 16, 2, &value))
            return false;
        text_add_literal(out, (char)value);
    } else if ((c == 'u' || c == 'U') && !dash) {
        i++;
        if (!digits_take(raw, &i, 16, c == 'u' ? 4 : 8, &value))
            return false;
        escape_put_utf8(out, value);
    } else if (c == 'c' && kind == ESCAPE_ansi && i + 1 < raw.len) {
        text_add_literal(out, (char)(raw.at[i + 1] & 0x1f));
        i += 2;
    } else
        return false;
    *at = i;
    return true;
}

bool escape_decode(struct bytes raw, enum escape_kind kind, struct text *out)
{
    for (size_t i = 0; i < raw.len;) {
        if (raw.at[i] != '\\' || i + 1 == raw.len) {
            text_add_char(out, raw.at[i++]);
            continue;
        }
        char simple = simple_escape(raw.at[++i], kind);
        if (simple) {
            text_add_literal(out, simple);
            i++;
        } else if (raw.at[i] == 'c' && kind != ESCAPE_ansi && kind != ESCAPE_printf_dash) {
            return false;
        } else if (!number_escape(raw, &i, kind, out)) {
            text_add_char(out, '\\');
            text_add_char(out, raw.at[i++]);
        }
    }
    return true;
}
