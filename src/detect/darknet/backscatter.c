#include "detect/darknet/backscatter.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct backscatter {
    struct possibilistic *clusters;
};

/*
 * Features are logarithms: a deviation of 0.3 is a factor of 1.35 either way. Chosen on the
 * honeypots' March and April of 2013; nothing later was looked at.
 */
const struct possibilistic_options backscatter_options = {.features = SOURCE_FEATURE_COUNT,
                                                          .classes = 2,
                                                          .clusters = 512,
                                                          .threshold = 0.5,
                                                          .prior_deviation = 0.3,
                                                          .prior_weight = 4,
                                                          .memory = 2000,
                                                          .full = false};

int backscatter_open(struct backscatter **ret_model)
{
    struct backscatter *model = calloc(1, sizeof(*model));
    if (!model)
        return -ENOMEM;
    int error = possibilistic_open(&backscatter_options, &model->clusters);
    if (error) {
        free(model);
        return error;
    }
    *ret_model = model;
    return 0;
}

void backscatter_sample(const struct source_summary *source, double *sample)
{
    for (int i = 0; i < SOURCE_FEATURE_COUNT; i++) {
        double value = source->features[i];
        if (i == FEATURE_interval_mean || i == FEATURE_interval_deviation)
            value *= 1000;
        sample[i] = log1p(fmax(value, 0));
    }
}

enum backscatter_label backscatter_label_flags(const struct source_summary *source)
{
    switch (source->class) {
    case SOURCE_backscatter:
    case SOURCE_icmp_backscatter:
        return BACKSCATTER_YES;
    case SOURCE_scan:
    case SOURCE_mirai:
    case SOURCE_zmap:
    case SOURCE_masscan:
    case SOURCE_investigation:
    case SOURCE_udp_scan:
        return BACKSCATTER_NO;
    default:
        return BACKSCATTER_UNKNOWN;
    }
}

enum backscatter_label backscatter_label_ports(const struct source_summary *source)
{
    const struct source_kinds *kinds = &source->kinds;
    uint64_t icmp = (uint64_t)kinds->icmp_error + kinds->icmp_reply;
    uint64_t udp = (uint64_t)kinds->udp + kinds->udp_from_service;
    uint64_t tcp = (uint64_t)kinds->tcp_syn + kinds->tcp_syn_ack + kinds->tcp_rst + kinds->tcp_ack +
                   kinds->tcp_odd;
    uint16_t port = source->source_port;
    bool answers = icmp * 2 > source->packets ||
                   (tcp * 2 > source->packets && (port == 80 || port == 443 || port == 22)) ||
                   (udp * 2 > source->packets && port == 53);
    return answers ? BACKSCATTER_YES : BACKSCATTER_NO;
}

struct backscatter_verdict backscatter_judge(struct backscatter *model, const double *sample)
{
    double share[2], typicality;
    uint32_t class = possibilistic_classify(model->clusters, sample, share, &typicality);
    return (struct backscatter_verdict){
        .backscatter = class == BACKSCATTER_YES, .score = share[class], .typicality = typicality};
}

void backscatter_learn(struct backscatter *model, const double *sample,
                       enum backscatter_label label)
{
    if (label != BACKSCATTER_UNKNOWN)
        possibilistic_learn(model->clusters, sample, (uint32_t)label);
}

void backscatter_save(const struct backscatter *model, struct buffer *out)
{
    possibilistic_save(model->clusters, out);
}

int backscatter_load(struct cursor *from, struct backscatter **ret_model)
{
    struct backscatter *model = calloc(1, sizeof(*model));
    if (!model)
        return -ENOMEM;
    int error = possibilistic_load(from, &model->clusters);
    if (error) {
        free(model);
        return error;
    }
    *ret_model = model;
    return 0;
}

struct possibilistic_counts backscatter_counts(const struct backscatter *model)
{
    return possibilistic_counts(model->clusters);
}

void backscatter_close(struct backscatter *model)
{
    if (!model)
        return;
    possibilistic_close(model->clusters);
    free(model);
}
