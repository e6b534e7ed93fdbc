/*
 * base/bytes.h -- a run of bytes somebody else owns.
 *
 * Foreign text is never NUL-terminated here and never measured with strlen:
 * a pointer and a length travel together.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const char *at;
    size_t len;
};

#define BYTES(literal) ((struct bytes){(literal), sizeof(literal) - 1})

/* The bytes of a C string of our own (never of foreign input); NULL is empty. */
static inline struct bytes bytes_of(const char *text)
{
    return (struct bytes){text, text ? strlen(text) : 0};
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* Order by bytes, shorter first on a tie: <0, 0, >0 as memcmp. */
static inline int bytes_compare(struct bytes a, struct bytes b)
{
    size_t least = a.len < b.len ? a.len : b.len;
    int order = least ? memcmp(a.at, b.at, least) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static inline bool bytes_start(struct bytes text, struct bytes with)
{
    return text.len >= with.len && memcmp(text.at, with.at, with.len) == 0;
}

static inline bool bytes_end(struct bytes text, struct bytes with)
{
    return text.len >= with.len && memcmp(text.at + (text.len - with.len), with.at, with.len) == 0;
}

/* From `from` to the end; empty when `from` is past it. */
static inline struct bytes bytes_from(struct bytes text, size_t from)
{
    return from >= text.len ? (struct bytes){text.at, 0}
                            : (struct bytes){text.at + from, text.len - from};
}

/* Up to the first `mark`, `rest` then being what stands behind it; all of it where there is none.
 */
static inline struct bytes bytes_take_part(struct bytes *rest, char mark)
{
    const char *end = rest->len ? (const char *)memchr(rest->at, mark, rest->len) : NULL;
    struct bytes part = {rest->at, end ? (size_t)(end - rest->at) : rest->len};
    *rest = bytes_from(*rest, part.len + (end != NULL));
    return part;
}

/* The next line, without its end ("\n" or "\r\n"). */
static inline struct bytes bytes_take_line(struct bytes *rest)
{
    struct bytes line = bytes_take_part(rest, '\n');
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* The part behind the last slash or backslash: the file name of a path. */
static inline struct bytes bytes_base_name(struct bytes path)
{
    size_t i = path.len;
    while (i > 0 && path.at[i - 1] != '/' && path.at[i - 1] != '\\')
        i--;
    return bytes_from(path, i);
}

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

#endif
