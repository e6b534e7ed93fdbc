/* Any bytes as a set of indicators: refused with a reason, or written and read back the same. */
#include <stdlib.h>

#include "analyse/ioc/notation.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static void set_write(const struct indicator_set *set, struct buffer *out)
{
    for (uint32_t i = 0; i < set->count; i++) {
        struct json json = {.out = out};
        indicator_json(&set->items[i], &json);
        buffer_put_char(out, '\n');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct indicator_set set = {.count = 0}, again = {.count = 0};
    struct fault fault = {NULL, 0, 0};
    struct buffer one = {0}, other = {0};
    int error = indicators_read((struct bytes){(const char *)at, length}, &set, &fault);
    if (error && !fault.why)
        abort();
    set_write(&set, &one);
    if (indicators_read(buffer_bytes(&one), &again, &fault) != 0 || again.count != set.count)
        abort();
    set_write(&again, &other);
    if (!bytes_equal(buffer_bytes(&one), buffer_bytes(&other)))
        abort();
    buffer_finish(&one);
    buffer_finish(&other);
    indicator_set_finish(&set);
    indicator_set_finish(&again);
    return 0;
}
