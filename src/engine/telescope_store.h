/*
 * engine/telescope_store.h -- windows of the telescope → DATA/darknet.db.
 *
 * Each window is written as it ends, in one transaction, with its busiest ports
 * and prefixes; hours and days are added up and written when they are over, and
 * at the end. What stood there for the same window is replaced, so reading the
 * same captures again, also after being killed, leaves the same rows. A window
 * is replaced as a whole: captures that share one belong into one command.
 */
#ifndef ENGINE_TELESCOPE_STORE_H
#define ENGINE_TELESCOPE_STORE_H

#include "engine/telescope.h"
#include "store/darknet.h"

struct telescope_store;

/* Windows will be `window` ns long. -EBUSY: another process writes; -ENOMEM; -errno. */
int telescope_store_open(const char *folder, int64_t window, struct telescope_store **ret_store)
    __attribute__((warn_unused_result));

/* Totals' rows say their country; the geography outlives the store. */
void telescope_store_geography(struct telescope_store *store, const struct geography *geography);

/* Others' rows, to be written in the transaction of each window; not 0 undoes it. */
void telescope_store_beside(struct telescope_store *store,
                            int (*write)(void *context, struct darknet_store *database),
                            void *context);

/* In the order of time. An error of the store: telescope_store_error says which. */
int telescope_store_window(struct telescope_store *store, const struct telescope_window *window)
    __attribute__((warn_unused_result));

/* Of all windows together; a source that was there before is replaced. */
enum { TELESCOPE_STORE_SOURCES = 32768 };
int telescope_store_totals(struct telescope_store *store, const struct source_total *totals,
                           uint32_t count) __attribute__((warn_unused_result));

/* The hour and the day that are not over yet; call it once, at the end. */
int telescope_store_end(struct telescope_store *store) __attribute__((warn_unused_result));

/* For others' rows. */
struct darknet_store *telescope_store_database(struct telescope_store *store);

const char *telescope_store_error(const struct telescope_store *store);
void telescope_store_close(struct telescope_store *store);

#endif
