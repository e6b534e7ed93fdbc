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

/* X(name, what it is in English, in Japanese): a large value is the stranger. Append only. */
#define NOVELTY_FEATURES(X)                                                                        \
    X(count, "how many alerts it has", "アラートの件数")                                           \
    X(duration, "how long it lasted", "続いた時間")                                                \
    X(rate, "alerts a minute", "毎分のアラート数")                                                 \
    X(rule_excess, "more at once than this rule ever gave", "このルールでかつてない件数")          \
    X(host_excess, "more at once than this rule ever gave on the host",                            \
      "このホストではこのルールでかつてない件数")                                                  \
    X(rule_rarity, "the rule is rare", "まれなルール")                                             \
    X(rule_host_rarity, "the rule is rare on this host", "このホストではまれなルール")             \
    X(host_share, "the rule usually concerns other hosts", "普段は他のホストで出るルール")         \
    X(rule_newness, "the rule was first seen lately", "最近初めて現れたルール")                    \
    X(pair_newness, "the rule was first seen on this host lately",                                 \
      "このホストでは最近初めて現れたルール")                                                      \
    X(rule_idle, "the rule had been silent for long", "久しぶりに現れたルール")                    \
    X(pair_idle, "the rule had been silent on this host for long",                                 \
      "このホストでは久しぶりに現れたルール")                                                      \
    X(rule_narrow, "few hosts ever had the rule", "このルールが出たホストは少ない")                \
    X(category_rarity, "the category is rare", "まれな分類")                                       \
    X(hour_rarity, "an unusual hour for the rule", "このルールには珍しい時刻")                     \
    X(weekend, "on a weekend", "週末")                                                             \
    X(severity, "the sensor's severity", "センサーの重大度")                                       \
    X(host_activity, "the host has more groups than usual within the hour",                        \
      "このホストの1時間のアラート群が普段より多い")                                               \
    X(network_activity, "the network has more groups than usual within the hour",                  \
      "ネットワーク全体の1時間のアラート群が普段より多い")                                         \
    X(host_company, "other rare alerts on the host within ten minutes before",                     \
      "直前10分に同じホストで他のまれなアラート")                                                  \
    X(network_company, "rare alerts in the network within ten minutes before",                     \
      "直前10分にネットワークでまれなアラート")                                                    \
    X(host_rules, "many rules on the host within the hour", "1時間に同じホストで多くのルール")     \
    X(rule_hosts, "many hosts with the rule within the hour", "1時間に多くのホストで同じルール")   \
    X(source_rarity, "the source is rare", "まれな送信元")                                         \
    X(link_rarity, "source and destination rarely meet", "まれな送信元と宛先の組")

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
