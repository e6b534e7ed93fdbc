#include "store/events_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/row.h"
#include "store/virtual_table.h"
#include "store/walk.h"

/*
 * A plan as the filter gets it. idxNum: two bits and the field of the equality
 * plus one. idxStr: the operators of the bounds on time, "|", the mask of the
 * fields asked for in hexadecimal. Arguments: the equality's value, the bounds.
 */
enum { PLAN_SORTED = 1, PLAN_NEWEST = 2, PLAN_FIELD = 4, TIME_BOUNDS = 15 };

struct events_table {
    sqlite3_vtab base;
    struct store *store;
};

struct events_cursor {
    sqlite3_vtab_cursor base;
    struct walk walk;
    bool walking, end;
    int columns[FIELD_COUNT]; /* column of walk.row a field is in */
};

int time_of_text(struct bytes text, int64_t *ret_time)
{
    char whole[64];
    if (text.len != 10)
        return time_parse(text, ret_time);
    snprintf(whole, sizeof(whole), "%.10sT00:00:00Z", text.at);
    return time_parse(bytes_of(whole), ret_time);
}

static int table_connect(sqlite3 *handle, void *context, int argc, const char *const *argv,
                         sqlite3_vtab **ret_table, char **ret_error)
{
    (void)argc, (void)argv;
    struct buffer sql = {0};
    struct events_table *table = sqlite3_malloc(sizeof(*table));
    buffer_put(&sql, BYTES("CREATE TABLE events("));
    row_declare(&sql);
    buffer_put(&sql, BYTES(")"));
    buffer_put_char(&sql, '\0');
    struct store *store = context;
    store->declaring = true;
    int result = sql.failed || !table ? SQLITE_NOMEM : sqlite3_declare_vtab(handle, sql.at);
    store->declaring = false;
    buffer_finish(&sql);
    if (result != SQLITE_OK) {
        *ret_error = sqlite3_mprintf("%s", sqlite3_errmsg(handle));
        sqlite3_free(table);
        return result;
    }
    *table = (struct events_table){.store = store};
    *ret_table = &table->base;
    return SQLITE_OK;
}

/* How much an equality narrows, 0: not at all (no posting lists for the field). */
static int field_rank(int field)
{
    if (field == FIELD_source_ip || field == FIELD_destination_ip)
        return 3;
    for (uint32_t i = 0; i < observable_column_count; i++) {
        if (observable_columns[i].field != (enum field)field)
            continue;
        switch (observable_columns[i].type) {
        case OBSERVABLE_host:
            return 1;
        case OBSERVABLE_user:
            return 2;
        case OBSERVABLE_process:
        case OBSERVABLE_hash:
            return 5;
        default:
            return 4;
        }
    }
    return 0;
}

/* Posting keys ignore the case of ASCII letters: they serve both of these collations. */
static bool collation_fits(sqlite3_index_info *info, int constraint)
{
    const char *collation = sqlite3_vtab_collation(info, constraint);
    return sqlite3_stricmp(collation, "BINARY") == 0 || sqlite3_stricmp(collation, "NOCASE") == 0;
}

static bool is_bound(int operator)
{
    return operator== SQLITE_INDEX_CONSTRAINT_GT || operator== SQLITE_INDEX_CONSTRAINT_GE ||
    operator== SQLITE_INDEX_CONSTRAINT_LT ||
    operator== SQLITE_INDEX_CONSTRAINT_LE ||
    operator== SQLITE_INDEX_CONSTRAINT_EQ;
}

/* The equality to go by, -1 without one. */
static int equality_choose(sqlite3_index_info *info)
{
    int best = -1, best_rank = 0;
    for (int i = 0; i < info->nConstraint; i++) {
        int rank = field_rank(info->aConstraint[i].iColumn);
        if (info->aConstraint[i].usable && info->aConstraint[i].op == SQLITE_INDEX_CONSTRAINT_EQ &&
            rank > best_rank && collation_fits(info, i)) {
            best = i;
            best_rank = rank;
        }
    }
    return best;
}

/* Hand the bounds on time to the filter. */
static int times_plan(sqlite3_index_info *info, int *arguments, char operators[TIME_BOUNDS + 1])
{
    int times = 0;
    for (int i = 0; i < info->nConstraint && times < TIME_BOUNDS; i++) {
        if (!info->aConstraint[i].usable || info->aConstraint[i].iColumn != FIELD_time ||
            !is_bound(info->aConstraint[i].op))
            continue;
        info->aConstraintUsage[i].argvIndex = ++*arguments;
        info->aConstraintUsage[i].omit = 1; /* texts are times here, which plain SQL doesn't know */
        operators[times++] = (char)info->aConstraint[i].op;
    }
    operators[times] = '\0';
    return times;
}

static int table_plan(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    static const double rows_by_rank[] = {1e7, 1e6, 3e5, 1e4, 1e3, 1e2};
    int arguments = 0, plan = 0, equality = equality_choose(info);
    double rows = rows_by_rank[0];
    if (equality >= 0) {
        int field = info->aConstraint[equality].iColumn;
        info->aConstraintUsage[equality].argvIndex = ++arguments;
        plan |= PLAN_FIELD * (field + 1);
        rows = rows_by_rank[field_rank(field)];
    }
    char operators[TIME_BOUNDS + 1];
    int times = times_plan(info, &arguments, operators);
    info->idxStr = sqlite3_mprintf("%s|%llx", operators, info->colUsed);
    info->needToFreeIdxStr = 1;
    if (!info->idxStr)
        return SQLITE_NOMEM;
    rows /= times ? 1 + 2 * times : 1;
    if (info->nOrderBy == 1 && info->aOrderBy[0].iColumn == FIELD_time) {
        plan |= PLAN_SORTED | (info->aOrderBy[0].desc ? PLAN_NEWEST : 0);
        info->orderByConsumed = 1;
    }
    info->idxNum = plan;
    info->estimatedRows = (sqlite3_int64)rows;
    info->estimatedCost = rows + 100;
    return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor)
{
    (void)table;
    struct events_cursor *cursor = sqlite3_malloc(sizeof(*cursor));
    if (!cursor)
        return SQLITE_NOMEM;
    memset(cursor, 0, sizeof(*cursor));
    *ret_cursor = &cursor->base;
    return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *base)
{
    struct events_cursor *cursor = (struct events_cursor *)base;
    if (cursor->walking)
        walk_end(&cursor->walk);
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static int result_of(int error)
{
    switch (error) {
    case 0:
        return SQLITE_OK;
    case -ENOMEM:
        return SQLITE_NOMEM;
    case -EBADMSG:
        return SQLITE_CORRUPT_VTAB;
    case -EBUSY:
        return SQLITE_BUSY;
    default:
        return SQLITE_ERROR;
    }
}

static int table_fail(sqlite3_vtab_cursor *base, int error)
{
    struct events_table *table = (struct events_table *)base->pVtab;
    table->store->walk_error = error;
    sqlite3_free(table->base.zErrMsg);
    table->base.zErrMsg = sqlite3_mprintf("%s", table->store->failure.text);
    return result_of(error);
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
    struct events_cursor *cursor = (struct events_cursor *)base;
    int more = walk_next(&cursor->walk);
    cursor->end = more != 1;
    return more < 0 ? table_fail(base, more) : SQLITE_OK;
}

/* Narrow the span by one bound; nothing compares with NULL. */
static int span_narrow(struct store_span *span, int operator, sqlite3_value * value)
{
    int64_t time = sqlite3_value_int64(value);
    if (sqlite3_value_type(value) == SQLITE_TEXT) {
        struct bytes text = {(const char *)sqlite3_value_text(value),
                             (size_t)sqlite3_value_bytes(value)};
        int error = time_of_text(text, &time);
        if (error)
            return error;
    }
    if (sqlite3_value_type(value) == SQLITE_NULL)
        span->to = INT64_MIN;
    if (operator== SQLITE_INDEX_CONSTRAINT_GT && time<INT64_MAX)
        time++;
    if (operator== SQLITE_INDEX_CONSTRAINT_LT && time> INT64_MIN)
        time--;
    bool above = operator== SQLITE_INDEX_CONSTRAINT_GT || operator== SQLITE_INDEX_CONSTRAINT_GE ||
    operator== SQLITE_INDEX_CONSTRAINT_EQ;
    bool below = operator== SQLITE_INDEX_CONSTRAINT_LT || operator== SQLITE_INDEX_CONSTRAINT_LE ||
    operator== SQLITE_INDEX_CONSTRAINT_EQ;
    /* A compared time is given, so rows without one are out from now on. */
    if (span->from == TIME_NONE)
        span->from = TIME_NONE + 1;
    if (above && time > span->from)
        span->from = time;
    if (below && time < span->to)
        span->to = time;
    return 0;
}

static uint64_t equality_key(int field, sqlite3_value *value)
{
    struct observable observable = {OBSERVABLE_ip, {NULL, 0}};
    for (uint32_t i = 0; i < observable_column_count; i++)
        if (observable_columns[i].field == (enum field)field)
            observable.type = observable_columns[i].type;
    observable.value =
        (struct bytes){(const char *)sqlite3_value_text(value), (size_t)sqlite3_value_bytes(value)};
    return observable.value.at ? observable_key(&observable) : 0;
}

static void columns_place(struct events_cursor *cursor, uint64_t fields)
{
    int column = 2; /* behind number and time */
    for (int field = 0; field < FIELD_COUNT; field++)
        if (fields >> field & 1)
            cursor->columns[field] = column++;
    cursor->columns[FIELD_time] = 1;
}

static int cursor_filter(sqlite3_vtab_cursor *base, int plan, const char *text, int argc,
                         sqlite3_value **argv)
{
    struct events_cursor *cursor = (struct events_cursor *)base;
    struct store *store = ((struct events_table *)base->pVtab)->store;
    struct walk_request request = {
        .span = {TIME_NONE, INT64_MAX, (plan & PLAN_NEWEST) != 0},
        .sorted = (plan & PLAN_SORTED) != 0,
    };
    int argument = 0, error = 0;
    if (plan / PLAN_FIELD && argument < argc)
        request.key = equality_key(plan / PLAN_FIELD - 1, argv[argument++]);
    for (; *text != '|' && argument < argc && !error; text++)
        error = span_narrow(&request.span, *text, argv[argument++]);
    if (error) {
        failure_set(&store->failure, error,
                    "events.time is compared with something that is no time");
        return table_fail(base, error);
    }
    request.fields =
        strtoull(strchr(text, '|') + 1, NULL, 16) & ROW_ALL_FIELDS & ~(UINT64_C(1) << FIELD_time);
    columns_place(cursor, request.fields);
    if (cursor->walking)
        walk_end(&cursor->walk);
    cursor->walking = false;
    error = walk_begin(store, &request, &cursor->walk);
    if (error)
        return table_fail(base, error);
    cursor->walking = true;
    return cursor_next(base);
}

static int cursor_end(sqlite3_vtab_cursor *base)
{
    return ((struct events_cursor *)base)->end;
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    struct events_cursor *cursor = (struct events_cursor *)base;
    int at = column >= 0 && column < FIELD_COUNT ? cursor->columns[column] : 0;
    if (at)
        sqlite3_result_value(context, sqlite3_column_value(cursor->walk.row, at));
    return SQLITE_OK;
}

static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_rowid)
{
    *ret_rowid = sqlite3_column_int64(((struct events_cursor *)base)->walk.row, 0);
    return SQLITE_OK;
}

VIRTUAL_TABLE(events_module);

int events_table_register(struct store *store)
{
    return sqlite3_create_module_v2(store->state.handle, "events", &events_module, store, NULL) ==
                   SQLITE_OK
               ? 0
               : database_fail(&store->state);
}
