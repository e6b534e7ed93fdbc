/*
 * observe/lineage.h -- names for processes whose sensor gives only a number.
 *
 * A process id is used again and again; an entity id is not. Sysmon and EDRs
 * give one, the Security log does not. So for each host and process id the
 * last entity id seen with it is remembered, and given to rows that have the
 * number only. A start without an entity id makes one: "HOST:PID:STARTNS",
 * start in nanoseconds since 1970. A process whose start was not seen is
 * "HOST:PID". Where Sysmon and the Security log both tell a start within two
 * seconds, and in one batch or Sysmon first, both rows bear Sysmon's id. Rows
 * are to be given in the order of the source.
 *
 * Remembered are the LINEAGE_LIMIT processes named last; the oldest is
 * forgotten first, and its number then stands for a process not seen to start.
 */
#ifndef OBSERVE_LINEAGE_H
#define OBSERVE_LINEAGE_H

#include "base/cursor.h"
#include "base/hash_table.h"
#include "model/batch.h"

enum { LINEAGE_LIMIT = 1 << 14, LINEAGE_ID_SIZE = 88 };

struct lineage_entry;

struct lineage {
    struct hash_table index; /* hash of host and process id → entry */
    struct lineage_entry *entries;
    struct hash_table ahead; /* starts with an entity id in the batch at hand → row */
    uint32_t count, next;    /* next: the entry to be reused once all are in use */
    struct buffer id;
};

/* Fill in what is missing in the rows of a batch. -ENOMEM, -ENOSPC (no room for strings). */
int lineage_apply(struct lineage *lineage, struct batch *batch) __attribute__((warn_unused_result));

void lineage_save(const struct lineage *lineage, struct buffer *out);
/* Into an empty lineage. -EBADMSG, -ENOMEM. */
int lineage_restore(struct lineage *lineage, struct cursor *in) __attribute__((warn_unused_result));

void lineage_finish(struct lineage *lineage);

#endif
