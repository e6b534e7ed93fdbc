/* What a reader calls a thing and what tables call it share a key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analyse/android/app_names.h"

static bool has_key(const struct app_keys *keys, struct bytes key)
{
    for (uint32_t i = 0; i < keys->count; i++)
        if (bytes_equal(app_keys_at(keys, i), key))
            return true;
    return false;
}

static void readers_and_tables_meet(void **state)
{
    static const char *const same[][2] = {
        {"permission:android.permission.SEND_SMS", "SEND_SMS"},
        {"permission:com.android.launcher.permission.INSTALL_SHORTCUT",
         "com.android.launcher.permission.INSTALL_SHORTCUT"},
        {"intent:android.intent.action.BOOT_COMPLETED", "android.intent.action.BOOT_COMPLETED"},
        {"intent:android.intent.action.RUN", "intent.action.RUN"},
        {"api:android/telephony/TelephonyManager;->getDeviceId", "TelephonyManager.getDeviceId"},
        {"api:Landroid/telephony/SmsManager;->sendTextMessage", "android.telephony.SmsManager"},
        {"api:java/lang/Class;->getMethods", "Ljava.lang.Class.getMethods"},
        {"api:java/lang/reflect/Method;->invoke", "Ljava/lang/reflect/Method->invoke"},
        {"api:android/content/Context;->abortBroadcast", "abortBroadcast"},
        {"api:org/apache/http/client/methods/HttpGet;-><init>", "HttpGet.init"},
        {"class:javax/crypto/Cipher", "Ljavax.crypto.Cipher"},
        {"class:android/os/IBinder", "IBinder"},
        {"method:onBind", "onBind"},
        {"string:/system/bin/su -c mount", "/system/bin"},
        {"string:/system/bin/su -c mount", "mount"},
        {"string:chmod 755 /data/x", "chmod"},
    };
    struct app_keys reader = {0}, table = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
        assert_int_equal(app_keys_make(&reader, bytes_of(same[i][0])), 0);
        assert_int_equal(app_keys_make(&table, bytes_of(same[i][1])), 0);
        assert_int_equal(table.count, 1);
        if (!has_key(&reader, app_keys_at(&table, 0)))
            fail_msg("%s is not %s", same[i][0], same[i][1]);
    }
    app_keys_finish(&reader);
    app_keys_finish(&table);
}

static void what_differs_stays_apart(void **state)
{
    static const char *const other[][2] = {
        {"permission:android.permission.SEND_SMS", "android.intent.action.SEND"},
        {"intent:android.intent.action.SEND", "SEND"},
        {"class:android/os/Binder", "IBinder"},
        {"api:java/lang/Class;->getMethods", "Ljava.lang.Class.getMethod"},
        {"string:remounted", "mount"},
    };
    struct app_keys reader = {0}, table = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++) {
        assert_int_equal(app_keys_make(&reader, bytes_of(other[i][0])), 0);
        assert_int_equal(app_keys_make(&table, bytes_of(other[i][1])), 0);
        if (has_key(&reader, app_keys_at(&table, 0)))
            fail_msg("%s is no %s", other[i][0], other[i][1]);
    }
    app_keys_finish(&reader);
    app_keys_finish(&table);
}

static void odd_names_are_survived(void **state)
{
    static const char *const odd[] = {
        "",       "api:",     "api:->",    "api:L;-><>", "string: ; ;",
        "class:", "string:/", "string://", "L.",         "->"};
    struct app_keys keys = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        assert_int_equal(app_keys_make(&keys, bytes_of(odd[i])), 0);
        for (uint32_t j = 0; j < keys.count; j++)
            assert_true(keys.starts[j] + keys.lengths[j] <= keys.text.len && keys.lengths[j] > 0);
    }
    app_keys_finish(&keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_and_tables_meet),
        cmocka_unit_test(what_differs_stays_apart),
        cmocka_unit_test(odd_names_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
