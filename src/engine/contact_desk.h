/*
 * engine/contact_desk.h -- DAEDALUS at work: contacts seen, told and stored.
 *
 * Between the telescope's threads, which see packets of members, the notifier,
 * which tells organisations at once, and the store, which gets rows now and
 * then. Everything may be called from any thread but open and close.
 */
#ifndef ENGINE_CONTACT_DESK_H
#define ENGINE_CONTACT_DESK_H

#include "detect/darknet/contact.h"
#include "respond/notify.h"
#include "store/darknet.h"

struct contact_desk;

struct contact_desk_options {
    const struct darknet_configuration *configuration; /* both must stay */
    const struct darknet_prefixes *prefixes;
    bool notify; /* tell organisations; else contacts are stored only */
    /* The packets are of now: contacts an earlier run left open end by silence, too. */
    bool live;
};

struct contact_desk_counts {
    uint64_t opened, ended, evicted;
    uint64_t lost; /* rows and packets memory did not suffice for */
    struct notify_counts notices;
};

/* -ENOMEM; what notifier_open says. */
int contact_desk_open(const struct contact_desk_options *options, struct contact_desk **ret_desk)
    __attribute__((warn_unused_result));

/* A packet from a member's address; `desk` is a struct contact_desk (telescope_options.member). */
void contact_desk_see(void *desk, unsigned partition, const struct packets *packets, uint32_t row,
                      uint32_t organisation);

/* No packet of the partition before `clock` will come (telescope_options.clock). */
void contact_desk_clock(void *desk, unsigned partition, int64_t clock);

/*
 * Before any packet, when the packets are of now: what an earlier run left open
 * goes on, and is not told as new. What was told and has been silent too long
 * ends, and is told, as the clock goes on. -ENOMEM, -EIO.
 */
int contact_desk_restore(struct contact_desk *desk, struct darknet_store *store, int64_t now)
    __attribute__((warn_unused_result));

/* It is `clock` now, the packets': end what has been silent. */
void contact_desk_tick(struct contact_desk *desk, int64_t clock);

/*
 * Write what changed, and what was delivered, in a transaction of its own. Not
 * while another thread uses the store. -ENOMEM, -EIO: see darknet_store_error.
 */
int contact_desk_store(struct contact_desk *desk, struct darknet_store *store)
    __attribute__((warn_unused_result));

struct contact_desk_counts contact_desk_counts(struct contact_desk *desk);

/*
 * Let notices go out for at most `patience` ns, store what they came to (`store`
 * may be NULL) and free. NULL is fine.
 */
struct contact_desk_counts contact_desk_close(struct contact_desk *desk,
                                              struct darknet_store *store, int64_t patience);

#endif
