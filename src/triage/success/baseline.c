#include "triage/success/baseline.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/hash_table.h"
#include "base/time.h"
#include "triage/decode/place.h"
#include "triage/success/shelves.h"

struct sample {
    struct bytes text;
    uint64_t hash;
};

/* A whole answer to attacks, and what those wanted run. */
struct fixed {
    uint64_t answer, shape, wanted;
    bool various; /* came to attacks that wanted different things */
};

/* By which ways output was seen that was asked for at a place. */
struct shown {
    uint64_t place;
    uint32_t channels; /* bits of enum channel */
};

/* How long an answer took, and which page it was. */
struct pace {
    float seconds;
    uint32_t page;
};

struct server {
    struct endpoint *newest;
    struct shelves bodies; /* of all its endpoints */
};

struct endpoint {
    struct server *server;
    struct sample bodies[BASELINE_BODIES];
    uint32_t body_count;
    struct pace times[BASELINE_TIMES];
    uint32_t time_count; /* ever learned; the newest BASELINE_TIMES are kept */
    struct fixed *fixed;
    uint32_t fixed_count;
    struct visits *visits; /* NULL: none */
    struct shown shown[BASELINE_CHANNELS];
    uint32_t shown_count;
    struct contrast *contrast;
    struct endpoint *same_server; /* the one before */
};

struct baseline {
    struct arena arena;
    struct hash_table endpoints, servers; /* → index of items; for a server its first */
    struct endpoint **items;
    uint32_t count, capacity;
    uint64_t unlearned;
};

int baseline_new(size_t limit, struct baseline **ret_baseline)
{
    struct baseline *baseline = calloc(1, sizeof(*baseline));
    if (!baseline)
        return -ENOMEM;
    baseline->arena.limit = limit;
    *ret_baseline = baseline;
    return 0;
}

void baseline_free(struct baseline *baseline)
{
    if (!baseline)
        return;
    hash_table_finish(&baseline->endpoints);
    hash_table_finish(&baseline->servers);
    arena_finish(&baseline->arena);
    free(baseline->items);
    free(baseline);
}

static uint64_t server_key(const struct exchange *exchange)
{
    struct bytes ip = {(const char *)&exchange->destination_ip, sizeof(exchange->destination_ip)};
    return hash_mix(hash_bytes(ip), exchange->destination_port);
}

/* Names of parameters, whatever their order: the sum of their hashes. */
static uint64_t names_hash(struct bytes pairs)
{
    uint64_t sum = 0;
    while (pairs.len) {
        const char *end = memchr(pairs.at, '&', pairs.len);
        size_t len = end ? (size_t)(end - pairs.at) : pairs.len;
        const char *equals = memchr(pairs.at, '=', len);
        if (equals)
            sum += hash_bytes((struct bytes){pairs.at, (size_t)(equals - pairs.at)});
        pairs = bytes_from(pairs, len + 1);
    }
    return sum;
}

static uint64_t endpoint_key(const struct exchange *exchange)
{
    struct bytes path = target_path(exchange->target);
    const char *mark =
        exchange->target.len ? memchr(exchange->target.at, '?', exchange->target.len) : NULL;
    struct bytes query =
        mark ? bytes_from(exchange->target, (size_t)(mark - exchange->target.at) + 1)
             : (struct bytes){0};
    uint64_t names = names_hash(query);
    if (exchange->request.body.len && exchange->request.body.len < BASELINE_BODY &&
        memchr(exchange->request.body.at, '=', exchange->request.body.len))
        names += names_hash(exchange->request.body);
    return hash_mix(hash_mix(server_key(exchange), hash_bytes(path)), names);
}

static struct endpoint *endpoint_get(const struct baseline *baseline,
                                     const struct exchange *exchange)
{
    uint32_t at = hash_table_get(&baseline->endpoints, endpoint_key(exchange));
    return at == HASH_TABLE_NONE ? NULL : baseline->items[at];
}

static struct server *server_get(const struct baseline *baseline, const struct exchange *exchange)
{
    uint32_t at = hash_table_get(&baseline->servers, server_key(exchange));
    return at == HASH_TABLE_NONE ? NULL : baseline->items[at]->server;
}

static int items_reserve(struct baseline *baseline)
{
    if (baseline->count < baseline->capacity)
        return 0;
    uint32_t capacity = baseline->capacity ? baseline->capacity * 2 : 64;
    struct endpoint **items = reallocarray(baseline->items, capacity, sizeof(struct endpoint *));
    if (!items)
        return -ENOMEM;
    baseline->items = items;
    baseline->capacity = capacity;
    return 0;
}

/* NULL: no room, counted. */
static int endpoint_make(struct baseline *baseline, const struct exchange *exchange,
                         struct endpoint **ret_endpoint)
{
    *ret_endpoint = endpoint_get(baseline, exchange);
    if (*ret_endpoint)
        return 0;
    int error = items_reserve(baseline);
    if (error)
        return error;
    struct server *known = server_get(baseline, exchange);
    struct server *server = known ? known : arena_take(&baseline->arena, sizeof(*server));
    struct endpoint *endpoint = server ? arena_take(&baseline->arena, sizeof(*endpoint)) : NULL;
    if (!endpoint) {
        baseline->unlearned++;
        return 0;
    }
    endpoint->server = server;
    endpoint->same_server = server->newest;
    server->newest = endpoint;
    baseline->items[baseline->count] = endpoint;
    *ret_endpoint = endpoint;
    if (!known)
        error = hash_table_put(&baseline->servers, server_key(exchange), baseline->count);
    return error ? error
                 : hash_table_put(&baseline->endpoints, endpoint_key(exchange), baseline->count++);
}

size_t baseline_wants(const struct baseline *baseline, const struct exchange *exchange)
{
    const struct endpoint *endpoint = endpoint_get(baseline, exchange);
    return !endpoint || endpoint->body_count < BASELINE_BODIES ||
                   contrast_wants(endpoint->contrast, exchange)
               ? BASELINE_BODY
               : 0;
}

static bool exchange_delay(const struct exchange *exchange, double *ret_seconds)
{
    if (exchange->response.end == TIME_NONE || exchange->request.end == TIME_NONE)
        return false;
    *ret_seconds = (double)(exchange->response.end - exchange->request.end) / TIME_SECOND;
    return *ret_seconds >= 0;
}

static void body_learn(struct baseline *baseline, struct endpoint *endpoint, struct bytes body)
{
    uint64_t hash = hash_bytes(body);
    for (uint32_t i = 0; i < endpoint->body_count; i++)
        if (endpoint->bodies[i].hash == hash)
            return;
    body.len = body.len < BASELINE_BODY ? body.len : BASELINE_BODY;
    struct bytes copy = arena_copy(&baseline->arena, body);
    if (copy.at && shelves_add(&endpoint->server->bodies, &baseline->arena, copy) == 0)
        endpoint->bodies[endpoint->body_count++] = (struct sample){copy, hash};
    else
        baseline->unlearned++;
}

/* What the strongest attempt wants run: attacks that want the same leave the same. */
static uint64_t wanted_hash(const struct attempts *attempts)
{
    uint64_t hash = 1;
    const struct attempt *attempt = &attempts->items[0];
    for (uint32_t i = 0; i < attempt->expectations.count; i++)
        if (!expectation_is_joint(&attempt->expectations.items[i]))
            hash = hash_mix(hash, hash_bytes(attempt->expectations.items[i].text));
    return attempt->expectations.count ? hash : hash_bytes(attempt->command);
}

static void fixed_learn(struct baseline *baseline, struct endpoint *endpoint,
                        const struct attempts *attempts, struct bytes rest)
{
    uint64_t answer = hash_bytes(rest), wanted = wanted_hash(attempts);
    for (uint32_t i = 0; i < endpoint->fixed_count; i++) {
        struct fixed *fixed = &endpoint->fixed[i];
        if (fixed->answer == answer) {
            fixed->various = fixed->various || fixed->wanted != wanted;
            return;
        }
    }
    if (!endpoint->fixed)
        endpoint->fixed =
            arena_take_array(&baseline->arena, BASELINE_FIXED, sizeof(*endpoint->fixed));
    if (endpoint->fixed && endpoint->fixed_count < BASELINE_FIXED)
        endpoint->fixed[endpoint->fixed_count++] =
            (struct fixed){answer, page_shape(rest), wanted, false};
    else
        baseline->unlearned++;
}

static uint32_t page_of(struct bytes text)
{
    return (uint32_t)hash_bytes(text);
}

static bool attempts_wait(const struct attempts *attempts)
{
    for (uint32_t i = 0; i < attempts->count; i++)
        for (uint32_t j = 0; j < attempts->items[i].expectations.count; j++)
            if (attempts->items[i].expectations.items[j].kind == EXPECT_delay)
                return true;
    return false;
}

int baseline_learn(struct baseline *baseline, const struct exchange *exchange,
                   const struct attempts *attempts, struct bytes rest)
{
    struct endpoint *endpoint;
    double seconds;
    if (exchange->protocol != EXCHANGE_http)
        return 0;
    int error = endpoint_make(baseline, exchange, &endpoint);
    if (error || !endpoint)
        return error;
    if (exchange_delay(exchange, &seconds) && !(attempts && attempts_wait(attempts)))
        endpoint->times[endpoint->time_count++ % BASELINE_TIMES] =
            (struct pace){(float)seconds, page_of(attempts ? rest : exchange->response.body)};
    if (exchange->response.body.len == 0)
        return 0;
    if (attempts && attempts->count) {
        fixed_learn(baseline, endpoint, attempts, rest);
        return 0;
    }
    contrast_learn_harmless(&endpoint->contrast, &baseline->arena, exchange);
    if (endpoint->body_count < BASELINE_BODIES)
        body_learn(baseline, endpoint, exchange->response.body);
    return 0;
}

void baseline_learn_probe(struct baseline *baseline, const struct exchange *exchange,
                          const struct contrast_answer *answer)
{
    struct endpoint *endpoint = endpoint_get(baseline, exchange);
    if (endpoint)
        contrast_learn_probe(&endpoint->contrast, &baseline->arena, answer);
}

enum contrast_finding baseline_contrast(const struct baseline *baseline,
                                        const struct exchange *exchange,
                                        const struct contrast_answer *answer,
                                        struct contrast_pairs *ret_pairs)
{
    const struct endpoint *endpoint = endpoint_get(baseline, exchange);
    return contrast_find(endpoint ? endpoint->contrast : NULL, answer, ret_pairs);
}

bool baseline_shows(const struct baseline *baseline, const struct exchange *exchange,
                    struct bytes text)
{
    const struct server *server = server_get(baseline, exchange);
    return server && shelves_hold(&server->bodies, text);
}

bool baseline_explains(const struct baseline *baseline, const struct exchange *exchange,
                       struct bytes text)
{
    const struct endpoint *endpoint = endpoint_get(baseline, exchange);
    if (!endpoint || endpoint->body_count == 0 || endpoint->fixed_count < 2)
        return baseline_shows(baseline, exchange, text);
    for (uint32_t i = 0; i < endpoint->body_count; i++)
        if (memmem(endpoint->bodies[i].text.at, endpoint->bodies[i].text.len, text.at, text.len))
            return true;
    return false;
}

uint32_t baseline_body_count(const struct baseline *baseline, const struct exchange *exchange)
{
    const struct endpoint *endpoint = endpoint_get(baseline, exchange);
    return endpoint ? endpoint->body_count : 0;
}

struct bytes baseline_body(const struct baseline *baseline, const struct exchange *exchange,
                           uint32_t i)
{
    const struct endpoint *endpoint = endpoint_get(baseline, exchange);
    return endpoint && i < endpoint->body_count ? endpoint->bodies[i].text : (struct bytes){0};
}

bool baseline_is_fixed(const struct baseline *baseline, const struct exchange *exchange,
                       const struct attempts *attempts, struct bytes rest)
{
    const struct endpoint *endpoint = endpoint_get(baseline, exchange);
    if (!endpoint || attempts->count == 0)
        return false;
    uint64_t answer = hash_bytes(rest), wanted = wanted_hash(attempts);
    for (uint32_t i = 0; i < endpoint->fixed_count; i++)
        if (endpoint->fixed[i].answer == answer)
            return endpoint->fixed[i].various || endpoint->fixed[i].wanted != wanted;
    return false;
}

bool baseline_is_same_page(const struct baseline *baseline, const struct exchange *exchange,
                           const struct attempts *attempts, struct bytes rest)
{
    const struct endpoint *endpoint = endpoint_get(baseline, exchange);
    if (!endpoint || attempts->count == 0)
        return false;
    uint64_t shape = page_shape(rest), wanted = wanted_hash(attempts);
    for (uint32_t i = 0; i < endpoint->fixed_count; i++)
        if (endpoint->fixed[i].shape == shape &&
            (endpoint->fixed[i].various || endpoint->fixed[i].wanted != wanted))
            return true;
    return false;
}

bool baseline_wants_visit(const struct baseline *baseline, const struct exchange *exchange)
{
    const struct endpoint *endpoint = endpoint_get(baseline, exchange);
    return exchange->protocol == EXCHANGE_http && exchange->response.body.len &&
           (!endpoint || !endpoint->visits || endpoint->visits->count < VISITS);
}

void baseline_learn_visit(struct baseline *baseline, const struct exchange *exchange,
                          const struct visit *visit)
{
    struct endpoint *endpoint = endpoint_get(baseline, exchange);
    if (endpoint && !endpoint->visits)
        endpoint->visits = arena_take(&baseline->arena, sizeof(*endpoint->visits));
    if (endpoint && endpoint->visits && endpoint->visits->count < VISITS)
        endpoint->visits->items[endpoint->visits->count++] = *visit;
    else
        baseline->unlearned++;
}

const struct visits *baseline_visits(const struct baseline *baseline,
                                     const struct exchange *exchange)
{
    const struct endpoint *endpoint = endpoint_get(baseline, exchange);
    return endpoint ? endpoint->visits : NULL;
}

void baseline_learn_channel(struct baseline *baseline, const struct exchange *exchange,
                            uint64_t place, enum channel channel)
{
    struct endpoint *endpoint = endpoint_get(baseline, exchange);
    uint32_t i = 0;
    while (endpoint && i < endpoint->shown_count && endpoint->shown[i].place != place)
        i++;
    if (!endpoint || i == BASELINE_CHANNELS) {
        baseline->unlearned++;
        return;
    }
    endpoint->shown_count += i == endpoint->shown_count;
    endpoint->shown[i].place = place;
    endpoint->shown[i].channels |= 1u << channel;
}

bool baseline_has_channel(const struct baseline *baseline, const struct exchange *exchange,
                          uint64_t place, enum channel channel)
{
    const struct endpoint *endpoint = endpoint_get(baseline, exchange);
    uint32_t wanted = 1u << channel;
    if (channel == CHANNEL_pipe)
        wanted |= 1u << CHANNEL_sequence;
    if (channel == CHANNEL_number)
        wanted |= 1u << CHANNEL_text;
    for (uint32_t i = 0; endpoint && channel != CHANNEL_none && i < endpoint->shown_count; i++)
        if (endpoint->shown[i].place == place)
            return endpoint->shown[i].channels & wanted;
    return false;
}

struct paces {
    uint32_t count, within;           /* of answers; … that took as long as asked about */
    uint32_t same_count, same_within; /* with the same page */
};

static void paces_add(struct paces *paces, const struct endpoint *endpoint, uint32_t page,
                      double least, double most)
{
    uint32_t count = endpoint->time_count < BASELINE_TIMES ? endpoint->time_count : BASELINE_TIMES;
    for (uint32_t i = 0; i < count; i++) {
        const struct pace *pace = &endpoint->times[i];
        bool in = pace->seconds >= least && pace->seconds <= most;
        bool same = pace->page == page;
        paces->count++;
        paces->within += in;
        paces->same_count += same;
        paces->same_within += in && same;
    }
}

double baseline_delay_chance(const struct baseline *baseline, const struct exchange *exchange,
                             struct bytes rest, double least, double most)
{
    const struct endpoint *endpoint = endpoint_get(baseline, exchange);
    struct paces own = {0};
    if (!endpoint)
        return 1;
    paces_add(&own, endpoint, page_of(rest), least, most);
    if (own.same_count >= BASELINE_SAME_PAGE)
        return (own.same_within + 1.0) / (own.same_count + 2.0);
    if (own.count >= BASELINE_SAME_PAGE || own.within > 0)
        return (own.within + 1.0) / (own.count + 2.0);
    /* Little is known of this page: its neighbours on the server answer for it. */
    const struct endpoint *other = endpoint->server->newest;
    for (int i = 0; other && i < BASELINE_NEIGHBOURS; i++, other = other->same_server)
        if (other != endpoint)
            paces_add(&own, other, 0, least, most);
    return (own.within + 1.0) / (own.count + 2.0);
}

uint64_t baseline_unlearned(const struct baseline *baseline)
{
    return baseline->unlearned;
}
