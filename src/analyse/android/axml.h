/*
 * analyse/android/axml.h -- Android's binary XML → a tree of elements.
 *
 * Read as Android's own parser does (ResXMLTree, frameworks/base/libs/androidfw/ResourceTypes.cpp):
 * the type of the whole is not looked at, chunks of unknown kinds are gone past, attributes are as
 * long as the element says and may be known by their resource id alone, whatever they are called.
 * Beyond that, a wrong length of the whole or a part cut off does not end the reading: what is
 * there is read, and noted.
 *
 * Limits: AXML_ELEMENTS elements, AXML_ATTRIBUTES attributes; what is beyond is left out and noted.
 */
#ifndef ANALYSE_ANDROID_AXML_H
#define ANALYSE_ANDROID_AXML_H

#include "analyse/android/string_pool.h"
#include "base/fault.h"

enum { AXML_ELEMENTS = 1 << 17, AXML_ATTRIBUTES = 1 << 19 };

struct axml_attribute {
    struct bytes space, name; /* the namespace's address */
    struct bytes raw;         /* the text; empty where a value alone stands */
    uint32_t id;              /* of the framework's or another package's attribute; 0: none */
    uint32_t data;            /* by `type`: enum value_type */
    uint8_t type;
};

struct axml_element {
    struct bytes space, name;
    struct bytes text; /* the first directly in it */
    const struct axml_attribute *attributes;
    uint32_t attribute_count;
    int32_t parent; /* index; -1: the root */
};

struct axml {
    const struct axml_element *elements; /* in the order they open */
    uint32_t count;
};

/* Whether `file` starts as binary XML does, or nearly so. */
bool axml_is(struct bytes file);

/*
 * `file` must outlive the tree, which is in `arena`. -EBADMSG with a fault: no strings or no
 * element; -ENOMEM.
 */
int axml_read(struct bytes file, struct arena *arena, struct notes *notes, struct axml *ret_axml,
              struct fault *ret_fault) __attribute__((warn_unused_result));

/*
 * The attribute known as `id` (android.R.attr.…); else one without an id that is called `name`;
 * with id 0 the one called `name` in no namespace. NULL: none.
 */
const struct axml_attribute *axml_attribute_find(const struct axml_element *element, uint32_t id,
                                                 const char *name);

#endif
