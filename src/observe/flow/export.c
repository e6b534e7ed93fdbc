#include "observe/flow/export.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "observe/flow/element.h"
#include "observe/flow/templates.h"

enum { VERSION_5 = 5, VERSION_9 = 9, VERSION_IPFIX = 10 };
enum { SET_TEMPLATES_9 = 0, SET_OPTIONS_9 = 1, SET_TEMPLATES = 2, SET_OPTIONS = 3, SET_DATA = 256 };
enum { LENGTH_VARIABLE = 65535, ENTERPRISE_REVERSE = 29305 };

struct exports {
    struct export_counts counts;
    struct templates templates;
};

/* What is the same for all flows of a datagram. */
struct datagram {
    struct exports *exports;
    uint64_t exporter; /* hash of its address and domain */
    int64_t time;      /* of the header, else when it came */
    int64_t started;   /* when the exporter did, ns since 1970 */
    bool nine;
    int (*take)(void *context, const struct flow *flow);
    void *context;
};

/* A sticky reader of network order. */
struct reader {
    const uint8_t *at, *end;
    bool short_read;
};

static const uint8_t *take_bytes(struct reader *reader, size_t len)
{
    if (reader->short_read || (size_t)(reader->end - reader->at) < len) {
        reader->short_read = true;
        return NULL;
    }
    reader->at += len;
    return reader->at - len;
}

static uint64_t take_number(struct reader *reader, size_t len)
{
    const uint8_t *at = take_bytes(reader, len);
    uint64_t value = 0;
    for (size_t i = 0; at && i < len; i++)
        value = value << 8 | at[i];
    return value;
}

static size_t reader_left(const struct reader *reader)
{
    return reader->short_read ? 0 : (size_t)(reader->end - reader->at);
}

struct exports *exports_create(void)
{
    return calloc(1, sizeof(struct exports));
}

const struct export_counts *export_counts(const struct exports *exports)
{
    return &exports->counts;
}

void exports_destroy(struct exports *exports)
{
    if (!exports)
        return;
    templates_finish(&exports->templates);
    free(exports);
}

static uint64_t template_key(const struct datagram *datagram, uint64_t number)
{
    return hash_mix(datagram->exporter, number) | 1;
}

/* Where sampling is kept: of the whole domain, of a sampler or an interface by its number. */
enum scope { SCOPE_domain = 1, SCOPE_sampler, SCOPE_interface };

static uint64_t sampling_key(const struct datagram *datagram, enum scope scope, uint32_t number)
{
    return template_key(datagram, (uint64_t)scope << 32 | number);
}

/* A place for what the exporter said; NULL without memory: then it is as if it had not. */
static struct template *place_take(struct datagram *datagram, uint64_t key)
{
    struct templates *templates = &datagram->exports->templates;
    struct template *place = template_place(templates, key);
    datagram->exports->counts.evicted = templates->evicted;
    return place;
}

/* In v9 a scope is not an element but a kind of its own (RFC 3954, 6.1). */
static uint16_t scope_element(uint64_t scope)
{
    enum { SCOPE_9_INTERFACE = 2 };
    return scope == SCOPE_9_INTERFACE ? ELEMENT_interface : ELEMENT_unknown;
}

static void fields_read(const struct datagram *datagram, struct reader *set, uint64_t scopes,
                        struct template *made)
{
    for (uint64_t i = 0; i < made->count; i++) {
        uint64_t element = take_number(set, 2), enterprise = 0;
        made->fields[i].length = (uint16_t)take_number(set, 2);
        if (!datagram->nine && element & 0x8000) {
            enterprise = take_number(set, 4);
            element &= 0x7fff;
        }
        made->fields[i].element = datagram->nine && i < scopes ? scope_element(element)
                                  : enterprise == 0            ? (uint16_t)element
                                  : enterprise == ENTERPRISE_REVERSE
                                      ? (uint16_t)(element | ELEMENT_reverse)
                                      : ELEMENT_unknown;
    }
}

/* A template of flows, or of options, whose head tells its scopes as well. */
static void template_read(struct datagram *datagram, bool options, struct reader *set)
{
    uint64_t number = take_number(set, 2), count = take_number(set, 2), scopes = 0;
    if (options && datagram->nine) { /* lengths in bytes: of the scopes, of the options */
        scopes = count / 4;
        count = scopes + take_number(set, 2) / 4;
    } else if (options && count) {
        scopes = take_number(set, 2);
    }
    if (set->short_read || count == 0 || count > EXPORT_FIELDS || number < SET_DATA) {
        set->short_read =
            count > EXPORT_FIELDS || set->short_read; /* the rest can't be told apart */
        return;
    }
    struct template made = {.count = (uint16_t)count};
    fields_read(datagram, set, scopes, &made);
    if (set->short_read)
        return;
    struct template *place = place_take(datagram, template_key(datagram, number));
    if (!place) { /* its sets are counted as unknown */
        set->short_read = true;
        return;
    }
    place->options = options;
    place->count = made.count;
    memcpy(place->fields, made.fields, sizeof(made.fields));
    datagram->exports->counts.templates++;
}

/* What is known of how the packets of a flow were chosen. False: nothing. */
static bool sampling_find(const struct datagram *datagram, const struct sampling_words *words,
                          struct sampling *ret_sampling)
{
    const struct templates *templates = &datagram->exports->templates;
    const struct template *place = NULL;
    if (sampling_of(words, ret_sampling))
        return true;
    if (words->sampler)
        place = template_find(templates, sampling_key(datagram, SCOPE_sampler, words->sampler));
    if (!place && words->interface)
        place = template_find(templates, sampling_key(datagram, SCOPE_interface, words->interface));
    if (!place)
        place = template_find(templates, sampling_key(datagram, SCOPE_domain, 0));
    if (place)
        *ret_sampling = place->sampling;
    return place != NULL;
}

/* A record of options: keep what it says of sampling. */
static void sampling_keep(struct datagram *datagram, const struct sampling_words *words)
{
    struct sampling sampling;
    if (!sampling_of(words, &sampling))
        return;
    enum scope scope = words->sampler     ? SCOPE_sampler
                       : words->interface ? SCOPE_interface
                                          : SCOPE_domain;
    uint32_t number = words->sampler ? words->sampler : words->interface;
    struct template *place = place_take(datagram, sampling_key(datagram, scope, number));
    if (place)
        place->sampling = sampling;
}

static void flow_scale(const struct datagram *datagram, struct flow *flow, struct sampling sampling)
{
    if (sampling.of == sampling.seen)
        return;
    for (int way = 0; way < 2; way++) {
        flow->packets[way] = sampling_scale(sampling, flow->packets[way]);
        flow->bytes[way] = sampling_scale(sampling, flow->bytes[way]);
    }
    datagram->exports->counts.scaled++;
}

static int flow_give(const struct datagram *datagram, const struct sampling_words *words,
                     struct flow *flow)
{
    struct sampling sampling;
    if (!ip_given(&flow->source_ip) || !ip_given(&flow->destination_ip)) {
        datagram->exports->counts.without++;
        return 0;
    }
    if (sampling_find(datagram, words, &sampling))
        flow_scale(datagram, flow, sampling);
    flow->logged = datagram->time;
    if (flow->start <= 0)
        flow->start = datagram->time;
    if (flow->end < flow->start)
        flow->end = flow->start;
    datagram->exports->counts.flows++;
    return datagram->take(datagram->context, flow);
}

/* One record by its template. False: it is not all there. */
static bool record_read(const struct datagram *datagram, const struct template *template,
                        struct reader *set, struct exported *record)
{
    *record = (struct exported){0};
    for (uint16_t i = 0; i < template->count; i++) {
        size_t len = template->fields[i].length;
        if (len == LENGTH_VARIABLE && !datagram->nine) {
            len = take_number(set, 1);
            if (len == 255)
                len = take_number(set, 2);
        }
        const uint8_t *at = take_bytes(set, len);
        if (!at)
            return false;
        element_take(record, template->fields[i].element, at, len, datagram->started);
    }
    return true;
}

static size_t template_least(const struct template *template, bool nine)
{
    size_t least = 0;
    for (uint16_t i = 0; i < template->count; i++) {
        uint16_t len = template->fields[i].length;
        least += len == LENGTH_VARIABLE && !nine ? 1 : len;
    }
    return least;
}

static int data_read(struct datagram *datagram, uint64_t number, struct reader *set)
{
    const struct template *template =
        template_find(&datagram->exports->templates, template_key(datagram, number));
    if (!template) {
        datagram->exports->counts.unknown++;
        return 0;
    }
    struct template layout = *template; /* the place itself may go to what a record says */
    struct exported record;
    int result = 0;
    size_t least = template_least(&layout, datagram->nine);
    while (!result && least && reader_left(set) >= least && /* less is padding */
           record_read(datagram, &layout, set, &record)) {
        if (layout.options)
            sampling_keep(datagram, &record.sampling);
        else
            result = flow_give(datagram, &record.sampling, &record.flow);
    }
    return result;
}

static int set_read(struct datagram *datagram, uint64_t number, struct reader *set)
{
    bool options = number == (datagram->nine ? SET_OPTIONS_9 : SET_OPTIONS);
    if (options || number == (datagram->nine ? SET_TEMPLATES_9 : SET_TEMPLATES)) {
        while (reader_left(set) >= 8)
            template_read(datagram, options, set);
        return 0;
    }
    return number >= SET_DATA ? data_read(datagram, number, set) : 0;
}

/* -EBADMSG: a set that reaches beyond the datagram. */
static int sets_read(struct datagram *datagram, struct reader *rest)
{
    int result = 0;
    while (!result && reader_left(rest) >= 4) {
        uint64_t number = take_number(rest, 2), len = take_number(rest, 2);
        const uint8_t *at = len >= 4 ? take_bytes(rest, len - 4) : NULL;
        if (!at)
            return -EBADMSG;
        struct reader set = {at, at + len - 4, false};
        result = set_read(datagram, number, &set);
    }
    return result;
}

static int five_read(struct datagram *datagram, struct reader *rest, uint64_t count)
{
    struct sampling_words words = {0};
    int result = 0;
    if (!take_bytes(rest, 6)) /* sequence, engine */
        return -EBADMSG;
    words.interval = take_number(rest, 2) & 0x3fff; /* above it, how they were chosen */
    while (count-- && !result) {
        const uint8_t *at = take_bytes(rest, 48);
        if (!at)
            return -EBADMSG;
        struct reader reader = {at + 16, at + 48, false};
        struct flow flow = {.source_ip = element_ip(at), .destination_ip = element_ip(at + 4)};
        flow.packets[0] = take_number(&reader, 4);
        flow.bytes[0] = take_number(&reader, 4);
        flow.start = datagram->started + element_time(take_number(&reader, 4), 1000000);
        flow.end = datagram->started + element_time(take_number(&reader, 4), 1000000);
        flow.source_port = (uint16_t)take_number(&reader, 2);
        flow.destination_port = (uint16_t)take_number(&reader, 2);
        flow.protocol = at[38];
        result = flow_give(datagram, &words, &flow);
    }
    return result;
}

static int versions_read(struct datagram *datagram, struct reader *rest, size_t len)
{
    uint64_t version = take_number(rest, 2), count = take_number(rest, 2), uptime = 0;
    if (version != VERSION_5 && version != VERSION_9 && version != VERSION_IPFIX)
        return -EBADMSG;
    if (version == VERSION_IPFIX) {
        if (count > len || count < 16)
            return -EBADMSG;
        rest->end = rest->at - 4 + count;
    } else {
        uptime = take_number(rest, 4);
    }
    datagram->time = element_time(take_number(rest, 4), 1000000000);
    if (version == VERSION_5)
        datagram->time += (int64_t)take_number(rest, 4);
    datagram->started = datagram->time - element_time(uptime, 1000000);
    if (version == VERSION_5)
        return five_read(datagram, rest, count);
    take_number(rest, 4); /* sequence */
    datagram->exporter = hash_mix(datagram->exporter, take_number(rest, 4));
    datagram->nine = version == VERSION_9;
    return rest->short_read ? -EBADMSG : sets_read(datagram, rest);
}

int export_read(struct exports *exports, const struct ip *exporter, int64_t time,
                struct bytes bytes, int (*take)(void *context, const struct flow *flow),
                void *context)
{
    struct datagram datagram = {
        .exports = exports,
        .exporter = hash_bytes((struct bytes){(const char *)exporter, sizeof(*exporter)}),
        .time = time,
        .take = take,
        .context = context,
    };
    const uint8_t *at = (const uint8_t *)(bytes.len ? bytes.at : "");
    struct reader rest = {at, at + bytes.len, false};
    exports->counts.datagrams++;
    int result = versions_read(&datagram, &rest, bytes.len);
    if (result == -EBADMSG)
        exports->counts.broken++;
    return result;
}
