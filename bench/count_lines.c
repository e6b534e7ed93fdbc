/*
 * bench/count_lines.c -- the ceiling: how fast a file can be decompressed and its lines counted.
 *
 *     count_lines FILE.zst...
 *
 * No reader of such a file can be faster on one core, so speeds are given beside this one.
 * Prints `lines seconds` over all files.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/time.h"

enum { WINDOW_LOG_MAX = 31, BLOCK_SIZE = 1 << 20 };

struct counter {
    ZSTD_DStream *stream;
    char *in, *out;
    unsigned long long lines;
};

static unsigned long long block_lines(const char *at, size_t length)
{
    unsigned long long lines = 0;
    const char *end = at + length;
    while ((at = memchr(at, '\n', (size_t)(end - at)))) {
        lines++;
        at++;
    }
    return lines;
}

/* What one block of the file decompresses to; *left is 0 at the end of a frame. False: damaged. */
static bool block_count(struct counter *counter, size_t length, size_t *left)
{
    ZSTD_inBuffer in = {counter->in, length, 0};
    bool full = false; /* the decompressor may hold more than it could give */
    while (in.pos < in.size || (full && *left)) {
        ZSTD_outBuffer out = {counter->out, BLOCK_SIZE, 0};
        *left = ZSTD_decompressStream(counter->stream, &out, &in);
        if (ZSTD_isError(*left))
            return false;
        full = out.pos == out.size;
        counter->lines += block_lines(counter->out, out.pos);
    }
    return true;
}

/* 0, or -1 after a message. */
static int file_count(struct counter *counter, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return -1;
    }
    size_t got, left = 1;
    ZSTD_DCtx_reset(counter->stream, ZSTD_reset_session_only);
    while ((got = fread(counter->in, 1, BLOCK_SIZE, file)) > 0)
        if (!block_count(counter, got, &left))
            break;
    fclose(file);
    if (left != 0)
        fprintf(stderr, "%s: damaged, or ends in the middle\n", path);
    return left == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct counter counter = {ZSTD_createDStream(), malloc(BLOCK_SIZE), malloc(BLOCK_SIZE), 0};
    if (!counter.stream || !counter.in || !counter.out)
        return EXIT_FAILURE;
    ZSTD_DCtx_setParameter(counter.stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    int status = argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
    int64_t start = time_ticks();
    for (int i = 1; i < argc; i++)
        if (file_count(&counter, argv[i]) != 0)
            status = EXIT_FAILURE;
    printf("%llu %.3f\n", counter.lines, (double)(time_ticks() - start) / (double)TIME_SECOND);
    ZSTD_freeDStream(counter.stream);
    free(counter.in);
    free(counter.out);
    return status;
}
