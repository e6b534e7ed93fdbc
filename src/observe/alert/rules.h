/*
 * observe/alert/rules.h -- free text → fields of an alert, by rules of liblognorm.
 *
 * A rule base of version 2 (https://www.liblognorm.com/) describes lines and names their
 * parts. A part fills the field of an alert that has its name
 * (observe/alert/field.h), or one of the other names below:
 *
 *     src_ip, dst_ip, dest_ip, src_port, dst_port, dest_port, proto, user, date,
 *     signature, msg
 *
 * other names are passed over. The tags of a rule are its alerts' category, the
 * first of them the id of the rule and, where nothing fills rule_name, the name.
 * A rule tagged "no_alert" describes lines that are none. Annotations say what
 * does not stand in the line itself:
 *
 *     version=2
 *     rule=ssh_failed:Failed password for %user:word% from %src_ip:ipv4% port %src_port:number%
 * ssh2 annotate=ssh_failed:+severity="2"
 *
 * The rules are the user's own; the lines are not.
 */
#ifndef OBSERVE_ALERT_RULES_H
#define OBSERVE_ALERT_RULES_H

#include "observe/alert/field.h"

enum { ALERT_RULES_LINE = 16384 }; /* longer lines match no rule: some parts look far ahead */

struct alert_rules;

struct alert_rules_counts {
    uint64_t matched, unmatched; /* lines */
};

/*
 * -EINVAL with what alert_rules_error says: no rule base of version 2, no rule in it, or one that
 * is wrong; -errno of opening it. alert_rules_free in any case.
 */
int alert_rules_load(const char *path, struct alert_rules **ret_rules)
    __attribute__((warn_unused_result));
const char *alert_rules_error(const struct alert_rules *rules); /* NULL is allowed */
void alert_rules_free(struct alert_rules *rules);               /* NULL is allowed */

const struct alert_rules_counts *alert_rules_counts(const struct alert_rules *rules);

/*
 * Fill the alert from a line. ALERT_REASON_unknown: no rule describes it; ALERT_REASON_other: one
 * that says it is no alert.
 */
enum alert_reason alert_rules_apply(struct alert_rules *rules, struct bytes line,
                                    struct alert_batch *batch, struct alert *alert,
                                    int64_t reference);

#endif
