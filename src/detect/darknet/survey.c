#include "detect/darknet/survey.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/hash_table.h"
#include "base/region.h"
#include "learn/glance.h"

struct survey {
    struct ip address;
    int64_t since, last; /* times of packets; `since`: from where on is counted */
    uint64_t packets;
    double most; /* addresses reached in one window: a large one's tally is a sample */
    bool told;
    struct glance ports, destinations;
};

struct survey_part {
    struct region region;
    struct survey *entries;
    uint32_t count, capacity;
    struct hash_table index; /* packet_source_hash: number */
    uint64_t evicted;
};

struct surveys {
    double addresses;
    struct survey_part parts[PACKET_PARTITIONS];
};

int surveys_open(size_t memory, double addresses, struct surveys **ret_surveys)
{
    struct surveys *surveys = calloc(1, sizeof(*surveys));
    if (!surveys)
        return -ENOMEM;
    size_t capacity = memory / sizeof(struct survey);
    capacity = (capacity < SURVEY_LIMIT ? capacity : SURVEY_LIMIT) / PACKET_PARTITIONS;
    surveys->addresses = addresses;
    for (uint32_t i = 0; i < PACKET_PARTITIONS; i++) {
        struct survey_part *part = &surveys->parts[i];
        part->capacity = capacity ? (uint32_t)capacity : 1;
        if (region_open(&part->region, part->capacity * sizeof(struct survey), REGION_SPARSE)) {
            surveys_close(surveys);
            return -ENOMEM;
        }
        part->entries = (void *)part->region.at;
    }
    *ret_surveys = surveys;
    return 0;
}

/* ---- room -------------------------------------------------------------------------------- */

static int64_t elapsed(int64_t from, int64_t to)
{
    int64_t time;
    return __builtin_sub_overflow(to, from, &time) ? INT64_MAX : time;
}

static bool survey_expired(const struct survey *survey, int64_t now)
{
    return elapsed(survey->last, now) > (survey->told ? SURVEY_FORGET : SURVEY_PERIOD);
}

/* Drop the expired, and up to `wanted` others of `packets` at most; how many went. */
static uint32_t part_drop(struct survey_part *part, int64_t now, uint64_t packets, bool told,
                          uint32_t wanted)
{
    uint32_t dropped = 0, kept = 0;
    for (uint32_t i = 0; i < part->count; i++) {
        const struct survey *survey = &part->entries[i];
        bool expired = survey_expired(survey, now);
        bool light = dropped < wanted && survey->packets <= packets && survey->told <= told;
        part->evicted += light && !expired;
        if (expired || light)
            dropped++;
        else
            part->entries[kept++] = *survey;
    }
    part->count = kept;
    return dropped;
}

/* A quarter is made free. -ENOMEM: the index is lost, and all that was known with it. */
static int part_room(struct survey_part *part, int64_t now)
{
    uint32_t wanted = part->capacity / 4 + 1, dropped = part_drop(part, now, 0, false, 0);
    for (int told = 0; told < 2; told++)
        for (int bits = 4; bits < 64 && dropped < wanted; bits++)
            dropped += part_drop(part, now, UINT64_C(1) << bits, told, wanted - dropped);
    hash_table_clear(&part->index);
    for (uint32_t i = 0; i < part->count; i++)
        if (hash_table_put(&part->index, packet_source_hash(&part->entries[i].address), i)) {
            hash_table_clear(&part->index);
            part->count = 0;
            return -ENOMEM;
        }
    return 0;
}

/* ---- following ----------------------------------------------------------------------------- */

/* How many packets, or addresses, the slow pace makes of a time. */
static double pace_wanted(double addresses, int64_t time)
{
    double size = addresses > 0 ? addresses : SURVEY_ADDRESSES;
    double wanted = SURVEY_PACKETS / (double)SURVEY_SLOW * (size / SURVEY_ADDRESSES) *
                    ((double)time / (double)TIME_DAY);
    return wanted > SURVEY_LEAST ? wanted : SURVEY_LEAST;
}

static bool class_surveys(enum source_class class)
{
    return class == SOURCE_scan || class == SOURCE_zmap || class == SOURCE_masscan ||
           class == SOURCE_udp_scan || class == SOURCE_investigation;
}

/* Is a source nobody follows worth it? Several ports, or a survey's pace in this window. */
static bool source_begins(const struct surveys *surveys, const struct source_summary *source,
                          const struct source_verdict *verdict)
{
    double destinations = source->features[FEATURE_destinations];
    if (verdict->surveys)
        return true;
    if (source->packets < SURVEY_GLIMPSE || destinations * 2 < (double)source->packets)
        return false;
    return source->features[FEATURE_destination_ports] * 6 >= SURVEY_PORTS ||
           destinations >= pace_wanted(surveys->addresses, source->window_length);
}

static struct survey *survey_begin(struct survey_part *part, uint64_t hash,
                                   const struct source_summary *source)
{
    if (part->count == part->capacity && part_room(part, source->last) != 0)
        return NULL;
    if (hash_table_put(&part->index, hash, part->count) != 0)
        return NULL;
    struct survey *survey = &part->entries[part->count++];
    *survey =
        (struct survey){.address = source->address, .since = source->first, .last = source->last};
    return survey;
}

struct survey *surveys_find(struct surveys *surveys, uint32_t number,
                            const struct source_summary *source,
                            const struct source_verdict *verdict)
{
    struct survey_part *part = &surveys->parts[number];
    if (!class_surveys(verdict->class))
        return NULL;
    uint64_t hash = packet_source_hash(&source->address);
    uint32_t at = hash_table_get(&part->index, hash);
    struct survey *survey = NULL;
    if (at != HASH_TABLE_NONE)
        survey = &part->entries[at];
    else if (source_begins(surveys, source, verdict))
        survey = survey_begin(part, hash, source);
    if (!survey || memcmp(&survey->address, &source->address, sizeof(survey->address)) != 0)
        return NULL; /* of two addresses of one hash the first is followed */
    if (survey_expired(survey, source->first) ||
        (!survey->told && elapsed(survey->since, source->last) > SURVEY_PERIOD))
        *survey = (struct survey){.address = source->address, .since = source->first};
    survey->last = source->last;
    survey->packets += source->packets;
    return survey;
}

bool survey_told(const struct survey *survey)
{
    return survey->told;
}

void survey_add_port(struct survey *survey, uint32_t port)
{
    glance_add(&survey->ports, port);
}

void survey_add_destination(struct survey *survey, uint32_t destination)
{
    glance_add(&survey->destinations, destination);
}

bool survey_judge(const struct surveys *surveys, struct survey *survey,
                  const struct source_summary *source, const struct source_verdict *verdict)
{
    survey->most = fmax(survey->most, source->features[FEATURE_destinations]);
    if (survey->told || verdict->surveys)
        return survey->told = true;
    int64_t time = elapsed(survey->since, survey->last);
    double size = surveys->addresses, packets = (double)survey->packets;
    double even = size > 0 ? size * -expm1(-packets / size) : packets;
    double destinations = fmax(glance_count(&survey->destinations), survey->most);
    survey->told = destinations >= pace_wanted(size, time > SURVEY_PACE ? time : SURVEY_PACE) &&
                   destinations >= even / 2 && glance_count(&survey->ports) >= SURVEY_PORTS;
    return survey->told;
}

uint64_t surveys_evicted(const struct surveys *surveys)
{
    uint64_t evicted = 0;
    for (uint32_t i = 0; i < PACKET_PARTITIONS; i++)
        evicted += surveys->parts[i].evicted;
    return evicted;
}

void surveys_close(struct surveys *surveys)
{
    if (!surveys)
        return;
    for (uint32_t i = 0; i < PACKET_PARTITIONS; i++) {
        region_close(&surveys->parts[i].region);
        hash_table_finish(&surveys->parts[i].index);
    }
    free(surveys);
}
