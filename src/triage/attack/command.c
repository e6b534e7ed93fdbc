/*
 * Commands of an operating system where none belong: behind a separator or in a
 * substitution of a parameter, in Shellshock's function, as the body of a
 * request whose path climbs to a shell, in the parameter of a web shell.
 */
#include <errno.h>
#include <strings.h>

#include "base/buffer.h"
#include "triage/attack/recogniser.h"

enum { SCRIPTS = 12 };

/* Scripts that one text may mean, without repeats. */
struct scripts {
    struct script items[SCRIPTS];
    uint32_t count;
};

static void script_add(struct scripts *scripts, struct script script)
{
    for (uint32_t i = 0; i < scripts->count; i++)
        if (bytes_equal(scripts->items[i].text, script.text))
            return;
    if (scripts->count < SCRIPTS && script.text.len)
        scripts->items[scripts->count++] = script;
}

/* A command as it stands. */
static struct script script_of(struct bytes text, bool shown)
{
    return (struct script){.text = text, .told = text, .shown = shown};
}

/* How what stands in a value gets its output into a page: by the first separator. */
static enum channel channel_of(struct bytes value)
{
    for (size_t i = 0; i < value.len; i++) {
        char next = i + 1 < value.len ? value.at[i + 1] : 0;
        if (value.at[i] == '|' && next != '|')
            return CHANNEL_pipe;
        if (memchr(";|&\n", value.at[i], 4))
            return CHANNEL_sequence;
    }
    return CHANNEL_none;
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
    script_add(scripts, (struct script){
                            .text = copy, .told = value, .own = 1, .channel = channel_of(value)});
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

/* The word that ends at `end`. */
static struct bytes word_before(struct bytes text, size_t end)
{
    size_t from = end;
    while (from > 0 &&
           (memchr("._-", text.at[from - 1], 3) ||
            (ascii_lower(text.at[from - 1]) >= 'a' && ascii_lower(text.at[from - 1]) <= 'z') ||
            (text.at[from - 1] >= '0' && text.at[from - 1] <= '9')))
        from--;
    return (struct bytes){text.at + from, end - from};
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
        struct bytes inside = {text.at + from, to - from};
        script_add(scripts, (struct script){.text = inside,
                                            .told = inside,
                                            .before = word_before(text, i),
                                            .channel = CHANNEL_substitution});
        i = to;
    }
}

/* Run each script; those that do anything make one attempt together. */
static int scripts_try(const struct suspicion *suspicion, const struct scripts *scripts,
                       enum attack_class class, double confidence, struct bytes payload)
{
    struct attempt *attempt = NULL;
    struct expectations expectations = {0};
    struct bytes command = {0};
    bool purpose = false;
    for (uint32_t i = 0; i < scripts->count; i++) {
        enum script_ran ran;
        int error = shell_expect(suspicion, &scripts->items[i], &expectations, &ran);
        if (error)
            return error;
        if (ran != RAN_nothing && command.len == 0)
            command = scripts->items[i].told;
        purpose = purpose || ran == RAN_on_purpose;
    }
    if (command.len == 0 || (expectations.count == 0 && !purpose))
        return 0;
    attempt =
        attempt_begin(suspicion, class, expectations.count ? confidence : confidence / 2, command);
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
        script_add(&scripts, script_of(script, true));
        return scripts_try(suspicion, &scripts, ATTACK_command_injection, 0.99, (struct bytes){0});
    }
    int error = contexts_add(&scripts, suspicion->arena, text);
    if (error)
        return error;
    substitutions_add(&scripts, text);
    return scripts_try(suspicion, &scripts, ATTACK_command_injection, 0.8, (struct bytes){0});
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
    script_add(&scripts, script_of(suspicion_text(suspicion), true));
    return scripts_try(suspicion, &scripts, ATTACK_web_shell, 0.9, (struct bytes){0});
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
    "^['\"]?[\\w.:-]{0,64}['\"]?\\s*[;|&\\n]+[\\s({]*[a-z/.$'\"\\\\]",
    "^[\\w.:/ -]{0,80}(&&|\\|\\|?)\\s*[a-z/]",
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
    script_add(&scripts, script_of(body, true));
    return scripts_try(suspicion, &scripts, ATTACK_command_injection, 0.99, body);
}

/* Headers that have semicolons by themselves. */
static bool header_is_plain(const struct place *place)
{
    return place->kind != PLACE_header ||
           !(place->name.len >= 6 && strncasecmp(place->name.at, "Accept", 6) == 0);
}

const struct recogniser command_path_recogniser = {
    .name = "command_path",
    .places = PLACE_BIT(header) | PLACE_BIT(path),
    .marks = command_path_marks,
    .fits = header_is_plain,
    .look = command_path_look,
};
