#include "show/ioc_hunt.h"

#include <stdio.h>

#include "analyse/ioc/endpoint.h"
#include "analyse/ioc/match.h"
#include "base/hash.h"

struct hunt {
    const struct indicator_set *set;
    struct matcher *matcher;
    struct hash_table seen; /* process and indicator → parts seen, a bit each */
    void (*hit)(void *context, const struct ioc_hit *hit);
    void *context;
    struct ioc_hunt_counts counts;
    const struct batch *batch;
    uint32_t row;
    uint64_t process;
    int error;
};

void ioc_hit_json(const struct ioc_hit *hit, struct json *json)
{
    char event[48];
    int len = snprintf(event, sizeof(event), "%u:%llu", hit->event.source,
                       (unsigned long long)hit->event.offset);
    json_object(json);
    json_key(json, "time"), json_time(json, hit->time);
    json_key_text(json, "host", hit->host);
    json_key_text(json, "process", hit->process);
    json_key_text(json, "program", hit->program);
    json_key_text(json, "family", hit->indicator->family);
    json_key_text(json, "indicator", hit->indicator->id);
    json_key_text(json, "event", (struct bytes){event, (size_t)len});
    json_end_object(json);
}

static void part_seen(void *context, uint32_t number, uint32_t part)
{
    struct hunt *hunt = context;
    const struct batch_columns *columns = &hunt->batch->columns;
    const struct indicator *indicator = &hunt->set->items[number];
    uint64_t key = hash_mix(hunt->process, number);
    uint32_t whole = (1U << indicator->part_count) - 1, bits = hash_table_get(&hunt->seen, key);
    uint32_t before = bits == HASH_TABLE_NONE ? 0 : bits;
    if (hunt->error || (before | 1U << part) == before)
        return;
    hunt->error = hash_table_put(&hunt->seen, key, before | 1U << part);
    if ((before | 1U << part) != whole || hunt->error)
        return;
    const struct ioc_hit hit = {
        .indicator = indicator,
        .time = columns->time[hunt->row],
        .host = batch_text(hunt->batch, columns->host_name, hunt->row),
        .process = endpoint_process(hunt->batch, hunt->row),
        .program = batch_text(hunt->batch, columns->process_executable, hunt->row),
        .event = {columns->event_source[hunt->row], columns->event_offset[hunt->row]},
    };
    hunt->counts.hits++;
    hunt->hit(hunt->context, &hit);
}

static int deed_look(void *context, enum report_kind kind, struct bytes text)
{
    struct hunt *hunt = context;
    int error = matcher_look(hunt->matcher, kind, text, part_seen, hunt);
    return error ? error : hunt->error;
}

static int event_look(void *context, const struct batch *batch, uint32_t row)
{
    struct hunt *hunt = context;
    hunt->batch = batch;
    hunt->row = row;
    hunt->process = hash_bytes(endpoint_process(batch, row));
    hunt->counts.events++;
    hunt->error = endpoint_deeds(batch, row, deed_look, hunt);
    return hunt->error;
}

int ioc_hunt(struct store *store, const struct indicator_set *set,
             void (*hit)(void *context, const struct ioc_hit *hit), void *context,
             struct ioc_hunt_counts *ret_counts)
{
    struct hunt hunt = {.set = set, .hit = hit, .context = context};
    int error = matcher_create(set, &hunt.matcher);
    if (error)
        return error;
    error = store_rows(store, (struct store_span){TIME_NONE, INT64_MAX, false}, event_look, &hunt);
    if (hunt.error)
        error = hunt.error;
    matcher_destroy(hunt.matcher);
    hash_table_finish(&hunt.seen);
    if (!error)
        *ret_counts = hunt.counts;
    return error;
}
