/* A block of a damaged store is refused or gives alerts that make a block with the same alerts. */
#include <stdlib.h>

#include "store/alert_block.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static void round_trip(const struct alert *alerts, uint32_t count)
{
    struct alert_packer *packer = alert_packer_new();
    struct arena arena = {0};
    struct alert *again;
    struct bytes block;
    uint32_t read;
    if (!packer || alert_block_pack(packer, alerts, count, &block) ||
        alert_block_unpack(block, &arena, &again, &read) || read != count)
        abort();
    for (uint32_t i = 0; i < count; i++)
        if (again[i].time != alerts[i].time || again[i].id.offset != alerts[i].id.offset ||
            !bytes_equal(again[i].rule_name, alerts[i].rule_name) ||
            !bytes_equal(again[i].labels, alerts[i].labels))
            abort();
    arena_finish(&arena);
    alert_packer_free(packer);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct arena arena = {.limit = 64 << 20};
    struct alert *alerts;
    uint32_t count;
    if (alert_block_unpack((struct bytes){(const char *)at, length}, &arena, &alerts, &count) == 0)
        round_trip(alerts, count);
    arena_finish(&arena);
    return 0;
}
