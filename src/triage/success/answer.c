#define PCRE2_CODE_UNIT_WIDTH 8
#include "triage/success/answer.h"

#include <errno.h>
#include <pcre2.h>
#include <stdlib.h>

#include "base/buffer.h"

enum {
    MATCHES = 64, /* tried of one pattern */
    MATCH_LIMIT = 200000,
    DEPTH_LIMIT = 2000,
    REFLECTED_LEAST = 4,
    PART_LEAST = 6,
    SQUEEZED = 512,
    BASE64_RUN = 8,
};

static bool view_known(const struct answer *answer, struct bytes text)
{
    for (uint32_t i = 0; i < answer->view_count; i++)
        if (bytes_equal(answer->views[i], text))
            return true;
    return false;
}

static bool is_base64(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           memchr("+/=_-", c, 5);
}

/* Every run of base64 in the body that holds written text, decoded, a line each. */
static int base64_view(struct bytes body, struct arena *arena, struct answer *answer)
{
    struct buffer out = {0};
    for (size_t i = 0; i < body.len;) {
        size_t from = i;
        while (i < body.len && is_base64(body.at[i]))
            i++;
        struct bytes text, run = {body.at + from, i - from};
        if (run.len >= BASE64_RUN && layer_decode(CODING_base64, run, arena, &text) && text.at) {
            buffer_put(&out, text);
            buffer_put_char(&out, '\n');
        }
        i += i < body.len && i == from;
    }
    int error = 0;
    if (out.len) {
        struct bytes copy = arena_copy(arena, buffer_bytes(&out));
        error = copy.at ? 0 : -ENOMEM;
        answer->views[answer->view_count++] = copy;
    }
    buffer_finish(&out);
    return error;
}

static int views_open(const struct exchange *exchange, struct arena *arena, struct answer *answer)
{
    static const enum layer_coding codings[] = {CODING_entity, CODING_escape};
    struct bytes body = exchange->response.body;
    answer->views[answer->view_count++] = body;
    for (size_t i = 0; i < sizeof(codings) / sizeof(*codings); i++) {
        struct bytes text, part = {body.at, body.len < LAYER_BYTES ? body.len : LAYER_BYTES};
        if (!layer_decode(codings[i], part, arena, &text))
            continue;
        if (!text.at)
            return -ENOMEM;
        if (!view_known(answer, text))
            answer->views[answer->view_count++] = text;
    }
    return base64_view((struct bytes){body.at, body.len < LAYER_BYTES ? body.len : LAYER_BYTES},
                       arena, answer);
}

/* A header that no attempt was found in. */
static bool place_describes(const struct place *place, const struct attempts *attempts)
{
    if (place->kind != PLACE_header)
        return false;
    for (uint32_t i = 0; i < attempts->count; i++)
        if (bytes_start(attempts->items[i].place, BYTES("header:")) &&
            bytes_end(attempts->items[i].place, place->name))
            return false;
    return true;
}

static int asked_open(const struct exchange *exchange, const struct attempts *attempts,
                      struct arena *arena, struct answer *answer)
{
    struct places *places = arena_take(arena, sizeof(*places));
    struct layers *layers = arena_take(arena, sizeof(*layers));
    if (!places || !layers)
        return -ENOMEM;
    size_t left = ANSWER_ASKED_BYTES;
    int error = places_find(exchange, arena, places);
    for (uint32_t i = 0; i < places->count && left > 0 && error == 0; i++) {
        error = layers_unfold(places->items[i].value, arena, layers);
        bool describing = place_describes(&places->items[i], attempts);
        for (uint32_t j = 0; j < layers->count && answer->asked_count < ANSWER_ASKED; j++) {
            struct bytes text = layers->items[j].text;
            text.len = text.len < left ? text.len : left;
            left -= text.len;
            answer->describing[answer->asked_count] = describing;
            answer->asked[answer->asked_count++] = text;
        }
    }
    return error;
}

static bool is_letter_or_digit(char c)
{
    char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

static void squeeze_put(struct buffer *out, struct bytes text)
{
    for (size_t i = 0; i < text.len && out->len < LAYER_BYTES; i++)
        if (is_letter_or_digit(text.at[i]))
            buffer_put_char(out, text.at[i]);
}

static int squeezed_open(struct arena *arena, struct answer *answer)
{
    struct buffer view = {0}, asked = {0};
    squeeze_put(&view, answer->views[0]);
    for (uint32_t i = 0; i < answer->asked_count; i++) {
        squeeze_put(&asked, answer->asked[i]);
        buffer_put_char(&asked, '\n');
    }
    answer->squeezed = arena_copy(arena, buffer_bytes(&view));
    answer->squeezed_asked = arena_copy(arena, buffer_bytes(&asked));
    buffer_finish(&view);
    buffer_finish(&asked);
    return answer->squeezed.at && answer->squeezed_asked.at ? 0 : -ENOMEM;
}

int answer_open(const struct exchange *exchange, const struct attempts *attempts,
                struct arena *arena, struct answer *ret_answer)
{
    *ret_answer = (struct answer){0};
    struct bytes type = message_header(&exchange->response, "Content-Type");
    ret_answer->html = type.len == 0 || memmem(type.at, type.len, "html", 4);
    int error = views_open(exchange, arena, ret_answer);
    if (error == 0)
        error = asked_open(exchange, attempts, arena, ret_answer);
    return error ? error : squeezed_open(arena, ret_answer);
}

bool answer_find_literal(const struct answer *answer, struct bytes text, struct found *ret_found)
{
    for (uint32_t i = 0; i < answer->view_count && text.len; i++) {
        struct bytes view = answer->views[i];
        const char *at = view.len ? memmem(view.at, view.len, text.at, text.len) : NULL;
        if (at) {
            *ret_found = (struct found){{at, text.len}, i, (size_t)(at - view.at)};
            return true;
        }
    }
    return false;
}

/* Whether text at [from, to) fills a line, or what stands between two tags. */
static bool fills_line(struct bytes view, size_t from, size_t to)
{
    bool begins = from == 0 || memchr("\n\r>\"", view.at[from - 1], 4);
    bool ends = to >= view.len || memchr("\n\r<\"", view.at[to], 4);
    bool key = to + 1 < view.len && view.at[to] == '"' && view.at[to + 1] == ':'; /* of JSON */
    return begins && ends && !key;
}

struct search {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
    bool line;
    bool (*accept)(void *context, const struct found *found);
    void *accept_context;
};

static bool view_search(const struct search *search, struct bytes view, uint32_t number,
                        struct found *ret_found)
{
    size_t from = 0;
    for (int tries = 0; tries < MATCHES && from <= view.len; tries++) {
        int count = pcre2_match(search->code, (PCRE2_SPTR)(view.len ? view.at : ""), view.len, from,
                                0, search->data, search->context);
        if (count < 0)
            return false;
        const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(search->data);
        struct found found = {{view.at + ends[0], ends[1] - ends[0]}, number, ends[0]};
        bool fits = found.text.len && (!search->line || fills_line(view, ends[0], ends[1]));
        if (fits && search->accept(search->accept_context, &found)) {
            *ret_found = found;
            return true;
        }
        from = ends[1] > ends[0] ? ends[1] : ends[1] + 1;
    }
    return false;
}

bool answer_find_pattern(const struct answer *answer, struct bytes pattern, bool line,
                         bool (*accept)(void *context, const struct found *found), void *context,
                         struct found *ret_found)
{
    int error;
    PCRE2_SIZE offset;
    bool result = false;
    struct search search = {.line = line, .accept = accept, .accept_context = context};
    if (pattern.len == 0)
        return false;
    search.code =
        pcre2_compile((PCRE2_SPTR)pattern.at, pattern.len, PCRE2_MULTILINE, &error, &offset, NULL);
    search.data = search.code ? pcre2_match_data_create_from_pattern(search.code, NULL) : NULL;
    search.context = search.data ? pcre2_match_context_create(NULL) : NULL;
    if (search.context) {
        pcre2_set_match_limit(search.context, MATCH_LIMIT);
        pcre2_set_depth_limit(search.context, DEPTH_LIMIT);
        for (uint32_t i = 0; i < answer->view_count && !result; i++)
            result = view_search(&search, answer->views[i], i, ret_found);
    }
    pcre2_match_context_free(search.context);
    pcre2_match_data_free(search.data);
    pcre2_code_free(search.code);
    return result;
}

static struct bytes bare(struct bytes text)
{
    while (text.len && memchr(" \t\r\n", text.at[0], 4))
        text = bytes_from(text, 1);
    while (text.len && memchr(" \t\r\n", text.at[text.len - 1], 4))
        text.len--;
    return text;
}

bool answer_asked(const struct answer *answer, struct bytes text)
{
    struct found found;
    text = bare(text);
    for (uint32_t i = 0; i < answer->asked_count; i++) {
        struct bytes asked = answer->asked[i];
        if (asked.len && memmem(asked.at, asked.len, text.at, text.len) &&
            (!answer->describing[i] || answer_find_literal(answer, asked, &found)))
            return true;
    }
    return false;
}

/* The longest run without characters that filters take out; what stands before the first of them
 * is not what was to be run. */
static struct bytes plain_part(struct bytes payload)
{
    struct bytes best = {0};
    for (size_t i = 0, from = 0; i <= payload.len; i++) {
        if (i < payload.len && !memchr(";|&`$()'\"\n<>\\{}", payload.at[i], 16))
            continue;
        if (i - from > best.len && (from > 0 || i == payload.len))
            best = (struct bytes){payload.at + from, i - from};
        from = i + 1;
    }
    return bare(best);
}

/* Whether the letters and digits of a text stand in squeezed text, if there are enough of them. */
static bool squeezed_in(struct bytes text, struct bytes squeezed, size_t least)
{
    char own[SQUEEZED];
    size_t len = 0;
    for (size_t i = 0; i < text.len && len < sizeof(own); i++)
        if (is_letter_or_digit(text.at[i]))
            own[len++] = text.at[i];
    return len >= least && len < sizeof(own) && squeezed.len &&
           memmem(squeezed.at, squeezed.len, own, len);
}

bool answer_asked_squeezed(const struct answer *answer, struct bytes text)
{
    return squeezed_in(text, answer->squeezed_asked, 3);
}

bool answer_reflects(const struct answer *answer, struct bytes payload, struct bytes *ret_back)
{
    struct found found;
    struct bytes part = plain_part(payload);
    payload = bare(payload);
    *ret_back = payload;
    if (payload.len >= REFLECTED_LEAST && answer_find_literal(answer, payload, &found))
        return true;
    *ret_back = part;
    if (part.len >= PART_LEAST && answer_find_literal(answer, part, &found))
        return true;
    *ret_back = payload;
    return squeezed_in(payload, answer->squeezed, PART_LEAST);
}

static int longer_first(const void *a, const void *b)
{
    const struct bytes *one = a, *other = b;
    return (one->len < other->len) - (one->len > other->len);
}

/* Whether text at [from, to) is no part of a longer word. */
static bool stands_alone(const char *text, size_t len, size_t from, size_t to)
{
    return !(from > 0 && is_letter_or_digit(text[from - 1])) &&
           !(to < len && is_letter_or_digit(text[to]));
}

/* Every `piece` out of the text, in one go, a short one where it is a word; the length that stays.
 */
static size_t text_remove(char *text, size_t len, struct bytes piece)
{
    size_t from = 0, to = 0;
    bool anywhere = piece.len >= REFLECTED_LEAST;
    while (from < len) {
        const char *at = memmem(text + from, len - from, piece.at, piece.len);
        size_t start = at ? (size_t)(at - text) : len;
        bool out = at && (anywhere || stands_alone(text, len, start, start + piece.len));
        size_t kept = start - from + (at && !out ? piece.len : 0);
        if (kept && from != to)
            memmove(text + to, text + from, kept);
        to += kept;
        from = at ? start + piece.len : len;
    }
    return to;
}

/* Take every asked text that has so many bytes out of `text`, longest first; in place. */
static size_t asked_remove(const struct bytes *asked, uint32_t count, size_t least, char *text,
                           size_t len)
{
    for (uint32_t i = 0; i < count && asked[i].len >= least; i++)
        len = text_remove(text, len, asked[i]);
    return len;
}

/* A payload as a shell or a program hands it on: without its quotes; and what stands before its
 * first separator. */
static int pieces_put(struct bytes payload, struct arena *arena, struct bytes *pieces,
                      uint32_t *count)
{
    char *out = arena_take(arena, payload.len + 1);
    size_t len = 0, plain = 0;
    if (!out)
        return -ENOMEM;
    for (size_t i = 0; i < payload.len; i++)
        if (!memchr("'\"\\", payload.at[i], 3))
            out[len++] = payload.at[i];
    while (plain < payload.len && !memchr(";|&`$'\"\n<>{( ", payload.at[plain], 12))
        plain++;
    if (len)
        pieces[(*count)++] = bare((struct bytes){out, len});
    if (plain)
        pieces[(*count)++] = (struct bytes){payload.at, plain};
    return 0;
}

/* What was asked, as it was sent and as a program hands it on, out of the text; in place. */
static int pieces_remove(const struct answer *answer, const struct attempts *attempts,
                         struct arena *arena, struct bytes *rest)
{
    uint32_t count = 0;
    struct bytes *pieces =
        arena_take_array(arena, answer->asked_count + 2 * ATTEMPTS, sizeof(*pieces));
    if (!pieces)
        return -ENOMEM;
    for (uint32_t i = 0; i < answer->asked_count; i++)
        if (answer->asked[i].len < REFLECTED_LEAST)
            pieces[count++] = answer->asked[i];
    for (uint32_t i = 0; i < attempts->count; i++)
        if (pieces_put(attempts->items[i].payload, arena, pieces, &count) != 0)
            return -ENOMEM;
    qsort(pieces, count, sizeof(*pieces), longer_first);
    rest->len = asked_remove(pieces, count, 1, (char *)(uintptr_t)rest->at, rest->len);
    return 0;
}

int answer_reduce(const struct answer *answer, const struct attempts *attempts, struct arena *arena,
                  struct bytes *ret_rest, struct bytes *ret_page)
{
    static const enum layer_coding codings[] = {CODING_base64, CODING_entity, CODING_escape};
    struct bytes *asked = arena_take_array(arena, answer->asked_count + 1, sizeof(*asked));
    struct bytes view = answer->views[0];
    view.len = view.len < LAYER_BYTES ? view.len : LAYER_BYTES;
    struct bytes rest = arena_copy(arena, view);
    if (!asked || !rest.at)
        return -ENOMEM;
    uint32_t count = answer->asked_count;
    if (count)
        memcpy(asked, answer->asked, count * sizeof(*asked));
    qsort(asked, count, sizeof(*asked), longer_first);
    rest.len = asked_remove(asked, count, REFLECTED_LEAST, (char *)(uintptr_t)rest.at, rest.len);
    for (size_t i = 0; i < sizeof(codings) / sizeof(*codings); i++) {
        struct bytes text;
        if (!layer_decode(codings[i], rest, arena, &text))
            continue;
        if (!text.at)
            return -ENOMEM;
        rest = text;
        rest.len =
            asked_remove(asked, count, REFLECTED_LEAST, (char *)(uintptr_t)rest.at, rest.len);
    }
    *ret_rest = rest;
    *ret_page = arena_copy(arena, rest);
    return ret_page->at ? pieces_remove(answer, attempts, arena, ret_page) : -ENOMEM;
}

struct bytes answer_next_text(struct bytes page, size_t *at)
{
    while (*at < page.len) {
        struct bytes rest = bytes_from(page, *at);
        if (rest.at[0] == '<') {
            const char *end = memchr(rest.at, '>', rest.len);
            *at = end ? *at + (size_t)(end - rest.at) + 1 : page.len;
            continue;
        }
        size_t len = 0;
        while (len < rest.len && rest.at[len] != '<' && rest.at[len] != '\n')
            len++;
        *at += len + (len < rest.len && rest.at[len] == '\n');
        struct bytes text = bare((struct bytes){rest.at, len});
        if (text.len)
            return text;
    }
    return (struct bytes){0};
}
