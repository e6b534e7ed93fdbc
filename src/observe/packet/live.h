/*
 * observe/packet/live.h -- a network interface → packets, now.
 *
 * Linux: a packet socket with a ring that the kernel fills block by block
 * (packet(7), TPACKET_V3) for each tap. Several sockets form a fan-out group
 * whose classic BPF program deals packets out by the partition of the source
 * address, as model/packet.h has it, so a source stays with its tap. Needs
 * CAP_NET_RAW. What the machine itself sends is seen only when asked for. A VLAN tag that the
 * network card or the kernel took off is not seen either.
 *
 * Times are the kernel's, taken when it receives a packet, the same for everybody who listens. A
 * packet's `number` is its time, in ns, or more where times go back. Each tap of several has a
 * clock of its own, which also goes on when nothing comes: none is ever farther behind the time
 * than LIVE_WAIT + LIVE_RETIRE and what is left to read of its ring. As long as packets reach a tap
 * in the order of their times, a window that ends by the taps' clocks holds the packets that one
 * tap would have put there.
 *
 * With more than one tap, a packet whose source the kernel cannot find (behind
 * MPLS, PPPoE or a second VLAN tag) and that is another tap's is refused and
 * counted (fault misdealt): such a network needs one tap.
 */
#ifndef OBSERVE_PACKET_LIVE_H
#define OBSERVE_PACKET_LIVE_H

#include <stddef.h>

#include "base/fault.h"
#include "observe/packet/tap.h"

enum {
    LIVE_BLOCK = 1 << 20, /* of a ring; also the largest packet */
    /* A second's worth of 1 M packets of 60 bytes needs 144 MiB. Of fewer it holds LIVE_RETIRE for
     * each of its blocks, however empty: nobody may look away for longer. */
    LIVE_RING_LEAST = 8 << 20,
    LIVE_WAIT = 100,  /* ms without a packet until tap_read says -EAGAIN */
    LIVE_RETIRE = 20, /* ms a packet may wait in a block that is not full */
};

struct live_options {
    const char *interface; /* "eth0" */
    unsigned taps;         /* 1 to PACKET_PARTITIONS */
    size_t ring;           /* bytes for each tap, at least LIVE_RING_LEAST */
    const char *filter;    /* pcap-filter(7), done by the kernel; NULL: none */
    bool outgoing; /* what the machine itself sends, too; a loopback gives all of it back anyway */
    const char *write; /* of one tap: all goes to this file (pcap, nanoseconds) as well; or NULL */
};

struct live;

/* -EINVAL: not a filter, or not so many taps; -EPERM; -ENODEV; -EPROTONOSUPPORT: neither Ethernet
 * nor IP; -errno of the file. `ret_why` (256 bytes) says more. */
int live_open(const struct live_options *options, struct live **ret_live, char *ret_why)
    __attribute__((warn_unused_result));

/* Tap `i`; the live's, for one thread each. tap_read also fails with the -errno of the interface
 * (-ENETDOWN) or of the file that is written. */
struct tap *live_tap(struct live *live, unsigned i);

/* After every thread is through with its tap. -errno: not all could be written to the file. */
int live_close(struct live *live);

#endif
