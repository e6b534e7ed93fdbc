#include "triage/success/verdict.h"

#include <errno.h>
#include <math.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/time.h"
#include "triage/success/answer.h"
#include "triage/success/consequence.h"
#include "triage/success/markup.h"
#include "triage/success/rows.h"

/* Shorter text may be of any page: it must fill a line, and so must a plain word. */
#define PLAIN_BITS 18.0
#define WORD_BITS  40.0
/* A line of its own that nothing else explains is worth this much more. */
#define LINE_BITS   8.0
#define DELAY_SLACK 0.35 /* seconds a server may take beside the sleep */

struct trial {
    const struct exchange *exchange;
    const struct attempts *attempts;
    const struct baseline *baseline;
    const struct aftermath *aftermath;
    struct answer answer;
    struct arena *arena;
    struct bytes rest; /* of the answer, without what was asked */
    bool fixed;        /* this very answer comes whatever is asked */
};

struct sighting {
    double bits;
    struct proof proof;
};

bool verdict_wants_later(const struct attempts *attempts, const struct exchange *later)
{
    for (uint32_t i = 0; i < attempts->count; i++)
        for (uint32_t j = 0; j < attempts->items[i].expectations.count; j++) {
            const struct expectation *expectation = &attempts->items[i].expectations.items[j];
            if (expectation->kind == EXPECT_file && expectation->text.len && later->target.len &&
                memmem(later->target.at, later->target.len, expectation->text.at,
                       expectation->text.len))
                return true;
        }
    return false;
}

static double answer_seconds(const struct exchange *exchange)
{
    if (exchange->response.end == TIME_NONE || exchange->request.end == TIME_NONE)
        return -1;
    return (double)(exchange->response.end - exchange->request.end) / TIME_SECOND;
}

/* Guards one and two. */
static bool found_is_news(void *context, const struct found *found)
{
    const struct trial *trial = context;
    return !answer_asked(&trial->answer, found->text) &&
           !baseline_explains(trial->baseline, trial->exchange, found->text);
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
    return !piece && found_is_news(context, found);
}

static void sighting_in_answer(const struct trial *trial, const struct expectation *expectation,
                               const struct found *found, double bits, struct sighting *ret)
{
    *ret = (struct sighting){
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
                      struct sighting *ret)
{
    struct found found;
    if (trial->fixed && !expectation->certain)
        return false;
    if (expectation->kind != EXPECT_pattern) {
        if (!answer_find_literal(&trial->answer, expectation->text, &found) ||
            !found_is_news(trial, &found))
            return false;
        sighting_in_answer(trial, expectation, &found, expectation->bits, ret);
        return true;
    }
    bool number = is_number(expectation->text);
    double wanted = number ? SUCCESS_BITS : is_word(expectation->text) ? WORD_BITS : PLAIN_BITS;
    bool plain = expectation->bits >= wanted;
    double bits = expectation->bits + (plain ? 0 : LINE_BITS);
    if (bits < SUCCESS_BITS ||
        !answer_find_pattern(&trial->answer, expectation->text, !plain,
                             number ? number_is_news : found_is_news, trial, &found))
        return false;
    sighting_in_answer(trial, expectation, &found, bits, ret);
    return true;
}

/* Here a reflection is the very trace, if it came back where it runs. */
static bool markup_seen(const struct trial *trial, const struct expectation *expectation,
                        struct sighting *ret)
{
    struct found found;
    if (!markup_runs(&trial->answer, expectation->text, &found))
        return false;
    sighting_in_answer(trial, expectation, &found, SUCCESS_BITS, ret);
    return true;
}

static bool rows_seen(const struct trial *trial, const struct expectation *expectation,
                      struct sighting *ret)
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
    sighting_in_answer(trial, expectation, &found, SUCCESS_BITS, ret);
    return true;
}

/* The database told that it could not run what it was given. */
static bool statement_refused(const struct trial *trial)
{
    struct found found;
    return trial->attempts->items[0].class == ATTACK_sql_injection &&
           sql_error_shown(&trial->answer, &found) &&
           found_is_news((void *)(uintptr_t)trial, &found);
}

static bool delay_seen(const struct trial *trial, const struct expectation *expectation,
                       struct sighting *ret)
{
    double took = answer_seconds(trial->exchange), asked = expectation->seconds;
    if (took < asked * 0.95 || took > asked + DELAY_SLACK + asked * 0.2)
        return false;
    double chance = baseline_delay_chance(trial->baseline, trial->exchange, trial->rest,
                                          asked * 0.95, took + DELAY_SLACK);
    if (-log2(chance) < DELAY_BITS)
        return false;
    struct buffer text = {0};
    buffer_put_format(&text, "%.3f s", took);
    ret->bits = SUCCESS_BITS - log2(chance) - DELAY_BITS;
    ret->proof = (struct proof){.kind = EXPECT_delay,
                                .command = expectation->command,
                                .found = arena_copy(trial->arena, buffer_bytes(&text)),
                                .packet = trial->exchange->response.packet};
    buffer_clear(&text);
    buffer_put_format(&text, "%.3g s", asked);
    ret->proof.expected = arena_copy(trial->arena, buffer_bytes(&text));
    buffer_finish(&text);
    return true;
}

static bool consequence_seen(const struct trial *trial, const struct expectation *expectation,
                             struct sighting *ret)
{
    const struct occurrence *occurrence =
        consequence_find(expectation, trial->exchange, trial->aftermath->occurrences, &ret->bits);
    if (!occurrence)
        return false;
    ret->proof =
        (struct proof){.kind = expectation->kind,
                       .command = expectation->command,
                       .expected = expectation->text.len ? expectation->text : expectation->host,
                       .found = consequence_text(occurrence, trial->arena),
                       .packet = occurrence->packet};
    return true;
}

/* A dropped file that is there when it is asked for. */
static bool file_seen(const struct trial *trial, const struct expectation *expectation,
                      struct sighting *ret)
{
    for (size_t i = 0; i < trial->aftermath->later_count; i++) {
        const struct exchange *later = trial->aftermath->later[i];
        if (later->status != 200 || !later->target.len ||
            !memmem(later->target.at, later->target.len, expectation->text.at,
                    expectation->text.len))
            continue;
        ret->bits = SUCCESS_BITS;
        ret->proof = (struct proof){.kind = EXPECT_file,
                                    .command = expectation->command,
                                    .expected = expectation->text,
                                    .found = later->target,
                                    .packet = later->response.packet};
        return true;
    }
    return false;
}

static bool expectation_seen(struct trial *trial, const struct expectation *expectation,
                             struct sighting *ret)
{
    switch (expectation->kind) {
    case EXPECT_literal:
    case EXPECT_pattern:
        return text_seen(trial, expectation, ret);
    case EXPECT_markup:
        return markup_seen(trial, expectation, ret);
    case EXPECT_rows:
        return rows_seen(trial, expectation, ret);
    case EXPECT_delay:
        return delay_seen(trial, expectation, ret);
    case EXPECT_file:
        return file_seen(trial, expectation, ret);
    default:
        return consequence_seen(trial, expectation, ret);
    }
}

/* The most telling trace of any attempt. */
static bool success_seen(struct trial *trial, struct verdict *verdict)
{
    double best = 0;
    for (uint32_t i = 0; i < trial->attempts->count; i++) {
        const struct attempt *attempt = &trial->attempts->items[i];
        for (uint32_t j = 0; j < attempt->expectations.count; j++) {
            struct sighting sighting = {0};
            if (!expectation_seen(trial, &attempt->expectations.items[j], &sighting) ||
                sighting.bits < SUCCESS_BITS || sighting.bits <= best)
                continue;
            best = sighting.bits;
            verdict->class = attempt->class;
            verdict->proof = sighting.proof;
        }
    }
    if (best <= 0)
        return false;
    verdict->outcome = OUTCOME_success;
    verdict->confidence = 1 - exp2(-best);
    verdict->reason = (struct sentence){BYTES("a trace that only success leaves was seen"),
                                        BYTES("成功したときだけ残る痕跡が見つかった")};
    return true;
}

/* The most telling expectation that the answer would show: surely, or if it shows what is printed.
 */
static const struct expectation *visible_expected(const struct attempts *attempts, bool surely)
{
    const struct expectation *best = NULL;
    for (uint32_t i = 0; i < attempts->count; i++)
        for (uint32_t j = 0; j < attempts->items[i].expectations.count; j++) {
            const struct expectation *expectation = &attempts->items[i].expectations.items[j];
            if (expectation->kind == EXPECT_delay)
                continue;
            bool shown = expectation->visible || (!surely && expectation->printed);
            if (shown && (!best || expectation->bits > best->bits))
                best = expectation;
        }
    return best;
}

/* Markup came back with its brackets as they were: whether some browser runs it, nobody knows. */
static bool markup_came_back(const struct trial *trial, const struct expectation *expectation)
{
    struct found found;
    return expectation->kind == EXPECT_markup && trial->answer.html &&
           memchr(expectation->text.at, '<', expectation->text.len) &&
           answer_find_literal(&trial->answer, expectation->text, &found) && found.view == 0;
}

static bool is_word_char(char c)
{
    char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || is_digit(c) || (unsigned char)c >= 0x80;
}

/* Whether harmless answers or the request have every word of a text. */
static bool words_known(const struct trial *trial, struct bytes text)
{
    for (size_t i = 0; i < text.len;) {
        size_t from = i;
        while (i < text.len && is_word_char(text.at[i]))
            i++;
        struct bytes word = {text.at + from, i - from};
        if (word.len >= 2 && !baseline_shows(trial->baseline, trial->exchange, word) &&
            !answer_asked(&trial->answer, word) && !answer_asked_squeezed(&trial->answer, word))
            return false;
        i += i == from;
    }
    return true;
}

/* Words in the answer that neither the request nor a harmless answer nor other attacks' answers
 * hold: they may be output, of a kind nobody foresaw. */
static bool unexplained(const struct trial *trial)
{
    size_t at = 0;
    if (trial->fixed)
        return false;
    for (;;) {
        struct bytes text = answer_next_text(trial->rest, &at);
        if (text.len == 0)
            return false;
        if (!words_known(trial, text))
            return true;
    }
}

/* Words with which pages say that something was not done. */
static bool says_error(struct bytes page)
{
    static const char *const words[] = {"error",   "timed out", "not found",   "forbidden",
                                        "denied",  "blocked",   "invalid",     "unavailable",
                                        "illegal", "rejected",  "not allowed", NULL};
    for (int i = 0; words[i]; i++)
        for (size_t at = 0; at + strlen(words[i]) <= page.len; at++)
            if (strncasecmp(page.at + at, words[i], strlen(words[i])) == 0)
                return true;
    return false;
}

/*
 * An error page came in place of what this endpoint answers: by its status or
 * its words, and the same whatever was asked. CGI answers 500 when what a
 * command prints is no header, so that says nothing of commands in headers.
 */
static bool refused(const struct trial *trial)
{
    const struct exchange *exchange = trial->exchange;
    bool cgi = bytes_start(trial->attempts->items[0].place, BYTES("header:"));
    bool client = exchange->status >= 400 && exchange->status < 500;
    bool server = exchange->status >= 500 && !cgi && trial->fixed;
    bool words = trial->fixed && says_error(trial->rest);
    return (client || server || words) &&
           !baseline_shows(trial->baseline, exchange, exchange->response.body);
}

/* It took as long as it was told to, which this page may do by itself. */
static bool delay_present(const struct trial *trial)
{
    double took = answer_seconds(trial->exchange);
    for (uint32_t i = 0; i < trial->attempts->count; i++) {
        const struct expectations *expectations = &trial->attempts->items[i].expectations;
        for (uint32_t j = 0; j < expectations->count; j++)
            if (expectations->items[j].kind == EXPECT_delay &&
                took >= expectations->items[j].seconds * 0.95 &&
                took <= expectations->items[j].seconds * 1.2 + DELAY_SLACK)
                return true;
    }
    return false;
}

static bool delay_missing(const struct trial *trial)
{
    double took = answer_seconds(trial->exchange);
    for (uint32_t i = 0; i < trial->attempts->count && took >= 0; i++) {
        const struct expectations *expectations = &trial->attempts->items[i].expectations;
        for (uint32_t j = 0; j < expectations->count; j++)
            if (expectations->items[j].kind == EXPECT_delay && expectations->items[j].visible &&
                took < expectations->items[j].seconds * 0.5)
                return true;
    }
    return false;
}

/* A connection that was asked for was not made by a host whose connections are seen. */
static bool connection_missing(const struct trial *trial)
{
    if (!trial->aftermath->occurrences.host_seen)
        return false;
    for (uint32_t i = 0; i < trial->attempts->count; i++) {
        const struct expectations *expectations = &trial->attempts->items[i].expectations;
        for (uint32_t j = 0; j < expectations->count; j++)
            if (expectations->items[j].kind == EXPECT_connection ||
                expectations->items[j].kind == EXPECT_request)
                return true;
    }
    return false;
}

/* … and not only what harmless requests say as well. */
static bool payload_came_back(const struct trial *trial)
{
    for (uint32_t i = 0; i < trial->attempts->count; i++) {
        struct bytes back;
        if (answer_reflects(&trial->answer, trial->attempts->items[i].payload, &back) &&
            !baseline_shows(trial->baseline, trial->exchange, back))
            return true;
    }
    return false;
}

static bool anything(void *context, const struct found *found)
{
    (void)context;
    return found->text.len > 0;
}

/* The output stands there after all, where it proves nothing because it stands elsewhere too. */
static bool output_present(const struct trial *trial)
{
    struct found found;
    for (uint32_t i = 0; i < trial->attempts->count && !trial->fixed; i++) {
        const struct expectations *expectations = &trial->attempts->items[i].expectations;
        for (uint32_t j = 0; j < expectations->count; j++) {
            const struct expectation *expectation = &expectations->items[j];
            if ((expectation->kind == EXPECT_literal &&
                 answer_find_literal(&trial->answer, expectation->text, &found)) ||
                (expectation->kind == EXPECT_pattern &&
                 answer_find_pattern(&trial->answer, expectation->text,
                                     expectation->bits < PLAIN_BITS, anything, NULL, &found)))
                return true;
        }
    }
    return false;
}

/* Seen to its end and kept to its end: what is missing in it is missing. */
static bool answer_is_whole(const struct exchange *exchange)
{
    const struct message *response = &exchange->response;
    return response->complete && !response->cut && !response->damaged;
}

/* What says that it did not work; false: nothing does. */
static bool failure_seen(const struct trial *trial, struct verdict *verdict)
{
    const struct expectation *visible = visible_expected(trial->attempts, false);
    if (!answer_is_whole(trial->exchange))
        return false;
    if (statement_refused(trial)) {
        verdict->outcome = OUTCOME_failed;
        verdict->reason = (struct sentence){BYTES("the database could not run the statement"),
                                            BYTES("データベースが文を実行できなかった")};
        verdict->confidence = 0.95;
        return true;
    }
    if (unexplained(trial) || output_present(trial) || delay_present(trial))
        return false;
    const struct expectation *sure = visible_expected(trial->attempts, true);
    if (sure && markup_came_back(trial, sure))
        return false;
    if (sure) {
        verdict->reason =
            (struct sentence){BYTES("the answer is complete and without what success would show"),
                              BYTES("応答は完全で、成功すれば見えるはずのものがない")};
        verdict->confidence = 0.95;
    } else if (visible && payload_came_back(trial)) {
        verdict->reason = (struct sentence){
            BYTES("what was sent came back untouched, and the output it asked for did not"),
            BYTES("送られた文字列がそのまま返り、求めた出力は返らなかった")};
        verdict->confidence = 0.97;
    } else if (visible && refused(trial)) {
        verdict->reason = (struct sentence){
            BYTES("the server answered with an error page unlike its usual answers, without the "
                  "output"),
            BYTES("通常と異なるエラーページが返り、求めた出力はなかった")};
        verdict->confidence = 0.95;
    } else if (delay_missing(trial)) {
        verdict->reason = (struct sentence){BYTES("the server was told to wait and did not"),
                                            BYTES("待つように命じられたが、待たなかった")};
        verdict->confidence = 0.95;
    } else if (connection_missing(trial)) {
        verdict->reason = (struct sentence){
            BYTES(
                "the server was told to connect elsewhere, and did not, though its connections are "
                "seen"),
            BYTES("外部への接続を命じられたが、接続しなかった")};
        verdict->confidence = 0.9;
    } else {
        return false;
    }
    verdict->outcome = OUTCOME_failed;
    if (visible)
        verdict->proof = (struct proof){.kind = visible->kind,
                                        .command = visible->command,
                                        .expected = visible->text,
                                        .packet = trial->exchange->response.packet};
    return true;
}

static struct sentence unknown_reason(const struct trial *trial)
{
    if (trial->exchange->response.packet == 0)
        return (struct sentence){BYTES("no answer was seen"), BYTES("応答が見えない")};
    if (!answer_is_whole(trial->exchange))
        return (struct sentence){BYTES("the answer was not seen whole"),
                                 BYTES("応答の全体が見えない")};
    if (!visible_expected(trial->attempts, false))
        return (struct sentence){BYTES("success would leave nothing one can see"),
                                 BYTES("成功しても見える痕跡が残らない")};
    return (struct sentence){BYTES("the output is not there, but the answer may not show output"),
                             BYTES("求めた出力はないが、出力を返さないページかもしれない")};
}

int verdict_learn(const struct exchange *exchange, const struct attempts *attempts,
                  struct baseline *baseline, struct arena *arena)
{
    struct bytes rest;
    struct answer *answer = arena_take(arena, sizeof(*answer));
    int error = answer ? answer_open(exchange, attempts, arena, answer) : -ENOMEM;
    if (error == 0)
        error = answer_reduce(answer, arena, &rest);
    return error ? error : baseline_learn(baseline, exchange, attempts, rest);
}

int verdict_reach(const struct exchange *exchange, const struct attempts *attempts,
                  const struct baseline *baseline, const struct aftermath *aftermath,
                  struct arena *arena, struct verdict *ret_verdict)
{
    struct trial *trial = arena_take(arena, sizeof(*trial));
    if (!trial)
        return -ENOMEM;
    *trial = (struct trial){
        .exchange = exchange,
        .attempts = attempts,
        .baseline = baseline,
        .aftermath = aftermath,
        .arena = arena,
    };
    int error = answer_open(exchange, attempts, arena, &trial->answer);
    if (error == 0)
        error = answer_reduce(&trial->answer, arena, &trial->rest);
    if (error)
        return error;
    trial->fixed = baseline_is_fixed(baseline, exchange, attempts, trial->rest);
    *ret_verdict = (struct verdict){
        .outcome = OUTCOME_unknown,
        .class = attempts->count ? attempts->items[0].class : ATTACK_none,
        .confidence = 0.5,
    };
    if (!success_seen(trial, ret_verdict) && !failure_seen(trial, ret_verdict))
        ret_verdict->reason = unknown_reason(trial);
    return 0;
}
