#include "show/family_input.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "analyse/family/behaviour_make.h"
#include "show/learning.h"
#include "show/sample_kind.h"
#include "show/whole_file.h"

/* Reports on their way to rows. */
struct rows_reader {
    struct report_texts texts;
    const struct bytes *family;
    struct arena *arena;
    family_visit *visit;
    void *context;
};

static int report_begin(void *context)
{
    struct rows_reader *reader = context;
    report_texts_clear(&reader->texts);
    return 0;
}

static int report_item(void *context, enum report_kind kind, struct bytes text)
{
    struct rows_reader *reader = context;
    return report_texts_add(&reader->texts, kind, text);
}

static int report_end(void *context)
{
    struct rows_reader *reader = context;
    struct bytes name = report_texts_first(&reader->texts, REPORT_sample);
    struct bytes family =
        reader->family ? *reader->family : report_texts_first(&reader->texts, REPORT_family);
    struct family_row row = {.name = arena_copy(reader->arena, name),
                             .family = arena_copy(reader->arena, family)};
    int error = behaviour_of_report(&reader->texts, reader->arena, &row.behaviour);
    if (!error && ((name.len && !row.name.at) || (family.len && !row.family.at)))
        error = -ENOMEM;
    if (error)
        return error;
    row.group = behaviour_group(&row.behaviour);
    return reader->visit(reader->context, &row);
}

static int reports_read(struct bytes content, struct rows_reader *reader, struct fault *fault)
{
    const struct report_listener listener = {report_begin, report_item, report_end, reader};
    int error = report_read(content, &listener, fault);
    report_texts_finish(&reader->texts);
    return error;
}

static int file_read(const char *path, struct bytes content, const struct rows_reader *reader)
{
    struct family_row row = {.name = arena_copy(reader->arena, bytes_of(path)),
                             .family = reader->family ? *reader->family : (struct bytes){"", 0}};
    struct image *image = malloc(sizeof(*image));
    int error = row.name.at && image ? 0 : -ENOMEM;
    if (!error) {
        image_read(content, image);
        error = behaviour_of_file(content, image, reader->arena, &row.behaviour);
    }
    free(image);
    if (error)
        return error;
    row.group = behaviour_group(&row.behaviour);
    return reader->visit(reader->context, &row);
}

int family_path_read(const char *path, const struct bytes *family, struct arena *arena,
                     family_visit *visit, void *context, struct fault *ret_fault)
{
    struct rows_reader reader = {
        .family = family, .arena = arena, .visit = visit, .context = context};
    struct buffer content;
    int error = whole_file_read(path, true, &content);
    if (error)
        return error;
    error = sample_is_report(buffer_bytes(&content))
                ? reports_read(buffer_bytes(&content), &reader, ret_fault)
                : file_read(path, buffer_bytes(&content), &reader);
    buffer_finish(&content);
    return error;
}

/* Rows that come from several places. */
struct gathered {
    struct arena *arena;
    struct family_row *rows;
    uint32_t count, capacity, passed;
};

static int row_add(void *context, const struct family_row *row)
{
    struct gathered *gathered = context;
    if (row->family.len == 0) {
        gathered->passed++;
        return 0;
    }
    if (gathered->count == gathered->capacity) {
        uint32_t capacity = gathered->capacity ? 2 * gathered->capacity : 256;
        struct family_row *rows =
            capacity > FAMILY_ROWS ? NULL : realloc(gathered->rows, capacity * sizeof(*rows));
        if (!rows)
            return -ENOMEM;
        gathered->rows = rows;
        gathered->capacity = capacity;
    }
    gathered->rows[gathered->count++] = *row;
    return 0;
}

static int file_add(void *context, const char *path, const char *family)
{
    struct gathered *gathered = context;
    struct bytes name = arena_copy(gathered->arena, bytes_of(family));
    struct fault fault;
    return name.at ? family_path_read(path, &name, gathered->arena, row_add, gathered, &fault)
                   : -ENOMEM;
}

/* A table, or reports. Texts stay in the arena. */
static int content_add(const char *path, struct gathered *gathered, struct fault *fault)
{
    struct family_table table;
    struct buffer content;
    int error = whole_file_read(path, true, &content);
    if (error)
        return error;
    if (sample_is_report(buffer_bytes(&content))) {
        struct rows_reader reader = {
            .arena = gathered->arena, .visit = row_add, .context = gathered};
        error = reports_read(buffer_bytes(&content), &reader, fault);
        buffer_finish(&content);
        return error;
    }
    struct bytes text = arena_copy(gathered->arena, buffer_bytes(&content));
    buffer_finish(&content);
    error = text.at ? family_table_read(text, gathered->arena, &table, fault) : -ENOMEM;
    for (uint32_t i = 0; !error && i < table.count; i++)
        error = row_add(gathered, &table.rows[i]);
    return error;
}

static bool path_add(const char *verb, char *path, struct gathered *gathered)
{
    struct fault fault = {NULL, 0, 0};
    struct stat status;
    int error = stat(path, &status) == 0 ? 0 : -errno;
    uint32_t passed = gathered->passed;
    if (!error)
        error = S_ISDIR(status.st_mode)
                    ? learning_folder(path, file_add, gathered, &gathered->passed)
                    : content_add(path, gathered, &fault);
    (void)learning_read(verb, path, &fault, error);
    if (gathered->passed > passed)
        fprintf(stderr, "hinomi %s: %s: %" PRIu32 " passed over: no family, or not to be read\n",
                verb, path, gathered->passed - passed);
    return error == 0;
}

bool family_rows_read(const char *verb, char **paths, int count, struct arena *arena,
                      struct family_table *ret_table)
{
    struct gathered gathered = {.arena = arena};
    bool good = true;
    for (int i = 0; i < count && good; i++)
        good = path_add(verb, paths[i], &gathered);
    struct family_row *rows =
        good ? arena_take_array(arena, (size_t)gathered.count + 1, sizeof(*rows)) : NULL;
    if (good && !rows)
        fprintf(stderr, "hinomi %s: out of memory\n", verb);
    if (rows && gathered.count)
        memcpy(rows, gathered.rows, gathered.count * sizeof(*rows));
    *ret_table = (struct family_table){rows, gathered.count};
    free(gathered.rows);
    return rows != NULL;
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
    return learning_opened(verb, path, "families", "family train", error);
}
