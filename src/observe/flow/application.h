/*
 * observe/flow/application.h -- which application a flow belongs to, by nDPI.
 *
 * A file of its own because the system's headers that nDPI brings have another
 * `struct ip`.
 */
#ifndef OBSERVE_FLOW_APPLICATION_H
#define OBSERVE_FLOW_APPLICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct applications; /* what nDPI knows; for one thread */
struct looking;      /* at one flow */

/* NULL: no memory. */
struct applications *applications_create(void);
void applications_destroy(struct applications *applications);

/* NULL: no memory. */
struct looking *looking_begin(void);

/*
 * Look at a packet from its IP header on. True: nothing more will be found.
 * `name` (of `size` bytes) is what is known so far, untouched when nothing is.
 */
bool looking_packet(struct applications *applications, struct looking *looking, const uint8_t *at,
                    size_t len, int64_t time, char *name, size_t size);

void looking_end(struct looking *looking);

#endif
