#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/alerts_table.h"
#include "store/darknet_counts.h"
#include "store/inside.h"

/* Why the last open of this thread failed: there is no store to ask. */
static _Thread_local struct failure open_failure;

const char *store_error(const struct store *store)
{
    return store ? store->failure.text : open_failure.text;
}

static char *path_in(const struct store *store, const char *name)
{
    char *path;
    return asprintf(&path, "%s/%s", store->folder, name) < 0 ? NULL : path;
}

/* NULL when memory ran out. */
static struct store *store_create(const char *folder)
{
    struct store *store = calloc(1, sizeof(*store));
    char *copy = strdup(folder);
    if (!store || !copy) {
        free(store);
        free(copy);
        failure_set(&open_failure, -ENOMEM, "out of memory");
        return NULL;
    }
    store->folder = copy;
    store->lock = -1;
    return store;
}

static int open_failed(struct store *store, int error)
{
    open_failure = store->failure;
    store_close(store);
    return error;
}

/* One writer a folder: the lock goes with the process that holds it. */
static int folder_lock(struct store *store)
{
    if (mkdir(store->folder, 0700) != 0 && errno != EEXIST)
        return failure_set(&store->failure, -errno, "%s: %s", store->folder, strerror(errno));
    char *path = path_in(store, "lock");
    if (!path)
        return failure_set(&store->failure, -ENOMEM, "out of memory");
    store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int error = 0;
    if (store->lock < 0)
        error = failure_set(&store->failure, -errno, "%s: %s", path, strerror(errno));
    else if (flock(store->lock, LOCK_EX | LOCK_NB) != 0)
        error = failure_set(&store->failure, -EBUSY,
                            "%s: another process is writing to this folder", store->folder);
    free(path);
    return error;
}

static int state_open(struct store *store, enum database_mode mode)
{
    char *path = path_in(store, "state.db");
    if (!path)
        return failure_set(&store->failure, -ENOMEM, "out of memory");
    int error = database_open(&store->state, path, mode, &store->failure);
    free(path);
    return error;
}

/* A day that was first written after the checkpoint has nothing left: it was never there. */
static int day_remove(struct store *store, int32_t number)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    char name[DAY_NAME_SIZE], path[4096];
    day_name(number, name);
    for (int i = 0; i < 3; i++) {
        int len = snprintf(path, sizeof(path), "%s/%s%s", store->folder, name, endings[i]);
        if (len < 0 || (size_t)len >= sizeof(path))
            return failure_set(&store->failure, -ENAMETOOLONG, "%s: too long", store->folder);
        if (unlink(path) != 0 && errno != ENOENT)
            return failure_set(&store->failure, -errno, "%s: %s", path, strerror(errno));
    }
    return 0;
}

static bool day_is_known(const struct store *store, int32_t number)
{
    for (uint32_t i = 0; i < store->known_count; i++)
        if (store->known[i] == number)
            return true;
    return false;
}

static int day_learn(struct store *store, int32_t number)
{
    int32_t *grown = realloc(store->known, (store->known_count + 1) * sizeof(*grown));
    if (!grown)
        return failure_set(&store->failure, -ENOMEM, "out of memory");
    store->known = grown;
    store->known[store->known_count++] = number;
    return 0;
}

static void day_forget(struct store *store, int32_t number)
{
    for (uint32_t i = 0; i < store->known_count; i++)
        if (store->known[i] == number)
            store->known[i--] = store->known[--store->known_count];
}

static int day_check(void *context, int32_t number)
{
    struct store *store = context;
    struct day *day;
    int64_t rows = 0;
    if (day_is_whole(store->folder, number, store->cut_row))
        return day_learn(store, number);
    int error = day_open(store->folder, number, store->cut_row, &store->failure, &day);
    if (error)
        return error;
    error = day_rows(day, &rows);
    day_close(day);
    if (error)
        return error;
    return rows ? day_learn(store, number) : day_remove(store, number);
}

int store_open_write(const char *folder, struct store **ret_store)
{
    struct store *store = store_create(folder);
    if (!store)
        return -ENOMEM;
    store->writer = true;
    store->day_limit = DAY_LIMIT;
    int error = folder_lock(store);
    if (!error)
        error = state_open(store, DATABASE_MAKE);
    if (!error)
        error = state_create(store);
    if (!error)
        error = state_restore(store);
    if (!error)
        error = days_each(store->folder, day_check, store, &store->failure);
    if (!error)
        error = query_prepare(store);
    if (error)
        return open_failed(store, error);
    *ret_store = store;
    return 0;
}

/*
 * The tables of another file of DATA, so that queries reach them as well. They are opened as the
 * state is: for reading. Without them, or where they cannot be read, there is the rest.
 */
static int file_attach(struct store *store, const char *name, const char *schema,
                       int (*ready)(sqlite3 *handle, const char *schema))
{
    char *path = path_in(store, name), *sql = NULL;
    if (!path)
        return failure_set(&store->failure, -ENOMEM, "out of memory");
    if (access(path, R_OK) == 0)
        sql = sqlite3_mprintf("ATTACH DATABASE %Q AS %s", path, schema);
    if (sql && sqlite3_exec(store->state.handle, sql, NULL, NULL, NULL) == SQLITE_OK && ready)
        (void)!ready(store->state.handle, schema);
    sqlite3_free(sql);
    free(path);
    return 0;
}

/* The observatory's (store/darknet.h), the alerts (store/alerts.h), the samples (store/samples.h).
 */
static int files_attach(struct store *store)
{
    int error = file_attach(store, "darknet.db", "darknet", darknet_counts_register);
    if (!error)
        error = file_attach(store, "alerts.db", "alert_store", alerts_table_register);
    return error ? error : file_attach(store, "samples.db", "sample_store", NULL);
}

int store_state_make(const char *folder)
{
    char path[4096];
    struct store *state = NULL;
    int length = snprintf(path, sizeof(path), "%s/state.db", folder);
    if (length < 0 || (size_t)length >= sizeof(path))
        return -ENAMETOOLONG;
    if (access(path, F_OK) == 0)
        return 0;
    int error = store_open_write(folder, &state);
    store_close(state);
    return error == -EBUSY ? 0 : error; /* whoever is writing makes it */
}

int store_open_read(const char *folder, struct store **ret_store)
{
    struct store *store = store_create(folder);
    if (!store)
        return -ENOMEM;
    int error = state_open(store, DATABASE_READ);
    if (!error)
        error = database_claim(&store->state, STATE_FORMAT);
    if (!error)
        error = files_attach(store);
    if (!error)
        error = query_prepare(store);
    if (error)
        return open_failed(store, error);
    *ret_store = store;
    return 0;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    for (int i = 0; i < WRITE_DAYS; i++)
        if (store->days[i])
            day_close(store->days[i]);
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    readers_close(store);
    batch_destroy(store->spare_batch);
    database_close(&store->desk);
    database_close(&store->state);
    if (store->lock >= 0)
        close(store->lock);
    free(store->known);
    free(store->folder);
    free(store);
}

static int writer_break(struct store *store, int error)
{
    if (error && !store->broken)
        store->broken = error;
    return error;
}

/* The day's file, opened if need be; the one unused for longest makes room. */
static int day_find(struct store *store, int32_t number, struct day **ret_day)
{
    int at = 0, error = 0;
    while (at < WRITE_DAYS - 1 && store->days[at] && day_number(store->days[at]) != number)
        at++;
    struct day *day = store->days[at];
    if (day && day_number(day) != number) {
        error = day_commit(day, true);
        if (error)
            return error;
        day_close(day);
        day = store->days[at] = NULL;
    }
    if (!day)
        error = day_open(store->folder, number, INT64_MAX, &store->failure, &day);
    if (error)
        return error;
    memmove(store->days + 1, store->days, (size_t)at * sizeof(struct day *));
    *ret_day = store->days[0] = day;
    return day_is_known(store, number) ? 0 : day_learn(store, number);
}

/* The file a row belongs in: its day's, as long as there aren't too many. */
static int32_t day_for(const struct store *store, int64_t time)
{
    int32_t number = day_of(time);
    if (store->days[0] && day_number(store->days[0]) == number)
        return number;
    bool full = store->known_count >= store->day_limit && !day_is_known(store, number);
    return full ? DAY_OF_STRAYS : number;
}

int store_put_some_rows(struct store *store, const struct batch *batch, const uint32_t *at,
                        uint32_t count)
{
    if (store->broken)
        return store->broken;
    store->generation++;
    int error = 0;
    for (uint32_t from = 0, to; from < count && !error; from = to) {
        int32_t day_asked = day_of(batch->columns.time[at[from]]);
        int32_t number = day_for(store, batch->columns.time[at[from]]);
        for (to = from + 1; to < count && day_of(batch->columns.time[at[to]]) == day_asked;)
            to++;
        struct day *day;
        error = day_find(store, number, &day);
        if (!error)
            error = day_put(day, batch, store->generation, at + from, to - from, store->next_row);
        store->next_row += to - from;
    }
    return writer_break(store, error);
}

int store_put_rows(struct store *store, const struct batch *batch)
{
    uint32_t all[BATCH_ROWS];
    for (uint32_t row = 0; row < batch->rows; row++)
        all[row] = row;
    return store_put_some_rows(store, batch, all, batch->rows);
}

/* Take a day out of those being written. What isn't committed is lost. */
static void day_put_away(struct store *store, int at)
{
    day_close(store->days[at]);
    memmove(store->days + at, store->days + at + 1,
            (size_t)(WRITE_DAYS - 1 - at) * sizeof(struct day *));
    store->days[WRITE_DAYS - 1] = NULL;
}

static int days_commit(struct store *store, bool sync)
{
    int error = 0;
    for (int i = 0; i < WRITE_DAYS && store->days[i] && !error; i++)
        error = day_commit(store->days[i], sync);
    for (int i = WRITE_DAYS - 1; i >= 0 && !error; i--) {
        if (!store->days[i] || !day_is_idle(store->days[i]))
            continue;
        error = day_commit(store->days[i], true);
        if (!error)
            day_put_away(store, i);
    }
    return error;
}

int store_commit(struct store *store)
{
    bool sync = store->checkpoint_put;
    if (store->broken)
        return store->broken;
    int error = days_commit(store, sync);
    if (!error && sync)
        error = state_mark(store);
    if (!error && store->in_transaction)
        error = database_run(&store->state, "COMMIT");
    if (!error)
        store->in_transaction = false;
    if (!error && sync)
        error = database_sync(&store->state);
    if (!error)
        store->checkpoint_put = false;
    return writer_break(store, error);
}

int store_drop_day(struct store *store, int32_t day)
{
    char name[DAY_NAME_SIZE];
    day_name(day, name);
    char *path = path_in(store, name);
    bool there = path && access(path, F_OK) == 0;
    free(path);
    if (!there)
        return failure_set(&store->failure, -ENOENT, "%s/%s: there is no such day", store->folder,
                           name);
    for (int i = 0; i < WRITE_DAYS; i++)
        if (store->days[i] && day_number(store->days[i]) == day)
            day_put_away(store, i);
    day_forget(store, day);
    return day_remove(store, day);
}
