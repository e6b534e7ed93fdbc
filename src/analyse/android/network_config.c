#include "analyse/android/network_config.h"

static bool is(const struct axml_element *element, const char *name)
{
    return bytes_equal(element->name, bytes_of(name));
}

static enum said cleartext_of(const struct axml_element *element)
{
    int64_t value;
    if (!attribute_number(axml_attribute_find(element, 0, "cleartextTrafficPermitted"), NULL,
                          &value))
        return SAID_NOTHING;
    return value ? SAID_YES : SAID_NO;
}

/* The closest element around that says whether the clear is allowed. */
static enum said cleartext_around(const struct axml *axml, const struct axml_element *element)
{
    while (element->parent >= 0) {
        element = &axml->elements[element->parent];
        enum said said = cleartext_of(element);
        if (said != SAID_NOTHING)
            return said;
    }
    return SAID_NOTHING;
}

static bool is_debugging(const struct axml *axml, const struct axml_element *element)
{
    for (; element->parent >= 0; element = &axml->elements[element->parent])
        if (is(element, "debug-overrides"))
            return true;
    return false;
}

void network_config_read(const struct axml *axml, struct network_config *ret_config)
{
    struct network_config config = {.present = true};
    for (uint32_t i = 0; i < axml->count; i++) {
        const struct axml_element *element = &axml->elements[i];
        const struct axml_attribute *source = axml_attribute_find(element, 0, "src");
        if (is(element, "base-config"))
            config.cleartext = cleartext_of(element);
        if (is(element, "domain") && config.domain_count < NETWORK_DOMAINS &&
            cleartext_around(axml, element) == SAID_YES)
            config.domains[config.domain_count++] = element->text;
        if (is(element, "certificates") && source && bytes_equal(source->raw, BYTES("user")) &&
            !is_debugging(axml, element))
            config.trusts_user = true;
        config.pins += is(element, "pin-set");
    }
    *ret_config = config;
}
