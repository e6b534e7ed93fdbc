/* The lab's promises, checked on what it writes: a small site, four days, plain NDJSON. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/hash_table.h"
#include "base/time.h"
#include "lab/simulate.h"

enum { DAYS = 4 };

static char folders[4][32];
static struct lab_result results[4];

static struct lab_options options_for(const char *folder, uint64_t seed)
{
    struct lab_options options = {
        .folder = folder, .seed = seed, .days = DAYS, .pcs = 10, .servers = 7};
    assert_int_equal(time_from_parts(2026, 1, 5, 0, &options.start), 0);
    return options;
}

static void day_path(const char *folder, int day, const char *end, char path[192])
{
    snprintf(path, 192, "%s/events-2026-01-%02d.ndjson%s", folder, 5 + day, end);
}

static struct buffer file_read(const char *path)
{
    struct buffer buffer = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    do {
        assert_true(buffer_reserve(&buffer, 1 << 16));
        buffer.len += fread(buffer.at + buffer.len, 1, 1 << 16, file);
    } while (!feof(file));
    fclose(file);
    return buffer;
}

static int setup(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        snprintf(folders[i], sizeof folders[i], "/tmp/hinomi-lab-XXXXXX");
        if (!mkdtemp(folders[i]))
            return -1;
        struct lab_options options = options_for(folders[i], i == 2 ? 8 : 7);
        options.compress = i == 1 || i == 3;
        if (lab_simulate_run(&options, &results[i], NULL, NULL) != 0)
            return -1;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        char path[192];
        for (int day = 0; day < DAYS; day++) {
            day_path(folders[i], day, i == 1 || i == 3 ? ".zst" : "", path);
            unlink(path);
        }
        snprintf(path, sizeof path, "%s/truth.json", folders[i]);
        unlink(path);
        rmdir(folders[i]);
    }
    return 0;
}

static bool files_equal(const char *left, const char *right)
{
    struct buffer a = file_read(left), b = file_read(right);
    bool equal = bytes_equal(buffer_bytes(&a), buffer_bytes(&b));
    buffer_finish(&a);
    buffer_finish(&b);
    return equal;
}

static void test_same_seed_same_bytes(void **state)
{
    char left[192], right[192];
    (void)state;
    for (int day = 0; day < DAYS; day++) {
        day_path(folders[1], day, ".zst", left);
        day_path(folders[3], day, ".zst", right);
        assert_true(files_equal(left, right));
    }
    snprintf(left, sizeof left, "%s/truth.json", folders[0]);
    snprintf(right, sizeof right, "%s/truth.json", folders[1]);
    assert_true(files_equal(left, right));
    assert_int_equal(results[0].events, results[1].events);
}

static void test_other_seed_other_bytes(void **state)
{
    char left[192], right[192];
    (void)state;
    day_path(folders[0], 0, "", left);
    day_path(folders[2], 0, "", right);
    assert_false(files_equal(left, right));
}

/* A strict little reader of JSON: where the value at `at` ends, or NULL. */
static const char *json_skip(const char *at, const char *end);

static const char *string_skip(const char *at, const char *end)
{
    if (at == end || *at != '"')
        return NULL;
    for (at++; at < end && *at != '"'; at++) {
        if ((unsigned char)*at < 0x20 || (unsigned char)*at > 0x7e)
            return NULL;
        if (*at == '\\' && (++at == end || !strchr("\"\\/bfnrt", *at)))
            return NULL;
    }
    return at < end ? at + 1 : NULL;
}

static const char *list_skip(const char *at, const char *end, char close)
{
    if (at < end && *at == close)
        return at + 1;
    for (; at; at++) {
        if (close == '}') {
            at = string_skip(at, end);
            if (!at || at == end || *at++ != ':')
                return NULL;
        }
        at = json_skip(at, end);
        if (!at || at == end)
            return NULL;
        if (*at == close)
            return at + 1;
        if (*at != ',')
            return NULL;
    }
    return NULL;
}

static const char *json_skip(const char *at, const char *end)
{
    if (at == end)
        return NULL;
    if (*at == '{' || *at == '[')
        return list_skip(at + 1, end, *at == '{' ? '}' : ']');
    if (*at == '"')
        return string_skip(at, end);
    if (end - at >= 4 && memcmp(at, "null", 4) == 0)
        return at + 4;
    const char *start = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at > start && (*start != '0' || at == start + 1) ? at : NULL;
}

/* The text of the string behind `key` in the line, from `from` on; empty when it is not there. */
static struct bytes string_at(struct bytes line, size_t from, const char *key)
{
    const char *at = memmem(line.at + from, line.len - from, key, strlen(key));
    if (!at)
        return (struct bytes){0};
    at += strlen(key);
    const char *end = memchr(at, '"', (size_t)(line.at + line.len - at));
    assert_non_null(end);
    return (struct bytes){at, (size_t)(end - at)};
}

/* Call `visit` with each line of the plain files, oldest first. */
static uint64_t lines_visit(const char *folder, void (*visit)(int day, struct bytes line))
{
    uint64_t lines = 0;
    for (int day = 0; day < DAYS; day++) {
        char path[192];
        day_path(folder, day, "", path);
        struct buffer file = file_read(path);
        for (size_t at = 0; at < file.len; lines++) {
            const char *end = memchr(file.at + at, '\n', file.len - at);
            assert_non_null(end);
            struct bytes line = {file.at + at, (size_t)(end - file.at) - at};
            visit(day, line);
            at += line.len + 1;
        }
        buffer_finish(&file);
    }
    return lines;
}

static int64_t newest;

static void line_check(int day, struct bytes line)
{
    int64_t time;
    assert_ptr_equal(json_skip(line.at, line.at + line.len), line.at + line.len);
    assert_int_equal(time_parse(string_at(line, 0, "\"@timestamp\":\""), &time), 0);
    assert_true(time >= newest);
    assert_int_equal(time_day(time), 20458 + day); /* 2026-01-05 */
    newest = time;
}

static void test_rows_are_json_in_time_order(void **state)
{
    (void)state;
    newest = INT64_MIN;
    assert_int_equal(lines_visit(folders[0], line_check), results[0].events);
}

static struct hash_table alive, seen;
static uint64_t starts, ends;

static void life_check(int day, struct bytes line)
{
    size_t process =
        (size_t)((const char *)memmem(line.at, line.len, "\"process\":{", 11) - line.at);
    struct bytes entity = string_at(line, process, "\"entity_id\":\"");
    bool about_process = memmem(line.at, line.len, "\"category\":[\"process\"]", 22) != NULL;
    bool start = about_process && memmem(line.at, line.len, "\"action\":\"start\"", 16);
    bool end = about_process && memmem(line.at, line.len, "\"action\":\"end\"", 14);
    const char *parent = memmem(line.at, line.len, "\"parent\":{", 10);
    uint64_t key = hash_bytes(entity);
    (void)day;
    if (start) {
        assert_int_equal(hash_table_get(&seen, key), HASH_TABLE_NONE);
        assert_int_equal(hash_table_put(&seen, key, 1), 0);
        assert_int_equal(hash_table_put(&alive, key, 1), 0);
        starts++;
    }
    assert_int_equal(hash_table_get(&alive, key), 1);
    if (start && parent) {
        struct bytes other = string_at(line, (size_t)(parent - line.at), "\"entity_id\":\"");
        assert_int_equal(hash_table_get(&alive, hash_bytes(other)), 1);
    }
    if (end) {
        hash_table_remove(&alive, key);
        ends++;
    }
}

static void test_rows_belong_to_living_processes(void **state)
{
    (void)state;
    lines_visit(folders[0], life_check);
    assert_int_equal(starts, results[0].processes);
    assert_true(starts > 1000);
    assert_true(ends > starts * 8 / 10 && ends <= starts);
}

static void test_truth_names_what_is_in_the_data(void **state)
{
    char path[192];
    (void)state;
    snprintf(path, sizeof path, "%s/truth.json", folders[0]);
    struct buffer file = file_read(path);
    struct bytes truth = {file.at, file.len - 1};
    assert_ptr_equal(json_skip(truth.at, truth.at + truth.len), truth.at + truth.len);
    const char *list = memmem(truth.at, truth.len, "\"processes\":[\"", 14);
    assert_non_null(list);
    const char *at = list + 13, *end = memchr(at, ']', (size_t)(truth.at + truth.len - at));
    int processes = 0;
    while (at < end) {
        struct bytes entity = string_at(truth, (size_t)(at - truth.at), "\"");
        assert_int_equal(hash_table_get(&seen, hash_bytes(entity)), 1);
        at = entity.at + entity.len + 2;
        processes++;
    }
    assert_true(processes > 15);
    int steps = 0;
    for (size_t from = (size_t)(end - truth.at);; steps++) {
        struct bytes entity = string_at(truth, from, "\"process_entity_id\":\"");
        if (!entity.len)
            break;
        assert_int_equal(hash_table_get(&seen, hash_bytes(entity)), 1);
        from = (size_t)(entity.at - truth.at);
    }
    assert_true(steps > 12);
    assert_int_equal(results[0].attack_day, DAYS - 1);
    assert_true(results[0].attack_theft > results[0].attack_start + 4 * TIME_HOUR);
    assert_int_equal(time_day(results[0].attack_theft), 20458 + DAYS - 2);
    buffer_finish(&file);
    hash_table_finish(&alive);
    hash_table_finish(&seen);
}

static struct hash_table intruders, harmless_shapes, guilty_shapes;
static uint64_t guilty_rows;

/* The names of a row's members and its event's words, whatever the values. */
static uint64_t shape_of(struct bytes line)
{
    struct bytes action = string_at(line, 0, "\"action\":\"");
    uint64_t shape = hash_bytes(action);
    for (const char *at = line.at, *end = line.at + line.len; at < end; at++) {
        if (*at != '"')
            continue;
        const char *after = string_skip(at, end);
        assert_non_null(after);
        if (after < end && *after == ':')
            shape = hash_mix(shape, hash_bytes((struct bytes){at, (size_t)(after - at)}));
        at = after - 1;
    }
    return shape;
}

static void shape_collect(int day, struct bytes line)
{
    size_t process =
        (size_t)((const char *)memmem(line.at, line.len, "\"process\":{", 11) - line.at);
    uint64_t entity = hash_bytes(string_at(line, process, "\"entity_id\":\""));
    bool guilty = hash_table_get(&intruders, entity) == 1;
    struct hash_table *shapes = guilty ? &guilty_shapes : &harmless_shapes;
    (void)day;
    guilty_rows += guilty;
    assert_int_equal(hash_table_put(shapes, shape_of(line), 1), 0);
}

static void shape_compare(int day, struct bytes line)
{
    uint64_t shape = shape_of(line);
    (void)day;
    if (hash_table_get(&guilty_shapes, shape) == 1)
        assert_int_equal(hash_table_get(&harmless_shapes, shape), 1);
}

static void test_no_row_gives_the_intruder_away(void **state)
{
    char path[192];
    (void)state;
    snprintf(path, sizeof path, "%s/truth.json", folders[0]);
    struct buffer file = file_read(path);
    struct bytes truth = buffer_bytes(&file);
    const char *at = (const char *)memmem(truth.at, truth.len, "\"processes\":[\"", 14) + 13;
    const char *end = memchr(at, ']', (size_t)(truth.at + truth.len - at));
    while (at < end) {
        struct bytes entity = string_at(truth, (size_t)(at - truth.at), "\"");
        assert_int_equal(hash_table_put(&intruders, hash_bytes(entity), 1), 0);
        at = entity.at + entity.len + 2;
    }
    lines_visit(folders[0], shape_collect);
    assert_true(guilty_rows > 200);
    lines_visit(folders[0], shape_compare);
    buffer_finish(&file);
    hash_table_finish(&intruders);
    hash_table_finish(&harmless_shapes);
    hash_table_finish(&guilty_shapes);
}

static void test_no_attack_no_truth_about_it(void **state)
{
    char folder[] = "/tmp/hinomi-lab-XXXXXX", path[192];
    struct lab_result result;
    (void)state;
    assert_non_null(mkdtemp(folder));
    struct lab_options options = options_for(folder, 7);
    options.days = 1;
    options.attack_day = LAB_ATTACK_NONE;
    assert_int_equal(lab_simulate_run(&options, &result, NULL, NULL), 0);
    assert_int_equal(result.attack_day, LAB_ATTACK_NONE);
    assert_int_equal(result.attack_start, TIME_NONE);
    snprintf(path, sizeof path, "%s/truth.json", folder);
    struct buffer truth = file_read(path);
    assert_non_null(memmem(truth.at, truth.len, "\"attack\":null", 13));
    buffer_finish(&truth);
    unlink(path);
    day_path(folder, 0, "", path);
    unlink(path);
    rmdir(folder);
}

static void test_events_scale_the_routine(void **state)
{
    char folder[] = "/tmp/hinomi-lab-XXXXXX", path[192];
    struct lab_result result;
    (void)state;
    assert_non_null(mkdtemp(folder));
    struct lab_options options = options_for(folder, 7);
    options.events = 120000;
    assert_int_equal(lab_simulate_run(&options, &result, NULL, NULL), 0);
    assert_in_range(result.events, 100000, 140000);
    for (int day = 0; day < DAYS; day++) {
        day_path(folder, day, "", path);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/truth.json", folder);
    unlink(path);
    rmdir(folder);
}

static void test_bad_options_are_refused(void **state)
{
    struct lab_result result = {.events = 42};
    struct lab_options options = options_for("/tmp/hinomi-lab-never", 7);
    (void)state;
    options.days = 0;
    assert_int_equal(lab_simulate_run(&options, &result, NULL, NULL), -EINVAL);
    options.days = 1;
    options.attack_day = 2;
    assert_int_equal(lab_simulate_run(&options, &result, NULL, NULL), -EINVAL);
    options.attack_day = 0;
    options.pcs = 3;
    assert_int_equal(lab_simulate_run(&options, &result, NULL, NULL), -EINVAL);
    options = options_for("/dev/null/lab", 7);
    assert_int_equal(lab_simulate_run(&options, &result, NULL, NULL), -ENOTDIR);
    assert_int_equal(result.events, 42);
    assert_int_not_equal(access("/tmp/hinomi-lab-never", F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_same_bytes),
        cmocka_unit_test(test_other_seed_other_bytes),
        cmocka_unit_test(test_rows_are_json_in_time_order),
        cmocka_unit_test(test_rows_belong_to_living_processes),
        cmocka_unit_test(test_truth_names_what_is_in_the_data), /* after the one before it */
        cmocka_unit_test(test_no_row_gives_the_intruder_away),
        cmocka_unit_test(test_no_attack_no_truth_about_it),
        cmocka_unit_test(test_events_scale_the_routine),
        cmocka_unit_test(test_bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
