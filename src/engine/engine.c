#include "engine/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/progress.h"
#include "engine/merge.h"
#include "engine/writer.h"

enum {
    LATENESS_SECONDS = 30,
    MARK_SECONDS = 2,       /* between checkpoints, at least … */
    MARK_SHARE = 10,        /* … and so many times what the last one took */
    LANE_MEMORY = 16 << 20, /* what one open source holds, about */
    LANES_MOST = 256,
};

#define MARK_INTERVAL (2 * TIME_SECOND) /* between checkpoints, at least */

struct engine {
    const struct engine_options *options;
    struct store *store;
    struct pool pool;
    struct inputs inputs;
    struct merge merge;
    struct crew *crew;
    struct writer writer;
    struct settings settings;
    struct totals before;
    struct arena arena;
    struct bytes checkpoint;
    struct progress progress;
    uint64_t marks; /* published */
    int64_t marked_at;
};

static int complain(const char *about, const char *why)
{
    return fprintf(stderr, "hinomi: %s: %s\n", about, why);
}

/* --- beginning --- */

static int store_begin(struct engine *engine)
{
    int error = store_open_write(engine->options->folder, &engine->store);
    if (!error)
        error = store_checkpoint(engine->store, &engine->arena, &engine->checkpoint);
    if (error)
        complain(engine->options->folder, store_error(engine->store));
    return error;
}

static void settings_complete(struct engine *engine)
{
    size_t memory = engine->options->memory ? engine->options->memory : (size_t)2 << 30;
    if (engine->settings.budget < 0)
        engine->settings.budget = ENGINE_BUDGET_PERCENT / 100.0;
    /* A checkpoint is a copy of the detectors' memory, made twice on its way to the store. */
    engine->settings.memory = memory / 4;
    engine->writer.memory = memory;
    engine->writer.settings = engine->settings;
    engine->merge.lanes_limit = (uint32_t)(memory / 4 / LANE_MEMORY);
    if (engine->merge.lanes_limit > LANES_MOST)
        engine->merge.lanes_limit = LANES_MOST;
    if (engine->merge.lanes_limit < 2)
        engine->merge.lanes_limit = 2;
}

static int parts_open(struct engine *engine)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t shards = engine->options->shards;
    if (shards == 0)
        shards = cores < 1 ? 1 : (uint32_t)cores;
    int error = triage_open(&engine->writer.triage);
    if (!error)
        error = roster_open(&engine->writer.roster);
    if (!error)
        error = crew_open(shards, &engine->settings, &engine->crew);
    return error;
}

/* Open everything, as the checkpoint left it. */
static int engine_restore(struct engine *engine)
{
    struct cursor in = cursor_over(engine->checkpoint);
    bool again = engine->checkpoint.len > 0;
    int error = again ? settings_load(&engine->settings, &in) : 0;
    if (again && !error) {
        totals_load(&engine->writer.totals, &in);
        error = inputs_load(&engine->inputs, &in);
    }
    settings_complete(engine);
    if (!error)
        error = parts_open(engine);
    if (again && !error)
        error = triage_load(engine->writer.triage, &in);
    if (again && !error)
        error = roster_load(engine->writer.roster, &in);
    if (again && !error)
        error = crew_load(engine->crew, &in);
    if (error && error != -ENOMEM)
        complain(engine->options->folder,
                 "its checkpoint cannot be read by this version; give another --data");
    engine->before = engine->writer.totals;
    return error;
}

static int inputs_name(struct engine *engine)
{
    int error = 0;
    for (uint32_t i = 0; i < engine->options->path_count && !error; i++)
        error = inputs_add(&engine->inputs, engine->options->paths[i]);
    return error;
}

static int engine_begin(struct engine *engine)
{
    const struct engine_options *options = engine->options;
    uint32_t window_count = 0;
    engine->settings = options->settings;
    engine->inputs.format = options->format;
    engine->inputs.lateness =
        options->lateness < 0 ? LATENESS_SECONDS * TIME_SECOND : options->lateness;
    engine->inputs.pool = &engine->pool;
    engine->writer.totals.newest = TIME_NONE;
    int error = options->no_store ? 0 : store_begin(engine);
    if (!error)
        error = engine_restore(engine);
    if (!error)
        error = inputs_name(engine);
    if (error)
        return error;
    engine->writer.crew = engine->crew;
    engine->writer.store = engine->store;
    engine->merge.inputs = &engine->inputs;
    engine->merge.pool = &engine->pool;
    engine->merge.batch_rows = options->batch_rows ? options->batch_rows : BATCH_ROWS;
    const int64_t *windows = crew_windows(engine->crew, &window_count);
    return merge_begin(&engine->merge, windows, window_count);
}

/* --- marks --- */

static struct bytes reasons_json(const struct source_counts *counts, struct arena *arena)
{
    struct buffer text = {0};
    struct json json = {.out = &text};
    json_object(&json);
    for (uint32_t i = 0; i < counts->reason_count; i++) {
        json_key(&json, counts->reasons[i].why);
        json_unsigned(&json, counts->reasons[i].count);
    }
    json_end_object(&json);
    struct bytes kept = arena_copy(arena, buffer_bytes(&text));
    buffer_finish(&text);
    return kept;
}

static const char *clock_name(enum source_clock clock)
{
    return clock == CLOCK_SOURCE ? "source" : "collector";
}

static void source_line(struct input *input, struct arena *arena, struct store_source *line)
{
    const struct source_counts *counts = &input->counts;
    *line = (struct store_source){
        .id = input->number,
        .path = arena_copy(arena, bytes_of(input->path)),
        .format = bytes_of(input->format),
        .reasons = reasons_json(counts, arena),
        .clock_used = bytes_of(clock_name(input->clock)),
        .size = input->size,
        .offset = counts->bytes,
        .read = counts->read,
        .kept = counts->kept,
        .refused = counts->refused,
        .clock_disagreements = counts->clock_disagreements,
        .done = input->finished,
    };
}

/* What the writer is to say of each source that this run touched. */
static int mark_sources(struct engine *engine, struct chunk *mark)
{
    struct inputs *inputs = &engine->inputs;
    mark->sources = arena_take_array(&mark->arena, inputs->count + 1, sizeof(*mark->sources));
    if (!mark->sources)
        return -ENOMEM;
    for (uint32_t i = 0; i < inputs->count; i++) {
        struct input *input = inputs->items[i];
        mark->late += input->lane.late;
        bool touched = input->state == INPUT_OPEN ||
                       (input->state == INPUT_OVER && input->status != STATUS_SAME);
        if (!touched || input->number == 0)
            continue;
        input_count(input);
        source_line(input, &mark->arena, &mark->sources[mark->source_count++]);
    }
    return 0;
}

static int mark_publish(struct engine *engine)
{
    struct chunk *mark = crew_fill(engine->crew);
    mark->kind = CHUNK_MARK;
    mark->late = 0;
    inputs_save(&engine->inputs, engine->merge.order, &mark->inputs);
    int error = mark_sources(engine, mark);
    crew_publish(engine->crew, mark);
    engine->marks++;
    engine->marked_at = time_ticks();
    return error;
}

static bool mark_is_due(struct engine *engine)
{
    int64_t cost = atomic_load(&engine->writer.mark_cost);
    int64_t wait = engine->options->checkpoint_interval;
    if (wait < 0)
        wait = cost * MARK_SHARE > MARK_INTERVAL ? cost * MARK_SHARE : MARK_INTERVAL;
    if (engine->options->no_store || atomic_load(&engine->writer.marks) < engine->marks)
        return false;
    return time_ticks() - engine->marked_at >= wait;
}

static void publish(struct engine *engine, enum chunk_kind kind)
{
    struct chunk *chunk = crew_fill(engine->crew);
    chunk->kind = kind;
    crew_publish(engine->crew, chunk);
}

/* --- running --- */

static double part_done(const struct engine *engine)
{
    double size = 0, done = 0;
    for (uint32_t i = 0; i < engine->inputs.count; i++) {
        const struct input *input = engine->inputs.items[i];
        if (input->state == INPUT_PAST || input->status == STATUS_SAME)
            continue;
        size += (double)input->size;
        if (input->state == INPUT_OPEN)
            done += (double)source_position(input->lane.source);
        else if (input->state == INPUT_OVER)
            done += (double)input->size;
    }
    return size > 0 ? done / size : -1;
}

static bool stop_asked(const struct engine *engine)
{
    return engine->options->stop && *engine->options->stop;
}

static int engine_feed(struct engine *engine)
{
    int error = 0;
    engine->marked_at = time_ticks();
    while (!error && !stop_asked(engine)) {
        struct chunk *chunk = crew_fill(engine->crew);
        error = merge_next(&engine->merge, chunk);
        if (error || chunk->rows == 0)
            break;
        crew_publish(engine->crew, chunk);
        if (engine->options->progress)
            progress_step(&engine->progress, engine->merge.rows, part_done(engine));
        error = atomic_load(&engine->writer.error);
        if (!error && mark_is_due(engine))
            error = mark_publish(engine);
    }
    return error;
}

/* Read, and whatever happens, bring the threads home. */
static int engine_work(struct engine *engine)
{
    int error = crew_start(engine->crew);
    if (!error)
        error = writer_start(&engine->writer);
    if (!error)
        error = engine_feed(engine);
    if (!error && engine->settings.learn_all && !stop_asked(engine))
        publish(engine, CHUNK_SETTLE);
    if (!error)
        error = mark_publish(engine);
    publish(engine, CHUNK_END);
    crew_join(engine->crew);
    writer_join(&engine->writer);
    if (!error)
        error = atomic_load(&engine->writer.error);
    if (error == -ENOMEM)
        complain("memory", "there is no more; give a smaller --memory or fewer sources at once");
    else if (error && engine->store)
        complain(engine->options->folder, store_error(engine->store));
    return error;
}

/* --- telling --- */

static const char *status_name(const struct input *input)
{
    static const char *const names[] = {"read",         "resumed", "grown",
                                        "already read", "failed",  "skipped"};
    return names[input->status];
}

static void fault_print(const struct input *input)
{
    const struct fault *fault = &input->fault;
    fprintf(stderr, "hinomi: %s: %s", input->path,
            fault->why ? fault->why : strerror(-input->error));
    if (input->number && fault->line)
        fprintf(stderr, " (byte %llu, line %llu)", (unsigned long long)fault->offset,
                (unsigned long long)fault->line);
    else if (input->number && fault->offset)
        fprintf(stderr, " (byte %llu)", (unsigned long long)fault->offset);
    if (input->status == STATUS_SKIPPED)
        fprintf(stderr, "; skipped");
    else if (input->error == -ENOTSUP)
        fprintf(stderr, "; name the format with --format");
    else if (input->counts.kept)
        fprintf(stderr, "; what stands before it was kept");
    else
        fprintf(stderr, "; the other sources were read");
    fputc('\n', stderr);
}

static void counts_minus(struct source_counts *counts, const struct source_counts *before)
{
    counts->read -= before->read;
    counts->kept -= before->kept;
    counts->refused -= before->refused;
    counts->two_clocks -= before->two_clocks;
    counts->clock_disagreements -= before->clock_disagreements;
}

static void source_tell(struct engine *engine, struct input *input, struct engine_result *result)
{
    struct engine_source told = {
        .path = input->path,
        .format = input->format,
        .status = status_name(input),
        .counts = input->counts,
        .late = input->lane.late - input->late_before,
        .clock = input->clock,
        .error = input->error,
        .fault = input->fault,
    };
    counts_minus(&told.counts, &input->before);
    result->read += told.counts.read;
    result->kept += told.counts.kept;
    result->refused += told.counts.refused;
    result->late += told.late;
    result->sources++;
    result->sources_failed += input->status == STATUS_FAILED;
    if (input->error)
        fault_print(input);
    if (engine->options->tell)
        engine->options->tell(engine->options->context, &told);
}

static void engine_tell(struct engine *engine, struct engine_result *result)
{
    for (uint32_t i = 0; i < engine->inputs.count; i++) {
        struct input *input = engine->inputs.items[i];
        input_count(input);
        if (input->state != INPUT_PAST)
            source_tell(engine, input, result);
    }
    result->findings = engine->writer.totals.findings - engine->before.findings;
    result->cases = engine->writer.totals.cases - engine->before.cases;
    result->stopped = stop_asked(engine);
    if (engine->merge.crowded)
        fprintf(stderr,
                "hinomi: %u sources overlap more than %u others in time and were read after them; "
                "give more --memory, or fewer sources at once\n",
                engine->merge.crowded, engine->merge.lanes_limit);
}

static void engine_end(struct engine *engine)
{
    merge_finish(&engine->merge);
    if (engine->crew)
        crew_close(engine->crew);
    inputs_finish(&engine->inputs);
    pool_finish(&engine->pool);
    if (engine->writer.triage)
        triage_close(engine->writer.triage);
    roster_close(engine->writer.roster);
    if (engine->store)
        store_close(engine->store);
    arena_finish(&engine->arena);
    free(engine);
}

int engine_run(const struct engine_options *options, struct engine_result *ret_result)
{
    int64_t began = time_ticks();
    struct engine_result result = {0};
    struct engine *engine = calloc(1, sizeof(*engine));
    if (!engine)
        return -ENOMEM;
    engine->options = options;
    pool_init(&engine->pool);
    progress_begin(&engine->progress, "events");
    int error = engine_begin(engine);
    if (!error) {
        error = engine_work(engine);
        progress_end(&engine->progress);
        engine_tell(engine, &result);
    }
    engine_end(engine);
    result.seconds = (double)(time_ticks() - began) / (double)TIME_SECOND;
    *ret_result = result;
    return error;
}
