#include "base/json_scan.h"

#include <errno.h>

/* What may come next between tokens. */
enum state { WANT_VALUE, WANT_VALUE_OR_END, WANT_KEY, WANT_KEY_OR_END, WANT_COLON, WANT_MORE };

/* In the middle of what a piece may end. */
enum within { WITHIN_NOTHING, WITHIN_STRING, WITHIN_ESCAPE, WITHIN_CODE, WITHIN_WORD };

void json_scan_begin(struct json_scan *scan, const struct json_events *events, void *context)
{
    *scan = (struct json_scan){.events = events, .context = context, .line = 1};
}

void json_scan_finish(struct json_scan *scan)
{
    buffer_finish(&scan->text);
}

/* Is what is read now told to nobody? */
static bool scan_quiet(const struct json_scan *scan)
{
    return scan->quiet || scan->unwanted;
}

static void text_add(struct json_scan *scan, struct bytes part)
{
    size_t room = JSON_SCAN_TEXT - scan->text.len;
    if (part.len > room) {
        scan->overfull = true;
        part.len = room;
    }
    if (part.len)
        buffer_put(&scan->text, part);
}

static void code_add(struct json_scan *scan, uint32_t code)
{
    char out[4];
    size_t len = 0;
    if (code < 0x80) {
        out[len++] = (char)code;
    } else {
        if (code >= 0x10000) {
            out[len++] = (char)(0xf0 | code >> 18);
            out[len++] = (char)(0x80 | (code >> 12 & 0x3f));
        } else if (code >= 0x800) {
            out[len++] = (char)(0xe0 | code >> 12);
        }
        out[len++] = (char)(code >= 0x800 ? 0x80 | (code >> 6 & 0x3f) : 0xc0 | code >> 6);
        out[len++] = (char)(0x80 | (code & 0x3f));
    }
    if (!scan_quiet(scan))
        text_add(scan, (struct bytes){out, len});
}

/* A half of a pair that its other half did not follow. */
static void high_flush(struct json_scan *scan)
{
    if (scan->high)
        code_add(scan, 0xfffd);
    scan->high = 0;
}

/* One UTF-16 unit of a \u escape. */
static void unit_add(struct json_scan *scan, uint32_t unit)
{
    if (scan->high && unit >= 0xdc00 && unit < 0xe000) {
        code_add(scan, 0x10000 + ((scan->high - 0xd800) << 10) + (unit - 0xdc00));
        scan->high = 0;
        return;
    }
    high_flush(scan);
    if (unit >= 0xd800 && unit < 0xdc00)
        scan->high = unit;
    else
        code_add(scan, unit >= 0xdc00 && unit < 0xe000 ? 0xfffd : unit);
}

/* A value is whole, and stands in `depth` brackets. */
static void value_over(struct json_scan *scan)
{
    scan->unwanted = false;
    if (scan->depth == 0) {
        scan->state = WANT_VALUE;
        scan->events->document(scan->context);
    } else {
        scan->state = WANT_MORE;
    }
}

static void string_over(struct json_scan *scan, struct bytes text)
{
    scan->within = WITHIN_NOTHING;
    if (text.len > JSON_SCAN_TEXT) {
        scan->overfull = true;
        text.len = JSON_SCAN_TEXT;
    }
    scan->cut += scan->overfull;
    if (scan->is_key) {
        scan->state = WANT_COLON;
        if (!scan->quiet)
            scan->unwanted = !scan->events->key(scan->context, text);
        return;
    }
    if (!scan_quiet(scan))
        scan->events->value(scan->context, JSON_STRING, text);
    value_over(scan);
}

static void string_begin(struct json_scan *scan, bool is_key)
{
    scan->within = WITHIN_STRING;
    scan->is_key = is_key;
    scan->held = scan->overfull = false;
    scan->high = 0;
    scan->text.len = 0;
}

/* From within a string to its end, an escape or the end of the piece. */
static const char *string_scan(struct json_scan *scan, const char *at, const char *end)
{
    const char *from = at;
    while (at < end && *at != '"' && *at != '\\')
        at++;
    if (at > from)
        high_flush(scan);
    struct bytes part = {from, (size_t)(at - from)};
    if (at < end && *at == '"') {
        high_flush(scan);
        if (scan->held && !scan_quiet(scan)) {
            text_add(scan, part);
            part = buffer_bytes(&scan->text);
        }
        string_over(scan, part);
        return at + 1;
    }
    if (!scan_quiet(scan))
        text_add(scan, part);
    scan->held = true;
    if (at < end) {
        scan->within = WITHIN_ESCAPE;
        at++;
    }
    return at;
}

static int escape_take(struct json_scan *scan, char c)
{
    static const char letters[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    const char *letter = c ? strchr(letters, c) : NULL;
    if (c == 'u') {
        scan->within = WITHIN_CODE;
        scan->digits = 0;
        scan->code = 0;
        return 0;
    }
    if (!letter)
        return -EBADMSG;
    high_flush(scan);
    code_add(scan, (unsigned char)means[letter - letters]);
    scan->within = WITHIN_STRING;
    return 0;
}

static int code_take(struct json_scan *scan, char c)
{
    uint32_t digit = c >= '0' && c <= '9' ? (uint32_t)(c - '0') : 16;
    char lower = ascii_lower(c);
    if (lower >= 'a' && lower <= 'f')
        digit = (uint32_t)(lower - 'a') + 10;
    if (digit > 15)
        return -EBADMSG;
    scan->code = scan->code << 4 | digit;
    if (++scan->digits == 4) {
        unit_add(scan, scan->code);
        scan->within = WITHIN_STRING;
    }
    return 0;
}

static bool word_part(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
           c == '-' || c == '.';
}

/* A number, or one of JSON's three words. */
static int word_over(struct json_scan *scan)
{
    struct bytes word = buffer_bytes(&scan->text);
    enum json_value kind = JSON_NUMBER;
    scan->within = WITHIN_NOTHING;
    if (bytes_equal(word, BYTES("true")))
        kind = JSON_TRUE;
    else if (bytes_equal(word, BYTES("false")))
        kind = JSON_FALSE;
    else if (bytes_equal(word, BYTES("null")) || bytes_equal(word, BYTES("NaN")) ||
             bytes_equal(word, BYTES("Infinity")))
        kind = JSON_NULL; /* the latter two as Python writes them */
    else if (word.len == 0 || (word.at[0] != '-' && (word.at[0] < '0' || word.at[0] > '9')))
        return -EBADMSG;
    if (!scan_quiet(scan))
        scan->events->value(scan->context, kind, word);
    value_over(scan);
    return 0;
}

static int bracket_open(struct json_scan *scan, bool array)
{
    if (scan->depth == JSON_SCAN_DEPTH)
        return -E2BIG;
    scan->arrays[scan->depth++] = array;
    if (scan->unwanted && !scan->quiet)
        scan->quiet = scan->depth;
    scan->unwanted = false;
    if (!scan->quiet)
        scan->events->begin(scan->context, array);
    scan->state = array ? WANT_VALUE_OR_END : WANT_KEY_OR_END;
    return 0;
}

static int bracket_close(struct json_scan *scan, bool array)
{
    if (scan->depth == 0 || scan->arrays[scan->depth - 1] != array)
        return -EBADMSG;
    if (!scan->quiet)
        scan->events->end(scan->context);
    if (scan->quiet == scan->depth)
        scan->quiet = 0;
    scan->depth--;
    value_over(scan);
    return 0;
}

/* The first character of a value. */
static int value_take(struct json_scan *scan, char c)
{
    if (c == '"')
        string_begin(scan, false);
    else if (c == '{' || c == '[')
        return bracket_open(scan, c == '[');
    else if (c == ']' && scan->state == WANT_VALUE_OR_END)
        return bracket_close(scan, true);
    else if (!word_part(c))
        return -EBADMSG;
    else {
        scan->within = WITHIN_WORD;
        scan->text.len = 0;
        text_add(scan, (struct bytes){&c, 1});
    }
    return 0;
}

/* A character between strings and words. */
static int mark_take(struct json_scan *scan, char c)
{
    bool array = scan->depth && scan->arrays[scan->depth - 1];
    switch ((enum state)scan->state) {
    case WANT_VALUE:
    case WANT_VALUE_OR_END:
        return value_take(scan, c);
    case WANT_KEY:
    case WANT_KEY_OR_END:
        if (c == '"')
            string_begin(scan, true);
        else if (c == '}' && scan->state == WANT_KEY_OR_END)
            return bracket_close(scan, false);
        else
            return -EBADMSG;
        return 0;
    case WANT_COLON:
        scan->state = WANT_VALUE;
        return c == ':' ? 0 : -EBADMSG;
    case WANT_MORE:
        break;
    }
    if (c == ',') {
        scan->state = array ? WANT_VALUE : WANT_KEY;
        return 0;
    }
    return c == ']' || c == '}' ? bracket_close(scan, c == ']') : -EBADMSG;
}

/* One character that is in no string; *at is moved over it unless it only ended a word. */
static int plain_take(struct json_scan *scan, const char **at)
{
    char c = **at;
    if (scan->within == WITHIN_WORD) {
        if (!word_part(c))
            return word_over(scan);
        text_add(scan, (struct bytes){&c, 1});
    } else if (c == '\n') {
        scan->line++;
    } else if (c != ' ' && c != '\r' && c != '\t') {
        int error = mark_take(scan, c);
        if (error)
            return error;
    }
    ++*at;
    return 0;
}

static int scan_fail(const struct json_scan *scan, int error, struct fault *ret_fault)
{
    const char *why = error == -E2BIG    ? "nested too deep"
                      : error == -ENOMEM ? "out of memory"
                                         : "this is no JSON";
    *ret_fault = (struct fault){why, scan->offset, scan->line};
    return error;
}

int json_scan_feed(struct json_scan *scan, struct bytes piece, struct fault *ret_fault)
{
    const char *at = piece.at, *end = piece.len ? piece.at + piece.len : at;
    while (at < end) {
        const char *from = at;
        int error = 0;
        switch ((enum within)scan->within) {
        case WITHIN_STRING:
            at = string_scan(scan, at, end);
            break;
        case WITHIN_ESCAPE:
            error = escape_take(scan, *at++);
            break;
        case WITHIN_CODE:
            error = code_take(scan, *at++);
            break;
        default:
            error = plain_take(scan, &at);
        }
        if (scan->text.failed)
            error = -ENOMEM;
        if (error)
            return scan_fail(scan, error, ret_fault);
        scan->offset += (uint64_t)(at - from);
    }
    return 0;
}

int json_scan_end(struct json_scan *scan, struct fault *ret_fault)
{
    int error = 0;
    if (scan->within == WITHIN_WORD && scan->depth == 0)
        error = word_over(scan);
    if (!error && (scan->depth > 0 || scan->within != WITHIN_NOTHING))
        error = -EBADMSG;
    return error ? scan_fail(scan, error, ret_fault) : 0;
}
