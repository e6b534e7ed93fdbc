#include "engine/crew.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <zstd.h>

enum { RING = 16, DETECTORS = 16, PACK_LEVEL = 1 };

/* What a packed part of a checkpoint may unpack to: no state comes near it. */
#define PART_MOST (UINT64_C(8) << 30)

/* The window of event time a detector is in. */
struct place {
    bool any;
    int64_t start;
};

struct shard {
    struct crew *crew;
    pthread_t thread;
    uint32_t number;
    uint64_t scanned;               /* chunks done, under the ring's lock */
    struct place places[DETECTORS]; /* every shard follows the windows by itself */
    uint32_t lists[PARTITIONS][BATCH_ROWS], counts[PARTITIONS];
};

struct crew {
    uint32_t detector_count, shard_count;
    int64_t windows[DETECTORS];
    void *fleets[DETECTORS], *states[DETECTORS][PARTITIONS];
    struct place places[DETECTORS]; /* as loaded */
    struct shard *shards;
    uint32_t started;
    pthread_barrier_t barrier;
    atomic_int error;
    pthread_mutex_t lock;
    pthread_cond_t published_more, scanned_more, written_more;
    uint64_t published, written;
    struct chunk *ring;
};

static int64_t window_start(int64_t time, int64_t window)
{
    int64_t rest = time % window;
    return time - (rest < 0 ? rest + window : rest);
}

static int detector_open(struct crew *crew, uint32_t at, const struct settings *settings)
{
    int error = detectors[at]->open_fleet(settings, &crew->fleets[at]);
    for (uint32_t i = 0; i < PARTITIONS && !error; i++)
        error = detectors[at]->open(settings, &crew->states[at][i]);
    return error;
}

int crew_open(uint32_t shards, const struct settings *settings, struct crew **ret_crew)
{
    struct crew *crew = calloc(1, sizeof(*crew));
    int error = 0;
    if (!crew)
        return -ENOMEM;
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->published_more, NULL);
    pthread_cond_init(&crew->scanned_more, NULL);
    pthread_cond_init(&crew->written_more, NULL);
    crew->shard_count = shards < 1 ? 1 : shards > SHARDS ? SHARDS : shards;
    pthread_barrier_init(&crew->barrier, NULL, crew->shard_count);
    crew->shards = calloc(crew->shard_count, sizeof(*crew->shards));
    crew->ring = calloc(RING, sizeof(*crew->ring));
    if (!crew->shards || !crew->ring)
        error = -ENOMEM;
    for (uint32_t at = 0; detectors[at] && at < DETECTORS && !error; at++) {
        crew->windows[at] = detectors[at]->window;
        error = detector_open(crew, at, settings);
        crew->detector_count++;
    }
    if (error)
        crew_close(crew);
    else
        *ret_crew = crew;
    return error;
}

const int64_t *crew_windows(const struct crew *crew, uint32_t *ret_count)
{
    *ret_count = crew->detector_count;
    return crew->windows;
}

static void crew_fail(struct crew *crew, int error)
{
    int none = 0;
    atomic_compare_exchange_strong(&crew->error, &none, error);
}

int crew_error(const struct crew *crew)
{
    return atomic_load(&crew->error);
}

/* --- windows --- */

static int detector_settle(struct crew *crew, uint32_t at, int64_t start)
{
    const struct detector *detector = detectors[at];
    int error = 0;
    for (uint32_t i = 0; i < PARTITIONS && !error; i++)
        error = detector->merge(crew->fleets[at], crew->states[at][i]);
    if (!error)
        error =
            detector->settle(crew->fleets[at], (struct window){start, start + detector->window});
    return error;
}

/* All shards meet; one of them (true) works alone until all meet again. */
static bool barrier_meet(struct crew *crew)
{
    return crew->shard_count == 1 ||
           pthread_barrier_wait(&crew->barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
}

/* The windows in `left` (a bit per detector) are over: all shards meet and one settles them. */
static void shard_settle(struct shard *shard, uint32_t left)
{
    struct crew *crew = shard->crew;
    if (left == 0)
        return;
    bool alone = barrier_meet(crew);
    for (uint32_t at = 0; alone && at < crew->detector_count; at++) {
        if (!(left >> at & 1) || crew_error(crew))
            continue;
        int error = detector_settle(crew, at, shard->places[at].start);
        if (error)
            crew_fail(crew, error);
    }
    barrier_meet(crew);
}

/* Go to the windows `time` lies in; settle those that are left by it. */
static void shard_move(struct shard *shard, int64_t time)
{
    struct crew *crew = shard->crew;
    uint32_t left = 0;
    for (uint32_t at = 0; at < crew->detector_count; at++) {
        const struct place *place = &shard->places[at];
        if (place->any && place->start != window_start(time, crew->windows[at]))
            left |= UINT32_C(1) << at;
    }
    shard_settle(shard, left);
    for (uint32_t at = 0; at < crew->detector_count; at++)
        shard->places[at] = (struct place){true, window_start(time, crew->windows[at])};
}

static void shard_finish_windows(struct shard *shard)
{
    uint32_t left = 0;
    for (uint32_t at = 0; at < shard->crew->detector_count; at++)
        left |= (uint32_t)shard->places[at].any << at;
    shard_settle(shard, left);
    memset(shard->places, 0, sizeof(shard->places));
}

/* --- scanning --- */

static bool shard_owns(const struct shard *shard, uint32_t partition)
{
    return partition % shard->crew->shard_count == shard->number;
}

static void shard_deal(struct shard *shard, const struct chunk *chunk, uint32_t from, uint32_t to)
{
    const struct batch *batch = chunk->shared->batch;
    memset(shard->counts, 0, sizeof(shard->counts));
    for (uint32_t i = from; i < to; i++) {
        uint32_t row = chunk->at[i], partition = partition_of(batch, row);
        if (shard_owns(shard, partition))
            shard->lists[partition][shard->counts[partition]++] = row;
    }
}

static void shard_scan(struct shard *shard, struct chunk *chunk)
{
    struct crew *crew = shard->crew;
    for (uint32_t at = 0; at < crew->detector_count; at++)
        for (uint32_t i = 0; i < PARTITIONS; i++) {
            struct rows rows = {shard->lists[i], shard->counts[i]};
            if (rows.count == 0)
                continue;
            int error =
                detectors[at]->scan(crew->states[at][i], crew->fleets[at], chunk->shared->batch,
                                    rows, &chunk->found[shard->number]);
            if (error)
                crew_fail(crew, error);
        }
}

static void shard_rows(struct shard *shard, struct chunk *chunk)
{
    for (uint32_t i = 0; i < chunk->cut_count; i++) {
        uint32_t to = i + 1 < chunk->cut_count ? chunk->cuts[i + 1].from : chunk->rows;
        shard_move(shard, chunk->cuts[i].time);
        if (crew_error(shard->crew))
            continue;
        shard_deal(shard, chunk, chunk->cuts[i].from, to);
        shard_scan(shard, chunk);
    }
}

/* --- marks --- */

static void figure_tell(void *context, const char *name, double value)
{
    struct chunk *chunk = context;
    if (chunk->figure_count < sizeof(chunk->figures) / sizeof(chunk->figures[0]))
        chunk->figures[chunk->figure_count++] = (struct figure){name, value};
}

/* Detectors' memories pack to a fraction, so a checkpoint costs less to hold and to write. */
static void part_pack(const struct buffer *raw, struct buffer *out)
{
    size_t room = ZSTD_compressBound(raw->len);
    struct buffer packed = {0};
    if (raw->failed || !buffer_reserve(&packed, room)) {
        out->failed = true;
        return;
    }
    size_t len = ZSTD_compress(packed.at, room, raw->at, raw->len, PACK_LEVEL);
    if (ZSTD_isError(len))
        out->failed = true;
    else
        buffer_put_block(out, (struct bytes){packed.at, len});
    buffer_finish(&packed);
}

static int part_unpack(struct cursor *in, struct buffer *ret_raw)
{
    struct bytes packed = cursor_block(in);
    unsigned long long len = ZSTD_getFrameContentSize(packed.at, packed.len);
    if (!cursor_ok(in) || len == ZSTD_CONTENTSIZE_UNKNOWN || len == ZSTD_CONTENTSIZE_ERROR ||
        len > PART_MOST)
        return -EPROTO;
    if (!buffer_reserve(ret_raw, len + 1))
        return -ENOMEM;
    if (ZSTD_decompress(ret_raw->at, len, packed.at, packed.len) != len)
        return -EPROTO;
    ret_raw->len = len;
    return 0;
}

static void fleets_save(struct shard *shard, struct chunk *chunk, struct buffer *raw)
{
    struct crew *crew = shard->crew;
    for (uint32_t at = 0; at < crew->detector_count; at++) {
        const struct detector *detector = detectors[at];
        buffer_put_block(raw, bytes_of(detector->name));
        buffer_put_u8(raw, shard->places[at].any);
        buffer_put_u64(raw, (uint64_t)shard->places[at].start);
        detector->save_fleet(crew->fleets[at], raw);
        if (detector->health)
            detector->health(crew->fleets[at], crew->states[at], figure_tell, chunk);
    }
}

/* One shard saves what all share; each saves its own partitions. */
static void shard_mark(struct shard *shard, struct chunk *chunk)
{
    struct crew *crew = shard->crew;
    struct buffer raw = {0};
    if (barrier_meet(crew)) {
        fleets_save(shard, chunk, &raw);
        part_pack(&raw, &chunk->fleets);
    }
    barrier_meet(crew);
    for (uint32_t i = 0; i < PARTITIONS; i++) {
        if (!shard_owns(shard, i))
            continue;
        buffer_clear(&raw);
        for (uint32_t at = 0; at < crew->detector_count; at++)
            detectors[at]->save(crew->states[at][i], &raw);
        part_pack(&raw, &chunk->states[i]);
    }
    buffer_finish(&raw);
}

/* What all share first, then each partition, as the mark holds them. */
void crew_save(const struct crew *crew, const struct chunk *mark, struct buffer *out)
{
    buffer_put_u32(out, crew->detector_count);
    buffer_put(out, buffer_bytes(&mark->fleets));
    out->failed |= mark->fleets.failed;
    for (uint32_t i = 0; i < PARTITIONS; i++) {
        buffer_put(out, buffer_bytes(&mark->states[i]));
        out->failed |= mark->states[i].failed;
    }
}

static int fleets_load(struct crew *crew, struct cursor *in)
{
    int error = 0;
    for (uint32_t at = 0; at < crew->detector_count && !error; at++) {
        if (!bytes_equal(cursor_block(in), bytes_of(detectors[at]->name)))
            return -EPROTO;
        crew->places[at].any = cursor_u8(in);
        crew->places[at].start = (int64_t)cursor_u64(in);
        error = detectors[at]->load_fleet(crew->fleets[at], in);
    }
    return error;
}

static int partition_load(struct crew *crew, uint32_t partition, struct cursor *in)
{
    int error = 0;
    for (uint32_t at = 0; at < crew->detector_count && !error; at++)
        error = detectors[at]->load(crew->states[at][partition], in);
    return error;
}

/* The fleets are part 0, the partitions follow. */
static int part_load(struct crew *crew, uint32_t part, struct cursor *in)
{
    struct buffer raw = {0};
    int error = part_unpack(in, &raw);
    struct cursor inside = cursor_over(buffer_bytes(&raw));
    if (!error)
        error = part == 0 ? fleets_load(crew, &inside) : partition_load(crew, part - 1, &inside);
    if (!error && !cursor_ok(&inside))
        error = -EPROTO;
    buffer_finish(&raw);
    return error;
}

int crew_load(struct crew *crew, struct cursor *in)
{
    int error = cursor_u32(in) == crew->detector_count ? 0 : -EPROTO;
    for (uint32_t part = 0; part <= PARTITIONS && !error; part++)
        error = part_load(crew, part, in);
    return error;
}

/* --- the ring --- */

static struct chunk *ring_at(struct crew *crew, uint64_t number)
{
    return &crew->ring[number % RING];
}

static uint64_t ring_scanned(const struct crew *crew)
{
    uint64_t least = crew->published;
    for (uint32_t i = 0; i < crew->shard_count; i++)
        if (crew->shards[i].scanned < least)
            least = crew->shards[i].scanned;
    return least;
}

struct chunk *crew_fill(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    while (crew->published - crew->written == RING)
        pthread_cond_wait(&crew->written_more, &crew->lock);
    struct chunk *chunk = ring_at(crew, crew->published);
    pthread_mutex_unlock(&crew->lock);
    return chunk;
}

void crew_publish(struct crew *crew, struct chunk *chunk)
{
    chunk->read_at = time_ticks();
    pthread_mutex_lock(&crew->lock);
    crew->published++;
    pthread_cond_broadcast(&crew->published_more);
    pthread_mutex_unlock(&crew->lock);
}

struct chunk *crew_take(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    while (ring_scanned(crew) == crew->written)
        pthread_cond_wait(&crew->scanned_more, &crew->lock);
    struct chunk *chunk = ring_at(crew, crew->written);
    pthread_mutex_unlock(&crew->lock);
    return chunk;
}

static void chunk_clear(struct chunk *chunk)
{
    shared_batch_drop(chunk->shared, 1);
    chunk->shared = NULL;
    chunk->kind = CHUNK_ROWS;
    chunk->rows = chunk->cut_count = chunk->figure_count = chunk->source_count = 0;
    for (uint32_t i = 0; i < SHARDS; i++)
        if (chunk->found[i].count)
            findings_clear(&chunk->found[i]);
    /* Marks are big and rare: their memory isn't kept. */
    buffer_finish(&chunk->inputs);
    buffer_finish(&chunk->fleets);
    for (uint32_t i = 0; i < PARTITIONS; i++)
        buffer_finish(&chunk->states[i]);
    arena_finish(&chunk->arena);
}

void crew_give(struct crew *crew, struct chunk *chunk)
{
    chunk_clear(chunk);
    pthread_mutex_lock(&crew->lock);
    crew->written++;
    pthread_cond_signal(&crew->written_more);
    pthread_mutex_unlock(&crew->lock);
}

uint32_t crew_depth(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    uint32_t depth = (uint32_t)(crew->published - crew->written);
    pthread_mutex_unlock(&crew->lock);
    return depth;
}

static void *shard_run(void *context)
{
    struct shard *shard = context;
    struct crew *crew = shard->crew;
    for (bool more = true; more;) {
        pthread_mutex_lock(&crew->lock);
        while (shard->scanned == crew->published)
            pthread_cond_wait(&crew->published_more, &crew->lock);
        struct chunk *chunk = ring_at(crew, shard->scanned);
        pthread_mutex_unlock(&crew->lock);
        if (chunk->kind == CHUNK_ROWS)
            shard_rows(shard, chunk);
        else if (chunk->kind == CHUNK_SETTLE)
            shard_finish_windows(shard);
        else if (chunk->kind == CHUNK_MARK)
            shard_mark(shard, chunk);
        more = chunk->kind != CHUNK_END;
        pthread_mutex_lock(&crew->lock);
        shard->scanned++;
        pthread_cond_signal(&crew->scanned_more);
        pthread_mutex_unlock(&crew->lock);
    }
    return NULL;
}

int crew_start(struct crew *crew)
{
    for (uint32_t i = 0; i < crew->shard_count; i++) {
        struct shard *shard = &crew->shards[i];
        shard->crew = crew;
        shard->number = i;
        memcpy(shard->places, crew->places, sizeof(shard->places));
    }
    for (uint32_t i = 0; i < crew->shard_count; i++) {
        int error = pthread_create(&crew->shards[i].thread, NULL, shard_run, &crew->shards[i]);
        if (error)
            return -error;
        crew->started++;
    }
    return 0;
}

void crew_join(struct crew *crew)
{
    for (; crew->started > 0; crew->started--)
        pthread_join(crew->shards[crew->started - 1].thread, NULL);
}

static void ring_finish(struct crew *crew)
{
    for (uint32_t i = 0; crew->ring && i < RING; i++) {
        struct chunk *chunk = &crew->ring[i];
        chunk_clear(chunk);
        for (uint32_t shard = 0; shard < SHARDS; shard++)
            findings_finish(&chunk->found[shard]);
        free(chunk->cuts);
    }
    free(crew->ring);
}

void crew_close(struct crew *crew)
{
    for (uint32_t at = 0; at < crew->detector_count; at++) {
        for (uint32_t i = 0; i < PARTITIONS; i++)
            if (crew->states[at][i])
                // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the list has that many
                detectors[at]->close(crew->states[at][i]);
        if (crew->fleets[at])
            detectors[at]->close_fleet(crew->fleets[at]);
    }
    ring_finish(crew);
    free(crew->shards);
    pthread_barrier_destroy(&crew->barrier);
    pthread_mutex_destroy(&crew->lock);
    pthread_cond_destroy(&crew->published_more);
    pthread_cond_destroy(&crew->scanned_more);
    pthread_cond_destroy(&crew->written_more);
    free(crew);
}
