/* Any bytes as a thing of any kind: every mask made of it has an expression, and any bytes as a
 * mask have one or are refused. The first byte is the kind. */
#include <stdlib.h>

#include "analyse/ioc/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static void mask_check(void *context, enum pattern_level level, struct bytes mask)
{
    struct buffer *regex = context;
    buffer_clear(regex);
    if (pattern_regex(mask, regex) != 0 || regex->len == 0)
        abort();
    double clarity = pattern_clarity(REPORT_file, level, mask);
    if (!(clarity > 0 && clarity <= 1))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct buffer regex = {0};
    if (length == 0)
        return 0;
    struct bytes text = {(const char *)at + 1, length - 1};
    pattern_derive((enum report_kind)(at[0] % REPORT_KIND_COUNT), text, mask_check, &regex);
    buffer_clear(&regex);
    if (pattern_regex(text, &regex) != 0 && regex.len != 0)
        abort();
    buffer_finish(&regex);
    return 0;
}
