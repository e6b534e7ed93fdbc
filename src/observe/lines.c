#include "observe/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "observe/stream.h"

struct lines {
    struct stream *stream;
    size_t from, to; /* read into the block, and not yet given */
    uint64_t number;
    bool end, skipping; /* skipping: within a line that is too long */
    int error;          /* what ended it */
    struct fault fault;
    char block[2 * LINES_LIMIT];
};

int lines_open(const char *path, struct lines **ret_lines)
{
    struct lines *lines = calloc(1, sizeof(*lines));
    if (!lines)
        return -ENOMEM;
    int descriptor = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    int error = descriptor < 0 ? -errno : stream_open(descriptor, &lines->stream);
    if (error) {
        free(lines);
        return error;
    }
    *ret_lines = lines;
    return 0;
}

/* The next `len` bytes are a line, behind which `past` bytes go with it. */
static void line_give(struct lines *lines, size_t len, size_t past, struct line *ret_line)
{
    struct bytes text = {lines->block + lines->from, len};
    if (text.len > 0 && text.at[text.len - 1] == '\r')
        text.len--;
    bool too_long = lines->skipping || text.len > LINES_LIMIT;
    if (too_long)
        text.len = 0;
    *ret_line = (struct line){text, ++lines->number, too_long};
    lines->skipping = false;
    lines->from += len + past;
}

static void block_fill(struct lines *lines)
{
    size_t got = 0;
    if (lines->to - lines->from > LINES_LIMIT) {
        lines->skipping = true;
        lines->from = lines->to;
    }
    lines->to -= lines->from;
    memmove(lines->block, lines->block + lines->from, lines->to);
    lines->from = 0;
    size_t room = sizeof(lines->block) - lines->to;
    lines->error = stream_read(lines->stream, lines->block + lines->to, room, &got, &lines->fault);
    lines->to += got;
    lines->end = lines->error || got < room;
}

int lines_next(struct lines *lines, struct line *ret_line, struct fault *ret_fault)
{
    for (;;) {
        const char *at = lines->block + lines->from;
        const char *end = memchr(at, '\n', lines->to - lines->from);
        if (end) {
            line_give(lines, (size_t)(end - at), 1, ret_line);
            return 1;
        }
        if (lines->error) {
            *ret_fault = lines->fault;
            return lines->error;
        }
        if (lines->end && lines->from == lines->to && !lines->skipping)
            return 0;
        if (lines->end) {
            line_give(lines, lines->to - lines->from, 0, ret_line);
            return 1;
        }
        block_fill(lines);
    }
}

double lines_part(const struct lines *lines)
{
    double size = (double)stream_size(lines->stream);
    return size > 0 ? (double)stream_position(lines->stream) / size : -1;
}

void lines_close(struct lines *lines)
{
    if (!lines)
        return;
    stream_close(lines->stream);
    free(lines);
}
