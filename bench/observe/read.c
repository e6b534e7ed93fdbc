/*
 * How fast a source is read, against unpacking it and counting its lines:
 *
 *     read FILE [ROUNDS [HELPERS]]
 *
 * Best of the rounds. CPU is of all threads; on a busy machine it is the steadier figure.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "observe/source.h"
#include "observe/stream.h"

struct figures {
    uint64_t count;
    double seconds, cpu;
};

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

static uint64_t source_count(const char *path, unsigned helpers)
{
    static struct batch *batch;
    struct source *source;
    struct fault fault;
    if (!batch && !(batch = batch_create()))
        fail(path, "no memory");
    if (source_open(path, NULL, 1, &source, &fault))
        fail(path, fault.why);
    source_help(source, helpers);
    do {
        if (source_read(source, batch, &fault))
            fail(path, fault.why);
    } while (batch->rows);
    uint64_t kept = source_counts(source)->kept;
    source_close(source);
    return kept;
}

static uint64_t lines_count(const char *path, unsigned unused)
{
    enum { STEP = 1 << 18 };
    static char text[STEP];
    struct stream *stream;
    struct fault fault;
    uint64_t lines = 0;
    size_t got = STEP;
    int descriptor = open(path, O_RDONLY);
    (void)unused;
    if (descriptor < 0 || stream_open(descriptor, &stream))
        fail(path, "cannot be opened");
    while (got == STEP) {
        if (stream_read(stream, text, STEP, &got, &fault))
            fail(path, fault.why);
        for (const char *at = text; (at = memchr(at, '\n', (size_t)(text + got - at))); at++)
            lines++;
    }
    stream_close(stream);
    return lines;
}

/* The best of some rounds of `count`. */
static struct figures measure(const char *path, int rounds, unsigned helpers,
                              uint64_t (*count)(const char *path, unsigned helpers))
{
    struct figures best = {0, 1e9, 1e9};
    for (int i = 0; i < rounds; i++) {
        int64_t start = time_ticks();
        double cpu = cpu_now();
        best.count = count(path, helpers);
        double seconds = (double)(time_ticks() - start) / (double)TIME_SECOND;
        cpu = cpu_now() - cpu;
        best.seconds = seconds < best.seconds ? seconds : best.seconds;
        best.cpu = cpu < best.cpu ? cpu : best.cpu;
    }
    return best;
}

static void figures_print(const char *what, struct figures figures)
{
    printf("%-24s %10llu %8.0f k/s %8.2f us CPU each\n", what, (unsigned long long)figures.count,
           (double)figures.count / figures.seconds / 1000,
           figures.cpu * 1e6 / (double)figures.count);
}

int main(int argc, char **argv)
{
    int rounds = argc > 2 ? atoi(argv[2]) : 3;
    unsigned helpers = argc > 3 ? (unsigned)atoi(argv[3]) : 0;
    if (argc < 2)
        fail("read", "FILE [ROUNDS [HELPERS]]");
    struct figures lines = measure(argv[1], rounds, 0, lines_count);
    struct figures events = measure(argv[1], rounds, helpers, source_count);
    figures_print("unpack, count lines", lines);
    figures_print("read events", events);
    printf("%-24s %.2f of the ceiling's rate\n", "", lines.seconds / events.seconds);
    return 0;
}
