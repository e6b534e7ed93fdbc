#include "show/judged.h"

#include <errno.h>
#include <stdlib.h>

#include "store/alerts.h"

/* An alert of the store as the judge sees it: its ends, its time, its name. */
struct waiting {
    struct alert alert; /* the judge gives its address back */
    uint64_t number;
    struct alert_verdict verdict;
    bool judged;
};

struct judged_alerts {
    struct alerts_store *store;
    struct judge *judge;
    struct arena arena;
    struct waiting **items; /* in the order of their addresses */
    size_t count, capacity;
};

bool proof_there(const struct proof *proof)
{
    return proof->expected.len || proof->command.len;
}

void proof_members_json(struct json *json, const struct proof *proof)
{
    json_key_text(json, "trace", bytes_of(expectation_kind_name(proof->kind)));
    json_key_text(json, "command", proof->command);
    json_key_text(json, "expected", proof->expected);
    json_key_text(json, "found", proof->found);
    json_key(json, "packet"), json_unsigned(json, proof->packet);
    json_key(json, "offset"), json_unsigned(json, proof->offset);
}

/* What the store keeps: the proof, if any, and the reason in both languages. */
static void verdict_json(struct json *json, const struct verdict *verdict)
{
    json_object(json);
    if (proof_there(&verdict->proof))
        proof_members_json(json, &verdict->proof);
    json_key_text(json, "reason", verdict->reason.english);
    json_key_text(json, "reason_ja", verdict->reason.japanese);
    json_end_object(json);
}

static int waiting_add(void *context, uint64_t number, const struct alert *alert)
{
    struct judged_alerts *alerts = context;
    struct waiting *waiting = arena_take(&alerts->arena, sizeof(*waiting));
    if (alerts->count == alerts->capacity) {
        size_t capacity = alerts->capacity ? 2 * alerts->capacity : 1024;
        struct waiting **items = reallocarray(alerts->items, capacity, sizeof(struct waiting *));
        if (!items)
            return -ENOMEM;
        alerts->items = items;
        alerts->capacity = capacity;
    }
    if (!waiting)
        return -ENOMEM;
    waiting->number = number;
    waiting->alert = (struct alert){
        .time = alert->time,
        .id = alert->id,
        .source_ip = alert->source_ip,
        .destination_ip = alert->destination_ip,
        .source_port = alert->source_port,
        .destination_port = alert->destination_port,
        .network_transport = alert->network_transport,
        .severity = alert->severity,
        .sensor = arena_copy(&alerts->arena, alert->sensor),
        .rule_id = arena_copy(&alerts->arena, alert->rule_id),
        .rule_name = arena_copy(&alerts->arena, alert->rule_name),
    };
    alerts->items[alerts->count++] = waiting;
    return judge_alert(alerts->judge, &waiting->alert);
}

static int by_address(const void *a, const void *b)
{
    uintptr_t p = (uintptr_t) * (struct waiting *const *)a;
    uintptr_t q = (uintptr_t) * (struct waiting *const *)b;
    return (p > q) - (p < q);
}

int judged_alerts_open(const char *folder, struct judge *judge, struct judged_alerts **ret_alerts)
{
    struct judged_alerts *alerts = calloc(1, sizeof(*alerts));
    if (!alerts)
        return -ENOMEM;
    alerts->judge = judge;
    *ret_alerts = alerts;
    int error = alerts_store_open(folder, ALERTS_DECIDE, &alerts->store);
    if (!error)
        error = alerts_store_each(alerts->store, 1, waiting_add, alerts);
    if (!error && alerts->count)
        qsort(alerts->items, alerts->count, sizeof(*alerts->items), by_address);
    return error;
}

/* The alert of the store at this address, or NULL: another's. */
static struct waiting *waiting_find(const struct judged_alerts *alerts, const struct alert *alert)
{
    size_t low = 0, high = alerts->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((uintptr_t)&alerts->items[middle]->alert < (uintptr_t)alert)
            low = middle + 1;
        else
            high = middle;
    }
    return low < alerts->count && &alerts->items[low]->alert == alert ? alerts->items[low] : NULL;
}

int judged_alerts_take(struct judged_alerts *alerts, const struct judgement *judgement,
                       bool *ret_told)
{
    const struct verdict *verdict = judgement->verdict;
    bool traffic = judgement->exchange->connection != 0, own = false;
    for (uint32_t i = 0; i < judgement->alert_count; i++) {
        struct waiting *waiting = waiting_find(alerts, judgement->alerts[i]);
        struct buffer text = {0};
        struct json json = {.out = &text};
        own = own || waiting;
        if (!waiting || !traffic)
            continue;
        verdict_json(&json, verdict);
        waiting->verdict =
            (struct alert_verdict){verdict->outcome, verdict->class, verdict->confidence,
                                   arena_copy(&alerts->arena, buffer_bytes(&text))};
        waiting->judged = true;
        bool failed = text.failed || !waiting->verdict.proof_json.at;
        buffer_finish(&text);
        if (failed)
            return -ENOMEM;
    }
    *ret_told = traffic || !own;
    return 0;
}

int judged_alerts_commit(struct judged_alerts *alerts, uint64_t *ret_count)
{
    uint64_t count = 0;
    int error = alerts_store_begin(alerts->store);
    for (size_t i = 0; i < alerts->count && !error; i++) {
        if (!alerts->items[i]->judged)
            continue;
        error = alerts_store_put_verdict(alerts->store, alerts->items[i]->number,
                                         &alerts->items[i]->verdict);
        count += error == 0;
        error = error == -ENOENT ? 0 : error; /* forgotten meanwhile */
    }
    if (!error)
        error = alerts_store_commit(alerts->store);
    if (!error)
        *ret_count = count;
    return error;
}

const char *judged_alerts_error(const struct judged_alerts *alerts)
{
    return alerts && alerts->store ? alerts_store_error(alerts->store) : "out of memory";
}

void judged_alerts_close(struct judged_alerts *alerts)
{
    if (!alerts)
        return;
    alerts_store_close(alerts->store);
    arena_finish(&alerts->arena);
    free(alerts->items);
    free(alerts);
}
