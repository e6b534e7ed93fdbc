#include "triage/success/statement.h"

#include <inttypes.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "triage/success/rows.h"

static const struct attempt *attempt_probing(const struct attempts *attempts)
{
    for (uint32_t i = 0; i < attempts->count; i++)
        if (attempts->items[i].probe)
            return &attempts->items[i];
    return NULL;
}

static bool was_not_sent(void *context, const struct found *found)
{
    return !answer_asked(context, found->text);
}

/* A text that nothing else explains stands in the answer. */
static bool trace_stands(const struct answer *answer, const struct attempt *attempt)
{
    for (uint32_t i = 0; i < attempt->expectations.count; i++) {
        const struct expectation *expectation = &attempt->expectations.items[i];
        struct found found;
        if (!expectation->certain)
            continue;
        bool seen = expectation->kind == EXPECT_literal
                        ? answer_find_literal(answer, expectation->text, &found) &&
                              !answer_asked(answer, found.text)
                        : answer_find_pattern(answer, expectation->text, false, was_not_sent,
                                              (void *)(uintptr_t)answer, &found);
        if (seen)
            return true;
    }
    return false;
}

bool statement_observe(const struct trial *trial, struct contrast_answer *ret_answer)
{
    const struct exchange *exchange = trial->exchange;
    const struct attempt *attempt = attempt_probing(trial->attempts);
    const struct message *response = &exchange->response;
    struct found refusal;
    if (!attempt || !response->complete || response->cut || response->damaged)
        return false;
    *ret_answer = (struct contrast_answer){
        .probe = *attempt->probe,
        .raw = hash_bytes(response->body),
        .rest = hash_bytes(trial->rest),
        .status = exchange->status,
        .seconds = trial_seconds(trial),
        .refused = sql_error_shown(&trial->answer, &refusal),
        .ran = trace_stands(&trial->answer, attempt),
        .packet = exchange->request.packet,
    };
    return true;
}

/* It took as long as it was told to, or longer: it may have run after all. */
static bool has_waited(const struct attempts *attempts, double seconds)
{
    for (uint32_t i = 0; i < attempts->count; i++)
        for (uint32_t j = 0; j < attempts->items[i].expectations.count; j++) {
            const struct expectation *expectation = &attempts->items[i].expectations.items[j];
            if (expectation->kind == EXPECT_delay && seconds >= expectation->seconds * 0.95)
                return true;
        }
    return false;
}

static const struct sentence reasons[] = {
    [CONTRAST_decided] = {BYTES("rows are there or not as the conditions of several such requests "
                                "say"),
                          BYTES("条件の真偽どおりに行が現れたり消えたりする")},
    [CONTRAST_no_rows] = {BYTES("the statement would show rows, and the page for nothing found "
                                "came"),
                          BYTES("文が実行されれば行が出るが、該当なしのページが返った")},
    [CONTRAST_not_same] = {BYTES("the page is not what such a condition would make of it"),
                           BYTES("ページが条件から予想されるものと異なる")},
    [CONTRAST_refuted] = {BYTES("conditions change nothing in this place, quoted like this"),
                          BYTES("この引用の仕方では、条件を変えてもページが変わらない")},
    [CONTRAST_other] = {BYTES("this place stands in other quotes, as another attack showed"),
                        BYTES("別の攻撃から、この場所の引用符は異なると分かる")},
    [CONTRAST_broken] =
        {BYTES("quotes and brackets alone run nothing, and no error of a database "
               "came back"),
         BYTES("引用符と括弧だけでは何も実行されず、データベースのエラーも返らなかった")},
    [CONTRAST_no_wait] = {BYTES("the statement would have waited, and the answer came at once"),
                          BYTES("文が実行されれば待つはずが、すぐに応答した")},
};

/* Who looks at the proof finds a request of each kind by its packet. */
static struct bytes pairs_text(const struct contrast_pairs *pairs, struct arena *arena)
{
    struct buffer text = {0};
    buffer_put_format(&text,
                      "%" PRIu32 " true conditions (packet %" PRIu64 "), %" PRIu32
                      " false ones (packet %" PRIu64 ")",
                      pairs->yes_count, pairs->yes_packet, pairs->no_count, pairs->no_packet);
    struct bytes copy = arena_copy(arena, buffer_bytes(&text));
    buffer_finish(&text);
    return copy;
}

bool statement_judge(const struct trial *trial, struct verdict *verdict)
{
    const struct attempts *attempts = trial->attempts;
    const struct attempt *attempt = attempt_probing(attempts);
    struct contrast_answer own;
    struct contrast_pairs pairs = {0};
    if (!attempt || attempts->items[0].class != attempt->class || !statement_observe(trial, &own) ||
        has_waited(attempts, own.seconds))
        return false;
    enum contrast_finding finding =
        baseline_contrast(trial->baseline, trial->exchange, &own, &pairs);
    if (finding == CONTRAST_none)
        return false;
    bool decided = finding == CONTRAST_decided;
    if (finding == CONTRAST_refuted && trial_is_unexplained(trial))
        return false;
    verdict->outcome = decided ? OUTCOME_success : OUTCOME_failed;
    verdict->class = attempt->class;
    verdict->confidence = 0.95;
    verdict->reason = reasons[finding];
    verdict->proof = (struct proof){
        .kind = finding == CONTRAST_no_wait ? EXPECT_delay : EXPECT_rows,
        .command = attempt->command,
        .expected = decided ? BYTES("the plain value's page where the condition is true, another "
                                    "where it is false")
                            : (struct bytes){0},
        .found = decided ? pairs_text(&pairs, trial->arena) : (struct bytes){0},
        .packet = trial->exchange->response.packet,
    };
    return true;
}
