/* Archives that Android reads and unpackers do not; and those that nobody should unpack. */
#include "analyse/android/package.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zlib.h>

/* One entry as it is written; what differs between its two headers is Android's business. */
struct item {
    const char *name, *content;
    uint32_t method, flags, local_method, size; /* size 0: the content's */
    uint32_t packed;                            /* likewise */
};

static void put16(struct buffer *out, uint32_t value)
{
    buffer_put_u8(out, (uint8_t)value);
    buffer_put_u8(out, (uint8_t)(value >> 8));
}

static void fields_put(struct buffer *out, const struct item *item, uint32_t method)
{
    uint32_t len = (uint32_t)strlen(item->content);
    put16(out, item->flags);
    put16(out, method);
    buffer_put_u32(out, 0);
    buffer_put_u32(out, (uint32_t)crc32(0, (const Bytef *)item->content, len));
    buffer_put_u32(out, item->packed ? item->packed : len);
    buffer_put_u32(out, item->size ? item->size : len);
    put16(out, (uint32_t)strlen(item->name));
}

/* Stored content, whatever is said of it. */
static void archive_put(struct buffer *out, const struct item *items, uint32_t count)
{
    struct buffer directory = {0};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t offset = (uint32_t)out->len;
        buffer_put(out, BYTES("PK\3\4"));
        put16(out, 20);
        fields_put(out, &items[i], items[i].local_method);
        put16(out, 0);
        buffer_put(out, bytes_of(items[i].name));
        buffer_put(out, bytes_of(items[i].content));
        buffer_put(&directory, BYTES("PK\1\2"));
        put16(&directory, 20), put16(&directory, 20);
        fields_put(&directory, &items[i], items[i].method);
        put16(&directory, 4), put16(&directory, 0);
        buffer_put_u64(&directory, 0);
        buffer_put_u32(&directory, offset);
        buffer_put(&directory, bytes_of(items[i].name));
        buffer_put(&directory, BYTES("\xff\xff\xff\xff")); /* an extra field longer than its room */
    }
    uint32_t start = (uint32_t)out->len;
    buffer_put(out, buffer_bytes(&directory));
    buffer_put(out, BYTES("PK\5\6\0\0\0\0"));
    put16(out, count), put16(out, count);
    buffer_put_u32(out, (uint32_t)directory.len);
    buffer_put_u32(out, start);
    put16(out, 0);
    buffer_finish(&directory);
}

struct opened {
    struct buffer file;
    struct arena arena;
    struct notes notes;
    struct package package;
};

static void open_items(struct opened *opened, const struct item *items, uint32_t count)
{
    struct fault fault = {0};
    archive_put(&opened->file, items, count);
    assert_int_equal(package_open(buffer_bytes(&opened->file), &opened->arena, &opened->notes,
                                  &opened->package, &fault),
                     0);
}

static void opened_finish(struct opened *opened)
{
    package_close(&opened->package);
    buffer_finish(&opened->file);
    arena_finish(&opened->arena);
}

static bool has_note(const struct notes *notes, const char *what)
{
    for (uint32_t i = 0; i < notes->count; i++)
        if (strcmp(notes->items[i].what, what) == 0)
            return true;
    return false;
}

static void reads_broken_headers_as_android_does(void **state)
{
    (void)state;
    static const struct {
        struct item item;
        const char *note;
    } cases[] = {
        {{"a", "content", 0, 0, 0, 0, 0}, NULL},
        {{"a", "content", 0, 1, 0, 0, 0}, "an entry says it is encrypted, which Android ignores"},
        {{"a", "content", 0x2f35, 0, 0x2f35, 0, 0},
         "an entry says it is packed in a way that Android does not know"},
        {{"a", "content", 0, 0, 99, 0, 0},
         "the header before an entry says it is packed in another way"},
        {{"a", "content", 0, 0, 0, 7, 9999}, "an entry is stored and yet has two lengths"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct opened opened = {0};
        struct bytes content;
        struct fault fault = {0};
        open_items(&opened, &cases[i].item, 1);
        int32_t index = package_find(&opened.package, BYTES("a"));
        assert_int_equal(index, 0);
        assert_int_equal(package_read(&opened.package, 0, &opened.arena, &content, &fault), 0);
        assert_true(bytes_equal(content, BYTES("content")));
        if (cases[i].note)
            assert_true(has_note(&opened.notes, cases[i].note));
        else
            assert_int_equal(opened.notes.count, 0);
        opened_finish(&opened);
    }
}

static void says_what_is_there_twice(void **state)
{
    (void)state;
    static const struct item items[] = {{"classes.dex", "first", 0, 0, 0, 0, 0},
                                        {"classes.dex", "second", 0, 0, 0, 0, 0}};
    struct opened opened = {0};
    open_items(&opened, items, 2);
    assert_int_equal(package_find(&opened.package, BYTES("classes.dex")), 0);
    assert_int_equal(package_find(&opened.package, BYTES("classes")), -1);
    assert_true(has_note(&opened.notes, "an entry is there twice"));
    opened_finish(&opened);
}

/* What is said is held against the limits before anything is unpacked. */
static void refuses_to_swell(void **state)
{
    (void)state;
    static const struct item items[] = {{"large", "x", 8, 0, 8, PACKAGE_ENTRY + 1, 1 << 30},
                                        {"tight", "x", 8, 0, 8, 8 << 20, 1000},
                                        {"broken", "no deflate", 8, 0, 8, 50, 0}};
    static const int errors[] = {-E2BIG, -E2BIG, -EBADMSG};
    struct opened opened = {0};
    open_items(&opened, items, 3);
    for (uint32_t i = 0; i < 3; i++) {
        struct bytes content;
        struct fault fault = {0};
        assert_int_equal(package_read(&opened.package, i, &opened.arena, &content, &fault),
                         errors[i]);
        assert_non_null(fault.why);
    }
    assert_true(opened.arena.used < 1 << 20);
    opened_finish(&opened);
}

/* Many entries that are one run of bytes: the sum is bounded. */
static void bounds_the_sum(void **state)
{
    (void)state;
    struct opened opened = {0};
    static const struct item item = {"a", "x", 8, 0, 8, PACKAGE_ENTRY, PACKAGE_ENTRY};
    struct bytes content;
    struct fault fault = {0};
    open_items(&opened, &item, 1);
    opened.package.unpacked = PACKAGE_ALL - PACKAGE_ENTRY + 1;
    assert_int_equal(package_read(&opened.package, 0, &opened.arena, &content, &fault), -E2BIG);
    opened_finish(&opened);
}

static void refuses_what_android_refuses(void **state)
{
    (void)state;
    struct buffer file = {0};
    struct arena arena = {0};
    struct package package;
    static const struct item item = {"a", "content", 0, 0, 0, 0, 0};
    archive_put(&file, &item, 1);
    for (size_t len = 0; len < file.len; len++) {
        struct fault fault = {0};
        int error = package_open((struct bytes){file.at, len}, &arena, NULL, &package, &fault);
        assert_int_equal(error, -EBADMSG);
        assert_non_null(fault.why);
    }
    buffer_finish(&file);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_broken_headers_as_android_does),
        cmocka_unit_test(says_what_is_there_twice),
        cmocka_unit_test(refuses_to_swell),
        cmocka_unit_test(bounds_the_sum),
        cmocka_unit_test(refuses_what_android_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
