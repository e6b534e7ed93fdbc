/* Masks describe what they were made from, and their expressions say the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "analyse/ioc/match.h"
#include "analyse/ioc/notation.h"
#include "base/hash.h"

static const struct seen {
    enum report_kind kind;
    const char *text;
} seen[] = {
    {REPORT_file_write, "C:\\Users\\Stevie.Marie\\AppData\\Local\\Temp\\abc12.TMP"},
    {REPORT_file_write, "D:\\users\\bob\\AppData\\Local\\Temp\\xyz99.tmp"},
    {REPORT_file_write, "\\Device\\HarddiskVolume3\\Users\\bob\\AppData\\Roaming\\kq\\kq.exe"},
    {REPORT_file_write, "C:\\Users\\Public\\<odd>\\[a].{b}^$.txt"},
    {REPORT_file_write, "mal_a.txt"},
    {REPORT_file_write, "C:\\w\\mal_b.txt"},
    {REPORT_file_write, "C:\\ProgramData\\5f3ac3e1b2\\20240101.log"},
    {REPORT_key_write, "HKLM\\System\\CurrentControlSet\\Services\\evil\\ImagePath"},
    {REPORT_key_write, "HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\evil\\ImagePath"},
    {REPORT_key_write,
     "\\REGISTRY\\MACHINE\\SOFTWARE\\Classes\\{9E175B6D-F52A-11D8-B9A5-505054503030}"},
    {REPORT_key_write, "HKU\\S-1-5-21-526538150-889687948-186688817-1106\\Software\\Run\\x"},
    {REPORT_key_write, "HKEY_CURRENT_USER\\Software\\Run\\x"},
    {REPORT_mutex, "Global\\MTX-4f8a9c01-77"},
    {REPORT_mutex, "ioqul"},
    {REPORT_command,
     "powershell.exe -nop -w hidden -enc "
     "SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAAuAFcAZQBiAEMAbABpAGUAbgB0ACkA"},
    {REPORT_command, "\"C:\\Windows\\System32\\cmd.exe\" /c whoami /all"},
    {REPORT_command, "rundll32 comsvcs.dll, MiniDump 624 C:\\t.dmp full"},
    {REPORT_script, "function Invoke-Thing {\n  [Reflection.Assembly]::Load($x)\n}"},
    {REPORT_domain, "a1.b2.evil.example.com"},
    {REPORT_domain, "evil.example.com"},
    {REPORT_address, "192.0.2.77"},
    {REPORT_url, "http://evil.example/a/b.php?id=12345"},
    {REPORT_access, "C:\\Windows\\system32\\lsass.exe|0x1010"},
    {REPORT_started, "C:\\Program Files\\Office\\WINWORD.EXE|C:\\Windows\\System32\\cmd.exe"},
    {REPORT_api, "ntdll.dll.NtCreateThreadEx"},
    {REPORT_token, "file_read:3bedd703"},
};

enum { SEEN = sizeof(seen) / sizeof(seen[0]) };

struct gathered {
    struct indicator_set set;
    struct hash_table masks; /* kind and mask → indicator */
    enum report_kind kind;
};

static void mask_gather(void *context, enum pattern_level level, struct bytes mask)
{
    struct gathered *gathered = context;
    struct buffer regex = {0};
    uint64_t key = hash_mix(hash_bytes(mask), gathered->kind);
    struct indicator indicator = {.id = BYTES("1"), .family = BYTES("f"), .part_count = 1};
    if (hash_table_get(&gathered->masks, key) != HASH_TABLE_NONE)
        return;
    assert_int_equal(hash_table_put(&gathered->masks, key, gathered->set.count), 0);
    assert_int_equal(pattern_regex(mask, &regex), 0);
    indicator.parts[0] = (struct indicator_part){
        gathered->kind, pattern_level_name(level), arena_copy(&gathered->set.arena, mask),
        arena_copy(&gathered->set.arena, buffer_bytes(&regex))};
    double clarity = pattern_clarity(gathered->kind, level, mask);
    assert_true(clarity > 0 && clarity <= 1);
    assert_int_equal(indicator_set_add(&gathered->set, &indicator), 0);
    buffer_finish(&regex);
}

struct looked {
    uint8_t *hit;
};

static void part_hit(void *context, uint32_t indicator, uint32_t part)
{
    struct looked *looked = context;
    assert_int_equal(part, 0);
    looked->hit[indicator] = 1;
}

static void mask_expect(void *context, enum pattern_level level, struct bytes mask)
{
    struct gathered *gathered = context;
    uint32_t i = hash_table_get(&gathered->masks, hash_mix(hash_bytes(mask), gathered->kind));
    (void)level;
    assert_true(i != HASH_TABLE_NONE);
    gathered->set.items[i].found = 1;
}

/* What joining masks says of two texts is what their expressions say. */
static void masks_are_their_expressions(void **state)
{
    struct gathered gathered = {.kind = REPORT_KIND_COUNT};
    struct matcher *matcher;
    (void)state;
    for (size_t i = 0; i < SEEN; i++) {
        gathered.kind = seen[i].kind;
        pattern_derive(seen[i].kind, bytes_of(seen[i].text), mask_gather, &gathered);
    }
    assert_true(gathered.set.count > 200);
    assert_int_equal(matcher_create(&gathered.set, &matcher), 0);
    struct looked looked = {calloc(gathered.set.count, 1)};
    for (size_t i = 0; i < SEEN; i++) {
        memset(looked.hit, 0, gathered.set.count);
        for (uint32_t k = 0; k < gathered.set.count; k++)
            gathered.set.items[k].found = 0;
        gathered.kind = seen[i].kind;
        pattern_derive(seen[i].kind, bytes_of(seen[i].text), mask_expect, &gathered);
        assert_int_equal(
            matcher_look(matcher, seen[i].kind, bytes_of(seen[i].text), part_hit, &looked), 0);
        for (uint32_t k = 0; k < gathered.set.count; k++)
            /* "public" is no user's name, but an expression can't say so */
            if (gathered.set.items[k].found != looked.hit[k] &&
                !(looked.hit[k] && strstr(seen[i].text, "\\Users\\Public") &&
                  strstr(gathered.set.items[k].parts[0].mask.at, "<user>")))
                fail_msg("%s: mask %.*s (%.*s): joined %u, expression %u", seen[i].text,
                         (int)gathered.set.items[k].parts[0].mask.len,
                         gathered.set.items[k].parts[0].mask.at,
                         (int)gathered.set.items[k].parts[0].regex.len,
                         gathered.set.items[k].parts[0].regex.at, gathered.set.items[k].found,
                         looked.hit[k]);
    }
    free(looked.hit);
    matcher_destroy(matcher);
    hash_table_finish(&gathered.masks);
    indicator_set_finish(&gathered.set);
}

static void mask_print(void *context, enum pattern_level level, struct bytes mask)
{
    struct bytes name = pattern_level_name(level);
    buffer_put_format(context, "%.*s %.*s\n", (int)name.len, name.at, (int)mask.len, mask.at);
}

static void derives(enum report_kind kind, const char *text, const char *line)
{
    struct buffer out = {0};
    pattern_derive(kind, bytes_of(text), mask_print, &out);
    buffer_put_char(&out, 0);
    if (!out.len || !strstr(out.at, line))
        fail_msg("%s: no %s in\n%s", text, line, out.at);
    buffer_finish(&out);
}

static void levels_are_made(void **state)
{
    (void)state;
    derives(REPORT_file_write, "C:\\Users\\Bob\\a\\Setup.exe",
            "literal c:\\users\\bob\\a\\setup.exe\n");
    derives(REPORT_file_write, "C:\\Users\\Bob\\a\\Setup.exe",
            "path <drive>\\users\\<user>\\a\\setup.exe\n");
    derives(REPORT_file_write, "C:\\Users\\Bob\\a\\Setup.exe", "name <path>setup.exe\n");
    derives(REPORT_file_write, "C:\\Users\\Bob\\a\\Setup.exe", "tail <path>a\\setup.exe\n");
    derives(REPORT_file_write, "C:\\Users\\Bob\\a\\Setup.exe",
            "shape <drive>\\users\\<user>\\a\\<letters:5>.exe\n");
    derives(REPORT_file_write, "C:\\Users\\Bob\\a\\Setup.exe",
            "middle <drive>\\users\\<user>\\<any>\\setup.exe\n");
    derives(REPORT_file_write, "mal_a.txt", "class mal_<letters:1>.txt\n");
    derives(REPORT_key_write, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\x",
            "path <hklm>\\system\\<controlset>\\services\\x\n");
    derives(REPORT_key_write, "HKU\\S-1-5-21-1-2-3-500\\Run\\x", "path <hkcu>\\run\\x\n");
    derives(REPORT_file, "C:\\x\\9f86d081884c7d65.dat", "numbers <drive>\\x\\<hex>.dat\n");
    derives(REPORT_command, "cmd /c Whoami", "words <word>c<gap>whoami<edge>\n");
    derives(REPORT_command, "cmd /c Whoami", "word <word>whoami<edge>\n");
    derives(REPORT_access, "C:\\w\\lsass.exe|0x1010", "name <path>lsass.exe|0x1010\n");
    derives(REPORT_access, "C:\\w\\lsass.exe|0x1010", "folder <path>lsass.exe|<rest>\n");
    derives(REPORT_domain, "a.b.example.com", "tail <sub>example.com\n");
    derives(REPORT_file, "C:\\<x>", "literal c:\\<<x>\n");
}

static void no_masks_are_refused(void **state)
{
    static const char *const bad[] = {"",           "<",           "a<b",          "<nothing>",
                                      "<letters:>", "<letters:0>", "<alnum:9999>", "<letters:5"};
    struct buffer out = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(pattern_regex(bytes_of(bad[i]), &out), -EINVAL);
    assert_int_equal(out.len, 0);
    buffer_finish(&out);
}

static void sets_are_read_back(void **state)
{
    static const char line[] =
        "{\"id\":\"0a\",\"family\":\"F \\\"x\\\"\",\"parts\":[{\"kind\":\"mutex\",\"level\":"
        "\"class\",\"mask\":\"m<letters:3>\",\"regex\":\"^m[a-z]{3}$\"},{\"kind\":\"file\","
        "\"level\":\"literal\",\"mask\":\"<<\",\"regex\":\"^<$\"}],\"why\":\"w\",\"found\":3,"
        "\"found_of\":4,\"groups\":2,\"spared\":1,\"spared_of\":900,\"clarity\":0.63,"
        "\"samples\":[\"s1\",\"s2\"]}";
    struct indicator_set set = {.count = 0};
    struct buffer out = {0};
    struct fault fault;
    (void)state;
    assert_int_equal(indicators_read(bytes_of(line), &set, &fault), 0);
    assert_int_equal(set.count, 1);
    indicator_json(&set.items[0], &(struct json){.out = &out});
    buffer_put_char(&out, 0);
    assert_string_equal(out.at, line);
    buffer_finish(&out);
    indicator_set_finish(&set);
}

static void bad_sets_are_refused(void **state)
{
    static const char *const bad[] = {
        "{}",
        "[1]",
        "{\"id\":\"1\",\"family\":\"f\",\"parts\":[{\"kind\":\"mutex\",\"mask\":\"<what>\"}]}",
        "{\"id\":\"1\",\"family\":\"f\",\"parts\":[{\"kind\":\"call\",\"mask\":\"x\"}]}",
        "{\"id\":\"1\",\"family\":\"f\",\"parts\":[{\"kind\":\"file\"}]}",
        "{\"id\":\"1\",\"parts\":[{\"kind\":\"file\",\"mask\":\"x\"}]}",
        ("{\"id\":\"1\",\"family\":\"f\",\"parts\":[{\"kind\":\"file\",\"mask\":\"x\"},{\"kind\":"
         "\"file\",\"mask\":\"x\"},{\"kind\":\"file\",\"mask\":\"x\"}]}"),
        "{\"id\":",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct indicator_set set = {.count = 0};
        struct fault fault = {NULL, 0, 0};
        assert_int_equal(indicators_read(bytes_of(bad[i]), &set, &fault), -EBADMSG);
        assert_non_null(fault.why);
        indicator_set_finish(&set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_are_their_expressions), cmocka_unit_test(levels_are_made),
        cmocka_unit_test(no_masks_are_refused),        cmocka_unit_test(sets_are_read_back),
        cmocka_unit_test(bad_sets_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
