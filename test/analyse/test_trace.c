/* The search against a store that is one batch looked through from end to end. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyse/trace.h"
#include "base/json.h"
#include "model/autostart.h"

struct store {
    struct batch *batch;
    uint32_t pivots, rows_read;
};

/* --- the store the trace is given --- */

static bool same(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.at, b.at, a.len) == 0);
}

static bool row_names_text(const struct batch *batch, uint32_t row, const struct observable *wanted)
{
    const struct batch_columns *at = &batch->columns;
    const struct {
        enum observable_type type;
        const uint32_t *column;
    } columns[] = {
        {OBSERVABLE_process, at->process_entity_id},
        {OBSERVABLE_process, at->process_parent_entity_id},
        {OBSERVABLE_process, at->target_process_entity_id},
        {OBSERVABLE_file, at->process_executable},
        {OBSERVABLE_file, at->file_path},
        {OBSERVABLE_registry, at->registry_path},
        {OBSERVABLE_host, at->host_name},
        {OBSERVABLE_user, at->user_name},
        {OBSERVABLE_user, at->user_target_name},
    };
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        if (columns[i].type == wanted->type &&
            same(batch_text(batch, columns[i].column, row), wanted->value))
            return true;
    return false;
}

static bool row_names(const struct batch *batch, uint32_t row, const struct observable *wanted)
{
    const struct batch_columns *at = &batch->columns;
    struct bytes name;
    struct ip ip;
    if (wanted->type == OBSERVABLE_ip)
        return ip_parse(wanted->value, &ip) &&
               (memcmp(&ip, &at->source_ip[row], sizeof(ip)) == 0 ||
                memcmp(&ip, &at->destination_ip[row], sizeof(ip)) == 0);
    if (wanted->type == OBSERVABLE_service)
        return autostart_name(batch_text(batch, at->registry_path, row), &name) &&
               same(name, wanted->value);
    return row_names_text(batch, row, wanted);
}

int store_pivot(struct store *store, const struct observable *observable, struct store_span span,
                int (*visit)(void *context, const struct batch *batch, uint32_t row), void *context)
{
    const struct batch *batch = store->batch;
    store->pivots++;
    for (uint32_t i = 0; i < batch->rows; i++) {
        uint32_t row = span.newest_first ? batch->rows - 1 - i : i;
        if (batch->columns.time[row] < span.from || batch->columns.time[row] > span.to ||
            !row_names(batch, row, observable))
            continue;
        store->rows_read++;
        if (visit(context, batch, row))
            break;
    }
    return 0;
}

int store_pivot_count(struct store *store, const struct observable *observable,
                      struct store_span span, uint64_t *ret_rows)
{
    uint64_t count = 0;
    for (uint32_t row = 0; row < store->batch->rows; row++)
        count += store->batch->columns.time[row] >= span.from &&
                 store->batch->columns.time[row] <= span.to &&
                 row_names(store->batch, row, observable);
    *ret_rows = count;
    return 0;
}

int store_query_with(struct store *store, struct bytes sql, const struct bytes *values,
                     int value_count, double seconds,
                     int (*row)(void *context, struct sqlite3_stmt *statement), void *context)
{
    (void)store, (void)sql, (void)values, (void)value_count, (void)seconds, (void)row,
        (void)context;
    return 0; /* no findings */
}

/* --- a world --- */

static uint32_t text(struct batch *batch, const char *value)
{
    uint32_t id = 0;
    assert_int_equal(strings_intern(&batch->strings, bytes_of(value), &id), 0);
    return id;
}

/* A row at `second` of process `id`, whose program is `program`. */
static uint32_t row_of(struct batch *batch, int second, const char *host, const char *id,
                       const char *program, uint8_t category, uint8_t action)
{
    uint32_t row = batch->rows++;
    assert_true(row < BATCH_ROWS);
    batch->columns.time[row] = second * TIME_SECOND;
    batch->columns.host_name[row] = text(batch, host);
    batch->columns.process_entity_id[row] = text(batch, id);
    batch->columns.process_executable[row] = text(batch, program);
    batch->columns.event_category[row] = category;
    batch->columns.event_action[row] = action;
    batch->columns.event_source[row] = 1;
    batch->columns.event_offset[row] = row;
    return row;
}

static void start(struct batch *batch, int second, const char *id, const char *program,
                  const char *parent)
{
    uint32_t row = row_of(batch, second, "pc", id, program, CATEGORY_process, ACTION_start);
    batch->columns.process_parent_entity_id[row] = text(batch, parent);
}

static void file(struct batch *batch, int second, const char *id, const char *program,
                 uint8_t action, const char *path)
{
    uint32_t row = row_of(batch, second, "pc", id, program, CATEGORY_file, action);
    batch->columns.file_path[row] = text(batch, path);
}

#define RUN_KEY "hklm\\software\\microsoft\\windows\\currentversion\\run\\helper"
#define SCRIPT  "c:\\users\\public\\helper.vbs"

/*
 * shell, started from mail, writes a script and a Run key; after the reboot the
 * desktop (a hub that writes hundreds of files) starts the script's host.
 */
static void attack(struct batch *batch)
{
    char path[64];
    start(batch, 10, "mail", "c:\\program files\\mail.exe", "desktop1");
    start(batch, 100, "shell", "c:\\windows\\system32\\cmd.exe", "mail");
    file(batch, 110, "shell", "c:\\windows\\system32\\cmd.exe", ACTION_create, SCRIPT);
    start(batch, 120, "reg", "c:\\windows\\system32\\reg.exe", "shell");
    uint32_t row = row_of(batch, 121, "pc", "reg", "c:\\windows\\system32\\reg.exe",
                          CATEGORY_registry, ACTION_change);
    batch->columns.registry_path[row] = text(batch, RUN_KEY);
    start(batch, 2000, "desktop2", "c:\\windows\\explorer.exe", "logon2");
    for (int i = 0; i < 600; i++) {
        snprintf(path, sizeof(path), "c:\\users\\u\\cache\\%d.tmp", i);
        file(batch, 2001 + i / 10, "desktop2", "c:\\windows\\explorer.exe", ACTION_change, path);
        file(batch, 2001 + i / 10, "desktop2", "c:\\windows\\explorer.exe", ACTION_access, path);
    }
    start(batch, 2100, "host", "c:\\windows\\system32\\wscript.exe", "desktop2");
    file(batch, 2101, "host", "c:\\windows\\system32\\wscript.exe", ACTION_load, SCRIPT);
    start(batch, 2102, "late", "c:\\windows\\system32\\cmd.exe", "desktop2");
    file(batch, 2103, "late", "c:\\windows\\system32\\cmd.exe", ACTION_change, SCRIPT);
    row = row_of(batch, 2110, "pc", "host", "c:\\windows\\system32\\wscript.exe", CATEGORY_network,
                 ACTION_connect);
    batch->columns.network_direction[row] = DIRECTION_egress;
    assert_true(ip_parse(BYTES("203.0.113.7"), &batch->columns.destination_ip[row]));
    batch->columns.destination_port[row] = 443;
}

/* A connection as one end saw it. */
static uint32_t connection(struct batch *batch, int second, const char *host, const char *id,
                           const char *program, const char *source, const char *destination,
                           uint16_t port, bool accepted)
{
    uint32_t row = row_of(batch, second, host, id, program, CATEGORY_network,
                          accepted ? ACTION_accept : ACTION_connect);
    batch->columns.network_direction[row] = accepted ? DIRECTION_ingress : DIRECTION_egress;
    assert_true(ip_parse(bytes_of(source), &batch->columns.source_ip[row]));
    assert_true(ip_parse(bytes_of(destination), &batch->columns.destination_ip[row]));
    batch->columns.source_port[row] = 50000;
    batch->columns.destination_port[row] = port;
    return row;
}

static void logon(struct batch *batch, int second, const char *host, const char *user,
                  const char *source)
{
    uint32_t row = row_of(batch, second, host, "lsass", "c:\\windows\\system32\\lsass.exe",
                          CATEGORY_logon, ACTION_logon);
    batch->columns.user_name[row] = text(batch, "SYSTEM");
    batch->columns.user_target_name[row] = text(batch, user);
    assert_true(ip_parse(bytes_of(source), &batch->columns.source_ip[row]));
}

static void start_as(struct batch *batch, int second, const char *host, const char *id,
                     const char *program, const char *parent, const char *user)
{
    uint32_t row = row_of(batch, second, host, id, program, CATEGORY_process, ACTION_start);
    batch->columns.process_parent_entity_id[row] = text(batch, parent);
    batch->columns.user_name[row] = text(batch, user);
}

/* Two hosts reach a third at the same moment; one of them started a program there. */
static void lateral_movement(struct batch *batch)
{
    const char *svchost = "c:\\windows\\system32\\svchost.exe";
    start_as(batch, 3000, "east", "wmic", "c:\\windows\\system32\\wmic.exe", "shell2", "ito");
    start_as(batch, 3000, "west", "other", "c:\\backup\\agent.exe", "services3", "svc");
    connection(batch, 3001, "east", "wmic", "wmic.exe", "10.0.0.1", "10.0.0.2", 135, false);
    connection(batch, 3001, "north", "rpc", svchost, "10.0.0.1", "10.0.0.2", 135, true);
    connection(batch, 3001, "west", "other", "agent.exe", "10.0.0.3", "10.0.0.2", 445, false);
    connection(batch, 3001, "north", "rpc", svchost, "10.0.0.3", "10.0.0.2", 445, true);
    logon(batch, 3001, "north", "backup", "10.0.0.3");
    logon(batch, 3001, "north", "adm-ito", "10.0.0.1");
    start_as(batch, 3002, "north", "payload", "c:\\windows\\system32\\cmd.exe", "wmi", "adm-ito");
    connection(batch, 4000, "east", "mstsc", "mstsc.exe", "10.0.0.1", "10.0.0.4", 3389, false);
    connection(batch, 4000, "south", "terminal", svchost, "10.0.0.1", "10.0.0.4", 3389, true);
    start_as(batch, 4030, "south", "desktop3", "c:\\windows\\explorer.exe", "userinit", "ito");
    start_as(batch, 4090, "south", "tool", "c:\\windows\\system32\\cmd.exe", "desktop3", "ito");
}

static int setup(void **state)
{
    struct store *store = calloc(1, sizeof(*store));
    assert_non_null(store);
    store->batch = batch_create();
    assert_non_null(store->batch);
    attack(store->batch);
    lateral_movement(store->batch);
    *state = store;
    return 0;
}

static int teardown(void **state)
{
    struct store *store = *state;
    batch_destroy(store->batch);
    free(store);
    return 0;
}

/* --- what is asked of it --- */

static struct trace run(struct store *store, const char *from, bool back, bool forward,
                        uint32_t budget)
{
    struct arena arena = {.newest = NULL};
    struct trace_request request;
    struct trace trace = {.node_count = 0};
    assert_int_equal(trace_request_parse(store, bytes_of(from), OBSERVABLE_TYPES, &arena, &request),
                     0);
    request.back = back;
    request.forward = forward;
    request.node_budget = budget;
    assert_int_equal(trace_run(store, &request, &trace), 0);
    arena_finish(&arena);
    return trace;
}

static const struct trace_node *node(const struct trace *trace, const char *id)
{
    for (uint32_t i = 0; i < trace->node_count; i++)
        if (same(trace->nodes[i].entity_id, bytes_of(id)))
            return &trace->nodes[i];
    return NULL;
}

static const struct trace_edge *edge(const struct trace *trace, const char *from, const char *to)
{
    for (uint32_t i = 0; i < trace->edge_count; i++)
        if (same(trace->nodes[trace->edges[i].from].entity_id, bytes_of(from)) &&
            same(trace->nodes[trace->edges[i].to].entity_id, bytes_of(to)))
            return &trace->edges[i];
    return NULL;
}

static void test_back_through_the_reboot(void **state)
{
    struct trace trace = run(*state, "host", true, false, 0);
    assert_non_null(edge(&trace, SCRIPT, "host"));
    assert_non_null(edge(&trace, "shell", SCRIPT));
    assert_non_null(edge(&trace, "mail", "shell"));
    assert_non_null(edge(&trace, "reg", RUN_KEY));
    const struct trace_edge *starts = edge(&trace, RUN_KEY, SCRIPT);
    assert_non_null(starts);
    assert_true(starts->inferred);
    assert_int_equal(node(&trace, "host")->side, 0);
    assert_int_equal(node(&trace, "shell")->side, -1);
    assert_false(trace.cut_off);
    trace_finish(&trace);
}

static void test_what_came_later_is_no_cause(void **state)
{
    struct trace trace = run(*state, "host", true, false, 0);
    assert_null(node(&trace, "late"));
    trace_finish(&trace);
}

static void test_a_hub_does_not_flood(void **state)
{
    struct trace trace = run(*state, "host", true, false, 0);
    assert_non_null(node(&trace, "desktop2"));
    assert_true(trace.node_count < 20);
    trace_finish(&trace);
}

static void test_forward_to_the_scope(void **state)
{
    struct trace trace = run(*state, "shell", false, true, 0);
    assert_non_null(edge(&trace, "shell", "reg"));
    assert_non_null(edge(&trace, SCRIPT, "host"));
    assert_non_null(edge(&trace, "host", "203.0.113.7:443"));
    assert_null(node(&trace, "mail"));
    assert_int_equal(node(&trace, "host")->side, 1);
    trace_finish(&trace);
}

static void test_back_across_hosts_by_logon(void **state)
{
    struct trace trace = run(*state, "payload", true, false, 0);
    const struct trace_edge *reached = edge(&trace, "wmic", "payload");
    assert_non_null(reached);
    assert_true(reached->inferred);
    assert_non_null(edge(&trace, "shell2", "wmic"));
    assert_null(node(&trace, "other")); /* another account, another address */
    trace_finish(&trace);
}

static void test_back_across_hosts_by_connection(void **state)
{
    struct trace trace = run(*state, "rpc", true, false, 0);
    const struct trace_edge *reached = edge(&trace, "wmic", "rpc");
    assert_non_null(reached);
    assert_false(reached->inferred); /* both ends saw the same connection */
    assert_non_null(edge(&trace, "other", "rpc"));
    trace_finish(&trace);
}

static void test_forward_across_hosts(void **state)
{
    struct trace trace = run(*state, "shell2", false, true, 0);
    assert_non_null(edge(&trace, "wmic", "payload"));
    trace_finish(&trace);
    trace = run(*state, "other", false, true, 0);
    assert_non_null(edge(&trace, "other", "rpc"));
    assert_null(node(&trace, "payload")); /* its account started nothing there */
    trace_finish(&trace);
}

static void test_back_through_remote_desktop(void **state)
{
    struct trace trace = run(*state, "tool", true, false, 0);
    assert_non_null(edge(&trace, "10.0.0.1", "desktop3"));
    assert_non_null(edge(&trace, "mstsc", "desktop3"));
    trace_finish(&trace);
}

static void test_budget_is_kept_and_said(void **state)
{
    struct trace trace = run(*state, "desktop2", false, true, 50);
    assert_true(trace.cut_off);
    assert_int_equal(trace.node_count, 50);
    trace_finish(&trace);
}

static void test_order_and_ends(void **state)
{
    struct trace trace = run(*state, "shell", true, true, 0);
    assert_true(trace.node_count > 5);
    for (uint32_t i = 0; i < trace.node_count; i++) {
        assert_int_equal(trace.nodes[i].id, i);
        assert_true(i == 0 || trace.nodes[i - 1].time <= trace.nodes[i].time);
    }
    for (uint32_t i = 0; i < trace.edge_count; i++) {
        assert_true(trace.edges[i].from < trace.node_count);
        assert_true(trace.edges[i].to < trace.node_count);
        assert_true(i == 0 || trace.edges[i - 1].time <= trace.edges[i].time);
    }
    trace_finish(&trace);
}

static void test_the_same_twice(void **state)
{
    struct buffer first = {.at = NULL}, second = {.at = NULL};
    struct json one = {.out = &first}, two = {.out = &second};
    struct trace trace = run(*state, "shell", true, true, 0);
    trace_json(&trace, &one);
    trace_finish(&trace);
    trace = run(*state, "shell", true, true, 0);
    trace_json(&trace, &two);
    trace_finish(&trace);
    assert_true(bytes_equal(buffer_bytes(&first), buffer_bytes(&second)));
    buffer_finish(&first);
    buffer_finish(&second);
}

static void test_starts_by_any_name(void **state)
{
    static const char *const names[] = {
        "SHELL", "C:\\Users\\Public\\Helper.vbs", RUN_KEY, "203.0.113.7", "203.0.113.7:443", "pc"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct trace trace = run(*state, names[i], true, true, 0);
        assert_true(trace.node_count > 0);
        trace_finish(&trace);
    }
}

static void test_unknown_names(void **state)
{
    static const char *const names[] = {"nobody", "case:9", "0123456789abcdef", "198.51.100.1", "",
                                        ":",      "case:"};
    struct trace_request request;
    struct arena arena = {.newest = NULL};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(
            trace_request_parse(*state, bytes_of(names[i]), OBSERVABLE_TYPES, &arena, &request),
            -ENOENT);
    /* A type can be forced on what isn't there; then the trace says so. */
    struct trace trace;
    assert_int_equal(
        trace_request_parse(*state, BYTES("198.51.100.1:70000"), OBSERVABLE_ip, &arena, &request),
        0);
    request.back = true;
    assert_int_equal(trace_run(*state, &request, &trace), -ENOENT);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_back_through_the_reboot, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_came_later_is_no_cause, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_hub_does_not_flood, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forward_to_the_scope, setup, teardown),
        cmocka_unit_test_setup_teardown(test_back_across_hosts_by_logon, setup, teardown),
        cmocka_unit_test_setup_teardown(test_back_across_hosts_by_connection, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forward_across_hosts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_back_through_remote_desktop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_budget_is_kept_and_said, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order_and_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_same_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(test_starts_by_any_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_names, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
