/* Containers, blocks, taps, folders, filters. */
#include <pthread.h>
#include <sys/stat.h>
#include <zlib.h>

#include "make.h"

enum { SECONDS = 1700000000 };

static void ng_block(struct buffer *out, bool swapped, uint32_t type, struct bytes body)
{
    uint32_t padded = (uint32_t)(body.len + 3) & ~3u;
    word(out, swapped, type);
    word(out, swapped, padded + 12);
    buffer_put(out, body);
    put_zeros(out, padded - body.len);
    word(out, swapped, padded + 12);
}

static void ng_section(struct buffer *out, bool swapped)
{
    struct buffer body = {0};
    word(&body, swapped, 0x1a2b3c4d);
    half(&body, swapped, 1);
    half(&body, swapped, 0);
    word(&body, swapped, UINT32_MAX);
    word(&body, swapped, UINT32_MAX);
    ng_block(out, swapped, 0x0a0d0d0a, buffer_bytes(&body));
    buffer_finish(&body);
}

/* `resolution` as in if_tsresol, `offset` seconds. */
static void ng_interface(struct buffer *out, bool swapped, uint32_t link, uint8_t resolution,
                         uint32_t offset)
{
    struct buffer body = {0};
    half(&body, swapped, link);
    half(&body, swapped, 0);
    word(&body, swapped, 0);
    half(&body, swapped, 9);
    half(&body, swapped, 1);
    buffer_put_u8(&body, resolution);
    put_zeros(&body, 3);
    half(&body, swapped, 14);
    half(&body, swapped, 8);
    word(&body, swapped, swapped ? 0 : offset);
    word(&body, swapped, swapped ? offset : 0);
    word(&body, swapped, 0);
    ng_block(out, swapped, 1, buffer_bytes(&body));
    buffer_finish(&body);
}

static void ng_packet(struct buffer *out, bool swapped, uint32_t type, uint32_t interface,
                      uint64_t units, struct bytes frame)
{
    struct buffer body = {0};
    if (type == 6)
        word(&body, swapped, interface);
    if (type == 2)
        half(&body, swapped, interface), half(&body, swapped, 0);
    if (type != 3) {
        word(&body, swapped, (uint32_t)(units >> 32));
        word(&body, swapped, (uint32_t)units);
        word(&body, swapped, (uint32_t)frame.len);
    }
    word(&body, swapped, (uint32_t)frame.len);
    buffer_put(&body, frame);
    ng_block(out, swapped, type, buffer_bytes(&body));
    buffer_finish(&body);
}

static void reads_every_kind_of_pcap(void **state)
{
    (void)state;
    static const struct {
        uint32_t magic, fraction;
    } kinds[] = {{0xa1b2c3d4, 7}, {0xa1b23c4d, 7000}, {0xa1b2cd34, 7}};
    struct buffer frame = ether_syn(0x01020304, 0x05060708, 80);
    for (int i = 0; i < 6; i++) {
        bool swapped = i % 2;
        struct buffer file = {0};
        pcap_begin(&file, swapped, kinds[i / 2].magic, 1);
        for (int n = 0; n < 2; n++) {
            word(&file, swapped, SECONDS);
            word(&file, swapped, kinds[i / 2].fraction);
            word(&file, swapped, (uint32_t)frame.len);
            word(&file, swapped, (uint32_t)frame.len);
            put_zeros(&file, kinds[i / 2].magic == 0xa1b2cd34 ? 8 : 0);
            buffer_put(&file, buffer_bytes(&frame));
        }
        struct reading reading = bytes_read(buffer_bytes(&file));
        assert_int_equal(reading.counts.kept, 2);
        assert_true(
            strncmp(reading.rows.at, "1700000000000007000 1700000000000007000 1.2.3.4:", 48) == 0);
        assert_int_equal(reading.newest, 1700000000000007000);
        reading_finish(&reading);
        buffer_finish(&file);
    }
    buffer_finish(&frame);
}

/* Interfaces with clocks of their own, all packet blocks, a second section in the other order. */
static void reads_pcapng(void **state)
{
    (void)state;
    struct buffer frame = ether_syn(0x01020304, 0x05060708, 80), file = {0};
    struct bytes ether = buffer_bytes(&frame), raw = buffer_tail(&frame, 14);
    for (int i = 0; i < 2; i++) {
        bool swapped = i;
        ng_section(&file, swapped);
        ng_interface(&file, swapped, 1, 6, 0);
        ng_interface(&file, swapped, 101, 9, 10);
        ng_interface(&file, swapped, 101, 0x80 | 10, 0); /* 1/1024 s */
        ng_block(&file, swapped, 0x0bad, BYTES("unknown to us"));
        ng_packet(&file, swapped, 6, 0, SECONDS * 1000000ull + 1, ether);
        ng_packet(&file, swapped, 6, 1, SECONDS * 1000000000ull, raw);
        ng_packet(&file, swapped, 2, 2, SECONDS * 1024ull + 512, raw);
        ng_packet(&file, swapped, 3, 0, 0, ether);
    }
    struct reading reading = bytes_read(buffer_bytes(&file));
    assert_int_equal(reading.counts.kept, 8);
    assert_int_equal(reading.counts.records, 8);
    assert_false(tap_counts_have(&reading.counts, SEVERITY_file));
    static const char *const times[] = {
        "1700000000000001000 17000000000", "1700000010000000000 17000000100",
        "1700000000500000000 17000000100", "1700000000500000000 17000000100"};
    const char *at = reading.rows.at;
    for (int i = 0; i < 8; i++, at = strchr(at, '\n') + 1) {
        if (i >= 4) /* the clock does not go back for a new section */
            assert_memory_equal(at + 20, "17000000100", 11);
        assert_memory_equal(at, times[i % 4], 19);
        assert_non_null(strstr(at, "1.2.3.4:40000 > 5.6.7.8:80"));
    }
    reading_finish(&reading);
    buffer_finish(&file);
    buffer_finish(&frame);
}

/* Every way to cut a file short loses what is cut, and no more, and says so. */
static void says_where_a_file_was_cut(void **state)
{
    (void)state;
    struct buffer frame = ether_syn(1, 2, 3), files[2] = {{0}, {0}};
    pcap_begin(&files[0], false, 0xa1b2c3d4, 1);
    ng_section(&files[1], false);
    ng_interface(&files[1], false, 1, 6, 0);
    size_t ends[2][4] = {{files[0].len}, {files[1].len}};
    for (int n = 1; n <= 3; n++) {
        pcap_put(&files[0], SECONDS, 0, buffer_bytes(&frame));
        ng_packet(&files[1], false, 6, 0, 5, buffer_bytes(&frame));
        ends[0][n] = files[0].len;
        ends[1][n] = files[1].len;
    }
    for (int i = 0; i < 2; i++)
        for (size_t len = ends[i][0]; len <= files[i].len; len++) {
            unsigned whole = 0;
            while (whole < 3 && ends[i][whole + 1] <= len)
                whole++;
            struct reading reading = bytes_read((struct bytes){files[i].at, len});
            const struct tap_fault *cut = &reading.counts.faults[PACKET_FAULT_file_cut];
            assert_int_equal(reading.counts.kept, whole);
            assert_int_equal(cut->count, len != ends[i][whole]);
            assert_int_equal(cut->first_offset, cut->count ? ends[i][whole] : 0);
            reading_finish(&reading);
        }
    buffer_finish(&frame);
    buffer_finish(&files[0]);
    buffer_finish(&files[1]);
}

static void stops_at_broken_framing(void **state)
{
    (void)state;
    struct buffer frame = ether_syn(1, 2, 3), file = {0};
    pcap_begin(&file, false, 0xa1b2c3d4, 1);
    pcap_put(&file, SECONDS, 0, buffer_bytes(&frame));
    size_t broken = file.len;
    pcap_put(&file, SECONDS, 0, buffer_bytes(&frame));
    memset(file.at + broken + 8, 0xff, 4);
    struct reading reading = bytes_read(buffer_bytes(&file));
    assert_int_equal(reading.counts.kept, 1);
    assert_int_equal(reading.counts.faults[PACKET_FAULT_file_broken].count, 1);
    assert_int_equal(reading.counts.faults[PACKET_FAULT_file_broken].first_offset, broken);
    assert_true(tap_counts_have(&reading.counts, SEVERITY_file));
    reading_finish(&reading);
    buffer_finish(&file);
    buffer_finish(&frame);
}

/* Some thousands of packets of many sources and sizes, some ARP, some damaged, one of a megabyte.
 */
static struct buffer long_capture(void)
{
    struct buffer file = {0};
    pcap_begin(&file, false, 0xa1b2c3d4, 1);
    uint32_t seed = 1;
    for (uint32_t i = 0; i < 20000; i++) {
        seed = seed * 1664525 + 1013904223;
        struct buffer frame = ether_syn(seed >> 12, 0x0a000001, (uint16_t)i);
        put_zeros(&frame, i == 9000 ? 1 << 20 : seed >> 24);
        if (i % 50 == 0)
            frame.at[13] = 6; /* ARP */
        if (i % 70 == 0)
            frame.at[14] = 0x15;
        if (i % 90 == 0)
            frame.at[46] = 0x10;
        pcap_put(&file, SECONDS + i / 100, seed % 1000000, buffer_bytes(&frame));
        buffer_finish(&frame);
    }
    return file;
}

static void *tap_thread(void *context)
{
    struct reading *reading = malloc(sizeof(*reading));
    *reading = tap_drain(context);
    return reading;
}

static int line_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lines in the order of bytes: the same for the same set of lines. */
static char *lines_sorted(char *text)
{
    size_t count = 0, len = strlen(text);
    char **lines = calloc(len / 10 + 1, sizeof(*lines)), *sorted = calloc(1, len + 1), *to = sorted,
         *save;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        lines[count++] = line;
    qsort(lines, count, sizeof(*lines), line_compare);
    for (size_t i = 0; i < count; i++)
        to += sprintf(to, "%s\n", lines[i]);
    free(lines);
    return sorted;
}

/* Read by `taps` threads; their rows one behind the other, their counts added. */
static struct reading threads_read(const char *path, unsigned taps)
{
    struct capture *capture;
    struct fault fault;
    char *bad_path;
    pthread_t threads[CAPTURE_TAPS];
    struct reading all = {0};
    assert_int_equal(capture_open(&path, 1, taps, &capture, &bad_path, &fault), 0);
    for (unsigned i = 0; i < taps; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, tap_thread, capture_tap(capture, i)), 0);
    for (unsigned i = 0; i < taps; i++) {
        void *result;
        pthread_join(threads[i], &result);
        struct reading *reading = result;
        buffer_put(&all.rows, (struct bytes){reading->rows.at, reading->rows.len - 1});
        tap_counts_add(&all.counts, &reading->counts);
        assert_true(i == 0 || all.newest == reading->newest);
        all.newest = reading->newest;
        reading_finish(reading);
        free(reading);
    }
    buffer_put_char(&all.rows, '\0');
    for (int i = 0; i < PACKET_FAULT_COUNT; i++)
        all.counts.faults[i].first_path = NULL;
    capture_close(capture);
    return all;
}

static void gives_the_same_to_any_number_of_taps(void **state)
{
    (void)state;
    struct buffer file = long_capture();
    char *path = file_make(buffer_bytes(&file));
    struct reading one = threads_read(path, 1);
    char *lines = lines_sorted(one.rows.at);
    assert_int_equal(one.counts.records, 20000);
    assert_true(one.counts.other == 400 && one.counts.refused > 200);
    for (unsigned taps = 2; taps <= CAPTURE_TAPS; taps += taps == 3 ? 13 : 1) {
        struct reading many = threads_read(path, taps);
        char *same = lines_sorted(many.rows.at);
        assert_memory_equal(&many.counts, &one.counts, sizeof(one.counts));
        assert_string_equal(same, lines);
        assert_int_equal(many.newest, one.newest);
        free(same);
        reading_finish(&many);
    }
    free(lines);
    reading_finish(&one);
    unlink(path);
    free(path);
    buffer_finish(&file);
}

/* One thread gives up at once; the others need not wait for it. */
static void goes_on_without_a_tap_that_left(void **state)
{
    (void)state;
    struct buffer file = long_capture();
    char *path = file_make(buffer_bytes(&file));
    struct capture *capture;
    struct fault fault;
    char *bad_path;
    struct packets *packets = calloc(1, sizeof(*packets));
    assert_int_equal(capture_open((const char *const *)&path, 1, 2, &capture, &bad_path, &fault),
                     0);
    assert_int_equal(tap_read(capture_tap(capture, 1), packets), 1);
    tap_leave(capture_tap(capture, 1));
    struct reading reading = tap_drain(capture_tap(capture, 0));
    assert_true(reading.counts.kept > 8000);
    assert_true(capture_position(capture) == capture_size(capture));
    assert_int_equal(capture_size(capture), file.len);
    reading_finish(&reading);
    capture_close(capture);
    free(packets);
    unlink(path);
    free(path);
    buffer_finish(&file);
}

static void unpacks_and_says_when_it_cannot(void **state)
{
    (void)state;
    struct buffer file = long_capture();
    char *path = file_make(BYTES(""));
    gzFile zipped = gzopen(path, "wb1");
    assert_int_equal(gzwrite(zipped, file.at, (unsigned)file.len), file.len);
    assert_int_equal(gzclose(zipped), Z_OK);
    struct reading whole = path_read(path, NULL);
    assert_int_equal(whole.counts.records, 20000);
    assert_false(tap_counts_have(&whole.counts, SEVERITY_file));
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(truncate(path, status.st_size / 2), 0);
    struct reading cut = path_read(path, NULL);
    assert_true(cut.counts.records > 1000 && cut.counts.records < 20000);
    assert_int_equal(cut.counts.faults[PACKET_FAULT_file_unpack].count, 1);
    reading_finish(&whole);
    reading_finish(&cut);
    unlink(path);
    free(path);
    buffer_finish(&file);
}

static void file_write(const char *folder, const char *name, struct bytes bytes)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fwrite(bytes.at, 1, bytes.len, file);
    fclose(file);
}

static struct buffer small_capture(uint32_t seconds, uint16_t port)
{
    struct buffer frame = ether_syn(1, 2, port), file = {0};
    pcap_begin(&file, false, 0xa1b2c3d4, 1);
    pcap_put(&file, seconds, 0, buffer_bytes(&frame));
    buffer_finish(&frame);
    return file;
}

static void reads_a_folder_by_first_packet(void **state)
{
    (void)state;
    char folder[] = "/tmp/hinomi-test-XXXXXX", command[64];
    assert_non_null(mkdtemp(folder));
    const char *paths[] = {folder, "-"}, *nowhere = "/nowhere/at.all";
    struct buffer early = small_capture(5, 1005), late = small_capture(9, 1009);
    struct capture *capture;
    struct fault fault;
    char *bad_path;
    file_write(folder, "a", buffer_bytes(&late));
    file_write(folder, "b", buffer_bytes(&early));
    file_write(folder, "c.txt", BYTES("this is no capture, though it is long enough"));
    file_write(folder, "d", (struct bytes){early.at, early.len - 1});
    assert_int_equal(capture_open(paths, 1, 1, &capture, &bad_path, &fault), 0);
    assert_string_equal(strrchr(capture_file(capture, 0)->path, '/'), "/d"); /* no packet: 0 */
    assert_string_equal(strrchr(capture_file(capture, 1)->path, '/'), "/b");
    assert_string_equal(strrchr(capture_file(capture, 2)->path, '/'), "/a");
    assert_true(capture_file(capture, 3)->skipped);
    assert_null(capture_file(capture, 4));
    struct reading reading = tap_drain(capture_tap(capture, 0));
    const char *first = strstr(reading.rows.at, ":1005"),
               *second = strstr(reading.rows.at, ":1009");
    assert_true(first && second && first < second);
    assert_int_equal(reading.counts.records, 2);
    assert_int_equal(reading.counts.faults[PACKET_FAULT_file_cut].count, 1);
    assert_ptr_equal(reading.counts.faults[PACKET_FAULT_file_cut].first_path,
                     capture_file(capture, 0)->path);
    capture_close(capture);
    assert_int_equal(capture_open(paths, 2, 1, &capture, &bad_path, &fault), -EINVAL);
    free(bad_path);
    assert_int_equal(capture_open(paths, 1, 0, &capture, &bad_path, &fault), -EINVAL);
    assert_int_equal(capture_open(&nowhere, 1, 1, &capture, &bad_path, &fault), -ENOENT);
    assert_string_equal(bad_path, nowhere);
    free(bad_path);
    char text[64];
    const char *text_path = text;
    snprintf(text, sizeof(text), "%s/c.txt", folder);
    assert_int_equal(capture_open(&text_path, 1, 1, &capture, &bad_path, &fault), -ENOTSUP);
    free(bad_path);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    reading_finish(&reading);
    buffer_finish(&early);
    buffer_finish(&late);
}

static void filters_as_tcpdump_does(void **state)
{
    (void)state;
    struct buffer file = long_capture();
    char *path = file_make(buffer_bytes(&file));
    struct reading all = path_read(path, NULL), some = path_read(path, "dst port 4321 or arp");
    assert_int_equal(some.counts.kept, 1);
    assert_int_equal(some.counts.other, 400);
    assert_int_equal(some.counts.filtered + 401, all.counts.records);
    assert_non_null(strstr(some.rows.at, ":4321 len"));
    struct capture *capture;
    struct fault fault;
    char *bad_path;
    const char *why = NULL;
    assert_int_equal(capture_open((const char *const *)&path, 1, 1, &capture, &bad_path, &fault),
                     0);
    assert_int_equal(capture_filter(capture, "tcp port and", &why), -EINVAL);
    assert_true(why && *why);
    capture_close(capture);
    reading_finish(&all);
    reading_finish(&some);
    unlink(path);
    free(path);
    buffer_finish(&file);
}

static void says_where_a_filter_means_nothing(void **state)
{
    (void)state;
    struct buffer file = {0}, frame = {0};
    put_syn(&frame, 1, 2, 3);
    pcap_begin(&file, false, 0xa1b2c3d4, 101);
    pcap_put(&file, 5, 0, buffer_bytes(&frame));
    char *path = file_make(buffer_bytes(&file));
    struct reading reading = path_read(path, "ether host 01:02:03:04:05:06");
    assert_int_equal(reading.counts.faults[PACKET_FAULT_filter_link].count, 1);
    assert_int_equal(reading.counts.refused, 1);
    reading_finish(&reading);
    unlink(path);
    free(path);
    buffer_finish(&file);
    buffer_finish(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_kind_of_pcap),
        cmocka_unit_test(reads_pcapng),
        cmocka_unit_test(says_where_a_file_was_cut),
        cmocka_unit_test(stops_at_broken_framing),
        cmocka_unit_test(gives_the_same_to_any_number_of_taps),
        cmocka_unit_test(goes_on_without_a_tap_that_left),
        cmocka_unit_test(unpacks_and_says_when_it_cannot),
        cmocka_unit_test(reads_a_folder_by_first_packet),
        cmocka_unit_test(filters_as_tcpdump_does),
        cmocka_unit_test(says_where_a_filter_means_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
