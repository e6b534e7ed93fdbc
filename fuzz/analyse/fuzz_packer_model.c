/* Any bytes as a model: refused, or one that judges, and is saved as one that judges the same. */
#include <math.h>
#include <stdlib.h>

#include "analyse/packer/packer_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static struct specimen specimen = {.format = IMAGE_PE,
                                       .bits = 32,
                                       .machine = 0x14c,
                                       .entry_size = 5,
                                       .entry_bytes = {0x60, 0xe8, 3, 0, 0}};
    static struct extractor extractor;
    struct features features;
    struct packer_model model, again;
    struct packer_verdict one, other;
    struct buffer saved = {0};
    struct cursor from = cursor_over((struct bytes){(const char *)at, length});
    if (!extractor.wide && extractor_open(&extractor) != 0)
        abort();
    if (packer_model_load(&from, &model) != 0)
        return 0;
    features_extract(&extractor, &specimen, &features);
    packer_model_save(&model, &saved);
    from = cursor_over(buffer_bytes(&saved));
    if (saved.failed || packer_model_load(&from, &again) != 0)
        abort();
    bool judged = packer_judge(&model, &specimen, &features, &one);
    if (judged != packer_judge(&again, &specimen, &features, &other) ||
        (judged && (one.answer != other.answer || one.best != other.best)))
        abort();
    packer_model_finish(&model);
    packer_model_finish(&again);
    buffer_finish(&saved);
    return 0;
}
