/* The ground: time, JSON, hash table, strings, buffer and cursor. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/json.h"
#include "base/strings.h"
#include "base/time.h"

static void time_round_trip(void **state)
{
    (void)state;
    static const char *const texts[] = {"2024-05-07T19:05:07.112140Z", "1970-01-01T00:00:00Z",
                                        "1969-12-31T23:59:59.999Z",
                                        "2000-02-29T12:00:00.000000001Z"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int64_t time;
        char text[TIME_TEXT_SIZE];
        assert_int_equal(time_parse(bytes_of(texts[i]), &time), 0);
        assert_string_equal(time_format(time, text).at, texts[i]);
    }
}

static void time_refuses(void **state)
{
    (void)state;
    int64_t time = 42, zoned, plain;
    assert_int_equal(time_parse(BYTES("0001-01-01T00:00:00Z"), &time), -ERANGE);
    assert_int_equal(time_parse(BYTES("9999-12-31T23:59:59Z"), &time), -ERANGE);
    assert_int_equal(time_parse(BYTES("2024-13-01T00:00:00Z"), &time), -EINVAL);
    assert_int_equal(time_parse(BYTES("2023-02-29T00:00:00Z"), &time), -EINVAL);
    assert_int_equal(time_parse(BYTES("2261-12-31T23:59:59-01:00"), &time), -ERANGE);
    assert_int_equal(time_parse(BYTES("1678-01-01T00:00:00+01:00"), &time), -ERANGE);
    assert_int_equal(time_parse(BYTES("yesterday"), &time), -EINVAL);
    assert_int_equal(time, 42);
    assert_int_equal(time_parse(BYTES("2024-05-07 10:00:00.5+09:00"), &zoned), 0);
    assert_int_equal(time_parse(BYTES("2024-05-07T01:00:00.500Z"), &plain), 0);
    assert_int_equal(zoned, plain);
}

static void json_is_always_valid(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct json json = {.out = &out};
    json_object(&json);
    json_key_text(&json, "a\"b", BYTES("x\n\xff\xe7\x81\xab"));
    json_key(&json, "n"), json_array(&json), json_integer(&json, -3), json_number(&json, 0.5);
    json_end_array(&json);
    json_end_object(&json);
    assert_true(bytes_equal(buffer_bytes(&out),
                            BYTES("{\"a\\\"b\":\"x\\n\xef\xbf\xbd\xe7\x81\xab\",\"n\":[-3,0.5]}")));
    buffer_finish(&out);
}

static void number_check(struct buffer *out, double value)
{
    char want[32];
    struct json json = {.out = out};
    snprintf(want, sizeof(want), "%.6g", value);
    buffer_clear(out);
    json_number(&json, value);
    if (!bytes_equal(buffer_bytes(out), bytes_of(want)))
        fail_msg("%a: %.*s, not %s", value, (int)out->len, out->at, want);
}

static void json_numbers_are_those_of_printf(void **state)
{
    (void)state;
    struct buffer out = {0};
    uint64_t random = 1;
    for (int exponent = -12; exponent <= 12; exponent++) {
        double power = pow(10, exponent);
        for (int i = 0; i < 4000; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            double part = (double)(random >> 11) * 0x1p-53;
            number_check(&out, part * power);
            number_check(&out, (float)(part * power));
            /* Six and seven digits: where rounding turns, and beside it. */
            double digits = (double)(random >> 43) / 2 * power;
            number_check(&out, digits);
            number_check(&out, nextafter(digits, 0));
            number_check(&out, nextafter(digits, 1e300));
        }
        number_check(&out, power), number_check(&out, -power);
        number_check(&out, nextafter(power, 0)), number_check(&out, nextafter(power, 1e300));
    }
    static const double others[] = {0, -0.0, 0.5, 999999.5, 999999.49, 1e300, 5e-324, -1.5};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        number_check(&out, others[i]);
    buffer_finish(&out);
}

static void json_integers_have_all_their_digits(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct json json = {.out = &out};
    json_array(&json);
    json_integer(&json, INT64_MIN), json_integer(&json, -1), json_integer(&json, 0);
    json_integer(&json, INT64_MAX), json_unsigned(&json, UINT64_MAX), json_unsigned(&json, 0);
    json_end_array(&json);
    assert_true(bytes_equal(buffer_bytes(&out), BYTES("[-9223372036854775808,-1,0,"
                                                      "9223372036854775807,"
                                                      "18446744073709551615,0]")));
    buffer_finish(&out);
}

/* Whatever room there is when it begins. */
static void formats_are_not_cut(void **state)
{
    (void)state;
    for (size_t before = 0; before < 600; before++) {
        struct buffer out = {0};
        for (size_t i = 0; i < before; i++)
            buffer_put_char(&out, '.');
        buffer_put_format(&out, "%s-%d", "twenty characters!!!", 12345);
        assert_int_equal(out.len, before + 26);
        assert_memory_equal(out.at + before, "twenty characters!!!-12345", 26);
        buffer_finish(&out);
    }
}

static void hash_table_survives_removal(void **state)
{
    (void)state;
    struct hash_table table = {0};
    for (uint32_t i = 0; i < 5000; i++)
        assert_int_equal(hash_table_put(&table, i * UINT64_C(0x100000001), i), 0);
    for (uint32_t i = 0; i < 5000; i += 2)
        hash_table_remove(&table, i * UINT64_C(0x100000001));
    for (uint32_t i = 0; i < 5000; i++)
        assert_int_equal(hash_table_get(&table, i * UINT64_C(0x100000001)),
                         i % 2 ? i : HASH_TABLE_NONE);
    hash_table_finish(&table);
}

static void strings_are_interned_once(void **state)
{
    (void)state;
    struct strings strings = {0};
    uint32_t first, second, again, empty;
    assert_int_equal(strings_intern(&strings, BYTES("powershell.exe"), &first), 0);
    assert_int_equal(strings_intern(&strings, BYTES("cmd.exe"), &second), 0);
    assert_int_equal(strings_intern(&strings, BYTES("powershell.exe"), &again), 0);
    assert_int_equal(strings_intern(&strings, BYTES(""), &empty), 0);
    assert_int_equal(first, again);
    assert_int_not_equal(first, second);
    assert_int_equal(empty, 0);
    assert_true(bytes_equal(strings_at(&strings, second), BYTES("cmd.exe")));
    strings_finish(&strings);
}

static void cursor_sticks(void **state)
{
    (void)state;
    struct buffer out = {0};
    buffer_put_u32(&out, 7);
    buffer_put_varint(&out, 300);
    buffer_put_block(&out, BYTES("abc"));
    struct cursor cursor = cursor_over(buffer_bytes(&out));
    assert_int_equal(cursor_u32(&cursor), 7);
    assert_int_equal(cursor_varint(&cursor), 300);
    assert_true(bytes_equal(cursor_block(&cursor), BYTES("abc")));
    assert_true(cursor_ok(&cursor));
    assert_int_equal(cursor_u64(&cursor), 0);
    assert_false(cursor_ok(&cursor));
    assert_int_equal(cursor_u8(&cursor), 0);
    buffer_finish(&out);
}

static void numbers_keep_their_bits(void **state)
{
    (void)state;
    static const double numbers[] = {0, -0.0, 1.5, -1e30, 5e-324, INFINITY, NAN};
    enum { NUMBERS = sizeof(numbers) / sizeof(*numbers) };
    struct buffer out = {0};
    for (int i = 0; i < NUMBERS; i++) {
        buffer_put_double(&out, numbers[i]);
        buffer_put_float(&out, (float)numbers[i]);
    }
    struct cursor cursor = cursor_over(buffer_bytes(&out));
    for (int i = 0; i < NUMBERS; i++) {
        double number = cursor_double(&cursor);
        float wanted = (float)numbers[i], small = cursor_float(&cursor);
        assert_memory_equal(&number, &numbers[i], sizeof(number));
        assert_memory_equal(&small, &wanted, sizeof(small));
    }
    assert_true(cursor_ok(&cursor) && cursor_left(&cursor) == 0);
    buffer_finish(&out);
}

static void arena_keeps_its_limit(void **state)
{
    (void)state;
    struct arena arena = {.limit = 1000};
    assert_non_null(arena_take(&arena, 900));
    assert_null(arena_take(&arena, 200));
    assert_null(arena_take_array(&arena, SIZE_MAX / 2, 4));
    arena_reset(&arena);
    assert_non_null(arena_take(&arena, 200));
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_round_trip),
        cmocka_unit_test(numbers_keep_their_bits),
        cmocka_unit_test(time_refuses),
        cmocka_unit_test(json_is_always_valid),
        cmocka_unit_test(hash_table_survives_removal),
        cmocka_unit_test(strings_are_interned_once),
        cmocka_unit_test(cursor_sticks),
        cmocka_unit_test(arena_keeps_its_limit),
        cmocka_unit_test(json_numbers_are_those_of_printf),
        cmocka_unit_test(json_integers_have_all_their_digits),
        cmocka_unit_test(formats_are_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
