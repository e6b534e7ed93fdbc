#include "store/alerts_table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "store/alert_block.h"
#include "store/virtual_table.h"

/* Columns after alert and group_id, X(kind, column, member). */
#define ALERT_COLUMNS(X)                                                                           \
    X(integer, time, time)                                                                         \
    X(text, sensor, sensor)                                                                        \
    X(text, host_name, host)                                                                       \
    X(ip, host_ip, host_ip)                                                                        \
    X(text, rule_id, rule_id)                                                                      \
    X(text, rule_name, rule_name)                                                                  \
    X(text, category, category)                                                                    \
    X(given, severity, severity)                                                                   \
    X(ip, source_ip, source_ip)                                                                    \
    X(given, source_port, source_port)                                                             \
    X(ip, destination_ip, destination_ip)                                                          \
    X(given, destination_port, destination_port)                                                   \
    X(given, network_transport, network_transport)                                                 \
    X(text, user_name, user_name)                                                                  \
    X(text, url, url)                                                                              \
    X(text, http_method, http_method)                                                              \
    X(text, http_host, http_host)                                                                  \
    X(text, user_agent, user_agent)                                                                \
    X(given, http_status, http_status)                                                             \
    X(blob, payload, payload)                                                                      \
    X(text, message, message)

enum {
    ALERT,
    GROUP,
#define X(kind, column, member) COLUMN_##column,
    ALERT_COLUMNS(X)
#undef X
};

/* What of a WHERE clause chooses blocks: parameters of the query over them. */
enum { FROM = 1, UNTIL = 2, NUMBER = 3 };

struct alerts_table {
    sqlite3_vtab base;
    sqlite3 *handle;
    const char *schema;
};

struct alerts_cursor {
    sqlite3_vtab_cursor base;
    sqlite3_stmt *blocks, *members; /* NULL: none yet */
    bool end;
    struct arena arena; /* of the block being read */
    uint64_t first;     /* its first alert's number */
    struct alert *alerts;
    uint64_t *groups;
    uint32_t count, at;
};

static int table_connect(sqlite3 *handle, void *context, int argc, const char *const *argv,
                         sqlite3_vtab **ret_table, char **ret_error)
{
    (void)argc, (void)argv, (void)ret_error;
    static const char declaration[] = "CREATE TABLE alerts (alert INTEGER, group_id INTEGER"
#define X(kind, column, member) ", " #column
        ALERT_COLUMNS(X) ")";
#undef X
    int result = sqlite3_declare_vtab(handle, declaration);
    if (result != SQLITE_OK)
        return result;
    sqlite3_vtab_config(handle, SQLITE_VTAB_INNOCUOUS);
    struct alerts_table *table = sqlite3_malloc(sizeof(*table));
    if (!table)
        return SQLITE_NOMEM;
    *table = (struct alerts_table){.handle = handle, .schema = context};
    *ret_table = &table->base;
    return SQLITE_OK;
}

/* Which parameter a constraint fills; 0: none. Rows are looked at again, so >= will do for >. */
static int parameter_of(int column, int relation)
{
    bool equal = relation == SQLITE_INDEX_CONSTRAINT_EQ;
    if (column == ALERT && equal)
        return NUMBER;
    if (column != COLUMN_time)
        return 0;
    if (relation == SQLITE_INDEX_CONSTRAINT_GT || relation == SQLITE_INDEX_CONSTRAINT_GE)
        return FROM;
    return relation == SQLITE_INDEX_CONSTRAINT_LT || relation == SQLITE_INDEX_CONSTRAINT_LE ? UNTIL
                                                                                            : 0;
}

/* The plan: which parameter each argument is, two bits each, the first lowest. */
static int table_plan(sqlite3_vtab *base, sqlite3_index_info *info)
{
    (void)base;
    int arguments = 0;
    unsigned taken = 0;
    double rows = 1e7;
    for (int i = 0; i < info->nConstraint; i++) {
        int parameter = parameter_of(info->aConstraint[i].iColumn, info->aConstraint[i].op);
        if (!parameter || !info->aConstraint[i].usable || taken & 1u << parameter)
            continue;
        taken |= 1u << parameter;
        info->idxNum |= parameter << 2 * arguments;
        info->aConstraintUsage[i].argvIndex = ++arguments;
        rows /= parameter == NUMBER ? 1e6 : 4;
    }
    info->estimatedRows = (sqlite3_int64)rows;
    info->estimatedCost = rows + 10;
    return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor)
{
    (void)table;
    struct alerts_cursor *cursor = sqlite3_malloc(sizeof(*cursor));
    if (!cursor)
        return SQLITE_NOMEM;
    *cursor = (struct alerts_cursor){.end = true};
    *ret_cursor = &cursor->base;
    return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *base)
{
    struct alerts_cursor *cursor = (struct alerts_cursor *)base;
    sqlite3_finalize(cursor->blocks);
    sqlite3_finalize(cursor->members);
    arena_finish(&cursor->arena);
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static int block_damaged(struct alerts_cursor *cursor)
{
    sqlite3_free(cursor->base.pVtab->zErrMsg);
    cursor->base.pVtab->zErrMsg = sqlite3_mprintf("alerts: a block is damaged");
    return SQLITE_CORRUPT_VTAB;
}

/* Whose member each alert of the block is. */
static int groups_read(struct alerts_cursor *cursor)
{
    int result;
    sqlite3_reset(cursor->members);
    sqlite3_bind_int64(cursor->members, 1, (sqlite3_int64)cursor->first);
    while ((result = sqlite3_step(cursor->members)) == SQLITE_ROW) {
        struct cursor in =
            cursor_over((struct bytes){sqlite3_column_blob(cursor->members, 1),
                                       (size_t)sqlite3_column_bytes(cursor->members, 1)});
        for (uint64_t at = 0; cursor_left(&in);) {
            at += cursor_varint(&in);
            if (!cursor_ok(&in) || at >= cursor->count)
                return block_damaged(cursor);
            cursor->groups[at] = (uint64_t)sqlite3_column_int64(cursor->members, 0);
        }
    }
    return result == SQLITE_DONE ? SQLITE_OK : result;
}

static int block_read(struct alerts_cursor *cursor)
{
    struct bytes body = {sqlite3_column_blob(cursor->blocks, 1),
                         (size_t)sqlite3_column_bytes(cursor->blocks, 1)};
    cursor->first = (uint64_t)sqlite3_column_int64(cursor->blocks, 0);
    cursor->at = cursor->count = 0;
    arena_reset(&cursor->arena);
    int error = body.at ? alert_block_unpack(body, &cursor->arena, &cursor->alerts, &cursor->count)
                        : -EBADMSG;
    if (error == -ENOMEM)
        return SQLITE_NOMEM;
    if (error)
        return block_damaged(cursor);
    cursor->groups =
        arena_take_array(&cursor->arena, (size_t)cursor->count + 1, sizeof(*cursor->groups));
    return cursor->groups ? groups_read(cursor) : SQLITE_NOMEM;
}

static int cursor_settle(struct alerts_cursor *cursor)
{
    int result = SQLITE_OK;
    while (result == SQLITE_OK && cursor->at >= cursor->count) {
        result = sqlite3_step(cursor->blocks);
        if (result != SQLITE_ROW) {
            cursor->end = true;
            return result == SQLITE_DONE ? SQLITE_OK : result;
        }
        result = block_read(cursor);
    }
    return result;
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
    struct alerts_cursor *cursor = (struct alerts_cursor *)base;
    cursor->at++;
    return cursor_settle(cursor);
}

static int statement_make(const struct alerts_table *table, const char *format,
                          sqlite3_stmt **statement)
{
    char *sql = *statement ? NULL : sqlite3_mprintf(format, table->schema);
    if (*statement)
        return SQLITE_OK;
    int result = sql ? sqlite3_prepare_v2(table->handle, sql, -1, statement, NULL) : SQLITE_NOMEM;
    sqlite3_free(sql);
    return result;
}

static int cursor_filter(sqlite3_vtab_cursor *base, int plan, const char *text, int argc,
                         sqlite3_value **argv)
{
    (void)text;
    struct alerts_cursor *cursor = (struct alerts_cursor *)base;
    const struct alerts_table *table = (const struct alerts_table *)base->pVtab;
    int result = statement_make(table,
                                "SELECT first, body FROM \"%w\".alert_blocks"
                                " WHERE (?1 IS NULL OR time_last >= ?1)"
                                " AND (?2 IS NULL OR time_first <= ?2)"
                                " AND (?3 IS NULL OR (first <= ?3 AND first + count > ?3))"
                                " ORDER BY first",
                                &cursor->blocks);
    if (result == SQLITE_OK)
        result = statement_make(
            table, "SELECT group_id, members FROM \"%w\".alert_members WHERE block = ?",
            &cursor->members);
    if (result != SQLITE_OK)
        return result;
    sqlite3_reset(cursor->blocks);
    sqlite3_clear_bindings(cursor->blocks);
    for (int i = 0; i < argc; i++)
        sqlite3_bind_value(cursor->blocks, plan >> 2 * i & 3, argv[i]);
    cursor->at = cursor->count = 0;
    cursor->end = false;
    return cursor_settle(cursor);
}

static int cursor_end(sqlite3_vtab_cursor *base)
{
    return ((struct alerts_cursor *)base)->end;
}

static void tell_text(sqlite3_context *context, struct bytes text)
{
    if (text.len)
        sqlite3_result_text64(context, text.at, text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void tell_blob(sqlite3_context *context, struct bytes blob)
{
    if (blob.len)
        sqlite3_result_blob64(context, blob.at, blob.len, SQLITE_TRANSIENT);
}

static void tell_ip(sqlite3_context *context, struct ip ip)
{
    char text[IP_TEXT_SIZE];
    tell_text(context, ip_format(&ip, text));
}

static void tell_integer(sqlite3_context *context, int64_t value)
{
    sqlite3_result_int64(context, value);
}

/* 0 is nothing. */
static void tell_given(sqlite3_context *context, int64_t value)
{
    if (value)
        sqlite3_result_int64(context, value);
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const struct alerts_cursor *cursor = (const struct alerts_cursor *)base;
    const struct alert *alert = &cursor->alerts[cursor->at];
    switch (column) {
    case ALERT:
        tell_integer(context, (int64_t)cursor->first + cursor->at);
        break;
    case GROUP:
        tell_given(context, (int64_t)cursor->groups[cursor->at]);
        break;
#define X(kind, column, member)                                                                    \
    case COLUMN_##column:                                                                          \
        tell_##kind(context, alert->member);                                                       \
        break;
        ALERT_COLUMNS(X)
#undef X
    default:
        break;
    }
    return SQLITE_OK;
}

static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_rowid)
{
    const struct alerts_cursor *cursor = (const struct alerts_cursor *)base;
    uint64_t number = cursor->first + cursor->at;
    *ret_rowid = (sqlite3_int64)number;
    return SQLITE_OK;
}

VIRTUAL_TABLE(alerts_module);

int alerts_table_register(struct sqlite3 *handle, const char *schema)
{
    return virtual_table_register(handle, "alerts", &alerts_module, schema);
}
