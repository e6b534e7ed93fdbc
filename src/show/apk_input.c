#include "show/apk_input.h"

#include <errno.h>
#include <stdio.h>

#include "show/learning.h"
#include "show/whole_file.h"

bool apk_rows_read(const char *verb, char **paths, int count, struct app_table *table,
                   const char *ret_paths[APP_TABLE_KINDS])
{
    for (int i = 0; i < count; i++) {
        struct fault fault = {NULL, 0, 0};
        struct buffer content;
        uint32_t before = table->kind_count;
        int error = whole_file_read(paths[i], true, &content);
        if (!error) {
            error = app_table_add(table, buffer_bytes(&content), &fault);
            buffer_finish(&content);
        }
        if (!learning_read(verb, paths[i], &fault, error))
            return false;
        if (table->kind_count > before)
            ret_paths[before] = paths[i];
    }
    return true;
}

bool apk_model_open(const char *verb, const char *path, struct app_model **ret_model)
{
    struct buffer content;
    int error = whole_file_read(path, false, &content);
    if (!error) {
        struct cursor from = cursor_over(buffer_bytes(&content));
        error = app_model_load(&from, ret_model);
        buffer_finish(&content);
    }
    return learning_opened(verb, path, "applications", "apk train", error);
}
