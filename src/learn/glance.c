#include "learn/glance.h"

#include <math.h>

/* The finalizer of MurmurHash3: every bit of the number moves every bit of the hash. */
static uint64_t number_mix(uint64_t number)
{
    number = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ number >> 33) * UINT64_C(0xff51afd7ed558ccd);
    number = (number ^ number >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return number ^ number >> 33;
}

void glance_add(struct glance *glance, uint32_t number)
{
    uint64_t hash = number_mix(number);
    uint8_t *most = &glance->registers[hash >> 56];
    uint8_t rank = (uint8_t)(__builtin_clzll(hash << 8 | 0x80) + 1);
    if (*most < rank)
        *most = rank;
}

double glance_count(const struct glance *glance)
{
    const double registers = GLANCE_REGISTERS, alpha = 0.7213 / (1 + 1.079 / registers);
    uint32_t empty = 0;
    double sum = 0;
    for (uint32_t i = 0; i < GLANCE_REGISTERS; i++) {
        sum += ldexp(1, -glance->registers[i]);
        empty += glance->registers[i] == 0;
    }
    double estimate = alpha * registers * registers / sum;
    if (estimate <= 2.5 * registers && empty > 0)
        return registers * log(registers / empty);
    return estimate;
}
