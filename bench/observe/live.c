/*
 * Does live capture keep up? Sends SYNs of many sources into one end of a pair
 * of virtual interfaces and counts what comes out of the taps at the other:
 *
 *     live [SECONDS [RATE [TAPS [SENDERS [RING_MIB [inject]]]]]]      as root; 0 packets/s: as fast
 * as it goes
 *
 * All within a network namespace of its own. Taps only decode. A sixth argument,
 * "inject", lets the kernel make the frames as if the receiving interface had
 * got them (BPF_PROG_TEST_RUN of an XDP program with live frames), which costs
 * it a fifth of sending them; then INJECTED frames in a row have one source.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "observe/packet/live.h"

enum { BURST = 64, FRAME = 60, SENDERS = 8, INJECTED = 1 << 17 };

static int64_t lasting;
static double rate; /* of one sender */
static atomic_int sending;
static _Atomic uint64_t sent,
    sent_cpu; /* frames; ns of all senders, the kernel's way to the ring included */

struct listener {
    struct tap *tap;
    double cpu;
};

static double thread_cpu(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* An Ethernet frame with a SYN and no options, padded to the least size. */
static void frame_make(uint8_t *at)
{
    static const uint8_t head[] = {0x08, 0, 0x45, 0, 0, 40, 0xd4, 0x31, 0, 0, 64, 6, 0, 0};
    static const uint8_t tail[] = {0x9c, 0x40, 0, 23, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, 2, 4};
    memset(at, 0, FRAME);
    memcpy(at + 12, head, sizeof(head));
    at[30] = 10;
    memcpy(at + 34, tail, sizeof(tail));
}

/* At most what the rate allows by now. */
static void pace(int64_t began, uint64_t count)
{
    while (rate > 0 && (double)count > (double)(time_ticks() - began) / 1e9 * rate)
        usleep(50);
}

static void *sender_run(void *context)
{
    static uint8_t frames[SENDERS][BURST][FRAME];
    unsigned number = (unsigned)(uintptr_t)context;
    struct mmsghdr messages[BURST];
    struct iovec pieces[BURST];
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex("hinomi0"), .sll_halen = 6};
    int yes = 1, descriptor = socket(AF_PACKET, SOCK_RAW, 0);
    if (descriptor < 0 ||
        setsockopt(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)))
        fail("packet socket");
    memset(messages, 0, sizeof(messages));
    for (int i = 0; i < BURST; i++) {
        frame_make(frames[number][i]);
        pieces[i] = (struct iovec){frames[number][i], FRAME};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &address,
                                              .msg_namelen = sizeof(address),
                                              .msg_iov = &pieces[i],
                                              .msg_iovlen = 1};
    }
    uint32_t source = number * 0x10000000u;
    uint64_t count = 0;
    int64_t began = time_ticks();
    while (time_ticks() - began < lasting) {
        for (int i = 0; i < BURST; i++) {
            uint32_t word = htonl(source += 2654435761u);
            memcpy(frames[number][i] + 26, &word, 4);
        }
        int done = sendmmsg(descriptor, messages, BURST, 0);
        count += done > 0 ? (uint64_t)done : 0;
        pace(began, count);
    }
    atomic_fetch_add(&sent, count);
    atomic_fetch_add(&sent_cpu, (uint64_t)(thread_cpu() * 1e9));
    atomic_fetch_sub(&sending, 1);
    close(descriptor);
    return NULL;
}

static int bpf(int command, union bpf_attr *attributes)
{
    return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

/* An XDP program that lets everything pass. */
static int program_load(void)
{
    const struct bpf_insn code[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
        {.code = BPF_JMP | BPF_EXIT}};
    union bpf_attr attributes = {.prog_type = BPF_PROG_TYPE_XDP};
    attributes.insns = (uint64_t)(uintptr_t)code;
    attributes.insn_cnt = 2;
    attributes.license = (uint64_t)(uintptr_t) "GPL";
    int program = bpf(BPF_PROG_LOAD, &attributes);
    if (program < 0)
        fail("an XDP program");
    return program;
}

static void *injector_run(void *context)
{
    uint8_t frame[FRAME];
    struct xdp_md place = {.data_end = FRAME, .ingress_ifindex = if_nametoindex("hinomi1")};
    uint32_t source = (uint32_t)(uintptr_t)context * 0x10000000u;
    uint64_t count = 0;
    int program = program_load();
    frame_make(frame);
    int64_t began = time_ticks();
    while (time_ticks() - began < lasting) {
        uint32_t word = htonl(source += 2654435761u);
        memcpy(frame + 26, &word, 4);
        union bpf_attr attributes = {0};
        attributes.test.prog_fd = (uint32_t)program;
        attributes.test.data_in = (uint64_t)(uintptr_t)frame;
        attributes.test.data_size_in = FRAME;
        attributes.test.ctx_in = (uint64_t)(uintptr_t)&place;
        attributes.test.ctx_size_in = sizeof(place);
        attributes.test.repeat = INJECTED;
        attributes.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
        attributes.test.batch_size = BURST;
        if (bpf(BPF_PROG_TEST_RUN, &attributes) == 0)
            count += INJECTED;
        else if (errno != EINTR)
            fail("live frames");
        pace(began, count);
    }
    atomic_fetch_add(&sent, count);
    atomic_fetch_add(&sent_cpu, (uint64_t)(thread_cpu() * 1e9));
    atomic_fetch_sub(&sending, 1);
    close(program);
    return NULL;
}

static void *listener_run(void *context)
{
    struct listener *listener = context;
    struct packets *packets = calloc(1, sizeof(*packets));
    int result;
    do {
        bool last = atomic_load(&sending) == 0;
        result = tap_read(listener->tap, packets);
        if (result == -EAGAIN && !last)
            result = 1;
    } while (result == 1);
    listener->cpu = thread_cpu();
    free(packets);
    return NULL;
}

static void world_make(void)
{
    if (unshare(CLONE_NEWNET))
        fail("a network namespace needs root");
    int quiet = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY);
    if (quiet < 0 || write(quiet, "1", 1) != 1)
        perror("IPv6 stays on, and says a word or two");
    if (quiet >= 0)
        close(quiet);
    if (system("ip link add hinomi0 type veth peer name hinomi1 &&"
               " ip link set hinomi0 up arp off && ip link set hinomi1 up arp off") != 0)
        exit(1);
}

static double number_of(int argc, char **argv, int at, double otherwise)
{
    return argc > at ? atof(argv[at]) : otherwise;
}

int main(int argc, char **argv)
{
    struct listener listeners[PACKET_PARTITIONS];
    pthread_t threads[PACKET_PARTITIONS], senders[SENDERS];
    struct tap_counts counts = {0};
    unsigned taps = (unsigned)number_of(argc, argv, 3, 1);
    unsigned sender_count = (unsigned)number_of(argc, argv, 4, 1);
    size_t ring = (size_t)number_of(argc, argv, 5, 256) << 20;
    struct live *live;
    char why[256] = "";
    double cpu = 0;
    sender_count = sender_count < 1 ? 1 : sender_count > SENDERS ? SENDERS : sender_count;
    lasting = (int64_t)(number_of(argc, argv, 1, 10) * 1e9);
    rate = number_of(argc, argv, 2, 1e6) / sender_count;
    world_make();
    if (live_open(&(struct live_options){.interface = "hinomi1", .taps = taps, .ring = ring}, &live,
                  why)) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    atomic_store(&sending, (int)sender_count);
    for (unsigned i = 0; i < taps; i++) {
        listeners[i] = (struct listener){.tap = live_tap(live, i)};
        pthread_create(&threads[i], NULL, listener_run, &listeners[i]);
    }
    for (unsigned i = 0; i < sender_count; i++)
        pthread_create(&senders[i], NULL, argc > 6 ? injector_run : sender_run,
                       (void *)(uintptr_t)i);
    for (unsigned i = 0; i < sender_count; i++)
        pthread_join(senders[i], NULL);
    for (unsigned i = 0; i < taps; i++) {
        pthread_join(threads[i], NULL);
        tap_counts_add(&counts, tap_counts(listeners[i].tap));
        cpu += listeners[i].cpu;
    }
    printf("sent %llu (%.2f M/s), received %llu, dropped by the kernel's ring %llu, lost before it"
           " %lld; CPU each: %.0f ns to send, %.0f ns in taps\n",
           (unsigned long long)sent, (double)sent / (double)lasting * 1e3,
           (unsigned long long)counts.records, (unsigned long long)counts.dropped,
           (long long)(sent - counts.records - counts.dropped),
           (double)sent_cpu / (double)(sent ? sent : 1),
           cpu * 1e9 / (double)(counts.records ? counts.records : 1));
    return live_close(live) ? 1 : 0;
}
