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
    size_t plain = 0; /* start of the run not yet copied */
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

void json_integer(struct json *json, int64_t value)
{
    value_begin(json);
    buffer_put_format(json->out, "%lld", (long long)value);
}

void json_unsigned(struct json *json, uint64_t value)
{
    value_begin(json);
    buffer_put_format(json->out, "%llu", (unsigned long long)value);
}

void json_number(struct json *json, double value)
{
    if (!isfinite(value)) {
        json_null(json);
        return;
    }
    value_begin(json);
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
