#include "detect/memory.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"

/* Strength of the prior, in process-hours: how long until a subject speaks for itself. */
static const double PRIOR_UNITS = 2;

/* … and, in the same unit, until a host speaks for itself about it. */
static const double HOST_UNITS = 8;

/* Sensitive relations must be seen on this many host-days before they are nothing special. */
static const double SENSITIVE_DAYS = 12;

/* A relation other hosts have is at most this part of one nobody has. */
static const double SHARED_PART = 0.6;

static uint64_t subject_key(const struct relation *relation)
{
    return hash_mix(relation->subject, (uint64_t)relation->type + 101);
}

static uint64_t object_key(uint64_t object, unsigned type)
{
    return hash_mix(object, (uint64_t)type + 201);
}

int lessons_add(struct lessons *lessons, struct lesson lesson)
{
    if (lessons->count == lessons->capacity) {
        uint32_t room = lessons->capacity ? lessons->capacity * 2 : 256;
        struct lesson *items = realloc(lessons->items, room * sizeof(*items));
        if (!items)
            return -ENOMEM;
        lessons->items = items;
        lessons->capacity = room;
    }
    lessons->items[lessons->count++] = lesson;
    return 0;
}

/*
 * -ln of the probability that the subject shows something new, on this host by
 * what it did there and everywhere; damped where many subjects do this.
 */
static double surprise_of_new(const struct host_memory *own, const struct fleet_memory *fleet,
                              const struct standpoint *at, const struct relation *relation,
                              struct surprise *surprise)
{
    uint64_t key = subject_key(relation);
    const struct exposure *all = &fleet->types[relation->type];
    const struct exposure *here = ledger_find(&own->exposures, hash_mix(key, at->host));
    const struct exposure *everywhere = ledger_find(&fleet->exposures, key);
    const struct exposure *popular =
        ledger_find(&fleet->exposures, object_key(relation->object, relation->type));
    double prior = (all->novel + 1.0) / (all->units + 2.0);
    surprise->units = everywhere ? everywhere->units : 0;
    surprise->prone = everywhere ? everywhere->novel : 0;
    double rate = (surprise->prone + PRIOR_UNITS * prior) / (surprise->units + PRIOR_UNITS);
    if (here)
        rate = (here->novel + HOST_UNITS * rate) / (here->units + HOST_UNITS);
    double subjects = popular ? popular->novel : 0;
    return -log(rate < 1 ? rate : 1) / (1 + 0.5 * log2(1 + subjects));
}

/* How rare among `all` hosts what `some` of them do, in [0,1]: 1 when none does. */
static double rarity(uint32_t some, uint32_t all)
{
    if (some >= all)
        return 0;
    return log((all + 1.0) / (some + 1.0)) / log(all + 1.0);
}

/* What the others' knowledge leaves of the surprise. */
static double back_off(const struct fleet_memory *fleet, const struct standpoint *at,
                       const struct relation *relation, struct surprise *surprise)
{
    uint64_t key = relation_key(relation);
    const struct fleet_relation *known = ledger_find(&fleet->relations, key);
    surprise->hosts_all = fleet->hosts;
    if (!known)
        return 1;
    surprise->hosts = known->hosts;
    surprise->host_days = known->host_days;
    if (known->hosts == 0) {
        double left = 1 - (known->young_days + 1.0) / (RIPE_DAYS + 1.0);
        return left > 0 ? left : 0;
    }
    double part = rarity(known->hosts, fleet->hosts);
    const struct fleet_relation *near = ledger_find(&fleet->relations, hash_mix(key, at->group));
    const struct exposure *group = at->group ? ledger_find(&fleet->groups, at->group) : NULL;
    if (near && group && near->hosts) {
        double near_part = rarity(near->hosts, group->units);
        part = near_part < part ? near_part : part;
    }
    return SHARED_PART * part;
}

/* What of a sensitive relation stays surprising though it has been seen. */
static double residue(const struct fleet_memory *fleet, const struct relation *relation)
{
    const struct fleet_relation *known = ledger_find(&fleet->relations, relation_key(relation));
    double days = known ? known->host_days : 0;
    return days + 1 < SENSITIVE_DAYS ? log(SENSITIVE_DAYS / (days + 1)) : 0;
}

/* The host sees the relation on a day it had not yet: remember it, and tell the fleet. */
static int remember(struct recall *recall, struct lessons *lessons, const struct standpoint *at,
                    const struct relation *relation)
{
    bool was_normal = recall->normal;
    recall->head.last_day = at->day;
    if (recall->days < UINT16_MAX)
        recall->days++;
    recall->normal = was_normal || at->learning || recall->days >= RIPE_DAYS;
    return lessons_add(lessons,
                       (struct lesson){.subject = relation->subject,
                                       .object = relation->object,
                                       .group = at->group,
                                       .day = at->day,
                                       .kind = recall->normal ? LESSON_NORMAL : LESSON_YOUNG,
                                       .type = (uint8_t)relation->type,
                                       .news = recall->normal && !was_normal});
}

int memory_meet(struct host_memory *own, const struct fleet_memory *fleet, struct lessons *lessons,
                const struct standpoint *at, const struct relation *relation, bool teach,
                struct surprise *ret_surprise)
{
    uint64_t key = hash_mix(relation_key(relation), at->host);
    struct recall *recall = ledger_find(&own->recalls, key);
    struct surprise surprise = {.hosts_all = fleet->hosts};
    bool today = recall && recall->head.last_day == at->day;
    if (recall && recall->normal && today && relation->sensitivity < RELATION_SENSITIVE) {
        *ret_surprise = surprise;
        return 0;
    }
    if (!recall || !recall->normal) {
        surprise.novel = true;
        surprise.value = surprise_of_new(own, fleet, at, relation, &surprise) *
                         back_off(fleet, at, relation, &surprise);
    }
    if (recall && !recall->normal)
        surprise.value *= 1 - (recall->days + 1.0) / (RIPE_DAYS + 1.0);
    if (relation->sensitivity >= RELATION_SENSITIVE) {
        double left = residue(fleet, relation);
        surprise.value = surprise.value < left ? left : surprise.value;
    }
    surprise.value *= relation_weights[relation->type] * relation->sensitivity;
    *ret_surprise = surprise;
    if (!teach || today)
        return 0;
    recall = ledger_enter(&own->recalls, key);
    return recall ? remember(recall, lessons, at, relation) : -ENOMEM;
}

int memory_count(struct host_memory *own, struct lessons *lessons, const struct standpoint *at,
                 const struct relation *relation, bool unit, bool novelty)
{
    struct lesson lesson = {
        .subject = relation->subject, .day = at->day, .type = (uint8_t)relation->type};
    if (!unit && !novelty)
        return 0;
    struct exposure *here =
        ledger_enter(&own->exposures, hash_mix(subject_key(relation), at->host));
    if (!here)
        return -ENOMEM;
    here->head.last_day = at->day;
    here->units += unit;
    here->novel += novelty;
    lesson.kind = LESSON_UNIT;
    int error = unit ? lessons_add(lessons, lesson) : 0;
    lesson.kind = LESSON_NOVELTY;
    return error || !novelty ? error : lessons_add(lessons, lesson);
}

void host_memory_init(struct host_memory *own, size_t memory)
{
    ledger_init(&own->recalls, sizeof(struct recall),
                (uint32_t)(memory / 3 * 2 / (sizeof(struct recall) + 32)) + 1024);
    ledger_init(&own->exposures, sizeof(struct exposure),
                (uint32_t)(memory / 3 / (sizeof(struct exposure) + 32)) + 1024);
}

void host_memory_save(const struct host_memory *own, struct buffer *out)
{
    ledger_save(&own->recalls, out);
    ledger_save(&own->exposures, out);
}

int host_memory_load(struct host_memory *own, struct cursor *in)
{
    int error = ledger_load(&own->recalls, in);
    return error ? error : ledger_load(&own->exposures, in);
}

void host_memory_finish(struct host_memory *own)
{
    ledger_finish(&own->recalls);
    ledger_finish(&own->exposures);
}

void fleet_memory_init(struct fleet_memory *fleet, size_t memory)
{
    uint32_t relations = (uint32_t)(memory / 2 / (sizeof(struct fleet_relation) + 32));
    *fleet = (struct fleet_memory){0};
    ledger_init(&fleet->relations, sizeof(struct fleet_relation), relations + 1024);
    ledger_init(&fleet->exposures, sizeof(struct exposure),
                (uint32_t)(memory / 2 / (sizeof(struct exposure) + 32)) + 1024);
    ledger_init(&fleet->groups, sizeof(struct exposure), 4096);
    ledger_init(&fleet->days, sizeof(struct exposure), 4096);
}

static int take_relation(struct fleet_memory *fleet, uint64_t key, const struct lesson *lesson,
                         bool *ret_new)
{
    struct fleet_relation *known = ledger_enter(&fleet->relations, key);
    if (!known)
        return -ENOMEM;
    *ret_new = known->host_days == 0 && known->young_days == 0;
    known->head.last_day = lesson->day;
    if (lesson->kind == LESSON_NORMAL) {
        known->host_days++;
        known->hosts += lesson->news;
    } else if (known->young_days == 0 || known->young_day != lesson->day) {
        known->young_days++;
        known->young_day = lesson->day;
    }
    return 0;
}

static int take_exposure(struct ledger *ledger, uint64_t key, int32_t day, uint32_t units,
                         uint32_t novel)
{
    struct exposure *exposure = ledger_enter(ledger, key);
    if (!exposure)
        return -ENOMEM;
    exposure->head.last_day = day;
    exposure->units += units;
    exposure->novel += novel;
    return 0;
}

static int take_lesson(struct fleet_memory *fleet, const struct lesson *lesson)
{
    struct relation relation = {.type = (enum relation_type)lesson->type,
                                .subject = lesson->subject,
                                .object = lesson->object};
    bool is_new = false, near_new;
    int error = 0;
    switch ((enum lesson_kind)lesson->kind) {
    case LESSON_HOST:
        fleet->hosts++;
        return 0;
    case LESSON_GROUP:
        return take_exposure(&fleet->groups, lesson->group, lesson->day, 1, 0);
    case LESSON_DAY:
        return take_exposure(&fleet->days, (uint64_t)lesson->day, lesson->day, 1, 0);
    case LESSON_UNIT:
        fleet->types[lesson->type].units++;
        return take_exposure(&fleet->exposures, subject_key(&relation), lesson->day, 1, 0);
    case LESSON_NOVELTY:
        fleet->types[lesson->type].novel++;
        return take_exposure(&fleet->exposures, subject_key(&relation), lesson->day, 0, 1);
    default:
        error = take_relation(fleet, relation_key(&relation), lesson, &is_new);
        if (!error && lesson->group)
            error = take_relation(fleet, hash_mix(relation_key(&relation), lesson->group), lesson,
                                  &near_new);
        if (!error && is_new)
            error = take_exposure(&fleet->exposures, object_key(lesson->object, lesson->type),
                                  lesson->day, 0, 1);
        return error;
    }
}

int fleet_memory_take(struct fleet_memory *fleet, struct lessons *lessons)
{
    int error = 0;
    for (uint32_t i = 0; i < lessons->count && !error; i++)
        error = take_lesson(fleet, &lessons->items[i]);
    lessons->count = 0;
    return error;
}

void lessons_save(const struct lessons *lessons, struct buffer *out)
{
    buffer_put_u32(out, lessons->count);
    buffer_put(out, (struct bytes){(const char *)lessons->items,
                                   lessons->count * sizeof(*lessons->items)});
}

int lessons_load(struct lessons *lessons, struct cursor *in)
{
    uint32_t count = cursor_u32(in);
    int error = 0;
    for (uint32_t i = 0; i < count && !error; i++) {
        struct bytes raw = cursor_take(in, sizeof(struct lesson));
        struct lesson lesson;
        if (raw.len != sizeof(lesson))
            return -EBADMSG;
        memcpy(&lesson, raw.at, sizeof(lesson));
        if (lesson.type >= RELATION_TYPES)
            return -EBADMSG;
        error = lessons_add(lessons, lesson);
    }
    return error;
}

void fleet_memory_save(const struct fleet_memory *fleet, struct buffer *out)
{
    buffer_put_u32(out, fleet->hosts);
    buffer_put(out, (struct bytes){(const char *)fleet->types, sizeof(fleet->types)});
    ledger_save(&fleet->relations, out);
    ledger_save(&fleet->exposures, out);
    ledger_save(&fleet->groups, out);
    ledger_save(&fleet->days, out);
}

int fleet_memory_load(struct fleet_memory *fleet, struct cursor *in)
{
    fleet->hosts = cursor_u32(in);
    struct bytes types = cursor_take(in, sizeof(fleet->types));
    if (types.len != sizeof(fleet->types))
        return -EBADMSG;
    memcpy(fleet->types, types.at, types.len);
    int error = ledger_load(&fleet->relations, in);
    if (!error)
        error = ledger_load(&fleet->exposures, in);
    if (!error)
        error = ledger_load(&fleet->groups, in);
    return error ? error : ledger_load(&fleet->days, in);
}

void fleet_memory_finish(struct fleet_memory *fleet)
{
    ledger_finish(&fleet->relations);
    ledger_finish(&fleet->exposures);
    ledger_finish(&fleet->groups);
    ledger_finish(&fleet->days);
}
