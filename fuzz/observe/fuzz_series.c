/* Any line is a point or refused; a point has a name, a time in range and a count. */
#include <math.h>
#include <stdlib.h>

#include "observe/list/series_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct bytes name = {NULL, 0};
    int64_t time = -1;
    double value = -1;
    bool good = series_line_parse((struct bytes){(const char *)at, length}, &time, &name, &value);
    if (good ? !(value >= 0) || isinf(value) || name.len == 0 : value != -1 || name.at)
        abort();
    return 0;
}
