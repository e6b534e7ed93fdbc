/* Any bytes as planes: refused, or ones that score, and are saved as planes that say the same. */
#include <math.h>
#include <stdlib.h>

#include "learn/linear_svm.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct linear_svm *model, *again;
    struct cursor from = cursor_over((struct bytes){(const char *)at, length});
    if (linear_svm_load(&from, &model) != 0)
        return 0;
    uint32_t columns[] = {0, linear_svm_columns(model) - 1, UINT32_MAX};
    float values[] = {1, 2, 3}, scores[LINEAR_SVM_CLASSES], same[LINEAR_SVM_CLASSES];
    linear_svm_score(model, (struct sparse_row){columns, values, 3}, scores);
    struct buffer saved = {0};
    linear_svm_save(model, &saved);
    from = cursor_over(buffer_bytes(&saved));
    if (saved.failed || linear_svm_load(&from, &again) != 0)
        abort();
    linear_svm_score(again, (struct sparse_row){columns, values, 3}, same);
    if (memcmp(scores, same, linear_svm_classes(model) * sizeof(*same)) != 0)
        abort();
    linear_svm_close(model);
    linear_svm_close(again);
    buffer_finish(&saved);
    return 0;
}
