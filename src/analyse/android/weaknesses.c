/* What leaves an application open: its manifest, its network rules, its code, its signature. */
#include "analyse/android/app_verdict.h"

enum {
    SDK_SCRIPT_SAFE = 17,   /* from here on, only annotated methods are open to JavaScript */
    SDK_CLEAR_REFUSED = 28, /* from here on, speaking in the clear is off unless asked for */
    SDK_USER_REFUSED = 24,  /* from here on, certificates that users put in are not trusted */
    SDK_SCHEME_2 = 24,      /* from here on, scheme 2 is looked at */
    SDK_OLD = 28,
    SDK_VERY_OLD = 23, /* before: permissions are given when installed, all or nothing */
};

static void switches_look(const struct manifest *manifest, struct app_side *side)
{
    static const struct bytes none = {"", 0};
    if (manifest->debuggable == SAID_YES)
        finding_add(side,
                    (struct finding_kind){"debuggable",
                                          "anybody with a cable can run code inside it", "CWE-489",
                                          WEIGHT_HEAVY},
                    none);
    if (manifest->test_only == SAID_YES)
        finding_add(side,
                    (struct finding_kind){"test-only", "it was built for tests only", "CWE-489",
                                          WEIGHT_LIGHT},
                    none);
    if (manifest->backup != SAID_NO)
        finding_add(side,
                    (struct finding_kind){
                        "backup",
                        manifest->backup == SAID_YES
                            ? "its data may be copied out by a backup"
                            : "its data may be copied out by a backup, by default",
                        "CWE-530", manifest->backup == SAID_YES ? WEIGHT_MIDDLE : WEIGHT_LIGHT},
                    none);
}

static void versions_look(const struct manifest *manifest, struct app_side *side)
{
    static const struct bytes none = {"", 0};
    int32_t target = manifest_target(manifest);
    if (target < SDK_VERY_OLD)
        finding_add(
            side,
            (struct finding_kind){
                "old-target",
                "it is made for Android before 6: all permissions are given when it is installed",
                NULL, WEIGHT_MIDDLE},
            none);
    else if (target < SDK_OLD)
        finding_add(side,
                    (struct finding_kind){
                        "old-target",
                        "it is made for Android before 9 and runs under the looser rules of then",
                        NULL, WEIGHT_LIGHT},
                    none);
}

static bool is_guarded(const struct manifest_component *component)
{
    return component->permission.len ||
           (component->read_permission.len && component->write_permission.len);
}

/* What the home screen starts must be open. */
static void components_look(const struct manifest *manifest, struct app_side *side)
{
    for (uint32_t i = 0; i < manifest->component_count; i++) {
        const struct manifest_component *component = &manifest->components[i];
        if (!component->exported || component->enabled == SAID_NO || component->launched ||
            is_guarded(component))
            continue;
        if (component->kind == COMPONENT_PROVIDER)
            finding_add(
                side,
                (struct finding_kind){"provider-open",
                                      "any application may read or change what a provider keeps",
                                      "CWE-926", WEIGHT_HEAVY},
                component->name);
        else if (component->exported_said == SAID_NOTHING)
            finding_add(side,
                        (struct finding_kind){"component-open-unsaid",
                                              "any application may start a component: its filter "
                                              "opens it, and it does not say "
                                              "so",
                                              "CWE-926", WEIGHT_MIDDLE},
                        component->name);
        else
            finding_add(side,
                        (struct finding_kind){"component-open",
                                              "any application may start a component", "CWE-926",
                                              component->kind == COMPONENT_ACTIVITY ||
                                                      component->kind == COMPONENT_ALIAS
                                                  ? WEIGHT_LIGHT
                                                  : WEIGHT_MIDDLE},
                        component->name);
    }
    for (uint32_t i = 0; i < manifest->declared_count; i++)
        if ((manifest->declared[i].protection & 0xf) < 2)
            finding_add(
                side,
                (struct finding_kind){"permission-weak",
                                      "any application may have a permission that it guards with",
                                      "CWE-276", WEIGHT_LIGHT},
                manifest->declared[i].name);
}

static void clear_look(const struct app *app, struct app_side *side)
{
    const struct manifest *manifest = &app->manifest;
    const struct network_config *network = &app->network;
    static const struct bytes none = {"", 0};
    int32_t target = manifest_target(manifest);
    enum said said = network->present ? network->cleartext : manifest->cleartext;
    if (said == SAID_YES)
        finding_add(side,
                    (struct finding_kind){"cleartext", "it may speak to any server in the clear",
                                          "CWE-319", WEIGHT_MIDDLE},
                    none);
    else if (said == SAID_NOTHING && target < SDK_CLEAR_REFUSED)
        finding_add(side,
                    (struct finding_kind){
                        "cleartext",
                        "it may speak to any server in the clear, as made for Android before 9",
                        "CWE-319", WEIGHT_LIGHT},
                    none);
    for (uint32_t i = 0; i < network->domain_count; i++)
        finding_add(side,
                    (struct finding_kind){"cleartext-domain",
                                          "it may speak to a server in the clear", "CWE-319",
                                          WEIGHT_LIGHT},
                    network->domains[i]);
    if (network->trusts_user)
        finding_add(
            side,
            (struct finding_kind){"user-certificates",
                                  "it trusts certificates that somebody put into the device",
                                  "CWE-295", WEIGHT_HEAVY},
            none);
    else if (!network->present && target < SDK_USER_REFUSED)
        finding_add(side,
                    (struct finding_kind){"user-certificates",
                                          "it trusts certificates that somebody put into the "
                                          "device, as made for Android before "
                                          "7",
                                          "CWE-295", WEIGHT_LIGHT},
                    none);
}

static bool holds(struct bytes text, const char *part)
{
    size_t len = strlen(part);
    for (size_t i = 0; i + len <= text.len; i++) {
        size_t j = 0;
        while (j < len && ascii_lower(text.at[i + j]) == part[j])
            j++;
        if (j == len)
            return true;
    }
    return false;
}

/* "AES" is AES/ECB/PKCS5Padding; with RSA, "ECB" means nothing. */
static void cipher_look(const struct app_hint *hint, struct app_side *side)
{
    bool rsa = holds(hint->value, "rsa"), stream = holds(hint->value, "rc4");
    stream |= holds(hint->value, "arc4") || holds(hint->value, "arcfour");
    if (stream || holds(hint->value, "des") || holds(hint->value, "rc2") ||
        holds(hint->value, "blowfish"))
        finding_add(side,
                    (struct finding_kind){"weak-cipher",
                                          "it encrypts with a cipher that is broken or too "
                                          "short",
                                          "CWE-327", WEIGHT_MIDDLE},
                    hint->value);
    if (!rsa && !stream &&
        (holds(hint->value, "/ecb") ||
         (hint->value.len && !memchr(hint->value.at, '/', hint->value.len) &&
          !holds(hint->value, "pbe") && !holds(hint->value, "chacha"))))
        finding_add(side,
                    (struct finding_kind){
                        "ecb", "it encrypts each block by itself (ECB), so equal blocks stay equal",
                        "CWE-327", WEIGHT_MIDDLE},
                    hint->value);
}

static void digest_look(const struct app_hint *hint, struct app_side *side)
{
    if (holds(hint->value, "md5") || holds(hint->value, "md4") || holds(hint->value, "md2") ||
        bytes_equal(hint->value, BYTES("SHA")) || holds(hint->value, "sha1") ||
        holds(hint->value, "sha-1"))
        finding_add(side,
                    (struct finding_kind){"weak-digest",
                                          "it uses a digest for which collisions are known",
                                          "CWE-328", WEIGHT_LIGHT},
                    hint->value);
}

/* What a hint of the code means by itself. */
static const struct {
    enum hint_kind kind;
    struct finding_kind finding;
} hint_findings[] = {
    {HINT_KEY_FIXED, {"fixed-key", "a key stands in its code", "CWE-321", WEIGHT_HEAVY}},
    {HINT_VECTOR_FIXED,
     {"fixed-vector", "its initialisation vector is always the same", "CWE-329", WEIGHT_MIDDLE}},
    {HINT_SEED_FIXED,
     {"fixed-seed", "it seeds its random numbers with a constant", "CWE-335", WEIGHT_MIDDLE}},
    {HINT_TRUSTS_ALL,
     {"trusts-all", "it takes every certificate for a good one", "CWE-295", WEIGHT_HEAVY}},
    {HINT_HOSTS_ALL,
     {"any-host-name", "it takes every host name for the right one", "CWE-297", WEIGHT_HEAVY}},
    {HINT_ERRORS_PASSED,
     {"errors-passed", "its WebView goes on after a certificate's error", "CWE-295", WEIGHT_HEAVY}},
    {HINT_FILE_READABLE,
     {"file-readable", "it makes a file that every application may read", "CWE-732", WEIGHT_HEAVY}},
    {HINT_FILE_WRITABLE,
     {"file-writable", "it makes a file that every application may change", "CWE-732",
      WEIGHT_HEAVY}},
    {HINT_FILES_OPEN,
     {"files-open-to-scripts", "pages from files may read other files in its WebView", "CWE-200",
      WEIGHT_MIDDLE}},
    {HINT_WEB_DEBUGGED,
     {"web-debugging", "its WebViews may be debugged from outside", "CWE-489", WEIGHT_MIDDLE}},
};

static void bridge_look(const struct app *app, const struct app_hint *hint, struct app_side *side)
{
    bool old = app->has_manifest && app->manifest.least_sdk < SDK_SCRIPT_SAFE;
    finding_add(side,
                (struct finding_kind){"script-bridge",
                                      old ? "pages can run any code through an object given to "
                                            "JavaScript, on Android before 4.2"
                                          : "pages can call an object that is given to JavaScript",
                                      "CWE-749", old ? WEIGHT_HEAVY : WEIGHT_MIDDLE},
                hint->class);
}

static void code_look(const struct app *app, struct app_side *side)
{
    for (uint32_t i = 0; i < app->code.hint_count; i++) {
        const struct app_hint *hint = &app->code.hints[i];
        if (hint->kind == HINT_CIPHER)
            cipher_look(hint, side);
        else if (hint->kind == HINT_DIGEST)
            digest_look(hint, side);
        else if (hint->kind == HINT_BRIDGE)
            bridge_look(app, hint, side);
        for (size_t j = 0; j < sizeof(hint_findings) / sizeof(hint_findings[0]); j++)
            if (hint_findings[j].kind == hint->kind)
                finding_add(side, hint_findings[j].finding,
                            hint->value.len ? hint->value : hint->class);
    }
}

static void signature_look(const struct app *app, struct app_side *side)
{
    const struct signatures *signatures = &app->signatures;
    static const struct bytes none = {"", 0};
    if (signatures->count == 0)
        finding_add(side,
                    (struct finding_kind){"unsigned", "nobody signed it", "CWE-347", WEIGHT_MIDDLE},
                    none);
    for (uint32_t i = 0; i < signatures->count; i++) {
        const struct signer *signer = &signatures->signers[i];
        if (!signer->verified)
            finding_add(side,
                        (struct finding_kind){"signature-broken", "its signature does not hold",
                                              "CWE-347", WEIGHT_HEAVY},
                        bytes_of(signer->why));
        if (signer->certificate.debug)
            finding_add(side,
                        (struct finding_kind){
                            "debug-certificate",
                            "it is signed with a certificate for debugging, which anybody can make",
                            "CWE-347", WEIGHT_MIDDLE},
                        signer->certificate.subject);
        if (holds(signer->certificate.algorithm, "md5"))
            finding_add(
                side,
                (struct finding_kind){
                    "certificate-digest",
                    "its certificate is signed with a digest for which collisions are known",
                    "CWE-328", WEIGHT_MIDDLE},
                signer->certificate.algorithm);
    }
    bool only_1 = signatures->schemes[SCHEME_1] && !signatures->schemes[SCHEME_2] &&
                  !signatures->schemes[SCHEME_3] && !signatures->schemes[SCHEME_31];
    if (only_1)
        finding_add(
            side,
            (struct finding_kind){"scheme-1-only",
                                  "only scheme 1 signs it: code put before the archive goes unseen "
                                  "on Android before 8 "
                                  "(Janus)",
                                  "CVE-2017-13156",
                                  app->has_manifest && app->manifest.least_sdk >= SDK_SCHEME_2
                                      ? WEIGHT_LIGHT
                                      : WEIGHT_MIDDLE},
            none);
}

void weaknesses_find(const struct app *app, struct app_side *side)
{
    if (app->has_manifest) {
        switches_look(&app->manifest, side);
        versions_look(&app->manifest, side);
        components_look(&app->manifest, side);
        clear_look(app, side);
    }
    if (app->has_code)
        code_look(app, side);
    if (app->form == APP_PACKAGE)
        signature_look(app, side);
}
