#include "model/batch.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json.h"

const size_t batch_column_offsets[FIELD_COUNT] = {
#define X(kind, name, doc) offsetof(struct batch_columns, name),
    OBSERVATION_FIELDS(X)
#undef X
};

static const void *column_at(const struct batch *batch, enum field field, uint32_t row)
{
    return (const char *)&batch->columns + batch_column_offsets[field] +
           observation_fields[field].size * row;
}

/* Rows are made absent when they are taken back, so a new row starts clean. */
static void rows_wipe(struct batch *batch, uint32_t rows)
{
    for (int field = 0; field < FIELD_COUNT; field++) {
        char *column = batch_column(batch, (enum field)field);
        memset(column, 0, observation_fields[field].size * rows);
    }
    for (uint32_t row = 0; row < rows; row++)
        batch->columns.time[row] = batch->columns.event_created[row] = TIME_NONE;
}

struct batch *batch_create(void)
{
    struct batch *batch = calloc(1, sizeof(*batch));
    if (batch)
        rows_wipe(batch, BATCH_ROWS);
    return batch;
}

void batch_clear(struct batch *batch)
{
    /* One more than written: a reader may have given up half way through a row. */
    rows_wipe(batch, batch->rows < BATCH_ROWS ? batch->rows + 1 : BATCH_ROWS);
    batch->rows = 0;
    strings_clear(&batch->strings);
}

void batch_destroy(struct batch *batch)
{
    if (batch)
        strings_finish(&batch->strings);
    free(batch);
}

int batch_append(struct batch *to, const struct batch *from, uint32_t row)
{
    if (to->rows == BATCH_ROWS)
        return -ENOSPC;
    for (int field = 0; field < FIELD_COUNT; field++) {
        const struct field_info *info = &observation_fields[field];
        const void *source = column_at(from, (enum field)field, row);
        char *target = (char *)batch_column(to, (enum field)field) + info->size * to->rows;
        if (info->kind != FIELD_KIND_text) {
            memcpy(target, source, info->size);
            continue;
        }
        uint32_t id = *(const uint32_t *)source;
        int error = id ? strings_intern(&to->strings, strings_at(&from->strings, id), &id) : 0;
        if (error)
            return error;
        memcpy(target, &id, sizeof(id));
    }
    to->rows++;
    return 0;
}

static uint64_t unsigned_at(const void *value, size_t size)
{
    switch (size) {
    case 1:
        return *(const uint8_t *)value;
    case 2:
        return *(const uint16_t *)value;
    case 4:
        return *(const uint32_t *)value;
    default:
        return *(const uint64_t *)value;
    }
}

static void field_json(const struct batch *batch, enum field field, uint32_t row, struct json *json)
{
    const struct field_info *info = &observation_fields[field];
    const void *value = column_at(batch, field, row);
    char text[IP_TEXT_SIZE];
    struct bytes shown = {0};
    if (info->kind == FIELD_KIND_time) {
        if (*(const int64_t *)value != TIME_NONE)
            json_key(json, info->name), json_time(json, *(const int64_t *)value);
        return;
    }
    if (info->kind == FIELD_KIND_text)
        shown = strings_at(&batch->strings, *(const uint32_t *)value);
    else if (info->kind == FIELD_KIND_ip)
        shown = ip_format(value, text);
    else if (info->kind == FIELD_KIND_category)
        shown = category_name(*(const uint8_t *)value);
    else if (info->kind == FIELD_KIND_action)
        shown = action_name(*(const uint8_t *)value);
    else if (info->kind == FIELD_KIND_direction)
        shown = direction_name(*(const uint8_t *)value);
    else if (unsigned_at(value, info->size))
        json_key(json, info->name), json_unsigned(json, unsigned_at(value, info->size));
    if (shown.len)
        json_key_text(json, info->name, shown);
}

void batch_row_json(const struct batch *batch, uint32_t row, struct json *json)
{
    json_object(json);
    for (int field = 0; field < FIELD_COUNT; field++)
        field_json(batch, (enum field)field, row, json);
    json_end_object(json);
}
