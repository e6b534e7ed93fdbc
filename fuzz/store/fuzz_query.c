/*
 * Any text as a query over a small store: it is answered or refused in a sentence, in time, and
 * the store says the same afterwards.
 */
#include "store/store.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

enum { ROWS = 40 };

static char folder[64];

static void folder_forget(void)
{
    char command[96];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    if (system(command) != 0)
        perror(folder);
}

static uint32_t text_put(struct batch *batch, const char *text)
{
    uint32_t id = 0;
    if (strings_intern(&batch->strings, bytes_of(text), &id) != 0)
        abort();
    return id;
}

static struct store *store_make(void)
{
    static const char *const paths[] = {"c:\\a.exe", "C:\\B.txt", "/etc/passwd"};
    struct store *store;
    struct batch *batch = batch_create();
    snprintf(folder, sizeof(folder), "%s", "/tmp/hinomi-fuzz-XXXXXX");
    if (!batch || !mkdtemp(folder) || store_open_write(folder, &store) != 0)
        abort();
    atexit(folder_forget);
    for (uint32_t row = 0; row < ROWS; row++) {
        batch->columns.time[row] = row * TIME_HOUR;
        batch->columns.host_name[row] = text_put(batch, row % 2 ? "a" : "b");
        batch->columns.file_path[row] = text_put(batch, paths[row % 3]);
        batch->columns.event_offset[row] = row;
    }
    batch->rows = ROWS;
    if (store_put_rows(store, batch) != 0 || store_commit(store) != 0)
        abort();
    store_close(store);
    batch_destroy(batch);
    if (store_open_read(folder, &store) != 0)
        abort();
    return store;
}

static int row_read_all(void *context, struct sqlite3_stmt *statement)
{
    for (int i = 0; i < sqlite3_column_count(statement); i++)
        (void)sqlite3_column_text(statement, i);
    return ++*(int *)context == 1000;
}

static int number_read(void *context, struct sqlite3_stmt *statement)
{
    *(int *)context = sqlite3_column_int(statement, 0);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static struct store *store;
    int rows = 0, count = 0;
    if (!store)
        store = store_make();
    int error =
        store_query(store, (struct bytes){(const char *)at, length}, 0.5, row_read_all, &rows);
    if (error && store_error(store)[0] == '\0')
        abort();
    if (store_query(store, BYTES("SELECT count(*) FROM events"), 0, number_read, &count) != 0 ||
        count != ROWS)
        abort();
    return 0;
}
