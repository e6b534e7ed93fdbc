/* What references stand for: whole tables, sparse ones, short and compact entries, loops. */
#include "analyse/android/resources.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyse/android/chunk.h"
#include "base/buffer.h"

enum { FULL, SPARSE = 1, SHORT = 2, COMPACT = 8, CONFIGURATION = 28, HEADER = 20 + CONFIGURATION };

static void put16(struct buffer *out, uint32_t value)
{
    buffer_put_u8(out, (uint8_t)value);
    buffer_put_u8(out, (uint8_t)(value >> 8));
}

static void head_put(struct buffer *out, uint32_t type, uint32_t header, size_t size)
{
    put16(out, type);
    put16(out, header);
    buffer_put_u32(out, (uint32_t)size);
}

/* A string pool (UTF-8) of one text. */
static void strings_put(struct buffer *out, const char *text)
{
    size_t len = strlen(text);
    head_put(out, CHUNK_STRING_POOL, 28, 28 + 4 + 2 + len + 1);
    buffer_put_u32(out, 1);
    buffer_put_u32(out, 0);
    buffer_put_u32(out, 1 << 8);
    buffer_put_u32(out, 32);
    buffer_put_u32(out, 0);
    buffer_put_u32(out, 0);
    buffer_put_u8(out, (uint8_t)len);
    buffer_put_u8(out, (uint8_t)len);
    buffer_put(out, (struct bytes){text, len + 1});
}

/* The head of a chunk of values of `count` entries, whose offsets and entries follow. */
static void type_put(struct buffer *out, uint32_t flags, uint32_t language, uint32_t count,
                     size_t offsets, size_t entries)
{
    head_put(out, CHUNK_TABLE_TYPE, HEADER, HEADER + offsets + entries);
    buffer_put_u8(out, 4);
    buffer_put_u8(out, (uint8_t)flags);
    put16(out, 0);
    buffer_put_u32(out, count);
    buffer_put_u32(out, (uint32_t)(HEADER + offsets));
    buffer_put_u32(out, CONFIGURATION);
    buffer_put_u32(out, 0);
    buffer_put_u32(out, language);
    for (int i = 12; i < CONFIGURATION; i += 4)
        buffer_put_u32(out, 0);
}

static void value_put(struct buffer *out, uint32_t type, uint32_t data)
{
    put16(out, 8);
    put16(out, 0);
    buffer_put_u32(out, 0);
    put16(out, 8);
    buffer_put_u8(out, 0);
    buffer_put_u8(out, (uint8_t)type);
    buffer_put_u32(out, data);
}

struct table {
    struct buffer bytes;
    struct arena arena;
    struct notes notes;
    struct resources resources;
};

/* A table of package 0x7f with the chunks in `types`. */
static void table_make(struct table *table, struct buffer *types)
{
    struct buffer strings = {0};
    struct fault fault = {0};
    strings_put(&strings, "hello");
    size_t package = 288 + types->len;
    head_put(&table->bytes, CHUNK_TABLE, 12, 12 + strings.len + package);
    buffer_put_u32(&table->bytes, 1);
    buffer_put(&table->bytes, buffer_bytes(&strings));
    head_put(&table->bytes, CHUNK_TABLE_PACKAGE, 288, package);
    buffer_put_u32(&table->bytes, 0x7f);
    for (int i = 12; i < 288; i += 4)
        buffer_put_u32(&table->bytes, 0);
    buffer_put(&table->bytes, buffer_bytes(types));
    buffer_finish(&strings);
    buffer_finish(types);
    assert_int_equal(resources_read(buffer_bytes(&table->bytes), &table->arena, &table->notes,
                                    &table->resources, &fault),
                     0);
    assert_int_equal(table->notes.count, 0);
}

static void table_finish(struct table *table)
{
    buffer_finish(&table->bytes);
    arena_finish(&table->arena);
}

/* The default one, wherever it stands. */
static void takes_the_default_value(void **state)
{
    (void)state;
    struct table table = {0};
    struct buffer types = {0};
    struct resource_value value;
    type_put(&types, FULL, 0x6564, 1, 4, 16);
    buffer_put_u32(&types, 0);
    value_put(&types, VALUE_INTEGER, 1);
    type_put(&types, FULL, 0, 1, 4, 16);
    buffer_put_u32(&types, 0);
    value_put(&types, VALUE_STRING, 0);
    table_make(&table, &types);
    assert_true(resources_find(&table.resources, 0x7f040000, &value));
    assert_int_equal(value.type, VALUE_STRING);
    assert_true(bytes_equal(value.text, BYTES("hello")));
    assert_false(resources_find(&table.resources, 0x7f040001, &value));
    assert_false(resources_find(&table.resources, 0x7f050000, &value));
    assert_false(resources_find(&table.resources, 0x01040000, &value));
    table_finish(&table);
}

static void reads_each_kind_of_entry(void **state)
{
    (void)state;
    static const uint32_t kinds[] = {SPARSE, SHORT};
    for (int i = 0; i < 2; i++) {
        struct table table = {0};
        struct buffer types = {0};
        struct resource_value value;
        bool sparse = kinds[i] == SPARSE;
        type_put(&types, kinds[i], 0, sparse ? 1 : 2, 4, 16);
        put16(&types, sparse ? 1 : UINT16_MAX); /* index 1; or: entry 0 is none */
        put16(&types, 0);
        value_put(&types, VALUE_INTEGER, 7);
        table_make(&table, &types);
        assert_false(resources_find(&table.resources, 0x7f040000, &value));
        assert_true(resources_find(&table.resources, 0x7f040001, &value));
        assert_int_equal(value.data, 7);
        table_finish(&table);
    }
}

static void reads_compact_entries(void **state)
{
    (void)state;
    struct table table = {0};
    struct buffer types = {0};
    struct resource_value value;
    type_put(&types, FULL, 0, 1, 4, 8);
    buffer_put_u32(&types, 0);
    put16(&types, 0);
    put16(&types, COMPACT | VALUE_STRING << 8);
    buffer_put_u32(&types, 0);
    table_make(&table, &types);
    assert_true(resources_find(&table.resources, 0x7f040000, &value));
    assert_true(bytes_equal(value.text, BYTES("hello")));
    table_finish(&table);
}

/* One that stands for the next, and two that stand for each other. */
static void follows_references_to_an_end(void **state)
{
    (void)state;
    struct table table = {0};
    struct buffer types = {0};
    struct resource_value value;
    type_put(&types, FULL, 0, 4, 16, 64);
    for (uint32_t i = 0; i < 4; i++)
        buffer_put_u32(&types, 16 * i);
    value_put(&types, VALUE_REFERENCE, 0x7f040001);
    value_put(&types, VALUE_BOOLEAN, 1);
    value_put(&types, VALUE_REFERENCE, 0x7f040003);
    value_put(&types, VALUE_REFERENCE, 0x7f040002);
    table_make(&table, &types);
    assert_true(resources_find(&table.resources, 0x7f040000, &value));
    assert_int_equal(value.type, VALUE_BOOLEAN);
    assert_false(resources_find(&table.resources, 0x7f040002, &value));
    table.resources.effort = 1; /* for the first step, and none is left for the second */
    assert_false(resources_find(&table.resources, 0x7f040000, &value));
    table_finish(&table);
}

static void refuses_what_is_no_table(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct resources resources;
    struct fault fault = {0};
    assert_int_equal(resources_read(BYTES("PK\3\4"), &arena, NULL, &resources, &fault), -EBADMSG);
    assert_non_null(fault.why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_default_value),  cmocka_unit_test(reads_each_kind_of_entry),
        cmocka_unit_test(reads_compact_entries),    cmocka_unit_test(follows_references_to_an_end),
        cmocka_unit_test(refuses_what_is_no_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
