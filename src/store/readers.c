/* Day files being read: which there are, which are open, which are in use. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "store/inside.h"

/* A listing is trusted when the folder hadn't changed for this long before it was made. */
#define LISTING_SETTLED (2 * TIME_SECOND)

static void reader_close(struct day_reader *reader)
{
    if (!reader->database.handle)
        return;
    sqlite3_finalize(reader->blocks);
    sqlite3_finalize(reader->posting);
    sqlite3_finalize(reader->times);
    sqlite3_finalize(reader->whole_row);
    reader->blocks = reader->posting = reader->times = reader->whole_row = NULL;
    database_close(&reader->database);
}

void readers_close(struct store *store)
{
    for (uint32_t i = 0; i < store->reader_count; i++) {
        reader_close(store->readers[i]);
        free(store->readers[i]);
    }
    free(store->readers);
    store->readers = NULL;
    store->reader_count = 0;
}

static struct day_reader *reader_find(struct store *store, int32_t number)
{
    for (uint32_t i = 0; i < store->reader_count; i++)
        if (store->readers[i]->number == number)
            return store->readers[i];
    return NULL;
}

static int reader_order(const void *a, const void *b)
{
    const struct day_reader *left = *(struct day_reader *const *)a;
    const struct day_reader *right = *(struct day_reader *const *)b;
    return (left->number > right->number) - (left->number < right->number);
}

static int reader_add(void *context, int32_t number)
{
    struct store *store = context;
    if (reader_find(store, number))
        return 0;
    struct day_reader **grown =
        realloc(store->readers, (store->reader_count + 1) * sizeof(struct day_reader *));
    if (grown)
        store->readers = grown;
    struct day_reader *reader = grown ? calloc(1, sizeof(*reader)) : NULL;
    if (!reader)
        return failure_set(&store->failure, -ENOMEM, "out of memory");
    reader->number = number;
    store->readers[store->reader_count++] = reader;
    return 0;
}

/* Days stay listed once they were seen: a walk may stand in one that was dropped since. */
static int folder_list(struct store *store)
{
    int error = days_each(store->folder, reader_add, store, &store->failure);
    if (store->reader_count)
        qsort(store->readers, store->reader_count, sizeof(struct day_reader *), reader_order);
    return error;
}

int readers_list(struct store *store)
{
    struct stat status;
    if (stat(store->folder, &status) != 0)
        return failure_set(&store->failure, -errno, "%s: %s", store->folder, strerror(errno));
    int64_t change = status.st_mtim.tv_sec * TIME_SECOND + status.st_mtim.tv_nsec;
    if (store->listed_at && store->listed_change == change &&
        store->listed_at - change > LISTING_SETTLED)
        return 0;
    store->listed_at = time_now();
    store->listed_change = change;
    return folder_list(store);
}

/*
 * Too many open files: close days nobody stands in until `most` are open. Pivots
 * go through all days in turn, so the one used last is needed last again.
 */
static void readers_make_room(struct store *store, uint32_t most)
{
    for (;;) {
        struct day_reader *newest = NULL;
        uint32_t open = 0;
        for (uint32_t i = 0; i < store->reader_count; i++) {
            struct day_reader *reader = store->readers[i];
            open += reader->database.handle != NULL;
            if (reader->database.handle && reader->users == 0 &&
                (!newest || reader->used > newest->used))
                newest = reader;
        }
        if (open <= most || !newest)
            return;
        reader_close(newest);
    }
}

static int reader_prepare(struct day_reader *reader)
{
    const struct database *database = &reader->database;
    int error = database_run(database, "PRAGMA mmap_size=17179869184; PRAGMA cache_size=-4096;"
                                       "PRAGMA query_only=1");
    if (!error)
        error = database_claim(database, DAY_FORMAT);
    if (!error)
        error = database_prepare(database,
                                 "SELECT first_row, last_row, rows, time_min, time_max, ordered"
                                 " FROM blocks WHERE time_max >= ? AND time_min <= ?"
                                 " ORDER BY time_min, first_row",
                                 &reader->blocks);
    if (!error)
        error = database_prepare(database, "SELECT rows FROM postings WHERE block=? AND key=?",
                                 &reader->posting);
    if (!error)
        error = database_prepare(database,
                                 "SELECT rowid, time FROM events WHERE rowid BETWEEN ? AND ?"
                                 " ORDER BY rowid",
                                 &reader->times);
    return error;
}

static int reader_open(struct store *store, struct day_reader *reader)
{
    char name[DAY_NAME_SIZE], *path;
    readers_make_room(store, READ_DAYS - 1);
    day_name(reader->number, name);
    if (asprintf(&path, "%s/%s", store->folder, name) < 0)
        return failure_set(&store->failure, -ENOMEM, "out of memory");
    int error = database_open(&reader->database, path, DATABASE_READ, &store->failure);
    free(path);
    if (error)
        return error;
    error = reader_prepare(reader);
    if (error)
        reader_close(reader);
    return error;
}

int readers_enter(struct store *store, uint32_t index)
{
    struct day_reader *reader = store->readers[index];
    int error = reader->database.handle ? 0 : reader_open(store, reader);
    if (error == -EMFILE) { /* the process may hold fewer files than we would like to */
        readers_make_room(store, 0);
        error = reader_open(store, reader);
    }
    if (!error && reader->users == 0)
        error = database_run(&reader->database, "BEGIN");
    if (error)
        return error;
    reader->users++;
    reader->used = ++store->uses;
    return 0;
}

void readers_leave(struct store *store, struct day_reader *reader)
{
    (void)store;
    if (--reader->users == 0)
        (void)!database_run(&reader->database, "COMMIT");
}
