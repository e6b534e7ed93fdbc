/* Any bytes unfold within the bounds, and what each step makes is never longer than what it took.
 */
#include <stdlib.h>

#include "triage/decode/layer.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct arena arena = {0};
    struct layers layers;
    if (layers_unfold((struct bytes){(const char *)at, length}, &arena, &layers) != 0)
        abort();
    if (layers.count == 0 || layers.count > LAYERS)
        abort();
    for (uint32_t i = 1; i < layers.count; i++) {
        const struct layer *layer = &layers.items[i];
        if (layer->parent >= i || layer->depth > LAYER_DEPTH || layer->text.len == 0 ||
            layer->text.len > layers.items[layer->parent].text.len)
            abort();
        if (layer_path(&layers, i, &arena).len == 0)
            abort();
    }
    arena_finish(&arena);
    return 0;
}
