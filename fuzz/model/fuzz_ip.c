/* Any text is an address or refused; an address written in its shortest form is the same again. */
#include "model/observation.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct ip ip = {{0}};
    struct ip again = {{0}};
    if (!ip_parse((struct bytes){(const char *)at, length}, &ip)) {
        if (ip_given(&ip))
            abort(); /* an output was touched on failure */
        return 0;
    }
    char text[IP_TEXT_SIZE];
    struct bytes shortest = ip_format(&ip, text);
    if (!ip_given(&ip))
        return shortest.len == 0 ? 0 : (abort(), 0);
    if (!ip_parse(shortest, &again) || memcmp(&ip, &again, sizeof(ip)) != 0)
        abort();
    return 0;
}
