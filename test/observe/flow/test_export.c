/* NetFlow v5, v9 and IPFIX, as exporters send them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "observe/flow/export.h"

enum { SECONDS = 1700000000, UPTIME = 500000 };

static void put(struct buffer *out, int size, uint64_t value)
{
    while (size--)
        buffer_put_u8(out, (uint8_t)(size < 8 ? value >> (8 * size) : 0));
}

struct taken {
    struct flow flows[8];
    uint32_t count;
};

static int flow_keep(void *context, const struct flow *flow)
{
    struct taken *taken = context;
    assert_true(taken->count < 8);
    taken->flows[taken->count++] = *flow;
    return 0;
}

static const struct ip exporter = {{[15] = 1}}, other_exporter = {{[15] = 2}};

static int datagram_read(struct exports *exports, const struct ip *from,
                         const struct buffer *datagram, struct taken *taken)
{
    *taken = (struct taken){0};
    /* A copy of just its length, so that a step beyond is seen. */
    char *copy = malloc(datagram->len ? datagram->len : 1);
    memcpy(copy, datagram->at, datagram->len);
    int result =
        export_read(exports, from, 5, (struct bytes){copy, datagram->len}, flow_keep, taken);
    free(copy);
    return result;
}

static void check_ends(const struct flow *flow, const char *source, const char *destination)
{
    char text[IP_TEXT_SIZE];
    assert_true(bytes_equal(ip_format(&flow->source_ip, text), bytes_of(source)));
    assert_true(bytes_equal(ip_format(&flow->destination_ip, text), bytes_of(destination)));
}

static void reads_version_5(void **state)
{
    (void)state;
    struct exports *exports = exports_create();
    struct buffer datagram = {0};
    struct taken taken;
    put(&datagram, 2, 5), put(&datagram, 2, 2), put(&datagram, 4, UPTIME);
    put(&datagram, 4, SECONDS), put(&datagram, 4, 250), put(&datagram, 8, 0);
    for (int i = 0; i < 2; i++) {
        put(&datagram, 4, 0x0a000001), put(&datagram, 4, 0xc6336407), put(&datagram, 8, 0);
        put(&datagram, 4, 7), put(&datagram, 4, 4200);
        put(&datagram, 4, UPTIME - 3000), put(&datagram, 4, UPTIME - 1000);
        put(&datagram, 2, 40000), put(&datagram, 2, 443 + (uint64_t)i), put(&datagram, 2, 0x0018);
        put(&datagram, 1, 6), put(&datagram, 9, 0);
    }
    assert_int_equal(datagram_read(exports, &exporter, &datagram, &taken), 0);
    assert_int_equal(taken.count, 2);
    check_ends(&taken.flows[0], "10.0.0.1", "198.51.100.7");
    assert_int_equal(taken.flows[1].destination_port, 444);
    assert_int_equal(taken.flows[0].source_port, 40000);
    assert_int_equal(taken.flows[0].protocol, 6);
    assert_int_equal(taken.flows[0].packets[0], 7);
    assert_int_equal(taken.flows[0].bytes[0], 4200);
    assert_int_equal(taken.flows[0].start, (SECONDS - 3) * INT64_C(1000000000) + 250);
    assert_int_equal(taken.flows[0].end, (SECONDS - 1) * INT64_C(1000000000) + 250);
    for (size_t len = 0; len < datagram.len; len++) { /* cut short: what was whole is taken */
        struct buffer cut = {.at = datagram.at, .len = len};
        assert_int_equal(datagram_read(exports, &exporter, &cut, &taken), -EBADMSG);
        assert_int_equal(taken.count, len >= 24 + 48);
    }
    exports_destroy(exports);
    buffer_finish(&datagram);
}

static void nine_head(struct buffer *out, uint64_t domain)
{
    put(out, 2, 9), put(out, 2, 1), put(out, 4, UPTIME), put(out, 4, SECONDS);
    put(out, 4, 1), put(out, 4, domain);
}

static void nine_template(struct buffer *out, uint64_t number)
{
    static const uint16_t fields[][2] = {{27, 16}, {28, 16}, {7, 2},  {11, 2}, {4, 1},
                                         {1, 4},   {2, 4},   {22, 4}, {21, 4}, {23, 8}};
    put(out, 2, 0), put(out, 2, 4 + 4 + 40), put(out, 2, number), put(out, 2, 10);
    for (int i = 0; i < 10; i++)
        put(out, 2, fields[i][0]), put(out, 2, fields[i][1]);
}

static void nine_data(struct buffer *out, uint64_t number)
{
    put(out, 2, number), put(out, 2, 4 + 61 + 3);
    put(out, 8, 0x20010db800000000), put(out, 8, 1);
    put(out, 8, 0x20010db800000000), put(out, 8, 2);
    put(out, 2, 5353), put(out, 2, 53), put(out, 1, 17);
    put(out, 4, 100), put(out, 4, 2), put(out, 4, UPTIME - 2000), put(out, 4, UPTIME);
    put(out, 8, 900), put(out, 3, 0); /* padding */
}

static void keeps_templates_by_exporter_and_domain(void **state)
{
    (void)state;
    struct exports *exports = exports_create();
    struct buffer both = {0}, data = {0}, other = {0};
    struct taken taken;
    nine_head(&data, 7), nine_data(&data, 300);
    assert_int_equal(datagram_read(exports, &exporter, &data, &taken), 0);
    assert_int_equal(taken.count, 0);
    assert_int_equal(export_counts(exports)->unknown, 1);
    nine_head(&both, 7), nine_template(&both, 300), nine_data(&both, 300);
    assert_int_equal(datagram_read(exports, &exporter, &both, &taken), 0);
    assert_int_equal(taken.count, 1);
    check_ends(&taken.flows[0], "2001:db8::1", "2001:db8::2");
    assert_int_equal(taken.flows[0].bytes[0], 100);
    assert_int_equal(taken.flows[0].bytes[1], 900);
    assert_int_equal(taken.flows[0].start, (SECONDS - 2) * INT64_C(1000000000));
    assert_int_equal(datagram_read(exports, &exporter, &data, &taken), 0);
    assert_int_equal(taken.count, 1);
    assert_int_equal(datagram_read(exports, &other_exporter, &data, &taken), 0);
    assert_int_equal(taken.count, 0);
    nine_head(&other, 8), nine_data(&other, 300);
    assert_int_equal(datagram_read(exports, &exporter, &other, &taken), 0);
    assert_int_equal(taken.count, 0);
    exports_destroy(exports);
    buffer_finish(&both), buffer_finish(&data), buffer_finish(&other);
}

/* Variable lengths, another's fields, the way back, times of several units. */
static void reads_ipfix(void **state)
{
    (void)state;
    struct exports *exports = exports_create();
    struct buffer datagram = {0};
    struct taken taken;
    put(&datagram, 2, 10), put(&datagram, 2, 0), put(&datagram, 4, SECONDS);
    put(&datagram, 4, 1), put(&datagram, 4, 9);
    put(&datagram, 2, 2), put(&datagram, 2, 4 + 4 + 4 * 7 + 2 * 8);
    put(&datagram, 2, 256), put(&datagram, 2, 9);
    put(&datagram, 2, 8), put(&datagram, 2, 4), put(&datagram, 2, 12), put(&datagram, 2, 4);
    put(&datagram, 2, 96), put(&datagram, 2, 65535);
    put(&datagram, 2, 0x8000 | 1), put(&datagram, 2, 2), put(&datagram, 4, 29305);
    put(&datagram, 2, 0x8000 | 77), put(&datagram, 2, 65535), put(&datagram, 4, 9999);
    put(&datagram, 2, 152), put(&datagram, 2, 8), put(&datagram, 2, 155), put(&datagram, 2, 8);
    put(&datagram, 2, 4), put(&datagram, 2, 1), put(&datagram, 2, 86), put(&datagram, 2, 3);
    put(&datagram, 2, 256), put(&datagram, 2, 4 + 8 + 4 + 2 + 3 + 300 + 16 + 4);
    put(&datagram, 4, 0xc0a80001), put(&datagram, 4, 0xc0a80002);
    put(&datagram, 1, 3), buffer_put(&datagram, BYTES("TLS"));
    put(&datagram, 2, 555);
    put(&datagram, 1, 255), put(&datagram, 2, 300);
    for (int i = 0; i < 300; i++)
        put(&datagram, 1, 1);
    put(&datagram, 8, SECONDS * INT64_C(1000) - 1500);
    put(&datagram, 8, (SECONDS + UINT64_C(2208988800)) << 32 | UINT64_C(0x80000000));
    put(&datagram, 1, 132), put(&datagram, 3, 65537);
    datagram.at[2] = (char)(datagram.len >> 8), datagram.at[3] = (char)datagram.len;
    assert_int_equal(datagram_read(exports, &exporter, &datagram, &taken), 0);
    assert_int_equal(taken.count, 1);
    const struct flow *flow = &taken.flows[0];
    check_ends(flow, "192.168.0.1", "192.168.0.2");
    assert_string_equal(flow->application, "TLS");
    assert_int_equal(flow->bytes[1], 555);
    assert_int_equal(flow->packets[0], 65537);
    assert_int_equal(flow->protocol, 132);
    assert_int_equal(flow->start, (SECONDS * INT64_C(1000) - 1500) * 1000000);
    assert_int_equal(flow->end, SECONDS * INT64_C(1000000000) + 500000000);
    exports_destroy(exports);
    buffer_finish(&datagram);
}

static void forgets_the_oldest_template(void **state)
{
    (void)state;
    struct exports *exports = exports_create();
    struct taken taken;
    for (uint64_t domain = 0; domain < EXPORT_TEMPLATES + 1; domain++) {
        struct buffer datagram = {0};
        nine_head(&datagram, domain), nine_template(&datagram, 300);
        assert_int_equal(datagram_read(exports, &exporter, &datagram, &taken), 0);
        buffer_finish(&datagram);
    }
    assert_int_equal(export_counts(exports)->evicted, 1);
    for (uint64_t domain = 0; domain < 2; domain++) {
        struct buffer datagram = {0};
        nine_head(&datagram, domain), nine_data(&datagram, 300);
        assert_int_equal(datagram_read(exports, &exporter, &datagram, &taken), 0);
        assert_int_equal(taken.count, domain);
        buffer_finish(&datagram);
    }
    exports_destroy(exports);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_version_5),
        cmocka_unit_test(keeps_templates_by_exporter_and_domain),
        cmocka_unit_test(reads_ipfix),
        cmocka_unit_test(forgets_the_oldest_template),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
