#include "base/json.h"

#include <math.h>

#include "base/time.h"

static void value_begin(struct json *json)
{
    if (json->comma)
        buffer_put_char(json->out, ',');
    json->comma = true;
}

static void open_with(struct json *json, char bracket)
{
    value_begin(json);
    buffer_put_char(json->out, bracket);
    json->comma = false;
}

static void close_with(struct json *json, char bracket)
{
    buffer_put_char(json->out, bracket);
    json->comma = true;
}

void json_object(struct json *json)
{
    open_with(json, '{');
}

void json_end_object(struct json *json)
{
    close_with(json, '}');
}

void json_array(struct json *json)
{
    open_with(json, '[');
}

void json_end_array(struct json *json)
{
    close_with(json, ']');
}

/* Length of the well-formed UTF-8 sequence at `at` (RFC 3629), or 0. */
static size_t utf8_length(const unsigned char *at, size_t left)
{
    static const struct {
        unsigned char first_least, first_most, second_least, second_most, length;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (at[0] < forms[i].first_least || at[0] > forms[i].first_most)
            continue;
        size_t length = forms[i].length;
        if (left < length || at[1] < forms[i].second_least || at[1] > forms[i].second_most)
            return 0;
        for (size_t k = 2; k < length; k++)
            if ((at[k] & 0xc0) != 0x80)
                return 0;
        return length;
    }
    return 0;
}

bool json_is_text(struct bytes text)
{
    for (size_t i = 0, length; i < text.len; i += length) {
        const unsigned char *at = (const unsigned char *)text.at + i;
        length = *at < 0x80 ? 1 : utf8_length(at, text.len - i);
        if (length == 0)
            return false;
    }
    return true;
}

static void put_escape(struct buffer *out, unsigned char c)
{
    switch (c) {
    case '"':
        buffer_put(out, BYTES("\\\""));
        break;
    case '\\':
        buffer_put(out, BYTES("\\\\"));
        break;
    case '\n':
        buffer_put(out, BYTES("\\n"));
        break;
    case '\r':
        buffer_put(out, BYTES("\\r"));
        break;
    case '\t':
        buffer_put(out, BYTES("\\t"));
        break;
    default:
        buffer_put_format(out, "\\u%04x", c);
    }
}

static void put_quoted(struct buffer *out, struct bytes text)
{
    const unsigned char *at = (const unsigned char *)text.at;
    size_t plain = 0;    /* start of the run not yet copied */
    if (text.len == 0) { /* which may have no address to add to */
        buffer_put(out, BYTES("\"\""));
        return;
    }
    buffer_put_char(out, '"');
    for (size_t i = 0; i < text.len;) {
        size_t step = at[i] < 0x80 ? 1 : utf8_length(at + i, text.len - i);
        bool escape = at[i] < 0x20 || at[i] == '"' || at[i] == '\\' || at[i] == 0x7f;
        if (step && !escape) {
            i += step;
            continue;
        }
        buffer_put(out, (struct bytes){text.at + plain, i - plain});
        if (step)
            put_escape(out, at[i]);
        else
            buffer_put(out, BYTES("\xef\xbf\xbd"));
        plain = ++i;
    }
    buffer_put(out, (struct bytes){text.at + plain, text.len - plain});
    buffer_put_char(out, '"');
}

void json_key(struct json *json, const char *key)
{
    value_begin(json);
    put_quoted(json->out, bytes_of(key));
    buffer_put_char(json->out, ':');
    json->comma = false;
}

void json_text(struct json *json, struct bytes text)
{
    value_begin(json);
    put_quoted(json->out, text);
}

/* The digits of `value`, into the end of `text`; returns where they begin. */
static char *digits_put(char *end, uint64_t value)
{
    do
        *--end = (char)('0' + value % 10);
    while (value /= 10);
    return end;
}

void json_integer(struct json *json, int64_t value)
{
    char text[20], *end = text + sizeof(text);
    char *at = digits_put(end, value < 0 ? -(uint64_t)value : (uint64_t)value);
    if (value < 0)
        *--at = '-';
    value_begin(json);
    buffer_put(json->out, (struct bytes){at, (size_t)(end - at)});
}

void json_unsigned(struct json *json, uint64_t value)
{
    char text[20], *end = text + sizeof(text);
    char *at = digits_put(end, value);
    value_begin(json);
    buffer_put(json->out, (struct bytes){at, (size_t)(end - at)});
}

enum { NUMBER_DIGITS = 6, NUMBER_SIZE = 16 };

/*
 * What %.6g makes of a value between 1e-4 and 1e6, several times faster than printf; 0 where it
 * cannot be sure: other values, and those that lie where rounding turns.
 */
static size_t number_format(double value, char *text)
{
    static const double powers[] = {1e-4, 1e-3, 1e-2, 1e-1, 1,   1e1, 1e2,
                                    1e3,  1e4,  1e5,  1e6,  1e7, 1e8, 1e9};
    int exponent = 5;
    if (!(value >= 1e-4 && value < 1e6))
        return 0;
    while (value < powers[exponent + 4])
        exponent--;
    /* Six digits before the point; the product is off by less than 1e-9. */
    double scaled = value * powers[9 - exponent];
    uint32_t digits = (uint32_t)scaled;
    double rest = scaled - digits;
    if (rest > 0.499999 && rest < 0.500001)
        return 0;
    digits += rest > 0.5;
    if (digits < 100000 || digits > 999999)
        return 0;
    char figures[NUMBER_DIGITS], *at = text;
    digits_put(figures + NUMBER_DIGITS, digits);
    int count = NUMBER_DIGITS, whole = exponent + 1;
    while (count > 1 && count > whole && figures[count - 1] == '0')
        count--;
    if (whole <= 0)
        at = mempcpy(at, "0.000", (size_t)(2 - whole));
    for (int i = 0; i < count; i++) {
        if (i == whole && i > 0)
            *at++ = '.';
        *at++ = figures[i];
    }
    return (size_t)(at - text);
}

void json_number(struct json *json, double value)
{
    char text[NUMBER_SIZE];
    if (!isfinite(value)) {
        json_null(json);
        return;
    }
    value_begin(json);
    size_t length = number_format(value, text);
    if (length)
        buffer_put(json->out, (struct bytes){text, length});
    else if (value == 0 && !signbit(value))
        buffer_put_char(json->out, '0');
    else
        buffer_put_format(json->out, "%.6g", value);
}

void json_bool(struct json *json, bool value)
{
    value_begin(json);
    buffer_put(json->out, value ? BYTES("true") : BYTES("false"));
}

void json_null(struct json *json)
{
    value_begin(json);
    buffer_put(json->out, BYTES("null"));
}

void json_time(struct json *json, int64_t time)
{
    char text[TIME_TEXT_SIZE];
    if (time == TIME_NONE)
        json_null(json);
    else
        json_text(json, time_format(time, text));
}

void json_raw(struct json *json, struct bytes value)
{
    value_begin(json);
    buffer_put(json->out, value);
}

void json_key_text(struct json *json, const char *key, struct bytes text)
{
    json_key(json, key);
    json_text(json, text);
}
