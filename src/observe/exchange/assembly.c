#include "observe/exchange/assembly.h"

#include <errno.h>
#include <stdlib.h>

struct held_segment {
    struct held_segment *next;
    uint32_t sequence, len, missing;
    int64_t time;
    uint64_t packet;
    char data[];
};

/* How far `a` is ahead of `b` on the circle of sequence numbers. */
static int32_t ahead(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

void assembly_start(struct assembly *assembly, uint32_t sequence)
{
    assembly->next = sequence;
    assembly->started = true;
}

static int gap_give(struct assembly *assembly, const struct segment *from, uint32_t len,
                    assembly_sink *sink, void *context, struct assembly_counts *counts)
{
    counts->gaps++;
    assembly->next += len;
    return sink(context, from, (struct bytes){NULL, len});
}

/* A segment that begins at or before the next byte: give out what of it is new. */
static int segment_give(struct assembly *assembly, const struct segment *segment,
                        assembly_sink *sink, void *context, struct assembly_counts *counts)
{
    int32_t old = ahead(assembly->next, segment->sequence);
    uint32_t len = (uint32_t)segment->data.len;
    if ((uint32_t)old >= len + segment->missing) {
        counts->repeated += len > 0;
        return 0;
    }
    int error = 0;
    if ((uint32_t)old < len) {
        struct bytes fresh = bytes_from(segment->data, (size_t)old);
        assembly->next += (uint32_t)fresh.len;
        error = sink(context, segment, fresh);
    }
    uint32_t end = segment->sequence + len + segment->missing;
    if (error == 0 && segment->missing && ahead(end, assembly->next) > 0)
        error = gap_give(assembly, segment, end - assembly->next, sink, context, counts);
    return error;
}

static struct segment held_view(const struct held_segment *held)
{
    return (struct segment){
        held->sequence, {held->data, held->len}, held->missing, held->time, held->packet};
}

static struct held_segment *held_pop(struct assembly *assembly)
{
    struct held_segment *held = assembly->held;
    assembly->held = held->next;
    if (!held->next)
        assembly->last = NULL;
    assembly->held_count--;
    assembly->held_bytes -= held->len;
    return held;
}

/* Give out held segments that now follow without a hole. */
static int held_drain(struct assembly *assembly, assembly_sink *sink, void *context,
                      struct assembly_counts *counts)
{
    int error = 0;
    while (error == 0 && assembly->held && ahead(assembly->held->sequence, assembly->next) <= 0) {
        struct held_segment *held = held_pop(assembly);
        struct segment view = held_view(held);
        error = segment_give(assembly, &view, sink, context, counts);
        free(held);
    }
    return error;
}

/* Whether the part two segments share says the same in both. */
static bool overlap_agrees(const struct held_segment *held, const struct segment *segment)
{
    int32_t shift = ahead(segment->sequence, held->sequence);
    size_t from_held = shift > 0 ? (size_t)shift : 0, from_new = shift < 0 ? (size_t)-shift : 0;
    if (from_held >= held->len || from_new >= segment->data.len)
        return true;
    size_t held_rest = held->len - from_held, new_rest = segment->data.len - from_new;
    return memcmp(held->data + from_held, segment->data.at + from_new,
                  held_rest < new_rest ? held_rest : new_rest) == 0;
}

static int held_insert(struct assembly *assembly, struct held_segment **place,
                       const struct segment *segment)
{
    struct held_segment *held = malloc(sizeof(*held) + segment->data.len);
    if (!held)
        return -ENOMEM;
    *held = (struct held_segment){
        .next = *place,
        .sequence = segment->sequence,
        .len = (uint32_t)segment->data.len,
        .missing = segment->missing,
        .time = segment->time,
        .packet = segment->packet,
    };
    if (held->len)
        memcpy(held->data, segment->data.at, held->len);
    *place = held;
    if (!held->next)
        assembly->last = held;
    assembly->held_count++;
    assembly->held_bytes += held->len;
    return 0;
}

/* Keep what of a segment ahead is not held yet: up to a piece before, between and behind others. */
static int segment_hold(struct assembly *assembly, struct segment segment,
                        struct assembly_counts *counts)
{
    struct held_segment **place = &assembly->held, *last = assembly->last;
    bool contradicted = false;
    if (last && ahead(segment.sequence, last->sequence + last->len) >= 0)
        place = &last->next; /* nearly always behind all others */
    counts->held++;
    for (; *place && segment.data.len + segment.missing > 0; place = &(*place)->next) {
        struct held_segment *other = *place;
        int32_t before = ahead(other->sequence, segment.sequence);
        int32_t other_end = ahead(other->sequence + other->len, segment.sequence);
        if (other_end <= 0)
            continue;
        if (before >= (int32_t)segment.data.len)
            break;
        contradicted = contradicted || !overlap_agrees(other, &segment);
        if (before > 0) {
            struct segment piece = segment;
            piece.data.len = (size_t)before;
            piece.missing = 0;
            int error = held_insert(assembly, place, &piece);
            if (error)
                return error;
            place = &(*place)->next;
        }
        size_t skip = (size_t)other_end < segment.data.len ? (size_t)other_end : segment.data.len;
        segment.data = bytes_from(segment.data, skip);
        segment.sequence += (uint32_t)skip;
    }
    counts->contradicted += contradicted;
    if (segment.data.len == 0)
        return 0;
    return held_insert(assembly, place, &segment);
}

/* Too much waits behind a hole: it will not be filled. */
static int hole_pass(struct assembly *assembly, assembly_sink *sink, void *context,
                     struct assembly_counts *counts)
{
    struct segment view = held_view(assembly->held);
    int error = gap_give(assembly, &view, view.sequence - assembly->next, sink, context, counts);
    return error ? error : held_drain(assembly, sink, context, counts);
}

/* A segment that is due: what is held already came first, so it goes out around that. */
static int rest_give(struct assembly *assembly, struct segment *rest, assembly_sink *sink,
                     void *context, struct assembly_counts *counts)
{
    for (;;) {
        struct segment piece = *rest;
        const struct held_segment *held = assembly->held;
        bool last = !held || ahead(held->sequence, rest->sequence) >= (int32_t)rest->data.len;
        if (!last) {
            counts->contradicted += !overlap_agrees(held, rest);
            piece.data.len = (size_t)ahead(held->sequence, rest->sequence);
            piece.missing = 0;
        }
        int error = segment_give(assembly, &piece, sink, context, counts);
        if (error == 0)
            error = held_drain(assembly, sink, context, counts);
        if (error || last)
            return error;
        rest->sequence += (uint32_t)piece.data.len;
        rest->data = bytes_from(rest->data, piece.data.len);
    }
}

int assembly_feed(struct assembly *assembly, const struct segment *segment, assembly_sink *sink,
                  void *context, struct assembly_counts *counts)
{
    if (!assembly->started)
        assembly_start(assembly, segment->sequence);
    int32_t distance = ahead(segment->sequence, assembly->next);
    if (distance > ASSEMBLY_WINDOW || distance < -ASSEMBLY_WINDOW) {
        counts->outside++;
        return 0;
    }
    int error = 0;
    struct segment rest = *segment;
    if (distance <= 0)
        error = rest_give(assembly, &rest, sink, context, counts);
    else
        error = segment_hold(assembly, rest, counts);
    while (error == 0 && assembly->held &&
           (assembly->held_bytes > ASSEMBLY_HELD || assembly->held_count > ASSEMBLY_SEGMENTS))
        error = hole_pass(assembly, sink, context, counts);
    return error;
}

int assembly_flush(struct assembly *assembly, assembly_sink *sink, void *context,
                   struct assembly_counts *counts)
{
    int error = 0;
    while (error == 0 && assembly->held)
        error = hole_pass(assembly, sink, context, counts);
    return error;
}

void assembly_finish(struct assembly *assembly)
{
    while (assembly->held)
        free(held_pop(assembly));
    *assembly = (struct assembly){0};
}
