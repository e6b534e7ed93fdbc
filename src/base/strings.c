#include "base/strings.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

static int entries_grow(struct strings *strings)
{
    if (strings->count < strings->capacity)
        return 0;
    uint32_t room = strings->capacity ? strings->capacity * 2 : 256;
    struct string_entry *entries =
        room > strings->capacity ? realloc(strings->entries, room * sizeof(*entries)) : NULL;
    if (!entries)
        return -ENOMEM;
    strings->entries = entries;
    strings->capacity = room;
    return 0;
}

static int strings_append(struct strings *strings, struct bytes text, uint64_t hash,
                          uint32_t *ret_id)
{
    if (text.len > UINT32_MAX || strings->text.len > UINT32_MAX - text.len)
        return -ENOSPC;
    int error = entries_grow(strings);
    if (error)
        return error;
    uint32_t offset = (uint32_t)strings->text.len;
    buffer_put(&strings->text, text);
    if (strings->text.failed)
        return -ENOMEM;
    strings->entries[strings->count] = (struct string_entry){hash, offset, (uint32_t)text.len};
    *ret_id = strings->count++;
    return 0;
}

int strings_intern(struct strings *strings, struct bytes text, uint32_t *ret_id)
{
    int error = 0;
    uint32_t id = 0;
    if (strings->count == 0)
        error = strings_append(strings, (struct bytes){"", 0}, 0, &id);
    if (error)
        return error;
    if (text.len == 0) {
        *ret_id = 0;
        return 0;
    }
    /* Two strings of one hash sit side by side: probe on with a changed key. */
    uint64_t hash = hash_bytes(text), key = hash;
    while ((id = hash_table_get(&strings->index, key)) != HASH_TABLE_NONE) {
        if (bytes_equal(strings_at(strings, id), text)) {
            *ret_id = id;
            return 0;
        }
        key++;
    }
    error = strings_append(strings, text, hash, &id);
    if (!error)
        error = hash_table_put(&strings->index, key, id);
    if (!error)
        *ret_id = id;
    return error;
}

void strings_clear(struct strings *strings)
{
    buffer_clear(&strings->text);
    hash_table_clear(&strings->index);
    strings->count = 0;
}

void strings_finish(struct strings *strings)
{
    buffer_finish(&strings->text);
    hash_table_finish(&strings->index);
    free(strings->entries);
    *strings = (struct strings){0};
}
