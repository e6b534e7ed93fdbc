/* The helper as its client sees it: well, silent, dying, lying; the next shellcode is always
 * answered. */
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

#include "engine/emulator.h"

static const char *helper; /* the real one */
static char folder[64], script[96];

#define EXIT_CODE BYTES("\x6a\x05\x5b\x6a\x01\x58\xcd\x80") /* exit(5) on 32-bit Linux */

/* A helper of our own: a shell script. */
static void script_write(const char *text)
{
    FILE *file = fopen(script, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", text);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(script, 0700), 0);
}

static enum shellcode_ending ending_of(struct emulator *emulator, int *ret_error)
{
    struct arena keep = {0};
    struct shellcode_run run = {0};
    *ret_error = emulator_explain(emulator, SHELLCODE_LINUX_X86, EXIT_CODE, &keep, &run);
    arena_finish(&keep);
    return run.ending;
}

static void answers_many(void **state)
{
    (void)state;
    struct emulator *emulator;
    int error;
    assert_int_equal(emulator_open(helper, EMULATOR_PATIENCE, &emulator), 0);
    assert_null(emulator_greeting(emulator));
    for (int i = 0; i < 50; i++) {
        assert_int_equal(ending_of(emulator, &error), SHELLCODE_EXITED);
        assert_int_equal(error, 0);
    }
    assert_int_equal(emulator_starts(emulator), 1);
    assert_true(emulator_greeting(emulator)->seccomp);
    assert_true(bytes_start(emulator_greeting(emulator)->engine, BYTES("Unicorn 2")));
    emulator_close(emulator);
}

#define GREETING "printf '\\007\\000\\000\\000HNE1\\001\\001U'; "

static void silence_ends_and_the_next_is_asked(void **state)
{
    (void)state;
    struct emulator *emulator;
    int error;
    script_write(GREETING "exec sleep 100");
    assert_int_equal(emulator_open(script, INT64_C(300000000), &emulator), 0);
    assert_int_equal(ending_of(emulator, &error), SHELLCODE_HUNG);
    assert_int_equal(error, 0);
    assert_int_equal(ending_of(emulator, &error), SHELLCODE_HUNG);
    assert_int_equal(emulator_starts(emulator), 2);
    emulator_close(emulator);
}

static void death_and_nonsense_are_crashes(void **state)
{
    (void)state;
    static const char *const helpers[] = {
        GREETING "head -c 10 >/dev/null; kill -SEGV $$",             /* dies of it */
        GREETING "printf '\\377\\377\\377\\377'; exec sleep 100",    /* a frame of 4 GiB */
        GREETING "printf '\\003\\000\\000\\000abc'; exec sleep 100", /* no run */
    };
    for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
        struct emulator *emulator;
        int error;
        script_write(helpers[i]);
        assert_int_equal(emulator_open(script, INT64_C(5000000000), &emulator), 0);
        assert_int_equal(ending_of(emulator, &error), SHELLCODE_CRASHED);
        assert_int_equal(error, 0);
        emulator_close(emulator);
    }
}

static void a_helper_without_a_sandbox_is_not_used(void **state)
{
    (void)state;
    static const char *const helpers[] = {
        "exit 1",                                                       /* it refuses */
        "printf '\\007\\000\\000\\000HNE1\\000\\001U'; exec sleep 100", /* it admits */
    };
    for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
        struct emulator *emulator;
        int error;
        script_write(helpers[i]);
        assert_int_equal(emulator_open(script, INT64_C(5000000000), &emulator), 0);
        (void)ending_of(emulator, &error);
        assert_int_equal(error, -EPERM);
        emulator_close(emulator);
    }
}

static void limits_are_kept(void **state)
{
    (void)state;
    struct emulator *emulator;
    struct arena keep = {0};
    struct shellcode_run run = {0};
    char *code = calloc(1, SHELLCODE_CODE_MOST + 1);
    assert_int_equal(emulator_open("/nowhere/helper", EMULATOR_PATIENCE, &emulator), -ENOENT);
    assert_int_equal(emulator_open(helper, EMULATOR_PATIENCE, &emulator), 0);
    struct bytes most = {code, SHELLCODE_CODE_MOST};
    assert_int_equal(emulator_explain(emulator, SHELLCODE_LINUX_X86, most, &keep, &run), 0);
    most.len++;
    assert_int_equal(emulator_explain(emulator, SHELLCODE_LINUX_X86, most, &keep, &run), -E2BIG);
    emulator_close(emulator);
    arena_finish(&keep);
    free(code);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_many),
        cmocka_unit_test(silence_ends_and_the_next_is_asked),
        cmocka_unit_test(death_and_nonsense_are_crashes),
        cmocka_unit_test(a_helper_without_a_sandbox_is_not_used),
        cmocka_unit_test(limits_are_kept),
    };
    if (argc < 2)
        return EXIT_FAILURE;
    helper = argv[1];
    snprintf(folder, sizeof(folder), "/tmp/hinomi-test-XXXXXX");
    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    snprintf(script, sizeof(script), "%s/helper", folder);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(script);
    rmdir(folder);
    return failed;
}
