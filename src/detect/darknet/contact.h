/*
 * detect/darknet/contact.h -- an organisation's address that reached the darknet (DAEDALUS).
 *
 * Nobody has business with addresses nobody uses. When one of a registered
 * organisation's addresses sends a packet there, or to an unused address of the
 * organisation itself (internal), a contact opens at once, at the first packet,
 * and is told. It stays one contact however many packets follow, so a worm makes
 * one a host. After CONTACT_NEW it continues, and after a stated silence it has
 * ended; the next packet opens another.
 *
 * Kinds, and the rules that decide, the first that holds. Each packet may
 * raise the kind in this order, nothing lowers it:
 *
 *   scan              half of its probes bear the mark of a scanning tool
 *                     (marks.h); or probes went to CONTACT_SPREAD addresses, or
 *                     to CONTACT_PORTS ports; or, out of the organisation, a SYN
 *                     for a service that worms look for.
 *   backscatter       most packets are answers (SYN-ACK, RST, ICMP errors, …):
 *                     somebody attacks the host in the darknet's name.
 *   misconfiguration  anything else: probes to one or two addresses, as of a
 *                     machine whose server moved away.
 *
 * There is a part with a lock of its own for each partition of sources. Time is the packets' clock,
 * so nothing depends on batches or threads. A full part ends the contact that was silent longest,
 * and counts it.
 *
 * After Inoue et al., "DAEDALUS: Novel Application of Large-scale Darknet
 * Monitoring for Practical Protection of Live Networks" (RAID 2009).
 */
#ifndef DETECT_DARKNET_CONTACT_H
#define DETECT_DARKNET_CONTACT_H

#include "base/json.h"
#include "base/time.h"
#include "model/darknet_configuration.h"
#include "model/packet.h"

#define CONTACT_NEW (10 * TIME_MINUTE)

enum {
    CONTACT_SPREAD = 3,             /* different addresses */
    CONTACT_PORTS = 5,              /* different ports */
    CONTACT_LIMIT = 65536,          /* open at once, in all parts; about 50 MB */
    CONTACT_DESTINATION_BITS = 4096 /* destinations are exact for a few, within 5 % to 24,000 */
};

#define CONTACT_KINDS(X)                                                                           \
    X(misconfiguration)                                                                            \
    X(backscatter)                                                                                 \
    X(scan)

enum contact_kind {
#define X(name) CONTACT_##name,
    CONTACT_KINDS(X)
#undef X
        CONTACT_KIND_COUNT
};

enum contact_state { CONTACT_new, CONTACT_continuing, CONTACT_ended, CONTACT_STATE_COUNT };

/* Which rule decided the kind. */
enum contact_reason {
    CONTACT_BY_NOTHING, /* none of those below */
    CONTACT_BY_ANSWERS,
    CONTACT_BY_MARK,
    CONTACT_BY_SPREAD,
    CONTACT_BY_PORTS,
    CONTACT_BY_SERVICE
};

extern const char *const contact_kind_names[CONTACT_KIND_COUNT];
extern const char *const contact_state_names[CONTACT_STATE_COUNT];

struct contact {
    uint64_t id;           /* 53 bits, of the organisation, the source and `first` */
    uint32_t organisation; /* from 1 */
    struct ip source_ip;
    struct ip destination_ip; /* of the first packet, like the port and the protocol */
    uint16_t destination_port;
    uint8_t protocol;
    bool internal;
    enum contact_kind kind;
    enum contact_reason reason;
    enum contact_state state;
    int64_t first, last; /* ns since 1970 */
    uint64_t packets;
    uint64_t destinations; /* different ones */
};

/* Why a contact is told. */
enum contact_change { CONTACT_OPENED, CONTACT_RAISED, CONTACT_CONTINUES, CONTACT_ENDS };

struct contacts;

struct contacts_options {
    const struct darknet_configuration *configuration;
    const struct prefix_table *unused; /* see darknet_configuration.h; NULL: no internal contacts */
    uint32_t limit;                    /* open contacts in all; 0: CONTACT_LIMIT */
    /* At once, on the thread that saw; its part is locked. Keep nothing of `contact`. */
    void (*tell)(void *context, const struct contact *contact, enum contact_change change);
    void *context;
};

/* `options` is copied, what it points to must stay. -ENOMEM. */
int contacts_open(const struct contacts_options *options, struct contacts **ret_contacts)
    __attribute__((warn_unused_result));

/*
 * A packet that `organisation` (from 1) sent to an unused address. `part` is
 * packet_partition of its source. -ENOMEM: it was not counted.
 */
int contact_see(struct contacts *contacts, unsigned part, const struct packets *packets,
                uint32_t row, uint32_t organisation) __attribute__((warn_unused_result));

/* No packet of `part` with an earlier clock will come: end what has been silent. */
void contact_tick(struct contacts *contacts, unsigned part, int64_t clock);

/*
 * A contact that an earlier run left open goes on where it stopped; nobody is
 * told. Its kind can still be raised, but what it asked for before counts no more
 * towards that. Before any packet, in the order of `last`. -EEXIST: it is open; -ENOMEM.
 */
int contact_restore(struct contacts *contacts, const struct contact *contact)
    __attribute__((warn_unused_result));

/* Those that have changed since they were last visited; their part is locked meanwhile. */
void contact_visit(struct contacts *contacts,
                   void (*visit)(void *context, const struct contact *contact), void *context);

/* Contacts that ended early because a part was full. */
uint64_t contacts_evicted(struct contacts *contacts);

void contacts_close(struct contacts *contacts);

/* {"en": [sentences], "ja": [sentences]}: what was seen, why it is of its kind, what to do. */
void contact_explain(const struct contact *contact, const char *organisation, struct json *json);

/* All of it as one object, the explanation too: what a webhook gets. */
void contact_json(const struct contact *contact, const char *organisation, struct json *json);

/* The same for a mail: lines in English, then in Japanese. */
void contact_text(const struct contact *contact, const char *organisation, struct buffer *out);

#endif
