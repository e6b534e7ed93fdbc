#include "lab/random.h"

static uint64_t scramble(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t random_mix(uint64_t key, uint64_t second_key)
{
    return scramble(scramble(key + 0x9e3779b97f4a7c15u) + second_key * 0xd1342543de82ef95u + 1);
}

struct random random_stream(uint64_t seed, uint64_t key, uint64_t second_key)
{
    return (struct random){random_mix(random_mix(seed, key), second_key)};
}

uint64_t random_next(struct random *random)
{
    random->state += 0x9e3779b97f4a7c15u;
    return scramble(random->state);
}

uint32_t random_below(struct random *random, uint32_t bound)
{
    return (uint32_t)(((random_next(random) >> 32) * bound) >> 32);
}

int64_t random_between(struct random *random, int64_t low, int64_t high)
{
    if (high <= low)
        return low;
    return low + (int64_t)(random_next(random) % ((uint64_t)(high - low) + 1));
}

double random_unit(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

bool random_chance(struct random *random, double probability)
{
    return random_unit(random) < probability;
}

double random_normal(struct random *random)
{
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += random_unit(random);
    return (sum - 2) * 1.7320508075688772; /* four uniforms have the variance 1/3 */
}

uint32_t random_skewed(struct random *random, uint32_t count)
{
    double unit = random_unit(random);
    return (uint32_t)(unit * unit * unit * count);
}
