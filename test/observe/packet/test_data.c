/*
 * Real captures, kept beside the repository (HINOMI_TEST_DATA, else
 * ../shared/data), counted by us and by libpcap. Prints a line for each file.
 */
#include <pcap/pcap.h>
#include <unistd.h>

#include "make.h"
#include "observe/source.h"

static char data[4096]; /* …/darknet */

/* What both can count: packets, bytes on the wire, and what libpcap's own filters say. */
static const char *const filters[] = {
    "ip", "ip6", "tcp", "udp", "icmp or ip6 protochain 58", "tcp[13] = 2", "ip[6:2] & 0x1fff != 0"};
enum { FILTERS = sizeof(filters) / sizeof(filters[0]) };

struct figures {
    uint64_t packets, bytes, passing[FILTERS];
    int64_t first, last;
    bool cut, known[FILTERS];
};

static void row_count(struct figures *figures, const struct packets *packets, uint32_t i)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    bool four = memcmp(&packets->source_ip[i], mapped, sizeof(mapped)) == 0;
    bool later = packets->has[i] & PACKET_FRAGMENT;
    uint8_t protocol = packets->protocol[i];
    figures->passing[0] += four;
    figures->passing[1] += !four;
    figures->passing[2] += protocol == PROTOCOL_tcp;
    figures->passing[3] += protocol == PROTOCOL_udp;
    figures->passing[4] += protocol == (four ? PROTOCOL_icmp : PROTOCOL_icmp6);
    figures->passing[5] += four && packets->has[i] & PACKET_TCP && packets->tcp_flags[i] == 2;
    figures->passing[6] += four && later;
    if (!figures->first)
        figures->first = packets->time[i];
    figures->last = packets->time[i];
}

static struct figures ours_count(const char *path, struct tap_counts *ret_counts)
{
    struct figures figures = {0};
    struct capture *capture;
    struct fault fault;
    char *bad_path;
    struct packets *packets = calloc(1, sizeof(*packets));
    assert_int_equal(capture_open(&path, 1, 1, &capture, &bad_path, &fault), 0);
    while (tap_read(capture_tap(capture, 0), packets) > 0)
        for (uint32_t i = 0; i < packets->count; i++)
            row_count(&figures, packets, i);
    *ret_counts = *tap_counts(capture_tap(capture, 0));
    figures.packets = ret_counts->records;
    figures.bytes = ret_counts->bytes;
    figures.cut = tap_counts_have(ret_counts, SEVERITY_file);
    capture_close(capture);
    free(packets);
    return figures;
}

static struct figures theirs_count(const char *path)
{
    struct figures figures = {0};
    struct bpf_program programs[FILTERS];
    struct pcap_pkthdr *head;
    const unsigned char *at;
    char command[8192], why[PCAP_ERRBUF_SIZE];
    size_t len = strlen(path);
    snprintf(command, sizeof(command), "%s '%s'",
             len > 3 && strcmp(path + len - 3, ".gz") == 0 ? "gzip -dc" : "cat", path);
    FILE *pipe = popen(command, "r");
    pcap_t *pcap = pcap_fopen_offline_with_tstamp_precision(pipe, PCAP_TSTAMP_PRECISION_NANO, why);
    assert_non_null(pcap);
    for (int i = 0; i < FILTERS; i++) /* there is no "ip" on a link layer that has only IPv6 */
        figures.known[i] =
            pcap_compile(pcap, &programs[i], filters[i], 1, PCAP_NETMASK_UNKNOWN) == 0;
    int result;
    while ((result = pcap_next_ex(pcap, &head, &at)) == 1) {
        bool ip = (figures.known[0] && pcap_offline_filter(&programs[0], head, at)) ||
                  (figures.known[1] && pcap_offline_filter(&programs[1], head, at));
        figures.packets++;
        figures.bytes += head->len;
        for (int i = 0; i < FILTERS; i++)
            figures.passing[i] +=
                figures.known[i] && pcap_offline_filter(&programs[i], head, at) != 0;
        int64_t time = (int64_t)head->ts.tv_sec * 1000000000 + head->ts.tv_usec;
        if (ip && !figures.first)
            figures.first = time;
        if (ip)
            figures.last = time;
    }
    figures.cut = result == PCAP_ERROR;
    for (int i = 0; i < FILTERS; i++)
        if (figures.known[i])
            pcap_freecode(&programs[i]);
    pcap_close(pcap); /* and its file */
    return figures;
}

static int file_compare(void *context, const char *path)
{
    uint64_t *files = context;
    struct tap_counts counts;
    size_t len = strlen(path);
    if (strstr(path, ".tar") || (len > 3 && strcmp(path + len - 3, ".py") == 0))
        return 0;
    struct figures ours = ours_count(path, &counts), theirs = theirs_count(path);
    print_message("# %-58s %6llu records %6llu kept %3llu other %3llu refused",
                  strrchr(path, '/') + 1, (unsigned long long)counts.records,
                  (unsigned long long)counts.kept, (unsigned long long)counts.other,
                  (unsigned long long)counts.refused);
    for (int i = 0; i < PACKET_FAULT_COUNT; i++)
        if (counts.faults[i].count)
            print_message(", %llu x %s", (unsigned long long)counts.faults[i].count,
                          packet_faults[i].name);
    print_message("\n");
    assert_int_equal(ours.packets, theirs.packets);
    assert_int_equal(ours.bytes, theirs.bytes);
    assert_int_equal(ours.cut, theirs.cut);
    assert_int_equal(ours.first, theirs.first);
    assert_int_equal(ours.last, theirs.last);
    for (int i = 0; i < FILTERS; i++)
        assert_int_equal(theirs.known[i] ? ours.passing[i] : 0, theirs.passing[i]);
    ++*files;
    return 0;
}

static void counts_as_libpcap_does(void **state)
{
    (void)state;
    uint64_t files = 0;
    char path[4200];
    snprintf(path, sizeof(path), "%s/pcap", data);
    assert_int_equal(source_walk(path, file_compare, &files), 0);
    assert_int_equal(files, 9);
}

static void counts_what_is_packed_in(const char *archive, const char *below, uint64_t expected)
{
    char command[9000], folder[] = "/tmp/hinomi-test-XXXXXX", path[64];
    uint64_t files = 0;
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof(command),
             "tar -xzf '%s/%s' -C %s && find %s ! -name '*.pcap*' -type f -delete", data, archive,
             folder, folder);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof(path), "%s/%s", folder, below);
    assert_int_equal(source_walk(path, file_compare, &files), 0);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(files, expected);
}

static void counts_edge_cases_as_libpcap_does(void **state)
{
    (void)state;
    counts_what_is_packed_in("pcap/zeek_icmp_tcp_edge.tar.gz", "testing", 61);
}

static void counts_captures_beside_flows(void **state)
{
    (void)state;
    counts_what_is_packed_in("flows/slips_dataset.tar.gz", "dataset", 3);
}

int main(void)
{
    const char *folder = getenv("HINOMI_TEST_DATA");
    snprintf(data, sizeof(data), "%s/darknet", folder ? folder : SOURCE_ROOT "/../shared/data");
    if (access(data, R_OK) != 0) {
        printf("1..0 # SKIP there is no %s\n", data);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_as_libpcap_does),
        cmocka_unit_test(counts_edge_cases_as_libpcap_does),
        cmocka_unit_test(counts_captures_beside_flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
