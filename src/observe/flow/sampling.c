#include "observe/flow/sampling.h"

#include <string.h>

#include "observe/flow/element.h"

/* float64, or float32 where it was shortened (RFC 7011, 6.2). */
static double real_of(uint64_t value, size_t len)
{
    uint32_t half = (uint32_t)value;
    float small;
    double real;
    memcpy(&small, &half, sizeof(small));
    memcpy(&real, &value, sizeof(real));
    return len == sizeof(small) ? (double)small : real;
}

void sampling_take(struct sampling_words *words, uint16_t element, uint64_t value, size_t len)
{
    uint32_t number = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
    switch (element) {
    case ELEMENT_interface:
        words->interface = number;
        break;
    case ELEMENT_sampler:
    case ELEMENT_selector:
        words->sampler = number;
        break;
    case ELEMENT_interval:
    case ELEMENT_random_interval:
        words->interval = number;
        break;
    case ELEMENT_packet_interval:
        words->packets = number;
        break;
    case ELEMENT_packet_space:
        words->space = number;
        break;
    case ELEMENT_size:
        words->size = number;
        break;
    case ELEMENT_population:
        words->population = number;
        break;
    case ELEMENT_probability:
        words->probability = real_of(value, len);
        break;
    default:
        break;
    }
}

bool sampling_of(const struct sampling_words *words, struct sampling *ret_sampling)
{
    static const double all = UINT32_MAX;
    struct sampling sampling = {0, 0};
    if (words->interval)
        sampling = (struct sampling){words->interval, 1};
    else if (words->packets && words->space)
        sampling = (struct sampling){(uint64_t)words->packets + words->space, words->packets};
    else if (words->size && words->population)
        sampling = (struct sampling){words->population, words->size};
    else if (words->probability * all >= 1 && words->probability <= 1)
        sampling = (struct sampling){UINT32_MAX, (uint64_t)(words->probability * all + 0.5)};
    if (sampling.seen == 0 || sampling.of < sampling.seen)
        return false;
    *ret_sampling = sampling;
    return true;
}

uint64_t sampling_scale(struct sampling sampling, uint64_t count)
{
    unsigned __int128 scaled =
        ((unsigned __int128)count * sampling.of + sampling.seen / 2) / sampling.seen;
    return scaled > UINT64_MAX ? UINT64_MAX : (uint64_t)scaled;
}
