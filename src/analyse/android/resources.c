#include "analyse/android/resources.h"

#include <errno.h>

#include "analyse/android/chunk.h"
#include "base/cursor.h"

enum {
    TYPE_SPARSE = 1,
    TYPE_SHORT = 2, /* offsets of 16 bits, in fours */
    ENTRY_COMPLEX = 1,
    ENTRY_COMPACT = 8,
    CONFIGURATION_AT = 20,
};

struct table_reader {
    struct resources *resources;
    struct notes *notes;
};

/* All of it zero but for its own length: for any device. */
static bool configuration_is_default(struct bytes chunk)
{
    struct cursor cursor = cursor_over(bytes_from(chunk, CONFIGURATION_AT));
    uint32_t size = cursor_u32(&cursor);
    if (size < 4 || !cursor_ok(&cursor))
        return false;
    struct bytes rest = cursor_take(&cursor, size - 4);
    for (size_t i = 0; i < rest.len; i++)
        if (rest.at[i])
            return false;
    return cursor_ok(&cursor);
}

static void type_keep(struct table_reader *reader, const struct chunk *chunk, uint8_t package)
{
    struct resources *resources = reader->resources;
    struct cursor cursor = cursor_over(bytes_from(chunk->all, 8));
    struct resource_type type = {.chunk = chunk->all, .header = chunk->header, .package = package};
    type.type = cursor_u8(&cursor);
    type.flags = cursor_u8(&cursor);
    cursor_u16(&cursor);
    type.entries = cursor_u32(&cursor);
    if (!cursor_ok(&cursor))
        return;
    if (resources->type_count == RESOURCES_TYPES) {
        note_add(reader->notes, "there are too many kinds of values: not all are read",
                 BYTES("resources"));
        return;
    }
    size_t most = chunk->behind.len / (type.flags & TYPE_SHORT ? 2 : 4);
    if (type.entries > most) {
        note_add(reader->notes, "a kind of values says it has more than fit", BYTES("resources"));
        type.entries = (uint32_t)most;
    }
    type.is_default = configuration_is_default(chunk->all);
    resources->types[resources->type_count++] = type;
}

static void package_read(struct table_reader *reader, const struct chunk *package)
{
    struct cursor cursor = cursor_over(bytes_from(package->all, 8));
    uint8_t id = (uint8_t)cursor_u32(&cursor);
    struct bytes rest = package->behind;
    struct chunk chunk;
    while (chunk_next(&rest, &chunk))
        if (chunk.type == CHUNK_TABLE_TYPE)
            type_keep(reader, &chunk, id);
}

/* Of all packages, at most. */
static uint32_t types_count(struct bytes rest)
{
    struct chunk package, chunk;
    uint32_t count = 0;
    while (chunk_next(&rest, &package)) {
        struct bytes within = package.behind;
        while (package.type == CHUNK_TABLE_PACKAGE && chunk_next(&within, &chunk))
            count += chunk.type == CHUNK_TABLE_TYPE;
    }
    return count < RESOURCES_TYPES ? count : RESOURCES_TYPES;
}

int resources_read(struct bytes file, struct arena *arena, struct notes *notes,
                   struct resources *ret_resources, struct fault *ret_fault)
{
    struct resources resources = {.effort = RESOURCES_EFFORT};
    struct table_reader reader = {&resources, notes};
    struct bytes rest = file;
    struct chunk whole, chunk;
    if (!chunk_next(&rest, &whole) || whole.type != CHUNK_TABLE) {
        *ret_fault = (struct fault){"it does not start as a table of resources does", 0, 0};
        return -EBADMSG;
    }
    if (whole.cut || rest.len)
        note_add(notes, "the file is not as long as it says", BYTES("resources"));
    resources.types =
        arena_take_array(arena, (size_t)types_count(whole.behind) + 1, sizeof(*resources.types));
    int error = resources.types ? 0 : -ENOMEM;
    rest = whole.behind;
    while (!error && chunk_next(&rest, &chunk)) {
        if (chunk.type == CHUNK_STRING_POOL && resources.strings.chunk.len == 0)
            error = string_pool_read(chunk.all, arena, notes, &resources.strings);
        else if (chunk.type == CHUNK_TABLE_PACKAGE)
            package_read(&reader, &chunk);
    }
    if (error == -EBADMSG)
        *ret_fault = (struct fault){"its strings are cut off", 0, 0};
    if (!error)
        *ret_resources = resources;
    return error;
}

/* Where entry `index` starts in the chunk; false: it has none. */
static bool entry_offset(const struct resource_type *type, uint32_t index, size_t *ret_offset)
{
    struct cursor cursor = cursor_over(bytes_from(type->chunk, type->header));
    struct cursor head = cursor_over(bytes_from(type->chunk, 16));
    uint32_t start = cursor_u32(&head), offset = UINT32_MAX;
    if (type->flags & TYPE_SPARSE) {
        for (uint32_t i = 0; i < type->entries && offset == UINT32_MAX; i++) {
            uint16_t at = cursor_u16(&cursor), where = cursor_u16(&cursor);
            if (at == index)
                offset = 4u * where;
        }
    } else if (index < type->entries && type->flags & TYPE_SHORT) {
        cursor_take(&cursor, 2 * (size_t)index);
        uint16_t where = cursor_u16(&cursor);
        offset = where == UINT16_MAX ? UINT32_MAX : 4u * where;
    } else if (index < type->entries) {
        cursor_take(&cursor, 4 * (size_t)index);
        offset = cursor_u32(&cursor);
    }
    if (offset == UINT32_MAX || !cursor_ok(&cursor))
        return false;
    *ret_offset = (size_t)start + offset;
    return true;
}

static bool entry_read(const struct resource_type *type, uint32_t index,
                       struct resource_value *value)
{
    size_t offset;
    if (!entry_offset(type, index, &offset))
        return false;
    struct cursor cursor = cursor_over(bytes_from(type->chunk, offset));
    uint16_t size = cursor_u16(&cursor), flags = cursor_u16(&cursor);
    if (flags & ENTRY_COMPACT) {
        value->type = (uint8_t)(flags >> 8);
        value->data = cursor_u32(&cursor);
        return cursor_ok(&cursor);
    }
    if (flags & ENTRY_COMPLEX)
        return false;
    cursor = cursor_over(bytes_from(type->chunk, offset + size));
    cursor_u16(&cursor);
    cursor_u8(&cursor);
    value->type = cursor_u8(&cursor);
    value->data = cursor_u32(&cursor);
    return cursor_ok(&cursor);
}

/* Sparse entries are gone through one by one. */
static void effort_spend(struct resources *resources, const struct resource_type *type)
{
    uint64_t steps = type->flags & TYPE_SPARSE ? 1 + (uint64_t)type->entries : 1;
    resources->effort -= steps < resources->effort ? steps : resources->effort;
}

static bool value_find(struct resources *resources, uint32_t id, struct resource_value *value)
{
    bool found = false;
    for (uint32_t i = 0; i < resources->type_count && resources->effort > 0; i++) {
        const struct resource_type *type = &resources->types[i];
        struct resource_value here = {0};
        bool asked = type->package == id >> 24 && type->type == (id >> 16 & 0xff);
        effort_spend(resources, asked ? type : &(struct resource_type){0});
        if (!asked || (found && !type->is_default) || !entry_read(type, id & 0xffff, &here))
            continue;
        *value = here;
        found = true;
        if (type->is_default)
            break;
    }
    return found;
}

bool resources_find(struct resources *resources, uint32_t id, struct resource_value *ret_value)
{
    struct resource_value value = {0};
    for (int depth = 0; depth < RESOURCES_DEPTH; depth++) {
        if (!value_find(resources, id, &value))
            return false;
        if (value.type != VALUE_REFERENCE && value.type != VALUE_DYNAMIC_REFERENCE) {
            if (value.type == VALUE_STRING)
                value.text = string_pool_get(&resources->strings, value.data);
            *ret_value = value;
            return true;
        }
        id = value.data;
    }
    return false;
}
