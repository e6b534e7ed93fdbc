/* Binary XML as Android reads it: well made, and made to throw readers off. */
#include "analyse/android/axml.h"

#include "analyse/android/chunk.h"
#include "analyse/android/manifest.h"
#include "base/buffer.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NAME_ID = 0x01010003, NONE = -1 };

/* Strings of the documents here, by index; the first two are names of attributes with ids. */
static const char *const texts[] = {
    "name",        "debuggable",  "manifest",        "package",
    "org.example", "application", "uses-permission", "android.permission.SEND_SMS",
    "fake"};
enum { NAME, DEBUGGABLE, MANIFEST, PACKAGE, EXAMPLE, APPLICATION, USES, SEND, FAKE, TEXTS };

struct document {
    struct buffer bytes;
    struct arena arena;
    struct notes notes;
    struct axml axml;
    struct fault fault;
};

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

/* UTF-16, each with its length and a NUL. */
static void strings_put(struct buffer *out)
{
    struct buffer data = {0}, offsets = {0};
    for (int i = 0; i < TEXTS; i++) {
        buffer_put_u32(&offsets, (uint32_t)data.len);
        put16(&data, (uint32_t)strlen(texts[i]));
        for (const char *at = texts[i]; *at; at++)
            put16(&data, (uint8_t)*at);
        put16(&data, 0);
    }
    while (data.len % 4)
        buffer_put_u8(&data, 0);
    head_put(out, CHUNK_STRING_POOL, 28, 28 + offsets.len + data.len);
    buffer_put_u32(out, TEXTS);
    buffer_put_u32(out, 0);
    buffer_put_u32(out, 0);
    buffer_put_u32(out, (uint32_t)(28 + offsets.len));
    buffer_put_u32(out, 0);
    buffer_put(out, buffer_bytes(&offsets));
    buffer_put(out, buffer_bytes(&data));
    buffer_finish(&offsets);
    buffer_finish(&data);
    head_put(out, CHUNK_XML_RESOURCE_MAP, 8, 16);
    buffer_put_u32(out, NAME_ID);
    buffer_put_u32(out, 0x0101000f);
}

/* One attribute at most; `stride` is how long it is said to be. */
static void element_put(struct buffer *out, uint32_t name, int attribute, uint32_t type,
                        uint32_t data, uint32_t stride)
{
    uint32_t count = attribute == NONE ? 0 : 1;
    head_put(out, CHUNK_XML_START, 16, 36 + count * stride);
    buffer_put_u32(out, 1);
    buffer_put_u32(out, UINT32_MAX);
    buffer_put_u32(out, UINT32_MAX);
    buffer_put_u32(out, name);
    put16(out, 20);
    put16(out, stride);
    put16(out, count);
    put16(out, 0), put16(out, 0), put16(out, 0);
    if (!count)
        return;
    buffer_put_u32(out, UINT32_MAX);
    buffer_put_u32(out, (uint32_t)attribute);
    buffer_put_u32(out, UINT32_MAX);
    put16(out, 8);
    buffer_put_u8(out, 0);
    buffer_put_u8(out, (uint8_t)type);
    buffer_put_u32(out, data);
    for (uint32_t i = 20; i < stride; i++)
        buffer_put_u8(out, 0xee);
}

static void end_put(struct buffer *out)
{
    head_put(out, CHUNK_XML_END, 16, 24);
    buffer_put_u64(out, 0);
    buffer_put_u64(out, 0);
}

/* The head with a length that is `off` by so much, and what is in `body`. */
static void whole_put(struct document *document, uint32_t type, int off, struct buffer *body)
{
    head_put(&document->bytes, type, 8, (size_t)((long)body->len + 8 + off));
    buffer_put(&document->bytes, buffer_bytes(body));
    buffer_finish(body);
}

static void body_put(struct buffer *body, uint32_t stride)
{
    strings_put(body);
    element_put(body, MANIFEST, PACKAGE, VALUE_STRING, EXAMPLE, stride);
    element_put(body, USES, NAME, VALUE_STRING, SEND, stride);
    end_put(body);
    element_put(body, APPLICATION, DEBUGGABLE, VALUE_BOOLEAN, UINT32_MAX, stride);
    end_put(body);
    end_put(body);
}

static int document_read(struct document *document)
{
    return axml_read(buffer_bytes(&document->bytes), &document->arena, &document->notes,
                     &document->axml, &document->fault);
}

static void document_finish(struct document *document)
{
    buffer_finish(&document->bytes);
    arena_finish(&document->arena);
}

static struct manifest manifest_of(struct document *document)
{
    struct manifest manifest;
    assert_int_equal(document_read(document), 0);
    assert_int_equal(
        manifest_read(&document->axml, NULL, &document->arena, &manifest, &document->fault), 0);
    return manifest;
}

static void plain_look(const struct manifest *manifest)
{
    assert_true(bytes_equal(manifest->package, BYTES("org.example")));
    assert_int_equal(manifest->permission_count, 1);
    assert_true(bytes_equal(manifest->permissions[0], BYTES("android.permission.SEND_SMS")));
    assert_int_equal(manifest->debuggable, SAID_YES);
}

static void reads_a_plain_document(void **state)
{
    (void)state;
    struct document document = {0};
    struct buffer body = {0};
    body_put(&body, 20);
    whole_put(&document, CHUNK_XML, 0, &body);
    struct manifest manifest = manifest_of(&document);
    plain_look(&manifest);
    assert_int_equal(document.notes.count, 0);
    document_finish(&document);
}

/* A wrong type, too long or too short a length, attributes longer than known. */
static void reads_what_android_reads(void **state)
{
    (void)state;
    static const struct {
        uint32_t type, stride;
        int off;
    } cases[] = {{0, 20, 0}, {CHUNK_XML, 20, 1000}, {CHUNK_XML, 20, -40}, {CHUNK_XML, 28, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct document document = {0};
        struct buffer body = {0};
        body_put(&body, cases[i].stride);
        whole_put(&document, cases[i].type, cases[i].off, &body);
        struct manifest manifest = manifest_of(&document);
        plain_look(&manifest);
        assert_true(document.notes.count > 0);
        document_finish(&document);
    }
}

static void goes_past_chunks_it_does_not_know(void **state)
{
    (void)state;
    struct document document = {0};
    struct buffer body = {0};
    strings_put(&body);
    head_put(&body, 0x0199, 8, 12);
    buffer_put_u32(&body, 0xdddddddd);
    element_put(&body, MANIFEST, PACKAGE, VALUE_STRING, EXAMPLE, 20);
    whole_put(&document, CHUNK_XML, 0, &body);
    struct manifest manifest = manifest_of(&document);
    assert_true(bytes_equal(manifest.package, BYTES("org.example")));
    assert_int_equal(document.notes.count, 1);
    document_finish(&document);
}

/* Android goes by ids: a name without one beside them is a decoy. */
static void knows_attributes_by_their_ids(void **state)
{
    (void)state;
    struct axml_attribute attributes[] = {
        {.name = BYTES("name"), .raw = BYTES("decoy")},
        {.name = BYTES("whatever"), .raw = BYTES("real"), .id = NAME_ID},
    };
    struct axml_element element = {.attributes = attributes, .attribute_count = 2};
    const struct axml_attribute *found = axml_attribute_find(&element, NAME_ID, "name");
    assert_true(bytes_equal(found->raw, BYTES("real")));
    attributes[1].id = 0;
    found = axml_attribute_find(&element, NAME_ID, "name");
    assert_true(bytes_equal(found->raw, BYTES("decoy")));
    assert_null(axml_attribute_find(&element, NAME_ID, "label"));
}

static void refuses_what_has_nothing_in_it(void **state)
{
    (void)state;
    struct document document = {0};
    struct buffer body = {0};
    strings_put(&body);
    whole_put(&document, CHUNK_XML, 0, &body);
    assert_int_equal(document_read(&document), -EBADMSG);
    assert_string_equal(document.fault.why, "there is no element in it");
    document_finish(&document);
    struct document bare = {0};
    struct buffer elements = {0};
    element_put(&elements, MANIFEST, NONE, 0, 0, 20);
    whole_put(&bare, CHUNK_XML, 0, &elements);
    assert_int_equal(document_read(&bare), -EBADMSG);
    assert_string_equal(bare.fault.why, "there are no strings in it");
    document_finish(&bare);
}

/* Every beginning of a document is read or refused; under the sanitizers nothing is touched beyond.
 */
static void reads_any_beginning(void **state)
{
    (void)state;
    struct document document = {0};
    struct buffer body = {0};
    body_put(&body, 20);
    whole_put(&document, CHUNK_XML, 0, &body);
    for (size_t len = 0; len < document.bytes.len; len++) {
        char *copy = malloc(len + 1);
        struct arena arena = {0};
        struct axml axml;
        struct fault fault = {0};
        memcpy(copy, document.bytes.at, len);
        if (axml_read((struct bytes){copy, len}, &arena, NULL, &axml, &fault) != 0)
            assert_non_null(fault.why);
        else
            assert_true(axml.count > 0 && axml.count <= 3);
        arena_finish(&arena);
        free(copy);
    }
    document_finish(&document);
}

/* A thousand strings that are one long one: not a thousand times its length is taken. */
static void bounds_strings_that_overlap(void **state)
{
    (void)state;
    struct buffer chunk = {0};
    struct arena arena = {0};
    struct notes notes = {0};
    struct string_pool pool;
    enum { COUNT = 1000, UNITS = 30000 };
    head_put(&chunk, CHUNK_STRING_POOL, 28, 28 + 4 * COUNT + 2 + 2 * UNITS);
    buffer_put_u32(&chunk, COUNT);
    buffer_put_u32(&chunk, 0);
    buffer_put_u32(&chunk, 0);
    buffer_put_u32(&chunk, 28 + 4 * COUNT);
    buffer_put_u32(&chunk, 0);
    for (int i = 0; i < COUNT; i++)
        buffer_put_u32(&chunk, 0);
    put16(&chunk, UNITS);
    for (int i = 0; i < UNITS; i++)
        put16(&chunk, 'a');
    assert_int_equal(string_pool_read(buffer_bytes(&chunk), &arena, &notes, &pool), 0);
    assert_int_equal(string_pool_get(&pool, 0).len, UNITS);
    for (uint32_t i = 1; i < COUNT; i++)
        string_pool_get(&pool, i);
    assert_true(arena.used < 6 * chunk.len);
    assert_string_equal(notes.items[0].what, "strings overlap: not all are read");
    assert_int_equal(string_pool_get(&pool, COUNT - 1).len, 0);
    assert_int_equal(string_pool_get(&pool, COUNT).len, 0);
    buffer_finish(&chunk);
    arena_finish(&arena);
}

/* A pair of surrogates is one character, a lone one none. */
static void decodes_utf_16(void **state)
{
    (void)state;
    struct buffer chunk = {0};
    struct arena arena = {0};
    struct string_pool pool;
    head_put(&chunk, CHUNK_STRING_POOL, 28, 28 + 4 + 2 + 8 + 2);
    buffer_put_u32(&chunk, 1);
    buffer_put_u32(&chunk, 0);
    buffer_put_u32(&chunk, 0);
    buffer_put_u32(&chunk, 32);
    buffer_put_u32(&chunk, 0);
    buffer_put_u32(&chunk, 0);
    put16(&chunk, 4);
    put16(&chunk, 0x706b), put16(&chunk, 0xd83d), put16(&chunk, 0xdd25), put16(&chunk, 0xd800);
    put16(&chunk, 0);
    assert_int_equal(string_pool_read(buffer_bytes(&chunk), &arena, NULL, &pool), 0);
    assert_true(
        bytes_equal(string_pool_get(&pool, 0), BYTES("\xe7\x81\xab\xf0\x9f\x94\xa5\xef\xbf\xbd")));
    buffer_finish(&chunk);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_plain_document),
        cmocka_unit_test(reads_what_android_reads),
        cmocka_unit_test(goes_past_chunks_it_does_not_know),
        cmocka_unit_test(knows_attributes_by_their_ids),
        cmocka_unit_test(refuses_what_has_nothing_in_it),
        cmocka_unit_test(reads_any_beginning),
        cmocka_unit_test(bounds_strings_that_overlap),
        cmocka_unit_test(decodes_utf_16),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
