/* What expressions of three languages are worth, what they run, and that reading them ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "triage/code/code.h"
#include "triage/shell/shell.h"

static struct code_result run(struct arena *arena, const char *source)
{
    struct code_result result;
    assert_int_equal(code_run(bytes_of(source), arena, &result), 0);
    return result;
}

static void check_text(const char *source, struct bytes got, const char *wanted)
{
    if (!bytes_equal(got, bytes_of(wanted)))
        fail_msg("%s: \"%.*s\", not \"%s\"", source, (int)got.len, got.at, wanted);
}

/* Values that follow from the arguments. */
static void values_are_worked_out(void **state)
{
    static const struct {
        const char *source, *value;
    } rows[] = {
        {"123*456+process.pid*0", "56088"},
        {"2**10-24%10/4", "1023"},
        {"'abcdefgh'.split('').reverse().join('')", "hgfedcba"},
        {"[1,2,3].join('-')+\"x\"", "1-2-3x"},
        {"Buffer.from('abc').toString('base64')", "YWJj"},
        {"String.fromCharCode(97,98).toUpperCase()", "AB"},
        {"strrev('hello').str_repeat('ab',3)", "ollehababab"},
        {"md5('abc')", "900150983cd24fb0d6963f7d28e17f72"},
        {"bin2hex(base64_decode('YWJj'))", "616263"},
        {"'hello'[::-1]+'7'*3", "olleh777"},
        {"hashlib.sha1(b'abc').hexdigest()", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"(()=>{const a=6;return a*7})()", "42"},
        {"(function(){return 'a'+'b'})()", "ab"},
        {"x='a';y=x+x;y.length", "2"},
        {"process.platform+process.arch", "linuxx64"},
        {"eval('6*7')", "42"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena arena = {0};
        struct code_result result = run(&arena, rows[i].source);
        check_text(rows[i].source, result.value, rows[i].value);
        assert_true(result.reached > 0 || result.number || result.value.len);
        arena_finish(&arena);
    }
}

/* Values that depend on the machine are known by their grammar. */
static void machines_are_told_by_kind(void **state)
{
    static const struct {
        const char *source, *pattern;
    } rows[] = {
        {"process.version", "v\\d+\\.\\d+\\.\\d+"},
        {"'on '.phpversion()", "on \\d+\\.\\d+\\.\\d+"},
        {"require('os').release()", "\\d+\\.\\d+\\.\\d+"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena arena = {0};
        struct bytes pattern;
        double bits;
        struct code_result result = run(&arena, rows[i].source);
        assert_int_equal(shell_output_pattern(result.value, &arena, &pattern, &bits), 0);
        check_text(rows[i].source, pattern, rows[i].pattern);
        assert_true(result.reached > 0);
        arena_finish(&arena);
    }
}

/* Commands, files, URLs and waiting, from the middle of a statement too. */
static void what_it_runs_is_told(void **state)
{
    static const struct {
        const char *source, *command;
        bool shown;
        double seconds;
    } rows[] = {
        {"require('child_process').execSync('id')", "id", false, 0},
        {"global.process.mainModule.require('child_process').execSync('uname -a')", "uname -a",
         false, 0},
        {"1));system(\"head -1 /etc/passwd\");((1", "head -1 /etc/passwd", true, 0},
        {"__import__('subprocess').check_output(['ls','-la','/'])", "ls -la /", false, 0},
        {"print(`whoami`)", "whoami", false, 0},
        {"require('fs').readFileSync('/etc/hosts','utf8')", "cat '/etc/hosts'", false, 0},
        {"eval(base64_decode('c3lzdGVtKCdpZCcpOw=='))", "id", true, 0},
        {"1;sleep(2);usleep(500000)", NULL, false, 2.5},
        {"(()=>{const e=Date.now();while(Date.now()-e<2000);return 1})()", NULL, false, 2},
        {"var end=Date.now()+3000;while(Date.now()<end){}", NULL, false, 3},
        {"__import__('time').sleep(4)", NULL, false, 4},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena arena = {0};
        struct code_result result = run(&arena, rows[i].source);
        assert_int_equal(result.command_count, rows[i].command != NULL);
        if (rows[i].command) {
            check_text(rows[i].source, result.commands[0].text, rows[i].command);
            assert_int_equal(result.commands[0].shown, rows[i].shown);
        }
        assert_true(result.seconds > rows[i].seconds - 0.01 &&
                    result.seconds < rows[i].seconds + 0.01);
        arena_finish(&arena);
    }
}

/* Printing is no value, and a fetch is no file. */
static void prints_and_fetches_are_told(void **state)
{
    struct arena arena = {0};
    struct code_result result = run(&arena, "echo 7*6, 'x'; print(md5('abc'));");
    (void)state;
    check_text("echo", result.printed, "42x900150983cd24fb0d6963f7d28e17f72");
    result = run(&arena, "file_get_contents('http://192.0.2.1:81/x')");
    assert_int_equal(result.url_count, 1);
    check_text("fetch", result.urls[0], "http://192.0.2.1:81/x");
    assert_int_equal(result.command_count, 0);
    arena_finish(&arena);
}

/* What people write into forms reaches for nothing. */
static void sentences_reach_for_nothing(void **state)
{
    static const char *const texts[] = {
        "7*7+1",
        "O'Brien",
        "Rock; Paper",
        "Hello (world) and more",
        "user.name",
        "a + b = c",
        "5 < 6",
        "C:\\notes",
        "select committee",
        "don't (really)",
        "{\"a\": [1]}",
        "f(x) = x * 2 + 1",
        "",
        "process",
        "see RFC 2119 (MUST)",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct arena arena = {0};
        struct code_result result = run(&arena, texts[i]);
        if (result.reached || result.command_count)
            fail_msg("\"%s\" reached for %u", texts[i], result.reached);
        arena_finish(&arena);
    }
}

/* Depth, growth and calls of itself end within the bounds. */
static void hostile_programs_end(void **state)
{
    static const char *const pieces[] = {
        "(",   "[",    "{",    "-",        "a=()=>a();a();", "eval('eval(1)');",
        "`${", "x?x:", "'",    "while(1)", "f(f(f(",         "str_repeat('aaaaaaaa',4096).",
        "1+",  "!",    "new ", ".a",       "<?php ",
    };
    char *text = malloc(CODE_SOURCE + 64);
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
        struct arena arena = {.limit = 64 << 20};
        struct code_result result;
        size_t len = 0;
        while (len + strlen(pieces[i]) < CODE_SOURCE) {
            memcpy(text + len, pieces[i], strlen(pieces[i]));
            len += strlen(pieces[i]);
        }
        assert_int_equal(code_run((struct bytes){text, len}, &arena, &result), 0);
        assert_true(result.value.len <= CODE_TEXT);
        arena_finish(&arena);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_worked_out),
        cmocka_unit_test(machines_are_told_by_kind),
        cmocka_unit_test(what_it_runs_is_told),
        cmocka_unit_test(prints_and_fetches_are_told),
        cmocka_unit_test(sentences_reach_for_nothing),
        cmocka_unit_test(hostile_programs_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
