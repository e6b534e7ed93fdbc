#include <math.h>

#include "base/buffer.h"
#include "triage/success/consequence.h"
#include "triage/success/markup.h"
#include "triage/success/rows.h"
#include "triage/success/trial.h"

/* A line of its own that nothing else explains is worth this much more. */
#define LINE_BITS 8.0

static bool found_is_news(void *context, const struct found *found)
{
    return trial_is_news(context, found);
}

/* … nor was it asked with signs between that a filter may have taken out. */
static bool joint_is_news(void *context, const struct found *found)
{
    const struct trial *trial = context;
    return trial_is_news(trial, found) && !answer_asked_squeezed(&trial->answer, found->text);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_number(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_digit(text.at[i]))
            return false;
    return text.len > 0;
}

/* Nothing but letters: "root", "Linux". */
static bool is_word(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (ascii_lower(text.at[i]) < 'a' || ascii_lower(text.at[i]) > 'z')
            return false;
    return text.len > 0;
}

/* A number, not a piece of a longer one. */
static bool number_is_news(void *context, const struct found *found)
{
    const struct trial *trial = context;
    struct bytes view = trial->answer.views[found->view];
    size_t end = found->offset + found->text.len;
    bool piece = (found->offset > 0 && is_digit(view.at[found->offset - 1])) ||
                 (end < view.len && is_digit(view.at[end]));
    return !piece && trial_is_news(trial, found);
}

static void sighting_in_answer(const struct trial *trial, const struct expectation *expectation,
                               const struct found *found, double bits,
                               struct sighting *ret_sighting)
{
    *ret_sighting = (struct sighting){
        .bits = bits,
        .proof = {.kind = expectation->kind,
                  .command = expectation->command,
                  .expected = expectation->text,
                  .found = found->text,
                  .packet = message_packet(&trial->exchange->response, found->offset),
                  .offset = found->offset},
    };
}

static bool text_seen(struct trial *trial, const struct expectation *expectation,
                      struct sighting *ret_sighting)
{
    struct found found;
    if (trial->fixed && !expectation->certain)
        return false;
    if (expectation->kind != EXPECT_pattern) {
        if (!answer_find_literal(&trial->answer, expectation->text, &found) ||
            !trial_is_news(trial, &found))
            return false;
        sighting_in_answer(trial, expectation, &found, expectation->bits, ret_sighting);
        return true;
    }
    bool number = is_number(expectation->text);
    bool joint = expectation_is_joint(expectation);
    double wanted = number ? SUCCESS_BITS : is_word(expectation->text) ? WORD_BITS : PLAIN_BITS;
    bool plain = expectation->bits >= wanted;
    double bits = expectation->bits + (plain ? 0 : LINE_BITS);
    if (bits < SUCCESS_BITS || !answer_find_pattern(&trial->answer, expectation->text, !plain,
                                                    number  ? number_is_news
                                                    : joint ? joint_is_news
                                                            : found_is_news,
                                                    trial, &found))
        return false;
    sighting_in_answer(trial, expectation, &found, bits, ret_sighting);
    return true;
}

/* Here a reflection is the very trace, if it came back where it runs. */
static bool markup_seen(const struct trial *trial, const struct expectation *expectation,
                        struct sighting *ret_sighting)
{
    struct found found;
    if (!markup_runs(&trial->answer, expectation->text, &found))
        return false;
    sighting_in_answer(trial, expectation, &found, SUCCESS_BITS, ret_sighting);
    return true;
}

static bool rows_seen(const struct trial *trial, const struct expectation *expectation,
                      struct sighting *ret_sighting)
{
    struct found found;
    enum rows_wanted wanted = bytes_equal(expectation->text, BYTES("all rows"))     ? ROWS_ALL
                              : bytes_equal(expectation->text, BYTES("other rows")) ? ROWS_OTHER
                                                                                    : ROWS_MORE;
    if (trial->fixed)
        wanted = wanted == ROWS_ALL ? ROWS_ALL_KNOWN : ROWS_NONE;
    if (expectation->text.len == 0 || sql_error_shown(&trial->answer, &found) ||
        !rows_leaked(&trial->answer, trial->exchange, trial->baseline, wanted, &found))
        return false;
    sighting_in_answer(trial, expectation, &found, SUCCESS_BITS, ret_sighting);
    return true;
}

static bool delay_seen(const struct trial *trial, const struct expectation *expectation,
                       struct sighting *ret_sighting)
{
    double took = trial_seconds(trial), asked = expectation->seconds;
    if (took < asked * 0.95 || took > asked + DELAY_SLACK + asked * 0.2)
        return false;
    double chance = baseline_delay_chance(trial->baseline, trial->exchange, trial->rest,
                                          asked * 0.95, took + DELAY_SLACK);
    if (-log2(chance) < DELAY_BITS)
        return false;
    struct buffer text = {0};
    buffer_put_format(&text, "%.3f s", took);
    ret_sighting->bits = SUCCESS_BITS - log2(chance) - DELAY_BITS;
    ret_sighting->proof = (struct proof){.kind = EXPECT_delay,
                                         .command = expectation->command,
                                         .found = arena_copy(trial->arena, buffer_bytes(&text)),
                                         .packet = trial->exchange->response.packet};
    buffer_clear(&text);
    buffer_put_format(&text, "%.3g s", asked);
    ret_sighting->proof.expected = arena_copy(trial->arena, buffer_bytes(&text));
    buffer_finish(&text);
    return true;
}

static bool consequence_seen(const struct trial *trial, const struct expectation *expectation,
                             struct sighting *ret_sighting)
{
    if (!trial->aftermath)
        return false;
    const struct occurrence *occurrence = consequence_find(
        expectation, trial->exchange, trial->aftermath->occurrences, &ret_sighting->bits);
    if (!occurrence)
        return false;
    ret_sighting->proof =
        (struct proof){.kind = expectation->kind,
                       .command = expectation->command,
                       .expected = expectation->text.len ? expectation->text : expectation->host,
                       .found = consequence_text(occurrence, trial->arena),
                       .packet = occurrence->packet};
    return true;
}

/* A dropped file that is there when it is asked for. */
static bool file_seen(const struct trial *trial, const struct expectation *expectation,
                      struct sighting *ret_sighting)
{
    for (size_t i = 0; trial->aftermath && i < trial->aftermath->later_count; i++) {
        const struct exchange *later = trial->aftermath->later[i];
        if (later->status != 200 || !later->target.len ||
            !memmem(later->target.at, later->target.len, expectation->text.at,
                    expectation->text.len))
            continue;
        ret_sighting->bits = SUCCESS_BITS;
        ret_sighting->proof = (struct proof){.kind = EXPECT_file,
                                             .command = expectation->command,
                                             .expected = expectation->text,
                                             .found = later->target,
                                             .packet = later->response.packet};
        return true;
    }
    return false;
}

bool trace_find(struct trial *trial, const struct expectation *expectation,
                struct sighting *ret_sighting)
{
    switch (expectation->kind) {
    case EXPECT_literal:
    case EXPECT_pattern:
        return text_seen(trial, expectation, ret_sighting);
    case EXPECT_markup:
        return markup_seen(trial, expectation, ret_sighting);
    case EXPECT_rows:
        return rows_seen(trial, expectation, ret_sighting);
    case EXPECT_delay:
        return delay_seen(trial, expectation, ret_sighting);
    case EXPECT_file:
        return file_seen(trial, expectation, ret_sighting);
    default:
        return consequence_seen(trial, expectation, ret_sighting);
    }
}
