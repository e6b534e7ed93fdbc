/*
 * show/board_inside.h -- the one query all answers of the board begin with.
 */
#ifndef SHOW_BOARD_INSIDE_H
#define SHOW_BOARD_INSIDE_H

/* Order of verdicts, the gravest first. */
#define GRAVEST                                                                                    \
    "CASE outcome WHEN 'success' THEN 0 WHEN 'unknown' THEN 1 WHEN 'failed' THEN 2 ELSE 3 END"

/*
 * Each group with its newest decision, gravest verdict, priority, the reason of that, and state.
 * FAILED and BENIGN count for a group only when every member was judged. What proves something
 * comes first, then what was learned from decisions, then the alert budget's cut of novelty, then
 * the sensor's word. ?1: least priority shown.
 * The gravest verdict and the newest word are looked for once, not for each group: most have none.
 */
#define BOARD                                                                                      \
    "WITH judged AS MATERIALIZED (SELECT group_id, count(*) AS judged,"                            \
    "  min(" GRAVEST " * 1099511627776 + alert) % 1099511627776 AS alert"                          \
    "  FROM alert_verdicts GROUP BY group_id),"                                                    \
    " worded AS MATERIALIZED (SELECT group_id, max(id) AS id FROM alert_decisions"                 \
    "  GROUP BY group_id),"                                                                        \
    " told AS (SELECT g.id, g.first, g.last, g.count, nullif(g.severity, 0) AS severity,"          \
    " g.sensor, g.rule_id, g.rule_name, g.category, g.host, g.host_ip, g.source_ip,"               \
    " g.destination_ip, nullif(g.destination_port, 0) AS destination_port, d.level,"               \
    " iif(d.level IS NULL, NULL, d.analyst) AS analyst,"                                           \
    " iif(d.level IS NULL, NULL, d.time) AS decided, v.outcome, v.class, v.confidence,"            \
    " coalesce(j.judged, 0) AS judged, s.novelty, s.cut, s.level AS level_proposed,"               \
    " s.level_share AS share, s.side FROM alert_groups g"                                          \
    " LEFT JOIN alert_scores s ON s.group_id = g.id"                                               \
    " LEFT JOIN worded w ON w.group_id = g.id LEFT JOIN alert_decisions d ON d.id = w.id"          \
    " LEFT JOIN judged j ON j.group_id = g.id LEFT JOIN alert_verdicts v ON v.alert = j.alert),"   \
    " reasoned AS (SELECT *, CASE WHEN outcome = 'success' THEN 'success'"                         \
    "  WHEN outcome = 'failed' AND judged >= count THEN 'failed'"                                  \
    "  WHEN outcome = 'benign' AND judged >= count THEN 'benign'"                                  \
    "  WHEN side IN ('raised', 'filtered') THEN side WHEN level_proposed >= 2 THEN 'level'"        \
    "  WHEN novelty >= cut THEN 'new' WHEN novelty < cut THEN 'routine'"                           \
    "  WHEN severity IS NOT NULL THEN 'severity' ELSE 'untold' END AS reason FROM told),"          \
    " weighed AS (SELECT *, CASE reason WHEN 'success' THEN 4 WHEN 'failed' THEN 1"                \
    "  WHEN 'benign' THEN 0 WHEN 'raised' THEN max(3, level_proposed) WHEN 'filtered' THEN 0"      \
    "  WHEN 'level' THEN level_proposed WHEN 'new' THEN max(2, 4 - coalesce(severity, 4))"         \
    "  WHEN 'routine' THEN 1 WHEN 'untold' THEN 2 ELSE max(1, 4 - severity) END AS priority"       \
    "  FROM reasoned),"                                                                            \
    " board AS (SELECT *, CASE WHEN level IS NOT NULL THEN 'decided'"                              \
    "  WHEN priority >= ?1 THEN 'shown' ELSE 'held' END AS state FROM weighed) "

#endif
