/*
 * lab/enterprise.h -- who works where, on which machine.
 *
 * Three subnets as in NEC's figure 3: shared servers 10.0.1.0/24, development
 * 10.0.2.0/24, office 10.0.3.0/24. Everything follows from the seed and the counts.
 */
#ifndef LAB_ENTERPRISE_H
#define LAB_ENTERPRISE_H

#include "lab/catalog.h"
#include "lab/random.h"

enum role {
    ROLE_PC,
    ROLE_DC,
    ROLE_FILE,
    ROLE_PROXY,
    ROLE_GIT,
    ROLE_MAIL,
    ROLE_BUILD,
    ROLE_PLANT,
    ROLE_BACKUP,
    ROLE_WEB,
    ROLE_WSUS,
    ROLE_PRINT,
    ROLE_DB,
    ROLE_COUNT
};

enum department {
    DEPARTMENT_SERVERS,
    DEPARTMENT_DEVELOPMENT,
    DEPARTMENT_IT,
    DEPARTMENT_SALES,
    DEPARTMENT_FINANCE,
    DEPARTMENT_PERSONNEL,
    DEPARTMENT_MARKETING,
    DEPARTMENT_PLANNING,
    DEPARTMENT_COUNT
};

enum subnet { SUBNET_SERVERS = 1, SUBNET_DEVELOPMENT = 2, SUBNET_OFFICE = 3 };

/* Limits: a /24 each, and at least what the attack's path needs. */
enum { PCS_MIN = 8, PCS_MAX = 400, SERVERS_MIN = 6, SERVERS_MAX = 12, RESIDENTS_MAX = 48 };

/* Accounts that are nobody's: ids of users below USER_PEOPLE. */
enum {
    USER_SYSTEM,
    USER_LOCAL_SERVICE,
    USER_NETWORK_SERVICE,
    USER_BACKUP,
    USER_BUILD,
    USER_WEB,
    USER_ADMIN,
    USER_SECOND_ADMIN,
    USER_PEOPLE
};

struct user {
    char name[24];
    const char *domain;
    char sid[56];
    enum department department;
};

/* One boot of a machine: which process serves as what. */
struct uptime {
    int64_t boot, halt;              /* halt: TIME_NONE while it runs */
    uint32_t running[PROGRAM_COUNT]; /* process slots; 0: not running */
};

struct session {
    uint32_t user, explorer, winlogon; /* explorer 0: nobody is logged on */
    uint64_t logon_id;
    int64_t start;
    uint32_t residents[RESIDENTS_MAX];
    uint32_t resident_count;
};

enum night { NIGHT_SHUT_DOWN, NIGHT_SLEEP, NIGHT_ON };

struct host {
    char name[16], ip[16];
    uint32_t index;
    enum role role;
    enum department department;
    enum subnet subnet;
    uint32_t user;   /* who sits there; USER_SYSTEM for a server */
    uint32_t joined; /* the day it is first switched on, from 0 */
    enum night night;
    int64_t arrives, leaves, lunch; /* habits, nanoseconds of the day */
    double diligence;               /* how much is done in an hour; mean 1 */
    uint8_t has[PROGRAM_COUNT];     /* installed applications */
    uint8_t release[PROGRAM_COUNT]; /* how many releases after the first */
    uint32_t updated;               /* bits of lab/changes.c's updates it has */
    char tool[24];                  /* the one odd tool this machine has */
    uint32_t next_pid, processes;
    struct uptime now, before; /* `before`: what ran until today's restart */
    struct session session;
};

struct enterprise {
    struct host *hosts; /* servers first */
    struct user *users;
    uint32_t host_count, server_count, user_count;
    uint32_t of_role[ROLE_COUNT]; /* host indexes; a small site gives one machine two roles */
};

int enterprise_create(struct enterprise *enterprise, uint64_t seed, uint32_t pcs, uint32_t servers,
                      uint32_t days) __attribute__((warn_unused_result));
void enterprise_finish(struct enterprise *enterprise);

const char *department_name(enum department department);
const char *role_name(enum role role);

/* Install what a PC of its department usually has (a department change calls it again). */
void host_equip(struct host *host, struct random *random);

static inline struct host *host_of(const struct enterprise *enterprise, enum role role)
{
    return &enterprise->hosts[enterprise->of_role[role]];
}

#endif
