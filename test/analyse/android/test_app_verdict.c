/* A whole application: what is said of it, and of one that somebody changed after it was signed. */
#include "analyse/android/app_verdict.h"

#include <errno.h>

#include "seed.h"

static struct app app;
static struct app_verdict verdict;

static void judge(struct bytes file)
{
    struct fault fault = {0};
    assert_int_equal(app_read(file, &app, &fault), 0);
    app_verdict_find(&app, &verdict);
}

static const struct app_finding *find(const struct app_side *side, const char *name)
{
    for (uint32_t i = 0; i < side->count; i++)
        if (strcmp(side->findings[i].kind.name, name) == 0)
            return &side->findings[i];
    return NULL;
}

static void shows_both_lights_with_reasons(void **state)
{
    (void)state;
    static const char *const weak[] = {"debuggable",           "backup",
                                       "provider-open",        "ecb",
                                       "weak-cipher",          "fixed-key",
                                       "trusts-all",           "any-host-name",
                                       "file-readable",        "script-bridge",
                                       "old-target",           "cleartext",
                                       "debug-certificate",    "user-certificates",
                                       "component-open-unsaid"};
    static const char *const threats[] = {
        "sms-sent", "sms-swallowed", "sms-received", "code-loaded", "shell", "root", "boot"};
    struct bytes file = seed_read("corpus_android_app/signed");
    judge(file);
    assert_int_equal(verdict.vulnerability.light, LIGHT_RED);
    assert_int_equal(verdict.threat.light, LIGHT_RED);
    for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++)
        assert_non_null(find(&verdict.vulnerability, weak[i]));
    for (size_t i = 0; i < sizeof(threats) / sizeof(threats[0]); i++)
        assert_non_null(find(&verdict.threat, threats[i]));
    assert_null(find(&verdict.vulnerability, "scheme-1-only"));
    assert_null(find(&verdict.vulnerability, "signature-broken"));
    assert_null(find(&verdict.threat, "administrator"));
    assert_true(bytes_equal(find(&verdict.threat, "sms-sent")->evidence[0],
                            BYTES("Lorg/hinomi/sample/Receiver;")));
    assert_int_equal(verdict.threat.findings[0].kind.weight, WEIGHT_HEAVY);
    app_finish(&app);
    free((char *)file.at);
}

static void reads_what_the_manifest_says(void **state)
{
    (void)state;
    struct bytes file = seed_read("corpus_android_app/signed");
    judge(file);
    assert_true(bytes_equal(app.manifest.package, BYTES("org.hinomi.sample")));
    assert_true(bytes_equal(app.manifest.label, BYTES("Sample"))); /* a resource */
    assert_true(bytes_equal(app.manifest.version, BYTES("1.2")));
    assert_int_equal(app.manifest.version_code, 7);
    assert_int_equal(app.manifest.least_sdk, 16);
    assert_int_equal(app.manifest.target_sdk, 22);
    assert_int_equal(app.manifest.permission_count, 5);
    assert_int_equal(app.manifest.component_count, 4);
    assert_true(app.manifest.components[0].launched);
    assert_false(app.manifest.components[2].exported);
    assert_true(app.network.present && app.network.trusts_user);
    assert_int_equal(app.network.domain_count, 0); /* there, the clear is forbidden */
    app_finish(&app);
    free((char *)file.at);
}

static void verifies_who_signed(void **state)
{
    (void)state;
    struct bytes file = seed_read("corpus_android_app/signed");
    judge(file);
    assert_int_equal(app.signatures.count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(app.signatures.signers[i].verified);
        assert_true(app.signatures.signers[i].certificate.debug);
    }
    app_finish(&app);
    /* One bit of an entry's bytes: schemes 2 and 3 see it, whatever scheme 1 says. */
    ((char *)file.at)[40] ^= 1;
    judge(file);
    for (uint32_t i = 0; i < app.signatures.count; i++)
        if (app.signatures.signers[i].scheme != SCHEME_1)
            assert_string_equal(app.signatures.signers[i].why,
                                "the file is not the one that was signed");
    assert_non_null(find(&verdict.vulnerability, "signature-broken"));
    app_finish(&app);
    free((char *)file.at);
}

static void lets_a_model_decide(void **state)
{
    (void)state;
    struct app_side threat = {0};
    assert_int_equal(threat_light(&threat, 0.9), LIGHT_RED);
    assert_int_equal(threat_light(&threat, 0.2), LIGHT_AMBER);
    assert_int_equal(threat_light(&threat, 0.01), LIGHT_GREEN);
    finding_add(&threat, (struct finding_kind){"a", "a", NULL, WEIGHT_HEAVY}, BYTES(""));
    finding_add(&threat, (struct finding_kind){"b", "b", NULL, WEIGHT_HEAVY}, BYTES("x"));
    finding_add(&threat, (struct finding_kind){"b", "b", NULL, WEIGHT_HEAVY}, BYTES("x"));
    assert_int_equal(threat.count, 2);
    assert_int_equal(threat.findings[1].evidence_count, 1);
    assert_int_equal(threat_light(&threat, 0.01), LIGHT_AMBER);
}

static void says_why_nothing_can_be_read(void **state)
{
    (void)state;
    struct fault fault = {0};
    assert_int_equal(app_read(BYTES("neither"), &app, &fault), -EBADMSG);
    assert_string_equal(fault.why, "no ZIP: the record at its end is missing");
    struct bytes empty = seed_read("corpus_android_app/empty");
    judge(empty);
    assert_int_equal(app.refused_count, 1);
    assert_string_equal(app.refused[0].why, "there is none");
    app_finish(&app);
    free((char *)empty.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_both_lights_with_reasons),
        cmocka_unit_test(reads_what_the_manifest_says),
        cmocka_unit_test(verifies_who_signed),
        cmocka_unit_test(lets_a_model_decide),
        cmocka_unit_test(says_why_nothing_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
