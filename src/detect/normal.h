/*
 * detect/normal.h -- the normal state of a fleet of hosts, and what leaves it.
 *
 * NEC's ASI learns in-host relations (program → program, file, network) and
 * machine relations (who talks to whom) and reports deviations. This detector
 * does the same: it remembers relations in host-days (memory.h), gathers what
 * surprises along process trees (tree.h), and speaks when a tree's evidence is
 * more than normal life reaches within the alert budget (learn/budget.h).
 */
#ifndef DETECT_NORMAL_H
#define DETECT_NORMAL_H

#include "detect/detector.h"

extern const struct detector detector_normal;

#endif
