/*
 * A disk that gives up: an SQLite VFS over the usual one that, at the n-th
 * write, truncation or deletion, ends the process or is full from then on.
 */
#ifndef TEST_STORE_FRAIL_DISK_H
#define TEST_STORE_FRAIL_DISK_H

#include <sqlite3.h>

enum frailty { DISK_COUNTS, DISK_KILLS, DISK_FULL };

/* Make it the VFS of this process; `left` operations still succeed. */
void frail_disk_use(enum frailty frailty, long left);

/* Operations since then. */
long frail_disk_operations(void);

#endif
