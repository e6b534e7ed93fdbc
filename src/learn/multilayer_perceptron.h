/*
 * learn/multilayer_perceptron.h -- two classes told by a small network that first makes a compact
 * code of a row.
 *
 * Dense layers with leaky rectifiers narrow a row down, the last of them to a code of a few values;
 * one unit above that says the log odds. The loss is the cross entropy; weights shrink a little at
 * each step (Loshchilov and Hutter, ICLR 2019), and of each row shown a share of the values is left
 * out by chance (Srivastava et al., JMLR 2014), so that no single one is relied on. The rate falls
 * to 0 along a cosine (Loshchilov and Hutter, ICLR 2017).
 *
 * Learning multiplies with OpenBLAS: the same rows, options and seed give the same model on the
 * same kind of machine. Scoring multiplies by itself, at a cost by the columns that are not 0: the
 * same model and row give the same score on any.
 */
#ifndef LEARN_MULTILAYER_PERCEPTRON_H
#define LEARN_MULTILAYER_PERCEPTRON_H

#include "learn/linear_svm.h"

enum { /* most */
       PERCEPTRON_COLUMNS = 4096,
       PERCEPTRON_WIDTH = 1024,
       PERCEPTRON_DEPTH = 4, /* layers below the last unit */
       PERCEPTRON_BATCH = 1 << 14,
       PERCEPTRON_EPOCHS = 10000
};

struct perceptron_options {
    uint32_t columns;
    uint32_t depth;                    /* from 1 */
    uint32_t widths[PERCEPTRON_DEPTH]; /* of each layer; the last is the code's */
    uint32_t batch;                    /* rows a step; 128 is usual; all where there are fewer */
    uint32_t epochs;                   /* times each row is shown (but for a last, short batch) */
    double rate;                       /* of Adam at the start, (0,1); 0.003 is usual */
    double shrink;                     /* of weights at each step, as a share of the rate; 0.01 */
    double left_out;                   /* share of a row's values, [0,1); 0.1 is usual */
    uint64_t seed;
};

struct perceptron;

/*
 * labels[] 0 or 1. -EINVAL: an option, label, column or value out of its range, or no rows;
 * -ERANGE: it did not converge but ran away; -ELIBACC: no OpenBLAS; -ENOMEM.
 */
int perceptron_fit(const struct perceptron_options *options, const struct sparse_row *rows,
                   const uint32_t *labels, size_t count, struct perceptron **ret_model)
    __attribute__((warn_unused_result));

uint32_t perceptron_columns(const struct perceptron *model);
uint32_t perceptron_code_width(const struct perceptron *model);

/* Log odds of label 1. Unknown columns count nothing. */
double perceptron_score(const struct perceptron *model, struct sparse_row row);

/* The row's code, perceptron_code_width values. */
void perceptron_code(const struct perceptron *model, struct sparse_row row, float *ret_code);

/* All that scoring needs, and back: bit by bit. -EBADMSG: no such model; -ENOMEM. */
void perceptron_save(const struct perceptron *model, struct buffer *out);
int perceptron_load(struct cursor *from, struct perceptron **ret_model)
    __attribute__((warn_unused_result));

void perceptron_close(struct perceptron *model);

#endif
