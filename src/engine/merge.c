#include "engine/merge.h"

#include <errno.h>
#include <stdlib.h>

/* A run of rows at least this long is passed on in its own batch; shorter ones are copied. */
enum { RUN_LEAST = 64 };

/* So few sources are simply all opened; of more, the first rows are looked at beforehand. */
enum { LANES_AT_ONCE = 4 };

static bool input_before(const struct input *a, const struct input *b)
{
    int64_t left = a->lane.rows[a->lane.first].order, right = b->lane.rows[b->lane.first].order;
    return left < right || (left == right && a->number < b->number);
}

static void heap_down(struct merge *merge)
{
    struct input **heap = merge->lanes;
    for (uint32_t at = 0, child; (child = 2 * at + 1) < merge->lane_count; at = child) {
        if (child + 1 < merge->lane_count && input_before(heap[child + 1], heap[child]))
            child++;
        if (!input_before(heap[child], heap[at]))
            return;
        struct input *moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
    }
}

static void heap_add(struct merge *merge, struct input *input)
{
    struct input **heap = merge->lanes;
    uint32_t at = merge->lane_count++;
    for (; at > 0 && input_before(input, heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = input;
}

/* Open the input that waits for the earliest time. One that gives no row is over at once. */
static int merge_open(struct merge *merge)
{
    struct input *input = merge->waiting[--merge->waiting_count];
    if (!input->lane.opened && merge->order > input->lane.floor)
        input->lane.floor = merge->order;
    input->lane.opened = true;
    int error = input_open(merge->inputs, input);
    if (error || input->state != INPUT_OPEN)
        return error;
    if (lane_head(&input->lane, &error))
        heap_add(merge, input);
    else if (!error)
        input_close(input);
    return error;
}

static int64_t waiting_first(const struct merge *merge)
{
    return merge->waiting_count ? merge->waiting[merge->waiting_count - 1]->first : INT64_MAX;
}

static int64_t top_order(const struct merge *merge)
{
    const struct lane *lane = &merge->lanes[0]->lane;
    return lane->rows[lane->first].order;
}

/* Open all whose time has come, as far as there is room. */
static int merge_open_due(struct merge *merge)
{
    while (merge->waiting_count > 0 &&
           (merge->lane_count == 0 || waiting_first(merge) <= top_order(merge))) {
        if (merge->lane_count >= merge->lanes_limit) {
            return 0;
        }
        if (waiting_first(merge) < merge->order)
            merge->crowded++;
        int error = merge_open(merge);
        if (error)
            return error;
    }
    return 0;
}

/* Up to where the lane on top may go before another has its turn. */
static struct lane_bound merge_bound(const struct merge *merge)
{
    struct lane_bound bound = {INT64_MAX, UINT32_MAX};
    for (uint32_t child = 1; child <= 2 && child < merge->lane_count; child++) {
        const struct input *input = merge->lanes[child];
        int64_t order = input->lane.rows[input->lane.first].order;
        if (order < bound.order || (order == bound.order && input->number < bound.number))
            bound = (struct lane_bound){order, input->number};
    }
    if (merge->lane_count < merge->lanes_limit && waiting_first(merge) <= bound.order)
        bound = (struct lane_bound){waiting_first(merge), 0};
    return bound;
}

/* The lane on top has given rows: see what it has next, and put it in its place. */
static int merge_advance(struct merge *merge)
{
    struct input *input = merge->lanes[0];
    int error = 0;
    if (!lane_head(&input->lane, &error)) {
        if (error)
            return error;
        input_close(input);
        merge->lanes[0] = merge->lanes[--merge->lane_count];
    }
    heap_down(merge);
    return 0;
}

static int64_t floor_to(int64_t time, int64_t window)
{
    int64_t rest = time % window;
    return time - (rest < 0 ? rest + window : rest);
}

/* Begin a new cut where a row leaves the windows of the one before it. */
static int chunk_cut(struct merge *merge, struct chunk *chunk, int64_t order)
{
    if (chunk->rows > 0 && order >= merge->window_start && order < merge->window_end)
        return 0;
    if (chunk->cut_count == chunk->cut_capacity) {
        uint32_t room = chunk->cut_capacity ? chunk->cut_capacity * 2 : 8;
        struct cut *cuts = realloc(chunk->cuts, room * sizeof(*cuts));
        if (!cuts)
            return -ENOMEM;
        chunk->cuts = cuts;
        chunk->cut_capacity = room;
    }
    chunk->cuts[chunk->cut_count++] = (struct cut){chunk->rows, order};
    merge->window_start = INT64_MIN;
    merge->window_end = INT64_MAX;
    for (uint32_t i = 0; i < merge->window_count; i++) {
        int64_t start = floor_to(order, merge->windows[i]);
        if (start > merge->window_start)
            merge->window_start = start;
        if (start + merge->windows[i] < merge->window_end)
            merge->window_end = start + merge->windows[i];
    }
    return 0;
}

/* Rows of a source's batch, as they are. Takes the lane's references over, but keeps just one. */
static int chunk_refer(struct merge *merge, struct chunk *chunk, struct lane *lane, uint32_t run)
{
    const struct lane_row *rows = lane_take(lane, run);
    int error = 0;
    chunk->shared = rows[0].shared;
    for (uint32_t i = 0; i < run && !error; i++) {
        error = chunk_cut(merge, chunk, rows[i].order);
        chunk->at[chunk->rows++] = rows[i].row;
    }
    merge->order = rows[run - 1].order;
    shared_batch_drop(chunk->shared, run - 1);
    return error;
}

static int chunk_copy(struct merge *merge, struct chunk *chunk, struct lane *lane, uint32_t run)
{
    if (!chunk->shared) {
        chunk->shared = pool_take(merge->pool);
        if (!chunk->shared)
            return -ENOMEM;
        batch_clear(chunk->shared->batch);
    }
    const struct lane_row *rows = lane_take(lane, run);
    struct shared_batch *from = rows[0].shared;
    int error = 0;
    for (uint32_t i = 0; i < run && !error; i++) {
        error = batch_append(chunk->shared->batch, from->batch, rows[i].row);
        if (!error)
            error = chunk_cut(merge, chunk, rows[i].order);
        chunk->at[chunk->rows] = chunk->rows;
        chunk->rows++;
    }
    merge->order = rows[run - 1].order;
    shared_batch_drop(from, run);
    return error;
}

int merge_next(struct merge *merge, struct chunk *chunk)
{
    int error = 0;
    while (!error && chunk->rows < merge->batch_rows) {
        error = merge_open_due(merge);
        if (error || merge->lane_count == 0)
            break;
        struct lane *lane = &merge->lanes[0]->lane;
        struct lane_bound bound = merge_bound(merge);
        uint32_t run = lane_run(lane, &bound, merge->batch_rows - chunk->rows);
        bool whole = merge->batch_rows == BATCH_ROWS && run >= RUN_LEAST;
        if (whole && chunk->rows > 0)
            break;
        error = whole ? chunk_refer(merge, chunk, lane, run) : chunk_copy(merge, chunk, lane, run);
        if (!error)
            error = merge_advance(merge);
        if (whole)
            break;
    }
    merge->rows += chunk->rows;
    return error;
}

static int first_compare(const void *left, const void *right)
{
    const struct input *a = *(struct input *const *)left, *b = *(struct input *const *)right;
    if (a->first != b->first)
        return a->first > b->first ? -1 : 1;
    return (a->number < b->number) - (a->number > b->number);
}

int merge_begin(struct merge *merge, const int64_t *windows, uint32_t window_count)
{
    struct inputs *inputs = merge->inputs;
    uint32_t wanted = 0;
    merge->windows = windows;
    merge->window_count = window_count;
    merge->order = INT64_MIN;
    merge->lanes = calloc(inputs->count + 1, sizeof(struct input *));
    merge->waiting = calloc(inputs->count + 1, sizeof(struct input *));
    if (!merge->lanes || !merge->waiting)
        return -ENOMEM;
    for (uint32_t i = 0; i < inputs->count; i++)
        wanted += inputs->items[i]->state == INPUT_WAITING;
    for (uint32_t i = 0; i < inputs->count; i++) {
        struct input *input = inputs->items[i];
        int error = 0;
        if (input->state == INPUT_WAITING && wanted > LANES_AT_ONCE)
            error = input_peek(inputs, input);
        if (error)
            return error;
        if (input->state == INPUT_WAITING)
            merge->waiting[merge->waiting_count++] = input;
    }
    qsort(merge->waiting, merge->waiting_count, sizeof(struct input *), first_compare);
    return 0;
}

void merge_finish(struct merge *merge)
{
    free(merge->lanes);
    free(merge->waiting);
}
