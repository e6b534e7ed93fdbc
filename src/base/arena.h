/*
 * base/arena.h -- memory with one lifetime.
 *
 * An arena grows in chunks and gives everything back at once. The three
 * lifetimes of the program (process, window, batch) have one each. Memory from
 * an arena is zeroed and aligned for any type, and is never freed singly.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/bytes.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *newest;
    size_t used;  /* bytes handed out since the last reset */
    size_t limit; /* 0: none; else arena_take fails beyond it */
    size_t chunk; /* memory is asked for in pieces of at least this; 0: 64 KiB */
};

/* `size` zeroed bytes, or NULL when the limit or the machine has no more. */
void *arena_take(struct arena *arena, size_t size);

/* `count` elements of `size` bytes; NULL also when the product overflows. */
void *arena_take_array(struct arena *arena, size_t count, size_t size);

/* A copy of `text` with a NUL behind it; at == NULL when memory ran out. */
struct bytes arena_copy(struct arena *arena, struct bytes text);

/* Forget everything handed out; keeps one chunk for the next round. */
void arena_reset(struct arena *arena);

/* Give all memory back. */
void arena_finish(struct arena *arena);

#endif
