/*
 * bench/observe/send_packets.c -- send the packets of a capture at a steady rate.
 *
 *     send_packets INTERFACE FILE RATE SECONDS [PEER_NAMESPACE PEER]
 *
 * The file (pcap, Ethernet, this machine's byte order, 500 MB at most) is held in
 * memory and sent round and round, in its order, RATE packets a second. A packet
 * socket would cost the kernel more than a microsecond a packet; here it makes
 * the frames itself: an XDP program, run over and over with live frames
 * (BPF_PROG_TEST_RUN), writes the next packet of the file into each and redirects
 * it into INTERFACE. A virtual cable takes such frames if its other end has an
 * XDP program, too: PEER, in the namespace PEER_NAMESPACE (a path, as ip-netns(8)
 * makes it), is given one that lets everything pass. Prints the packets sent, the
 * seconds that took and the processor seconds. Needs root.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/time.h"

enum {
    BURST = 1 << 18, /* frames a system call: it begins with some tenths of a millisecond */
    BATCH = 64,      /* frames the interface gets at a time */
    FRAME_MOST = 1536,
    FRAME_LEAST = 14,
    FILE_HEADER = 24,
    RECORD_HEADER = 16,
    LENGTH_AT = 8, /* in a record: the captured bytes */
    FILE_MOST = (1 << 29) - (1 << 16),
};

/* What the program keeps from frame to frame; the order is the program's. */
struct state {
    uint64_t at, end; /* of the next record; of the records */
    uint64_t sent, refused;
    uint32_t interface, unused;
};

struct player {
    int capture_map, state_map, program;
    struct state *state;
};

static void fail(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static int bpf(int command, union bpf_attr *attributes)
{
    return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

/* --- the program --- */

#define INSTRUCTION(operation, to, from, offset, value)                                            \
    {                                                                                              \
        .code = (operation), .dst_reg = (to), .src_reg = (from), .off = (offset), .imm = (value)   \
    }
#define MOVE(to, from)                  INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0)
#define SET(to, value)                  INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value)
#define ADD(to, from)                   INSTRUCTION(BPF_ALU64 | BPF_ADD | BPF_X, to, from, 0, 0)
#define ADD_VALUE(to, value)            INSTRUCTION(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, value)
#define LOAD64(to, from, at)            INSTRUCTION(BPF_LDX | BPF_MEM | BPF_DW, to, from, at, 0)
#define LOAD32(to, from, at)            INSTRUCTION(BPF_LDX | BPF_MEM | BPF_W, to, from, at, 0)
#define STORE64(to, at, from)           INSTRUCTION(BPF_STX | BPF_MEM | BPF_DW, to, from, at, 0)
#define JUMP(test, left, right, over)   INSTRUCTION(BPF_JMP | (test) | BPF_K, left, 0, over, right)
#define JUMP_X(test, left, right, over) INSTRUCTION(BPF_JMP | (test) | BPF_X, left, right, over, 0)
#define CALL(function)                  INSTRUCTION(BPF_JMP | BPF_CALL, 0, 0, 0, function)
#define EXIT                            INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define MAP_VALUE(to, map)                                                                         \
    INSTRUCTION(BPF_LD | BPF_DW | BPF_IMM, to, BPF_PSEUDO_MAP_VALUE, 0, map),                      \
        INSTRUCTION(0, 0, 0, 0, 0)
#define STATE(member) ((short)offsetof(struct state, member))

enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9 };

static int program_load(const struct bpf_insn *code, size_t count)
{
    static char log[1 << 16];
    union bpf_attr attributes = {.prog_type = BPF_PROG_TYPE_XDP};
    attributes.insns = (uint64_t)(uintptr_t)code;
    attributes.insn_cnt = (uint32_t)count;
    attributes.license = (uint64_t)(uintptr_t) "GPL";
    attributes.log_level = 1;
    attributes.log_buf = (uint64_t)(uintptr_t)log;
    attributes.log_size = sizeof(log);
    int program = bpf(BPF_PROG_LOAD, &attributes);
    if (program < 0) {
        fputs(log, stderr);
        fail("an XDP program");
    }
    return program;
}

/* The next record of the capture into the frame, and off with it. */
static int player_program(const struct player *player)
{
    const struct bpf_insn code[] = {
        MOVE(R6, R1),
        MAP_VALUE(R7, player->state_map),
        LOAD64(R8, R7, STATE(at)),
        JUMP(BPF_JGT, R8, FILE_MOST - RECORD_HEADER - FRAME_MOST, 28),
        MAP_VALUE(R3, player->capture_map),
        ADD(R3, R8),
        LOAD32(R9, R3, LENGTH_AT),
        JUMP(BPF_JLT, R9, FRAME_LEAST, 23),
        JUMP(BPF_JGT, R9, FRAME_MOST, 22),
        ADD_VALUE(R8, RECORD_HEADER), /* where the record after this begins, or the first */
        ADD(R8, R9),
        LOAD64(R1, R7, STATE(end)),
        JUMP_X(BPF_JLT, R8, R1, 1),
        SET(R8, 0),
        STORE64(R7, STATE(at), R8),
        MOVE(R1, R6), /* xdp_store_bytes(frame, 0, record + 16, length) */
        SET(R2, 0),
        ADD_VALUE(R3, RECORD_HEADER),
        MOVE(R4, R9),
        CALL(BPF_FUNC_xdp_store_bytes),
        MOVE(R1, R6), /* xdp_adjust_tail(frame, length - FRAME_MOST) */
        MOVE(R2, R9),
        ADD_VALUE(R2, -FRAME_MOST),
        CALL(BPF_FUNC_xdp_adjust_tail),
        LOAD64(R1, R7, STATE(sent)),
        ADD_VALUE(R1, 1),
        STORE64(R7, STATE(sent), R1),
        LOAD32(R1, R7, STATE(interface)),
        SET(R2, 0),
        CALL(BPF_FUNC_redirect),
        EXIT,
        LOAD64(R1, R7, STATE(refused)),
        ADD_VALUE(R1, 1),
        STORE64(R7, STATE(refused), R1),
        SET(R0, XDP_DROP),
        EXIT,
    };
    return program_load(code, sizeof(code) / sizeof(code[0]));
}

/* --- the capture --- */

static int map_create(size_t size, void **ret_value)
{
    union bpf_attr attributes = {.map_type = BPF_MAP_TYPE_ARRAY,
                                 .key_size = 4,
                                 .value_size = (uint32_t)size,
                                 .max_entries = 1,
                                 .map_flags = BPF_F_MMAPABLE};
    int map = bpf(BPF_MAP_CREATE, &attributes);
    if (map < 0)
        fail("a map for the capture");
    *ret_value = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
    if (*ret_value == MAP_FAILED)
        fail("a map for the capture");
    return map;
}

/* Where the last whole record ends; each must fit into a frame. */
static size_t records_end(const char *records, size_t length)
{
    size_t at = 0;
    while (length - at > RECORD_HEADER) {
        uint32_t captured;
        memcpy(&captured, records + at + LENGTH_AT, sizeof(captured));
        if (captured < FRAME_LEAST || captured > FRAME_MOST) {
            fprintf(stderr, "send_packets: packets of %u to %u bytes, please\n", FRAME_LEAST,
                    FRAME_MOST);
            exit(EXIT_FAILURE);
        }
        if (captured > length - at - RECORD_HEADER)
            break;
        at += RECORD_HEADER + captured;
    }
    return at;
}

static void capture_load(struct player *player, const char *path)
{
    struct stat about;
    void *capture, *state;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &about) != 0)
        fail(path);
    if (about.st_size <= FILE_HEADER + RECORD_HEADER ||
        about.st_size > FILE_MOST - RECORD_HEADER - FRAME_MOST) {
        errno = EFBIG;
        fail(path);
    }
    size_t length = (size_t)about.st_size - FILE_HEADER, got = 0;
    player->capture_map = map_create(FILE_MOST, &capture);
    player->state_map = map_create((size_t)sysconf(_SC_PAGESIZE), &state);
    while (got < length) {
        ssize_t more = pread(file, (char *)capture + got, length - got, (off_t)(FILE_HEADER + got));
        if (more <= 0)
            fail(path);
        got += (size_t)more;
    }
    close(file);
    player->state = state;
    player->state->end = records_end(capture, length);
    munmap(capture, FILE_MOST);
}

/* --- the cable's other end --- */

static int namespace_open(const char *path)
{
    int namespace = open(path, O_RDONLY | O_CLOEXEC);
    if (namespace < 0)
        fail(path);
    return namespace;
}

static void namespace_enter(int namespace)
{
    if (setns(namespace, CLONE_NEWNET))
        fail("the namespace of the peer");
    close(namespace);
}

/* Everything passes there, as long as this process lives. */
static void peer_attach(const char *path, const char *interface)
{
    const struct bpf_insn code[] = {SET(R0, XDP_PASS), EXIT};
    int home = namespace_open("/proc/self/ns/net");
    int program = program_load(code, 2);
    namespace_enter(namespace_open(path));
    union bpf_attr attributes = {0};
    attributes.link_create.prog_fd = (uint32_t)program;
    attributes.link_create.target_ifindex = if_nametoindex(interface);
    attributes.link_create.attach_type = BPF_XDP;
    if (bpf(BPF_LINK_CREATE, &attributes) < 0)
        fail(interface);
    namespace_enter(home);
}

/* --- sending --- */

static void burst_send(const struct player *player)
{
    static char frame[FRAME_MOST];
    union bpf_attr attributes = {0};
    attributes.test.prog_fd = (uint32_t)player->program;
    attributes.test.data_in = (uint64_t)(uintptr_t)frame;
    attributes.test.data_size_in = FRAME_MOST;
    attributes.test.repeat = BURST;
    attributes.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
    attributes.test.batch_size = BATCH;
    if (bpf(BPF_PROG_TEST_RUN, &attributes) && errno != EINTR)
        fail("live frames");
}

/* The frames sent so far, which the kernel's side counts. */
static uint64_t frames_sent(const struct player *player)
{
    return __atomic_load_n(&player->state->sent, __ATOMIC_RELAXED);
}

static void play(const struct player *player, double rate, double seconds)
{
    int64_t started = time_ticks();
    for (double past = 0; past < seconds;) {
        double ahead = (double)frames_sent(player) - rate * past;
        if (ahead > 0)
            usleep((useconds_t)(ahead / rate * 1e6) + 1);
        else
            burst_send(player);
        past = (double)(time_ticks() - started) / (double)TIME_SECOND;
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%llu %.3f %.3f\n", (unsigned long long)frames_sent(player),
           (double)(time_ticks() - started) / (double)TIME_SECOND,
           (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
}

int main(int argc, char **argv)
{
    struct player player;
    if (argc != 5 && argc != 7) {
        fputs("send_packets INTERFACE FILE RATE SECONDS [PEER_NAMESPACE PEER]\n", stderr);
        return EXIT_FAILURE;
    }
    double rate = strtod(argv[3], NULL), seconds = strtod(argv[4], NULL);
    capture_load(&player, argv[2]);
    if (argc == 7)
        peer_attach(argv[5], argv[6]);
    player.state->interface = if_nametoindex(argv[1]);
    player.program = player_program(&player);
    play(&player, rate, seconds);
    if (player.state->refused) {
        fprintf(stderr, "send_packets: %llu records could not be read\n",
                (unsigned long long)player.state->refused);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
