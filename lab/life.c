#include "lab/life.h"

#include "base/time.h"

/* What runs from boot to halt, in the order it starts. */
static const struct {
    enum program_id program, parent;
    uint32_t user;
} base_programs[] = {
    {PROGRAM_SYSTEM, PROGRAM_NONE, USER_SYSTEM},
    {PROGRAM_SMSS, PROGRAM_SYSTEM, USER_SYSTEM},
    {PROGRAM_CSRSS, PROGRAM_SMSS, USER_SYSTEM},
    {PROGRAM_WININIT, PROGRAM_SMSS, USER_SYSTEM},
    {PROGRAM_WINLOGON, PROGRAM_SMSS, USER_SYSTEM},
    {PROGRAM_SERVICES, PROGRAM_WININIT, USER_SYSTEM},
    {PROGRAM_LSASS, PROGRAM_WININIT, USER_SYSTEM},
    {PROGRAM_SVC_DCOM, PROGRAM_SERVICES, USER_SYSTEM},
    {PROGRAM_SVC_RPC, PROGRAM_SERVICES, USER_NETWORK_SERVICE},
    {PROGRAM_SVC_EVENTLOG, PROGRAM_SERVICES, USER_LOCAL_SERVICE},
    {PROGRAM_SVC_DHCP, PROGRAM_SERVICES, USER_LOCAL_SERVICE},
    {PROGRAM_SVC_DNSCACHE, PROGRAM_SERVICES, USER_NETWORK_SERVICE},
    {PROGRAM_SVC_SCHEDULE, PROGRAM_SERVICES, USER_SYSTEM},
    {PROGRAM_SVC_PROFILE, PROGRAM_SERVICES, USER_SYSTEM},
    {PROGRAM_SVC_WINMGMT, PROGRAM_SERVICES, USER_SYSTEM},
    {PROGRAM_SVC_LANMAN, PROGRAM_SERVICES, USER_SYSTEM},
    {PROGRAM_SVC_TERM, PROGRAM_SERVICES, USER_NETWORK_SERVICE},
    {PROGRAM_SVC_APPINFO, PROGRAM_SERVICES, USER_SYSTEM},
    {PROGRAM_SPOOLER, PROGRAM_SERVICES, USER_SYSTEM},
    {PROGRAM_DEFENDER, PROGRAM_SERVICES, USER_SYSTEM},
    {PROGRAM_SENSOR, PROGRAM_SERVICES, USER_SYSTEM},
    {PROGRAM_WMIPRVSE, PROGRAM_SVC_DCOM, USER_SYSTEM},
    {PROGRAM_SVC_UPDATE, PROGRAM_SERVICES, USER_SYSTEM},
    {PROGRAM_SVC_BITS, PROGRAM_SERVICES, USER_SYSTEM},
    {PROGRAM_SEARCH_INDEXER, PROGRAM_SERVICES, USER_SYSTEM},
};

/* What a server runs besides, for its role. */
static const struct {
    enum role role;
    enum program_id program;
    uint32_t user;
} role_programs[] = {
    {ROLE_DC, PROGRAM_DNS_SERVER, USER_SYSTEM},
    {ROLE_DC, PROGRAM_DFSR, USER_SYSTEM},
    {ROLE_FILE, PROGRAM_DFSR, USER_SYSTEM},
    {ROLE_PROXY, PROGRAM_PROXY, USER_NETWORK_SERVICE},
    {ROLE_PROXY, PROGRAM_SSHD, USER_SYSTEM},
    {ROLE_GIT, PROGRAM_GIT_SERVER, USER_WEB},
    {ROLE_GIT, PROGRAM_SSHD, USER_SYSTEM},
    {ROLE_MAIL, PROGRAM_MAIL_STORE, USER_SYSTEM},
    {ROLE_MAIL, PROGRAM_MAIL_TRANSPORT, USER_NETWORK_SERVICE},
    {ROLE_MAIL, PROGRAM_W3WP, USER_WEB},
    {ROLE_BUILD, PROGRAM_BUILD_MASTER, USER_BUILD},
    {ROLE_BUILD, PROGRAM_SSHD, USER_SYSTEM},
    {ROLE_PLANT, PROGRAM_HISTORIAN, USER_SYSTEM},
    {ROLE_BACKUP, PROGRAM_BACKUP, USER_BACKUP},
    {ROLE_WEB, PROGRAM_W3WP, USER_WEB},
    {ROLE_WSUS, PROGRAM_WSUS, USER_NETWORK_SERVICE},
    {ROLE_WSUS, PROGRAM_W3WP, USER_WEB},
    {ROLE_DB, PROGRAM_SQLSERVR, USER_NETWORK_SERVICE},
};

/* What comes and goes by itself, per hour that the machine is up. */
struct errand {
    enum program_id program, parent;
    double hourly;
    bool in_session; /* only while somebody is logged on, and in his name */
    bool on_server;
};

static const struct errand errands[] = {
    {PROGRAM_TASKHOST, PROGRAM_SVC_SCHEDULE, 0.5, true, false},
    {PROGRAM_TASKHOST, PROGRAM_SVC_SCHEDULE, 0.3, false, true},
    {PROGRAM_BACKGROUND_TASK, PROGRAM_SVC_DCOM, 1.0, true, false},
    {PROGRAM_DLLHOST, PROGRAM_SVC_DCOM, 1.2, true, false},
    {PROGRAM_RUNTIME_BROKER, PROGRAM_SVC_DCOM, 0.7, true, false},
    {PROGRAM_SMARTSCREEN, PROGRAM_SVC_DCOM, 0.4, true, false},
    {PROGRAM_SEARCH_HOST, PROGRAM_SVC_DCOM, 0.25, true, false},
    {PROGRAM_AUDIODG, PROGRAM_SVC_RPC, 0.2, true, false},
    {PROGRAM_MPCMDRUN, PROGRAM_DEFENDER, 0.15, false, true},
    {PROGRAM_MPCMDRUN, PROGRAM_SVC_SCHEDULE, 0.1, false, true},
    {PROGRAM_COMPATTEL, PROGRAM_SVC_SCHEDULE, 0.05, false, true},
    {PROGRAM_DEFRAG, PROGRAM_SVC_SCHEDULE, 0.02, false, true},
    {PROGRAM_SDIAGNHOST, PROGRAM_SVC_DCOM, 0.02, false, false},
    {PROGRAM_USOCLIENT, PROGRAM_SVC_SCHEDULE, 0.12, false, true},
    {PROGRAM_MOUSO, PROGRAM_SVC_DCOM, 0.1, false, true},
    {PROGRAM_EDGE_UPDATE, PROGRAM_SVC_SCHEDULE, 0.2, false, false},
    {PROGRAM_CHROME_UPDATE, PROGRAM_SVC_SCHEDULE, 0.2, false, false},
    {PROGRAM_SEARCH_PROTOCOL, PROGRAM_SEARCH_INDEXER, 0.6, false, false},
    {PROGRAM_SEARCH_FILTER, PROGRAM_SEARCH_INDEXER, 0.5, false, false},
    {PROGRAM_OFFICE_C2R, PROGRAM_SVC_SCHEDULE, 0.1, false, false},
    {PROGRAM_OFFICE_TELEMETRY, PROGRAM_SVC_SCHEDULE, 0.15, true, false},
    {PROGRAM_ONEDRIVE_UPDATER, PROGRAM_SVC_SCHEDULE, 0.06, true, false},
    {PROGRAM_CLEANMGR, PROGRAM_SVC_SCHEDULE, 0.015, true, false},
    {PROGRAM_WERFAULT, PROGRAM_SVC_DCOM, 0.02, false, true},
    {PROGRAM_DISKCLEAN_TASK, PROGRAM_SVC_SCHEDULE, 0.05, false, true},
    {PROGRAM_INVENTORY_SCRIPT, PROGRAM_SVC_SCHEDULE, 0.06, false, true},
    {PROGRAM_GPUPDATE, PROGRAM_SVC_SCHEDULE, 0.01, false, true},
    {PROGRAM_WUAUCLT, PROGRAM_SVC_UPDATE, 0.015, false, true},
    {PROGRAM_MAKECAB, PROGRAM_SVC_SCHEDULE, 0.02, false, true},
    {PROGRAM_WBENGINE, PROGRAM_SERVICES, 0.01, false, true},
};
#define LENGTH(array) (sizeof(array) / sizeof *(array))

bool day_is_free(int64_t day_start)
{
    int32_t day = time_day(day_start);
    int32_t weekday = (day + 3) % 7; /* 1970-01-01 was a Thursday; 0: Monday */
    char text[TIME_TEXT_SIZE];
    struct bytes date = time_format_day(day_start, text);
    bool january = memcmp(date.at + 5, "01", 2) == 0;
    int of_month = (date.at[8] - '0') * 10 + (date.at[9] - '0');
    return weekday >= 5 || (january && weekday == 0 && of_month >= 8 && of_month <= 14);
}

static uint32_t base_start(struct world *world, struct host *host, enum program_id program,
                           enum program_id parent, uint32_t user, int64_t time)
{
    uint32_t slot = process_start(world, (struct start){.host = host,
                                                        .program = program,
                                                        .parent = host->now.running[parent],
                                                        .user = user,
                                                        .time = time});
    host->now.running[program] = slot;
    process_work(world, slot, time + 1000000, time + 20 * TIME_SECOND, 2);
    return slot;
}

void host_boot(struct world *world, struct host *host, int64_t time)
{
    host->before = host->now;
    host->now = (struct uptime){.boot = time, .halt = TIME_NONE};
    for (size_t i = 0; i < LENGTH(base_programs); i++) {
        time += random_between(&world->random, 40000000, 1500000000);
        base_start(world, host, base_programs[i].program, base_programs[i].parent,
                   base_programs[i].user, time);
    }
    for (size_t i = 0; i < LENGTH(role_programs); i++) {
        if (host->role == ROLE_PC || host_of(&world->enterprise, role_programs[i].role) != host ||
            host->now.running[role_programs[i].program])
            continue;
        time += random_between(&world->random, 100000000, 3000000000);
        base_start(world, host, role_programs[i].program, PROGRAM_SERVICES, role_programs[i].user,
                   time);
    }
    if (host->role != ROLE_PC)
        base_start(world, host, PROGRAM_BACKUP_AGENT, PROGRAM_SERVICES, USER_SYSTEM,
                   time + TIME_SECOND);
}

void host_halt(struct world *world, struct host *host, int64_t time)
{
    session_close(world, host, time - 6 * TIME_SECOND);
    host->now.halt = time;
    for (unsigned program = PROGRAM_COUNT; program-- > 1;)
        process_end(world, host->now.running[program], time);
}

static void resident_add(struct session *session, uint32_t slot)
{
    if (slot && session->resident_count < RESIDENTS_MAX)
        session->residents[session->resident_count++] = slot;
}

/* Applications that start with the session and stay, with their own children. */
static void residents_start(struct world *world, struct host *host, int64_t time)
{
    struct session *session = &host->session;
    for (uint32_t i = 0; i < application_count; i++) {
        const struct application *application = &applications[i];
        if (application->usage != USAGE_RESIDENT || !host->has[application->program])
            continue;
        time += random_between(&world->random, TIME_SECOND, 20 * TIME_SECOND);
        struct start start = {.host = host,
                              .program = application->program,
                              .parent = session->explorer,
                              .user = session->user,
                              .time = time};
        uint32_t slot = process_start(world, start);
        resident_add(session, slot);
        const struct child *child = catalog_program(application->program)->children;
        for (int64_t n = child->program == PROGRAM_WEBVIEW || child->program == PROGRAM_SLACK_HELPER
                             ? random_between(&world->random, child->low, child->high)
                             : 0;
             n > 0; n--) {
            start.program = child->program;
            start.parent = slot;
            start.time += random_between(&world->random, 100000000, 4 * TIME_SECOND);
            resident_add(session, process_start(world, start));
        }
    }
}

void session_open(struct world *world, struct host *host, uint32_t user, int64_t time)
{
    static const enum program_id shell[] = {PROGRAM_SIHOST, PROGRAM_CTFMON, PROGRAM_DWM};
    struct session *session = &host->session;
    uint32_t winlogon = host_running(host, PROGRAM_WINLOGON, time);
    *session = (struct session){.user = user,
                                .winlogon = winlogon,
                                .logon_id = random_next(&world->random) >> 36,
                                .start = time};
    if (!winlogon)
        return;
    struct start start = {
        .host = host, .program = PROGRAM_LOGONUI, .parent = winlogon, .user = user, .time = time};
    process_run(world, start, time + 60 * TIME_SECOND);
    if (random_chance(&world->random, 0.07)) /* mistyped */
        event_logon(world, host, time + 2 * TIME_SECOND, EVENT_LOGON_FAILED,
                    (struct logon){.user = user, .type = 2});
    event_logon(world, host, time + 9 * TIME_SECOND, EVENT_LOGON,
                (struct logon){.user = user, .type = 2, .id = session->logon_id});
    start.program = PROGRAM_USERINIT;
    start.time = time + 10 * TIME_SECOND;
    uint32_t userinit = process_run(world, start, start.time + 40 * TIME_SECOND);
    start = (struct start){.host = host,
                           .program = PROGRAM_EXPLORER,
                           .parent = userinit,
                           .user = user,
                           .time = start.time + TIME_SECOND};
    session->explorer = process_start(world, start);
    resident_add(session, session->explorer);
    for (size_t i = 0; i < LENGTH(shell); i++) {
        start.program = shell[i];
        start.parent = host->now.running[PROGRAM_SVC_SCHEDULE];
        start.time += 300000000;
        resident_add(session, process_start(world, start));
    }
    start.program = PROGRAM_LOGON_SCRIPT;
    start.parent = userinit;
    if (host->role == ROLE_PC)
        process_run(world, start, start.time + 20 * TIME_SECOND);
    residents_start(world, host, start.time);
}

void session_close(struct world *world, struct host *host, int64_t time)
{
    struct session *session = &host->session;
    if (!session->explorer)
        return;
    for (uint32_t i = session->resident_count; i-- > 0;)
        process_end(world, session->residents[i], time - (int64_t)i * 20000000);
    event_logon(world, host, time + TIME_SECOND, EVENT_LOGOFF,
                (struct logon){.user = session->user, .type = 2, .id = session->logon_id});
    session->explorer = 0;
    session->resident_count = 0;
}

int64_t shift_moment(struct world *world, const struct shift *shift)
{
    int64_t time = random_between(&world->random, shift->arrives, shift->leaves);
    if (time > shift->lunch_from && time < shift->lunch_to && random_chance(&world->random, 0.8))
        time = random_between(&world->random, shift->lunch_to, shift->leaves);
    return time;
}

/* How often something of a mean rate happens. */
static uint32_t times_of(struct random *random, double mean)
{
    uint32_t whole = (uint32_t)(mean * (0.4 + 1.2 * random_unit(random)));
    double rest = mean - (double)(uint32_t)mean;
    return mean < 1 ? random_chance(random, mean) : whole + random_chance(random, rest);
}

/* The services' own life between two times of one uptime. */
static void background(struct world *world, struct host *host, const struct uptime *uptime,
                       int64_t from, int64_t to)
{
    double hours = (double)(to - from) / (double)TIME_HOUR;
    double vigour = host->role == ROLE_PC ? 0.8 : 0.6;
    if (to <= from)
        return;
    for (unsigned program = 1; program < PROGRAM_COUNT; program++)
        if (uptime->running[program])
            process_work(world, uptime->running[program], from, to,
                         catalog_program((enum program_id)program)->work * hours * vigour);
    for (size_t i = 0; i < LENGTH(errands); i++) {
        const struct errand *errand = &errands[i];
        if ((host->role != ROLE_PC && !errand->on_server) || errand->in_session)
            continue;
        if (errand->program == PROGRAM_CHROME_UPDATE && !host->has[PROGRAM_CHROME])
            continue;
        uint32_t parent = uptime->running[errand->parent];
        for (uint32_t n = times_of(&world->random, errand->hourly * hours); n > 0 && parent; n--)
            process_run(world,
                        (struct start){.host = host,
                                       .program = errand->program,
                                       .parent = parent,
                                       .user = USER_SYSTEM,
                                       .time = random_between(&world->random, from, to)},
                        to);
    }
    /* The virus scanner looks into every process that matters, lsass among them. */
    for (uint32_t n = times_of(&world->random, hours * 0.2); n > 0; n--)
        event_access(world, uptime->running[PROGRAM_DEFENDER],
                     random_between(&world->random, from, to), uptime->running[PROGRAM_LSASS],
                     "0x1410");
    for (uint32_t n = times_of(&world->random, hours * 0.15); n > 0; n--)
        event_access(world, uptime->running[PROGRAM_WMIPRVSE],
                     random_between(&world->random, from, to), uptime->running[PROGRAM_LSASS],
                     "0x1400");
}

static void session_errands(struct world *world, struct host *host, int64_t from, int64_t to)
{
    double hours = (double)(to - from) / (double)TIME_HOUR;
    const struct session *session = &host->session;
    for (size_t i = 0; i < LENGTH(errands); i++) {
        uint32_t parent = host->now.running[errands[i].parent];
        if (!errands[i].in_session || !parent)
            continue;
        for (uint32_t n = times_of(&world->random, errands[i].hourly * hours); n > 0; n--)
            process_run(world,
                        (struct start){.host = host,
                                       .program = errands[i].program,
                                       .parent = parent,
                                       .user = session->user,
                                       .time = random_between(&world->random, from, to)},
                        to);
    }
    for (uint32_t i = 0; i < session->resident_count; i++) {
        enum program_id program = world->processes[session->residents[i]].program;
        process_work(world, session->residents[i], from, to,
                     catalog_program(program)->work * hours * 0.5);
        if (program == PROGRAM_OUTLOOK) /* attachments are opened */
            process_children(world, session->residents[i], from, to);
    }
}

static void applications_use(struct world *world, struct host *host, const struct shift *shift,
                             const struct seat *seat)
{
    double part = (double)(seat->to - seat->from) / (double)(shift->leaves - shift->arrives);
    for (uint32_t i = 0; i < application_count; i++) {
        const struct application *application = &applications[i];
        if (!host->has[application->program] || application->usage == USAGE_RESIDENT)
            continue;
        double mean = application->usage == USAGE_RARE ? application->daily / 100.0
                                                       : application->daily * host->diligence;
        for (uint32_t n = times_of(&world->random, mean * part); n > 0; n--) {
            struct start start = {.host = host,
                                  .program = application->program,
                                  .parent = seat->explorer,
                                  .user = host->session.user,
                                  .time = shift_moment(world, shift)};
            double spread = 0.3 + 1.2 * random_unit(&world->random);
            if (start.time < seat->from || start.time > seat->to - TIME_MINUTE)
                continue;
            process_run_for(world, start, (int64_t)(application->minutes * 60.0 * spread),
                            seat->to - 10 * TIME_SECOND);
        }
    }
}

static struct shift shift_plan(struct world *world, const struct host *host, enum demand demand)
{
    struct random *random = &world->random;
    double chance = day_is_free(world->day_start) ? 0.03 : 0.94;
    struct shift shift = {.works = random_chance(random, chance) || demand != DEMAND_NONE};
    int64_t late = (int64_t)(random_normal(random) * 12 * (double)TIME_MINUTE);
    int64_t longer = (int64_t)(random_normal(random) * 35 * (double)TIME_MINUTE);
    shift.arrives = world->day_start + host->arrives + late;
    shift.leaves = world->day_start + host->leaves + longer;
    if (random_chance(random, 0.04)) /* overtime */
        shift.leaves += random_between(random, TIME_HOUR, 3 * TIME_HOUR);
    if (demand != DEMAND_NONE && shift.leaves < world->day_start + 18 * TIME_HOUR)
        shift.leaves = world->day_start + 18 * TIME_HOUR;
    if (shift.leaves > world->day_start + TIME_DAY - 10 * TIME_MINUTE)
        shift.leaves = world->day_start + TIME_DAY - 10 * TIME_MINUTE;
    shift.lunch_from = world->day_start + host->lunch;
    shift.lunch_to = shift.lunch_from + 50 * TIME_MINUTE;
    return shift;
}

static uint32_t session_find(const struct world *world, const struct session *session,
                             enum program_id program)
{
    for (uint32_t i = 0; i < session->resident_count; i++)
        if (world->processes[session->residents[i]].program == program)
            return session->residents[i];
    return 0;
}

static void seat_take(struct world *world, struct host *host, struct shift *shift, int64_t from,
                      int64_t to)
{
    if (host->session.explorer) { /* it slept, or stayed on: unlock */
        event_logon(world, host, from, EVENT_LOGON,
                    (struct logon){.user = host->session.user,
                                   .type = 7,
                                   .id = random_next(&world->random) >> 36});
    } else {
        session_open(world, host, host->user, from);
    }
    struct seat *seat = &shift->seats[shift->seat_count++];
    *seat = (struct seat){.from = from + 3 * TIME_MINUTE,
                          .to = to,
                          .explorer = host->session.explorer,
                          .outlook = session_find(world, &host->session, PROGRAM_OUTLOOK)};
    session_errands(world, host, seat->from, seat->to);
    applications_use(world, host, shift, seat);
}

const struct seat *shift_seat(const struct shift *shift, int64_t time)
{
    for (uint32_t i = 0; i < shift->seat_count; i++)
        if (shift->seats[i].from <= time && time < shift->seats[i].to)
            return &shift->seats[i];
    return NULL;
}

/* Up from a cold start some minutes before `time`; from when its services work. */
static int64_t switch_on(struct world *world, struct host *host, int64_t time)
{
    int64_t boot = time - random_between(&world->random, 100 * TIME_SECOND, 260 * TIME_SECOND);
    host_boot(world, host, boot);
    return boot + TIME_MINUTE;
}

void pc_day(struct world *world, struct host *host, enum demand demand, struct shift *ret_shift)
{
    int64_t day_end = world->day_start + TIME_DAY;
    struct shift shift = shift_plan(world, host, demand);
    bool on = host->now.running[PROGRAM_SYSTEM] && host->now.halt == TIME_NONE;
    if (world->day < host->joined)
        shift.works = false;
    if (!shift.works) {
        if (on && host->night == NIGHT_ON)
            background(world, host, &host->now, world->day_start, day_end);
        *ret_shift = shift;
        return;
    }
    int64_t from = host->night == NIGHT_ON ? world->day_start : shift.arrives;
    if (!on)
        from = switch_on(world, host, shift.arrives);
    int64_t sat_down = shift.arrives;
    if (demand == DEMAND_RESTART || random_chance(&world->random, 0.04)) {
        seat_take(world, host, &shift, shift.arrives, shift.lunch_from);
        background(world, host, &host->now, from, shift.lunch_from);
        host_halt(world, host, shift.lunch_from + TIME_MINUTE);
        sat_down = shift.lunch_to;
        from = switch_on(world, host, sat_down);
    }
    seat_take(world, host, &shift, sat_down, shift.leaves);
    bool stays = host->night != NIGHT_SHUT_DOWN && random_chance(&world->random, 0.93);
    background(world, host, &host->now, from,
               stays && host->night == NIGHT_ON ? day_end : shift.leaves);
    if (!stays)
        host_halt(world, host, shift.leaves + TIME_MINUTE);
    *ret_shift = shift;
}

/* Builds: during the day when somebody pushes, and all projects at night. */
static void build_run(struct world *world, struct host *host, int64_t time)
{
    uint32_t master = host_running(host, PROGRAM_BUILD_MASTER, time);
    struct start start = {.host = host,
                          .program = PROGRAM_BUILD_AGENT,
                          .parent = master,
                          .user = USER_BUILD,
                          .time = time};
    if (master)
        process_run(world, start, world->day_start + TIME_DAY);
}

static void builds_run(struct world *world, struct host *host)
{
    bool working = !day_is_free(world->day_start);
    for (int64_t n = random_between(&world->random, working ? 8 : 0, working ? 30 : 2); n > 0; n--)
        build_run(world, host,
                  world->day_start + random_between(&world->random, 9 * TIME_HOUR, 20 * TIME_HOUR));
    for (int64_t n = 0; n < 6; n++)
        build_run(world, host,
                  world->day_start + TIME_HOUR + n * 8 * TIME_MINUTE +
                      random_between(&world->random, 0, TIME_SECOND));
}

/* At night the backup server visits every server's agent. */
static void backups_run(struct world *world, struct host *host)
{
    int64_t time =
        world->day_start + 22 * TIME_HOUR + random_between(&world->random, 0, 900 * TIME_SECOND);
    for (uint32_t i = 0; i < world->enterprise.server_count; i++) {
        struct host *server = &world->enterprise.hosts[i];
        uint32_t agent = server->now.running[PROGRAM_BACKUP_AGENT];
        time += random_between(&world->random, 2 * TIME_MINUTE, 9 * TIME_MINUTE);
        connect_host(world, host->now.running[PROGRAM_BACKUP], time, server, 9392);
        event_logon(world, server, time + TIME_SECOND, EVENT_LOGON,
                    (struct logon){.user = USER_BACKUP,
                                   .type = 3,
                                   .id = random_next(&world->random) >> 36,
                                   .from = host});
        process_run(world,
                    (struct start){.host = server,
                                   .program = PROGRAM_WBENGINE,
                                   .parent = server->now.running[PROGRAM_SERVICES],
                                   .user = USER_SYSTEM,
                                   .time = time + 2 * TIME_SECOND},
                    time + 40 * TIME_MINUTE);
        for (int64_t n = random_between(&world->random, 3, 12); n > 0; n--)
            event_file(world, agent, time + n * 7 * TIME_SECOND, EVENT_FILE_ACCESS,
                       "D:\\Data\\{word}\\{word}_{num}.dat");
        event_file(world, host->now.running[PROGRAM_BACKUP], time + 3 * TIME_MINUTE,
                   EVENT_FILE_CREATE, "E:\\Backup\\{date}\\{word}-{num}.mbk");
    }
}

static void plant_polls(struct world *world, struct host *host)
{
    for (int64_t n = 0; n < 48; n++) {
        int64_t time = world->day_start + n * 30 * TIME_MINUTE +
                       random_between(&world->random, 60 * TIME_SECOND, 90 * TIME_SECOND);
        uint32_t scheduler = host_running(host, PROGRAM_SVC_SCHEDULE, time);
        struct start start = {.host = host,
                              .program = PROGRAM_PLANT_POLL,
                              .parent = scheduler,
                              .user = USER_SYSTEM,
                              .time = time};
        if (scheduler)
            process_run(world, start, time + 5 * TIME_MINUTE);
    }
}

void server_restart(struct world *world, struct host *host)
{
    bool up = host->now.running[PROGRAM_SYSTEM] != 0;
    bool patch_night = world->day % 7 == 3 && (host->index + world->day) % 2 == 0;
    if (up && !patch_night)
        return;
    /* The record begins with the sensor's installation, which wants a restart. */
    int64_t boot = world->day_start + TIME_MINUTE / 4 + host->index * (3 * TIME_SECOND);
    if (up) {
        boot = world->day_start + 2 * TIME_HOUR + host->index * (4 * TIME_MINUTE);
        host_halt(world, host, boot - TIME_SECOND);
    }
    host_boot(world, host, boot);
}

void server_day(struct world *world, struct host *host)
{
    int64_t from = world->day_start;
    if (host->now.boot >= from) {
        if (host->before.running[PROGRAM_SYSTEM])
            background(world, host, &host->before, from, host->before.halt - TIME_MINUTE);
        from = host->now.boot + 2 * TIME_MINUTE;
    }
    background(world, host, &host->now, from, world->day_start + TIME_DAY);
}

void servers_work(struct world *world)
{
    struct host *plant = host_of(&world->enterprise, ROLE_PLANT);
    builds_run(world, host_of(&world->enterprise, ROLE_BUILD));
    backups_run(world, host_of(&world->enterprise, ROLE_BACKUP));
    if (plant->role == ROLE_PLANT)
        plant_polls(world, plant);
}
