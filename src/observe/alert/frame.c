#include "observe/alert/frame.h"

#include <errno.h>

int frame_put(struct frame_stream *stream, struct bytes bytes)
{
    buffer_put(&stream->text, bytes);
    return stream->text.failed ? -ENOMEM : 0;
}

/* How much of `text` belongs to a message that is passed over. */
static size_t skip_take(struct frame_stream *stream, struct bytes text)
{
    if (stream->skip) {
        size_t len = stream->skip < text.len ? (size_t)stream->skip : text.len;
        stream->skip -= len;
        return len;
    }
    if (!stream->skip_line)
        return 0;
    const char *end = text.len ? memchr(text.at, '\n', text.len) : NULL;
    stream->skip_line = !end;
    return end ? (size_t)(end - text.at) + 1 : text.len;
}

/* "83 ": 1 and the count, the bytes it takes; 0: more has to come; -EBADMSG. */
static int count_take(struct bytes text, uint64_t *ret_count, size_t *ret_len)
{
    uint64_t count = 0;
    for (size_t i = 0; i < text.len && i < 11; i++) {
        if (text.at[i] == ' ') {
            *ret_count = count;
            *ret_len = i + 1;
            return 1;
        }
        if (text.at[i] < '0' || text.at[i] > '9')
            return -EBADMSG;
        count = count * 10 + (uint64_t)(text.at[i] - '0');
    }
    return text.len > 10 ? -EBADMSG : 0;
}

/* The message `text` begins with: 1 and how many bytes it takes; 0: more has to come. */
static int message_find(struct frame_stream *stream, struct bytes text, bool end,
                        struct bytes *ret_message, size_t *ret_len)
{
    uint64_t count;
    size_t before;
    if (text.at[0] >= '1' && text.at[0] <= '9') {
        int found = count_take(text, &count, &before);
        if (found <= 0)
            return found;
        if (count > FRAME_LIMIT) {
            stream->too_long++;
            stream->skip = count;
            *ret_message = (struct bytes){0};
            *ret_len = before;
            return 1;
        }
        *ret_message = (struct bytes){text.at + before, (size_t)count};
        *ret_len = before + (size_t)count;
        return text.len >= *ret_len;
    }
    const char *newline = memchr(text.at, '\n', text.len);
    size_t len = newline ? (size_t)(newline - text.at) : text.len;
    bool over = len > FRAME_LIMIT;
    if (!newline && !end && !over)
        return 0;
    stream->too_long += over;
    stream->skip_line = over && !newline;
    *ret_message = (struct bytes){text.at, over ? 0 : len};
    *ret_len = newline ? len + 1 : len;
    return 1;
}

int frame_each(struct frame_stream *stream, bool end,
               int (*visit)(void *context, struct bytes message), void *context)
{
    struct bytes text = buffer_bytes(&stream->text), message = {0};
    size_t used = 0, len = 0;
    int error = 0;
    while (used < text.len && !error) {
        size_t skipped = skip_take(stream, bytes_from(text, used));
        used += skipped;
        if (skipped)
            continue;
        int found = message_find(stream, bytes_from(text, used), end, &message, &len);
        if (found <= 0) {
            error = found;
            break;
        }
        used += len;
        while (message.len &&
               (message.at[message.len - 1] == '\r' || message.at[message.len - 1] == '\n' ||
                message.at[message.len - 1] == '\0'))
            message.len--;
        if (message.len)
            error = visit(context, message);
    }
    if (used) {
        stream->text.len -= used;
        memmove(stream->text.at, stream->text.at + used, stream->text.len);
    }
    return error;
}

void frame_finish(struct frame_stream *stream)
{
    buffer_finish(&stream->text);
}
