#include "triage/decode/place.h"

#include <errno.h>
#include <strings.h>

#include "base/buffer.h"
#include "triage/decode/coding.h"

static const char *const kind_names[] = {
#define X(name) #name,
    PLACE_KINDS(X)
#undef X
};

static void place_add(struct places *places, enum place_kind kind, struct bytes name,
                      struct bytes value)
{
    if (value.len == 0 && name.len == 0)
        return;
    if (places->count == PLACES)
        places->dropped++;
    else
        places->items[places->count++] = (struct place){kind, name, value};
}

static struct bytes until(struct bytes text, char c, struct bytes *ret_rest)
{
    const char *at = text.len ? memchr(text.at, c, text.len) : NULL;
    if (!at) {
        *ret_rest = bytes_from(text, text.len);
        return text;
    }
    size_t len = (size_t)(at - text.at);
    *ret_rest = bytes_from(text, len + 1);
    return (struct bytes){text.at, len};
}

static struct bytes trimmed(struct bytes text)
{
    while (text.len && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = bytes_from(text, 1);
    while (text.len && (text.at[text.len - 1] == ' ' || text.at[text.len - 1] == '\r'))
        text.len--;
    return text;
}

/* name=value pairs; a pair without '=' is a value without a name. */
static void pairs_add(struct places *places, enum place_kind kind, struct bytes text, char between)
{
    while (text.len) {
        struct bytes value, pair = until(text, between, &text), name = until(pair, '=', &value);
        pair = trimmed(pair);
        if (name.len == pair.len)
            place_add(places, kind, (struct bytes){0}, pair);
        else
            place_add(places, kind, trimmed(name), value);
    }
}

struct bytes target_path(struct bytes target)
{
    const char *scheme = target.len ? memmem(target.at, target.len, "://", 3) : NULL;
    if (scheme && target.at[0] != '/') {
        struct bytes rest = bytes_from(target, (size_t)(scheme - target.at) + 3);
        const char *slash = rest.len ? memchr(rest.at, '/', rest.len) : NULL;
        target = slash ? bytes_from(rest, (size_t)(slash - rest.at)) : (struct bytes){rest.at, 0};
    }
    struct bytes query;
    return until(target, '?', &query);
}

/* Headers that nobody writes an attack into because no application reads them so. */
static bool header_is_dull(struct bytes name)
{
    static const char *const dull[] = {"Host",
                                       "Content-Length",
                                       "Connection",
                                       "Content-Type",
                                       "Accept-Encoding",
                                       "Transfer-Encoding",
                                       "Cookie",
                                       NULL};
    for (int i = 0; dull[i]; i++)
        if (name.len == strlen(dull[i]) && strncasecmp(name.at, dull[i], name.len) == 0)
            return true;
    return false;
}

static void headers_add(const struct message *request, struct places *places)
{
    for (uint32_t i = 0; i < request->header_count; i++) {
        const struct header *header = &request->headers[i];
        if (header->name.len == 6 && strncasecmp(header->name.at, "Cookie", 6) == 0)
            pairs_add(places, PLACE_cookie, header->value, ';');
        bool basic = header->value.len > 6 && strncasecmp(header->value.at, "Basic ", 6) == 0;
        if (!header_is_dull(header->name))
            place_add(places, PLACE_header, header->name,
                      basic ? bytes_from(header->value, 6) : header->value);
    }
}

/* One string of JSON, from behind its quote: unescaped into the arena. */
static int json_string(struct bytes text, size_t *at, struct arena *arena, struct bytes *ret_text)
{
    size_t start = *at, i = start;
    while (i < text.len && text.at[i] != '"')
        i += text.at[i] == '\\' ? 2 : 1;
    i = i < text.len ? i : text.len;
    *ret_text = (struct bytes){text.at + start, i - start};
    *at = i + 1;
    char *out = arena_take(arena, ret_text->len + 4);
    size_t len;
    if (!out)
        return -ENOMEM;
    if (escape_step(*ret_text, out, &len))
        *ret_text = (struct bytes){out, len};
    return 0;
}

/* Strings of a JSON text, named by the key before them. Forgiving: attackers send broken JSON. */
static int json_add(struct bytes text, struct arena *arena, struct places *places)
{
    struct bytes key = {0};
    for (size_t i = 0; i < text.len;) {
        if (text.at[i++] != '"')
            continue;
        struct bytes string;
        int error = json_string(text, &i, arena, &string);
        if (error)
            return error;
        size_t next = i;
        while (next < text.len && memchr(" \t\r\n", text.at[next], 4))
            next++;
        if (next < text.len && text.at[next] == ':')
            key = string;
        else
            place_add(places, PLACE_json, key, string);
    }
    return 0;
}

/* The value of a parameter of a header: boundary=…, name="…". */
static struct bytes header_parameter(struct bytes header, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i + len < header.len; i++) {
        if (strncasecmp(header.at + i, name, len) != 0 || header.at[i + len] != '=' ||
            (i > 0 && !memchr("; \t", header.at[i - 1], 3)))
            continue;
        struct bytes rest, value = bytes_from(header, i + len + 1);
        if (value.len && value.at[0] == '"')
            return until(bytes_from(value, 1), '"', &rest);
        return until(value, ';', &rest);
    }
    return (struct bytes){0};
}

static void part_add(struct bytes part, struct places *places)
{
    const char *end = part.len ? memmem(part.at, part.len, "\r\n\r\n", 4) : NULL;
    if (!end)
        return;
    struct bytes head = {part.at, (size_t)(end - part.at)};
    struct bytes value = bytes_from(part, head.len + 4);
    struct bytes name = header_parameter(head, "name"), file = header_parameter(head, "filename");
    if (bytes_end(value, BYTES("\r\n")))
        value.len -= 2;
    place_add(places, PLACE_part, name, value);
    if (file.len)
        place_add(places, PLACE_part, BYTES("filename"), file);
}

static void multipart_add(struct bytes body, struct bytes boundary, struct places *places)
{
    while (boundary.len && body.len) {
        const char *at = memmem(body.at, body.len, boundary.at, boundary.len);
        size_t len = at ? (size_t)(at - body.at) : body.len;
        struct bytes part = {body.at, len};
        if (bytes_end(part, BYTES("--")))
            part.len -= 2;
        part_add(part, places);
        body = bytes_from(body, at ? len + boundary.len : len);
    }
}

static bool type_is(struct bytes type, const char *with)
{
    size_t len = strlen(with);
    for (size_t i = 0; i + len <= type.len; i++)
        if (strncasecmp(type.at + i, with, len) == 0)
            return true;
    return false;
}

static int body_add(const struct exchange *exchange, struct arena *arena, struct places *places)
{
    struct bytes body = exchange->request.body;
    struct bytes type = message_header(&exchange->request, "Content-Type");
    if (body.len == 0)
        return 0;
    struct bytes start = trimmed(body);
    if (type_is(type, "multipart/")) {
        multipart_add(body, header_parameter(type, "boundary"), places);
        return 0;
    }
    if (type_is(type, "json") || (start.len && (start.at[0] == '{' || start.at[0] == '[')))
        return json_add(body, arena, places);
    if (type_is(type, "urlencoded"))
        pairs_add(places, PLACE_form, body, '&');
    place_add(places, PLACE_body, (struct bytes){0}, body);
    return 0;
}

/* A method that is no word: the whole line, because spaces in it hide what it is. */
static struct bytes odd_method(const struct exchange *exchange)
{
    struct bytes rest, method = exchange->method;
    for (size_t i = 0; i < method.len; i++)
        if (method.at[i] < 'A' || method.at[i] > 'Z')
            return until(exchange->request.head, '\r', &rest);
    return (struct bytes){0};
}

int places_find(const struct exchange *exchange, struct arena *arena, struct places *ret_places)
{
    ret_places->count = ret_places->dropped = 0;
    if (exchange->protocol != EXCHANGE_http) {
        place_add(ret_places, PLACE_stream, (struct bytes){0}, exchange->request.body);
        return 0;
    }
    struct bytes query, path = until(exchange->target, '?', &query);
    place_add(ret_places, PLACE_method, (struct bytes){0}, odd_method(exchange));
    place_add(ret_places, PLACE_path, (struct bytes){0}, path);
    pairs_add(ret_places, PLACE_query, query, '&');
    headers_add(&exchange->request, ret_places);
    return body_add(exchange, arena, ret_places);
}

struct bytes place_label(const struct place *place, struct arena *arena)
{
    struct buffer text = {0};
    buffer_put(&text, bytes_of(kind_names[place->kind]));
    if (place->name.len) {
        buffer_put_char(&text, ':');
        buffer_put(&text, place->name);
    }
    struct bytes label = arena_copy(arena, buffer_bytes(&text));
    buffer_finish(&text);
    return label;
}
