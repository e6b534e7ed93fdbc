#include "triage/success/verdict.h"

#include <errno.h>
#include <stdlib.h>

struct baseline {
    size_t limit;
};

int baseline_new(size_t limit, struct baseline **ret_baseline)
{
    struct baseline *baseline = calloc(1, sizeof(*baseline));
    if (!baseline)
        return -ENOMEM;
    baseline->limit = limit;
    *ret_baseline = baseline;
    return 0;
}

void baseline_free(struct baseline *baseline)
{
    free(baseline);
}

size_t baseline_wants(const struct baseline *baseline, const struct exchange *exchange)
{
    (void)baseline;
    (void)exchange;
    return 0;
}

int baseline_learn(struct baseline *baseline, const struct exchange *exchange, bool suspect)
{
    (void)baseline;
    (void)exchange;
    (void)suspect;
    return 0;
}

bool verdict_wants_later(const struct attempts *attempts, const struct exchange *later)
{
    for (uint32_t i = 0; i < attempts->count; i++)
        for (uint32_t j = 0; j < attempts->items[i].expectations.count; j++) {
            const struct expectation *expectation = &attempts->items[i].expectations.items[j];
            if (expectation->kind == EXPECT_file && expectation->text.len &&
                memmem(later->target.at, later->target.len, expectation->text.at,
                       expectation->text.len))
                return true;
        }
    return false;
}

int verdict_reach(const struct exchange *exchange, const struct attempts *attempts,
                  const struct baseline *baseline, struct occurrences occurrences,
                  const struct exchange *const *later, size_t later_count, struct arena *arena,
                  struct verdict *ret_verdict)
{
    (void)exchange;
    (void)baseline;
    (void)occurrences;
    (void)later;
    (void)later_count;
    (void)arena;
    *ret_verdict = (struct verdict){
        .outcome = attempts->count ? OUTCOME_unknown : OUTCOME_benign,
        .class = attempts->count ? attempts->items[0].class : ATTACK_none,
    };
    return 0;
}
