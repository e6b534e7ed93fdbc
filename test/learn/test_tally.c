/* learn/tally.h: exact where it says so, and within its stated error where not. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "learn/distinct.h"
#include "learn/tally.h"

enum { VALUES = 200000 };

static uint64_t state = 1;

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

struct truth {
    uint32_t counts[VALUES];
    uint64_t values;
    double mean, deviation;
    uint32_t most;
};

static void truth_tell(struct truth *truth)
{
    double sum = 0, squares = 0;
    uint32_t best = 0;
    truth->values = 0;
    for (uint32_t i = 0; i < VALUES; i++) {
        double count = truth->counts[i];
        truth->values += count > 0;
        sum += count;
        squares += count * count;
        if (truth->counts[i] > best) {
            best = truth->counts[i];
            truth->most = i;
        }
    }
    truth->mean = sum / (double)truth->values;
    truth->deviation = sqrt(fmax(0, squares / (double)truth->values - truth->mean * truth->mean));
}

/* `adds` values below `range`, the small ones far more often. */
static void fill(struct tally_pool *pool, struct tally *tally, struct truth *truth, uint32_t adds,
                 uint32_t range)
{
    for (uint32_t i = 0; i < adds; i++) {
        double u = (double)(draw() >> 11) / 9007199254740992.0;
        uint32_t value = (uint32_t)(u * u * range);
        tally_add(pool, tally, value);
        truth->counts[value]++;
    }
    truth_tell(truth);
}

static void test_few_values_are_exact(void **unused)
{
    static const uint32_t ranges[] = {1, 2, 3, 4, 5, 7, 13, 100, 1000, 4096};
    struct tally_pool pool;
    (void)unused;
    assert_int_equal(tally_pool_open(&pool, 64 << 20), 0);
    for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
        struct truth *truth = calloc(1, sizeof(*truth));
        struct tally tally = {0};
        fill(&pool, &tally, truth, 50000, ranges[i]);
        struct tally_result told = tally_tell(&pool, &tally);
        assert_false(told.sampled);
        assert_int_equal(told.values, truth->values);
        assert_int_equal(told.most, truth->most);
        assert_true(fabs(told.mean - truth->mean) < 1e-9 * truth->mean);
        assert_true(fabs(told.deviation - truth->deviation) < 1e-6 * (1 + truth->deviation));
        tally_clear(&pool, &tally);
        free(truth);
    }
    tally_pool_close(&pool);
}

static void test_many_values_are_within_the_error(void **unused)
{
    struct tally_pool pool;
    double worst = 0, squares = 0;
    enum { ROUNDS = 20 };
    (void)unused;
    assert_int_equal(tally_pool_open(&pool, 64 << 20), 0);
    for (int round = 0; round < ROUNDS; round++) {
        struct truth *truth = calloc(1, sizeof(*truth));
        struct tally tally = {0};
        /* Each round other values, so that each is another sample. */
        uint32_t mask = (uint32_t)draw() & 0xffff0000u;
        for (uint32_t i = 0; i < 100000; i++)
            tally_add(&pool, &tally, i ^ mask);
        struct tally_result told = tally_tell(&pool, &tally);
        double error = fabs((double)told.values / 100000 - 1);
        worst = fmax(worst, error);
        squares += error * error;
        assert_true(told.sampled);
        assert_true(tally.used <= TALLY_EXACT);
        assert_true(told.mean == 1 && told.deviation == 0);
        tally_clear(&pool, &tally);
        free(truth);
    }
    assert_true(sqrt(squares / ROUNDS) < 0.03);
    assert_true(worst < 0.1);
    tally_pool_close(&pool);
}

static void test_majority_survives_the_sample(void **unused)
{
    struct tally_pool pool;
    (void)unused;
    assert_int_equal(tally_pool_open(&pool, 64 << 20), 0);
    for (uint32_t most = 1; most < 40; most++) {
        struct tally tally = {0};
        for (uint32_t i = 0; i < 40000; i++) {
            tally_add(&pool, &tally, most);
            if (i % 8)
                tally_add(&pool, &tally, 1000 + i);
        }
        assert_int_equal(tally_tell(&pool, &tally).most, most);
        tally_clear(&pool, &tally);
    }
    tally_pool_close(&pool);
}

static void test_full_pool_only_widens_the_error(void **unused)
{
    enum { TALLIES = 64, EACH = 5000 };
    struct tally_pool pool;
    struct tally tallies[TALLIES] = {{0}};
    (void)unused;
    assert_int_equal(tally_pool_open(&pool, 256 << 10), 0);
    pool.limit -= 64 << 10;
    for (uint32_t i = 0; i < EACH; i++)
        for (uint32_t at = 0; at < TALLIES; at++)
            tally_add(&pool, &tallies[at], i * 64 + at);
    assert_true(pool.cut > 0);
    assert_true(tally_pool_used(&pool) <= pool.region.size);
    double mean = 0;
    for (uint32_t at = 0; at < TALLIES; at++)
        mean += (double)tally_tell(&pool, &tallies[at]).values / EACH / TALLIES;
    assert_true(mean > 0.8 && mean < 1.2);
    tally_pool_close(&pool);
}

static void test_distinct_within_the_error(void **unused)
{
    static const uint64_t sizes[] = {0, 1, 100, 5000, 60000, 1000000};
    struct distinct *one = calloc(1, sizeof(*one)), *other = calloc(1, sizeof(*other));
    (void)unused;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        memset(one, 0, sizeof(*one));
        memset(other, 0, sizeof(*other));
        for (uint64_t n = 0; n < sizes[i]; n++) {
            uint64_t hash = draw() * 0x9e3779b97f4a7c15u;
            distinct_add(n % 2 ? one : other, hash ^ hash >> 32);
            if (n % 3 == 0) /* in both, and twice: counts once */
                distinct_add(n % 2 ? other : one, hash ^ hash >> 32);
        }
        distinct_merge(one, other);
        double error = (double)distinct_count(one) - (double)sizes[i];
        assert_true(fabs(error) <= 0.032 * (double)sizes[i]); /* four standard errors */
    }
    free(one);
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_values_are_exact),
        cmocka_unit_test(test_many_values_are_within_the_error),
        cmocka_unit_test(test_majority_survives_the_sample),
        cmocka_unit_test(test_full_pool_only_widens_the_error),
        cmocka_unit_test(test_distinct_within_the_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
