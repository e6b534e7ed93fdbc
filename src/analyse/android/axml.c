#include "analyse/android/axml.h"

#include <errno.h>

#include "analyse/android/chunk.h"
#include "base/cursor.h"

enum { NODE = 16 /* header of a node, at least */, ATTRIBUTE = 20, NO_STRING = -1 };

struct axml_reader {
    struct string_pool strings;
    struct bytes ids; /* resource ids of the first strings, 4 bytes each */
    struct arena *arena;
    struct notes *notes;
    struct axml_element *elements;
    uint32_t count, most, attributes;
    int32_t open; /* the innermost open element */
    bool strings_seen;
};

static void odd(struct axml_reader *reader, const char *what)
{
    note_add(reader->notes, what, BYTES("XML"));
}

bool axml_is(struct bytes file)
{
    struct cursor cursor = cursor_over(file);
    uint16_t type = cursor_u16(&cursor), header = cursor_u16(&cursor);
    cursor_u32(&cursor);
    /* The type may be anything, the first chunk inside is the strings. */
    return cursor_ok(&cursor) && header == 8 &&
           (type == CHUNK_XML || (cursor_u16(&cursor) == CHUNK_STRING_POOL));
}

static struct bytes string_of(struct axml_reader *reader, uint32_t index)
{
    return string_pool_get(&reader->strings, index);
}

static uint32_t id_of(const struct axml_reader *reader, uint32_t name)
{
    struct cursor cursor = cursor_over(bytes_from(reader->ids, (size_t)name * 4));
    uint32_t id = cursor_u32(&cursor);
    return cursor_ok(&cursor) ? id : 0;
}

static void attribute_read(struct axml_reader *reader, struct bytes from,
                           struct axml_attribute *attribute)
{
    struct cursor cursor = cursor_over(from);
    uint32_t space = cursor_u32(&cursor), name = cursor_u32(&cursor), raw = cursor_u32(&cursor);
    cursor_u16(&cursor);
    cursor_u8(&cursor);
    attribute->type = cursor_u8(&cursor);
    attribute->data = cursor_u32(&cursor);
    attribute->space = string_of(reader, space);
    attribute->name = string_of(reader, name);
    attribute->id = id_of(reader, name);
    attribute->raw = string_of(reader, raw);
    if (attribute->type == VALUE_STRING)
        attribute->raw = string_of(reader, attribute->data);
}

/* Attributes of an element, `body` being what follows the node's header. */
static int attributes_read(struct axml_reader *reader, struct bytes body,
                           struct axml_element *element)
{
    struct cursor cursor = cursor_over(bytes_from(body, 8));
    uint32_t start = cursor_u16(&cursor), size = cursor_u16(&cursor), count = cursor_u16(&cursor);
    struct bytes rest = bytes_from(body, start);
    if (count && size < ATTRIBUTE) {
        odd(reader, "attributes are said to be shorter than they are");
        size = ATTRIBUTE;
    }
    if (count && (start != ATTRIBUTE || size != ATTRIBUTE))
        odd(reader, "attributes have gaps between them");
    uint32_t most = count ? (uint32_t)((rest.len + size - ATTRIBUTE) / size) : 0;
    if (count > most) {
        odd(reader, "an element says it has more attributes than fit");
        count = most;
    }
    if (count > AXML_ATTRIBUTES - reader->attributes) {
        odd(reader, "there are too many attributes: not all are read");
        count = AXML_ATTRIBUTES - reader->attributes;
    }
    struct axml_attribute *attributes =
        arena_take_array(reader->arena, (size_t)count + 1, sizeof(*attributes));
    if (!attributes)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        attribute_read(reader, bytes_from(rest, (size_t)i * size), &attributes[i]);
    reader->attributes += count;
    element->attributes = attributes;
    element->attribute_count = count;
    return 0;
}

static int element_open(struct axml_reader *reader, struct bytes body)
{
    if (reader->count == reader->most) {
        odd(reader, "there are too many elements: not all are read");
        return 0;
    }
    struct cursor cursor = cursor_over(body);
    struct axml_element *element = &reader->elements[reader->count];
    uint32_t space = cursor_u32(&cursor);
    element->space = string_of(reader, space);
    element->name = string_of(reader, cursor_u32(&cursor));
    element->parent = reader->open;
    int error = attributes_read(reader, body, element);
    if (!error)
        reader->open = (int32_t)reader->count++;
    return error;
}

static void text_read(struct axml_reader *reader, struct bytes body)
{
    struct cursor cursor = cursor_over(body);
    struct bytes text = string_of(reader, cursor_u32(&cursor));
    if (reader->open >= 0 && reader->elements[reader->open].text.len == 0)
        reader->elements[reader->open].text = text;
}

static int node_read(struct axml_reader *reader, const struct chunk *chunk)
{
    struct bytes body = bytes_from(chunk->all, chunk->header < NODE ? NODE : chunk->header);
    switch (chunk->type) {
    case CHUNK_XML_START:
        return element_open(reader, body);
    case CHUNK_XML_END:
        if (reader->open >= 0)
            reader->open = reader->elements[reader->open].parent;
        return 0;
    case CHUNK_XML_TEXT:
        text_read(reader, body);
        return 0;
    case CHUNK_XML_NAMESPACE_START:
    case CHUNK_XML_NAMESPACE_END:
        return 0;
    default:
        odd(reader, "a chunk of unknown kind is among the elements");
        return 0;
    }
}

static int chunk_read(struct axml_reader *reader, const struct chunk *chunk)
{
    if (chunk->type == CHUNK_STRING_POOL) {
        /* Android takes the last one before the first element. */
        if (reader->strings_seen)
            odd(reader, "there is more than one string pool");
        int error = string_pool_read(chunk->all, reader->arena, reader->notes, &reader->strings);
        reader->strings_seen |= error == 0;
        return error;
    }
    if (chunk->type == CHUNK_XML_RESOURCE_MAP) {
        reader->ids = chunk->behind;
        return 0;
    }
    return node_read(reader, chunk);
}

/* As many elements as there are opening chunks, so that they are taken at once. */
static uint32_t elements_count(struct bytes rest)
{
    struct chunk chunk;
    uint32_t count = 0;
    while (chunk_next(&rest, &chunk))
        count += chunk.type == CHUNK_XML_START;
    return count < AXML_ELEMENTS ? count : AXML_ELEMENTS;
}

static int refuse(struct fault *fault, const char *why, uint64_t offset)
{
    *fault = (struct fault){why, offset, 0};
    return -EBADMSG;
}

int axml_read(struct bytes file, struct arena *arena, struct notes *notes, struct axml *ret_axml,
              struct fault *ret_fault)
{
    struct axml_reader reader = {.arena = arena, .notes = notes, .open = NO_STRING};
    struct bytes rest = file;
    struct chunk whole, chunk;
    if (!chunk_next(&rest, &whole))
        return refuse(ret_fault, "too short to be binary XML", 0);
    if (whole.type != CHUNK_XML)
        odd(&reader, "the file does not say it is binary XML");
    if (whole.cut || rest.len)
        odd(&reader, "the file is not as long as it says");
    rest = bytes_from(file, whole.header);
    reader.most = elements_count(rest);
    reader.elements = arena_take_array(arena, (size_t)reader.most + 1, sizeof(*reader.elements));
    int error = reader.elements ? 0 : -ENOMEM;
    while (!error && chunk_next(&rest, &chunk)) {
        if (chunk.cut)
            odd(&reader, "a part is longer than what is there");
        error = chunk_read(&reader, &chunk);
    }
    if (error && error != -EBADMSG)
        return error;
    if (rest.len)
        odd(&reader, "bytes follow that are no part of the document");
    if (error || !reader.strings_seen)
        return refuse(ret_fault, "there are no strings in it", file.len - rest.len);
    if (reader.count == 0)
        return refuse(ret_fault, "there is no element in it", file.len - rest.len);
    *ret_axml = (struct axml){reader.elements, reader.count};
    return 0;
}

const struct axml_attribute *axml_attribute_find(const struct axml_element *element, uint32_t id,
                                                 const char *name)
{
    const struct axml_attribute *found = NULL;
    for (uint32_t i = 0; i < element->attribute_count; i++) {
        const struct axml_attribute *attribute = &element->attributes[i];
        if (id && attribute->id == id)
            return attribute;
        if (!found && attribute->id == 0 && (id || attribute->space.len == 0) &&
            bytes_equal(attribute->name, bytes_of(name)))
            found = attribute;
    }
    return found;
}
