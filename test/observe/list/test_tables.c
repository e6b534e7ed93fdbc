/* Lines of a honeypot's log and of KDD Cup 1999: what is one, what isn't. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/time.h"
#include "observe/list/honeypot_file.h"
#include "observe/list/kdd_file.h"

static const char titles_line[] = "datetime,host,src,proto,type,spt,dpt,srcstr";

static bool packet_read(const char *line, struct honeypot_packet *packet)
{
    struct honeypot_titles titles;
    assert_true(honeypot_titles_read(bytes_of(titles_line), &titles));
    return honeypot_line_read(&titles, bytes_of(line), packet);
}

static void reads_packets_of_honeypots(void **state)
{
    (void)state;
    struct honeypot_packet packet;
    char text[IP_TEXT_SIZE];
    assert_true(packet_read("2013-03-03 21:53:59,groucho,1032051418,TCP,,6000,1433,x", &packet));
    assert_int_equal(packet.time, 1362347639 * TIME_SECOND);
    assert_true(bytes_equal(packet.host, BYTES("groucho")));
    assert_true(bytes_equal(ip_format(&packet.source_ip, text), BYTES("61.131.218.218")));
    assert_int_equal(packet.protocol, PROTOCOL_tcp);
    assert_int_equal(packet.has, PACKET_PORTS | PACKET_TCP);
    assert_int_equal(packet.source_port, 6000);
    assert_int_equal(packet.destination_port, 1433);
    assert_true(packet_read("2013-03-03 21:53:59,,203.0.113.9,ICMP,8,5,6,", &packet));
    assert_int_equal(packet.has, PACKET_ICMP);
    assert_int_equal(packet.icmp_type, 8);
    assert_int_equal(packet.source_port + packet.destination_port, 0);
    assert_true(packet_read("2013-03-03 21:53:59,,203.0.113.9,ICMP,,,,", &packet));
    assert_int_equal(packet.has, 0);
    static const char *const wrong[] = {"",
                                        "2013-03-03 21:53:59,h,1,TCP,,1",
                                        "yesterday,h,1,TCP,,1,2,",
                                        "2013-03-03 21:53:59,h,4294967296,TCP,,1,2,",
                                        "2013-03-03 21:53:59,h,1,TCP,,1,65536,",
                                        "2013-03-03 21:53:59,h,1,TCP,,-1,2,",
                                        "2013-03-03 21:53:59,h,1,ICMP,256,,,",
                                        "2013-03-03 21:53:59,h,1,tcp,,1,2,"};
    struct honeypot_packet before = packet;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_false(packet_read(wrong[i], &packet));
    assert_memory_equal(&packet, &before, sizeof(before));
}

static void finds_titles_in_any_order(void **state)
{
    (void)state;
    struct honeypot_titles titles;
    struct honeypot_packet packet;
    assert_true(honeypot_titles_read(BYTES("dpt,x,spt,type,proto,src,host,datetime"), &titles));
    assert_true(
        honeypot_line_read(&titles, BYTES("80,,7,,UDP,1.2.3.4,h,2013-03-03T00:00:00Z"), &packet));
    assert_int_equal(packet.destination_port, 80);
    assert_false(honeypot_titles_read(BYTES("dpt,spt,type,proto,src,host"), &titles));
    assert_false(honeypot_titles_read(BYTES(""), &titles));
}

static void line_make(char text[512], const char *first, const char *service, const char *end)
{
    int len = snprintf(text, 512, "%s,tcp,%s,SF,181,5450", first, service);
    for (int i = 6; i < 41; i++)
        len += snprintf(text + len, 512 - (size_t)len, ",0.25");
    snprintf(text + len, 512 - (size_t)len, "%s", end);
}

static void reads_connections_of_kdd(void **state)
{
    (void)state;
    struct kdd_line line;
    char text[512];
    line_make(text, "7", "http", ",guess_passwd.");
    assert_true(kdd_line_read(bytes_of(text), &line));
    assert_true(line.numbers[0] == 7 && line.numbers[1] == 181 && line.numbers[37] == 0.25);
    assert_true(bytes_equal(line.nominals[0], BYTES("tcp")));
    assert_true(bytes_equal(line.nominals[1], BYTES("http")));
    assert_true(bytes_equal(line.nominals[2], BYTES("SF")));
    assert_string_equal(kdd_class_names[line.class], "r2l");
    static const struct {
        const char *first, *service, *end;
    } wrong[] = {
        {"-1", "http", ",normal."},
        {"", "http", ",normal."},
        {"1.2.3", "http", ",normal."},
        {"1", "", ",normal."},
        {"1", "http", ""},
        {"1", "http", ",teapot."},
        {"1", "http", ",normal.,more"},
        {"1", "http", ",0,normal."},
        {"1", "a-service-with-a-name-over-32-bytes", ",normal."},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        line_make(text, wrong[i].first, wrong[i].service, wrong[i].end);
        assert_false(kdd_line_read(bytes_of(text), &line));
    }
    assert_true(line.numbers[0] == 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_packets_of_honeypots),
        cmocka_unit_test(finds_titles_in_any_order),
        cmocka_unit_test(reads_connections_of_kdd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
