/* hinomi alerts imitate: what a shell script would print and do, without running it. */
#include <errno.h>
#include <stdio.h>

#include "base/json.h"
#include "show/options.h"
#include "show/verb.h"
#include "triage/shell/shell.h"

/* Names of holes, for people: "uid=<number>(<word>)". */
static void holes_put(struct buffer *out, struct bytes text)
{
    static const char *const names[SHELL_HOLE_END] = {
        [SHELL_HOLE_word] = "<word>",   [SHELL_HOLE_number] = "<number>",
        [SHELL_HOLE_line] = "<line>",   [SHELL_HOLE_lines] = "<lines>",
        [SHELL_HOLE_date] = "<date>",   [SHELL_HOLE_mode] = "<mode>",
        [SHELL_HOLE_path] = "<path>",   [SHELL_HOLE_address] = "<address>",
        [SHELL_HOLE_byte] = "<byte>",   [SHELL_HOLE_text] = "<text>",
        [SHELL_HOLE_blank] = "<blank>", [SHELL_HOLE_hex] = "<hex>",
        [SHELL_HOLE_shell] = "<shell>",
    };
    for (size_t i = 0; i < text.len; i++)
        if (shell_is_hole(text.at[i]))
            buffer_put(out, bytes_of(names[(unsigned char)text.at[i]]));
        else
            buffer_put_char(out, text.at[i]);
}

static void json_holes(struct json *json, const char *key, struct bytes text)
{
    struct buffer plain = {0};
    holes_put(&plain, text);
    json_key_text(json, key, buffer_bytes(&plain));
    buffer_finish(&plain);
}

static void effect_put(struct json *json, const struct shell_effect *effect)
{
    json_object(json);
    json_key_text(json, "kind", bytes_of(shell_effect_name(effect->kind)));
    if (effect->host.len)
        json_holes(json, "host", effect->host);
    if (effect->port)
        json_key(json, "port"), json_unsigned(json, effect->port);
    if (effect->protocol)
        json_key(json, "protocol"), json_unsigned(json, effect->protocol);
    if (effect->text.len)
        json_holes(json, "text", effect->text);
    if (effect->data.len)
        json_holes(json, "data", effect->data);
    json_holes(json, "command", effect->command);
    json_end_object(json);
}

/* What to look for: of standard output and of standard error. */
struct traces {
    struct bytes pattern, errors_pattern;
    double bits, errors_bits;
};

static void result_put_json(struct buffer *out, const struct shell_result *result,
                            const struct traces *traces)
{
    struct json json = {.out = out};
    json_object(&json);
    json_holes(&json, "output", result->output);
    json_holes(&json, "errors", result->errors);
    json_key_text(&json, "pattern", traces->pattern);
    json_key(&json, "bits"), json_number(&json, traces->bits);
    json_key_text(&json, "errors_pattern", traces->errors_pattern);
    json_key(&json, "errors_bits"), json_number(&json, traces->errors_bits);
    json_key(&json, "seconds"), json_number(&json, result->seconds);
    json_key(&json, "status"), json_integer(&json, result->status);
    json_key(&json, "commands_run"), json_unsigned(&json, result->commands_run);
    json_key(&json, "commands_unknown"), json_unsigned(&json, result->commands_unknown);
    json_key(&json, "syntax_error"), json_bool(&json, result->syntax_error);
    json_key(&json, "stopped"), json_bool(&json, result->stopped);
    json_key(&json, "guessed"), json_bool(&json, result->guessed);
    json_key(&json, "user_matters"), json_bool(&json, result->user_matters);
    json_key(&json, "effects"), json_array(&json);
    for (uint32_t i = 0; i < result->effect_count; i++)
        effect_put(&json, &result->effects[i]);
    json_end_array(&json);
    json_end_object(&json);
    buffer_put_char(out, '\n');
}

static void field_put(struct buffer *out, const char *name, struct bytes text)
{
    if (text.len == 0)
        return;
    buffer_put_format(out, "%s:", name);
    size_t start = 0;
    while (start < text.len) {
        struct bytes rest = bytes_from(text, start);
        const char *end = memchr(rest.at, '\n', rest.len);
        size_t length = end ? (size_t)(end - rest.at) : rest.len;
        buffer_put(out, BYTES("\n    "));
        holes_put(out, (struct bytes){rest.at, length});
        start += length + 1;
    }
    buffer_put_char(out, '\n');
}

static void result_put(struct buffer *out, const struct shell_result *result,
                       const struct traces *traces)
{
    field_put(out, "output", result->output);
    field_put(out, "errors", result->errors);
    field_put(out, "pattern", traces->pattern);
    buffer_put_format(
        out, "status %d, %.0f bits, %g s, %u commands run, %u unknown%s%s%s%s\n", result->status,
        traces->bits, result->seconds, result->commands_run, result->commands_unknown,
        result->syntax_error ? ", syntax error" : "", result->stopped ? ", stopped at a bound" : "",
        result->guessed ? ", guessed" : "", result->user_matters ? ", depends on the user" : "");
    for (uint32_t i = 0; i < result->effect_count; i++) {
        const struct shell_effect *effect = &result->effects[i];
        buffer_put_format(out, "%s ", shell_effect_name(effect->kind));
        holes_put(out, effect->host);
        if (effect->port)
            buffer_put_format(out, ":%u%s", effect->port, effect->protocol == 17 ? "/udp" : "");
        if (effect->text.len)
            buffer_put_char(out, ' ');
        holes_put(out, effect->text);
        field_put(out, effect->data.len ? ", sending" : "", effect->data);
        if (effect->data.len == 0)
            buffer_put_char(out, '\n');
    }
}

static bool profile_parse(const char *name, enum shell_profile *ret_profile)
{
    for (enum shell_profile profile = 0; profile < SHELL_PROFILES; profile++)
        if (strcmp(name, shell_profile_name(profile)) == 0) {
            *ret_profile = profile;
            return true;
        }
    return false;
}

static int imitate(enum shell_profile profile, bool root, const char *script, bool as_json)
{
    struct arena arena = {0};
    struct buffer out = {0};
    struct shell_result result;
    struct traces traces;
    int error = root ? shell_run_as(profile, true, bytes_of(script), &arena, &result)
                     : shell_run(profile, bytes_of(script), &arena, &result);
    if (error == 0)
        error = shell_output_pattern(result.output, &arena, &traces.pattern, &traces.bits);
    if (error == 0)
        error = shell_output_pattern(result.errors, &arena, &traces.errors_pattern,
                                     &traces.errors_bits);
    if (error == 0) {
        (as_json ? result_put_json : result_put)(&out, &result, &traces);
        error = out.failed ? -ENOMEM : 0;
    }
    if (error)
        fprintf(stderr, "hinomi alerts imitate: %s\n", strerror(-error));
    else
        fwrite(out.at, 1, out.len, stdout);
    buffer_finish(&out);
    arena_finish(&arena);
    return error ? EXIT_FAILED : EXIT_OK;
}

int alerts_imitate(int argc, char **argv)
{
    const char *profile_name = "debian";
    bool as_json = false, root = false;
    enum shell_profile profile;
    int count, status;
    const struct option_entry entries[] = {
        {"--profile", OPTION_TEXT, &profile_name, "NAME",
         "debian (default), bash, busybox, cmd or powershell"},
        {"--root", OPTION_FLAG, &root, NULL, "as root; busybox is always"},
        OPTION_JSON(&as_json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "alerts imitate",
        .arguments = "SCRIPT [options]",
        .does =
            "Says what a shell script would print, connect to, write and wait for, by imitation:"
            " nothing is\nexecuted. What no machine has in common is a hole: <word>, <lines> …",
        .example = "hinomi alerts imitate 'id;sleep 5|nc 192.0.2.1 4444' --profile busybox",
        .options = entries,
        .least = 1,
        .most = 1,
    };
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (!profile_parse(profile_name, &profile)) {
        fprintf(stderr,
                "hinomi alerts imitate: no profile '%s': debian, bash, busybox, cmd or"
                " powershell\n",
                profile_name);
        return EXIT_USAGE;
    }
    return imitate(profile, root, argv[1], as_json);
}
