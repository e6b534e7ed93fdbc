/* Any text is a configuration or is refused with a reason; what is accepted makes its tables. */
#include "observe/darknet_yaml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct arena arena = {0};
    struct darknet_configuration configuration;
    struct darknet_prefixes prefixes;
    struct fault fault = {NULL, 0, 0};
    int status =
        darknet_yaml_read((struct bytes){(const char *)at, length}, &arena, &configuration, &fault);
    if (status && !fault.why)
        abort();
    if (status == 0 && darknet_prefixes_make(&configuration, &prefixes) == 0) {
        for (uint32_t i = 0; i < configuration.organisation_count; i++)
            if (!prefix_table_find(&prefixes.organisations,
                                   &configuration.organisations[i].prefixes.at[0].address))
                abort(); /* an organisation without its own addresses */
        darknet_prefixes_finish(&prefixes);
    }
    arena_finish(&arena);
    return 0;
}
