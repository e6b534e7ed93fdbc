/*
 * analyse/family/family_voices.h -- what the four judges of a model say, each by itself.
 */
#ifndef ANALYSE_FAMILY_FAMILY_VOICES_H
#define ANALYSE_FAMILY_FAMILY_VOICES_H

#include "analyse/family/family_model.h"

struct family_voices {
    float radials[FAMILY_CLASSES];     /* scores; as many as the model has borders */
    float planes[FAMILY_CLASSES];      /* scores */
    double trees[FAMILY_CLASSES];      /* shares; all alike where there are no trees */
    double neighbours[FAMILY_CLASSES]; /* likewise */
    uint32_t nearest;
    double likeness;
};

/* A behaviour as the planes see it: each kind of feature of a length of its own. */
struct family_plane_row {
    uint32_t *columns;
    float *values;
    uint32_t count;
};

/* -ENOMEM. The arena's. */
int family_plane_row_make(const struct family_features *features, struct arena *arena,
                          struct family_plane_row *ret_row) __attribute__((warn_unused_result));

/* A behaviour as the borders see it: what it has of the vocabulary, of length 1. The rooms are
 * FAMILY_VOCABULARY large. */
struct sparse_row family_radial_row(const struct family_model *model,
                                    const struct family_features *features, uint32_t *columns,
                                    float *values);

/* Of a model whose judges are there, whatever else is not. -ENOMEM. */
int family_voices_hear(const struct family_model *model, const struct family_features *features,
                       struct family_voices *ret_voices) __attribute__((warn_unused_result));

/* What they say together, as shares, before and after they are made sure. */
void family_voices_blend(const struct family_model *model, const struct family_voices *voices,
                         double *ret_shares);
void family_shares_settle(const struct family_model *model, double *shares);

/* Log odds of a share, bounded. */
double family_odds(double share);

/* The signs of an unknown, from settled shares. */
void family_signs(const struct family_model *model, const struct family_voices *voices,
                  const double *shares, float ret_signs[FAMILY_SIGNS]);

#endif
