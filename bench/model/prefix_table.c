/* What a look-up costs: bench_model_prefix_table PREFIXES, random /24s, a million random addresses.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "model/prefix_table.h"

enum { ADDRESSES = 1 << 20, ROUNDS = 5 };

static uint64_t seed = UINT64_C(88172645463325252);

static uint32_t random_word(void)
{
    seed ^= seed << 7;
    seed ^= seed >> 9;
    return (uint32_t)(seed >> 16);
}

static struct ip ip_random(uint32_t mask)
{
    struct ip ip = {.octets = {[10] = 0xff, [11] = 0xff}};
    uint32_t address = random_word() & mask;
    for (int i = 0; i < 4; i++)
        ip.octets[12 + i] = (uint8_t)(address >> (24 - 8 * i));
    return ip;
}

static double cpu_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int table_make(uint32_t prefixes, struct prefix_table *table)
{
    for (uint32_t i = 0; i < prefixes; i++) {
        struct prefix prefix = {ip_random(0xffffff00), 96 + 24};
        int error = prefix_table_add(table, &prefix, i + 1);
        if (error)
            return error;
    }
    return prefix_table_freeze(table);
}

int main(int argc, char **argv)
{
    struct prefix_table table = {0};
    uint32_t prefixes = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 3000;
    struct ip *addresses = calloc(ADDRESSES, sizeof(*addresses));
    uint64_t found = 0;
    double best = 1e9, started = cpu_seconds();
    if (!addresses || table_make(prefixes, &table) != 0) {
        free(addresses);
        return 1;
    }
    double made = cpu_seconds() - started;
    for (int i = 0; i < ADDRESSES; i++)
        addresses[i] = ip_random(UINT32_MAX);
    for (int round = 0; round < ROUNDS; round++) {
        double begun = cpu_seconds();
        for (int i = 0; i < ADDRESSES; i++)
            found += prefix_table_find(&table, &addresses[i]) != 0;
        double took = (cpu_seconds() - begun) / ADDRESSES;
        best = took < best ? took : best;
    }
    printf("%" PRIu32 " prefixes: made in %.1f ms, %.1f ns a look-up (best of %d rounds; %" PRIu64
           " found)\n",
           prefixes, made * 1e3, best * 1e9, ROUNDS, found / ROUNDS);
    prefix_table_finish(&table);
    free(addresses);
    return 0;
}
