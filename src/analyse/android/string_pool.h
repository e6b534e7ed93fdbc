/*
 * analyse/android/string_pool.h -- the strings of a binary XML or resource table, as UTF-8.
 *
 * Strings are decoded when first asked for. Counts and offsets are checked against the chunk; a
 * string that does not end is cut where the chunk ends, one that lies outside is empty. Many
 * offsets may point at one long string, so at most POOL_SWELL times the chunk's length is decoded
 * in all; what is beyond reads as empty, and is noted.
 */
#ifndef ANALYSE_ANDROID_STRING_POOL_H
#define ANALYSE_ANDROID_STRING_POOL_H

#include "analyse/android/notes.h"
#include "base/arena.h"

enum {
    POOL_SWELL = 4,
    POOL_STRING = 32767, /* units of one string; Android's own limit of UTF-8 pools */
};

struct string_pool {
    struct bytes chunk;
    struct bytes *decoded; /* by index; at NULL: not yet */
    struct arena *arena;
    struct notes *notes;
    size_t left; /* bytes that may still be decoded */
    uint32_t count, offsets, strings;
    bool narrow; /* UTF-8, not UTF-16 */
};

/* `chunk`: from its header on. What is read lives in `arena`. -EBADMSG: too short; -ENOMEM. */
int string_pool_read(struct bytes chunk, struct arena *arena, struct notes *notes,
                     struct string_pool *ret_pool) __attribute__((warn_unused_result));

/* Empty, at != NULL, where there is none. */
struct bytes string_pool_get(struct string_pool *pool, uint32_t index);

#endif
