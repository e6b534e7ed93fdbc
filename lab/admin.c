/* What administrators do all day, and what looks so much like an intruder's doing. */
#include <stdio.h>

#include "base/time.h"
#include "lab/changes.h"

struct visit {
    struct world *world;
    struct host *from, *to;
    const struct seat *seat; /* the administrator's own */
    uint32_t account;
    int64_t time;
};

static uint32_t own_run(const struct visit *visit, enum program_id program, uint32_t parent,
                        const char *command, int64_t seconds)
{
    struct start start = {.host = visit->from,
                          .program = program,
                          .parent = parent,
                          .user = visit->from->user,
                          .time = visit->time,
                          .command = command,
                          .server = visit->to};
    return process_run_for(visit->world, start, seconds, visit->seat->to - TIME_SECOND);
}

static void logon_there(const struct visit *visit, unsigned type, int64_t time)
{
    event_logon(visit->world, visit->to, time, EVENT_LOGON,
                (struct logon){.user = visit->account,
                               .type = type,
                               .id = random_next(&visit->world->random) >> 36,
                               .from = visit->from});
}

static int64_t visit_end(const struct visit *visit, int64_t minutes)
{
    int64_t end = visit->time + minutes * TIME_MINUTE;
    return end < visit->seat->to ? end : visit->seat->to;
}

/* A session on a server by remote desktop, and some windows opened in it. */
static void visit_desktop(const struct visit *visit)
{
    static const enum program_id windows[] = {
        PROGRAM_MMC,     PROGRAM_EVENTVWR,   PROGRAM_TASKMGR, PROGRAM_CMD,
        PROGRAM_NOTEPAD, PROGRAM_POWERSHELL, PROGRAM_REGEDIT, PROGRAM_CERTUTIL,
        PROGRAM_SC,      PROGRAM_IPCONFIG,   PROGRAM_ODD_TOOL};
    struct world *world = visit->world;
    int64_t end = visit_end(visit, random_between(&world->random, 6, 45)), time = visit->time;
    uint32_t mstsc = own_run(visit, PROGRAM_MSTSC, visit->seat->explorer, NULL,
                             (end - visit->time) / TIME_SECOND);
    connect_host(world, mstsc, time + TIME_SECOND, visit->to, 3389);
    logon_there(visit, 10, time + 3 * TIME_SECOND);
    struct start start = {.host = visit->to,
                          .program = PROGRAM_USERINIT,
                          .parent = host_running(visit->to, PROGRAM_WINLOGON, time),
                          .user = visit->account,
                          .time = time + 4 * TIME_SECOND};
    if (!start.parent || end < time + 2 * TIME_MINUTE)
        return;
    start.parent = process_run(world, start, end);
    start.program = PROGRAM_EXPLORER;
    start.time += 2 * TIME_SECOND;
    uint32_t explorer = process_start(world, start);
    process_work(world, explorer, start.time, end, 5);
    process_end(world, explorer, end);
    start.parent = explorer;
    start.program = PROGRAM_RDPCLIP;
    process_run(world, start, end);
    for (int64_t n = random_between(&world->random, 1, 5); n > 0; n--) {
        start.program = windows[random_skewed(&world->random, sizeof windows / sizeof *windows)];
        start.time = random_between(&world->random, time + 20 * TIME_SECOND, end);
        process_run(world, start, end);
    }
}

/* A line of PowerShell on another machine. */
static void visit_remoting(const struct visit *visit)
{
    static const enum program_id there[] = {PROGRAM_NONE,     PROGRAM_IPCONFIG, PROGRAM_SC,
                                            PROGRAM_WHOAMI,   PROGRAM_GPUPDATE, PROGRAM_SCHTASKS,
                                            PROGRAM_WEVTUTIL, PROGRAM_TAR};
    struct world *world = visit->world;
    char script[200];
    snprintf(script, sizeof script, "Invoke-Command -ComputerName %s -ScriptBlock { %s }",
             visit->to->name,
             random_chance(&world->random, 0.5) ? "Get-Service | ? Status -eq Stopped"
                                                : "Get-EventLog System -Newest {small}");
    uint32_t shell = own_run(visit, PROGRAM_POWERSHELL, visit->seat->explorer, NULL, 600);
    event_script(world, shell, visit->time + 20 * TIME_SECOND, script);
    connect_host(world, shell, visit->time + 21 * TIME_SECOND, visit->to, 5985);
    logon_there(visit, 3, visit->time + 22 * TIME_SECOND);
    struct start start = {.host = visit->to,
                          .program = PROGRAM_WSMPROVHOST,
                          .parent = host_running(visit->to, PROGRAM_SVC_DCOM, visit->time),
                          .user = visit->account,
                          .time = visit->time + 23 * TIME_SECOND};
    if (!start.parent)
        return;
    int64_t end = start.time + 4 * TIME_MINUTE;
    uint32_t shell_there = process_start(world, start);
    process_work(world, shell_there, start.time, end, 4);
    start.program = there[random_skewed(&world->random, sizeof there / sizeof *there)];
    start.parent = shell_there;
    start.time += 3 * TIME_SECOND;
    if (start.program)
        process_run(world, start, end);
    process_end(world, shell_there, end);
}

/* PsExec: a file, a service, a shell; for machines where nothing else works. */
static void visit_psexec(const struct visit *visit)
{
    struct world *world = visit->world;
    int64_t time = visit->time;
    char command[120];
    snprintf(command, sizeof command, "PsExec64.exe \\\\%s -s cmd /c %s", visit->to->name,
             random_chance(&world->random, 0.6) ? "gpupdate /force" : "ipconfig /flushdns");
    own_run(visit, PROGRAM_PSEXEC, visit->seat->explorer, command, 40);
    connect_host(world, host_running(visit->from, PROGRAM_SYSTEM, time), time + TIME_SECOND,
                 visit->to, 445);
    logon_there(visit, 3, time + TIME_SECOND + 100000000);
    event_file(world, host_running(visit->to, PROGRAM_SYSTEM, time), time + 1200000000,
               EVENT_FILE_CREATE, "C:\\Windows\\PSEXESVC.exe");
    event_service(world, visit->to, time + 1500000000, "PSEXESVC", "%SystemRoot%\\PSEXESVC.exe");
    struct start start = {.host = visit->to,
                          .program = PROGRAM_PSEXESVC,
                          .parent = host_running(visit->to, PROGRAM_SERVICES, time),
                          .user = USER_SYSTEM,
                          .time = time + 2 * TIME_SECOND};
    if (!start.parent)
        return;
    uint32_t service = process_run_for(world, start, 30, time + 40 * TIME_SECOND);
    start.program = random_chance(&world->random, 0.6) ? PROGRAM_GPUPDATE : PROGRAM_IPCONFIG;
    start.parent = service;
    start.time += TIME_SECOND;
    process_run(world, start, time + 30 * TIME_SECOND);
}

/* Help for a user: his machine asked by WMI, perhaps a script run there. */
static void visit_support(const struct visit *visit)
{
    struct world *world = visit->world;
    char command[120];
    snprintf(command, sizeof command, "wmic /node:%s os get lastbootuptime,caption",
             visit->to->name);
    uint32_t wmic = own_run(visit, PROGRAM_WMIC, visit->seat->explorer, command, 8);
    connect_host(world, wmic, visit->time + 200000000, visit->to, 135);
    logon_there(visit, 3, visit->time + 300000000);
    struct start start = {.host = visit->to,
                          .program = PROGRAM_CMD,
                          .parent = host_running(visit->to, PROGRAM_WMIPRVSE, visit->time),
                          .user = visit->account,
                          .time = visit->time + 40 * TIME_SECOND,
                          .command = "cmd.exe /c C:\\Windows\\IT\\repair.bat"};
    if (start.parent && random_chance(&world->random, 0.4))
        process_run_for(world, start, 20, visit->time + 5 * TIME_MINUTE);
}

/* Questions an intruder would ask too. */
static void ask_around(const struct visit *visit)
{
    static const struct {
        enum program_id program;
        const char *command;
    } questions[] = {{PROGRAM_PING, NULL},
                     {PROGRAM_NSLOOKUP, NULL},
                     {PROGRAM_NET, "net user {user} /domain"},
                     {PROGRAM_QUSER, NULL},
                     {PROGRAM_NET, "net group \"Domain Admins\" /domain"},
                     {PROGRAM_NLTEST, NULL},
                     {PROGRAM_SYSTEMINFO, "systeminfo /s {server}"},
                     {PROGRAM_ARP, NULL},
                     {PROGRAM_TASKLIST, "tasklist /s {server}"},
                     {PROGRAM_CERTUTIL, NULL},
                     {PROGRAM_WHOAMI, "whoami /groups"}};
    struct visit own = *visit;
    uint32_t shell = own_run(&own, PROGRAM_CMD, visit->seat->explorer, NULL, 900);
    for (int64_t n = random_between(&visit->world->random, 1, 4); n > 0; n--) {
        uint32_t which = random_skewed(&visit->world->random, sizeof questions / sizeof *questions);
        own.time += random_between(&visit->world->random, 8 * TIME_SECOND, 90 * TIME_SECOND);
        if (own.time < visit->time + 800 * TIME_SECOND && own.time < visit->seat->to)
            own_run(&own, questions[which].program, shell, questions[which].command, 3);
    }
}

static void server_task(const struct visit *visit)
{
    char command[160];
    snprintf(command, sizeof command,
             "schtasks /create /s %s /tn \\IT\\cleanup{small} /tr C:\\Windows\\IT\\cleanup.bat "
             "/sc weekly",
             visit->to->name);
    uint32_t tool = own_run(visit, PROGRAM_SCHTASKS, visit->seat->explorer, command, 2);
    connect_host(visit->world, tool, visit->time + 300000000, visit->to, 135);
    logon_there(visit, 3, visit->time + 400000000);
    event_task(visit->world, host_running(visit->to, PROGRAM_SVC_SCHEDULE, visit->time),
               visit->time + 700000000, "\\IT\\cleanup", "C:\\Windows\\IT\\cleanup.bat");
}

static struct host *server_pick(struct world *world)
{
    return &world->enterprise.hosts[random_below(&world->random, world->enterprise.server_count)];
}

static struct host *pc_pick(struct world *world, const struct shift *shifts, int64_t time)
{
    struct enterprise *enterprise = &world->enterprise;
    for (int tries = 0; tries < 20; tries++) {
        uint32_t pc =
            enterprise->server_count +
            random_below(&world->random, enterprise->host_count - enterprise->server_count);
        if (enterprise->hosts[pc].department != DEPARTMENT_IT && shift_seat(&shifts[pc], time))
            return &enterprise->hosts[pc];
    }
    return NULL;
}

static void job_do(struct visit *visit, const struct shift *shifts, struct truth *truth)
{
    struct world *world = visit->world;
    uint32_t dice = random_below(&world->random, 100);
    visit->to = server_pick(world);
    if (dice < 34) {
        visit_desktop(visit);
    } else if (dice < 58) {
        visit_remoting(visit);
    } else if (dice < 82) {
        ask_around(visit);
    } else if (dice < 86) {
        visit_psexec(visit);
        truth_oddity(truth, visit->to, visit->time, "an administrator uses PsExec on a server");
    } else if (dice < 88) {
        server_task(visit);
        truth_oddity(truth, visit->to, visit->time, "an administrator makes a scheduled task");
    } else {
        visit->to = pc_pick(world, shifts, visit->time);
        if (!visit->to)
            return;
        if (dice < 98) {
            visit_support(visit);
            truth_oddity(truth, visit->to, visit->time, "the help desk looks at a PC by WMI");
        } else {
            visit_psexec(visit);
            truth_oddity(truth, visit->to, visit->time, "the help desk uses PsExec on a PC");
        }
    }
}

void admin_day(struct world *world, const struct shift *shifts, struct truth *truth)
{
    for (uint32_t i = world->enterprise.server_count; i < world->enterprise.host_count; i++) {
        struct host *host = &world->enterprise.hosts[i];
        if (host->department != DEPARTMENT_IT || !shifts[i].works)
            continue;
        for (int64_t n = random_between(&world->random, 2, 9); n > 0; n--) {
            struct visit visit = {.world = world,
                                  .from = host,
                                  .account = i % 2 ? USER_ADMIN : USER_SECOND_ADMIN,
                                  .time = shift_moment(world, &shifts[i])};
            visit.seat = shift_seat(&shifts[i], visit.time);
            if (visit.seat)
                job_do(&visit, shifts, truth);
        }
    }
}
