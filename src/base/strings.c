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

/* The id of `text`, or HASH_TABLE_NONE and the key it would have. Two strings of one hash sit side
 * by side: the next has a changed key. */
static uint32_t strings_seek(const struct strings *strings, struct bytes text, uint64_t hash,
                             uint64_t *ret_key)
{
    uint32_t id;
    for (*ret_key = hash; (id = hash_table_get(&strings->index, *ret_key)) != HASH_TABLE_NONE;
         ++*ret_key)
        if (bytes_equal(strings_at(strings, id), text))
            break;
    return id;
}

uint32_t strings_find(const struct strings *strings, struct bytes text)
{
    uint64_t key;
    uint32_t id = text.len && strings->count ? strings_seek(strings, text, hash_bytes(text), &key)
                                             : HASH_TABLE_NONE;
    return id == HASH_TABLE_NONE ? 0 : id;
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
    uint64_t hash = hash_bytes(text), key;
    id = strings_seek(strings, text, hash, &key);
    if (id != HASH_TABLE_NONE) {
        *ret_id = id;
        return 0;
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
