/*
 * show/trace_table.h -- a trace for people: who did what to whom, in time order.
 */
#ifndef SHOW_TRACE_TABLE_H
#define SHOW_TRACE_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "analyse/trace.h"

/* Print the edges between the `most` weightiest nodes (0: all), and what was left out. */
void trace_table_print(const struct trace *trace, uint32_t most, bool japanese, FILE *to);

#endif
