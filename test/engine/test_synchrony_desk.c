/* Judged on another thread or not: every window once, in order, and the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "engine/synchrony_desk.h"

enum { WINDOWS = 60, SOURCES = 120 };

struct heard {
    uint32_t count;
    int64_t starts[WINDOWS];
    double series[WINDOWS][SYNCHRONY_SERIES];
};

static void told(void *context, const struct synchrony_window *window)
{
    struct heard *heard = context;
    assert_true(heard->count < WINDOWS);
    memcpy(heard->series[heard->count], window->series, sizeof(window->series));
    heard->starts[heard->count++] = window->start;
}

static void sources_make(uint32_t window, struct source_summary *sources)
{
    uint32_t dice = window * 2654435761u + 12345;
    memset(sources, 0, SOURCES * sizeof(*sources));
    for (uint32_t i = 0; i < SOURCES; i++) {
        sources[i].address.octets[10] = sources[i].address.octets[11] = 0xff;
        sources[i].address.octets[12] = (uint8_t)i;
        for (int m = 0; m < SOURCE_SAMPLES; m++) {
            dice = dice * 1664525u + 1013904223u;
            sources[i].tcp_samples[m] = dice >> 29;
        }
    }
}

static void the_thread_changes_nothing(void **state)
{
    (void)state;
    struct source_summary sources[SOURCES];
    struct heard heard = {0}, expected = {0};
    struct synchrony_desk_options options = {.hosts_most = 100, .told = told, .context = &heard};
    struct synchrony_desk *desk;
    struct synchrony *alone;
    assert_int_equal(synchrony_desk_open(&options, &desk), 0);
    assert_int_equal(synchrony_open(100, &alone), 0);
    for (uint32_t w = 0; w < WINDOWS; w++) {
        struct synchrony_window window;
        sources_make(w, sources);
        for (uint32_t i = 0; i < SOURCES; i += 30) {
            assert_int_equal(synchrony_desk_see(desk, sources + i, 30), 0);
            assert_int_equal(synchrony_desk_look(desk, w % 7 == 3), 0);
        }
        assert_int_equal(synchrony_desk_end(desk, w * 600, 600), 0);
        assert_true(heard.count == w || heard.count == w + 1);
        assert_int_equal(synchrony_see(alone, sources, SOURCES), 0);
        synchrony_next(alone, w * 600, 600, &window);
        told(&expected, &window);
    }
    assert_int_equal(synchrony_desk_look(desk, true), 0);
    assert_int_equal(synchrony_desk_look(desk, true), 0); /* and not twice */
    assert_int_equal(heard.count, WINDOWS);
    assert_true(heard.series[0][0] > 0);
    assert_memory_equal(&heard, &expected, sizeof(heard));
    synchrony_desk_close(desk);
    synchrony_close(alone);
}

/* At any time: while it judges, with a judgement nobody asked for, with nothing to do. */
static void it_can_be_closed_at_any_time(void **state)
{
    (void)state;
    struct source_summary sources[SOURCES];
    sources_make(1, sources);
    for (int when = 0; when < 4; when++) {
        struct synchrony_desk_options options = {.hosts_most = 100};
        struct synchrony_desk *desk;
        assert_int_equal(synchrony_desk_open(&options, &desk), 0);
        if (when > 0)
            assert_int_equal(synchrony_desk_see(desk, sources, SOURCES), 0);
        if (when > 1)
            assert_int_equal(synchrony_desk_end(desk, 0, 600), 0);
        if (when > 2)
            assert_int_equal(synchrony_desk_look(desk, true), 0);
        synchrony_desk_close(desk);
    }
    synchrony_desk_close(NULL);
}

static void too_few_hosts_are_refused(void **state)
{
    (void)state;
    struct synchrony_desk_options options = {.hosts_most = 3};
    struct synchrony_desk *desk = NULL;
    assert_int_equal(synchrony_desk_open(&options, &desk), -EINVAL);
    assert_null(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_thread_changes_nothing),
        cmocka_unit_test(it_can_be_closed_at_any_time),
        cmocka_unit_test(too_few_hosts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
