#include "analyse/android/app_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/android/app_names.h"
#include "analyse/android/app_words.h"
#include "base/hash.h"

/* Columns that are no names of features. */
enum {
    COLUMN_PASSED = UINT32_MAX - 8,
    COLUMN_LABEL,
    COLUMN_GROUP,
    COLUMN_LIST,
    COLUMN_DESCRIPTION,
    COLUMN_FACT,
    COLUMN_COUNT, /* of which only whether it is 0 tells */
};

/* What the first line says: each column's name, or one of the above. */
struct layout {
    uint32_t *columns;
    struct bytes *titles; /* of a market's columns, as the first line has them */
    uint32_t count, kind;
    char mark; /* between columns */
};

enum { ROW_NAMES = APP_TABLE_COLUMNS };

struct reading {
    struct app_table *table;
    struct layout layout;
    struct app_keys keys;
    uint32_t names[ROW_NAMES]; /* of the row at hand */
    uint32_t name_count;
    struct bytes description;
    uint32_t words[APP_WORDS_TEXT], times[APP_WORDS_TEXT];
    uint32_t word_count;
};

/* Up to the first `mark`, which is taken off `*rest` with it; all of it when there is none. */
static struct bytes part_take(struct bytes *rest, char mark)
{
    const char *end = rest->len ? memchr(rest->at, mark, rest->len) : NULL;
    struct bytes part = {rest->at, end ? (size_t)(end - rest->at) : rest->len};
    *rest = bytes_from(*rest, part.len + (end != NULL));
    return part;
}

static struct bytes line_take(struct bytes *rest)
{
    struct bytes line = part_take(rest, '\n');
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

static bool is_one_of(struct bytes text, const char *const *words)
{
    for (; *words; words++) {
        size_t i = 0;
        while (i < text.len && (*words)[i] && ascii_lower(text.at[i]) == (*words)[i])
            i++;
        if (i == text.len && !(*words)[i])
            return true;
    }
    return false;
}

static const char *const label_names[] = {"class", "label", NULL};
static const char *const bad_labels[] = {"malware", "malicious", "s", "1", NULL};
static const char *const good_labels[] = {"benignware", "benign", "goodware", "b", "0", NULL};

static int name_intern(struct reading *reading, struct bytes name, uint32_t *ret_id)
{
    int error = app_keys_make(&reading->keys, name);
    if (!error && reading->keys.count)
        name = app_keys_at(&reading->keys, 0);
    if (!error)
        error = strings_intern(&reading->table->names, name, ret_id);
    if (!error && reading->table->names.count > APP_TABLE_NAMES)
        error = -E2BIG;
    return error;
}

/* Ends with NULL. */
struct column_name {
    const char *names[2];
    uint32_t column;
};

static uint32_t market_column(struct bytes name)
{
    static const struct column_name known[] = {
        {{"label", NULL}, COLUMN_LABEL},        {{"signature", NULL}, COLUMN_GROUP},
        {{"permissions", NULL}, COLUMN_LIST},   {{"description", NULL}, COLUMN_DESCRIPTION},
        {{"category", NULL}, COLUMN_FACT},      {{"min_sdk", NULL}, COLUMN_FACT},
        {{"min_screen", NULL}, COLUMN_FACT},    {{"min_opengl", NULL}, COLUMN_FACT},
        {{"supported_cpu", NULL}, COLUMN_FACT}, {{"rating_count", NULL}, COLUMN_COUNT},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (is_one_of(name, known[i].names))
            return known[i].column;
    return COLUMN_PASSED;
}

/* Columns that are left without a name. */
static int unnamed_name(struct reading *reading, uint32_t named)
{
    struct layout *layout = &reading->layout;
    int error = 0;
    for (uint32_t i = named; i < layout->count && !error; i++) {
        char text[32];
        snprintf(text, sizeof(text), "column %u", i);
        if (layout->columns[i] != COLUMN_LABEL)
            error = name_intern(reading, bytes_of(text), &layout->columns[i]);
    }
    return error;
}

/* The names of a matrix's columns, those that lost their separator put together again. */
static int matrix_names(struct reading *reading, struct bytes line)
{
    struct layout *layout = &reading->layout;
    struct buffer name = {0};
    uint32_t named = 0;
    bool labelled = false;
    int error = 0;
    while (line.len && !error) {
        struct bytes part = part_take(&line, layout->mark);
        buffer_clear(&name);
        buffer_put(&name, part);
        if (part.len && bytes_start(line, BYTES("->")))
            buffer_put(&name, part_take(&line, layout->mark));
        bool last = line.len == 0;
        if (name.failed)
            error = -ENOMEM;
        else if (is_one_of(part, label_names) || (last && !labelled)) {
            layout->columns[last ? layout->count - 1 : named++] = COLUMN_LABEL;
            labelled = true;
        } else
            error = name_intern(reading, buffer_bytes(&name), &layout->columns[named++]);
    }
    buffer_finish(&name);
    return error ? error : unnamed_name(reading, named);
}

static void market_names(struct reading *reading, struct bytes line)
{
    struct layout *layout = &reading->layout;
    for (uint32_t i = 0; i < layout->count; i++) {
        layout->titles[i] = part_take(&line, layout->mark);
        layout->columns[i] = market_column(layout->titles[i]);
    }
}

/* The number of the kind that has these columns, whatever their order. */
static int kind_find(struct app_table *table, uint64_t hash, uint32_t *ret_kind)
{
    for (uint32_t i = 0; i < table->kind_count; i++)
        if (table->kinds[i] == hash) {
            *ret_kind = i;
            return 0;
        }
    if (table->kind_count == APP_TABLE_KINDS)
        return -E2BIG;
    table->kinds[table->kind_count] = hash;
    *ret_kind = table->kind_count++;
    return 0;
}

static uint64_t layout_hash(const struct reading *reading)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < reading->layout.count; i++) {
        uint32_t column = reading->layout.columns[i];
        if (column > COLUMN_GROUP)
            hash += hash_mix(1, column);
        else if (column < COLUMN_PASSED)
            hash += strings_hash(&reading->table->names, column);
    }
    return hash;
}

static int layout_read(struct reading *reading, struct bytes line, struct fault *fault)
{
    struct layout *layout = &reading->layout;
    size_t marks = 0;
    bool list = false, label = false;
    layout->mark = line.len && memchr(line.at, '\t', line.len) ? '\t' : ',';
    for (size_t i = 0; i < line.len; i++)
        marks += line.at[i] == layout->mark;
    if (marks >= APP_TABLE_COLUMNS)
        return -E2BIG;
    layout->count = (uint32_t)marks + 1;
    layout->columns = calloc(layout->count, sizeof(*layout->columns));
    layout->titles = calloc(layout->count, sizeof(*layout->titles));
    if (!layout->columns || !layout->titles)
        return -ENOMEM;
    market_names(reading, line);
    for (uint32_t i = 0; i < layout->count; i++) {
        list = list || layout->columns[i] == COLUMN_LIST;
        label = label || layout->columns[i] == COLUMN_LABEL;
    }
    if (list ? !label : marks == 0) {
        *fault = (struct fault){list ? "no column is named label" : "one column is no table", 0, 1};
        return -EINVAL;
    }
    memset(layout->columns, 0, list ? 0 : layout->count * sizeof(*layout->columns));
    int error = list ? 0 : matrix_names(reading, line);
    return error ? error : kind_find(reading->table, layout_hash(reading), &layout->kind);
}

static bool is_missing(struct bytes text)
{
    return text.len == 0 || bytes_equal(text, BYTES("NA")) || bytes_equal(text, BYTES("None"));
}

static int permissions_read(struct reading *reading, struct bytes text)
{
    int error = 0;
    while (text.len && !error) {
        struct bytes name = part_take(&text, ',');
        uint32_t id;
        if (is_missing(name))
            continue;
        if (reading->name_count == ROW_NAMES)
            return -E2BIG;
        error = name_intern(reading, name, &id);
        if (!error && id)
            reading->names[reading->name_count++] = id;
    }
    return error;
}

/* What a market says in one column, as a name. */
static int fact_read(struct reading *reading, struct bytes title, struct bytes text)
{
    struct buffer name = {0};
    uint32_t id;
    if (is_missing(text))
        return 0;
    if (reading->name_count == ROW_NAMES)
        return -E2BIG;
    buffer_put(&name, BYTES("market:"));
    buffer_put(&name, title);
    buffer_put_char(&name, '=');
    buffer_put(&name, text);
    int error = name.failed ? -ENOMEM : name_intern(reading, buffer_bytes(&name), &id);
    buffer_finish(&name);
    if (!error)
        reading->names[reading->name_count++] = id;
    return error;
}

/* NULL, or what is wrong with a cell of a matrix. */
static const char *mark_read(struct reading *reading, uint32_t name, struct bytes text)
{
    if (bytes_equal(text, BYTES("1")))
        reading->names[reading->name_count++] = name;
    else if (!bytes_equal(text, BYTES("0")) && !bytes_equal(text, BYTES("?")))
        return "a feature is neither 0 nor 1";
    return NULL;
}

bool app_table_label(struct bytes label, bool *ret_malicious)
{
    bool malicious = is_one_of(label, bad_labels);
    if (!malicious && !is_one_of(label, good_labels))
        return false;
    *ret_malicious = malicious;
    return true;
}

/* NULL, or what is wrong; -ENOMEM or -E2BIG in `*error`. */
static const char *cell_read(struct reading *reading, uint32_t index, struct bytes text,
                             struct app_row *row, int *error)
{
    const struct layout *layout = &reading->layout;
    switch (layout->columns[index]) {
    case COLUMN_PASSED:
        return NULL;
    case COLUMN_LABEL:
        return app_table_label(text, &row->malicious) ? NULL : "an unknown label";
    case COLUMN_GROUP:
        row->group = hash_bytes(text);
        return NULL;
    case COLUMN_LIST:
        *error = permissions_read(reading, text);
        return NULL;
    case COLUMN_DESCRIPTION:
        reading->description = text; /* where a market has none, its word for that tells, too */
        return NULL;
    case COLUMN_FACT:
        *error = fact_read(reading, layout->titles[index], text);
        return NULL;
    case COLUMN_COUNT:
        *error = bytes_equal(text, BYTES("0"))
                     ? 0
                     : fact_read(reading, layout->titles[index], BYTES("some"));
        return NULL;
    default:
        return mark_read(reading, layout->columns[index], text);
    }
}

static int ids_compare(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

/* Equal of two rows that have the same names, and descriptions. */
static uint64_t likeness_of(const struct app_table *table, const struct app_row *row)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < row->word_count; i++)
        hash += hash_mix(strings_hash(&table->words, row->words[i]), row->times[i]);
    for (uint32_t i = 0; i < row->count; i++)
        hash += hash_mix(2, strings_hash(&table->names, row->names[i]));
    return hash;
}

/* Each once. */
static uint32_t ids_settle(uint32_t *ids, uint32_t count)
{
    uint32_t kept = 0;
    if (count)
        qsort(ids, count, sizeof(*ids), ids_compare);
    for (uint32_t i = 0; i < count; i++)
        if (i == 0 || ids[i] != ids[i - 1])
            ids[kept++] = ids[i];
    return kept;
}

static const uint32_t *ids_keep(struct app_table *table, const uint32_t *ids, uint32_t count)
{
    uint32_t *copy = arena_take_array(&table->arena, (size_t)count + 1, sizeof(*copy));
    if (copy)
        memcpy(copy, ids, count * sizeof(*copy));
    return copy;
}

static int rows_grow(struct app_table *table)
{
    if (table->count < table->capacity)
        return 0;
    uint32_t capacity = table->capacity ? 2 * table->capacity : 1024;
    if (capacity > APP_TABLE_ROWS)
        return -E2BIG;
    struct app_row *rows = realloc(table->rows, capacity * sizeof(*rows));
    if (!rows)
        return -ENOMEM;
    table->rows = rows;
    table->capacity = capacity;
    return 0;
}

/* The row at hand, of which label, group, kind and number are set. */
static int row_append(struct reading *reading, struct app_row row)
{
    struct app_table *table = reading->table;
    int error = rows_grow(table);
    if (!error)
        error = app_words_take(&table->words, reading->description, reading->words, reading->times,
                               &reading->word_count);
    if (!error && table->words.count > APP_TABLE_WORDS)
        error = -E2BIG;
    if (error)
        return error;
    row.count = ids_settle(reading->names, reading->name_count);
    row.names = ids_keep(table, reading->names, row.count);
    row.word_count = reading->word_count;
    row.words = ids_keep(table, reading->words, row.word_count);
    row.times = ids_keep(table, reading->times, row.word_count);
    if (!row.names || !row.words || !row.times)
        return -ENOMEM;
    row.likeness = likeness_of(table, &row);
    if (row.group == 0)
        row.group = row.likeness;
    table->rows[table->count++] = row;
    return 0;
}

static int row_read(struct reading *reading, struct bytes line, uint32_t number, const char **why)
{
    struct app_row row = {.kind = reading->layout.kind, .number = number};
    int error = 0;
    reading->name_count = 0;
    reading->description = (struct bytes){NULL, 0};
    for (uint32_t i = 0; i < reading->layout.count && !error; i++) {
        *why = cell_read(reading, i, part_take(&line, reading->layout.mark), &row, &error);
        if (*why)
            return -EINVAL;
    }
    return error ? error : row_append(reading, row);
}

static int rows_read(struct reading *reading, struct bytes text, struct bytes rest,
                     struct fault *fault)
{
    uint32_t rows = 0;
    int error = 0;
    for (uint64_t number = 2; rest.len && !error; number++) {
        struct bytes line = line_take(&rest);
        const char *why = NULL;
        size_t marks = 0;
        if (line.len == 0)
            continue;
        for (size_t i = 0; i < line.len; i++)
            marks += line.at[i] == reading->layout.mark;
        if (marks + 1 != reading->layout.count)
            why = "not as many columns as the first line has";
        error = why ? -EINVAL : row_read(reading, line, rows++, &why);
        if (why)
            *fault = (struct fault){why, (uint64_t)(line.at - text.at), number};
    }
    return error;
}

int app_table_add(struct app_table *table, struct bytes text, struct fault *ret_fault)
{
    struct reading *reading = calloc(1, sizeof(*reading));
    if (!reading)
        return -ENOMEM;
    struct bytes rest = text;
    reading->table = table;
    int error = layout_read(reading, line_take(&rest), ret_fault);
    if (!error)
        error = rows_read(reading, text, rest, ret_fault);
    free(reading->layout.columns);
    free(reading->layout.titles);
    app_keys_finish(&reading->keys);
    free(reading);
    return error;
}

int app_table_put(struct app_table *table, const struct bytes *names, uint32_t count,
                  bool malicious, uint64_t group)
{
    struct reading *reading = calloc(1, sizeof(*reading));
    struct app_row row = {.malicious = malicious, .group = group, .number = table->count};
    if (!reading)
        return -ENOMEM;
    reading->table = table;
    int error = kind_find(table, 0, &row.kind);
    for (uint32_t i = 0; i < count && i < ROW_NAMES && !error; i++) {
        error = name_intern(reading, names[i], &reading->names[reading->name_count]);
        reading->name_count += !error && reading->names[reading->name_count] != 0;
    }
    if (!error)
        error = row_append(reading, row);
    app_keys_finish(&reading->keys);
    free(reading);
    return error;
}

void app_table_finish(struct app_table *table)
{
    free(table->rows);
    strings_finish(&table->names);
    strings_finish(&table->words);
    arena_finish(&table->arena);
    *table = (struct app_table){0};
}
