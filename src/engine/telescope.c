#include "engine/telescope.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/telescope_lane.h"

/* Times beyond this are taken as this: a window can still end after it. */
#define LATEST (INT64_MAX - 400 * TIME_DAY)

static void run_fail(struct telescope_run *run, int error)
{
    int none = 0;
    if (error)
        atomic_compare_exchange_strong(&run->error, &none, error);
}

/* All lanes meet; true for the one that works alone until all meet again. */
static bool lanes_meet(struct telescope_run *run)
{
    return run->lane_count == 1 ||
           pthread_barrier_wait(&run->barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
}

/* Count the destinations of all lanes, and put them into the sketch: for adding windows. */
static uint64_t destinations_count(struct telescope_run *run)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < DESTINATION_WORDS(run->addresses); i++) {
        uint64_t bits = 0;
        for (unsigned at = 0; at < run->lane_count; at++)
            bits |= run->lanes[at]->destinations[i];
        count += (uint64_t)__builtin_popcountll(bits);
        for (; bits; bits &= bits - 1)
            destination_sketch(&run->lanes[0]->window, i * 64 + (uint32_t)__builtin_ctzll(bits));
    }
    return count;
}

/* The window of all lanes together: in that of the first. */
static struct telescope_window *window_sum(struct telescope_run *run)
{
    struct telescope_window *total = &run->lanes[0]->window;
    uint64_t sources = total->sources, missing = total->missing;
    for (unsigned at = 1; at < run->lane_count; at++) {
        sources += run->lanes[at]->window.sources;
        if (run->lanes[at]->window.missing > missing)
            missing = run->lanes[at]->window.missing;
        telescope_window_add(total, &run->lanes[at]->window);
    }
    if (run->lanes[0]->destinations)
        total->destinations = destinations_count(run);
    else
        total->destinations = distinct_count(total->destination_sketch);
    total->sources = total->evicted ? distinct_count(total->source_sketch) : sources;
    total->missing = missing; /* a source is of one lane */
    total->start = run->window_start;
    total->length = run->options->window;
    total->addresses = run->addresses;
    return total;
}

static void window_tell(struct telescope_run *run)
{
    const struct telescope_options *options = run->options;
    const struct telescope_window *total = window_sum(run);
    int error = 0;
    run->result.excluded += total->excluded;
    if (total->packets == 0)
        return;
    run->result.windows++;
    run->result.packets += total->packets;
    run->result.late += total->late;
    run->result.evicted += total->evicted;
    run->result.totals_missing += total->missing;
    if (options->sources)
        error = source_table_walk(run->table, options->sources, options->context);
    if (!error && options->window_end)
        error = options->window_end(options->context, total);
    run_fail(run, error);
}

/* The next window is that of the first packet any lane waits with. */
static void window_next(struct telescope_run *run)
{
    int64_t next = INT64_MAX, length = run->options->window;
    for (unsigned at = 0; at < run->lane_count; at++)
        if (run->lanes[at]->next < next)
            next = run->lanes[at]->next;
    if (next == INT64_MAX) {
        run->done = true;
        return;
    }
    run->window_start = next;
    run->window_end = INT64_MAX;
    if (length > 0) {
        int64_t rest = next % length;
        run->window_start = next - (rest < 0 ? rest + length : rest);
        run->window_end = run->window_start + length;
    }
}

/* The window is over for this lane: its next packet has the clock `next`. */
static void lane_meet(struct lane *lane, int64_t next)
{
    struct telescope_run *run = lane->run;
    lane->next = next;
    run_fail(run, lane_settle(lane));
    if (lanes_meet(run)) {
        window_tell(run);
        window_next(run);
    }
    lanes_meet(run);
    if (!run->done)
        lane_clear(lane);
}

static int64_t clock_bound(int64_t clock)
{
    return clock > LATEST ? LATEST : clock < -LATEST ? -LATEST : clock;
}

static void lane_batch(struct lane *lane)
{
    const struct telescope_run *run = lane->run;
    const struct packets *packets = &lane->packets;
    for (uint32_t row = 0; row < packets->count;) {
        int64_t clock = clock_bound(packets->clock[row]);
        if (clock >= run->window_end) {
            lane_meet(lane, clock);
            continue;
        }
        uint32_t end = packets->count;
        while (clock_bound(packets->clock[end - 1]) >= run->window_end)
            end--;
        lane_see(lane, row, end);
        row = end;
    }
    /* Nothing of its own, but time goes on: others may wait for this lane. */
    while (packets->newest > 0 && clock_bound(packets->newest) >= run->window_end)
        lane_meet(lane, clock_bound(packets->newest));
}

/* How far the lane has come, for whoever waits for silence. */
static void lane_tick(struct lane *lane)
{
    const struct telescope_options *options = lane->run->options;
    int64_t clock = clock_bound(lane->packets.newest);
    if (!options->clock || clock / TIME_SECOND == lane->ticked / TIME_SECOND)
        return;
    lane->ticked = clock;
    for (unsigned p = lane->number; p < PACKET_PARTITIONS; p += lane->run->lane_count)
        options->clock(options->member_context, p, clock);
}

static bool run_stopped(const struct telescope_run *run)
{
    return atomic_load(&run->error) != 0 || (run->options->stop && *run->options->stop);
}

static void *lane_run(void *context)
{
    struct lane *lane = context;
    struct telescope_run *run = lane->run;
    const struct telescope_options *options = run->options;
    uint64_t packets = 0;
    int status = 1;
    /* Held while threads are started: they run when all are there, or not at all. */
    pthread_mutex_lock(&run->gate);
    pthread_mutex_unlock(&run->gate);
    if (run->cancelled)
        return NULL;
    while (!run_stopped(run) &&
           ((status = tap_read(lane->tap, &lane->packets)) > 0 || status == -EAGAIN)) {
        lane_batch(lane);
        lane_tick(lane);
        packets += lane->packets.count;
        if (options->progress && lane->number == 0)
            options->progress(options->progress_context, packets * run->lane_count);
    }
    run_fail(run, status < 0 && status != -EAGAIN ? status : 0);
    tap_leave(lane->tap);
    while (!run->done)
        lane_meet(lane, INT64_MAX);
    return NULL;
}

/* As many threads as lanes, this one the first of them. */
static int lanes_run(struct telescope_run *run)
{
    unsigned started = 1;
    int error = pthread_barrier_init(&run->barrier, NULL, run->lane_count);
    if (error)
        return -error;
    pthread_mutex_init(&run->gate, NULL);
    pthread_mutex_lock(&run->gate);
    for (; started < run->lane_count && !error; started += !error) {
        struct lane *lane = run->lanes[started];
        error = pthread_create(&lane->thread, NULL, lane_run, lane);
    }
    run->cancelled = error != 0;
    pthread_mutex_unlock(&run->gate);
    lane_run(run->lanes[0]);
    for (unsigned i = 1; i < started; i++)
        pthread_join(run->lanes[i]->thread, NULL);
    pthread_mutex_destroy(&run->gate);
    pthread_barrier_destroy(&run->barrier);
    return -error;
}

static int totals_tell(struct telescope_run *run)
{
    struct source_total *top;
    uint32_t count;
    if (!run->totals)
        return 0;
    run->result.totals_evicted = source_totals_evicted(run->totals);
    run->result.totals_missing += source_totals_missing(run->totals);
    int error = source_totals_top(run->totals, run->options->totals_most, &top, &count);
    if (error)
        return error;
    error = run->options->totals(run->options->context, top, count);
    free(top);
    return error;
}

static uint32_t member_find(const void *context, const struct ip *address)
{
    return prefix_table_find(context, address);
}

static int run_open(struct telescope_run *run)
{
    const struct telescope_options *options = run->options;
    size_t memory = options->memory ? options->memory : TELESCOPE_MEMORY;
    struct source_table_options table = {
        .memory = memory / 100 * (options->totals ? 60 : 80),
        .window_length = options->window,
        .destinations = run->addresses,
        .member_of = options->members ? member_find : NULL,
        .context = options->members,
    };
    int error = source_table_open(&table, &run->table);
    if (!error && options->totals)
        error = source_totals_open(memory / 100 * 20, &run->totals);
    if (!error && options->window > 0)
        error = surveys_open(memory / 100 * 5, (double)run->addresses, &run->surveys);
    run->lanes = calloc(run->lane_count, sizeof(struct lane *));
    if (!run->lanes)
        error = -ENOMEM;
    for (unsigned i = 0; i < run->lane_count && !error; i++)
        error = lane_open(run, i, &run->lanes[i]);
    return error;
}

int telescope_run(const struct telescope_options *options, struct telescope_result *ret_result)
{
    struct telescope_run run = {
        .options = options,
        .lane_count = options->tap_count,
        .addresses = options->darknet ? prefix_table_addresses(options->darknet) : 0,
        .window_start = INT64_MIN,
        .window_end = INT64_MIN,
    };
    if ((options->memory && options->memory < TELESCOPE_MEMORY_LEAST) || options->window < 0 ||
        options->window > TELESCOPE_WINDOW_MOST)
        return -EINVAL;
    int error = run_open(&run);
    if (!error)
        error = lanes_run(&run);
    if (!error)
        error = atomic_load(&run.error);
    if (!error)
        error = totals_tell(&run);
    for (unsigned i = 0; i < run.lane_count && run.lanes; i++) {
        tap_counts_add(&run.result.taps, tap_counts(options->taps[i]));
        lane_close(run.lanes[i]);
    }
    free(run.lanes);
    source_table_close(run.table);
    if (run.surveys)
        run.result.surveys_evicted = surveys_evicted(run.surveys);
    surveys_close(run.surveys);
    source_totals_close(run.totals);
    *ret_result = run.result;
    return error;
}
