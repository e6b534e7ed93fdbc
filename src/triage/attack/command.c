/*
 * Commands of an operating system where none belong: behind a separator or in a
 * substitution of a parameter, in Shellshock's function, as the body of a
 * request whose path climbs to a shell, in the parameter of a web shell, in a
 * call of the application's own language.
 */
#include <errno.h>
#include <strings.h>

#include "base/buffer.h"
#include "triage/attack/recogniser.h"
#include "triage/shell/shell.h"

enum { SCRIPTS = 12, DELAY_LEAST = 1, OUTPUT_LINES = 3, STOPPED_EFFORT = 12 };

/* Scripts that one text may mean, without repeats; `own` commands of each are ours, not the
 * attacker's. */
struct scripts {
    struct bytes items[SCRIPTS];
    uint32_t own[SCRIPTS];
    uint32_t count;
};

static void script_add(struct scripts *scripts, struct bytes script, uint32_t own)
{
    for (uint32_t i = 0; i < scripts->count; i++)
        if (bytes_equal(scripts->items[i], script))
            return;
    if (scripts->count < SCRIPTS && script.len) {
        scripts->own[scripts->count] = own;
        scripts->items[scripts->count++] = script;
    }
}

static int script_put(struct scripts *scripts, struct arena *arena, struct bytes before,
                      struct bytes value, struct bytes behind)
{
    struct buffer text = {0};
    buffer_put(&text, before);
    buffer_put(&text, value);
    buffer_put(&text, behind);
    struct bytes copy = arena_copy(arena, buffer_bytes(&text));
    bool failed = text.failed || !copy.at;
    buffer_finish(&text);
    if (failed)
        return -ENOMEM;
    script_add(scripts, copy, 1);
    return 0;
}

/* The end of the substitution whose inside begins at `from`; text.len when it is not closed. */
static size_t substitution_end(struct bytes text, size_t from)
{
    int depth = 1;
    for (size_t i = from; i < text.len; i++) {
        if (text.at[i] == '\\')
            i++;
        else if (text.at[i] == '(')
            depth++;
        else if (text.at[i] == ')' && --depth == 0)
            return i;
    }
    return text.len;
}

/* The insides of $(…) and `…`: what is run, whatever stands around it. */
static void substitutions_add(struct scripts *scripts, struct bytes text)
{
    for (size_t i = 0; i + 1 < text.len; i++) {
        size_t from, to;
        if (text.at[i] == '$' && text.at[i + 1] == '(' &&
            !(i + 2 < text.len && text.at[i + 2] == '(')) {
            from = i + 2;
            to = substitution_end(text, from);
        } else if (text.at[i] == '`') {
            from = i + 1;
            const char *end = memchr(text.at + from, '`', text.len - from);
            to = end ? (size_t)(end - text.at) : text.len;
        } else {
            continue;
        }
        script_add(scripts, (struct bytes){text.at + from, to - from}, 0);
        i = to;
    }
}

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

static struct bytes first_line(struct bytes output)
{
    const char *end = output.len ? memchr(output.at, '\n', output.len) : NULL;
    return end ? (struct bytes){output.at, (size_t)(end - output.at)} : output;
}

/* Output as a whole, and its first line alone: pages cut, and substitutions join lines. */
static void output_expect(const struct shell_result *result, struct bytes script, bool shown,
                          struct arena *arena, struct expectations *expectations)
{
    struct expectation *whole = pattern_add(expectations, arena, result->output, script);
    if (whole) {
        whole->printed = true;
        whole->visible = shown;
    }
    kind_expect(result->output, script, arena, expectations);
    struct bytes line = first_line(result->output);
    if (line.len < result->output.len)
        (void)pattern_add(expectations, arena, line, script);
    struct expectation *error =
        pattern_add(expectations, arena, first_line(result->errors), script);
    if (error)
        error->error = error->printed = true;
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

int shell_expect(const struct suspicion *suspicion, struct bytes script, uint32_t own, bool shown,
                 struct expectations *expectations, bool *ret_run)
{
    static const enum shell_profile profiles[] = {SHELL_debian, SHELL_busybox, SHELL_bash};
    struct arena *arena = suspicion->arena;
    uint32_t before = expectations->count;
    bool silent = false;
    *ret_run = false;
    if (suspicion->attempts->effort >= ATTEMPTS_EFFORT)
        return 0;
    suspicion->attempts->effort++;
    for (size_t i = 0; i < sizeof(profiles) / sizeof(*profiles); i++) {
        struct shell_result *result = arena_take(arena, sizeof(*result));
        int error = result ? shell_run(profiles[i], script, arena, result) : -ENOMEM;
        if (error)
            return error;
        suspicion->attempts->effort += result->stopped ? STOPPED_EFFORT : 0;
        if (result->syntax_error || result->commands_run + result->commands_unknown <= own)
            continue;
        *ret_run = true;
        silent = silent || result->output.len == 0;
        output_expect(result, script, shown, arena, expectations);
        effects_expect(result, script, arena, expectations);
    }
    for (uint32_t i = before; i < expectations->count && silent; i++)
        if (expectations->items[i].kind == EXPECT_pattern)
            expectations->items[i].visible = false; /* not on every system */
    return 0;
}

/* Run each script; those that do anything make one attempt together. */
static int scripts_try(const struct suspicion *suspicion, const struct scripts *scripts,
                       enum attack_class class, double confidence, bool shown, struct bytes payload)
{
    struct attempt *attempt = NULL;
    struct expectations expectations = {0};
    struct bytes command = {0};
    for (uint32_t i = 0; i < scripts->count; i++) {
        bool run;
        int error =
            shell_expect(suspicion, scripts->items[i], scripts->own[i], shown, &expectations, &run);
        if (error)
            return error;
        if (run && command.len == 0)
            command = scripts->items[i];
    }
    if (command.len == 0 || expectations.count == 0)
        return 0;
    attempt = attempt_begin(suspicion, class, confidence, command);
    if (!attempt)
        return suspicion->attempts->dropped ? 0 : -ENOMEM;
    attempt->expectations = expectations;
    if (payload.len)
        attempt->payload = payload;
    return 0;
}

/* What stands behind the first separator of a text: in which quoting it was meant is unknown. */
static int contexts_add(struct scripts *scripts, struct arena *arena, struct bytes text)
{
    static const struct {
        struct bytes before, behind;
    } contexts[] = {
        {BYTES(": "), BYTES("")},
        {BYTES(": \""), BYTES("\"")},
        {BYTES(": '"), BYTES("'")},
        {BYTES("! : "), BYTES("")}, /* behind "||" only the failure of what came before counts */
    };
    for (size_t i = 0; i < sizeof(contexts) / sizeof(*contexts); i++) {
        int error = script_put(scripts, arena, contexts[i].before, text, contexts[i].behind);
        if (error)
            return error;
    }
    return 0;
}

/* Bash runs what stands behind a function in its environment (CVE-2014-6271). */
static bool shellshock(struct bytes text, struct bytes *ret_script)
{
    const char *at = memmem(text.at, text.len, "()", 2);
    const char *end = at ? memmem(at, text.len - (size_t)(at - text.at), "}", 1) : NULL;
    if (!end)
        return false;
    struct bytes rest = bytes_from(text, (size_t)(end - text.at) + 1);
    while (rest.len && memchr("; \t", rest.at[0], 3))
        rest = bytes_from(rest, 1);
    *ret_script = rest;
    return rest.len > 0;
}

/* Names under which web shells take their commands. */
static bool name_means_command(const struct place *place)
{
    struct bytes name = place->name;
    static const char *const names[] = {"cmd",      "c",    "exec", "command", "execute", "shell",
                                        "system",   "run",  "do",   "e",       "x",       "ping",
                                        "command1", "pass", "code", NULL};
    for (int i = 0; names[i]; i++)
        if (name.len == strlen(names[i]) && strncasecmp(name.at, names[i], name.len) == 0)
            return true;
    return false;
}

static int command_look(const struct suspicion *suspicion)
{
    struct bytes text = suspicion_text(suspicion), script;
    struct scripts scripts = {0};
    if (bytes_start(text, BYTES("()")) && shellshock(text, &script)) {
        script_add(&scripts, script, 0);
        return scripts_try(suspicion, &scripts, ATTACK_command_injection, 0.99, true,
                           (struct bytes){0});
    }
    int error = contexts_add(&scripts, suspicion->arena, text);
    if (error)
        return error;
    substitutions_add(&scripts, text);
    return scripts_try(suspicion, &scripts, ATTACK_command_injection, 0.8, false,
                       (struct bytes){0});
}

static const char *const command_marks[] = {
    "[;|`\\n]", "&&|&\\s*[a-z./\\\\$'\"{]", "\\$\\(", "^\\s*\\(\\)\\s*\\{", "\\$IFS", NULL,
};

const struct recogniser command_recogniser = {
    .name = "command",
    .places = PLACES_PARAMETERS,
    .marks = command_marks,
    .look = command_look,
};

static int web_shell_look(const struct suspicion *suspicion)
{
    struct scripts scripts = {0};
    script_add(&scripts, suspicion_text(suspicion), 0);
    return scripts_try(suspicion, &scripts, ATTACK_web_shell, 0.9, true, (struct bytes){0});
}

static const char *const web_shell_marks[] = {"^\\s*[a-z./\\\\$'\"{(]", NULL};

const struct recogniser web_shell_recogniser = {
    .name = "web_shell",
    .places = PLACES_PARAMETERS,
    .marks = web_shell_marks,
    .fits = name_means_command,
    .look = web_shell_look,
};

/* In a header only what no header has by itself. */
static const char *const command_path_marks[] = {
    "^['\"]?[\\w.:-]{0,64}['\"]?\\s*[;|&\\n]+\\s*\\(?[a-z]",
    "^\\s*\\(\\)\\s*\\{",
    "\\$\\([^)]",
    "`[^`]{2,}`",
    "/bin/(ba|da|z|k|a)?sh$",
    NULL,
};

static int command_path_look(const struct suspicion *suspicion)
{
    struct bytes text = suspicion_text(suspicion);
    if (suspicion->place->kind != PLACE_path)
        return command_look(suspicion);
    struct scripts scripts = {0};
    struct bytes body = suspicion->exchange->request.body;
    if (!bytes_end(text, BYTES("sh")) || body.len == 0 || suspicion->attempts->count)
        return 0;
    script_add(&scripts, body, 0);
    return scripts_try(suspicion, &scripts, ATTACK_command_injection, 0.99, true, body);
}

const struct recogniser command_path_recogniser = {
    .name = "command_path",
    .places = PLACE_BIT(header) | PLACE_BIT(path),
    .marks = command_path_marks,
    .look = command_path_look,
};

/* The argument of a call that runs a command: system('id') of PHP, Runtime.exec("id") … */
static bool call_argument(struct bytes text, struct bytes *ret_argument, char *ret_quote,
                          bool *ret_shown)
{
    /* the first two print what the command prints, the others only return it */
    static const char *const calls[] = {"system", "passthru",  "shell_exec",   "popen",
                                        "exec",   "proc_open", "os.popen",     "execSync",
                                        "spawn",  "assert",    "check_output", NULL};
    for (int i = 0; calls[i]; i++) {
        const char *at = memmem(text.at, text.len, calls[i], strlen(calls[i]));
        if (!at)
            continue;
        struct bytes rest = bytes_from(text, (size_t)(at - text.at) + strlen(calls[i]));
        const char *open = rest.len ? memchr(rest.at, '(', rest.len) : NULL;
        if (!open || open - rest.at > 3)
            continue;
        rest = bytes_from(rest, (size_t)(open - rest.at) + 1);
        while (rest.len && memchr(" \t", rest.at[0], 2))
            rest = bytes_from(rest, 1);
        if (rest.len == 0 || (rest.at[0] != '\'' && rest.at[0] != '"'))
            continue;
        const char *end = memrchr(rest.at + 1, rest.at[0], rest.len - 1);
        if (end) {
            *ret_argument = (struct bytes){rest.at + 1, (size_t)(end - rest.at - 1)};
            *ret_quote = rest.at[0];
            *ret_shown = i < 2;
            return true;
        }
    }
    return false;
}

/* A string of the language without its backslashes before quotes and backslashes. */
static struct bytes unquoted(struct bytes text, char quote, struct arena *arena)
{
    char *out = arena_take(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; out && i < text.len; i++) {
        bool escaped = text.at[i] == '\\' && i + 1 < text.len &&
                       (text.at[i + 1] == quote || text.at[i + 1] == '\\');
        i += escaped;
        out[len++] = text.at[i];
    }
    return (struct bytes){out, len};
}

static int code_look(const struct suspicion *suspicion)
{
    struct bytes text = suspicion_text(suspicion), argument;
    struct scripts scripts = {0};
    bool shown = false;
    char quote;
    if (call_argument(text, &argument, &quote, &shown)) {
        argument = unquoted(argument, quote, suspicion->arena);
        if (!argument.at)
            return -ENOMEM;
        script_add(&scripts, argument, 0);
    } else if (memchr(text.at, '`', text.len)) {
        substitutions_add(&scripts, text);
    }
    return scripts_try(suspicion, &scripts, ATTACK_code_injection, 0.95, shown, (struct bytes){0});
}

static const char *const code_marks[] = {
    "(system|shell_exec|passthru|popen|exec|proc_open|execSync|spawn|assert|check_output)\\s*\\(",
    NULL,
};

const struct recogniser code_recogniser = {
    .name = "code",
    .places = PLACES_PARAMETERS | PLACE_BIT(body) | PLACE_BIT(header),
    .marks = code_marks,
    .look = code_look,
};
