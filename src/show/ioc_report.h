/*
 * show/ioc_report.h -- indicators for people.
 */
#ifndef SHOW_IOC_REPORT_H
#define SHOW_IOC_REPORT_H

#include <stdio.h>

#include "model/indicator.h"

/* One indicator: what to look for, what it covers, how readable it is; with `explain` why, its
 * expressions and some of its samples. */
void ioc_report_print(FILE *to, const struct indicator *indicator, bool explain);

#endif
