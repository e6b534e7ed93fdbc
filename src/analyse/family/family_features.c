#include "analyse/family/family_features.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"

/* Features as they are found, each as often as it is. */
struct heap {
    struct family_feature *list;
    uint32_t count;
};

static void feature_add(struct heap *heap, enum family_feature_kind kind, uint64_t key, float value,
                        uint32_t at)
{
    heap->list[heap->count++] =
        (struct family_feature){hash_mix(kind, key), value, at, (uint8_t)kind};
}

static int feature_compare(const void *one, const void *other)
{
    const struct family_feature *a = one, *b = other;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->at > b->at) - (a->at < b->at);
}

static void heap_sort(struct heap *heap)
{
    if (heap->count)
        qsort(heap->list, heap->count, sizeof(*heap->list), feature_compare);
}

/* Equal ones become one, which is told by the first; counts become 1 + log2. */
static void heap_settle(struct heap *heap)
{
    uint32_t kept = 0;
    heap_sort(heap);
    for (uint32_t i = 0; i < heap->count;) {
        struct family_feature feature = heap->list[i++];
        for (; i < heap->count && heap->list[i].key == feature.key &&
               heap->list[i].kind == feature.kind;
             i++)
            feature.value += heap->list[i].value;
        feature.value = feature.kind == FAMILY_TOKEN ? 1 : 1 + log2f(feature.value);
        heap->list[kept++] = feature;
    }
    heap->count = kept;
}

static void calls_add(const struct behaviour *behaviour, struct heap *heap)
{
    uint64_t before = 0, last = 0;
    for (uint32_t i = 0; i < behaviour->call_count; i++) {
        uint64_t name = hash_bytes(behaviour->calls[i].name);
        feature_add(heap, FAMILY_CALL, name, (float)behaviour->calls[i].times, i);
        if (i >= 1)
            feature_add(heap, FAMILY_PAIR, hash_mix(last, name), 1, i - 1);
        if (i >= 2)
            feature_add(heap, FAMILY_TRIPLE, hash_mix(hash_mix(before, last), name), 1, i - 2);
        before = last;
        last = name;
    }
}

static int places_compare(const void *one, const void *other)
{
    uint32_t a = ((const struct family_feature *)one)->at;
    uint32_t b = ((const struct family_feature *)other)->at;
    return (a > b) - (a < b);
}

/* Of the settled calls, the order in which they came first. */
static void places_add(const struct behaviour *behaviour, struct heap *heap,
                       struct family_feature *room)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < heap->count; i++)
        if (heap->list[i].kind == FAMILY_CALL)
            room[count++] = heap->list[i];
    if (count)
        qsort(room, count, sizeof(*room), places_compare);
    for (uint32_t i = 0; i < count; i++)
        feature_add(heap, FAMILY_PLACE, hash_bytes(behaviour->calls[room[i].at].name),
                    (float)(i + 1) / (float)count, room[i].at);
}

/* The arena's copy, and where each kind starts. */
static int features_keep(const struct heap *heap, struct arena *arena,
                         struct family_features *ret_features)
{
    struct family_features features = {.count = heap->count};
    struct family_feature *kept = arena_take_array(arena, heap->count + 1, sizeof(*kept));
    if (!kept)
        return -ENOMEM;
    memcpy(kept, heap->list, heap->count * sizeof(*kept));
    for (uint32_t i = 0; i < heap->count; i++)
        features.starts[kept[i].kind + 1] = i + 1;
    for (int kind = 1; kind <= FAMILY_KINDS; kind++)
        if (features.starts[kind] < features.starts[kind - 1])
            features.starts[kind] = features.starts[kind - 1];
    features.list = kept;
    *ret_features = features;
    return 0;
}

int family_features_make(const struct behaviour *behaviour, struct arena *arena,
                         struct family_features *ret_features)
{
    /* a call, its place, a pair and a triple of each; then as much again to order calls in */
    size_t most = 4 * (size_t)behaviour->call_count + behaviour->token_count + 1;
    struct family_feature *list = malloc(2 * most * sizeof(*list));
    struct heap heap = {list, 0};
    if (!list)
        return -ENOMEM;
    calls_add(behaviour, &heap);
    for (uint32_t i = 0; i < behaviour->token_count; i++)
        feature_add(&heap, FAMILY_TOKEN, hash_bytes(behaviour->tokens[i]), 1, i);
    heap_settle(&heap);
    places_add(behaviour, &heap, list + most);
    heap_sort(&heap);
    int error = features_keep(&heap, arena, ret_features);
    if (!error)
        ret_features->likeness = behaviour->likeness;
    free(list);
    return error;
}

static struct bytes call_name(const struct behaviour *behaviour, uint32_t at)
{
    return at < behaviour->call_count ? behaviour->calls[at].name : (struct bytes){"", 0};
}

static void text_put(char text[FAMILY_FEATURE_TEXT], struct bytes part)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < part.len && len + 1 < FAMILY_FEATURE_TEXT; i++)
        text[len++] = part.at[i] >= ' ' && part.at[i] <= '~' ? part.at[i] : '?';
    text[len] = 0;
}

void family_feature_tell(const struct behaviour *behaviour, const struct family_feature *feature,
                         char ret_text[FAMILY_FEATURE_TEXT])
{
    ret_text[0] = 0;
    switch (feature->kind) {
    case FAMILY_TOKEN:
        if (feature->at < behaviour->token_count)
            text_put(ret_text, behaviour->tokens[feature->at]);
        return;
    case FAMILY_PLACE:
        text_put(ret_text, BYTES("when it first comes to "));
        text_put(ret_text, call_name(behaviour, feature->at));
        return;
    default:
        for (uint32_t i = 0; i <= (uint32_t)(feature->kind == FAMILY_PAIR) +
                                      2 * (uint32_t)(feature->kind == FAMILY_TRIPLE);
             i++) {
            text_put(ret_text, i ? BYTES(", then ") : BYTES(""));
            text_put(ret_text, call_name(behaviour, feature->at + i));
        }
    }
}
