#include "triage/success/visits.h"

#include <errno.h>
#include <strings.h>

#include "base/hash.h"
#include "triage/decode/place.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

uint64_t page_shape(struct bytes page)
{
    uint64_t hash = 1;
    char word[64];
    size_t len = 0;
    for (size_t i = 0; i < page.len; i++) {
        char c = page.at[i], before = i ? page.at[i - 1] : 0;
        if ((is_digit(c) && is_digit(before)) || (is_blank(c) && is_blank(before)))
            continue;
        word[len++] = is_digit(c) ? '#' : is_blank(c) ? ' ' : c;
        if (len == sizeof(word)) {
            hash = hash_mix(hash, hash_bytes((struct bytes){word, len}));
            len = 0;
        }
    }
    return hash_mix(hash, hash_bytes((struct bytes){word, len}));
}

/* Headers that no page reads, and that differ from one client to the next. */
static bool header_is_idle(struct bytes name)
{
    static const char *const names[] = {"Host",           "Connection",    "Accept",
                                        "Content-Length", "Content-Type",  "Accept-Encoding",
                                        "Cache-Control",  "If-None-Match", NULL};
    for (int i = 0; names[i]; i++)
        if (name.len == strlen(names[i]) && strncasecmp(name.at, names[i], name.len) == 0)
            return true;
    return false;
}

int visit_make(const struct exchange *exchange, struct bytes rest, struct arena *arena,
               struct visit *ret_visit)
{
    struct visit visit = {.shape = page_shape(rest), .exact = hash_bytes(rest)};
    struct places *places = arena_take(arena, sizeof(*places));
    int error = places ? places_find(exchange, arena, places) : -ENOMEM;
    for (uint32_t i = 0; error == 0 && i < places->count && visit.count < VISIT_PLACES; i++) {
        const struct place *place = &places->items[i];
        bool header = place->kind == PLACE_header;
        if (place->kind == PLACE_method || place->kind == PLACE_body ||
            (header && header_is_idle(place->name)))
            continue;
        visit.asked[visit.count].place = hash_bytes(place_label(place, arena));
        visit.asked[visit.count].value = hash_bytes(place->value);
        visit.asked[visit.count++].header = header;
    }
    if (error == 0)
        *ret_visit = visit;
    return error;
}

/* The value at a place, 0 where it was left out. */
static uint64_t value_at(const struct visit *visit, uint64_t place)
{
    for (uint32_t i = 0; i < visit->count; i++)
        if (visit->asked[i].place == place)
            return visit->asked[i].value;
    return 0;
}

uint64_t visit_context(const struct visit *visit, uint64_t place)
{
    uint64_t context = 0;
    for (uint32_t i = 0; i < visit->count; i++)
        if (visit->asked[i].place != place && !visit->asked[i].header)
            context += hash_mix(visit->asked[i].place, visit->asked[i].value);
    return context;
}

static bool same_request(const struct visit *one, const struct visit *other)
{
    return one->count == other->count &&
           memcmp(one->asked, other->asked, one->count * sizeof(*one->asked)) == 0;
}

/* Pages that were asked for twice in the same words came out the same, numbers too. */
static bool visits_steady(const struct visits *visits)
{
    bool twice = false;
    for (uint32_t i = 0; i < visits->count; i++)
        for (uint32_t j = 0; j < i; j++) {
            if (!same_request(&visits->items[i], &visits->items[j]))
                continue;
            if (visits->items[i].exact != visits->items[j].exact)
                return false;
            twice = true;
        }
    return twice;
}

bool visits_vary(const struct visits *visits, const struct visit *visit, uint64_t place)
{
    bool steady = visits_steady(visits);
    uint64_t context = visit_context(visit, place);
    for (uint32_t i = 0; i < visits->count; i++)
        for (uint32_t j = 0; j < i; j++) {
            const struct visit *one = &visits->items[i], *other = &visits->items[j];
            if ((steady ? one->exact != other->exact : one->shape != other->shape) &&
                value_at(one, place) != value_at(other, place) &&
                visit_context(one, place) == context && visit_context(other, place) == context)
                return true;
        }
    return false;
}

bool visits_same(const struct visits *visits, const struct visit *visit, uint64_t place)
{
    uint64_t context = visit_context(visit, place), value = 0;
    bool any = false, differ = false;
    for (uint32_t i = 0; i < visits->count; i++) {
        const struct visit *other = &visits->items[i];
        if (visit_context(other, place) != context)
            continue;
        if (other->shape != visit->shape)
            return false;
        differ = differ || (any && value_at(other, place) != value);
        value = value_at(other, place);
        any = true;
    }
    return differ && !visits_vary(visits, visit, place);
}
