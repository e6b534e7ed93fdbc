/* Any bytes as a model: refused, or one that scores, and is saved as the same. */
#include <stdlib.h>

#include "learn/radial_svm.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static const uint32_t columns[] = {0, 2, UINT32_MAX};
    static const float values[] = {1, -2, 3};
    struct radial_svm *model, *again;
    struct buffer saved = {0}, twice = {0};
    struct cursor from = cursor_over((struct bytes){(const char *)at, length});
    if (radial_svm_load(&from, &model) != 0)
        return 0;
    radial_svm_score(model, (struct sparse_row){columns, values, 3});
    radial_svm_save(model, &saved);
    from = cursor_over(buffer_bytes(&saved));
    if (saved.failed || radial_svm_load(&from, &again) != 0)
        abort();
    radial_svm_save(again, &twice);
    if (!bytes_equal(buffer_bytes(&saved), buffer_bytes(&twice)))
        abort();
    radial_svm_close(model);
    radial_svm_close(again);
    buffer_finish(&saved);
    buffer_finish(&twice);
    return 0;
}
