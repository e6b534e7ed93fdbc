/* A source from open to close: recognising, reading, refusing, seeking. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "observe/source.h"

/* A source over bytes in memory. */
static int memory_open(struct bytes bytes, const char *format, struct source **ret_source,
                       struct fault *ret_fault)
{
    char path[32];
    int descriptor = memfd_create("test", 0);
    assert_true(descriptor >= 0);
    for (size_t done = 0; done < bytes.len;) {
        ssize_t put = write(descriptor, bytes.at + done, bytes.len - done);
        assert_true(put > 0);
        done += (size_t)put;
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
    int error = source_open(path, format, 7, ret_source, ret_fault);
    close(descriptor);
    return error;
}

/* Everything into one batch; what the last read said. */
static int read_all(struct source *source, struct batch *all, struct fault *ret_fault)
{
    struct batch *batch = batch_create();
    int error;
    batch_clear(all);
    while (!(error = source_read(source, batch, ret_fault)) && batch->rows)
        for (uint32_t row = 0; row < batch->rows; row++)
            assert_int_equal(batch_append(all, batch, row), 0);
    batch_destroy(batch);
    return error;
}

static const char ecs_line[] =
    "{\"@timestamp\":\"2024-05-07T19:05:07.690129Z\",\"host\":{\"name\":\"h3\",\"os\":{\"type\":"
    "\"windows\"}},\"event\":{\"module\":\"carbonblack\",\"category\":[\"registry\"],\"type\":["
    "\"change\"],\"action\":\"regmod\"},\"process\":{\"entity_id\":\"30204\",\"executable\":"
    "\"c:\\\\windows\\\\svchost.exe\",\"name\":\"svchost.exe\"},\"registry\":{\"path\":"
    "\"hku\\\\s-1-5-20\\\\config\"}}\n";

static void assert_text(const struct batch *batch, const uint32_t *column, uint32_t row,
                        const char *expected)
{
    struct bytes text = batch_text(batch, column, row);
    if (!bytes_equal(text, bytes_of(expected)))
        fail_msg("got '%.*s' instead of '%s'", (int)text.len, text.at, expected);
}

static void reads_an_ecs_line(void **state)
{
    (void)state;
    struct source *source;
    struct fault fault;
    struct batch *batch = batch_create();
    assert_int_equal(memory_open(bytes_of(ecs_line), NULL, &source, &fault), 0);
    assert_string_equal(source_format(source), "ecs");
    assert_int_equal(read_all(source, batch, &fault), 0);
    assert_int_equal(batch->rows, 1);
    const struct batch_columns *columns = &batch->columns;
    assert_text(batch, columns->host_name, 0, "h3");
    assert_text(batch, columns->event_provider, 0, "carbonblack");
    assert_text(batch, columns->process_entity_id, 0, "30204");
    assert_text(batch, columns->process_executable, 0, "c:\\windows\\svchost.exe");
    assert_text(batch, columns->registry_path, 0, "hku\\s-1-5-20\\config");
    assert_int_equal(columns->event_category[0], CATEGORY_registry);
    assert_int_equal(columns->event_action[0], ACTION_change);
    assert_int_equal(columns->event_source[0], 7);
    assert_int_equal(columns->event_offset[0], 0);
    int64_t time;
    assert_int_equal(time_parse(BYTES("2024-05-07T19:05:07.690129Z"), &time), 0);
    assert_int_equal(columns->time[0], time);
    assert_int_equal(columns->event_created[0], TIME_NONE);
    source_close(source);
    batch_destroy(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_an_ecs_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
