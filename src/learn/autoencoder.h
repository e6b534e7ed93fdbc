/*
 * learn/autoencoder.h -- what can't be told back from its gist is new.
 *
 * A stacked denoising autoencoder (Vincent, Larochelle, Lajoie, Bengio and
 * Manzagol, JMLR 2010): dense layers narrow down to a code, their mirror image
 * widens it again, and the whole learns to tell back rows of which a share of
 * the values was blotted out. It is trained at once, without the layer by layer
 * beginning of the paper, which Adam (Kingma and Ba, ICLR 2015) and leaky
 * rectifiers (slope 0.1) with He's initial weights (2015) make needless; the
 * last layer is linear. A row like those learned from comes back nearly as it
 * was; of another, the columns that don't are why it is new.
 *
 * Columns are standardised by mean and deviation of the rows learned from, and
 * cut off at 32 deviations; one that was constant is measured in its own units.
 * The error of a column is the squared difference between what went in and what
 * came back, in squared deviations; a row's score is the mean over its columns. A
 * value that is not a number counts as the mean.
 *
 * Single precision, one thread. Learning multiplies with OpenBLAS: the same rows,
 * options and seed give the same model on the same kind of machine. Scoring
 * multiplies by itself: the same model and row give the same score on any,
 * whatever rows stand beside.
 */
#ifndef LEARN_AUTOENCODER_H
#define LEARN_AUTOENCODER_H

#include "base/buffer.h"
#include "base/cursor.h"

enum { /* most */
       AUTOENCODER_COLUMNS = 4096,
       AUTOENCODER_WIDTH = 4096,
       AUTOENCODER_DEPTH = 4, /* layers of the encoder; as many more decode */
       AUTOENCODER_BATCH = 1 << 16,
       AUTOENCODER_EPOCHS = 100000,
};

struct autoencoder_options {
    uint32_t columns;
    uint32_t depth;                     /* layers of the encoder, from 1 */
    uint32_t widths[AUTOENCODER_DEPTH]; /* of each; the last is the code's */
    uint32_t batch;                     /* rows a step; 512 is usual; all where there are fewer */
    uint32_t epochs;                    /* times each row is seen (but for a last, short batch) */
    double rate;                        /* of Adam, (0,1); 0.001 is usual */
    double noise;                       /* share of values blotted out, [0,1); 0.1 is usual */
    uint64_t seed;
};

struct autoencoder;

/*
 * Learn from `count` rows, at least 2. -EINVAL: an option out of its range, too many rows, or a
 * value that is not finite; -ERANGE: it did not converge but ran away; -ELIBACC: no OpenBLAS;
 * -ENOMEM. Memory while learning: some 8 bytes a value of a batch in every layer and 16 a weight.
 */
int autoencoder_fit(const struct autoencoder_options *options, const float *rows, size_t count,
                    struct autoencoder **ret_model) __attribute__((warn_unused_result));

/* The mean score of the last epoch's rows, as they came by with noise. */
double autoencoder_loss(const struct autoencoder *model);

uint32_t autoencoder_columns(const struct autoencoder *model);

/* Multiplications and additions of the matrix products of one step on `batch` rows; of scoring
 * them. What the speed is measured by. */
double autoencoder_step_work(const struct autoencoder *model, uint32_t batch);
double autoencoder_score_work(const struct autoencoder *model, uint32_t batch);

/*
 * The scores of `count` rows. `ret_errors`, unless NULL, gets count * columns errors: by which
 * columns each row is new. -ENOMEM.
 */
int autoencoder_score(const struct autoencoder *model, const float *rows, size_t count,
                      double *ret_scores, float *ret_errors) __attribute__((warn_unused_result));

/* All that scoring needs, and back: bit by bit. -EBADMSG: no such model; -ENOMEM. */
void autoencoder_save(const struct autoencoder *model, struct buffer *out);
int autoencoder_load(struct cursor *from, struct autoencoder **ret_model)
    __attribute__((warn_unused_result));

void autoencoder_close(struct autoencoder *model);

#endif
