#include "observe/splitter.h"

#include <errno.h>

#include "observe/evtx.h"
#include "observe/json_reader.h"
#include "observe/source.h"

enum {
    READ_STEP = 1 << 18,
    BLOCK_BYTES = 2 << 20,
    LOOK_LINES = 64, /* lines looked at to choose the framing */
};

void block_finish(struct block *block)
{
    buffer_finish(&block->text);
}

static const struct bytes byte_order_mark = {"\xef\xbb\xbf", 3};

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

static struct bytes trim(struct bytes text)
{
    while (text.len && blank(text.at[text.len - 1]))
        text.len--;
    while (text.len && blank(text.at[0]))
        text = bytes_from(text, 1);
    return text;
}

/* Append one step of the stream to `to`; at the end, or when it broke, `end` is set. */
static int read_step(struct splitter *splitter, struct buffer *to)
{
    size_t got = 0;
    if (!buffer_reserve(to, READ_STEP + JSON_PADDING))
        return -ENOMEM;
    splitter->error =
        stream_read(splitter->stream, to->at + to->len, READ_STEP, &got, &splitter->fault);
    to->len += got;
    splitter->end = splitter->error || got < READ_STEP;
    return 0;
}

/* How a JSON value is walked over, byte by byte. */
struct walk {
    uint32_t depth;
    bool string, escape;
};

/* One byte; true when it closed the outermost bracket. */
static bool walk_byte(struct walk *walk, char c)
{
    if (walk->string) {
        if (walk->escape)
            walk->escape = false;
        else if (c == '\\')
            walk->escape = true;
        else if (c == '"')
            walk->string = false;
        return false;
    }
    if (c == '"')
        walk->string = true;
    else if (c == '{' || c == '[')
        walk->depth++;
    else if ((c == '}' || c == ']') && walk->depth)
        return --walk->depth == 0;
    return false;
}

/* Is this line an object by itself? */
static bool line_is_object(struct bytes line)
{
    struct walk walk = {0};
    line = trim(line);
    if (line.len < 2 || line.at[0] != '{')
        return false;
    for (size_t i = 0; i < line.len; i++)
        if (walk_byte(&walk, line.at[i]))
            return i + 1 == line.len;
    return false;
}

/* An array, or objects over several lines, are values; else lines, whatever is on them. */
static enum framing framing_of(struct bytes text)
{
    struct bytes first = trim(text);
    if (evtx_recognise(text))
        return FRAMING_evtx;
    if (first.len && first.at[0] == '[')
        return FRAMING_values;
    if (!first.len || first.at[0] != '{')
        return FRAMING_lines;
    for (int i = 0; i < LOOK_LINES && text.len; i++) {
        const char *newline = memchr(text.at, '\n', text.len);
        if (!newline && i)
            break;
        size_t len = newline ? (size_t)(newline - text.at) : text.len;
        if (!newline || line_is_object((struct bytes){text.at, len}))
            return FRAMING_lines;
        text = bytes_from(text, len + 1);
    }
    return FRAMING_values;
}

int splitter_init(struct splitter *splitter, struct stream *stream)
{
    *splitter = (struct splitter){.stream = stream, .line = 1};
    int error = read_step(splitter, &splitter->carry);
    if (error)
        return error;
    struct bytes beginning = buffer_bytes(&splitter->carry);
    if (bytes_start(beginning, byte_order_mark))
        beginning = bytes_from(beginning, byte_order_mark.len);
    splitter->framing = framing_of(beginning);
    if (splitter->framing == FRAMING_lines)
        columns_recognise(&splitter->columns, beginning);
    return 0;
}

struct bytes splitter_peek(const struct splitter *splitter)
{
    return buffer_bytes(&splitter->carry);
}

static void refuse(struct block *block, enum reason reason, uint64_t offset, uint64_t line)
{
    if (block->refusal_count < BLOCK_REFUSALS)
        block->refusals[block->refusal_count++] = (struct refused_span){reason, offset, line};
}

static bool block_full(const struct block *block)
{
    return block->count == BATCH_ROWS || block->refusal_count == BLOCK_REFUSALS;
}

static void span_add(struct block *block, size_t from, size_t to)
{
    struct bytes text = trim((struct bytes){block->text.at + from, to - from});
    if (text.len)
        block->spans[block->count++] =
            (struct span){(uint32_t)(text.at - block->text.at), (uint32_t)text.len};
}

/* Where a scan stands: everything before `used` is in spans or of no interest. */
struct scan {
    size_t used, seen;
    uint64_t lines; /* newlines before `used` */
    struct walk walk;
};

/* Take whole lines out of text[used …]. */
static void scan_lines(struct splitter *splitter, struct block *block, struct scan *scan)
{
    const char *text = block->text.at;
    if (block->text.len == 0)
        return; /* an empty source has no text at all to point into */
    while (!block_full(block)) {
        const char *newline = memchr(text + scan->seen, '\n', block->text.len - scan->seen);
        if (!newline) {
            scan->seen = block->text.len;
            return;
        }
        size_t end = (size_t)(newline - text);
        if (!splitter->skipping)
            span_add(block, scan->used, end);
        splitter->skipping = false;
        scan->used = scan->seen = end + 1;
        scan->lines++;
        if (splitter->framing == FRAMING_values) /* here only to get past a value too long */
            return;
    }
}

/* Between values: move `used` to the next one. False when the text is used up. */
static bool scan_to_value(struct block *block, struct scan *scan)
{
    bool stray = false;
    for (; scan->used < block->text.len && !block_full(block); scan->used++) {
        char c = block->text.at[scan->used];
        if (c == '{') {
            scan->seen = scan->used;
            scan->walk = (struct walk){0};
            return true;
        }
        if (c == '\n')
            scan->lines++;
        if (!stray && !blank(c) && c != ',' && c != '[' && c != ']') {
            stray = true;
            refuse(block, REASON_stray, block->offset + scan->used, block->line + scan->lines);
        }
    }
    scan->seen = scan->used;
    return false;
}

/* Take whole values out of text[used …]. A value is on its way when walk.depth is not 0. */
static void scan_values(struct block *block, struct scan *scan)
{
    const char *text = block->text.at;
    while (!block_full(block)) {
        if (!scan->walk.depth && !scan_to_value(block, scan))
            return;
        while (scan->seen < block->text.len && !walk_byte(&scan->walk, text[scan->seen]))
            scan->seen++;
        if (scan->seen == block->text.len)
            return;
        scan->seen++;
        span_add(block, scan->used, scan->seen);
        for (size_t i = scan->used; i < scan->seen; i++)
            scan->lines += text[i] == '\n';
        scan->used = scan->seen;
    }
}

/* A record over the limit is named, and what there is of it forgotten. */
static void drop_long(struct splitter *splitter, struct block *block, struct scan *scan)
{
    if (!splitter->skipping)
        refuse(block, REASON_too_long, block->offset + scan->used, block->line + scan->lines);
    splitter->skipping = true;
    block->offset += block->text.len;
    block->line += scan->lines;
    block->text.len = 0;
    *scan = (struct scan){0};
}

/* Blank lines without end fill no memory. */
static void drop_used(struct block *block, struct scan *scan)
{
    block->offset += scan->used;
    block->line += scan->lines;
    block->text.len -= scan->used;
    memmove(block->text.at, block->text.at + scan->used, block->text.len);
    scan->seen -= scan->used;
    scan->used = 0;
    scan->lines = 0;
}

/* What follows the last whole record: a record without its end when the stream is over, else
 * carried. */
static int block_close(struct splitter *splitter, struct block *block, struct scan *scan)
{
    bool over = splitter->end && !block_full(block) && splitter->framing != FRAMING_evtx;
    if (over && scan->used < block->text.len && !splitter->skipping) {
        span_add(block, scan->used, block->text.len);
        scan->used = block->text.len;
    }
    buffer_clear(&splitter->carry);
    buffer_put(&splitter->carry, bytes_from(buffer_bytes(&block->text), scan->used));
    block->end_offset = splitter->offset = block->offset + scan->used;
    block->end_line = splitter->line = block->line + scan->lines;
    block->last = splitter->end && (over || splitter->carry.len == 0);
    if (block->last) {
        block->error = splitter->error;
        block->fault = splitter->fault;
    }
    if (!buffer_reserve(&block->text, JSON_PADDING))
        return -ENOMEM;
    memset(block->text.at + block->text.len, 0, JSON_PADDING);
    return splitter->carry.failed ? -ENOMEM : 0;
}

/* The next chunk, and nothing else, into the block. */
static int chunk_next(struct splitter *splitter, struct block *block)
{
    size_t begin = splitter->offset < EVTX_HEADER_SIZE ? EVTX_HEADER_SIZE : 0;
    struct scan scan = {0};
    while (!splitter->end && block->text.len < begin + EVTX_CHUNK_SIZE) {
        int error = read_step(splitter, &block->text);
        if (error)
            return error;
    }
    struct bytes text = buffer_bytes(&block->text);
    size_t end = text.len < begin + EVTX_CHUNK_SIZE ? text.len : begin + EVTX_CHUNK_SIZE;
    scan.used = end;
    int error = block_close(splitter, block, &scan);
    block->offset += begin < end ? begin : end;
    block->text.len = begin < end ? end - begin : 0;
    memmove(block->text.at, block->text.at + begin, block->text.len);
    return error;
}

int splitter_next(struct splitter *splitter, struct block *block)
{
    struct scan scan = {0};
    buffer_clear(&block->text);
    block->offset = splitter->offset;
    block->line = splitter->line;
    block->count = block->refusal_count = 0;
    block->error = 0;
    block->framing = splitter->framing;
    block->columns = splitter->columns.format ? &splitter->columns : NULL;
    block->from = splitter->from;
    buffer_put(&block->text, buffer_bytes(&splitter->carry));
    if (block->text.failed)
        return -ENOMEM;
    if (splitter->framing == FRAMING_evtx)
        return chunk_next(splitter, block);
    if (block->offset == 0 && bytes_start(buffer_bytes(&block->text), byte_order_mark))
        scan.used = scan.seen = byte_order_mark.len;
    for (;;) {
        if (splitter->framing == FRAMING_lines || splitter->skipping)
            scan_lines(splitter, block, &scan);
        if (splitter->framing == FRAMING_values && !splitter->skipping)
            scan_values(block, &scan);
        if (block->text.len - scan.used > SOURCE_RECORD_LIMIT ||
            (splitter->skipping && !block->count))
            drop_long(splitter, block, &scan);
        if (!block->count && scan.used >= BLOCK_BYTES)
            drop_used(block, &scan);
        if (splitter->end || block_full(block) || (block->count && block->text.len >= BLOCK_BYTES))
            break;
        int error = read_step(splitter, &block->text);
        if (error)
            return error;
    }
    return block_close(splitter, block, &scan);
}

int splitter_seek(struct splitter *splitter, uint64_t offset, uint64_t line)
{
    splitter->from = offset;
    if (splitter->framing == FRAMING_evtx) /* chunks are read as a whole */
        offset =
            offset < EVTX_HEADER_SIZE ? 0 : offset - (offset - EVTX_HEADER_SIZE) % EVTX_CHUNK_SIZE;
    int error = stream_seek(splitter->stream, offset, &splitter->fault);
    if (error)
        return error;
    buffer_clear(&splitter->carry);
    splitter->offset = offset;
    splitter->line = line;
    splitter->end = splitter->skipping = false;
    splitter->error = 0;
    return 0;
}

void splitter_finish(struct splitter *splitter)
{
    buffer_finish(&splitter->carry);
}
