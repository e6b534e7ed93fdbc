/*
 * How much of the machine's speed at products of matrices an autoencoder learns at: the work of
 * its products alone over all the CPU time it takes, beside that of large square products, in turn.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/random.h"
#include "learn/autoencoder.h"
#include "learn/dense.h"

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static float *floats_drawn(size_t count)
{
    struct random random = {count};
    float *values = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
    for (size_t i = 0; values && i < count; i++)
        values[i] = (float)random_unit(&random) - 0.5F;
    if (!values)
        exit(1);
    return values;
}

/* Operations a second of products of size x size matrices, the best of some. */
static double square_rate(uint32_t size)
{
    size_t count = (size_t)size * size;
    float *first = floats_drawn(count), *second = floats_drawn(count),
          *product = floats_drawn(count);
    struct dense_shape shape = {.m = size, .n = size, .k = size};
    double best = 0;
    for (int i = 0; i < 12; i++) {
        double start = seconds();
        dense_multiply(shape, first, second, product);
        double rate = 2.0 * size * size * size / (seconds() - start);
        best = rate > best ? rate : best;
    }
    free(first);
    free(second);
    free(product);
    return best;
}

static void shape_measure(struct autoencoder_options options)
{
    /* Rows of four megabytes, and so many epochs that some 40 thousand million operations are done.
     */
    uint32_t count = (1u << 20) / options.columns / options.batch * options.batch;
    count = count < options.batch ? options.batch : count;
    float *rows = floats_drawn((size_t)count * options.columns);
    double *scores = malloc(count * sizeof(*scores));
    struct autoencoder *model;
    options.epochs = 1;
    if (!scores || autoencoder_fit(&options, rows, count, &model))
        exit(1);
    double work = autoencoder_step_work(model, options.batch) * (count / options.batch);
    options.epochs = 1 + (uint32_t)(4e10 / work);
    autoencoder_close(model);
    double peak = square_rate(1536), start = seconds();
    if (autoencoder_fit(&options, rows, count, &model))
        exit(1);
    double rate = work * options.epochs / (seconds() - start), after = square_rate(1536);
    peak = after > peak ? after : peak;
    start = seconds();
    if (autoencoder_score(model, rows, count, scores, NULL))
        exit(1);
    double score = seconds() - start;
    printf("| %u", options.columns);
    for (uint32_t i = 0; i < options.depth; i++)
        printf("-%u", options.widths[i]);
    printf("-… | %u | %.1f | %.1f | %.0f %% | %.2f | %.2f |\n", options.batch, rate / 1e9,
           peak / 1e9, 100 * rate / peak,
           (double)count * options.epochs / 1e6 / (work * options.epochs / rate),
           count / 1e6 / score);
    autoencoder_close(model);
    free(scores);
    free(rows);
}

int main(void)
{
    static const struct autoencoder_options shapes[] = {
        {.columns = 20, .depth = 2, .widths = {16, 8}},
        {.columns = 64, .depth = 2, .widths = {48, 16}},
        {.columns = 128, .depth = 3, .widths = {128, 64, 16}},
        {.columns = 256, .depth = 2, .widths = {128, 32}},
        {.columns = 256, .depth = 3, .widths = {512, 256, 64}},
        {.columns = 512, .depth = 3, .widths = {512, 256, 64}},
        {.columns = 1024, .depth = 2, .widths = {512, 128}},
    };
    static const uint32_t batches[] = {128, 512, 2048};
    if (dense_open())
        return 1;
    printf("OpenBLAS's kernels: %s\n\n", dense_kernels());
    printf("| layers | batch | learning GFLOP/s | sgemm GFLOP/s | share | M rows learned/CPU-s "
           "| M rows scored/CPU-s |\n|---|---:|---:|---:|---:|---:|---:|\n");
    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
        for (size_t k = 0; k < 3; k++) {
            struct autoencoder_options options = shapes[i];
            options.batch = batches[k];
            options.rate = 0.001;
            options.noise = 0.1;
            options.seed = 1;
            shape_measure(options);
        }
    return 0;
}
