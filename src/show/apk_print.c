/* An application for people. */
#include <inttypes.h>
#include <stdio.h>

#include "base/time.h"
#include "show/apk_report.h"

/* Foreign text: what a terminal might take for a command is shown as '?'. */
static void put(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        putchar(c < ' ' || c == 0x7f ? '?' : c);
    }
}

static void line(const char *name, struct bytes text)
{
    if (text.len == 0)
        return;
    printf("  %-12s ", name);
    put(text);
    putchar('\n');
}

static void day_put(int64_t time)
{
    char text[TIME_TEXT_SIZE] = "?";
    if (time != TIME_NONE)
        time_format(time, text);
    printf("%.10s", text);
}

static void signers_print(const struct app *app)
{
    for (uint32_t i = 0; i < app->signatures.count; i++) {
        const struct signer *signer = &app->signatures.signers[i];
        printf("  %-12s %s, ", i ? "" : "signed", scheme_name(signer->scheme));
        printf("%s%s by ", signer->verified ? "verified" : "NOT verified: ",
               signer->verified ? "" : signer->why);
        put(signer->certificate.subject);
        printf("\n  %-12s ", "");
        for (int j = 0; j < CERTIFICATE_DIGEST; j++)
            printf("%02x", signer->certificate.sha256[j]);
        printf("  ");
        day_put(signer->certificate.from);
        printf(" to ");
        day_put(signer->certificate.until);
        printf("%s\n", signer->certificate.debug ? ", for debugging" : "");
    }
    if (app->form == APP_PACKAGE && app->signatures.count == 0)
        printf("  %-12s by nobody\n", "signed");
}

static void manifest_print(const struct manifest *manifest, bool all)
{
    line("package", manifest->package);
    line("version", manifest->version);
    line("label", manifest->label);
    printf("  %-12s ", "SDK");
    if (manifest->least_sdk)
        printf("from %" PRId32 ", ", manifest->least_sdk);
    printf("made for %" PRId32 "\n", manifest_target(manifest));
    for (uint32_t i = 0; i < manifest->permission_count; i++)
        line(i ? "" : "asks for", manifest->permissions[i]);
    for (uint32_t i = 0; i < manifest->component_count; i++) {
        const struct manifest_component *component = &manifest->components[i];
        if (!component->exported && !all)
            continue;
        printf("  %-12s ", component_kind_name(component->kind));
        put(component->name);
        printf("%s\n", component->exported ? ", open to others" : "");
        for (uint32_t j = 0; all && j < manifest->intent_count; j++)
            if (manifest->intents[j].component == i)
                line("", manifest->intents[j].value);
    }
}

static void code_print(const struct app_code *code, bool all)
{
    printf("  %-12s %" PRIu64 " classes, %" PRIu64 " methods, %" PRIu32 " calls of the platform\n",
           "code", code->classes, code->methods, code->call_count);
    for (uint32_t i = 0; all && i < code->call_count; i++) {
        printf("  %-12s ", i ? "" : "calls");
        put(code->calls[i].class);
        printf("->");
        put(code->calls[i].name);
        put(code->calls[i].prototype);
        putchar('\n');
    }
    for (uint32_t i = 0; i < code->text_count && (all || i < 10); i++)
        line(app_text_kind_name(code->texts[i].kind), code->texts[i].value);
    if (!all && code->text_count > 10)
        printf("  %-12s %" PRIu32 " more texts with --all\n", "", code->text_count - 10);
}

static void side_print(const char *name, const struct app_side *side, bool all)
{
    printf("  %-12s %s\n", name, light_name(side->light));
    for (uint32_t i = 0; i < side->count; i++) {
        const struct app_finding *finding = &side->findings[i];
        if (finding->kind.weight == WEIGHT_LIGHT && !all)
            continue;
        printf("  %-12s %.*s %s", "", (int)finding->kind.weight, "***", finding->kind.what);
        if (finding->kind.reference)
            printf(" (%s)", finding->kind.reference);
        for (uint32_t j = 0; j < finding->evidence_count; j++) {
            printf("%s", j ? ", " : ": ");
            put(finding->evidence[j]);
        }
        if (finding->more)
            printf(" and %" PRIu32 " more", finding->more);
        putchar('\n');
    }
}

static void judgement_print(const struct apk_report *report)
{
    printf("  %-12s %.1f %%", "by the model", 100 * report->judgement.probability);
    for (uint32_t i = 0; i < report->reason_count && i < 6; i++) {
        printf("%s%+.1f ", i ? ", " : ": ", report->reasons[i].weight);
        put(report->reasons[i].name);
    }
    putchar('\n');
}

static void oddities_print(const struct app *app)
{
    for (uint32_t i = 0; i < app->refused_count; i++) {
        printf("  %-12s ", "refused");
        put(app->refused[i].part);
        printf(": %s\n", app->refused[i].why);
    }
    for (uint32_t i = 0; i < app->notes.count; i++) {
        printf("  %-12s %s (", "odd", app->notes.items[i].what);
        put(bytes_of(app->notes.items[i].where));
        printf(")\n");
    }
}

void apk_report_print(const struct apk_report *report, bool all)
{
    const struct app *app = &report->app;
    printf("%s\n", report->path);
    side_print("threat", &report->verdict.threat, all);
    if (report->judged)
        judgement_print(report);
    side_print("vulnerable", &report->verdict.vulnerability, all);
    if (app->has_manifest)
        manifest_print(&app->manifest, all);
    signers_print(app);
    if (app->has_code) {
        line("packed by", bytes_of(apk_protector_name(&app->protector)));
        code_print(&app->code, all);
    }
    oddities_print(app);
}
