/*
 * detect/darknet/ports.h -- ports that IoT malware looks for, and why.
 *
 * NICT's yearly reports rank the ports of the darknet and say which share of
 * the packets goes to those of the Internet of Things: routers, cameras,
 * recorders. The list holds ports that such malware is documented to try, each
 * with what listens there. A port is no proof: 80 and 8080 are everybody's,
 * and stand here because the reports count them so.
 */
#ifndef DETECT_DARKNET_PORTS_H
#define DETECT_DARKNET_PORTS_H

#include <stdbool.h>
#include <stdint.h>

/* X(port, udp, why) */
#define IOT_PORTS(X)                                                                               \
    X(23, false, "Telnet: Mirai and all its children")                                             \
    X(2323, false, "Telnet beside its port: one in ten of Mirai's probes")                         \
    X(22, false, "SSH of routers and servers: Mirai variants, Kaiji, RapperBot")                   \
    X(2222, false, "SSH beside its port")                                                          \
    X(80, false, "web interface of routers and cameras")                                           \
    X(81, false, "web interface of cameras of GoAhead: Persirai")                                  \
    X(82, false, "web interface of cameras")                                                       \
    X(83, false, "web interface of cameras")                                                       \
    X(84, false, "web interface of cameras")                                                       \
    X(85, false, "web interface of cameras")                                                       \
    X(88, false, "web interface of cameras")                                                       \
    X(8080, false, "web interface of routers and cameras: Reaper, Mirai variants")                 \
    X(8081, false, "web interface of cameras and recorders")                                       \
    X(8088, false, "web interface of recorders")                                                   \
    X(8443, false, "web interface of routers, by TLS")                                             \
    X(8888, false, "web interface of recorders")                                                   \
    X(5555, false, "Android Debug Bridge: ADB.Miner, Trinity, Satori")                             \
    X(7547, false, "TR-069 of home routers: Mirai at Deutsche Telekom, 2016")                      \
    X(5358, false, "Telnet beside its port: Mirai variants")                                       \
    X(6789, false, "Telnet beside its port: Mirai variants")                                       \
    X(23231, false, "Telnet beside its port: Mirai variants")                                      \
    X(60023, false, "Telnet beside its port")                                                      \
    X(37215, false, "Huawei HG532 UPnP (CVE-2017-17215): Satori")                                  \
    X(52869, false, "Realtek UPnP (CVE-2014-8361): Satori, Mirai variants")                        \
    X(49152, false, "UPnP of routers")                                                             \
    X(5431, false, "Broadcom UPnP: BCMPUPnP_Hunter")                                               \
    X(8291, false, "MikroTik Winbox: Hajime, Mēris")                                               \
    X(8728, false, "MikroTik interface of programs")                                               \
    X(34567, false, "recorders of Xiongmai: FBot")                                                 \
    X(9530, false, "recorders of HiSilicon: opens Telnet")                                         \
    X(9527, false, "recorders of HiSilicon")                                                       \
    X(4567, false, "modems: management of TR-069")                                                 \
    X(554, false, "cameras: RTSP")                                                                 \
    X(32764, false, "Sercomm routers' back door")                                                  \
    X(53413, true, "Netis routers' back door")                                                     \
    X(1900, true, "UPnP discovery of home devices")

/* Why the port is in the list; NULL: it is not. */
const char *port_iot_reason(uint16_t port, bool udp);

#endif
