/*
 * lab/life.h -- a machine's day: booting, logging on, working, going home.
 */
#ifndef LAB_LIFE_H
#define LAB_LIFE_H

#include "lab/process.h"

/* One stay at the machine, from logging on (or unlocking) to leaving. */
struct seat {
    int64_t from, to;
    uint32_t explorer, outlook; /* process slots; 0: none */
};

/* A person's day on one PC, in absolute time; works == false: not there. */
struct shift {
    bool works;
    int64_t arrives, leaves, lunch_from, lunch_to;
    struct seat seats[2]; /* two when the machine was restarted at lunch */
    uint32_t seat_count;
};

/* What somebody's plan asks of a day: presence, and a restart at lunch. */
enum demand { DEMAND_NONE, DEMAND_WORK, DEMAND_RESTART };

/* Saturdays, Sundays and the second Monday of January. */
bool day_is_free(int64_t day_start);

void host_boot(struct world *world, struct host *host, int64_t time);
void host_halt(struct world *world, struct host *host, int64_t time);

/* A session at the machine (or, from another one, by remote desktop). */
void session_open(struct world *world, struct host *host, uint32_t user, int64_t time);
void session_close(struct world *world, struct host *host, int64_t time);

/* The whole day of a machine. `shift` is what its user did, for whoever builds on it. */
void server_day(struct world *world, struct host *host);

/* Before any machine's day: the night's restarts, so that who serves when is settled. */
void server_restart(struct world *world, struct host *host);

/* What servers do for each other, once all of them had their server_day. */
void servers_work(struct world *world);
void pc_day(struct world *world, struct host *host, enum demand demand, struct shift *ret_shift);

/* Who sits there at a time; NULL: nobody. */
const struct seat *shift_seat(const struct shift *shift, int64_t time);

/* A moment of the shift, seldom at lunch. */
int64_t shift_moment(struct world *world, const struct shift *shift);

#endif
