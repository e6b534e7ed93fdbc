/* What running a script in the imitation shells would leave. */
#include <errno.h>

#include "base/buffer.h"
#include "triage/attack/recogniser.h"
#include "triage/shell/shell.h"

enum { DELAY_LEAST = 1, STOPPED_EFFORT = 12, BEFORE_LEAST = 4 };

#define KNOWN_BITS  12.0 /* of a word that may stand joined to another … */
#define JOINT_BITS  6.0  /* … and what the joint is worth */
#define JOINED_BITS 18.0 /* any word, joined to one that was sent */

/* Blanks may have been joined, by a substitution or by HTML: any number of them matches. */
static struct bytes blanks_loosen(struct bytes pattern, struct arena *arena)
{
    struct buffer out = {0};
    for (size_t i = 0; i < pattern.len; i++) {
        bool blank = pattern.at[i] == ' ';
        while (blank && i + 1 < pattern.len && pattern.at[i + 1] == ' ')
            i++;
        buffer_put(&out, blank ? BYTES("\\s+") : (struct bytes){pattern.at + i, 1});
    }
    struct bytes copy = arena_copy(arena, buffer_bytes(&out));
    buffer_finish(&out);
    return copy;
}

static struct expectation *pattern_add(struct expectations *expectations, struct arena *arena,
                                       struct bytes output, struct bytes command)
{
    struct bytes pattern;
    double bits;
    while (output.len && memchr(" \t\r\n", output.at[output.len - 1], 4))
        output.len--;
    if (output.len == 0 || shell_output_pattern(output, arena, &pattern, &bits) != 0 ||
        pattern.len == 0)
        return NULL;
    pattern = blanks_loosen(pattern, arena);
    if (!pattern.at)
        return NULL;
    for (uint32_t i = 0; i < expectations->count; i++)
        if (bytes_equal(expectations->items[i].text, pattern))
            return NULL;
    struct expectation *expectation = expectations_add(expectations, arena);
    if (!expectation)
        return NULL;
    expectation->kind = EXPECT_pattern;
    expectation->text = pattern;
    expectation->bits = bits;
    expectation->command = command;
    return expectation;
}

/* Names under which services run, and that little else is called: what whoami says of them. */
#define SERVICE_ACCOUNTS "(?<![\\w/.-])(?:www-data|wwwrun|_www)(?![\\w/.-])"
/* … and others, which are words as well. */
#define ACCOUNTS                                                                                   \
    "(?:apache|nginx|httpd|http|nobody|daemon|root|www|tomcat[0-9]*|jboss|wildfly|jetty|weblogic|" \
    "node|app|web|webuser|ubuntu|debian|admin|ec2-user|vagrant|postgres|mysql|oracle|git|jenkins|" \
    "redis|elasticsearch|guest|user)"
/* A name of a host, or of anything, but for the words with which pages answer. */
#define NAME                                                                                       \
    "(?!(?i:invalid|error|unknown|denied|failed|failure|forbidden|blocked|ok|done|none|null|true|" \
    "false|success|yes|no|empty|missing|bad|not)\\b)[A-Za-z][A-Za-z0-9-]{1,62}"
/* What date prints, in the order of any locale that has English names. */
#define DATE                                                                                       \
    "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? (?:[A-Z][a-z]{2} +[0-9]{1,2}|[0-9]{1,2} [A-Z][a-z]{2})"     \
    "[ 0-9]{0,6}[0-9]{2}:[0-9]{2}:[0-9]{2}(?: [AP]M)?(?: [A-Z]{3,5})?(?: [0-9]{4})?"
/* Some lines of any environment. */
#define ENVIRONMENT "(?:PATH=/[^\\s<:]*(?::/[^\\s<:]*)+|PWD=/[^\\s<]*|SHLVL=[0-9]+|HOME=/[^\\s<]*)"

static void typed_expect(struct expectations *expectations, struct arena *arena,
                         struct bytes pattern, double bits, struct bytes script)
{
    for (uint32_t i = 0; i < expectations->count; i++)
        if (bytes_equal(expectations->items[i].text, pattern))
            return;
    struct expectation *expectation = expectations_add(expectations, arena);
    if (expectation)
        *expectation = (struct expectation){.kind = EXPECT_pattern,
                                            .text = pattern,
                                            .bits = bits,
                                            .printed = true,
                                            .command = script};
}

/* Output whose kind is known better than its letters: one name, an account's most likely; the
 * environment, whose lines come in any order. */
static void kind_expect(struct bytes output, struct bytes script, struct arena *arena,
                        struct expectations *expectations)
{
    while (output.len && memchr(" \t\r\n", output.at[output.len - 1], 4))
        output.len--;
    if (output.len == 1 && output.at[0] == SHELL_HOLE_word) {
        typed_expect(expectations, arena, BYTES(SERVICE_ACCOUNTS), 20, script);
        typed_expect(expectations, arena, BYTES(ACCOUNTS), 8, script);
        typed_expect(expectations, arena, BYTES(NAME), 6.5, script);
    }
    if (output.len == 1 && output.at[0] == SHELL_HOLE_date)
        typed_expect(expectations, arena, BYTES(DATE), 12, script);
    if (output.len && memmem(output.at, output.len, "PATH=/", 6))
        typed_expect(expectations, arena, BYTES(ENVIRONMENT), 30, script);
}

static bool is_word_char(char c)
{
    char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static struct bytes first_line(struct bytes output)
{
    const char *end = output.len ? memchr(output.at, '\n', output.len) : NULL;
    return end ? (struct bytes){output.at, (size_t)(end - output.at)} : output;
}

/* Tools that small systems lack: where they are not there, nothing is printed. */
static bool needs_tools(struct bytes script)
{
    static const char *const tools[] = {
        "curl",        "wget",       "nc",         "ncat",    "netcat",   "telnet",  "socat",
        "python",      "perl",       "php",        "ruby",    "node",     "openssl", "dig",
        "nslookup",    "host",       "ping",       "busybox", "gcc",      "xxd",     "file",
        "strings",     "ps",         "hostname",   "ip",      "ifconfig", "netstat", "ss",
        "lsb_release", "sudo",       "crontab",    "bash",    "python3",  "dir",     "type",
        "ipconfig",    "systeminfo", "powershell", "cmd",     NULL};
    for (size_t i = 0; i < script.len;) {
        size_t from = i;
        while (i < script.len && is_word_char(script.at[i]))
            i++;
        for (int j = 0; tools[j]; j++)
            if (i - from == strlen(tools[j]) && memcmp(script.at + from, tools[j], i - from) == 0)
                return true;
        i += i == from;
    }
    return false;
}

/* Output as a whole, and its first line alone: pages cut, and substitutions join lines. */
static void output_expect(const struct shell_result *result, const struct script *script,
                          struct arena *arena, struct expectations *expectations)
{
    bool uncertain = result->guessed || result->stopped || needs_tools(script->text);
    struct expectation *whole = pattern_add(expectations, arena, result->output, script->told);
    if (whole) {
        whole->printed = true;
        whole->visible = script->shown;
        whole->channel = uncertain ? CHANNEL_none : script->channel;
    }
    kind_expect(result->output, script->told, arena, expectations);
    struct bytes line = first_line(result->output);
    if (line.len < result->output.len)
        (void)pattern_add(expectations, arena, line, script->told);
    struct expectation *error =
        pattern_add(expectations, arena, first_line(result->errors), script->told);
    if (error)
        error->error = error->printed = true;
}

void printed_expect(const struct suspicion *suspicion, const struct script *printed,
                    struct expectations *expectations)
{
    struct expectation *whole =
        pattern_add(expectations, suspicion->arena, printed->text, printed->told);
    if (whole) {
        whole->printed = true;
        whole->channel = printed->channel;
    }
    kind_expect(printed->text, printed->told, suspicion->arena, expectations);
}

static bool expected_already(const struct expectations *expectations,
                             const struct expectation *expectation)
{
    for (uint32_t i = 0; i < expectations->count; i++) {
        const struct expectation *other = &expectations->items[i];
        if (other->kind == expectation->kind && other->port == expectation->port &&
            other->seconds == expectation->seconds && bytes_equal(other->host, expectation->host) &&
            bytes_equal(other->text, expectation->text))
            return true;
    }
    return false;
}

static void expect(struct expectations *expectations, struct arena *arena,
                   struct expectation wanted)
{
    if (expected_already(expectations, &wanted))
        return;
    struct expectation *expectation = expectations_add(expectations, arena);
    if (expectation)
        *expectation = wanted;
}

/* The first word of output, as far as it is one: substitutions are cut into words. */
static struct bytes first_word(struct bytes output)
{
    size_t len = 0;
    while (len < output.len && !memchr(" \t\r\n", output.at[len], 4) &&
           output.at[len] != SHELL_HOLE_line && output.at[len] != SHELL_HOLE_lines &&
           output.at[len] != SHELL_HOLE_text && output.at[len] != SHELL_HOLE_blank)
        len++;
    return (struct bytes){output.at, len};
}

/*
 * The first word of what a substitution puts there, joined to what stands before it. That this
 * goes on with letters where `$(` was sent is telling by itself.
 */
static void joined_expect(const struct shell_result *result, const struct script *script,
                          struct arena *arena, struct expectations *expectations)
{
    struct bytes word = first_word(result->output), pattern, before = script->before;
    struct buffer text = {0};
    double bits;
    if (script->channel != CHANNEL_substitution || word.len == 0 ||
        shell_output_pattern(word, arena, &pattern, &bits) != 0)
        return;
    bool hole = word.len == 1 && (word.at[0] == SHELL_HOLE_word || word.at[0] == SHELL_HOLE_number);
    struct expectation wanted = {.kind = EXPECT_pattern,
                                 .channel = CHANNEL_substitution,
                                 .bits = hole ? JOINED_BITS : bits + JOINT_BITS,
                                 .command = script->told};
    if (hole ? before.len < BEFORE_LEAST : bits < (before.len ? KNOWN_BITS : 2 * KNOWN_BITS))
        return;
    for (size_t i = 0; i < before.len; i++)
        buffer_put_format(&text, before.at[i] == '.' ? "\\%c" : "%c", before.at[i]);
    if (shell_output_exact(word))
        buffer_put_format(&text, "\\Q%.*s\\E", (int)word.len, word.at);
    else
        buffer_put(&text, hole ? BYTES("[A-Za-z0-9][A-Za-z0-9_-]+") : pattern);
    wanted.text = arena_copy(arena, buffer_bytes(&text));
    buffer_finish(&text);
    if (wanted.text.at)
        expect(expectations, arena, wanted);
}

/* The longest piece of a text that is known. */
static struct bytes known_piece(struct bytes text)
{
    struct bytes best = {0};
    for (size_t i = 0, from = 0; i <= text.len; i++) {
        if (i < text.len && !shell_is_hole(text.at[i]))
            continue;
        if (i - from > best.len)
            best = (struct bytes){text.at + from, i - from};
        from = i + 1;
    }
    return best;
}

static bool has_hole(struct bytes text)
{
    return !shell_output_exact(text);
}

/* Whether it waits for echoes, which it may not be allowed to ask for. */
static bool pings(const struct shell_result *result)
{
    for (uint32_t i = 0; i < result->effect_count; i++)
        if (result->effects[i].kind == SHELL_ping)
            return true;
    return false;
}

static void effects_expect(const struct shell_result *result, struct bytes script,
                           struct arena *arena, struct expectations *expectations)
{
    static const enum expectation_kind kinds[] = {
        [SHELL_connect] = EXPECT_connection, [SHELL_request] = EXPECT_request,
        [SHELL_resolve] = EXPECT_dns,        [SHELL_ping] = EXPECT_icmp,
        [SHELL_write] = EXPECT_file,
    };
    for (uint32_t i = 0; i < result->effect_count; i++) {
        const struct shell_effect *effect = &result->effects[i];
        if (effect->kind > SHELL_write || has_hole(effect->host))
            continue;
        struct expectation wanted = {.kind = kinds[effect->kind],
                                     .host = effect->host,
                                     .port = effect->port,
                                     .command = effect->command.len ? effect->command : script};
        if (effect->kind == SHELL_request)
            wanted.text = known_piece(effect->text);
        if (effect->kind == SHELL_write)
            wanted.text = bytes_base_name(known_piece(effect->text));
        struct bytes said = known_piece(effect->data);
        if (effect->kind == SHELL_connect && said.len > 3) { /* what is said there first */
            wanted.kind = EXPECT_request;
            wanted.text = said;
        }
        if (effect->kind != SHELL_write || wanted.text.len > 3)
            expect(expectations, arena, wanted);
    }
    if (result->seconds >= DELAY_LEAST)
        expect(expectations, arena,
               (struct expectation){.kind = EXPECT_delay,
                                    .seconds = result->seconds,
                                    .visible = !pings(result),
                                    .command = script});
}

/* Whether a script does something on purpose: a sentence with a semicolon does not. */
static bool script_acts(const struct shell_result *result, const struct script *script)
{
    return result->commands_run > script->own && result->commands_unknown == 0 &&
           (result->output.len || result->effect_count ||
            (script->told.len && memchr(script->told.at, '>', script->told.len)));
}

int shell_expect(const struct suspicion *suspicion, const struct script *script,
                 struct expectations *expectations, enum script_ran *ret_ran)
{
    static const enum shell_profile profiles[] = {SHELL_debian, SHELL_busybox, SHELL_bash};
    struct arena *arena = suspicion->arena;
    uint32_t before = expectations->count;
    bool silent = false, spoken = false;
    *ret_ran = RAN_nothing;
    if (suspicion->attempts->effort >= ATTEMPTS_EFFORT)
        return 0;
    suspicion->attempts->effort++;
    for (size_t i = 0; i < sizeof(profiles) / sizeof(*profiles); i++) {
        struct shell_result *result = arena_take(arena, sizeof(*result));
        int error = result ? shell_run(profiles[i], script->text, arena, result) : -ENOMEM;
        if (error)
            return error;
        suspicion->attempts->effort += result->stopped ? STOPPED_EFFORT : 0;
        if (result->syntax_error || result->commands_run + result->commands_unknown <= script->own)
            continue;
        if (*ret_ran != RAN_on_purpose)
            *ret_ran = script_acts(result, script) ? RAN_on_purpose : RAN_something;
        silent = silent || result->output.len == 0;
        spoken = spoken || result->output.len;
        output_expect(result, script, arena, expectations);
        joined_expect(result, script, arena, expectations);
        effects_expect(result, script->told, arena, expectations);
    }
    for (uint32_t i = before; i < expectations->count; i++) {
        struct expectation *expectation = &expectations->items[i];
        if (silent && expectation->printed) { /* not on every system */
            expectation->visible = false;
            expectation->channel = CHANNEL_none;
        }
        if (spoken && expectation->error)
            expectation->printed = false; /* … nor this */
    }
    return 0;
}
