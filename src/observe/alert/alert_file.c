#include "observe/alert/alert_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/alert/json_record.h"
#include "observe/json_reader.h"
#include "observe/splitter.h"

_Static_assert((int)ALERT_JSON_PADDING <= (int)JSON_PADDING, "blocks are padded enough");

struct alert_file {
    struct stream *stream;
    struct splitter splitter;
    struct alert_parser *parser;
    struct alert_file_counts counts;
    struct buffer head;
    uint32_t source;
    uint64_t offset, line;
    struct block block;
};

static int64_t file_time(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)
               ? status.st_mtim.tv_sec * TIME_SECOND
               : time_now();
}

static int file_begin(struct alert_file *file, int descriptor, const struct alert_parsing *parsing)
{
    struct alert_parsing options = *parsing;
    if (options.reference == 0)
        options.reference = file_time(descriptor);
    int error = stream_open(descriptor, &file->stream);
    if (!error)
        error = splitter_init(&file->splitter, file->stream);
    if (!error && file->splitter.framing == FRAMING_evtx)
        error = -ENOTSUP;
    if (!error)
        error = alert_parser_new(&options, &file->parser);
    if (error)
        return error;
    buffer_put(&file->head, splitter_peek(&file->splitter));
    alert_parser_begin(file->parser, buffer_bytes(&file->head));
    return file->head.failed ? -ENOMEM : 0;
}

int alert_file_open(const char *path, const struct alert_parsing *parsing,
                    struct alert_file **ret_file, struct fault *ret_fault)
{
    int descriptor = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    *ret_fault = (struct fault){.why = "cannot be opened"};
    if (descriptor < 0)
        return -errno;
    struct alert_file *file = calloc(1, sizeof(*file));
    if (!file) {
        close(descriptor);
        return -ENOMEM;
    }
    int error = file_begin(file, descriptor, parsing);
    if (error) {
        if (error == -ENOTSUP)
            ret_fault->why = "a Windows event log holds events, no alerts; hinomi ingest reads it";
        alert_file_close(file);
        return error;
    }
    file->line = 1;
    *ret_file = file;
    return 0;
}

struct bytes alert_file_head(const struct alert_file *file)
{
    return buffer_bytes(&file->head);
}

int alert_file_start(struct alert_file *file, uint32_t source, uint64_t offset, uint64_t line)
{
    file->source = source;
    file->offset = offset;
    file->line = line;
    return offset ? splitter_seek(&file->splitter, offset, line) : 0;
}

static void refusal_count(struct alert_file *file, enum alert_reason reason, uint64_t offset,
                          uint64_t line)
{
    struct alert_refusals *refusals = &file->counts.refusals[reason];
    if (refusals->count++ == 0) {
        refusals->first_offset = offset;
        refusals->first_line = line;
    }
}

/* What the splitter refused, in our words. */
static enum alert_reason reason_of(enum reason reason)
{
    return reason == REASON_too_long ? ALERT_REASON_too_long : ALERT_REASON_stray;
}

/* Lines before `at`, counted as far as that was not done before. */
struct line_count {
    uint32_t at;
    uint64_t line;
};

static uint64_t line_of(const struct block *block, struct line_count *count, uint32_t at)
{
    const char *text = block->text.at;
    while (count->at < at) {
        const char *newline = memchr(text + count->at, '\n', at - count->at);
        if (!newline)
            break;
        count->line++;
        count->at = (uint32_t)(newline - text) + 1;
    }
    return count->line;
}

/* A line that is still being written looks broken: it is read again when there is more of it. */
static bool is_tail(const struct block *block, uint32_t i)
{
    const struct span *span = &block->spans[i];
    return block->last && !block->error && block->framing == FRAMING_lines &&
           i + 1 == block->count && span->at + span->len == block->text.len;
}

static void block_read(struct alert_file *file, struct alert_batch *batch)
{
    const struct block *block = &file->block;
    file->offset = block->end_offset;
    file->line = block->end_line;
    struct line_count lines = {0, block->line};
    uint32_t before = batch->count;
    for (uint32_t i = 0; i < block->refusal_count; i++)
        refusal_count(file, reason_of(block->refusals[i].reason), block->refusals[i].offset,
                      block->refusals[i].line);
    for (uint32_t i = 0; i < block->count; i++) {
        const struct span *span = &block->spans[i];
        struct event_id id = {file->source, block->offset + span->at};
        enum alert_reason reason = alert_parser_record(
            file->parser, (struct bytes){block->text.at + span->at, span->len}, id, batch);
        file->counts.records++;
        if (reason)
            refusal_count(file, reason, id.offset, line_of(block, &lines, span->at));
        if (reason && reason != ALERT_REASON_other && is_tail(block, i)) {
            file->offset = id.offset;
            file->line = line_of(block, &lines, span->at);
        }
    }
    file->counts.alerts += batch->count - before;
    file->counts.bytes += block->end_offset - block->offset;
}

int alert_file_next(struct alert_file *file, struct alert_batch *batch, struct fault *ret_fault)
{
    struct block *block = &file->block;
    int error = splitter_next(&file->splitter, block);
    if (error)
        return error;
    block_read(file, batch);
    if (batch->failed)
        return -ENOMEM;
    if (block->last && block->error) {
        *ret_fault = block->fault;
        return block->error;
    }
    return block->last ? 0 : 1;
}

void alert_file_place(const struct alert_file *file, uint64_t *ret_offset, uint64_t *ret_line)
{
    uint64_t begun;
    bool open = alert_parser_open_record(file->parser, &begun);
    *ret_offset = open ? begun : file->offset;
    *ret_line = open ? 0 : file->line;
}

const struct alert_file_counts *alert_file_counts(const struct alert_file *file)
{
    return &file->counts;
}

double alert_file_part(const struct alert_file *file)
{
    double size = (double)stream_size(file->stream);
    return size > 0 ? (double)stream_position(file->stream) / size : -1;
}

void alert_file_close(struct alert_file *file)
{
    if (!file)
        return;
    alert_parser_free(file->parser);
    splitter_finish(&file->splitter);
    block_finish(&file->block);
    buffer_finish(&file->head);
    if (file->stream)
        stream_close(file->stream);
    free(file);
}
