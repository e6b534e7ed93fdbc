#include "store/row.h"

#include <errno.h>

static const char *sql_type(enum field_kind kind)
{
    switch (kind) {
    case FIELD_KIND_text:
    case FIELD_KIND_ip:
    case FIELD_KIND_category:
    case FIELD_KIND_action:
    case FIELD_KIND_direction:
        return "TEXT";
    default:
        return "INTEGER";
    }
}

void row_declare(struct buffer *out)
{
    for (int field = 0; field < FIELD_COUNT; field++)
        buffer_put_format(out, "%s%s %s", field ? ", " : "", observation_fields[field].name,
                          sql_type(observation_fields[field].kind));
}

void row_columns(struct buffer *out, uint64_t mask)
{
    const char *comma = "";
    for (int field = 0; field < FIELD_COUNT; field++) {
        if (!(mask >> field & 1))
            continue;
        buffer_put_format(out, "%s%s", comma, observation_fields[field].name);
        comma = ", ";
    }
}

static uint64_t number_at(const void *column, size_t size, uint32_t row)
{
    switch (size) {
    case 1:
        return ((const uint8_t *)column)[row];
    case 2:
        return ((const uint16_t *)column)[row];
    case 4:
        return ((const uint32_t *)column)[row];
    default:
        return ((const uint64_t *)column)[row];
    }
}

static void bind_ip(struct row_binder *binder, int field, const struct ip *ip)
{
    if (!binder->fresh && memcmp(&binder->ips[field], ip, sizeof(*ip)) == 0)
        return;
    binder->ips[field] = *ip;
    bind_bytes(binder->statement, field + 1, ip_format(ip, binder->texts[field]));
}

static void bind_value(struct row_binder *binder, int field, enum field_kind kind, uint64_t value,
                       const struct batch *batch)
{
    sqlite3_stmt *statement = binder->statement;
    switch (kind) {
    case FIELD_KIND_text:
        bind_bytes(statement, field + 1, strings_at(&batch->strings, (uint32_t)value));
        break;
    case FIELD_KIND_category:
        bind_bytes(statement, field + 1, category_name((uint8_t)value));
        break;
    case FIELD_KIND_action:
        bind_bytes(statement, field + 1, action_name((uint8_t)value));
        break;
    case FIELD_KIND_direction:
        bind_bytes(statement, field + 1, direction_name((uint8_t)value));
        break;
    case FIELD_KIND_time:
        if ((int64_t)value == TIME_NONE)
            sqlite3_bind_null(statement, field + 1);
        else
            sqlite3_bind_int64(statement, field + 1, (int64_t)value);
        break;
    default:
        /* An event is found by its place, so offset 0 of source 0 are numbers, not absent. */
        if (value == 0 && field != FIELD_event_source && field != FIELD_event_offset)
            sqlite3_bind_null(statement, field + 1);
        else
            sqlite3_bind_int64(statement, field + 1, (int64_t)value);
    }
}

void row_bind(struct row_binder *binder, const struct batch *batch, uint32_t row)
{
    for (int field = 0; field < FIELD_COUNT; field++) {
        const struct field_info *info = &observation_fields[field];
        const char *column = (const char *)&batch->columns + batch_column_offsets[field];
        if (info->kind == FIELD_KIND_ip) {
            bind_ip(binder, field, (const struct ip *)(const void *)column + row);
            continue;
        }
        uint64_t value = number_at(column, info->size, row);
        if (!binder->fresh && value == binder->bound[field])
            continue;
        binder->bound[field] = value;
        bind_value(binder, field, info->kind, value, batch);
    }
    binder->fresh = false;
}

static uint8_t name_find(struct bytes name, struct bytes (*name_of)(uint8_t), uint8_t count)
{
    for (uint8_t i = 0; i < count; i++)
        if (bytes_equal(name_of(i), name))
            return i;
    return 0;
}

static void number_put(void *at, size_t size, int64_t value)
{
    switch (size) {
    case 1:
        *(uint8_t *)at = (uint8_t)value;
        break;
    case 2:
        *(uint16_t *)at = (uint16_t)value;
        break;
    case 4:
        *(uint32_t *)at = (uint32_t)value;
        break;
    default:
        *(int64_t *)at = value;
    }
}

static int field_read(sqlite3_stmt *statement, int column, int field, struct batch *batch)
{
    const struct field_info *info = &observation_fields[field];
    char *at = (char *)batch_column(batch, (enum field)field) + info->size * batch->rows;
    switch (info->kind) {
    case FIELD_KIND_text:
        return strings_intern(&batch->strings, column_bytes(statement, column),
                              (uint32_t *)(void *)at);
    case FIELD_KIND_ip:
        (void)ip_parse(column_bytes(statement, column), (struct ip *)(void *)at);
        return 0;
    case FIELD_KIND_category:
        *(uint8_t *)at = name_find(column_bytes(statement, column), category_name, CATEGORY_COUNT);
        return 0;
    case FIELD_KIND_action:
        *(uint8_t *)at = name_find(column_bytes(statement, column), action_name, ACTION_COUNT);
        return 0;
    case FIELD_KIND_direction:
        *(uint8_t *)at = name_find(column_bytes(statement, column), direction_name, 3);
        return 0;
    default:
        number_put(at, info->size, sqlite3_column_int64(statement, column));
        return 0;
    }
}

int row_read(sqlite3_stmt *statement, int column, struct batch *batch)
{
    if (batch->rows == BATCH_ROWS)
        return -ENOSPC;
    for (int field = 0; field < FIELD_COUNT; field++) {
        if (sqlite3_column_type(statement, column + field) == SQLITE_NULL)
            continue;
        int error = field_read(statement, column + field, field, batch);
        if (error)
            return error;
    }
    batch->rows++;
    return 0;
}
