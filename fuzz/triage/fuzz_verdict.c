/* Any request with any answer is judged, and each outcome is said with what it needs. */
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

/* The same exchange without its attack is the baseline, every other time. */
static void judge(const struct exchange *exchange, const struct attempts *attempts, bool learnt,
                  struct arena *arena)
{
    struct baseline *baseline;
    struct verdict verdict;
    const struct aftermath aftermath = {0};
    if (baseline_new(1 << 20, &baseline) != 0)
        abort();
    if (learnt && baseline_learn(baseline, exchange, NULL, (struct bytes){0}) != 0)
        abort();
    if (verdict_learn(exchange, attempts, baseline, arena) != 0 ||
        verdict_reach(exchange, attempts, baseline, &aftermath, arena, &verdict) != 0)
        abort();
    if ((unsigned)verdict.outcome >= OUTCOME_COUNT || verdict.confidence < 0 ||
        verdict.confidence > 1 || verdict.reason.english.len == 0)
        abort();
    if (verdict.outcome == OUTCOME_success && verdict.proof.found.len == 0)
        abort();
    baseline_free(baseline);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct arena arena = {0};
    struct attempts attempts;
    struct sliced sliced;
    exchange_slice(at, length, &sliced);
    if (attempts_find(recognition, &sliced.exchange, &arena, &attempts) != 0)
        abort();
    if (attempts.count) {
        judge(&sliced.exchange, &attempts, false, &arena);
        judge(&sliced.exchange, &attempts, true, &arena);
    }
    arena_finish(&arena);
    return 0;
}
