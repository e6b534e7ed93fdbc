/*
 * learn/logistic.h -- the linear baseline: multinomial logistic regression, learned on line.
 *
 * P(class | x) is the softmax of W x + b. One step of stochastic gradient
 * descent a sample, each weight at its own pace (AdaGrad; Duchi, Hazan and
 * Singer, JMLR 2011), on features standardised by their running mean and
 * deviation. What a cleverer model must beat to be worth having.
 */
#ifndef LEARN_LOGISTIC_H
#define LEARN_LOGISTIC_H

#include <stdbool.h>
#include <stdint.h>

enum { LOGISTIC_FEATURES = 256, LOGISTIC_CLASSES = 64 }; /* most */

struct logistic;

/* `pace` > 0 is the step of the first sample; 0.5 suits most. -EINVAL, -ENOMEM. */
int logistic_open(uint32_t features, uint32_t classes, double pace, struct logistic **ret_model)
    __attribute__((warn_unused_result));

/* The likeliest class; `probability` has room for all classes and adds up to 1. */
uint32_t logistic_judge(struct logistic *model, const double *sample, double *probability);

/* One step; `class` < classes, and finite values, or the sample is passed over. */
void logistic_learn(struct logistic *model, const double *sample, uint32_t class);

/* Another one that answers and learns the same. -ENOMEM. */
int logistic_copy(const struct logistic *model, struct logistic **ret_copy)
    __attribute__((warn_unused_result));

void logistic_close(struct logistic *model);

#endif
