#include "show/family_input.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "show/whole_file.h"

static int table_add(const char *path, struct arena *arena, struct family_table *table,
                     struct fault *fault)
{
    struct family_table more;
    struct buffer content;
    int error = whole_file_read(path, true, &content);
    if (error)
        return error;
    struct bytes text = arena_copy(arena, buffer_bytes(&content));
    buffer_finish(&content);
    error = text.at ? family_table_read(text, arena, &more, fault) : -ENOMEM;
    if (error)
        return error;
    struct family_row *rows =
        arena_take_array(arena, (size_t)table->count + more.count + 1, sizeof(*rows));
    if (!rows)
        return -ENOMEM;
    if (table->count)
        memcpy(rows, table->rows, table->count * sizeof(*rows));
    if (more.count)
        memcpy(rows + table->count, more.rows, more.count * sizeof(*rows));
    *table = (struct family_table){rows, table->count + more.count};
    return 0;
}

bool family_rows_read(const char *verb, char **paths, int count, struct arena *arena,
                      struct family_table *ret_table)
{
    struct family_table table = {NULL, 0};
    for (int i = 0; i < count; i++) {
        struct fault fault = {NULL, 0, 0};
        int error = table_add(paths[i], arena, &table, &fault);
        if (error && fault.why)
            fprintf(stderr, "hinomi %s: %s, line %" PRIu64 ": %s\n", verb, paths[i], fault.line,
                    fault.why);
        else if (error)
            fprintf(stderr, "hinomi %s: %s: %s\n", verb, paths[i], strerror(-error));
        if (error)
            return false;
    }
    *ret_table = table;
    return true;
}

bool family_model_open(const char *verb, const char *path, struct family_model *ret_model)
{
    struct buffer content;
    int error = whole_file_read(path, false, &content);
    if (!error) {
        struct cursor from = cursor_over(buffer_bytes(&content));
        error = family_model_load(&from, ret_model);
        buffer_finish(&content);
    }
    if (error == -EBADMSG)
        fprintf(stderr, "hinomi %s: %s is no model of families\n", verb, path);
    else if (error)
        fprintf(stderr, "hinomi %s: %s: %s; hinomi family train makes a model\n", verb, path,
                strerror(-error));
    return error == 0;
}
