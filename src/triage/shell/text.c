#include "triage/shell/text.h"

#include <stdarg.h>
#include <stdio.h>

static bool text_grow(struct text *text, size_t more)
{
    size_t need = text->len + more;
    if (need <= text->capacity)
        return true;
    size_t capacity = text->capacity ? text->capacity * 2 : 64;
    while (capacity < need)
        capacity *= 2;
    char *at = arena_take(text->arena, capacity);
    if (!at)
        return false;
    if (text->len)
        memcpy(at, text->at, text->len);
    text->at = at;
    text->capacity = capacity;
    return true;
}

void text_add(struct text *text, struct bytes bytes)
{
    size_t room = SHELL_OUTPUT - text->len;
    if (bytes.len > room) {
        bytes.len = room;
        text->full = true;
    }
    if (bytes.len == 0)
        return;
    if (!text_grow(text, bytes.len)) {
        text->full = true;
        return;
    }
    memcpy(text->at + text->len, bytes.at, bytes.len);
    text->len += bytes.len;
}

void text_add_char(struct text *text, char c)
{
    text_add(text, (struct bytes){&c, 1});
}

void text_add_literal(struct text *text, char c)
{
    text_add_char(text, shell_is_hole(c) ? (char)SHELL_HOLE_byte : c);
}

void text_add_format(struct text *text, const char *format, ...)
{
    char room[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(room, sizeof(room), format, arguments);
    va_end(arguments);
    if (length > 0)
        text_add(text, (struct bytes){room, (size_t)length < sizeof(room) ? (size_t)length
                                                                          : sizeof(room) - 1});
}

struct bytes text_format(struct arena *arena, const char *format, ...)
{
    char room[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(room, sizeof(room), format, arguments);
    va_end(arguments);
    size_t size = length < 0                      ? 0
                  : (size_t)length < sizeof(room) ? (size_t)length
                                                  : sizeof(room) - 1;
    struct bytes copy = arena_copy(arena, (struct bytes){room, size});
    return copy.at ? copy : BYTES("");
}

bool text_has_hole(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (shell_is_hole(text.at[i]))
            return true;
    return false;
}

size_t text_find(struct bytes text, size_t from, struct bytes what)
{
    if (from > text.len || what.len > text.len - from)
        return text.len;
    if (what.len == 0)
        return from;
    const char *found = memmem(text.at + from, text.len - from, what.at, what.len);
    return found ? (size_t)(found - text.at) : text.len;
}

bool text_line(struct bytes text, size_t *at, struct bytes *ret_line)
{
    if (*at >= text.len)
        return false;
    size_t end = text_find(text, *at, BYTES("\n"));
    *ret_line = (struct bytes){text.at + *at, end - *at};
    *at = end + 1;
    return true;
}

bool text_integer(struct bytes text, int64_t *ret_value)
{
    size_t i = 0;
    bool negative = text.len > 0 && text.at[0] == '-';
    if (text.len > 0 && (text.at[0] == '-' || text.at[0] == '+'))
        i++;
    if (i == text.len)
        return false;
    int64_t value = 0;
    for (; i < text.len; i++) {
        if (!is_digit(text.at[i]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, text.at[i] - '0', &value))
            return false;
    }
    *ret_value = negative ? -value : value;
    return true;
}

bool text_is_name(struct bytes text)
{
    if (text.len == 0 || !is_name_start(text.at[0]))
        return false;
    for (size_t i = 1; i < text.len; i++)
        if (!is_name(text.at[i]))
            return false;
    return true;
}
