#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lab/text.h"

struct setting {
    struct enterprise enterprise;
    struct random random;
    struct scene scene;
    struct buffer out;
};

static struct setting setting;

static int setup(void **state)
{
    (void)state;
    if (enterprise_create(&setting.enterprise, 1, PCS_MIN, SERVERS_MIN, 1) != 0)
        return -1;
    const struct host *host = &setting.enterprise.hosts[SERVERS_MIN + 1];
    setting.random = random_stream(1, 1, 1);
    setting.scene = (struct scene){.enterprise = &setting.enterprise,
                                   .host = host,
                                   .user = &setting.enterprise.users[host->user],
                                   .program = catalog_program(PROGRAM_CHROME),
                                   .random = &setting.random};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    enterprise_finish(&setting.enterprise);
    buffer_finish(&setting.out);
    return 0;
}

static void expect(const char *template, const char *text)
{
    buffer_clear(&setting.out);
    text_expand(&setting.out, template, &setting.scene);
    assert_int_equal(setting.out.len, strlen(text));
    assert_memory_equal(setting.out.at, text, strlen(text));
}

static void test_text_is_escaped(void **state)
{
    (void)state;
    expect("C:\\a \"b\"\\", "C:\\\\a \\\"b\\\"\\\\");
    expect("", "");
    expect("\\\\{files}\\x", "\\\\\\\\FS01\\\\x");
}

static void test_unknown_names_stand_for_themselves(void **state)
{
    (void)state;
    expect("{nobody} {", "{nobody} {");
    expect("{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}", "{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}");
    expect("{}", "{}");
}

static void test_names_are_filled_in(void **state)
{
    (void)state;
    expect("{host}", setting.scene.host->name);
    expect("{user}", setting.scene.user->name);
    expect("{version}", "143.0.7499.110");
    expect("{date}", "1970-01-01");
}

static void test_a_release_changes_the_version(void **state)
{
    (void)state;
    struct host newer = *setting.scene.host;
    newer.release[PROGRAM_CHROME] = 1;
    setting.scene.host = &newer;
    buffer_clear(&setting.out);
    text_expand(&setting.out, "{version}", &setting.scene);
    assert_true(bytes_start(buffer_bytes(&setting.out), BYTES("143.0.75")));
    setting.scene.host = &setting.enterprise.hosts[SERVERS_MIN + 1];
}

static void test_base_name(void **state)
{
    (void)state;
    assert_true(bytes_equal(text_base_name(BYTES("C:\\\\a\\\\b.exe")), BYTES("b.exe")));
    assert_true(bytes_equal(text_base_name(BYTES("System")), BYTES("System")));
    assert_true(bytes_equal(text_base_name(BYTES("a\\\\")), BYTES("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_escaped),
        cmocka_unit_test(test_unknown_names_stand_for_themselves),
        cmocka_unit_test(test_names_are_filled_in),
        cmocka_unit_test(test_a_release_changes_the_version),
        cmocka_unit_test(test_base_name),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
