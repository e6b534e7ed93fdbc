#include "show/packer_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "show/learning.h"
#include "show/whole_file.h"

/* Rows that come from several places. */
struct gathered {
    struct arena *arena;
    struct table_row *rows;
    uint32_t count, capacity;
};

static int row_add(struct gathered *gathered, const struct table_row *row)
{
    if (gathered->count == gathered->capacity) {
        uint32_t capacity = gathered->capacity ? 2 * gathered->capacity : 256;
        struct table_row *rows =
            capacity > TABLE_ROWS ? NULL : realloc(gathered->rows, capacity * sizeof(*rows));
        if (!rows)
            return -ENOMEM;
        gathered->rows = rows;
        gathered->capacity = capacity;
    }
    gathered->rows[gathered->count++] = *row;
    return 0;
}

/* One file of a folder of a packer's name; what is no executable adds nothing. */
static int file_add(void *context, const char *path, const char *packer)
{
    struct gathered *gathered = context;
    struct buffer content;
    struct image image;
    struct table_row row = {.path = arena_copy(gathered->arena, bytes_of(path)),
                            .packer = arena_copy(gathered->arena, bytes_of(packer))};
    int error = whole_file_read(path, false, &content);
    if (error)
        return error;
    image_read(buffer_bytes(&content), &image);
    error = specimen_of_image(buffer_bytes(&content), &image, true, &row.specimen);
    buffer_finish(&content);
    row.group = row.path;
    if (!error)
        error = row.path.at && row.packer.at ? row_add(gathered, &row) : -ENOMEM;
    return error;
}

static int folder_add(const char *verb, char *path, struct gathered *gathered)
{
    uint32_t passed = 0;
    int error = learning_folder(path, file_add, gathered, &passed);
    if (passed)
        fprintf(stderr, "hinomi %s: %u files of %s are no executables that can be read\n", verb,
                passed, path);
    return error;
}

/* The texts of the rows stay in the arena. */
static int table_add(const char *path, struct gathered *gathered, struct fault *fault)
{
    struct packer_table table;
    struct buffer content;
    int error = whole_file_read(path, true, &content);
    if (error)
        return error;
    struct bytes text = arena_copy(gathered->arena, buffer_bytes(&content));
    buffer_finish(&content);
    error = text.at ? packer_table_read(text, gathered->arena, &table, fault) : -ENOMEM;
    for (uint32_t i = 0; !error && i < table.count; i++)
        error = row_add(gathered, &table.rows[i]);
    return error;
}

bool packer_rows_read(const char *verb, char **paths, int count, struct arena *arena,
                      struct packer_table *ret_table)
{
    struct gathered gathered = {.arena = arena};
    struct fault fault = {NULL, 0, 0};
    int error = 0;
    for (int i = 0; i < count && !error; i++) {
        struct stat status;
        if (stat(paths[i], &status) != 0)
            error = -errno;
        else if (S_ISDIR(status.st_mode))
            error = folder_add(verb, paths[i], &gathered);
        else
            error = table_add(paths[i], &gathered, &fault);
        (void)learning_read(verb, paths[i], &fault, error);
    }
    struct table_row *rows =
        error ? NULL : arena_take_array(arena, (size_t)gathered.count + 1, sizeof(*rows));
    if (!error && !rows)
        fprintf(stderr, "hinomi %s: out of memory\n", verb);
    if (rows && gathered.count)
        memcpy(rows, gathered.rows, gathered.count * sizeof(*rows));
    *ret_table = (struct packer_table){rows, gathered.count};
    free(gathered.rows);
    return rows != NULL;
}

bool packer_model_open(const char *verb, const char *path, struct packer_model *ret_model)
{
    struct buffer content;
    int error = whole_file_read(path, false, &content);
    if (!error) {
        struct cursor from = cursor_over(buffer_bytes(&content));
        error = packer_model_load(&from, ret_model);
        buffer_finish(&content);
    }
    return learning_opened(verb, path, "packers", "packer train", error);
}
