#include "observe/parser.h"

#include <errno.h>

#include "observe/binxml.h"
#include "observe/evtx.h"
#include "observe/flow/record.h"
#include "observe/json_reader.h"
#include "observe/utf8.h"

/* Enough to mend the longest record; a chunk of an event log takes far less. */
enum { TEXTS_LIMIT = 128 << 20 };

int parser_init(struct parser *parser)
{
    parser->texts.limit = TEXTS_LIMIT;
    parser->reader = json_reader_create();
    return parser->reader ? writer_init(&parser->writer) : -ENOMEM;
}

void parser_finish(struct parser *parser)
{
    json_reader_destroy(parser->reader);
    writer_finish(&parser->writer);
    buffer_finish(&parser->scratch);
    arena_finish(&parser->texts);
}

void tally_refuse(struct tally *tally, enum reason reason, uint64_t offset, uint64_t line)
{
    if (tally->counts[reason]++ == 0) {
        tally->first_offset[reason] = offset;
        tally->first_line[reason] = line;
    }
    tally->refused++;
}

static enum reason record_mend(struct parser *parser, struct bytes text)
{
    char *copy = arena_take(&parser->texts, 3 * text.len + JSON_PADDING);
    if (!copy)
        return REASON_no_memory;
    size_t len = utf8_repair(copy, text);
    return json_reader_read(parser->reader, (struct bytes){copy, len}, &parser->record);
}

static int flow_parse(struct parser *parser, uint32_t row, enum reason *ret_reason)
{
    struct flow flow;
    bool whole;
    *ret_reason = flow_of_record(&parser->record, &flow, &whole);
    return *ret_reason ? 0 : flow_write(&flow, parser->writer.batch, row);
}

/* One record into row `batch->rows`; 0 with a reason when it is refused. */
static int record_parse(struct parser *parser, const struct columns *columns, struct bytes text,
                        uint32_t row, enum reason *ret_reason)
{
    if (columns)
        *ret_reason = columns_read(columns, text, &parser->record);
    else
        *ret_reason = json_reader_read(parser->reader, text, &parser->record);
    if (*ret_reason == REASON_not_utf8)
        *ret_reason = record_mend(parser, text);
    if (*ret_reason)
        return 0;
    return record_is_flow(&parser->record)
               ? flow_parse(parser, row, ret_reason)
               : record_write(&parser->record, &parser->writer, row, ret_reason);
}

static uint64_t line_of(const struct block *block, uint32_t at)
{
    if (block->line == 0)
        return 0;
    uint64_t line = block->line;
    for (const char *c = block->text.at; (c = memchr(c, '\n', (size_t)(block->text.at + at - c)));
         c++)
        line++;
    return line;
}

/* The records the splitter found, each a JSON object or a line of columns. */
static int lines_run(struct parser *parser, const struct block *block, uint32_t number,
                     struct batch *batch, struct tally *tally)
{
    for (uint32_t i = 0; i < block->count; i++) {
        struct bytes text = {block->text.at + block->spans[i].at, block->spans[i].len};
        uint64_t offset = block->offset + block->spans[i].at;
        enum reason reason;
        if (block->columns && columns_skip(block->columns, text)) {
            tally->read--;
            continue;
        }
        int error = record_parse(parser, block->columns, text, batch->rows, &reason);
        if (error)
            return error;
        if (reason) {
            bool first = tally->counts[reason] == 0;
            tally_refuse(tally, reason, offset, first ? line_of(block, block->spans[i].at) : 0);
            continue;
        }
        batch->columns.event_source[batch->rows] = number;
        batch->columns.event_offset[batch->rows] = offset;
        batch->rows++;
    }
    return 0;
}

/* A record of an event log into the batch's next row. */
static int event_run(struct parser *parser, struct bytes chunk, const struct evtx_record *found,
                     uint64_t offset, struct batch *batch, struct tally *tally)
{
    enum reason reason = REASON_evtx_record;
    int error = 0;
    if (binxml_read(chunk, found->from, found->to, &parser->texts, &parser->scratch,
                    &parser->record))
        error = record_write(&parser->record, &parser->writer, batch->rows, &reason);
    if (error)
        return error;
    tally->read++;
    if (reason) {
        tally_refuse(tally, reason, offset, 0);
        return 0;
    }
    batch->columns.event_offset[batch->rows++] = offset;
    return 0;
}

/* A block that is one chunk. One whose checksums don't hold counts as a refused record beside those
 * that could still be read. */
static int chunk_run(struct parser *parser, const struct block *block, uint32_t number,
                     struct batch *batch, struct tally *tally)
{
    struct evtx_chunk chunk;
    struct evtx_record record;
    enum evtx_found found;
    int error = 0;
    if (!evtx_chunk_begin(buffer_bytes(&block->text), &chunk))
        return 0;
    if (!chunk.sound)
        tally->read++, tally_refuse(tally, REASON_evtx_chunk, block->offset, 0);
    while (!error && batch->rows < BATCH_ROWS && (found = evtx_next(&chunk, &record)) != EVTX_END) {
        uint64_t offset = block->offset + record.at;
        if (found == EVTX_NONE && chunk.sound)
            tally->read++, tally_refuse(tally, REASON_evtx_record, offset, 0);
        if (found == EVTX_RECORD && offset >= block->from)
            error = event_run(parser, chunk.bytes, &record, offset, batch, tally);
    }
    for (uint32_t row = 0; row < batch->rows; row++)
        batch->columns.event_source[row] = number;
    return error;
}

int parser_run(struct parser *parser, const struct block *block, uint32_t number,
               struct batch *batch, struct tally *tally)
{
    *tally = (struct tally){.read = block->count};
    for (uint32_t i = 0; i < block->refusal_count; i++)
        tally_refuse(tally, block->refusals[i].reason, block->refusals[i].offset,
                     block->refusals[i].line);
    tally->read += block->refusal_count;
    batch_clear(batch);
    arena_reset(&parser->texts);
    writer_begin(&parser->writer, batch);
    int error = block->framing == FRAMING_evtx ? chunk_run(parser, block, number, batch, tally)
                                               : lines_run(parser, block, number, batch, tally);
    tally->kept = batch->rows;
    return error;
}
