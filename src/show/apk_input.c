#include "show/apk_input.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

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
        if (fault.why)
            fprintf(stderr, "hinomi %s: %s, line %" PRIu64 ": %s\n", verb, paths[i], fault.line,
                    fault.why);
        else if (error)
            fprintf(stderr, "hinomi %s: %s: %s\n", verb, paths[i], strerror(-error));
        if (error)
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
    if (error == -EBADMSG)
        fprintf(stderr, "hinomi %s: %s is no model of applications\n", verb, path);
    else if (error)
        fprintf(stderr, "hinomi %s: %s: %s; hinomi apk train makes a model\n", verb, path,
                strerror(-error));
    return error == 0;
}
