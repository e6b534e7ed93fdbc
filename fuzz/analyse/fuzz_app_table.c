/* Any bytes as a table of applications: refused with a place, or rows whose ids the table has. */
#include <stdlib.h>

#include "analyse/android/app_folds.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct app_table table = {0};
    struct fault fault = {NULL, 0, 0};
    int error = app_table_add(&table, (struct bytes){(const char *)at, length}, &fault);
    if (fault.why && (!error || fault.offset > length || fault.line == 0))
        abort();
    uint32_t *rows = calloc((size_t)table.count + 1, sizeof(*rows));
    uint8_t *folds = calloc((size_t)table.count + 1, 1);
    for (uint32_t i = 0; i < table.count && rows && folds && !error; i++) {
        const struct app_row *row = &table.rows[i];
        rows[i] = i;
        if (row->kind >= table.kind_count)
            abort();
        for (uint32_t j = 0; j < row->count; j++)
            if (row->names[j] >= table.names.count || (j && row->names[j] <= row->names[j - 1]))
                abort();
        for (uint32_t j = 0; j < row->word_count; j++)
            if (row->words[j] >= table.words.count || row->times[j] == 0)
                abort();
    }
    if (rows && folds && !error && app_folds_deal(&table, rows, table.count, 5, folds) == 0)
        for (uint32_t i = 0; i < table.count; i++)
            if (folds[i] >= 5)
                abort();
    free(rows);
    free(folds);
    app_table_finish(&table);
    return 0;
}
