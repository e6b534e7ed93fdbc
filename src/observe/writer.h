/*
 * observe/writer.h -- records into rows.
 *
 * record_write decides what a record means and writes one row of a batch, each
 * value once. The input a batch's tokens point into must stay as it is until
 * the next writer_begin.
 */
#ifndef OBSERVE_WRITER_H
#define OBSERVE_WRITER_H

#include "base/arena.h"
#include "model/batch.h"
#include "observe/record.h"

struct intern_slot;

/*
 * What turns tokens into columns of one batch. Strings repeat a lot, so the
 * writer remembers which piece of input became which id, and looks the same
 * spelling up again without unescaping or interning it.
 */
struct writer {
    struct batch *batch;
    struct intern_slot *slots;
    uint32_t generation; /* slots of older batches don't count */
    struct buffer scratch;
};

/* -ENOMEM. `writer` zeroed. */
int writer_init(struct writer *writer) __attribute__((warn_unused_result));
void writer_finish(struct writer *writer);

/* From here on rows go to `batch`, and input of the previous batch may go away. */
void writer_begin(struct writer *writer, struct batch *batch);

/*
 * Write the record as row `row` of the writer's batch. The collector's clock
 * goes to `time`, the source's own to `event_created`; source.c decides later
 * which is which. *ret_reason is REASON_none when the row was written.
 * Returns -ENOMEM or -ENOSPC when the batch's strings are full.
 */
int record_write(const struct record *record, struct writer *writer, uint32_t row,
                 enum reason *ret_reason) __attribute__((warn_unused_result));

/*
 * Below: for the files that know what records mean.
 *
 * A target is a field of the observation, or one of these: values that need
 * more than a conversion.
 */
enum target {
    TARGET_NONE = FIELD_COUNT,
    TARGET_account,          /* "DOMAIN\user": user_domain, user_name */
    TARGET_target_account,   /* "DOMAIN\user": user_target_name */
    TARGET_hashes,           /* "SHA1=…,SHA256=…": the strongest */
    TARGET_initiated,        /* true: egress, false: ingress */
    TARGET_transport,        /* "tcp", "udp", a number */
    TARGET_direction_word,   /* "ingress", "inbound", … */
    TARGET_logon_word,       /* "Interactive", "Network", … */
    TARGET_host_application, /* HostApplication= in the context of a PowerShell event */
    TARGET_task_command,     /* <Command> of a task's XML */
    TARGET_value_name,       /* name of a registry value, behind the key's path */
    TARGET_share_file,       /* name of a file, behind the share's */
    TARGET_logon_id,         /* "0x3e7" however it is padded */
    TARGET_program_pid,      /* process_pid, unless it is the kernel's */
};

/* Convert and write one token. Empty, "-" and unreadable values leave the column absent. */
int writer_put(struct writer *writer, uint32_t row, unsigned target, struct token token)
    __attribute__((warn_unused_result));

/* Intern a token as it is: 0 for an empty one. */
int writer_intern(struct writer *writer, struct token token, uint32_t *ret_id)
    __attribute__((warn_unused_result));

/* The token's text without escapes; valid until the next call. */
struct bytes writer_text(struct writer *writer, struct token token);

/* Is the token this word (given in lower case), in any case? */
bool token_is(struct token token, const char *lower);

/* "1564", "0x1410", 1564 → a number; false when it is none or over 64 bits. */
bool token_number(struct token token, uint64_t *ret_value);

/* Event id, channel and provider known: category, action and fields of a Windows event. */
int windows_event_write(const struct record *record, struct writer *writer, uint32_t row,
                        uint32_t id) __attribute__((warn_unused_result));

/* The fields that bear ECS names, and category and action by the schema's words. */
int schema_write(const struct record *record, struct writer *writer, uint32_t row)
    __attribute__((warn_unused_result));

#endif
