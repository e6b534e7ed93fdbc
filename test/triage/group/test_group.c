/* Repeats find their group; no alert is lost, whatever comes in which order or too much of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "triage/group/group.h"

enum { KEPT = 1 << 18 };

/* Groups as a store would have them. */
static struct alert_group kept[KEPT];

static int group_keep(void *context, const struct alert_group *group)
{
    uint64_t *last = context;
    assert_true(group->id > *last || *last == 0);
    assert_true(group->id < KEPT);
    *last = group->id;
    kept[group->id] = *group;
    return 0;
}

static void changes_keep(struct grouper *grouper)
{
    uint64_t last = 0;
    assert_int_equal(grouper_changed(grouper, group_keep, &last), 0);
}

static struct alert alert_at(int64_t seconds, const char *name, const char *host)
{
    return (struct alert){.time = seconds * TIME_SECOND,
                          .sensor = BYTES("ids"),
                          .rule_name = bytes_of(name),
                          .host = bytes_of(host)};
}

static uint64_t take(struct grouper *grouper, struct alert alert)
{
    const struct alert_group *group;
    assert_int_equal(grouper_take(grouper, &alert, &group), 0);
    return group->id;
}

static void joins_repeats_within_the_window(void **state)
{
    (void)state;
    struct grouper *grouper;
    assert_int_equal(grouper_new(60 * TIME_SECOND, 1, &grouper), 0);
    assert_int_equal(take(grouper, alert_at(1000, "a", "x")), 1);
    assert_int_equal(take(grouper, alert_at(1060, "a", "x")), 1); /* just within */
    assert_int_equal(take(grouper, alert_at(1060, "b", "x")), 2);
    assert_int_equal(take(grouper, alert_at(1060, "a", "y")), 3);
    assert_int_equal(take(grouper, alert_at(1120, "a", "x")), 1); /* the window slides */
    assert_int_equal(take(grouper, alert_at(940, "a", "x")), 1);  /* late, yet within */
    assert_int_equal(take(grouper, alert_at(1181, "a", "x")), 4);
    assert_int_equal(take(grouper, alert_at(1, "a", "x")), 5); /* far back: another */
    changes_keep(grouper);
    assert_int_equal(kept[1].count, 4);
    assert_int_equal(kept[1].first, 940 * TIME_SECOND);
    assert_int_equal(kept[1].last, 1120 * TIME_SECOND);
    assert_true(kept[1].closed && kept[4].closed && !kept[5].closed && !kept[2].closed);
    grouper_free(grouper);
}

static uint64_t burst_of(struct grouper *grouper, int64_t seconds, const char *name,
                         const char *host, const char *class)
{
    const struct alert_group *group;
    struct alert alert = alert_at(seconds, name, host);
    alert.category = bytes_of(class);
    assert_int_equal(grouper_take(grouper, &alert, &group), 0);
    return group->burst;
}

/* What one host has of one class in one go is a burst, and known again after a restart. */
static void joins_groups_to_bursts(void **state)
{
    (void)state;
    struct grouper *grouper, *again;
    assert_int_equal(grouper_new(GROUP_WINDOW, 1, &grouper), 0);
    assert_int_equal(burst_of(grouper, 1000, "a", "x", "scan"), 1);
    assert_int_equal(burst_of(grouper, 1300, "b", "x", "scan"), 1);
    assert_int_equal(burst_of(grouper, 1301, "b", "x", "scan"), 1); /* a repeat */
    assert_int_equal(burst_of(grouper, 1302, "c", "y", "scan"), 3); /* another host */
    assert_int_equal(burst_of(grouper, 1303, "d", "x", "web"), 4);  /* another class */
    assert_int_equal(burst_of(grouper, 1901, "e", "x", "scan"), 1); /* just within */
    assert_int_equal(burst_of(grouper, 2502, "f", "x", "scan"), 6); /* too late */
    assert_int_equal(burst_of(grouper, 2600, "a", "x", "scan"), 1); /* its group's burst */
    assert_int_equal(burst_of(grouper, 2700, "g", "x", "scan"), 6);
    changes_keep(grouper);
    grouper_free(grouper);
    assert_int_equal(grouper_new(GROUP_WINDOW, 8, &again), 0);
    for (int i = 1; i < 8; i++)
        assert_int_equal(grouper_restore(again, &kept[i]), 0);
    assert_int_equal(burst_of(again, 3300, "h", "x", "scan"), 6);
    assert_int_equal(burst_of(again, 3300, "i", "y", "scan"), 9);
    grouper_free(again);
}

static void tells_ends_apart(void **state)
{
    (void)state;
    struct grouper *grouper;
    struct alert alert = alert_at(1000, "a", "");
    assert_int_equal(grouper_new(60 * TIME_SECOND, 7, &grouper), 0);
    assert_int_equal(take(grouper, alert), 7);
    alert.source_ip.octets[15] = 1;
    assert_int_equal(take(grouper, alert), 8);
    alert.destination_ip.octets[15] = 1;
    alert.source_ip.octets[15] = 0;
    assert_int_equal(take(grouper, alert), 9);
    alert.source_port = 5; /* a repeat from another port is a repeat */
    alert.severity = 3;
    assert_int_equal(take(grouper, alert), 9);
    alert.severity = 1;
    assert_int_equal(take(grouper, alert), 9);
    alert.severity = 2;
    assert_int_equal(take(grouper, alert), 9);
    changes_keep(grouper);
    assert_int_equal(kept[9].severity, 1);
    grouper_free(grouper);
}

static struct alert some_alert(uint32_t number)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    uint32_t mixed = number * 2654435761u;
    struct alert alert = alert_at(1000 + number / 4, names[mixed >> 8 & 3], names[mixed >> 16 & 3]);
    alert.time += (int64_t)(mixed & 127) * TIME_SECOND;
    return alert;
}

/* The groups of `count` alerts, the grouper being made anew from what was kept every `step`. */
static uint64_t groups_with_restarts(uint32_t count, uint32_t step, uint64_t *groups)
{
    struct grouper *grouper;
    uint64_t next = 1;
    memset(kept, 0, sizeof(kept));
    for (uint32_t i = 0; i < count;) {
        assert_int_equal(grouper_new(10 * TIME_SECOND, next, &grouper), 0);
        for (uint64_t id = 1; id < next; id++)
            if (!kept[id].closed)
                assert_int_equal(grouper_restore(grouper, &kept[id]), 0);
        for (uint32_t end = i + step; i < count && i < end; i++) {
            groups[i] = take(grouper, some_alert(i));
            next = groups[i] >= next ? groups[i] + 1 : next;
        }
        changes_keep(grouper);
        grouper_free(grouper);
    }
    return next;
}

static void goes_on_after_a_restart_as_if_there_was_none(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static uint64_t whole[COUNT], broken[COUNT];
    static struct alert_group groups[KEPT];
    uint64_t next = groups_with_restarts(COUNT, COUNT, whole);
    assert_true(next > 50);
    memcpy(groups, kept, sizeof(groups));
    assert_int_equal(groups_with_restarts(COUNT, 37, broken), next);
    assert_memory_equal(whole, broken, sizeof(whole));
    assert_memory_equal(groups, kept, sizeof(groups));
}

static void closes_what_ended_first_when_there_are_too_many(void **state)
{
    (void)state;
    struct grouper *grouper;
    uint64_t count = 0;
    memset(kept, 0, sizeof(kept));
    assert_int_equal(grouper_new(TIME_DAY, 1, &grouper), 0);
    for (uint32_t i = 0; i < GROUPS_OPEN + 1000; i++) {
        struct alert alert = alert_at(1000 + i, "a", "");
        memcpy(alert.source_ip.octets, &i, sizeof(i));
        assert_int_equal(take(grouper, alert), i + 1);
        if (i % 1024 == 0)
            changes_keep(grouper);
    }
    changes_keep(grouper);
    assert_int_equal(grouper_evicted(grouper), GROUPS_OPEN / 2);
    for (uint32_t id = 1; id <= GROUPS_OPEN + 1000; id++) {
        count += kept[id].count;
        assert_int_equal(kept[id].closed, id <= GROUPS_OPEN / 2);
    }
    assert_int_equal(count, GROUPS_OPEN + 1000);
    grouper_free(grouper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_repeats_within_the_window),
        cmocka_unit_test(joins_groups_to_bursts),
        cmocka_unit_test(tells_ends_apart),
        cmocka_unit_test(goes_on_after_a_restart_as_if_there_was_none),
        cmocka_unit_test(closes_what_ended_first_when_there_are_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
