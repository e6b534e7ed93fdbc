#include "detect/darknet/ports.h"

#include <stddef.h>

static const struct {
    uint16_t port;
    bool udp;
    const char *why;
} iot_ports[] = {
#define X(port, udp, why) {port, udp, why},
    IOT_PORTS(X)
#undef X
};

const char *port_iot_reason(uint16_t port, bool udp)
{
    for (size_t i = 0; i < sizeof(iot_ports) / sizeof(*iot_ports); i++)
        if (iot_ports[i].port == port && iot_ports[i].udp == udp)
            return iot_ports[i].why;
    return NULL;
}
