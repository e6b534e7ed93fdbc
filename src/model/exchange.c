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
