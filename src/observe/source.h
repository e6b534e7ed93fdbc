/*
 * observe/source.h -- foreign bytes → batches.
 *
 * A source is one file (or standard input): bytes, perhaps compressed, in one
 * format. Opening recognises both. Reading fills batches in the order of the
 * source; records that cannot be read are counted by reason, named (the first
 * of each reason, with its place) and skipped, and the rest is kept.
 */
#ifndef OBSERVE_SOURCE_H
#define OBSERVE_SOURCE_H

#include "base/cursor.h"
#include "base/fault.h"
#include "model/batch.h"

enum {
    SOURCE_RECORD_LIMIT = 16 << 20, /* bytes of one record; a longer one is refused */
    SOURCE_REASONS = 16,            /* different reasons kept apart; more go to the last */
    SOURCE_SAMPLE = 4096,           /* records looked at to choose between two clocks */
};

/* Why records were refused, and where the first of them stands. */
struct refusal {
    const char *why;
    uint64_t count, first_offset, first_line;
};

struct source_counts {
    uint64_t read, kept, refused;
    uint64_t bytes;               /* decompressed bytes consumed */
    uint64_t two_clocks;          /* records that carried two clocks */
    uint64_t clock_disagreements; /* … further apart than the stated lateness, after the usual
                                     distance */
    struct refusal reasons[SOURCE_REASONS];
    uint32_t reason_count;
};

enum source_clock { CLOCK_COLLECTOR, CLOCK_SOURCE }; /* @timestamp; UtcTime, TimeCreated … */

struct source;

/*
 * Open `path` ("-": standard input). `format` is NULL to recognise, or a name
 * of source_formats. -errno of the file system; -ENOTSUP: format not
 * recognised; -EINVAL: unknown `format`. `ret_fault` says more.
 */
int source_open(const char *path, const char *format, uint32_t number, struct source **ret_source,
                struct fault *ret_fault) __attribute__((warn_unused_result));

/* Name of the format in use: "ecs", "winlogbeat", "nxlog", "evtx", … */
const char *source_format(const struct source *source);
enum source_clock source_clock(const struct source *source);
const struct source_counts *source_counts(const struct source *source);

/* Bytes of the file, and how many of them are read: for progress. 0 where unknown. */
uint64_t source_size(const struct source *source);
uint64_t source_position(const struct source *source);

/*
 * Fill `batch` (cleared first) with up to BATCH_ROWS observations. Returns 0
 * with rows > 0; 0 with rows == 0 at the end; -EIO, -EBADMSG when the file or
 * its compression broke: what was read before is kept, the fault says where,
 * and the source is at its end.
 */
int source_read(struct source *source, struct batch *batch, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/*
 * Unpack and parse ahead in that many threads of the source's own, from the
 * first source_read on; before it, or not at all. 0, as it is after opening:
 * in the thread that calls source_read. Some 4 MiB of memory for each block
 * ahead, 2 * helpers + 1 of them. What is read is the same.
 */
void source_help(struct source *source, unsigned helpers);

/*
 * Go to a record boundary seen before: bytes into the decompressed source. In a
 * compressed one everything before is unpacked again, standard input can only
 * go forward (-ESPIPE). At a place that source_counts().bytes once said, the
 * source reads on exactly as it did the first time, batch by batch, once what
 * source_save said there is restored.
 */
int source_seek(struct source *source, uint64_t offset) __attribute__((warn_unused_result));

/*
 * What the source knows after the last source_read, but for its place: counts,
 * chosen clock, the processes of observe/lineage.h. Restore after source_seek.
 */
void source_save(const struct source *source, struct buffer *out);
int source_restore(struct source *source, struct cursor *in) __attribute__((warn_unused_result));

void source_close(struct source *source);

/* Names of the formats --format takes, NULL-terminated. */
extern const char *const source_formats[];

/*
 * Every file below `path`, sorted by name, hidden ones left out; a plain file
 * is itself. Calls `visit` for each; stops at its first non-zero return.
 */
int source_walk(const char *path, int (*visit)(void *context, const char *path), void *context)
    __attribute__((warn_unused_result));

#endif
