/*
 * analyse/packer/features.h -- a specimen as a sparse row of numbers.
 *
 * Four blocks, each of a length of its own whatever it holds, so that none drowns the others:
 * - bytes: runs of three and of four with a hole among the first bytes that run, wherever they
 *   stand. Junk in front moves them and changes none; of a routine with three in ten bytes
 *   overwritten, a third of the runs are left, which is still a hundred.
 * - code: single instructions, pairs and triples of the walk (walk.h), by what they do to what
 *   kind of operand.
 * - layout: names, flags, sizes and entropies of sections, where the entry point is, how many
 *   imports, as coarse as they can be told in any file.
 * - traits: what packed files have in common whoever packed them, and none of the names above: the
 *   only block from which packed is told from not packed for packers nobody has seen.
 * Blocks but traits are hashed into columns of their own.
 */
#ifndef ANALYSE_PACKER_FEATURES_H
#define ANALYSE_PACKER_FEATURES_H

#include "analyse/packer/specimen.h"
#include "analyse/packer/walk.h"
#include "learn/linear_svm.h"

enum {
    FEATURES_BYTES = 1 << 14,
    FEATURES_CODE = 1 << 12,
    FEATURES_LAYOUT = 1 << 11,
    FEATURES_TRAITS = 128,
    FEATURES_CODE_AT = FEATURES_BYTES,
    FEATURES_LAYOUT_AT = FEATURES_CODE_AT + FEATURES_CODE,
    FEATURES_TRAITS_AT = FEATURES_LAYOUT_AT + FEATURES_LAYOUT,
    FEATURES_COLUMNS = FEATURES_TRAITS_AT + FEATURES_TRAITS,
    FEATURES_WINDOW = 384, /* bytes that runs are taken from */
    FEATURES_STEPS = 48,   /* of the walk */
    FEATURES_MOST = 2048,  /* in one row */
};

enum feature_block { BLOCK_BYTES, BLOCK_CODE, BLOCK_LAYOUT, BLOCK_TRAITS, BLOCK_COUNT };

/* What a column of a row stands for, to be told to people (explain.h). */
struct feature_source {
    uint16_t at;   /* bytes, code: offset from the entry point; layout, traits: which */
    uint8_t block; /* enum feature_block */
    uint8_t kind;  /* bytes: 0 three, 1 with a hole; code: instructions; layout: section or 255 */
};

/* The row, block after block: those of block b are from starts[b] up to starts[b + 1]. */
struct feature_row {
    const uint32_t *columns;
    const float *values;
    uint32_t starts[BLOCK_COUNT + 1];
};

struct features {
    uint32_t columns[FEATURES_MOST];
    float values[FEATURES_MOST];
    struct feature_source sources[FEATURES_MOST];
    uint32_t count;
    uint32_t starts[BLOCK_COUNT + 1]; /* as of feature_row */
};

/* Walkers of both widths; what reads specimens has one, and one thread at a time uses it. */
struct extractor {
    struct walker *narrow, *wide;
};

int extractor_open(struct extractor *ret_extractor)
    __attribute__((warn_unused_result)); /* -ENOMEM */
void extractor_close(struct extractor *extractor);

void features_extract(const struct extractor *extractor, const struct specimen *specimen,
                      struct features *ret_features);

static inline struct feature_row features_row(const struct features *features)
{
    struct feature_row row = {.columns = features->columns, .values = features->values};
    memcpy(row.starts, features->starts, sizeof(row.starts));
    return row;
}

/* One block of a row; all of it. */
static inline struct sparse_row feature_row_block(const struct feature_row *row,
                                                  enum feature_block block)
{
    uint32_t from = row->starts[block];
    return (struct sparse_row){row->columns + from, row->values + from,
                               row->starts[block + 1] - from};
}

static inline struct sparse_row feature_row_all(const struct feature_row *row)
{
    return (struct sparse_row){row->columns, row->values, row->starts[BLOCK_COUNT]};
}

/* The walker for the specimen's machine; NULL: none that is known here. */
struct walker *extractor_walker(const struct extractor *extractor, const struct specimen *specimen);

#endif
