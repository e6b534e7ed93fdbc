/* A line is a record with every feature in its range, or refused and nothing written. */
#include <math.h>
#include <stdlib.h>

#include "observe/list/kdd_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct kdd_line line = {.class = UINT8_MAX};
    if (!kdd_line_read((struct bytes){(const char *)at, length}, &line)) {
        if (line.class != UINT8_MAX)
            abort();
        return 0;
    }
    if (line.class >= KDD_CLASSES)
        abort();
    for (int i = 0; i < KDD_NUMBERS; i++)
        if (!(line.numbers[i] >= 0) || isinf(line.numbers[i]))
            abort();
    for (int i = 0; i < KDD_NOMINALS; i++)
        if (line.nominals[i].len == 0 || line.nominals[i].len > KDD_NOMINAL_LIMIT)
            abort();
    return 0;
}
