/*
 * lab/rows.h -- the rows a process leaves behind: single ones, and its routine in bulk.
 */
#ifndef LAB_ROWS_H
#define LAB_ROWS_H

#include "lab/world.h"

/* The single rows. Texts are templates. */
void event_file(struct world *world, uint32_t slot, int64_t time, enum event_kind kind,
                const char *path);
void event_module(struct world *world, uint32_t slot, int64_t time, const char *path);
void event_registry(struct world *world, uint32_t slot, int64_t time, const char *key,
                    const char *data);
void event_access(struct world *world, uint32_t slot, int64_t time, uint32_t target,
                  const char *mask);
void event_script(struct world *world, uint32_t slot, int64_t time, const char *text);
void event_service(struct world *world, struct host *host, int64_t time, const char *name,
                   const char *image);
void event_task(struct world *world, uint32_t slot, int64_t time, const char *name,
                const char *command);
void event_dns(struct world *world, uint32_t slot, int64_t time, const char *name, const char *ip);

struct logon {
    uint32_t user;
    unsigned type; /* Windows' number */
    uint64_t id;
    const struct host *from; /* NULL: at the machine */
};
void event_logon(struct world *world, struct host *host, int64_t time, enum event_kind kind,
                 struct logon logon);

/* A connection between two machines of ours: both sides log it. */
void connect_host(struct world *world, uint32_t slot, int64_t time, struct host *to, uint16_t port);
/* Out through the proxy; `key` names the site as text_put_site does. */
void connect_site(struct world *world, uint32_t slot, int64_t time, uint64_t key);

/* About `rows` rows of the program's routine between two times, scaled by the density. */
void process_work(struct world *world, uint32_t slot, int64_t from, int64_t to, double rows);

#endif
