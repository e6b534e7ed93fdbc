#include "analyse/android/manifest.h"

#include <errno.h>

/* android.R.attr */
enum attribute_id {
    ATTRIBUTE_LABEL = 0x01010001,
    ATTRIBUTE_NAME = 0x01010003,
    ATTRIBUTE_PERMISSION = 0x01010006,
    ATTRIBUTE_READ_PERMISSION = 0x01010007,
    ATTRIBUTE_WRITE_PERMISSION = 0x01010008,
    ATTRIBUTE_PROTECTION = 0x01010009,
    ATTRIBUTE_SHARED_USER = 0x0101000b,
    ATTRIBUTE_ENABLED = 0x0101000e,
    ATTRIBUTE_DEBUGGABLE = 0x0101000f,
    ATTRIBUTE_EXPORTED = 0x01010010,
    ATTRIBUTE_AUTHORITIES = 0x01010018,
    ATTRIBUTE_GRANTS_URIS = 0x0101001b,
    ATTRIBUTE_PRIORITY = 0x0101001c,
    ATTRIBUTE_SCHEME = 0x01010027,
    ATTRIBUTE_HOST = 0x01010028,
    ATTRIBUTE_PATH = 0x0101002a,
    ATTRIBUTE_LEAST_SDK = 0x0101020c,
    ATTRIBUTE_VERSION_CODE = 0x0101021b,
    ATTRIBUTE_VERSION_NAME = 0x0101021c,
    ATTRIBUTE_TARGET_SDK = 0x01010270,
    ATTRIBUTE_GREATEST_SDK = 0x01010271,
    ATTRIBUTE_TEST_ONLY = 0x01010272,
    ATTRIBUTE_BACKUP = 0x01010280,
    ATTRIBUTE_CLEARTEXT = 0x010104ec,
    ATTRIBUTE_NETWORK = 0x01010527,
    ATTRIBUTE_LEGACY_STORAGE = 0x01010603,
};

struct manifest_reader {
    const struct axml *axml;
    struct resources *resources;
    struct arena *arena;
    struct manifest *manifest;
    int32_t *component_of; /* by element: index of the component it is; -1 */
};

static const char *const kind_names[COMPONENT_KINDS] = {
    [COMPONENT_ACTIVITY] = "activity", [COMPONENT_ALIAS] = "activity-alias",
    [COMPONENT_SERVICE] = "service",   [COMPONENT_RECEIVER] = "receiver",
    [COMPONENT_PROVIDER] = "provider",
};

const char *component_kind_name(enum component_kind kind)
{
    return kind_names[kind];
}

static struct bytes text(const struct manifest_reader *reader, const struct axml_element *element,
                         uint32_t id, const char *name)
{
    return attribute_text(axml_attribute_find(element, id, name), reader->resources, reader->arena);
}

static int64_t number(const struct manifest_reader *reader, const struct axml_element *element,
                      uint32_t id, const char *name, int64_t otherwise)
{
    int64_t value = otherwise;
    attribute_number(axml_attribute_find(element, id, name), reader->resources, &value);
    return value;
}

static enum said yes_or_no(const struct manifest_reader *reader, const struct axml_element *element,
                           uint32_t id, const char *name)
{
    int64_t value = number(reader, element, id, name, -1);
    return value == -1 ? SAID_NOTHING : value ? SAID_YES : SAID_NO;
}

/* ".Main" and "Main" are of the application's package. A name without memory is left as it is. */
static struct bytes name_whole(const struct manifest_reader *reader, struct bytes name)
{
    struct bytes package = reader->manifest->package;
    bool dotted = name.len && name.at[0] == '.';
    if (name.len == 0 || package.len == 0 || (!dotted && memchr(name.at, '.', name.len)))
        return name;
    size_t gap = dotted ? 0 : 1;
    char *whole = arena_take(reader->arena, package.len + gap + name.len + 1);
    if (!whole)
        return name;
    memcpy(whole, package.at, package.len);
    if (gap)
        whole[package.len] = '.';
    memcpy(whole + package.len + gap, name.at, name.len);
    return (struct bytes){whole, package.len + gap + name.len};
}

static void whole_read(struct manifest_reader *reader, const struct axml_element *element)
{
    struct manifest *manifest = reader->manifest;
    manifest->package = text(reader, element, 0, "package");
    manifest->version = text(reader, element, ATTRIBUTE_VERSION_NAME, "versionName");
    manifest->version_code = number(reader, element, ATTRIBUTE_VERSION_CODE, "versionCode", -1);
    manifest->shared_user = text(reader, element, ATTRIBUTE_SHARED_USER, "sharedUserId");
}

static void application_read(struct manifest_reader *reader, const struct axml_element *element)
{
    struct manifest *manifest = reader->manifest;
    const struct axml_attribute *network =
        axml_attribute_find(element, ATTRIBUTE_NETWORK, "networkSecurityConfig");
    manifest->label = text(reader, element, ATTRIBUTE_LABEL, "label");
    manifest->application = name_whole(reader, text(reader, element, ATTRIBUTE_NAME, "name"));
    manifest->debuggable = yes_or_no(reader, element, ATTRIBUTE_DEBUGGABLE, "debuggable");
    manifest->backup = yes_or_no(reader, element, ATTRIBUTE_BACKUP, "allowBackup");
    manifest->cleartext = yes_or_no(reader, element, ATTRIBUTE_CLEARTEXT, "usesCleartextTraffic");
    manifest->test_only = yes_or_no(reader, element, ATTRIBUTE_TEST_ONLY, "testOnly");
    manifest->legacy_storage =
        yes_or_no(reader, element, ATTRIBUTE_LEGACY_STORAGE, "requestLegacyExternalStorage");
    manifest->network_configuration = attribute_text(network, reader->resources, reader->arena);
}

static void sdk_read(struct manifest_reader *reader, const struct axml_element *element)
{
    struct manifest *manifest = reader->manifest;
    manifest->least_sdk = (int32_t)number(reader, element, ATTRIBUTE_LEAST_SDK, "minSdkVersion", 0);
    manifest->target_sdk =
        (int32_t)number(reader, element, ATTRIBUTE_TARGET_SDK, "targetSdkVersion", 0);
    manifest->greatest_sdk =
        (int32_t)number(reader, element, ATTRIBUTE_GREATEST_SDK, "maxSdkVersion", 0);
}

static void permission_read(struct manifest_reader *reader, const struct axml_element *element)
{
    struct manifest *manifest = reader->manifest;
    struct bytes name = text(reader, element, ATTRIBUTE_NAME, "name");
    if (name.len && manifest->permission_count < MANIFEST_PERMISSIONS)
        manifest->permissions[manifest->permission_count++] = name;
}

static void declared_read(struct manifest_reader *reader, const struct axml_element *element)
{
    struct manifest *manifest = reader->manifest;
    manifest->declared[manifest->declared_count++] = (struct manifest_permission){
        text(reader, element, ATTRIBUTE_NAME, "name"),
        (uint32_t)number(reader, element, ATTRIBUTE_PROTECTION, "protectionLevel", 0)};
}

static void component_read(struct manifest_reader *reader, const struct axml_element *element,
                           enum component_kind kind)
{
    struct manifest *manifest = reader->manifest;
    struct manifest_component component = {.kind = kind};
    component.name = name_whole(reader, text(reader, element, ATTRIBUTE_NAME, "name"));
    component.permission = text(reader, element, ATTRIBUTE_PERMISSION, "permission");
    component.read_permission = text(reader, element, ATTRIBUTE_READ_PERMISSION, "readPermission");
    component.write_permission =
        text(reader, element, ATTRIBUTE_WRITE_PERMISSION, "writePermission");
    component.authorities = text(reader, element, ATTRIBUTE_AUTHORITIES, "authorities");
    component.exported_said = yes_or_no(reader, element, ATTRIBUTE_EXPORTED, "exported");
    component.enabled = yes_or_no(reader, element, ATTRIBUTE_ENABLED, "enabled");
    component.grants_uris =
        yes_or_no(reader, element, ATTRIBUTE_GRANTS_URIS, "grantUriPermissions");
    reader->component_of[element - reader->axml->elements] = (int32_t)manifest->component_count;
    manifest->components[manifest->component_count++] = component;
}

static struct bytes data_text(struct manifest_reader *reader, const struct axml_element *element)
{
    struct bytes scheme = text(reader, element, ATTRIBUTE_SCHEME, "scheme");
    struct bytes host = text(reader, element, ATTRIBUTE_HOST, "host");
    struct bytes path = text(reader, element, ATTRIBUTE_PATH, "path");
    char *whole = arena_take(reader->arena, scheme.len + 3 + host.len + path.len + 1), *at = whole;
    if (!whole || scheme.len + host.len + path.len == 0)
        return BYTES("");
    const struct bytes parts[] = {scheme, BYTES("://"), host, path};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].len)
            memcpy(at, parts[i].at, parts[i].len);
        at += parts[i].len;
    }
    return (struct bytes){whole, (size_t)(at - whole)};
}

/* What stands in a filter; `filter` is the element around it. */
static void intent_read(struct manifest_reader *reader, const struct axml_element *element,
                        const struct axml_element *filter, enum intent_part part)
{
    struct manifest *manifest = reader->manifest;
    int32_t component = filter->parent < 0 ? -1 : reader->component_of[filter->parent];
    if (component < 0)
        return;
    struct manifest_intent intent = {
        .component = (uint32_t)component,
        .part = part,
        .value = part == INTENT_DATA ? data_text(reader, element)
                                     : text(reader, element, ATTRIBUTE_NAME, "name"),
        .priority = (int32_t)number(reader, filter, ATTRIBUTE_PRIORITY, "priority", 0)};
    struct manifest_component *of = &manifest->components[component];
    if (part == INTENT_CATEGORY &&
        bytes_equal(intent.value, BYTES("android.intent.category.LAUNCHER")))
        of->launched = true;
    if (intent.value.len)
        manifest->intents[manifest->intent_count++] = intent;
}

static bool is(const struct axml_element *element, const char *name)
{
    return bytes_equal(element->name, bytes_of(name));
}

static void filter_read(struct manifest_reader *reader, const struct axml_element *element)
{
    int32_t component = element->parent < 0 ? -1 : reader->component_of[element->parent];
    if (component >= 0)
        reader->manifest->components[component].filtered = true;
}

static void element_read(struct manifest_reader *reader, const struct axml_element *element)
{
    static const char *const parts[] = {"action", "category", "data"};
    const struct axml_element *elements = reader->axml->elements;
    const struct axml_element *parent = element->parent < 0 ? NULL : &elements[element->parent];
    reader->component_of[element - elements] = -1;
    if (is(element, "uses-permission") || is(element, "uses-permission-sdk-23"))
        permission_read(reader, element);
    if (!parent)
        return;
    if (parent->parent < 0 && is(element, "uses-sdk"))
        sdk_read(reader, element);
    if (parent->parent < 0 && is(element, "permission"))
        declared_read(reader, element);
    if (parent->parent < 0 && is(element, "application"))
        application_read(reader, element);
    if (is(element, "intent-filter"))
        filter_read(reader, element);
    for (int i = 0; is(parent, "application") && i < COMPONENT_KINDS; i++)
        if (is(element, kind_names[i]))
            component_read(reader, element, (enum component_kind)i);
    for (int i = 0; is(parent, "intent-filter") && i < 3; i++)
        if (is(element, parts[i]))
            intent_read(reader, element, parent, (enum intent_part)i);
}

/* Defaults: https://developer.android.com/guide/topics/manifest/ of each kind. */
static void exported_decide(struct manifest *manifest)
{
    for (uint32_t i = 0; i < manifest->component_count; i++) {
        struct manifest_component *component = &manifest->components[i];
        if (component->exported_said != SAID_NOTHING)
            component->exported = component->exported_said == SAID_YES;
        else if (component->kind == COMPONENT_PROVIDER)
            component->exported = manifest_target(manifest) < 17;
        else
            component->exported = component->filtered;
    }
}

/* Each once, in the order they were first asked for. */
static void permissions_unite(struct manifest *manifest)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < manifest->permission_count; i++) {
        uint32_t j = 0;
        while (j < kept && !bytes_equal(manifest->permissions[j], manifest->permissions[i]))
            j++;
        if (j == kept)
            manifest->permissions[kept++] = manifest->permissions[i];
    }
    manifest->permission_count = kept;
}

int manifest_read(const struct axml *axml, struct resources *resources, struct arena *arena,
                  struct manifest *ret_manifest, struct fault *ret_fault)
{
    struct manifest manifest = {.version_code = -1};
    struct manifest_reader reader = {axml, resources, arena, &manifest, NULL};
    size_t count = axml->count;
    if (!is(&axml->elements[0], "manifest")) {
        *ret_fault = (struct fault){"the document is no manifest", 0, 0};
        return -EBADMSG;
    }
    manifest.permissions = arena_take_array(arena, count, sizeof(*manifest.permissions));
    manifest.declared = arena_take_array(arena, count, sizeof(*manifest.declared));
    manifest.components = arena_take_array(arena, count, sizeof(*manifest.components));
    manifest.intents = arena_take_array(arena, count, sizeof(*manifest.intents));
    reader.component_of = arena_take_array(arena, count, sizeof(*reader.component_of));
    if (!manifest.permissions || !manifest.declared || !manifest.components || !manifest.intents ||
        !reader.component_of)
        return -ENOMEM;
    whole_read(&reader, &axml->elements[0]);
    for (uint32_t i = 0; i < axml->count; i++)
        element_read(&reader, &axml->elements[i]);
    exported_decide(&manifest);
    permissions_unite(&manifest);
    *ret_manifest = manifest;
    return 0;
}
