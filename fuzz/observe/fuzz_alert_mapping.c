/* A mapping file is one with a time and a name, or refused with a place and a reason. */
#include <stdlib.h>

#include "observe/alert/field.h"
#include "observe/alert/mapping.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct alert_mapping mapping;
    struct fault fault = {0};
    if (length > ALERT_MAPPING_FILE)
        return 0;
    int error = alert_mapping_parse((struct bytes){(const char *)at, length}, &mapping, &fault);
    if (error && !fault.why)
        abort();
    for (uint32_t i = 0; i < mapping.count; i++)
        if (mapping.columns[i].field >= ALERT_FIELD_COUNT || !mapping.columns[i].column.len)
            abort();
    alert_mapping_finish(&mapping);
    return 0;
}
