#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

enum { CHUNK_SIZE = 64 * 1024 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t size, used;
    alignas(max_align_t) char memory[];
};

static struct arena_chunk *chunk_create(struct arena *arena, size_t size)
{
    size_t least = arena->chunk ? arena->chunk : CHUNK_SIZE;
    size_t room = size > least ? size : least;
    struct arena_chunk *chunk = malloc(sizeof(*chunk) + room);
    if (!chunk)
        return NULL;
    chunk->older = arena->newest;
    chunk->size = room;
    chunk->used = 0;
    arena->newest = chunk;
    return chunk;
}

void *arena_take(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (arena->limit && (size > arena->limit || arena->used > arena->limit - size))
        return NULL;
    struct arena_chunk *chunk = arena->newest;
    if (!chunk || chunk->size - chunk->used < size)
        chunk = chunk_create(arena, size);
    if (!chunk)
        return NULL;
    void *memory = chunk->memory + chunk->used;
    chunk->used += size;
    arena->used += size;
    return memset(memory, 0, size);
}

void *arena_take_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    return __builtin_mul_overflow(count, size, &total) ? NULL : arena_take(arena, total);
}

struct bytes arena_copy(struct arena *arena, struct bytes text)
{
    char *copy = text.len < SIZE_MAX ? arena_take(arena, text.len + 1) : NULL;
    if (!copy)
        return (struct bytes){NULL, 0};
    if (text.len)
        memcpy(copy, text.at, text.len);
    return (struct bytes){copy, text.len};
}

static void chunk_free_older(struct arena_chunk *chunk)
{
    while (chunk) {
        struct arena_chunk *older = chunk->older;
        free(chunk);
        chunk = older;
    }
}

void arena_reset(struct arena *arena)
{
    if (arena->newest) {
        chunk_free_older(arena->newest->older);
        arena->newest->older = NULL;
        arena->newest->used = 0;
    }
    arena->used = 0;
}

void arena_finish(struct arena *arena)
{
    chunk_free_older(arena->newest);
    arena->newest = NULL;
    arena->used = 0;
}
