/* darknet.yaml: what it says arrives; what is wrong is refused at its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

#include "observe/darknet_yaml.h"

static const char whole[] = "telescope:\n"
                            "  prefixes: [192.0.2.0/24, '2001:db8::/32']\n"
                            "  exclude: 192.0.2.128/25\n"
                            "organisations:\n"
                            "  - name: 例示大学\n"
                            "    prefixes: [198.51.100.0/24]\n"
                            "    unused: [198.51.100.128/25]\n"
                            "    webhook: https://soc.example.jp/hook\n"
                            "    webhook_token: secret\n"
                            "    mail: [a@example.jp, b@example.jp]\n"
                            "  - name: Branch\n"
                            "    prefixes: [198.51.100.64/26, 203.0.113.0/24]\n"
                            "scanner_lists: [one.txt, two.txt]\n"
                            "geography: country.mmdb\n"
                            "mail: {server: 'smtp://127.0.0.1:25', from: h@example.jp}\n"
                            "contacts: {silence: 90s}\n";

static uint32_t owner(const struct darknet_prefixes *prefixes, const char *text)
{
    struct ip ip;
    assert_true(ip_parse(bytes_of(text), &ip));
    return prefix_table_find(&prefixes->organisations, &ip);
}

static void everything_in_it_arrives(void **state)
{
    struct arena arena = {0};
    struct darknet_configuration read;
    struct darknet_prefixes prefixes;
    struct fault fault;
    (void)state;
    assert_int_equal(darknet_yaml_read(bytes_of(whole), &arena, &read, &fault), 0);
    assert_int_equal(read.organisation_count, 2);
    const struct organisation *first = organisation_of(&read, 1);
    assert_string_equal(first->name, "例示大学");
    assert_string_equal(first->webhook, "https://soc.example.jp/hook");
    assert_string_equal(first->webhook_token, "secret");
    assert_int_equal(first->mails.count, 2);
    assert_string_equal(first->mails.at[1], "b@example.jp");
    assert_null(organisation_of(&read, 2)->webhook);
    assert_null(organisation_of(&read, 0));
    assert_null(organisation_of(&read, 3));
    assert_int_equal(read.scanner_lists.count, 2);
    assert_string_equal(read.geography, "country.mmdb");
    assert_string_equal(read.mail.url, "smtp://127.0.0.1:25");
    assert_int_equal(read.contact_silence, 90 * TIME_SECOND);
    assert_int_equal(darknet_prefixes_make(&read, &prefixes), 0);
    assert_int_equal(owner(&prefixes, "198.51.100.1"), 1);
    assert_int_equal(owner(&prefixes, "198.51.100.65"), 2); /* the branch's own corner */
    assert_int_equal(owner(&prefixes, "192.0.2.1"), 0);
    darknet_prefixes_finish(&prefixes);
    arena_finish(&arena);
}

/* `text` is refused at `line` with a reason that has `word` in it. */
static void refused(const char *text, uint64_t line, const char *word)
{
    struct arena arena = {0};
    struct darknet_configuration read = {.organisation_count = 77};
    struct fault fault = {NULL, 0, 0};
    int status = darknet_yaml_read(bytes_of(text), &arena, &read, &fault);
    arena_finish(&arena);
    assert_true(status == -EINVAL || status == -EFBIG);
    assert_int_equal(read.organisation_count, 77);
    assert_non_null(fault.why);
    if (!strstr(fault.why, word))
        fail_msg("'%s' says: %s", text, fault.why);
    if (fault.line != line)
        fail_msg("'%s' names line %llu", text, (unsigned long long)fault.line);
}

#define ORGANISATION "organisations:\n  - name: A\n    prefixes: [198.51.100.0/24]\n"

static void what_is_wrong_is_named_with_its_line(void **state)
{
    (void)state;
    refused("", 1, "empty");
    refused("- a\n- b\n", 1, "mapping");
    refused("telescope:\n  prefix: [192.0.2.0/24]\n", 2, "not known");
    refused("telescope:\n  exclude: []\n", 2, "no list of prefixes");
    refused("telescope: {prefixes: [192.0.2.0/24]}\ntelescope: {}\n", 2, "twice");
    refused("telescope:\n  prefixes:\n  - 192.0.2.0/24\n  - 192.0.2.1/24\n", 4, "bits set");
    refused("telescope:\n  prefixes: [192.0.2.0/33]\n", 2, "no prefix");
    refused("telescope:\n  prefixes: [[192.0.2.0/24]]\n", 2, "no prefix");
    refused("organisations: {}\n", 1, "list");
    refused("organisations:\n  - prefixes: [10.0.0.0/8]\n", 2, "no name");
    refused("organisations:\n  - name: a/b\n    prefixes: [10.0.0.0/8]\n", 2, "'/'");
    refused("organisations:\n  - name: A\n    prefixes: []\n", 2, "no prefixes");
    refused(ORGANISATION "    unused: [10.0.0.0/8]\n", 2, "unused");
    refused(ORGANISATION "    webhook: ftp://x\n", 4, "https://");
    refused(ORGANISATION "    webhook_token: x\n", 2, "without a webhook");
    refused(ORGANISATION "    webhook: \"http://x/\\r\\nHost: y\"\n", 4, "control");
    refused(ORGANISATION "    mail: [nobody]\n", 4, "name@domain");
    refused(ORGANISATION "    mail: [a@b]\n", 1, "no mail server");
    refused(ORGANISATION "  - name: A\n    prefixes: [10.0.0.0/8]\n", 4, "this name");
    refused(ORGANISATION "  - name: B\n    prefixes: [198.51.100.0/24]\n", 4, "another's");
    refused("mail: {server: 'http://x', from: a@b}\n", 1, "smtp://");
    refused("mail: {server: 'smtp://x'}\n", 1, "server and from");
    refused("mail: {server: 'smtp://x', from: a@b, user: u}\n", 1, "belong together");
    refused("contacts: {silence: 0s}\n", 1, "silence");
    refused("contacts: {silence: 366d}\n", 1, "silence");
    refused("contacts: {silence: soon}\n", 1, "silence");
    refused("telescope: [\n", 2, "YAML");
}

static void aliases_cannot_multiply_without_end(void **state)
{
    char text[32768];
    size_t len = 0;
    (void)state;
#define PUT(...) len += (size_t)snprintf(text + len, sizeof(text) - len, __VA_ARGS__)
    PUT("organisations:\n  - &all {name: A, prefixes: [");
    for (int i = 0; i < 1100; i++)
        PUT("0.0.0.0/0,");
    PUT("]}\n");
    for (int i = 0; i < 1100; i++)
        PUT("  - *all\n");
#undef PUT
    refused(text, 2, "more than 1,048,576");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_in_it_arrives),
        cmocka_unit_test(what_is_wrong_is_named_with_its_line),
        cmocka_unit_test(aliases_cannot_multiply_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
