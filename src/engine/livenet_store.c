#include "engine/livenet_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char forget_sql[] = "DELETE FROM livenet_flows WHERE start = ?1 AND length = ?2";
static const char row_sql[] =
    "INSERT INTO livenet_flows (start, length, source_ip, destination_ip, protocol,"
    " destination_port, application, flows, packets, bytes, unit, internal)"
    " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)";

static int row_compare(const void *left, const void *right)
{
    const struct livenet_key *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return memcmp(a, b, sizeof(*a));
}

static int step(struct sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? 0 : -EIO;
}

static void text_bind(struct sqlite3_stmt *statement, int at, struct bytes text)
{
    sqlite3_bind_text(statement, at, text.at, (int)text.len, SQLITE_TRANSIENT);
}

/* The organisation's prefix the machine is in, or its own network: /24, or /64. */
static struct bytes unit_name(const struct livenet_key *key, const struct bytes *units,
                              char text[PREFIX_TEXT_SIZE])
{
    if (key->unit)
        return units[key->unit - 1];
    if (!key->inside)
        return BYTES("");
    struct prefix prefix = {.address = key->inside & 1 ? key->source_ip : key->destination_ip};
    prefix.length = ip_is_v4(&prefix.address) ? 96 + 24 : 64;
    memset(prefix.address.octets + prefix.length / 8, 0, 16 - prefix.length / 8);
    return prefix_format(&prefix, text);
}

static int row_write(struct sqlite3_stmt *statement, int64_t length, const struct bytes *units,
                     const struct livenet_row *row)
{
    const struct livenet_key *key = &row->key;
    char source[IP_TEXT_SIZE], destination[IP_TEXT_SIZE], unit[PREFIX_TEXT_SIZE], protocol[8];
    sqlite3_bind_int64(statement, 1, key->start);
    sqlite3_bind_int64(statement, 2, length);
    text_bind(statement, 3, ip_format(&key->source_ip, source));
    text_bind(statement, 4, ip_format(&key->destination_ip, destination));
    text_bind(statement, 5, protocol_name(key->protocol, protocol));
    sqlite3_bind_int64(statement, 6, key->port);
    text_bind(statement, 7, bytes_of(key->application));
    sqlite3_bind_int64(statement, 8, (int64_t)row->flows);
    sqlite3_bind_int64(statement, 9, (int64_t)row->packets);
    sqlite3_bind_int64(statement, 10, (int64_t)row->bytes);
    text_bind(statement, 11, unit_name(key, units, unit));
    sqlite3_bind_int64(statement, 12, key->inside == 3);
    return step(statement);
}

int livenet_rows_write(struct darknet_store *store, int64_t length, const struct bytes *units,
                       struct livenet_row *rows, uint32_t count, const int64_t *fresh,
                       uint32_t fresh_count)
{
    struct sqlite3_stmt *forget, *insert;
    int error = darknet_store_begin(store);
    if (!error)
        error = darknet_store_statement(store, forget_sql, &forget);
    if (!error)
        error = darknet_store_statement(store, row_sql, &insert);
    for (uint32_t i = 0; i < fresh_count && !error; i++) {
        sqlite3_bind_int64(forget, 1, fresh[i]);
        sqlite3_bind_int64(forget, 2, length);
        error = step(forget);
    }
    if (count)
        qsort(rows, count, sizeof(*rows), row_compare);
    for (uint32_t i = 0; i < count && !error; i++)
        error = row_write(insert, length, units, &rows[i]);
    return error ? error : darknet_store_commit(store);
}
