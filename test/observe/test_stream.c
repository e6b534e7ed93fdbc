/* Decompression: every kind whole, joined, cut short, broken, and as a bomb. */
#include <lzma.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "observe/stream.h"
#include "support.h"

#define LINE                                                                                       \
    "{\"@timestamp\":\"2024-05-07T19:05:%02dZ\",\"event\":{\"category\":\"file\"},\"n\":%d}\n"

enum { LINES = 20000 };

/* Lines that do not compress to nothing, so that a cut falls between many of them. */
static struct buffer lines_make(void)
{
    struct buffer text = {0};
    uint64_t seed = 1;
    for (int i = 0; i < LINES; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        buffer_put_format(&text, LINE, i % 60, (int)(seed >> 33));
    }
    return text;
}

static void gzip_put(struct buffer *out, struct bytes text)
{
    z_stream zlib = {0};
    assert_int_equal(deflateInit2(&zlib, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t bound = deflateBound(&zlib, text.len);
    assert_true(buffer_reserve(out, bound));
    zlib.next_in = (unsigned char *)(uintptr_t)text.at;
    zlib.avail_in = (unsigned)text.len;
    zlib.next_out = (unsigned char *)out->at + out->len;
    zlib.avail_out = (unsigned)bound;
    assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    out->len += zlib.total_out;
    deflateEnd(&zlib);
}

static void zstd_put(struct buffer *out, struct bytes text)
{
    size_t bound = ZSTD_compressBound(text.len);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    assert_true(buffer_reserve(out, bound));
    ZSTD_CCtx_setParameter(context, ZSTD_c_enableLongDistanceMatching, 1);
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
    size_t len = ZSTD_compress2(context, out->at + out->len, bound, text.at, text.len);
    assert_false(ZSTD_isError(len));
    out->len += len;
    ZSTD_freeCCtx(context);
}

static void xz_put(struct buffer *out, struct bytes text)
{
    size_t bound = lzma_stream_buffer_bound(text.len), len = 0;
    assert_true(buffer_reserve(out, bound));
    assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, NULL, (const uint8_t *)text.at,
                                             text.len, (uint8_t *)out->at + out->len, &len, bound),
                     LZMA_OK);
    out->len += len;
}

static const struct {
    const char *name;
    void (*put)(struct buffer *out, struct bytes text);
} kinds[] = {{"gzip", gzip_put}, {"zstd", zstd_put}, {"xz", xz_put}};

enum { KINDS = 3 };

static void unpacks_every_kind(void **state)
{
    (void)state;
    struct buffer text = lines_make();
    struct reading plain = read_bytes(buffer_bytes(&text));
    assert_int_equal(plain.count, LINES);
    for (int kind = 0; kind < KINDS; kind++) {
        struct buffer packed = {0};
        kinds[kind].put(&packed, buffer_bytes(&text));
        assert_true(packed.len < text.len / 2);
        struct reading reading = read_with(buffer_bytes(&packed), NULL, (unsigned)kind);
        assert_int_equal(reading.error, 0);
        assert_true(bytes_equal(buffer_bytes(&plain.rows), buffer_bytes(&reading.rows)));
        reading_finish(&reading);
        buffer_finish(&packed);
    }
    reading_finish(&plain);
    buffer_finish(&text);
}

static void joined_parts_are_one_stream(void **state)
{
    (void)state;
    struct buffer text = lines_make();
    for (int kind = 0; kind < KINDS; kind++) {
        struct buffer packed = {0};
        size_t middle = text.len / 3; /* within a line */
        kinds[kind].put(&packed, (struct bytes){text.at, middle});
        kinds[kind].put(&packed, BYTES(""));
        kinds[kind].put(&packed, bytes_from(buffer_bytes(&text), middle));
        if (kind == 0)
            buffer_put(&packed, BYTES("\0\0\0\0\0\0\0\0"));
        struct reading reading = read_bytes(buffer_bytes(&packed));
        assert_int_equal(reading.error, 0);
        assert_int_equal(reading.count, LINES);
        reading_finish(&reading);
        buffer_finish(&packed);
    }
    buffer_finish(&text);
}

static void keeps_what_a_cut_file_holds(void **state)
{
    (void)state;
    struct buffer text = lines_make();
    for (int kind = 0; kind < KINDS; kind++) {
        struct buffer packed = {0};
        kinds[kind].put(&packed, buffer_bytes(&text));
        struct reading reading = read_with((struct bytes){packed.at, packed.len / 4 * 3}, NULL, 1);
        assert_int_equal(reading.error, -EBADMSG);
        assert_string_equal(reading.fault.why,
                            "the file ends in the middle of its compressed data");
        assert_int_equal(reading.fault.offset, packed.len / 4 * 3);
        assert_true(reading.count > LINES / 3);
        assert_true(reading.count < LINES);
        assert_true(reading.counts.refused <= 1); /* the line it broke off in */
        reading_finish(&reading);
        buffer_finish(&packed);
    }
    buffer_finish(&text);
}

static void says_where_data_is_broken(void **state)
{
    (void)state;
    struct buffer text = lines_make();
    for (int kind = 0; kind < KINDS; kind++) {
        struct buffer packed = {0};
        kinds[kind].put(&packed, buffer_bytes(&text));
        for (size_t i = packed.len / 2; i < packed.len / 2 + 64; i++)
            packed.at[i] = (char)~packed.at[i];
        struct reading reading = {0};
        struct source *source;
        int error = memory_open(buffer_bytes(&packed), NULL, &source, &reading.fault);
        if (error == 0) {
            source_drain(source, &reading);
            source_close(source);
            error = reading.error;
        }
        assert_int_equal(error, -EBADMSG);
        assert_non_null(strstr(reading.fault.why, kinds[kind].name));
        assert_true(reading.fault.offset > 0 && reading.fault.offset <= packed.len);
        reading_finish(&reading);
        buffer_finish(&packed);
    }
    buffer_finish(&text);
}

/* Some kilobytes that unpack to 256 MiB of one line, and of blank lines. */
static void bombs_fill_no_memory(void **state)
{
    (void)state;
    enum { PIECE = 1 << 20, PIECES = 256 };
    static char piece[PIECE];
    for (int round = 0; round < 2; round++) {
        struct buffer bomb = {0}, part = {0};
        memset(piece, round ? '\n' : 'a', PIECE);
        zstd_put(&part, (struct bytes){piece, PIECE});
        zstd_put(&bomb, BYTES("{\"@timestamp\":\"2024-05-07T19:05:07Z\",\"event\":{}}\n"));
        for (int i = 0; i < PIECES; i++)
            buffer_put(&bomb, buffer_bytes(&part));
        zstd_put(&bomb, BYTES("\n{\"@timestamp\":\"2024-05-07T19:05:08Z\",\"event\":{}}\n"));
        assert_true(bomb.len < 1 << 20);
        struct rusage before, after;
        getrusage(RUSAGE_SELF, &before);
        struct reading reading = read_bytes(buffer_bytes(&bomb));
        getrusage(RUSAGE_SELF, &after);
        assert_int_equal(reading.count, 2);
        assert_int_equal(reading.counts.refused, round ? 0 : 1);
        assert_true(after.ru_maxrss - before.ru_maxrss < 100 << 10);
        reading_finish(&reading);
        buffer_finish(&bomb);
        buffer_finish(&part);
    }
}

static void seeks_in_what_is_packed(void **state)
{
    (void)state;
    struct buffer text = lines_make();
    size_t line = strcspn(text.at + text.len / 2, "\n") + text.len / 2 + 1;
    for (int kind = 0; kind < KINDS; kind++) {
        struct buffer packed = {0};
        struct reading reading = {0};
        struct source *source;
        kinds[kind].put(&packed, buffer_bytes(&text));
        assert_int_equal(memory_open(buffer_bytes(&packed), NULL, &source, &reading.fault), 0);
        for (int turn = 0; turn < 2; turn++) { /* forward, then back from the end */
            reading.rows.len = reading.count = 0;
            assert_int_equal(source_seek(source, line), 0);
            source_drain(source, &reading);
            assert_true(reading.count > LINES / 3 && reading.count < LINES * 2 / 3);
            char first[64];
            snprintf(first, sizeof(first), "\"event_offset\":%zu}", line);
            assert_has(&reading, first);
        }
        source_close(source);
        reading_finish(&reading);
        buffer_finish(&packed);
    }
    buffer_finish(&text);
}

struct pipe_end {
    int descriptor;
    struct bytes bytes;
};

static void *pipe_write(void *context)
{
    const struct pipe_end *end = context;
    for (struct bytes rest = end->bytes; rest.len;) {
        ssize_t written = write(end->descriptor, rest.at, rest.len);
        if (written <= 0)
            break;
        rest = bytes_from(rest, (size_t)written);
    }
    close(end->descriptor);
    return NULL;
}

/* From a pipe the first bytes can be looked at and read again; what lies farther back can not. */
static void a_pipe_goes_back_to_its_beginning(void **state)
{
    (void)state;
    struct buffer text = lines_make();
    char head[24], *whole = malloc(text.len + 1);
    for (int kind = -1; kind < KINDS; kind++) {
        struct buffer packed = {0};
        struct stream *stream;
        struct fault fault;
        pthread_t writer;
        int ends[2];
        size_t len;
        if (kind < 0)
            buffer_put(&packed, buffer_bytes(&text));
        else
            kinds[kind].put(&packed, buffer_bytes(&text));
        assert_int_equal(pipe(ends), 0);
        struct pipe_end end = {ends[1], buffer_bytes(&packed)};
        assert_int_equal(pthread_create(&writer, NULL, pipe_write, &end), 0);
        assert_int_equal(stream_open(ends[0], &stream), 0);
        assert_int_equal(stream_read(stream, head, sizeof(head), &len, &fault), 0);
        assert_memory_equal(head, text.at, sizeof(head));
        assert_int_equal(stream_seek(stream, 0, &fault), 0);
        assert_int_equal(stream_read(stream, whole, text.len + 1, &len, &fault), 0);
        assert_int_equal(len, text.len);
        assert_memory_equal(whole, text.at, len);
        if (kind < 0)
            assert_int_equal(stream_seek(stream, 0, &fault), -ESPIPE);
        pthread_join(writer, NULL);
        stream_close(stream);
        buffer_finish(&packed);
    }
    free(whole);
    buffer_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unpacks_every_kind),
        cmocka_unit_test(joined_parts_are_one_stream),
        cmocka_unit_test(keeps_what_a_cut_file_holds),
        cmocka_unit_test(says_where_data_is_broken),
        cmocka_unit_test(bombs_fill_no_memory),
        cmocka_unit_test(seeks_in_what_is_packed),
        cmocka_unit_test(a_pipe_goes_back_to_its_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
