/*
 * observe/packet/tap.h -- where packets come out.
 *
 * Captures (capture.h) and live interfaces (live.h) are read through taps: one,
 * or several for as many threads. Of `count` taps, tap i gives the packets
 * whose source address is in a partition p (model/packet.h) with p % count == i,
 * in the order in which they were captured; so a source always comes out of the
 * same tap, and the taps together give each packet once.
 *
 * A packet that cannot be read is never passed over in silence: what is wrong
 * is counted by kind, with the place of the first. Where the address can be
 * read and only what follows is damaged, the packet is kept with what it has.
 */
#ifndef OBSERVE_PACKET_TAP_H
#define OBSERVE_PACKET_TAP_H

#include "model/packet.h"

/* X(name, severity, text). refused: no row; kept: a row without the damaged part; file: what
 * follows in that file is lost. */
#define PACKET_FAULTS(X)                                                                           \
    X(link_unknown, refused, "link layer not known")                                               \
    X(link_cut, refused, "cut off within the link layer")                                          \
    X(ip_version, refused, "announced as IP, but neither IPv4 nor IPv6")                           \
    X(ip_cut, refused, "cut off within the IP header")                                             \
    X(ip_header, refused, "IP header with an impossible length")                                   \
    X(filter_link, refused, "link layer on which the filter has no meaning")                       \
    X(misdealt, refused, "live, on a link layer that only one tap can read")                       \
    X(ip_length, kept, "IP length beyond the end of the packet")                                   \
    X(extension, kept, "IPv6 extension headers cut off or too many")                               \
    X(transport_cut, kept, "cut off within the transport header")                                  \
    X(transport_length, kept, "transport header with an impossible length")                        \
    X(tcp_options, kept, "TCP options that overrun their header")                                  \
    X(quoted, kept, "ICMP error without the packet it should quote")                               \
    X(file_unreadable, file, "the file cannot be opened or read on")                               \
    X(file_format, file, "neither pcap nor pcapng")                                                \
    X(file_broken, file, "broken framing: no packet can be found behind it")                       \
    X(file_cut, file, "the file ends within a packet")                                             \
    X(file_unpack, file, "broken or incomplete compressed data")

enum packet_fault {
#define X(name, severity, text) PACKET_FAULT_##name,
    PACKET_FAULTS(X)
#undef X
        PACKET_FAULT_COUNT,
    PACKET_FAULT_none = PACKET_FAULT_COUNT
};

enum packet_severity { SEVERITY_refused, SEVERITY_kept, SEVERITY_file };

struct packet_fault_info {
    const char *name, *text;
    enum packet_severity severity;
};

extern const struct packet_fault_info packet_faults[PACKET_FAULT_COUNT];

struct tap_fault {
    uint64_t count;
    uint64_t first_offset;  /* of the record, in the decompressed file */
    const char *first_path; /* the capture's; NULL when live */
    size_t first_file;      /* … and the how many-eth of those read */
};

/* records == kept + other + filtered + refused. Every record is counted by one tap. */
struct tap_counts {
    uint64_t records;  /* packets in the capture */
    uint64_t kept;     /* rows given out */
    uint64_t other;    /* whole, but not IP: ARP, spanning tree … */
    uint64_t filtered; /* did not pass the filter */
    uint64_t refused;  /* see faults */
    uint64_t bytes;    /* on the wire, of all records */
    uint64_t dropped;  /* live: by the kernel, before we could read them */
    struct tap_fault faults[PACKET_FAULT_COUNT];
};

struct tap;

/*
 * Fill `packets`, which the caller zeroed before its first use, with the next
 * packets, PACKET_ROWS at most: 1. That may be none, when a block of a capture had
 * none of the tap's: `newest` and `reached` went on. At the end: 0, and no rows. Live only: -EAGAIN
 * when nothing came for 100 ms. -ENOMEM; live, -errno of the interface. Damage
 * in a file is no error here but a fault that is counted.
 */
int tap_read(struct tap *tap, struct packets *packets) __attribute__((warn_unused_result));

/* The tap's own counts so far; to be read by its thread, or after it. */
const struct tap_counts *tap_counts(const struct tap *tap);

/* Its thread reads no further, while others may: they need not wait for it any more. */
void tap_leave(struct tap *tap);

/* Add `from` to `into`; the first of two places is the one in the file that was read earlier, then
 * by offset, so the order in which taps are added does not matter. */
void tap_counts_add(struct tap_counts *into, const struct tap_counts *from);

/* Whether the counts hold a fault of that severity: file means exit status 1. */
bool tap_counts_have(const struct tap_counts *counts, enum packet_severity severity);

#endif
