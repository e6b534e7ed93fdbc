/* Lines of files: every way to end one, long ones, and files that break. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "observe/lines.h"

static char path[] = "/tmp/hinomi-lines-XXXXXX";

static void file_write(const char *text, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
}

static void check_next(struct lines *lines, const char *text, uint64_t number)
{
    struct line line;
    struct fault fault;
    assert_int_equal(lines_next(lines, &line, &fault), 1);
    assert_true(bytes_equal(line.text, bytes_of(text)));
    assert_int_equal(line.number, number);
    assert_false(line.too_long);
}

static void check_end(struct lines *lines)
{
    struct line line;
    struct fault fault;
    assert_int_equal(lines_next(lines, &line, &fault), 0);
    assert_int_equal(lines_next(lines, &line, &fault), 0);
    assert_true(lines_part(lines) == 1);
    lines_close(lines);
}

static void ends_lines_in_every_way(void **state)
{
    (void)state;
    static const char *const endings[] = {"one\r\n\ntwo", "one\n\r\ntwo\n", "one\n\ntwo\r\n"};
    struct lines *lines;
    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
        file_write(endings[i], strlen(endings[i]));
        assert_int_equal(lines_open(path, &lines), 0);
        check_next(lines, "one", 1);
        check_next(lines, "", 2);
        check_next(lines, "two", 3);
        check_end(lines);
    }
    file_write("", 0);
    assert_int_equal(lines_open(path, &lines), 0);
    struct line line;
    struct fault fault;
    assert_int_equal(lines_next(lines, &line, &fault), 0);
    lines_close(lines);
    lines_close(NULL);
}

/* Around every place where a block could end, and with and without an end of the last line. */
static void passes_over_long_lines(void **state)
{
    (void)state;
    enum { MOST = 5 * LINES_LIMIT };
    char *text = malloc(MOST);
    const size_t lengths[] = {LINES_LIMIT - 1, LINES_LIMIT,         LINES_LIMIT + 1,
                              LINES_LIMIT * 2, LINES_LIMIT * 2 + 1, LINES_LIMIT * 4};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        for (int ended = 0; ended < 2; ended++) {
            struct lines *lines;
            struct line line;
            struct fault fault;
            memset(text, 'x', MOST);
            memcpy(text, "a\n", 2);
            memcpy(text + 2 + lengths[i], "\nz", 2);
            file_write(text, 2 + lengths[i] + (ended ? 2 : 0));
            assert_int_equal(lines_open(path, &lines), 0);
            check_next(lines, "a", 1);
            assert_int_equal(lines_next(lines, &line, &fault), 1);
            assert_int_equal(line.too_long, lengths[i] > LINES_LIMIT);
            assert_int_equal(line.text.len, line.too_long ? 0 : lengths[i]);
            assert_int_equal(line.number, 2);
            if (ended)
                check_next(lines, "z", 3);
            check_end(lines);
        }
    }
    free(text);
}

/* Whole lines in front of the damage, not the piece of one behind them. */
static void gives_what_stands_before_damage(void **state)
{
    (void)state;
    char text[4000], packed[4000] = "";
    uint32_t seed = 1;
    size_t len = 0;
    while (len + 12 < sizeof(text)) {
        seed = seed * 1664525 + 1013904223;
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%010u\n", seed);
    }
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)text, stream.avail_in = (unsigned)len;
    stream.next_out = (Bytef *)packed, stream.avail_out = sizeof(packed);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    file_write(packed, stream.total_out / 2);
    struct lines *lines;
    struct line line;
    struct fault fault = {0};
    uint64_t count = 0;
    int more;
    assert_int_equal(lines_open(path, &lines), 0);
    while ((more = lines_next(lines, &line, &fault)) > 0) {
        assert_true(bytes_equal(line.text, (struct bytes){text + 11 * count, 10}));
        count++;
    }
    assert_int_equal(more, -EBADMSG);
    assert_non_null(fault.why);
    assert_true(count > 50 && count < len / 11);
    lines_close(lines);
    assert_int_equal(lines_open("/nonexistent/lines", &lines), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_lines_in_every_way),
        cmocka_unit_test(passes_over_long_lines),
        cmocka_unit_test(gives_what_stands_before_damage),
    };
    int descriptor = mkstemp(path);
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    close(descriptor);
    unlink(path);
    return result;
}
