/* analyse/family/family_model.h: made families are told, what is none of them is unknown, and a
 * model comes back from its bytes as it was. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "analyse/family/family_evaluate.h"
#include "base/random.h"

enum { FAMILIES = 6, EACH = 24, CALLS = 40, OWN = 10 };

/* Each family mixes ten calls of its own with what all do; "odd" ones have three rows each. */
static void row_write(struct buffer *out, uint32_t family, struct random *random)
{
    buffer_put_format(out, "family%u\t", family);
    for (int i = 0; i < CALLS; i++)
        if (random_below(random, 3) == 0)
            buffer_put_format(out, "own%u_%u ", family, random_below(random, OWN));
        else
            buffer_put_format(out, "common%u ", random_below(random, 30));
    buffer_put_format(out, "\tfile:%u\tsample%u\n", random_below(random, 1000), family);
}

static void table_make(struct arena *arena, struct family_table *ret_table)
{
    struct buffer text = {0};
    struct random random = {5};
    struct fault fault;
    for (uint32_t family = 0; family < FAMILIES; family++)
        for (int i = 0; i < EACH; i++)
            row_write(&text, family, &random);
    for (uint32_t family = FAMILIES; family < 4 * FAMILIES; family++)
        row_write(&text, family, &random);
    struct bytes kept = arena_copy(arena, buffer_bytes(&text));
    buffer_finish(&text);
    assert_int_equal(family_table_read(kept, arena, ret_table, &fault), 0);
}

static void made_families_are_told(void **state)
{
    struct arena arena = {0};
    struct family_table table;
    struct family_evaluation evaluation;
    (void)state;
    table_make(&arena, &table);
    assert_int_equal(family_validate(&table, 1, NULL, &arena, &evaluation), 0);
    assert_int_equal(evaluation.count, table.count);
    assert_int_equal(evaluation.known, FAMILIES * EACH);
    assert_true(evaluation.known_right >= FAMILIES * EACH * 95 / 100);
    assert_int_equal(evaluation.strange, 3 * FAMILIES);
    assert_true(evaluation.unknown_area > 0.9);
    assert_false(evaluation.two);
    arena_finish(&arena);
}

static void model_comes_back_as_it_was(void **state)
{
    struct arena arena = {0};
    struct family_table table;
    struct family_features *features;
    struct family_model model, back;
    struct family_verdict one, other;
    struct buffer bytes = {0}, again = {0};
    (void)state;
    table_make(&arena, &table);
    assert_int_equal(family_features_all(&table, &arena, &features), 0);
    assert_int_equal(family_fit(&table, features, NULL, 1, &model), 0);
    family_model_save(&model, &bytes);
    struct cursor from = cursor_over(buffer_bytes(&bytes));
    assert_int_equal(family_model_load(&from, &back), 0);
    family_model_save(&back, &again);
    assert_true(bytes_equal(buffer_bytes(&bytes), buffer_bytes(&again)));
    for (uint32_t i = 0; i < table.count; i++) {
        assert_int_equal(family_judge(&model, &features[i], &one), 0);
        assert_int_equal(family_judge(&back, &features[i], &other), 0);
        assert_true(one.best == other.best && one.is_unknown == other.is_unknown);
        assert_memory_equal(one.shares, other.shares, model.classes * sizeof(*one.shares));
    }
    for (size_t len = 0; len < bytes.len; len += 1 + len / 7) {
        struct cursor cut = cursor_over((struct bytes){bytes.at, len});
        struct family_model none;
        assert_int_equal(family_model_load(&cut, &none), -EBADMSG);
    }
    buffer_finish(&bytes);
    buffer_finish(&again);
    family_model_finish(&model);
    family_model_finish(&back);
    arena_finish(&arena);
}

static void one_family_is_too_few(void **state)
{
    struct arena arena = {0};
    struct family_table table;
    struct family_features *features;
    struct family_model model;
    struct fault fault;
    (void)state;
    assert_int_equal(
        family_table_read(BYTES("a\t1 2\na\t1 3\na\t1 4\na\t1 5\nb\t2\n"), &arena, &table, &fault),
        0);
    assert_int_equal(family_features_all(&table, &arena, &features), 0);
    assert_int_equal(family_fit(&table, features, NULL, 1, &model), -ENODATA);
    arena_finish(&arena);
}

/* Families so small that parts of the rows have none of them are learned all the same. */
static void small_families_are_learned(void **state)
{
    struct arena arena = {0};
    struct buffer text = {0};
    struct family_table table;
    struct family_evaluation evaluation;
    struct fault fault;
    struct random random = {9};
    (void)state;
    for (int i = 0; i < 5 * FAMILIES; i++)
        row_write(&text, (uint32_t)i % FAMILIES, &random);
    assert_int_equal(family_table_read(buffer_bytes(&text), &arena, &table, &fault), 0);
    assert_int_equal(family_validate(&table, 1, NULL, &arena, &evaluation), 0);
    assert_int_equal(evaluation.count, 5 * FAMILIES);
    buffer_finish(&text);
    arena_finish(&arena);
}

static void sketches_estimate_what_is_shared(void **state)
{
    struct arena arena = {0};
    struct family_table table;
    struct family_features features[3];
    struct sketch sketches[3];
    struct fault fault;
    struct buffer text = {0};
    (void)state;
    for (int row = 0; row < 3; row++) { /* 0 and 1 share 300 of 500 tokens; 2 shares none */
        buffer_put_format(&text, "a\t\t");
        for (int i = 0; i < 400; i++)
            buffer_put_format(&text, "t%d ", row * (row == 2 ? 1000 : 100) + i);
        buffer_put_char(&text, '\n');
    }
    assert_int_equal(family_table_read(buffer_bytes(&text), &arena, &table, &fault), 0);
    for (int row = 0; row < 3; row++) {
        assert_int_equal(family_features_make(&table.rows[row].behaviour, &arena, &features[row]),
                         0);
        sketches[row] = sketch_make(&features[row]);
    }
    assert_float_equal(sketch_likeness(&sketches[0], &sketches[0]), 1, 0);
    assert_float_equal(sketch_likeness(&sketches[0], &sketches[1]), 0.6, 0.12);
    assert_float_equal(sketch_likeness(&sketches[0], &sketches[2]), 0, 0.03);
    buffer_finish(&text);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_families_are_told),
        cmocka_unit_test(model_comes_back_as_it_was),
        cmocka_unit_test(one_family_is_too_few),
        cmocka_unit_test(small_families_are_learned),
        cmocka_unit_test(sketches_estimate_what_is_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
