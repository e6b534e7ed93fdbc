#include "triage/decode/coding.h"

enum { BASE64_LEAST = 8, HEXADECIMAL_LEAST = 8, ENTITY_NAME = 10 };

int hexadecimal_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool text_has(struct bytes text, char c)
{
    return memchr(text.at, c, text.len) != NULL;
}

bool coding_occurs(enum layer_coding coding, struct bytes text)
{
    switch (coding) {
    case CODING_percent:
        return text_has(text, '%');
    case CODING_form:
        return text_has(text, '+');
    case CODING_base64:
        return text.len >= BASE64_LEAST;
    case CODING_hexadecimal:
        return text.len >= HEXADECIMAL_LEAST;
    case CODING_entity:
        return text_has(text, '&');
    case CODING_escape:
        return text_has(text, '\\');
    case CODING_utf7:
        return text_has(text, '+') && text_has(text, '-');
    case CODING_overlong:
        return text_has(text, '\xc0') || text_has(text, '\xc1') || text_has(text, '\xe0') ||
               text_has(text, '\xf0');
    default:
        return false;
    }
}

/* Digits at text[at …]: their value, or -1. */
static int32_t digits_value(struct bytes text, size_t at, size_t count)
{
    int32_t value = 0;
    if (at + count > text.len)
        return -1;
    for (size_t i = 0; i < count; i++) {
        int digit = hexadecimal_digit(text.at[at + i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* A code point as UTF-8; its length, at most 4. */
static size_t point_put(uint32_t point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xc0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xe0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | (point >> 18 & 7));
    out[1] = (char)(0x80 | (point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

static bool url_step(struct bytes text, bool plus, char *out, size_t *ret_len)
{
    size_t len = 0;
    bool changed = false;
    for (size_t i = 0; i < text.len;) {
        int32_t value = -1;
        if (text.at[i] == '%' && i + 1 < text.len && ascii_lower(text.at[i + 1]) == 'u' &&
            (value = digits_value(text, i + 2, 4)) >= 0) {
            len += point_put((uint32_t)value, out + len);
            i += 6;
        } else if (text.at[i] == '%' && (value = digits_value(text, i + 1, 2)) >= 0) {
            out[len++] = (char)value;
            i += 3;
        } else {
            bool space = plus && text.at[i] == '+';
            out[len++] = space ? ' ' : text.at[i];
            changed = changed || space;
            i++;
            continue;
        }
        changed = true;
    }
    *ret_len = len;
    return changed;
}

bool percent_step(struct bytes text, char *out, size_t *ret_len)
{
    return url_step(text, false, out, ret_len);
}

bool form_step(struct bytes text, char *out, size_t *ret_len)
{
    return url_step(text, true, out, ret_len);
}

/* Decoded bytes that look like text somebody wrote: few control characters. */
static bool looks_written(const char *at, size_t len)
{
    size_t strange = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)at[i];
        strange += (c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c >= 0x7f;
    }
    return len > 0 && strange * 10 <= len;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-' || c == ' ')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

/* UTF-16 of plain letters, as PowerShell encodes its commands: every other byte is zero. */
static size_t utf16_narrow(char *at, size_t len)
{
    if (len < 4 || len % 2)
        return len;
    for (size_t i = 1; i < len; i += 2)
        if (at[i])
            return len;
    for (size_t i = 0; i < len / 2; i++)
        at[i] = at[2 * i];
    return len / 2;
}

/* The whole text is base64, line ends apart. */
bool base64_step(struct bytes text, char *out, size_t *ret_len)
{
    size_t len = 0, digits = 0, padding = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '\r' || c == '\n')
            continue;
        int digit = base64_digit(c);
        if (c == '=' && ++padding <= 2)
            continue;
        if (digit < 0 || padding)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        digits++;
        if (digits % 4 == 0)
            for (int shift = 16; shift >= 0; shift -= 8)
                out[len++] = (char)(bits >> shift);
    }
    if (digits % 4 == 1 || digits < BASE64_LEAST)
        return false;
    if (digits % 4 >= 2)
        out[len++] = (char)(bits >> (digits % 4 == 2 ? 4 : 10));
    if (digits % 4 == 3)
        out[len++] = (char)(bits >> 2);
    len = utf16_narrow(out, len);
    *ret_len = len;
    return looks_written(out, len);
}

/* The whole text is pairs of digits, "0x" before it or "\x" before each. */
bool hexadecimal_step(struct bytes text, char *out, size_t *ret_len)
{
    size_t len = 0;
    bool each = bytes_start(text, BYTES("\\x"));
    if (bytes_start(text, BYTES("0x")) || bytes_start(text, BYTES("0X")))
        text = bytes_from(text, 2);
    for (size_t i = 0; i < text.len;) {
        if (each && bytes_start(bytes_from(text, i), BYTES("\\x")))
            i += 2;
        int32_t value = digits_value(text, i, 2);
        if (value < 0)
            return false;
        out[len++] = (char)value;
        i += 2;
    }
    *ret_len = len;
    return looks_written(out, len);
}

static const struct {
    struct bytes name;
    char c;
} entities[] = {
    {BYTES("lt"), '<'},    {BYTES("gt"), '>'},       {BYTES("amp"), '&'},   {BYTES("quot"), '"'},
    {BYTES("apos"), '\''}, {BYTES("nbsp"), ' '},     {BYTES("colon"), ':'}, {BYTES("Tab"), '\t'},
    {BYTES("sol"), '/'},   {BYTES("NewLine"), '\n'}, {BYTES("lpar"), '('},  {BYTES("rpar"), ')'},
    {BYTES("semi"), ';'},  {BYTES("grave"), '`'},    {BYTES("bsol"), '\\'},
};

/* A character reference behind the '&' at text[i]: what it stands for, and its length; 0: none. */
static size_t entity_at(struct bytes text, size_t i, uint32_t *ret_point)
{
    struct bytes rest = bytes_from(text, i + 1);
    if (rest.len && rest.at[0] == '#') {
        bool hexadecimal = rest.len > 1 && ascii_lower(rest.at[1]) == 'x';
        size_t at = hexadecimal ? 2 : 1, first = at;
        uint32_t point = 0;
        for (; at < rest.len && at < first + 8; at++) {
            int digit = hexadecimal_digit(rest.at[at]);
            if (digit < 0 || (!hexadecimal && digit > 9))
                break;
            point = point * (hexadecimal ? 16 : 10) + (uint32_t)digit;
        }
        if (at == first || point == 0 || point > 0x10ffff)
            return 0;
        *ret_point = point;
        return 1 + at + (at < rest.len && rest.at[at] == ';');
    }
    for (size_t n = 0; n < sizeof(entities) / sizeof(*entities); n++) {
        struct bytes name = entities[n].name;
        if (bytes_start(rest, name) && name.len < rest.len && rest.at[name.len] == ';') {
            *ret_point = (uint8_t)entities[n].c;
            return 2 + name.len;
        }
    }
    return 0;
}

bool entity_step(struct bytes text, char *out, size_t *ret_len)
{
    size_t len = 0;
    bool changed = false;
    for (size_t i = 0; i < text.len;) {
        uint32_t point;
        size_t taken = text.at[i] == '&' ? entity_at(text, i, &point) : 0;
        if (taken == 0) {
            out[len++] = text.at[i++];
            continue;
        }
        char point_text[4];
        size_t put = point_put(point, point_text);
        if (put > taken)
            return false;
        memcpy(out + len, point_text, put);
        len += put;
        i += taken;
        changed = true;
    }
    *ret_len = len;
    return changed;
}

/* An escape behind the backslash at text[i]; its length, 0: none. */
static size_t escape_at(struct bytes text, size_t i, char *out, size_t *ret_put)
{
    static const char letters[] = "nrtbf/\\\"'", meanings[] = "\n\r\t\b\f/\\\"'";
    char c = i + 1 < text.len ? text.at[i + 1] : 0;
    int32_t value;
    if (c == 'u' && (value = digits_value(text, i + 2, 4)) >= 0) {
        *ret_put = point_put((uint32_t)value, out);
        return 6;
    }
    if (c == 'x' && (value = digits_value(text, i + 2, 2)) >= 0) {
        *ret_put = 1;
        out[0] = (char)value;
        return 4;
    }
    const char *letter = c ? strchr(letters, c) : NULL;
    if (!letter)
        return 0;
    *ret_put = 1;
    out[0] = meanings[letter - letters];
    return 2;
}

bool escape_step(struct bytes text, char *out, size_t *ret_len)
{
    size_t len = 0;
    bool changed = false;
    for (size_t i = 0; i < text.len;) {
        size_t put = 0, taken = text.at[i] == '\\' ? escape_at(text, i, out + len, &put) : 0;
        if (taken == 0)
            out[len++] = text.at[i++];
        len += put;
        i += taken;
        changed = changed || taken;
    }
    *ret_len = len;
    return changed;
}

/* "+ADw-": UTF-16 in base64 between plus and minus. */
static size_t utf7_at(struct bytes text, size_t i, char *out, size_t *ret_put)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t at = i + 1, put = 0;
    for (; at < text.len; at++) {
        int digit = text.at[at] == '-' || text.at[at] == ' ' ? -1 : base64_digit(text.at[at]);
        if (digit < 0)
            break;
        bits = (bits << 6 | (uint32_t)digit) & 0xffffff;
        have += 6;
        if (have < 16)
            continue;
        have -= 16;
        uint32_t point = bits >> have & 0xffff;
        if (point == 0 || point > 0x7f)
            return 0;
        out[put++] = (char)point;
    }
    if (put == 0 || at >= text.len || text.at[at] != '-')
        return 0;
    *ret_put = put;
    return at + 1 - i;
}

bool utf7_step(struct bytes text, char *out, size_t *ret_len)
{
    size_t len = 0;
    bool changed = false;
    for (size_t i = 0; i < text.len;) {
        size_t put = 0, taken = text.at[i] == '+' ? utf7_at(text, i, out + len, &put) : 0;
        if (taken == 0)
            out[len++] = text.at[i++];
        len += put;
        i += taken;
        changed = changed || taken;
    }
    *ret_len = len;
    return changed;
}

/* Two to four bytes that stand for a plain character: how %c0%af becomes a slash. */
bool overlong_step(struct bytes text, char *out, size_t *ret_len)
{
    size_t len = 0;
    bool changed = false;
    for (size_t i = 0; i < text.len;) {
        unsigned char lead = (unsigned char)text.at[i];
        size_t more = (lead & 0xfe) == 0xc0 ? 1 : lead == 0xe0 ? 2 : lead == 0xf0 ? 3 : 0;
        uint32_t point = more == 1 ? lead & 1 : 0;
        bool whole = more && i + more < text.len;
        for (size_t n = 1; whole && n <= more; n++) {
            unsigned char next = (unsigned char)text.at[i + n];
            whole = (next & 0xc0) == 0x80;
            point = point << 6 | (next & 0x3f);
        }
        if (whole && point < 0x80) {
            out[len++] = (char)point;
            i += more + 1;
            changed = true;
        } else {
            out[len++] = text.at[i++];
        }
    }
    *ret_len = len;
    return changed;
}
