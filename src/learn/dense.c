#include "learn/dense.h"

#include <cblas.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct {
    pthread_once_t once;
    __typeof__(cblas_sgemm) *multiply;
    const char *kernels;
} dense = {.once = PTHREAD_ONCE_INIT, .kernels = ""};

static bool symbol_take(void *library, const char *name, void *pointer, size_t size)
{
    void *symbol = dlsym(library, name);
    memcpy(pointer, &symbol, size); /* C converts no object pointer to one of a function */
    return symbol;
}

static void library_load(void)
{
    __typeof__(cblas_sgemm) *multiply;
    __typeof__(openblas_set_num_threads) *threads_set;
    __typeof__(openblas_get_corename) *kernels_get;
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library || !symbol_take(library, "cblas_sgemm", &multiply, sizeof(multiply)) ||
        !symbol_take(library, "openblas_set_num_threads", &threads_set, sizeof(threads_set)) ||
        !symbol_take(library, "openblas_get_corename", &kernels_get, sizeof(kernels_get)))
        return;
    threads_set(1);
    dense.kernels = kernels_get();
    dense.multiply = multiply;
}

int dense_open(void)
{
    pthread_once(&dense.once, library_load);
    return dense.multiply ? 0 : -ELIBACC;
}

const char *dense_kernels(void)
{
    return dense.kernels;
}

void dense_multiply(struct dense_shape shape, const float *first, const float *second,
                    float *product)
{
    int m = (int)shape.m, n = (int)shape.n, k = (int)shape.k;
    dense.multiply(CblasRowMajor, shape.first_turned ? CblasTrans : CblasNoTrans,
                   shape.second_turned ? CblasTrans : CblasNoTrans, m, n, k, 1, first,
                   shape.first_turned ? m : k, second, shape.second_turned ? k : n, 0, product, n);
}
