#include "engine/gather.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/alert_reader.h"
#include "store/alert_block.h"
#include "store/store.h"
#include "triage/group/group.h"

/* Fewer, larger transactions write less: a group's members in one go. */
enum { COMMIT_ALERTS = 1 << 15, COMMIT_BYTES = 64 << 20 };

/* A group that is new in this batch, and its first member. */
struct newcomer {
    uint64_t group;
    uint32_t at;
};

struct gather {
    struct alerts_store *store;
    struct grouper *grouper;
    uint64_t *groups; /* of the alerts of the batch */
    struct newcomer *newcomers;
    uint32_t newcomer_count, capacity;
    const struct alert *alerts; /* the batch */
    uint32_t newcomer_at;
};

static int group_restore(void *context, const struct alert_group *group)
{
    return grouper_restore(context, group);
}

int gather_open(const char *folder, int64_t window, struct gather **ret_gather)
{
    struct gather *gather = calloc(1, sizeof(*gather));
    uint64_t next;
    if (!gather)
        return -ENOMEM;
    *ret_gather = gather;
    int error = alerts_store_open(folder, ALERTS_GATHER, &gather->store);
    if (!error)
        (void)!store_state_make(folder); /* `hunt` wants one; the alerts do without */
    if (!error)
        error = alerts_store_next_group(gather->store, &next);
    if (!error)
        error = grouper_new(window, next, &gather->grouper);
    if (!error)
        error = alerts_store_open_groups(gather->store, group_restore, gather->grouper);
    return error;
}

struct alerts_store *gather_store(struct gather *gather)
{
    return gather->store;
}

const char *gather_error(const struct gather *gather)
{
    return gather && gather->store ? alerts_store_error(gather->store) : "out of memory";
}

uint64_t gather_evicted(const struct gather *gather)
{
    return grouper_evicted(gather->grouper);
}

void gather_close(struct gather *gather)
{
    if (!gather)
        return;
    grouper_free(gather->grouper);
    alerts_store_close(gather->store);
    free(gather->groups);
    free(gather->newcomers);
    free(gather);
}

static int room_make(struct gather *gather, uint32_t count)
{
    if (count <= gather->capacity)
        return 0;
    uint64_t *groups = reallocarray(gather->groups, count, sizeof(*groups));
    if (groups)
        gather->groups = groups;
    struct newcomer *newcomers = reallocarray(gather->newcomers, count, sizeof(*newcomers));
    if (newcomers)
        gather->newcomers = newcomers;
    if (!groups || !newcomers)
        return -ENOMEM;
    gather->capacity = count;
    return 0;
}

/* Both come in the order of ids, so newcomers are met one after the other. */
static int group_put(void *context, const struct alert_group *group)
{
    struct gather *gather = context;
    const struct alert *first = NULL;
    if (gather->newcomer_at < gather->newcomer_count &&
        gather->newcomers[gather->newcomer_at].group == group->id)
        first = &gather->alerts[gather->newcomers[gather->newcomer_at++].at];
    return alerts_store_put_group(gather->store, group, first);
}

static int alerts_group(struct gather *gather, const struct alert *alerts, uint32_t count)
{
    const struct alert_group *group;
    int error = room_make(gather, count);
    gather->newcomer_count = gather->newcomer_at = 0;
    gather->alerts = alerts;
    for (uint32_t i = 0; i < count && !error; i++) {
        error = grouper_take(gather->grouper, &alerts[i], &group);
        if (error)
            break;
        gather->groups[i] = group->id;
        if (group->count == 1)
            gather->newcomers[gather->newcomer_count++] = (struct newcomer){group->id, i};
    }
    return error;
}

/* Group and put alerts, ALERT_BLOCK_ALERTS of them at most, within a transaction. */
static int alerts_put(struct gather *gather, const struct alert *alerts, uint32_t count)
{
    int error = alerts_group(gather, alerts, count);
    if (!error)
        error = alerts_store_put(gather->store, alerts, gather->groups, count);
    return error ? error : grouper_changed(gather->grouper, group_put, gather);
}

int gather_alerts(struct gather *gather, const struct alert *alerts, uint32_t count,
                  struct alerts_source *source)
{
    int error = alerts_store_begin(gather->store);
    for (uint32_t at = 0; at < count && !error; at += ALERT_BLOCK_ALERTS)
        error = alerts_put(gather, alerts + at,
                           count - at < ALERT_BLOCK_ALERTS ? count - at : ALERT_BLOCK_ALERTS);
    source->alerts += count;
    if (!error)
        error = alerts_store_put_source(gather->store, source);
    return error ? error : alerts_store_commit(gather->store);
}

int gather_forget(struct gather *gather, int64_t keep, uint64_t *ret_alerts)
{
    int64_t newest;
    int error = alerts_store_begin(gather->store);
    if (!error)
        error = alerts_store_newest(gather->store, &newest);
    if (!error)
        error = alerts_store_forget(gather->store, newest - keep, ret_alerts);
    return error ? error : alerts_store_commit(gather->store);
}

/* Store batch after batch, to the end or the first error. */
static int file_store(struct gather *gather, struct alert_reader *reader,
                      struct alerts_source *source,
                      int (*step)(void *context, uint64_t alerts, double part), void *context,
                      struct gather_result *result, struct fault *ret_fault)
{
    int error = 0, more = 1;
    while (!error && more > 0) {
        const struct alert_chunk *chunk = alert_reader_take(reader);
        more = chunk->more;
        result->counts = chunk->counts;
        if (more < 0)
            *ret_fault = chunk->fault;
        if (more == -ENOMEM)
            break;
        source->offset = chunk->offset;
        source->line = chunk->line;
        error = gather_alerts(gather, chunk->batch.items, chunk->batch.count, source);
        if (!error && step)
            error = step(context, chunk->counts.alerts, chunk->part);
        alert_reader_give(reader);
    }
    return error ? error : more < 0 ? more : 0;
}

int gather_file(struct gather *gather, const char *path, const struct alert_parsing *parsing,
                int (*step)(void *context, uint64_t alerts, double part), void *context,
                struct gather_result *ret_result, struct fault *ret_fault)
{
    struct alert_file *file;
    struct alert_reader *reader = NULL;
    struct alerts_source source;
    int error = alert_file_open(path, parsing, &file, ret_fault);
    if (error)
        return error;
    error = alerts_source_find(gather->store, path, alert_file_head(file), &source);
    if (!error)
        error = alert_file_start(file, source.number, source.offset, source.line);
    *ret_result = (struct gather_result){.known = error ? 0 : source.alerts};
    if (!error)
        error = alert_reader_start(file, COMMIT_ALERTS, COMMIT_BYTES, &reader);
    if (!error)
        error = file_store(gather, reader, &source, step, context, ret_result, ret_fault);
    alert_reader_stop(reader);
    alert_file_close(file);
    return error;
}
