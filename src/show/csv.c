#include "show/csv.h"

#include <sqlite3.h>

#include "show/state.h"

static void csv_cell(struct bytes text, bool is_number, struct buffer *out)
{
    bool formula = !is_number && text.len && memchr("=+-@\t\r", text.at[0], 6);
    bool quoted = formula;
    for (size_t i = 0; i < text.len && !quoted; i++)
        quoted = text.at[i] == '"' || text.at[i] == ',' || text.at[i] == '\n' || text.at[i] == '\r';
    if (!quoted) {
        buffer_put(out, text);
        return;
    }
    buffer_put(out, formula ? BYTES("\"'") : BYTES("\""));
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"')
            buffer_put_char(out, '"');
        buffer_put_char(out, text.at[i]);
    }
    buffer_put_char(out, '"');
}

void csv_row(struct sqlite3_stmt *statement, bool names, struct buffer *out)
{
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        int type = names ? SQLITE_TEXT : sqlite3_column_type(statement, i);
        if (i)
            buffer_put_char(out, ',');
        csv_cell(names ? bytes_of(sqlite3_column_name(statement, i)) : cell_bytes(statement, i),
                 type == SQLITE_INTEGER || type == SQLITE_FLOAT, out);
    }
    buffer_put(out, BYTES("\r\n"));
}
