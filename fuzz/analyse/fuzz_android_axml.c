/* Any bytes as binary XML: the tree is one, and a manifest or a network configuration is read of
 * it. */
#include <errno.h>
#include <stdlib.h>

#include "analyse/android/network_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static void tree_look(const struct axml *axml)
{
    for (uint32_t i = 0; i < axml->count; i++) {
        const struct axml_element *element = &axml->elements[i];
        if (element->parent >= (int32_t)i || element->parent < -1 || !element->name.at)
            abort();
        for (uint32_t j = 0; j < element->attribute_count; j++)
            if (!element->attributes[j].name.at || !element->attributes[j].raw.at)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct arena arena = {.limit = 64 << 20};
    struct notes notes = {0};
    struct fault fault = {0};
    struct network_config network;
    struct manifest manifest;
    struct axml axml;
    int error = axml_read((struct bytes){(const char *)at, length}, &arena, &notes, &axml, &fault);
    if (!error) {
        tree_look(&axml);
        network_config_read(&axml, &network);
        if (!network.present || network.domain_count > NETWORK_DOMAINS)
            abort();
        if (manifest_read(&axml, NULL, &arena, &manifest, &fault) == 0)
            for (uint32_t i = 0; i < manifest.intent_count; i++)
                if (manifest.intents[i].component >= manifest.component_count)
                    abort();
    } else if (!fault.why && error == -EBADMSG) {
        abort();
    }
    arena_finish(&arena);
    return 0;
}
