#include "analyse/android/app_verdict.h"

#include <stdlib.h>

const char *light_name(enum light light)
{
    static const char *const names[] = {"green", "amber", "red"};
    return names[light];
}

static void evidence_add(struct app_finding *finding, struct bytes evidence)
{
    if (evidence.len == 0)
        return;
    for (uint32_t i = 0; i < finding->evidence_count; i++)
        if (bytes_equal(finding->evidence[i], evidence))
            return;
    if (finding->evidence_count < FINDING_EVIDENCE)
        finding->evidence[finding->evidence_count++] = evidence;
    else
        finding->more++;
}

void finding_add(struct app_side *side, struct finding_kind kind, struct bytes evidence)
{
    uint32_t i = 0;
    while (i < side->count && strcmp(side->findings[i].kind.name, kind.name) != 0)
        i++;
    if (i == APP_FINDINGS)
        return;
    if (i == side->count)
        side->findings[side->count++].kind = kind;
    evidence_add(&side->findings[i], evidence);
}

static int findings_compare(const void *a, const void *b)
{
    const struct app_finding *left = a, *right = b;
    if (left->kind.weight != right->kind.weight)
        return left->kind.weight > right->kind.weight ? -1 : 1;
    return strcmp(left->kind.name, right->kind.name);
}

static uint32_t findings_of(const struct app_side *side, enum weight weight)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < side->count; i++)
        count += side->findings[i].kind.weight == weight;
    return count;
}

/* One heavy weakness is enough for whoever comes looking. */
static enum light vulnerability_light(const struct app_side *side)
{
    return findings_of(side, WEIGHT_HEAVY)    ? LIGHT_RED
           : findings_of(side, WEIGHT_MIDDLE) ? LIGHT_AMBER
                                              : LIGHT_GREEN;
}

/* Heavy ones are rare in honest applications, and two of them together more so. */
static enum light findings_light(const struct app_side *side)
{
    uint32_t heavy = findings_of(side, WEIGHT_HEAVY), middle = findings_of(side, WEIGHT_MIDDLE);
    return heavy >= 2 ? LIGHT_RED : heavy || middle >= 2 ? LIGHT_AMBER : LIGHT_GREEN;
}

enum light threat_light(const struct app_side *threat, double probability)
{
    if (probability >= 0.5)
        return LIGHT_RED;
    return probability >= 0.1 || findings_light(threat) == LIGHT_RED ? LIGHT_AMBER : LIGHT_GREEN;
}

void app_verdict_find(const struct app *app, struct app_verdict *ret_verdict)
{
    memset(ret_verdict, 0, sizeof(*ret_verdict));
    weaknesses_find(app, &ret_verdict->vulnerability);
    threats_find(app, &ret_verdict->threat);
    struct app_side *sides[] = {&ret_verdict->vulnerability, &ret_verdict->threat};
    for (int i = 0; i < 2; i++)
        qsort(sides[i]->findings, sides[i]->count, sizeof(sides[i]->findings[0]), findings_compare);
    ret_verdict->vulnerability.light = vulnerability_light(&ret_verdict->vulnerability);
    ret_verdict->threat.light = findings_light(&ret_verdict->threat);
}
