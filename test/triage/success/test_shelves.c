/* Texts on shelves are found exactly when one of them holds what is looked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>

#include "base/random.h"
#include "triage/success/shelves.h"

enum { TEXTS = 3 * SHELF_TEXTS + 5, LENGTH = 60 };

static struct random generator;

static uint32_t chance(uint32_t below)
{
    return (uint32_t)(random_unit(&generator) * below);
}

/* Few letters, so that short runs stand in many texts and long ones in some. */
static struct bytes text_make(struct arena *arena, size_t len)
{
    char text[LENGTH];
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + chance(6));
    return arena_copy(arena, (struct bytes){text, len});
}

static bool one_holds(const struct bytes *texts, int count, struct bytes text)
{
    for (int i = 0; i < count; i++)
        if (text.len && memmem(texts[i].at, texts[i].len, text.at, text.len))
            return true;
    return false;
}

static void finds_what_a_search_of_all_texts_finds(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct shelves shelves = {0};
    struct bytes texts[TEXTS];
    int held = 0, asked = 0;
    for (int n = 0; n < TEXTS; n++) {
        texts[n] = text_make(&arena, 1 + chance(LENGTH));
        assert_int_equal(shelves_add(&shelves, &arena, texts[n]), 0);
        for (size_t len = 1; len < 9; len++, asked++) {
            struct bytes text = text_make(&arena, len);
            bool holds = one_holds(texts, n + 1, text);
            assert_int_equal(shelves_hold(&shelves, text), holds);
            held += holds;
        }
    }
    assert_true(held > asked / 4 && held < asked * 3 / 4);
    for (int n = 0; n < TEXTS; n++) { /* each whole text, and any piece of it */
        size_t from = chance((uint32_t)texts[n].len);
        assert_true(shelves_hold(&shelves, texts[n]));
        assert_true(shelves_hold(&shelves, bytes_from(texts[n], from)));
    }
    arena_finish(&arena);
}

static void holds_nothing_when_empty_and_no_empty_text(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct shelves shelves = {0};
    assert_false(shelves_hold(&shelves, BYTES("a")));
    assert_int_equal(shelves_add(&shelves, &arena, BYTES("a")), 0);
    assert_true(shelves_hold(&shelves, BYTES("a")));
    assert_false(shelves_hold(&shelves, BYTES("")));
    arena_finish(&arena);
}

/* Without room for the words a shelf is looked through; without room for the shelf it says so. */
static void keeps_within_its_arena(void **state)
{
    (void)state;
    struct arena arena = {.limit = 4096};
    struct shelves shelves = {0};
    for (int n = 0; n < SHELF_TEXTS; n++)
        assert_int_equal(shelves_add(&shelves, &arena, n ? BYTES("plain") : BYTES("first")), 0);
    assert_true(shelves_hold(&shelves, BYTES("irs")));
    assert_false(shelves_hold(&shelves, BYTES("last")));
    int error = 0;
    for (int n = 0; n < 4 * SHELF_TEXTS && error == 0; n++)
        error = shelves_add(&shelves, &arena, BYTES("more"));
    assert_int_equal(error, -ENOMEM);
    assert_true(shelves_hold(&shelves, BYTES("first")));
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_a_search_of_all_texts_finds),
        cmocka_unit_test(holds_nothing_when_empty_and_no_empty_text),
        cmocka_unit_test(keeps_within_its_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
