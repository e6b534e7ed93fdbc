#include "detect/darknet/contact.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/hash_table.h"
#include "detect/darknet/marks.h"

#define NOBODY UINT32_MAX

const char *const contact_kind_names[CONTACT_KIND_COUNT] = {
#define X(name) #name,
    CONTACT_KINDS(X)
#undef X
};

const char *const contact_state_names[CONTACT_STATE_COUNT] = {"new", "continuing", "ended"};

struct contact_entry {
    struct contact contact;
    uint64_t key;
    int64_t opened_clock, last_clock;
    uint32_t older, newer; /* by last_clock; `newer` also strings the free ones together */
    bool changed;
    uint64_t answers, probes, marked;
    uint32_t spread_count, port_count;
    uint64_t spread[CONTACT_SPREAD]; /* hashes of the first probed addresses */
    uint16_t ports[CONTACT_PORTS];
    uint32_t bits_set;
    uint64_t bits[CONTACT_DESTINATION_BITS / 64];
};

struct contact_part {
    pthread_mutex_t lock; /* taken for a member's packet alone: they are few */
    struct contact_entry *entries;
    uint32_t count, room, free;
    uint32_t oldest, newest;
    struct hash_table index;
    uint64_t evicted;
};

struct contacts {
    struct contacts_options options;
    uint32_t part_limit;
    struct contact_part parts[PACKET_PARTITIONS];
};

int contacts_open(const struct contacts_options *options, struct contacts **ret_contacts)
{
    struct contacts *contacts = calloc(1, sizeof(*contacts));
    if (!contacts)
        return -ENOMEM;
    uint32_t limit = options->limit ? options->limit : CONTACT_LIMIT;
    contacts->options = *options;
    contacts->part_limit = (limit + PACKET_PARTITIONS - 1) / PACKET_PARTITIONS;
    for (uint32_t i = 0; i < PACKET_PARTITIONS; i++) {
        struct contact_part *part = &contacts->parts[i];
        pthread_mutex_init(&part->lock, NULL);
        part->free = part->oldest = part->newest = NOBODY;
    }
    *ret_contacts = contacts;
    return 0;
}

void contacts_close(struct contacts *contacts)
{
    if (!contacts)
        return;
    for (uint32_t i = 0; i < PACKET_PARTITIONS; i++) {
        free(contacts->parts[i].entries);
        hash_table_finish(&contacts->parts[i].index);
        pthread_mutex_destroy(&contacts->parts[i].lock);
    }
    free(contacts);
}

uint64_t contacts_evicted(struct contacts *contacts)
{
    uint64_t evicted = 0;
    for (uint32_t i = 0; i < PACKET_PARTITIONS; i++) {
        pthread_mutex_lock(&contacts->parts[i].lock);
        evicted += contacts->parts[i].evicted;
        pthread_mutex_unlock(&contacts->parts[i].lock);
    }
    return evicted;
}

/* ---- a part's entries, in the order of their last packets ---------------------------- */

static void entry_unlink(struct contact_part *part, uint32_t number)
{
    const struct contact_entry *entry = &part->entries[number];
    if (entry->older == NOBODY)
        part->oldest = entry->newer;
    else
        part->entries[entry->older].newer = entry->newer;
    if (entry->newer == NOBODY)
        part->newest = entry->older;
    else
        part->entries[entry->newer].older = entry->older;
}

static void entry_link_newest(struct contact_part *part, uint32_t number)
{
    struct contact_entry *entry = &part->entries[number];
    entry->older = part->newest;
    entry->newer = NOBODY;
    if (part->newest == NOBODY)
        part->oldest = number;
    else
        part->entries[part->newest].newer = number;
    part->newest = number;
}

static void entry_tell(const struct contacts *contacts, struct contact_entry *entry,
                       enum contact_change change)
{
    contacts->options.tell(contacts->options.context, &entry->contact, change);
}

static void entry_end(struct contacts *contacts, struct contact_part *part, uint32_t number)
{
    struct contact_entry *entry = &part->entries[number];
    entry->contact.state = CONTACT_ended;
    entry_tell(contacts, entry, CONTACT_ENDS);
    entry_unlink(part, number);
    hash_table_remove(&part->index, entry->key);
    entry->newer = part->free;
    part->free = number;
}

static int part_grow(struct contacts *contacts, struct contact_part *part)
{
    uint32_t room = part->room ? part->room * 2 : 16;
    if (room > contacts->part_limit)
        room = contacts->part_limit;
    struct contact_entry *entries = realloc(part->entries, room * sizeof(*entries));
    if (!entries)
        return -ENOMEM;
    part->entries = entries;
    part->room = room;
    return 0;
}

/* An entry nobody uses; at the limit, that of the contact silent longest. */
static int entry_take(struct contacts *contacts, struct contact_part *part, uint32_t *ret_number)
{
    if (part->free == NOBODY && part->count == contacts->part_limit) {
        part->evicted++;
        entry_end(contacts, part, part->oldest);
    }
    if (part->free != NOBODY) {
        *ret_number = part->free;
        part->free = part->entries[part->free].newer;
        return 0;
    }
    int error = part->count == part->room ? part_grow(contacts, part) : 0;
    if (!error)
        *ret_number = part->count++;
    return error;
}

/* From an earlier clock to a later one, at most INT64_MAX: captures say any time. */
static int64_t elapsed(int64_t from, int64_t to)
{
    int64_t time;
    if (to <= from)
        return 0;
    return __builtin_sub_overflow(to, from, &time) ? INT64_MAX : time;
}

/* ---- one contact --------------------------------------------------------------------- */

/* Services whose vulnerabilities worms and botnets have gone from host to host by. */
static bool port_draws_worms(uint16_t port)
{
    switch (port) {
    case 22:    /* SSH passwords */
    case 23:    /* Telnet: Mirai and what came of it */
    case 135:   /* Windows RPC: Blaster */
    case 139:   /* NetBIOS sessions */
    case 445:   /* SMB: Conficker, WannaCry */
    case 1433:  /* SQL Server: passwords */
    case 2323:  /* Telnet */
    case 3389:  /* Remote Desktop */
    case 5555:  /* Android Debug Bridge */
    case 6379:  /* Redis */
    case 7547:  /* TR-069 */
    case 37215: /* Huawei routers */
    case 52869: /* Realtek's UPnP */
    case 60023: /* Telnet */
        return true;
    default:
        return false;
    }
}

/* UDP from one service's port to another's is how the services themselves talk: 123 to 123. */
static bool packet_answers(const struct packets *packets, uint32_t row)
{
    enum source_kind kind = kind_of(packets, row);
    if (kind == KIND_udp_from_service)
        return !port_answers_udp(packets->destination_port[row]);
    return kind == KIND_tcp_syn_ack || kind == KIND_tcp_rst || kind == KIND_tcp_ack ||
           kind == KIND_icmp_reply || kind == KIND_icmp_error;
}

static void probe_count(struct contact_entry *entry, const struct packets *packets, uint32_t row,
                        uint64_t destination)
{
    enum { TOOLS = MARK_mirai | MARK_zmap | MARK_masscan | MARK_nmap | MARK_stateless };
    uint32_t i = 0;
    entry->probes++;
    entry->marked += (marks_of(packets, row) & TOOLS) != 0;
    while (i < entry->spread_count && entry->spread[i] != destination)
        i++;
    if (i == entry->spread_count && i < CONTACT_SPREAD)
        entry->spread[entry->spread_count++] = destination;
    if (!(packets->has[row] & PACKET_PORTS))
        return;
    for (i = 0; i < entry->port_count && entry->ports[i] != packets->destination_port[row];)
        i++;
    if (i == entry->port_count && i < CONTACT_PORTS)
        entry->ports[entry->port_count++] = packets->destination_port[row];
}

/* Linear counting (Whang et al., 1990): exact as long as no two addresses share a bit. */
static void destination_count(struct contact_entry *entry, uint64_t hash)
{
    uint32_t bit = (uint32_t)(hash >> 52);
    uint64_t mask = UINT64_C(1) << (bit % 64);
    if (entry->bits[bit / 64] & mask)
        return;
    entry->bits[bit / 64] |= mask;
    entry->bits_set++;
    uint32_t empty = CONTACT_DESTINATION_BITS - entry->bits_set;
    double share = (empty ? empty : 0.5) / (double)CONTACT_DESTINATION_BITS;
    uint64_t destinations = (uint64_t)llround(-CONTACT_DESTINATION_BITS * log(share));
    if (destinations > entry->contact.destinations) /* of a restored one more may be known */
        entry->contact.destinations = destinations;
}

/* The rule that holds now, and the kind it makes. */
static enum contact_kind kind_decide(const struct contact_entry *entry,
                                     const struct packets *packets, uint32_t row,
                                     enum contact_reason *ret_reason)
{
    bool wormy = mark_is_syn(packets, row) && port_draws_worms(packets->destination_port[row]);
    if (entry->marked && entry->marked * 2 >= entry->probes)
        *ret_reason = CONTACT_BY_MARK;
    else if (entry->spread_count >= CONTACT_SPREAD)
        *ret_reason = CONTACT_BY_SPREAD;
    else if (entry->port_count >= CONTACT_PORTS)
        *ret_reason = CONTACT_BY_PORTS;
    else if (wormy && !entry->contact.internal)
        *ret_reason = CONTACT_BY_SERVICE;
    else
        *ret_reason =
            entry->answers * 2 > entry->contact.packets ? CONTACT_BY_ANSWERS : CONTACT_BY_NOTHING;
    return *ret_reason >= CONTACT_BY_MARK      ? CONTACT_scan
           : *ret_reason == CONTACT_BY_ANSWERS ? CONTACT_backscatter
                                               : CONTACT_misconfiguration;
}

/* Count the packet; true when it raises the kind. */
static bool entry_count(struct contact_entry *entry, const struct packets *packets, uint32_t row)
{
    struct contact *contact = &entry->contact;
    uint64_t destination = packet_source_hash(&packets->destination_ip[row]);
    enum contact_reason reason;
    contact->packets++;
    if (packets->time[row] > contact->last)
        contact->last = packets->time[row];
    if (packets->time[row] < contact->first)
        contact->first = packets->time[row];
    entry->last_clock = packets->clock[row];
    entry->changed = true;
    destination_count(entry, destination);
    if (packet_answers(packets, row))
        entry->answers++;
    else
        probe_count(entry, packets, row, destination);
    enum contact_kind kind = kind_decide(entry, packets, row, &reason);
    bool raised = kind > contact->kind;
    if (raised || contact->packets == 1) {
        contact->kind = kind;
        contact->reason = reason;
    }
    return raised;
}

static uint64_t contact_id(const struct contacts *contacts, const struct contact *contact)
{
    const struct organisation *organisation =
        organisation_of(contacts->options.configuration, contact->organisation);
    struct bytes source = {(const char *)contact->source_ip.octets, 16};
    uint64_t id =
        hash_mix(hash_bytes(bytes_of(organisation ? organisation->name : "")), hash_bytes(source));
    id = hash_mix(id, (uint64_t)contact->first);
    return hash_mix(id, contact->internal) >> 11;
}

static int entry_open(struct contacts *contacts, struct contact_part *part, uint64_t key,
                      const struct packets *packets, uint32_t row, const struct contact *as)
{
    uint32_t number;
    int error = entry_take(contacts, part, &number);
    if (error)
        return error;
    struct contact_entry *entry = &part->entries[number];
    error = hash_table_put(&part->index, key, number);
    if (error) {
        entry->newer = part->free;
        part->free = number;
        return error;
    }
    *entry = (struct contact_entry){.contact = *as, .key = key};
    entry->contact.id = contact_id(contacts, as);
    entry->opened_clock = packets->clock[row];
    (void)entry_count(entry, packets, row);
    entry_link_newest(part, number);
    entry_tell(contacts, entry, CONTACT_OPENED);
    return 0;
}

static void entry_continue(struct contacts *contacts, struct contact_part *part, uint32_t number,
                           const struct packets *packets, uint32_t row)
{
    struct contact_entry *entry = &part->entries[number];
    bool raised = entry_count(entry, packets, row);
    entry_unlink(part, number);
    entry_link_newest(part, number);
    bool continues = entry->contact.state == CONTACT_new &&
                     elapsed(entry->opened_clock, entry->last_clock) >= CONTACT_NEW;
    if (continues)
        entry->contact.state = CONTACT_continuing;
    if (raised)
        entry_tell(contacts, entry, CONTACT_RAISED);
    else if (continues)
        entry_tell(contacts, entry, CONTACT_CONTINUES);
}

static void part_tick(struct contacts *contacts, struct contact_part *part, int64_t clock)
{
    int64_t silence = contacts->options.configuration->contact_silence;
    while (part->oldest != NOBODY &&
           elapsed(part->entries[part->oldest].last_clock, clock) >= silence)
        entry_end(contacts, part, part->oldest);
}

static uint64_t contact_key(const struct contact *contact)
{
    return hash_mix(packet_source_hash(&contact->source_ip),
                    (uint64_t)contact->organisation << 1 | contact->internal);
}

/* ---- what is offered ----------------------------------------------------------------- */

int contact_see(struct contacts *contacts, unsigned number, const struct packets *packets,
                uint32_t row, uint32_t organisation)
{
    struct contact_part *part = &contacts->parts[number];
    const struct prefix_table *unused = contacts->options.unused;
    const struct contact contact = {
        .organisation = organisation,
        .source_ip = packets->source_ip[row],
        .destination_ip = packets->destination_ip[row],
        .destination_port = packets->destination_port[row],
        .protocol = packets->protocol[row],
        .internal =
            unused && prefix_table_find(unused, &packets->destination_ip[row]) == organisation,
        .first = packets->time[row],
        .last = packets->time[row],
    };
    uint64_t key = contact_key(&contact);
    int error = 0;
    pthread_mutex_lock(&part->lock);
    part_tick(contacts, part, packets->clock[row]);
    uint32_t entry = hash_table_get(&part->index, key);
    if (entry == HASH_TABLE_NONE)
        error = entry_open(contacts, part, key, packets, row, &contact);
    else
        entry_continue(contacts, part, entry, packets, row);
    pthread_mutex_unlock(&part->lock);
    return error;
}

void contact_tick(struct contacts *contacts, unsigned number, int64_t clock)
{
    struct contact_part *part = &contacts->parts[number];
    pthread_mutex_lock(&part->lock);
    part_tick(contacts, part, clock);
    pthread_mutex_unlock(&part->lock);
}

int contact_restore(struct contacts *contacts, const struct contact *contact)
{
    uint64_t key = contact_key(contact);
    struct contact_part *part =
        &contacts->parts[packet_partition(packet_source_hash(&contact->source_ip))];
    uint32_t number;
    if (hash_table_get(&part->index, key) != HASH_TABLE_NONE)
        return -EEXIST;
    int error = entry_take(contacts, part, &number);
    if (error)
        return error;
    part->entries[number] = (struct contact_entry){.contact = *contact,
                                                   .key = key,
                                                   .opened_clock = contact->first,
                                                   .last_clock = contact->last};
    error = hash_table_put(&part->index, key, number);
    if (error) {
        part->entries[number].newer = part->free;
        part->free = number;
        return error;
    }
    entry_link_newest(part, number);
    return 0;
}

void contact_visit(struct contacts *contacts,
                   void (*visit)(void *context, const struct contact *contact), void *context)
{
    for (uint32_t i = 0; i < PACKET_PARTITIONS; i++) {
        struct contact_part *part = &contacts->parts[i];
        pthread_mutex_lock(&part->lock);
        for (uint32_t at = part->oldest; at != NOBODY; at = part->entries[at].newer) {
            struct contact_entry *entry = &part->entries[at];
            if (entry->changed)
                visit(context, &entry->contact);
            entry->changed = false;
        }
        pthread_mutex_unlock(&part->lock);
    }
}
