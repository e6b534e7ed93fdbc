#include <strings.h>

#include "model/exchange.h"

struct bytes message_header(const struct message *message, const char *name)
{
    size_t len = strlen(name);
    for (uint32_t i = 0; i < message->header_count; i++) {
        const struct header *header = &message->headers[i];
        if (header->name.len == len && strncasecmp(header->name.at, name, len) == 0)
            return header->value;
    }
    return (struct bytes){0};
}

uint64_t message_packet(const struct message *message, uint64_t offset)
{
    uint64_t packet = message->packet;
    for (uint32_t i = 0; i < message->mark_count && message->marks[i].offset <= offset; i++)
        packet = message->marks[i].packet;
    return packet;
}
