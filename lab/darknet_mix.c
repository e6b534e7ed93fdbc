#include "lab/darknet_mix.h"

#include <errno.h>
#include <stdlib.h>

const struct behaviour behaviours[BEHAVIOUR_COUNT] = {
#define X(name, class, tool, part, packets, doubling, rate, target, pace)                          \
    {#name, class, tool, part, packets, doubling, rate, TARGET_##target, PACE_##pace},
    BEHAVIOURS(X)
#undef X
};

struct mix {
    const char *name, *words;
};

/* What differs from the default. */
static const struct mix mixes[] = {
    {"default", ""},
    {"storm", "storm=1.5,syn_ack=0.3"},
    {"quiet", "mirai=0.03,mirai_variant=0.01,bot=0.3,stray_udp=0.2,survey=0.02"},
    {"udp", "udp_scan=0.6,stray_udp=0.2,dns_answer=0.08,icmp_error=0.05"},
    {"iot", "mirai=1.0,mirai_variant=0.6,campaign=0.4"},
    {"survey", "survey=0.8,zmap_new=0.3,zmap=0.2,masscan=0.3"},
    {"backscatter",
     "syn_ack=0.5,reset=0.3,icmp_error=0.2,echo_reply=0.05,dns_answer=0.1,storm=0.05"},
    /* what is easily taken for something else */
    {"hard", "ack_scan=0.05,syn_ack_scan=0.03,service_port=0.08,sip_scan=0.06,dns_scan=0.03,"
             "stray_ntp=0.03,leftover=0.03,victim=0.05,quic_answer=0.03,udp_answer=0.05"},
    {"scans",
     "syn_ack=0,reset=0,icmp_error=0,echo_reply=0,dns_answer=0,storm=0,stray_udp=0,member=0"},
};

static int assignment_read(struct bytes word, double *parts)
{
    const char *equals = memchr(word.at, '=', word.len);
    char number[24] = {0};
    if (!equals)
        return -EINVAL;
    struct bytes name = {word.at, (size_t)(equals - word.at)};
    struct bytes value = bytes_from(word, name.len + 1);
    if (value.len == 0 || value.len >= sizeof number)
        return -EINVAL;
    memcpy(number, value.at, value.len);
    char *end;
    double part = strtod(number, &end);
    if (*end || !(part >= 0 && part <= 1e6))
        return -EINVAL;
    for (int i = 0; i < BEHAVIOUR_COUNT; i++)
        if (bytes_equal(name, bytes_of(behaviours[i].name))) {
            parts[i] = part;
            return 0;
        }
    return -EINVAL;
}

static int words_read(struct bytes text, double *parts, bool mixes_too)
{
    while (text.len) {
        const char *comma = memchr(text.at, ',', text.len);
        struct bytes word = {text.at, comma ? (size_t)(comma - text.at) : text.len};
        text = bytes_from(text, word.len + 1);
        const struct mix *mix = NULL;
        for (size_t i = 0; mixes_too && i < sizeof mixes / sizeof *mixes; i++)
            if (bytes_equal(word, bytes_of(mixes[i].name)))
                mix = &mixes[i];
        int error =
            mix ? words_read(bytes_of(mix->words), parts, false) : assignment_read(word, parts);
        if (error)
            return error;
    }
    return 0;
}

int darknet_mix_parse(struct bytes text, double ret_parts[BEHAVIOUR_COUNT])
{
    double parts[BEHAVIOUR_COUNT], sum = 0;
    for (int i = 0; i < BEHAVIOUR_COUNT; i++)
        parts[i] = behaviours[i].part;
    int error = words_read(text, parts, true);
    for (int i = 0; i < BEHAVIOUR_COUNT; i++)
        sum += parts[i];
    if (error || !(sum > 0))
        return -EINVAL;
    for (int i = 0; i < BEHAVIOUR_COUNT; i++)
        ret_parts[i] = parts[i] / sum;
    return 0;
}
