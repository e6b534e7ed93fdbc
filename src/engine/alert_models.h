/*
 * engine/alert_models.h -- learning what analysts would say, and scoring groups by it.
 *
 * A training scores all groups by novelty, day by day (triage/novelty/chain.h);
 * learns levels from what people decided, in this store and, where told, in
 * others; holds the new model against the one in force on decided days that the
 * new one did not see; and puts what the model in force says of each group into
 * the store. Models are generations: one that took over can be undone.
 */
#ifndef ENGINE_ALERT_MODELS_H
#define ENGINE_ALERT_MODELS_H

#include "engine/alert_rows.h"

enum {
    ALERT_MODELS_STORES = 16,    /* other stores, at most */
    ALERT_MODELS_ANALYSTS = 256, /* audited, at most; the first by name */
    ALERT_MODELS_EXPLAINED =
        2000, /* levels explained in one training, those of the latest groups */
};

struct alert_training {
    const char *folder;
    char *const *others; /* folders whose decisions are learned from too */
    int other_count;
    struct chain_options novelty;
    struct level_options level;
    bool learn;     /* false: score with the model in force */
    bool force;     /* take over even where it is worse */
    bool scheduled; /* learn only where somebody decided since: what was undone stays undone */
};

/* 50 groups a day; at most 0.1 % of attacks filtered, 5 % of false positives raised, 95 % sure. */
#define ALERT_TRAINING_USUAL                                                                       \
    {                                                                                              \
        .folder = "hinomi-data", .novelty = {.budget = 50, .seed = 1},                             \
        .level = {.miss = 0.001, .raise = 0.05, .doubt = 0.05, .seed = 1}, .learn = true,          \
    }

/* What came of the levels. */
#define ALERT_LEARNED(X)                                                                           \
    X(kept, "not asked to learn")                                                                  \
    X(same, "nobody decided anything since the newest model")                                      \
    X(few, "not enough decisions yet")                                                             \
    X(worse, "the new model is worse on held-out days; the old one stays")                         \
    X(taken, "the new model is in force")
enum alert_learned {
#define X(name, doc) LEARNED_##name,
    ALERT_LEARNED(X)
#undef X
};

/* An analyst against the models that had not seen the decision, and against colleagues. */
struct analyst_audit {
    struct bytes name;
    uint32_t levels[LEVEL_COUNT]; /* decisions */
    uint32_t judged, agreed;      /* with the cross-fitted model on "level 0 or not" */
    uint32_t shared, same;        /* groups decided by others, too; with the same side */
};

struct alert_training_result {
    int64_t time;                 /* when it ended */
    double budget, confidence;    /* as it was asked for */
    size_t groups, scored, shown; /* all; with a novelty score; at or above the cut of their day */
    enum alert_learned learned;
    uint32_t decisions, positives; /* learned from */
    uint32_t wanted;               /* decisions more before anything is learned */
    bool compared;
    double loss_old, loss_new; /* mean log loss on held-out decisions */
    uint32_t held_out;
    int64_t generation;         /* in force; 0: none */
    struct conformal_band band; /* of the model in force */
    bool has_band;
    size_t sides[3]; /* groups filtered, kept, raised */
    struct analyst_audit analysts[ALERT_MODELS_ANALYSTS];
    uint32_t analyst_count;
    struct arena arena; /* of names */
};

/* -errno, with a sentence in `ret_error` (at least 512 bytes). alert_training_finish in any case.
 */
int alert_models_train(const struct alert_training *training,
                       struct alert_training_result *ret_result, char *ret_error)
    __attribute__((warn_unused_result));
void alert_training_finish(struct alert_training_result *result);

/* One object: all of it. */
void alert_training_json(const struct alert_training_result *result, struct buffer *out);

/* Into the store, as the last one; what was learned by an earlier one stays where this learned
 * nothing. */
int alert_training_keep(struct alerts_store *store, const struct alert_training_result *result)
    __attribute__((warn_unused_result));

/* When the last one ended (0: never was one), and its budget; *budget stays where none was. The
 * store's error. */
int alert_training_last(const char *folder, int64_t *ret_time, double *budget)
    __attribute__((warn_unused_result));

/* Whether somebody decided something since the newest model was learned. */
int alert_decisions_since(struct alerts_store *store, bool *ret_any)
    __attribute__((warn_unused_result));

const char *alert_learned_name(enum alert_learned learned);
const char *alert_learned_sentence(enum alert_learned learned);

/* ---- generations ------------------------------------------------------------------------ */

/* Generation in force, 0 for none. */
int alert_model_in_force(struct alerts_store *store, int64_t *ret_generation)
    __attribute__((warn_unused_result));

/* Back to the generation before the one in force, or to none. -ENOENT: none is in force. */
int alert_model_undo(struct alerts_store *store, int64_t *ret_generation)
    __attribute__((warn_unused_result));

int alert_model_load(struct alerts_store *store, int64_t generation, struct level_model **ret_model)
    __attribute__((warn_unused_result));

/* A new generation, put in force. */
int alert_model_put(struct alerts_store *store, const struct level_model *model, struct bytes note,
                    int64_t *ret_generation) __attribute__((warn_unused_result));

/* What the model (NULL: none) and novelty say of the groups, into the store; counts of sides. */
int alert_scores_put(struct alerts_store *store, const struct alert_rows *rows,
                     const struct level_model *model, size_t ret_sides[3])
    __attribute__((warn_unused_result));

#endif
