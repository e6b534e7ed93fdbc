/*
 * engine/kdd.h -- the clustering on the set its authors published figures on.
 *
 * KDD Cup 1999 (observe/list/kdd_file.h; plain, gzip, zstd, xz): connections of
 * a simulated network. Numbers enter as log(1 + x), the three nominal features as
 * a place of 0 or 1 for each value. Models are asked about each record before
 * they are told its label, and never stop learning:
 *
 *     clustering   evolving possibilistic clustering, with backscatter's options
 *     line         multinomial logistic regression
 *     last         says the label of the record before
 *
 * The last is there because the file comes in runs of one label, where
 * repeating oneself is nearly always right. So `shuffled` deals the records in
 * an order of chance (reproducible), and `unique` keeps one of equal records.
 */
#ifndef ENGINE_KDD_H
#define ENGINE_KDD_H

#include "base/fault.h"
#include "learn/possibilistic.h"
#include "observe/list/kdd_file.h"

enum { KDD_RECORDS = 1 << 23 /* most */ };

enum kdd_model { KDD_CLUSTERING, KDD_LINE, KDD_LAST, KDD_MODELS };

extern const char *const kdd_model_names[KDD_MODELS];

struct kdd_score {
    uint64_t said[KDD_CLASSES][KDD_CLASSES]; /* [truth][said] */
};

struct kdd_options {
    const char *path;
    bool shuffled, unique;
    void (*progress)(void *context, uint64_t records, double part); /* or NULL */
    void *context;
};

struct kdd_result {
    uint64_t records, refused; /* lines that are no record */
    struct kdd_score scores[KDD_MODELS];
    struct possibilistic_counts clusters;
};

/* -ENOMEM; -ENOSPC: more than KDD_RECORDS; -ENOTSUP: no record in it; -errno of the file. */
int kdd_run(const struct kdd_options *options, struct kdd_result *ret_result,
            struct fault *ret_fault) __attribute__((warn_unused_result));

double kdd_accuracy(const struct kdd_score *score);     /* of five classes */
double kdd_detection(const struct kdd_score *score);    /* attacks called an attack of any class */
double kdd_false_alarms(const struct kdd_score *score); /* normal called an attack */

#endif
