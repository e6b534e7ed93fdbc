#include "analyse/image/entropy.h"

#include <math.h>

enum { RUN = 1024, VALUES = 256 };

/* Four tables, so that equal neighbours need not wait for each other. */
struct tally {
    uint32_t of[4][VALUES];
    size_t total;
};

static void tally_add(struct tally *tally, struct bytes bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.at;
    size_t i = 0;
    for (; i + 4 <= bytes.len; i += 4) {
        tally->of[0][at[i]]++;
        tally->of[1][at[i + 1]]++;
        tally->of[2][at[i + 2]]++;
        tally->of[3][at[i + 3]]++;
    }
    for (; i < bytes.len; i++)
        tally->of[0][at[i]]++;
    tally->total += bytes.len;
}

static double tally_entropy(const struct tally *tally, uint32_t *ret_values)
{
    double sum = 0, total = (double)tally->total;
    uint32_t values = 0;
    for (uint32_t i = 0; i < VALUES; i++) {
        uint32_t count = tally->of[0][i] + tally->of[1][i] + tally->of[2][i] + tally->of[3][i];
        if (count == 0)
            continue;
        values++;
        sum += (double)((float)count * log2f((float)count));
    }
    *ret_values = values;
    double entropy = tally->total ? log2(total) - sum / total : 0;
    return entropy > 0 ? entropy : 0;
}

double entropy_of(struct bytes bytes)
{
    struct tally tally = {.total = 0};
    uint32_t values;
    tally_add(&tally, bytes);
    return tally_entropy(&tally, &values);
}

double entropy_sampled(struct bytes bytes, size_t most)
{
    if (bytes.len <= most)
        return entropy_of(bytes);
    struct tally tally = {.total = 0};
    size_t runs = most / RUN;
    uint32_t values;
    for (size_t i = 0; i < runs; i++) {
        size_t at = (size_t)((double)(bytes.len - RUN) * (double)i / (double)(runs - 1));
        tally_add(&tally, (struct bytes){bytes.at + at, RUN});
    }
    double entropy = tally_entropy(&tally, &values);
    double corrected = entropy + (values - 1) / (2 * (double)tally.total * log(2));
    return corrected < 8 ? corrected : 8;
}

void entropy_map(struct bytes bytes, uint32_t count, float *ret_map)
{
    size_t each = count ? bytes.len / count : 0;
    for (uint32_t i = 0; i < count; i++) {
        size_t from = i * each, to = i + 1 == count ? bytes.len : from + each;
        ret_map[i] = (float)entropy_of((struct bytes){bytes.at + from, to - from});
    }
}
