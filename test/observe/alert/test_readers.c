/* Records of every sensor, own-written after their manuals: what an alert of each holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "observe/alert/json_record.h"
#include "observe/alert/mapping.h"
#include "observe/alert/parser.h"

#define REFERENCE (INT64_C(1714953600) * TIME_SECOND) /* 2024-05-06T00:00:00Z */

struct fixture {
    struct alert_parser *parser;
    struct alert_batch batch;
};

static void parser_make(struct fixture *fixture, enum alert_format format,
                        const struct alert_mapping *mapping, const char *beginning)
{
    const struct alert_parsing parsing = {format, mapping, NULL, REFERENCE};
    *fixture = (struct fixture){0};
    assert_int_equal(alert_parser_new(&parsing, &fixture->parser), 0);
    alert_parser_begin(fixture->parser, bytes_of(beginning));
}

static void parser_drop(struct fixture *fixture)
{
    alert_parser_free(fixture->parser);
    alert_batch_finish(&fixture->batch);
}

/* The record in memory of its own size, so that a sanitizer sees reads behind its padding. */
static enum alert_reason record_read(struct fixture *fixture, const char *text, uint64_t offset)
{
    size_t len = strlen(text);
    char *padded = calloc(1, len + ALERT_JSON_PADDING);
    assert_non_null(padded);
    memcpy(padded, text, len);
    enum alert_reason reason = alert_parser_record(fixture->parser, (struct bytes){padded, len},
                                                   (struct event_id){3, offset}, &fixture->batch);
    free(padded);
    return reason;
}

static void put(struct buffer *out, const char *name, struct bytes text)
{
    if (!text.len)
        return;
    buffer_put_format(out, " %s=", name);
    buffer_put(out, text);
}

static void put_end(struct buffer *out, const char *name, const struct ip *ip, uint16_t port)
{
    char text[IP_TEXT_SIZE];
    if (!ip_given(ip) && !port)
        return;
    buffer_put_format(out, " %s=", name);
    buffer_put(out, ip_format(ip, text));
    if (port)
        buffer_put_format(out, "/%u", port);
}

/* Everything an alert says, in one line. */
static const char *alert_line(const struct alert *alert)
{
    static struct buffer out;
    char text[TIME_TEXT_SIZE];
    buffer_clear(&out);
    buffer_put(&out, time_format(alert->time, text));
    put(&out, "sensor", alert->sensor);
    put(&out, "host", alert->host);
    put_end(&out, "at", &alert->host_ip, 0);
    put(&out, "id", alert->rule_id);
    put(&out, "name", alert->rule_name);
    put(&out, "category", alert->category);
    if (alert->severity)
        buffer_put_format(&out, " severity=%u", alert->severity);
    put_end(&out, "from", &alert->source_ip, alert->source_port);
    put_end(&out, "to", &alert->destination_ip, alert->destination_port);
    if (alert->network_transport)
        buffer_put_format(&out, " transport=%u", alert->network_transport);
    put(&out, "user", alert->user_name);
    put(&out, "method", alert->http_method);
    put(&out, "http_host", alert->http_host);
    put(&out, "url", alert->url);
    put(&out, "agent", alert->user_agent);
    if (alert->http_status)
        buffer_put_format(&out, " status=%u", alert->http_status);
    put(&out, "payload", alert->payload);
    put(&out, "message", alert->message);
    put(&out, "labels", alert->labels);
    buffer_put_char(&out, '\0');
    return out.at;
}

static void check_one(enum alert_format format, const char *record, const char *expected)
{
    struct fixture fixture;
    parser_make(&fixture, format, NULL, record);
    assert_int_equal(record_read(&fixture, record, 17), ALERT_REASON_none);
    assert_int_equal(fixture.batch.count, 1);
    assert_string_equal(alert_line(&fixture.batch.items[0]), expected);
    assert_int_equal(fixture.batch.items[0].id.source, 3);
    assert_int_equal(fixture.batch.items[0].id.offset, 17);
    parser_drop(&fixture);
}

static void check_refused(enum alert_format format, const char *record, enum alert_reason reason)
{
    struct fixture fixture;
    parser_make(&fixture, format, NULL, record);
    assert_string_equal(alert_reason_sentence(record_read(&fixture, record, 0)),
                        alert_reason_sentence(reason));
    assert_int_equal(fixture.batch.count, 0);
    parser_drop(&fixture);
}

#define EVE                                                                                        \
    "{\"timestamp\":\"2024-05-01T10:00:00.250000+0200\",\"event_type\":\"alert\",\"host\":"        \
    "\"tap\","                                                                                     \
    "\"src_ip\":\"192.0.2.9\",\"src_port\":40000,\"dest_ip\":\"198.51.100.7\",\"dest_port\":80,"   \
    "\"proto\":\"TCP\",\"alert\":{\"gid\":1,\"signature_id\":2019232,\"rev\":3,"                   \
    "\"signature\":\"ET WEB \\\"shock\\\" \\u706b\",\"category\":\"Web Attack\",\"severity\":1},"  \
    "\"http\":{\"hostname\":\"shop.example\",\"url\":\"\\/cgi?a=1\",\"http_method\":\"GET\","      \
    "\"http_user_agent\":\"() { :; }\",\"status\":500},\"payload\":\"R0VUIC8NCg==\"}"
#define EVE_TOLD                                                                                   \
    "2024-05-01T08:00:00.250Z sensor=suricata host=tap id=1:2019232:3 name=ET WEB \"shock\" 火 "  \
    "category=Web Attack severity=1 from=192.0.2.9/40000 to=198.51.100.7/80 transport=6 "          \
    "method=GET http_host=shop.example url=/cgi?a=1 agent=() { :; } status=500 "                   \
    "payload=GET /\r\n"

static void reads_suricata(void **state)
{
    (void)state;
    check_one(ALERT_FORMAT_auto, EVE, EVE_TOLD);
    check_one(ALERT_FORMAT_eve, EVE, EVE_TOLD);
    check_one(ALERT_FORMAT_auto, "May  1 10:00:00 tap suricata[7]: " EVE, EVE_TOLD);
    check_one(ALERT_FORMAT_auto,
              "{\"preview\":false,\"result\":{\"_raw\":\"{\\\"timestamp\\\":"
              "\\\"2024-05-01T08:00:00Z\\\",\\\"event_type\\\":\\\"alert\\\",\\\"alert\\\":"
              "{\\\"signature\\\":\\\"inner\\\"}}\",\"timestamp\":\"1999\"}}",
              "2024-05-01T08:00:00Z sensor=suricata id=:: name=inner");
    check_refused(ALERT_FORMAT_auto, "{\"event_type\":\"dns\",\"timestamp\":\"2024-05-01\"}",
                  ALERT_REASON_other);
    check_refused(ALERT_FORMAT_wazuh, EVE, ALERT_REASON_unexpected);
    check_refused(ALERT_FORMAT_auto, "{\"event_type\":\"alert\",\"alert\":{\"signature\":\"x\"}}",
                  ALERT_REASON_no_time);
    check_refused(ALERT_FORMAT_auto,
                  "{\"timestamp\":\"yesterday\",\"event_type\":\"alert\",\"alert\":"
                  "{\"signature\":\"x\"}}",
                  ALERT_REASON_time_unreadable);
    check_refused(ALERT_FORMAT_auto, "{\"timestamp\":\"2024", ALERT_REASON_incomplete);
    check_refused(ALERT_FORMAT_auto, "{\"result\":{\"_raw\":\"{\\\"_raw\\\":\\\"{}\\\"}\"}}",
                  ALERT_REASON_unknown);
}

static void reads_snort(void **state)
{
    (void)state;
    check_one(ALERT_FORMAT_auto,
              "05/01-10:00:00.123456  [**] [1:1000:7] ICMP \"odd\" [x] [**] [Classification: Misc "
              "activity] [Priority: 3] {ICMP} 192.0.2.1 -> 198.51.100.2",
              "2024-05-01T10:00:00.123456Z sensor=snort id=1:1000:7 name=ICMP \"odd\" [x] "
              "category=Misc activity severity=3 from=192.0.2.1 to=198.51.100.2 transport=1");
    check_one(ALERT_FORMAT_auto,
              "<33>May  1 10:00:00 gate snort[99]: [1:1000:7] SCAN [Priority: 2] {TCP} "
              "2001:db8::1:4000 -> 2001:db8::2:22",
              "2024-05-01T10:00:00Z sensor=snort host=gate id=1:1000:7 name=SCAN severity=2 "
              "from=2001:db8::1/4000 to=2001:db8::2/22 transport=6");
    check_one(ALERT_FORMAT_snort,
              "{ \"seconds\" : 1714557600, \"timestamp\" : \"05/01-10:00:00.000123\", \"class\" : "
              "\"Misc\", \"b64_data\" : \"aGk=\", \"dst_addr\" : \"198.51.100.2\", \"dst_port\" : "
              "25, \"msg\" : \"mail\", \"priority\" : 9, \"proto\" : \"TCP\", \"rule\" : "
              "\"1:5:1\", \"src_addr\" : \"192.0.2.1\", \"src_port\" : 4000 }",
              "2024-05-01T10:00:00Z sensor=snort id=1:5:1 name=mail category=Misc severity=4 "
              "from=192.0.2.1/4000 to=198.51.100.2/25 transport=6 payload=hi");
}

static void reads_zeek(void **state)
{
    (void)state;
    static const char heading[] = "#separator \\x09\n#set_separator\t,\n#path\tnotice\n"
                                  "#fields\tts\tuid\tid.orig_h\tid.orig_p\tproto\tnote\tmsg\tsrc\n"
                                  "#types\ttime\tstring\n";
    struct fixture fixture;
    parser_make(&fixture, ALERT_FORMAT_auto, NULL, heading);
    assert_int_equal(record_read(&fixture, "#close\t2024-05-01-10-00-00", 0), ALERT_REASON_none);
    assert_int_equal(
        record_read(&fixture, "1714557600.500000\tC1\t192.0.2.1\t50\ttcp\tSSL::Weak\tweak key\t-",
                    1),
        ALERT_REASON_none);
    assert_int_equal(record_read(&fixture, "1714557600.5\tC1\t192.0.2.1", 2), ALERT_REASON_columns);
    assert_int_equal(fixture.batch.count, 1);
    assert_string_equal(alert_line(&fixture.batch.items[0]),
                        "2024-05-01T10:00:00.500Z sensor=zeek id=SSL::Weak name=SSL::Weak "
                        "from=192.0.2.1/50 transport=6 message=weak key");
    parser_drop(&fixture);
    check_one(ALERT_FORMAT_zeek,
              "{\"ts\":1714557600.5,\"uid\":\"C1\",\"id.orig_h\":\"192.0.2.1\",\"id.orig_p\":50,"
              "\"id.resp_h\":\"198.51.100.2\",\"id.resp_p\":443,\"proto\":\"tcp\",\"note\":"
              "\"SSL::Weak\",\"msg\":\"weak key\",\"actions\":[\"Notice::ACTION_LOG\"]}",
              "2024-05-01T10:00:00.500Z sensor=zeek id=SSL::Weak name=SSL::Weak "
              "from=192.0.2.1/50 to=198.51.100.2/443 transport=6 message=weak key");
    check_refused(ALERT_FORMAT_auto, "{\"ts\":1714557600.5,\"uid\":\"C1\"}", ALERT_REASON_other);
}

static void reads_wazuh(void **state)
{
    (void)state;
    check_one(ALERT_FORMAT_auto,
              "{\"timestamp\":\"2024-05-01T10:00:00.000+0000\",\"rule\":{\"level\":12,"
              "\"description\":\"Web shell\",\"id\":\"31106\",\"groups\":[\"web\",\"attack\"]},"
              "\"agent\":{\"id\":\"001\",\"name\":\"www\",\"ip\":\"192.0.2.80\"},\"manager\":"
              "{\"name\":\"hq\"},\"full_log\":\"line\",\"data\":{\"srcip\":\"198.51.100.3\","
              "\"protocol\":\"GET\",\"url\":\"/a\",\"id\":\"200\"}}",
              "2024-05-01T10:00:00Z sensor=wazuh host=www at=192.0.2.80 id=31106 name=Web shell "
              "category=web severity=1 from=198.51.100.3 method=GET url=/a status=200 "
              "message=line");
}

static void reads_modsecurity_json(void **state)
{
    (void)state;
    static const char record[] =
        "{\"transaction\":{\"client_ip\":\"192.0.2.1\",\"time_stamp\":\"Wed May  1 10:00:00 2024\","
        "\"client_port\":4000,\"host_ip\":\"198.51.100.2\",\"host_port\":80,\"request\":{"
        "\"method\":"
        "\"GET\",\"http_version\":1.1,\"uri\":\"/?id=1'\",\"headers\":{\"Host\":\"shop\"}},"
        "\"response\":{\"http_code\":403},\"messages\":[{\"message\":\"SQL injection\",\"details\":"
        "{\"match\":\"found\",\"ruleId\":\"942100\",\"severity\":\"2\",\"tags\":[\"sqli\",\"x\"]}},"
        "{\"message\":\"Score\",\"details\":{\"ruleId\":\"949110\",\"severity\":\"5\"}}]}}";
    struct fixture fixture;
    parser_make(&fixture, ALERT_FORMAT_auto, NULL, record);
    assert_int_equal(record_read(&fixture, record, 100), ALERT_REASON_none);
    assert_int_equal(fixture.batch.count, 2);
    assert_string_equal(
        alert_line(&fixture.batch.items[0]),
        "2024-05-01T10:00:00Z sensor=modsecurity id=942100 name=SQL injection category=sqli "
        "severity=1 from=192.0.2.1/4000 to=198.51.100.2/80 transport=6 method=GET http_host=shop "
        "url=/?id=1' status=403 message=found");
    assert_int_equal(fixture.batch.items[1].id.offset, 101);
    assert_int_equal(fixture.batch.items[1].severity, 4);
    parser_drop(&fixture);
}

static void reads_modsecurity_sections(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "--1b2c3d4e-A--",
        "[01/May/2024:12:00:00.123456 +0200] ZjI 192.0.2.1 4000 198.51.100.2 80",
        "--1b2c3d4e-B--",
        "POST /login HTTP/1.1",
        "Host: shop",
        "User-Agent: --x-A--y",
        "--1b2c3d4e-C--",
        "user=' or 1=1",
        "--1b2c3d4e-F--",
        "HTTP/1.1 403 Forbidden",
        "--1b2c3d4e-H--",
        ("Message: Access denied. [file \"a.conf\"] [id \"942100\"] [msg \"SQL \\\"injection\"] "
         "[severity \"CRITICAL\"] [tag \"sqli\"]"),
        "Message: Plain words",
        "--1b2c3d4e-Z--",
    };
    struct fixture fixture;
    uint64_t open = 0;
    parser_make(&fixture, ALERT_FORMAT_auto, NULL, lines[0]);
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        assert_int_equal(alert_parser_open_record(fixture.parser, &open), i > 0);
        assert_int_equal(record_read(&fixture, lines[i], 50 + i), ALERT_REASON_none);
    }
    assert_int_equal(open, 50);
    assert_false(alert_parser_open_record(fixture.parser, &open));
    assert_int_equal(fixture.batch.count, 2);
    assert_int_equal(fixture.batch.items[0].id.offset, 50);
    assert_string_equal(alert_line(&fixture.batch.items[1]),
                        "2024-05-01T10:00:00Z sensor=modsecurity name=Plain words "
                        "from=192.0.2.1/4000 to=198.51.100.2/80 transport=6 method=POST "
                        "http_host=shop url=/login agent=--x-A--y status=403 "
                        "payload=user=' or 1=1 message=Plain words");
    assert_true(bytes_equal(fixture.batch.items[0].rule_id, BYTES("942100")));
    assert_true(bytes_equal(fixture.batch.items[0].rule_name, BYTES("SQL \\\"injection")));
    assert_int_equal(fixture.batch.items[0].severity, 1);
    assert_int_equal(record_read(&fixture, "stray", 99), ALERT_REASON_stray);
    parser_drop(&fixture);
}

static void reads_cef_and_leef(void **state)
{
    (void)state;
    check_one(
        ALERT_FORMAT_auto,
        "<134>May  1 10:00:00 fw CEF:0|Maker|Gate \\| wall|1|100|Port \\\\ scan|7|src=192.0.2.1 "
        "spt=1 dst=198.51.100.2 dpt=22 proto=TCP msg=three words \\= here rt=1714557600500 "
        "cs1Label=x",
        "2024-05-01T10:00:00.500Z sensor=Gate | wall host=fw id=100 name=Port \\ scan "
        "severity=2 from=192.0.2.1/1 to=198.51.100.2/22 transport=6 "
        "message=three words = here");
    check_one(
        ALERT_FORMAT_auto,
        "CEF:0|Maker|Gate|1|100|x|Very-High|rt=May 01 2024 10:00:00.000 UTC act=a==b suser=joe",
        "2024-05-01T10:00:00Z sensor=Gate id=100 name=x severity=1 user=joe");
    check_one(ALERT_FORMAT_leef,
              "LEEF:1.0|Maker|Gate|1|Deny|devTime=2024-05-01T10:00:00Z\tsrc=192.0.2.1\tsev=9\t"
              "usrName=joe\tdstPort=22",
              "2024-05-01T10:00:00Z sensor=Gate id=Deny name=Deny severity=1 from=192.0.2.1 to=/22 "
              "user=joe");
    check_one(ALERT_FORMAT_auto,
              "<13>1 2024-05-01T10:00:00.5Z fw app - - - LEEF:2.0|Maker|Gate|1|Deny|0x5e|"
              "src=192.0.2.1^cat=fire",
              "2024-05-01T10:00:00.500Z sensor=Gate host=fw id=Deny name=Deny category=fire "
              "severity=4 from=192.0.2.1");
    check_refused(ALERT_FORMAT_auto, "CEF:0|Maker|Gate|1|100|x", ALERT_REASON_header);
    check_refused(ALERT_FORMAT_syslog, "CEF:0|Maker|Gate|1|100|x|3|", ALERT_REASON_unexpected);
}

static void reads_syslog(void **state)
{
    (void)state;
    check_one(
        ALERT_FORMAT_auto,
        "<38>May  1 10:00:00 web sshd[612]: Failed password for root from 192.0.2.1 port 4022",
        "2024-05-01T10:00:00Z sensor=sshd host=web name=Failed password for root from "
        "#.#.#.# port # severity=4 message=Failed password for root from 192.0.2.1 port 4022");
    check_one(ALERT_FORMAT_syslog,
              "<165>1 2024-05-01T10:00:00.003Z web app 111 ID47 [a b=\"c\\\"]\"][d] \xef\xbb\xbfup",
              "2024-05-01T10:00:00.003Z sensor=app host=web name=up severity=4 message=up");
    check_one(ALERT_FORMAT_auto, "2024-05-01T10:00:00+02:00 web kernel: link 0x1f down",
              "2024-05-01T08:00:00Z sensor=kernel host=web name=link # down "
              "message=link 0x1f down");
    check_refused(ALERT_FORMAT_auto, "just words", ALERT_REASON_unknown);
    check_refused(ALERT_FORMAT_auto, "<165>1 2024-05-01T10:00:00Z web app 1 ID [a",
                  ALERT_REASON_header);
    check_refused(ALERT_FORMAT_auto, "<13>words without a time", ALERT_REASON_no_time);
    check_refused(ALERT_FORMAT_cef, "<13>May  1 10:00:00 web app: x", ALERT_REASON_unknown);
}

static void reads_tables(void **state)
{
    (void)state;
    static const char heading[] = "time,name,ip,host,short,time_label,event_label";
    struct fixture fixture;
    parser_make(&fixture, ALERT_FORMAT_auto, NULL, heading);
    assert_int_equal(record_read(&fixture, heading, 0), ALERT_REASON_none);
    assert_int_equal(
        record_read(&fixture, "1714557600,\"a \"\"b\"\", c\",192.0.2.1,web,X,dirb,-", 9),
        ALERT_REASON_none);
    assert_int_equal(fixture.batch.count, 1);
    assert_string_equal(alert_line(&fixture.batch.items[0]),
                        "2024-05-01T10:00:00Z sensor=csv host=web at=192.0.2.1 id=X "
                        "name=a \"b\", c labels=dirb,-");
    assert_int_equal(record_read(&fixture, "1714557600,a,192.0.2.1,web,X,dirb", 0),
                     ALERT_REASON_columns);
    assert_int_equal(record_read(&fixture, "1714557600,\"a,192.0.2.1,web,X,dirb,-", 0),
                     ALERT_REASON_columns);
    assert_int_equal(record_read(&fixture, "1714557600,,192.0.2.1,web,X,dirb,-", 0),
                     ALERT_REASON_no_name);
    parser_drop(&fixture);
    check_refused(ALERT_FORMAT_auto, "alpha,beta,gamma", ALERT_REASON_unknown);
}

static void reads_mapped_tables(void **state)
{
    (void)state;
    static const char yaml[] = "sensor: gate\nseparator: ;\ncolumns:\n  when: time\n"
                               "  what: rule_name\n  who: user_name\n  a: labels\n  b: labels\n";
    struct alert_mapping mapping;
    struct fault fault = {0};
    struct fixture fixture;
    assert_int_equal(alert_mapping_parse(bytes_of(yaml), &mapping, &fault), 0);
    parser_make(&fixture, ALERT_FORMAT_auto, &mapping, "when;what;who;more;a;b\n");
    assert_int_equal(record_read(&fixture, "01/May/2024:10:00:00 +0000;login;joe;;x;y", 0),
                     ALERT_REASON_none);
    assert_string_equal(alert_line(&fixture.batch.items[0]),
                        "2024-05-01T10:00:00Z sensor=gate name=login user=joe labels=x,y");
    parser_drop(&fixture);
    alert_mapping_finish(&mapping);
    static const struct {
        const char *yaml;
        uint64_t line;
    } bad[] = {{"columns:\n  a: time\n  b: colour\n", 3},
               {"columns:\n  a: time\n", 1},
               {"columns: []\n", 1},
               {"separator: '\"'\ncolumns: {a: time, b: rule_name}\n", 1},
               {"x: y\n", 1},
               {"[\n", 2},
               {"", 1}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_not_equal(alert_mapping_parse(bytes_of(bad[i].yaml), &mapping, &fault), 0);
        assert_int_equal(fault.line, bad[i].line);
        assert_non_null(fault.why);
        alert_mapping_finish(&mapping);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_suricata),
        cmocka_unit_test(reads_snort),
        cmocka_unit_test(reads_zeek),
        cmocka_unit_test(reads_wazuh),
        cmocka_unit_test(reads_modsecurity_json),
        cmocka_unit_test(reads_modsecurity_sections),
        cmocka_unit_test(reads_cef_and_leef),
        cmocka_unit_test(reads_syslog),
        cmocka_unit_test(reads_tables),
        cmocka_unit_test(reads_mapped_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
