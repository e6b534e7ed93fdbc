/* Event logs: whole, damaged and compressed. */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_record),
        cmocka_unit_test(reads_a_compressed_log),
        cmocka_unit_test(keeps_what_a_broken_chunk_leaves),
        cmocka_unit_test(reads_a_log_cut_short),
        cmocka_unit_test(unused_chunks_are_no_fault),
        cmocka_unit_test(goes_on_at_a_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
