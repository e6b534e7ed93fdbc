/* Two clocks in one source, and processes that have only a number. */
#include "support.h"

static struct reading sysmon_read(const char *const *lines, size_t count)
{
    struct buffer text = {0};
    for (size_t i = 0; i < count; i++)
        buffer_put_format(&text, "{\"Hostname\":\"A\",\"Channel\":%s}\n", lines[i]);
    struct reading reading = read_bytes(buffer_bytes(&text));
    assert_int_equal(reading.count, count);
    buffer_finish(&text);
    return reading;
}

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define SYSMON(id, collector, source)                                                              \
    "\"Microsoft-Windows-Sysmon/Operational\",\"EventID\":" id                                     \
    ",\"@timestamp\":\"2024-05-07T" collector "Z\",\"UtcTime\":\"2024-05-07 " source "\""
#define SECURITY(id, time, rest)                                                                   \
    "\"Security\",\"EventID\":" id ",\"@timestamp\":\"2024-05-07T" time "Z\"" rest

static void the_steadier_clock_orders(void **state)
{
    (void)state;
    static const char *const collector_steady[] = {
        SYSMON("1", "10:00:00", "15:00:00.5"), SYSMON("3", "10:00:01", "11:00:00"),
        SYSMON("1", "10:00:02", "15:00:02.5"), SYSMON("1", "10:00:03", "15:00:03.5"),
        SECURITY("4624", "10:00:04", "")};
    static const char *const source_steady[] = {
        SYSMON("1", "10:00:09", "10:00:00"), SYSMON("1", "10:00:05", "10:00:01"),
        SYSMON("1", "10:00:09", "10:00:02"), SYSMON("1", "10:00:05", "10:00:03"),
        SYSMON("1", "10:00:03", "10:00:04")};
    static const char *const both_steady[] = {SYSMON("1", "10:00:00", "09:00:00"),
                                              SYSMON("1", "10:00:01", "09:00:01")};
    struct reading reading = sysmon_read(collector_steady, COUNT(collector_steady));
    assert_int_equal(reading.clock, CLOCK_COLLECTOR);
    assert_int_equal(reading.counts.two_clocks, 4);
    assert_int_equal(reading.counts.clock_disagreements, 1);
    assert_has(&reading,
               "\"time\":\"2024-05-07T10:00:01Z\",\"event_created\":\"2024-05-07T11:00:00Z\"");
    reading_finish(&reading);
    reading = sysmon_read(source_steady, COUNT(source_steady));
    assert_int_equal(reading.clock, CLOCK_SOURCE);
    assert_int_equal(reading.counts.clock_disagreements, 0);
    assert_has(&reading,
               "\"time\":\"2024-05-07T10:00:01Z\",\"event_created\":\"2024-05-07T10:00:05Z\"");
    reading_finish(&reading);
    reading = sysmon_read(both_steady, COUNT(both_steady));
    assert_int_equal(reading.clock, CLOCK_COLLECTOR);
    assert_int_equal(reading.counts.clock_disagreements, 0);
    reading_finish(&reading);
}

static void one_clock_is_enough(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "\"Security\",\"EventID\":4624,\"EventTime\":\"2024-05-07 10:00:00\"",
        SECURITY("4624", "10:00:01", "")};
    struct reading reading = sysmon_read(lines, COUNT(lines));
    assert_int_equal(reading.counts.two_clocks, 0);
    assert_has(&reading, "{\"time\":\"2024-05-07T10:00:00Z\",\"event_category\":\"logon\"");
    reading_finish(&reading);
}

static void numbers_become_processes(void **state)
{
    (void)state;
    static const char *const lines[] = {
        SECURITY("4663", "10:00:00", ",\"ProcessId\":\"0x40\",\"ObjectType\":\"File\""),
        SECURITY("4688", "10:00:01", ",\"NewProcessId\":\"0x64\",\"ProcessId\":\"0x40\""),
        SECURITY("4663", "10:00:02", ",\"ProcessId\":\"0x64\",\"ObjectType\":\"File\""),
        SECURITY("4688", "10:01:01", ",\"NewProcessId\":\"0x64\",\"ProcessId\":\"0x64\""),
        SECURITY("4689", "10:01:02", ",\"ProcessId\":\"0x64\""),
    };
    static const char *const expected[] = {"\"process_entity_id\":\"A:64\",",
                                           "\"process_entity_id\":\"A:100:1715076001000000000\",",
                                           "\"process_entity_id\":\"A:100:1715076001000000000\",",
                                           "\"process_entity_id\":\"A:100:1715076061000000000\",",
                                           "\"process_entity_id\":\"A:100:1715076061000000000\","};
    struct reading reading = sysmon_read(lines, COUNT(lines));
    struct bytes rows = buffer_bytes(&reading.rows);
    assert_has(&reading, "\"process_parent_entity_id\":\"A:64\"");
    assert_has(&reading, "\"process_parent_entity_id\":\"A:100:1715076001000000000\"");
    for (size_t i = 0; i < COUNT(expected); i++) {
        size_t len = (size_t)((const char *)memchr(rows.at, '\n', rows.len) - rows.at) + 1;
        if (!memmem(rows.at, len, expected[i], strlen(expected[i])))
            fail_msg("no %s in %.*s", expected[i], (int)len, rows.at);
        rows = bytes_from(rows, len);
    }
    reading_finish(&reading);
}

#define GUID   "\"ProcessGuid\":\"{747F3D96-D6EB-5D31-0000-0010E0252500}\""
#define NOBODY "\"ParentProcessGuid\":\"{00000000-0000-0000-0000-000000000000}\""

/* Security and Sysmon tell one start: before, after, and later events of the process. */
static void two_sensors_mean_one_process(void **state)
{
    (void)state;
    static const char *const lines[] = {
        SECURITY("4688", "10:00:01", ",\"NewProcessId\":\"0x64\",\"ProcessId\":\"0x40\""),
        SYSMON("1", "10:00:01", "10:00:01") "," GUID ",\"ProcessId\":\"100\"," NOBODY
                                            ",\"ParentProcessId\":\"64\"",
        SECURITY("4688", "10:00:02", ",\"NewProcessId\":\"0x64\",\"ProcessId\":\"0x40\""),
        SECURITY("4663", "10:30:00", ",\"ProcessId\":\"0x64\",\"ObjectType\":\"File\""),
    };
    struct reading reading = sysmon_read(lines, COUNT(lines));
    struct bytes rows = buffer_bytes(&reading.rows);
    unsigned same = 0;
    while (rows.len) {
        size_t len = (size_t)((const char *)memchr(rows.at, '\n', rows.len) - rows.at) + 1;
        static const char id[] = "\"process_entity_id\":\"{747F3D96-D6EB-5D31-0000-0010E0252500}\"";
        same += memmem(rows.at, len, id, sizeof(id) - 1) != NULL;
        rows = bytes_from(rows, len);
    }
    assert_int_equal(same, 4);
    assert_has(&reading, "\"process_parent_entity_id\":\"A:64\",\"process_parent_pid\":64");
    reading_finish(&reading);
}

/* More processes than are remembered: the oldest is a stranger again, the newest is not. */
static void forgets_the_oldest(void **state)
{
    (void)state;
    enum { MANY = (1 << 14) + 10 };
    struct buffer text = {0};
    for (int i = 1; i <= MANY; i++)
        buffer_put_format(&text,
                          "{\"Hostname\":\"A\",\"Channel\":\"Security\",\"EventID\":4688,"
                          "\"@timestamp\":\"2024-05-07T10:00:00Z\",\"NewProcessId\":\"%d\"}\n",
                          i);
    for (int i = 1; i <= MANY; i += MANY - 1)
        buffer_put_format(&text,
                          "{\"Hostname\":\"A\",\"Channel\":\"Security\",\"EventID\":4663,"
                          "\"@timestamp\":\"2024-05-07T10:00:01Z\",\"ProcessId\":\"%d\"}\n",
                          i);
    struct reading reading = read_bytes(buffer_bytes(&text));
    assert_has(&reading, "\"event_code\":4663,\"event_provider\":\"Security\",\"host_name\":\"A\","
                         "\"process_entity_id\":\"A:1\"");
    assert_has(&reading, "\"event_code\":4663,\"event_provider\":\"Security\",\"host_name\":\"A\","
                         "\"process_entity_id\":\"A:16394:1715076000000000000\"");
    reading_finish(&reading);
    buffer_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_steadier_clock_orders), cmocka_unit_test(one_clock_is_enough),
        cmocka_unit_test(numbers_become_processes),  cmocka_unit_test(two_sensors_mean_one_process),
        cmocka_unit_test(forgets_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
