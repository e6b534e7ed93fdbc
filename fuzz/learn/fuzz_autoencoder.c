/*
 * Any bytes as an autoencoder: refused, or one that scores without reading where it shouldn't and
 * is saved as the bytes it was read from. Weights may be as large as floats are, so scores may be
 * infinite.
 */
#include <stdlib.h>

#include "learn/autoencoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

enum { ROWS = 5 };

static void rows_score(const struct autoencoder *model)
{
    uint32_t columns = autoencoder_columns(model);
    float *rows = malloc(ROWS * columns * sizeof(*rows));
    float *errors = malloc(ROWS * columns * sizeof(*errors));
    double scores[ROWS];
    if (!rows || !errors)
        abort();
    for (uint32_t i = 0; i < ROWS * columns; i++)
        rows[i] = (float)(i % 29) - 14;
    if (autoencoder_score(model, rows, ROWS, scores, errors) != 0)
        abort();
    free(rows);
    free(errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct autoencoder *model;
    struct cursor from = cursor_over((struct bytes){(const char *)at, length});
    if (autoencoder_load(&from, &model) != 0)
        return 0;
    rows_score(model);
    struct buffer saved = {0};
    autoencoder_save(model, &saved);
    if (saved.failed || !bytes_equal(buffer_bytes(&saved),
                                     (struct bytes){(const char *)at, length - cursor_left(&from)}))
        abort();
    buffer_finish(&saved);
    autoencoder_close(model);
    return 0;
}
