#include "lab/darknet_stack.h"

#define MSS        "\x02\x04\x05\xb4"
#define SACK       "\x04\x02"
#define STAMPS     "\x08\x0a\x1f\x3c\x55\x01\0\0\0\0"
#define NOP        "\x01"
#define SCALE(by)  "\x03\x03" by
#define OPTIONS(o) .options = (o), .options_length = sizeof(o) - 1

#define LINUX_OPTIONS   MSS SACK STAMPS NOP SCALE("\x07")
#define WINDOWS_OPTIONS MSS NOP SCALE("\x08") NOP NOP SACK
#define BSD_OPTIONS     MSS NOP SCALE("\x06") NOP NOP STAMPS SACK "\0\0"

/*
 * Systems: their own SYN as passive fingerprinting (p0f's list) knows them; asking
 * again as RFC 6298 and its predecessor have it. Scanners: their published sources.
 */
const struct stack stacks[STACK_COUNT] = {
    [STACK_linux] = {"linux", .ttl = 64, .window = 64240, .id = ID_COUNTER, .dont_fragment = true,
                     OPTIONS(LINUX_OPTIONS), .retry_count = 3, .retry = {1, 3, 7}},
    [STACK_linux_old] = {"linux", .ttl = 64, .window = 29200, .id = ID_COUNTER,
                         .dont_fragment = true, OPTIONS(LINUX_OPTIONS), .retry_count = 2,
                         .retry = {1, 3}},
    [STACK_embedded] = {"embedded_linux", .ttl = 64, .window = 5840, .id = ID_COUNTER,
                        .dont_fragment = true, OPTIONS(MSS SACK STAMPS NOP SCALE("\x01")),
                        .retry_count = 2, .retry = {3, 9}},
    [STACK_windows] = {"windows", .ttl = 128, .window = 64240, .id = ID_COUNTER,
                       .dont_fragment = true, OPTIONS(WINDOWS_OPTIONS), .retry_count = 3,
                       .retry = {1, 3, 7}},
    [STACK_windows_old] = {"windows", .ttl = 128, .window = 8192, .id = ID_COUNTER,
                           .dont_fragment = true, OPTIONS(MSS NOP NOP SACK), .retry_count = 2,
                           .retry = {3, 9}},
    [STACK_mac] = {"bsd", .ttl = 64, .window = 65535, .id = ID_ZERO, .dont_fragment = true,
                   OPTIONS(BSD_OPTIONS), .retry_count = 3, .retry = {1, 2, 3}},
    [STACK_zmap] = {"zmap", .ttl = 255, .window = 65535, .id = ID_ZMAP},
    [STACK_zmap_mss] = {"zmap", .ttl = 255, .window = 65535, .id = ID_ZMAP, OPTIONS(MSS)},
    [STACK_zmap_windows] = {"zmap", .ttl = 255, .window = 65535, .id = ID_RANDOM,
                            OPTIONS(WINDOWS_OPTIONS)},
    [STACK_zmap_linux] = {"zmap", .ttl = 255, .window = 65535, .id = ID_RANDOM,
                          OPTIONS(LINUX_OPTIONS)},
    [STACK_zmap_bsd] = {"zmap", .ttl = 255, .window = 65535, .id = ID_RANDOM, OPTIONS(BSD_OPTIONS)},
    [STACK_zmap_smallest] = {"zmap", .ttl = 255, .window = 65535, .id = ID_RANDOM, OPTIONS(MSS)},
    [STACK_masscan] = {"masscan", .ttl = 255, .window = 1024, .id = ID_MASSCAN},
    [STACK_masscan_mss] = {"masscan", .ttl = 255, .window = 1024, .id = ID_MASSCAN, OPTIONS(MSS)},
    [STACK_nmap] = {"nmap", .ttl = 55, .id = ID_RANDOM, OPTIONS(MSS), .retry_count = 1,
                    .retry = {1}},
    [STACK_mirai] = {"mirai", .ttl = 64, .id = ID_RANDOM},
    [STACK_raw] = {"raw", .ttl = 255, .id = ID_FIXED},
    [STACK_raw_mss] = {"raw", .ttl = 64, .id = ID_RANDOM, OPTIONS(MSS)},
    [STACK_server_linux] = {"linux", .ttl = 64, .window = 64240, .id = ID_ZERO,
                            .dont_fragment = true, OPTIONS(MSS), .retry_count = 5,
                            .retry = {1, 3, 7, 15, 31}},
    [STACK_server_cookies] = {"linux_syn_cookies", .ttl = 64, .window = 64240, .id = ID_ZERO,
                              .dont_fragment = true, OPTIONS(MSS)},
    [STACK_server_windows] = {"windows", .ttl = 128, .window = 65392, .id = ID_COUNTER,
                              .dont_fragment = true, OPTIONS(MSS NOP NOP SACK), .retry_count = 2,
                              .retry = {3, 9}},
    [STACK_server_bsd] = {"bsd", .ttl = 64, .window = 65535, .id = ID_RANDOM, .dont_fragment = true,
                          OPTIONS(MSS), .retry_count = 3, .retry = {1, 3, 6}},
    [STACK_router] = {"router", .ttl = 255, .window = 0, .id = ID_COUNTER},
};

struct probe {
    uint16_t port;
    struct bytes payload;
};

/* What scanners really ask each service: the smallest question it answers. */
static const struct probe probes[] = {
    {53, BYTES("\x13\x37\x01\0\0\x01\0\0\0\0\0\0\x07version\x04"
               "bind\0\0\x10\0\x03")},
    {69, BYTES("\0\x01"
               "a.pdf\0octet\0")},
    {111, BYTES("\x72\xfe\x1d\x13\0\0\0\0\0\0\0\x02\0\x01\x86\xa0\0\x01\x97\x7c\0\0\0\0\0\0\0\0"
                "\0\0\0\0\0\0\0\0\0\0\0\0")},
    {123, BYTES("\x17\0\x03\x2a\0\0\0\0")},
    {137, BYTES("\x80\xf0\0\x10\0\x01\0\0\0\0\0\0 CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\0\0!\0\x01")},
    {161, BYTES("0)\x02\x01\0\x04\x06public\xa0\x1c\x02\x04\x56\xef\x2a\x3b\x02\x01\0\x02\x01\0"
                "0\x0e"
                "0\x0c\x06\x08+\x06\x01\x02\x01\x01\x01\0\x05\0")},
    {389, BYTES("0%\x02\x01\x01"
                "c \x04\0\x0a\x01\0\x0a\x01\0\x02\x01\0\x02\x01\0\x01\x01\0\x87\x0bobjectclass"
                "0\0")},
    {500,
     BYTES("\x5b\x5e\x64\xc0\x3e\x99\xb5\x11\0\0\0\0\0\0\0\0\x01\x10\x02\0\0\0\0\0\0\0\x01\x50")},
    {1434, BYTES("\x02")},
    {1900, BYTES("M-SEARCH * HTTP/1.1\r\nHost:239.255.255.250:1900\r\nST:ssdp:all\r\n"
                 "Man:\"ssdp:discover\"\r\nMX:3\r\n\r\n")},
    {3283, BYTES("\0\x14\0\0")},
    {3478, BYTES("\0\x01\0\0!\x12\xa4"
                 "Bw3kqZ2mXvD0p")},
    {3702, BYTES("<?xml version=\"1.0\"?><Envelope xmlns=\"http://www.w3.org/2003/05/"
                 "soap-envelope\"><Body><Probe/></Body></Envelope>")},
    {5060, BYTES("OPTIONS sip:100@203.0.113.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.8:5060;"
                 "branch=z9hG4bK-18\r\nFrom: <sip:100@1.1.1.1>;tag=61\r\nTo: <sip:100@1.1.1.1>\r\n"
                 "Call-ID: 845019\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nUser-Agent: "
                 "friendly-scanner\r\nContent-Length: 0\r\n\r\n")},
    {5353,
     BYTES("\0\0\0\0\0\x01\0\0\0\0\0\0\x09_services\x07_dns-sd\x04_udp\x05local\0\0\x0c\0\x01")},
    {5683, BYTES("@\x01\x7d\x70\xbb.well-known\x04"
                 "core")},
    {11211, BYTES("\0\x01\0\0\0\x01\0\0stats\r\n")},
    {17185, BYTES("\x1a\x09\xfa\xba\0\0\0\0\0\0\0\x02\x55\x55\x55\x55\0\0\0\x01")},
    {27015, BYTES("\xff\xff\xff\xffTSource Engine Query\0")},
    {47808, BYTES("\x81\x0a\0\x11\x01\x04\0\x05\x01\x0c\x0c\x02\x3f\xff\xff\x19\x4b")},
    {53413, BYTES("AA\0\0AAAA\0")},
};

struct bytes udp_probe(uint16_t port)
{
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++)
        if (probes[i].port == port)
            return probes[i].payload;
    return (struct bytes){"", 0};
}
