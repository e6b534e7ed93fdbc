/* Host-days, back-off, novelty-proneness, and an intruder who would teach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "detect/memory.h"

struct world {
    struct fleet_memory fleet;
    struct host_memory own;
    struct lessons lessons;
};

static int set_up(void **state)
{
    static struct world world;
    world = (struct world){0};
    fleet_memory_init(&world.fleet, 1 << 20);
    host_memory_init(&world.own, 1 << 20);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    fleet_memory_finish(&world->fleet);
    host_memory_finish(&world->own);
    free(world->lessons.items);
    return 0;
}

static const struct relation starts = {RELATION_START, 11, 22, 1, 0};

static struct surprise meet(struct world *world, uint64_t host, int32_t day, bool learning,
                            const struct relation *relation)
{
    struct standpoint at = {.host = host, .group = 7, .day = day, .learning = learning};
    struct surprise surprise;
    assert_int_equal(
        memory_meet(&world->own, &world->fleet, &world->lessons, &at, relation, true, &surprise),
        0);
    return surprise;
}

static void tell_fleet(struct world *world)
{
    assert_int_equal(fleet_memory_take(&world->fleet, &world->lessons), 0);
}

static void add_host(struct world *world)
{
    assert_int_equal(lessons_add(&world->lessons, (struct lesson){.kind = LESSON_HOST}), 0);
    assert_int_equal(
        lessons_add(&world->lessons, (struct lesson){.kind = LESSON_GROUP, .group = 7}), 0);
}

static void repetition_teaches_no_more_than_once_a_day(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 10000; i++)
        meet(world, 1, 5, true, &starts);
    tell_fleet(world);
    const struct fleet_relation *known =
        ledger_find(&world->fleet.relations, relation_key(&starts));
    assert_non_null(known);
    assert_int_equal(known->hosts, 1);
    assert_int_equal(known->host_days, 1);
}

static void known_is_normal_and_new_is_not(void **state)
{
    struct world *world = *state;
    struct relation other = starts;
    other.object = 99;
    meet(world, 1, 5, true, &starts);
    tell_fleet(world);
    assert_true(meet(world, 1, 6, false, &starts).value == 0);
    assert_true(meet(world, 1, 6, false, &other).value > 0);
}

static void many_hosts_make_it_less_surprising_on_the_next(void **state)
{
    struct world *world = *state;
    double before, after;
    for (uint64_t host = 1; host <= 20; host++)
        add_host(world);
    meet(world, 1, 5, true, &starts);
    tell_fleet(world);
    before = meet(world, 50, 6, false, &starts).value;
    for (uint64_t host = 2; host <= 15; host++)
        meet(world, host, 6, true, &starts);
    tell_fleet(world);
    after = meet(world, 51, 6, false, &starts).value;
    assert_true(before > 0);
    assert_true(after < before / 2);
}

static void who_always_brings_news_surprises_less(void **state)
{
    struct world *world = *state;
    struct relation installer = starts, service = starts;
    service.subject = 12;
    for (int i = 0; i < 100; i++) {
        struct lesson unit = {.kind = LESSON_UNIT, .type = RELATION_START};
        unit.subject = installer.subject;
        assert_int_equal(lessons_add(&world->lessons, unit), 0);
        unit.kind = LESSON_NOVELTY;
        assert_int_equal(lessons_add(&world->lessons, unit), 0);
        unit.kind = LESSON_UNIT;
        unit.subject = service.subject;
        assert_int_equal(lessons_add(&world->lessons, unit), 0);
    }
    tell_fleet(world);
    assert_true(meet(world, 1, 5, false, &installer).value * 10 <
                meet(world, 1, 5, false, &service).value);
}

static void an_intruder_needs_days_to_teach(void **state)
{
    struct world *world = *state;
    double first = meet(world, 1, 5, false, &starts).value, again = 0;
    for (int i = 0; i < 1000; i++)
        again = meet(world, 1, 5, false, &starts).value;
    tell_fleet(world);
    assert_true(again >= first / 2 - 1e-9); /* hammering in one day does not make it normal */
    assert_true(meet(world, 1, 6, false, &starts).value > 0);
    meet(world, 1, 7, false, &starts);
    tell_fleet(world);
    assert_true(meet(world, 1, 8, false, &starts).value == 0);
}

static void a_suspect_teaches_nothing(void **state)
{
    struct world *world = *state;
    struct standpoint at = {.host = 1, .day = 5};
    struct surprise surprise;
    for (int32_t day = 5; day < 30; day++) {
        at.day = day;
        assert_int_equal(memory_meet(&world->own, &world->fleet, &world->lessons, &at, &starts,
                                     false, &surprise),
                         0);
    }
    assert_true(surprise.value > 0);
    assert_int_equal(world->lessons.count, 0);
}

static void sensitive_things_stay_a_little_surprising(void **state)
{
    struct world *world = *state;
    struct relation reads = {RELATION_PROCESS, 11, 33, 3, FACT_CREDENTIALS};
    meet(world, 1, 1, true, &reads);
    tell_fleet(world);
    assert_true(meet(world, 1, 2, false, &reads).value > 0);
    for (int32_t day = 2; day < 12; day++)
        meet(world, 1, day, true, &reads);
    tell_fleet(world);
    assert_true(meet(world, 1, 20, false, &reads).value == 0);
}

static void a_checkpoint_brings_everything_back(void **state)
{
    struct world *world = *state, copy = {0};
    struct buffer out = {0};
    meet(world, 1, 5, true, &starts);
    add_host(world);
    fleet_memory_save(&world->fleet, &out);
    host_memory_save(&world->own, &out);
    lessons_save(&world->lessons, &out);
    fleet_memory_init(&copy.fleet, 1 << 20);
    host_memory_init(&copy.own, 1 << 20);
    struct cursor in = cursor_over(buffer_bytes(&out));
    assert_int_equal(fleet_memory_load(&copy.fleet, &in), 0);
    assert_int_equal(host_memory_load(&copy.own, &in), 0);
    assert_int_equal(lessons_load(&copy.lessons, &in), 0);
    assert_true(cursor_ok(&in) && cursor_left(&in) == 0);
    tell_fleet(world);
    tell_fleet(&copy);
    assert_int_equal(copy.fleet.hosts, world->fleet.hosts);
    assert_true(meet(&copy, 1, 6, false, &starts).value == 0);
    /* Cut short anywhere, it is refused and nothing worse. */
    for (size_t len = 0; len < out.len; len += 7) {
        struct fleet_memory broken;
        fleet_memory_init(&broken, 1 << 20);
        struct cursor cut = cursor_over((struct bytes){out.at, len});
        if (fleet_memory_load(&broken, &cut) == 0)
            assert_true(cursor_ok(&cut));
        fleet_memory_finish(&broken);
    }
    void *copied = &copy;
    tear_down(&copied);
    buffer_finish(&out);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(repetition_teaches_no_more_than_once_a_day),
        CASE(known_is_normal_and_new_is_not),
        CASE(many_hosts_make_it_less_surprising_on_the_next),
        CASE(who_always_brings_news_surprises_less),
        CASE(an_intruder_needs_days_to_teach),
        CASE(a_suspect_teaches_nothing),
        CASE(sensitive_things_stay_a_little_surprising),
        CASE(a_checkpoint_brings_everything_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
