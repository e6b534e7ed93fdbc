/* What the tests of this room share: sources over bytes, rows as text. */
#ifndef TEST_OBSERVE_SUPPORT_H
#define TEST_OBSERVE_SUPPORT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "observe/source.h"

/* A source over bytes in memory. */
static inline int memory_open(struct bytes bytes, const char *format, struct source **ret_source,
                              struct fault *ret_fault)
{
    char path[32];
    int descriptor = memfd_create("test", MFD_CLOEXEC);
    assert_true(descriptor >= 0);
    for (size_t done = 0; done < bytes.len;) {
        ssize_t put = write(descriptor, bytes.at + done, bytes.len - done);
        assert_true(put > 0);
        done += (size_t)put;
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
    int error = source_open(path, format, 7, ret_source, ret_fault);
    close(descriptor);
    return error;
}

/* The rows of a batch as lines of JSON. */
static inline void rows_put(struct buffer *out, const struct batch *batch)
{
    for (uint32_t row = 0; row < batch->rows; row++) {
        struct json json = {.out = out};
        batch_row_json(batch, row, &json);
        buffer_put_char(out, '\n');
    }
    assert_false(out->failed);
}

/* What came out of a source. */
struct reading {
    struct buffer rows; /* as lines of JSON */
    uint64_t count;
    int error; /* of the last read */
    struct fault fault;
    struct source_counts counts;
    enum source_clock clock;
    char format[16];
};

/* Read on to the end. */
static inline void source_drain(struct source *source, struct reading *reading)
{
    struct batch *batch = batch_create();
    assert_non_null(batch);
    while (!(reading->error = source_read(source, batch, &reading->fault)) && batch->rows) {
        rows_put(&reading->rows, batch);
        reading->count += batch->rows;
    }
    assert_int_equal(batch->rows, 0);
    reading->counts = *source_counts(source);
    reading->clock = source_clock(source);
    snprintf(reading->format, sizeof(reading->format), "%s", source_format(source));
    batch_destroy(batch);
}

static inline struct reading read_with(struct bytes bytes, const char *format, unsigned helpers)
{
    struct reading reading = {0};
    struct source *source;
    int error = memory_open(bytes, format, &source, &reading.fault);
    if (error)
        fail_msg("not opened: %s", reading.fault.why);
    source_help(source, helpers);
    source_drain(source, &reading);
    source_close(source);
    return reading;
}

static inline struct reading read_bytes(struct bytes bytes)
{
    return read_with(bytes, NULL, 0);
}

static inline void reading_finish(struct reading *reading)
{
    buffer_finish(&reading->rows);
}

/* Is this text among the rows? */
static inline void assert_has(const struct reading *reading, const char *text)
{
    struct bytes rows = buffer_bytes(&reading->rows);
    if (!rows.len || !memmem(rows.at, rows.len, text, strlen(text)))
        fail_msg("no %s in %.*s", text, (int)rows.len, rows.at);
}

/* How many records were refused for this reason, and where the first stands. */
static inline const struct refusal *refusal_for(const struct reading *reading, const char *why)
{
    for (uint32_t i = 0; i < reading->counts.reason_count; i++)
        if (strstr(reading->counts.reasons[i].why, why))
            return &reading->counts.reasons[i];
    fail_msg("nothing refused because of '%s'", why);
    return NULL;
}

#endif
