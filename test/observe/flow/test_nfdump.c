/* Files of nfcapd, assembled here byte by byte: both layouts, every packing, and damage. */
#include <bzlib.h>
#include <errno.h>
#include <lz4.h>
#include <lzo/lzo1x.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "observe/flow/nfdump.h"

enum {
    SECONDS = 1700000000,
    NONE = 0,
    LZO = 1,
    BZIP2 = 2,
    LZ4 = 3,
    ZSTD = 4,
    ROOM = 8192,
    HEADER = 40
};

static void put(struct buffer *out, size_t size, uint64_t value)
{
    for (size_t i = 0; i < size; i++)
        buffer_put_u8(out, (uint8_t)(i < 8 ? value >> (8 * i) : 0));
}

static void header_1_put(struct buffer *out, uint32_t flags, uint32_t blocks)
{
    put(out, 2, 0xa50c);
    put(out, 2, 1);
    put(out, 4, flags);
    put(out, 4, blocks);
    put(out, 128 + 136, 0);
}

static void header_2_put(struct buffer *out, uint8_t packing, uint8_t encryption, uint32_t blocks)
{
    put(out, 2, 0xa50c);
    put(out, 2, 2);
    put(out, 4 + 8, 0);
    put(out, 1, packing);
    put(out, 1, encryption);
    put(out, 2 + 4 + 8 + 4, 0);
    put(out, 4, blocks);
}

static void block_put(struct buffer *out, uint32_t records, uint16_t type, uint16_t flags,
                      struct bytes text)
{
    put(out, 4, records);
    put(out, 4, text.len);
    put(out, 2, type);
    put(out, 2, flags);
    buffer_put(out, text);
}

static struct bytes pack(int packing, const struct buffer *from, char to[ROOM])
{
    static char work[LZO1X_1_MEM_COMPRESS];
    lzo_uint lzo_len = ROOM;
    unsigned bzip2_len = ROOM;
    switch (packing) {
    case LZO:
        assert_int_equal(lzo1x_1_compress((unsigned char *)from->at, from->len, (unsigned char *)to,
                                          &lzo_len, work),
                         0);
        return (struct bytes){to, lzo_len};
    case BZIP2:
        assert_int_equal(
            BZ2_bzBuffToBuffCompress(to, &bzip2_len, from->at, (unsigned)from->len, 1, 0, 0), 0);
        return (struct bytes){to, bzip2_len};
    case LZ4:
        return (struct bytes){to, (size_t)LZ4_compress_default(from->at, to, (int)from->len, ROOM)};
    case ZSTD:
        return (struct bytes){to, ZSTD_compress(to, ROOM, from->at, from->len, 1)};
    default:
        return buffer_bytes(from);
    }
}

/* Map 7: interfaces, packets of the way back in 8 bytes, bytes of it in 4. */
static void map_put(struct buffer *out)
{
    put(out, 2, 2);
    put(out, 2, 24);
    put(out, 2, 7);
    put(out, 2, 20);
    for (uint16_t extension = 1; extension <= 4; extension++)
        put(out, 2, extension);
    put(out, 2, 15);
    put(out, 2, 16);
    put(out, 4, 0);
}

/* flags 0: addresses of version 4 and counters of 4 bytes; 7: version 6, 8 bytes. */
static void common_put(struct buffer *out, uint16_t type, uint16_t flags, uint16_t map)
{
    size_t counter = flags ? 8 : 4, fixed = type == 10 ? 32 : 28;
    put(out, 2, type);
    put(out, 2, fixed + (flags ? 32 : 8) + 2 * counter + 4 + 8 + 4);
    put(out, 2, flags);
    put(out, 2, map);
    put(out, 2, 250);
    put(out, 2, 750);
    put(out, 4, SECONDS);
    put(out, 4, SECONDS + 2);
    put(out, 2, 0);
    put(out, 1, 17);
    put(out, 1, 0);
    put(out, 2, 5353);
    put(out, 2, 53);
    put(out, type == 10 ? 4 : 0, 0);
    for (uint64_t end = 1; end <= 2; end++) {
        put(out, flags ? 8 : 0, 0x20010db800000000);
        put(out, flags ? 8 : 4, flags ? end : 0xc0000200 + end);
    }
    put(out, counter, 11);
    put(out, counter, 1100);
    put(out, 4, 0xffffffff); /* interfaces */
    put(out, 8, 22);
    put(out, 4, 2200);
}

static void elements_put(struct buffer *out, bool six, bool ends)
{
    size_t addresses = six ? 36 : 12;
    put(out, 2, 11);
    put(out, 2, 12 + 52 + 28 + 6 + (ends ? addresses : 0));
    put(out, 2, ends ? 4 : 3);
    put(out, 6, 0);
    put(out, 2, 1);
    put(out, 2, 52);
    put(out, 8, SECONDS * UINT64_C(1000) + 250);
    put(out, 8, SECONDS * UINT64_C(1000) + 2750);
    put(out, 8, 5);
    put(out, 8, 11);
    put(out, 8, 1100);
    put(out, 2, 5353);
    put(out, 2, 53);
    put(out, 4, 17);
    put(out, 2, 29); /* a label of two bytes */
    put(out, 2, 6);
    put(out, 2, 0xffff);
    if (ends) {
        put(out, 2, six ? 3 : 2);
        put(out, 2, addresses);
        for (uint64_t end = 1; end <= 2; end++) {
            put(out, six ? 8 : 0, 0x20010db800000000);
            put(out, six ? 8 : 4, six ? end : 0xc0000200 + end);
        }
    }
    put(out, 2, 6);
    put(out, 2, 28);
    put(out, 8, 1);
    put(out, 8, 22);
    put(out, 8, 2200);
}

struct taken {
    struct flow flows[8];
    uint32_t count;
    struct flow_log_counts counts;
    struct fault fault;
};

static int flow_keep(void *context, const struct flow *flow)
{
    struct taken *taken = context;
    assert_true(taken->count < 8);
    taken->flows[taken->count++] = *flow;
    return 0;
}

/* A copy of just its length, so that a step beyond is seen. */
static int file_read(const struct buffer *file, size_t len, struct taken *taken)
{
    char *copy = malloc(len);
    *taken = (struct taken){0};
    memcpy(copy, file->at, len);
    int result = nfdump_read((struct bytes){copy, len}, NULL, flow_keep, taken, &taken->counts,
                             &taken->fault);
    free(copy);
    assert_true(result == 0 || taken->fault.why);
    return result;
}

static void check_flow(const struct flow *flow, const char *source, const char *destination)
{
    char text[IP_TEXT_SIZE];
    assert_true(bytes_equal(ip_format(&flow->source_ip, text), bytes_of(source)));
    assert_true(bytes_equal(ip_format(&flow->destination_ip, text), bytes_of(destination)));
    assert_int_equal(flow->start, SECONDS * INT64_C(1000000000) + 250000000);
    assert_int_equal(flow->end, SECONDS * INT64_C(1000000000) + 2750000000);
    assert_int_equal(flow->logged, flow->end);
    assert_int_equal(flow->protocol, 17);
    assert_int_equal(flow->source_port, 5353);
    assert_int_equal(flow->destination_port, 53);
    assert_int_equal(flow->packets[0], 11);
    assert_int_equal(flow->bytes[0], 1100);
    assert_int_equal(flow->packets[1], 22);
    assert_int_equal(flow->bytes[1], 2200);
}

static void reads_layout_1_in_every_packing(void **state)
{
    (void)state;
    static const uint32_t flags[] = {[NONE] = 0, [LZO] = 1, [BZIP2] = 8, [LZ4] = 16};
    for (int packing = NONE; packing <= LZ4; packing++) {
        struct buffer file = {0}, text = {0};
        struct taken taken;
        char packed[ROOM];
        map_put(&text);
        common_put(&text, 10, 0, 7);
        common_put(&text, 1, 7, 7);
        common_put(&text, 10, 0, 8);
        header_1_put(&file, flags[packing], 1);
        block_put(&file, 4, 2, 1, pack(packing, &text, packed));
        assert_int_equal(file_read(&file, file.len, &taken), 0);
        assert_int_equal(taken.count, 2);
        check_flow(&taken.flows[0], "192.0.2.1", "192.0.2.2");
        check_flow(&taken.flows[1], "2001:db8::1", "2001:db8::2");
        assert_int_equal(taken.counts.read, 4);
        assert_int_equal(taken.counts.others, 1);
        assert_int_equal(taken.counts.refused, 1);
        assert_string_equal(taken.counts.why, "a flow whose extension map is not in the file");
        buffer_finish(&file);
        buffer_finish(&text);
    }
}

static void reads_layout_2_in_every_packing(void **state)
{
    (void)state;
    for (uint8_t packing = NONE; packing <= ZSTD; packing++) {
        struct buffer file = {0}, text = {0};
        struct taken taken;
        char packed[ROOM];
        elements_put(&text, false, true);
        elements_put(&text, true, true);
        elements_put(&text, false, false);
        put(&text, 2, 0x8001);
        put(&text, 2, 4);
        header_2_put(&file, packing, 0, 2);
        block_put(&file, 4, 3, 0, pack(packing, &text, packed));
        block_put(&file, 4, 3, 1, buffer_bytes(&text)); /* not worth packing */
        assert_int_equal(file_read(&file, file.len, &taken), 0);
        assert_int_equal(taken.count, 4);
        for (uint32_t i = 0; i < 4; i += 2) {
            check_flow(&taken.flows[i], "192.0.2.1", "192.0.2.2");
            check_flow(&taken.flows[i + 1], "2001:db8::1", "2001:db8::2");
        }
        assert_int_equal(taken.counts.read, 8);
        assert_int_equal(taken.counts.others, 2);
        assert_int_equal(taken.counts.refused, 2);
        assert_int_equal(taken.counts.damaged, 0);
        buffer_finish(&file);
        buffer_finish(&text);
    }
}

/* The blocks before and behind it are read, and what of it stands before the damage. */
static void passes_over_damaged_blocks(void **state)
{
    (void)state;
    struct buffer file = {0}, text = {0}, broken = {0};
    struct taken taken;
    char packed[ROOM];
    elements_put(&text, false, true);
    header_2_put(&file, LZ4, 0, 4);
    struct bytes good = pack(LZ4, &text, packed);
    block_put(&file, 1, 3, 0, good);
    size_t damaged_at = file.len;
    block_put(&file, 1, 3, 0, BYTES("\xff\xff\xff\xff"));
    elements_put(&broken, false, true);
    put(&broken, 4, 11); /* a record without length */
    block_put(&file, 2, 3, 1, buffer_bytes(&broken));
    block_put(&file, 1, 3, 0, good);
    assert_int_equal(file_read(&file, file.len, &taken), 0);
    assert_int_equal(taken.count, 3);
    assert_int_equal(taken.counts.damaged, 2);
    assert_int_equal(taken.counts.first_damage.offset, damaged_at);
    assert_string_equal(taken.counts.first_damage.why, "a block that cannot be unpacked");
    buffer_finish(&file);
    buffer_finish(&text);
    buffer_finish(&broken);
}

static void keeps_what_stands_before_the_end(void **state)
{
    (void)state;
    struct buffer file = {0}, text = {0};
    struct taken taken;
    elements_put(&text, false, true);
    header_2_put(&file, NONE, 0, 2);
    block_put(&file, 1, 3, 0, buffer_bytes(&text));
    size_t first = file.len;
    block_put(&file, 1, 3, 0, buffer_bytes(&text));
    for (size_t len = 1; len < file.len; len++) {
        assert_int_equal(file_read(&file, len, &taken), -EBADMSG);
        assert_int_equal(taken.count, len >= first);
    }
    put(&file, 4, 1);
    put(&file, 4, NFDUMP_BLOCK + 1);
    put(&file, 4, 3);
    assert_int_equal(file_read(&file, file.len, &taken), -EBADMSG);
    assert_int_equal(taken.count, 2);
    buffer_finish(&file);
    buffer_finish(&text);
}

static void names_what_it_does_not_read(void **state)
{
    (void)state;
    struct buffer file = {0};
    struct taken taken;
    header_2_put(&file, LZ4, 1, 0);
    assert_int_equal(file_read(&file, file.len, &taken), -ENOTSUP);
    assert_string_equal(taken.fault.why, "an encrypted nfdump file");
    buffer_clear(&file);
    header_2_put(&file, 9, 0, 0);
    assert_int_equal(file_read(&file, file.len, &taken), -ENOTSUP);
    buffer_clear(&file);
    header_1_put(&file, 0, 1);
    block_put(&file, 1, 1, 0, BYTES("as nfdump 1.5 wrote them"));
    assert_int_equal(file_read(&file, file.len, &taken), 0);
    assert_int_equal(taken.counts.damaged, 1);
    file.at[2] = 3;
    assert_int_equal(file_read(&file, file.len, &taken), -ENOTSUP);
    static const char turned[HEADER] = {'\xa5', 0x0c, 0, 1};
    assert_true(nfdump_recognise((struct bytes){turned, 4}));
    buffer_clear(&file);
    buffer_put(&file, (struct bytes){turned, sizeof(turned)});
    assert_int_equal(file_read(&file, file.len, &taken), -ENOTSUP);
    assert_false(nfdump_recognise(BYTES("{\"a\":1}")));
    assert_false(nfdump_recognise((struct bytes){NULL, 0}));
    buffer_finish(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_layout_1_in_every_packing),
        cmocka_unit_test(reads_layout_2_in_every_packing),
        cmocka_unit_test(passes_over_damaged_blocks),
        cmocka_unit_test(keeps_what_stands_before_the_end),
        cmocka_unit_test(names_what_it_does_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
