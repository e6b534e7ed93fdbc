#include "show/judged.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "engine/judge_lately.h"
#include "show/judgement.h"
#include "store/alerts.h"

/* An alert of the store as the judge sees it: its ends, its time, its name. */
struct waiting {
    struct alert alert; /* first: the judge gives its address back */
    uint64_t number;
    struct alert_verdict verdict;
    struct waiting *next; /* that was judged and is not written */
};

/* What one reading brought, dropped at once. */
struct reading {
    struct arena arena;
    int64_t newest;
    struct reading *earlier;
};

struct judged_alerts {
    struct alerts_store *store;
    struct judge *judge;
    struct judge_lately *lately; /* NULL: alerts come before the traffic */
    struct reading *readings;
    struct waiting *judged;
    uint64_t next; /* number of the first alert not read */
    uint64_t count, crowded;
};

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

static struct waiting *waiting_copy(struct arena *arena, uint64_t number, const struct alert *alert)
{
    struct waiting *waiting = arena_take(arena, sizeof(*waiting));
    if (!waiting)
        return NULL;
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
        .sensor = arena_copy(arena, alert->sensor),
        .rule_id = arena_copy(arena, alert->rule_id),
        .rule_name = arena_copy(arena, alert->rule_name),
    };
    return waiting;
}

/* The verdict's text has to live as long as the alert. */
static int verdict_note(struct judged_alerts *alerts, struct waiting *waiting,
                        const struct alert_verdict *verdict)
{
    waiting->verdict = *verdict;
    waiting->verdict.proof_json = arena_copy(&alerts->readings->arena, verdict->proof_json);
    waiting->next = alerts->judged;
    alerts->judged = waiting;
    return waiting->verdict.proof_json.at ? 0 : -ENOMEM;
}

static int waiting_add(void *context, uint64_t number, const struct alert *alert)
{
    struct judged_alerts *alerts = context;
    struct reading *reading = alerts->readings;
    struct alert_verdict verdict;
    struct waiting *waiting = waiting_copy(&reading->arena, number, alert);
    if (!waiting)
        return -ENOMEM;
    alerts->next = number + 1;
    if (alert->time > reading->newest)
        reading->newest = alert->time;
    if (alerts->lately && judge_lately_find(alerts->lately, &waiting->alert, &verdict))
        return verdict_note(alerts, waiting, &verdict);
    int error = judge_alert(alerts->judge, &waiting->alert);
    alerts->crowded += error == -ENOSPC;
    return error == -ENOSPC ? 0 : error;
}

int judged_alerts_open(const char *folder, struct judge *judge, bool live,
                       struct judged_alerts **ret_alerts)
{
    struct judged_alerts *alerts = calloc(1, sizeof(*alerts));
    if (!alerts)
        return -ENOMEM;
    alerts->judge = judge;
    alerts->next = 1;
    *ret_alerts = alerts;
    int error = alerts_store_open(folder, ALERTS_DECIDE, &alerts->store);
    if (!error && live)
        error = judge_lately_new(&alerts->lately);
    if (!error && live)
        error = alerts_store_number_at(alerts->store, time_now() - JUDGED_WAIT, &alerts->next);
    return error;
}

/* Nobody waits for longer than JUDGED_WAIT: not the judge, and so not we. */
static void old_give_up(struct judged_alerts *alerts, int64_t now)
{
    judge_forget_alerts(alerts->judge, now - JUDGED_WAIT);
    if (alerts->judged)
        return; /* these are not written yet */
    for (struct reading **at = &alerts->readings; *at;) {
        struct reading *reading = *at;
        if (reading->newest >= now - JUDGED_WAIT) {
            at = &reading->earlier;
            continue;
        }
        *at = reading->earlier;
        arena_finish(&reading->arena);
        free(reading);
    }
}

int judged_alerts_read(struct judged_alerts *alerts)
{
    if (alerts->lately)
        old_give_up(alerts, time_now());
    struct reading *reading = calloc(1, sizeof(*reading));
    if (!reading)
        return -ENOMEM;
    reading->newest = INT64_MIN;
    reading->earlier = alerts->readings;
    alerts->readings = reading;
    return alerts_store_each(alerts->store, alerts->next, waiting_add, alerts);
}

int judged_alerts_take(struct judged_alerts *alerts, const struct judgement *judgement,
                       bool *ret_told)
{
    const struct verdict *verdict = judgement->verdict;
    bool traffic = judgement->exchange->connection != 0, own = false;
    bool told = traffic || verdict->outcome == OUTCOME_success; /* … by the endpoint's sensor */
    struct buffer text = {0};
    struct json json = {.out = &text};
    *ret_told = true;
    if (!alerts->lately && !judgement->alert_count)
        return 0;
    verdict_json(&json, verdict);
    const struct alert_verdict kept = {verdict->outcome, verdict->class, verdict->confidence,
                                       buffer_bytes(&text)};
    int error = text.failed ? -ENOMEM : 0;
    for (uint32_t i = 0; i < judgement->alert_count && !error; i++) {
        const struct alert *alert = judgement->alerts[i];
        if (alert->id.source == 0) /* no source of the store: of a file named beside it */
            continue;
        own = true;
        if (told)
            error = verdict_note(alerts, (struct waiting *)(uintptr_t)alert, &kept);
    }
    if (alerts->lately && traffic && !error)
        error = judge_lately_keep(alerts->lately, judgement->exchange, &kept);
    buffer_finish(&text);
    *ret_told = told || !own;
    return error;
}

int judged_alerts_commit(struct judged_alerts *alerts)
{
    uint64_t count = 0;
    if (!alerts->judged)
        return 0;
    int error = alerts_store_begin(alerts->store);
    for (struct waiting *at = alerts->judged; at && !error; at = at->next) {
        error = alerts_store_put_verdict(alerts->store, at->number, &at->verdict);
        count += error == 0;
        error = error == -ENOENT ? 0 : error; /* forgotten meanwhile */
    }
    if (!error)
        error = alerts_store_commit(alerts->store);
    if (error)
        return error;
    alerts->judged = NULL;
    alerts->count += count;
    return 0;
}

uint64_t judged_alerts_count(const struct judged_alerts *alerts)
{
    return alerts->count;
}

uint64_t judged_alerts_crowded(const struct judged_alerts *alerts)
{
    return alerts->crowded;
}

const char *judged_alerts_error(const struct judged_alerts *alerts)
{
    return alerts && alerts->store ? alerts_store_error(alerts->store) : "out of memory";
}

void judged_alerts_close(struct judged_alerts *alerts)
{
    if (!alerts)
        return;
    while (alerts->readings) {
        struct reading *reading = alerts->readings;
        alerts->readings = reading->earlier;
        arena_finish(&reading->arena);
        free(reading);
    }
    alerts_store_close(alerts->store);
    judge_lately_free(alerts->lately);
    free(alerts);
}
