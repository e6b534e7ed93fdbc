/*
 * engine/crew.h -- the threads that run the detectors.
 *
 * A ring of chunks goes round: the reader fills one (crew_fill, crew_publish),
 * every shard scans it for the partitions it owns, the writer takes it once
 * all have (crew_written frees it). Nobody waits for anybody within a chunk;
 * shards meet only where a window of event time ends, to merge what they saw.
 */
#ifndef ENGINE_CREW_H
#define ENGINE_CREW_H

#include "engine/chunk.h"

struct crew;

/* Open the detectors and start `shards` threads over the `detectors` there are. */
int crew_open(uint32_t shards, const struct settings *settings, struct crew **ret_crew)
    __attribute__((warn_unused_result));

/* The lengths of the detectors' windows; valid as long as the crew. */
const int64_t *crew_windows(const struct crew *crew, uint32_t *ret_count);

/* Before crew_start: what crew_save wrote. */
int crew_load(struct crew *crew, struct cursor *in) __attribute__((warn_unused_result));
int crew_start(struct crew *crew) __attribute__((warn_unused_result));

/* The reader's side: an empty chunk (waits while the ring is full), and off with it. */
struct chunk *crew_fill(struct crew *crew);
void crew_publish(struct crew *crew, struct chunk *chunk);

/* The writer's side: the next chunk all shards are done with, and give it back. */
struct chunk *crew_take(struct crew *crew);
void crew_give(struct crew *crew, struct chunk *chunk);

/* What the shards left in a mark, as crew_load reads it. */
void crew_save(const struct crew *crew, const struct chunk *mark, struct buffer *out);

/* The first error of any shard, or 0. */
int crew_error(const struct crew *crew);

/* Chunks published and not yet written. */
uint32_t crew_depth(struct crew *crew);

/* Wait for the threads; a CHUNK_END was published. */
void crew_join(struct crew *crew);

void crew_close(struct crew *crew);

#endif
