/* Hosts planted in step are found, named and drawn; the rule does what the paper says, window by
 * window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "detect/darknet/synchrony.h"
#include "detect/darknet/synchrony_history.h"
#include "detect/darknet/synchrony_newcomers.h"

enum { HOSTS = 40, MOST = 256 };

static const int64_t WINDOW = 600000000000;

static double draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) / 9007199254740992.0;
}

static struct source_summary source(uint32_t address, uint16_t port)
{
    struct source_summary source = {.destination_port = port};
    const uint8_t octets[16] = {[10] = 0xff,
                                [11] = 0xff,
                                [12] = (uint8_t)(address >> 24),
                                [13] = (uint8_t)(address >> 16),
                                [14] = (uint8_t)(address >> 8),
                                [15] = (uint8_t)address};
    memcpy(source.address.octets, octets, sizeof(octets));
    return source;
}

/* HOSTS hosts that know nothing of each other, and `together` more that follow one schedule. */
static size_t window_make(uint64_t seed, uint32_t together, struct source_summary *sources)
{
    size_t count = 0;
    for (uint32_t i = 0; i < HOSTS; i++) {
        struct source_summary one = source(0x0a000001 + (i << 16), (uint16_t)(i % 4 ? 23 : 445));
        for (int m = 0; m < SOURCE_SAMPLES; m++)
            one.tcp_samples[m] = (uint32_t)(4 * draw(&seed) * draw(&seed) * (1 + i % 5));
        one.tcp_samples[0]++;
        sources[count++] = one;
    }
    for (uint32_t i = 0; i < together; i++) {
        struct source_summary one = source(0xc0000001 + (i << 16), 5555);
        for (int m = 0; m < SOURCE_SAMPLES; m++)
            one.tcp_samples[m] = m % 4 == 1 ? 6 + (uint32_t)(6 * draw(&seed)) : 0;
        sources[count++] = one;
    }
    return count;
}

static struct synchrony *opened(uint32_t most)
{
    struct synchrony *synchrony;
    assert_int_equal(synchrony_open(most, &synchrony), 0);
    return synchrony;
}

static struct synchrony_window next(struct synchrony *synchrony, int number, uint32_t together)
{
    struct source_summary sources[MOST];
    struct synchrony_window window;
    size_t count = window_make((uint64_t)number, together, sources);
    size_t half = count / 2;
    assert_int_equal(synchrony_see(synchrony, sources, half), 0);
    assert_int_equal(synchrony_see(synchrony, sources + half, count - half), 0);
    synchrony_next(synchrony, number * WINDOW, WINDOW, &window);
    return window;
}

static struct bytes text_of(struct buffer *buffer)
{
    assert_false(buffer->failed);
    buffer_put_char(buffer, 0);
    return buffer_bytes(buffer);
}

static void hosts_in_step_are_found_named_and_drawn(void **state)
{
    (void)state;
    struct synchrony *synchrony = opened(SYNCHRONY_HOSTS);
    uint32_t alerts = 0;
    for (int w = 0; w < SYNCHRONY_HISTORY - 1; w++)
        assert_false(next(synchrony, w, w == 200 ? 30 : 0).judged); /* not even a real one */
    for (int w = SYNCHRONY_HISTORY; w < SYNCHRONY_HISTORY + 20; w++)
        alerts += next(synchrony, w, 0).alert;
    assert_true(alerts <= 4);
    struct synchrony_window window = next(synchrony, 1000, 32);
    assert_true(window.judged && window.alert);
    assert_int_equal(window.hosts, HOSTS + 32);
    assert_true(window.alerts[SYNCHRONY_GROUP] && window.alerts[SYNCHRONY_RHOS - 1]);
    assert_true(synchrony_ratio(&window) <= 0.98);
    assert_true(window.alerts[SYNCHRONY_NEWCOMERS]);
    assert_int_equal(window.newcomers, 32);
    assert_int_equal(window.newcomers_port, 5555);
    assert_int_equal(window.groups[0].hosts, 32);
    assert_int_equal(window.groups[0].port, 5555);
    assert_int_equal(window.groups[0].port_hosts, 32);
    assert_int_equal(window.port_count, 2); /* 445 has only ten hosts */
    assert_int_equal(window.ports[0].port, 5555);
    assert_int_equal(window.ports[0].hosts, 32);
    assert_int_equal(window.ports[1].port, 23);
    assert_true(window.node_count >= 32 && window.edge_count >= 31);
    for (uint32_t n = 0; n < window.node_count; n++) {
        assert_true(window.nodes[n].x >= 0 && window.nodes[n].x <= 1);
        assert_true(window.nodes[n].y >= 0 && window.nodes[n].y <= 1);
        assert_int_equal(n < 32, window.nodes[n].group == 1);
    }
    for (uint32_t e = 0; e < window.edge_count; e++)
        assert_int_equal(window.nodes[window.edges[e].first].group,
                         window.nodes[window.edges[e].second].group);
    struct buffer graph = {0}, explanation = {0};
    synchrony_put_graph(&window, &graph);
    assert_non_null(strstr(text_of(&graph).at, "{\"name\":\"192.0.0.0/16\",\"group\":1,"));
    synchrony_put_explanation(&window, &explanation);
    const char *told = text_of(&explanation).at;
    assert_non_null(strstr(told, "32 hosts sent at the same times, 32 of them to TCP port 5555."));
    assert_non_null(strstr(told, "32ホストが同じ時刻に送信し"));
    assert_false(next(synchrony, 1001, 0).alert); /* and it is over */
    buffer_finish(&graph);
    buffer_finish(&explanation);
    synchrony_close(synchrony);
}

/* The rule by hand: numbers of variance v and one at distance d. */
static void the_largest_leave_while_the_variance_shrinks(void **state)
{
    (void)state;
    struct synchrony_history *history = calloc(1, sizeof(*history));
    int64_t removed[SYNCHRONY_HISTORY];
    double ratio;
    for (int w = 0; w < SYNCHRONY_HISTORY - 1; w++) { /* ±1 about 10, and three far out */
        double density = 0.10 + (w % 2 ? 0.01 : -0.01) + (w == 7 || w == 9 ? 0.05 : 0);
        assert_int_equal(synchrony_history_next(history, w, density, removed, &ratio), 0);
        assert_true(ratio == 1);
    }
    assert_int_equal(synchrony_history_next(history, 431, 0.20, removed, &ratio), 3);
    assert_int_equal(removed[0], 431);
    assert_int_equal(removed[1], 7); /* the older of equals first */
    assert_int_equal(removed[2], 9);
    /* 429 at distance 0.01, two at 0.06 (but for the shift of the mean), one at 0.10 */
    double with = (429 * 1e-4 + 2 * 36e-4 + 100e-4) / 432, without = (429 * 1e-4 + 2 * 36e-4) / 431;
    assert_true(fabs(ratio - without / with) < 0.005);
    assert_int_equal(history->count, 429); /* alerts have left */
    assert_int_equal(synchrony_history_next(history, 432, 0.11, removed, &ratio), 0);
    assert_true(ratio > 0.98);
    for (int w = 433; w < 2000; w++)
        (void)!synchrony_history_next(history, w, w % 2 ? 0.11 : 0.09, removed, &ratio);
    assert_int_equal(history->count, SYNCHRONY_HISTORY);
    free(history);
}

static void stillness_is_no_alert_and_the_first_stir_is(void **state)
{
    (void)state;
    struct synchrony_history *history = calloc(1, sizeof(*history));
    int64_t removed[SYNCHRONY_HISTORY];
    double ratio;
    for (int w = 0; w < 1000; w++)
        assert_int_equal(synchrony_history_next(history, w, 0, removed, &ratio), 0);
    assert_int_equal(synchrony_history_next(history, 1000, 0.001, removed, &ratio), 1);
    free(history);
}

/* What the sources of one /16 send together is what counts, however it is shared out. */
static void sources_of_a_prefix_are_one_host(void **state)
{
    (void)state;
    struct source_summary whole[MOST], parts[2 * MOST];
    struct synchrony *one = opened(100), *other = opened(100);
    struct synchrony_window first, second;
    size_t count = window_make(5, 25, whole);
    for (size_t i = 0; i < count; i++) {
        parts[2 * i] = parts[2 * i + 1] = whole[i];
        parts[2 * i + 1].address.octets[14] = 77;
        for (int m = 0; m < SOURCE_SAMPLES; m++) {
            parts[2 * i].tcp_samples[m] /= 2;
            parts[2 * i + 1].tcp_samples[m] -= parts[2 * i].tcp_samples[m];
        }
    }
    assert_int_equal(synchrony_see(one, whole, count), 0);
    synchrony_next(one, 0, WINDOW, &first);
    assert_int_equal(synchrony_see(other, parts, 2 * count), 0);
    synchrony_next(other, 0, WINDOW, &second);
    assert_int_equal(first.hosts, second.hosts);
    assert_memory_equal(first.series, second.series, sizeof(first.series));
    assert_true(first.series[0] > 0);
    synchrony_close(one);
    synchrony_close(other);
}

/* Sources without TCP are nobody; IPv6 goes by /32. */
static void only_tcp_counts_and_ipv6_goes_by_32(void **state)
{
    (void)state;
    static const struct ip addresses[4] = {{{0x20, 1, 0xd, 0xb8, 0, 1}},
                                           {{0x20, 1, 0xd, 0xb8, 0, 2}},
                                           {{0x20, 1, 0xd, 0xb9}},
                                           {{0x20, 1, 0xd, 0xba}}};
    struct source_summary sources[4] = {0};
    struct synchrony *synchrony = opened(100);
    struct synchrony_window window;
    for (int i = 0; i < 4; i++) {
        sources[i].address = addresses[i];
        sources[i].tcp_samples[i] = i < 3;
    }
    assert_int_equal(synchrony_see(synchrony, sources, 4), 0);
    synchrony_next(synchrony, 0, WINDOW, &window);
    assert_int_equal(window.hosts, 2);
    assert_false(window.judged);
    assert_int_equal(synchrony_see(synchrony, sources, 0), 0);
    synchrony_next(synchrony, WINDOW, WINDOW, &window);
    assert_int_equal(window.hosts, 0);
    synchrony_close(synchrony);
}

static void of_too_many_the_busiest_are_taken(void **state)
{
    (void)state;
    struct source_summary sources[MOST];
    struct synchrony *synchrony = opened(SYNCHRONY_HOSTS_LEAST);
    struct synchrony_window window;
    size_t count = window_make(8, 0, sources);
    for (size_t i = 10; i < 30; i++) {
        sources[i].tcp_samples[3] += 1000;
        sources[i].destination_port = 7547;
    }
    assert_int_equal(synchrony_see(synchrony, sources, count), 0);
    synchrony_next(synchrony, 0, WINDOW, &window);
    assert_int_equal(window.hosts, SYNCHRONY_HOSTS_LEAST);
    assert_int_equal(window.hosts_seen, HOSTS);
    assert_int_equal(window.port_count, 1);
    assert_int_equal(window.ports[0].port, 7547);
    assert_int_equal(window.ports[0].hosts, 20);
    synchrony_close(synchrony);
}

/* Stopped and taken up again, it says the same; what is no state is refused and changes nothing. */
static void a_restart_changes_nothing(void **state)
{
    (void)state;
    struct synchrony *whole = opened(200), *second = opened(200);
    struct buffer saved = {0}, again = {0};
    for (int w = 0; w < SYNCHRONY_HISTORY; w++)
        (void)next(whole, w, w % 100 == 50 ? 8 : 0);
    synchrony_save(whole, &saved);
    for (size_t len = 0; len < saved.len; len += 1 + len / 7) {
        struct cursor cut = cursor_over((struct bytes){saved.at, len});
        assert_int_equal(synchrony_load(second, &cut), -EINVAL);
    }
    saved.at[1 + 1 + 8 + 8 + 8 + 4 + 8 + 7] = 0x7f; /* a density beyond 1 */
    struct cursor bad = cursor_over(buffer_bytes(&saved));
    assert_int_equal(synchrony_load(second, &bad), -EINVAL);
    buffer_clear(&saved);
    synchrony_save(whole, &saved);
    struct cursor good = cursor_over(buffer_bytes(&saved));
    assert_int_equal(synchrony_load(second, &good), 0);
    for (int w = SYNCHRONY_HISTORY; w < SYNCHRONY_HISTORY + 30; w++) {
        struct synchrony_window one = next(whole, w, w % 10 == 3 ? 20 : 0);
        struct synchrony_window other = next(second, w, w % 10 == 3 ? 20 : 0);
        assert_memory_equal(one.series, other.series, sizeof(one.series));
        assert_memory_equal(one.ratios, other.ratios, sizeof(one.ratios));
        assert_int_equal(one.alert, other.alert);
        assert_int_equal(one.late_count, other.late_count);
    }
    buffer_clear(&saved);
    synchrony_save(whole, &saved);
    synchrony_save(second, &again);
    assert_int_equal(saved.len, again.len);
    assert_memory_equal(saved.at, again.at, saved.len);
    buffer_finish(&saved);
    buffer_finish(&again);
    synchrony_close(whole);
    synchrony_close(second);
}

/* A capture read again from its beginning, or from within, is judged as the first time. */
static void reading_again_judges_again(void **state)
{
    (void)state;
    struct synchrony *once = opened(200), *twice = opened(200);
    struct buffer one = {0}, other = {0};
    for (int w = 0; w < SYNCHRONY_HISTORY + 40; w++)
        (void)next(once, w, w % 100 == 50 ? 8 : 0);
    for (int w = 0; w < SYNCHRONY_HISTORY - 20; w++)
        (void)next(twice, w, w % 70 == 50 ? 9 : 0);
    for (int w = SYNCHRONY_HISTORY - 40; w < SYNCHRONY_HISTORY; w++)
        (void)next(twice, w, 0);
    synchrony_save(once, &one);
    for (int w = 0; w < SYNCHRONY_HISTORY + 40; w++)
        (void)next(twice, w, w % 100 == 50 ? 8 : 0);
    synchrony_save(twice, &other);
    assert_int_equal(one.len, other.len);
    assert_memory_equal(one.at, other.at, one.len);
    buffer_finish(&one);
    buffer_finish(&other);
    synchrony_close(once);
    synchrony_close(twice);
}

/* A group of `count` hosts from 192.`first`.0.0 on, or as many IPv6 ones, that look for `port`. */
static uint32_t newcomers_of(struct synchrony_newcomers *newcomers, int window, uint8_t first,
                             uint32_t count, uint16_t port, bool six)
{
    struct synchrony_member members[MOST];
    uint16_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        members[i] = (struct synchrony_member){.group = 1, .port = port};
        members[i].prefix = source(0xc0000000 + ((first + i) << 16), port).address;
        if (six)
            memcpy(members[i].prefix.octets, (uint8_t[4]){0x20, 1, 0, (uint8_t)(first + i)}, 4);
    }
    uint32_t result = synchrony_newcomers_next(newcomers, window * WINDOW, members, count, &found);
    assert_int_equal(found, result ? port : 0);
    return result;
}

static void newcomers_are_those_that_were_not_in_step_for_three_days(void **state)
{
    (void)state;
    struct synchrony_newcomers *newcomers;
    assert_int_equal(synchrony_newcomers_open(&newcomers), 0);
    for (int six = 0; six < 2; six++) {
        assert_int_equal(newcomers_of(newcomers, 0, 0, 10, 23, six), 10);
        assert_int_equal(newcomers_of(newcomers, 6, 0, 10, 23, six), 10); /* the same hour */
        assert_int_equal(newcomers_of(newcomers, 7, 0, 10, 23, six), 0);
        assert_int_equal(newcomers_of(newcomers, 50, 4, 10, 23, six), 0); /* four are few */
        assert_int_equal(newcomers_of(newcomers, 100, 20, 8, 445, six), 8);
        assert_int_equal(newcomers_of(newcomers, 400, 0, 10, 23, six), 0);
        assert_int_equal(newcomers_of(newcomers, 832, 0, 10, 23, six), 0); /* just three days */
        assert_int_equal(newcomers_of(newcomers, 1265, 0, 10, 23, six), 10);
        synchrony_newcomers_rewind(newcomers, 1000 * WINDOW);
        assert_int_equal(newcomers_of(newcomers, 1100, 0, 10, 23, six), 0);
        synchrony_newcomers_clear(newcomers);
    }
    struct synchrony_member mixed[8] = {0}; /* two groups, two ports: four alike at most */
    for (uint32_t i = 0; i < 8; i++) {
        mixed[i].prefix = source(0x0a000000 + (i << 16), 0).address;
        mixed[i].group = 1 + i / 6;
        mixed[i].port = i % 3 ? 23 : 445;
    }
    uint16_t port = 0;
    assert_int_equal(synchrony_newcomers_next(newcomers, 0, mixed, 8, &port), 0);
    synchrony_newcomers_close(newcomers);
}

static void too_few_or_too_many_hosts_are_refused(void **state)
{
    (void)state;
    struct synchrony *synchrony = NULL;
    assert_int_equal(synchrony_open(SYNCHRONY_HOSTS_LEAST - 1, &synchrony), -EINVAL);
    assert_int_equal(synchrony_open(5000, &synchrony), -EINVAL);
    assert_null(synchrony);
    synchrony_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_in_step_are_found_named_and_drawn),
        cmocka_unit_test(the_largest_leave_while_the_variance_shrinks),
        cmocka_unit_test(stillness_is_no_alert_and_the_first_stir_is),
        cmocka_unit_test(sources_of_a_prefix_are_one_host),
        cmocka_unit_test(only_tcp_counts_and_ipv6_goes_by_32),
        cmocka_unit_test(of_too_many_the_busiest_are_taken),
        cmocka_unit_test(a_restart_changes_nothing),
        cmocka_unit_test(reading_again_judges_again),
        cmocka_unit_test(newcomers_are_those_that_were_not_in_step_for_three_days),
        cmocka_unit_test(too_few_or_too_many_hosts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
