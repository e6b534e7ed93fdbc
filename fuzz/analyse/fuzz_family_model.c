/* Any bytes as a model: refused, or one that judges, and is saved as one that judges the same. */
#include <stdlib.h>

#include "analyse/family/family_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static const struct behaviour_call calls[] = {
        {{"ntopenfile", 10}, 1}, {{"ntclose", 7}, 3}, {{"ntopenfile", 10}, 2}};
    static const struct bytes tokens[] = {{"file:a", 6}};
    const struct behaviour behaviour = {
        .calls = calls, .tokens = tokens, .call_count = 3, .token_count = 1};
    struct arena arena = {.newest = NULL};
    struct family_features features;
    struct family_model model, again;
    struct family_verdict one, other;
    struct buffer saved = {0};
    struct cursor from = cursor_over((struct bytes){(const char *)at, length});
    if (family_model_load(&from, &model) != 0)
        return 0;
    family_model_save(&model, &saved);
    from = cursor_over(buffer_bytes(&saved));
    if (saved.failed || family_model_load(&from, &again) != 0 ||
        family_features_make(&behaviour, &arena, &features) != 0 ||
        family_judge(&model, &features, &one) != 0 || family_judge(&again, &features, &other) != 0)
        abort();
    if (one.best != other.best || one.best >= model.classes || one.is_unknown != other.is_unknown)
        abort();
    family_model_finish(&model);
    family_model_finish(&again);
    buffer_finish(&saved);
    arena_finish(&arena);
    return 0;
}
