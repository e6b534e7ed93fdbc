/* A report, on a terminal. It is JSON from whom read hostile bytes: SQLite reads it. */
#include <sqlite3.h>
#include <stdio.h>

#include "show/samples.h"
#include "show/state.h"
#include "show/table.h"

/* ?1 is the report. */
static const char head_sql[] =
    "SELECT ?1 ->> '$.name', format('%,d bytes, sha256 %s', ?1 ->> '$.size', ?1 ->> '$.sha256')"
    " UNION ALL SELECT '  not looked into', ?1 ->> '$.failed' WHERE ?1 ->> '$.failed' IS NOT NULL"
    " UNION ALL SELECT '  bound met', value ->> '$.why' FROM json_each(?1, '$.bounds')"
    " UNION ALL SELECT '  not told', format('%,d more files', ?1 ->> '$.left_out')"
    "  WHERE ?1 ->> '$.left_out' > 0";

static const char files_sql[] =
    "SELECT printf('%*s', 2 * (value ->> '$.depth'), '') || (value ->> '$.path'),"
    " format('%,d', value ->> '$.size'), value ->> '$.type',"
    " iif(value ->> '$.locked', 'locked', iif(value ->> '$.link', 'link',"
    "  coalesce(iif(value ->> '$.packer.packer' <> 'none', value ->> '$.packer.packer', ''), ''))),"
    " coalesce((SELECT group_concat(DISTINCT hit.value ->> '$.rule')"
    "  FROM json_each(part.value, '$.yara.matches') AS hit), '')"
    " FROM json_each(?1, '$.files') AS part ORDER BY value ->> '$.number'";

static void head_print(struct sqlite3_stmt *row)
{
    while (sqlite3_step(row) == SQLITE_ROW) {
        text_print(cell_bytes(row, 0), TONE_STRONG, stdout);
        fputs(": ", stdout);
        text_print(cell_bytes(row, 1), TONE_PLAIN, stdout);
        putchar('\n');
    }
}

static void files_print(struct sqlite3_stmt *row)
{
    static const char *const titles[] = {"FILE", "SIZE", "TYPE", "PACKED BY", "RULES"};
    struct table table = {.columns = 0};
    for (int i = 0; i < 5; i++)
        table_column(&table, titles[i], i == 1);
    while (sqlite3_step(row) == SQLITE_ROW)
        for (int i = 0; i < 5; i++)
            table_cell(&table, cell_bytes(row, i), i == 0 ? TONE_STRONG : TONE_PLAIN);
    table_print(&table, stdout);
    table_finish(&table);
}

void sample_print(struct bytes report)
{
    static const struct {
        const char *sql;
        void (*print)(struct sqlite3_stmt *row);
    } parts[] = {{head_sql, head_print}, {files_sql, files_print}};
    struct sqlite3 *db = NULL;
    bool well = sqlite3_open(":memory:", &db) == SQLITE_OK;
    for (size_t i = 0; well && i < sizeof(parts) / sizeof(*parts); i++) {
        struct sqlite3_stmt *row = NULL;
        well = sqlite3_prepare_v2(db, parts[i].sql, -1, &row, NULL) == SQLITE_OK &&
               sqlite3_bind_text64(row, 1, report.at, report.len, SQLITE_STATIC, SQLITE_UTF8) ==
                   SQLITE_OK;
        if (well)
            parts[i].print(row);
        sqlite3_finalize(row);
    }
    sqlite3_close(db);
}
