/* Compressed bytes: what comes out is bounded by what is asked for, and ends. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "observe/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

enum { STEP = 4096, STEPS = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static char out[STEP];
    struct stream *stream;
    struct fault fault = {0};
    int descriptor = memfd_create("fuzz", MFD_CLOEXEC);
    if (descriptor < 0 || write(descriptor, at, length) != (ssize_t)length)
        abort();
    lseek(descriptor, 0, SEEK_SET);
    if (stream_open(descriptor, &stream))
        return 0;
    size_t got = STEP;
    for (int i = 0; i < STEPS && got == STEP; i++) {
        int error = stream_read(stream, out, STEP, &got, &fault);
        if (got > STEP || (error && !fault.why))
            abort();
        if (error)
            break;
    }
    int error = stream_seek(stream, 10, &fault);
    if (error && error != -ESPIPE && !fault.why)
        abort();
    stream_close(stream);
    return 0;
}
