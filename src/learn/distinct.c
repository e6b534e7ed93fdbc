#include "learn/distinct.h"

#include <math.h>

void distinct_merge(struct distinct *into, const struct distinct *from)
{
    for (uint32_t i = 0; i < DISTINCT_REGISTERS; i++)
        if (into->registers[i] < from->registers[i])
            into->registers[i] = from->registers[i];
}

uint64_t distinct_count(const struct distinct *distinct)
{
    const double registers = DISTINCT_REGISTERS, alpha = 0.7213 / (1 + 1.079 / registers);
    uint32_t ranks[UINT8_MAX + 1] = {0}, empty;
    double sum = 0;
    for (uint32_t i = 0; i < DISTINCT_REGISTERS; i++)
        ranks[distinct->registers[i]]++;
    for (int rank = UINT8_MAX; rank >= 0; rank--)
        sum += ldexp(ranks[rank], -rank);
    empty = ranks[0];
    double estimate = alpha * registers * registers / sum;
    if (estimate <= 2.5 * registers && empty > 0)
        estimate = registers * log(registers / empty);
    return (uint64_t)(estimate + 0.5);
}
