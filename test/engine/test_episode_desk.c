/* Attacks followed by lanes: their rows while they go on, when they end, and when they prove none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "detect/darknet/marks.h"
#include "engine/episode_desk.h"

enum { ADDRESSES = 256, LANES_MOST = 3, ROWS_MOST = 64, PACKETS_MOST = 1 << 16 };

static const int64_t SECOND = 1000000000;

struct answer {
    int64_t time;
    uint32_t victim, destination;
};

struct row {
    char victim[64];
    int64_t start, end, packets;
};

struct bench {
    char folder[64];
    struct darknet_store *store;
    struct answer answers[PACKETS_MOST]; /* number i + 1 */
    uint32_t count, seen;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    assert_non_null(bench);
    snprintf(bench->folder, sizeof(bench->folder), "/tmp/hinomi-test-episodes-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    assert_int_equal(darknet_store_open(bench->folder, &bench->store), 0);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const files[] = {"darknet.db", "darknet.db-wal", "darknet.db-shm",
                                        "state.db",   "state.db-wal",   "state.db-shm",
                                        "lock"};
    struct bench *bench = *state;
    char path[128];
    darknet_store_close(bench->store);
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        snprintf(path, sizeof(path), "%s/%s", bench->folder, files[i]);
        unlink(path);
    }
    rmdir(bench->folder);
    free(bench);
    return 0;
}

/* `count` answers of a victim over `seconds`, each to the next of `spread` addresses. */
static void attack(struct bench *bench, uint32_t victim, int64_t from, uint32_t seconds,
                   uint32_t count, uint32_t spread)
{
    for (uint32_t i = 0; i < count; i++) {
        assert_true(bench->count < PACKETS_MOST);
        bench->answers[bench->count++] =
            (struct answer){from * SECOND + i * (seconds * SECOND / count), victim, i % spread};
    }
}

static int by_time(const void *a, const void *b)
{
    const struct answer *one = a, *other = b;
    if (one->time != other->time)
        return one->time < other->time ? -1 : 1;
    return one->victim < other->victim ? -1 : one->victim > other->victim;
}

/* What was not seen yet comes in the order of time. */
static void answers_sort(struct bench *bench)
{
    qsort(bench->answers + bench->seen, bench->count - bench->seen, sizeof(*bench->answers),
          by_time);
}

static struct ip address_of(uint32_t word)
{
    struct ip ip = {.octets = {[10] = 0xff, [11] = 0xff}};
    for (int i = 0; i < 4; i++)
        ip.octets[12 + i] = (uint8_t)(word >> (24 - 8 * i));
    return ip;
}

struct lane {
    const struct bench *bench;
    struct episode_desk *desk;
    unsigned number, lanes;
    pthread_t thread;
};

static void packet_put(struct packets *packets, const struct answer *answer, uint64_t number)
{
    uint32_t row = packets->count++;
    packets->time[row] = packets->clock[row] = answer->time;
    packets->number[row] = number;
    packets->source_ip[row] = address_of(answer->victim);
    packets->destination_ip[row] = address_of(0xc6120000 + answer->destination);
    packets->protocol[row] = PROTOCOL_tcp;
    packets->has[row] = PACKET_PORTS | PACKET_TCP;
    packets->tcp_flags[row] = TCP_SYN | TCP_ACK;
    packets->source_port[row] = 443;
    packets->destination_port[row] = (uint16_t)(33000 + number % 1000);
    packets->length[row] = 44;
}

/* The lane's share of what is new, in batches of a few. */
static void *lane_run(void *context)
{
    enum { BATCH = 37 };
    const struct lane *lane = context;
    const struct bench *bench = lane->bench;
    struct packets *packets = calloc(1, sizeof(*packets));
    struct source_rows *rows = calloc(1, sizeof(*rows));
    for (uint32_t i = bench->seen; packets && rows && i < bench->count;) {
        packets->count = rows->count = 0;
        for (; i < bench->count && packets->count < BATCH; i++) {
            struct ip victim = address_of(bench->answers[i].victim);
            if (packet_partition(packet_source_hash(&victim)) % lane->lanes != lane->number)
                continue;
            packet_put(packets, &bench->answers[i], i + 1);
            rows->row[rows->count] = (uint16_t)rows->count;
            rows->kind[rows->count] = (uint8_t)kind_of(packets, rows->count);
            rows->count++;
        }
        episode_desk_see(lane->desk, lane->number, packets, rows, i);
    }
    free(packets);
    free(rows);
    return NULL;
}

/* All lanes read what is new at the same time; they have met when this returns. */
static void lanes_run(struct bench *bench, struct episode_desk *desk, unsigned count)
{
    struct lane lanes[LANES_MOST];
    answers_sort(bench);
    for (unsigned i = 0; i < count; i++) {
        lanes[i] = (struct lane){bench, desk, i, count, 0};
        assert_int_equal(pthread_create(&lanes[i].thread, NULL, lane_run, &lanes[i]), 0);
    }
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(pthread_join(lanes[i].thread, NULL), 0);
    bench->seen = bench->count;
}

static struct episode_desk *desk_open(unsigned lanes)
{
    struct episode_desk *desk;
    assert_int_equal(episode_desk_open(EPISODE_MOORE, lanes, ADDRESSES, &desk), 0);
    return desk;
}

static void desk_store(struct bench *bench, struct episode_desk *desk)
{
    assert_int_equal(darknet_store_begin(bench->store), 0);
    assert_int_equal(episode_desk_store(desk, bench->store), 0);
    assert_int_equal(darknet_store_commit(bench->store), 0);
}

static uint32_t rows_read(struct bench *bench, struct row *rows)
{
    struct sqlite3_stmt *statement;
    uint32_t count = 0;
    assert_int_equal(darknet_store_statement(bench->store,
                                             "SELECT victim_ip, start, end, packets FROM"
                                             " darknet_episodes ORDER BY victim_ip, start",
                                             &statement),
                     0);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        assert_true(count < ROWS_MOST);
        struct row *row = &rows[count++];
        memset(row, 0, sizeof(*row));
        snprintf(row->victim, sizeof(row->victim), "%s",
                 (const char *)sqlite3_column_text(statement, 0));
        row->start = sqlite3_column_int64(statement, 1) / SECOND;
        row->end = sqlite3_column_int64(statement, 2) / SECOND;
        row->packets = sqlite3_column_int64(statement, 3);
    }
    sqlite3_reset(statement);
    return count;
}

static void turn(struct bench *bench, struct episode_desk *desk, unsigned lanes, int64_t clock)
{
    lanes_run(bench, desk, lanes);
    assert_int_equal(episode_desk_turn(desk, clock * SECOND), 0);
    desk_store(bench, desk);
}

static void an_attack_has_one_row_while_it_goes_on_and_when_it_ends(void **state)
{
    struct bench *bench = *state;
    struct episode_desk *desk = desk_open(1);
    struct row rows[ROWS_MOST];
    attack(bench, 0x0a000001, 1000, 200, 400, 200);
    turn(bench, desk, 1, 1200);
    assert_int_equal(rows_read(bench, rows), 1);
    assert_string_equal(rows[0].victim, "10.0.0.1");
    assert_int_equal(rows[0].packets, 400);
    assert_int_equal(rows[0].end, 1199);
    attack(bench, 0x0a000001, 1200, 100, 200, 200); /* it goes on */
    turn(bench, desk, 1, 1300);
    assert_int_equal(rows_read(bench, rows), 1);
    assert_int_equal(rows[0].start, 1000);
    assert_int_equal(rows[0].packets, 600);
    turn(bench, desk, 1, 2000); /* it is over, and stays as it was */
    assert_int_equal(rows_read(bench, rows), 1);
    assert_int_equal(rows[0].packets, 600);
    attack(bench, 0x0a000001, 3000, 100, 200, 200); /* another one */
    lanes_run(bench, desk, 1);
    assert_int_equal(episode_desk_end(desk), 0);
    desk_store(bench, desk);
    assert_int_equal(rows_read(bench, rows), 2);
    assert_int_equal(rows[1].start, 3000);
    assert_int_equal(rows[1].packets, 200);
    episode_desk_close(desk);
}

static void what_proves_no_attack_loses_its_row(void **state)
{
    struct bench *bench = *state;
    struct episode_desk *desk = desk_open(1);
    struct row rows[ROWS_MOST];
    attack(bench, 0x0a000001, 1000, 100, 120, 100);
    attack(bench, 0x0a000002, 1000, 100, 400, 250);
    turn(bench, desk, 1, 1100);
    assert_int_equal(rows_read(bench, rows), 2);
    attack(bench, 0x0a000001, 1100, 100, 20000, 1); /* to one address of ours alone */
    turn(bench, desk, 1, 1200);
    lanes_run(bench, desk, 1);
    assert_int_equal(episode_desk_end(desk), 0);
    desk_store(bench, desk);
    assert_int_equal(rows_read(bench, rows), 1);
    assert_string_equal(rows[0].victim, "10.0.0.2");
    episode_desk_close(desk);
}

/* Forty attacks, a window of 100 s after the other, by one lane or several at once. */
static uint32_t rows_by_lanes(struct bench *bench, unsigned lanes, struct row *rows)
{
    struct episode_desk *desk = desk_open(lanes);
    bench->count = bench->seen = 0;
    assert_int_equal(darknet_store_begin(bench->store), 0);
    struct sqlite3_stmt *statement;
    assert_int_equal(
        darknet_store_statement(bench->store, "DELETE FROM darknet_episodes", &statement), 0);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_reset(statement);
    assert_int_equal(darknet_store_commit(bench->store), 0);
    for (int64_t window = 10; window < 20; window++) {
        for (uint32_t victim = 0; victim < 40; victim++)
            if ((uint64_t)window * 7 % 10 < victim % 10)
                attack(bench, 0x0a000000 + victim, window * 100, 99, 60 + victim, 200);
        turn(bench, desk, lanes, (window + 1) * 100);
    }
    assert_int_equal(episode_desk_end(desk), 0);
    desk_store(bench, desk);
    episode_desk_close(desk);
    return rows_read(bench, rows);
}

static void the_lanes_change_nothing(void **state)
{
    struct bench *bench = *state;
    struct row rows[ROWS_MOST], expected[ROWS_MOST];
    uint32_t count = rows_by_lanes(bench, 1, expected);
    assert_in_range(count, 30, 50);
    for (unsigned lanes = 2; lanes <= LANES_MOST; lanes++) {
        assert_int_equal(rows_by_lanes(bench, lanes, rows), count);
        assert_memory_equal(rows, expected, count * sizeof(*rows));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_attack_has_one_row_while_it_goes_on_and_when_it_ends),
        TEST(what_proves_no_attack_loses_its_row),
        TEST(the_lanes_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
