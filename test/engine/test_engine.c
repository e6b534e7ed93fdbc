/* The laws of the engine, against neighbours that notice every change of order. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "fakes.h"

enum { FILES = 12, ROWS = 3000 };

static char folder[] = "/tmp/hinomi-test-engine-XXXXXX";
static char paths[FILES + 1][64];
static uint64_t seed = 1;

static uint32_t draw(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

/* A file of rows from `from` on, `spread` out of order, on `hosts` hosts. */
static void file_write(const char *path, const char *mode, int64_t from, uint32_t rows,
                       uint32_t spread, uint32_t hosts)
{
    FILE *file = fopen(path, mode);
    assert_non_null(file);
    for (uint32_t i = 0; i < rows; i++)
        fprintf(file, "%lld host%u word%u\n", (long long)(from + i * 10 - draw(spread)),
                draw(hosts), draw(1000));
    fclose(file);
}

static int files_make(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    for (int i = 0; i <= FILES; i++)
        snprintf(paths[i], sizeof(paths[i]), "%s/%02d", folder, i);
    for (int i = 0; i < FILES; i++)
        file_write(paths[i], "w", 1000000 + i * 7000, ROWS, i % 3 ? 200 : 1, 40);
    return 0;
}

static int files_remove(void **state)
{
    (void)state;
    for (int i = 0; i <= FILES; i++)
        unlink(paths[i]);
    fake_store_forget();
    return rmdir(folder);
}

static struct engine_options options_of(const char **names, uint32_t count)
{
    return (struct engine_options){
        .folder = "fake",
        .paths = names,
        .path_count = count,
        .shards = 1,
        .lateness = 300,
        .checkpoint_interval = -1,
        .settings = {.budget = -1, .learn_until = TIME_NONE},
    };
}

static int run(const struct engine_options *options, struct engine_result *ret_result)
{
    struct engine_result result;
    int error = engine_run(options, &result);
    if (ret_result)
        *ret_result = result;
    return error;
}

struct outcome {
    struct buffer rows, findings;
};

static void outcome_keep(struct outcome *outcome)
{
    buffer_put(&outcome->rows, buffer_bytes(&fake_store.rows));
    buffer_put(&outcome->findings, buffer_bytes(&fake_store.findings));
}

static void outcome_equals(const struct outcome *outcome)
{
    assert_true(bytes_equal(buffer_bytes(&outcome->findings), buffer_bytes(&fake_store.findings)));
    assert_true(bytes_equal(buffer_bytes(&outcome->rows), buffer_bytes(&fake_store.rows)));
}

static void outcome_finish(struct outcome *outcome)
{
    buffer_finish(&outcome->rows);
    buffer_finish(&outcome->findings);
    fake_store_forget();
    fake_read_rows = BATCH_ROWS;
}

static uint32_t names_all(const char *names[FILES])
{
    for (int i = 0; i < FILES; i++)
        names[i] = paths[i];
    return FILES;
}

/* Number of lines, and whether the first numbers in them go up. */
static uint64_t rows_in_order(bool *ret_ordered)
{
    uint64_t count = 0;
    long long last = 0, time;
    const char *at = fake_store.rows.at, *end = at + fake_store.rows.len;
    *ret_ordered = true;
    for (; at < end; at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1, count++) {
        time = strtoll(at, NULL, 10);
        *ret_ordered = *ret_ordered && time >= last;
        last = time;
    }
    return count;
}

static void test_order(void **state)
{
    (void)state;
    const char *names[FILES];
    struct engine_options options = options_of(names, names_all(names));
    struct engine_result result;
    bool ordered;
    assert_int_equal(run(&options, &result), 0);
    assert_int_equal(rows_in_order(&ordered), FILES * ROWS);
    assert_true(ordered);
    assert_int_equal(result.kept, FILES * ROWS);
    assert_int_equal(result.late, 0);
    assert_true(result.findings > FILES * ROWS / 16);
    fake_store_forget();
}

static void test_shards_and_batches(void **state)
{
    (void)state;
    static const struct {
        uint32_t shards, batch_rows, read_rows;
    } ways[] = {{2, 4096, 4096}, {3, 4096, 4096}, {1, 1, 4096}, {3, 1, 7},
                {2, 64, 4096},   {3, 64, 100},    {1, 4096, 1}, {2, 4096, 333}};
    const char *names[FILES];
    struct engine_options options = options_of(names, names_all(names));
    struct outcome outcome = {0};
    assert_int_equal(run(&options, NULL), 0);
    outcome_keep(&outcome);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        fake_store_forget();
        fake_read_rows = ways[i].read_rows;
        options.shards = ways[i].shards;
        options.batch_rows = ways[i].batch_rows;
        assert_int_equal(run(&options, NULL), 0);
        outcome_equals(&outcome);
    }
    outcome_finish(&outcome);
}

/* The store fails at some row; the same command again ends as if nothing had happened. */
static void test_restart(void **state)
{
    (void)state;
    const char *names[FILES];
    struct engine_options options = options_of(names, names_all(names));
    struct outcome outcome = {0};
    uint32_t restarts = 0, checkpoints = 0;
    assert_int_equal(run(&options, NULL), 0);
    outcome_keep(&outcome);
    options.checkpoint_interval = 0;
    for (int turn = 0; turn < 8; turn++) {
        fake_store_forget();
        fake_read_rows = 1 + draw(500);
        for (int error = -EIO; error; restarts++) {
            options.shards = 1 + draw(3);
            options.batch_rows = draw(2) ? 64 : 4096;
            fake_store.fail_at = 100 + draw(FILES * ROWS / 3);
            error = run(&options, NULL);
            assert_true(error == 0 || error == -EIO);
        }
        checkpoints += fake_store.checkpoints;
        outcome_equals(&outcome);
    }
    assert_true(restarts > 15);
    assert_true(checkpoints > 15);
    outcome_finish(&outcome);
}

static void test_again_and_grown(void **state)
{
    (void)state;
    const char *names[] = {paths[FILES]};
    struct engine_options options = options_of(names, 1);
    struct engine_result result;
    struct outcome outcome = {0};
    uint64_t then = seed;
    file_write(paths[FILES], "w", 1000, ROWS, 1, 5);
    file_write(paths[FILES], "a", 1000 + ROWS * 10, ROWS, 1, 5);
    assert_int_equal(run(&options, &result), 0);
    assert_int_equal(result.kept, 2 * ROWS);
    outcome_keep(&outcome);
    assert_int_equal(run(&options, &result), 0);
    assert_int_equal(result.kept, 0);
    assert_int_equal(result.findings, 0);
    outcome_equals(&outcome);

    fake_store_forget();
    seed = then;
    file_write(paths[FILES], "w", 1000, ROWS, 1, 5);
    assert_int_equal(run(&options, &result), 0);
    assert_int_equal(result.kept, ROWS);
    file_write(paths[FILES], "a", 1000 + ROWS * 10, ROWS, 1, 5);
    assert_int_equal(run(&options, &result), 0);
    assert_int_equal(result.kept, ROWS);
    outcome_equals(&outcome);
    outcome_finish(&outcome);
}

/* Rows out of order by up to the lateness come out as the sorted file does. */
static void test_lateness(void **state)
{
    (void)state;
    const char *names[] = {paths[FILES]};
    struct engine_options options = options_of(names, 1);
    struct engine_result result;
    bool ordered;
    file_write(paths[FILES], "w", 5000, ROWS, 250, 5);
    assert_int_equal(run(&options, &result), 0);
    rows_in_order(&ordered);
    assert_true(ordered);
    assert_int_equal(result.late, 0);
    fake_store_forget();
    options.lateness = 100;
    assert_int_equal(run(&options, &result), 0);
    assert_int_equal(rows_in_order(&ordered), ROWS);
    assert_false(ordered);
    assert_true(result.late > 0);
    fake_store_forget();
}

static void test_faults(void **state)
{
    (void)state;
    const char *names[] = {paths[FILES], "/nowhere/at/all", paths[0]};
    struct engine_options options = options_of(names, 3);
    struct engine_result result;
    file_write(paths[FILES], "w", 1000, ROWS, 1, 5);
    FILE *file = fopen(paths[FILES], "a");
    fputs("31000 host1 broken\n", file);
    fclose(file);
    assert_int_equal(run(&options, &result), 0);
    assert_int_equal(result.kept, 2 * ROWS);
    assert_int_equal(result.sources, 3);
    assert_int_equal(result.sources_failed, 2);
    fake_store_forget();
}

static int forget(void **state)
{
    (void)state;
    fake_store_forget();
    fake_read_rows = BATCH_ROWS;
    return 0;
}

#define LAW(test) cmocka_unit_test_setup(test, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAW(test_order),           LAW(test_shards_and_batches), LAW(test_restart),
        LAW(test_again_and_grown), LAW(test_lateness),           LAW(test_faults),
    };
    return cmocka_run_group_tests(tests, files_make, files_remove);
}
