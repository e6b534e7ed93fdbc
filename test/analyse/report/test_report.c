/* Reports of five makes are told thing by thing, whole or a byte at a time; what is no report is
 * refused with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "analyse/report/texts.h"

static int begin_tell(void *context)
{
    buffer_put(context, BYTES("<"));
    return 0;
}

static int item_tell(void *context, enum report_kind kind, struct bytes text)
{
    struct bytes name = report_kind_name(kind);
    buffer_put_format(context, "%.*s %.*s\n", (int)name.len, name.at, (int)text.len, text.at);
    return 0;
}

static int end_tell(void *context)
{
    buffer_put(context, BYTES(">"));
    return 0;
}

/* What a text tells, in pieces of `step` bytes. */
static int told(struct bytes text, size_t step, struct buffer *out, struct fault *fault)
{
    const struct report_listener listener = {begin_tell, item_tell, end_tell, out};
    struct report_reader *reader = report_reader_create(&listener);
    int error = 0;
    assert_non_null(reader);
    buffer_clear(out);
    for (size_t i = 0; i < text.len && !error; i += step) {
        struct bytes rest = bytes_from(text, i);
        rest.len = rest.len < step ? rest.len : step;
        error = report_reader_feed(reader, rest, fault);
    }
    if (!error)
        error = report_reader_end(reader, fault);
    report_reader_destroy(reader);
    buffer_put_char(out, 0);
    return error;
}

static void tells(const char *text, const char *expected)
{
    static const size_t steps[] = {1, 2, 3, 7, 1 << 20};
    struct buffer out = {0};
    struct fault fault;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        assert_int_equal(told(bytes_of(text), steps[i], &out, &fault), 0);
        assert_string_equal(out.at, expected);
    }
    buffer_finish(&out);
}

static void cape_is_read(void **state)
{
    (void)state;
    tells("{\"info\":{\"id\":1,\"deep\":[[{\"files\":[\"no\"]}]]},"
          "\"target\":{\"category\":\"file\",\"file\":{\"name\":\"a.exe\",\"sha256\":\"00ff\"}},"
          "\"behavior\":{\"processes\":[{\"process_id\":1,\"process_name\":\"a.exe\","
          "\"calls\":[{\"api\":\"NtOpenFile\",\"arguments\":[{\"name\":\"x\",\"value\":\"y\"}]},"
          "{\"api\":\"NtClose\"}],\"environ\":{\"CommandLine\":\"a /C\"}}],"
          "\"summary\":{\"files\":[\"C:\\\\x\"],\"write_files\":[\"C:\\\\y\"],\"mutexes\":[],"
          "\"keys\":[\"HKEY_LOCAL_MACHINE\\\\k\"],\"executed_commands\":[\"cmd \\\"q\\\"\"]}},"
          "\"network\":{\"domains\":[{\"domain\":\"e.org\",\"ip\":\"192.0.2.1\"}],"
          "\"hosts\":[\"192.0.2.2\"],\"http\":[{\"host\":\"192.0.2.3:8080\",\"uri\":\"http://u/\","
          "\"port\":80}]},"
          "\"signatures\":[{\"name\":\"stealth\",\"data\":[{\"name\":\"no\"}]}],"
          "\"ttps\":[{\"ttp\":\"T1055\",\"signature\":\"s\"}],\"malfamily\":null,"
          "\"detections\":[{\"family\":\"Emotet\",\"details\":[]}]}",
          "<sample a.exe\nsample 00ff\nprocess a.exe\ncall NtOpenFile\ncall NtClose\ncommand a /C\n"
          "file C:\\x\nfile_write C:\\y\nkey HKEY_LOCAL_MACHINE\\k\ncommand cmd \"q\"\n"
          "domain e.org\naddress 192.0.2.1\naddress 192.0.2.2\naddress 192.0.2.3\nurl http://u/\n"
          "signature stealth\ntechnique T1055\nsignature s\nfamily Emotet\n>");
}

static void cuckoo_is_read(void **state)
{
    (void)state;
    tells("{\"behavior\":{\"generic\":[{\"process_name\":\"b\",\"summary\":{"
          "\"regkey_written\":[\"HKU\\\\r\"],\"mutex\":[\"m\"],\"dll_loaded\":[\"k.dll\"],"
          "\"guid\":[\"no\"],\"connects_host\":[\"h.example\"]}}],"
          "\"apistats\":{\"812\":{\"NtClose\":4,\"recv\":1}}}}\n",
          "<process b\nkey_write HKU\\r\nmutex m\nlibrary k.dll\ndomain h.example\napi NtClose\n"
          "api recv\n>");
}

static void speakeasy_is_read(void **state)
{
    (void)state;
    tells(
        "[{\"ep_type\":\"thread\",\"apis\":[{\"pc\":\"0x1\",\"api_name\":\"kernel32.CreateMutexA\","
        "\"args\":[\"0x0\",\"0x1\",\"Global\\\\m\"],\"ret_val\":null}],"
        "\"file_access\":[{\"event\":\"open\",\"path\":\"C:\\\\o\"},"
        "{\"path\":\"C:\\\\w\",\"event\":\"write\"}],"
        "\"registry_access\":[{\"event\":\"write_value\",\"path\":\"HKEY_X\\\\p\","
        "\"value_name\":\"v\"}],"
        "\"network_events\":{\"dns\":[{\"query\":\"q.example\",\"response\":\"10.1.2.3\"}],"
        "\"traffic\":[{\"server\":\"s.example\",\"port\":80}]}}]",
        "<call kernel32.CreateMutexA\nmutex Global\\m\nfile C:\\o\nfile_write C:\\w\n"
        "key_write HKEY_X\\p\\v\ndomain q.example\ndomain s.example\n>");
}

static void lines_are_reports(void **state)
{
    (void)state;
    tells("{\"id\":\"1\",\"family\":\"F\",\"f\":{\"file_read\":\"aa bb\",\"net\":\"cc\"}}\n"
          "{\"summary\":{\"mutexes\":[\"\\ud83d\\ude00\\ud83dx\\u00e9\"]},\"n\":[1,-2e5,NaN,true]}",
          "<sample 1\nfamily F\ntoken file_read:aa\ntoken file_read:bb\ntoken net:cc\n>"
          "<mutex \xf0\x9f\x98\x80\xef\xbf\xbdx\xc3\xa9\n>");
}

static void lists_are_read(void **state)
{
    (void)state;
    tells("# seen\nC:\\a b.txt\r\nHKCU\\Run\\x\nmutex\tm\n\nhttp://u/\n192.0.2.9\nother\tq",
          "<file C:\\a b.txt\nkey HKCU\\Run\\x\nmutex m\nurl http://u/\naddress 192.0.2.9\n"
          "file other\tq\n>");
}

static void bad_texts_are_refused(void **state)
{
    static const char *const bad[] = {
        "{\"a\":1",    "{\"a\" 1}", "{a:1}",         "[1,]",       "{\"a\":1,}", "[1}",      "{]",
        "{\"a\":tru}", "[\"\\x\"]", "[\"\\u12g4\"]", "{\"a\":1}}", "[\"",        "{\"a\":-", "{}}",
    };
    struct buffer out = {0};
    struct fault fault;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        for (size_t step = 1; step < 32; step *= 2)
            assert_int_equal(told(bytes_of(bad[i]), step, &out, &fault), -EBADMSG);
    assert_int_equal(told(BYTES("{\"a\":\n\n?"), 9, &out, &fault), -EBADMSG);
    assert_int_equal(fault.line, 3);
    assert_int_equal(fault.offset, 7);
    assert_int_equal(told(BYTES(" \n"), 9, &out, &fault), -ENODATA);
    buffer_finish(&out);
}

/* Beyond the limits: too deep is refused, too long is cut and counted. */
static void limits_hold(void **state)
{
    struct buffer text = {0}, out = {0};
    struct fault fault;
    (void)state;
    for (int i = 0; i < 65; i++)
        buffer_put_char(&text, '[');
    assert_int_equal(told(buffer_bytes(&text), 5, &out, &fault), -E2BIG);
    for (int round = 0; round < 2; round++) { /* in one piece, and with escapes */
        const struct report_listener listener = {begin_tell, item_tell, end_tell, &out};
        struct report_reader *reader = report_reader_create(&listener);
        buffer_clear(&text);
        buffer_clear(&out);
        buffer_put(&text, BYTES("{\"summary\":{\"mutexes\":[\""));
        buffer_put(&text, round ? BYTES("\\\\") : BYTES("x"));
        for (int i = 0; i < 70000; i++)
            buffer_put_char(&text, 'a');
        buffer_put(&text, BYTES("\"]}}"));
        assert_int_equal(report_reader_feed(reader, buffer_bytes(&text), &fault), 0);
        assert_int_equal(report_reader_end(reader, &fault), 0);
        assert_int_equal(report_reader_counts(reader).cut, 1);
        assert_int_equal(out.len, strlen("<mutex \n>") + 65536);
        report_reader_destroy(reader);
    }
    buffer_finish(&text);
    buffer_finish(&out);
}

static int refuse(void *context)
{
    (void)context;
    return -EIO;
}

static void listener_ends_it(void **state)
{
    const struct report_listener listener = {refuse, item_tell, end_tell, NULL};
    struct fault fault;
    (void)state;
    assert_int_equal(report_read(BYTES("{\"sha256\":\"a\"}"), &listener, &fault), -EIO);
}

static void texts_are_kept_once(void **state)
{
    struct report_texts texts = {0};
    (void)state;
    for (int round = 0; round < 2; round++) {
        assert_int_equal(report_texts_add(&texts, REPORT_file, BYTES("a")), 0);
        assert_int_equal(report_texts_add(&texts, REPORT_file, BYTES("a")), 0);
        assert_int_equal(report_texts_add(&texts, REPORT_mutex, BYTES("a")), 0);
        for (int i = 0; i < 100; i++)
            assert_int_equal(report_texts_add(&texts, REPORT_call, BYTES("c")), 0);
        assert_int_equal(texts.count, 2);
        assert_int_equal(texts.call_count, 100);
        assert_true(bytes_equal(report_texts_first(&texts, REPORT_mutex), BYTES("a")));
        assert_int_equal(report_texts_first(&texts, REPORT_key).len, 0);
        report_texts_clear(&texts);
    }
    report_texts_finish(&texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cape_is_read),        cmocka_unit_test(cuckoo_is_read),
        cmocka_unit_test(speakeasy_is_read),   cmocka_unit_test(lines_are_reports),
        cmocka_unit_test(lists_are_read),      cmocka_unit_test(bad_texts_are_refused),
        cmocka_unit_test(limits_hold),         cmocka_unit_test(listener_ends_it),
        cmocka_unit_test(texts_are_kept_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
