/*
 * Real recordings, kept beside the repository: HINOMI_TEST_DATA names the
 * folder, else ../shared/data. All is skipped where there is none.
 */
#include "support.h"

static char data[4096]; /* …/endpoint */

/* Rows of a file; -1 when it can't be opened. */
static int file_read(const char *path, struct reading *reading)
{
    struct source *source;
    if (source_open(path, NULL, 7, &source, &reading->fault))
        return -1;
    source_drain(source, reading);
    source_close(source);
    return 0;
}

/* The rows without what must differ: offsets, 100 ns, braces and case of GUIDs, blanks at ends. */
static char *rows_plain(const struct buffer *rows)
{
    char *plain = calloc(1, rows->len + 1), *to = plain;
    for (size_t i = 0; i < rows->len; i++) {
        static const char offset[] = ",\"event_offset\":";
        if (rows->len - i > sizeof(offset) && memcmp(rows->at + i, offset, sizeof(offset) - 1) == 0)
            while (rows->at[i + 1] != '}')
                i++;
        else if (!strchr("{} ", rows->at[i]))
            *to++ = ascii_lower(rows->at[i]);
    }
    for (char *at = plain; (at = strstr(at, "\"time\":\"")); at++) {
        char *end = strchr(at + 8, '"'), *cut = at + 8 + 26;
        if (end > cut)
            memmove(cut, end, strlen(end) + 1);
    }
    for (char *at = plain; (at = strstr(at, "z\"")); at++)
        memmove(at, at + 1, strlen(at));
    return plain;
}

struct pairs {
    uint64_t files, rows, differing;
};

static int pair_compare(void *context, const char *path)
{
    struct pairs *pairs = context;
    struct reading log = {0}, json = {0};
    char other[4096];
    size_t len = strlen(path);
    if (len < 5 || strcmp(path + len - 5, ".evtx") != 0)
        return 0;
    snprintf(other, sizeof(other), "%.*s.json", (int)(len - 5), path);
    if (access(other, R_OK) == 0 && file_read(path, &log) == 0 && file_read(other, &json) == 0) {
        char *left = rows_plain(&log.rows), *right = rows_plain(&json.rows);
        pairs->files++;
        pairs->rows += log.count;
        if (strcmp(left, right) != 0) {
            pairs->differing++;
            print_message("# %s\n%s%s", path, left, right);
        }
        free(left);
        free(right);
    }
    reading_finish(&log);
    reading_finish(&json);
    return 0;
}

/* 202 logs that somebody else turned into JSON say the same in both forms. */
static void agrees_with_the_same_as_json(void **state)
{
    (void)state;
    char command[8192], folder[] = "/tmp/hinomi-test-XXXXXX";
    struct pairs pairs = {0};
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof(command),
             "zstd -dc --long=27 '%s/evtx/sigma_regression_data.tar.zst' | tar -x -C %s", data,
             folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(source_walk(folder, pair_compare, &pairs), 0);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(pairs.files, 202);
    assert_int_equal(pairs.rows, 238);
    assert_int_equal(pairs.differing, 0);
}

static struct reading recording_read(const char *name, unsigned helpers)
{
    char path[8192];
    struct reading reading = {0};
    struct source *source;
    snprintf(path, sizeof(path), "%s/%s", data, name);
    assert_int_equal(source_open(path, NULL, 7, &source, &reading.fault), 0);
    source_help(source, helpers);
    source_drain(source, &reading);
    source_close(source);
    assert_int_equal(reading.error, 0);
    assert_int_equal(reading.counts.refused, 0);
    assert_int_equal(reading.counts.read, reading.count);
    return reading;
}

static void reads_all_of_an_intrusion(void **state)
{
    (void)state;
    struct reading reading = recording_read("carbanak_h3_dev.ndjson.zst", 2);
    assert_string_equal(reading.format, "ecs");
    assert_int_equal(reading.count, 371206);
    reading_finish(&reading);
}

/* UtcTime is a constant away from @timestamp, but for event ids 3 and 22 by another. */
static void orders_by_the_consistent_clock(void **state)
{
    (void)state;
    static const uint64_t counts[] = {53698, 42482, 41954, 40568};
    for (int i = 0; i < 4; i++) {
        char name[64];
        uint64_t other_clock = 0;
        snprintf(name, sizeof(name), "LSASS_campaign_%02d.ndjson.zst", i + 1);
        struct reading reading = recording_read(name, 0);
        struct bytes rows = buffer_bytes(&reading.rows);
        for (const char *at = rows.at, *end = rows.at + rows.len; at < end;
             at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1) {
            size_t len = (size_t)((const char *)memchr(at, '\n', (size_t)(end - at)) - at);
            bool sysmon = memmem(at, len, "Sysmon", 6) != NULL;
            other_clock += sysmon && (memmem(at, len, "\"event_code\":3,", 15) ||
                                      memmem(at, len, "\"event_code\":22,", 16));
        }
        assert_string_equal(reading.format, "nxlog");
        assert_int_equal(reading.count, counts[i]);
        assert_int_equal(reading.clock, CLOCK_COLLECTOR);
        /* Five module loads of campaign 3 were delivered half a minute late. */
        assert_int_equal(reading.counts.clock_disagreements, other_clock + (i == 2 ? 5 : 0));
        reading_finish(&reading);
    }
}

static void reads_all_attack_scenarios(void **state)
{
    (void)state;
    struct reading reading = recording_read("atomic_dev.ndjson.zst", 2);
    assert_int_equal(reading.count, 386906);
    reading_finish(&reading);
}

int main(void)
{
    const char *folder = getenv("HINOMI_TEST_DATA");
    snprintf(data, sizeof(data), "%s/endpoint", folder ? folder : SOURCE_ROOT "/../shared/data");
    if (access(data, R_OK) != 0) {
        printf("1..0 # SKIP there is no %s\n", data);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_same_as_json),
        cmocka_unit_test(reads_all_of_an_intrusion),
        cmocka_unit_test(orders_by_the_consistent_clock),
        cmocka_unit_test(reads_all_attack_scenarios),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
