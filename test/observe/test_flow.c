/* Flow logs of every kind we know become rows about the machine inside. */
#include "support.h"

#define ZEEK_HEADING                                                                               \
    "#separator \\x09\n#set_separator\t,\n#path\tconn\n"                                           \
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\n"               \
    "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\n"

static void check(const char *text, const char *format, const char *const *parts)
{
    struct reading reading = read_bytes(bytes_of(text));
    buffer_put_char(&reading.rows, '\0');
    assert_int_equal(reading.error, 0);
    assert_string_equal(reading.format, format);
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.counts.refused, 0);
    for (; *parts; parts++)
        if (!strstr(reading.rows.at, *parts))
            fail_msg("no %s in %s", *parts, reading.rows.at);
    reading_finish(&reading);
}

#define CHECK(text, format, ...) check(text, format, (const char *const[]){__VA_ARGS__, NULL})

static void reads_zeek(void **state)
{
    (void)state;
    CHECK(ZEEK_HEADING
          "1700000000.25\tC1\t10.1.2.3\t5000\t198.51.100.7\t443\ttcp\tssl\n#close\tx\n",
          "zeek", "\"time\":\"2023-11-14T22:13:20.25", "\"host_name\":\"10.1.2.3\"", "\"egress\"",
          "\"connect\"", "\"destination_port\":443", "\"network_transport\":6",
          "\"service_name\":\"ssl\"", "\"event_category\":\"network\"");
    CHECK("{\"ts\":1700000000.25,\"uid\":\"C1\",\"id.orig_h\":\"198.51.100.7\",\"id.orig_p\":5000,"
          "\"id.resp_h\":\"2001:db8::1\",\"id.resp_p\":53,\"proto\":\"udp\"}\n",
          "zeek", "\"host_name\":\"198.51.100.7\"", "\"destination_ip\":\"2001:db8::1\"",
          "\"network_transport\":17");
    CHECK("{\"ts\":\"2023-11-14T22:13:20.250Z\",\"id\":{\"orig_h\":\"198.51.100.7\",\"orig_p\":8,"
          "\"resp_h\":\"192.168.0.9\",\"resp_p\":0},\"proto\":\"icmp\"}\n",
          "zeek", "\"host_name\":\"192.168.0.9\"", "\"ingress\"", "\"accept\"",
          "\"time\":\"2023-11-14T22:13:20.25");
}

static void reads_eve(void **state)
{
    (void)state;
    CHECK("{\"timestamp\":\"2021-06-06T15:57:37.272281+0200\",\"event_type\":\"flow\",\"src_ip\":"
          "\"192.168.1.132\",\"src_port\":1900,\"dest_ip\":\"192.168.1.129\",\"dest_port\":44232,"
          "\"proto\":\"UDP\",\"app_proto\":\"failed\",\"flow\":{\"start\":"
          "\"2021-06-06T14:57:37.272281+0200\"},\"host\":\"x\"}\n",
          "eve", "\"time\":\"2021-06-06T13:57:37.272281Z\"", "\"host_name\":\"192.168.1.132\"",
          "\"destination_port\":44232");
}

static void reads_csv(void **state)
{
    (void)state;
    CHECK("StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,TotPkts\r\n"
          "2019/04/04 16:24:47.672448,63.8,tcp,8.8.8.8,443,   <-,10.8.0.69,56101,S0,31\r\n",
          "argus", "\"time\":\"2019-04-04T16:24:47.672448Z\"", "\"host_name\":\"10.8.0.69\"",
          "\"egress\"", "\"source_port\":56101", "\"destination_ip\":\"8.8.8.8\"");
    CHECK("intIP,extIP,proto,dport,dir,sport,time\n172.16.4.4,archive.example.,6,80,0,4654,"
          "1578120394.2\n",
          "flow-csv", "\"host_name\":\"172.16.4.4\"", "\"destination_domain\":\"archive.example.\"",
          "\"destination_port\":80");
    CHECK("intIP,extIP,proto,dport,dir,sport,time\n172.16.4.4,192.0.2.1,6,23,1,4654,1578120394.2\n",
          "flow-csv", "\"source_ip\":\"192.0.2.1\"", "\"ingress\"", "\"destination_port\":23");
}

/* What is no flow is refused by its reason, and the rest is kept. */
static void refuses_lines_that_do_not_fit(void **state)
{
    (void)state;
    struct reading reading = read_bytes(
        BYTES(ZEEK_HEADING "1\tC\t10.1.2.3\t1\t10.1.2.4\t2\ttcp\n"       /* a column less */
                           "1\tC\t10.1.2.3\t1\t10.1.2.4\t2\ttcp\t-\t-\n" /* one more */
                           "x\tC\t10.1.2.3\t1\t10.1.2.4\t2\ttcp\t-\n"    /* no time */
                           "1\tC\t10.1.2.3\t1\tnobody\t2\ttcp\t-\n"      /* no address */
                           "99999999999999\tC\t10.1.2.3\t1\t10.1.2.4\t2\ttcp\t-\n" /* far */
                           "#fields\tof another log\n"
                           "1.5\tC\t10.1.2.3\t1\t10.1.2.4\t2\ttcp\t-\n"));
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.counts.refused, 5);
    assert_int_equal(reading.counts.read, 6);
    assert_int_equal(reading.counts.reason_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        const struct refusal *refusal = &reading.counts.reasons[i];
        bool columns = strstr(refusal->why, "heading") != NULL;
        assert_int_equal(refusal->count, columns ? 2 : 1);
        if (columns)
            assert_int_equal(refusal->first_line, 6);
    }
    reading_finish(&reading);
}

/* The heading stands at the beginning only; helpers and a restart know it all the same. */
static void knows_the_heading_everywhere(void **state)
{
    (void)state;
    struct buffer text = {0};
    buffer_put(&text, BYTES(ZEEK_HEADING));
    for (int i = 0; i < 20000; i++)
        buffer_put_format(&text, "%d.5\tC\t10.1.%d.%d\t1\t10.9.9.9\t2\ttcp\t-\n", i, i / 250,
                          i % 250);
    struct reading plain = read_with(buffer_bytes(&text), NULL, 0);
    struct reading helped = read_with(buffer_bytes(&text), NULL, 3);
    assert_int_equal(plain.count, 20000);
    assert_true(bytes_equal(buffer_bytes(&plain.rows), buffer_bytes(&helped.rows)));
    reading_finish(&plain);
    reading_finish(&helped);
    buffer_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_zeek),
        cmocka_unit_test(reads_eve),
        cmocka_unit_test(reads_csv),
        cmocka_unit_test(refuses_lines_that_do_not_fit),
        cmocka_unit_test(knows_the_heading_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
