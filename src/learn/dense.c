#include "learn/dense.h"

#include <cblas.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "learn/library.h"

static struct {
    pthread_once_t once;
    bool loaded;
    __typeof__(cblas_sgemm) *multiply;
    __typeof__(openblas_set_num_threads) *threads_set;
    __typeof__(openblas_get_corename) *kernels_get;
} dense = {.once = PTHREAD_ONCE_INIT};

static void dense_load(void)
{
    const struct library_symbol symbols[] = {
        {"cblas_sgemm", &dense.multiply},
        {"openblas_set_num_threads", &dense.threads_set},
        {"openblas_get_corename", &dense.kernels_get},
    };
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
    dense.loaded = library_load("libopenblas.so.0", symbols, sizeof(symbols) / sizeof(*symbols));
    if (dense.loaded)
        dense.threads_set(1);
}

int dense_open(void)
{
    pthread_once(&dense.once, dense_load);
    return dense.loaded ? 0 : -ELIBACC;
}

const char *dense_kernels(void)
{
    return dense.loaded ? dense.kernels_get() : "";
}

void dense_multiply(struct dense_shape shape, const float *first, const float *second,
                    float *product)
{
    int m = (int)shape.m, n = (int)shape.n, k = (int)shape.k;
    dense.multiply(CblasRowMajor, shape.first_turned ? CblasTrans : CblasNoTrans,
                   shape.second_turned ? CblasTrans : CblasNoTrans, m, n, k, 1, first,
                   shape.first_turned ? m : k, second, shape.second_turned ? k : n, 0, product, n);
}
