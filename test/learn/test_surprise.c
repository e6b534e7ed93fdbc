/* Surprise is what it says: of new draws one in a hundred reaches two, whatever the distribution
 * and beyond what was seen; it never falls, ties count as all that reach them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "learn/surprise.h"

enum { SEEN = 4000, NEW = 400000 };

static double scores[SEEN];

/* 0: uniform, as scores of forests are bounded; 1: exponential; 2: a power law, as errors are. */
static double draw(struct random *random, int kind)
{
    double drawn = 1 - random_unit(random);
    return kind == 0 ? 0.3 + 0.5 * (1 - drawn) : kind == 1 ? -log(drawn) : pow(drawn, -0.5);
}

static struct surprise surprise_make(int kind)
{
    struct random random = {41};
    struct surprise surprise;
    for (int i = 0; i < SEEN; i++)
        scores[i] = draw(&random, kind);
    assert_int_equal(surprise_fit(scores, SEEN, &surprise), 0);
    return surprise;
}

static void as_many_reach_it_as_it_says(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        struct surprise surprise = surprise_make(kind);
        struct random random = {77};
        int reach[4] = {0, 0, 0, 0};
        for (int i = 0; i < NEW; i++) {
            double told = surprise_of(&surprise, draw(&random, kind));
            for (int k = 0; k < 4; k++)
                reach[k] += told >= (k + 1) / 2.0; /* 0.5, 1, 1.5, 2 */
        }
        for (int k = 0; k < 4; k++) {
            double told = -log10(reach[k] / (double)NEW);
            /* 40 of those seen decide on the last, so it is sure to a sixth. */
            assert_true(fabs(told - (k + 1) / 2.0) < (k < 2 ? 0.04 : 0.12));
        }
    }
    /* P(S >= s) = s^-2: a hundred is one in ten thousand, beyond the 4,000 seen. */
    struct surprise power = surprise_make(2);
    assert_true(fabs(surprise_of(&power, 100) - 4) < 0.4);
}

static void never_falls(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        struct surprise surprise = surprise_make(kind);
        double last = 0;
        for (double score = 0; score < 50; score += 0.01) {
            double told = surprise_of(&surprise, score);
            assert_true(told >= last && told <= SURPRISE_MOST);
            last = told;
        }
        assert_true(surprise_of(&surprise, 0) == 0 && surprise_of(&surprise, -5) == 0);
        assert_true(surprise_of(&surprise, INFINITY) == SURPRISE_MOST);
        assert_true(surprise_of(&surprise, NAN) == SURPRISE_MOST);
    }
}

/* Nine in ten score 1, the others 2: both are as surprising as it is to reach them. */
static void ties_count_all(void **state)
{
    (void)state;
    struct surprise surprise;
    for (int i = 0; i < 1000; i++)
        scores[i] = i % 10 ? 1 : 2;
    assert_int_equal(surprise_fit(scores, 1000, &surprise), 0);
    assert_true(surprise_of(&surprise, 1) == 0);
    assert_true(fabs(surprise_of(&surprise, 2) - 1) < 0.01);
    assert_true(surprise_of(&surprise, 3) > 5);
    for (int i = 0; i < 100; i++)
        scores[i] = 0; /* nothing ever deviated */
    assert_int_equal(surprise_fit(scores, 100, &surprise), 0);
    assert_true(surprise_of(&surprise, 0) == 0 && surprise_of(&surprise, 1) == SURPRISE_MOST);
}

static void refuses_and_survives_saving(void **state)
{
    (void)state;
    struct surprise surprise = surprise_make(1), loaded = {.body = -1};
    assert_int_equal(surprise_fit(scores, SURPRISE_LEAST - 1, &loaded), -EINVAL);
    scores[3] = -1;
    assert_int_equal(surprise_fit(scores, SEEN, &loaded), -EINVAL);
    scores[3] = NAN;
    assert_int_equal(surprise_fit(scores, SEEN, &loaded), -EINVAL);
    assert_true(loaded.body == -1);
    struct buffer saved = {0}, again = {0};
    surprise_save(&surprise, &saved);
    for (size_t len = 0; len <= saved.len; len++) {
        struct cursor cursor = cursor_over((struct bytes){saved.at, len});
        assert_int_equal(surprise_load(&cursor, &loaded), len < saved.len ? -EBADMSG : 0);
    }
    surprise_save(&loaded, &again);
    assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&again)));
    saved.at[27] = 0x7f; /* the first point is above the second */
    struct cursor cursor = cursor_over(buffer_bytes(&saved));
    assert_int_equal(surprise_load(&cursor, &loaded), -EBADMSG);
    buffer_finish(&saved);
    buffer_finish(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_reach_it_as_it_says),
        cmocka_unit_test(never_falls),
        cmocka_unit_test(ties_count_all),
        cmocka_unit_test(refuses_and_survives_saving),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
