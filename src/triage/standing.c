#include "triage/standing.h"

const char *standing_reason_name(enum standing_reason reason)
{
    static const char *const names[] = {
#define X(name) #name,
        STANDING_REASONS(X)
#undef X
    };
    return names[reason];
}

static struct standing severity_standing(uint8_t severity)
{
    uint8_t priority = severity == 0 ? 2 : severity < 3 ? (uint8_t)(4 - severity) : 1;
    return (struct standing){priority, severity ? STANDING_severity : STANDING_untold};
}

/* What a model says; STANDING_untold: nothing that decides. */
static struct standing model_standing(const struct standing_facts *facts)
{
    if (facts->side == SIDE_filtered)
        return (struct standing){0, STANDING_filtered};
    if (facts->side == SIDE_raised)
        return (struct standing){facts->level > 3 ? facts->level : 3, STANDING_raised};
    if (facts->side == SIDE_kept && facts->level >= STANDING_SHOWN)
        return (struct standing){facts->level, STANDING_level};
    if (facts->novelty >= facts->cut) {
        uint8_t priority = severity_standing(facts->severity).priority;
        return (struct standing){priority > 2 ? priority : 2, STANDING_new};
    }
    if (facts->novelty < facts->cut)
        return (struct standing){1, STANDING_routine};
    return (struct standing){0, STANDING_untold}; /* either is not a number */
}

struct standing standing_of(const struct standing_facts *facts)
{
    if (facts->judged && facts->gravest == OUTCOME_success)
        return (struct standing){4, STANDING_success};
    if (facts->judged_all && facts->gravest == OUTCOME_failed)
        return (struct standing){1, STANDING_failed};
    if (facts->judged_all && facts->gravest == OUTCOME_benign)
        return (struct standing){0, STANDING_benign};
    struct standing standing = model_standing(facts);
    return standing.reason == STANDING_untold ? severity_standing(facts->severity) : standing;
}
