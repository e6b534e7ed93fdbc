#include "engine/contact_desk.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { DESK_ROWS = 1 << 17 }; /* ended contacts, and deliveries, that wait for the store */

struct contact_desk {
    struct contact_desk_options options;
    struct contacts *contacts;
    struct notifier *notifier;
    pthread_mutex_t lock; /* over what follows; taken after a part's */
    struct contact *ended;
    uint32_t ended_count, ended_room;
    uint64_t *delivered; /* ids */
    uint32_t delivered_count, delivered_room;
    struct contact_desk_counts counts;
    int64_t clock; /* of the last tick; TIME_NONE: none yet */
    bool organisations_stored;
};

static const char *name_of(const struct contact_desk *desk, const struct contact *contact)
{
    const struct organisation *organisation =
        organisation_of(desk->options.configuration, contact->organisation);
    return organisation ? organisation->name : "";
}

/* ---- telling --------------------------------------------------------------------------- */

/* Room for one more of `size` in an array that doubles; false: full, or no memory. */
static bool room_make(void **array, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return true;
    uint32_t more = *room ? *room * 2 : 64;
    void *grown = more <= DESK_ROWS ? realloc(*array, more * size) : NULL;
    if (!grown)
        return false;
    *array = grown;
    *room = more;
    return true;
}

static void ended_keep(struct contact_desk *desk, const struct contact *contact)
{
    if (room_make((void **)&desk->ended, desk->ended_count, &desk->ended_room, sizeof(*contact)))
        desk->ended[desk->ended_count++] = *contact;
    else
        desk->counts.lost++;
}

enum { CONTACT_PRIORITY = 3 };

static int notice_put(struct contact_desk *desk, const struct contact *contact)
{
    struct buffer text = {0}, object = {0};
    struct json json = {.out = &object};
    const char *name = name_of(desk, contact);
    contact_json(contact, name, &json);
    contact_text(contact, name, &text);
    const struct notice notice = {contact->id, contact->organisation, buffer_bytes(&object),
                                  buffer_bytes(&text), CONTACT_PRIORITY};
    int error = text.failed || object.failed ? -ENOMEM : notifier_put(desk->notifier, &notice);
    buffer_finish(&text);
    buffer_finish(&object);
    return error;
}

static void desk_tell(void *context, const struct contact *contact, enum contact_change change)
{
    struct contact_desk *desk = context;
    int error = desk->notifier ? notice_put(desk, contact) : 0;
    pthread_mutex_lock(&desk->lock);
    desk->counts.opened += change == CONTACT_OPENED;
    desk->counts.ended += change == CONTACT_ENDS;
    desk->counts.lost += error != 0;
    if (change == CONTACT_ENDS)
        ended_keep(desk, contact);
    pthread_mutex_unlock(&desk->lock);
}

static void desk_done(void *context, uint64_t id, uint32_t organisation,
                      enum notify_channel channel, const char *why)
{
    struct contact_desk *desk = context;
    (void)organisation;
    (void)channel;
    if (why)
        return;
    pthread_mutex_lock(&desk->lock);
    if (room_make((void **)&desk->delivered, desk->delivered_count, &desk->delivered_room,
                  sizeof(id)))
        desk->delivered[desk->delivered_count++] = id;
    else
        desk->counts.lost++;
    pthread_mutex_unlock(&desk->lock);
}

void contact_desk_see(void *context, unsigned partition, const struct packets *packets,
                      uint32_t row, uint32_t organisation)
{
    struct contact_desk *desk = context;
    if (contact_see(desk->contacts, partition, packets, row, organisation) == 0)
        return;
    pthread_mutex_lock(&desk->lock);
    desk->counts.lost++;
    pthread_mutex_unlock(&desk->lock);
}

void contact_desk_clock(void *context, unsigned partition, int64_t clock)
{
    struct contact_desk *desk = context;
    contact_tick(desk->contacts, partition, clock);
}

void contact_desk_tick(struct contact_desk *desk, int64_t clock)
{
    for (unsigned part = 0; part < PACKET_PARTITIONS; part++)
        contact_tick(desk->contacts, part, clock);
    pthread_mutex_lock(&desk->lock);
    desk->clock = clock;
    pthread_mutex_unlock(&desk->lock);
}

/* ---- storing --------------------------------------------------------------------------- */

static const char contact_sql[] =
    "INSERT INTO darknet_contacts (id, organisation, source_ip, kind, state, first, last, packets,"
    " destinations, destination_port, protocol, internal, notified, explanation_json,"
    " destination_ip, reason)"
    " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,0,?13,?14,?15) ON CONFLICT (id) DO UPDATE SET"
    " kind = ?4, state = ?5, first = ?6, last = ?7, packets = ?8, destinations = ?9,"
    " explanation_json = ?13, reason = ?15";
static const char delivered_sql[] = "UPDATE darknet_contacts SET notified = 1 WHERE id = ?1";
static const char orphans_sql[] =
    "UPDATE darknet_contacts SET state = 'ended' WHERE state <> 'ended' AND last <= ?1";
static const char organisation_sql[] =
    "INSERT OR REPLACE INTO darknet_organisations (name, prefixes_json, addresses)"
    " VALUES (?1, ?2, ?3)";

static void text_bind(struct sqlite3_stmt *statement, int number, struct bytes text)
{
    sqlite3_bind_text(statement, number, text.at, (int)text.len, SQLITE_TRANSIENT);
}

static int statement_end(struct sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return result == SQLITE_DONE ? 0 : -EIO;
}

static struct bytes protocol_text(uint8_t protocol, char text[16])
{
    switch (protocol) {
    case PROTOCOL_tcp:
        return BYTES("tcp");
    case PROTOCOL_udp:
        return BYTES("udp");
    case PROTOCOL_icmp:
    case PROTOCOL_icmp6:
        return BYTES("icmp");
    default:
        return (struct bytes){text, (size_t)snprintf(text, 16, "%u", protocol)};
    }
}

static int contact_row(struct contact_desk *desk, struct darknet_store *store,
                       const struct contact *contact)
{
    struct sqlite3_stmt *statement;
    struct buffer explanation = {0};
    struct json json = {.out = &explanation};
    char source[IP_TEXT_SIZE], destination[IP_TEXT_SIZE], protocol[16];
    int error = darknet_store_statement(store, contact_sql, &statement);
    if (error)
        return error;
    contact_explain(contact, name_of(desk, contact), &json);
    sqlite3_bind_int64(statement, 1, (int64_t)contact->id);
    text_bind(statement, 2, bytes_of(name_of(desk, contact)));
    text_bind(statement, 3, ip_format(&contact->source_ip, source));
    text_bind(statement, 4, bytes_of(contact_kind_names[contact->kind]));
    text_bind(statement, 5, bytes_of(contact_state_names[contact->state]));
    sqlite3_bind_int64(statement, 6, contact->first);
    sqlite3_bind_int64(statement, 7, contact->last);
    sqlite3_bind_int64(statement, 8, (int64_t)contact->packets);
    sqlite3_bind_int64(statement, 9, (int64_t)contact->destinations);
    sqlite3_bind_int64(statement, 10, contact->destination_port);
    text_bind(statement, 11, protocol_text(contact->protocol, protocol));
    sqlite3_bind_int64(statement, 12, contact->internal);
    text_bind(statement, 13, buffer_bytes(&explanation));
    text_bind(statement, 14, ip_format(&contact->destination_ip, destination));
    sqlite3_bind_int(statement, 15, (int)contact->reason);
    error = explanation.failed ? -ENOMEM : statement_end(statement);
    buffer_finish(&explanation);
    return error;
}

struct storing {
    struct contact_desk *desk;
    struct darknet_store *store;
    int error;
};

static void contact_store(void *context, const struct contact *contact)
{
    struct storing *storing = context;
    if (!storing->error)
        storing->error = contact_row(storing->desk, storing->store, contact);
}

static int organisation_store(struct darknet_store *store, const struct organisation *organisation)
{
    struct sqlite3_stmt *statement;
    struct buffer prefixes = {0};
    struct json json = {.out = &prefixes};
    char text[PREFIX_TEXT_SIZE];
    uint64_t addresses = 0;
    int error = darknet_store_statement(store, organisation_sql, &statement);
    if (error)
        return error;
    json_array(&json);
    for (uint32_t i = 0; i < organisation->prefixes.count; i++) {
        const struct prefix *prefix = &organisation->prefixes.at[i];
        json_text(&json, prefix_format(prefix, text));
        if (__builtin_add_overflow(addresses, prefix_addresses(prefix), &addresses))
            addresses = UINT64_MAX;
    }
    json_end_array(&json);
    text_bind(statement, 1, bytes_of(organisation->name));
    text_bind(statement, 2, buffer_bytes(&prefixes));
    sqlite3_bind_int64(statement, 3, addresses > INT64_MAX ? INT64_MAX : (int64_t)addresses);
    error = prefixes.failed ? -ENOMEM : statement_end(statement);
    buffer_finish(&prefixes);
    return error;
}

static int organisations_store(struct contact_desk *desk, struct darknet_store *store)
{
    const struct darknet_configuration *configuration = desk->options.configuration;
    int error = 0;
    for (uint32_t i = 0; i < configuration->organisation_count && !error; i++)
        error = organisation_store(store, &configuration->organisations[i]);
    return error;
}

/* What waited for the store is taken first: telling takes the locks the other way round. */
static int waiting_store(struct contact_desk *desk, struct storing *storing)
{
    struct sqlite3_stmt *statement;
    pthread_mutex_lock(&desk->lock);
    struct contact *ended = desk->ended;
    uint64_t *delivered = desk->delivered;
    uint32_t ended_count = desk->ended_count, delivered_count = desk->delivered_count;
    desk->ended = NULL;
    desk->delivered = NULL;
    desk->ended_count = desk->ended_room = desk->delivered_count = desk->delivered_room = 0;
    pthread_mutex_unlock(&desk->lock);
    for (uint32_t i = 0; i < ended_count; i++)
        contact_store(storing, &ended[i]);
    contact_visit(desk->contacts, contact_store, storing);
    int error = storing->error;
    if (!error)
        error = darknet_store_statement(storing->store, delivered_sql, &statement);
    for (uint32_t i = 0; i < delivered_count && !error; i++) {
        sqlite3_bind_int64(statement, 1, (int64_t)delivered[i]);
        error = statement_end(statement);
    }
    free(ended);
    free(delivered);
    return error;
}

/* Those an earlier run knew: nobody else is left to end them. */
static int orphans_end(struct contact_desk *desk, struct darknet_store *store)
{
    struct sqlite3_stmt *statement;
    int64_t silence = desk->options.configuration->contact_silence, before;
    pthread_mutex_lock(&desk->lock);
    int64_t clock = desk->clock;
    pthread_mutex_unlock(&desk->lock);
    if (!desk->options.live || clock == TIME_NONE ||
        __builtin_sub_overflow(clock, silence, &before))
        return 0;
    int error = darknet_store_statement(store, orphans_sql, &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, before);
    return statement_end(statement);
}

int contact_desk_store(struct contact_desk *desk, struct darknet_store *store)
{
    struct storing storing = {desk, store, 0};
    int error = darknet_store_begin(store);
    if (error)
        return error;
    if (!desk->organisations_stored)
        error = organisations_store(desk, store);
    if (!error)
        error = waiting_store(desk, &storing);
    if (!error)
        error = orphans_end(desk, store);
    int committed = darknet_store_commit(store);
    desk->organisations_stored = !error && !committed;
    return error ? error : committed;
}

/* ---- what an earlier run left ------------------------------------------------------------ */

/* Those that were told, and those that may still be going on: the others end untold. */
static const char open_sql[] =
    "SELECT id, organisation, source_ip, kind, state, first, last, packets, destinations,"
    " destination_port, protocol, internal, destination_ip, reason FROM darknet_contacts"
    " WHERE state <> 'ended' AND (notified OR last > ?1) ORDER BY last, id";

static struct bytes column_text(struct sqlite3_stmt *row, int number)
{
    const char *text = (const char *)sqlite3_column_text(row, number);
    return (struct bytes){text ? text : "", (size_t)sqlite3_column_bytes(row, number)};
}

/* Its place among `count` names; `count`: it is none of them. */
static uint32_t name_find(const char *const *names, uint32_t count, struct bytes name)
{
    uint32_t at = 0;
    while (at < count && !bytes_equal(bytes_of(names[at]), name))
        at++;
    return at;
}

static uint32_t organisation_find(const struct contact_desk *desk, struct bytes name)
{
    const struct darknet_configuration *configuration = desk->options.configuration;
    for (uint32_t i = 0; i < configuration->organisation_count; i++)
        if (bytes_equal(bytes_of(configuration->organisations[i].name), name))
            return i + 1;
    return 0;
}

static uint8_t protocol_number(struct bytes name, bool v4)
{
    if (bytes_equal(name, BYTES("tcp")))
        return PROTOCOL_tcp;
    if (bytes_equal(name, BYTES("udp")))
        return PROTOCOL_udp;
    if (bytes_equal(name, BYTES("icmp")))
        return v4 ? PROTOCOL_icmp : PROTOCOL_icmp6;
    return (uint8_t)strtoul(name.at, NULL, 10);
}

/* False: it cannot go on, because its organisation is no longer known or the row is not ours. */
static bool contact_read(const struct contact_desk *desk, struct sqlite3_stmt *row,
                         struct contact *ret_contact)
{
    struct contact contact = {
        .id = (uint64_t)sqlite3_column_int64(row, 0),
        .organisation = organisation_find(desk, column_text(row, 1)),
        .kind = name_find(contact_kind_names, CONTACT_KIND_COUNT, column_text(row, 3)),
        .state = name_find(contact_state_names, CONTACT_STATE_COUNT, column_text(row, 4)),
        .first = sqlite3_column_int64(row, 5),
        .last = sqlite3_column_int64(row, 6),
        .packets = (uint64_t)sqlite3_column_int64(row, 7),
        .destinations = (uint64_t)sqlite3_column_int64(row, 8),
        .destination_port = (uint16_t)sqlite3_column_int(row, 9),
        .internal = sqlite3_column_int(row, 11) != 0,
        .reason = (enum contact_reason)sqlite3_column_int(row, 13),
    };
    if (!contact.organisation || contact.kind == CONTACT_KIND_COUNT ||
        contact.state == CONTACT_STATE_COUNT || contact.reason > CONTACT_BY_SERVICE ||
        !ip_parse(column_text(row, 2), &contact.source_ip) ||
        !ip_parse(column_text(row, 12), &contact.destination_ip))
        return false;
    contact.protocol = protocol_number(column_text(row, 10), ip_is_v4(&contact.source_ip));
    *ret_contact = contact;
    return true;
}

int contact_desk_restore(struct contact_desk *desk, struct darknet_store *store, int64_t now)
{
    struct sqlite3_stmt *statement;
    struct contact contact;
    int result, error = darknet_store_statement(store, open_sql, &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, now - desk->options.configuration->contact_silence);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW && !error)
        if (contact_read(desk, statement, &contact))
            error = contact_restore(desk->contacts, &contact);
    sqlite3_reset(statement);
    if (error == 0 || error == -EEXIST)
        return result == SQLITE_DONE ? 0 : -EIO;
    return error;
}

/* ---- opening and closing ------------------------------------------------------------------ */

int contact_desk_open(const struct contact_desk_options *options, struct contact_desk **ret_desk)
{
    struct contact_desk *desk = calloc(1, sizeof(*desk));
    if (!desk)
        return -ENOMEM;
    const struct contacts_options contacts = {
        .configuration = options->configuration,
        .unused = &options->prefixes->unused,
        .tell = desk_tell,
        .context = desk,
    };
    const struct notifier_options notifier = {
        .configuration = options->configuration,
        .done = desk_done,
        .context = desk,
    };
    desk->options = *options;
    desk->clock = TIME_NONE;
    pthread_mutex_init(&desk->lock, NULL);
    int error = contacts_open(&contacts, &desk->contacts);
    if (!error && options->notify)
        error = notifier_open(&notifier, &desk->notifier);
    if (error) {
        (void)contact_desk_close(desk, NULL, 0);
        return error;
    }
    *ret_desk = desk;
    return 0;
}

struct contact_desk_counts contact_desk_counts(struct contact_desk *desk)
{
    pthread_mutex_lock(&desk->lock);
    struct contact_desk_counts counts = desk->counts;
    pthread_mutex_unlock(&desk->lock);
    if (desk->notifier)
        counts.notices = notifier_counts(desk->notifier);
    if (desk->contacts)
        counts.evicted = contacts_evicted(desk->contacts);
    return counts;
}

struct contact_desk_counts contact_desk_close(struct contact_desk *desk,
                                              struct darknet_store *store, int64_t patience)
{
    if (!desk)
        return (struct contact_desk_counts){0};
    struct contact_desk_counts counts = contact_desk_counts(desk);
    if (desk->notifier)
        counts.notices = notifier_close(desk->notifier, patience);
    desk->notifier = NULL;
    if (store && contact_desk_store(desk, store))
        counts.lost++;
    contacts_close(desk->contacts);
    pthread_mutex_destroy(&desk->lock);
    free(desk->ended);
    free(desk->delivered);
    free(desk);
    return counts;
}
