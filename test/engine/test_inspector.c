/* The helper that reads samples, as who asks it sees it: well, silent, dying, lying, without a
 * sandbox; the next sample is always answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/inspector.h"
#include "engine/sample_desk.h"

static const char *helper; /* the real one */
static char folder[64], script[96];

#define HELLO_SHA256 "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

static void script_write(const char *text)
{
    FILE *file = fopen(script, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", text);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(script, 0700), 0);
}

static bool contains(struct bytes text, const char *part)
{
    return text.len && memmem(text.at, text.len, part, strlen(part)) != NULL;
}

static void answers_many_with_one_child(void **state)
{
    struct inspector *inspector;
    struct bytes said = {0};
    (void)state;
    assert_int_equal(inspector_open(helper, NULL, NULL, INSPECTOR_PATIENCE, &inspector), 0);
    assert_int_equal(inspector_greeting(inspector, &said), 0);
    assert_true(contains(said, "\"packer\":\"no model\""));
    for (int i = 0; i < 20; i++) {
        assert_int_equal(inspector_ask(inspector, BYTES("a \"name\""), BYTES("hello"), &said), 0);
        assert_true(contains(said, HELLO_SHA256) && contains(said, "ASCII text"));
        assert_true(contains(said, "a \\\"name\\\"") && !contains(said, "failed"));
    }
    assert_int_equal(inspector_ask(inspector, BYTES(""), (struct bytes){NULL, 0}, &said), 0);
    assert_true(contains(said, "\"size\":0"));
    inspector_close(inspector);
}

#define GREETING "printf '\\002\\000\\000\\000{}'; "

static void silence_death_and_nonsense_are_told_of_the_sample(void **state)
{
    static const struct {
        const char *script, *why;
        int64_t patience;
    } helpers[] = {
        {GREETING "exec sleep 100", "took too long", INT64_C(200000000)},
        {GREETING "head -c 10 >/dev/null; kill -SEGV $$", "failed", INT64_C(5000000000)},
        {GREETING "printf '\\377\\377\\377\\377'; exec sleep 100", "failed", INT64_C(5000000000)},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
        struct inspector *inspector;
        struct bytes said = {0};
        script_write(helpers[i].script);
        assert_int_equal(inspector_open(script, NULL, NULL, helpers[i].patience, &inspector), 0);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(inspector_ask(inspector, BYTES("x"), BYTES("hello"), &said), 0);
            assert_true(contains(said, helpers[i].why) && contains(said, HELLO_SHA256));
        }
        inspector_close(inspector);
    }
}

static void without_a_sandbox_nothing_is_read(void **state)
{
    struct inspector *inspector;
    struct bytes said = {0};
    (void)state;
    script_write("exit 1");
    assert_int_equal(inspector_open(script, NULL, NULL, INSPECTOR_PATIENCE, &inspector), 0);
    assert_int_equal(inspector_ask(inspector, BYTES("x"), BYTES("hello"), &said), -EPERM);
    inspector_close(inspector);
    assert_int_equal(inspector_open("/nowhere", NULL, NULL, 1, &inspector), -ENOENT);
}

/* A helper that was taken over cannot speak for another sample, nor break the store. */
static void a_lie_is_not_stored(void **state)
{
    const struct sample_desk_options options = {
        .folder = folder, .helper = script, .patience = INT64_C(5000000000)};
    struct sample_desk *desk;
    struct buffer report = {0};
    (void)state;
    script_write(GREETING
                 "printf '\\033\\000\\000\\000{\"sha256\":\"00\",\"files\":[] }'; exec sleep 100");
    assert_int_equal(sample_desk_open(&options, &desk), 0);
    assert_int_equal(sample_desk_take(desk, BYTES("x"), BYTES("hello"), 1, &report), -EBADMSG);
    assert_int_equal(report.len, 0);
    sample_desk_close(desk);
    buffer_finish(&report);
}

static void limits_are_kept(void **state)
{
    struct inspector *inspector;
    struct bytes said = {0};
    char *content = calloc(1, INSPECTOR_SAMPLE_MOST + 1);
    char name[3000];
    (void)state;
    memset(name, 'n', sizeof(name));
    assert_int_equal(inspector_open(helper, NULL, NULL, INSPECTOR_PATIENCE, &inspector), 0);
    struct bytes most = {content, INSPECTOR_SAMPLE_MOST};
    assert_int_equal(inspector_ask(inspector, (struct bytes){name, 3000}, most, &said), 0);
    assert_true(contains(said, "\"size\":67108864") && !contains(said, "failed"));
    most.len++;
    assert_int_equal(inspector_ask(inspector, BYTES("x"), most, &said), -EFBIG);
    inspector_close(inspector);
    free(content);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_many_with_one_child),
        cmocka_unit_test(silence_death_and_nonsense_are_told_of_the_sample),
        cmocka_unit_test(without_a_sandbox_nothing_is_read),
        cmocka_unit_test(a_lie_is_not_stored),
        cmocka_unit_test(limits_are_kept),
    };
    if (argc < 2)
        return EXIT_FAILURE;
    helper = argv[1];
    snprintf(folder, sizeof(folder), "/tmp/hinomi-inspector-XXXXXX");
    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    snprintf(script, sizeof(script), "%s/helper", folder);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) == 0 ? failed : EXIT_FAILURE;
}
