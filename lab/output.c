#include "lab/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/time.h"

enum { BLOCK = 1 << 20, ZSTD_LEVEL = 3 };

/* What every row of a kind says of itself, in Elastic Common Schema's words. */
#define ABOUT(category, type, action)                                                              \
    BYTES("\"event\":{\"module\":\"lab\",\"category\":[\"" category "\"],\"type\":[\"" type        \
          "\"],\"action\":\"" action "\"}")
#define ABOUT_CODE(category, type, action, code)                                                   \
    BYTES("\"event\":{\"module\":\"lab\",\"category\":[\"" category "\"],\"type\":[\"" type        \
          "\"],\"action\":\"" action "\",\"code\":\"" code "\"}")

static struct bytes event_about(enum event_kind kind)
{
    switch (kind) {
    case EVENT_PROCESS_START:
        return ABOUT("process", "start", "start");
    case EVENT_PROCESS_END:
        return ABOUT("process", "end", "end");
    case EVENT_FILE_CREATE:
        return ABOUT("file", "creation", "creation");
    case EVENT_FILE_CHANGE:
        return ABOUT("file", "change", "modification");
    case EVENT_FILE_DELETE:
        return ABOUT("file", "deletion", "deletion");
    case EVENT_FILE_ACCESS:
        return ABOUT("file", "access", "open");
    case EVENT_FILE_RENAME:
        return ABOUT("file", "change", "rename");
    case EVENT_MODULE_LOAD:
        return ABOUT("library", "start", "load");
    case EVENT_REGISTRY_CHANGE:
        return ABOUT("registry", "change", "modification");
    case EVENT_CONNECT:
        return ABOUT("network", "connection", "connection_attempted");
    case EVENT_ACCEPT:
        return ABOUT("network", "connection", "connection_accepted");
    case EVENT_DNS:
        return ABOUT("network", "protocol", "lookup_requested");
    case EVENT_LOGON:
        return ABOUT_CODE("authentication", "start", "logged-in", "4624");
    case EVENT_LOGON_FAILED:
        return ABOUT_CODE("authentication", "start", "logon-failed", "4625");
    case EVENT_LOGOFF:
        return ABOUT_CODE("authentication", "end", "logged-out", "4634");
    case EVENT_PROCESS_ACCESS:
        return ABOUT("process", "access", "open_process");
    case EVENT_SERVICE_INSTALL:
        return ABOUT_CODE("configuration", "installation", "service-installed", "7045");
    case EVENT_TASK_CREATE:
        return ABOUT_CODE("configuration", "creation", "scheduled-task-created", "4698");
    default:
        return ABOUT_CODE("process", "info", "script-block", "4104");
    }
}

struct writer {
    FILE *file;
    ZSTD_CCtx *zstd; /* NULL: plain */
    char *packed;
    struct buffer block;
    uint64_t bytes;
    int error;
};

static void writer_write(struct writer *writer, const void *at, size_t length)
{
    errno = 0;
    if (!writer->error && fwrite(at, 1, length, writer->file) != length)
        writer->error = errno ? -errno : -EIO;
}

static void writer_flush(struct writer *writer, bool last)
{
    ZSTD_inBuffer in = {writer->block.at, writer->block.len, 0};
    size_t left = 1;
    if (writer->block.failed && !writer->error)
        writer->error = -ENOMEM;
    writer->bytes += writer->block.len;
    if (!writer->zstd) {
        writer_write(writer, writer->block.at, writer->block.len);
        left = 0;
    }
    while (!writer->error && left && (last || in.pos < in.size)) {
        ZSTD_outBuffer out = {writer->packed, BLOCK, 0};
        left = ZSTD_compressStream2(writer->zstd, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left))
            writer->error = -ENOMEM;
        writer_write(writer, writer->packed, out.pos);
        if (!last)
            left = 1;
    }
    buffer_clear(&writer->block);
}

static int writer_open(struct writer *writer, const char *path, bool compress)
{
    *writer = (struct writer){.file = fopen(path, "wb")};
    if (!writer->file)
        return -errno;
    if (compress) {
        writer->zstd = ZSTD_createCCtx();
        writer->packed = malloc(BLOCK);
        if (!writer->zstd || !writer->packed)
            writer->error = -ENOMEM;
        else
            ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
        /* A thread of its own where the library has them; the bytes do not depend on timing. */
        if (!writer->error)
            ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_nbWorkers, 1);
    }
    return 0;
}

static int writer_close(struct writer *writer)
{
    if (!writer->error)
        writer_flush(writer, true);
    if (fclose(writer->file) != 0 && !writer->error)
        writer->error = -EIO;
    ZSTD_freeCCtx(writer->zstd);
    free(writer->packed);
    buffer_finish(&writer->block);
    return writer->error;
}

static void put_row(struct world *world, struct buffer *out, const struct event *event)
{
    const struct process *process = &world->processes[event->process];
    const struct host *host = &world->enterprise.hosts[process->host];
    const struct user *user = &world->enterprise.users[process->user];
    bool whole = event->kind == EVENT_PROCESS_START || event->kind == EVENT_PROCESS_END;
    char time[TIME_TEXT_SIZE];
    buffer_put(out, BYTES("{\"@timestamp\":\""));
    buffer_put(out, time_format(event->time, time));
    buffer_put(out, BYTES("\",\"host\":{\"name\":\""));
    buffer_put(out, bytes_of(host->name));
    buffer_put(out, BYTES("\",\"ip\":[\""));
    buffer_put(out, bytes_of(host->ip));
    buffer_put(out, BYTES("\"],\"os\":{\"type\":\"windows\"}},"));
    buffer_put(out, event_about(event->kind));
    buffer_put_char(out, ',');
    buffer_put(out, (struct bytes){process->text, whole ? process->length : process->brief});
    buffer_put(out, BYTES("},\"user\":{\"name\":\""));
    buffer_put(out, bytes_of(user->name));
    buffer_put(out, BYTES("\",\"domain\":\""));
    buffer_put(out, bytes_of(user->domain));
    bool logon = event->kind == EVENT_LOGON || event->kind == EVENT_LOGON_FAILED ||
                 event->kind == EVENT_LOGOFF;
    buffer_put(out, logon ? BYTES("\"") : BYTES("\"}"));
    if (event->length) {
        buffer_put_char(out, ',');
        buffer_put(out, (struct bytes){world->text.at + event->text, event->length});
    }
    buffer_put(out, BYTES("}\n"));
}

/*
 * By time; what came first in the simulation comes first. A process starts
 * before and ends after whatever else it does in the same microsecond.
 */
static int event_compare(const void *left, const void *right)
{
    const struct event *a = left, *b = right;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

int output_day(struct world *world, const char *path, bool compress, int64_t until,
               struct output_counts *counts)
{
    struct writer writer;
    int error = writer_open(&writer, path, compress);
    if (error)
        return error;
    qsort(world->events, world->event_count, sizeof *world->events, event_compare);
    for (uint32_t i = 0; i < world->event_count && !writer.error; i++) {
        const struct event *event = &world->events[i];
        if (event->time >= until)
            break;
        put_row(world, &writer.block, event);
        counts->rows++;
        counts->processes += event->kind == EVENT_PROCESS_START;
        if (writer.block.len >= BLOCK)
            writer_flush(&writer, false);
    }
    error = writer_close(&writer);
    counts->bytes += writer.bytes;
    return error;
}

int output_file(const char *path, struct bytes bytes)
{
    struct writer writer;
    int error = writer_open(&writer, path, false);
    if (error)
        return error;
    buffer_put(&writer.block, bytes);
    return writer_close(&writer);
}
