/* A whole file: helpers, and where it is cut, change nothing. The first byte chooses the format. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "observe/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

/* A sum over all rows, and the source's counts at the end. */
static uint64_t source_sum(int descriptor, const char *format, unsigned helpers,
                           struct source_counts *counts)
{
    char path[32];
    uint64_t sum = 0;
    struct source *source;
    struct fault fault = {0};
    struct batch *batch = batch_create();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
    if (!batch)
        abort();
    if (source_open(path, format, 1, &source, &fault) == 0) {
        source_help(source, helpers);
        while (source_read(source, batch, &fault) == 0 && batch->rows)
            for (uint32_t row = 0; row < batch->rows; row++)
                sum = sum * 31 + (uint64_t)batch->columns.time[row] +
                      batch->columns.event_offset[row] + batch->columns.event_category[row];
        *counts = *source_counts(source);
        if (counts->read != counts->kept + counts->refused)
            abort();
        source_close(source);
    }
    batch_destroy(batch);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct source_counts alone = {0}, helped = {0};
    if (length == 0)
        return 0;
    const char *format = at[0] < '6' && at[0] > '0' ? source_formats[at[0] - '1'] : NULL;
    int descriptor = memfd_create("fuzz", MFD_CLOEXEC);
    if (descriptor < 0 || write(descriptor, at + 1, length - 1) != (ssize_t)(length - 1))
        abort();
    uint64_t sum = source_sum(descriptor, format, 0, &alone);
    if (source_sum(descriptor, format, at[0] % 3, &helped) != sum || helped.kept != alone.kept ||
        helped.refused != alone.refused)
        abort();
    close(descriptor);
    return 0;
}
