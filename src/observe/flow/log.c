#include "observe/flow/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "observe/flow/nfdump.h"
#include "observe/flow/record.h"
#include "observe/json_reader.h"
#include "observe/splitter.h"

struct log {
    struct splitter splitter;
    struct block block;
    struct json_reader *reader;
    struct record record;
    struct flow_log_counts *counts;
    int (*take)(void *context, const struct flow *flow);
    void *context;
};

static void refuse(struct log *log, enum reason reason, uint64_t line)
{
    if (log->counts->refused++ == 0) {
        log->counts->why = reason_sentence(reason);
        log->counts->first_line = line;
    }
}

static int line_read(struct log *log, struct bytes text, uint64_t line)
{
    const struct columns *columns = log->block.columns;
    struct flow flow;
    bool whole = false;
    if (columns && columns_skip(columns, text))
        return 0;
    log->counts->read++;
    enum reason reason = columns ? columns_read(columns, text, &log->record)
                                 : json_reader_read(log->reader, text, &log->record);
    if (reason == REASON_none && !record_is_flow(&log->record)) {
        log->counts->others++;
        return 0;
    }
    if (reason == REASON_none)
        reason = flow_of_record(&log->record, &flow, &whole);
    if (reason != REASON_none) {
        refuse(log, reason, line);
        return 0;
    }
    if (!whole) {
        log->counts->others++;
        return 0;
    }
    log->counts->flows++;
    return log->take(log->context, &flow);
}

static int block_read(struct log *log)
{
    int result = 0;
    for (uint32_t i = 0; i < log->block.count && !result; i++) {
        const struct span *span = &log->block.spans[i];
        result = line_read(log, (struct bytes){log->block.text.at + span->at, span->len},
                           log->block.line + i);
    }
    return result;
}

/* A log we know begins with a heading, or with a JSON object that names ends. */
static bool log_recognise(struct log *log)
{
    enum { LOOK = 64 };
    if (log->block.columns)
        return true;
    for (uint32_t i = 0; i < log->block.count && i < LOOK; i++) {
        const struct span *span = &log->block.spans[i];
        struct bytes text = {log->block.text.at + span->at, span->len};
        if (text.at[0] == '{' && json_reader_read(log->reader, text, &log->record) == REASON_none &&
            record_is_flow(&log->record))
            return true;
    }
    return false;
}

static int log_run(struct log *log, struct fault *ret_fault)
{
    int result = 0;
    struct bytes beginning = splitter_peek(&log->splitter);
    if (nfdump_recognise(beginning))
        return nfdump_read(beginning, log->splitter.stream, log->take, log->context, log->counts,
                           ret_fault);
    for (bool first = true; !result; first = false) {
        result = splitter_next(&log->splitter, &log->block);
        if (!result && first && (log->block.framing != FRAMING_lines || !log_recognise(log))) {
            *ret_fault = (struct fault){"neither a capture nor a flow log we know", 0, 0};
            return -ENOTSUP;
        }
        if (!result)
            result = block_read(log);
        if (!result && log->block.last) {
            *ret_fault = log->block.fault;
            return log->block.error;
        }
    }
    return result;
}

int flow_log_read_stream(struct stream *stream, int (*take)(void *context, const struct flow *flow),
                         void *context, struct flow_log_counts *ret_counts, struct fault *ret_fault)
{
    *ret_fault = (struct fault){"the file could not be read", 0, 0};
    *ret_counts = (struct flow_log_counts){0};
    struct log *log = calloc(1, sizeof(*log));
    struct json_reader *reader = json_reader_create();
    int error = log && reader ? splitter_init(&log->splitter, stream) : -ENOMEM;
    if (!error) {
        log->reader = reader;
        log->counts = ret_counts;
        log->take = take;
        log->context = context;
        error = log_run(log, ret_fault);
    }
    if (log) {
        splitter_finish(&log->splitter);
        block_finish(&log->block);
    }
    json_reader_destroy(reader);
    free(log);
    return error;
}

int flow_log_read(const char *path, int (*take)(void *context, const struct flow *flow),
                  void *context, struct flow_log_counts *ret_counts, struct fault *ret_fault)
{
    *ret_fault = (struct fault){"the file could not be opened", 0, 0};
    *ret_counts = (struct flow_log_counts){0};
    int descriptor = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return -errno;
    struct stream *stream = NULL;
    int error = stream_open(descriptor, &stream);
    if (error)
        return error;
    error = flow_log_read_stream(stream, take, context, ret_counts, ret_fault);
    stream_close(stream);
    return error;
}
