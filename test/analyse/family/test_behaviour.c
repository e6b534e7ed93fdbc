/* analyse/family/behaviour_make.h: what two machines do alike is told alike; files have a likeness.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "analyse/family/behaviour_make.h"
#include "analyse/family/tlsh.h"
#include "base/random.h"

static void reports_become_calls_and_tokens(void **state)
{
    struct arena arena = {0};
    struct report_texts texts = {0};
    struct behaviour behaviour;
    (void)state;
    assert_int_equal(report_texts_add(&texts, REPORT_sample, BYTES("abc.exe")), 0);
    assert_int_equal(report_texts_add(&texts, REPORT_family, BYTES("Worm")), 0);
    assert_int_equal(report_texts_add(&texts, REPORT_call, BYTES("NtClose")), 0);
    assert_int_equal(report_texts_add(&texts, REPORT_call, BYTES("NtClose")), 0);
    assert_int_equal(report_texts_add(&texts, REPORT_call, BYTES("NtOpenFile")), 0);
    assert_int_equal(
        report_texts_add(&texts, REPORT_file_write, BYTES("C:\\Users\\ann\\A\\x86_20231017.log")),
        0);
    assert_int_equal(report_texts_add(&texts, REPORT_token, BYTES("api:00198A79")), 0);
    assert_int_equal(behaviour_of_report(&texts, &arena, &behaviour), 0);
    assert_int_equal(behaviour.call_count, 2);
    assert_int_equal(behaviour.calls[0].times, 2);
    assert_true(bytes_equal(behaviour.calls[1].name, BYTES("ntopenfile")));
    assert_int_equal(behaviour.token_count, 2);
    assert_true(bytes_equal(behaviour.tokens[0], BYTES("file_write:c:\\users\\*\\a\\x86_0.log")));
    assert_true(bytes_equal(behaviour.tokens[1], BYTES("api:00198A79")));
    report_texts_finish(&texts);
    arena_finish(&arena);
}

enum { SIZE = 8192 };

static void files_changed_a_little_stay_alike(void **state)
{
    char one[SIZE], other[SIZE], third[SIZE];
    char digests[3][TLSH_TEXT];
    struct random random = {3};
    (void)state;
    for (int i = 0; i < SIZE; i++) {
        one[i] = (char)(random_below(&random, 40) * (1 + (unsigned)i / 999));
        third[i] = (char)(random_below(&random, 90) * (1 + (unsigned)i / 333));
    }
    memcpy(other, one, SIZE);
    for (int i = 0; i < 40; i++)
        other[random_below(&random, SIZE)] ^= 0x55;
    assert_true(tlsh_make((struct bytes){one, SIZE}, digests[0]));
    assert_true(tlsh_make((struct bytes){other, SIZE}, digests[1]));
    assert_true(tlsh_make((struct bytes){third, SIZE}, digests[2]));
    assert_int_equal(tlsh_distance(digests[0], digests[0]), 0);
    assert_in_range(tlsh_distance(digests[0], digests[1]), 1, 40);
    assert_true(tlsh_distance(digests[0], digests[2]) > 80);
    assert_false(tlsh_make((struct bytes){one, 100}, digests[0]));
    assert_true(tlsh_distance("not a digest", digests[1]) < 0);
}

static void files_become_tokens(void **state)
{
    static const char content[] = "\0\1Software\\Example\0no\0second text 12345\0";
    struct arena arena = {0};
    struct behaviour behaviour;
    struct image image;
    const struct bytes file = {content, sizeof(content) - 1};
    (void)state;
    image_read(file, &image);
    assert_int_equal(behaviour_of_file(file, &image, &arena, &behaviour), 0);
    assert_int_equal(behaviour.token_count, 2);
    assert_true(bytes_equal(behaviour.tokens[0], BYTES("text:software\\example")));
    assert_true(bytes_equal(behaviour.tokens[1], BYTES("text:second text 0")));
    assert_int_equal(behaviour.likeness.len, 0);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_become_calls_and_tokens),
        cmocka_unit_test(files_changed_a_little_stay_alike),
        cmocka_unit_test(files_become_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
