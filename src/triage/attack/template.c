/*
 * Expressions of a template language where none belong: Jinja, Twig, Freemarker, Velocity, ERB, EL.
 * What a calculation is worth is computed, because that is what the page would show; a call that
 * runs a command is run in imitation.
 */
#include <errno.h>
#include <stdio.h>

#include "triage/attack/words.h"
#include "triage/code/code.h"

enum { EXPRESSIONS = 8, EXPRESSION = 256, REPEATED = 64, AROUND = 16 };

/* How the languages open and close an expression. */
static const struct {
    struct bytes open, close;
} brackets[] = {
    {BYTES("{{"), BYTES("}}")},  {BYTES("${"), BYTES("}")}, {BYTES("#{"), BYTES("}")},
    {BYTES("<%="), BYTES("%>")}, {BYTES("*{"), BYTES("}")}, {BYTES("@("), BYTES(")")},
    {BYTES("{%"), BYTES("%}")},
};

/* 7*'7': Python repeats the string, PHP takes it for a number. False: no such thing. */
static bool repetition(struct bytes text, struct arena *arena, struct bytes *ret_repeated,
                       struct bytes *ret_product)
{
    unsigned times = 0;
    char digit, quote, close, product[16];
    char copy[EXPRESSION + 1];
    if (text.len > EXPRESSION)
        return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = 0;
    if (sscanf(copy, " %2u * %c%c%c", &times, &quote, &digit, &close) != 4 || quote != close ||
        (quote != '\'' && quote != '"') || digit < '0' || digit > '9' || times == 0 ||
        times > REPEATED)
        return false;
    char *repeated = arena_take(arena, times + 1);
    if (!repeated)
        return false;
    memset(repeated, digit, times);
    int len = snprintf(product, sizeof(product), "%u", times * (unsigned)(digit - '0'));
    *ret_repeated = (struct bytes){repeated, times};
    *ret_product = arena_copy(arena, (struct bytes){product, (size_t)len});
    return ret_product->at != NULL;
}

/* The value as the page would show it, and together with what stands right around it. */
static int value_expect(const struct suspicion *suspicion, struct attempt *attempt,
                        struct bytes before, struct bytes value, struct bytes behind)
{
    double bits = 3.3 * (double)value.len;
    size_t left = before.len < AROUND ? before.len : AROUND;
    size_t right = behind.len < AROUND ? behind.len : AROUND;
    int error = attempt_expect(
        suspicion, attempt,
        (struct expectation){.kind = EXPECT_pattern, .text = value, .bits = bits, .printed = true});
    if (error || left + right < 4 || value.at[0] == '-')
        return error;
    char *joined = arena_take(suspicion->arena, left + value.len + right + 1);
    if (!joined)
        return -ENOMEM;
    if (left)
        memcpy(joined, before.at + before.len - left, left);
    memcpy(joined + left, value.at, value.len);
    if (right)
        memcpy(joined + left + value.len, behind.at, right);
    return attempt_expect(suspicion, attempt,
                          (struct expectation){.kind = EXPECT_literal,
                                               .text = {joined, left + value.len + right},
                                               .bits = bits + 2.0 * (double)(left + right),
                                               .printed = true});
}

/* A calculation, or what reaches for the language's own functions; words and numbers alone are what
 * honest templates hold. */
static bool worth_reading(const struct code_result *result, struct bytes expression)
{
    bool calculates = false;
    for (size_t i = 0; i < expression.len; i++)
        calculates = calculates || memchr("*/%+-", expression.at[i], 5);
    return result->reached || (result->number && calculates);
}

static int expression_try(const struct suspicion *suspicion, struct bytes before,
                          struct bytes expression, struct bytes behind)
{
    struct bytes values[2] = {{0}};
    struct code_result *result = arena_take(suspicion->arena, sizeof(*result));
    int error = result ? code_run(expression, suspicion->arena, result) : -ENOMEM;
    if (error)
        return error;
    bool repeats = repetition(expression, suspicion->arena, &values[0], &values[1]);
    if (!repeats && !worth_reading(result, expression))
        return 0;
    if (!repeats && result->number)
        values[0] = result->value;
    for (uint32_t i = 0; i < suspicion->attempts->count; i++)
        if (bytes_equal(suspicion->attempts->items[i].command, expression))
            return 0;
    struct attempt *attempt = attempt_begin(suspicion, ATTACK_template_injection, 0.9, expression);
    if (!attempt)
        return suspicion->attempts->dropped ? 0 : -ENOMEM;
    for (int i = 0; i < 2 && error == 0; i++)
        if (values[i].len)
            error = value_expect(suspicion, attempt, before, values[i], behind);
    return error || values[0].len ? error : code_expect(suspicion, result, expression, attempt);
}

static bool holds(struct bytes text, const char *word)
{
    return memmem(text.at, text.len, word, strlen(word)) != NULL;
}

/* What an expression that climbs to the language's own classes runs. */
static int climb_try(const struct suspicion *suspicion, struct bytes text)
{
    struct words words = {0};
    static const char *const climbs[] = {"__class__",
                                         "__globals__",
                                         "__import__",
                                         "Runtime",
                                         "Execute",
                                         "forName",
                                         "getClass",
                                         "cycler",
                                         "lipsum",
                                         "ProcessBuilder",
                                         "registerUndefinedFilter",
                                         "|filter(",
                                         "|map(",
                                         "|sort(",
                                         "|reduce(",
                                         "system",
                                         "popen",
                                         "exec",
                                         NULL};
    bool climbs_out = false;
    for (int i = 0; climbs[i]; i++)
        climbs_out = climbs_out || holds(text, climbs[i]);
    words_of_calls(&words, text);
    const char *list = memmem(text.at, text.len, "['", 2);
    const char *end = list ? memchr(list + 2, '\'', text.len - (size_t)(list - text.at) - 2) : NULL;
    if (end && (holds(text, "filter(") || holds(text, "map(") || holds(text, "sort(")))
        words_add(&words, (struct bytes){list + 2, (size_t)(end - list) - 2});
    const char *tick = memmem(text.at, text.len, "<%", 2) ? memchr(text.at, '`', text.len) : NULL;
    end = tick ? memchr(tick + 1, '`', text.len - (size_t)(tick - text.at) - 1) : NULL;
    if (end)
        words_add(&words, (struct bytes){tick + 1, (size_t)(end - tick) - 1});
    if (!climbs_out && words.count == 0)
        return 0;
    return words_try(suspicion, &words, ATTACK_template_injection, 0.96, climbs_out);
}

static int template_look(const struct suspicion *suspicion)
{
    struct bytes text = suspicion_text(suspicion);
    bool any = false;
    for (size_t i = 0; i < sizeof(brackets) / sizeof(*brackets); i++) {
        struct bytes rest = text;
        const char *open, *close;
        for (int n = 0; n < EXPRESSIONS && rest.len; n++) {
            open = memmem(rest.at, rest.len, brackets[i].open.at, brackets[i].open.len);
            if (!open)
                break;
            struct bytes inside = bytes_from(rest, (size_t)(open - rest.at) + brackets[i].open.len);
            close = inside.len
                        ? memmem(inside.at, inside.len, brackets[i].close.at, brackets[i].close.len)
                        : NULL;
            if (!close)
                break;
            rest = bytes_from(inside, (size_t)(close - inside.at) + brackets[i].close.len);
            inside.len = (size_t)(close - inside.at);
            any = true;
            int error = expression_try(suspicion, (struct bytes){text.at, (size_t)(open - text.at)},
                                       inside, rest);
            if (error)
                return error;
        }
    }
    any = any || holds(text, "#set(") || holds(text, "<#assign") || holds(text, "<%");
    return any ? climb_try(suspicion, text) : 0;
}

static const char *const template_marks[] = {
    "\\{\\{.", "[$#*]\\{.", "<%[=\\s]", "@\\(\\d", "\\{%.", "#set\\s*\\(", "<#assign", NULL,
};

const struct recogniser template_recogniser = {
    .name = "template",
    .places = PLACES_PARAMETERS | PLACE_BIT(path) | PLACE_BIT(header),
    .marks = template_marks,
    .look = template_look,
};
