#include "observe/packet/tap.h"

#include "observe/packet/inside.h"

const struct packet_fault_info packet_faults[PACKET_FAULT_COUNT] = {
#define X(name, severity, text) {#name, text, SEVERITY_##severity},
    PACKET_FAULTS(X)
#undef X
};

int tap_read(struct tap *tap, struct packets *packets)
{
    packets_clear(packets);
    int result = tap->read(tap, packets);
    packets->newest = tap->clock;
    packets->reached = tap->number;
    return result;
}

const struct tap_counts *tap_counts(const struct tap *tap)
{
    return &tap->counts;
}

void tap_leave(struct tap *tap)
{
    if (tap->leave)
        tap->leave(tap);
}

uint32_t tap_partitions(unsigned taps, unsigned i)
{
    uint32_t partitions = 0;
    for (unsigned p = i; p < PACKET_PARTITIONS; p += taps)
        partitions |= 1u << p;
    return partitions;
}

static bool fault_is_earlier(const struct tap_fault *a, const struct tap_fault *b)
{
    return a->first_file != b->first_file ? a->first_file < b->first_file
                                          : a->first_offset < b->first_offset;
}

void tap_fault_add(struct tap *tap, enum packet_fault fault, uint64_t offset)
{
    struct tap_fault *entry = &tap->counts.faults[fault];
    if (entry->count++ == 0)
        *entry = (struct tap_fault){1, offset, tap->path, tap->file};
}

void tap_counts_add(struct tap_counts *into, const struct tap_counts *from)
{
    into->records += from->records;
    into->kept += from->kept;
    into->other += from->other;
    into->filtered += from->filtered;
    into->refused += from->refused;
    into->bytes += from->bytes;
    into->dropped += from->dropped;
    for (int i = 0; i < PACKET_FAULT_COUNT; i++) {
        const struct tap_fault *fault = &from->faults[i];
        struct tap_fault *entry = &into->faults[i];
        uint64_t count = entry->count + fault->count;
        if (fault->count && (entry->count == 0 || fault_is_earlier(fault, entry)))
            *entry = *fault;
        entry->count = count;
    }
}

bool tap_counts_have(const struct tap_counts *counts, enum packet_severity severity)
{
    for (int i = 0; i < PACKET_FAULT_COUNT; i++)
        if (counts->faults[i].count && packet_faults[i].severity == severity)
            return true;
    return false;
}

static void frame_refuse(struct tap *tap, enum packet_fault fault, uint64_t offset)
{
    tap_fault_add(tap, fault, offset);
    tap->counts.refused++;
}

/* True: the frame goes on. */
static bool frame_filter(struct tap *tap, const struct frame *frame, uint64_t offset)
{
    enum filter_result result = filter_frame(tap->filter, frame);
    if (result == FILTER_stop)
        tap->counts.filtered++;
    else if (result == FILTER_no_meaning)
        frame_refuse(tap, PACKET_FAULT_filter_link, offset);
    return result == FILTER_pass;
}

void tap_frame_find(struct tap *tap, const struct frame *frame, uint64_t offset,
                    struct tap_frames *frames)
{
    struct tap_frame *found = &frames->at[frames->count];
    if (frame->time > tap->clock)
        tap->clock = frame->time;
    found->frame = *frame;
    found->clock = tap->clock;
    found->number = ++tap->number;
    found->offset = offset;
    found->result = packet_locate(frame, &found->located);
    found->mine = found->result == LOCATE_ip ? tap->partitions >> found->located.partition & 1
                                             : tap_is_first(tap);
    frames->count += found->mine | tap->dealt;
}

static void frame_take(struct tap *tap, const struct tap_frame *found, struct packets *packets)
{
    const struct frame *frame = &found->frame;
    packets->clock[packets->count] = found->clock;
    packets->number[packets->count] = found->number;
    tap->counts.records++;
    tap->counts.bytes += frame->wire;
    if (tap->filter && !frame_filter(tap, frame, found->offset))
        return;
    if (found->result == LOCATE_ip && !found->mine) {
        frame_refuse(tap, PACKET_FAULT_misdealt, found->offset);
        return;
    }
    if (found->result == LOCATE_other) {
        tap->counts.other++;
        return;
    }
    enum packet_fault fault = found->result == LOCATE_ip
                                  ? packet_decode(frame, &found->located, packets)
                                  : found->located.fault;
    if (fault == PACKET_FAULT_none) {
        tap->counts.kept++;
    } else if (packet_faults[fault].severity == SEVERITY_refused) {
        frame_refuse(tap, fault, found->offset);
    } else {
        tap_fault_add(tap, fault, found->offset);
        tap->counts.kept++;
    }
}

void tap_frames_take(struct tap *tap, struct tap_frames *frames, struct packets *packets)
{
    for (uint32_t i = 0; i < frames->count; i++)
        frame_take(tap, &frames->at[i], packets);
    frames->count = 0;
}
