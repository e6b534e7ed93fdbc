/* An application as JSON. */
#include "show/apk_report.h"

#include <stdio.h>

#include "analyse/android/app_facts.h"

/* What a model that knows nothing of an application says is said of any: not told. */
static int report_judge(const struct app_model *model, struct apk_report *report)
{
    struct app_facts facts;
    int error = app_facts_make(&report->app, &report->app.arena, &facts);
    if (!error)
        error = app_model_judge(model, &facts, &report->judgement);
    report->judged = !error && report->judgement.known > 0;
    if (!report->judged)
        return error;
    report->verdict.threat.light =
        threat_light(&report->verdict.threat, report->judgement.probability);
    return app_model_explain(model, &facts, APK_REASONS, report->reasons, &report->reason_count);
}

int apk_report_make(const struct app_model *model, const char *path, struct bytes content,
                    struct apk_report *ret_report, struct fault *ret_fault)
{
    int error = app_read(content, &ret_report->app, ret_fault);
    if (error)
        return error;
    ret_report->path = path;
    ret_report->judged = false;
    ret_report->reason_count = 0;
    app_verdict_find(&ret_report->app, &ret_report->verdict);
    error = model ? report_judge(model, ret_report) : 0;
    if (error)
        app_finish(&ret_report->app);
    return error;
}

void apk_report_finish(struct apk_report *report)
{
    app_finish(&report->app);
}

static void texts_json(struct json *json, const char *key, const struct bytes *texts,
                       uint32_t count)
{
    json_key(json, key);
    json_array(json);
    for (uint32_t i = 0; i < count; i++)
        json_text(json, texts[i]);
    json_end_array(json);
}

static void digest_json(struct json *json, const char *key, const uint8_t *digest)
{
    char text[2 * CERTIFICATE_DIGEST + 1];
    for (int i = 0; i < CERTIFICATE_DIGEST; i++)
        snprintf(text + 2 * (size_t)i, 3, "%02x", digest[i]);
    json_key_text(json, key, bytes_of(text));
}

static void said_json(struct json *json, const char *key, enum said said)
{
    json_key(json, key);
    if (said == SAID_NOTHING)
        json_null(json);
    else
        json_bool(json, said == SAID_YES);
}

static void sdk_json(struct json *json, const char *key, int32_t version)
{
    json_key(json, key);
    if (version)
        json_integer(json, version);
    else
        json_null(json);
}

static void intents_json(struct json *json, const struct manifest *manifest, uint32_t component)
{
    static const char *const parts[] = {"action", "category", "data"};
    json_key(json, "intents");
    json_array(json);
    for (uint32_t i = 0; i < manifest->intent_count; i++) {
        const struct manifest_intent *intent = &manifest->intents[i];
        if (intent->component != component)
            continue;
        json_object(json);
        json_key_text(json, parts[intent->part], intent->value);
        if (intent->priority)
            json_key(json, "priority"), json_integer(json, intent->priority);
        json_end_object(json);
    }
    json_end_array(json);
}

static void components_json(struct json *json, const struct manifest *manifest)
{
    json_key(json, "components");
    json_array(json);
    for (uint32_t i = 0; i < manifest->component_count; i++) {
        const struct manifest_component *component = &manifest->components[i];
        json_object(json);
        json_key_text(json, "kind", bytes_of(component_kind_name(component->kind)));
        json_key_text(json, "name", component->name);
        json_key(json, "exported"), json_bool(json, component->exported);
        said_json(json, "exported_said", component->exported_said);
        json_key_text(json, "permission", component->permission);
        json_key(json, "launched"), json_bool(json, component->launched);
        intents_json(json, manifest, i);
        json_end_object(json);
    }
    json_end_array(json);
}

static void declared_json(struct json *json, const struct manifest *manifest)
{
    json_key(json, "permissions_declared");
    json_array(json);
    for (uint32_t i = 0; i < manifest->declared_count; i++) {
        json_object(json);
        json_key_text(json, "name", manifest->declared[i].name);
        json_key(json, "protection"), json_unsigned(json, manifest->declared[i].protection);
        json_end_object(json);
    }
    json_end_array(json);
}

static void manifest_json(struct json *json, const struct manifest *manifest)
{
    json_key_text(json, "package", manifest->package);
    json_key_text(json, "version", manifest->version);
    json_key(json, "version_code");
    if (manifest->version_code >= 0)
        json_integer(json, manifest->version_code);
    else
        json_null(json);
    json_key_text(json, "label", manifest->label);
    json_key_text(json, "application", manifest->application);
    sdk_json(json, "min_sdk", manifest->least_sdk);
    sdk_json(json, "target_sdk", manifest->target_sdk);
    sdk_json(json, "max_sdk", manifest->greatest_sdk);
    said_json(json, "debuggable", manifest->debuggable);
    said_json(json, "allow_backup", manifest->backup);
    said_json(json, "cleartext_traffic", manifest->cleartext);
    said_json(json, "test_only", manifest->test_only);
    texts_json(json, "permissions", manifest->permissions, manifest->permission_count);
    declared_json(json, manifest);
    components_json(json, manifest);
}

static void calls_json(struct json *json, const struct app_code *code)
{
    json_key(json, "calls");
    json_array(json);
    for (uint32_t i = 0; i < code->call_count; i++) {
        const struct app_call *call = &code->calls[i];
        json_object(json);
        json_key_text(json, "class", call->class);
        json_key_text(json, "name", call->name);
        json_key_text(json, "prototype", call->prototype);
        json_key(json, "count"), json_unsigned(json, call->count);
        json_key_text(json, "from_class", call->from_class);
        json_key_text(json, "from_name", call->from_name);
        json_end_object(json);
    }
    json_end_array(json);
}

static void code_json(struct json *json, const struct app *app, bool calls)
{
    const struct app_code *code = &app->code;
    json_key(json, "code_files"), json_unsigned(json, app->files);
    json_key(json, "classes"), json_unsigned(json, code->classes);
    json_key(json, "methods"), json_unsigned(json, code->methods);
    json_key(json, "instructions"), json_unsigned(json, code->instructions);
    json_key(json, "natives"), json_unsigned(json, code->natives);
    json_key(json, "call_count"), json_unsigned(json, code->call_count);
    if (calls)
        calls_json(json, code);
    json_key(json, "calls_dropped"), json_unsigned(json, code->calls_dropped);
    json_key(json, "hints");
    json_array(json);
    for (uint32_t i = 0; i < code->hint_count; i++) {
        const struct app_hint *hint = &code->hints[i];
        json_object(json);
        json_key_text(json, "kind", bytes_of(app_hint_kind_name(hint->kind)));
        json_key_text(json, "value", hint->value);
        json_key_text(json, "class", hint->class);
        json_key_text(json, "method", hint->method);
        json_key(json, "count"), json_unsigned(json, hint->count);
        json_end_object(json);
    }
    json_end_array(json);
    json_key(json, "texts");
    json_array(json);
    for (uint32_t i = 0; i < code->text_count; i++) {
        json_object(json);
        json_key_text(json, "kind", bytes_of(app_text_kind_name(code->texts[i].kind)));
        json_key_text(json, "value", code->texts[i].value);
        json_end_object(json);
    }
    json_end_array(json);
    json_key(json, "texts_dropped"), json_unsigned(json, code->texts_dropped);
}

static void signer_json(struct json *json, const struct signer *signer)
{
    const struct certificate *certificate = &signer->certificate;
    json_object(json);
    json_key_text(json, "scheme", bytes_of(scheme_name(signer->scheme)));
    json_key(json, "verified"), json_bool(json, signer->verified);
    if (!signer->verified)
        json_key_text(json, "why", bytes_of(signer->why));
    json_key_text(json, "subject", certificate->subject);
    json_key_text(json, "issuer", certificate->issuer);
    json_key_text(json, "serial", certificate->serial);
    digest_json(json, "sha256", certificate->sha256);
    json_key(json, "from"), json_time(json, certificate->from);
    json_key(json, "until"), json_time(json, certificate->until);
    json_key_text(json, "key", certificate->key);
    json_key(json, "bits"), json_unsigned(json, certificate->bits);
    json_key_text(json, "algorithm", certificate->algorithm);
    json_key(json, "debug"), json_bool(json, certificate->debug);
    if (signer->greatest_sdk) {
        json_key(json, "min_sdk"), json_integer(json, signer->least_sdk);
        json_key(json, "max_sdk"), json_integer(json, signer->greatest_sdk);
    }
    json_end_object(json);
}

static void package_json(struct json *json, const struct app *app)
{
    json_key(json, "entries"), json_unsigned(json, app->entries);
    json_key(json, "signers");
    json_array(json);
    for (uint32_t i = 0; i < app->signatures.count; i++)
        signer_json(json, &app->signatures.signers[i]);
    json_end_array(json);
    texts_json(json, "libraries", app->libraries, app->library_count);
}

void apk_protector_json(const struct protector *protector, struct json *json)
{
    json_key_text(json, "packer", bytes_of(apk_protector_name(protector)));
    json_key_text(json, "packer_evidence", protector->evidence);
    json_key(json, "components_looked_for"), json_unsigned(json, protector->components);
    json_key(json, "components_missing"), json_unsigned(json, protector->missing);
}

const char *apk_protector_name(const struct protector *protector)
{
    return protector->answer == PROTECTOR_KNOWN     ? protector->name
           : protector->answer == PROTECTOR_UNKNOWN ? "unknown"
                                                    : "none";
}

static void oddities_json(struct json *json, const struct app *app)
{
    json_key(json, "refused");
    json_array(json);
    for (uint32_t i = 0; i < app->refused_count; i++) {
        json_object(json);
        json_key_text(json, "part", app->refused[i].part);
        json_key_text(json, "why", bytes_of(app->refused[i].why));
        json_end_object(json);
    }
    json_end_array(json);
    json_key(json, "notes");
    json_array(json);
    for (uint32_t i = 0; i < app->notes.count; i++) {
        json_object(json);
        json_key_text(json, "what", bytes_of(app->notes.items[i].what));
        json_key_text(json, "where", bytes_of(app->notes.items[i].where));
        json_end_object(json);
    }
    json_end_array(json);
    json_key(json, "notes_dropped"), json_unsigned(json, app->notes.dropped);
}

static void finding_json(struct json *json, const struct app_finding *finding)
{
    json_object(json);
    json_key_text(json, "name", bytes_of(finding->kind.name));
    json_key_text(json, "what", bytes_of(finding->kind.what));
    if (finding->kind.reference)
        json_key_text(json, "reference", bytes_of(finding->kind.reference));
    json_key(json, "weight"), json_unsigned(json, finding->kind.weight);
    texts_json(json, "evidence", finding->evidence, finding->evidence_count);
    json_key(json, "more"), json_unsigned(json, finding->more);
    json_end_object(json);
}

/* Only where a model was asked. */
static void judgement_json(struct json *json, const struct apk_report *report)
{
    json_key(json, "probability"), json_number(json, report->judgement.probability);
    json_key(json, "known"), json_unsigned(json, report->judgement.known);
    json_key(json, "reasons");
    json_array(json);
    for (uint32_t i = 0; i < report->reason_count; i++) {
        json_object(json);
        json_key_text(json, "name", report->reasons[i].name);
        json_key(json, "weight"), json_number(json, report->reasons[i].weight);
        json_end_object(json);
    }
    json_end_array(json);
}

/* `judged`: the report whose model spoke of this side; NULL: none did. */
static void side_json(struct json *json, const char *key, const struct app_side *side,
                      const struct apk_report *judged)
{
    json_key(json, key);
    json_object(json);
    json_key_text(json, "light", bytes_of(light_name(side->light)));
    json_key(json, "findings");
    json_array(json);
    for (uint32_t i = 0; i < side->count; i++)
        finding_json(json, &side->findings[i]);
    json_end_array(json);
    if (judged)
        judgement_json(json, judged);
    json_end_object(json);
}

void apk_report_json(const struct apk_report *report, bool calls, struct json *json)
{
    const struct app *app = &report->app;
    json_object(json);
    json_key_text(json, "file", bytes_of(report->path));
    json_key_text(json, "form", bytes_of(app_form_name(app->form)));
    json_key(json, "size"), json_unsigned(json, app->size);
    digest_json(json, "sha256", app->sha256);
    side_json(json, "threat", &report->verdict.threat, report->judged ? report : NULL);
    side_json(json, "vulnerability", &report->verdict.vulnerability, NULL);
    if (app->has_manifest)
        manifest_json(json, &app->manifest);
    if (app->form == APP_PACKAGE)
        package_json(json, app);
    if (app->has_code) {
        apk_protector_json(&app->protector, json);
        code_json(json, app, calls);
    }
    oddities_json(json, app);
    json_end_object(json);
}
