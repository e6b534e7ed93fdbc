/* Values of attributes, as text and as numbers. */
#include <stdio.h>

#include "analyse/android/chunk.h"
#include "analyse/android/manifest.h"

/* References followed, where there is anything to follow them with. */
static struct resource_value value_of(const struct axml_attribute *attribute,
                                      struct resources *resources)
{
    struct resource_value value = {attribute->raw, attribute->data, attribute->type};
    if (attribute->type != VALUE_REFERENCE && attribute->type != VALUE_DYNAMIC_REFERENCE)
        return value;
    struct resource_value resolved;
    if (resources && resources_find(resources, attribute->data, &resolved))
        return resolved;
    value.text = (struct bytes){"", 0};
    return value;
}

struct bytes attribute_text(const struct axml_attribute *attribute, struct resources *resources,
                            struct arena *arena)
{
    char text[32];
    if (!attribute)
        return (struct bytes){"", 0};
    struct resource_value value = value_of(attribute, resources);
    switch (value.type) {
    case VALUE_STRING:
        return value.text;
    case VALUE_REFERENCE:
    case VALUE_DYNAMIC_REFERENCE:
        snprintf(text, sizeof(text), "@%08X", value.data);
        break;
    case VALUE_INTEGER:
        snprintf(text, sizeof(text), "%d", (int32_t)value.data);
        break;
    case VALUE_HEXADECIMAL:
        snprintf(text, sizeof(text), "0x%x", value.data);
        break;
    case VALUE_BOOLEAN:
        return value.data ? BYTES("true") : BYTES("false");
    case VALUE_FLOAT: {
        float number;
        memcpy(&number, &value.data, sizeof(number));
        snprintf(text, sizeof(text), "%g", (double)number);
        break;
    }
    default:
        return value.text.at ? value.text : BYTES("");
    }
    struct bytes copy = arena_copy(arena, bytes_of(text));
    return copy.at ? copy : BYTES("");
}

/* Digits, with a sign or 0x; Android reads versions from text, too. */
static bool text_number(struct bytes text, int64_t *ret_value)
{
    int64_t value = 0;
    bool minus = text.len && text.at[0] == '-';
    bool wide = text.len > 2 && text.at[0] == '0' && (text.at[1] | 32) == 'x';
    size_t from = minus ? 1 : wide ? 2 : 0;
    if (text.len == from || text.len > from + 10)
        return false;
    for (size_t i = from; i < text.len; i++) {
        char c = ascii_lower(text.at[i]);
        bool digit = c >= '0' && c <= '9', letter = wide && c >= 'a' && c <= 'f';
        if (!digit && !letter)
            return false;
        value = value * (wide ? 16 : 10) + (digit ? c - '0' : c - 'a' + 10);
    }
    *ret_value = minus ? -value : value;
    return true;
}

bool attribute_number(const struct axml_attribute *attribute, struct resources *resources,
                      int64_t *ret_value)
{
    if (!attribute)
        return false;
    struct resource_value value = value_of(attribute, resources);
    switch (value.type) {
    case VALUE_STRING:
        if (bytes_equal(value.text, BYTES("true")) || bytes_equal(value.text, BYTES("false"))) {
            *ret_value = value.text.len == 4;
            return true;
        }
        return text_number(value.text, ret_value);
    case VALUE_BOOLEAN:
        *ret_value = value.data != 0;
        return true;
    case VALUE_INTEGER:
    case VALUE_HEXADECIMAL:
        *ret_value = (int32_t)value.data;
        return true;
    default:
        return false;
    }
}
