/*
 * base/strings.h -- strings interned to 32-bit ids.
 *
 * Id 0 is the empty string. Equal strings have equal ids; ids count up in the
 * order the strings were first seen. Each string is hashed once, and the hash
 * is kept for whoever needs it next. `strings_at` is valid until the next
 * strings_intern or strings_clear (the text block may move).
 */
#ifndef BASE_STRINGS_H
#define BASE_STRINGS_H

#include "base/buffer.h"
#include "base/hash_table.h"

struct string_entry {
    uint64_t hash;
    uint32_t offset, len;
};

struct strings {
    struct buffer text;
    struct string_entry *entries;
    uint32_t count, capacity;
    struct hash_table index;
};

/* The id of `text`, interning it if new. -ENOMEM, -ENOSPC (4 GiB of text). */
int strings_intern(struct strings *strings, struct bytes text, uint32_t *ret_id)
    __attribute__((warn_unused_result));

/* The id of `text`; 0 where it was not interned, and of the empty string. */
uint32_t strings_find(const struct strings *strings, struct bytes text);

static inline struct bytes strings_at(const struct strings *strings, uint32_t id)
{
    if (id == 0 || id >= strings->count)
        return (struct bytes){"", 0};
    return (struct bytes){strings->text.at + strings->entries[id].offset, strings->entries[id].len};
}

/* hash_bytes() of the string; 0 for id 0. */
static inline uint64_t strings_hash(const struct strings *strings, uint32_t id)
{
    return id == 0 || id >= strings->count ? 0 : strings->entries[id].hash;
}

void strings_clear(struct strings *strings); /* keeps the memory */
void strings_finish(struct strings *strings);

#endif
