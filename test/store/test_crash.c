/*
 * A small ingest that is killed, or finds the disk full, at any of its writes.
 * Begun anew it goes on from its checkpoint; in the end the store says just
 * what that of an undisturbed ingest says.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "fixture.h"
#include "frail_disk.h"
#include "store/observables.h"

enum { ROWS = 1200, STEP = 100, STEPS_PER_CHECKPOINT = 3, RUNS = 40 };

static struct buffer undisturbed;
static long operations, committing; /* in all; up to the last commit */

/* A finding each step; case 1 gets them all, and a further one opens now and then. */
static int findings_put(struct store *store, uint64_t number)
{
    struct finding finding = {.id = number + 1,
                              .detector = "test",
                              .time_start = FIXTURE_DAY + (int64_t)number,
                              .time_end = FIXTURE_DAY + (int64_t)number,
                              .score = 0.5,
                              .level = 2,
                              .host = BYTES("host1"),
                              .title = {BYTES("title"), BYTES("\xe9\xa1\x8c")}};
    struct incident incident = {.id = 1,
                                .level = 2,
                                .score = (double)number,
                                .time_start = FIXTURE_DAY,
                                .time_end = finding.time_end,
                                .opened = FIXTURE_DAY,
                                .hosts = {BYTES("host1")},
                                .host_count = 1,
                                .title = finding.title};
    finding_observe(&finding, OBSERVABLE_host, BYTES("host1"));
    int error = store_put_finding(store, &finding, 1);
    if (!error)
        error = store_put_case(store, &incident);
    incident.id = 2 + (uint32_t)(number / STEP / 2);
    return error ? error : store_put_case(store, &incident);
}

static int step_put(struct store *store, struct batch *batch, uint64_t number)
{
    batch_clear(batch);
    for (uint64_t i = number; i < number + STEP; i++) {
        uint64_t random = i;
        row_make(batch, &random, i, FIXTURE_DAY + 20 * TIME_HOUR + (int64_t)i * 20 * TIME_SECOND);
    }
    int error = store_put_rows(store, batch);
    return error ? error : findings_put(store, number);
}

/* Go on to the end from wherever the checkpoint says. */
static int ingest(const char *folder)
{
    struct store *store;
    struct arena arena = {0};
    struct bytes checkpoint;
    uint64_t number = 0;
    int error = store_open_write(folder, &store);
    if (error)
        return error;
    error = store_checkpoint(store, &arena, &checkpoint);
    if (!error && checkpoint.len == sizeof(number))
        memcpy(&number, checkpoint.at, sizeof(number));
    struct batch *batch = batch_create();
    for (; number < ROWS && !error;) {
        error = step_put(store, batch, number);
        number += STEP;
        if (!error && (number / STEP % STEPS_PER_CHECKPOINT == 0 || number == ROWS))
            error = store_put_checkpoint(store, (struct bytes){(char *)&number, sizeof(number)});
        if (!error)
            error = store_commit(store);
    }
    batch_destroy(batch);
    arena_finish(&arena);
    committing = frail_disk_operations();
    store_close(store);
    return error;
}

static int ingest_apart(const char *folder, enum frailty frailty, long left)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        frail_disk_use(frailty, left);
        _exit(-ingest(folder) & 0x7f);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int text_put_row(void *context, struct sqlite3_stmt *statement)
{
    struct buffer *out = context;
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        const char *text = (const char *)sqlite3_column_text(statement, i);
        buffer_put_format(out, "%s|", text ? text : "");
    }
    buffer_put_char(out, '\n');
    return 0;
}

static int pivot_put_row(void *context, const struct batch *batch, uint32_t row)
{
    buffer_put_format(context, "%llu ", (unsigned long long)batch->columns.event_offset[row]);
    return 0;
}

/* Everything the store says, but for the counter that tells of changes. */
static struct buffer store_tell(const char *folder)
{
    static const char *const queries[] = {
        "SELECT rowid, * FROM events", "SELECT * FROM findings",
        "SELECT id, level, time_end, hosts, title, score FROM cases ORDER BY id",
        "SELECT count(*) FROM cases_before"};
    static const struct observable asked[] = {{OBSERVABLE_process, BYTES("p3")},
                                              {OBSERVABLE_host, BYTES("host2")},
                                              {OBSERVABLE_user, BYTES("user1")}};
    struct buffer out = {0};
    struct store *store;
    assert_int_equal(store_open_read(folder, &store), 0);
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
        assert_int_equal(store_query(store, bytes_of(queries[i]), 10, text_put_row, &out), 0);
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
        assert_int_equal(store_pivot(store, &asked[i],
                                     (struct store_span){TIME_NONE, INT64_MAX, false},
                                     pivot_put_row, &out),
                         0);
    buffer_put_char(&out, '\0');
    store_close(store);
    return out;
}

static int undisturbed_make(void **state)
{
    (void)state;
    char folder[64];
    folder_make(folder);
    frail_disk_use(DISK_COUNTS, 0);
    int error = ingest(folder);
    operations = frail_disk_operations();
    undisturbed = store_tell(folder);
    folder_remove(folder);
    return error;
}

static int undisturbed_forget(void **state)
{
    (void)state;
    buffer_finish(&undisturbed);
    return 0;
}

/* Every n-th write of the ingest fails once, and once more while it is made good. */
static void fails_anywhere(enum frailty frailty, int status)
{
    assert_true(operations > 100);
    for (long at = 0; at < operations; at += 1 + operations / RUNS) {
        char folder[64];
        folder_make(folder);
        /* Closing tidies up only: a full disk doesn't matter any more. */
        bool closing = frailty == DISK_FULL && at >= committing;
        assert_int_equal(ingest_apart(folder, frailty, at), closing ? 0 : status);
        (void)ingest_apart(folder, frailty, 7 + at / 3);
        assert_int_equal(ingest_apart(folder, DISK_COUNTS, 0), 0);
        struct buffer told = store_tell(folder);
        if (strcmp(told.at, undisturbed.at) != 0)
            fail_msg("after failing at operation %ld the store says something else", at);
        buffer_finish(&told);
        folder_remove(folder);
    }
}

static void killed_anywhere(void **state)
{
    (void)state;
    fails_anywhere(DISK_KILLS, 9);
}

static void disk_full_anywhere(void **state)
{
    (void)state;
    fails_anywhere(DISK_FULL, ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_anywhere),
        cmocka_unit_test(disk_full_anywhere),
    };
    return cmocka_run_group_tests(tests, undisturbed_make, undisturbed_forget);
}
