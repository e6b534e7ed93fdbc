/*
 * How fast captures are read and decoded, by one thread:
 *
 *     capture FILE [ROUNDS [FILTER]]
 *
 * Best of the rounds. CPU is the steadier figure on a busy machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "observe/packet/capture.h"

static double cpu_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fail(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    exit(1);
}

static struct tap_counts capture_count(const char *path, const char *filter)
{
    static struct packets packets;
    struct capture *capture;
    struct fault fault;
    char *bad_path;
    const char *why;
    int result;
    if (capture_open(&path, 1, 1, &capture, &bad_path, &fault))
        fail(path, fault.why);
    if (filter && capture_filter(capture, filter, &why))
        fail(filter, why);
    while ((result = tap_read(capture_tap(capture, 0), &packets)) > 0)
        ;
    if (result < 0)
        fail(path, "no memory");
    struct tap_counts counts = *tap_counts(capture_tap(capture, 0));
    capture_close(capture);
    return counts;
}

static void counts_print(const struct tap_counts *counts)
{
    printf("records %llu, kept %llu, other %llu, filtered %llu, refused %llu\n",
           (unsigned long long)counts->records, (unsigned long long)counts->kept,
           (unsigned long long)counts->other, (unsigned long long)counts->filtered,
           (unsigned long long)counts->refused);
    for (int i = 0; i < PACKET_FAULT_COUNT; i++)
        if (counts->faults[i].count)
            printf("  %llu x %s, first at byte %llu of %s\n",
                   (unsigned long long)counts->faults[i].count, packet_faults[i].text,
                   (unsigned long long)counts->faults[i].first_offset,
                   counts->faults[i].first_path);
}

int main(int argc, char **argv)
{
    int rounds = argc > 2 ? atoi(argv[2]) : 3;
    double best = 1e9, best_cpu = 1e9;
    struct tap_counts counts = {0};
    if (argc < 2)
        fail("capture", "FILE [ROUNDS [FILTER]]");
    for (int i = 0; i < rounds; i++) {
        int64_t start = time_ticks();
        double cpu = cpu_now();
        counts = capture_count(argv[1], argc > 3 ? argv[3] : NULL);
        cpu = cpu_now() - cpu;
        double seconds = (double)(time_ticks() - start) / (double)TIME_SECOND;
        best = seconds < best ? seconds : best;
        best_cpu = cpu < best_cpu ? cpu : best_cpu;
    }
    counts_print(&counts);
    printf("%.1f M packets/s, %.1f ns CPU each\n", (double)counts.records / best / 1e6,
           best_cpu * 1e9 / (double)counts.records);
    return 0;
}
