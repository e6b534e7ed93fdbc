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
    uint32_t empty = 0;
    double sum = 0;
    for (uint32_t i = 0; i < DISTINCT_REGISTERS; i++) {
        sum += ldexp(1, -distinct->registers[i]);
        empty += distinct->registers[i] == 0;
    }
    double estimate = alpha * registers * registers / sum;
    if (estimate <= 2.5 * registers && empty > 0)
        estimate = registers * log(registers / empty);
    return (uint64_t)(estimate + 0.5);
}
