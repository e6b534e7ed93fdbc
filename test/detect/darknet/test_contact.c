/* An organisation's address in the darknet: told at the first packet, once a host, of the right
 * kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "detect/darknet/contact.h"
#include "detect/darknet/marks.h"

enum { TOLD = 8192 };

struct bench {
    struct darknet_configuration configuration;
    struct organisation organisations[2];
    struct prefix_table unused;
    struct contacts *contacts;
    struct packets packets; /* row 0 */
    struct contact told[TOLD];
    enum contact_change changes[TOLD];
    uint32_t count;
};

static void told(void *context, const struct contact *contact, enum contact_change change)
{
    struct bench *bench = context;
    assert_true(bench->count < TOLD);
    bench->told[bench->count] = *contact;
    bench->changes[bench->count++] = change;
}

static struct ip ip_of(const char *text)
{
    struct ip ip;
    assert_true(ip_parse(bytes_of(text), &ip));
    return ip;
}

static void bench_open(struct bench *bench, uint32_t limit)
{
    struct contacts_options options = {&bench->configuration, &bench->unused, limit, told, bench};
    assert_int_equal(contacts_open(&options, &bench->contacts), 0);
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    struct prefix prefix;
    assert_non_null(bench);
    bench->organisations[0].name = "A";
    bench->organisations[1].name = "B";
    bench->configuration.organisations = bench->organisations;
    bench->configuration.organisation_count = 2;
    bench->configuration.contact_silence = CONTACT_SILENCE_DEFAULT;
    assert_int_equal(prefix_parse(BYTES("10.1.9.0/24"), &prefix), 0);
    assert_int_equal(prefix_table_add(&bench->unused, &prefix, 1), 0);
    assert_int_equal(prefix_table_freeze(&bench->unused), 0);
    bench_open(bench, 0);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    contacts_close(bench->contacts);
    prefix_table_finish(&bench->unused);
    free(bench);
    return 0;
}

/* A SYN as a system's own stack sends it. */
static struct packets *syn(struct bench *bench, const char *source, const char *destination,
                           uint16_t port, int64_t time)
{
    struct packets *packets = &bench->packets;
    *packets = (struct packets){.count = 1};
    packets->time[0] = packets->clock[0] = time;
    packets->source_ip[0] = ip_of(source);
    packets->destination_ip[0] = ip_of(destination);
    packets->destination_port[0] = port;
    packets->protocol[0] = PROTOCOL_tcp;
    packets->has[0] = PACKET_PORTS | PACKET_TCP;
    packets->tcp_flags[0] = TCP_SYN;
    packets->tcp_options[0] = 0x24831;
    packets->tcp_window[0] = 29200;
    packets->tcp_sequence[0] = 7;
    return packets;
}

static void see(struct bench *bench, uint32_t organisation)
{
    const struct packets *packets = &bench->packets;
    unsigned part = packet_partition(packet_source_hash(&packets->source_ip[0]));
    assert_int_equal(contact_see(bench->contacts, part, packets, 0, organisation), 0);
}

static void tick(struct bench *bench, int64_t clock)
{
    for (unsigned part = 0; part < PACKET_PARTITIONS; part++)
        contact_tick(bench->contacts, part, clock);
}

static const struct contact *last_told(const struct bench *bench, enum contact_change change)
{
    assert_true(bench->count > 0);
    assert_int_equal(bench->changes[bench->count - 1], change);
    return &bench->told[bench->count - 1];
}

static void the_first_packet_opens_a_contact(void **state)
{
    struct bench *bench = *state;
    syn(bench, "10.1.0.7", "192.0.2.9", 8080, 5 * TIME_HOUR);
    see(bench, 1);
    const struct contact *contact = last_told(bench, CONTACT_OPENED);
    assert_int_equal(contact->organisation, 1);
    assert_int_equal(contact->state, CONTACT_new);
    assert_int_equal(contact->kind, CONTACT_misconfiguration);
    assert_int_equal(contact->packets, 1);
    assert_int_equal(contact->destinations, 1);
    assert_int_equal(contact->destination_port, 8080);
    assert_int_equal(contact->first, 5 * TIME_HOUR);
    assert_false(contact->internal);
    assert_true(contact->id < UINT64_C(1) << 53);
}

static void many_packets_are_one_contact(void **state)
{
    struct bench *bench = *state;
    for (int i = 0; i < 1000; i++) {
        char destination[IP_TEXT_SIZE];
        snprintf(destination, sizeof(destination), "192.0.%d.%d", i / 250, i % 250);
        syn(bench, "10.1.0.7", destination, 8080, TIME_HOUR + i * TIME_SECOND / 10);
        see(bench, 1);
    }
    assert_int_equal(bench->count, 2); /* opened; at the third address it is a scan */
    assert_int_equal(last_told(bench, CONTACT_RAISED)->kind, CONTACT_scan);
    assert_int_equal(bench->told[1].reason, CONTACT_BY_SPREAD);
    assert_int_equal(bench->told[1].packets, 3);
    assert_int_equal(bench->told[0].id, bench->told[1].id);
}

struct sum {
    uint32_t visits;
    struct contact contact;
};

static void sum_visit(void *context, const struct contact *contact)
{
    struct sum *sum = context;
    sum->visits++;
    sum->contact = *contact;
}

static void what_changed_is_visited_once(void **state)
{
    struct bench *bench = *state;
    struct sum sum = {0};
    for (int i = 0; i < 2000; i++) {
        char destination[IP_TEXT_SIZE];
        snprintf(destination, sizeof(destination), "192.0.%d.%d", i / 250, i % 250);
        syn(bench, "10.1.0.7", destination, 445, TIME_HOUR);
        see(bench, 1);
    }
    contact_visit(bench->contacts, sum_visit, &sum);
    assert_int_equal(sum.visits, 1);
    assert_int_equal(sum.contact.packets, 2000);
    assert_in_range(sum.contact.destinations, 1900, 2100); /* linear counting: 5 % */
    contact_visit(bench->contacts, sum_visit, &sum);
    assert_int_equal(sum.visits, 1);
}

static void kinds_follow_their_rules(void **state)
{
    struct bench *bench = *state;
    syn(bench, "10.1.0.1", "192.0.2.9", 23, TIME_HOUR);
    see(bench, 1);
    assert_int_equal(last_told(bench, CONTACT_OPENED)->reason, CONTACT_BY_SERVICE);
    syn(bench, "10.1.0.2", "192.0.2.9", 80, TIME_HOUR)->tcp_sequence[0] = 0xc0000209;
    see(bench, 1);
    assert_int_equal(last_told(bench, CONTACT_OPENED)->reason, CONTACT_BY_MARK);
    syn(bench, "10.1.0.3", "192.0.2.9", 40000, TIME_HOUR)->tcp_flags[0] = TCP_SYN | TCP_ACK;
    see(bench, 1);
    assert_int_equal(last_told(bench, CONTACT_OPENED)->kind, CONTACT_backscatter);
    for (uint16_t port = 8000; port < 8000 + CONTACT_PORTS; port++) {
        syn(bench, "10.1.0.4", "192.0.2.9", port, TIME_HOUR);
        see(bench, 1);
    }
    assert_int_equal(last_told(bench, CONTACT_RAISED)->reason, CONTACT_BY_PORTS);
    struct packets *packets = syn(bench, "10.1.0.5", "192.0.2.9", 123, TIME_HOUR);
    packets->protocol[0] = PROTOCOL_udp;
    packets->has[0] = PACKET_PORTS;
    packets->source_port[0] = 123; /* an old time server, not an answer of ours */
    see(bench, 1);
    assert_int_equal(last_told(bench, CONTACT_OPENED)->kind, CONTACT_misconfiguration);
}

static void nothing_lowers_a_kind(void **state)
{
    struct bench *bench = *state;
    syn(bench, "10.1.0.1", "192.0.2.9", 23, TIME_HOUR);
    see(bench, 1);
    for (int i = 0; i < 10; i++) {
        syn(bench, "10.1.0.1", "192.0.2.9", 40000, TIME_HOUR)->tcp_flags[0] = TCP_RST;
        see(bench, 1);
    }
    tick(bench, 3 * TIME_HOUR);
    assert_int_equal(last_told(bench, CONTACT_ENDS)->kind, CONTACT_scan);
    assert_int_equal(bench->count, 2);
}

static void unused_addresses_of_its_own_are_internal(void **state)
{
    struct bench *bench = *state;
    syn(bench, "10.1.0.7", "10.1.9.4", 445, TIME_HOUR);
    see(bench, 1);
    assert_true(last_told(bench, CONTACT_OPENED)->internal);
    assert_int_equal(bench->told[0].kind, CONTACT_misconfiguration); /* a file server that moved */
    see(bench, 2); /* for another organisation it is the darknet */
    assert_false(last_told(bench, CONTACT_OPENED)->internal);
    assert_int_not_equal(bench->told[0].id, bench->told[1].id);
}

static void a_contact_is_new_then_continues_then_ends(void **state)
{
    struct bench *bench = *state;
    int64_t start = 100 * TIME_HOUR;
    for (int64_t time = 0; time <= 2 * CONTACT_NEW; time += TIME_MINUTE) {
        syn(bench, "10.1.0.7", "192.0.2.9", 8080, start + time);
        see(bench, 1);
    }
    const struct contact *contact = last_told(bench, CONTACT_CONTINUES);
    assert_int_equal(contact->last, start + CONTACT_NEW);
    assert_int_equal(contact->state, CONTACT_continuing);
    int64_t last = start + 2 * CONTACT_NEW;
    tick(bench, last + CONTACT_SILENCE_DEFAULT - 1);
    assert_int_equal(bench->count, 2);
    tick(bench, last + CONTACT_SILENCE_DEFAULT);
    assert_int_equal(last_told(bench, CONTACT_ENDS)->last, last);
    assert_int_equal(bench->told[2].packets, 21);
    syn(bench, "10.1.0.7", "192.0.2.9", 8080, last + TIME_DAY);
    see(bench, 1);
    assert_int_not_equal(last_told(bench, CONTACT_OPENED)->id, bench->told[0].id);
}

static void silence_is_noticed_with_or_without_ticks(void **state)
{
    struct bench *bench = *state;
    syn(bench, "10.1.0.7", "192.0.2.9", 8080, TIME_HOUR);
    see(bench, 1);
    syn(bench, "10.1.0.7", "192.0.2.9", 8080, TIME_HOUR + CONTACT_SILENCE_DEFAULT);
    see(bench, 1);
    assert_int_equal(bench->count, 3);
    assert_int_equal(bench->changes[1], CONTACT_ENDS);
    assert_int_equal(bench->changes[2], CONTACT_OPENED);
}

static void a_full_table_ends_the_longest_silent_and_counts(void **state)
{
    struct bench *bench = *state;
    contacts_close(bench->contacts);
    bench_open(bench, PACKET_PARTITIONS * 4);
    for (int i = 0; i < 1000; i++) {
        char source[IP_TEXT_SIZE];
        snprintf(source, sizeof(source), "10.1.%d.%d", i / 250, i % 250);
        syn(bench, source, "192.0.2.9", 8080, TIME_HOUR + i);
        see(bench, 1);
    }
    uint64_t evicted = contacts_evicted(bench->contacts);
    assert_in_range(evicted, 1000 - PACKET_PARTITIONS * 4, 1000);
    assert_int_equal(bench->count, 1000 + evicted);
    struct sum sum = {0};
    contact_visit(bench->contacts, sum_visit, &sum);
    assert_int_equal(sum.visits, 1000 - evicted);
}

/* What an earlier run left open goes on under its id, is told as continuing, and ends. */
static void a_restored_contact_goes_on(void **state)
{
    struct bench *bench = *state;
    struct contact left = {.id = 77,
                           .organisation = 1,
                           .source_ip = ip_of("10.1.0.7"),
                           .destination_ip = ip_of("192.0.2.1"),
                           .destination_port = 8080,
                           .protocol = PROTOCOL_tcp,
                           .kind = CONTACT_backscatter,
                           .reason = CONTACT_BY_ANSWERS,
                           .first = TIME_HOUR,
                           .last = TIME_HOUR + TIME_MINUTE,
                           .packets = 40,
                           .destinations = 30};
    assert_int_equal(contact_restore(bench->contacts, &left), 0);
    assert_int_equal(contact_restore(bench->contacts, &left), -EEXIST);
    struct sum sum = {0};
    contact_visit(bench->contacts, sum_visit, &sum);
    assert_int_equal(sum.visits, 0); /* it is stored as it is */
    syn(bench, "10.1.0.7", "192.0.2.9", 8080, TIME_HOUR + CONTACT_NEW);
    see(bench, 1);
    assert_int_equal(bench->count, 1);
    const struct contact *contact = last_told(bench, CONTACT_CONTINUES);
    assert_int_equal(contact->id, 77);
    assert_int_equal(contact->packets, 41);
    assert_int_equal(contact->destinations, 30);
    assert_int_equal(contact->kind, CONTACT_backscatter); /* nothing lowers it */
    syn(bench, "10.1.0.7", "192.0.2.9", 23, TIME_HOUR + CONTACT_NEW);
    see(bench, 1);
    assert_int_equal(last_told(bench, CONTACT_RAISED)->kind, CONTACT_scan);
    tick(bench, TIME_HOUR + CONTACT_NEW + CONTACT_SILENCE_DEFAULT);
    assert_int_equal(last_told(bench, CONTACT_ENDS)->id, 77);
    syn(bench, "10.1.0.7", "192.0.2.9", 23, TIME_DAY);
    see(bench, 1);
    assert_int_not_equal(last_told(bench, CONTACT_OPENED)->id, 77);
}

static void times_at_the_ends_of_the_world_do_no_harm(void **state)
{
    struct bench *bench = *state;
    syn(bench, "10.1.0.7", "192.0.2.9", 8080, INT64_MIN);
    see(bench, 1);
    syn(bench, "10.1.0.7", "192.0.2.9", 8080, INT64_MAX);
    see(bench, 1);
    tick(bench, INT64_MIN);
    assert_int_equal(bench->count, 3);
}

static void explanations_speak_both_languages(void **state)
{
    struct bench *bench = *state;
    struct buffer text = {0};
    struct json json = {.out = &text};
    syn(bench, "10.1.0.7", "192.0.2.9", 23, TIME_HOUR);
    see(bench, 1);
    contact_explain(&bench->told[0], "A \"school\"", &json);
    buffer_put_char(&text, '\0');
    assert_false(text.failed);
    assert_non_null(strstr(text.at, "10.1.0.7 of A \\\"school\\\" sent 1 packet to 1 address nobody"
                                    " uses, first to TCP port 23 of 192.0.2.9."));
    assert_non_null(strstr(text.at, "192.0.2.9 の TCP ポート 23"));
    buffer_finish(&text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_first_packet_opens_a_contact),
        TEST(many_packets_are_one_contact),
        TEST(what_changed_is_visited_once),
        TEST(kinds_follow_their_rules),
        TEST(nothing_lowers_a_kind),
        TEST(unused_addresses_of_its_own_are_internal),
        TEST(a_contact_is_new_then_continues_then_ends),
        TEST(silence_is_noticed_with_or_without_ticks),
        TEST(a_full_table_ends_the_longest_silent_and_counts),
        TEST(a_restored_contact_goes_on),
        TEST(times_at_the_ends_of_the_world_do_no_harm),
        TEST(explanations_speak_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
