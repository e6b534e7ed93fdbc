#include "lab/rows.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"

enum { SITES = 4000, PORT_LOW = 49152, PORTS = 16000 };

static void event_close(struct world *world, uint32_t slot, int64_t time, enum event_kind kind,
                        size_t text)
{
    if (slot)
        world_event(world, slot, time, kind, text);
}

/* `"file":{"path":"…","name":"…"}`: the shape of files and modules. */
static size_t put_path(struct world *world, uint32_t slot, int64_t time, const char *object,
                       const char *template)
{
    struct scene scene = world_scene(world, slot, time);
    struct buffer *out = &world->text;
    size_t text = out->len;
    buffer_put_char(out, '"');
    buffer_put(out, bytes_of(object));
    buffer_put(out, BYTES("\":{\"path\":\""));
    size_t path = out->len;
    text_expand(out, template, &scene);
    size_t length = out->len - path;
    if (!buffer_reserve(out, length + 16))
        return text;
    buffer_put(out, BYTES("\",\"name\":\""));
    buffer_put(out, text_base_name((struct bytes){out->at + path, length}));
    buffer_put(out, BYTES("\"}"));
    return text;
}

/* What a client writes to a share, the file server's System process writes to its disk. */
static void mirror_share(struct world *world, size_t text, int64_t time, enum event_kind kind)
{
    static const struct bytes start = BYTES("\"file\":{\"path\":\"\\\\\\\\FS01\\\\");
    struct host *server = host_of(&world->enterprise, ROLE_FILE);
    struct bytes own = {world->text.at + text, world->text.len - text};
    uint32_t system = host_running(server, PROGRAM_SYSTEM, time);
    if (!bytes_start(own, start) || kind == EVENT_FILE_ACCESS || !system)
        return;
    size_t mirrored = world->text.len;
    if (!buffer_reserve(&world->text, own.len + 32))
        return;
    own.at = world->text.at + text;
    buffer_put(&world->text, BYTES("\"file\":{\"path\":\"D:\\\\Shares\\\\"));
    buffer_put(&world->text, bytes_from(own, start.len));
    world_event(world, system, time + 3000000, kind, mirrored);
}

void event_file(struct world *world, uint32_t slot, int64_t time, enum event_kind kind,
                const char *path)
{
    size_t text = put_path(world, slot, time, "file", path);
    event_close(world, slot, time, kind, text);
    if (!world->text.failed)
        mirror_share(world, text, time, kind);
}

void event_module(struct world *world, uint32_t slot, int64_t time, const char *path)
{
    event_close(world, slot, time, EVENT_MODULE_LOAD, put_path(world, slot, time, "dll", path));
}

void event_registry(struct world *world, uint32_t slot, int64_t time, const char *key,
                    const char *data)
{
    struct scene scene = world_scene(world, slot, time);
    struct buffer *out = &world->text;
    size_t text = out->len;
    buffer_put(out, BYTES("\"registry\":{\"path\":\""));
    text_expand(out, key, &scene);
    if (data) {
        buffer_put(out, BYTES("\",\"data\":{\"strings\":[\""));
        text_expand(out, data, &scene);
        buffer_put(out, BYTES("\"]}}"));
    } else {
        buffer_put(out, BYTES("\"}"));
    }
    event_close(world, slot, time, EVENT_REGISTRY_CHANGE, text);
}

void event_access(struct world *world, uint32_t slot, int64_t time, uint32_t target,
                  const char *mask)
{
    const struct process *process = &world->processes[target];
    struct buffer *out = &world->text;
    size_t text = out->len;
    if (!target)
        return;
    buffer_put_format(out, "\"Target\":{\"process\":{\"entity_id\":\"%s\",\"pid\":%u,",
                      process->entity, process->pid);
    buffer_put(out, BYTES("\"executable\":\""));
    buffer_put(out,
               (struct bytes){process->text + process->executable, process->executable_length});
    buffer_put_format(out, "\"}},\"winlog\":{\"event_data\":{\"GrantedAccess\":\"%s\"}}", mask);
    event_close(world, slot, time, EVENT_PROCESS_ACCESS, text);
}

void event_script(struct world *world, uint32_t slot, int64_t time, const char *script)
{
    struct scene scene = world_scene(world, slot, time);
    size_t text = world->text.len;
    buffer_put(&world->text, BYTES("\"powershell\":{\"file\":{\"script_block_text\":\""));
    text_expand(&world->text, script, &scene);
    buffer_put(&world->text, BYTES("\"}}"));
    event_close(world, slot, time, EVENT_SCRIPT, text);
}

void event_service(struct world *world, struct host *host, int64_t time, const char *name,
                   const char *image)
{
    uint32_t slot = host_running(host, PROGRAM_SERVICES, time);
    if (!slot)
        return;
    struct scene scene = world_scene(world, slot, time);
    char key[160];
    snprintf(key, sizeof key, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\%s\\ImagePath", name);
    event_registry(world, slot, time, key, image);
    size_t text = world->text.len;
    buffer_put(&world->text, BYTES("\"service\":{\"name\":\""));
    text_expand(&world->text, name, &scene);
    buffer_put(&world->text, BYTES("\"},\"file\":{\"path\":\""));
    text_expand(&world->text, image, &scene);
    buffer_put(&world->text, BYTES("\"}"));
    event_close(world, slot, time + 1000000, EVENT_SERVICE_INSTALL, text);
}

void event_task(struct world *world, uint32_t slot, int64_t time, const char *name,
                const char *command)
{
    if (!slot)
        return;
    struct host *host = &world->enterprise.hosts[world->processes[slot].host];
    struct scene scene = world_scene(world, slot, time);
    uint32_t scheduler = host_running(host, PROGRAM_SVC_SCHEDULE, time);
    char path[160];
    snprintf(path, sizeof path, "C:\\Windows\\System32\\Tasks%s", name);
    event_file(world, scheduler, time + 4000000, EVENT_FILE_CREATE, path);
    snprintf(
        path, sizeof path,
        "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree%s\\Id",
        name);
    event_registry(world, scheduler, time + 5000000, path, "{guid}");
    size_t text = world->text.len;
    buffer_put(&world->text, BYTES("\"service\":{\"name\":\""));
    text_expand(&world->text, name, &scene);
    buffer_put(&world->text, BYTES("\"},\"file\":{\"path\":\""));
    text_expand(&world->text, command, &scene);
    buffer_put(&world->text, BYTES("\"}"));
    event_close(world, slot, time + 2000000, EVENT_TASK_CREATE, text);
}

void event_dns(struct world *world, uint32_t slot, int64_t time, const char *name, const char *ip)
{
    size_t text = world->text.len;
    buffer_put(&world->text, BYTES("\"dns\":{\"question\":{\"name\":\""));
    text_put(&world->text, name);
    if (ip)
        buffer_put_format(&world->text, "\"},\"resolved_ip\":[\"%s\"]}", ip);
    else
        buffer_put(&world->text, BYTES("\"}}"));
    event_close(world, slot, time, EVENT_DNS, text);
}

void event_logon(struct world *world, struct host *host, int64_t time, enum event_kind kind,
                 struct logon logon)
{
    static const char *const types[] = {[2] = "Interactive",
                                        [3] = "Network",
                                        [4] = "Batch",
                                        [5] = "Service",
                                        [7] = "Unlock",
                                        [8] = "NetworkCleartext",
                                        [9] = "NewCredentials",
                                        [10] = "RemoteInteractive",
                                        [11] = "CachedInteractive"};
    uint32_t slot = host_running(host, PROGRAM_LSASS, time);
    const struct user *user = &world->enterprise.users[logon.user];
    struct buffer *out = &world->text;
    size_t text = out->len;
    if (!slot)
        return;
    /* It goes on within "user", whose first half says who reports it: SYSTEM. */
    buffer_put_format(out, "\"target\":{\"name\":\"%s\",\"domain\":\"%s\"}},", user->name,
                      user->domain);
    buffer_put_format(out, "\"winlog\":{\"logon\":{\"type\":\"%s\",\"id\":\"0x%llx\"}}",
                      types[logon.type], (unsigned long long)logon.id);
    if (logon.from)
        buffer_put_format(out, ",\"source\":{\"ip\":\"%s\",\"port\":%u}", logon.from->ip,
                          PORT_LOW + random_below(&world->random, PORTS));
    event_close(world, slot, time, kind, text);
}

/* Networks */

static enum program_id served_by(const struct host *host, uint16_t port)
{
    enum program_id program;
    switch (port) {
    case 88:
    case 389:
        program = PROGRAM_LSASS;
        break;
    case 53:
        program = PROGRAM_DNS_SERVER;
        break;
    case 67:
        program = PROGRAM_SVC_DHCP;
        break;
    case 135:
        program = PROGRAM_SVC_RPC;
        break;
    case 22:
        program = PROGRAM_SSHD;
        break;
    case 25:
        program = PROGRAM_MAIL_TRANSPORT;
        break;
    case 1433:
        program = PROGRAM_SQLSERVR;
        break;
    case 3389:
        program = PROGRAM_SVC_TERM;
        break;
    case 9392:
        program = PROGRAM_BACKUP_AGENT;
        break;
    case 9100:
        program = PROGRAM_SPOOLER;
        break;
    case 9000:
        program = PROGRAM_BUILD_MASTER;
        break;
    case 8080:
        program = host->role == ROLE_PROXY ? PROGRAM_PROXY : PROGRAM_W3WP;
        break;
    case 443:
        program = host->role == ROLE_GIT ? PROGRAM_GIT_SERVER : PROGRAM_W3WP;
        break;
    case 8443:
    case 8530:
        program = PROGRAM_W3WP;
        break;
    default:
        program = PROGRAM_SYSTEM;
    }
    return host->now.running[program] ? program : PROGRAM_SYSTEM;
}

struct flow {
    const char *from, *to;
    unsigned from_port, to_port;
    bool datagram, in;
    const uint64_t *site; /* NULL: no name is known */
};

static size_t put_flow(struct world *world, struct flow flow)
{
    size_t text = world->text.len;
    buffer_put(&world->text, BYTES("\"source\":{\"ip\":\""));
    buffer_put(&world->text, bytes_of(flow.from));
    buffer_put_format(&world->text, "\",\"port\":%u},\"destination\":{\"ip\":\"%s\",\"port\":%u",
                      flow.from_port, flow.to, flow.to_port);
    if (flow.site) {
        buffer_put(&world->text, BYTES(",\"domain\":\""));
        text_put_site(&world->text, *flow.site);
        buffer_put_char(&world->text, '"');
    }
    buffer_put_format(&world->text, "},\"network\":{\"transport\":\"%s\",\"direction\":\"%s\"}",
                      flow.datagram ? "udp" : "tcp", flow.in ? "ingress" : "egress");
    return text;
}

void connect_host(struct world *world, uint32_t slot, int64_t time, struct host *to, uint16_t port)
{
    if (!slot)
        return;
    const struct host *from = &world->enterprise.hosts[world->processes[slot].host];
    struct flow flow = {.from = from->ip,
                        .to = to->ip,
                        .from_port = PORT_LOW + random_below(&world->random, PORTS),
                        .to_port = port,
                        .datagram = port == 53 || port == 67};
    if (from == to || !host_is_up(from, time))
        return;
    if (port != 53 && random_chance(&world->random, 0.12)) {
        char name[48];
        snprintf(name, sizeof name, "%s.hinode.example", to->name);
        event_dns(world, slot, time - 8000000, name, to->ip);
    }
    event_close(world, slot, time, EVENT_CONNECT, put_flow(world, flow));
    time += random_between(&world->random, 300000, 9000000);
    uint32_t server = host_running(to, served_by(to, port), time);
    flow.in = true;
    if (server)
        event_close(world, server, time, EVENT_ACCEPT, put_flow(world, flow));
    if (port == 445 && to->role != ROLE_PC && random_chance(&world->random, 0.1)) {
        struct logon logon = {world->processes[slot].user, 3, random_next(&world->random) >> 36,
                              from};
        if (logon.user >= USER_BACKUP)
            event_logon(world, to, time + 2000000, EVENT_LOGON, logon);
    }
}

/* The address of a site: from 198.18.0.0/15, which is set aside for tests. */
static void site_address(uint64_t key, char ip[16])
{
    uint64_t dice = random_mix(key, 0x6970u);
    snprintf(ip, 16, "198.%u.%u.%u", 18 + (unsigned)(dice & 1), (unsigned)(dice >> 8) & 0xff,
             1 + (unsigned)((dice >> 16) % 254));
}

void connect_site(struct world *world, uint32_t slot, int64_t time, uint64_t key)
{
    if (!slot)
        return;
    const struct host *from = &world->enterprise.hosts[world->processes[slot].host];
    struct host *proxy = host_of(&world->enterprise, ROLE_PROXY);
    char ip[16];
    site_address(key, ip);
    if (from->role == ROLE_PLANT)
        return; /* the isolated machine has no way out */
    if (from != proxy)
        connect_host(world, slot, time, proxy, 8080);
    time += random_between(&world->random, 10000000, 60000000);
    uint32_t squid = host_running(proxy, PROGRAM_PROXY, time);
    if (!squid)
        return;
    if (random_chance(&world->random, 0.25)) {
        struct buffer name = {0};
        text_put_site(&name, key);
        buffer_put_char(&name, 0);
        if (!name.failed)
            event_dns(world, squid, time - 3000000, name.at, ip);
        buffer_finish(&name);
    }
    struct flow flow = {.from = proxy->ip,
                        .to = ip,
                        .from_port = PORT_LOW + random_below(&world->random, PORTS),
                        .to_port = 443,
                        .site = &key};
    event_close(world, squid, time, EVENT_CONNECT, put_flow(world, flow));
}

/* Routine */

static const char *list_pick(struct world *world, const struct host *host, const char *const *list)
{
    uint32_t count = 0;
    while (list && list[count])
        count++;
    if (!count)
        return NULL;
    /* Each machine has its own favourites, so the fleet's counts have a long tail. */
    uint32_t rank = random_skewed(&world->random, count);
    return list[(rank + (random_chance(&world->random, 0.3) ? host->index : 0)) % count];
}

static void work_file(struct world *world, uint32_t slot, int64_t time, const char *file)
{
    static const struct {
        char mark;
        enum event_kind kind;
    } marks[] = {{'+', EVENT_FILE_CREATE},
                 {'*', EVENT_FILE_CHANGE},
                 {'-', EVENT_FILE_DELETE},
                 {'<', EVENT_FILE_ACCESS},
                 {'>', EVENT_FILE_RENAME}};
    for (unsigned i = 0; file && i < sizeof marks / sizeof *marks; i++)
        if (file[0] == marks[i].mark)
            event_file(world, slot, time, marks[i].kind, file + 1);
}

static void work_key(struct world *world, uint32_t slot, int64_t time, const char *key)
{
    const char *data = key ? strchr(key, '=') : NULL;
    char path[256];
    if (!key)
        return;
    snprintf(path, sizeof path, "%.*s", data ? (int)(data - key) : (int)strlen(key), key);
    event_registry(world, slot, time, path, data ? data + 1 : NULL);
}

static void work_peer(struct world *world, uint32_t slot, int64_t time, const char *peer)
{
    const char *port = peer ? strchr(peer, ':') : NULL;
    if (!peer)
        return;
    if (!port) {
        connect_site(world, slot, time, random_skewed(&world->random, SITES));
        return;
    }
    for (unsigned role = ROLE_DC; role < ROLE_COUNT; role++) {
        const char *name = role_name((enum role)role);
        if (strlen(name) == (size_t)(port - peer) && strncmp(name, peer, strlen(name)) == 0)
            connect_host(world, slot, time, host_of(&world->enterprise, (enum role)role),
                         (uint16_t)strtoul(port + 1, NULL, 10));
    }
}

static void work_row(struct world *world, uint32_t slot, int64_t time)
{
    const struct process *process = &world->processes[slot];
    const struct host *host = &world->enterprise.hosts[process->host];
    const struct program *program = catalog_program(process->program);
    unsigned total = 0, kind = 0;
    for (unsigned i = 0; i < KINDS_OF_WORK; i++)
        total += program->weight[i];
    uint32_t dice = random_below(&world->random, total);
    while (dice >= program->weight[kind])
        dice -= program->weight[kind++];
    const char *const *modules = program->modules;
    switch ((enum work)kind) {
    case WORK_FILE:
        work_file(world, slot, time, list_pick(world, host, program->files));
        break;
    case WORK_KEY:
        work_key(world, slot, time, list_pick(world, host, program->keys));
        break;
    case WORK_MODULE:
        if (!modules || random_chance(&world->random, 0.6))
            modules = common_modules;
        event_module(world, slot, time, list_pick(world, host, modules));
        break;
    case WORK_PEER:
        work_peer(world, slot, time, list_pick(world, host, program->peers));
        break;
    }
}

void process_work(struct world *world, uint32_t slot, int64_t from, int64_t to, double rows)
{
    const struct host *host = &world->enterprise.hosts[world->processes[slot].host];
    const uint8_t *weight = catalog_program(world->processes[slot].program)->weight;
    if (!slot || to <= from || weight[0] + weight[1] + weight[2] + weight[3] == 0)
        return;
    double natural =
        rows * (host->role == ROLE_PC ? host->diligence : 1) * (0.5 + random_unit(&world->random));
    double wanted = natural * world->density;
    uint64_t count = (uint64_t)(wanted + random_unit(&world->random));
    int64_t early = from + (to - from) / 12; /* most programs do half their work at the start */
    uint32_t before = world->event_count;
    for (uint64_t i = 0; i < count; i++)
        work_row(
            world, slot,
            random_between(&world->random, from, i % 2 || to - from > 6 * TIME_HOUR ? to : early));
    world->noise += world->event_count - before;
}
