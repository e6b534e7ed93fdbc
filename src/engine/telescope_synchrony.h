/*
 * engine/telescope_synchrony.h -- synchrony of the telescope's windows → DATA/darknet.db.
 *
 * A window's row and the histories behind it are written in one transaction, so
 * a run that was killed goes on where it was. Captures read again from the
 * first window leave the same rows; from a later one they are judged by what is
 * left of the three days before it.
 */
#ifndef ENGINE_TELESCOPE_SYNCHRONY_H
#define ENGINE_TELESCOPE_SYNCHRONY_H

#include "detect/darknet/synchrony.h"
#include "store/darknet.h"

/* Take up the histories of the last run; none there, or not to be read: three days anew. */
int telescope_synchrony_resume(struct darknet_store *store, struct synchrony *synchrony)
    __attribute__((warn_unused_result));

/* The row of a window, the alerts it shows up late, and the histories. -EIO, -ENOMEM. */
int telescope_synchrony_store(struct darknet_store *store, const struct synchrony *synchrony,
                              const struct synchrony_window *window)
    __attribute__((warn_unused_result));

#endif
