/* hinomi alerts shellcode: what a piece of machine code would do. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/json.h"
#include "base/progress.h"
#include "engine/emulator.h"
#include "model/shellcode_effect.h"
#include "show/options.h"
#include "show/table.h"
#include "show/verb.h"

struct shellcode_verb {
    struct emulator *emulator;
    enum shellcode_platform platform;
    bool json, hex;
    uint64_t number; /* of the shellcode, from 1 */
    struct arena keep;
    struct buffer line;
    struct progress progress;
};

static int failed(const char *what, const char *why)
{
    fprintf(stderr, "hinomi alerts shellcode: %s: %s\n", what, why);
    return EXIT_FAILED;
}

static void argument_json(struct json *json, const struct shellcode_argument *argument)
{
    char name[64];
    snprintf(name, sizeof(name), "%.*s", (int)argument->name.len, argument->name.at);
    json_key(json, name);
    if (argument->kind == SHELLCODE_NUMBER) {
        json_integer(json, argument->number);
        return;
    }
    if (argument->kind == SHELLCODE_TEXT) {
        json_text(json, argument->text);
        return;
    }
    struct cursor cursor = cursor_over(argument->text);
    json_array(json);
    while (cursor_ok(&cursor) && cursor_left(&cursor) > 0)
        json_text(json, cursor_block(&cursor));
    json_end_array(json);
}

static void calls_json(struct json *json, const struct shellcode_run *run)
{
    json_key(json, "calls");
    json_array(json);
    for (uint32_t i = 0; i < run->count; i++) {
        const struct shellcode_call *call = &run->calls[i];
        json_object(json);
        json_key_text(json, "name", call->name);
        if (call->times > 1)
            json_key(json, "times"), json_unsigned(json, call->times);
        json_key(json, "arguments");
        json_object(json);
        for (uint32_t j = 0; j < call->count; j++)
            argument_json(json, &call->arguments[j]);
        json_end_object(json);
        json_end_object(json);
    }
    json_end_array(json);
}

static const char *effect_name(enum shellcode_effect_kind kind)
{
    static const char *const names[] = {"listens", "connects", "executes", "fetches"};
    return names[kind];
}

static void effects_json(struct json *json, const struct shellcode_effects *effects)
{
    json_key(json, "effects");
    json_array(json);
    for (uint32_t i = 0; i < effects->count; i++) {
        const struct shellcode_effect *effect = &effects->items[i];
        json_object(json);
        json_key_text(json, "effect", bytes_of(effect_name(effect->kind)));
        if (effect->host.len)
            json_key_text(json, "address", effect->host);
        if (effect->kind != EFFECT_EXECUTES)
            json_key(json, "port"), json_unsigned(json, effect->port);
        if (effect->text.len)
            json_key_text(json, "text", effect->text);
        json_end_object(json);
    }
    json_end_array(json);
}

static void run_json(struct shellcode_verb *verb, const struct shellcode_run *run,
                     const struct shellcode_effects *effects)
{
    struct json json = {.out = &verb->line};
    buffer_clear(&verb->line);
    json_object(&json);
    json_key(&json, "number"), json_unsigned(&json, verb->number);
    json_key_text(&json, "platform", bytes_of(shellcode_platform_name(run->platform)));
    json_key_text(&json, "ending", bytes_of(shellcode_ending_name(run->ending)));
    json_key(&json, "entry"), json_unsigned(&json, run->entry);
    json_key(&json, "assumed"), json_bool(&json, run->assumed);
    json_key(&json, "delay"), json_number(&json, (double)run->delay / 1e9);
    json_key_text(&json, "note", run->note);
    effects_json(&json, effects);
    calls_json(&json, run);
    json_key(&json, "calls_lost"), json_unsigned(&json, run->lost);
    json_key(&json, "runs"), json_unsigned(&json, run->runs);
    json_end_object(&json);
    buffer_put_char(&verb->line, '\n');
    if (!verb->line.failed)
        fwrite(verb->line.at, 1, verb->line.len, stdout);
}

static void argument_text(struct buffer *out, const struct shellcode_argument *argument)
{
    if (argument->kind == SHELLCODE_NUMBER)
        buffer_put_format(out, "%" PRId64, argument->number);
    else if (argument->kind == SHELLCODE_TEXT)
        buffer_put(out, argument->text);
    struct cursor cursor = cursor_over(argument->text);
    while (argument->kind == SHELLCODE_LIST && cursor_ok(&cursor) && cursor_left(&cursor) > 0) {
        buffer_put_char(out, '[');
        buffer_put(out, cursor_block(&cursor));
        buffer_put_char(out, ']');
    }
}

static void calls_table(struct shellcode_verb *verb, const struct shellcode_run *run)
{
    struct table table = {0};
    table_column(&table, "call", false);
    table_column(&table, "times", true);
    table_column(&table, "with", false);
    for (uint32_t i = 0; i < run->count; i++) {
        const struct shellcode_call *call = &run->calls[i];
        char times[16];
        snprintf(times, sizeof(times), "%" PRIu32, call->times);
        buffer_clear(&verb->line);
        for (uint32_t j = 0; j < call->count; j++) {
            buffer_put(&verb->line, j ? BYTES("  ") : BYTES(""));
            buffer_put(&verb->line, call->arguments[j].name);
            buffer_put_char(&verb->line, '=');
            argument_text(&verb->line, &call->arguments[j]);
        }
        table_cell(&table, call->name, TONE_STRONG);
        table_cell(&table, bytes_of(times), TONE_PLAIN);
        table_cell(&table, buffer_bytes(&verb->line), TONE_PLAIN);
    }
    table_print(&table, stdout);
    table_finish(&table);
}

static void effect_print(const struct shellcode_effect *effect)
{
    printf("  %s ", effect_name(effect->kind));
    text_print(effect->host.len ? effect->host : effect->text, TONE_STRONG, stdout);
    if (effect->kind != EFFECT_EXECUTES)
        printf(" port %" PRIu16, effect->port);
    printf("\n");
}

static void run_table(struct shellcode_verb *verb, const struct shellcode_run *run,
                      const struct shellcode_effects *effects)
{
    printf("%sshellcode %" PRIu64 ": %s, %s", verb->number > 1 ? "\n" : "", verb->number,
           shellcode_platform_name(run->platform), shellcode_ending_name(run->ending));
    if (run->entry)
        printf(", from byte %" PRIu32, run->entry);
    if (run->delay)
        printf(", waits %.1f s", (double)run->delay / 1e9);
    printf("\n");
    for (uint32_t i = 0; i < effects->count; i++)
        effect_print(&effects->items[i]);
    if (run->note.len) {
        printf("  ");
        text_print(run->note, TONE_QUIET, stdout);
        printf("\n");
    }
    if (run->count)
        calls_table(verb, run);
}

static int shellcode_tell(struct shellcode_verb *verb, struct bytes code)
{
    struct shellcode_run run = {0};
    struct shellcode_effects effects = {0};
    verb->number++;
    arena_reset(&verb->keep);
    int error = emulator_explain(verb->emulator, verb->platform, code, &verb->keep, &run);
    if (error == 0)
        error = shellcode_effects_of(&run, &verb->keep, &effects);
    if (error == -EPERM)
        return failed("hinomi-emulate",
                      "it could not shut itself in (seccomp), so it runs nothing");
    if (error)
        return failed("hinomi-emulate", strerror(-error));
    if (verb->json)
        run_json(verb, &run, &effects);
    else
        run_table(verb, &run, &effects);
    return EXIT_OK;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hexadecimal digits to bytes, in place; "\x", "0x", blanks, commas, quotes between are skipped. */
static int hexadecimal_read(char *text, size_t len, struct bytes *ret_code)
{
    size_t put = 0;
    int high = -1;
    for (size_t i = 0; i < len; i++) {
        int digit = digit_of(text[i]);
        if (high < 0 && digit == 0 && i + 1 < len && text[i + 1] == 'x')
            continue;
        if (digit < 0 && memchr("\\x, \t\r\n\"", text[i], 8) == NULL)
            return -EINVAL;
        if (digit < 0)
            continue;
        if (high >= 0)
            text[put++] = (char)(high << 4 | digit);
        high = high >= 0 ? -1 : digit;
    }
    *ret_code = (struct bytes){text, put};
    return high < 0 ? 0 : -EINVAL;
}

static int lines_read(struct shellcode_verb *verb, FILE *from)
{
    char *line = NULL;
    size_t room = 0;
    int status = EXIT_OK;
    for (ssize_t len; status == EXIT_OK && (len = getline(&line, &room, from)) >= 0;) {
        struct bytes code;
        if (hexadecimal_read(line, (size_t)len, &code))
            status = failed("a line", "it isn't hexadecimal");
        else if (code.len > SHELLCODE_CODE_MOST)
            status = failed("a line", "it holds more than 65,536 bytes");
        else if (code.len > 0)
            status = shellcode_tell(verb, code);
        progress_step(&verb->progress, verb->number, -1);
    }
    free(line);
    return status;
}

static int whole_read(struct shellcode_verb *verb, FILE *from)
{
    char *code = malloc(SHELLCODE_CODE_MOST + 1);
    if (!code)
        return failed("memory", strerror(ENOMEM));
    size_t len = fread(code, 1, SHELLCODE_CODE_MOST + 1, from);
    int status = len > SHELLCODE_CODE_MOST ? failed("the file", "it holds more than 65,536 bytes")
                                           : shellcode_tell(verb, (struct bytes){code, len});
    free(code);
    return status;
}

static int file_tell(struct shellcode_verb *verb, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *from = standard ? stdin : fopen(path, "rb");
    if (!from)
        return failed(path, strerror(errno));
    int status = verb->hex ? lines_read(verb, from) : whole_read(verb, from);
    if (status == EXIT_OK && ferror(from))
        status = failed(path, "it could not be read");
    if (!standard)
        fclose(from);
    return status;
}

static int verb_run(struct shellcode_verb *verb, const char *helper, char **paths, int count)
{
    int error = emulator_open(helper, EMULATOR_PATIENCE, &verb->emulator);
    if (error)
        return failed(helper ? helper : "hinomi-emulate", strerror(-error));
    int status = EXIT_OK;
    progress_begin(&verb->progress, "shellcodes");
    for (int i = 0; i < count && status == EXIT_OK; i++)
        status = file_tell(verb, paths[i]);
    progress_end(&verb->progress);
    emulator_close(verb->emulator);
    arena_finish(&verb->keep);
    buffer_finish(&verb->line);
    return status;
}

static int platform_read(const char *name, enum shellcode_platform *ret_platform)
{
    enum shellcode_platform platform = shellcode_platform_named(bytes_of(name));
    if (platform != SHELLCODE_PLATFORMS) {
        *ret_platform = platform;
        return 0;
    }
    fprintf(stderr, "hinomi alerts shellcode: no platform '%s'; there are", name);
    for (int i = 0; i < SHELLCODE_PLATFORMS; i++)
        fprintf(stderr, " %s", shellcode_platform_name((enum shellcode_platform)i));
    fprintf(stderr, "\n");
    return -EINVAL;
}

int alerts_shellcode(int argc, char **argv)
{
    struct shellcode_verb verb = {0};
    const char *platform = "any";
    const char *helper = NULL;
    const struct option_entry options[] = {
        {"--hex", OPTION_FLAG, &verb.hex, NULL, "a shellcode a line, in hexadecimal"},
        {"--platform", OPTION_TEXT, &platform, "NAME",
         "for what system it is, linux_x86 for instance (default any: find out)"},
        {"--helper", OPTION_TEXT, &helper, "FILE",
         "the hinomi-emulate to use (default: the one beside this program)"},
        OPTION_JSON(&verb.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "alerts shellcode",
        .arguments = "FILE|- …",
        .does = "What machine code found in an attack would do: it is run in an emulator, in a\n"
                "process that can reach nothing, and its calls are told.",
        .example = "echo 6a3158cd8089c3 | hinomi alerts shellcode - --hex",
        .options = options,
        .least = 1,
        .most = -1,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (platform_read(platform, &verb.platform))
        return EXIT_USAGE;
    return verb_run(&verb, helper, argv + 1, count);
}
