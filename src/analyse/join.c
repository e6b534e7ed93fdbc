#include "analyse/join.h"

#include <errno.h>
#include <strings.h>

#include "model/autostart.h"

enum {
    JOIN_ROWS = 500,      /* observations read for one join */
    DESKTOP_ROWS = 20000, /* of a host at the start of a session: a new profile is written then */
    ENTRY_NAME_LEAST = 3, /* shorter names are everybody's */
};

/* How far apart the two ends of a step may be seen: clocks of two hosts, time to start. */
#define HOP_BEFORE           (5 * TIME_SECOND)
#define HOP_AFTER            (5 * TIME_SECOND)
#define SESSION_BEFORE       (15 * TIME_SECOND)
#define DESKTOP_BEFORE       (60 * TIME_SECOND)
#define LOGON_BEFORE         (5 * TIME_SECOND)
#define LOGON_BEFORE_SAME_ID (7 * TIME_DAY)

const char relation_reached[] = "reached";
const char relation_session[] = "opened the session of";
static const struct event_id no_event = {0, 0};

static bool same_letters(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.at, b.at, a.len) == 0);
}

static bool same_ip(const struct ip *a, const struct ip *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static struct bytes host_of(const struct batch *batch, uint32_t row)
{
    return batch_text(batch, batch->columns.host_name, row);
}

/* --- entries that start by themselves, where no event says which file they name --- */

/* The entry a row is about: a key, a file of the startup folder, a service. */
static struct thing entry_of(const struct batch *batch, uint32_t row)
{
    const struct batch_columns *at = &batch->columns;
    struct bytes name, key = batch_text(batch, at->registry_path, row);
    struct bytes file = batch_text(batch, at->file_path, row);
    if (autostart_name(key, &name))
        return (struct thing){OBSERVABLE_registry, key, {"", 0}, 0};
    if (autostart_name(file, &name))
        return (struct thing){OBSERVABLE_file, file, {"", 0}, 0};
    return (struct thing){OBSERVABLE_service, batch_text(batch, at->service_name, row), {"", 0}, 0};
}

static int visit_entries(void *context, const struct batch *batch, uint32_t row)
{
    struct expansion *expansion = context;
    if (!expansion_goes_on(expansion))
        return 1;
    const struct place *file = expansion_place(expansion);
    struct thing entry = entry_of(batch, row);
    if (!bytes_equal(host_of(batch, row), file->host) || entry.value.len == 0)
        return 0;
    struct dependency dependency = {entry, file->thing, relation_starts, 0.8, false};
    expansion->status =
        expansion_tie(expansion, &dependency, file->host, batch->columns.time[row], no_event, true);
    return expansion->status ? 1 : 0;
}

/* Could an entry start it? Documents and data it cannot. */
static bool is_program(struct bytes path)
{
    static const struct bytes extensions[] = {
        BYTES("exe"), BYTES("dll"), BYTES("scr"), BYTES("com"), BYTES("bat"),
        BYTES("cmd"), BYTES("ps1"), BYTES("vbs"), BYTES("vbe"), BYTES("js"),
        BYTES("jse"), BYTES("wsf"), BYTES("hta"), BYTES("msi"), BYTES("py"),
        BYTES("sh"),  BYTES("jar"), BYTES("lnk"), BYTES("cpl"), BYTES("sys"),
    };
    struct bytes name = bytes_base_name(path), stem = path_stem(path);
    if (name.len == stem.len)
        return true; /* without extension, as programs are elsewhere */
    struct bytes extension = bytes_from(name, stem.len + 1);
    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
        if (same_letters(extension, extensions[i]))
            return true;
    return false;
}

int join_entries(struct expansion *expansion)
{
    const struct place *file = expansion_place(expansion);
    struct bytes stem = path_stem(file->thing.value);
    if (stem.len < ENTRY_NAME_LEAST || path_of_system(file->thing.value) ||
        !is_program(file->thing.value))
        return 0;
    struct observable entry = {OBSERVABLE_service, stem};
    struct store_span span = {INT64_MIN, file->reach[BACK].bound, true};
    expansion->limit = expansion->rows + JOIN_ROWS;
    return expansion_settle(
        expansion, store_pivot(expansion->search->store, &entry, span, visit_entries, expansion));
}

int join_files(struct expansion *expansion)
{
    struct graph *graph = &expansion->search->graph;
    struct place entry = *expansion_place(expansion);
    struct bytes name = entry.thing.value;
    if (entry.thing.type == OBSERVABLE_registry && !autostart_name(name, &name))
        return 0;
    for (uint32_t i = 0, count = graph->place_count; i < count; i++) {
        struct place file = graph->places[i];
        if (file.thing.type != OBSERVABLE_file || !bytes_equal(file.host, entry.host) ||
            !same_letters(path_stem(file.thing.value), path_stem(name)))
            continue;
        struct dependency dependency = {entry.thing, file.thing, relation_starts, 0.8, false};
        expansion->status =
            expansion_tie(expansion, &dependency, file.host, entry.time, no_event, true);
        if (expansion->status)
            break;
    }
    return expansion_settle(expansion, 0);
}

/* --- one connection, seen by two hosts --- */

struct meeting {
    struct expansion *expansion;
    struct hop hop;
    struct ip met[EXPANSION_HOPS]; /* the addresses our host was reached at, when it isn't known */
    uint32_t met_count;
    struct bytes peer_host; /* who took the connection, in the graph's arena */
    bool inferred;
};

static bool is_network(const struct batch *batch, uint32_t row, bool accepted)
{
    const struct batch_columns *at = &batch->columns;
    bool inward =
        at->network_direction[row] == DIRECTION_ingress || at->event_action[row] == ACTION_accept;
    return at->event_category[row] == CATEGORY_network && inward == accepted;
}

static bool is_hop(const struct hop *hop, const struct batch *batch, uint32_t row)
{
    const struct batch_columns *at = &batch->columns;
    uint16_t port = at->destination_port[row];
    return same_ip(&at->source_ip[row], &hop->source) &&
           (!ip_given(&hop->destination) || same_ip(&at->destination_ip[row], &hop->destination)) &&
           (hop->port == 0 || port == 0 || port == hop->port);
}

/* Tie the place to the process of a row on another host, not later (or earlier) than it may be. */
static int tie_process(struct expansion *expansion, const struct batch *batch, uint32_t row,
                       double strength, bool inferred)
{
    const struct batch_columns *at = &batch->columns;
    struct thing process = {OBSERVABLE_process, batch_text(batch, at->process_entity_id, row),
                            batch_text(batch, at->process_executable, row), 0};
    struct dependency dependency = {process, process, relation_reached, strength, false};
    int64_t time = at->time[row],
            bound = expansion_place(expansion)->reach[expansion->direction].bound;
    if (expansion->direction == BACK ? time > bound : time < bound)
        time = bound; /* two hosts, two clocks */
    if (process.value.len == 0)
        return 0;
    return expansion_tie(expansion, &dependency, host_of(batch, row), time, event_of(batch, row),
                         inferred);
}

static int visit_hop(void *context, const struct batch *batch, uint32_t row)
{
    struct meeting *meeting = context;
    struct expansion *expansion = meeting->expansion;
    bool back = expansion->direction == BACK;
    if (!expansion_goes_on(expansion))
        return 1;
    if (bytes_equal(host_of(batch, row), expansion_place(expansion)->host) ||
        !is_network(batch, row, !back) || !is_hop(&meeting->hop, batch, row))
        return 0;
    if (!back && meeting->peer_host.len == 0)
        meeting->peer_host = arena_copy(&expansion->search->graph.arena, host_of(batch, row));
    expansion->status = tie_process(expansion, batch, row, 0.7, meeting->inferred);
    return expansion->status ? 1 : 0;
}

static int pivot_ip(struct expansion *expansion, const struct ip *ip, struct store_span span,
                    int (*visit)(void *context, const struct batch *batch, uint32_t row),
                    void *context)
{
    char text[IP_TEXT_SIZE];
    struct observable address = {OBSERVABLE_ip, ip_format(ip, text)};
    expansion->limit = expansion->rows + JOIN_ROWS;
    return expansion_settle(expansion,
                            store_pivot(expansion->search->store, &address, span, visit, context));
}

static struct store_span around(int64_t time, int64_t before, int64_t after)
{
    return (struct store_span){time > INT64_MIN + before ? time - before : INT64_MIN,
                               time < INT64_MAX - after ? time + after : INT64_MAX, false};
}

/* A program an account started on the host it had just been let in to. */
static int visit_arrival(void *context, const struct batch *batch, uint32_t row)
{
    struct meeting *meeting = context;
    struct expansion *expansion = meeting->expansion;
    if (!expansion_goes_on(expansion))
        return 1;
    if (!bytes_equal(host_of(batch, row), meeting->peer_host) ||
        batch->columns.event_category[row] != CATEGORY_process ||
        batch->columns.event_action[row] != ACTION_start)
        return 0;
    expansion->status = tie_process(expansion, batch, row, 0.8, true);
    return expansion->status ? 1 : 0;
}

/* The account that logged on from our address: copied out, for the store is asked next. */
static int visit_logon_there(void *context, const struct batch *batch, uint32_t row)
{
    struct meeting *meeting = context;
    struct expansion *expansion = meeting->expansion;
    const struct batch_columns *at = &batch->columns;
    if (!expansion_goes_on(expansion))
        return 1;
    if (at->event_action[row] != ACTION_logon ||
        !bytes_equal(host_of(batch, row), meeting->peer_host) ||
        !same_ip(&at->source_ip[row], &meeting->hop.source))
        return 0;
    expansion->user =
        arena_copy(&expansion->search->graph.arena, batch_text(batch, at->user_target_name, row));
    return 1;
}

/* Forward: we reached a host, logged on there, and a program of that account started at once. */
static int join_arrival(struct meeting *meeting)
{
    struct expansion *expansion = meeting->expansion;
    struct bytes own = expansion->user;
    int64_t time = meeting->hop.time;
    expansion->user = (struct bytes){"", 0};
    int status = pivot_ip(expansion, &meeting->hop.source, around(time, HOP_BEFORE, HOP_AFTER),
                          visit_logon_there, meeting);
    if (status == 0 && expansion->user.len) {
        struct observable user = {OBSERVABLE_user, expansion->user};
        expansion->limit = expansion->rows + JOIN_ROWS;
        status =
            store_pivot(expansion->search->store, &user,
                        (struct store_span){time, time + HOP_AFTER, false}, visit_arrival, meeting);
        status = expansion_settle(expansion, status);
    }
    expansion->user = own;
    return status;
}

int join_hops(struct expansion *expansion)
{
    int status = 0;
    for (uint32_t i = 0; i < expansion->hop_count && status == 0; i++) {
        struct meeting meeting = {.expansion = expansion, .hop = expansion->hops[i]};
        struct store_span span = around(meeting.hop.time, HOP_BEFORE, HOP_AFTER);
        status = pivot_ip(expansion, &meeting.hop.source, span, visit_hop, &meeting);
        if (status == 0 && expansion->direction == FORWARD && meeting.peer_host.len)
            status = join_arrival(&meeting);
    }
    return status;
}

/* --- back from a process to the logon it runs under --- */

/* Accounts of the machine itself log on by themselves. */
static bool is_machine_account(struct bytes user)
{
    static const struct bytes accounts[] = {
        BYTES("system"), BYTES("local service"),   BYTES("network service"),
        BYTES("-"),      BYTES("anonymous logon"),
    };
    for (size_t i = 0; i < sizeof(accounts) / sizeof(accounts[0]); i++)
        if (same_letters(user, accounts[i]))
            return true;
    return user.len == 0 || bytes_end(user, BYTES("$"));
}

static int visit_logon(void *context, const struct batch *batch, uint32_t row)
{
    struct meeting *meeting = context;
    struct expansion *expansion = meeting->expansion;
    const struct batch_columns *at = &batch->columns;
    if (!expansion_goes_on(expansion))
        return 1;
    struct bytes logon = batch_text(batch, at->logon_id, row);
    bool same_id = logon.len && same_letters(logon, expansion->logon_id);
    bool other_id = logon.len && expansion->logon_id.len && !same_id;
    if (at->event_action[row] != ACTION_logon || other_id || !ip_given(&at->source_ip[row]) ||
        !bytes_equal(host_of(batch, row), expansion_place(expansion)->host) ||
        !same_letters(batch_text(batch, at->user_target_name, row), expansion->user) ||
        (!same_id && at->time[row] < expansion_place(expansion)->time - LOGON_BEFORE))
        return 0;
    meeting->hop = (struct hop){.source = at->source_ip[row], .time = at->time[row]};
    return 1;
}

/* The addresses our host was reached at from there, at that time. */
static int visit_own_side(void *context, const struct batch *batch, uint32_t row)
{
    struct meeting *meeting = context;
    struct expansion *expansion = meeting->expansion;
    if (!expansion_goes_on(expansion))
        return 1;
    if (bytes_equal(host_of(batch, row), expansion_place(expansion)->host) &&
        is_network(batch, row, true) && is_hop(&meeting->hop, batch, row) &&
        ip_given(&batch->columns.destination_ip[row]) && meeting->met_count < EXPANSION_HOPS)
        meeting->met[meeting->met_count++] = batch->columns.destination_ip[row];
    return 0;
}

static int visit_other_side(void *context, const struct batch *batch, uint32_t row)
{
    struct meeting *meeting = context;
    bool ours = false;
    for (uint32_t i = 0; i < meeting->met_count; i++)
        ours |= same_ip(&meeting->met[i], &batch->columns.destination_ip[row]);
    return ours ? visit_hop(context, batch, row) : 0;
}

/* Who on another host made the connection that `meeting->hop` says came from there. */
static int join_origin(struct meeting *meeting)
{
    struct expansion *expansion = meeting->expansion;
    struct store_span span = around(meeting->hop.time, HOP_BEFORE, HOP_AFTER);
    meeting->inferred = true;
    int status = pivot_ip(expansion, &meeting->hop.source, span, visit_own_side, meeting);
    if (status == 0 && meeting->met_count)
        status = pivot_ip(expansion, &meeting->hop.source, span, visit_other_side, meeting);
    return status;
}

int join_logon(struct expansion *expansion)
{
    struct meeting meeting = {.expansion = expansion};
    const struct place *process = expansion_place(expansion);
    if (is_machine_account(expansion->user))
        return 0;
    struct observable user = {OBSERVABLE_user, expansion->user};
    struct store_span span = around(
        process->time, expansion->logon_id.len ? LOGON_BEFORE_SAME_ID : LOGON_BEFORE, TIME_SECOND);
    span.newest_first = true;
    expansion->limit = expansion->rows + JOIN_ROWS;
    int status = expansion_settle(
        expansion, store_pivot(expansion->search->store, &user, span, visit_logon, &meeting));
    if (status == 0 && ip_given(&meeting.hop.source))
        status = join_origin(&meeting);
    return status;
}

/* --- remote desktop --- */

enum { REMOTE_DESKTOP_PORT = 3389, FIRST_EPHEMERAL_PORT = 32768 };

static int visit_desktop(void *context, const struct batch *batch, uint32_t row)
{
    struct meeting *meeting = context;
    struct expansion *expansion = meeting->expansion;
    const struct batch_columns *at = &batch->columns;
    if (!expansion_goes_on(expansion))
        return 1;
    uint16_t near = at->destination_port[row];
    bool port = near ? near == REMOTE_DESKTOP_PORT : at->source_port[row] >= FIRST_EPHEMERAL_PORT;
    struct bytes program = bytes_base_name(batch_text(batch, at->process_executable, row));
    if (!is_network(batch, row, true) || !port || !same_letters(program, BYTES("svchost.exe")) ||
        !ip_given(&at->source_ip[row]))
        return 0;
    char text[IP_TEXT_SIZE];
    struct thing peer = {OBSERVABLE_ip, ip_format(&at->source_ip[row], text), {"", 0}, 0};
    struct dependency dependency = {peer, peer, relation_session, 0.7, false};
    expansion->status = expansion_tie(expansion, &dependency, host_of(batch, row), at->time[row],
                                      event_of(batch, row), true);
    meeting->hop = (struct hop){at->source_ip[row], at->destination_ip[row], near, at->time[row]};
    return 1;
}

/* How long before this program's start a remote desktop may have connected; 0: it is no such. */
static int64_t desktop_before(struct bytes executable)
{
    struct bytes name = bytes_base_name(executable);
    if (same_letters(name, BYTES("winlogon.exe")))
        return SESSION_BEFORE;
    return same_letters(name, BYTES("userinit.exe")) || same_letters(name, BYTES("explorer.exe"))
               ? DESKTOP_BEFORE
               : 0;
}

int join_desktop(struct expansion *expansion)
{
    struct meeting meeting = {.expansion = expansion, .inferred = true};
    const struct place *process = expansion_place(expansion);
    int64_t before = desktop_before(process->thing.name);
    if (before == 0 || process->host.len == 0)
        return 0;
    struct observable host = {OBSERVABLE_host, process->host};
    struct store_span span = around(process->time, before, 0);
    span.newest_first = true;
    expansion->limit = expansion->rows + DESKTOP_ROWS;
    int status = expansion_settle(
        expansion, store_pivot(expansion->search->store, &host, span, visit_desktop, &meeting));
    if (status == 0 && ip_given(&meeting.hop.source) && ip_given(&meeting.hop.destination))
        status = pivot_ip(expansion, &meeting.hop.source,
                          around(meeting.hop.time, HOP_BEFORE, HOP_AFTER), visit_hop, &meeting);
    return status;
}
