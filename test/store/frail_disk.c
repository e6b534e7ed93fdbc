#include "frail_disk.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct frail_file {
    sqlite3_file base;
    sqlite3_file *real;
};

static sqlite3_vfs *usual;
static enum frailty how;
static long left, done;

/* SQLITE_OK: a write, truncation or deletion may happen. */
static int operation(void)
{
    done++;
    if (how == DISK_COUNTS || left-- > 0)
        return SQLITE_OK;
    if (how == DISK_KILLS)
        _exit(9); /* as kill -9 does: nothing is flushed, nobody is told */
    return SQLITE_FULL;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct frail_file *)file)->real;
}

static int file_close(sqlite3_file *file)
{
    int result = real_of(file)->pMethods->xClose(real_of(file));
    free(real_of(file));
    return result;
}

static int file_read(sqlite3_file *file, void *to, int size, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), to, size, at);
}

static int file_write(sqlite3_file *file, const void *from, int size, sqlite3_int64 at)
{
    int result = operation();
    return result ? result : real_of(file)->pMethods->xWrite(real_of(file), from, size, at);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int result = operation();
    return result ? result : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    /* Process death loses nothing that was written, so nothing is synced in earnest. */
    (void)file, (void)flags;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int file_check(sqlite3_file *file, int *result)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), result);
}

static int file_control(sqlite3_file *file, int what, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
}

static int file_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **to)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, to);
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int file_shm_unmap(sqlite3_file *file, int delete)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret)
{
    (void)vfs;
    struct frail_file *frail = (struct frail_file *)file;
    frail->base.pMethods = NULL;
    frail->real = calloc(1, (size_t)usual->szOsFile);
    if (!frail->real)
        return SQLITE_NOMEM;
    int result = usual->xOpen(usual, name, frail->real, flags, ret);
    if (result == SQLITE_OK)
        frail->base.pMethods = &methods;
    else
        free(frail->real);
    return result;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    int result = operation();
    return result ? result : usual->xDelete(usual, name, sync);
}

void frail_disk_use(enum frailty frailty, long operations)
{
    static sqlite3_vfs frail;
    usual = sqlite3_vfs_find("unix");
    frail = *usual;
    frail.szOsFile = (int)sizeof(struct frail_file);
    frail.zName = "frail";
    frail.xOpen = disk_open;
    frail.xDelete = disk_delete;
    how = frailty;
    left = operations;
    done = 0;
    sqlite3_vfs_register(&frail, 1);
}

long frail_disk_operations(void)
{
    return done;
}
