#include <strings.h>

#include "base/hash.h"
#include "triage/success/rows.h"
#include "triage/success/trial.h"

enum { CONTEXT = 6, CONTEXT_LEAST = 3 }; /* bytes before a number that say what it is */

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

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_char(char c)
{
    char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || is_digit(c) || (unsigned char)c >= 0x80;
}

/* A number where harmless answers have another one: a time, a ticket, an address. */
static bool number_known(const struct trial *trial, struct bytes text, struct bytes word)
{
    size_t from = (size_t)(word.at - text.at), before = from < CONTEXT ? from : CONTEXT;
    for (size_t i = 0; i < word.len; i++)
        if (!is_digit(word.at[i]))
            return false;
    if (before < CONTEXT_LEAST)
        return false;
    char context[CONTEXT + 1];
    memcpy(context, word.at - before, before);
    for (int digit = 0; digit <= 9; digit++) {
        context[before] = (char)('0' + digit);
        if (baseline_shows(trial->baseline, trial->exchange, (struct bytes){context, before + 1}))
            return true;
    }
    return false;
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
            !answer_asked(&trial->answer, word) && !answer_asked_squeezed(&trial->answer, word) &&
            !number_known(trial, text, word))
            return false;
        i += i == from;
    }
    return true;
}

bool trial_is_unexplained(const struct trial *trial)
{
    size_t at = 0;
    if (trial->same_page)
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
    static const char *const words[] = {
        "error",       "timed out", "not found", "forbidden",   "denied",  "blocked", "invalid",
        "unavailable", "illegal",   "rejected",  "not allowed", "no such", "failed",  NULL};
    for (int i = 0; words[i]; i++)
        for (size_t at = 0; at + strlen(words[i]) <= page.len; at++)
            if (strncasecmp(page.at + at, words[i], strlen(words[i])) == 0)
                return true;
    return false;
}

/* What harmless requests are answered depends on what they ask at this place. */
static bool place_varies(const struct trial *trial)
{
    const struct visits *visits = baseline_visits(trial->baseline, trial->exchange);
    return visits &&
           visits_vary(visits, &trial->visit, hash_bytes(trial->attempts->items[0].place));
}

/* Harmless requests got this page, too. */
static bool page_is_usual(const struct trial *trial)
{
    const struct visits *visits = baseline_visits(trial->baseline, trial->exchange);
    for (uint32_t i = 0; visits && i < visits->count; i++)
        if (visits->items[i].shape == trial->visit.shape)
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
    bool cgi =
        trial->attempts->count && bytes_start(trial->attempts->items[0].place, BYTES("header:"));
    bool client = exchange->status >= 400 && exchange->status < 500;
    bool server = exchange->status >= 500 && !cgi && trial->same_page;
    bool words = trial->same_page && says_error(trial->rest) && !place_varies(trial);
    return (client || server || words) &&
           !baseline_shows(trial->baseline, exchange, exchange->response.body) &&
           !page_is_usual(trial);
}

/* It took as long as it was told to, or longer, which this page or a busy server may do by itself.
 */
static bool delay_present(const struct trial *trial)
{
    double took = trial_seconds(trial);
    for (uint32_t i = 0; i < trial->attempts->count; i++) {
        const struct expectations *expectations = &trial->attempts->items[i].expectations;
        for (uint32_t j = 0; j < expectations->count; j++)
            if (expectations->items[j].kind == EXPECT_delay &&
                took >= expectations->items[j].seconds * 0.95)
                return true;
    }
    return false;
}

/* It may be a statement's condition, which waits only where there are rows: success/statement.c. */
static bool may_be_statement(const struct trial *trial)
{
    for (uint32_t i = 0; i < trial->attempts->count; i++)
        if (trial->attempts->items[i].probe && trial->attempts->items[i].probe->joined)
            return true;
    return false;
}

static bool delay_missing(const struct trial *trial)
{
    double took = trial_seconds(trial);
    if (may_be_statement(trial))
        return false;
    for (uint32_t i = 0; i < trial->attempts->count && took >= 0; i++) {
        const struct expectations *expectations = &trial->attempts->items[i].expectations;
        for (uint32_t j = 0; j < expectations->count; j++)
            if (expectations->items[j].kind == EXPECT_delay && expectations->items[j].visible &&
                took < expectations->items[j].seconds * 0.5)
                return true;
    }
    return false;
}

/* A substitution did not come back with what stood before it: it may have been made. */
static bool substitution_gone(const struct trial *trial)
{
    struct found found;
    for (uint32_t i = 0; i < trial->attempts->count; i++) {
        struct bytes payload = trial->attempts->items[i].payload;
        if (payload.len &&
            (memmem(payload.at, payload.len, "$(", 2) || memchr(payload.at, '`', payload.len)))
            return !answer_find_literal(&trial->answer, payload, &found);
    }
    return false;
}

/* A connection that was asked for was not made by a host whose connections are seen. */
static bool connection_missing(const struct trial *trial)
{
    if (!trial->aftermath->occurrences.host_seen || substitution_gone(trial))
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

/* A template's expression stands where its value would. */
static bool template_came_back(const struct trial *trial)
{
    const struct attempt *attempt = &trial->attempts->items[0];
    struct found found;
    return attempt->class == ATTACK_template_injection &&
           answer_find_literal(&trial->answer, attempt->payload, &found) &&
           !baseline_shows(trial->baseline, trial->exchange, attempt->payload);
}

static bool anything(void *context, const struct found *found)
{
    (void)context;
    return found->text.len > 0;
}

/* The text stands in the answer, whatever that proves. */
static bool stands_there(const struct trial *trial, const struct expectation *expectation)
{
    struct found found;
    return (expectation->kind == EXPECT_literal &&
            answer_find_literal(&trial->answer, expectation->text, &found)) ||
           (expectation->kind == EXPECT_pattern &&
            answer_find_pattern(&trial->answer, expectation->text, expectation->bits < PLAIN_BITS,
                                anything, NULL, &found));
}

/* The output stands there after all, where it proves nothing because it stands elsewhere too. */
static bool output_present(const struct trial *trial)
{
    for (uint32_t i = 0; i < trial->attempts->count && !trial->fixed; i++) {
        const struct expectations *expectations = &trial->attempts->items[i].expectations;
        for (uint32_t j = 0; j < expectations->count; j++)
            if (stands_there(trial, &expectations->items[j]))
                return true;
    }
    return false;
}

/* Seen to its end and kept to its end: what is missing in it is missing. */
static bool answer_is_whole(const struct exchange *exchange)
{
    const struct message *response = &exchange->response;
    return response->complete && !response->cut && !response->damaged;
}

/* The database told that it could not run what it was given. */
static bool statement_refused(const struct trial *trial)
{
    struct found found;
    return trial->attempts->items[0].class == ATTACK_sql_injection &&
           sql_error_shown(&trial->answer, &found) && trial_is_news(trial, &found);
}

/*
 * The interpreter itself told that it could not read what it was given. A shell runs the lines
 * before the one that it cannot read.
 */
static bool syntax_refused(const struct trial *trial)
{
    static const struct bytes words[] = {
        BYTES("Syntax error: "),        BYTES("syntax error: unterminated"),
        BYTES("syntax error near "),    BYTES("syntax error: unexpected"),
        BYTES("unexpected EOF while "), BYTES("syntax error, unexpected"),
        BYTES("SyntaxError: "),         BYTES("syntax error: bad "),
    };
    const struct attempt *attempt = &trial->attempts->items[0];
    struct found found;
    if ((attempt->class != ATTACK_command_injection && attempt->class != ATTACK_code_injection &&
         attempt->class != ATTACK_template_injection) ||
        (attempt->payload.len && memchr(attempt->payload.at, '\n', attempt->payload.len)))
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (answer_find_literal(&trial->answer, words[i], &found) && trial_is_news(trial, &found))
            return true;
    return false;
}

/* The program that would have run it was sent itself. */
static bool source_shown(const struct trial *trial)
{
    struct found found;
    return (answer_find_literal(&trial->answer, BYTES("<?php"), &found) ||
            answer_find_literal(&trial->answer, BYTES("<%@"), &found)) &&
           trial_is_news(trial, &found);
}

/* The place shows nothing of what is asked there: harmless values and this one got the same page.
 */
static bool place_is_blind(const struct trial *trial)
{
    const struct visits *visits = baseline_visits(trial->baseline, trial->exchange);
    return visits &&
           visits_same(visits, &trial->visit, hash_bytes(trial->attempts->items[0].place));
}

/* … or nobody harmless was ever there, and other commands were echoed on the same page. */
static bool echo_is_blind(const struct trial *trial)
{
    return place_is_blind(trial) ||
           (trial->same_page && trial->attempts->items[0].class == ATTACK_command_injection &&
            !baseline_visits(trial->baseline, trial->exchange));
}

/* … or it is a web shell, which nobody asks harmlessly, and says nothing, or the same to all. */
static bool page_is_blind(const struct trial *trial)
{
    const struct exchange *exchange = trial->exchange;
    if (place_is_blind(trial))
        return true;
    return trial->attempts->items[0].class == ATTACK_web_shell && exchange->status < 400 &&
           (exchange->response.body.len == 0 ||
            (trial->same_page && !says_error(trial->rest) && !source_shown(trial)));
}

/* Output asked for at this place in this way was seen before, and none of what this asks for is
 * there: not even where others got the same, which proves nothing either way. */
static const struct expectation *channel_silent(const struct trial *trial)
{
    const struct expectation *silent = NULL;
    for (uint32_t i = 0; i < trial->attempts->count; i++) {
        const struct attempt *attempt = &trial->attempts->items[i];
        uint64_t place = trial_place(trial, attempt->place);
        for (uint32_t j = 0; j < attempt->expectations.count; j++) {
            const struct expectation *expectation = &attempt->expectations.items[j];
            if (!expectation->printed || expectation->bits < SUCCESS_BITS)
                continue;
            if (stands_there(trial, expectation))
                return NULL;
            if (!silent &&
                baseline_has_channel(trial->baseline, trial->exchange, place, expectation->channel))
                silent = expectation;
        }
    }
    return silent;
}

/* What an answer that lacks the output says; false: nothing. */
static bool missing_says(const struct trial *trial, const struct expectation **visible,
                         struct verdict *verdict)
{
    const struct expectation *sure = visible_expected(trial->attempts, true);
    const struct expectation *silent = substitution_gone(trial) ? NULL : channel_silent(trial);
    if (sure && markup_came_back(trial, sure))
        return false;
    if (sure && (sure->kind == EXPECT_markup || !page_is_blind(trial))) {
        *visible = sure;
        verdict->reason =
            (struct sentence){BYTES("the answer is complete and without what success would show"),
                              BYTES("応答は完全で、成功すれば見えるはずのものがない")};
        verdict->confidence = 0.95;
    } else if (silent) {
        *visible = silent;
        verdict->reason = (struct sentence){
            BYTES("this page shows output that is asked for here, and this output is not there"),
            BYTES("このページはここで求めた出力を返すが、この出力は返らなかった")};
        verdict->confidence = 0.95;
    } else if (*visible &&
               (template_came_back(trial) ||
                (payload_came_back(trial) && !echo_is_blind(trial) && !substitution_gone(trial)))) {
        verdict->reason = (struct sentence){
            BYTES("what was sent came back untouched, and the output it asked for did not"),
            BYTES("送られた文字列がそのまま返り、求めた出力は返らなかった")};
        verdict->confidence = 0.97;
    } else if (*visible && refused(trial)) {
        verdict->reason = (struct sentence){
            BYTES("the server answered with an error page unlike its usual answers, without the "
                  "output"),
            BYTES("通常と異なるエラーページが返り、求めた出力はなかった")};
        verdict->confidence = 0.95;
    } else {
        return false;
    }
    return true;
}

/* What a server that did not do something says; false: nothing. */
static bool inaction_says(const struct trial *trial, struct verdict *verdict)
{
    if (delay_missing(trial)) {
        verdict->reason = (struct sentence){BYTES("the server was told to wait and did not"),
                                            BYTES("待つように命じられたが、待たなかった")};
        verdict->confidence = 0.95;
        return true;
    }
    if (!connection_missing(trial))
        return false;
    verdict->reason = (struct sentence){
        BYTES("the server was told to connect elsewhere, and did not, though its connections are "
              "seen"),
        BYTES("外部への接続を命じられたが、接続しなかった")};
    verdict->confidence = 0.9;
    return true;
}

bool failure_find(const struct trial *trial, struct verdict *verdict)
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
    if (output_present(trial) || delay_present(trial))
        return false;
    if (syntax_refused(trial)) {
        verdict->reason =
            (struct sentence){BYTES("the interpreter could not read what it was given"),
                              BYTES("インタプリタが渡された文を解釈できなかった")};
        verdict->confidence = 0.95;
    } else if (trial_is_unexplained(trial) ||
               !(missing_says(trial, &visible, verdict) || inaction_says(trial, verdict))) {
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

struct sentence doubt_reason(const struct trial *trial)
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
