/*
 * learn/dense.h -- products of matrices, as fast as the machine can: OpenBLAS, on one thread.
 *
 * It is loaded at the first dense_open, not with the program: what never
 * multiplies starts without it, and what does starts none of its threads. Which
 * kernels it has for the processor it decides while it is loaded (Debian 12's
 * knows those of AVX-512 also for processors younger than itself);
 * OPENBLAS_CORETYPE in the environment overrules it, and with "Haswell" halves
 * the speed of such a machine.
 *
 * On one machine the same product gives the same bits; kernels of different
 * processors add in different orders.
 */
#ifndef LEARN_DENSE_H
#define LEARN_DENSE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Load OpenBLAS; again and again does no harm. The first time sets a variable of the
 * environment, so it belongs before other threads that read one. -ELIBACC: it is not there.
 */
int dense_open(void) __attribute__((warn_unused_result));

/* The name of its kernels, "SkylakeX"; "" before dense_open. */
const char *dense_kernels(void);

/* An `m` x `n` product of an `m` x `k` and a `k` x `n` matrix, row after row without gaps; one that
 * is `turned` is stored as its transpose. */
struct dense_shape {
    uint32_t m, n, k;
    bool first_turned, second_turned;
};

/* After dense_open. `product` is overwritten, and overlaps neither. */
void dense_multiply(struct dense_shape shape, const float *first, const float *second,
                    float *product);

#endif
