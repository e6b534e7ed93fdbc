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

/* --- sampling --- */

/* The header's last word: two bits of how, fourteen of how many. */
static void scales_version_5_by_its_header(void **state)
{
    (void)state;
    static const struct {
        uint64_t word;
        uint64_t packets, bytes, scaled;
    } cases[] = {
        {0, 7, 4200, 0}, {1, 7, 4200, 0}, {0x4000 | 100, 700, 420000, 1}, {10, 70, 42000, 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct exports *exports = exports_create();
        struct buffer datagram = {0};
        struct taken taken;
        put(&datagram, 2, 5), put(&datagram, 2, 1), put(&datagram, 4, UPTIME);
        put(&datagram, 4, SECONDS), put(&datagram, 4, 0), put(&datagram, 6, 0);
        put(&datagram, 2, cases[i].word);
        put(&datagram, 4, 0x0a000001), put(&datagram, 4, 0xc6336407), put(&datagram, 8, 0);
        put(&datagram, 4, 7), put(&datagram, 4, 4200), put(&datagram, 24, 0);
        assert_int_equal(datagram_read(exports, &exporter, &datagram, &taken), 0);
        assert_int_equal(taken.count, 1);
        assert_int_equal(taken.flows[0].packets[0], cases[i].packets);
        assert_int_equal(taken.flows[0].bytes[0], cases[i].bytes);
        assert_int_equal(export_counts(exports)->scaled, cases[i].scaled);
        exports_destroy(exports);
        buffer_finish(&datagram);
    }
}

struct option {
    uint64_t element, length, value;
};

static void head_of(struct buffer *out, bool nine, uint64_t domain)
{
    *out = (struct buffer){0};
    if (nine) {
        nine_head(out, domain);
        return;
    }
    put(out, 2, 10), put(out, 2, 0), put(out, 4, SECONDS), put(out, 4, 1), put(out, 4, domain);
}

static void length_fix(struct buffer *datagram)
{
    if (datagram->at[1] == 10)
        datagram->at[2] = (char)(datagram->len >> 8), datagram->at[3] = (char)datagram->len;
}

/* A datagram with a template of options 400, whose first field is the scope, and a record of it. */
static void options_send(struct exports *exports, bool nine, uint64_t domain,
                         const struct option *options, uint64_t count)
{
    struct buffer datagram;
    struct taken taken;
    uint64_t size = 0;
    head_of(&datagram, nine, domain);
    put(&datagram, 2, nine ? 1 : 3), put(&datagram, 2, 4 + 6 + 4 * count), put(&datagram, 2, 400);
    put(&datagram, 2, nine ? 4 : count), put(&datagram, 2, nine ? 4 * (count - 1) : 1);
    for (uint64_t i = 0; i < count; i++)
        put(&datagram, 2, options[i].element), put(&datagram, 2, options[i].length);
    for (uint64_t i = 0; i < count; i++)
        size += options[i].length;
    put(&datagram, 2, 400), put(&datagram, 2, 4 + size);
    for (uint64_t i = 0; i < count; i++)
        put(&datagram, (int)options[i].length, options[i].value);
    length_fix(&datagram);
    assert_int_equal(datagram_read(exports, &exporter, &datagram, &taken), 0);
    assert_int_equal(taken.count, 0); /* options are no flows */
    buffer_finish(&datagram);
}

/* Packets told of a flow of 6 packets and 600 bytes; `own` is a field of it of 4 bytes. */
static uint64_t packets_told(struct exports *exports, bool nine, uint64_t domain, uint64_t own,
                             uint64_t value)
{
    struct buffer datagram;
    struct taken taken;
    head_of(&datagram, nine, domain);
    put(&datagram, 2, nine ? 0 : 2), put(&datagram, 2, 4 + 4 + 20), put(&datagram, 2, 300);
    put(&datagram, 2, 5);
    put(&datagram, 2, 8), put(&datagram, 2, 4), put(&datagram, 2, 12), put(&datagram, 2, 4);
    put(&datagram, 2, 2), put(&datagram, 2, 4), put(&datagram, 2, 1), put(&datagram, 2, 4);
    put(&datagram, 2, own), put(&datagram, 2, 4);
    put(&datagram, 2, 300), put(&datagram, 2, 4 + 20);
    put(&datagram, 4, 0x0a000001), put(&datagram, 4, 0x0a000002);
    put(&datagram, 4, 6), put(&datagram, 4, 600), put(&datagram, 4, value);
    length_fix(&datagram);
    assert_int_equal(datagram_read(exports, &exporter, &datagram, &taken), 0);
    assert_int_equal(taken.count, 1);
    assert_int_equal(taken.flows[0].bytes[0], 100 * taken.flows[0].packets[0]);
    buffer_finish(&datagram);
    return taken.flows[0].packets[0];
}

enum { OUTPUT_INTERFACE = 14 }; /* a field that means nothing to us */

static void scales_version_9_by_its_options(void **state)
{
    (void)state;
    const struct option system[] = {{1, 4, 0}, {34, 4, 10}, {35, 1, 1}};
    const struct option sampler[] = {{1, 4, 0}, {48, 1, 3}, {49, 1, 2}, {50, 4, 1000}};
    const struct option interface[] = {{2, 4, 77}, {34, 4, 50}};
    struct exports *exports = exports_create();
    assert_int_equal(packets_told(exports, true, 1, OUTPUT_INTERFACE, 0), 6);
    assert_int_equal(packets_told(exports, true, 1, 48, 3), 6); /* nothing is known of it yet */
    options_send(exports, true, 1, sampler, 4);
    assert_int_equal(packets_told(exports, true, 1, 48, 3), 6000);
    assert_int_equal(packets_told(exports, true, 1, 48, 4), 6);
    assert_int_equal(packets_told(exports, true, 1, OUTPUT_INTERFACE, 0), 6);
    options_send(exports, true, 1, system, 3);
    assert_int_equal(packets_told(exports, true, 1, OUTPUT_INTERFACE, 0), 60);
    assert_int_equal(packets_told(exports, true, 1, 48, 3), 6000);
    options_send(exports, true, 1, interface, 2);
    assert_int_equal(packets_told(exports, true, 1, 10, 77), 300);
    assert_int_equal(packets_told(exports, true, 1, 10, 78), 60);
    assert_int_equal(packets_told(exports, true, 1, 34, 7), 42); /* the record itself says so */
    assert_int_equal(packets_told(exports, true, 2, 48, 3), 6);  /* another domain */
    assert_int_equal(export_counts(exports)->scaled, 6);
    exports_destroy(exports);
}

static void scales_ipfix_by_its_selectors(void **state)
{
    (void)state;
    enum { COUNT_BASED = 1, N_OF_N = 3, PROBABILISTIC = 4 };
    const struct option turns[] = {{302, 4, 1}, {304, 2, COUNT_BASED}, {305, 4, 2}, {306, 4, 18}};
    const struct option some[] = {{302, 4, 2}, {304, 2, N_OF_N}, {309, 4, 3}, {310, 4, 12}};
    const struct option chance[] = {
        {302, 4, 3}, {304, 2, PROBABILISTIC}, {311, 8, 0x3fd0000000000000}};
    const struct option chance_32[] = {{302, 4, 4}, {304, 2, PROBABILISTIC}, {311, 4, 0x3f000000}};
    const struct option half[] = {{302, 4, 5}, {304, 2, COUNT_BASED}, {305, 4, 100}};
    const struct option never[] = {{302, 4, 6}, {311, 8, 0}};
    const struct option more[] = {{302, 4, 7}, {309, 4, 12}, {310, 4, 3}};
    struct exports *exports = exports_create();
    options_send(exports, false, 1, turns, 4);
    options_send(exports, false, 1, some, 4);
    options_send(exports, false, 1, chance, 3);
    options_send(exports, false, 1, chance_32, 3);
    options_send(exports, false, 1, half, 3);
    options_send(exports, false, 1, never, 2);
    options_send(exports, false, 1, more, 3);
    static const uint64_t told[] = {6, 60, 24, 24, 12, 6, 6, 6};
    for (uint64_t selector = 0; selector < sizeof(told) / sizeof(told[0]); selector++)
        assert_int_equal(packets_told(exports, false, 1, 302, selector), told[selector]);
    options_send(exports, false, 1, &(struct option){34, 4, 5}, 1); /* of the whole domain */
    assert_int_equal(packets_told(exports, false, 1, OUTPUT_INTERFACE, 0), 30);
    assert_int_equal(packets_told(exports, false, 1, 302, 1), 60);
    exports_destroy(exports);
}

/* However many samplers are told, there are no more places than templates may have. */
static void forgets_the_oldest_sampler(void **state)
{
    (void)state;
    struct exports *exports = exports_create();
    for (uint64_t number = 1; number <= EXPORT_TEMPLATES; number++) {
        const struct option sampler[] = {{1, 4, 0}, {48, 4, number}, {50, 4, 100}};
        options_send(exports, true, 1, sampler, 3);
    }
    assert_true(export_counts(exports)->evicted >= 1);
    assert_int_equal(packets_told(exports, true, 1, 48, EXPORT_TEMPLATES), 600);
    assert_int_equal(packets_told(exports, true, 1, 48, 1), 6);
    exports_destroy(exports);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scales_version_5_by_its_header),
        cmocka_unit_test(scales_version_9_by_its_options),
        cmocka_unit_test(scales_ipfix_by_its_selectors),
        cmocka_unit_test(forgets_the_oldest_sampler),
        cmocka_unit_test(reads_version_5),
        cmocka_unit_test(keeps_templates_by_exporter_and_domain),
        cmocka_unit_test(reads_ipfix),
        cmocka_unit_test(forgets_the_oldest_template),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
