/*
 * What malware does, as permissions, filters and calls that together mean something.
 *
 * Techniques: MITRE ATT&CK for Mobile. A permission alone is no finding where a call must follow
 * for anything to happen; many ask for more than they use.
 */
#include "analyse/android/app_verdict.h"

struct call_named {
    const char *class, *name; /* name NULL: any */
};

/* All that is given must be there; of the calls one. */
struct threat_rule {
    struct finding_kind finding;
    const char *permission;     /* behind "android.permission." */
    const char *guard;          /* what a component is guarded with, behind the same */
    const char *action;         /* that a component listens to */
    struct call_named calls[5]; /* until one without a class; any class: "" */
};

#define SMS      "Landroid/telephony/SmsManager;"
#define POLICY   "Landroid/app/admin/DevicePolicyManager;"
#define PACKAGES "Landroid/content/pm/PackageManager;"
#define PHONE    "Landroid/telephony/TelephonyManager;"
#define NODE     "Landroid/view/accessibility/AccessibilityNodeInfo;"

static const struct threat_rule rules[] = {
    {.finding = {"sms-sent", "sends SMS", "T1582", WEIGHT_HEAVY},
     .permission = "SEND_SMS",
     .calls = {{SMS, "sendTextMessage"},
               {SMS, "sendMultipartTextMessage"},
               {SMS, "sendDataMessage"}}},
    {.finding = {"sms-swallowed", "keeps SMS that come in from everybody else", "T1582",
                 WEIGHT_HEAVY},
     .permission = "RECEIVE_SMS",
     .action = "android.provider.Telephony.SMS_RECEIVED",
     .calls = {{"", "abortBroadcast"}}},
    {.finding = {"sms-received", "listens to SMS that come in", "T1636.004", WEIGHT_MIDDLE},
     .permission = "RECEIVE_SMS",
     .action = "android.provider.Telephony.SMS_RECEIVED"},
    {.finding = {"sms-read", "reads the SMS that are kept", "T1636.004", WEIGHT_MIDDLE},
     .permission = "READ_SMS",
     .calls = {{"Landroid/content/ContentResolver;", "query"}}},
    {.finding = {"administrator", "wants to administrate the device", "T1626.001", WEIGHT_HEAVY},
     .guard = "BIND_DEVICE_ADMIN"},
    {.finding = {"locked", "locks the device or changes its password", "T1629.002", WEIGHT_HEAVY},
     .calls = {{POLICY, "lockNow"}, {POLICY, "resetPassword"}}},
    {.finding = {"wiped", "wipes the device", "T1662", WEIGHT_HEAVY},
     .calls = {{POLICY, "wipeData"}}},
    {.finding = {"accessibility", "reads what is on the screen as an accessibility service",
                 "T1417.001", WEIGHT_MIDDLE},
     .guard = "BIND_ACCESSIBILITY_SERVICE"},
    {.finding = {"accessibility-acts", "presses buttons for the user as an accessibility service",
                 "T1516", WEIGHT_HEAVY},
     .guard = "BIND_ACCESSIBILITY_SERVICE",
     .calls = {{"Landroid/accessibilityservice/AccessibilityService;", "performGlobalAction"},
               {"Landroid/accessibilityservice/AccessibilityService;", "dispatchGesture"},
               {NODE, "performAction"}}},
    {.finding = {"overlay", "draws over other applications", "T1417.002", WEIGHT_MIDDLE},
     .permission = "SYSTEM_ALERT_WINDOW",
     .calls = {{"Landroid/view/WindowManager;", "addView"}}},
    {.finding = {"notifications", "reads the notifications of others", "T1517", WEIGHT_MIDDLE},
     .guard = "BIND_NOTIFICATION_LISTENER_SERVICE"},
    {.finding = {"code-loaded", "loads code that is not part of it", "T1407", WEIGHT_HEAVY},
     .calls =
         {
             {"Ldalvik/system/DexClassLoader;", "<init>"},
             {"Ldalvik/system/InMemoryDexClassLoader;", "<init>"},
         }},
    {.finding = {"native-loaded", "loads native code by its path", "T1407", WEIGHT_LIGHT},
     .calls = {{"Ljava/lang/System;", "load"}, {"Ljava/lang/Runtime;", "load"}}},
    {.finding = {"shell", "runs commands", "T1623.001", WEIGHT_MIDDLE},
     .calls = {{"Ljava/lang/Runtime;", "exec"}, {"Ljava/lang/ProcessBuilder;", "start"}}},
    {.finding = {"boot", "starts with the device", "T1624.001", WEIGHT_LIGHT},
     .permission = "RECEIVE_BOOT_COMPLETED",
     .action = "android.intent.action.BOOT_COMPLETED"},
    {.finding = {"components-switched", "switches its components, by which an icon can be hidden",
                 "T1628.001", WEIGHT_LIGHT},
     .calls = {{PACKAGES, "setComponentEnabledSetting"}}},
    {.finding = {"device-known", "asks for the device's or the card's numbers", "T1426",
                 WEIGHT_LIGHT},
     .permission = "READ_PHONE_STATE",
     .calls = {{PHONE, "getDeviceId"},
               {PHONE, "getSubscriberId"},
               {PHONE, "getSimSerialNumber"},
               {PHONE, "getLine1Number"},
               {PHONE, "getImei"}}},
    {.finding = {"located", "follows where the device is", "T1430", WEIGHT_LIGHT},
     .calls = {{"Landroid/location/LocationManager;", "requestLocationUpdates"},
               {"Landroid/location/LocationManager;", "getLastKnownLocation"}}},
    {.finding = {"heard", "records sound", "T1429", WEIGHT_MIDDLE},
     .permission = "RECORD_AUDIO",
     .calls = {{"Landroid/media/MediaRecorder;", "setAudioSource"},
               {"Landroid/media/AudioRecord;", NULL}}},
    {.finding = {"seen", "takes pictures", "T1512", WEIGHT_LIGHT},
     .permission = "CAMERA",
     .calls = {{"Landroid/hardware/Camera;", "takePicture"},
               {"Landroid/hardware/camera2/CameraDevice;", "createCaptureSession"}}},
    {.finding = {"screen-taken", "records the screen", "T1513", WEIGHT_MIDDLE},
     .calls = {{"Landroid/media/projection/MediaProjection;", "createVirtualDisplay"}}},
    {.finding = {"contacts", "reads the contacts", "T1636.003", WEIGHT_LIGHT},
     .permission = "READ_CONTACTS",
     .calls = {{"Landroid/content/ContentResolver;", "query"}}},
    {.finding = {"call-log", "reads the list of calls", "T1636.002", WEIGHT_LIGHT},
     .permission = "READ_CALL_LOG",
     .calls = {{"Landroid/content/ContentResolver;", "query"}}},
    {.finding = {"calls-watched", "sees or redirects calls that go out", "T1616", WEIGHT_MIDDLE},
     .permission = "PROCESS_OUTGOING_CALLS",
     .action = "android.intent.action.NEW_OUTGOING_CALL"},
    {.finding = {"applications-listed", "lists what is installed", "T1418", WEIGHT_LIGHT},
     .calls = {{PACKAGES, "getInstalledPackages"}, {PACKAGES, "getInstalledApplications"}}},
    {.finding = {"applications-watched", "sees which application is in front", "T1424",
                 WEIGHT_LIGHT},
     .calls = {{"Landroid/app/ActivityManager;", "getRunningTasks"},
               {"Landroid/app/usage/UsageStatsManager;", NULL}}},
    {.finding = {"applications-stopped", "stops other applications", "T1629.003", WEIGHT_LIGHT},
     .permission = "KILL_BACKGROUND_PROCESSES",
     .calls = {{"Landroid/app/ActivityManager;", "killBackgroundProcesses"},
               {"Landroid/app/ActivityManager;", "restartPackage"}}},
    {.finding = {"installs", "installs other applications", "T1544", WEIGHT_MIDDLE},
     .permission = "INSTALL_PACKAGES"},
    {.finding = {"installs-asked", "asks to install other applications", "T1544", WEIGHT_LIGHT},
     .permission = "REQUEST_INSTALL_PACKAGES"},
    {.finding = {"reflection", "calls methods by names made at run time", "T1406", WEIGHT_LIGHT},
     .calls = {{"Ljava/lang/reflect/Method;", "invoke"}}},
    {.finding = {"clipboard", "listens to the clipboard", "T1414", WEIGHT_LIGHT},
     .calls = {{"Landroid/content/ClipboardManager;", "addPrimaryClipChangedListener"}}},
    {.finding = {"tunnel", "takes the device's traffic through itself", "T1638", WEIGHT_LIGHT},
     .guard = "BIND_VPN_SERVICE"},
};

static bool is_permission(struct bytes name, const char *wanted)
{
    static const struct bytes prefix = {"android.permission.", 19};
    return bytes_start(name, prefix) && bytes_equal(bytes_from(name, prefix.len), bytes_of(wanted));
}

static bool asks_for(const struct manifest *manifest, const char *permission)
{
    for (uint32_t i = 0; i < manifest->permission_count; i++)
        if (is_permission(manifest->permissions[i], permission))
            return true;
    return false;
}

static const struct manifest_component *guarded_find(const struct manifest *manifest,
                                                     const char *guard)
{
    for (uint32_t i = 0; i < manifest->component_count; i++)
        if (is_permission(manifest->components[i].permission, guard))
            return &manifest->components[i];
    return NULL;
}

static const struct manifest_component *listener_find(const struct manifest *manifest,
                                                      const char *action)
{
    for (uint32_t i = 0; i < manifest->intent_count; i++)
        if (manifest->intents[i].part == INTENT_ACTION &&
            bytes_equal(manifest->intents[i].value, bytes_of(action)))
            return &manifest->components[manifest->intents[i].component];
    return NULL;
}

/* The first of the rule's calls that is made. */
static const struct app_call *call_find(const struct app_code *code, const struct threat_rule *rule)
{
    const struct app_call *call = NULL;
    for (int i = 0; i < 5 && rule->calls[i].class && !call; i++)
        call = app_call_find(code, rule->calls[i].class, rule->calls[i].name);
    return call;
}

static void rule_look(const struct app *app, const struct threat_rule *rule, struct app_side *side)
{
    const struct manifest *manifest = &app->manifest;
    const struct manifest_component *guarded = NULL, *listener = NULL;
    const struct app_call *call = NULL;
    if (rule->permission && !asks_for(manifest, rule->permission))
        return;
    if (rule->guard && !(guarded = guarded_find(manifest, rule->guard)))
        return;
    if (rule->action && !(listener = listener_find(manifest, rule->action)))
        return;
    if (rule->calls[0].class && !(call = call_find(&app->code, rule)))
        return;
    finding_add(side, rule->finding, call ? call->from_class : (struct bytes){"", 0});
    if (guarded)
        finding_add(side, rule->finding, guarded->name);
    if (listener)
        finding_add(side, rule->finding, listener->name);
}

static void texts_look(const struct app *app, struct app_side *side)
{
    static const struct finding_kind root = {"root", "asks for the rights of root", "T1404",
                                             WEIGHT_MIDDLE};
    static const struct finding_kind onion = {"onion", "knows a server behind Tor", "T1521",
                                              WEIGHT_MIDDLE};
    for (uint32_t i = 0; i < app->code.text_count; i++) {
        const struct app_text *text = &app->code.texts[i];
        if (text->kind == TEXT_ONION)
            finding_add(side, onion, text->value);
        else if (text->kind == TEXT_COMMAND &&
                 (bytes_equal(text->value, BYTES("su")) || bytes_start(text->value, BYTES("su ")) ||
                  bytes_end(text->value, BYTES("/su"))))
            finding_add(side, root, text->value);
    }
}

/* Honest applications are packed, too; by whom nobody knows, more seldom. */
static void protector_look(const struct app *app, struct app_side *side)
{
    if (app->protector.answer == PROTECTOR_KNOWN)
        finding_add(side,
                    (struct finding_kind){"protected", "its code is packed by a known protector",
                                          "T1406.002", WEIGHT_LIGHT},
                    bytes_of(app->protector.name));
    if (app->protector.answer == PROTECTOR_UNKNOWN)
        finding_add(side,
                    (struct finding_kind){"packed",
                                          "its code is packed: what the manifest names is missing",
                                          "T1406.002", WEIGHT_MIDDLE},
                    app->protector.evidence);
}

void threats_find(const struct app *app, struct app_side *side)
{
    protector_look(app, side);
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        rule_look(app, &rules[i], side);
    texts_look(app, side);
}
