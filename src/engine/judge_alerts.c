#include "engine/judge_alerts.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/hash_table.h"
#include "base/time.h"

#define NOBODY HASH_TABLE_NONE

struct waiting {
    const struct alert *alert; /* NULL: told */
    uint32_t next;             /* between the same ends */
};

struct judge_alerts {
    struct waiting *items;
    uint32_t count, capacity;
    struct hash_table index; /* ends → newest of items */
};

int judge_alerts_new(struct judge_alerts **ret_alerts)
{
    struct judge_alerts *alerts = calloc(1, sizeof(*alerts));
    if (!alerts)
        return -ENOMEM;
    *ret_alerts = alerts;
    return 0;
}

void judge_alerts_free(struct judge_alerts *alerts)
{
    if (!alerts)
        return;
    hash_table_finish(&alerts->index);
    free(alerts->items);
    free(alerts);
}

/* The same whichever end comes first. */
static uint64_t ends_key(const struct ip *a, uint16_t a_port, const struct ip *b, uint16_t b_port)
{
    uint64_t first = hash_mix(hash_bytes((struct bytes){(const char *)a, sizeof(*a)}), a_port);
    uint64_t second = hash_mix(hash_bytes((struct bytes){(const char *)b, sizeof(*b)}), b_port);
    return first < second ? hash_mix(first, second) : hash_mix(second, first);
}

uint64_t alert_ends(const struct alert *alert)
{
    return ends_key(&alert->source_ip, alert->source_port, &alert->destination_ip,
                    alert->destination_port);
}

uint64_t exchange_ends(const struct exchange *exchange)
{
    return ends_key(&exchange->source_ip, exchange->source_port, &exchange->destination_ip,
                    exchange->destination_port);
}

static int items_grow(struct judge_alerts *alerts)
{
    if (alerts->count < alerts->capacity)
        return 0;
    if (alerts->count == JUDGE_ALERTS)
        return -ENOSPC;
    uint32_t capacity = alerts->capacity ? alerts->capacity * 2 : 256;
    struct waiting *items = reallocarray(alerts->items, capacity, sizeof(*items));
    if (!items)
        return -ENOMEM;
    alerts->items = items;
    alerts->capacity = capacity;
    return 0;
}

int judge_alerts_add(struct judge_alerts *alerts, const struct alert *alert)
{
    int error = items_grow(alerts);
    if (error)
        return error;
    uint64_t key = alert_ends(alert);
    alerts->items[alerts->count] = (struct waiting){alert, hash_table_get(&alerts->index, key)};
    return hash_table_put(&alerts->index, key, alerts->count++);
}

bool judge_alerts_have(const struct judge_alerts *alerts, const struct exchange *exchange)
{
    return alerts->count && hash_table_get(&alerts->index, exchange_ends(exchange)) != NOBODY;
}

void exchange_span(const struct exchange *exchange, int64_t *ret_from, int64_t *ret_to)
{
    const struct message *request = &exchange->request, *response = &exchange->response;
    *ret_from = request->start != TIME_NONE ? request->start : response->start;
    *ret_to = response->end != TIME_NONE ? response->end : request->end;
}

static bool alert_is_of(const struct alert *alert, const struct exchange *exchange)
{
    int64_t from, to;
    exchange_span(exchange, &from, &to);
    return alert->time >= from - TIME_SECOND && alert->time <= to + TIME_SECOND;
}

uint32_t judge_alerts_take(struct judge_alerts *alerts, const struct exchange *exchange,
                           const struct alert *ret_alerts[JUDGE_ALERTS_TOLD])
{
    uint32_t count = 0;
    if (alerts->count == 0)
        return 0;
    uint32_t at = hash_table_get(&alerts->index, exchange_ends(exchange));
    for (; at != NOBODY && count < JUDGE_ALERTS_TOLD; at = alerts->items[at].next) {
        struct waiting *waiting = &alerts->items[at];
        if (!waiting->alert || !alert_is_of(waiting->alert, exchange))
            continue;
        ret_alerts[count++] = waiting->alert;
        waiting->alert = NULL;
    }
    return count;
}

void judge_alerts_forget(struct judge_alerts *alerts, int64_t time)
{
    uint32_t count = alerts->count;
    alerts->count = 0;
    hash_table_clear(&alerts->index);
    for (uint32_t i = 0; i < count; i++) {
        const struct alert *alert = alerts->items[i].alert;
        if (alert && alert->time >= time)
            (void)!judge_alerts_add(alerts, alert); /* into room that was there before */
    }
}

int judge_alerts_rest(struct judge_alerts *alerts,
                      int (*tell)(void *context, const struct alert *alert), void *context)
{
    int error = 0;
    for (uint32_t i = 0; i < alerts->count && error == 0; i++)
        if (alerts->items[i].alert)
            error = tell(context, alerts->items[i].alert);
    return error;
}
