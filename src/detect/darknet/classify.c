#include "detect/darknet/classify.h"

#include <math.h>

#include "detect/darknet/marks.h"
#include "detect/darknet/ports.h"

const char *const source_reason_names[SOURCE_REASON_COUNT] = {
#define X(name, text) #name,
    SOURCE_REASONS(X)
#undef X
};

const char *const source_reason_texts[SOURCE_REASON_COUNT] = {
#define X(name, text) text,
    SOURCE_REASONS(X)
#undef X
};

static const double DAY = 86400e9; /* ns */

/* What a summary's counts amount to. */
struct sums {
    double packets, probes, answers, icmp_answers;
    double udp_probes, udp_answers; /* among them */
};

/* A rule's trust in itself before it has seen a packet: a of a + b fit. */
struct prior {
    double fit, unfit;
};
static const struct prior PRIOR_MARK = {19, 1};     /* chance is as good as excluded */
static const struct prior PRIOR_KIND = {9, 1};      /* flags say it, but flags can be forged */
static const struct prior PRIOR_BEHAVIOUR = {4, 1}; /* others may behave so */
static const struct prior PRIOR_REST = {1, 1};

static double score_of(struct prior prior, double fitting, double packets)
{
    return (fitting + prior.fit) / (packets + prior.fit + prior.unfit);
}

/* Ports below 1024, and those above where servers commonly listen. */
static bool port_answers_tcp(uint16_t port)
{
    static const uint16_t high[] = {1433, 1521, 3306, 3389, 5222, 5432,  6379,  6667, 8000,
                                    8080, 8443, 8888, 9000, 9200, 11211, 25565, 27017};
    for (size_t i = 0; i < sizeof(high) / sizeof(high[0]); i++)
        if (port == high[i])
            return true;
    return port > 0 && port < 1024;
}

/* What Linux gives to clients by default; IANA's range for them lies within. */
static bool port_of_client(uint16_t port)
{
    return port >= 32768;
}

/*
 * SYN-ACKs that ask: from a port where nothing serves to a service's of several
 * addresses, or from a client's port to few ports of them. A victim answers from
 * the attacked service to the ports the attacker drew.
 */
static bool syn_acks_ask(const struct source_summary *source)
{
    double destinations = source->features[FEATURE_destinations];
    bool asks = port_of_client(source->source_port) || port_answers_tcp(source->destination_port);
    return !port_answers_tcp(source->source_port) && asks && destinations >= SPREAD_LEAST &&
           source->features[FEATURE_destination_ports] * SPREAD_LEAST <= destinations;
}

/* UDP from one port, nearly each packet to another address and port: nobody asks like that. */
static bool udp_spreads(const struct source_summary *source)
{
    const double *features = source->features;
    double packets = features[FEATURE_packets];
    return packets >= SPREAD_LEAST && features[FEATURE_source_ports] == 1 &&
           features[FEATURE_destinations] * 2 > packets &&
           features[FEATURE_destination_ports] * 2 > packets;
}

static struct sums sums_of(const struct source_summary *source)
{
    const struct source_kinds *kinds = &source->kinds;
    struct sums sums = {.packets = (double)source->packets};
    double acks = kinds->tcp_ack, syn_acks = kinds->tcp_syn_ack;
    double udp = kinds->udp, udp_served = kinds->udp_from_service;
    bool acks_answer = port_answers_tcp(source->source_port),
         syn_acks_answer = !syn_acks_ask(source);
    bool spreads = udp_spreads(source);
    bool served_answer = spreads || !port_answers_udp(source->destination_port);
    sums.udp_answers = (spreads ? udp : 0) + (served_answer ? udp_served : 0);
    sums.answers = kinds->tcp_rst + sums.udp_answers + (syn_acks_answer ? syn_acks : 0) +
                   (acks_answer ? acks : 0);
    sums.icmp_answers = (double)kinds->icmp_reply + kinds->icmp_error;
    sums.udp_probes = udp + udp_served - sums.udp_answers;
    sums.probes = (double)kinds->tcp_syn + kinds->tcp_odd + kinds->icmp_echo + sums.udp_probes +
                  (syn_acks_answer ? 0 : syn_acks) + (acks_answer ? 0 : acks);
    return sums;
}

static double telescope_size(const struct source_summary *source, double addresses)
{
    if (addresses > 0)
        return addresses;
    return source->coverage > 0 ? source->features[FEATURE_destinations] / source->coverage : 0;
}

/* Half as many addresses as `packets` drawn evenly from `size` reach, or more. */
static bool reaches_whole_range(const struct source_summary *source, double size)
{
    double packets = source->features[FEATURE_packets];
    double even = size > 0 ? size * -expm1(-packets / size) : packets;
    return source->features[FEATURE_destinations] >= even / 2;
}

static bool is_survey(const struct source_summary *source, const struct sums *sums, double size)
{
    double wanted = SURVEY_PACKETS * ((double)source->window_length / DAY);
    if (size > 0)
        wanted *= size / SURVEY_ADDRESSES;
    if (wanted < SURVEY_LEAST)
        wanted = SURVEY_LEAST;
    return sums->probes >= wanted && source->features[FEATURE_destination_ports] >= SURVEY_PORTS &&
           reaches_whole_range(source, size);
}

/* `value` is `expected` within `share` of it, and four standard errors of `n` draws more. */
static bool is_about(double value, double expected, double share, double n)
{
    return fabs(value - expected) <= expected * (share + 4 / sqrt(n));
}

/* Rule 6; see the header for the numbers. */
static bool is_permutation(const struct source_summary *source, const struct sums *sums,
                           double size)
{
    const double *features = source->features;
    double count = features[FEATURE_destinations];
    if (count < PERMUTATION_LEAST || source->kinds.tcp_syn < 0.95 * sums->packets ||
        features[FEATURE_packets] > 1.02 * count || source->marks.optionless > 0)
        return false;
    double span = features[FEATURE_span_mean];
    if (features[FEATURE_source_ports] < 0.8 * count || span <= 0 ||
        (size > 0 && !is_about(span, size / 3, 0.05, count)))
        return false;
    return is_about(features[FEATURE_span_deviation] / span, M_SQRT1_2, 0.05, count) &&
           is_about(features[FEATURE_interval_deviation] / features[FEATURE_interval_mean], 1, 0.1,
                    count);
}

static bool port_serves_udp(uint16_t port)
{
    return port < 1024 || port_answers_udp(port) || port_iot_reason(port, true) != NULL;
}

/* Rule 7. */
static bool is_stray(const struct source_summary *source, const struct sums *sums)
{
    const double *features = source->features;
    double destinations = features[FEATURE_destinations];
    bool udp = sums->udp_probes * 2 > sums->probes;
    if (destinations > 2 || features[FEATURE_destination_ports] > 2)
        return false;
    if (udp && destinations <= 1 && !port_serves_udp(source->destination_port))
        return true;
    return features[FEATURE_packets] > (udp ? STRAY_DATAGRAMS : STRAY_SYNS) * destinations;
}

static struct source_verdict verdict(enum source_class class, enum source_reason reason,
                                     double score)
{
    return (struct source_verdict){.class = class, .reason = reason, .score = score};
}

/* Packets from the middle of a connection, to one address and port: who had it before. */
static bool is_leftover(const struct source_summary *source, const struct sums *sums)
{
    const double *features = source->features;
    return source->kinds.tcp_ack == sums->packets && features[FEATURE_destinations] <= 1 &&
           features[FEATURE_destination_ports] <= 1;
}

static struct source_verdict verdict_on_answers(const struct source_summary *source,
                                                const struct sums *sums)
{
    double fitting = sums->answers + sums->icmp_answers;
    double score = score_of(PRIOR_KIND, fitting, sums->packets);
    if (is_leftover(source, sums))
        return verdict(SOURCE_other, REASON_leftover,
                       score_of(PRIOR_BEHAVIOUR, sums->packets, sums->packets));
    if (sums->icmp_answers > sums->answers)
        return verdict(SOURCE_icmp_backscatter, REASON_icmp_answers, score);
    bool udp = sums->udp_answers * 2 > sums->answers;
    return verdict(SOURCE_backscatter, udp ? REASON_udp_answers : REASON_tcp_answers, score);
}

/* Which tool sends the probes, if it can be told. */
static struct source_verdict verdict_on_tool(const struct source_summary *source,
                                             const struct sums *sums, double size)
{
    const struct source_marks *marks = &source->marks;
    double packets = sums->packets;
    if (marks->zmap * 2.0 >= sums->probes && marks->zmap >= marks->masscan)
        return verdict(SOURCE_zmap, REASON_zmap_mark, score_of(PRIOR_MARK, marks->zmap, packets));
    if (marks->masscan * 2.0 >= sums->probes)
        return verdict(SOURCE_masscan, REASON_masscan_mark,
                       score_of(PRIOR_MARK, marks->masscan, packets));
    if (is_permutation(source, sums, size))
        return verdict(SOURCE_zmap, REASON_permutation,
                       score_of(PRIOR_BEHAVIOUR, source->kinds.tcp_syn, packets));
    if (is_stray(source, sums))
        return verdict(SOURCE_other, REASON_stray,
                       score_of(PRIOR_BEHAVIOUR, sums->probes, packets));
    if (sums->udp_probes * 2 > sums->probes)
        return verdict(SOURCE_udp_scan, REASON_udp_probes,
                       score_of(PRIOR_KIND, sums->udp_probes, packets));
    double fitting = sums->probes - sums->udp_probes;
    bool nmap = marks->nmap * 2.0 >= sums->probes;
    return verdict(SOURCE_scan, nmap ? REASON_nmap_mark : REASON_probes,
                   score_of(PRIOR_KIND, fitting, packets));
}

struct source_verdict source_classify(const struct source_summary *source, double addresses,
                                      bool listed)
{
    struct sums sums = sums_of(source);
    double size = telescope_size(source, addresses);
    if (source->member)
        return verdict(SOURCE_member, REASON_member, 1);
    if ((sums.answers + sums.icmp_answers) * 2 > sums.packets)
        return verdict_on_answers(source, &sums);
    if (sums.probes * 2 <= sums.packets)
        return verdict(SOURCE_other, REASON_nothing,
                       score_of(PRIOR_REST, sums.packets - sums.probes, sums.packets));
    double marked = source->marks.mirai;
    if (marked > 0 && marked * 2 >= source->kinds.tcp_syn)
        return verdict(SOURCE_mirai, REASON_mirai, score_of(PRIOR_MARK, marked, sums.packets));
    bool alone = is_survey(source, &sums, size), surveys = alone || source->followed;
    struct source_verdict result;
    if (surveys || listed)
        result =
            verdict(SOURCE_investigation,
                    alone     ? REASON_survey
                    : surveys ? REASON_followed
                              : REASON_listed,
                    score_of(listed ? PRIOR_MARK : PRIOR_BEHAVIOUR, sums.probes, sums.packets));
    else
        result = verdict_on_tool(source, &sums, size);
    result.surveys = surveys;
    return result;
}
