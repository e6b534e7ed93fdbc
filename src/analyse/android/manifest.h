/*
 * analyse/android/manifest.h -- what an application says about itself: AndroidManifest.xml.
 *
 * Attributes are known by their resource ids, as Android knows them, and by name only in a document
 * that has no ids. References are resolved where there are resources. Where an element stands does
 * count as it does for Android: a component belongs to <application>, a filter to a component.
 * Permissions asked for are taken wherever they stand.
 *
 * Limits: those of axml.h, and MANIFEST_PERMISSIONS permissions asked for.
 */
#ifndef ANALYSE_ANDROID_MANIFEST_H
#define ANALYSE_ANDROID_MANIFEST_H

#include "analyse/android/axml.h"
#include "analyse/android/resources.h"

enum { MANIFEST_PERMISSIONS = 4096 };

enum component_kind {
    COMPONENT_ACTIVITY,
    COMPONENT_ALIAS, /* another name for an activity */
    COMPONENT_SERVICE,
    COMPONENT_RECEIVER,
    COMPONENT_PROVIDER,
    COMPONENT_KINDS,
};

/* What the document says of a yes or no. */
enum said { SAID_NOTHING, SAID_NO, SAID_YES };

struct manifest_component {
    enum component_kind kind;
    struct bytes name;       /* with its package */
    struct bytes permission; /* who may use it; empty: anybody */
    struct bytes read_permission, write_permission, authorities; /* of a provider */
    enum said exported_said, enabled, grants_uris;
    bool exported; /* reachable for other applications, by what is said or by default */
    bool filtered; /* has an intent filter */
    bool launched; /* is what the home screen starts */
};

enum intent_part { INTENT_ACTION, INTENT_CATEGORY, INTENT_DATA };

struct manifest_intent {
    uint32_t component; /* index */
    enum intent_part part;
    struct bytes value; /* of data: "scheme://host/path", as much of it as there is */
    int32_t priority;   /* of the filter; 0: not said */
};

/* A permission the application makes for others. */
struct manifest_permission {
    struct bytes name;
    uint32_t protection; /* android:protectionLevel: 0 normal, 1 dangerous, 2 signature, … */
};

struct manifest {
    struct bytes package, version, label, shared_user, application, network_configuration;
    int64_t version_code;                        /* -1: not said */
    int32_t least_sdk, target_sdk, greatest_sdk; /* 0: not said */
    enum said debuggable, backup, cleartext, test_only, legacy_storage;
    struct bytes *permissions; /* asked for, each once, in order */
    uint32_t permission_count;
    struct manifest_permission *declared;
    uint32_t declared_count;
    struct manifest_component *components;
    uint32_t component_count;
    struct manifest_intent *intents;
    uint32_t intent_count;
};

/* The version Android goes by where the document says none. */
static inline int32_t manifest_target(const struct manifest *manifest)
{
    int32_t least = manifest->least_sdk ? manifest->least_sdk : 1;
    return manifest->target_sdk ? manifest->target_sdk : least;
}

/* "activity", "activity-alias", "service", "receiver", "provider". */
const char *component_kind_name(enum component_kind kind);

/*
 * `resources` may be NULL. Everything lives in `arena` or the file read. -EBADMSG with a fault: no
 * manifest; -ENOMEM.
 */
int manifest_read(const struct axml *axml, struct resources *resources, struct arena *arena,
                  struct manifest *ret_manifest, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* The value of an attribute as text, references resolved; empty where it has none. */
struct bytes attribute_text(const struct axml_attribute *attribute, struct resources *resources,
                            struct arena *arena);

/* True where it is a boolean or a number, or a text of one; `ret_value` of it. */
bool attribute_number(const struct axml_attribute *attribute, struct resources *resources,
                      int64_t *ret_value);

#endif
