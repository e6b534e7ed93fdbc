/* Bytes come out once, in order, whatever order and shape they came in. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "observe/exchange/assembly.h"

struct test {
    struct assembly assembly;
    struct assembly_counts counts;
    struct buffer out; /* gaps are a '?' each */
    uint64_t missed;
    int refuse;
};

static int sink(void *context, const struct segment *from, struct bytes data)
{
    struct test *test = context;
    assert_non_null(from);
    if (test->refuse)
        return test->refuse;
    if (data.at)
        buffer_put(&test->out, data);
    else
        buffer_put_char(&test->out, '?'), test->missed += data.len;
    return 0;
}

static int feed_bytes(struct test *test, uint32_t sequence, struct bytes data, uint32_t missing)
{
    struct segment segment = {.sequence = sequence, .data = data, .missing = missing, .packet = 1};
    return assembly_feed(&test->assembly, &segment, sink, test, &test->counts);
}

static void feed(struct test *test, uint32_t sequence, const char *text)
{
    assert_int_equal(feed_bytes(test, sequence, bytes_of(text), 0), 0);
}

/* What came out so far is `text`; nothing of it was said twice. */
static void expect(struct test *test, const char *text)
{
    assert_int_equal(test->out.len, strlen(text));
    if (test->out.len)
        assert_memory_equal(test->out.at, text, test->out.len);
}

static void finish(struct test *test)
{
    assembly_finish(&test->assembly);
    buffer_finish(&test->out);
}

static void segments_in_any_order_come_out_in_order(void **state)
{
    static const char text[] = "abcdef";
    (void)state;
    int order[6];
    for (int n = 0; n < 720; n++) { /* every permutation of six */
        struct test test = {0};
        bool used[6] = {false};
        for (int i = 0, rest = n; i < 6; i++) {
            int skip = rest % (6 - i), at = 0;
            rest /= 6 - i;
            while (used[at] || skip-- > 0)
                at++;
            used[at] = true;
            order[i] = at;
        }
        assembly_start(&test.assembly, 10);
        for (int i = 0; i < 6; i++)
            assert_int_equal(
                feed_bytes(&test, 10 + (uint32_t)order[i], (struct bytes){text + order[i], 1}, 0),
                0);
        expect(&test, text);
        assert_int_equal(test.counts.gaps, 0);
        assert_int_equal(test.assembly.held_count, 0);
        finish(&test);
    }
}

static void repeats_are_said_once(void **state)
{
    (void)state;
    struct test test = {0};
    feed(&test, 1, "hello");
    feed(&test, 1, "hello");
    feed(&test, 3, "llo wor");
    feed(&test, 10, "ld");
    expect(&test, "hello world");
    assert_int_equal(test.counts.repeated, 1);
    assert_int_equal(test.counts.contradicted, 0);
    finish(&test);
}

static void the_first_of_two_contradicting_wins(void **state)
{
    (void)state;
    struct test test = {0};
    assembly_start(&test.assembly, 0);
    feed(&test, 4, "GOOD");
    feed(&test, 2, "xxEVILyy"); /* around what is held */
    feed(&test, 0, "ab");
    expect(&test, "abxxGOODyy");
    assert_int_equal(test.counts.contradicted, 1);
    finish(&test);
    test = (struct test){0};
    assembly_start(&test.assembly, 0);
    feed(&test, 4, "GOOD");
    feed(&test, 0, "abcdEVILyz"); /* due at once, around what is held */
    expect(&test, "abcdGOODyz");
    assert_int_equal(test.counts.contradicted, 1);
    finish(&test);
}

static void agreeing_overlaps_are_no_contradiction(void **state)
{
    (void)state;
    struct test test = {0};
    assembly_start(&test.assembly, 0);
    feed(&test, 4, "efgh");
    feed(&test, 2, "cdefghij");
    feed(&test, 0, "abcd");
    expect(&test, "abcdefghij");
    assert_int_equal(test.counts.contradicted, 0);
    finish(&test);
}

static void sequence_numbers_wrap(void **state)
{
    (void)state;
    struct test test = {0};
    assembly_start(&test.assembly, 0xfffffffc);
    feed(&test, 2, "gh");
    feed(&test, 0xfffffffc, "abcd");
    feed(&test, 0, "ef");
    expect(&test, "abcdefgh");
    finish(&test);
}

static void what_was_not_captured_is_a_gap(void **state)
{
    (void)state;
    struct test test = {0};
    assert_int_equal(feed_bytes(&test, 5, BYTES("head"), 6), 0);
    feed(&test, 15, "tail");
    expect(&test, "head?tail");
    assert_int_equal(test.missed, 6);
    finish(&test);
}

static void a_hole_is_passed_when_the_line_ends(void **state)
{
    (void)state;
    struct test test = {0};
    assembly_start(&test.assembly, 0);
    feed(&test, 3, "def");
    feed(&test, 9, "jkl");
    expect(&test, "");
    assert_int_equal(assembly_flush(&test.assembly, sink, &test, &test.counts), 0);
    expect(&test, "?def?jkl");
    assert_int_equal(test.missed, 6);
    assert_int_equal(test.counts.gaps, 2);
    finish(&test);
}

static void what_is_held_has_bounds(void **state)
{
    (void)state;
    static const char block[1 << 14];
    struct test test = {0};
    assembly_start(&test.assembly, 0);
    for (uint32_t i = 0; i < 3 * ASSEMBLY_SEGMENTS; i++) { /* every other byte */
        feed(&test, 1 + 2 * i, "x");
        assert_true(test.assembly.held_count <= ASSEMBLY_SEGMENTS);
    }
    finish(&test);
    test = (struct test){0};
    assembly_start(&test.assembly, 0);
    for (uint32_t i = 0; i < 200; i++) {
        assert_int_equal(feed_bytes(&test, 1 + i * (uint32_t)sizeof(block),
                                    (struct bytes){block, sizeof(block)}, 0),
                         0);
        assert_true(test.assembly.held_bytes <= ASSEMBLY_HELD);
    }
    assert_int_equal(test.counts.gaps, 1);
    finish(&test);
}

static void far_segments_belong_to_no_window(void **state)
{
    (void)state;
    struct test test = {0};
    feed(&test, 0, "a");
    feed(&test, ASSEMBLY_WINDOW + 2, "far");
    feed(&test, (uint32_t)-ASSEMBLY_WINDOW - 2, "old");
    expect(&test, "a");
    assert_int_equal(test.counts.outside, 2);
    finish(&test);
}

/* A million one-byte segments backwards and interleaved: a second would be far too long. */
static void a_million_tiny_segments_cost_little(void **state)
{
    (void)state;
    struct test test = {0};
    assembly_start(&test.assembly, 0);
    for (uint32_t i = 1000000; i > 0; i--)
        feed(&test, i, "x");
    assert_true(test.assembly.held_count <= ASSEMBLY_SEGMENTS);
    assert_true(test.counts.gaps > 0);
    finish(&test);
}

static void the_sinks_error_stops(void **state)
{
    (void)state;
    struct test test = {.refuse = -EPIPE};
    assert_int_equal(feed_bytes(&test, 0, BYTES("abc"), 0), -EPIPE);
    test.refuse = 0;
    feed(&test, 5, "f");
    test.refuse = -EPIPE;
    assert_int_equal(assembly_flush(&test.assembly, sink, &test, &test.counts), -EPIPE);
    finish(&test);
}

/* Any cut of a text into overlapping pieces, in any order, gives the text. */
static void random_pieces_give_the_text(void **state)
{
    (void)state;
    char text[400];
    uint64_t seed = 7;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 23);
    for (int round = 0; round < 500; round++) {
        struct test test = {0};
        assembly_start(&test.assembly, 0xffffff80u);
        for (int i = 0; i < 300; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            uint32_t from = (uint32_t)(seed >> 33) % 400, len = 1 + (uint32_t)(seed >> 50) % 30;
            len = from + len > 400 ? 400 - from : len;
            assert_int_equal(
                feed_bytes(&test, 0xffffff80u + from, (struct bytes){text + from, len}, 0), 0);
        }
        assert_int_equal(feed_bytes(&test, 0xffffff80u, (struct bytes){text, 400}, 0), 0);
        assert_int_equal(test.out.len, 400);
        assert_memory_equal(test.out.at, text, 400);
        assert_int_equal(test.counts.contradicted, 0);
        finish(&test);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_in_any_order_come_out_in_order),
        cmocka_unit_test(repeats_are_said_once),
        cmocka_unit_test(the_first_of_two_contradicting_wins),
        cmocka_unit_test(agreeing_overlaps_are_no_contradiction),
        cmocka_unit_test(sequence_numbers_wrap),
        cmocka_unit_test(what_was_not_captured_is_a_gap),
        cmocka_unit_test(a_hole_is_passed_when_the_line_ends),
        cmocka_unit_test(what_is_held_has_bounds),
        cmocka_unit_test(far_segments_belong_to_no_window),
        cmocka_unit_test(a_million_tiny_segments_cost_little),
        cmocka_unit_test(the_sinks_error_stops),
        cmocka_unit_test(random_pieces_give_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
