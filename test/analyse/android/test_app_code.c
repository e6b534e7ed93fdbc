/* Calls, constants and texts of code; and code that lies about where its parts are. */
#include <errno.h>

#include "analyse/android/app_code.h"
#include "base/cursor.h"
#include "seed.h"

struct reading {
    struct arena arena;
    struct notes notes;
    struct dex dex;
    struct app_code code;
};

static int reading_make(struct reading *reading, struct bytes file)
{
    struct fault fault = {0};
    int error = dex_read(file, &reading->notes, &reading->dex, &fault);
    if (error)
        assert_non_null(fault.why);
    return error
               ? error
               : app_code_read(&reading->dex, 1, &reading->arena, &reading->notes, &reading->code);
}

static const struct app_hint *hint_find(const struct app_code *code, enum hint_kind kind)
{
    for (uint32_t i = 0; i < code->hint_count; i++)
        if (code->hints[i].kind == kind)
            return &code->hints[i];
    return NULL;
}

static void finds_what_is_called(void **state)
{
    (void)state;
    struct bytes file = seed_read("corpus_android_dex/code");
    struct reading reading = {0};
    assert_int_equal(reading_make(&reading, file), 0);
    const struct app_code *code = &reading.code;
    assert_int_equal(code->classes, 3);
    assert_int_equal(code->call_count, 22);
    const struct app_call *call =
        app_call_find(code, "Landroid/telephony/SmsManager;", "sendTextMessage");
    assert_non_null(call);
    assert_int_equal(call->count, 1);
    assert_true(bytes_equal(call->from_class, BYTES("Lorg/hinomi/sample/Receiver;")));
    assert_true(bytes_equal(call->prototype,
                            BYTES("(Ljava/lang/String;Ljava/lang/String;Ljava/lang/String;"
                                  "Landroid/app/PendingIntent;Landroid/app/PendingIntent;)V")));
    /* this.getSharedPreferences() is the activity's; this.hide() is nobody else's. */
    assert_non_null(app_call_find(code, "Landroid/app/Activity;", "getSharedPreferences"));
    assert_null(app_call_find(code, "Lorg/hinomi/", NULL));
    assert_non_null(app_call_find(code, "Ldalvik/system/", NULL));
    free((char *)file.at);
    arena_finish(&reading.arena);
}

static void sees_what_is_done_with_constants(void **state)
{
    (void)state;
    struct bytes file = seed_read("corpus_android_dex/code");
    struct reading reading = {0};
    assert_int_equal(reading_make(&reading, file), 0);
    static const enum hint_kind kinds[] = {HINT_CIPHER,    HINT_KEY_FIXED, HINT_FILE_READABLE,
                                           HINT_SCRIPTS,   HINT_BRIDGE,    HINT_TRUSTS_ALL,
                                           HINT_HOSTS_ALL, HINT_COMMAND};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        assert_non_null(hint_find(&reading.code, kinds[i]));
    assert_null(hint_find(&reading.code, HINT_FILE_WRITABLE));
    assert_null(hint_find(&reading.code, HINT_VECTOR_FIXED));
    assert_true(
        bytes_equal(hint_find(&reading.code, HINT_CIPHER)->value, BYTES("DES/ECB/PKCS5Padding")));
    assert_true(bytes_equal(hint_find(&reading.code, HINT_COMMAND)->value, BYTES("su -c id")));
    assert_int_equal(reading.code.text_count, 2);
    free((char *)file.at);
    arena_finish(&reading.arena);
}

/* Cut anywhere, and with any one byte of its header and tables another. */
static void reads_any_beginning_and_broken_tables(void **state)
{
    (void)state;
    struct bytes file = seed_read("corpus_android_dex/code");
    for (size_t len = 0; len < file.len; len += 7) {
        char *copy = malloc(len + 1);
        struct reading reading = {0};
        memcpy(copy, file.at, len);
        reading_make(&reading, (struct bytes){copy, len});
        arena_finish(&reading.arena);
        free(copy);
    }
    for (size_t at = 32; at < 1600; at += 3) {
        char *copy = malloc(file.len);
        struct reading reading = {0};
        memcpy(copy, file.at, file.len);
        copy[at] ^= (char)0xff;
        if (reading_make(&reading, (struct bytes){copy, file.len}) == 0)
            assert_true(reading.notes.count > 0); /* the checksum, at least */
        arena_finish(&reading.arena);
        free(copy);
    }
    free((char *)file.at);
}

/* Every class points at the same methods, as often as there is room: read twice over, no more. */
static void bounds_classes_that_overlap(void **state)
{
    (void)state;
    struct bytes file = seed_read("corpus_android_dex/code");
    enum { CLASSES = 4000, CLASS_SIZE = 32 };
    size_t len = file.len + CLASSES * CLASS_SIZE;
    char *copy = malloc(len);
    struct reading reading = {0};
    struct cursor cursor = cursor_over(bytes_from(file, 0x60));
    uint32_t classes = CLASSES, at = (uint32_t)file.len, size = (uint32_t)len;
    cursor_u32(&cursor);
    uint32_t first = cursor_u32(&cursor);
    memcpy(copy, file.at, file.len);
    memcpy(copy + 0x20, &size, 4);
    memcpy(copy + 0x60, &classes, 4);
    memcpy(copy + 0x64, &at, 4);
    for (int i = 0; i < CLASSES; i++)
        memcpy(copy + file.len + i * CLASS_SIZE, file.at + first + CLASS_SIZE, CLASS_SIZE);
    assert_int_equal(reading_make(&reading, (struct bytes){copy, len}), 0);
    assert_int_equal(reading.code.classes, 1);
    assert_true(reading.code.instructions > 0 && reading.code.instructions < len);
    assert_int_equal(reading.dex.effort, 0);
    arena_finish(&reading.arena);
    free(copy);
    free((char *)file.at);
}

static void goes_past_tables_of_data(void **state)
{
    (void)state;
    /* const/4 v1, 1; an array of 3 bytes, a packed switch of 1; return-void */
    static const uint16_t units[] = {0x1112, 0x0300, 1, 3, 0, 0x0201, 0x0003,
                                     0x0100, 1,      0, 0, 9, 0,      0x000e};
    struct dex_code code = {.units = {(const char *)units, sizeof(units)}};
    struct dex_instruction instruction;
    assert_true(dex_code_next(&code, &instruction));
    assert_int_equal(instruction.opcode, OPCODE_CONST_4);
    assert_int_equal(instruction.a, 1);
    assert_int_equal(instruction.literal, 1);
    assert_true(dex_code_next(&code, &instruction));
    assert_int_equal(instruction.opcode, OPCODE_RETURN_VOID);
    assert_int_equal(instruction.at, 13);
    assert_false(dex_code_next(&code, &instruction));
}

static void knows_texts_of_note(void **state)
{
    (void)state;
    assert_int_equal(app_text_kind_of(BYTES("http://a.example/x")), TEXT_URL);
    assert_int_equal(app_text_kind_of(BYTES("http://schemas.android.com/apk/res/android")),
                     TEXT_NONE);
    assert_int_equal(app_text_kind_of(BYTES("203.0.113.7:8080")), TEXT_ADDRESS);
    assert_int_equal(app_text_kind_of(BYTES("1.2.3.4")),
                     TEXT_NONE); /* a version, for all we know */
    assert_int_equal(app_text_kind_of(BYTES("300.1.1.1")), TEXT_NONE);
    assert_int_equal(app_text_kind_of(BYTES("abcdefghijklmnop.onion")), TEXT_ONION);
    assert_int_equal(app_text_kind_of(BYTES("su")), TEXT_COMMAND);
    assert_int_equal(app_text_kind_of(BYTES("summary")), TEXT_NONE);
    assert_true(bytes_equal(app_text_host(BYTES("https://u@h.example:1/x")), BYTES("h.example")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_is_called),
        cmocka_unit_test(sees_what_is_done_with_constants),
        cmocka_unit_test(reads_any_beginning_and_broken_tables),
        cmocka_unit_test(bounds_classes_that_overlap),
        cmocka_unit_test(goes_past_tables_of_data),
        cmocka_unit_test(knows_texts_of_note),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
