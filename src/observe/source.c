#include "observe/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "observe/clock.h"
#include "observe/lineage.h"
#include "observe/reader.h"

const char *const source_formats[] = {"ecs",  "winlogbeat", "nxlog", "event-system", "evtx",
                                      "zeek", "eve",        "argus", "flow-csv",     NULL};

struct source {
    uint32_t number;
    const char *format;
    struct stream *stream;
    struct reader reader;
    uint64_t line; /* of what comes next */
    bool end;
    int broken; /* what ended the source early, not yet said */
    struct fault fault;
    struct clock_choice choice;
    struct lineage lineage;
    struct source_counts counts;
};

/* Does the text have this JSON key in it? Good enough to name a shape. */
static bool has_key(struct bytes text, struct bytes quoted)
{
    return memmem(text.at, text.len, quoted.at, quoted.len) != NULL;
}

static const char *shape_of(struct bytes text)
{
    if (has_key(text, BYTES("\"winlog\"")) || has_key(text, BYTES("\"winlog.")))
        return "winlogbeat";
    if (has_key(text, BYTES("\"Event\"")) && has_key(text, BYTES("\"System\"")))
        return "event-system";
    if (has_key(text, BYTES("\"EventID\"")) &&
        (has_key(text, BYTES("\"Channel\"")) || has_key(text, BYTES("\"SourceName\""))))
        return "nxlog";
    if (has_key(text, BYTES("\"@timestamp\"")) &&
        (has_key(text, BYTES("\"event\"")) || has_key(text, BYTES("\"event."))))
        return "ecs";
    if (has_key(text, BYTES("\"id.orig_h\"")) || has_key(text, BYTES("\"orig_h\"")))
        return "zeek";
    if (has_key(text, BYTES("\"src_ip\"")) && has_key(text, BYTES("\"event_type\"")))
        return "eve";
    return NULL;
}

/* The shape of the first record that has one. */
static const char *format_recognise(const struct block *block)
{
    enum { LOOK_RECORDS = 64 };
    const char *format = block->columns ? block->columns->format : NULL;
    for (uint32_t i = 0; i < block->count && i < LOOK_RECORDS && !format; i++) {
        struct bytes text = {block->text.at + block->spans[i].at, block->spans[i].len};
        if (text.at[0] == '{')
            format = shape_of(text);
    }
    return format;
}

static int format_check(const char *format)
{
    for (const char *const *known = source_formats; *known; known++)
        if (!format || strcmp(format, *known) == 0)
            return 0;
    return -EINVAL;
}

/* Cut the first block and name the format by it. */
static int source_start(struct source *source, const char *format, struct fault *ret_fault)
{
    int error = reader_init(&source->reader, source->stream, source->number);
    if (error)
        return error;
    const struct block *block = reader_peek(&source->reader);
    source->line = 1;
    if (block->framing == FRAMING_evtx)
        format = "evtx";
    source->format = format ? format : format_recognise(block);
    if (!source->format && block->error && !block->count) {
        *ret_fault = block->fault;
        return block->error;
    }
    if (!source->format && block->last && !block->count && !block->refusal_count)
        source->format = source_formats[0]; /* empty: every format fits */
    if (!source->format) {
        *ret_fault = (struct fault){"its format is not recognised", 0, 0};
        return -ENOTSUP;
    }
    return 0;
}

static const char *canonical_format(const char *format)
{
    for (const char *const *known = source_formats; format && *known; known++)
        if (strcmp(format, *known) == 0)
            return *known;
    return NULL;
}

int source_open(const char *path, const char *format, uint32_t number, struct source **ret_source,
                struct fault *ret_fault)
{
    struct source *source = NULL;
    *ret_fault = (struct fault){"the file could not be opened", 0, 0};
    if (format_check(format)) {
        ret_fault->why = "there is no format of that name";
        return -EINVAL;
    }
    int descriptor = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return -errno;
    source = calloc(1, sizeof(*source));
    if (!source) {
        close(descriptor);
        return -ENOMEM;
    }
    source->number = number;
    int error = stream_open(descriptor, &source->stream);
    if (error) {
        free(source);
        return error;
    }
    error = source_start(source, canonical_format(format), ret_fault);
    if (error)
        source_close(source);
    else
        *ret_source = source;
    return error;
}

const char *source_format(const struct source *source)
{
    return source->format;
}

enum source_clock source_clock(const struct source *source)
{
    return source->choice.clock;
}

const struct source_counts *source_counts(const struct source *source)
{
    return &source->counts;
}

uint64_t source_size(const struct source *source)
{
    return stream_size(source->stream);
}

uint64_t source_position(const struct source *source)
{
    return stream_position(source->stream);
}

static struct refusal *refusal_of(struct source_counts *counts, enum reason reason)
{
    const char *why = reason_sentence(reason);
    for (uint32_t i = 0; i < counts->reason_count; i++)
        if (counts->reasons[i].why == why)
            return &counts->reasons[i];
    struct refusal *refusal = &counts->reasons[counts->reason_count++];
    *refusal = (struct refusal){.why = why};
    return refusal;
}

static void counts_add(struct source_counts *counts, const struct tally *tally)
{
    counts->read += tally->read;
    counts->kept += tally->kept;
    counts->refused += tally->refused;
    for (unsigned reason = 1; reason < REASON_COUNT; reason++) {
        if (!tally->counts[reason])
            continue;
        struct refusal *refusal = refusal_of(counts, (enum reason)reason);
        if (refusal->count == 0) {
            refusal->first_offset = tally->first_offset[reason];
            refusal->first_line = tally->first_line[reason];
        }
        refusal->count += tally->counts[reason];
    }
}

_Static_assert(REASON_COUNT - 1 <= SOURCE_REASONS, "every reason has a place of its own");

/* One block into `batch`. */
static int block_read(struct source *source, struct batch *batch)
{
    const struct job *job;
    int error = reader_next(&source->reader, batch, &job);
    if (!error)
        error = clock_choose(&source->choice, batch);
    if (error)
        return error;
    counts_add(&source->counts, &job->tally);
    source->counts.bytes = job->block.end_offset;
    source->line = job->block.end_line;
    source->end = job->block.last;
    source->broken = job->block.error;
    source->fault = job->block.fault;
    clock_apply(&source->choice, batch, &source->counts);
    return lineage_apply(&source->lineage, batch);
}

int source_read(struct source *source, struct batch *batch, struct fault *ret_fault)
{
    if (source->end)
        batch_clear(batch);
    while (!source->end) {
        int error = block_read(source, batch);
        if (error) {
            batch_clear(batch);
            *ret_fault = (struct fault){"no memory to read on", source->counts.bytes, 0};
            source->end = true;
            return error;
        }
        if (batch->rows)
            return 0;
    }
    if (source->broken)
        *ret_fault = source->fault;
    int error = source->broken;
    source->broken = 0;
    return error;
}

void source_help(struct source *source, unsigned helpers)
{
    reader_help(&source->reader, helpers);
}

int source_seek(struct source *source, uint64_t offset)
{
    source->end = false;
    source->broken = 0;
    source->line = 0;
    return reader_seek(&source->reader, offset, 0);
}

void source_close(struct source *source)
{
    if (!source)
        return;
    reader_finish(&source->reader);
    lineage_finish(&source->lineage);
    stream_close(source->stream);
    free(source);
}

/* Layout: clock, distance, counts, reasons. Made and read by this version only. */
void source_save(const struct source *source, struct buffer *out)
{
    const struct source_counts *counts = &source->counts;
    buffer_put_u8(out, source->choice.chosen);
    buffer_put_u8(out, (uint8_t)source->choice.clock);
    buffer_put_u8(out, source->choice.distance_known);
    buffer_put_u64(out, (uint64_t)source->choice.distance);
    buffer_put_u64(out, counts->read);
    buffer_put_u64(out, counts->kept);
    buffer_put_u64(out, counts->refused);
    buffer_put_u64(out, counts->bytes);
    buffer_put_u64(out, counts->two_clocks);
    buffer_put_u64(out, counts->clock_disagreements);
    buffer_put_u64(out, source->line);
    buffer_put_u32(out, counts->reason_count);
    for (uint32_t i = 0; i < counts->reason_count; i++) {
        buffer_put_block(out, bytes_of(counts->reasons[i].why));
        buffer_put_u64(out, counts->reasons[i].count);
        buffer_put_u64(out, counts->reasons[i].first_offset);
        buffer_put_u64(out, counts->reasons[i].first_line);
    }
    lineage_save(&source->lineage, out);
}

static enum reason reason_named(struct bytes sentence)
{
    for (unsigned reason = 1; reason < REASON_COUNT; reason++)
        if (bytes_equal(sentence, bytes_of(reason_sentence((enum reason)reason))))
            return (enum reason)reason;
    return REASON_none;
}

int source_restore(struct source *source, struct cursor *in)
{
    struct clock_choice choice = {.chosen = cursor_u8(in) != 0};
    struct source_counts counts = {0};
    choice.clock = cursor_u8(in) ? CLOCK_SOURCE : CLOCK_COLLECTOR;
    choice.distance_known = cursor_u8(in) != 0;
    choice.distance = (int64_t)cursor_u64(in);
    counts.read = cursor_u64(in);
    counts.kept = cursor_u64(in);
    counts.refused = cursor_u64(in);
    counts.bytes = cursor_u64(in);
    counts.two_clocks = cursor_u64(in);
    counts.clock_disagreements = cursor_u64(in);
    uint64_t line = cursor_u64(in);
    uint32_t reasons = cursor_u32(in);
    for (uint32_t i = 0; i < reasons && cursor_ok(in); i++) {
        enum reason reason = reason_named(cursor_block(in));
        if (reason == REASON_none)
            return -EBADMSG;
        struct refusal *refusal = refusal_of(&counts, reason);
        refusal->count = cursor_u64(in);
        refusal->first_offset = cursor_u64(in);
        refusal->first_line = cursor_u64(in);
    }
    if (!cursor_ok(in))
        return -EBADMSG;
    lineage_finish(&source->lineage);
    int error = lineage_restore(&source->lineage, in);
    if (error)
        return error;
    source->choice = choice;
    source->counts = counts;
    source->line = source->reader.splitter.line = line;
    return 0;
}
