#include "observe/flow/columns.h"

enum { HEADING_LINES = 64 }; /* a heading further down is none */

static struct bytes line_next(struct bytes *rest)
{
    const char *newline = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;
    size_t len = newline ? (size_t)(newline - rest->at) : rest->len;
    struct bytes line = {rest->at, len};
    *rest = bytes_from(*rest, newline ? len + 1 : len);
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* Up to the next separator; moves `rest` behind it. False: there is no field left. */
static bool field_next(struct bytes *rest, bool *done, char separator, struct bytes *ret_field)
{
    if (*done)
        return false;
    const char *end = rest->len ? memchr(rest->at, separator, rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->at) : rest->len;
    *ret_field = (struct bytes){rest->at, len};
    *rest = bytes_from(*rest, end ? len + 1 : len);
    *done = !end;
    return true;
}

static void heading_read(struct columns *columns, struct bytes names, char separator)
{
    struct bytes field;
    bool done = false, flow = false, inner = false, argus = false;
    uint32_t count = 0;
    if (names.len > COLUMNS_HEADING)
        return;
    keys_prepare();
    for (struct bytes rest = names; field_next(&rest, &done, separator, &field); count++) {
        if (count == COLUMNS_MOST)
            return;
        struct key_step step = key_find(KEY_ROOT, field);
        if (step.key == KEY_NONE && field.len && memchr(field.at, '.', field.len))
            step = key_find_dotted(KEY_ROOT, field);
        columns->keys[count] = step.key;
        flow |= step.key == FLOW_orig_h;
        argus |= step.key == FLOW_SrcAddr;
        inner |= step.key == FLOW_intIP;
    }
    columns->format = flow ? "zeek" : argus ? "argus" : inner ? "flow-csv" : NULL;
    columns->separator = separator;
    columns->count = count;
    columns->heading_len = (uint32_t)names.len;
    memcpy(columns->heading, names.at, names.len);
}

/* "#separator \x09" */
static char separator_of(struct bytes line, char now)
{
    static const char digits[] = "0123456789abcdef";
    struct bytes value = bytes_from(line, sizeof("#separator ") - 1);
    if (value.len == 1)
        return value.at[0];
    if (value.len != 4 || value.at[0] != '\\' || value.at[1] != 'x')
        return now;
    const char *high = memchr(digits, ascii_lower(value.at[2]), 16);
    const char *low = memchr(digits, ascii_lower(value.at[3]), 16);
    return high && low ? (char)((high - digits) * 16 + (low - digits)) : now;
}

void columns_recognise(struct columns *columns, struct bytes beginning)
{
    struct bytes fields = BYTES("#fields"), separators = BYTES("#separator ");
    char separator = '\t';
    *columns = (struct columns){0};
    struct bytes line = line_next(&beginning);
    if (!bytes_start(line, BYTES("#"))) {
        if (line.len && line.at[0] != '{' && memchr(line.at, ',', line.len))
            heading_read(columns, line, ',');
        return;
    }
    for (int i = 0; i < HEADING_LINES && bytes_start(line, BYTES("#")); i++) {
        if (bytes_start(line, separators))
            separator = separator_of(line, separator);
        if (bytes_start(line, fields) && line.len > fields.len) {
            heading_read(columns, bytes_from(line, fields.len + 1), separator);
            return;
        }
        line = line_next(&beginning);
    }
}

bool columns_skip(const struct columns *columns, struct bytes line)
{
    return bytes_start(line, BYTES("#")) ||
           bytes_equal(line, (struct bytes){columns->heading, columns->heading_len});
}

static struct bytes field_trim(struct bytes field)
{
    while (field.len && (field.at[0] == ' ' || field.at[0] == '"'))
        field = bytes_from(field, 1);
    while (field.len && (field.at[field.len - 1] == ' ' || field.at[field.len - 1] == '"'))
        field.len--;
    return field;
}

enum reason columns_read(const struct columns *columns, struct bytes line, struct record *record)
{
    struct bytes field;
    bool done = false;
    uint32_t count = 0;
    record_clear(record);
    for (struct bytes rest = line; field_next(&rest, &done, columns->separator, &field); count++) {
        if (count == columns->count)
            return REASON_columns;
        field = field_trim(field);
        if (columns->keys[count] != KEY_NONE && field.len)
            record_put(record, columns->keys[count],
                       (struct token){field.at, (uint32_t)field.len, TOKEN_TEXT});
    }
    return count == columns->count ? REASON_none : REASON_columns;
}
