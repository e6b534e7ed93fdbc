#include "observe/alert/parser.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "observe/alert/inside.h"

/* What the beginning of a file says of its lines. */
enum mode {
    MODE_records,  /* each says by itself what it is */
    MODE_table,    /* a CSV's */
    MODE_zeek,     /* a table of Zeek's */
    MODE_sections, /* of ModSecurity's transactions */
};

struct alert_parser {
    struct alert_parsing parsing;
    int64_t now; /* of records without a time; TIME_NONE: they are refused */
    struct json_record_reader *json;
    struct json_record record;
    struct buffer inner; /* a record wrapped in another, padded */
    enum mode mode;
    struct csv csv; /* of tables */
    struct buffer heading;
    struct sections sections;
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
    parser->now = TIME_NONE;
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
    buffer_finish(&parser->sections.text);
    free(parser);
}

void alert_parser_now(struct alert_parser *parser, int64_t now)
{
    parser->parsing.reference = parser->now = now;
}

static struct bytes line_take(struct bytes *text)
{
    const char *end = text->len ? memchr(text->at, '\n', text->len) : NULL;
    struct bytes line = {text->at, end ? (size_t)(end - text->at) : text->len};
    *text = bytes_from(*text, line.len + 1);
    return alert_trim(line);
}

/* Whether lines of this format may be what was asked for. */
static bool wanted(const struct alert_parser *parser, enum alert_format format)
{
    return parser->parsing.format == ALERT_FORMAT_auto || parser->parsing.format == format;
}

void alert_parser_begin(struct alert_parser *parser, struct bytes beginning)
{
    if (bytes_start(beginning, BYTES("\xef\xbb\xbf")))
        beginning = bytes_from(beginning, 3);
    struct bytes line = line_take(&beginning);
    parser->mode = MODE_records;
    if (wanted(parser, ALERT_FORMAT_zeek) && bytes_start(line, BYTES("#separator"))) {
        parser->mode = MODE_zeek;
        parser->csv = (struct csv){.separator = '\t', .sensor = BYTES("zeek")};
        for (; bytes_start(line, BYTES("#")); line = line_take(&beginning))
            zeek_heading(&parser->csv, line);
    } else if (wanted(parser, ALERT_FORMAT_modsecurity) && modsecurity_boundary(line)) {
        parser->mode = MODE_sections;
    } else if (wanted(parser, ALERT_FORMAT_csv) &&
               csv_heading(&parser->csv, parser->parsing.mapping, line)) {
        parser->mode = MODE_table;
        buffer_clear(&parser->heading);
        buffer_put(&parser->heading, line);
    }
}

static enum alert_reason inner_copy(struct alert_parser *parser, struct bytes text)
{
    buffer_clear(&parser->inner);
    buffer_put(&parser->inner, text);
    if (!buffer_reserve(&parser->inner, ALERT_JSON_PADDING))
        return ALERT_REASON_no_memory;
    memset(parser->inner.at + parser->inner.len, 0, ALERT_JSON_PADDING);
    return ALERT_REASON_none;
}

/* JSON that has to be moved to where it can be padded. */
static enum alert_reason wrapped_read(struct alert_parser *parser, struct reading *reading,
                                      struct bytes text)
{
    struct bytes inner;
    enum alert_reason reason = inner_copy(parser, text);
    if (!reason)
        reason = json_record_read(parser->json, buffer_bytes(&parser->inner), &parser->record);
    if (!reason)
        reason = json_alert_read(reading, &parser->record, &inner);
    return !reason && inner.len ? ALERT_REASON_unknown : reason; /* wrapped twice */
}

static enum alert_reason json_read(struct alert_parser *parser, struct reading *reading,
                                   struct bytes record)
{
    struct bytes inner;
    enum alert_reason reason = json_record_read(parser->json, record, &parser->record);
    if (!reason)
        reason = json_alert_read(reading, &parser->record, &inner);
    return !reason && inner.len ? wrapped_read(parser, reading, inner) : reason;
}

static enum alert_reason message_read(struct alert_parser *parser, struct reading *reading,
                                      struct bytes text)
{
    enum alert_format format = bytes_start(text, BYTES("CEF:"))    ? ALERT_FORMAT_cef
                               : bytes_start(text, BYTES("LEEF:")) ? ALERT_FORMAT_leef
                                                                   : ALERT_FORMAT_auto;
    struct snort snort;
    if (format == ALERT_FORMAT_auto && snort_recognise(text, &snort))
        format = ALERT_FORMAT_snort;
    if (format == ALERT_FORMAT_auto)
        return ALERT_REASON_unknown;
    if (!wanted(parser, format))
        return ALERT_REASON_unexpected;
    return format == ALERT_FORMAT_cef    ? cef_read(reading, text)
           : format == ALERT_FORMAT_leef ? leef_read(reading, text)
                                         : snort_read(reading, &snort);
}

/* A line of text: with syslog's header before it or without. */
static enum alert_reason text_read(struct alert_parser *parser, struct reading *reading,
                                   struct bytes text)
{
    struct alert_batch *batch = reading->batch;
    uint32_t before = batch->count;
    struct syslog syslog;
    enum alert_reason bare = message_read(parser, reading, text);
    if (bare != ALERT_REASON_unknown)
        return bare;
    enum alert_reason reason = syslog_header_take(&text, reading->reference, &syslog);
    if (reason == ALERT_REASON_unknown && wanted(parser, ALERT_FORMAT_syslog))
        return syslog_read(reading, NULL, text);
    if (reason)
        return reason;
    reason = text.len && text.at[0] == '{' ? wrapped_read(parser, reading, text)
                                           : message_read(parser, reading, text);
    if (reason == ALERT_REASON_unknown && wanted(parser, ALERT_FORMAT_syslog)) {
        batch->count = before;
        reason = syslog_read(reading, &syslog, text);
    }
    for (uint32_t i = before; reason == ALERT_REASON_none && i < batch->count; i++)
        syslog_fill(reading, &syslog, &batch->items[i]);
    return reason;
}

static enum alert_reason record_read(struct alert_parser *parser, struct reading *reading,
                                     struct bytes record)
{
    bool heading;
    switch (parser->mode) {
    case MODE_table:
        heading = bytes_equal(record, buffer_bytes(&parser->heading));
        return heading ? ALERT_REASON_none : csv_read(&parser->csv, reading, record);
    case MODE_zeek:
        if (!bytes_start(record, BYTES("#")))
            return zeek_table_read(&parser->csv, reading, record);
        zeek_heading(&parser->csv, record);
        return ALERT_REASON_none;
    case MODE_sections:
        return sections_read(reading, &parser->sections, record);
    default:
        return bytes_start(record, BYTES("{")) ? json_read(parser, reading, record)
                                               : text_read(parser, reading, record);
    }
}

enum alert_reason alert_parser_record(struct alert_parser *parser, struct bytes record,
                                      struct event_id id, struct alert_batch *batch)
{
    struct reading reading = {batch, id, parser->parsing.reference, parser->parsing.format,
                              parser->parsing.rules};
    uint32_t before = batch->count;
    enum alert_reason reason = record_read(parser, &reading, record);
    for (uint32_t i = before; reason == ALERT_REASON_none && i < batch->count; i++) {
        struct alert *alert = &batch->items[i];
        alert->time = alert->time == TIME_NONE ? parser->now : alert->time;
        reason = alert->time == TIME_NONE    ? ALERT_REASON_no_time
                 : alert->rule_name.len == 0 ? ALERT_REASON_no_name
                                             : ALERT_REASON_none;
    }
    if (batch->failed)
        reason = ALERT_REASON_no_memory;
    if (reason)
        batch->count = before;
    return reason;
}

bool alert_parser_open_record(const struct alert_parser *parser, uint64_t *ret_offset)
{
    if (parser->sections.open)
        *ret_offset = parser->sections.id.offset;
    return parser->sections.open;
}
