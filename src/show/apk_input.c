#include "show/apk_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "analyse/android/app_facts.h"
#include "base/hash.h"
#include "show/learning.h"
#include "show/whole_file.h"

/* A folder's applications on their way into the table. */
struct folder {
    struct app_table *table;
    struct app *app;
};

/* Of the first signer that is named, or else the file itself. */
static uint64_t group_of(const struct app *app)
{
    const uint8_t *digest =
        app->signatures.count ? app->signatures.signers[0].certificate.sha256 : app->sha256;
    return hash_bytes((struct bytes){(const char *)digest, CERTIFICATE_DIGEST});
}

static int app_add(struct folder *folder, bool malicious)
{
    struct arena arena = {.chunk = 1 << 20};
    struct app_facts facts;
    int error = app_facts_make(folder->app, &arena, &facts);
    if (!error)
        error = app_table_put(folder->table, facts.names, facts.count, malicious,
                              group_of(folder->app));
    arena_finish(&arena);
    return error;
}

static int file_add(void *context, const char *path, const char *name)
{
    struct folder *folder = context;
    struct buffer content;
    struct fault fault;
    bool malicious;
    if (!app_table_label(bytes_of(name), &malicious))
        return -EINVAL;
    int error = whole_file_read(path, false, &content);
    if (error)
        return error;
    error = app_read(buffer_bytes(&content), folder->app, &fault);
    if (!error) {
        error = app_add(folder, malicious);
        app_finish(folder->app);
    }
    buffer_finish(&content);
    return error;
}

static int folder_add(const char *verb, char *path, struct app_table *table)
{
    struct folder folder = {table, malloc(sizeof(*folder.app))};
    uint32_t passed = 0;
    int error = folder.app ? learning_folder(path, file_add, &folder, &passed) : -ENOMEM;
    free(folder.app);
    if (passed)
        fprintf(stderr,
                "hinomi %s: %u files of %s are passed over: no applications in folders "
                "malware and benign\n",
                verb, passed, path);
    return error;
}

static int table_add(const char *path, struct app_table *table, struct fault *fault)
{
    struct buffer content;
    int error = whole_file_read(path, true, &content);
    if (!error) {
        error = app_table_add(table, buffer_bytes(&content), fault);
        buffer_finish(&content);
    }
    return error;
}

bool apk_rows_read(const char *verb, char **paths, int count, struct app_table *table,
                   const char *ret_paths[APP_TABLE_KINDS])
{
    for (int i = 0; i < count; i++) {
        struct fault fault = {NULL, 0, 0};
        struct stat status;
        uint32_t before = table->kind_count;
        int error = stat(paths[i], &status) == 0 ? 0 : -errno;
        if (!error)
            error = S_ISDIR(status.st_mode) ? folder_add(verb, paths[i], table)
                                            : table_add(paths[i], table, &fault);
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

void apk_fitted(void *context)
{
    struct apk_pace *pace = context;
    pace->done++;
    progress_step(&pace->progress, pace->done, (double)pace->done / pace->of);
}
