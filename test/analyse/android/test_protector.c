/* Who packed an application: by what is added, by what is missing, and nobody. */
#include "analyse/android/app.h"
#include "seed.h"

static struct app app;

static void seed_open(struct bytes *file)
{
    struct fault fault = {0};
    *file = seed_read("corpus_android_app/signed");
    assert_int_equal(app_read(*file, &app, &fault), 0);
}

static struct protector find(const struct zip_directory *directory)
{
    return protector_find(directory, &app.manifest, app.code_files, app.files, &app.code);
}

/* One provider of four components has no class: careless, not packed. */
static void says_that_nobody_did(void **state)
{
    (void)state;
    struct bytes file;
    seed_open(&file);
    assert_int_equal(app.protector.answer, PROTECTOR_NONE);
    assert_int_equal(app.protector.components, 4);
    assert_int_equal(app.protector.missing, 1);
    app_finish(&app);
    free((char *)file.at);
}

static void names_those_it_knows(void **state)
{
    (void)state;
    struct bytes file;
    struct zip_entry entries[] = {{.name = BYTES("lib/armeabi/libgame.so")},
                                  {.name = BYTES("lib/armeabi/libjiagu.so")}};
    seed_open(&file);
    struct protector protector = find(&(struct zip_directory){.entries = entries, .count = 2});
    assert_int_equal(protector.answer, PROTECTOR_KNOWN);
    assert_string_equal(protector.name, "Qihoo 360 Jiagu");
    assert_true(bytes_equal(protector.evidence, entries[1].name));
    protector = find(&(struct zip_directory){.entries = entries, .count = 1});
    assert_int_equal(protector.answer, PROTECTOR_NONE);
    app_finish(&app);
    free((char *)file.at);
}

/* The same code, which loads more of it, under a manifest that names classes it does not have. */
static void sees_what_is_missing(void **state)
{
    (void)state;
    struct bytes file;
    seed_open(&file);
    app.manifest.components[0].name = BYTES("com.example.Hidden");
    struct protector protector = find(NULL);
    assert_int_equal(protector.answer, PROTECTOR_UNKNOWN);
    assert_int_equal(protector.missing, 2);
    assert_true(bytes_equal(protector.evidence, BYTES("com.example.Hidden")));
    app.code.call_count = 0; /* what cannot load code is merely broken */
    assert_int_equal(find(NULL).answer, PROTECTOR_NONE);
    app_finish(&app);
    free((char *)file.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_that_nobody_did),
        cmocka_unit_test(names_those_it_knows),
        cmocka_unit_test(sees_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
