#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyse/dependency.h"
#include "model/autostart.h"

static uint32_t text(struct batch *batch, const char *value)
{
    uint32_t id = 0;
    assert_int_equal(strings_intern(&batch->strings, bytes_of(value), &id), 0);
    return id;
}

static int setup(void **state)
{
    struct batch *batch = batch_create();
    assert_non_null(batch);
    batch->rows = 1;
    batch->columns.process_entity_id[0] = text(batch, "P");
    *state = batch;
    return 0;
}

static int teardown(void **state)
{
    batch_destroy(*state);
    return 0;
}

/* The dependency of row 0 with this relation. */
static const struct dependency *find(const struct dependencies *all, const char *relation)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (strcmp(all->at[i].relation, relation) == 0)
            return &all->at[i];
    return NULL;
}

static void assert_flow(const struct dependency *dependency, const char *from, const char *to)
{
    assert_non_null(dependency);
    assert_true(bytes_equal(dependency->from.value, bytes_of(from)));
    assert_true(bytes_equal(dependency->to.value, bytes_of(to)));
}

static void test_parent_flows_to_child(void **state)
{
    struct batch *batch = *state;
    struct dependencies all;
    batch->columns.event_category[0] = CATEGORY_process;
    batch->columns.event_action[0] = ACTION_end;
    batch->columns.process_parent_entity_id[0] = text(batch, "Q");
    row_dependencies(batch, 0, &all);
    assert_int_equal(all.count, 1);
    assert_flow(find(&all, "started"), "Q", "P");
}

static void test_files_by_what_was_done(void **state)
{
    static const struct {
        uint8_t action;
        const char *relation;
        bool to_file;
    } cases[] = {
        {ACTION_create, "created", true}, {ACTION_change, "wrote", true},
        {ACTION_rename, "renamed", true}, {ACTION_delete, "deleted", true},
        {ACTION_load, "ran in", false},   {ACTION_access, "was read by", false},
    };
    struct batch *batch = *state;
    struct dependencies all;
    batch->columns.event_category[0] = CATEGORY_file;
    batch->columns.file_path[0] = text(batch, "c:\\f.vbs");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        batch->columns.event_action[0] = cases[i].action;
        row_dependencies(batch, 0, &all);
        assert_int_equal(all.count, 1);
        assert_flow(find(&all, cases[i].relation), cases[i].to_file ? "P" : "c:\\f.vbs",
                    cases[i].to_file ? "c:\\f.vbs" : "P");
    }
}

static void test_access_mask_decides(void **state)
{
    struct batch *batch = *state;
    struct dependencies all;
    batch->columns.event_category[0] = CATEGORY_process;
    batch->columns.event_action[0] = ACTION_access;
    batch->columns.target_process_entity_id[0] = text(batch, "T");
    batch->columns.target_process_access[0] = 0x1410; /* query, VM_READ */
    row_dependencies(batch, 0, &all);
    assert_int_equal(all.count, 1);
    assert_flow(find(&all, "was read by"), "T", "P");
    batch->columns.target_process_access[0] = 0x1fffff;
    row_dependencies(batch, 0, &all);
    assert_flow(find(&all, "opened"), "P", "T");
    assert_flow(find(&all, "was read by"), "T", "P");
    batch->columns.target_process_access[0] = 0x1000; /* limited query: no influence */
    row_dependencies(batch, 0, &all);
    assert_int_equal(all.count, 0);
}

static void test_connection_flows_both_ways(void **state)
{
    struct batch *batch = *state;
    struct dependencies all;
    struct batch_columns *at = &batch->columns;
    at->event_category[0] = CATEGORY_network;
    at->event_action[0] = ACTION_connect;
    at->network_direction[0] = DIRECTION_egress;
    assert_true(ip_parse(BYTES("10.0.0.9"), &at->destination_ip[0]));
    assert_true(ip_parse(BYTES("10.0.0.1"), &at->source_ip[0]));
    at->destination_port[0] = 50050;
    row_dependencies(batch, 0, &all);
    assert_flow(find(&all, "connected to"), "P", "10.0.0.9");
    assert_flow(find(&all, "answered"), "10.0.0.9", "P");
    assert_int_equal(all.at[0].to.port, 50050);
    /* Coming in, the far port is the peer's whim: two connections are one peer. */
    at->network_direction[0] = DIRECTION_ingress;
    at->event_action[0] = ACTION_accept;
    at->source_port[0] = 51000;
    row_dependencies(batch, 0, &all);
    assert_flow(find(&all, "connected to"), "10.0.0.1", "P");
    assert_int_equal(all.at[0].to.port, 0);
}

static void test_entry_names_its_program(void **state)
{
    struct batch *batch = *state;
    struct dependencies all;
    const char *key = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\Updater";
    batch->columns.event_category[0] = CATEGORY_registry;
    batch->columns.event_action[0] = ACTION_change;
    batch->columns.registry_path[0] = text(batch, key);
    batch->columns.registry_data[0] = text(batch, "wscript.exe \"C:\\Users\\Public\\a b.vbs\" //B");
    row_dependencies(batch, 0, &all);
    assert_flow(find(&all, "wrote"), "P", key);
    assert_flow(find(&all, "starts"), key, "C:\\Users\\Public\\a b.vbs");
    /* The same data under a key that starts nothing says nothing of the file. */
    batch->columns.registry_path[0] = text(batch, "HKLM\\SOFTWARE\\Recent\\Updater");
    row_dependencies(batch, 0, &all);
    assert_null(find(&all, "starts"));
}

static void assert_entry(const char *path, const char *name)
{
    struct bytes found = {"", 0};
    assert_int_equal(autostart_name(bytes_of(path), &found), name != NULL);
    if (name && !bytes_equal(found, bytes_of(name)))
        fail_msg("%s: %.*s", path, (int)found.len, found.at);
}

static void test_entry_names(void **state)
{
    (void)state;
    assert_entry("hklm\\software\\microsoft\\windows\\currentversion\\run\\java-update",
                 "java-update");
    assert_entry("HKLM\\SYSTEM\\CurrentControlSet\\Services\\PSEXESVC\\ImagePath", "PSEXESVC");
    assert_entry("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree"
                 "\\Microsoft\\Evil\\Id",
                 "Evil");
    assert_entry("C:\\Windows\\System32\\Tasks\\Evil", "Evil");
    assert_entry("C:\\Users\\u\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup"
                 "\\x.lnk",
                 "x");
    assert_entry("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\", NULL);
    assert_entry("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\RunMRU\\a", NULL);
    assert_entry("", NULL);
}

static void test_command_paths(void **state)
{
    (void)state;
    struct bytes command =
        BYTES("\"C:\\Program Files\\a.exe\" /x C:\\b c\\d.dll,Run \\\\srv\\s\\e.exe");
    static const char *const paths[] = {"C:\\Program Files\\a.exe", "C:\\b c\\d.dll",
                                        "\\\\srv\\s\\e.exe"};
    size_t at = 0;
    struct bytes path;
    for (size_t i = 0; i < 3; i++) {
        assert_true(command_path(command, &at, &path));
        if (!bytes_equal(path, bytes_of(paths[i])))
            fail_msg("%.*s", (int)path.len, path.at);
    }
    assert_false(command_path(command, &at, &path));
    at = 0;
    assert_false(command_path(BYTES("whoami /all"), &at, &path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_parent_flows_to_child, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files_by_what_was_done, setup, teardown),
        cmocka_unit_test_setup_teardown(test_access_mask_decides, setup, teardown),
        cmocka_unit_test_setup_teardown(test_connection_flows_both_ways, setup, teardown),
        cmocka_unit_test_setup_teardown(test_entry_names_its_program, setup, teardown),
        cmocka_unit_test(test_entry_names),
        cmocka_unit_test(test_command_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
