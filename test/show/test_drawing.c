#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "show/drawing.h"

enum { NODES = 200 };

static struct trace_node node(uint32_t id, const char *host, int64_t time)
{
    return (struct trace_node){.id = id,
                               .type = OBSERVABLE_process,
                               .host = bytes_of(host),
                               .entity_id = BYTES("p"),
                               .name = BYTES("p"),
                               .time = time};
}

/* A chain that starts on A, goes to B, and talks to an address: parent and child at one moment. */
static void test_time_runs_right_and_hosts_have_lanes(void **state)
{
    struct trace_node nodes[] = {node(0, "A", 50), node(1, "A", 50), node(2, "", 60),
                                 node(3, "B", 70)};
    struct trace_edge edges[] = {{.from = 1, .to = 0}, {.from = 0, .to = 2}, {.from = 2, .to = 3}};
    struct trace trace = {.nodes = nodes, .edges = edges, .node_count = 4, .edge_count = 3};
    struct drawing_place places[4];
    uint32_t lane_rows[4], lanes;

    (void)state;
    assert_int_equal(drawing_place(&trace, places, lane_rows, &lanes), 0);
    assert_int_equal(lanes, 3);
    assert_true(places[1].column < places[0].column); /* the parent first, though of one time */
    assert_true(places[0].column < places[2].column);
    assert_true(places[2].column < places[3].column);
    assert_int_equal(places[0].lane, 0);
    assert_int_equal(places[3].lane, 1);
    assert_int_equal(places[2].lane, 2); /* what is on no host stands below */
    assert_int_equal(lane_rows[0], 1);
}

static void random_trace(struct trace_node *nodes, struct trace_edge *edges, struct trace *trace,
                         unsigned *seed)
{
    static const char *const hosts[] = {"A", "B", "C", ""};

    trace->node_count = 1 + (uint32_t)rand_r(seed) % NODES;
    trace->edge_count = (uint32_t)rand_r(seed) % NODES;
    for (uint32_t i = 0; i < trace->node_count; i++)
        nodes[i] = node(i, hosts[rand_r(seed) % 4], rand_r(seed) % 40);
    for (uint32_t i = 0; i < trace->edge_count; i++)
        edges[i] = (struct trace_edge){.from = (uint32_t)rand_r(seed) % trace->node_count,
                                       .to = (uint32_t)rand_r(seed) % trace->node_count};
    trace->nodes = nodes;
    trace->edges = edges;
}

static void drawing_holds(const struct trace *trace, const struct drawing_place *places,
                          const uint32_t *lane_rows, uint32_t lanes)
{
    for (uint32_t a = 0; a < trace->node_count; a++) {
        assert_true(places[a].lane < lanes);
        assert_true(places[a].row < lane_rows[places[a].lane]);
        assert_true(places[a].row < DRAWING_COLUMN_NODES);
        for (uint32_t b = 0; b < trace->node_count; b++) {
            bool same = places[a].column == places[b].column && places[a].lane == places[b].lane;

            if (places[a].column < places[b].column)
                assert_true(trace->nodes[a].time <= trace->nodes[b].time);
            assert_true(a == b || !same || places[a].row != places[b].row);
            assert_int_equal(places[a].lane == places[b].lane,
                             bytes_equal(trace->nodes[a].host, trace->nodes[b].host));
        }
    }
    for (uint32_t i = 0; i < trace->edge_count; i++)
        assert_true(trace->edges[i].from == trace->edges[i].to ||
                    places[trace->edges[i].from].column != places[trace->edges[i].to].column);
}

static void test_any_trace_is_drawn_without_two_in_one_place(void **state)
{
    struct trace_node nodes[NODES];
    struct trace_edge edges[NODES];
    struct drawing_place places[NODES];
    uint32_t lane_rows[NODES], lanes;
    unsigned seed = 7;

    (void)state;
    for (int round = 0; round < 60; round++) {
        struct trace trace = {0};

        random_trace(nodes, edges, &trace, &seed);
        assert_int_equal(drawing_place(&trace, places, lane_rows, &lanes), 0);
        drawing_holds(&trace, places, lane_rows, lanes);
    }
}

static void test_nothing_is_drawn_too(void **state)
{
    struct trace trace = {0};
    struct buffer text = {0};
    struct json json = {.out = &text};

    (void)state;
    assert_int_equal(drawing_json(&trace, &json), 0);
    buffer_put_char(&text, 0);
    assert_string_equal(
        text.at, "{\"nodes\":[],\"edges\":[],\"lanes\":[],\"truncated\":false,\"visited\":0}");
    buffer_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_runs_right_and_hosts_have_lanes),
        cmocka_unit_test(test_any_trace_is_drawn_without_two_in_one_place),
        cmocka_unit_test(test_nothing_is_drawn_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
