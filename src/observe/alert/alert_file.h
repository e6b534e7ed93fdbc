/*
 * observe/alert/alert_file.h -- a file of alerts, batch by batch.
 *
 * Compressed as observe/stream.h has it, cut as observe/splitter.h has it. A
 * file that grew is read on from where it was left: what stands before is
 * looked at only for its heading.
 */
#ifndef OBSERVE_ALERT_ALERT_FILE_H
#define OBSERVE_ALERT_ALERT_FILE_H

#include "base/fault.h"
#include "observe/alert/parser.h"

struct alert_refusals {
    uint64_t count, first_offset, first_line; /* of one reason */
};

struct alert_file_counts {
    uint64_t records, alerts, bytes;
    struct alert_refusals refusals[ALERT_REASON_COUNT];
};

struct alert_file;

/*
 * "-": standard input. `source` goes into the alerts' ids. parsing->reference 0: when the file was
 * last written. -errno, -ENOTSUP (Windows event logs are no alerts), -EBADMSG, -ENOMEM.
 */
int alert_file_open(const char *path, const struct alert_parsing *parsing,
                    struct alert_file **ret_file, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* The first bytes, up to 256 KiB, decompressed. */
struct bytes alert_file_head(const struct alert_file *file);

/* Under what number the alerts are named, and where (decompressed) and at which line to begin. */
int alert_file_start(struct alert_file *file, uint32_t source, uint64_t offset, uint64_t line)
    __attribute__((warn_unused_result));

/*
 * The next alerts behind those of the batch; there may be none. 1: go on; 0: that was the end;
 * -EIO, -EBADMSG: the file is broken behind these; -ENOMEM.
 */
int alert_file_next(struct alert_file *file, struct alert_batch *batch, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* From where to read on behind what was given so far. */
void alert_file_place(const struct alert_file *file, uint64_t *ret_offset, uint64_t *ret_line);

const struct alert_file_counts *alert_file_counts(const struct alert_file *file);

/* The part of the file that was read, 0 to 1; -1 where its size is not known. */
double alert_file_part(const struct alert_file *file);

/* NULL is allowed. */
void alert_file_close(struct alert_file *file);

#endif
