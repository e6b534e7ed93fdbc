#include "lab/changes.h"

#include <assert.h>
#include <stdio.h>

#include "base/time.h"

/* Releases, and over how many days they reach the machines. */
static const struct {
    enum program_id program, updater;
    uint32_t day, spread;
    const char *file;
} updates[] = {
    {PROGRAM_CHROME, PROGRAM_CHROME_UPDATE, 2, 5,
     "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe"},
    {PROGRAM_EDGE, PROGRAM_EDGE_UPDATE, 3, 4,
     "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe"},
    {PROGRAM_WEBVIEW, PROGRAM_EDGE_UPDATE, 3, 5,
     "C:\\Program Files (x86)\\Microsoft\\EdgeWebView\\Application\\{num}\\msedgewebview2.exe"},
    {PROGRAM_DEFENDER, PROGRAM_SVC_UPDATE, 4, 3,
     "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.{num}-0\\MsMpEng.exe"},
    {PROGRAM_TEAMS, PROGRAM_SVC_BITS, 5, 6,
     "C:\\Program Files\\WindowsApps\\MSTeams_{num}_x64__8wekyb3d8bbwe\\ms-teams.exe"},
    {PROGRAM_SLACK, PROGRAM_SLACK, 6, 5,
     "C:\\Users\\{user}\\AppData\\Local\\slack\\app-4.46.{num}\\slack.exe"},
    {PROGRAM_CHROME_UPDATE, PROGRAM_CHROME_UPDATE, 7, 6,
     "C:\\Program Files (x86)\\Google\\GoogleUpdater\\{num}\\updater.exe"},
    {PROGRAM_ONEDRIVE, PROGRAM_ONEDRIVE_UPDATER, 8, 5,
     "C:\\Users\\{user}\\AppData\\Local\\Microsoft\\OneDrive\\{num}\\FileSyncClient.dll"},
    {PROGRAM_TIWORKER, PROGRAM_SVC_UPDATE, 8, 3, "C:\\Windows\\Temp\\{hex}.cab"},
    {PROGRAM_CHROME, PROGRAM_CHROME_UPDATE, 9, 4,
     "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe"},
    {PROGRAM_EDGE, PROGRAM_EDGE_UPDATE, 10, 4,
     "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe"},
    {PROGRAM_WEBVIEW, PROGRAM_EDGE_UPDATE, 10, 4,
     "C:\\Program Files (x86)\\Microsoft\\EdgeWebView\\Application\\{num}\\msedgewebview2.exe"},
};
#define LENGTH(array) (sizeof(array) / sizeof *(array))
static_assert(LENGTH(updates) <= 32, "a bit for each in host.updated");

/* After so many days the same releases come round again. */
enum { CYCLE = 14 };

static void release_take(struct host *host, enum program_id program)
{
    static const enum program_id shared[][2] = {
        {PROGRAM_EDGE, PROGRAM_EDGE_RENDERER},
        {PROGRAM_CHROME, PROGRAM_CHROME_RENDERER},
        {PROGRAM_SLACK, PROGRAM_SLACK_HELPER},
        {PROGRAM_DEFENDER, PROGRAM_MPCMDRUN},
    };
    host->release[program]++;
    for (size_t i = 0; i < LENGTH(shared); i++)
        if (shared[i][0] == program)
            host->release[shared[i][1]] = host->release[program];
}

static struct start user_start(const struct host *host, const struct seat *seat,
                               enum program_id program, int64_t time)
{
    return (struct start){.host = (struct host *)host,
                          .program = program,
                          .parent = seat->explorer,
                          .user = host->user,
                          .time = time};
}

/* A service fetches an update, a setup unpacks it. */
static void update_install(struct world *world, struct host *host, size_t update, int64_t time)
{
    enum program_id updater = updates[update].updater;
    uint32_t parent = host_running(host, updater, time);
    struct start start = {.host = host,
                          .program = updater,
                          .parent = host_running(host, PROGRAM_SVC_SCHEDULE, time),
                          .user = host->user,
                          .time = time};
    if (!start.parent)
        return;
    if (!parent) /* no service of its own: a task starts it */
        parent = process_run_for(world, start, 240, time + 300 * TIME_SECOND);
    connect_site(world, parent, time + 5 * TIME_SECOND, (uint64_t)updates[update].program);
    start.program = updates[update].program == PROGRAM_TIWORKER ? PROGRAM_TIWORKER : PROGRAM_SETUP;
    start.parent = parent;
    start.time = time + 30 * TIME_SECOND;
    uint32_t setup = process_run_for(world, start, 120, time + 200 * TIME_SECOND);
    event_file(world, setup, time + 60 * TIME_SECOND, EVENT_FILE_CREATE, updates[update].file);
    release_take(host, updates[update].program);
}

static void updates_install(struct world *world, struct host *host, const struct shift *shift)
{
    if (world->day % CYCLE == 0)
        host->updated = 0;
    for (size_t i = 0; i < LENGTH(updates); i++) {
        uint32_t day = updates[i].day + (uint32_t)(random_mix(host->index, i) % updates[i].spread);
        bool wants = host->has[updates[i].program] || updates[i].program == PROGRAM_WEBVIEW ||
                     updates[i].program == PROGRAM_DEFENDER ||
                     updates[i].program == PROGRAM_TIWORKER ||
                     updates[i].program == PROGRAM_CHROME_UPDATE;
        if (!wants || world->day % CYCLE < day || (host->updated >> i & 1))
            continue;
        host->updated |= 1u << i;
        update_install(world, host, i, shift_moment(world, shift));
    }
}

/* Somebody wants a program and gets it: browser, download, setup. */
static void install_once(struct world *world, struct host *host, const struct shift *shift,
                         struct truth *truth)
{
    static const char *const kinds[] = {"Kantan", "Yomi", "Hayai", "Benri", "Tsuku", "Mado"};
    static const char *const things[] = {"Pdf", "Zip", "Memo", "Font", "Video", "Mail", "Print"};
    int64_t time = shift_moment(world, shift);
    const struct seat *seat = shift_seat(shift, time);
    if (!seat || time > seat->to - 20 * TIME_MINUTE)
        return;
    snprintf(host->tool, sizeof host->tool, "%s%s%u", kinds[random_below(&world->random, 6)],
             things[random_below(&world->random, 7)], random_below(&world->random, 30));
    enum program_id browser = host->has[PROGRAM_CHROME] ? PROGRAM_CHROME : PROGRAM_EDGE;
    struct start start = user_start(host, seat, browser, time - TIME_MINUTE);
    uint32_t slot = process_run_for(world, start, 900, seat->to);
    connect_site(world, slot, time - 20 * TIME_SECOND, random_below(&world->random, 90000));
    event_file(world, slot, time - 15 * TIME_SECOND, EVENT_FILE_CREATE,
               "C:\\Users\\{user}\\Downloads\\{tool}-setup.exe");
    start = user_start(host, seat, PROGRAM_DOWNLOADED_SETUP, time);
    uint32_t setup = process_run_for(world, start, 60, seat->to);
    if (random_chance(&world->random, 0.4))
        event_registry(world, setup, time + 30 * TIME_SECOND,
                       "HKU\\{sid}\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\{tool}",
                       "\"C:\\Program Files\\{tool}\\{tool}.exe\" /min");
    host->has[PROGRAM_TAIL_TOOL] = 1;
    truth_oddity(truth, host, time, "a user installs a program of his own");
}

/* The notice board comes to one department first, then to all. */
static void rollout(struct world *world, struct host *host, const struct shift *shift,
                    struct truth *truth)
{
    uint32_t day = host->department == DEPARTMENT_MARKETING
                       ? 4
                       : 8 + (uint32_t)(random_mix(host->index, 77) % 3);
    if (host->has[PROGRAM_ROLLOUT] || world->day < day)
        return;
    int64_t time = shift->seats[0].from + 20 * TIME_SECOND;
    struct start start = {.host = host,
                          .program = PROGRAM_MSIEXEC,
                          .parent = host_running(host, PROGRAM_SERVICES, time),
                          .user = USER_SYSTEM,
                          .time = time};
    if (!start.parent)
        return;
    uint32_t installer = process_run_for(world, start, 90, time + 100 * TIME_SECOND);
    connect_host(world, installer, time + TIME_SECOND, host_of(&world->enterprise, ROLE_FILE), 445);
    event_file(world, installer, time + 20 * TIME_SECOND, EVENT_FILE_CREATE,
               "C:\\Program Files\\Renraku Board\\renraku.exe");
    event_registry(world, installer, time + 30 * TIME_SECOND,
                   "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\Renraku",
                   "\"C:\\Program Files\\Renraku Board\\renraku.exe\" /tray");
    host->has[PROGRAM_ROLLOUT] = 1;
    truth_oddity(truth, host, time, "new software is rolled out to the machine");
}

/* The month's figures: an old spreadsheet whose macro starts a shell. */
static void macro_run(struct world *world, struct host *host, const struct shift *shift)
{
    int64_t time = shift_moment(world, shift);
    const struct seat *seat = shift_seat(shift, time);
    if (!seat || time > seat->to - 15 * TIME_MINUTE)
        return;
    struct start start = user_start(host, seat, PROGRAM_EXCEL, time);
    start.command = "\"C:\\Program Files\\Microsoft Office\\Root\\Office16\\EXCEL.EXE\" "
                    "\"\\\\{files}\\finance\\Macro\\geppou.xlsm\"";
    uint32_t excel = process_run_for(world, start, 600, seat->to);
    start = user_start(host, seat, PROGRAM_CMD, time + 70 * TIME_SECOND);
    start.parent = excel;
    start.command = "cmd.exe /c powershell -ExecutionPolicy Bypass -File "
                    "\\\\{files}\\finance\\Macro\\csv.ps1";
    uint32_t cmd = process_run_for(world, start, 30, seat->to);
    start.parent = cmd;
    start.time += 500000000;
    start.program = PROGRAM_POWERSHELL;
    start.command = "powershell -ExecutionPolicy Bypass -File \\\\{files}\\finance\\Macro\\csv.ps1";
    uint32_t shell = process_run_for(world, start, 20, seat->to);
    event_file(world, shell, start.time + 4 * TIME_SECOND, EVENT_FILE_CREATE,
               "\\\\{files}\\finance\\Macro\\out\\{date}.csv");
}

/* Debugging: one's own crash dumped with Sysinternals' tool. */
static void dump_own(struct world *world, struct host *host, const struct shift *shift)
{
    int64_t time = shift_moment(world, shift);
    const struct seat *seat = shift_seat(shift, time);
    if (!seat || time > seat->to - 5 * TIME_MINUTE)
        return;
    struct start start = user_start(host, seat, PROGRAM_BUILT_TOOL, time);
    uint32_t tool = process_run_for(world, start, 120, seat->to);
    start.program = PROGRAM_PROCDUMP;
    start.time += 20 * TIME_SECOND;
    uint32_t dumper = process_run_for(world, start, 10, seat->to);
    event_access(world, dumper, start.time + TIME_SECOND, tool, "0x1fffff");
}

static void stick_use(struct world *world, struct host *host, const struct shift *shift,
                      struct truth *truth)
{
    int64_t time = shift_moment(world, shift);
    const struct seat *seat = shift_seat(shift, time);
    if (!seat)
        return;
    event_registry(world, host_running(host, PROGRAM_SYSTEM, time), time - 9 * TIME_SECOND,
                   "HKLM\\SYSTEM\\CurrentControlSet\\Enum\\USBSTOR\\Disk&Ven_{word}&Rev_{small}\\"
                   "{hex}{hex}\\FriendlyName",
                   "{word} USB Device");
    process_run(world, user_start(host, seat, PROGRAM_USB_TOOL, time), seat->to);
    truth_oddity(truth, host, time, "a program is started from a USB stick");
}

static void disk_check(struct world *world, struct host *host, const struct shift *shift,
                       struct truth *truth)
{
    int64_t time = shift_moment(world, shift);
    const struct seat *seat = shift_seat(shift, time);
    if (!seat)
        return;
    for (int64_t n = 0; n < 3; n++) {
        struct start start = user_start(host, seat, n ? PROGRAM_WERFAULT : PROGRAM_CHKDSK,
                                        time + n * 40 * TIME_SECOND);
        start.parent = host_running(host, PROGRAM_SVC_SCHEDULE, time);
        if (start.parent)
            process_run(world, start, seat->to);
    }
    truth_oddity(truth, host, time, "the disk is checked, and is failing");
}

static struct host *somebody(struct world *world, const struct shift *shifts)
{
    const struct enterprise *enterprise = &world->enterprise;
    uint32_t pcs = enterprise->host_count - enterprise->server_count;
    for (int tries = 0; tries < 30; tries++) {
        uint32_t index = enterprise->server_count + random_below(&world->random, pcs);
        if (shifts[index].seat_count)
            return &enterprise->hosts[index];
    }
    return NULL;
}

void changes_before(struct world *world, struct host *host, struct truth *truth)
{
    uint32_t moved =
        (uint32_t)(random_mix(world->seed, 0x6d6f7665u) % world->enterprise.host_count);
    bool moves = host->index == moved && host->role == ROLE_PC &&
                 host->department > DEPARTMENT_IT && !host->joined;
    if (world->day == 8 && moves) {
        host->department =
            host->department == DEPARTMENT_PLANNING ? DEPARTMENT_MARKETING : DEPARTMENT_PLANNING;
        world->enterprise.users[host->user].department = host->department;
        host_equip(host, &world->random);
        truth_oddity(truth, host, world->day_start, "the user has changed the department");
    }
}

static void host_changes(struct world *world, struct host *host, const struct shift *shift,
                         struct truth *truth)
{
    struct random *random = &world->random;
    if (host->joined) {
        truth_oddity(truth, host, shift->arrives, "a new employee's first day, on a new PC");
        host->joined = 0;
    }
    updates_install(world, host, shift);
    rollout(world, host, shift, truth);
    if (random_chance(random, 0.012))
        install_once(world, host, shift, truth);
    if (host->has[PROGRAM_MACRO_EXPORT] && random_chance(random, 0.5))
        macro_run(world, host, shift);
    if (host->has[PROGRAM_PROCDUMP] && random_chance(random, 0.15))
        dump_own(world, host, shift);
}

void changes_during(struct world *world, const struct shift *shifts, struct truth *truth)
{
    struct enterprise *enterprise = &world->enterprise;
    for (uint32_t i = enterprise->server_count; i < enterprise->host_count; i++) {
        world->random = random_stream(world->seed, 1 + world->day, 700000 + i);
        if (shifts[i].seat_count)
            host_changes(world, &enterprise->hosts[i], &shifts[i], truth);
    }
    world->random = random_stream(world->seed, 1 + world->day, 800000);
    admin_day(world, shifts, truth);
    struct host *host = somebody(world, shifts);
    if (host && random_chance(&world->random, 0.5))
        stick_use(world, host, &shifts[host->index], truth);
    host = somebody(world, shifts);
    if (host && random_chance(&world->random, 0.1))
        disk_check(world, host, &shifts[host->index], truth);
}
