/*
 * Real flow logs, kept beside the repository (HINOMI_TEST_DATA, else
 * ../shared/data): what is read of each. Prints a line for each kind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "observe/flow/log.h"
#include "observe/source.h"

static char data[4096]; /* …/darknet/flows */

static int flow_count(void *context, const struct flow *flow)
{
    uint64_t *packets = context;
    assert_true(flow->end >= flow->start);
    *packets += flow->packets[0] + flow->packets[1];
    return 0;
}

static void check(const char *path, uint64_t read, uint64_t flows, uint64_t packets)
{
    struct flow_log_counts counts;
    struct fault fault;
    uint64_t counted = 0;
    assert_int_equal(flow_log_read(path, flow_count, &counted, &counts, &fault), 0);
    print_message("# %-50s %6llu records %6llu flows %6llu others %3llu refused %8llu packets\n",
                  path, (unsigned long long)counts.read, (unsigned long long)counts.flows,
                  (unsigned long long)counts.others, (unsigned long long)counts.refused,
                  (unsigned long long)counted);
    assert_int_equal(counts.read, read);
    assert_int_equal(counts.flows, flows);
    assert_int_equal(counts.others, read - flows);
    assert_int_equal(counts.refused, 0);
    assert_int_equal(counted, packets);
}

static void unpack(const char *archive, char folder[])
{
    char command[9000];
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof(command), "tar -xzf '%s/%s' -C %s", data, archive, folder);
    assert_int_equal(system(command), 0);
}

static void forget(const char *folder)
{
    char command[64];
    snprintf(command, sizeof(command), "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

/* The numbers are those of awk on the same files. */
static void reads_logs_of_every_kind(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        uint64_t read, flows, packets;
    } files[] = {
        {"dataset/port-scans/horizontal/conn.log", 41, 41, 570},
        {"dataset/port-scans/vertical/conn.log", 50, 50, 443},
        {"dataset/test1-malicious.nfdump", 4597, 4593, 4652}, /* and by nfdump */
        {"dataset/test11-portscan.binetflow", 66, 66, 712},
        {"dataset/test2-malicious.binetflow", 6751, 6751, 491156},
        {"dataset/test6-malicious.suricata.json", 5000, 3512, 39171},
    };
    char folder[] = "/tmp/hinomi-test-XXXXXX", path[128];
    unpack("slips_dataset.tar.gz", folder);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, files[i].path);
        check(path, files[i].read, files[i].flows, files[i].packets);
    }
    forget(folder);
}

struct sum {
    uint64_t files, flows, packets;
};

static int table_read(void *context, const char *path)
{
    struct sum *sum = context;
    struct flow_log_counts counts;
    struct fault fault;
    assert_int_equal(flow_log_read(path, flow_count, &sum->packets, &counts, &fault), 0);
    assert_int_equal(counts.flows, counts.read);
    sum->files++;
    sum->flows += counts.flows;
    return 0;
}

static void reads_tables_of_inner_and_outer_ends(void **state)
{
    (void)state;
    char folder[] = "/tmp/hinomi-test-XXXXXX", path[128];
    struct sum sum = {0};
    unpack("nss_mirai_dataset2.tar.gz", folder);
    snprintf(path, sizeof(path), "%s/dataset_2", folder);
    assert_int_equal(source_walk(path, table_read, &sum), 0);
    print_message("# %llu tables, %llu flows, %llu packets\n", (unsigned long long)sum.files,
                  (unsigned long long)sum.flows, (unsigned long long)sum.packets);
    assert_int_equal(sum.files, 114);
    assert_int_equal(sum.flows, 133005);
    assert_int_equal(sum.packets, 2023316);
    forget(folder);
}

int main(void)
{
    const char *folder = getenv("HINOMI_TEST_DATA");
    snprintf(data, sizeof(data), "%s/darknet/flows",
             folder ? folder : SOURCE_ROOT "/../shared/data");
    if (access(data, R_OK) != 0) {
        printf("1..0 # SKIP there is no %s\n", data);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_logs_of_every_kind),
        cmocka_unit_test(reads_tables_of_inner_and_outer_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
