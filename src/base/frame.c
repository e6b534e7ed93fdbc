#include "base/frame.h"

#include <errno.h>
#include <unistd.h>

#include "base/cursor.h"

static bool read_whole(int from, char *into, size_t size)
{
    for (size_t got = 0; got < size;) {
        ssize_t now = read(from, into + got, size - got);
        if (now < 0 && errno == EINTR)
            continue;
        if (now <= 0)
            return false;
        got += (size_t)now;
    }
    return true;
}

int frame_read(int from, size_t most, struct buffer *into)
{
    char head[FRAME_HEAD];
    buffer_clear(into);
    if (!read_whole(from, head, sizeof(head)))
        return -ENODATA;
    struct cursor cursor = cursor_over((struct bytes){head, sizeof(head)});
    uint32_t len = cursor_u32(&cursor);
    if (len > most)
        return -EBADMSG;
    if (!buffer_reserve(into, len))
        return -ENOMEM;
    if (!read_whole(from, into->at, len))
        return -EBADMSG;
    into->len = len;
    return 0;
}

bool frame_write(int to, struct bytes bytes)
{
    for (size_t put = 0; put < bytes.len;) {
        ssize_t now = write(to, bytes.at + put, bytes.len - put);
        if (now < 0 && errno == EINTR)
            continue;
        if (now <= 0)
            return false;
        put += (size_t)now;
    }
    return true;
}

size_t frame_begin(struct buffer *out)
{
    size_t begin = out->len;
    buffer_put_u32(out, 0);
    return begin;
}

void frame_end(struct buffer *out, size_t begin)
{
    if (out->failed)
        return;
    size_t len = out->len - begin - FRAME_HEAD;
    for (size_t i = 0; i < FRAME_HEAD; i++)
        out->at[begin + i] = (char)(len >> 8 * i & 0xff);
}
