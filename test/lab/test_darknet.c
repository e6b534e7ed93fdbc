/*
 * The generator against a reader of its own: nothing here knows how a shot became bytes. A trace
 * is written once, read whole, and its truth beside it; each test asks something of both.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash_table.h"
#include "base/time.h"
#include "lab/darknet.h"
#include "lab/darknet_mix.h"

enum { FILE_HEADER = 24, RECORD_HEADER = 16, ETHERNET = 14 };

struct row {
    int64_t time;
    uint32_t source, destination, sequence, acknowledgement;
    uint16_t source_port, destination_port, id;
    uint8_t protocol, flags;
    bool checksums_right;
};

struct truth {
    uint32_t source, packets, counted;
    char class[24], behaviour[24], stack[24];
};

struct trace {
    char *bytes;
    size_t length;
    struct row *rows;
    struct truth *truths;
    uint32_t row_count, truth_count;
    struct hash_table by_source;
};

static char folder[] = "/tmp/hinomi-darknet-XXXXXX";

static uint32_t be16(const char *at)
{
    return (uint32_t)(uint8_t)at[0] << 8 | (uint8_t)at[1];
}

static uint32_t be32(const char *at)
{
    return be16(at) << 16 | be16(at + 2);
}

static uint32_t le32(const char *at)
{
    return __builtin_bswap32(be32(at));
}

static char *file_read(const char *path, size_t *ret_length)
{
    struct stat about;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &about), 0);
    char *bytes = malloc((size_t)about.st_size + 1);
    assert_non_null(bytes);
    *ret_length = fread(bytes, 1, (size_t)about.st_size, file);
    bytes[*ret_length] = '\0';
    fclose(file);
    return bytes;
}

static uint32_t sum_words(const char *at, uint32_t length)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i + 1 < length; i += 2)
        sum += be16(at + i);
    return length & 1 ? sum + ((uint32_t)(uint8_t)at[length - 1] << 8) : sum;
}

static bool sum_is_right(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff;
}

static void row_read(const char *packet, uint32_t length, struct row *row)
{
    const char *header = packet + ETHERNET, *at = header + 20;
    assert_int_equal(be16(packet + 12), 0x0800);
    assert_int_equal(header[0], 0x45);
    assert_int_equal(be16(header + 2), length - ETHERNET);
    assert_true(sum_is_right(sum_words(header, 20)));
    uint32_t rest = length - ETHERNET - 20;
    row->id = (uint16_t)be16(header + 4);
    row->protocol = (uint8_t)header[9];
    row->source = be32(header + 12);
    row->destination = be32(header + 16);
    row->checksums_right = true;
    if (be16(header + 6) & 0x1fff) /* a fragment: no more to know */
        return;
    uint32_t pseudo = row->protocol == 1 ? 0 : sum_words(header + 12, 8) + row->protocol + rest;
    row->checksums_right = sum_is_right(pseudo + sum_words(at, rest));
    if (row->protocol == 1)
        return;
    row->source_port = (uint16_t)be16(at);
    row->destination_port = (uint16_t)be16(at + 2);
    if (row->protocol == 17)
        assert_int_equal(be16(at + 4), rest);
    if (row->protocol != 6)
        return;
    row->sequence = be32(at + 4);
    row->acknowledgement = be32(at + 8);
    row->flags = (uint8_t)at[13];
}

static void rows_read(struct trace *trace)
{
    size_t place = FILE_HEADER;
    trace->rows = calloc(trace->length / 56 + 1, sizeof *trace->rows);
    assert_non_null(trace->rows);
    while (place < trace->length) {
        const char *record = trace->bytes + place;
        uint32_t length = le32(record + 8);
        struct row *row = &trace->rows[trace->row_count++];
        row->time = le32(record) * TIME_SECOND + le32(record + 4);
        assert_int_equal(length, le32(record + 12));
        row_read(record + RECORD_HEADER, length, row);
        place += RECORD_HEADER + length;
    }
    assert_int_equal(place, trace->length);
}

static void field_read(const char *line, const char *key, char *into)
{
    const char *at = strstr(line, key);
    assert_non_null(at);
    assert_int_equal(sscanf(at + strlen(key), "\":\"%23[^\"]", into), 1);
}

static void truths_read(struct trace *trace, const char *path)
{
    size_t length;
    char *text = file_read(path, &length), *next;
    uint32_t lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    trace->truths = calloc(lines + 1, sizeof *trace->truths);
    assert_non_null(trace->truths);
    for (char *line = text; *line; line = next) {
        struct truth *truth = &trace->truths[trace->truth_count];
        unsigned a, b, c, d;
        next = strchr(line, '\n');
        *next++ = '\0';
        assert_int_equal(
            sscanf(strstr(line, "source_ip"), "source_ip\":\"%u.%u.%u.%u", &a, &b, &c, &d), 4);
        truth->source = a << 24 | b << 16 | c << 8 | d;
        truth->packets = (uint32_t)strtoul(strstr(line, "\"packets\":") + 10, NULL, 10);
        field_read(line, "\"class", truth->class);
        field_read(line, "\"behaviour", truth->behaviour);
        field_read(line, "\"stack", truth->stack);
        assert_int_equal(hash_table_get(&trace->by_source, truth->source), HASH_TABLE_NONE);
        assert_int_equal(hash_table_put(&trace->by_source, truth->source, trace->truth_count++), 0);
    }
    free(text);
}

static void write_it(const struct darknet_options *options, struct darknet_result *result)
{
    const char *wrong = "";
    assert_int_equal(darknet_generate(options, result, &wrong, NULL, NULL), 0);
}

static const struct truth *truth_of(const struct trace *trace, const struct row *row)
{
    uint32_t index = hash_table_get(&trace->by_source, row->source);
    assert_int_not_equal(index, HASH_TABLE_NONE);
    return &trace->truths[index];
}

static const struct darknet_options usual = {.path = "a.pcap",
                                             .prefix = "198.18.0.0/18",
                                             .seed = 11,
                                             .packets = 150000,
                                             .months = 1,
                                             .hours = 3,
                                             .start = 1767571200 * TIME_SECOND};

static int trace_make(void **state)
{
    struct trace *trace = calloc(1, sizeof *trace);
    struct darknet_result result;
    assert_non_null(trace);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    write_it(&usual, &result);
    trace->bytes = file_read("a.pcap", &trace->length);
    rows_read(trace);
    truths_read(trace, "a.pcap.truth.ndjson");
    assert_int_equal(trace->row_count, result.packets);
    assert_int_equal(trace->truth_count, result.sources);
    assert_int_equal(trace->length, result.bytes);
    *state = trace;
    return 0;
}

static int trace_free(void **state)
{
    struct trace *trace = *state;
    free(trace->bytes);
    free(trace->rows);
    free(trace->truths);
    hash_table_finish(&trace->by_source);
    free(trace);
    for (const char *name = "abcde"; *name; name++) {
        char path[64];
        snprintf(path, sizeof path, "%c.pcap", *name);
        unlink(path);
        snprintf(path, sizeof path, "%c.pcap.truth.ndjson", *name);
        unlink(path);
    }
    return chdir("/") || rmdir(folder);
}

static void test_same_options_same_bytes(void **state)
{
    const struct trace *trace = *state;
    struct darknet_options options = usual;
    struct darknet_result result;
    size_t length;
    options.path = "b.pcap";
    write_it(&options, &result);
    char *again = file_read("b.pcap", &length);
    assert_int_equal(length, trace->length);
    assert_memory_equal(again, trace->bytes, length);
    free(again);
    options.seed = 12;
    write_it(&options, &result);
    char *other = file_read("b.pcap", &length);
    assert_memory_not_equal(other + FILE_HEADER, trace->bytes + FILE_HEADER, 4096);
    free(other);
}

static void test_in_the_order_of_time(void **state)
{
    const struct trace *trace = *state;
    int64_t end = usual.start + 3 * TIME_HOUR;
    uint32_t half = 0;
    assert_in_range(trace->row_count, 140000, 151000);
    for (uint32_t i = 0; i < trace->row_count; i++) {
        assert_true(i == 0 || trace->rows[i].time >= trace->rows[i - 1].time);
        half += trace->rows[i].time < usual.start + 90 * TIME_MINUTE;
        assert_int_equal(trace->rows[i].destination >> 14, 0xc6120000 >> 14);
    }
    assert_true(trace->rows[0].time >= usual.start);
    assert_true(trace->rows[trace->row_count - 1].time < end);
    assert_in_range(half, trace->row_count / 3, trace->row_count * 2 / 3);
}

static void test_truth_is_what_was_sent(void **state)
{
    struct trace *trace = *state;
    uint32_t broken = 0;
    for (uint32_t i = 0; i < trace->row_count; i++) {
        trace->truths[truth_of(trace, &trace->rows[i]) - trace->truths].counted++;
        broken += !trace->rows[i].checksums_right;
    }
    for (uint32_t i = 0; i < trace->truth_count; i++)
        assert_int_equal(trace->truths[i].counted, trace->truths[i].packets);
    assert_in_range(broken, 1, trace->row_count / 50);
}

static void test_tools_sign_their_packets(void **state)
{
    const struct trace *trace = *state;
    uint32_t mirai = 0, telnet = 0, wrong = 0, zmap = 0, masscan = 0, by_chance = 0;
    for (uint32_t i = 0; i < trace->row_count; i++) {
        const struct row *row = &trace->rows[i];
        const struct truth *truth = truth_of(trace, row);
        bool sign = row->protocol == 6 && row->sequence == row->destination;
        if (strcmp(truth->class, "mirai") == 0) {
            assert_true(sign && row->flags == 2);
            if (strcmp(truth->behaviour, "mirai") == 0) {
                assert_true(row->destination_port == 23 || row->destination_port == 2323);
                telnet++;
                mirai += row->destination_port == 23;
            }
        } else if (strcmp(truth->class, "zmap") == 0) {
            if (strcmp(truth->behaviour, "zmap") == 0)
                assert_int_equal(row->id, 54321);
            else
                by_chance += row->id == 54321;
            zmap++;
        } else if (strcmp(truth->class, "masscan") == 0) {
            assert_int_equal(row->id,
                             (row->destination ^ row->destination_port ^ row->sequence) & 0xffff);
            masscan++;
        } else if (strcmp(truth->class, "member") != 0) {
            wrong += sign;
        }
    }
    assert_int_equal(wrong, 0);
    assert_in_range(by_chance, 0, 3);
    assert_true(zmap > 1000 && masscan > 1000);
    assert_true(telnet > 10000);
    assert_in_range(telnet ? mirai * 1000 / telnet : 0, 890, 910);
}

/* For each source of ZMap's: an address never twice before all have been asked. */
static void test_zmap_asks_each_address_once(void **state)
{
    const struct trace *trace = *state;
    unsigned char *seen = calloc(1 << 14, 1);
    uint32_t sources = 0;
    assert_non_null(seen);
    for (uint32_t i = 0; i < trace->truth_count; i++) {
        const struct truth *truth = &trace->truths[i];
        if (strcmp(truth->class, "zmap") != 0 || truth->packets > 1 << 14)
            continue;
        memset(seen, 0, 1 << 14);
        sources++;
        for (uint32_t k = 0; k < trace->row_count; k++)
            if (trace->rows[k].source == truth->source)
                assert_int_equal(seen[trace->rows[k].destination & 0x3fff]++, 0);
    }
    free(seen);
    assert_true(sources >= 2);
}

/* A Linux server that keeps no cookies asks five times more, 1, 3, 7, 15 and 31 s after. */
static void test_servers_ask_again(void **state)
{
    static const int64_t after[] = {0, 1, 3, 7, 15, 31};
    const struct trace *trace = *state;
    uint32_t whole = 0;
    for (uint32_t i = 0; i < trace->row_count && whole < 20; i++) {
        const struct row *first = &trace->rows[i];
        const struct truth *truth = truth_of(trace, first);
        if (strcmp(truth->behaviour, "storm") != 0)
            continue;
        uint32_t found = 0;
        for (uint32_t k = i; k < trace->row_count && found < 6; k++) {
            const struct row *row = &trace->rows[k];
            if (row->source == first->source && row->sequence == first->sequence) {
                int64_t off = row->time - first->time - after[found] * TIME_SECOND;
                if (off != 0)
                    break; /* this was not the first */
                assert_int_equal(row->flags, 0x12);
                assert_int_equal(row->acknowledgement, first->acknowledgement);
                found++;
            }
        }
        whole += found == 6;
    }
    assert_true(whole == 20);
}

static void test_single_packets_of_distinct_sources(void **state)
{
    struct darknet_options options = usual;
    struct darknet_result result;
    struct trace trace = {0};
    (void)state;
    options.path = "c.pcap";
    options.packets = 0;
    options.singles = 50000;
    write_it(&options, &result);
    assert_int_equal(result.packets, 50000);
    assert_int_equal(result.singles, 50000);
    assert_int_equal(result.sources, 0);
    trace.bytes = file_read("c.pcap", &trace.length);
    rows_read(&trace);
    for (uint32_t i = 0; i < trace.row_count; i++) {
        assert_int_equal(hash_table_get(&trace.by_source, trace.rows[i].source), HASH_TABLE_NONE);
        assert_int_equal(hash_table_put(&trace.by_source, trace.rows[i].source, i), 0);
    }
    free(trace.bytes);
    free(trace.rows);
    hash_table_finish(&trace.by_source);
}

static void test_months_lie_apart(void **state)
{
    struct darknet_options options = usual;
    struct darknet_result result;
    struct trace trace = {0};
    uint32_t months[3] = {0};
    (void)state;
    options.path = "d.pcap";
    options.packets = 30000;
    options.months = 3;
    write_it(&options, &result);
    trace.bytes = file_read("d.pcap", &trace.length);
    rows_read(&trace);
    for (uint32_t i = 0; i < trace.row_count; i++) {
        int64_t month = (trace.rows[i].time - options.start) / (30 * TIME_DAY);
        assert_in_range(month, 0, 2);
        assert_true(trace.rows[i].time - options.start - month * 30 * TIME_DAY < TIME_HOUR);
        months[month]++;
    }
    for (int i = 0; i < 3; i++)
        assert_true(months[i] > 5000);
    free(trace.bytes);
    free(trace.rows);
}

static void test_ipv6(void **state)
{
    struct darknet_options options = usual;
    struct darknet_result result;
    size_t length, place = FILE_HEADER;
    uint32_t right = 0, packets = 0;
    (void)state;
    options.path = "e.pcap";
    options.packets = 20000;
    options.prefix = "2001:db8:ffff::/48";
    write_it(&options, &result);
    char *bytes = file_read("e.pcap", &length);
    for (uint32_t size; place < length; place += RECORD_HEADER + size, packets++) {
        const char *header = bytes + place + RECORD_HEADER + ETHERNET;
        size = le32(bytes + place + 8);
        assert_int_equal(be16(header - 2), 0x86dd);
        assert_int_equal(be16(header + 4), size - ETHERNET - 40);
        assert_int_equal(be32(header + 24), 0x20010db8);
        uint32_t next = (uint8_t)header[6], rest = size - ETHERNET - 40;
        right += next == 44 || sum_is_right(sum_words(header + 8, 32) + next + rest +
                                            sum_words(header + 40, rest));
    }
    assert_int_equal(packets, result.packets);
    assert_true(right > packets * 98 / 100);
    free(bytes);
}

static void test_mixes(void **state)
{
    double parts[BEHAVIOUR_COUNT], sum = 0;
    (void)state;
    assert_int_equal(darknet_mix_parse(BYTES("storm,mirai=0"), parts), 0);
    for (int i = 0; i < BEHAVIOUR_COUNT; i++)
        sum += parts[i];
    assert_float_equal(sum, 1, 1e-9);
    assert_true(parts[BEHAVIOUR_mirai] == 0 && parts[BEHAVIOUR_storm] > 0.5);
    assert_int_equal(darknet_mix_parse(BYTES("sturm"), parts), -EINVAL);
    assert_int_equal(darknet_mix_parse(BYTES("mirai=-1"), parts), -EINVAL);
    assert_int_equal(darknet_mix_parse(BYTES("mirai=1x"), parts), -EINVAL);
    assert_int_equal(darknet_mix_parse(BYTES("mirai="), parts), -EINVAL);
    assert_int_equal(darknet_mix_parse(BYTES("mirai=nan"), parts), -EINVAL);
}

static void test_options_out_of_range(void **state)
{
    static const char *const prefixes[] = {"198.18.0.0",    "198.18.0.0/31",  "198.18.0.0/7",
                                           "198.18.0/16",   "198.18.0.0/16x", "",
                                           "2001:db8::/127"};
    struct darknet_result result;
    const char *wrong = "";
    (void)state;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        struct darknet_options options = usual;
        options.prefix = prefixes[i];
        assert_int_equal(darknet_generate(&options, &result, &wrong, NULL, NULL), -EINVAL);
        assert_string_equal(wrong, "--prefix");
    }
    struct darknet_options options = usual;
    options.hours = 0;
    assert_int_equal(darknet_generate(&options, &result, &wrong, NULL, NULL), -EINVAL);
    options = usual;
    options.sources = UINT32_MAX;
    assert_int_equal(darknet_generate(&options, &result, &wrong, NULL, NULL), -EINVAL);
    assert_string_equal(wrong, "--sources");
    options = usual;
    options.path = "no/such/folder/a.pcap";
    assert_int_equal(darknet_generate(&options, &result, &wrong, NULL, NULL), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_options_same_bytes),
        cmocka_unit_test(test_in_the_order_of_time),
        cmocka_unit_test(test_truth_is_what_was_sent),
        cmocka_unit_test(test_tools_sign_their_packets),
        cmocka_unit_test(test_zmap_asks_each_address_once),
        cmocka_unit_test(test_servers_ask_again),
        cmocka_unit_test(test_single_packets_of_distinct_sources),
        cmocka_unit_test(test_months_lie_apart),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_mixes),
        cmocka_unit_test(test_options_out_of_range),
    };
    return cmocka_run_group_tests(tests, trace_make, trace_free);
}
