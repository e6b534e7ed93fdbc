#include "engine/lane.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

void lane_begin(struct lane *lane, struct source *source)
{
    lane->source = source;
    lane->over = false;
    lane->error = 0;
    if (lane->usable.known)
        lane->clock = lane->usable.clock;
    else
        lane->clock = (struct lane_clock){0, TIME_NONE, TIME_NONE, TIME_NONE};
}

static int64_t at_least(int64_t value, int64_t bound)
{
    return value < bound ? bound : value;
}

/* The earliest order time the next record can have. */
static int64_t clock_bound(const struct lane *lane, const struct lane_clock *clock)
{
    bool block_starts = clock->sequence > 0 && clock->sequence % LANE_BLOCK == 0;
    int64_t bound = block_starts ? clock->block_newest : clock->block_floor;
    if (clock->newest > INT64_MIN + lane->lateness)
        bound = at_least(bound, clock->newest - lane->lateness);
    return at_least(bound, lane->floor);
}

/* Count a record of time `time` in; returns its order time. */
static int64_t clock_step(const struct lane *lane, struct lane_clock *clock, int64_t time)
{
    int64_t order = at_least(time, clock_bound(lane, clock));
    if (clock->sequence > 0 && clock->sequence % LANE_BLOCK == 0) {
        clock->block_floor = clock->block_newest;
        clock->block_newest = clock->newest;
    }
    clock->newest = at_least(time, clock->newest);
    clock->sequence++;
    return order;
}

int64_t lane_frontier(const struct lane *lane)
{
    return lane->over ? INT64_MAX : clock_bound(lane, &lane->clock);
}

static int row_compare(const void *left, const void *right)
{
    const struct lane_row *a = left, *b = right;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static int rows_reserve(struct lane *lane, uint32_t more)
{
    if (lane->first > 0 && lane->first + lane->count + more > lane->capacity) {
        memmove(lane->rows, lane->rows + lane->first, lane->count * sizeof(*lane->rows));
        lane->first = 0;
    }
    if (lane->count + more <= lane->capacity)
        return 0;
    uint32_t room = (lane->count + more) * 2;
    struct lane_row *rows = realloc(lane->rows, room * sizeof(*rows));
    if (!rows)
        return -ENOMEM;
    lane->rows = rows;
    lane->capacity = room;
    return 0;
}

/* Merge `fresh` (sorted) into the held rows, from the back: only the part that overlaps moves. */
static void rows_merge(struct lane *lane, const struct lane_row *fresh, uint32_t count)
{
    if (count == 0)
        return; /* there may be no rows at all to point into */
    struct lane_row *rows = lane->rows + lane->first;
    uint32_t held = lane->count, to = held + count;
    lane->count = to;
    while (count > 0) {
        if (held > 0 && row_compare(&rows[held - 1], &fresh[count - 1]) > 0)
            rows[--to] = rows[--held];
        else
            rows[--to] = fresh[--count];
    }
}

/* Rows that a restart reads again although they were handed out before it. */
static bool row_is_old(const struct lane *lane, const struct lane_row *row)
{
    return lane->any_released && row_compare(row, &lane->released) <= 0;
}

static int rows_add(struct lane *lane, struct shared_batch *shared)
{
    const struct batch *batch = shared->batch;
    struct lane_row fresh[BATCH_ROWS];
    uint32_t count = 0;
    bool sorted = true;
    for (uint32_t row = 0; row < batch->rows; row++) {
        int64_t time = batch->columns.time[row];
        uint64_t sequence = lane->clock.sequence;
        int64_t order = clock_step(lane, &lane->clock, time);
        fresh[count] = (struct lane_row){order, sequence, shared, row};
        if (row_is_old(lane, &fresh[count]))
            continue;
        lane->late += order != time;
        sorted = sorted && (count == 0 || fresh[count - 1].order <= order);
        count++;
    }
    int error = rows_reserve(lane, count);
    if (error)
        return error;
    if (!sorted)
        qsort(fresh, count, sizeof(fresh[0]), row_compare);
    rows_merge(lane, fresh, count);
    shared_batch_hold(shared, count);
    return 0;
}

static void place_take(struct lane *lane, struct lane_place *place)
{
    place->known = true;
    place->offset = source_counts(lane->source)->bytes;
    place->clock = lane->clock;
    buffer_clear(&place->state);
    source_save(lane->source, &place->state);
}

static int lane_read(struct lane *lane)
{
    if (!lane->pending.known)
        place_take(lane, &lane->pending);
    struct shared_batch *shared = pool_take(lane->pool);
    if (!shared)
        return -ENOMEM;
    batch_clear(shared->batch);
    int error = source_read(lane->source, shared->batch, &lane->fault);
    if (error)
        lane->error = error;
    if (error || shared->batch->rows == 0)
        lane->over = true;
    error = lane->error == -ENOMEM ? -ENOMEM : rows_add(lane, shared);
    shared_batch_drop(shared, 1);
    return error;
}

const struct lane_row *lane_head(struct lane *lane, int *ret_error)
{
    while (!lane->over &&
           (lane->count == 0 || lane->rows[lane->first].order > lane_frontier(lane))) {
        int error = lane_read(lane);
        if (error) {
            *ret_error = error;
            return NULL;
        }
    }
    return lane->count ? &lane->rows[lane->first] : NULL;
}

static bool row_before(const struct lane_row *row, uint32_t number, const struct lane_bound *bound)
{
    return row->order < bound->order || (row->order == bound->order && number < bound->number);
}

uint32_t lane_run(const struct lane *lane, const struct lane_bound *bound, uint32_t most)
{
    const struct lane_row *rows = lane->rows + lane->first;
    int64_t frontier = lane_frontier(lane);
    uint32_t run = 0;
    while (run < lane->count && run < most && rows[run].shared == rows[0].shared &&
           rows[run].order <= frontier && row_before(&rows[run], lane->number, bound))
        run++;
    return run;
}

const struct lane_row *lane_take(struct lane *lane, uint32_t count)
{
    assert(count > 0 && count <= lane->count);
    const struct lane_row *rows = &lane->rows[lane->first];
    lane->first += count;
    lane->count -= count;
    lane->released = rows[count - 1];
    lane->any_released = true;
    return rows;
}

const struct lane_place *lane_place_now(struct lane *lane)
{
    uint64_t oldest = lane->clock.sequence;
    if (!lane->source)
        return &lane->usable;
    for (uint32_t i = 0; i < lane->count; i++)
        if (lane->rows[lane->first + i].sequence < oldest)
            oldest = lane->rows[lane->first + i].sequence;
    if (lane->over && lane->count == 0) {
        place_take(lane, &lane->usable);
    } else if (lane->pending.known && lane->pending.clock.sequence <= oldest) {
        struct lane_place old = lane->usable;
        lane->usable = lane->pending;
        lane->pending = (struct lane_place){.state = old.state};
    }
    return &lane->usable;
}

static void clock_save(const struct lane_clock *clock, struct buffer *out)
{
    buffer_put_u64(out, clock->sequence);
    buffer_put_u64(out, (uint64_t)clock->newest);
    buffer_put_u64(out, (uint64_t)clock->block_newest);
    buffer_put_u64(out, (uint64_t)clock->block_floor);
}

static void clock_load(struct lane_clock *clock, struct cursor *in)
{
    clock->sequence = cursor_u64(in);
    clock->newest = (int64_t)cursor_u64(in);
    clock->block_newest = (int64_t)cursor_u64(in);
    clock->block_floor = (int64_t)cursor_u64(in);
}

/* Late rows that are held are not yet part of what the checkpoint says. */
static uint64_t late_released(const struct lane *lane)
{
    uint64_t late = lane->late;
    for (uint32_t i = 0; i < lane->count; i++) {
        const struct lane_row *row = &lane->rows[lane->first + i];
        late -= row->shared->batch->columns.time[row->row] != row->order;
    }
    return late;
}

void lane_save(struct lane *lane, struct buffer *out)
{
    const struct lane_place *place = lane_place_now(lane);
    buffer_put_u64(out, (uint64_t)lane->floor);
    buffer_put_u8(out, lane->opened);
    buffer_put_u8(out, lane->any_released);
    buffer_put_u64(out, (uint64_t)lane->released.order);
    buffer_put_u64(out, lane->released.sequence);
    buffer_put_u64(out, late_released(lane));
    buffer_put_u8(out, place->known);
    buffer_put_u64(out, place->offset);
    clock_save(&place->clock, out);
    buffer_put_block(out, buffer_bytes(&place->state));
}

int lane_load(struct lane *lane, struct cursor *in)
{
    lane->floor = (int64_t)cursor_u64(in);
    lane->opened = cursor_u8(in);
    lane->any_released = cursor_u8(in);
    lane->released.order = (int64_t)cursor_u64(in);
    lane->released.sequence = cursor_u64(in);
    lane->late = cursor_u64(in);
    lane->usable.known = cursor_u8(in);
    lane->usable.offset = cursor_u64(in);
    clock_load(&lane->usable.clock, in);
    buffer_clear(&lane->usable.state);
    buffer_put(&lane->usable.state, cursor_block(in));
    if (lane->usable.state.failed)
        return -ENOMEM;
    return cursor_ok(in) ? 0 : -EINVAL;
}

void lane_end(struct lane *lane)
{
    while (lane->count > 0) {
        shared_batch_drop(lane->rows[lane->first++].shared, 1);
        lane->count--;
    }
    if (lane->source)
        source_close(lane->source);
    lane->source = NULL;
    free(lane->rows);
    lane->rows = NULL;
    lane->first = lane->capacity = 0;
}

void lane_finish(struct lane *lane)
{
    lane_end(lane);
    buffer_finish(&lane->usable.state);
    buffer_finish(&lane->pending.state);
}
