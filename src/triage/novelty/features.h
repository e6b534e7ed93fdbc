/*
 * triage/novelty/features.h -- how a group of alerts stands out from what was before it.
 *
 * Numbers about a group and its past, after the features of NICT's screening of
 * alerts (Ndichu et al., IEEE BigData 2021 and after). The past is every group
 * that began earlier, at that time; how large a group became is known of those
 * that can't grow any more. So a group's numbers depend on nothing that came later,
 * nor on the order of groups that began at once, and a replay gives the numbers
 * that were given live. Its own count and duration grow while it is open.
 */
#ifndef TRIAGE_NOVELTY_FEATURES_H
#define TRIAGE_NOVELTY_FEATURES_H

#include "triage/novelty/facts.h"

/* X(name, what it tells in English, in Japanese): named so that it is true of low values, too,
 * which may be as strange as high ones. Append only. */
#define NOVELTY_FEATURES(X)                                                                        \
    X(count, "how many alerts it has", "アラートの件数")                                           \
    X(duration, "how long it lasted", "続いた時間")                                                \
    X(rate, "alerts a minute", "毎分のアラート数")                                                 \
    X(rule_excess, "by how much it exceeds the rule's largest group",                              \
      "このルールの過去最大との差")                                                                \
    X(host_excess, "by how much it exceeds the rule's largest group on the host",                  \
      "このホストでのこのルールの過去最大との差")                                                  \
    X(rule_rarity, "how rare the rule is", "ルールのまれさ")                                       \
    X(rule_host_rarity, "how rare the rule is among the host's", "このホストでのルールのまれさ")   \
    X(host_share, "how rarely the rule concerns this host", "このルールでのホストのまれさ")        \
    X(rule_newness, "since when the rule is known", "ルールを初めて見てからの時間")                \
    X(pair_newness, "since when the rule is known on the host",                                    \
      "このホストでルールを初めて見てからの時間")                                                  \
    X(rule_idle, "how long the rule was silent", "ルールの前回からの時間")                         \
    X(pair_idle, "how long the rule was silent on the host",                                       \
      "このホストでのルールの前回からの時間")                                                      \
    X(rule_narrow, "how many hosts ever had the rule", "ルールが出たことのあるホストの数")         \
    X(category_rarity, "how rare the category is", "分類のまれさ")                                 \
    X(hour_rarity, "how rare the hour of day is for the rule", "このルールでの時刻のまれさ")       \
    X(weekend, "weekend or working day", "週末か平日か")                                           \
    X(severity, "the sensor's severity", "センサーの重大度")                                       \
    X(host_activity, "the host's groups within the hour, beside its usual",                        \
      "ホストの1時間の群数と普段との比")                                                           \
    X(network_activity, "the network's groups within the hour, beside its usual",                  \
      "ネットワークの1時間の群数と普段との比")                                                     \
    X(host_company, "other rare alerts on the host within ten minutes before",                     \
      "直前10分の同じホストのまれなアラート")                                                      \
    X(network_company, "other rare alerts in the network within ten minutes before",               \
      "直前10分のネットワークのまれなアラート")                                                    \
    X(host_rules, "how many rules the host had within the hour", "1時間にホストに出たルールの数")  \
    X(rule_hosts, "how many hosts had the rule within the hour", "1時間にルールが出たホストの数")  \
    X(source_rarity, "how rare the source is", "送信元のまれさ")                                   \
    X(link_rarity, "how rarely source and destination meet", "送信元と宛先の組のまれさ")

enum novelty_feature {
#define X(name, english, japanese) NOVELTY_##name,
    NOVELTY_FEATURES(X)
#undef X
        NOVELTY_FEATURE_COUNT
};

enum {
    NOVELTY_SEEN = 1 << 20, /* things remembered; of further ones nothing is known: they stay new */
    NOVELTY_NEIGHBOURS = 4096 /* groups looked back at, the latest, at most */
};

const char *novelty_feature_name(enum novelty_feature feature);
const char *novelty_feature_text(enum novelty_feature feature, bool japanese);

/*
 * ret_rows[group * NOVELTY_FEATURE_COUNT + feature], all finite. `groups` ascend by `first`; those
 * that began at once in any order. -EINVAL: they don't; -ENOMEM.
 */
int novelty_features(const struct group_facts *groups, size_t count, float *ret_rows)
    __attribute__((warn_unused_result));

#endif
