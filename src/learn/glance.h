/*
 * learn/glance.h -- about how many different ones there were, in 256 bytes.
 *
 * HyperLogLog (Flajolet, Fusy, Gandouet, Meunier, 2007) as in learn/distinct.h
 * with 256 registers: standard error 1.04 / sqrt(256) = 6.5 %, by linear counting
 * 2 to 5 % below 640. For tables with a sketch an entry.
 */
#ifndef LEARN_GLANCE_H
#define LEARN_GLANCE_H

#include "base/bytes.h"

enum { GLANCE_REGISTERS = 256 };

struct glance {
    uint8_t registers[GLANCE_REGISTERS]; /* all zero: nothing seen */
};

/* Any numbers will do: they are mixed here. */
void glance_add(struct glance *glance, uint32_t number);

double glance_count(const struct glance *glance);

#endif
