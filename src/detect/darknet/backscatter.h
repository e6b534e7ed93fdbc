/*
 * detect/darknet/backscatter.h -- backscatter told by behaviour, learned while it changes.
 *
 * Flags and ports say of most sources whether they answer or ask; the seventeen
 * features (source.h) hold neither. So what flags and ports say can be the
 * label from which a model of the features learns on line, as in NICT's papers
 * (Škrjanc et al., SSCI 2017 and ASOC 2018): an evolving possibilistic clustering
 * (learn/possibilistic.h), asked about every source before it is told. What is
 * learned is then of use where flags and ports do not speak.
 *
 * Features are counts, bytes, milliseconds and address distances of any
 * magnitude: each enters as log(1 + x), so that clusters are made of ratios.
 */
#ifndef DETECT_DARKNET_BACKSCATTER_H
#define DETECT_DARKNET_BACKSCATTER_H

#include "detect/darknet/source.h"
#include "learn/possibilistic.h"

enum backscatter_label { BACKSCATTER_NO, BACKSCATTER_YES, BACKSCATTER_UNKNOWN };

struct backscatter;

struct backscatter_verdict {
    bool backscatter;
    double score;      /* of that, in [0.5,1]: its share of both densities */
    double typicality; /* of the class it was given; near 0: like nothing that was learned */
};

/* The options of the clustering in use. */
extern const struct possibilistic_options backscatter_options;

int backscatter_open(struct backscatter **ret_model) __attribute__((warn_unused_result));

/* SOURCE_FEATURE_COUNT values as the model sees them. */
void backscatter_sample(const struct source_summary *source, double *sample);

/* From its class, that is from flags: unknown for members and others. */
enum backscatter_label backscatter_label_flags(const struct source_summary *source);

/*
 * From ports and ICMP types alone, where a log holds no flags: backscatter is
 * ICMP 3, 11 and 0, TCP from 80, 443 and 22, UDP from 53; all else is not.
 */
enum backscatter_label backscatter_label_ports(const struct source_summary *source);

/* What the model says; nothing is learned. */
struct backscatter_verdict backscatter_judge(struct backscatter *model, const double *sample);

/* Learn one of a label; unknown ones are passed over. */
void backscatter_learn(struct backscatter *model, const double *sample,
                       enum backscatter_label label);

/* All of it, and back: bit by bit. A copy is a load of what was saved. -EBADMSG, -ENOMEM. */
void backscatter_save(const struct backscatter *model, struct buffer *out);
int backscatter_load(struct cursor *from, struct backscatter **ret_model)
    __attribute__((warn_unused_result));

struct possibilistic_counts backscatter_counts(const struct backscatter *model);

void backscatter_close(struct backscatter *model);

#endif
