/* The ground: time, JSON, hash table, strings, buffer and cursor. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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
        cmocka_unit_test(time_round_trip),           cmocka_unit_test(time_refuses),
        cmocka_unit_test(json_is_always_valid),      cmocka_unit_test(hash_table_survives_removal),
        cmocka_unit_test(strings_are_interned_once), cmocka_unit_test(cursor_sticks),
        cmocka_unit_test(arena_keeps_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
