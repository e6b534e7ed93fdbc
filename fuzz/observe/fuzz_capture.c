/* A capture file: walked as a whole and byte block by byte block, which must find the same frames.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "observe/packet/container.h"
#include "observe/packet/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static uint64_t frame_hash(const struct frame *frame)
{
    static struct packets packets;
    struct located located;
    packets_clear(&packets);
    if (packet_locate(frame, &located) == LOCATE_ip)
        (void)packet_decode(frame, &located, &packets);
    uint64_t hash = hash_bytes((struct bytes){(const char *)frame->at, frame->captured});
    return hash_mix(hash_mix(hash, (uint64_t)frame->time), frame->wire ^ frame->link);
}

/* Shows the container only `step` bytes more than it asks for. 0: all at once. */
static uint64_t walk(const uint8_t *at, size_t length, size_t step)
{
    struct container container = {0};
    uint64_t hash = 0;
    size_t extent, i = container_begin(&container, at, length);
    size_t shown = step ? i : length;
    bool known = container.kind != CONTAINER_none;
    while (known) {
        struct frame frame;
        switch (container_next(&container, at + i, shown - i, &frame, &extent)) {
        case CONTAINER_FRAME:
            if (frame.at < at || frame.at + frame.captured > at + shown ||
                frame.wire < frame.captured)
                abort();
            hash = hash_mix(hash, frame_hash(&frame));
            i += extent;
            break;
        case CONTAINER_SKIP:
            i += extent;
            break;
        case CONTAINER_MORE:
            if (extent <= shown - i)
                abort();
            known = shown < length;
            shown = length - i < extent + step ? length : i + extent + step;
            break;
        default:
            hash = hash_mix(hash, 1);
            known = false;
        }
    }
    container_finish(&container);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    uint64_t whole = walk(at, length, 0);
    if (walk(at, length, 1) != whole || walk(at, length, 57) != whole)
        abort();
    return 0;
}
