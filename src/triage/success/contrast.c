#include "triage/success/contrast.h"

#include "base/hash.h"
#include "triage/decode/coding.h"
#include "triage/decode/place.h"

enum { VALUE = 256, SEVERAL = 2, QUOTES = 4 };

/* A harmless value of a place and the page it got; `masked`: without the value. */
struct plain {
    uint64_t place, value, raw, masked;
};

/* A page that probes got: by which quotes, and whether by those of several values. */
struct seen {
    uint64_t place, raw, rest, base;
    uint16_t status;
    uint8_t quotes; /* bits of quote_number */
    bool several;
};

struct contrast {
    struct seen seen[CONTRAST_PAGES];
    uint32_t seen_count, seen_next;
    struct plain plains[CONTRAST_VALUES];
    uint32_t plain_count, tries;
    struct contrast_answer *answers;
    uint32_t capacity, count; /* count: ever learned; the newest CONTRAST_PROBES are kept */
};

uint64_t contrast_hash(struct bytes text)
{
    return hash_bytes(text);
}

/* ' " ` are 1 to 3, none is 0. */
static unsigned quote_number(char quote)
{
    return quote == '\'' ? 1 : quote == '"' ? 2 : quote == '`' ? 3 : 0;
}

static bool same_seen(const struct seen *seen, const struct contrast_answer *answer)
{
    return seen->place == answer->probe.place && seen->status == answer->status &&
           (seen->raw == answer->raw || seen->rest == answer->rest);
}

/* Room for one more page; when there is none, that of a page that says little: one quote, one
 * value. NULL: all say much. */
static struct seen *seen_take(struct contrast *contrast)
{
    if (contrast->seen_count < CONTRAST_PAGES)
        return &contrast->seen[contrast->seen_count++];
    for (int i = 0; i < CONTRAST_PAGES; i++) {
        struct seen *seen = &contrast->seen[contrast->seen_next++ % CONTRAST_PAGES];
        if (!seen->several && (seen->quotes & (seen->quotes - 1)) == 0)
            return seen;
    }
    return NULL;
}

static void seen_add(struct contrast *contrast, const struct contrast_answer *answer)
{
    const struct probe *probe = &answer->probe;
    struct seen *seen = NULL;
    for (uint32_t i = 0; i < contrast->seen_count && !seen; i++)
        if (same_seen(&contrast->seen[i], answer))
            seen = &contrast->seen[i];
    bool fresh = !seen;
    if (answer->ran || (fresh && !(seen = seen_take(contrast))))
        return;
    if (fresh)
        *seen = (struct seen){.place = probe->place,
                              .raw = answer->raw,
                              .rest = answer->rest,
                              .base = probe->base,
                              .status = answer->status};
    seen->quotes |= (uint8_t)(1u << quote_number(probe->quote));
    seen->several = seen->several || seen->base != probe->base;
}

static struct contrast *contrast_get(struct contrast **contrast, struct arena *arena)
{
    if (!*contrast)
        *contrast = arena_take(arena, sizeof(**contrast));
    return *contrast;
}

static bool is_word(char c)
{
    char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

/* Hash of a page without a value, where that stands as a word of its own. */
static uint64_t masked_hash(struct bytes page, struct bytes value)
{
    uint64_t hash = 1;
    size_t from = 0;
    while (value.len && from < page.len) {
        const char *at = memmem(page.at + from, page.len - from, value.at, value.len);
        if (!at)
            break;
        size_t begin = (size_t)(at - page.at), end = begin + value.len;
        bool whole = (begin == 0 || !is_word(page.at[begin - 1])) &&
                     (end == page.len || !is_word(page.at[end]));
        hash = hash_mix(hash,
                        hash_bytes((struct bytes){page.at + from, (whole ? begin : end) - from}));
        from = end;
    }
    return hash_mix(hash, hash_bytes(bytes_from(page, from)));
}

static void plain_add(struct contrast *contrast, const struct place *place, struct arena *arena,
                      struct bytes body)
{
    char text[VALUE];
    size_t len;
    struct bytes value = place->value;
    if (value.len > sizeof(text) || contrast->plain_count == CONTRAST_VALUES)
        return;
    if (value.len && place->kind != PLACE_json && form_step(value, text, &len))
        value = (struct bytes){text, len};
    const struct plain plain = {
        .place = contrast_hash(place_label(place, arena)),
        .value = contrast_hash(value),
        .raw = hash_bytes(body),
        .masked = masked_hash(body, value),
    };
    for (uint32_t i = 0; i < contrast->plain_count; i++)
        if (memcmp(&contrast->plains[i], &plain, sizeof(plain)) == 0)
            return;
    contrast->plains[contrast->plain_count++] = plain;
}

bool contrast_wants(const struct contrast *contrast, const struct exchange *exchange)
{
    bool asks = exchange->request.body.len ||
                (exchange->target.len && memchr(exchange->target.at, '?', exchange->target.len)) ||
                message_header(&exchange->request, "Cookie").len;
    return asks && (!contrast ||
                    (contrast->plain_count < CONTRAST_VALUES && contrast->tries < CONTRAST_TRIES));
}

void contrast_learn_harmless(struct contrast **contrast, struct arena *arena,
                             const struct exchange *exchange)
{
    struct places places;
    struct arena scratch = {.chunk = 4096};
    if (!contrast_wants(*contrast, exchange) || !exchange->response.complete ||
        exchange->response.cut || !contrast_get(contrast, arena))
        return;
    (*contrast)->tries++;
    if (places_find(exchange, &scratch, &places) == 0)
        for (uint32_t i = 0; i < places.count; i++)
            if (places.items[i].kind >= PLACE_query && places.items[i].kind <= PLACE_cookie)
                plain_add(*contrast, &places.items[i], &scratch, exchange->response.body);
    arena_finish(&scratch);
}

void contrast_learn_probe(struct contrast **contrast, struct arena *arena,
                          const struct contrast_answer *answer)
{
    struct contrast *own = contrast_get(contrast, arena);
    if (!own)
        return;
    if (own->count == own->capacity && own->capacity < CONTRAST_PROBES) {
        uint32_t capacity = own->capacity ? own->capacity * 2 : CONTRAST_FIRST;
        struct contrast_answer *answers = arena_take_array(arena, capacity, sizeof(*answers));
        if (!answers)
            return;
        if (own->count)
            memcpy(answers, own->answers, own->count * sizeof(*answers));
        own->answers = answers;
        own->capacity = capacity;
    }
    own->answers[own->count++ % own->capacity] = *answer;
    seen_add(own, answer);
}

static uint32_t kept_count(const struct contrast *contrast)
{
    return contrast->count < contrast->capacity ? contrast->count : contrast->capacity;
}

static bool same_page(const struct contrast_answer *a, const struct contrast_answer *b)
{
    return a->status == b->status && (a->raw == b->raw || a->rest == b->rest);
}

static bool is_plain(const struct contrast_answer *answer, const struct plain *plain)
{
    return answer->raw == plain->raw || answer->rest == plain->masked;
}

/* The page of the value in front of a probe; NULL: nobody asked for it harmlessly. */
static const struct plain *plain_of(const struct contrast *contrast, const struct probe *probe)
{
    for (uint32_t i = 0; i < contrast->plain_count; i++)
        if (contrast->plains[i].place == probe->place && contrast->plains[i].value == probe->base)
            return &contrast->plains[i];
    return NULL;
}

/* The page depends on what stands in this place, and on nothing else. */
static bool page_tells(const struct contrast *contrast, uint64_t place)
{
    bool differ = false;
    for (uint32_t i = 0; i < contrast->plain_count; i++)
        for (uint32_t j = 0; j < i; j++) {
            const struct plain *a = &contrast->plains[i], *b = &contrast->plains[j];
            if (a->place != place || b->place != place)
                continue;
            if (a->value == b->value && a->raw != b->raw)
                return false;
            differ = differ || (a->masked != b->masked && a->raw != b->raw);
        }
    return differ;
}

/* Whether a value exists: its page is unlike the one several other values share. */
static bool value_exists(const struct contrast *contrast, const struct plain *plain)
{
    for (uint32_t i = 0; i < contrast->plain_count; i++)
        for (uint32_t j = 0; j < i; j++) {
            const struct plain *a = &contrast->plains[i], *b = &contrast->plains[j];
            if (a->place == plain->place && b->place == plain->place && a->value != b->value &&
                a->raw == b->raw && a->raw != plain->raw && a->masked != plain->masked)
                return true;
        }
    return false;
}

/*
 * The page that comes when nothing is found: it is not that of the probe's
 * plain value, or came to probes of several values, and came to several
 * quotings, of which at most one can be right.
 */
static bool is_nothing(const struct contrast *contrast, const struct contrast_answer *answer)
{
    const struct probe *probe = &answer->probe;
    const struct plain *plain = plain_of(contrast, probe);
    bool other_base = plain && !is_plain(answer, plain), other_quote = false;
    for (uint32_t i = 0; i < contrast->seen_count; i++) {
        const struct seen *seen = &contrast->seen[i];
        if (!same_seen(seen, answer))
            continue;
        other_base = other_base || seen->several || seen->base != probe->base;
        other_quote = other_quote || seen->quotes & ~(1u << quote_number(probe->quote));
    }
    return other_base && other_quote;
}

/* What the answer shows against the probe itself, with nothing but pages to go by. */
static enum contrast_finding own_finding(const struct contrast *contrast,
                                         const struct contrast_answer *answer)
{
    const struct probe *probe = &answer->probe;
    const struct plain *plain = plain_of(contrast, probe);
    if (answer->ran || probe->leaves == LEAVES_unknown)
        return CONTRAST_none;
    if (probe->leaves == LEAVES_rows)
        return is_nothing(contrast, answer) ? CONTRAST_no_rows : CONTRAST_none;
    if (!plain)
        return CONTRAST_none;
    if (probe->leaves == LEAVES_same)
        return !is_plain(answer, plain) && is_nothing(contrast, answer) ? CONTRAST_not_same
                                                                        : CONTRAST_none;
    return is_plain(answer, plain) && value_exists(contrast, plain) ? CONTRAST_not_same
                                                                    : CONTRAST_none;
}

/* What was seen of one way to break out, or of one quote. */
struct record {
    bool ran, refuted;
    bool same, nothing, rows; /* conditions made the page what they had to */
};

/* No harmless value got this page. */
static bool page_is_new(const struct contrast *contrast, const struct contrast_answer *answer)
{
    for (uint32_t i = 0; i < contrast->plain_count; i++)
        if (contrast->plains[i].place == answer->probe.place &&
            is_plain(answer, &contrast->plains[i]))
            return false;
    return true;
}

/* Blocked, or an error: it says nothing of the condition. */
static bool is_refusal(const struct contrast *contrast, const struct contrast_answer *answer)
{
    return answer->status >= 400 && page_is_new(contrast, answer);
}

static struct record record_make(const struct contrast *contrast,
                                 const struct contrast_answer *answer)
{
    const struct plain *plain = plain_of(contrast, &answer->probe);
    enum probe_leaves leaves = answer->probe.leaves;
    if (!answer->probe.condition || is_refusal(contrast, answer))
        return (struct record){.ran = answer->ran};
    return (struct record){
        .ran = answer->ran,
        .refuted = own_finding(contrast, answer) != CONTRAST_none,
        .same = plain && leaves == LEAVES_same && is_plain(answer, plain),
        .nothing = plain && leaves == LEAVES_nothing && !is_plain(answer, plain),
        .rows = leaves == LEAVES_rows && !answer->refused && answer->status < 400 &&
                page_is_new(contrast, answer) && !is_nothing(contrast, answer),
    };
}

static void record_add(struct record *record, const struct record *more)
{
    record->ran = record->ran || more->ran;
    record->refuted = record->refuted || more->refuted;
    record->same = record->same || more->same;
    record->nothing = record->nothing || more->nothing;
    record->rows = record->rows || more->rows;
}

/* Conditions had their way. */
static bool is_working(const struct record *record)
{
    return record->ran || record->rows || (record->same && record->nothing);
}

/* What the probes of a place say of this one's way to break out, and of each quote. */
struct records {
    struct record way, quotes[QUOTES];
};

static struct records records_of(const struct contrast *contrast, const struct probe *probe)
{
    struct records records = {0};
    for (uint32_t i = 0; i < kept_count(contrast); i++) {
        const struct contrast_answer *other = &contrast->answers[i];
        if (other->probe.place != probe->place || !(other->ran || other->probe.condition))
            continue;
        struct record one = record_make(contrast, other);
        record_add(&records.quotes[quote_number(other->probe.quote)], &one);
        if (other->probe.context == probe->context)
            record_add(&records.way, &one);
    }
    return records;
}

/* Conditions were tried in vain, and none had its way. */
static bool is_refuted(const struct record *record)
{
    return record->refuted && !is_working(record);
}

/* Another quote was seen to work, and this one not; one parameter stands in one kind of quotes. */
static bool other_quote_works(const struct records *records, char quote, bool tells)
{
    const struct record *own = &records->quotes[quote_number(quote)];
    if (own->ran || (tells && is_working(own)))
        return false;
    for (unsigned i = 0; i < QUOTES; i++) {
        const struct record *other = &records->quotes[i];
        if (other != own && (other->ran || (tells && is_working(other))))
            return true;
    }
    return false;
}

/* The same value waited when it was told so in another way, so it would have here. */
static bool value_waits(const struct contrast *contrast, const struct probe *probe)
{
    for (uint32_t i = 0; i < kept_count(contrast); i++) {
        const struct contrast_answer *other = &contrast->answers[i];
        if (other->probe.place == probe->place && other->probe.base == probe->base &&
            other->probe.waits > 0 && other->seconds >= other->probe.waits * 0.95 &&
            other->seconds <= other->probe.waits * 1.2 + 0.5)
            return true;
    }
    return false;
}

static bool wait_missing(const struct contrast *contrast, const struct contrast_answer *answer,
                         bool tells)
{
    const struct probe *probe = &answer->probe;
    const struct plain *plain = plain_of(contrast, probe);
    if (probe->waits <= 0 || answer->seconds < 0 || answer->seconds > probe->waits * 0.5)
        return false;
    bool exists = tells && plain && !is_plain(answer, plain);
    return exists || value_waits(contrast, probe);
}

/* Answers to one form of condition: true and false ones, how many, and whether they agree. */
struct series {
    const struct contrast_answer *yes, *no;
    const struct contrast_answer *told; /* the first false one that comes when there is enough */
    uint32_t yes_count, no_count;
    bool complete, broken;
};

static bool in_series(const struct contrast_answer *other, const struct probe *probe)
{
    return other->probe.place == probe->place && other->probe.form == probe->form &&
           other->probe.base == probe->base && other->probe.condition &&
           other->probe.leaves != LEAVES_unknown;
}

static struct series series_of(const struct contrast *contrast, const struct probe *probe)
{
    struct series series = {0};
    uint32_t kept = kept_count(contrast), first = contrast->count - kept;
    for (uint32_t i = 0; i < kept; i++) {
        const struct contrast_answer *other = &contrast->answers[(first + i) % contrast->capacity];
        if (!in_series(other, probe))
            continue;
        bool truth = other->probe.leaves != LEAVES_nothing;
        const struct contrast_answer **side = truth ? &series.yes : &series.no;
        series.broken =
            series.broken || other->status >= 400 || (*side && !same_page(*side, other));
        *side = *side ? *side : other;
        series.yes_count += truth;
        series.no_count += !truth;
        if (!truth && (!series.told || !series.complete))
            series.told = other;
        bool complete = series.yes_count >= SEVERAL && series.no_count >= SEVERAL;
        series.complete = series.complete || (complete && !truth);
    }
    series.complete = series.yes_count >= SEVERAL && series.no_count >= SEVERAL;
    return series;
}

/*
 * The condition decides. Told once of a series, at the first false condition
 * that comes when there is enough of it: a true one shows nothing by itself.
 */
static bool condition_decides(const struct contrast *contrast, const struct contrast_answer *answer,
                              struct contrast_pairs *ret_pairs)
{
    const struct probe *probe = &answer->probe;
    const struct plain *plain = plain_of(contrast, probe);
    if (!probe->condition || probe->leaves != LEAVES_nothing || !plain)
        return false;
    struct series series = series_of(contrast, probe);
    if (!series.complete || series.broken || same_page(series.yes, series.no) ||
        !is_plain(series.yes, plain) || is_plain(series.no, plain) ||
        series.told->packet != answer->packet)
        return false;
    *ret_pairs = (struct contrast_pairs){series.yes_count, series.no_count, series.yes->packet,
                                         series.no->packet};
    return true;
}

enum contrast_finding contrast_find(const struct contrast *contrast,
                                    const struct contrast_answer *answer,
                                    struct contrast_pairs *ret_pairs)
{
    if (!contrast || contrast->count == 0)
        return CONTRAST_none;
    const struct probe *probe = &answer->probe;
    bool tells = page_tells(contrast, probe->place);
    if (wait_missing(contrast, answer, tells))
        return CONTRAST_no_wait;
    if (answer->ran)
        return CONTRAST_none;
    struct records records;
    if (!tells) {
        records = records_of(contrast, probe);
        return other_quote_works(&records, probe->quote, false) ? CONTRAST_other : CONTRAST_none;
    }
    if (probe->broken && !answer->refused)
        return CONTRAST_broken;
    if (condition_decides(contrast, answer, ret_pairs))
        return CONTRAST_decided;
    enum contrast_finding own = own_finding(contrast, answer);
    if (own != CONTRAST_none)
        return own;
    records = records_of(contrast, probe);
    if (other_quote_works(&records, probe->quote, true))
        return CONTRAST_other;
    bool nowhere = is_refuted(&records.quotes[0]) && is_refuted(&records.quotes[1]);
    return is_refuted(&records.way) || nowhere ? CONTRAST_refuted : CONTRAST_none;
}
