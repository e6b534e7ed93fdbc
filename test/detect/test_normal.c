/*
 * The laws of a detector, held to on a small office: silence while learning and
 * on ordinary days, a finding on the intruder, and the same findings however
 * the input is cut, whatever the order of partitions, and over a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "detect/detector.h"
#include "detect/normal.h"

enum { HOSTS = 8, DAYS = 6, LEARNED = 4, ROWS = 8000 };

#define START (20000 * TIME_DAY)

/* The whole input, row by row: the runs below cut it as they like. */
struct office {
    struct batch *batches[ROWS / BATCH_ROWS + 1];
    uint32_t rows, hand;
};

static uint32_t intern(struct batch *batch, const char *text)
{
    uint32_t id = 0;
    assert_int_equal(strings_intern(&batch->strings, bytes_of(text), &id), 0);
    return id;
}

static struct batch *next_row(struct office *office, int host, int64_t time, const char *entity,
                              const char *program)
{
    struct batch *batch = office->batches[office->rows / BATCH_ROWS];
    char name[16];
    if (!batch)
        batch = office->batches[office->rows / BATCH_ROWS] = batch_create();
    snprintf(name, sizeof(name), "pc-%d", host);
    uint32_t row = batch->rows++;
    batch->columns.time[row] = time;
    batch->columns.host_name[row] = intern(batch, name);
    batch->columns.process_entity_id[row] = intern(batch, entity);
    batch->columns.process_executable[row] = intern(batch, program);
    batch->columns.event_source[row] = 1;
    batch->columns.event_offset[row] = office->rows++;
    return batch;
}

static void start(struct office *office, int host, int64_t time, const char *entity,
                  const char *program, const char *parent, const char *parent_program)
{
    struct batch *batch = next_row(office, host, time, entity, program);
    uint32_t row = batch->rows - 1;
    batch->columns.event_category[row] = CATEGORY_process;
    batch->columns.event_action[row] = ACTION_start;
    batch->columns.process_parent_entity_id[row] = intern(batch, parent);
    batch->columns.process_parent_executable[row] = intern(batch, parent_program);
}

static void write_file(struct office *office, int host, int64_t time, const char *entity,
                       const char *program, const char *path)
{
    struct batch *batch = next_row(office, host, time, entity, program);
    batch->columns.event_category[batch->rows - 1] = CATEGORY_file;
    batch->columns.event_action[batch->rows - 1] = ACTION_create;
    batch->columns.file_path[batch->rows - 1] = intern(batch, path);
}

static void talk(struct office *office, int host, int64_t time, const char *entity,
                 const char *program, const char *address, uint16_t port)
{
    struct batch *batch = next_row(office, host, time, entity, program);
    uint32_t row = batch->rows - 1;
    char own[16];
    snprintf(own, sizeof(own), "10.0.3.%d", host + 10);
    batch->columns.event_category[row] = CATEGORY_network;
    batch->columns.event_action[row] = ACTION_connect;
    batch->columns.network_direction[row] = DIRECTION_egress;
    assert_true(ip_parse(bytes_of(address), &batch->columns.destination_ip[row]));
    assert_true(ip_parse(bytes_of(own), &batch->columns.source_ip[row]));
    batch->columns.destination_port[row] = port;
}

static const char *const explorer = "C:\\Windows\\explorer.exe";
static const char *const word = "C:\\Program Files\\Office\\winword.exe";
static const char *const browser = "C:\\Program Files\\Browser\\browser.exe";

static void ordinary_hour(struct office *office, int host, int day, int hour)
{
    int64_t time = START + day * TIME_DAY + hour * TIME_HOUR + host * TIME_MINUTE;
    char shell[32], a[32], b[32], file[64];
    snprintf(shell, sizeof(shell), "shell-%d-%d", host, day);
    snprintf(a, sizeof(a), "word-%d-%d-%d", host, day, hour);
    snprintf(b, sizeof(b), "web-%d-%d-%d", host, day, hour);
    snprintf(file, sizeof(file), "C:\\Users\\u%d\\Documents\\letter%d.docx", host, hour);
    start(office, host, time, a, word, shell, explorer);
    start(office, host, time + 1, b, browser, shell, explorer);
    write_file(office, host, time + 2, a, word, file);
    talk(office, host, time + 3, b, browser, "10.0.1.8", 8080);
    talk(office, host, time + 4, a, word, "10.0.1.2", 445);
}

/* Word starts a shell that drops a program, which talks to a colleague's machine. */
static void intrusion(struct office *office, int64_t time)
{
    static const char *const shell = "C:\\Windows\\System32\\cmd.exe";
    static const char *const dropped = "C:\\Users\\Public\\update.exe";
    start(office, 3, time, "evil-shell", shell, "word-3-5-10", word);
    write_file(office, 3, time + 1, "evil-shell", shell, dropped);
    start(office, 3, time + 2, "evil-program", dropped, "evil-shell", shell);
    talk(office, 3, time + 3, "evil-program", dropped, "10.0.3.14", 445);
}

static int set_up(void **state)
{
    struct office *office = calloc(1, sizeof(*office));
    for (int day = 0; day < DAYS; day++)
        for (int hour = 9; hour < 17; hour++) {
            for (int host = 0; host < HOSTS; host++)
                ordinary_hour(office, host, day, hour);
            if (day == DAYS - 1 && hour == 10)
                intrusion(office, START + day * TIME_DAY + hour * TIME_HOUR + 30 * TIME_MINUTE);
        }
    *state = office;
    return 0;
}

static int tear_down(void **state)
{
    struct office *office = *state;
    for (size_t i = 0; i < sizeof(office->batches) / sizeof(office->batches[0]); i++)
        batch_destroy(office->batches[i]);
    free(office);
    return 0;
}

/* A runner with nothing in it but the contract of detector.h. */
struct run {
    void *fleet, *parts[PARTITIONS];
    int64_t window;
    struct findings findings;
    struct buffer said;
    bool backwards;
};

static const struct settings settings = {
    .budget = 0.05, .learn_until = START + LEARNED * TIME_DAY, .memory = 64 << 20};

static void run_open(struct run *run)
{
    const struct detector *detector = &detector_normal;
    *run = (struct run){.window = TIME_NONE};
    assert_int_equal(detector->open_fleet(&settings, &run->fleet), 0);
    for (int i = 0; i < PARTITIONS; i++)
        assert_int_equal(detector->open(&settings, &run->parts[i]), 0);
}

static void run_close(struct run *run)
{
    for (int i = 0; i < PARTITIONS; i++)
        detector_normal.close(run->parts[i]);
    detector_normal.close_fleet(run->fleet);
    findings_finish(&run->findings);
}

static void run_settle(struct run *run, int64_t window)
{
    if (run->window == window)
        return;
    for (int i = 0; i < PARTITIONS && run->window != TIME_NONE; i++)
        assert_int_equal(detector_normal.merge(run->fleet, run->parts[i]), 0);
    if (run->window != TIME_NONE)
        assert_int_equal(
            detector_normal.settle(
                run->fleet, (struct window){run->window, run->window + detector_normal.window}),
            0);
    run->window = window;
}

static int by_row(const void *a, const void *b)
{
    const struct finding *x = *(struct finding *const *)a, *y = *(struct finding *const *)b;
    return (x->row > y->row) - (x->row < y->row);
}

/* Findings leave in the order of the rows they were said at: no two rows of one partition tie. */
static void run_say(struct run *run)
{
    if (run->findings.count)
        qsort(run->findings.items, run->findings.count, sizeof(struct finding *), by_row);
    for (uint32_t i = 0; i < run->findings.count; i++) {
        const struct finding *finding = run->findings.items[i];
        struct json json = {.out = &run->said};
        json_object(&json);
        json_key(&json, "id"), json_unsigned(&json, finding->id);
        json_key(&json, "time"), json_time(&json, finding->time_end);
        json_key(&json, "score"), json_number(&json, finding->score);
        json_key_text(&json, "process", finding->process_entity_id);
        json_key(&json, "why"), finding_explanation_json(finding, false, &json);
        json_key(&json, "what"), finding_observables_json(finding, &json);
        json_key(&json, "evidence"), finding_evidence_json(finding, &json);
        json_end_object(&json);
    }
    findings_clear(&run->findings);
}

static void run_rows(struct run *run, const struct batch *batch, uint32_t first, uint32_t count)
{
    uint32_t rows[BATCH_ROWS];
    for (int i = 0; i < PARTITIONS; i++) {
        uint32_t part = (uint32_t)(run->backwards ? PARTITIONS - 1 - i : i), chosen = 0;
        for (uint32_t row = first; row < first + count; row++)
            if (partition_of(batch, row) == part)
                rows[chosen++] = row;
        if (chosen)
            assert_int_equal(detector_normal.scan(run->parts[part], run->fleet, batch,
                                                  (struct rows){rows, chosen}, &run->findings),
                             0);
    }
    run_say(run);
}

static void run_part(struct run *run, const struct office *office, uint32_t from, uint32_t to,
                     uint32_t cut)
{
    while (from < to) {
        const struct batch *batch = office->batches[from / BATCH_ROWS];
        uint32_t first = from % BATCH_ROWS, count = 1;
        int64_t window = batch->columns.time[first] / detector_normal.window;
        while (count < cut && first + count < batch->rows && from + count < to &&
               batch->columns.time[first + count] / detector_normal.window == window)
            count++;
        run_settle(run, window * detector_normal.window);
        run_rows(run, batch, first, count);
        from += count;
    }
}

static void only_the_intruder_is_found(void **state)
{
    const struct office *office = *state;
    struct run run;
    run_open(&run);
    run_part(&run, office, 0, office->rows, BATCH_ROWS);
    buffer_put_char(&run.said, '\0');
    assert_non_null(strstr(run.said.at, "evil-program"));
    assert_non_null(strstr(run.said.at, "10.0.3.14"));
    assert_non_null(strstr(run.said.at, "update.exe"));
    /* Nothing before the intrusion, and nothing of anybody else. */
    assert_non_null(strstr(run.said.at, "\"time\":\"2024-10-09T10:30"));
    assert_null(strstr(run.said.at, "\"time\":\"2024-10-08"));
    assert_null(strstr(run.said.at, "web-"));
    buffer_finish(&run.said);
    run_close(&run);
}

static void cutting_changes_nothing(void **state)
{
    const struct office *office = *state;
    static const uint32_t cuts[] = {1, 7, 64, BATCH_ROWS};
    struct buffer expected = {0};
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        struct run run;
        run_open(&run);
        run.backwards = i % 2 == 1;
        run_part(&run, office, 0, office->rows, cuts[i]);
        if (i == 0)
            expected = run.said;
        else
            assert_true(bytes_equal(buffer_bytes(&run.said), buffer_bytes(&expected)));
        assert_true(run.said.len > 0);
        if (i)
            buffer_finish(&run.said);
        run_close(&run);
    }
    buffer_finish(&expected);
}

/* Save everything, forget everything, load everything. */
static void run_restart(struct run *run)
{
    struct buffer out = {0}, said = run->said;
    int64_t window = run->window;
    detector_normal.save_fleet(run->fleet, &out);
    for (int i = 0; i < PARTITIONS; i++)
        detector_normal.save(run->parts[i], &out);
    run_close(run);
    run_open(run);
    struct cursor in = cursor_over(buffer_bytes(&out));
    assert_int_equal(detector_normal.load_fleet(run->fleet, &in), 0);
    for (int i = 0; i < PARTITIONS; i++)
        assert_int_equal(detector_normal.load(run->parts[i], &in), 0);
    assert_int_equal(cursor_left(&in), 0);
    run->said = said;
    run->window = window;
    buffer_finish(&out);
}

static void a_restart_changes_nothing(void **state)
{
    const struct office *office = *state;
    struct run whole, broken;
    run_open(&whole);
    run_part(&whole, office, 0, office->rows, 64);
    run_open(&broken);
    uint32_t at = 0;
    for (uint32_t step = 97; at < office->rows; step = step * 2 % 911 + 13) {
        uint32_t to = at + step < office->rows ? at + step : office->rows;
        run_part(&broken, office, at, to, 64);
        run_restart(&broken);
        at = to;
    }
    assert_true(bytes_equal(buffer_bytes(&whole.said), buffer_bytes(&broken.said)));
    buffer_finish(&whole.said);
    buffer_finish(&broken.said);
    run_close(&whole);
    run_close(&broken);
}

static void a_broken_checkpoint_is_refused(void **state)
{
    struct run run;
    struct buffer out = {0};
    run_open(&run);
    run_part(&run, *state, 0, 500, 64);
    detector_normal.save(run.parts[0], &out);
    for (size_t len = 0; len + 1 < out.len; len += 1 + out.len / 200) {
        void *part;
        struct cursor in = cursor_over((struct bytes){out.at, len});
        assert_int_equal(detector_normal.open(&settings, &part), 0);
        assert_int_not_equal(detector_normal.load(part, &in), 0);
        detector_normal.close(part);
    }
    buffer_finish(&out);
    buffer_finish(&run.said);
    run_close(&run);
}

/* Bytes changed in place: refused, or at worst remembered wrongly, never out of bounds. */
static void a_changed_checkpoint_does_no_harm(void **state)
{
    struct run run;
    struct buffer out = {0};
    run_open(&run);
    run_part(&run, *state, 0, 500, 64);
    detector_normal.save(run.parts[0], &out);
    uint32_t refused = 0;
    for (size_t at = 0; at < out.len; at += 1 + out.len / 400) {
        struct run other;
        char was = out.at[at];
        out.at[at] = (char)0xff;
        struct cursor in = cursor_over(buffer_bytes(&out));
        run_open(&other);
        if (detector_normal.load(other.parts[0], &in) == 0)
            run_part(&other, *state, 500, 560, 64);
        else
            refused++;
        out.at[at] = was;
        buffer_finish(&other.said);
        run_close(&other);
    }
    assert_true(refused > 0);
    buffer_finish(&out);
    buffer_finish(&run.said);
    run_close(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_intruder_is_found),
        cmocka_unit_test(cutting_changes_nothing),
        cmocka_unit_test(a_restart_changes_nothing),
        cmocka_unit_test(a_broken_checkpoint_is_refused),
        cmocka_unit_test(a_changed_checkpoint_does_no_harm),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
