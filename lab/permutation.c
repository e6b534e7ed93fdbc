#include "lab/permutation.h"

static uint32_t power(uint32_t base, uint32_t exponent, uint32_t prime)
{
    uint64_t result = 1, square = base;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1)
            result = result * square % prime;
        square = square * square % prime;
    }
    return (uint32_t)result;
}

static bool is_prime(uint32_t number)
{
    for (uint32_t divisor = 2; divisor * divisor <= number; divisor++)
        if (number % divisor == 0)
            return false;
    return number >= 2;
}

/* A generator's powers reach 1 at no proper divisor of prime - 1. */
static bool is_generator(const struct permutation *permutation, uint32_t candidate)
{
    for (uint32_t i = 0; i < permutation->factor_count; i++)
        if (power(candidate, (permutation->prime - 1) / permutation->factors[i],
                  permutation->prime) == 1)
            return false;
    return true;
}

void permutation_begin(struct permutation *permutation, uint32_t count)
{
    *permutation = (struct permutation){.count = count, .prime = count + 1};
    while (!is_prime(permutation->prime))
        permutation->prime++;
    uint32_t rest = permutation->prime - 1;
    for (uint32_t divisor = 2; rest > 1; divisor++) {
        if (divisor * divisor > rest)
            divisor = rest;
        if (rest % divisor)
            continue;
        permutation->factors[permutation->factor_count++] = divisor;
        while (rest % divisor == 0)
            rest /= divisor;
    }
    permutation->root = 1;
    while (!is_generator(permutation, permutation->root))
        permutation->root++;
}

/* Other generators are the powers of one whose exponent shares no factor with the group's size. */
struct walk permutation_walk(const struct permutation *permutation, struct random *random)
{
    uint32_t size = permutation->prime - 1, exponent;
    bool coprime;
    do {
        exponent = 1 + random_below(random, size);
        coprime = true;
        for (uint32_t i = 0; i < permutation->factor_count; i++)
            coprime = coprime && exponent % permutation->factors[i] != 0;
    } while (!coprime);
    return (struct walk){1 + random_below(random, size),
                         power(permutation->root, exponent, permutation->prime)};
}

uint32_t permutation_next(const struct permutation *permutation, struct walk *walk)
{
    do
        walk->at = (uint32_t)((uint64_t)walk->at * walk->generator % permutation->prime);
    while (walk->at > permutation->count);
    return walk->at - 1;
}
