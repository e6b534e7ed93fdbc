#include "observe/alert/parser.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "observe/alert/inside.h"

struct alert_parser {
    struct alert_parsing parsing;
    struct json_record_reader *json;
    struct json_record record;
    struct buffer inner; /* a record wrapped in another, padded */
    bool table;          /* there is a heading: lines are a CSV's */
    struct csv csv;
    struct buffer heading;
};

enum alert_format alert_format_find(struct bytes name)
{
    int i = 0;
    while (i < ALERT_FORMAT_COUNT &&
           !bytes_equal(name, bytes_of(alert_format_name((enum alert_format)i))))
        i++;
    return (enum alert_format)i;
}

const char *alert_format_name(enum alert_format format)
{
    static const char *const names[] = {
#define X(name, doc) #name,
        ALERT_FORMATS(X)
#undef X
    };
    return (unsigned)format < ALERT_FORMAT_COUNT ? names[format] : "";
}

const char *alert_reason_sentence(enum alert_reason reason)
{
    static const char *const sentences[] = {
#define X(name, sentence) sentence,
        ALERT_REASONS(X)
#undef X
    };
    return (unsigned)reason < ALERT_REASON_COUNT ? sentences[reason] : "";
}

int alert_parser_new(const struct alert_parsing *parsing, struct alert_parser **ret_parser)
{
    struct alert_parser *parser = calloc(1, sizeof(*parser));
    if (!parser)
        return -ENOMEM;
    parser->parsing = *parsing;
    parser->json = json_record_reader_create();
    if (!parser->json) {
        free(parser);
        return -ENOMEM;
    }
    *ret_parser = parser;
    return 0;
}

void alert_parser_free(struct alert_parser *parser)
{
    if (!parser)
        return;
    json_record_reader_destroy(parser->json);
    buffer_finish(&parser->inner);
    buffer_finish(&parser->heading);
    free(parser);
}

void alert_parser_begin(struct alert_parser *parser, struct bytes beginning)
{
    const char *end = beginning.len ? memchr(beginning.at, '\n', beginning.len) : NULL;
    struct bytes line = {beginning.at, end ? (size_t)(end - beginning.at) : beginning.len};
    enum alert_format format = parser->parsing.format;
    if (bytes_start(line, BYTES("\xef\xbb\xbf")))
        line = bytes_from(line, 3);
    line = alert_trim(line);
    parser->table = (format == ALERT_FORMAT_auto || format == ALERT_FORMAT_csv) &&
                    csv_heading(&parser->csv, parser->parsing.mapping, line);
    buffer_clear(&parser->heading);
    buffer_put(&parser->heading, line);
}

static enum alert_reason json_read(struct alert_parser *parser, struct reading *reading,
                                   struct bytes record)
{
    struct bytes inner;
    enum alert_reason reason = json_record_read(parser->json, record, &parser->record);
    if (reason)
        return reason;
    reason = json_alert_read(reading, &parser->record, &inner);
    if (!inner.len)
        return reason;
    buffer_clear(&parser->inner);
    buffer_put(&parser->inner, inner);
    if (!buffer_reserve(&parser->inner, ALERT_JSON_PADDING))
        return ALERT_REASON_no_memory;
    memset(parser->inner.at + parser->inner.len, 0, ALERT_JSON_PADDING);
    reason = json_record_read(parser->json, buffer_bytes(&parser->inner), &parser->record);
    if (!reason)
        reason = json_alert_read(reading, &parser->record, &inner);
    return inner.len ? ALERT_REASON_unknown : reason; /* wrapped twice */
}

enum alert_reason alert_parser_record(struct alert_parser *parser, struct bytes record,
                                      struct event_id id, struct alert_batch *batch)
{
    struct reading reading = {batch, id, parser->parsing.reference, parser->parsing.format};
    uint32_t before = batch->count;
    enum alert_reason reason = ALERT_REASON_unknown;
    if (parser->table)
        reason = bytes_equal(record, buffer_bytes(&parser->heading))
                     ? ALERT_REASON_none
                     : csv_read(&parser->csv, &reading, record);
    else if (record.len && record.at[0] == '{')
        reason = json_read(parser, &reading, record);
    for (uint32_t i = before; reason == ALERT_REASON_none && i < batch->count; i++)
        if (batch->items[i].rule_name.len == 0)
            reason = ALERT_REASON_no_name;
    if (batch->failed)
        reason = ALERT_REASON_no_memory;
    if (reason)
        batch->count = before;
    return reason;
}

bool alert_parser_open_record(const struct alert_parser *parser, uint64_t *ret_offset)
{
    (void)parser, (void)ret_offset;
    return false;
}
