/* The first line is titles or not; each behind it is a packet of what it says, or refused. */
#include <stdlib.h>

#include "observe/list/honeypot_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static void packet_check(const struct honeypot_packet *packet, struct bytes line)
{
    if (packet->host.at < line.at || packet->host.at + packet->host.len > line.at + line.len)
        abort();
    if (packet->protocol != PROTOCOL_icmp && !(packet->has & PACKET_PORTS))
        abort();
    if (packet->protocol == PROTOCOL_icmp && (packet->source_port || packet->destination_port))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct bytes rest = {(const char *)at, length};
    struct honeypot_titles titles;
    bool known = false;
    for (bool first = true; rest.len; first = false) {
        const char *end = memchr(rest.at, '\n', rest.len);
        struct bytes line = {rest.at, end ? (size_t)(end - rest.at) : rest.len};
        struct honeypot_packet packet;
        if (first)
            known = honeypot_titles_read(line, &titles);
        else if (honeypot_line_read(&titles, line, &packet))
            packet_check(&packet, line);
        if (!known)
            return 0;
        rest = bytes_from(rest, line.len + 1);
    }
    return 0;
}
