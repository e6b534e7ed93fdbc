/*
 * Code of the server's own language where it evaluates what was sent: JavaScript, PHP, Python.
 * Expressions are worked out (triage/code), what they run is run in imitation.
 */
#include "triage/code/code.h"

#include <errno.h>

#include "triage/attack/words.h"
#include "triage/shell/shell.h"

enum { COMPUTED_LEAST = 8 }; /* letters of a value that no page has by chance */

/* A number of known value, wherever it stands; other values as the output of commands. */
static int value_expect(const struct suspicion *suspicion, const struct code_result *result,
                        struct attempt *attempt)
{
    struct bytes value = result->value;
    bool digits = result->number && value.len > 1;
    for (size_t i = 0; i < value.len && digits; i++)
        digits = value.at[i] >= '0' && value.at[i] <= '9';
    if (digits)
        return attempt_expect(suspicion, attempt,
                              (struct expectation){.kind = EXPECT_pattern,
                                                   .text = value,
                                                   .bits = 3.3 * (double)value.len,
                                                   .printed = true,
                                                   .channel = CHANNEL_number});
    if (value.len >= COMPUTED_LEAST && shell_output_exact(value))
        return attempt_expect(
            suspicion, attempt,
            (struct expectation){.kind = EXPECT_literal,
                                 .text = value,
                                 .bits = 3.3 * (double)value.len,
                                 .printed = true,
                                 .channel = result->guessed ? CHANNEL_none : CHANNEL_text});
    if (value.len)
        printed_expect(suspicion,
                       &(struct script){.text = value,
                                        .told = attempt->command,
                                        .channel = result->guessed ? CHANNEL_none : CHANNEL_text},
                       &attempt->expectations);
    return 0;
}

int code_expect(const struct suspicion *suspicion, const struct code_result *result,
                struct bytes source, struct attempt *attempt)
{
    int error = 0;
    for (uint32_t i = 0; i < result->command_count && error == 0; i++) {
        const struct code_command *command = &result->commands[i];
        enum script_ran ran;
        error = shell_expect(suspicion,
                             &(struct script){.text = command->text,
                                              .told = command->text,
                                              .shown = command->shown,
                                              .channel = CHANNEL_text},
                             &attempt->expectations, &ran);
    }
    for (uint32_t i = 0; i < result->url_count && error == 0; i++)
        error = url_expect(suspicion, attempt, result->urls[i]);
    for (uint32_t i = 0; i < result->pattern_count && error == 0; i++)
        error = attempt_expect(suspicion, attempt,
                               (struct expectation){.kind = EXPECT_pattern,
                                                    .text = result->patterns[i].text,
                                                    .bits = result->patterns[i].bits,
                                                    .printed = true});
    if (error == 0)
        error = value_expect(suspicion, result, attempt);
    if (error == 0 && result->printed.len)
        printed_expect(suspicion, &(struct script){.text = result->printed, .told = source},
                       &attempt->expectations);
    if (error == 0 && result->seconds >= 1)
        error =
            attempt_expect(suspicion, attempt,
                           (struct expectation){
                               .kind = EXPECT_delay, .seconds = result->seconds, .visible = true});
    return error;
}

/* The text may be meant to end a string it is put into: what stands behind its quote is read. */
static struct bytes quote_left(struct bytes text)
{
    if (text.len < 3 || (text.at[0] != '\'' && text.at[0] != '"'))
        return (struct bytes){0};
    const char *again = memchr(text.at + 1, text.at[0], text.len - 1);
    bool closed = again && again < text.at + text.len - 1; /* a string of its own: 'a'.length */
    return closed && !memchr("+.;,", text.at[1], 4) ? (struct bytes){0} : bytes_from(text, 1);
}

static int code_look(const struct suspicion *suspicion)
{
    struct bytes text = suspicion_text(suspicion);
    struct code_result *result = arena_take(suspicion->arena, sizeof(*result));
    int error = result ? code_run(text, suspicion->arena, result) : -ENOMEM;
    if (error == 0 && result->reached == 0 && quote_left(text).len)
        error = code_run(quote_left(text), suspicion->arena, result);
    if (error || result->reached == 0)
        return error;
    for (uint32_t i = 0; i < suspicion->attempts->count; i++)
        if (suspicion->attempts->items[i].class == ATTACK_code_injection)
            return 0;
    struct bytes command = result->command_count ? result->commands[0].text : text;
    struct attempt *attempt = attempt_begin(suspicion, ATTACK_code_injection, 0.95, command);
    if (!attempt)
        return suspicion->attempts->dropped ? 0 : -ENOMEM;
    return code_expect(suspicion, result, text, attempt);
}

static const char *const code_marks[] = {
    "\\b(system|shell_exec|passthru|popen|exec|proc_open|execSync|spawn(Sync)?|assert|check_output|"
    "getoutput|eval|include|require(_once)?|__import__|phpinfo|phpversion|php_uname|getcwd|"
    "file_get_contents|readfile|scandir|listdir|glob|print_r|var_dump|getenv|gethostname|sleep|"
    "usleep|md5|sha1|strrev|str_repeat|str_rot13|base64_(en|de)code|bin2hex|atob|btoa|chr)\\s*\\(",
    "\\b(process|global|globalThis|child_process|os|fs|sys|platform|subprocess|Object|Date|Buffer|"
    "String|Math|JSON|time|hashlib)\\.[a-z]",
    "\\bPHP_(VERSION|OS)",
    "['\"\\])]\\.(split|join|reverse|repeat|concat|toUpperCase|toString|upper|slice|read)\\s*\\(",
    "`[^`]+`",
    "<\\?(php|=)",
    "\\[::-1\\]",
    NULL,
};

const struct recogniser code_recogniser = {
    .name = "code",
    .places = PLACES_PARAMETERS | PLACE_BIT(body) | PLACE_BIT(header),
    .marks = code_marks,
    .look = code_look,
};
