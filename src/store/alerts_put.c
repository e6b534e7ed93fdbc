/* Writing what was gathered. */
#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "store/alerts_inside.h"

enum { HEAD = 4096 };

static int64_t head_hash(struct bytes head, size_t length)
{
    return (int64_t)hash_bytes((struct bytes){head.at, length});
}

/* Whether the source a statement stands on begins as `head` does. */
static bool source_is(sqlite3_stmt *statement, const char *path, struct bytes head)
{
    size_t length = (size_t)sqlite3_column_int64(statement, 2);
    if (length > head.len || sqlite3_column_int64(statement, 3) != head_hash(head, length))
        return false;
    return length == HEAD || length == head.len ||
           bytes_equal(column_bytes(statement, 1), bytes_of(path));
}

/* Put the source, or where it begins now that there is more of it. */
static int source_write(struct alerts_store *store, const char *path, struct bytes head,
                        const struct alerts_source *source)
{
    sqlite3_stmt *statement;
    int error = alerts_store_statement(
        store,
        "INSERT INTO alert_sources VALUES(?1,?2,?3,?4,?5,?6,?7) ON CONFLICT(number) DO UPDATE SET"
        " path=?2, head_length=?3, head_hash=?4",
        &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, source->number);
    bind_bytes(statement, 2, bytes_of(path));
    sqlite3_bind_int64(statement, 3, (int64_t)head.len);
    sqlite3_bind_int64(statement, 4, head_hash(head, head.len));
    sqlite3_bind_int64(statement, 5, (int64_t)source->offset);
    sqlite3_bind_int64(statement, 6, (int64_t)source->line);
    sqlite3_bind_int64(statement, 7, (int64_t)source->alerts);
    return database_do(&store->database, statement);
}

int alerts_source_find(struct alerts_store *store, const char *path, struct bytes head,
                       struct alerts_source *ret_source)
{
    struct alerts_source source = {.line = 1};
    sqlite3_stmt *statement;
    bool found = false;
    head.len = head.len < HEAD ? head.len : HEAD;
    int error = alerts_store_statement(
        store,
        "SELECT number, path, head_length, head_hash, offset, line, alerts FROM alert_sources"
        " ORDER BY number",
        &statement);
    if (error)
        return error;
    int more;
    while (!found && (more = database_step(&store->database, statement)) > 0) {
        source.number = (uint32_t)sqlite3_column_int64(statement, 0);
        if (!(found = source_is(statement, path, head)))
            continue;
        source.offset = (uint64_t)sqlite3_column_int64(statement, 4);
        source.line = (uint64_t)sqlite3_column_int64(statement, 5);
        source.alerts = (uint64_t)sqlite3_column_int64(statement, 6);
    }
    sqlite3_reset(statement);
    if (!found && more < 0)
        return more;
    if (!found)
        source.number++;
    error = source_write(store, path, head, &source);
    if (!error)
        *ret_source = source;
    return error;
}

int alerts_store_next_group(struct alerts_store *store, uint64_t *ret_id)
{
    int64_t last = 0;
    int error = database_integer(&store->database,
                                 "SELECT max(coalesce((SELECT max(id) FROM alert_groups), 0),"
                                 " coalesce((SELECT CAST(value AS INTEGER) FROM alert_settings"
                                 " WHERE name='last_group'), 0))",
                                 &last);
    *ret_id = (uint64_t)last + 1;
    return error;
}

static int block_put(struct alerts_store *store, const struct alert *alerts, uint32_t count)
{
    sqlite3_stmt *statement;
    struct bytes body;
    int64_t first = alerts[0].time, last = first;
    for (uint32_t i = 1; i < count; i++) {
        first = alerts[i].time < first ? alerts[i].time : first;
        last = alerts[i].time > last ? alerts[i].time : last;
    }
    int error = alert_block_pack(store->packer, alerts, count, &body);
    if (error)
        return failure_set(&store->failure, error, "a block of alerts: %s", strerror(-error));
    error = alerts_store_statement(store, "INSERT INTO alert_blocks VALUES(?,?,?,?,?)", &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, (int64_t)store->next);
    sqlite3_bind_int64(statement, 2, count);
    sqlite3_bind_int64(statement, 3, first);
    sqlite3_bind_int64(statement, 4, last);
    sqlite3_bind_blob64(statement, 5, body.at, body.len, SQLITE_STATIC);
    return database_do(&store->database, statement);
}

static int by_group(const void *a, const void *b)
{
    const struct alert_place *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* The members of one group in this block: places[0 … count). */
static int members_put(struct alerts_store *store, const struct alert_place *places, uint32_t count)
{
    sqlite3_stmt *statement;
    uint32_t before = 0;
    buffer_clear(&store->members);
    for (uint32_t i = 0; i < count; i++) {
        buffer_put_varint(&store->members, places[i].at - before);
        before = places[i].at;
    }
    if (store->members.failed)
        return failure_set(&store->failure, -ENOMEM, "out of memory");
    int error =
        alerts_store_statement(store, "INSERT INTO alert_members VALUES(?,?,?,?)", &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, (int64_t)places[0].group);
    sqlite3_bind_int64(statement, 2, (int64_t)store->next);
    sqlite3_bind_int64(statement, 3, count);
    sqlite3_bind_blob64(statement, 4, store->members.at, store->members.len, SQLITE_STATIC);
    return database_do(&store->database, statement);
}

static int places_sort(struct alerts_store *store, const uint64_t *groups, uint32_t count)
{
    if (count > store->order_capacity) {
        struct alert_place *order = reallocarray(store->order, count, sizeof(*order));
        if (!order)
            return failure_set(&store->failure, -ENOMEM, "out of memory");
        store->order = order;
        store->order_capacity = count;
    }
    for (uint32_t i = 0; i < count; i++)
        store->order[i] = (struct alert_place){groups[i], i};
    qsort(store->order, count, sizeof(*store->order), by_group);
    return 0;
}

int alerts_store_put(struct alerts_store *store, const struct alert *alerts, const uint64_t *groups,
                     uint32_t count)
{
    if (count == 0)
        return 0;
    int error = block_put(store, alerts, count);
    if (!error)
        error = places_sort(store, groups, count);
    for (uint32_t i = 0, end; i < count && error == 0; i = end) {
        for (end = i + 1; end < count && store->order[end].group == store->order[i].group; end++)
            continue;
        error = members_put(store, store->order + i, end - i);
    }
    if (!error)
        store->next += count;
    return error;
}

static void bind_ip(sqlite3_stmt *statement, int parameter, const struct ip *ip)
{
    char text[IP_TEXT_SIZE];
    struct bytes address = ip_format(ip, text);
    if (address.len)
        sqlite3_bind_text(statement, parameter, address.at, (int)address.len, SQLITE_TRANSIENT);
    else
        sqlite3_bind_null(statement, parameter);
}

static int group_insert(struct alerts_store *store, const struct alert_group *group,
                        const struct alert *first)
{
    sqlite3_stmt *statement;
    int error = alerts_store_statement(
        store, "INSERT INTO alert_groups VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, (int64_t)group->id);
    sqlite3_bind_int64(statement, 2, (int64_t)group->key);
    sqlite3_bind_int64(statement, 3, group->first);
    sqlite3_bind_int64(statement, 4, group->last);
    sqlite3_bind_int64(statement, 5, (int64_t)group->count);
    sqlite3_bind_int(statement, 6, group->severity);
    sqlite3_bind_int(statement, 7, group->closed);
    bind_bytes(statement, 8, first->sensor);
    bind_bytes(statement, 9, first->host);
    bind_ip(statement, 10, &first->host_ip);
    bind_bytes(statement, 11, first->rule_id);
    bind_bytes(statement, 12, first->rule_name);
    bind_bytes(statement, 13, first->category);
    bind_ip(statement, 14, &first->source_ip);
    bind_ip(statement, 15, &first->destination_ip);
    sqlite3_bind_int(statement, 16, first->destination_port);
    sqlite3_bind_int64(statement, 17, (int64_t)group->burst);
    sqlite3_bind_int64(statement, 18, (int64_t)group->burst_key);
    return database_do(&store->database, statement);
}

int alerts_store_put_group(struct alerts_store *store, const struct alert_group *group,
                           const struct alert *first)
{
    sqlite3_stmt *statement;
    int error = alerts_store_change(store, group->id);
    if (!error && first)
        return group_insert(store, group, first);
    if (!error)
        error = alerts_store_statement(store,
                                       "UPDATE alert_groups SET first=?2, last=?3, count=?4, "
                                       "severity=?5, closed=?6 WHERE id=?1",
                                       &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, (int64_t)group->id);
    sqlite3_bind_int64(statement, 2, group->first);
    sqlite3_bind_int64(statement, 3, group->last);
    sqlite3_bind_int64(statement, 4, (int64_t)group->count);
    sqlite3_bind_int(statement, 5, group->severity);
    sqlite3_bind_int(statement, 6, group->closed);
    return database_do(&store->database, statement);
}

int alerts_store_put_source(struct alerts_store *store, const struct alerts_source *source)
{
    sqlite3_stmt *statement;
    int error = alerts_store_statement(
        store, "UPDATE alert_sources SET offset=?2, line=?3, alerts=?4 WHERE number=?1",
        &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, source->number);
    sqlite3_bind_int64(statement, 2, (int64_t)source->offset);
    sqlite3_bind_int64(statement, 3, (int64_t)source->line);
    sqlite3_bind_int64(statement, 4, (int64_t)source->alerts);
    return database_do(&store->database, statement);
}
