/* How fast a source is read: `read FILE [ROUNDS [HELPERS]]` prints events per second, best of the
 * rounds. */
#include <stdio.h>
#include <stdlib.h>

#include "observe/source.h"

static uint64_t read_all(const char *path, unsigned helpers, struct batch *batch)
{
    struct source *source;
    struct fault fault;
    int error = source_open(path, NULL, 1, &source, &fault);
    if (error) {
        fprintf(stderr, "%s: %s\n", path, fault.why);
        exit(1);
    }
    source_help(source, helpers);
    do {
        error = source_read(source, batch, &fault);
    } while (!error && batch->rows);
    if (error)
        fprintf(stderr, "%s: %s (byte %llu)\n", path, fault.why, (unsigned long long)fault.offset);
    const struct source_counts *counts = source_counts(source);
    uint64_t kept = counts->kept;
    for (uint32_t i = 0; i < counts->reason_count; i++)
        fprintf(stderr, "%s: refused %llu: %s\n", path,
                (unsigned long long)counts->reasons[i].count, counts->reasons[i].why);
    source_close(source);
    return kept;
}

int main(int argc, char **argv)
{
    struct batch *batch = batch_create();
    int rounds = argc > 2 ? atoi(argv[2]) : 3;
    unsigned helpers = argc > 3 ? (unsigned)atoi(argv[3]) : 0;
    double best = 0;
    uint64_t kept = 0;
    for (int i = 0; i < rounds && argc > 1; i++) {
        int64_t start = time_ticks();
        kept = read_all(argv[1], helpers, batch);
        double seconds = (double)(time_ticks() - start) / (double)TIME_SECOND;
        if ((double)kept / seconds > best)
            best = (double)kept / seconds;
    }
    printf("%llu events, %.0f k/s\n", (unsigned long long)kept, best / 1000);
    batch_destroy(batch);
    return 0;
}
