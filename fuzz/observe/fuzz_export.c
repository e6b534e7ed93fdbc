/* Datagrams of one exporter, each behind two bytes of its length. */
#include <stdlib.h>

#include "observe/flow/export.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static int flow_check(void *context, const struct flow *flow)
{
    uint64_t *count = context;
    if (!ip_given(&flow->source_ip) || !ip_given(&flow->destination_ip) || flow->end < flow->start)
        abort();
    if (!memchr(flow->application, 0, sizeof(flow->application)))
        abort();
    ++*count;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static const struct ip exporter = {{1}};
    struct exports *exports = exports_create();
    uint64_t count = 0;
    if (!exports)
        abort();
    while (length >= 2) {
        size_t size = (size_t)(at[0] << 8 | at[1]);
        size = size < length - 2 ? size : length - 2;
        char *copy = malloc(size ? size : 1);
        if (!copy)
            abort();
        memcpy(copy, at + 2, size);
        (void)!export_read(exports, &exporter, 1, (struct bytes){copy, size}, flow_check, &count);
        free(copy);
        at += 2 + size;
        length -= 2 + size;
    }
    if (count != export_counts(exports)->flows)
        abort();
    exports_destroy(exports);
    return 0;
}
