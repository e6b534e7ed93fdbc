#include "observe/flow/meter.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "observe/flow/application.h"

/* The same for both ways: the lower end first. */
struct flow_key {
    struct ip low, high;
    uint16_t low_port, high_port;
    uint8_t protocol, pad[3];
};

struct metered {
    struct flow_key key;
    struct flow flow;
    struct looking *looking; /* NULL: known, given up, or never begun */
    uint8_t looked;
};

enum { SLOTS = 2 * METER_FLOWS };

struct meter {
    flow_take *take;
    void *context;
    struct meter_counts counts;
    struct applications *applications;
    uint32_t looking;
    uint32_t count;          /* of entries */
    uint32_t *slots;         /* entry + 1; 0: free */
    struct metered *entries; /* in the order they began */
};

int meter_create(flow_take *take, void *context, struct meter **ret_meter)
{
    struct meter *meter = calloc(1, sizeof(*meter));
    if (!meter)
        return -ENOMEM;
    meter->take = take;
    meter->context = context;
    meter->slots = calloc(SLOTS, sizeof(*meter->slots));
    meter->entries = calloc(METER_FLOWS, sizeof(*meter->entries));
    meter->applications = applications_create();
    if (!meter->slots || !meter->entries || !meter->applications) {
        meter_destroy(meter);
        return -ENOMEM;
    }
    *ret_meter = meter;
    return 0;
}

static void key_of(const struct packets *packets, uint32_t row, uint16_t source_port,
                   uint16_t destination_port, struct flow_key *key)
{
    const struct ip *source = &packets->source_ip[row],
                    *destination = &packets->destination_ip[row];
    int order = memcmp(source, destination, sizeof(*source));
    bool swap = order > 0 || (order == 0 && source_port > destination_port);
    *key = (struct flow_key){.low = swap ? *destination : *source,
                             .high = swap ? *source : *destination,
                             .low_port = swap ? destination_port : source_port,
                             .high_port = swap ? source_port : destination_port,
                             .protocol = packets->protocol[row]};
}

static uint32_t slot_of(const struct meter *meter, const struct flow_key *key)
{
    uint32_t slot = (uint32_t)(hash_bytes((struct bytes){(const char *)key, sizeof(*key)}) % SLOTS);
    while (meter->slots[slot] &&
           memcmp(&meter->entries[meter->slots[slot] - 1].key, key, sizeof(*key)) != 0)
        slot = (slot + 1) % SLOTS;
    return slot;
}

static void entry_look_end(struct meter *meter, struct metered *entry)
{
    if (!entry->looking)
        return;
    looking_end(entry->looking);
    entry->looking = NULL;
    meter->looking--;
}

/* Look at a packet's headers and payload, until the application is known or enough was seen. */
static void entry_look(struct meter *meter, struct metered *entry, const struct packets *packets,
                       uint32_t row)
{
    if (!entry->looking || packets->payload[row].len == 0)
        return;
    const uint8_t *at = (const uint8_t *)packets->payload[row].at - packets->header_length[row];
    bool known =
        looking_packet(meter->applications, entry->looking, at,
                       packets->header_length[row] + packets->payload[row].len, packets->time[row],
                       entry->flow.application, sizeof(entry->flow.application));
    if (known || ++entry->looked == METER_LOOK)
        entry_look_end(meter, entry);
}

static void entry_look_begin(struct meter *meter, struct metered *entry)
{
    if (meter->looking < METER_LOOKING)
        entry->looking = looking_begin();
    if (entry->looking)
        meter->looking++;
    else
        meter->counts.unlooked++;
}

static struct metered *entry_begin(struct meter *meter, uint32_t slot, const struct flow_key *key,
                                   const struct packets *packets, uint32_t row)
{
    struct metered *entry = &meter->entries[meter->count++];
    bool answer = packets->has[row] & PACKET_TCP &&
                  (packets->tcp_flags[row] & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
    meter->slots[slot] = meter->count;
    *entry = (struct metered){.key = *key};
    struct flow *flow = &entry->flow;
    flow->protocol = packets->protocol[row];
    flow->source_ip = answer ? packets->destination_ip[row] : packets->source_ip[row];
    flow->destination_ip = answer ? packets->source_ip[row] : packets->destination_ip[row];
    flow->source_port = answer ? packets->destination_port[row] : packets->source_port[row];
    flow->destination_port = answer ? packets->source_port[row] : packets->destination_port[row];
    if (packets->has[row] & PACKET_ICMP)
        flow->destination_port = (uint16_t)(packets->icmp_type[row] << 8 | packets->icmp_code[row]);
    entry_look_begin(meter, entry);
    return entry;
}

/* Echo requests and their answers are one flow; other ICMP is one of its type. */
static uint16_t icmp_port(const struct packets *packets, uint32_t row)
{
    uint8_t type = packets->icmp_type[row];
    bool echo = packets->protocol[row] == PROTOCOL_icmp ? type == 0 || type == 8
                                                        : type == 128 || type == 129;
    return echo ? UINT16_MAX : type;
}

/* Full: give all out and begin anew. */
static int table_empty(struct meter *meter)
{
    int result = meter_flush(meter);
    meter->counts.overflows++;
    for (uint32_t i = 0; i < meter->count; i++)
        entry_look_end(meter, &meter->entries[i]);
    meter->count = 0;
    memset(meter->slots, 0, SLOTS * sizeof(*meter->slots));
    return result;
}

static void entry_count(struct metered *entry, const struct packets *packets, uint32_t row)
{
    struct flow *flow = &entry->flow;
    bool icmp = packets->has[row] & PACKET_ICMP;
    bool back = memcmp(&flow->source_ip, &packets->source_ip[row], sizeof(struct ip)) != 0 ||
                (!icmp && flow->source_port != packets->source_port[row]);
    int64_t time = packets->time[row];
    bool first = flow->packets[0] + flow->packets[1] == 0;
    flow->start = first || time < flow->start ? time : flow->start;
    flow->end = first || time > flow->end ? time : flow->end;
    flow->packets[back]++;
    flow->bytes[back] += packets->length[row];
}

int meter_packet(struct meter *meter, const struct packets *packets, uint32_t row)
{
    struct flow_key key;
    bool icmp = packets->has[row] & PACKET_ICMP;
    uint16_t port = icmp ? icmp_port(packets, row) : 0;
    key_of(packets, row, icmp ? port : packets->source_port[row],
           icmp ? port : packets->destination_port[row], &key);
    uint32_t slot = slot_of(meter, &key);
    if (!meter->slots[slot] && meter->count == METER_FLOWS) {
        int result = table_empty(meter);
        if (result)
            return result;
        slot = slot_of(meter, &key);
    }
    struct metered *entry = meter->slots[slot] ? &meter->entries[meter->slots[slot] - 1]
                                               : entry_begin(meter, slot, &key, packets, row);
    entry_count(entry, packets, row);
    meter->counts.packets++;
    entry_look(meter, entry, packets, row);
    return 0;
}

/* Close the gaps that forgotten entries leave, and find each a slot again. */
static void entries_keep(struct meter *meter)
{
    uint32_t kept = 0;
    memset(meter->slots, 0, SLOTS * sizeof(*meter->slots));
    for (uint32_t i = 0; i < meter->count; i++) {
        struct metered *entry = &meter->entries[i];
        if (entry->flow.packets[0] + entry->flow.packets[1] == 0) {
            entry_look_end(meter, entry);
            continue;
        }
        if (kept != i)
            meter->entries[kept] = *entry;
        entry = &meter->entries[kept++];
        memset(entry->flow.packets, 0, sizeof(entry->flow.packets));
        memset(entry->flow.bytes, 0, sizeof(entry->flow.bytes));
    }
    meter->count = 0;
    for (uint32_t i = 0; i < kept; i++) {
        meter->slots[slot_of(meter, &meter->entries[i].key)] = i + 1;
        meter->count = i + 1;
    }
}

int meter_flush(struct meter *meter)
{
    int result = 0;
    for (uint32_t i = 0; i < meter->count && !result; i++) {
        struct flow *flow = &meter->entries[i].flow;
        if (flow->packets[0] + flow->packets[1] == 0)
            continue;
        flow->logged = flow->start;
        meter->counts.flows++;
        result = meter->take(meter->context, flow);
    }
    entries_keep(meter);
    return result;
}

const struct meter_counts *meter_counts(const struct meter *meter)
{
    return &meter->counts;
}

void meter_destroy(struct meter *meter)
{
    if (!meter)
        return;
    for (uint32_t i = 0; i < meter->count; i++)
        entry_look_end(meter, &meter->entries[i]);
    applications_destroy(meter->applications);
    free(meter->slots);
    free(meter->entries);
    free(meter);
}
