/*
 * lab/world.h -- the running enterprise: processes, and the day's events.
 *
 * Whatever happens is said by calling a function of lab/rows.h or lab/process.h, in
 * any order of time within the day: the day is sorted when it is written. Events
 * beyond midnight wait for the next day. Routine and attack use the same
 * functions, so no row can give away which of the two it belongs to.
 *
 * Running out of memory sticks in `failed` and is looked at once a day.
 */
#ifndef LAB_WORLD_H
#define LAB_WORLD_H

#include "lab/text.h"

enum event_kind {
    EVENT_PROCESS_START,
    EVENT_PROCESS_END,
    EVENT_FILE_CREATE,
    EVENT_FILE_CHANGE,
    EVENT_FILE_DELETE,
    EVENT_FILE_ACCESS,
    EVENT_FILE_RENAME,
    EVENT_MODULE_LOAD,
    EVENT_REGISTRY_CHANGE,
    EVENT_CONNECT,
    EVENT_ACCEPT,
    EVENT_DNS,
    EVENT_LOGON,
    EVENT_LOGON_FAILED,
    EVENT_LOGOFF,
    EVENT_PROCESS_ACCESS,
    EVENT_SERVICE_INSTALL,
    EVENT_TASK_CREATE,
    EVENT_SCRIPT,
    EVENT_KINDS
};

enum { ENTITY_SIZE = 24 };

struct process {
    int64_t start, end;                     /* end: INT64_MAX while it is not known */
    char *text;                             /* JSON of the process, see process_describe; ours */
    uint32_t brief, length;                 /* bytes of `text` for every row, and for its start */
    uint32_t executable, executable_length; /* within `text` */
    uint32_t host, user, pid;
    enum program_id program;
    char entity[ENTITY_SIZE];
};

struct event {
    int64_t time;
    uint64_t text; /* offset of its own part in the day's text */
    uint32_t length, process, order;
    enum event_kind kind;
};

struct world {
    struct enterprise enterprise;
    uint64_t seed;
    struct process *processes; /* slot 0 is nobody */
    uint32_t process_count, process_capacity;
    uint32_t *free_slots, free_count, free_capacity;
    struct event *events;
    uint32_t event_count, event_capacity;
    struct buffer text, scratch;
    struct random random; /* of whatever is being simulated now */
    uint32_t day;         /* from 0 */
    int64_t day_start;
    double density;                  /* rows of routine noise per natural row */
    uint64_t noise;                  /* rows of the routine, this day */
    int failed;                      /* 0, -ENOMEM, -EFBIG (a day beyond 2^32 rows) */
    bool intruder;                   /* what starts now belongs to the attack */
    struct buffer intruder_entities; /* their entity ids, for the ground truth */
};

/* Where and by whom a process is started. `command` NULL: one of the program's own. */
struct start {
    struct host *host;
    enum program_id program;
    uint32_t parent, user;
    int64_t time;
    const char *command;
    const struct host *server;
};

int world_create(struct world *world, uint64_t seed, uint32_t pcs, uint32_t servers, uint32_t days)
    __attribute__((warn_unused_result));
void world_finish(struct world *world);

/* Forget what is before `now`: events written, and processes that ended. */
void world_forget(struct world *world, int64_t now);

/* A row whose own part is what stands in world->text from `text` on. */
void world_event(struct world *world, uint32_t slot, int64_t time, enum event_kind kind,
                 size_t text);

/* A process begins; its slot is good until the day after its end. 0 when out of memory. */
uint32_t process_start(struct world *world, struct start start);
void process_end(struct world *world, uint32_t slot, int64_t time);

/* What the templates of a process's rows are filled with. */
struct scene world_scene(struct world *world, uint32_t slot, int64_t time);

/* Who serves as `program` on the host at that time; 0 when it is down. */
uint32_t host_running(const struct host *host, enum program_id program, int64_t time);
static inline bool host_is_up(const struct host *host, int64_t time)
{
    return host_running(host, PROGRAM_SYSTEM, time) != 0;
}

#endif
