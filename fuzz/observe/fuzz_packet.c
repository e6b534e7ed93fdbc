/* One frame: the first byte chooses the link layer, the second how much longer it was on the wire.
 */
#include <stdlib.h>

#include "observe/packet/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static void row_check(const struct frame *frame, const struct packets *packets)
{
    const uint8_t *payload = (const uint8_t *)packets->payload[0].at;
    size_t len = packets->payload[0].len;
    if (payload < frame->at || payload + len > frame->at + frame->captured)
        abort();
    if (!(packets->has[0] & PACKET_QUOTED) && packets->quoted[0].protocol)
        abort();
    if ((packets->has[0] & PACKET_TCP) && packets->protocol[0] != PROTOCOL_tcp)
        abort();
    for (size_t i = 0; i < len; i++) /* every byte of it can be read */
        (void)*(volatile const uint8_t *)(payload + i);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static const uint16_t links[] = {1, 0, 9, 12, 14, 50, 101, 104, 108, 113, 228, 229, 276, 147};
    static struct packets packets;
    struct located located;
    if (length < 2)
        return 0;
    struct frame frame = {at + 2, (uint32_t)length - 2, (uint32_t)length - 2 + at[1],
                          links[at[0] % (sizeof(links) / sizeof(links[0]))], 0};
    packets_clear(&packets);
    if (packet_locate(&frame, &located) != LOCATE_ip)
        return 0;
    enum packet_fault fault = packet_decode(&frame, &located, &packets);
    bool refused = fault != PACKET_FAULT_none && packet_faults[fault].severity == SEVERITY_refused;
    if (packets.count != !refused)
        abort();
    if (packets.count) {
        row_check(&frame, &packets);
        if (located.partition != packet_partition(packet_source_hash(&packets.source_ip[0])))
            abort();
    }
    return 0;
}
