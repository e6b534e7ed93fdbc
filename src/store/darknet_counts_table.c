/* The virtual table over blocks of counts. */

#include "store/darknet_counts.h"
#include "store/virtual_table.h"

enum { START, LENGTH, KIND, NAME, PACKETS, SOURCES };

static const char *const columns[] = {"start", "length", "kind"};

struct counts_table {
    sqlite3_vtab base;
    sqlite3 *handle;
    const char *schema;
};

struct counts_cursor {
    sqlite3_vtab_cursor base;
    sqlite3_stmt *blocks; /* start, length, kind, counts; NULL: none yet */
    bool end;
    struct count_reader reader;
    struct count_row row;
    sqlite3_int64 number;
};

static int table_connect(sqlite3 *handle, void *context, int argc, const char *const *argv,
                         sqlite3_vtab **ret_table, char **ret_error)
{
    (void)argc, (void)argv, (void)ret_error;
    int result =
        sqlite3_declare_vtab(handle, "CREATE TABLE counts (start INTEGER, length INTEGER,"
                                     " kind TEXT, name TEXT, packets INTEGER, sources INTEGER)");
    if (result != SQLITE_OK)
        return result;
    sqlite3_vtab_config(handle, SQLITE_VTAB_INNOCUOUS);
    struct counts_table *table = sqlite3_malloc(sizeof(*table));
    if (!table)
        return SQLITE_NOMEM;
    *table = (struct counts_table){.handle = handle, .schema = context};
    *ret_table = &table->base;
    return SQLITE_OK;
}

static const char *operator_text(int operator)
{
    switch (operator) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
        return "=";
    case SQLITE_INDEX_CONSTRAINT_GT:
        return ">";
    case SQLITE_INDEX_CONSTRAINT_GE:
        return ">=";
    case SQLITE_INDEX_CONSTRAINT_LT:
        return "<";
    case SQLITE_INDEX_CONSTRAINT_LE:
        return "<=";
    default:
        return NULL;
    }
}

/* The plan is the query over the blocks, with the constraints that the blocks' key can meet. */
static int table_plan(sqlite3_vtab *base, sqlite3_index_info *info)
{
    const struct counts_table *table = (const struct counts_table *)base;
    sqlite3_str *sql = sqlite3_str_new(table->handle);
    double rows = 1e7;
    int arguments = 0;
    sqlite3_str_appendf(sql, "SELECT start, length, kind, counts FROM \"%w\".darknet_count_blocks",
                        table->schema);
    for (int i = 0; i < info->nConstraint; i++) {
        int column = info->aConstraint[i].iColumn;
        const char *operator= operator_text(info->aConstraint[i].op);
        if (!info->aConstraint[i].usable ||
            !operator|| column<START || column> KIND ||
                sqlite3_stricmp(sqlite3_vtab_collation(info, i), "BINARY") != 0)
            continue;
        sqlite3_str_appendf(sql, " %s %s %s ?%d", arguments ? "AND" : "WHERE",
                            columns[column], operator, arguments + 1);
        info->aConstraintUsage[i].argvIndex = ++arguments;
        info->aConstraintUsage[i].omit = 1; /* columns of the same names and types compare alike */
        rows /= operator[0] != '=' ? 2 : column == START ? 1000 : 4;
    }
    info->idxStr = sqlite3_str_finish(sql);
    info->needToFreeIdxStr = 1;
    info->estimatedRows = (sqlite3_int64)rows;
    info->estimatedCost = rows + 10;
    return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

static int cursor_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor)
{
    (void)table;
    struct counts_cursor *cursor = sqlite3_malloc(sizeof(*cursor));
    if (!cursor)
        return SQLITE_NOMEM;
    *cursor = (struct counts_cursor){.end = true};
    *ret_cursor = &cursor->base;
    return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *base)
{
    struct counts_cursor *cursor = (struct counts_cursor *)base;
    sqlite3_finalize(cursor->blocks);
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static int block_damaged(struct counts_cursor *cursor)
{
    sqlite3_free(cursor->base.pVtab->zErrMsg);
    cursor->base.pVtab->zErrMsg = sqlite3_mprintf("darknet_counts: a block is damaged");
    return SQLITE_CORRUPT_VTAB;
}

/* Blocks follow one another until one has a row. */
static int cursor_next(sqlite3_vtab_cursor *base)
{
    struct counts_cursor *cursor = (struct counts_cursor *)base;
    int status;
    cursor->number++;
    while ((status = count_reader_next(&cursor->reader, &cursor->row)) == 0) {
        int result = sqlite3_step(cursor->blocks);
        if (result != SQLITE_ROW) {
            cursor->end = true;
            return result == SQLITE_DONE ? SQLITE_OK : result;
        }
        struct bytes block = {sqlite3_column_blob(cursor->blocks, 3),
                              (size_t)sqlite3_column_bytes(cursor->blocks, 3)};
        if (count_reader_open(&cursor->reader, block) != 0)
            return block_damaged(cursor);
    }
    return status < 0 ? block_damaged(cursor) : SQLITE_OK;
}

static int cursor_filter(sqlite3_vtab_cursor *base, int plan, const char *sql, int argc,
                         sqlite3_value **argv)
{
    (void)plan;
    struct counts_cursor *cursor = (struct counts_cursor *)base;
    /* A join asks the same again and again. */
    if (cursor->blocks && strcmp(sqlite3_sql(cursor->blocks), sql) != 0) {
        sqlite3_finalize(cursor->blocks);
        cursor->blocks = NULL;
    }
    if (!cursor->blocks) {
        sqlite3 *handle = ((struct counts_table *)base->pVtab)->handle;
        int result = sqlite3_prepare_v2(handle, sql, -1, &cursor->blocks, NULL);
        if (result != SQLITE_OK)
            return result;
    }
    sqlite3_reset(cursor->blocks);
    for (int i = 0; i < argc; i++)
        sqlite3_bind_value(cursor->blocks, i + 1, argv[i]);
    cursor->reader = (struct count_reader){.in = cursor_over((struct bytes){NULL, 0})};
    cursor->number = 0;
    cursor->end = false;
    return cursor_next(base);
}

static int cursor_end(sqlite3_vtab_cursor *base)
{
    return ((struct counts_cursor *)base)->end;
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const struct counts_cursor *cursor = (const struct counts_cursor *)base;
    switch (column) {
    case NAME:
        sqlite3_result_text64(context, cursor->row.name.at, cursor->row.name.len, SQLITE_TRANSIENT,
                              SQLITE_UTF8);
        break;
    case PACKETS:
        sqlite3_result_int64(context, (sqlite3_int64)cursor->row.packets);
        break;
    case SOURCES:
        sqlite3_result_int64(context, (sqlite3_int64)cursor->row.sources);
        break;
    default:
        sqlite3_result_value(context, sqlite3_column_value(cursor->blocks, column));
    }
    return SQLITE_OK;
}

static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_rowid)
{
    *ret_rowid = ((const struct counts_cursor *)base)->number;
    return SQLITE_OK;
}

VIRTUAL_TABLE(counts_module);

int darknet_counts_register(struct sqlite3 *handle, const char *schema)
{
    return virtual_table_register(handle, "darknet_counts", &counts_module, schema);
}
