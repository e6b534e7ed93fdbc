#include "engine/judge.h"

#include <errno.h>
#include <stdlib.h>

#include "base/time.h"
#include "engine/judge_alerts.h"
#include "engine/judge_carried.h"
#include "engine/occurrence_table.h"

enum {
    PENDING_CHUNK = 8192,
    JUDGE_BEFORE = 256, /* judged ones looked back at */
};

/* A suspect that waits. */
struct pending {
    struct exchange *exchange;
    struct attempts attempts;
    struct arena arena;
    struct ip victim; /* it and the times outlive the exchange: others may be mistaken for this */
    int64_t start, due;
    struct exchange *later[JUDGE_LATER];
    uint32_t later_count;
    size_t weight; /* bytes it holds, about */
    bool drops;    /* it may have left a file that is asked for later */
};

struct judge {
    struct judge_options options;
    struct judge_counts counts;
    struct watcher *watcher;
    struct recognition *recognition;
    struct code_judge *code;
    struct baseline *baseline;
    struct occurrence_table *occurrences;
    struct judge_alerts *alerts;
    struct pending *ring; /* oldest first, from `first` */
    uint32_t first, count;
    uint32_t dropping; /* of them with `drops` */
    size_t weight;     /* of them all */
    struct arena scratch;
};

static size_t request_seen(void *context, const struct exchange *exchange)
{
    struct judge *judge = context;
    if (recognition_suspects(judge->recognition, exchange) || judge->dropping ||
        judge_alerts_have(judge->alerts, exchange))
        return EXCHANGE_BODY_LIMIT;
    return baseline_wants(judge->baseline, exchange);
}

static int judgement_tell(struct judge *judge, const struct exchange *exchange,
                          const struct attempts *attempts, const struct verdict *verdict)
{
    const struct alert *alerts[JUDGE_ALERTS_TOLD];
    const struct judgement judgement = {
        .exchange = exchange,
        .attempts = attempts,
        .verdict = verdict,
        .alerts = alerts,
        .alert_count = judge_alerts_take(judge->alerts, exchange, alerts),
    };
    judge->counts.judged++;
    judge->counts.outcomes[verdict->outcome]++;
    return judge->options.judged(judge->options.context, &judgement);
}

static void pending_finish(struct pending *pending)
{
    for (uint32_t i = 0; i < pending->later_count; i++)
        exchange_release(pending->later[i]);
    if (pending->exchange)
        exchange_release(pending->exchange);
    pending->exchange = NULL;
    pending->later_count = 0;
    arena_reset(&pending->arena);
}

static bool same_victim(const struct pending *one, const struct pending *other)
{
    return memcmp(&one->victim, &other->victim, sizeof(struct ip)) == 0;
}

/* Whether another suspect goes to the same victim while the oldest waits, or one that was judged
 * before still waited when it came. */
static bool oldest_is_contested(const struct judge *judge)
{
    const struct pending *oldest = &judge->ring[judge->first];
    for (uint32_t i = 1; i <= JUDGE_PENDING - judge->count && i <= JUDGE_BEFORE; i++) {
        const struct pending *before =
            &judge->ring[(judge->first + JUDGE_PENDING - i) % JUDGE_PENDING];
        if (before->due >= oldest->start && same_victim(before, oldest))
            return true;
    }
    for (uint32_t i = 1; i < judge->count; i++) {
        const struct pending *other = &judge->ring[(judge->first + i) % JUDGE_PENDING];
        if (other->start > oldest->due)
            return false;
        if (same_victim(other, oldest))
            return true;
    }
    return false;
}

/* The oldest that waits is judged and told. */
static int oldest_judge(struct judge *judge)
{
    struct pending *pending = &judge->ring[judge->first];
    const struct exchange *exchange = pending->exchange;
    struct aftermath aftermath = {
        .later = (const struct exchange *const *)pending->later,
        .later_count = pending->later_count,
    };
    struct verdict verdict = {0};
    arena_reset(&judge->scratch);
    int error = occurrence_table_find(judge->occurrences, &exchange->destination_ip, pending->start,
                                      &judge->scratch, &aftermath.occurrences.at,
                                      &aftermath.occurrences.count);
    aftermath.occurrences.contested = oldest_is_contested(judge);
    aftermath.occurrences.host_seen =
        occurrence_table_knows(judge->occurrences, &exchange->destination_ip);
    if (error == 0)
        error = verdict_reach(exchange, &pending->attempts, judge->baseline, &aftermath,
                              &judge->scratch, &verdict);
    if (error == 0 && judge->options.endpoint)
        error = judge_endpoint_look(judge->options.endpoint, exchange, &pending->attempts,
                                    &judge->scratch, &verdict);
    if (error == 0)
        error = judgement_tell(judge, exchange, &pending->attempts, &verdict);
    judge->dropping -= pending->drops;
    judge->weight -= pending->weight;
    pending_finish(pending);
    judge->first = (judge->first + 1) % JUDGE_PENDING;
    judge->count--;
    return error;
}

static size_t exchange_weight(const struct exchange *exchange)
{
    return sizeof(*exchange) + exchange->request.head.len + exchange->request.body.len +
           exchange->response.head.len + exchange->response.body.len;
}

static void pending_weigh(struct judge *judge, struct pending *pending, size_t more)
{
    pending->weight += more;
    judge->weight += more;
}

static bool attempts_drop_files(const struct attempts *attempts)
{
    for (uint32_t i = 0; i < attempts->count; i++)
        for (uint32_t j = 0; j < attempts->items[i].expectations.count; j++)
            if (attempts->items[i].expectations.items[j].kind == EXPECT_file)
                return true;
    return false;
}

/* An exchange that asks for what one of the waiting may have dropped stays with it. */
static bool later_keep(struct judge *judge, struct exchange *exchange)
{
    for (uint32_t i = 0; i < judge->count; i++) {
        struct pending *pending = &judge->ring[(judge->first + i) % JUDGE_PENDING];
        const struct exchange *suspect = pending->exchange;
        if (pending->drops && pending->later_count < JUDGE_LATER &&
            suspect->destination_port == exchange->destination_port &&
            memcmp(&suspect->destination_ip, &exchange->destination_ip, sizeof(struct ip)) == 0 &&
            verdict_wants_later(&pending->attempts, exchange)) {
            pending->later[pending->later_count++] = exchange;
            pending_weigh(judge, pending, exchange_weight(exchange));
            return true;
        }
    }
    return false;
}

/* Nothing is known against it. What was odd does not teach the baseline: it may be an attack nobody
 * understood. What only might have hidden something, such as a long path, was decoded and does. */
static int harmless_tell(struct judge *judge, struct exchange *exchange, bool odd)
{
    static const struct attempts none;
    const struct verdict verdict = {.outcome = OUTCOME_benign, .confidence = odd ? 0.8 : 1};
    arena_reset(&judge->scratch);
    int error = odd ? 0 : verdict_learn(exchange, NULL, judge->baseline, &judge->scratch);
    if (error == 0)
        error = judgement_tell(judge, exchange, &none, &verdict);
    if (!judge->dropping || !later_keep(judge, exchange))
        exchange_release(exchange);
    return error;
}

/* What an exchange tries, machine code among it. */
static int attempts_understand(struct judge *judge, const struct exchange *exchange,
                               struct arena *arena, struct attempts *ret_attempts)
{
    int error = attempts_find(judge->recognition, exchange, arena, ret_attempts);
    return error ? error : code_judge_explain(judge->code, exchange, arena, ret_attempts);
}

/* A free place at the end of the line; the oldest is hurried out of a full one. */
static int pending_take(struct judge *judge, struct pending **ret_pending)
{
    int error = 0;
    if (judge->count == JUDGE_PENDING) {
        judge->counts.hurried++;
        error = oldest_judge(judge);
    }
    *ret_pending = &judge->ring[(judge->first + judge->count) % JUDGE_PENDING];
    (*ret_pending)->arena.chunk = PENDING_CHUNK;
    return error;
}

static int exchange_seen(void *context, struct exchange *exchange)
{
    struct judge *judge = context;
    struct pending *pending;
    if (exchange->request.packet == 0 || !recognition_suspects(judge->recognition, exchange))
        return harmless_tell(judge, exchange, false);
    int error = pending_take(judge, &pending);
    if (error == 0)
        error = attempts_understand(judge, exchange, &pending->arena, &pending->attempts);
    if (error || pending->attempts.count == 0) {
        bool odd = pending->attempts.looked_at;
        arena_reset(&pending->arena);
        int told = harmless_tell(judge, exchange, odd);
        return error ? error : told;
    }
    pending->exchange = exchange;
    pending->victim = exchange->destination_ip;
    exchange_span(exchange, &pending->start, &pending->due);
    pending->due += judge->options.wait;
    pending->drops = attempts_drop_files(&pending->attempts);
    judge->dropping += pending->drops;
    judge->count++;
    pending->weight = 0;
    pending_weigh(judge, pending, exchange_weight(exchange) + pending->arena.used);
    arena_reset(&judge->scratch);
    error = verdict_learn(exchange, &pending->attempts, judge->baseline, &judge->scratch);
    while (error == 0 && judge->weight > JUDGE_MEMORY) {
        judge->counts.hurried++;
        error = oldest_judge(judge);
    }
    return error;
}

static int occurrence_seen(void *context, const struct occurrence *occurrence)
{
    struct judge *judge = context;
    return occurrence_table_add(judge->occurrences, occurrence);
}

int judge_new(const struct judge_options *options, struct judge **ret_judge)
{
    struct judge *judge = calloc(1, sizeof(*judge));
    if (!judge)
        return -ENOMEM;
    judge->options = *options;
    judge->ring = calloc(JUDGE_PENDING, sizeof(*judge->ring));
    const struct exchange_sink sink = {
        .context = judge,
        .request = request_seen,
        .exchange = exchange_seen,
        .occurrence = occurrence_seen,
    };
    int error = judge->ring ? watcher_new(&sink, &judge->watcher) : -ENOMEM;
    if (error == 0)
        error = recognition_new(&judge->recognition);
    if (error == 0)
        error = code_judge_new(options->helper, &judge->code);
    if (error == 0)
        error = baseline_new(JUDGE_BASELINE, &judge->baseline);
    if (error == 0)
        error = occurrence_table_new(&judge->occurrences);
    if (error == 0)
        error = judge_alerts_new(&judge->alerts);
    if (error) {
        judge_free(judge);
        return error;
    }
    *ret_judge = judge;
    return 0;
}

int judge_alert(struct judge *judge, const struct alert *alert)
{
    return judge_alerts_add(judge->alerts, alert);
}

void judge_forget_alerts(struct judge *judge, int64_t time)
{
    judge_alerts_forget(judge->alerts, time);
}

int judge_clock(struct judge *judge, int64_t time)
{
    int error = watcher_clock(judge->watcher, time);
    while (error == 0 && judge->count && judge->ring[judge->first].due <= time)
        error = oldest_judge(judge);
    return error;
}

int judge_packets(struct judge *judge, const struct packets *packets)
{
    int error = 0;
    for (uint32_t row = 0; row < packets->count && error == 0; row++) {
        error = judge_clock(judge, packets->clock[row]);
        if (error == 0)
            error = watcher_packet(judge->watcher, packets, row);
    }
    return error ? error : judge_clock(judge, packets->newest);
}

/* What was tried may be seen, what came of it not. */
static struct sentence carried_reason(bool carried, const struct attempts *attempts)
{
    if (!carried)
        return (struct sentence){BYTES("no traffic was seen for it"),
                                 BYTES("対応する通信が見つからない")};
    if (attempts->count == 0)
        return (struct sentence){BYTES("nothing recognised in what the alert carries"),
                                 BYTES("警報に含まれる内容からは攻撃を認識できない")};
    return (struct sentence){BYTES("the alert carries the request, but no answer was seen"),
                             BYTES("警報には要求があるが、応答が見えていない")};
}

int judge_alert_alone(struct judge *judge, const struct alert *alert)
{
    struct attempts attempts = {0};
    struct exchange exchange;
    bool carried;
    arena_reset(&judge->scratch);
    int error = exchange_of_alert(alert, &judge->scratch, &exchange, &carried);
    if (error == 0 && carried && recognition_suspects(judge->recognition, &exchange))
        error = attempts_understand(judge, &exchange, &judge->scratch, &attempts);
    if (error)
        return error;
    struct verdict verdict = {
        .outcome = OUTCOME_unknown,
        .class = attempts.count ? attempts.items[0].class : ATTACK_other,
        .reason = carried_reason(carried, &attempts),
    };
    if (judge->options.endpoint)
        error = judge_endpoint_look(judge->options.endpoint, &exchange, &attempts, &judge->scratch,
                                    &verdict);
    if (error)
        return error;
    const struct judgement judgement = {&exchange, &attempts, &verdict, &alert, 1};
    judge->counts.judged++;
    judge->counts.outcomes[verdict.outcome]++;
    return judge->options.judged(judge->options.context, &judgement);
}

static int alert_tell(void *context, const struct alert *alert)
{
    return judge_alert_alone(context, alert);
}

int judge_flush(struct judge *judge)
{
    int error = watcher_flush(judge->watcher);
    while (error == 0 && judge->count)
        error = oldest_judge(judge);
    return error ? error : judge_alerts_rest(judge->alerts, alert_tell, judge);
}

const struct judge_counts *judge_counts(const struct judge *judge)
{
    return &judge->counts;
}

const struct watcher_counts *judge_watcher_counts(const struct judge *judge)
{
    return watcher_counts(judge->watcher);
}

const struct code_counts *judge_code_counts(const struct judge *judge)
{
    return code_judge_counts(judge->code);
}

uint64_t judge_unlearned(const struct judge *judge)
{
    return baseline_unlearned(judge->baseline);
}

void judge_free(struct judge *judge)
{
    if (!judge)
        return;
    for (uint32_t i = 0; judge->ring && i < JUDGE_PENDING; i++) {
        pending_finish(&judge->ring[i]);
        arena_finish(&judge->ring[i].arena);
    }
    watcher_free(judge->watcher);
    recognition_free(judge->recognition);
    code_judge_free(judge->code);
    baseline_free(judge->baseline);
    occurrence_table_free(judge->occurrences);
    judge_alerts_free(judge->alerts);
    arena_finish(&judge->scratch);
    free(judge->ring);
    free(judge);
}
