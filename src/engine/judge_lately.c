#include "engine/judge_lately.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash_table.h"
#include "base/time.h"
#include "engine/judge_alerts.h"

struct said {
    uint64_t ends, number; /* number: how many-eth that was kept */
    int64_t from, to;
    uint32_t before; /* of the same ends: the one kept before it, unless overwritten */
    struct alert_verdict verdict;
    char *text; /* of its proof; the ring's */
};

struct judge_lately {
    struct said *ring;
    uint64_t kept;
    struct hash_table index; /* ends → newest */
};

int judge_lately_new(struct judge_lately **ret_lately)
{
    struct judge_lately *lately = calloc(1, sizeof(*lately));
    if (lately)
        lately->ring = calloc(JUDGE_LATELY, sizeof(*lately->ring));
    if (!lately || !lately->ring) {
        free(lately);
        return -ENOMEM;
    }
    *ret_lately = lately;
    return 0;
}

void judge_lately_free(struct judge_lately *lately)
{
    if (!lately)
        return;
    for (uint32_t i = 0; i < JUDGE_LATELY; i++)
        free(lately->ring[i].text);
    hash_table_finish(&lately->index);
    free(lately->ring);
    free(lately);
}

int judge_lately_keep(struct judge_lately *lately, const struct exchange *exchange,
                      const struct alert_verdict *verdict)
{
    uint32_t at = (uint32_t)(lately->kept % JUDGE_LATELY);
    struct said *said = &lately->ring[at];
    char *text = malloc(verdict->proof_json.len + 1);
    if (!text)
        return -ENOMEM;
    if (lately->kept >= JUDGE_LATELY && hash_table_get(&lately->index, said->ends) == at)
        hash_table_remove(&lately->index, said->ends);
    free(said->text);
    uint64_t ends = exchange_ends(exchange);
    *said = (struct said){.ends = ends,
                          .number = ++lately->kept,
                          .before = hash_table_get(&lately->index, ends),
                          .verdict = *verdict,
                          .text = text};
    exchange_span(exchange, &said->from, &said->to);
    if (verdict->proof_json.len)
        memcpy(text, verdict->proof_json.at, verdict->proof_json.len);
    said->verdict.proof_json.at = text;
    return hash_table_put(&lately->index, ends, at);
}

bool judge_lately_find(const struct judge_lately *lately, const struct alert *alert,
                       struct alert_verdict *ret_verdict)
{
    uint64_t ends = alert_ends(alert), number = UINT64_MAX;
    int64_t nearest = TIME_SECOND + 1;
    uint32_t at = hash_table_get(&lately->index, ends);
    while (at != HASH_TABLE_NONE && lately->ring[at].ends == ends &&
           lately->ring[at].number < number) {
        const struct said *said = &lately->ring[at];
        int64_t gap = alert->time < said->from ? said->from - alert->time
                      : alert->time > said->to ? alert->time - said->to
                                               : 0;
        if (gap < nearest) {
            nearest = gap;
            *ret_verdict = said->verdict;
        }
        number = said->number;
        at = said->before;
    }
    return nearest <= TIME_SECOND;
}
