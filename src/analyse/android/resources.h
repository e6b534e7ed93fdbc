/*
 * analyse/android/resources.h -- resources.arsc: what a reference like 0x7f040001 stands for.
 *
 * Of several values for languages, screens and versions the default one is taken, or the first
 * where there is none. Entries may be full, sparse, with short offsets, or compact (Android 14).
 * Only simple values are resolved; arrays, styles and plurals are none.
 *
 * Limits: RESOURCES_TYPES chunks of values are kept in all, references are followed
 * RESOURCES_DEPTH deep, and all lookups together take RESOURCES_EFFORT steps, then find nothing.
 */
#ifndef ANALYSE_ANDROID_RESOURCES_H
#define ANALYSE_ANDROID_RESOURCES_H

#include "analyse/android/string_pool.h"
#include "base/fault.h"

enum { RESOURCES_TYPES = 1 << 16, RESOURCES_DEPTH = 16, RESOURCES_EFFORT = 1 << 28 };

struct resource_value {
    struct bytes text; /* of a string; else empty */
    uint32_t data;
    uint8_t type; /* enum value_type */
};

/* Values of one kind for one configuration. */
struct resource_type {
    struct bytes chunk; /* whole */
    uint32_t entries;
    uint16_t header;
    uint8_t package, type, flags;
    bool is_default;
};

struct resources {
    struct string_pool strings;
    struct resource_type *types;
    uint32_t type_count;
    uint64_t effort; /* steps that lookups may still take */
};

/* `file` must outlive it. -EBADMSG with a fault: no such table; -ENOMEM. */
int resources_read(struct bytes file, struct arena *arena, struct notes *notes,
                   struct resources *ret_resources, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* What `id` stands for, references followed to their end. False: nothing simple is there. */
bool resources_find(struct resources *resources, uint32_t id, struct resource_value *ret_value);

#endif
