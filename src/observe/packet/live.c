#include "observe/packet/live.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/time.h"
#include "observe/packet/inside.h"
#include "observe/packet/socket.h"
#include "observe/packet/writer.h"

struct live_tap {
    struct tap tap;
    struct live *live;
    struct packet_socket socket;
    size_t block; /* in the ring: the one that is read, or waited for */
    const char *at;
    uint32_t left; /* packets of it not yet looked at */
    bool held;     /* the block is ours until it is given back */
    struct buffer queue;
};

struct live {
    uint32_t link;
    struct packet_writer *writer;
    unsigned tap_count;
    struct live_tap taps[];
};

static struct tpacket_block_desc *block_at(const struct live_tap *tap)
{
    return (struct tpacket_block_desc *)(void *)(tap->socket.ring + tap->block * LIVE_BLOCK);
}

/* The kernel sets the status last when it hands a block over, and so do we. */
static bool block_take(struct live_tap *tap)
{
    struct tpacket_block_desc *block = block_at(tap);
    if (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
        return false;
    tap->held = true;
    tap->left = block->hdr.bh1.num_pkts;
    tap->at = (const char *)block + block->hdr.bh1.offset_to_first_pkt;
    return true;
}

static int block_give_back(struct live_tap *tap)
{
    int error = 0;
    if (tap->live->writer)
        error = packet_writer_flush(tap->live->writer, &tap->queue);
    __atomic_store_n(&block_at(tap)->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    tap->held = false;
    tap->block = (tap->block + 1) % tap->socket.blocks;
    tap->tap.counts.dropped += socket_drops(&tap->socket);
    return error;
}

/*
 * Nothing came for LIVE_WAIT, so what was received before it is all read, as a packet waits for
 * LIVE_RETIRE at most: other taps need not wait for this one.
 */
static void clock_reach(struct live_tap *tap, int64_t time)
{
    if (tap->live->tap_count > 1 && time > tap->tap.clock)
        tap->tap.clock = time;
    if (tap->live->tap_count > 1 && (uint64_t)time > tap->tap.number)
        tap->tap.number = (uint64_t)time;
}

/* Wait for the kernel to fill the block. -EAGAIN: it did not within LIVE_WAIT. */
static int block_wait(struct live_tap *tap)
{
    struct pollfd waiting = {.fd = tap->socket.descriptor, .events = POLLIN | POLLERR};
    int64_t began = time_now();
    if (block_take(tap))
        return 0;
    int ready = poll(&waiting, 1, LIVE_WAIT);
    if (ready < 0 && errno != EINTR)
        return -errno;
    if (ready > 0 && waiting.revents & POLLERR) {
        int error = 0;
        socklen_t size = sizeof(error);
        if (getsockopt(tap->socket.descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error)
            return -error;
    }
    tap->tap.counts.dropped += socket_drops(&tap->socket);
    if (block_take(tap))
        return 0;
    if (ready == 0)
        clock_reach(tap, began);
    return -EAGAIN;
}

/* Packets are numbered by their time, ascending, so that those of several taps can be put in order:
 * tap_frame_find() goes on from here. */
static void number_set(struct live_tap *tap, int64_t time)
{
    if (time > 0 && (uint64_t)time > tap->tap.number + 1)
        tap->tap.number = (uint64_t)time - 1;
}

/* Frames of the block, until it or the rows are used up. */
static int block_walk(struct live_tap *tap, struct packets *packets)
{
    struct tap_frames frames;
    int error = 0;
    frames.count = 0;
    while (tap->left && packets->count < PACKET_ROWS && !error) {
        const struct tpacket3_hdr *head = (const struct tpacket3_hdr *)(const void *)tap->at;
        struct frame frame = {(const uint8_t *)tap->at + head->tp_mac, head->tp_snaplen,
                              head->tp_len, tap->live->link,
                              (int64_t)head->tp_sec * 1000000000 + head->tp_nsec};
        if (tap->live->writer)
            error = packet_writer_put(tap->live->writer, &tap->queue, &frame);
        number_set(tap, frame.time);
        tap_frame_find(&tap->tap, &frame, 0, &frames);
        tap_frames_take(&tap->tap, &frames, packets);
        tap->at += head->tp_next_offset;
        tap->left--;
    }
    return error;
}

static int live_tap_read(struct tap *base, struct packets *packets)
{
    struct live_tap *tap = (struct live_tap *)base;
    int error = 0;
    while (!error && packets->count == 0) {
        if (tap->held && tap->left == 0)
            error = block_give_back(tap);
        if (!error && !tap->held)
            error = block_wait(tap);
        if (!error)
            error = block_walk(tap, packets);
    }
    return error ? error : 1;
}

static int filter_start(struct live *live, const char *filter)
{
    struct sock_fprog program = {0};
    int error = filter ? filter_program(filter, live->link, &program) : 0;
    for (unsigned i = 0; i < live->tap_count && !error; i++)
        error = socket_start(&live->taps[i].socket, filter ? &program : NULL);
    free(program.filter);
    return error;
}

static int sockets_open(struct live *live, int interface, size_t ring, bool outgoing)
{
    struct packet_socket *sockets[PACKET_PARTITIONS];
    int error = 0;
    for (unsigned i = 0; i < live->tap_count && !error; i++) {
        sockets[i] = &live->taps[i].socket;
        error = socket_open(sockets[i], interface, ring, outgoing);
    }
    if (!error && live->tap_count > 1)
        error = sockets_fan_out(sockets, live->tap_count);
    return error;
}

static void taps_init(struct live *live)
{
    for (unsigned i = 0; i < live->tap_count; i++) {
        live->taps[i].tap = (struct tap){
            .read = live_tap_read, .partitions = tap_partitions(live->tap_count, i), .dealt = true};
        live->taps[i].live = live;
        live->taps[i].socket.descriptor = -1;
    }
}

/* Everything but the checks of the arguments; says in `why` what was tried. */
static int live_begin(struct live *live, const struct live_options *options, const char **why)
{
    int interface = 0;
    bool loopback = false;
    *why = "the interface is not there, or neither Ethernet nor IP";
    int error = interface_look_up(options->interface, &interface, &live->link, &loopback);
    if (!error) {
        *why = "a packet socket with its ring cannot be had (it needs CAP_NET_RAW)";
        error = sockets_open(live, interface, options->ring, options->outgoing && !loopback);
    }
    if (!error && options->write) {
        *why = "the file to write cannot be made";
        error = packet_writer_open(options->write, live->link, &live->writer);
    }
    if (!error) {
        *why = "the kernel does not take the filter";
        error = filter_start(live, options->filter);
    }
    return error;
}

int live_open(const struct live_options *options, struct live **ret_live, char *ret_why)
{
    struct filter *filter = NULL;
    const char *why =
        "1 to 16 threads (1 where a file is written) and a ring of 8 MiB to 2 GiB, please";
    bool sizes = options->taps >= 1 && (options->taps == 1 || !options->write) &&
                 options->taps <= PACKET_PARTITIONS && options->ring >= LIVE_RING_LEAST &&
                 options->ring <= (size_t)2 << 30;
    int error = !sizes            ? -EINVAL
                : options->filter ? filter_create(options->filter, &filter, ret_why)
                                  : 0;
    filter_destroy(filter);
    if (error) {
        if (!sizes)
            snprintf(ret_why, 256, "%s", why);
        return error;
    }
    struct live *live = calloc(1, sizeof(*live) + options->taps * sizeof(live->taps[0]));
    if (!live)
        return -ENOMEM;
    live->tap_count = options->taps;
    taps_init(live);
    error = live_begin(live, options, &why);
    if (error) {
        snprintf(ret_why, 256, "%s", why);
        (void)live_close(live);
        return error;
    }
    *ret_live = live;
    return 0;
}

struct tap *live_tap(struct live *live, unsigned i)
{
    return &live->taps[i].tap;
}

int live_close(struct live *live)
{
    if (!live)
        return 0;
    int error = 0;
    for (unsigned i = 0; i < live->tap_count; i++) {
        struct live_tap *tap = &live->taps[i];
        if (live->writer) {
            int failed = packet_writer_flush(live->writer, &tap->queue);
            error = error ? error : failed;
        }
        buffer_finish(&tap->queue);
        socket_finish(&tap->socket);
    }
    int failed = packet_writer_close(live->writer);
    free(live);
    return error ? error : failed;
}
