/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include "emulate/comments.h"

#include <stdio.h>

enum { ECHO_LEAST = 2, ECHO_MOST = 8, PORT_LEAST = 100, FILLING_LEAST = 5 };

static bool is_printable(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] >= 0x7f)
            return false;
    return true;
}

/* The last `count` bytes of what is kept; fewer when there are fewer. */
static struct bytes tail_of(const struct buffer *out, size_t count)
{
    size_t len = out->len < count ? out->len : count;
    return (struct bytes){len ? out->at + (out->len - len) : "", len};
}

/* A run of one byte goes on from what is kept into `rest`: a filling. */
static bool is_filling(const struct buffer *kept, struct bytes rest)
{
    struct bytes before = tail_of(kept, FILLING_LEAST - 1);
    size_t len = 0;
    while (len < before.len && before.at[before.len - 1 - len] == rest.at[0])
        len++;
    for (size_t i = 0; i < rest.len && rest.at[i] == rest.at[0] && len < FILLING_LEAST; i++)
        len++;
    return len >= FILLING_LEAST;
}

/* How many bytes at the beginning of `rest` are `kept`'s end once more, as text. */
static size_t echo_length(const struct buffer *kept, struct bytes rest)
{
    if (is_filling(kept, rest))
        return 0;
    for (size_t len = ECHO_MOST; len >= ECHO_LEAST; len--) {
        struct bytes before = tail_of(kept, len);
        if (before.len == len && is_printable(before) && bytes_start(rest, before))
            return len;
    }
    return 0;
}

/* The same for an address or a port that is spelled out. */
static size_t spelling_length(const struct buffer *kept, struct bytes rest)
{
    char text[24];
    struct bytes last = tail_of(kept, 4);
    const uint8_t *byte = (const uint8_t *)last.at;
    if (last.len == 4) {
        snprintf(text, sizeof(text), "%u.%u.%u.%u", byte[0], byte[1], byte[2], byte[3]);
        if (bytes_start(rest, bytes_of(text)))
            return strlen(text);
    }
    if (last.len < 2)
        return 0;
    unsigned port = (unsigned)(byte[last.len - 2] << 8 | byte[last.len - 1]);
    snprintf(text, sizeof(text), "%u", port);
    return port >= PORT_LEAST && bytes_start(rest, bytes_of(text)) ? strlen(text) : 0;
}

size_t comments_drop(struct bytes code, struct buffer *out)
{
    size_t dropped = 0;
    for (size_t i = 0; i < code.len;) {
        struct bytes rest = bytes_from(code, i);
        size_t len = spelling_length(out, rest);
        if (!len)
            len = echo_length(out, rest);
        if (!len)
            buffer_put_char(out, code.at[i++]);
        i += len;
        dropped += len;
    }
    return dropped;
}
