/*
 * store/observables.h -- what an observation names.
 *
 * One place says which columns are observables and how their values are made
 * comparable (paths and names in lower case, addresses in shortest form), so
 * that what is posted at ingest is what is asked for in a pivot.
 */
#ifndef STORE_OBSERVABLES_H
#define STORE_OBSERVABLES_H

#include "base/buffer.h"
#include "model/batch.h"
#include "model/finding.h"

enum { ROW_OBSERVABLES = 32, RESOLVED_ADDRESSES = 8 };

/* Which text columns name what. A user is named twice: "name" and "domain\name". */
struct observable_column {
    enum field field;
    enum observable_type type;
};
extern const struct observable_column observable_columns[];
extern const uint32_t observable_column_count;

/* Keys of the observables a row names, without repeats; returns how many. */
uint32_t row_observables(const struct batch *batch, uint32_t row, uint64_t keys[ROW_OBSERVABLES]);

/*
 * The key of an observable somebody asks for. 0: a value no row is posted
 * under (empty; unspecified and loopback addresses; no address at all).
 */
uint64_t observable_key(const struct observable *observable);

/* The same from parts that are already apart; 0 likewise. */
uint64_t observable_ip_key(const struct ip *ip);
uint64_t observable_user_key(struct bytes domain, struct bytes name);

/*
 * Entries that start a program by themselves (model/autostart.h) are found by
 * their name, as services are: the key of what `path` is an entry of, 0 for
 * none; and by the files a row says an entry names.
 */
enum { ENTRY_FILES = 4 };
uint64_t observable_entry_key(struct bytes path);
uint32_t entry_files(const struct batch *batch, uint32_t row, uint64_t keys[ENTRY_FILES]);

/* The key of the stretch of a source an event lies in: events are found by place, too. */
uint64_t place_key(struct event_id event);

/*
 * The addresses in a list of DNS answers as sensors write them ("1.2.3.4;::1",
 * "::ffff:1.2.3.4;", "type: 5 a.example;1.2.3.4"); the first RESOLVED_ADDRESSES count.
 */
uint32_t resolved_addresses(struct bytes answers, struct ip addresses[RESOLVED_ADDRESSES]);

#endif
