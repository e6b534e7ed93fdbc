/*
 * A pair of virtual interfaces in a network namespace of the test's own: what
 * is sent into one end comes out of the taps at the other. Needs root and ip(8).
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "make.h"
#include "observe/packet/live.h"

enum { FRAMES = 5000, RING = 8 << 20 };

static int sender = -1;
static struct sockaddr_ll sender_address;
static atomic_bool sent;
static char end[16], other_end[16]; /* of the pair; the names are this process's own */

static int shell(const char *format, const char *first, const char *second)
{
    char command[256];
    snprintf(command, sizeof(command), format, first, second, first, second);
    return system(command);
}

static int world_make(void)
{
    if (unshare(CLONE_NEWNET))
        return -1;
    int quiet = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY);
    if (quiet >= 0) {
        (void)!write(quiet, "1", 1);
        close(quiet);
    }
    snprintf(end, sizeof(end), "hin%da", (int)getpid());
    snprintf(other_end, sizeof(other_end), "hin%db", (int)getpid());
    if (shell("ip link add %s type veth peer name %s 2>/dev/null && ip link set %s up arp off &&"
              " ip link set %s up arp off",
              end, other_end))
        return -1;
    sender = socket(AF_PACKET, SOCK_RAW, 0);
    sender_address = (struct sockaddr_ll){
        .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(end), .sll_halen = 6};
    return sender;
}

/* Frame `i`: mostly SYNs of many sources, every tenth IPv6, every hundredth ARP. */
static struct buffer frame_make(uint32_t i)
{
    struct buffer frame = {0};
    if (i % 10 == 5) {
        put_zeros(&frame, 12);
        put16(&frame, 0x86dd);
        put32(&frame, 0x60000000), put32(&frame, 0x00081140);
        put32(&frame, 0x20010db8), put32(&frame, i * 77), put32(&frame, 0), put32(&frame, i);
        put32(&frame, 0x20010db8), put32(&frame, 0), put32(&frame, 0), put32(&frame, 2);
        put32(&frame, 0x10001000 + i), put32(&frame, 0x00080000);
        return frame;
    }
    frame = ether_syn(0x01000000 + i * 7919, 0x0a000001, (uint16_t)i);
    if (i % 100 == 0)
        frame.at[13] = 6;
    return frame;
}

static void frames_send(void)
{
    for (uint32_t i = 0; i < FRAMES; i++) {
        struct buffer frame = frame_make(i);
        assert_int_equal(sendto(sender, frame.at, frame.len, 0,
                                (const struct sockaddr *)&sender_address, sizeof(sender_address)),
                         frame.len);
        buffer_finish(&frame);
    }
    atomic_store(&sent, true);
}

struct hearing {
    struct tap *tap;
    struct buffer rows;
    uint32_t partitions; /* seen */
};

/* Read until all is sent and nothing more comes. */
static void *tap_hear(void *context)
{
    struct hearing *hearing = context;
    struct packets *packets = calloc(1, sizeof(*packets));
    int result;
    do {
        bool last = atomic_load(&sent);
        result = tap_read(hearing->tap, packets);
        for (uint32_t i = 0; i < packets->count; i++)
            hearing->partitions |= 1u
                                   << packet_partition(packet_source_hash(&packets->source_ip[i]));
        rows_put(&hearing->rows, packets);
        if (result == -EAGAIN && !last)
            result = 1;
    } while (result == 1);
    assert_int_equal(result, -EAGAIN);
    free(packets);
    return NULL;
}

static struct tap_counts live_hear(const struct live_options *options, struct hearing *hearings)
{
    struct live *live;
    char why[256];
    pthread_t threads[PACKET_PARTITIONS];
    struct tap_counts counts = {0};
    atomic_store(&sent, false);
    assert_int_equal(live_open(options, &live, why), 0);
    for (unsigned i = 0; i < options->taps; i++) {
        hearings[i] = (struct hearing){.tap = live_tap(live, i)};
        assert_int_equal(pthread_create(&threads[i], NULL, tap_hear, &hearings[i]), 0);
    }
    frames_send();
    for (unsigned i = 0; i < options->taps; i++) {
        pthread_join(threads[i], NULL);
        tap_counts_add(&counts, tap_counts(hearings[i].tap));
    }
    assert_int_equal(live_close(live), 0);
    return counts;
}

static char *path_make(void)
{
    return file_make(BYTES(""));
}

static void gives_the_same_live_as_from_the_file_it_wrote(void **state)
{
    (void)state;
    char *path = path_make();
    struct live_options options = {.interface = other_end, .taps = 1, .ring = RING, .write = path};
    struct hearing hearing;
    struct tap_counts counts = live_hear(&options, &hearing);
    assert_int_equal(counts.dropped, 0);
    assert_int_equal(counts.records, FRAMES);
    assert_int_equal(counts.other, FRAMES / 100);
    assert_int_equal(counts.kept, FRAMES - FRAMES / 100);
    struct reading again = path_read(path, NULL);
    buffer_put_char(&hearing.rows, '\0');
    assert_string_equal(again.rows.at, hearing.rows.at);
    assert_int_equal(again.counts.records, FRAMES);
    assert_int_equal(again.counts.bytes, counts.bytes);
    reading_finish(&again);
    buffer_finish(&hearing.rows);
    unlink(path);
    free(path);
}

/* The kernel's arithmetic and ours agree, or packets would be refused as misdealt. */
static void deals_sources_out_to_taps(void **state)
{
    (void)state;
    struct live_options options = {.interface = other_end, .taps = 3, .ring = RING};
    struct hearing hearings[3];
    struct tap_counts counts = live_hear(&options, hearings);
    assert_int_equal(counts.records, FRAMES);
    assert_int_equal(counts.kept, FRAMES - FRAMES / 100);
    assert_int_equal(counts.refused + counts.dropped, 0);
    for (unsigned i = 0; i < 3; i++) {
        uint32_t expected = 0;
        for (unsigned p = i; p < PACKET_PARTITIONS; p += 3)
            expected |= 1u << p;
        assert_int_equal(hearings[i].partitions, expected);
        buffer_finish(&hearings[i].rows);
    }
}

static void lets_the_kernel_filter(void **state)
{
    (void)state;
    struct live_options options = {
        .interface = other_end, .taps = 2, .ring = RING, .filter = "tcp dst port 77 or arp"};
    struct hearing hearings[2];
    struct tap_counts counts = live_hear(&options, hearings);
    assert_int_equal(counts.kept, 1);
    assert_int_equal(counts.other, FRAMES / 100);
    assert_int_equal(counts.records, FRAMES / 100 + 1);
    buffer_finish(&hearings[0].rows);
    buffer_finish(&hearings[1].rows);
}

/* A ring that nobody reads runs over, and it is said by how much. */
static void counts_what_the_kernel_dropped(void **state)
{
    (void)state;
    struct live_options options = {.interface = other_end, .taps = 1, .ring = RING};
    struct live *live;
    char why[256];
    struct hearing hearing = {0};
    assert_int_equal(live_open(&options, &live, why), 0);
    for (int i = 0; i < 20; i++)
        frames_send();
    hearing.tap = live_tap(live, 0);
    tap_hear(&hearing);
    const struct tap_counts *counts = tap_counts(hearing.tap);
    assert_true(counts->dropped > 0);
    assert_int_equal(counts->records + counts->dropped, 20 * FRAMES);
    assert_int_equal(live_close(live), 0);
    buffer_finish(&hearing.rows);
}

static void refuses_what_cannot_be(void **state)
{
    (void)state;
    struct live *live;
    char why[256] = "";
    struct live_options options = {.interface = "hinomi-none", .taps = 1, .ring = RING};
    assert_int_equal(live_open(&options, &live, why), -ENODEV);
    assert_true(*why);
    options.interface = other_end;
    options.filter = "port and";
    assert_int_equal(live_open(&options, &live, why), -EINVAL);
    options.filter = NULL;
    options.taps = 17;
    assert_int_equal(live_open(&options, &live, why), -EINVAL);
    options.taps = 1;
    options.write = "/nowhere/at.all";
    assert_int_equal(live_open(&options, &live, why), -ENOENT);
}

/* Last: takes the interface down. */
static void says_when_the_interface_went(void **state)
{
    (void)state;
    struct live *live;
    char why[256];
    struct packets *packets = calloc(1, sizeof(*packets));
    struct live_options options = {.interface = other_end, .taps = 1, .ring = RING};
    assert_int_equal(live_open(&options, &live, why), 0);
    assert_int_equal(shell("ip link set %s down", other_end, ""), 0);
    assert_int_equal(tap_read(live_tap(live, 0), packets), -ENETDOWN);
    assert_int_equal(live_close(live), 0);
    free(packets);
}

int main(void)
{
    if (world_make() < 0) {
        printf("1..0 # SKIP virtual interfaces need root and ip(8)\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_same_live_as_from_the_file_it_wrote),
        cmocka_unit_test(deals_sources_out_to_taps),
        cmocka_unit_test(lets_the_kernel_filter),
        cmocka_unit_test(counts_what_the_kernel_dropped),
        cmocka_unit_test(refuses_what_cannot_be),
        cmocka_unit_test(says_when_the_interface_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
