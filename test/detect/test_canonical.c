/* Names without what is mere chance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/facts.h"

static void expect(const struct canonical *canonical, const char *text)
{
    char copy[CANONICAL_SIZE + 1];
    memcpy(copy, canonical->at, canonical->len);
    copy[canonical->len] = '\0';
    assert_string_equal(copy, text);
}

static void paths_forget_users_versions_and_chance(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"C:\\Users\\sato\\AppData\\Local\\App\\app.exe",
         "c:\\users\\*\\appdata\\local\\app\\app.exe"},
        {"C:\\Users\\Public\\java-update.exe", "c:\\users\\public\\java-update.exe"},
        {"\\Device\\HarddiskVolume3\\Windows\\System32\\cmd.exe", "c:\\windows\\system#\\cmd.exe"},
        {"C:\\Program Files\\Edge\\124.0.2478.80\\setup.exe",
         "c:\\program files\\edge\\#\\setup.exe"},
        {"C:\\Cache\\feef86aef141586c3138f54334ca16d6e651b9c5\\a", "c:\\cache\\*\\a"},
        {"C:\\x\\{81056205-5686-64dc-3b04-000000000800}\\y", "c:\\x\\*\\y"},
        {"/home/yamada/.config/x1", "\\home\\*\\.config\\x#"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct canonical out;
        canonical_path(bytes_of(cases[i][0]), &out);
        expect(&out, cases[i][1]);
    }
}

static void areas_stop_at_their_depth(void **state)
{
    (void)state;
    struct canonical out;
    canonical_area(BYTES("C:\\a\\b\\c\\d\\e\\f.EXE"), 4, &out);
    expect(&out, "c:\\a\\b\\c|program");
    canonical_area(BYTES("note.txt"), 4, &out);
    expect(&out, "|document");
    canonical_key(BYTES("HKU\\S-1-5-21-1-2-3-1114\\Software\\A\\B\\C\\D\\E"), &out);
    expect(&out, "hku\\*\\software\\a\\b\\c");
}

static void commands_are_their_options(void **state)
{
    (void)state;
    struct canonical out;
    canonical_command(BYTES("powershell.exe -NoP -Enc SQBFAFgA -w hidden"), &out);
    expect(&out, " -nop -enc -w");
    canonical_command(BYTES("cmd /c dir /s C:\\x-y"), &out);
    expect(&out, " /c /s");
}

static void long_and_hostile_names_are_cut(void **state)
{
    (void)state;
    char huge[4096];
    struct canonical out;
    for (size_t i = 0; i < sizeof(huge); i++)
        huge[i] = (char)(i % 7 == 0 ? '\\' : (char)i);
    canonical_path((struct bytes){huge, sizeof(huge)}, &out);
    assert_true(out.len <= CANONICAL_SIZE);
    canonical_path((struct bytes){"", 0}, &out);
    assert_int_equal(out.len, 0);
}

static void facts_know_where_things_are_kept(void **state)
{
    (void)state;
    struct canonical out;
    canonical_path(BYTES("HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\x"), &out);
    assert_true(facts_of_key(canonical_bytes(&out)) & FACT_AUTOSTART);
    canonical_path(BYTES("C:\\Users\\a\\Downloads\\p.exe"), &out);
    assert_true(facts_of_program(canonical_bytes(&out)) & FACT_DROP_PLACE);
    canonical_path(BYTES("C:\\Windows\\explorer.exe"), &out);
    assert_int_equal(facts_of_program(canonical_bytes(&out)), FACT_SESSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_forget_users_versions_and_chance),
        cmocka_unit_test(areas_stop_at_their_depth),
        cmocka_unit_test(commands_are_their_options),
        cmocka_unit_test(long_and_hostile_names_are_cut),
        cmocka_unit_test(facts_know_where_things_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
