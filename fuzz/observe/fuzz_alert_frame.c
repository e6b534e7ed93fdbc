/* A stream in pieces (the first byte says how long they are) gives the messages it gives at once.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "observe/alert/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static int message_mix(void *context, struct bytes message)
{
    uint64_t *mixed = context;
    *mixed = hash_mix(*mixed, hash_bytes(message));
    return 0;
}

static int frames_mix(struct bytes text, size_t step, uint64_t *mixed)
{
    struct frame_stream stream = {0};
    int error = 0;
    for (size_t from = 0; from < text.len && !error; from += step) {
        struct bytes piece = bytes_from(text, from);
        piece.len = piece.len < step ? piece.len : step;
        if (frame_put(&stream, piece))
            abort();
        error = frame_each(&stream, from + step >= text.len, message_mix, mixed);
    }
    frame_finish(&stream);
    return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    if (length < 2 || length > 65536)
        return 0;
    struct bytes text = {(const char *)at + 1, length - 1};
    uint64_t whole = 1, pieces = 1;
    int error = frames_mix(text, text.len, &whole);
    if (frames_mix(text, (size_t)at[0] + 1, &pieces) != error || whole != pieces)
        abort();
    if (error && error != -EBADMSG)
        abort();
    return 0;
}
