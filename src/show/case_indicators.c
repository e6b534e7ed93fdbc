#include "show/case_indicators.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/ioc/evaluate.h"
#include "analyse/ioc/notation.h"
#include "base/hash.h"
#include "share/exporter.h"
#include "show/ioc_hunt.h"
#include "show/ioc_input.h"

/* One at a time: each holds what all stored processes did. */
static pthread_mutex_t working = PTHREAD_MUTEX_INITIALIZER;

struct hits {
    struct buffer told; /* objects, with commas between them */
    uint32_t count;
    struct hash_table inside; /* the case's processes */
};

/* What is told of a hit anywhere, and whether the process is one of the case. */
static void hit_take(void *context, const struct ioc_hit *hit)
{
    struct hits *hits = context;
    struct json json = {.out = &hits->told, .comma = hits->count > 0};
    if (hits->count++ >= CASE_HITS)
        return;
    bool inside = hash_table_get(&hits->inside, hash_bytes(hit->process)) != HASH_TABLE_NONE;
    json_object(&json);
    json_key(&json, "inside"), json_bool(&json, inside);
    json_key(&json, "hit");
    ioc_hit_json(hit, &json);
    json_end_object(&json);
}

static int inside_find(const struct corpus *corpus, struct hash_table *inside)
{
    int error = 0;
    for (uint32_t i = 0; !error && i < corpus->sample_count; i++)
        if (corpus->samples[i].malicious)
            error =
                hash_table_put(inside, hash_bytes(corpus_text(corpus, corpus->samples[i].id)), 0);
    return error;
}

static void set_json(const struct indicator_set *set, const struct generated *generated,
                     struct json *json)
{
    json_key(json, "indicators");
    json_array(json);
    for (uint32_t i = 0; i < set->count; i++)
        indicator_json(&set->items[i], json);
    json_end_array(json);
    json_key(json, "found"), json_unsigned(json, generated->found);
    json_key(json, "found_of"), json_unsigned(json, generated->found_of);
    json_key(json, "spared"), json_unsigned(json, generated->spared);
    json_key(json, "spared_of"), json_unsigned(json, generated->spared_of);
}

/* The case is the only family there is. */
static int set_make(const struct corpus *corpus, struct indicator_set *set,
                    struct generated *ret_generated)
{
    const struct generate_options options = {.most = 25, .spare = 0.005};
    struct family_count *families = NULL;
    uint32_t count = 0;
    uint8_t *parts = calloc((size_t)corpus->sample_count + 1, 1);
    int error = parts ? corpus_families(corpus, &families, &count) : -ENOMEM;
    if (!error && count == 0)
        error = -ENOENT;
    if (!error) {
        parts_of_family(corpus, families[0].family, false, parts);
        error = indicators_generate(corpus, parts, corpus_text(corpus, families[0].family),
                                    &options, set, ret_generated);
    }
    free(families);
    free(parts);
    return error;
}

static int hunt_json(const char *data, const struct indicator_set *set, struct hits *hits,
                     struct json *json)
{
    struct ioc_hunt_counts counts = {0, 0};
    struct store *store = NULL;
    int error = store_open_read(data, &store);
    if (!error && set->count)
        error = ioc_hunt(store, set, hit_take, hits, &counts);
    store_close(store);
    json_key(json, "hits");
    json_array(json);
    json_raw(json, buffer_bytes(&hits->told));
    json_end_array(json);
    json_key(json, "hits_total"), json_unsigned(json, counts.hits);
    json_key(json, "events"), json_unsigned(json, counts.events);
    return error ? error : hits->told.failed ? -ENOMEM : 0;
}

/* What a case has come to, while the lock is held. */
struct work {
    struct corpus corpus;
    struct indicator_set set;
    struct generated generated;
};

static int work_begin(const char *data, int64_t id, struct work *work)
{
    char name[24];
    *work = (struct work){.set = {.count = 0}};
    snprintf(name, sizeof(name), "%" PRId64, id);
    if (pthread_mutex_trylock(&working) != 0)
        return -EBUSY;
    int error = ioc_history_read(data, name, &work->corpus) ? corpus_seal(&work->corpus) : -ENOENT;
    return error ? error : set_make(&work->corpus, &work->set, &work->generated);
}

/* Also after a failure, but for -EBUSY. */
static void work_end(struct work *work)
{
    indicator_set_finish(&work->set);
    corpus_finish(&work->corpus);
    pthread_mutex_unlock(&working);
}

int case_indicators_json(const char *data, int64_t id, struct json *json)
{
    struct hits hits = {.count = 0};
    struct work work;
    int error = work_begin(data, id, &work);
    if (error == -EBUSY)
        return error;
    if (!error)
        error = inside_find(&work.corpus, &hits.inside);
    json_object(json);
    set_json(&work.set, &work.generated, json);
    if (!error)
        error = hunt_json(data, &work.set, &hits, json);
    json_end_object(json);
    buffer_finish(&hits.told);
    hash_table_finish(&hits.inside);
    work_end(&work);
    return error;
}

int case_indicators_export(const char *data, int64_t id, struct bytes format, struct buffer *out)
{
    const struct exporter *exporter = share_exporter_find(format);
    struct work work;
    uint32_t left;
    if (!exporter)
        return -EINVAL;
    int error = work_begin(data, id, &work);
    if (error == -EBUSY)
        return error;
    if (!error)
        error = exporter->write(&work.set, out, &left);
    work_end(&work);
    return error;
}
