/* Messages cut out of a stream, in whatever pieces it comes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "observe/alert/frame.h"

static int message_note(void *context, struct bytes message)
{
    struct buffer *out = context;
    buffer_put_char(out, '<');
    buffer_put(out, message);
    buffer_put_char(out, '>');
    return 0;
}

/* What comes out of `text` in pieces of `step` bytes. */
static int frames(struct bytes text, size_t step, struct buffer *out, uint64_t *ret_too_long)
{
    struct frame_stream stream = {0};
    int error = 0;
    for (size_t at = 0; at < text.len && !error; at += step) {
        struct bytes piece = bytes_from(text, at);
        piece.len = piece.len < step ? piece.len : step;
        assert_int_equal(frame_put(&stream, piece), 0);
        error = frame_each(&stream, false, message_note, out);
    }
    if (!error)
        error = frame_each(&stream, true, message_note, out);
    *ret_too_long = stream.too_long;
    frame_finish(&stream);
    return error;
}

static void check(const char *text, int expected_error, const char *expected)
{
    for (size_t step = 1; step < 20; step++) {
        struct buffer out = {0};
        uint64_t too_long;
        assert_int_equal(frames(bytes_of(text), step, &out, &too_long), expected_error);
        assert_true(bytes_equal(buffer_bytes(&out), bytes_of(expected)));
        buffer_finish(&out);
    }
}

static void cuts_both_framings(void **state)
{
    (void)state;
    check("<1>a\n<2>b\r\n\n<3>c", 0, "<<1>a><<2>b><<3>c>");
    check("4 <1>a6 <2>b\nc5 <3>x\n", 0, "<<1>a><<2>b\nc><<3>x>");
    check("4 <1>a<2>b\n4 <3>c", 0, "<<1>a><<2>b><<3>c>");
    check("9 <1>a", 0, ""); /* it ends in the middle */
}

static void refuses_what_is_no_frame(void **state)
{
    (void)state;
    check("<1>a\n12x <2>b", -EBADMSG, "<<1>a>");
    check("123456789012 a", -EBADMSG, "");
}

static void passes_over_what_is_too_long(void **state)
{
    (void)state;
    size_t len = 3 * FRAME_LIMIT;
    char *text = malloc(len);
    struct buffer out = {0};
    uint64_t too_long;
    assert_non_null(text);
    memset(text, 'x', len);
    memcpy(text, "2000000 ", 8);
    memcpy(text + 8 + 2000000, "3 abc", 5);
    text[8 + 2000000 + 5] = 'y'; /* a line without an end in sight */
    memcpy(text + len - 4, "\nend", 4);
    assert_int_equal(frames((struct bytes){text, len}, 50000, &out, &too_long), 0);
    assert_true(bytes_equal(buffer_bytes(&out), BYTES("<abc><end>")));
    assert_int_equal(too_long, 2);
    buffer_finish(&out);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_both_framings),
        cmocka_unit_test(refuses_what_is_no_frame),
        cmocka_unit_test(passes_over_what_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
