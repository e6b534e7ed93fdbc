/* Code is walked as it runs: along jumps and calls, past junk, each place once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "analyse/packer/walk.h"

static int walker_make(void **state)
{
    struct walker *walker;
    int error = walker_open(32, &walker);
    *state = walker;
    return error;
}

static int walker_drop(void **state)
{
    walker_close(*state);
    return 0;
}

/* pushad; call +3 over two junk bytes; nop; pop ebp; ret */
static const struct bytes hopping = BYTES("\x60\xe8\x02\x00\x00\x00\xe9\xeb\x90\x5d\xc3");

static void jumps_are_followed_and_idling_left_out(void **state)
{
    struct walk_step steps[WALK_STEPS];
    uint32_t count = walker_walk(*state, hopping, WALK_STEPS, steps);
    const uint16_t offsets[] = {0, 1, 9, 10};
    assert_true(count >= 4);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(steps[i].offset, offsets[i]);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < i; j++)
            assert_int_not_equal(steps[i].offset, steps[j].offset);
}

static void loops_and_ends_end(void **state)
{
    struct walk_step steps[WALK_STEPS];
    assert_int_equal(walker_walk(*state, BYTES("\xeb\xfe"), WALK_STEPS, steps), 1);
    assert_int_equal(walker_walk(*state, BYTES(""), WALK_STEPS, steps), 0);
    assert_int_equal(walker_walk(*state, BYTES("\xff\xff"), WALK_STEPS, steps), 0);
    assert_int_equal(walker_walk(*state, hopping, 2, steps), 2);
    static char long_run[WALK_REACH + 100];
    memset(long_run, 0x40, sizeof(long_run));
    assert_int_equal(
        walker_walk(*state, (struct bytes){long_run, sizeof(long_run)}, WALK_STEPS, steps),
        WALK_STEPS);
}

/* The same operation on another register and address is the same step, on a byte another. */
static void steps_are_kinds(void **state)
{
    struct walk_step one[4], other[4];
    walker_walk(*state, BYTES("\xb8\x01\x00\x00\x00"), 1, one);   /* mov eax, 1 */
    walker_walk(*state, BYTES("\xb9\x02\x03\x00\x00"), 1, other); /* mov ecx, 0x302 */
    assert_int_equal(one[0].token, other[0].token);
    walker_walk(*state, BYTES("\xb0\x01"), 1, other); /* mov al, 1 */
    assert_int_not_equal(one[0].token, other[0].token);
}

static void instructions_are_told(void **state)
{
    struct walk_instruction read;
    assert_true(walker_read(*state, BYTES("\xe9\x0b\x00\x00\x00"), 0x401000, &read));
    assert_string_equal(read.text, "jmp 0x401010");
    assert_true(read.goes && !read.ends && read.target == 0x401010 && read.size == 5);
    assert_true(walker_read(*state, BYTES("\xc3"), 0, &read));
    assert_true(read.ends && !read.goes);
    assert_false(walker_read(*state, BYTES(""), 0, &read));
    struct walker *none;
    assert_int_equal(walker_open(16, &none), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jumps_are_followed_and_idling_left_out),
        cmocka_unit_test(loops_and_ends_end),
        cmocka_unit_test(steps_are_kinds),
        cmocka_unit_test(instructions_are_told),
    };
    return cmocka_run_group_tests(tests, walker_make, walker_drop);
}
