/*
 * show/darknet_table.h -- what arrived in the telescope, as JSON or as tables.
 *
 * JSON is a line a window as it ends (record "window") and, at the end, the
 * whole ("total"), its classes, kinds, marks and the ranking of ports. For
 * people: the table of NICTER's reports, the classes and the ranking.
 */
#ifndef SHOW_DARKNET_TABLE_H
#define SHOW_DARKNET_TABLE_H

#include "base/buffer.h"
#include "engine/telescope.h"

struct report {
    bool json;
    uint32_t top;                  /* ports of the ranking */
    struct telescope_window total; /* opened and finished by the caller */
    struct buffer line;
    uint32_t windows;
};

/* Add a window; prints its line. */
void report_window(struct report *report, const struct telescope_window *window);

/* Print the rest. -ENOMEM. */
int report_end(struct report *report, const struct telescope_result *result)
    __attribute__((warn_unused_result));

#endif
