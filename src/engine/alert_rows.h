/*
 * engine/alert_rows.h -- a store's groups of alerts as models read them.
 *
 * All of a store's groups in the order of their beginnings, with what the judge
 * and people said of them and what the endpoint found near in time: findings of
 * a host of the same name within ALERT_ROWS_NEAR, where DATA has any.
 */
#ifndef ENGINE_ALERT_ROWS_H
#define ENGINE_ALERT_ROWS_H

#include "store/alerts.h"
#include "triage/level/level.h"
#include "triage/novelty/chain.h"

#define ALERT_ROWS_NEAR (30 * TIME_MINUTE)

struct alert_rows {
    struct arena arena; /* of texts */
    struct group_facts *groups;
    struct level_decided *decided;
    struct bytes *analysts; /* who decided */
    struct chain_score *scores;
    float *novelty, *levels; /* rows of NOVELTY_FEATURE_COUNT, of LEVEL_FEATURE_COUNT */
    size_t count, capacity;
    size_t from; /* groups before it were scored before, and did not change since */
};

/*
 * Load, and score by novelty what was not scored before. alert_rows_finish in any case. -ENOMEM;
 * or the store's error.
 */
int alert_rows_load(struct alerts_store *store, const char *folder,
                    const struct chain_options *options, struct alert_rows *ret_rows)
    __attribute__((warn_unused_result));

void alert_rows_finish(struct alert_rows *rows);

#endif
