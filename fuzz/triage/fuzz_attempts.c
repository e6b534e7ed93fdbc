/* Any request is looked at within bounds: what the quick look passes over is looked at all the
 * same here, so that every recogniser sees everything. */
#include <stdlib.h>

#include "request.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static struct recognition *recognition;

/* Before the first input: putting the patterns together would count as that one's time. */
__attribute__((constructor)) static void recognition_open(void)
{
    if (recognition_new(&recognition) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct arena arena = {0};
    struct attempts attempts;
    struct sliced sliced;
    exchange_slice(at, length, &sliced);
    (void)recognition_suspects(recognition, &sliced.exchange);
    if (attempts_find(recognition, &sliced.exchange, &arena, &attempts) != 0)
        abort();
    if (attempts.count > ATTEMPTS)
        abort();
    for (uint32_t i = 0; i < attempts.count; i++)
        if (attempts.items[i].expectations.count > EXPECTATIONS ||
            attempts.items[i].class == ATTACK_none ||
            (i && attempts.items[i - 1].confidence < attempts.items[i].confidence))
            abort();
    arena_finish(&arena);
    return 0;
}
