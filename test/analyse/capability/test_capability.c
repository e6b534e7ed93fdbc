/* analyse/capability: rules are read or refused with their line, and hold for what they say. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "analyse/capability/matcher.h"

static const char text[] =
    "# made for this test\n"
    "capability injects\n"
    "attack T1055 defense-evasion\n"
    "seen ordered OpenProcess > WriteProcessMemory | NtWriteVirtualMemory > CreateRemoteThread\n"
    "able api WriteProcessMemory & api CreateRemoteThread\n"
    "\n"
    "capability starts with Windows\n"
    "attack T1547.001 persistence\n"
    "seen key_write *\\currentversion\\run\\*\n"
    "able string *\\currentversion\\run & api RegSetValueEx\n";

struct bench {
    struct arena arena;
    struct capability_rules rules;
    struct capability_matcher *matcher;
};

static int bench_open(void **state)
{
    static struct bench bench;
    struct fault fault;
    bench = (struct bench){.matcher = NULL};
    assert_int_equal(capability_rules_read(bytes_of(text), &bench.arena, &bench.rules, &fault), 0);
    assert_int_equal(capability_matcher_create(&bench.rules, &bench.matcher), 0);
    *state = &bench;
    return 0;
}

static int bench_close(void **state)
{
    struct bench *bench = *state;
    capability_matcher_destroy(bench->matcher);
    capability_rules_finish(&bench->rules);
    arena_finish(&bench->arena);
    return 0;
}

static void calls_take(struct bench *bench, const char *const *names, uint32_t between)
{
    for (; *names; names++) {
        capability_report_take(bench->matcher, REPORT_call, bytes_of(*names));
        for (uint32_t i = 0; i < between; i++)
            capability_report_take(bench->matcher, REPORT_call, BYTES("NtClose"));
    }
}

static void calls_in_order_are_seen(void **state)
{
    static const char *const names[] = {"CreateRemoteThread", "openprocess", "NtWriteVirtualMemory",
                                        "CreateRemoteThread", NULL};
    struct capability_found found;
    struct bench *bench = *state;
    calls_take(bench, names, 3);
    assert_true(capability_find(bench->matcher, 0, &found));
    assert_true(found.seen);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.evidence[0].source, EVIDENCE_CALL);
    assert_int_equal(found.evidence[0].place, 4);
    assert_non_null(strstr(found.evidence[0].text, "at call 12"));
    assert_false(capability_find(bench->matcher, 1, &found));
    capability_matcher_clear(bench->matcher);
    assert_false(capability_find(bench->matcher, 0, &found));
}

static void calls_in_another_order_are_not(void **state)
{
    static const char *const names[] = {"WriteProcessMemory", "OpenProcess", "CreateRemoteThread",
                                        NULL};
    static const char *const far[] = {"OpenProcess", "WriteProcessMemory", NULL};
    static const char *const last[] = {"CreateRemoteThread", NULL};
    struct capability_found found;
    struct bench *bench = *state;
    calls_take(bench, names, 0);
    assert_true(capability_find(bench->matcher, 0, &found));
    assert_false(found.seen); /* it has the means all the same */
    capability_matcher_clear(bench->matcher);
    calls_take(bench, far, CAPABILITY_WINDOW);
    calls_take(bench, last, 0);
    assert_true(capability_find(bench->matcher, 0, &found));
    assert_false(found.seen);
}

static void texts_are_met_whole_and_by_kind(void **state)
{
    struct capability_found found;
    struct bench *bench = *state;
    const struct bytes key = BYTES("HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\evil");
    capability_report_take(bench->matcher, REPORT_key, key);
    assert_false(capability_find(bench->matcher, 1, &found));
    capability_report_take(bench->matcher, REPORT_mutex, key);
    assert_false(capability_find(bench->matcher, 1, &found));
    capability_report_take(bench->matcher, REPORT_key_write, key);
    assert_true(capability_find(bench->matcher, 1, &found));
    assert_true(found.seen);
    assert_int_equal(found.evidence[0].place, 2);
    assert_true(bytes_equal(bytes_of(found.evidence[0].text), key));
}

static void files_need_all_terms(void **state)
{
    struct capability_found found;
    struct bench *bench = *state;
    capability_text_take(bench->matcher, BYTES("Software\\Microsoft\\Windows\\CurrentVersion\\Run"),
                         77);
    assert_false(capability_find(bench->matcher, 1, &found));
    capability_import_take(bench->matcher, BYTES("RegSetValueExA"), 99);
    assert_true(capability_find(bench->matcher, 1, &found));
    assert_false(found.seen);
    assert_int_equal(found.evidence[0].place, 77);
    assert_int_equal(found.evidence[1].place, 99);
}

static void rules_without_sense_are_refused(void **state)
{
    static const struct {
        const char *text;
        int line;
    } bad[] = {{"seen api a\n", 1},
               {"capability x\nattack T1 y\n", 2},
               {"capability x\n\nseen nothing y\n", 3},
               {"capability x\nseen file *a*b*\n", 2},
               {"capability x\nseen file\n", 2},
               {"capability x\nseen ordered \n", 2},
               {"capability\n", 1},
               {"what\n", 1}};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct arena arena = {0};
        struct capability_rules rules;
        struct fault fault = {NULL, 0, 0};
        assert_int_equal(capability_rules_read(bytes_of(bad[i].text), &arena, &rules, &fault),
                         -EINVAL);
        assert_int_equal(fault.line, bad[i].line);
        assert_non_null(fault.why);
        arena_finish(&arena);
    }
}

static void own_rules_are_read(void **state)
{
    struct arena arena = {0};
    struct capability_rules rules;
    struct fault fault = {NULL, 0, 0};
    (void)state;
    assert_int_equal(capability_rules_read(capability_rules_text(), &arena, &rules, &fault), 0);
    assert_true(rules.rule_count > 60);
    for (uint32_t i = 0; i < rules.rule_count; i++) {
        uint32_t lines = 0;
        for (uint32_t j = 0; j < rules.line_count; j++)
            lines += rules.lines[j].rule == i;
        assert_true(lines > 0);
        assert_true(rules.rules[i].technique_count > 0);
    }
    capability_rules_finish(&rules);
    arena_finish(&arena);
}

static void globs_meet_the_whole_text(void **state)
{
    (void)state;
    assert_true(capability_glob(BYTES("*\\Run\\*"), BYTES("hkcu\\run\\x")));
    assert_false(capability_glob(BYTES("*\\run"), BYTES("hkcu\\run\\x")));
    assert_true(capability_glob(BYTES("a*b*c"), BYTES("aXbbYc")));
    assert_false(capability_glob(BYTES("a*b*c"), BYTES("aXcYb")));
    assert_true(capability_glob(BYTES("abc**"), BYTES("abc")));
    assert_false(capability_glob(BYTES("abc"), BYTES("abcd")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(calls_in_order_are_seen, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(calls_in_another_order_are_not, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(texts_are_met_whole_and_by_kind, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(files_need_all_terms, bench_open, bench_close),
        cmocka_unit_test(rules_without_sense_are_refused),
        cmocka_unit_test(own_rules_are_read),
        cmocka_unit_test(globs_meet_the_whole_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
