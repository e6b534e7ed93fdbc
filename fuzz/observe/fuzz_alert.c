/*
 * Lines of any sensor: an alert that comes out has a name and a time; a record that is refused
 * leaves none behind. The first line is also what a file's beginning would be.
 */
#include <stdlib.h>

#include "observe/alert/json_record.h"
#include "observe/alert/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static void record_check(struct alert_parser *parser, struct bytes line, uint64_t offset,
                         struct alert_batch *batch)
{
    char *padded = calloc(1, line.len + ALERT_JSON_PADDING);
    uint32_t before = batch->count;
    if (!padded)
        abort();
    if (line.len)
        memcpy(padded, line.at, line.len);
    enum alert_reason reason = alert_parser_record(parser, (struct bytes){padded, line.len},
                                                   (struct event_id){1, offset}, batch);
    free(padded);
    if (reason && batch->count != before)
        abort();
    for (uint32_t i = before; i < batch->count; i++)
        if (batch->items[i].time == TIME_NONE || batch->items[i].rule_name.len == 0 ||
            batch->items[i].payload.len > ALERT_PAYLOAD_LIMIT || batch->items[i].severity > 4)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    const struct alert_parsing parsing = {.reference = INT64_C(1714953600) * TIME_SECOND};
    struct bytes text = {(const char *)at, length};
    struct alert_parser *parser;
    struct alert_batch batch = {0};
    if (alert_parser_new(&parsing, &parser))
        abort();
    alert_parser_begin(parser, text);
    for (uint64_t offset = 0; text.len; offset++) {
        const char *end = memchr(text.at, '\n', text.len);
        struct bytes line = {text.at, end ? (size_t)(end - text.at) : text.len};
        record_check(parser, line, offset, &batch);
        text = bytes_from(text, line.len + 1);
    }
    alert_parser_free(parser);
    alert_batch_finish(&batch);
    return 0;
}
