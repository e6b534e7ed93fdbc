/* A source from open to close: recognising, reading, refusing, going on. */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "support.h"

#define ECS(time, rest)                                                                            \
    "{\"@timestamp\":\"" time                                                                      \
    "\",\"host\":{\"name\":\"h3\"},\"event\":{\"category\":[\"process\"]"                          \
    ",\"type\":[\"start\"],\"action\":\"procstart\"}" rest "}"
#define PLAIN(time) ECS(time, "") "\n"

static const char ecs_line[] =
    "{\"@timestamp\":\"2024-05-07T19:05:07.690129Z\",\"host\":{\"name\":\"h3\",\"os\":{\"type\":"
    "\"windows\"}},\"event\":{\"module\":\"carbonblack\",\"category\":[\"registry\"],\"type\":["
    "\"change\"],\"action\":\"regmod\"},\"process\":{\"entity_id\":\"30204\",\"executable\":"
    "\"c:\\\\windows\\\\svchost.exe\",\"name\":\"svchost.exe\"},\"registry\":{\"path\":"
    "\"hku\\\\s-1-5-20\\\\config\"}}\n";

static void reads_an_ecs_line(void **state)
{
    (void)state;
    struct reading reading = read_bytes(bytes_of(ecs_line));
    assert_int_equal(reading.error, 0);
    assert_string_equal(reading.format, "ecs");
    const char *expected =
        "{\"time\":\"2024-05-07T19:05:07.690129Z\",\"event_category\":\"registry\","
        "\"event_action\":\"change\",\"event_provider\":\"carbonblack\",\"host_name\":\"h3\","
        "\"process_entity_id\":\"30204\",\"process_executable\":\"c:\\\\windows\\\\svchost.exe\","
        "\"registry_path\":\"hku\\\\s-1-5-20\\\\config\",\"event_source\":7}\n";
    assert_true(bytes_equal(buffer_bytes(&reading.rows), bytes_of(expected)));
    reading_finish(&reading);
}

static void flat_names_mean_the_same(void **state)
{
    (void)state;
    struct reading nested = read_bytes(BYTES(
        "{\"@timestamp\":\"2024-05-07T19:05:07Z\",\"event\":{\"category\":\"network\",\"type\":"
        "[\"connection\"],\"action\":\"netconn\"},\"network\":{\"direction\":\"ingress\","
        "\"transport\":\"tcp\"},"
        "\"source\":{\"ip\":\"10.0.0.1\",\"port\":80},\"process\":{\"pid\":12,\"parent\":{\"pid\":"
        "3}}}\n"));
    struct reading flat = read_bytes(BYTES(
        "{\"@timestamp\":\"2024-05-07T19:05:07Z\",\"event.category\":[\"network\"],\"event.type\":"
        "\"connection\",\"event.action\":\"netconn\",\"network.direction\":\"ingress\",\"network\":"
        "{\"transport\":\"tcp\"},"
        "\"source.ip\":\"10.0.0.1\",\"source\":{\"port\":\"80\"},\"process\":{\"pid\":12,\"parent."
        "pid\":3}}\n"));
    assert_true(bytes_equal(buffer_bytes(&nested.rows), buffer_bytes(&flat.rows)));
    assert_has(&flat, "\"event_action\":\"accept\"");
    assert_has(&flat, "\"source_ip\":\"10.0.0.1\",\"source_port\":80,\"network_transport\":6");
    reading_finish(&nested);
    reading_finish(&flat);
}

static void reads_ecs_services_tasks_and_scripts(void **state)
{
    (void)state;
    static const struct {
        const char *line, *category, *action, *field;
    } cases[] = {
        {"{\"@timestamp\":\"2024-05-07T19:05:07Z\",\"event\":{\"category\":[\"configuration\"],"
         "\"type\":[\"installation\"],\"action\":\"service-installed\"},\"service\":{\"name\":"
         "\"Sync\"}}\n",
         "\"event_category\":\"service\"", "\"event_action\":\"install\"",
         "\"service_name\":\"Sync\""},
        {"{\"@timestamp\":\"2024-05-07T19:05:07Z\",\"event\":{\"category\":[\"configuration\"],"
         "\"type\":[\"creation\"],\"action\":\"scheduled-task-created\"},\"file\":{\"path\":"
         "\"a.bat\"}}\n",
         "\"event_category\":\"task\"", "\"event_action\":\"create\"", "\"file_path\":\"a.bat\""},
        {"{\"@timestamp\":\"2024-05-07T19:05:07Z\",\"event\":{\"category\":[\"process\"],\"type\":"
         "[\"info\"]},\"powershell\":{\"file\":{\"script_block_text\":\"whoami\"}}}\n",
         "\"event_category\":\"script\"", "\"event_action\":\"execute\"",
         "\"script_text\":\"whoami\""},
        {"{\"@timestamp\":\"2024-05-07T19:05:07Z\",\"event\":{\"category\":[\"process\"],\"type\":"
         "[\"access\"]},\"winlog\":{\"event_data\":{\"GrantedAccess\":\"0x1410\"}}}\n",
         "\"event_category\":\"process\"", "\"event_action\":\"access\"",
         "\"target_process_access\":5136"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reading reading = read_bytes(bytes_of(cases[i].line));
        assert_has(&reading, cases[i].category);
        assert_has(&reading, cases[i].action);
        assert_has(&reading, cases[i].field);
        reading_finish(&reading);
    }
}

/* The data of one Sysmon event 1, as the shapes below carry it; the first of each is what stands
 * between it and the one before. */
#define DATA(Q)                                                                                    \
    Q("", "UtcTime", "2023-08-16 04:53:48.446")                                                    \
    Q(",", "ProcessGuid", "{81056205-565c-64dc-2304-000000000800}")                                \
    Q(",", "ProcessId", "7448")                                                                    \
    Q(",", "Image", "C:\\\\Edge\\\\msedge.exe")                                                    \
    Q(",", "CommandLine", "\\\"msedge\\\" --x")                                                    \
    Q(",", "User", "PANDALAB\\\\stevie")                                                           \
    Q(",", "LogonId", "0x62f2d")                                                                   \
    Q(",", "Hashes", "SHA1=AA,MD5=BB,SHA256=CCDD,IMPHASH=EE")                                      \
    Q(",", "ParentProcessGuid", "{81056205-d124-64d4-6a00-000000000800}")                          \
    Q(",", "ParentProcessId", "4544")                                                              \
    Q(",", "ParentImage", "C:\\\\Windows\\\\explorer.exe")
#define PAIR(between, name, value)  between "\"" name "\":\"" value "\""
#define NAMED(between, name, value) between "{\"@Name\":\"" name "\",\"#text\":\"" value "\"}"
#define CHANNEL                     "Microsoft-Windows-Sysmon/Operational"
#define QUALIFIED                   "{\"#attributes\":{\"Qualifiers\":0},\"#text\":1}"
#define SYSTEM(id)                                                                                 \
    "\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\"Microsoft-Windows-Sysmon\"}},"          \
    "\"EventID\":" id ",\"TimeCreated\":{\"#attributes\":{\"SystemTime\":"                         \
    "\"2023-08-16T04:53:48.500Z\"}},\"Channel\":\"" CHANNEL "\",\"Computer\":\"MKT01\"}"

static const char *const sysmon_shapes[] = {
    "{\"@timestamp\":\"2023-08-16T04:53:48.500Z\",\"Channel\":\"" CHANNEL
    "\",\"Hostname\":\"MKT01\"," DATA(PAIR) ",\"EventID\":1}\n",
    "{\"EventID\":\"1\",\"SourceName\":\"Microsoft-Windows-Sysmon\",\"Channel\":\"" CHANNEL
    "\",\"EventTime\":\"2023-08-16 04:53:48.446\",\"@timestamp\":\"2023-08-16T04:53:48.500Z\","
    "\"Hostname\":\"MKT01\"," DATA(PAIR) "}\n",
    "{\"@timestamp\":\"2023-08-16T04:53:48.500Z\",\"event\":{\"code\":1,\"kind\":\"event\"},"
    "\"winlog\":{\"channel\":\"" CHANNEL "\",\"event_id\":1,\"computer_name\":\"MKT01\","
    "\"event_data\":{" DATA(PAIR) "}},\"host\":{\"name\":\"collector\"}}\n",
    "{\"Event\":{" SYSTEM("1") ",\"EventData\":{" DATA(PAIR) "}}}\n",
    "{\"Event\":{\n " SYSTEM(QUALIFIED) ",\n \"EventData\":{" DATA(PAIR) "}}}\n",
    "{\"Event\":{" SYSTEM("\"1\"") ",\"EventData\":{\"Data\":[" DATA(NAMED) "]}}}\n",
};

static void shapes_of_one_event_agree(void **state)
{
    (void)state;
    static const char *const formats[] = {"nxlog",        "nxlog",        "winlogbeat",
                                          "event-system", "event-system", "event-system"};
    struct reading first = read_bytes(bytes_of(sysmon_shapes[0]));
    assert_int_equal(first.count, 1);
    assert_has(&first,
               "\"event_category\":\"process\",\"event_action\":\"start\",\"event_code\":1");
    assert_has(&first,
               "\"host_name\":\"MKT01\",\"user_domain\":\"PANDALAB\",\"user_name\":\"stevie\"");
    assert_has(&first, "\"process_entity_id\":\"{81056205-565c-64dc-2304-000000000800}\"");
    assert_has(&first, "\"process_command_line\":\"\\\"msedge\\\" --x\"");
    assert_has(&first, "\"process_parent_pid\":4544");
    assert_has(&first, "\"logon_id\":\"0x62f2d\",\"hash\":\"CCDD\"");
    for (size_t i = 0; i < sizeof(sysmon_shapes) / sizeof(sysmon_shapes[0]); i++) {
        struct reading other = read_bytes(bytes_of(sysmon_shapes[i]));
        assert_string_equal(other.format, formats[i]);
        if (!bytes_equal(buffer_bytes(&other.rows), buffer_bytes(&first.rows)))
            fail_msg("%s: %.*s", sysmon_shapes[i], (int)other.rows.len, other.rows.at);
        reading_finish(&other);
    }
    reading_finish(&first);
}

static void unknown_ids_are_kept(void **state)
{
    (void)state;
    struct reading reading = read_bytes(BYTES(
        "{\"Channel\":\"System\",\"Hostname\":\"A\",\"@timestamp\":\"2023-08-15T09:53:46.118Z\","
        "\"EventID\":59999}\n{\"Channel\":\"Nobody/Knows\",\"Hostname\":\"A\","
        "\"@timestamp\":\"2023-08-15T09:53:46.118Z\",\"EventID\":1}\n"));
    assert_int_equal(reading.count, 2);
    assert_has(&reading,
               "\"event_category\":\"other\",\"event_action\":\"other\",\"event_code\":59999");
    reading_finish(&reading);
}

static void refuses_times_it_cannot_hold(void **state)
{
    (void)state;
    struct reading reading = read_bytes(BYTES(
        PLAIN("2024-05-07T19:05:07Z") PLAIN("0001-01-01T00:00:00Z") PLAIN("9999-12-31T23:59:59Z")
            PLAIN("yesterday") "{\"event\":{\"category\":\"process\"}}\n" PLAIN(
                "2024-05-07T19:05:08Z")));
    assert_int_equal(reading.count, 2);
    assert_int_equal(reading.counts.refused, 4);
    assert_int_equal(reading.counts.read, 6);
    const struct refusal *far = refusal_for(&reading, "outside the years");
    assert_int_equal(far->count, 2);
    assert_int_equal(far->first_line, 2);
    assert_int_equal(far->first_offset, sizeof(PLAIN("2024-05-07T19:05:07Z")) - 1);
    assert_int_equal(refusal_for(&reading, "cannot be read")->first_line, 4);
    assert_int_equal(refusal_for(&reading, "no time")->first_line, 5);
    reading_finish(&reading);
}

static void keeps_what_surrounds_broken_lines(void **state)
{
    (void)state;
    struct reading reading = read_bytes(BYTES("\xef\xbb\xbf" PLAIN(
        "2024-05-07T19:05:01Z") "\r\n\n"
                                "{\"@timestamp\":\"2024-05-07T19:05:02Z\",\"event\n"
                                "[1,2]\n\"text\"\nplain words\n{}\n{\"@timestamp\":tru}\n"
                                "{\"@timestamp\" \"2024-05-07T19:05:02Z\"}\n" ECS(
                                    "2024-05-07T19:05:03Z", "") "\r\n"
                                                                "{\"@timestamp\":\"2024-05-07T19:"
                                                                "05:04Z\",\"process\":{\"pid\":1"));
    assert_int_equal(reading.error, 0);
    assert_int_equal(reading.count, 2);
    assert_int_equal(reading.counts.read, 10);
    assert_int_equal(refusal_for(&reading, "ends in the middle")->count, 2);
    assert_int_equal(refusal_for(&reading, "ends in the middle")->first_line, 4);
    assert_int_equal(refusal_for(&reading, "not a JSON object")->first_line, 5);
    assert_int_equal(refusal_for(&reading, "broken JSON")->count, 1);
    reading_finish(&reading);
}

static void mends_bad_utf8(void **state)
{
    (void)state;
    struct reading reading = read_bytes(BYTES(
        ECS("2024-05-07T19:05:07Z",
            ",\"file\":{\"path\":"
            "\"a\xff\xfe\xe7\x81\xab\xc0\xaf\xed\xa0\x80\"}") "\n" PLAIN("2024-05-07T19:05:08Z")));
    assert_int_equal(reading.count, 2);
    assert_int_equal(reading.counts.refused, 0);
    assert_has(&reading,
               "\"file_path\":\"a\xef\xbf\xbd\xef\xbf\xbd\xe7\x81\xab\xef\xbf\xbd\xef\xbf\xbd"
               "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    reading_finish(&reading);
}

static void unescapes_and_tolerates_wrong_types(void **state)
{
    (void)state;
    struct reading reading = read_bytes(BYTES(
        ECS("2024-05-07T19:05:07Z",
            ",\"process\":5,\"file\":[],\"dll\":{\"path\":{\"x\":1}},\"source\":{\"ip\":\"no\","
            "\"port\":70000},\"destination\":{\"port\":\"443\",\"ip\":\"::1%eth0\"},\"user\":"
            "null,"
            "\"registry\":{\"path\":\"\\u0041\\ud83d\\ude00\\n\\ud83d\\/"
            "\\u00e9\\ud800\\u0041\"}") "\n" ECS("2024-05-07T19:05:07Z",
                                                 ",\"host\":{\"name\":\"second\"},\"process\":{"
                                                 "\"pid\":1,\"pid\":2}") "\n"));
    assert_int_equal(reading.count, 2);
    assert_has(&reading, "\"registry_path\":\"A\xf0\x9f\x98\x80\\n\xef\xbf\xbd/\xc3\xa9\xef\xbf\xbd"
                         "A\"");
    assert_has(&reading, "\"destination_ip\":\"::1\",\"destination_port\":443,\"event_source\"");
    assert_has(&reading, "\"host_name\":\"second\"");
    assert_has(&reading, "\"process_pid\":2");
    reading_finish(&reading);
}

static void survives_deep_nesting(void **state)
{
    (void)state;
    enum { DEEP = 10000 };
    struct buffer text = {0};
    for (int round = 0; round < 3; round++) {
        buffer_put(
            &text,
            BYTES("{\"@timestamp\":\"2024-05-07T19:05:07Z\",\"event\":{\"category\":\"file\"},"));
        buffer_put(&text, round == 0   ? BYTES("\"x\":")
                          : round == 1 ? BYTES("\"process\":")
                                       : BYTES("\"file\":"));
        for (int i = 0; i < DEEP; i++)
            buffer_put(&text, round == 1 ? BYTES("{\"parent\":") : BYTES("["));
        buffer_put(&text, BYTES("1"));
        for (int i = 0; i < DEEP; i++)
            buffer_put_char(&text, round == 1 ? '}' : ']');
        buffer_put(&text, BYTES("}\n"));
    }
    struct reading reading = read_bytes(buffer_bytes(&text));
    assert_int_equal(reading.count, 3);
    reading_finish(&reading);
    buffer_finish(&text);
}

static void survives_nul_bytes(void **state)
{
    (void)state;
    struct reading reading = read_bytes(BYTES("\0\0" PLAIN("2024-05-07T19:05:07Z") "\0\n" ECS(
        "2024-05-07T19:05:07Z",
        ",\"file\":{\"path\":\"a\0b\"}") "\n" ECS("2024-05-07T19:05:07Z",
                                                  ",\"file\":{\"path\":\"a\\u0000b\"}") "\n"));
    assert_int_equal(reading.count, 2);
    assert_int_equal(reading.counts.refused, 1);
    assert_has(&reading, "\"file_path\":\"a\\u0000b\"");
    reading_finish(&reading);
}

static uint64_t memory_peak(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_maxrss * 1024;
}

/* A line of 100 MB costs no more memory than the limit of a record, and just that line. */
static void refuses_a_line_of_100_megabytes(void **state)
{
    (void)state;
    enum { LONG = 100 << 20, PIECE = 1 << 20 };
    static char piece[PIECE];
    struct buffer head = {0};
    struct reading reading = {0};
    struct source *source;
    char path[] = "/tmp/hinomi-test-XXXXXX";
    int descriptor = mkstemp(path);
    memset(piece, 'x', sizeof(piece));
    buffer_put(&head, BYTES(PLAIN("2024-05-07T19:05:07Z") "{\"@timestamp\":\""));
    assert_int_equal(write(descriptor, head.at, head.len), head.len);
    for (int i = 0; i < LONG / PIECE; i++)
        assert_int_equal(write(descriptor, piece, PIECE), PIECE);
    assert_int_equal(write(descriptor, "\n" PLAIN("2024-05-07T19:05:08Z"),
                           sizeof(PLAIN("2024-05-07T19:05:08Z"))),
                     sizeof(PLAIN("2024-05-07T19:05:08Z")));
    uint64_t before = memory_peak();
    assert_int_equal(source_open(path, NULL, 1, &source, &reading.fault), 0);
    source_drain(source, &reading);
    source_close(source);
    assert_int_equal(reading.count, 2);
    const struct refusal *refusal = refusal_for(&reading, "16 MiB");
    assert_int_equal(refusal->count, 1);
    assert_int_equal(refusal->first_line, 2);
    assert_int_equal(refusal->first_offset, sizeof(PLAIN("2024-05-07T19:05:07Z")) - 1);
    assert_has(&reading, "\"time\":\"2024-05-07T19:05:08Z\"");
    assert_true(memory_peak() - before < UINT64_C(80) << 20);
    close(descriptor);
    unlink(path);
    buffer_finish(&head);
    reading_finish(&reading);
}

static void reads_arrays_and_laid_out_json(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[" ECS("2024-05-07T19:05:07Z", "") "," ECS("2024-05-07T19:05:08Z",
                                                    ",\"a\":\"}]{\\\"\"") "]\n",
        "[\n  " ECS("2024-05-07T19:05:07Z", "") ",\n  " ECS("2024-05-07T19:05:08Z", "") "\n]",
        ("{\n  \"@timestamp\": \"2024-05-07T19:05:07Z\",\n  \"event\": {\n    \"category\": [\n"
         "      \"process\"\n    ]\n  }\n}\n{\n  \"@timestamp\": \"2024-05-07T19:05:08Z\"\n}"),
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct reading reading = read_bytes(bytes_of(texts[i]));
        assert_string_equal(reading.format, "ecs");
        assert_int_equal(reading.count, 2);
        assert_int_equal(reading.counts.refused, 0);
        reading_finish(&reading);
    }
    struct reading broken = read_bytes(BYTES("[" ECS("2024-05-07T19:05:07Z", "") ", oops, " ECS(
        "2024-05-07T19:05:08Z", "") ",\n{\"@timestamp\":"));
    assert_int_equal(broken.count, 2);
    assert_int_equal(refusal_for(&broken, "between the records")->count, 1);
    assert_int_equal(refusal_for(&broken, "ends in the middle")->first_line, 2);
    reading_finish(&broken);
}

static void says_what_it_cannot_open(void **state)
{
    (void)state;
    struct source *source = NULL;
    struct fault fault;
    assert_int_equal(source_open("/nowhere/at/all", NULL, 1, &source, &fault), -ENOENT);
    assert_int_equal(source_open("/tmp", NULL, 1, &source, &fault), -EISDIR);
    assert_int_equal(memory_open(BYTES("x\n"), "xml", &source, &fault), -EINVAL);
    assert_int_equal(memory_open(BYTES("a,b,c\n1,2,3\n"), NULL, &source, &fault), -ENOTSUP);
    assert_int_equal(memory_open(BYTES("{\"some\":\"json\"}\n"), NULL, &source, &fault), -ENOTSUP);
    assert_non_null(fault.why);
    assert_null(source);
    struct reading empty = read_bytes(BYTES(""));
    assert_int_equal(empty.count, 0);
    assert_int_equal(empty.error, 0);
    reading_finish(&empty);
    struct reading forced =
        read_with(BYTES("{\"@timestamp\":\"2024-05-07T19:05:07Z\"}\n"), "ecs", 0);
    assert_int_equal(forced.count, 1);
    reading_finish(&forced);
}

/* Root may read anything, so a child that is nobody tries. */
static void may_not_read_what_is_not_ours(void **state)
{
    (void)state;
    char path[] = "/tmp/hinomi-test-XXXXXX";
    int descriptor = mkstemp(path), status = 0;
    assert_int_equal(fchmod(descriptor, 0), 0);
    pid_t child = fork();
    if (child == 0) {
        struct source *source;
        struct fault fault;
        bool nobody = geteuid() != 0 || setresuid(65534, 65534, 65534) == 0;
        _exit(nobody && source_open(path, NULL, 1, &source, &fault) == -EACCES ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    close(descriptor);
    unlink(path);
    assert_int_equal(status, 0);
}

/* Some 12,000 records over several blocks, a few of them bad. */
static void long_text(struct buffer *text)
{
    static const char *const actions[] = {"procstart", "filemod", "netconn"};
    for (int i = 0; i < 12000; i++) {
        if (i % 1000 == 7)
            buffer_put(text, BYTES("{\"half\":\n\n"));
        buffer_put_format(
            text,
            "{\"Channel\":\"Security\",\"Hostname\":\"host%d\",\"EventID\":%d,"
            "\"@timestamp\":\"2024-05-07T%02d:%02d:%02d.%03dZ\",\"NewProcessId\":"
            "\"0x%x\",\"ProcessId\":\"0x%x\",\"NewProcessName\":\"C:\\\\%s%d.exe\"}\n",
            i % 5, i % 3 ? 4663 : 4688, i / 3600 % 24, i / 60 % 60, i % 60, i % 1000, 100 + i % 700,
            100 + i % 450, actions[i % 3], i % 97);
    }
}

static void helpers_change_nothing(void **state)
{
    (void)state;
    struct buffer text = {0};
    long_text(&text);
    struct reading alone = read_with(buffer_bytes(&text), NULL, 0);
    assert_int_equal(alone.count, 12000);
    assert_int_equal(alone.counts.refused, 12);
    for (unsigned helpers = 1; helpers <= 4; helpers++) {
        struct reading helped = read_with(buffer_bytes(&text), NULL, helpers);
        assert_true(bytes_equal(buffer_bytes(&alone.rows), buffer_bytes(&helped.rows)));
        assert_int_equal(helped.counts.reasons[0].first_line, alone.counts.reasons[0].first_line);
        assert_int_equal(helped.counts.bytes, text.len);
        reading_finish(&helped);
    }
    reading_finish(&alone);
    buffer_finish(&text);
}

/* Stop after each batch, open anew, seek, restore: the rest is what it would have been. */
static void goes_on_where_it_stopped(void **state)
{
    (void)state;
    struct buffer text = {0}, saved = {0};
    struct fault fault;
    long_text(&text);
    struct reading whole = read_bytes(buffer_bytes(&text));
    for (unsigned stop = 0; stop < 4; stop++) {
        struct reading reading = {0};
        struct source *source;
        struct batch *batch = batch_create();
        assert_int_equal(memory_open(buffer_bytes(&text), NULL, &source, &fault), 0);
        source_help(source, stop % 2 * 2);
        for (unsigned i = 0; i < stop; i++) {
            assert_int_equal(source_read(source, batch, &fault), 0);
            rows_put(&reading.rows, batch);
        }
        uint64_t offset = source_counts(source)->bytes;
        buffer_clear(&saved);
        source_save(source, &saved);
        source_close(source);
        assert_int_equal(memory_open(buffer_bytes(&text), NULL, &source, &fault), 0);
        source_help(source, stop % 3);
        struct cursor cursor = cursor_over(buffer_bytes(&saved));
        assert_int_equal(source_seek(source, offset), 0);
        assert_int_equal(source_restore(source, &cursor), 0);
        assert_int_equal(cursor_left(&cursor), 0);
        source_drain(source, &reading);
        assert_true(bytes_equal(buffer_bytes(&whole.rows), buffer_bytes(&reading.rows)));
        assert_memory_equal(&whole.counts, &reading.counts, sizeof(whole.counts));
        source_close(source);
        batch_destroy(batch);
        reading_finish(&reading);
    }
    struct source *source;
    struct cursor cut = cursor_over((struct bytes){saved.at, saved.len / 2});
    assert_int_equal(memory_open(buffer_bytes(&text), NULL, &source, &fault), 0);
    assert_int_equal(source_restore(source, &cut), -EBADMSG);
    source_close(source);
    reading_finish(&whole);
    buffer_finish(&text);
    buffer_finish(&saved);
}

static int path_note(void *context, const char *path)
{
    buffer_put(context, bytes_of(strrchr(path, '/')));
    return 0;
}

static void walks_in_the_order_of_names(void **state)
{
    (void)state;
    char folder[] = "/tmp/hinomi-test-XXXXXX", path[64];
    static const char *const files[] = {"b", "a/z", "a/B", ".hidden", "C"};
    struct buffer seen = {0};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/a", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fclose(file);
    }
    assert_int_equal(source_walk(folder, path_note, &seen), 0);
    assert_true(bytes_equal(buffer_bytes(&seen), BYTES("/C/B/z/b")));
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/a", folder);
    rmdir(path);
    rmdir(folder);
    buffer_finish(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_ecs_services_tasks_and_scripts),
        cmocka_unit_test(reads_an_ecs_line),
        cmocka_unit_test(flat_names_mean_the_same),
        cmocka_unit_test(shapes_of_one_event_agree),
        cmocka_unit_test(unknown_ids_are_kept),
        cmocka_unit_test(refuses_times_it_cannot_hold),
        cmocka_unit_test(keeps_what_surrounds_broken_lines),
        cmocka_unit_test(mends_bad_utf8),
        cmocka_unit_test(unescapes_and_tolerates_wrong_types),
        cmocka_unit_test(survives_deep_nesting),
        cmocka_unit_test(survives_nul_bytes),
        cmocka_unit_test(refuses_a_line_of_100_megabytes),
        cmocka_unit_test(reads_arrays_and_laid_out_json),
        cmocka_unit_test(says_what_it_cannot_open),
        cmocka_unit_test(may_not_read_what_is_not_ours),
        cmocka_unit_test(helpers_change_nothing),
        cmocka_unit_test(goes_on_where_it_stopped),
        cmocka_unit_test(walks_in_the_order_of_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
