/*
 * engine/gather.h -- alerts of files and of the wire → groups → the store.
 *
 * Each batch is one transaction with the place up to which its source was read:
 * a file read twice changes nothing, one that grew is read on, and a process
 * killed in between has lost nothing when it is started again.
 */
#ifndef ENGINE_GATHER_H
#define ENGINE_GATHER_H

#include "observe/alert/alert_file.h"
#include "store/alerts.h"

struct gather;

struct gather_result {
    struct alert_file_counts counts;
    uint64_t known; /* alerts of this source that were there before */
};

/* Groups by `window` ns. -errno with what gather_error says; gather_close in any case. */
int gather_open(const char *folder, int64_t window, struct gather **ret_gather)
    __attribute__((warn_unused_result));

/*
 * Read a file to its end. `step` (may be NULL) is told the alerts and the part of the file read so
 * far; not 0 ends it. -EIO, -EBADMSG: broken behind what was gathered; `ret_fault` says where.
 */
int gather_file(struct gather *gather, const char *path, const struct alert_parsing *parsing,
                int (*step)(void *context, uint64_t alerts, double part), void *context,
                struct gather_result *ret_result, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* Alerts that did not come from a file; `source` stays as it is but for its count. */
int gather_alerts(struct gather *gather, const struct alert *alerts, uint32_t count,
                  struct alerts_source *source) __attribute__((warn_unused_result));

/* Forget what is `keep` ns older than the newest alert there is; how many alerts. */
int gather_forget(struct gather *gather, int64_t keep, uint64_t *ret_alerts)
    __attribute__((warn_unused_result));

struct alerts_store *gather_store(struct gather *gather);
const char *gather_error(const struct gather *gather);
uint64_t gather_evicted(const struct gather *gather); /* groups closed early */
void gather_close(struct gather *gather);             /* NULL is allowed */

#endif
