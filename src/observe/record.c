#include "observe/writer.h"

#include <errno.h>

const char *reason_sentence(enum reason reason)
{
    static const char *const sentences[] = {
#define X(name, sentence) sentence,
        REASONS(X)
#undef X
    };
    return sentences[reason < REASON_COUNT ? reason : REASON_broken_json];
}

void record_clear(struct record *record)
{
    for (uint32_t i = 0; i < record->count; i++)
        record->tokens[record->given[i]] = (struct token){0};
    record->count = 0;
}

void record_put_unnamed(struct record *record, struct token token)
{
    struct bytes mark = BYTES("HostApplication=");
    if (token.len && memmem(token.at, token.len, mark.at, mark.len))
        record_put(record, DATA_ContextInfo, token);
}

static struct token first_of(const struct record *record, const uint8_t *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (record->tokens[keys[i]].kind != TOKEN_NONE)
            return record->tokens[keys[i]];
    return (struct token){0};
}

static enum reason time_read(struct token token, int64_t *ret_time)
{
    if (token.kind == TOKEN_NONE)
        return REASON_no_time;
    switch (time_parse((struct bytes){token.at, token.len}, ret_time)) {
    case 0:
        return REASON_none;
    case -ERANGE:
        return REASON_time_far;
    default:
        return REASON_time_unreadable;
    }
}

/* The collector's clock into `time`, the source's into `event_created`; one of them must be there.
 */
static enum reason times_write(const struct record *record, struct batch_columns *columns,
                               uint32_t row)
{
    static const uint8_t collector[] = {KEY_timestamp, KEY_system_time};
    static const uint8_t source[] = {DATA_UtcTime, DATA_TimeCreated, KEY_event_time};
    int64_t collected, happened;
    enum reason first = time_read(first_of(record, collector, sizeof(collector)), &collected);
    enum reason second = time_read(first_of(record, source, sizeof(source)), &happened);
    if (first != REASON_none && second != REASON_none)
        return first == REASON_no_time ? second : first;
    columns->time[row] = first == REASON_none ? collected : TIME_NONE;
    columns->event_created[row] = second == REASON_none ? happened : TIME_NONE;
    return REASON_none;
}

/* Windows events bring a number and the log it belongs to; ECS may bring an event.code of its own.
 */
static int meaning_write(const struct record *record, struct writer *writer, uint32_t row)
{
    uint64_t id = 0;
    if (!token_number(record->tokens[KEY_event_id], &id) || id > UINT32_MAX)
        return 0;
    writer->batch->columns.event_code[row] = (uint32_t)id;
    if (record->tokens[KEY_channel].kind == TOKEN_NONE &&
        record->tokens[KEY_provider].kind == TOKEN_NONE)
        return 0;
    return windows_event_write(record, writer, row, (uint32_t)id);
}

int record_write(const struct record *record, struct writer *writer, uint32_t row,
                 enum reason *ret_reason)
{
    struct batch_columns *columns = &writer->batch->columns;
    enum reason reason = times_write(record, columns, row);
    if (reason != REASON_none) {
        *ret_reason = reason;
        return 0;
    }
    int error = schema_write(record, writer, row);
    if (!error && record->tokens[KEY_event_id].kind != TOKEN_NONE)
        error = meaning_write(record, writer, row);
    if (!error)
        *ret_reason = REASON_none;
    return error;
}
