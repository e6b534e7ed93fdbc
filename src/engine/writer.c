#include "engine/writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { COMMIT_ROWS = 1 << 16 };

static const char checkpoint_magic[] = "hinomi checkpoint 1\n";

void settings_save(const struct settings *settings, struct buffer *out)
{
    uint64_t budget;
    memcpy(&budget, &settings->budget, sizeof(budget));
    buffer_put(out, ((struct bytes){checkpoint_magic, sizeof(checkpoint_magic) - 1}));
    buffer_put_u64(out, budget);
    buffer_put_u64(out, (uint64_t)settings->learn_until);
}

int settings_load(struct settings *settings, struct cursor *in)
{
    if (!bytes_equal(cursor_take(in, sizeof(checkpoint_magic) - 1),
                     ((struct bytes){checkpoint_magic, sizeof(checkpoint_magic) - 1})))
        return -EPROTO;
    uint64_t budget = cursor_u64(in);
    int64_t learn_until = (int64_t)cursor_u64(in);
    if (settings->budget < 0)
        memcpy(&settings->budget, &budget, sizeof(budget));
    if (settings->learn_until == TIME_NONE)
        settings->learn_until = learn_until;
    return cursor_ok(in) ? 0 : -EPROTO;
}

void totals_save(const struct totals *totals, struct buffer *out)
{
    buffer_put_u64(out, totals->rows);
    buffer_put_u64(out, totals->findings);
    buffer_put_u64(out, totals->cases);
    buffer_put_u64(out, (uint64_t)totals->newest);
}

void totals_load(struct totals *totals, struct cursor *in)
{
    totals->rows = cursor_u64(in);
    totals->findings = cursor_u64(in);
    totals->cases = cursor_u64(in);
    totals->newest = (int64_t)cursor_u64(in);
}

/* --- findings --- */

/* Findings of a chunk in the order of their rows; those of one row as they were said. */
struct said {
    uint32_t position, turn;
    const struct finding *finding;
};

static int said_compare(const void *left, const void *right)
{
    const struct said *a = left, *b = right;
    if (a->position != b->position)
        return a->position < b->position ? -1 : 1;
    return (a->turn > b->turn) - (a->turn < b->turn);
}

static int finding_write(struct writer *writer, const struct finding *finding)
{
    const struct incident *incident;
    int error = triage_take(writer->triage, finding, &incident);
    if (error)
        return error;
    writer->totals.findings++;
    if (incident && incident->id > writer->totals.cases)
        writer->totals.cases = incident->id;
    error = roster_finding(writer->roster, finding);
    if (error || !writer->store)
        return error;
    error = store_put_finding(writer->store, finding, incident ? incident->id : 0);
    return error || !incident ? error : store_put_case(writer->store, incident);
}

static int findings_write(struct writer *writer, const struct chunk *chunk)
{
    uint32_t count = 0, turn = 0;
    for (uint32_t shard = 0; shard < SHARDS; shard++)
        count += chunk->found[shard].count;
    if (count == 0)
        return 0;
    struct said *said = calloc(count, sizeof(*said));
    if (!said)
        return -ENOMEM;
    for (uint32_t i = 0; i < chunk->rows; i++)
        writer->order[chunk->at[i]] = i;
    for (uint32_t shard = 0; shard < SHARDS; shard++)
        for (uint32_t i = 0; i < chunk->found[shard].count; i++, turn++) {
            const struct finding *finding = chunk->found[shard].items[i];
            said[turn] = (struct said){writer->order[finding->row % BATCH_ROWS], turn, finding};
        }
    qsort(said, count, sizeof(*said), said_compare);
    int error = 0;
    for (uint32_t i = 0; i < count && !error; i++)
        error = finding_write(writer, said[i].finding);
    free(said);
    return error;
}

/* --- health --- */

static int figure_write(struct writer *writer, const char *name, double value)
{
    return store_put_health(writer->store, name, value, (struct bytes){"", 0});
}

static int time_write(struct writer *writer, const char *name, int64_t time)
{
    char text[TIME_TEXT_SIZE];
    struct bytes shown = time == TIME_NONE ? (struct bytes){"", 0} : time_format(time, text);
    return store_put_health(writer->store, name,
                            time == TIME_NONE ? 0 : (double)time / (double)TIME_SECOND, shown);
}

/* Resident memory of this process, from /proc; 0 where there is none. */
static double memory_now(void)
{
    unsigned long total, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%lu %lu", &total, &resident) != 2)
        resident = 0;
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static int health_write(struct writer *writer)
{
    int64_t now = time_ticks();
    double seconds = (double)(now - writer->committed_at) / (double)TIME_SECOND;
    const struct figure figures[] = {
        {"events_total", (double)writer->totals.rows},
        {"findings_total", (double)writer->totals.findings},
        {"cases_total", (double)writer->totals.cases},
        {"events_per_second",
         seconds > 0 ? (double)(writer->totals.rows - writer->rows_then) / seconds : 0},
        {"lag_seconds", writer->lag},
        {"late_events", (double)writer->late},
        {"queue_depth", (double)crew_depth(writer->crew)},
        {"memory_bytes", memory_now()},
        {"memory_limit_bytes", (double)writer->memory},
        {"hosts_total", (double)roster_hosts(writer->roster)},
        {"roster_refused", (double)roster_refused(writer->roster)},
        {"budget", writer->settings.budget},
    };
    int error = time_write(writer, "newest_event", writer->totals.newest);
    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]) && !error; i++)
        error = figure_write(writer, figures[i].name, figures[i].value);
    return error;
}

/* --- rows and commits --- */

static int writer_commit(struct writer *writer)
{
    int error = health_write(writer);
    if (!error)
        error = store_commit(writer->store);
    writer->uncommitted = 0;
    writer->rows_then = writer->totals.rows;
    writer->committed_at = time_ticks();
    return error;
}

static int writer_rows(struct writer *writer, const struct chunk *chunk)
{
    const struct batch *batch = chunk->shared->batch;
    int error = roster_rows(writer->roster, batch, chunk->at, chunk->rows);
    if (!error && writer->store)
        error = store_put_some_rows(writer->store, batch, chunk->at, chunk->rows);
    if (!error)
        error = findings_write(writer, chunk);
    if (error)
        return error;
    writer->totals.rows += chunk->rows;
    int64_t newest = batch->columns.time[chunk->at[chunk->rows - 1]];
    if (newest > writer->totals.newest)
        writer->totals.newest = newest;
    int64_t now = time_ticks();
    writer->lag = (double)(now - chunk->read_at) / (double)TIME_SECOND;
    writer->uncommitted += chunk->rows;
    if (writer->store &&
        (writer->uncommitted >= COMMIT_ROWS || now - writer->committed_at >= TIME_SECOND))
        return writer_commit(writer);
    return 0;
}

/* A figure of the detectors'; 0 when they don't tell it. */
static double figure_of(const struct chunk *mark, const char *name)
{
    for (uint32_t i = 0; i < mark->figure_count; i++)
        if (strcmp(mark->figures[i].name, name) == 0)
            return mark->figures[i].value;
    return 0;
}

static int mark_tell(struct writer *writer, const struct chunk *mark)
{
    int error = 0;
    bool learning = figure_of(mark, "learning") != 0;
    for (uint32_t i = 0; i < mark->source_count && !error; i++)
        error = store_put_source(writer->store, &mark->sources[i]);
    for (uint32_t i = 0; i < mark->figure_count && !error; i++)
        error = figure_write(writer, mark->figures[i].name, mark->figures[i].value);
    if (!error)
        error = figure_write(writer, "hosts_learning", learning ? roster_hosts(writer->roster) : 0);
    return error ? error : roster_put(writer->roster, writer->store, learning);
}

static int writer_mark(struct writer *writer, const struct chunk *mark)
{
    struct buffer checkpoint = {0};
    int64_t began = time_ticks();
    int error = 0;
    writer->late = mark->late;
    if (!writer->store)
        return 0;
    settings_save(&writer->settings, &checkpoint);
    totals_save(&writer->totals, &checkpoint);
    buffer_put(&checkpoint, buffer_bytes(&mark->inputs));
    triage_save(writer->triage, &checkpoint);
    roster_save(writer->roster, &checkpoint);
    crew_save(writer->crew, mark, &checkpoint);
    if (checkpoint.failed || mark->inputs.failed)
        error = -ENOMEM;
    if (!error)
        error = mark_tell(writer, mark);
    if (!error)
        error = store_put_checkpoint(writer->store, buffer_bytes(&checkpoint));
    if (!error)
        error = writer_commit(writer);
    buffer_finish(&checkpoint);
    atomic_store(&writer->mark_cost, time_ticks() - began);
    return error;
}

static void *writer_run(void *context)
{
    struct writer *writer = context;
    for (bool more = true; more;) {
        struct chunk *chunk = crew_take(writer->crew);
        int error = atomic_load(&writer->error);
        if (!error)
            error = crew_error(writer->crew);
        if (!error && chunk->kind == CHUNK_ROWS && chunk->rows > 0)
            error = writer_rows(writer, chunk);
        else if (!error && chunk->kind == CHUNK_MARK)
            error = writer_mark(writer, chunk);
        if (chunk->kind == CHUNK_MARK)
            atomic_fetch_add(&writer->marks, 1);
        if (error)
            atomic_store(&writer->error, error);
        more = chunk->kind != CHUNK_END;
        crew_give(writer->crew, chunk);
    }
    return NULL;
}

int writer_start(struct writer *writer)
{
    writer->committed_at = time_ticks();
    writer->rows_then = writer->totals.rows;
    int error = pthread_create(&writer->thread, NULL, writer_run, writer);
    writer->started = error == 0;
    return -error;
}

void writer_join(struct writer *writer)
{
    if (writer->started)
        pthread_join(writer->thread, NULL);
    writer->started = false;
}
