/* Event logs: whole, damaged and compressed; and against the same events as JSON. */

#include "support.h"

enum { HEADER = 4096, CHUNK = 65536 };

/* The log make_evtx.py makes: two chunks of three records. */
static struct buffer log_load(void)
{
    struct buffer log = {0};
    FILE *pipe = popen("gzip -dc " SOURCE_ROOT "/test/observe/two_chunks.evtx.gz", "r");
    assert_non_null(pipe);
    size_t got;
    do {
        assert_true(buffer_reserve(&log, CHUNK));
        log.len += got = fread(log.at + log.len, 1, CHUNK, pipe);
    } while (got);
    assert_int_equal(pclose(pipe), 0);
    assert_int_equal(log.len, HEADER + 2 * CHUNK);
    return log;
}

static void reads_every_record(void **state)
{
    (void)state;
    struct buffer log = log_load();
    struct reading reading = read_bytes(buffer_bytes(&log));
    assert_string_equal(reading.format, "evtx");
    assert_int_equal(reading.count, 6);
    assert_int_equal(reading.counts.refused, 0);
    assert_int_equal(reading.counts.two_clocks, 6);
    const char *first =
        "{\"time\":\"2024-05-07T10:00:00.123456700Z\",\"event_created\":\"2024-05-07T10:00:00."
        "100Z\","
        "\"event_category\":\"process\",\"event_action\":\"start\",\"event_code\":1,"
        "\"event_provider\":\"Microsoft-Windows-Sysmon/Operational\",\"host_name\":\"HOST-A\","
        "\"user_domain\":\"DOMAIN\",\"user_name\":\"user\","
        "\"process_entity_id\":\"{747F3D96-D6EB-5D31-0000-000000000064}\",\"process_pid\":100,"
        "\"process_executable\":\"C:\\\\Windows\\\\Tool & <Co>\\\\p100.exe\","
        "\"process_command_line\":\"say \\\"hi\\\" > \xe7\x81\xab\",\"event_source\":7,"
        "\"event_offset\":4608}\n";
    assert_true(bytes_start(buffer_bytes(&reading.rows), bytes_of(first)));
    assert_has(&reading, "\"destination_ip\":\"203.0.113.9\",\"destination_port\":443,"
                         "\"network_transport\":6,\"network_direction\":\"egress\"");
    assert_has(&reading, "\"event_offset\":70144}");
    reading_finish(&reading);
    buffer_finish(&log);
}

static void reads_a_compressed_log(void **state)
{
    (void)state;
    struct source *source;
    struct reading reading = {0};
    assert_int_equal(source_open(SOURCE_ROOT "/test/observe/two_chunks.evtx.gz", NULL, 7, &source,
                                 &reading.fault),
                     0);
    source_help(source, 2);
    source_drain(source, &reading);
    assert_int_equal(reading.count, 6);
    assert_string_equal(reading.format, "evtx");
    source_close(source);
    reading_finish(&reading);
}

/* Each damage is to the first chunk; the second one's three records always come. */
static void keeps_what_a_broken_chunk_leaves(void **state)
{
    (void)state;
    static const struct {
        size_t from, len;
        uint64_t kept, refused;
    } damages[] = {
        {0, 8, 6, 1},         /* signature of the chunk */
        {48, 12, 6, 1},       /* its offsets and checksum */
        {512, 4, 5, 1},       /* signature of the first record */
        {512 + 4, 4, 5, 1},   /* its size */
        {512 + 24, 40, 5, 2}, /* its XML */
        {0, 4000, 3, 1},      /* most of it */
        {0, CHUNK, 3, 1},     /* all of it */
    };
    struct buffer log = log_load();
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        struct buffer copy = {0};
        buffer_put(&copy, buffer_bytes(&log));
        memset(copy.at + HEADER + damages[i].from, 0xee, damages[i].len);
        struct reading reading = read_bytes(buffer_bytes(&copy));
        assert_int_equal(reading.error, 0);
        assert_int_equal(reading.count, damages[i].kept);
        assert_int_equal(reading.counts.refused, damages[i].refused);
        assert_int_equal(refusal_for(&reading, "broken EVTX chunk")->first_offset, HEADER);
        reading_finish(&reading);
        buffer_finish(&copy);
    }
    buffer_finish(&log);
}

static void reads_a_log_cut_short(void **state)
{
    (void)state;
    struct buffer log = log_load();
    struct reading reading = read_bytes((struct bytes){log.at, HEADER + CHUNK + 512 + 3000});
    assert_int_equal(reading.count, 3 + 2);
    assert_int_equal(refusal_for(&reading, "broken EVTX chunk")->first_offset, HEADER + CHUNK);
    reading_finish(&reading);
    struct reading header = read_bytes((struct bytes){log.at, 100});
    assert_int_equal(header.count, 0);
    assert_int_equal(header.error, 0);
    reading_finish(&header);
    buffer_finish(&log);
}

static void unused_chunks_are_no_fault(void **state)
{
    (void)state;
    struct buffer log = log_load();
    memset(log.at + HEADER, 0, CHUNK);
    struct reading reading = read_bytes(buffer_bytes(&log));
    assert_int_equal(reading.count, 3);
    assert_int_equal(reading.counts.refused, 0);
    reading_finish(&reading);
    buffer_finish(&log);
}

static void goes_on_at_a_record(void **state)
{
    (void)state;
    struct buffer log = log_load();
    struct reading reading = {0};
    struct source *source;
    assert_int_equal(memory_open(buffer_bytes(&log), NULL, &source, &reading.fault), 0);
    assert_int_equal(source_seek(source, 71632), 0);
    source_drain(source, &reading);
    assert_int_equal(reading.count, 2);
    assert_has(&reading, "\"event_offset\":71632}");
    source_close(source);
    reading_finish(&reading);
    buffer_finish(&log);
}

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
    char path[4096], command[8192], folder[] = "/tmp/hinomi-test-XXXXXX";
    struct pairs pairs = {0};
    data_path("endpoint/evtx/sigma_regression_data.tar.zst", path);
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof(command), "zstd -dc --long=27 '%s' | tar -x -C %s", path, folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(source_walk(folder, pair_compare, &pairs), 0);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(pairs.files, 202);
    assert_int_equal(pairs.rows, 238);
    assert_int_equal(pairs.differing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_record),
        cmocka_unit_test(reads_a_compressed_log),
        cmocka_unit_test(keeps_what_a_broken_chunk_leaves),
        cmocka_unit_test(reads_a_log_cut_short),
        cmocka_unit_test(unused_chunks_are_no_fault),
        cmocka_unit_test(goes_on_at_a_record),
        cmocka_unit_test(agrees_with_the_same_as_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
