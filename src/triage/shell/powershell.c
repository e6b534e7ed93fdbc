/* Statements, pipelines and cmdlets of PowerShell. What cannot be read is searched for addresses.
 */
#include "triage/shell/powershell.h"

#include <stdlib.h>

#include "triage/shell/codec.h"
#include "triage/shell/escape.h"
#include "triage/shell/regex.h"

#define LINE  "\x03"
#define LINES "\x04"

static bool ends_command(char c)
{
    return c == 0 || c == ';' || c == '\n' || c == '|' || c == '}' || c == ')' || c == '&';
}

/* A bare word, with backticks and quotes inside it taken away. */
static struct bytes bare_word(struct powershell *shell)
{
    struct text out = {.arena = shell->machine->arena};
    while (shell->at < shell->text.len) {
        char c = shell->text.at[shell->at];
        if (c == '`' && shell->at + 1 < shell->text.len) {
            text_add_char(&out, shell->text.at[shell->at + 1]);
            shell->at += 2;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '"' || c == '\'' || c == '(' ||
                   c == ',' || (ends_command(c) && c != '&'))
            break;
        else {
            text_add_literal(&out, c);
            shell->at++;
        }
    }
    return text_bytes(&out);
}

/* Arguments of a command up to its end: expressions where they begin like one, else bare words. */
static struct fields command_words(struct powershell *shell, struct bytes name)
{
    struct fields words = {0};
    fields_add(shell->machine, &words, name);
    while (!shell->failed && !ends_command(ps_peek(shell)) && machine_step(shell->machine, 16)) {
        char c = ps_peek(shell);
        size_t before = shell->at;
        if (c == '"' || c == '\'' || c == '(' || c == '$' || c == '@') {
            struct powershell saved = *shell;
            struct ps_value value = ps_expression(shell);
            if (shell->failed) {
                *shell = saved;
                shell->at++;
                continue;
            }
            if (value.kind == PS_list)
                for (uint32_t i = 0; i < value.list.count; i++)
                    fields_add(shell->machine, &words, value.list.items[i]);
            else
                fields_add(shell->machine, &words, ps_text(shell, value));
        } else {
            fields_add(shell->machine, &words, bare_word(shell));
            if (ps_peek(shell) == ',')
                shell->at++;
        }
        shell->at += shell->at == before;
    }
    return words;
}

static void say(struct powershell *shell, struct bytes text)
{
    machine_put(shell->machine, 1, text);
    if (!(text.len && text.at[text.len - 1] == SHELL_HOLE_lines))
        machine_put(shell->machine, 1, BYTES("\n"));
}

static void name_unknown(struct powershell *shell, struct bytes name)
{
    struct machine *machine = shell->machine;
    machine->result->commands_unknown++;
    machine->status = 1;
    machine_put_format(machine, 2,
                       "%.*s : The term '%.*s' is not recognized as the name of a cmdlet, "
                       "function, script file, or operable %c\n%c",
                       (int)name.len, name.at, (int)name.len, name.at, SHELL_HOLE_line,
                       SHELL_HOLE_lines);
}

static void words_run(struct powershell *shell, struct fields *words, struct bytes rest)
{
    struct machine *machine = shell->machine;
    if (words->count == 0) /* no memory */
        return;
    struct bytes name = words->items[0];
    machine->status = 0;
    if (ps_cmdlet_run(shell, words))
        return;
    struct bytes base = bytes_base_name(name);
    if (base.len > 4 && windows_same(bytes_from(base, base.len - 4), ".exe"))
        base.len -= 4;
    words->items[0] = base;
    if (!windows_tool_run(machine, words, rest, &machine->status))
        name_unknown(shell, name);
}

/* Everything an unreadable script names: addresses to fetch from and to connect to. */
static void addresses_find(struct powershell *shell)
{
    struct machine *machine = shell->machine;
    struct regex_groups groups;
    struct regex *client =
        regex_compile(machine, BYTES("TCPClient[^\"'\\w]*[\"']([\\w.-]+)[\"']\\s*,\\s*(\\d{1,5})"),
                      REGEX_perl, true);
    struct regex *fetch =
        regex_compile(machine, BYTES("[\"'](https?://[^\"']+)[\"']"), REGEX_perl, true);
    int64_t port;
    if (client && regex_find(client, shell->text, 0, &groups) &&
        text_integer(groups.group[2], &port) && port > 0 && port < 65536)
        effect_connect(machine, groups.group[1], (uint16_t)port, 6);
    if (fetch && regex_find(fetch, shell->text, 0, &groups))
        windows_fetch(machine, groups.group[1]);
    machine->result->guessed = true;
    machine_put(machine, 1, BYTES("\x0f"));
}

/* $name = …; false when no assignment stands here. */
static bool assignment(struct powershell *shell)
{
    size_t start = shell->at, at = start + 1;
    while (at < shell->text.len && is_name(shell->text.at[at]))
        at++;
    struct bytes name = {shell->text.at + start, at - start};
    struct powershell ahead = *shell;
    ahead.at = at;
    bool append = ps_take(&ahead, "+=");
    if (name.len < 2 || (!append && (!ps_take(&ahead, "=") || ps_peek(&ahead) == '=')))
        return false;
    shell->at = ahead.at;
    char c = ps_peek(shell);
    struct bytes value;
    if (is_name_start(c) && !ps_take(&ahead, "New-Object")) { /* a command's output */
        size_t from = shell->at;
        while (shell->at < shell->text.len && shell->text.at[shell->at] != ';' &&
               shell->text.at[shell->at] != '\n')
            shell->at++;
        value = ps_capture(shell, (struct bytes){shell->text.at + from, shell->at - from});
        while (value.len && value.at[value.len - 1] == '\n')
            value.len--;
    } else
        value = ps_text(shell, ps_expression(shell));
    if (append)
        value = text_format(
            shell->machine->arena, "%.*s%.*s", (int)variable_get(shell->machine, name).len,
            variable_get(shell->machine, name).len ? variable_get(shell->machine, name).at : "",
            (int)value.len, value.at);
    variable_set(shell->machine, name, value);
    return true;
}

/* One command of a pipeline, or an expression whose value is printed. */
static void element(struct powershell *shell)
{
    char c = ps_peek(shell);
    if (c == '&' || (c == '.' && shell->at + 1 < shell->text.len &&
                     strchr(" ('\"", shell->text.at[shell->at + 1]))) {
        shell->at++;
        struct bytes name = ps_peek(shell) == '(' || ps_peek(shell) == '"' ||
                                    ps_peek(shell) == '\'' || ps_peek(shell) == '$'
                                ? ps_text(shell, ps_expression(shell))
                                : bare_word(shell);
        size_t rest = shell->at;
        struct fields words = command_words(shell, name);
        if (!shell->failed)
            words_run(shell, &words, (struct bytes){shell->text.at + rest, shell->at - rest});
    } else if (is_name_start(c) &&
               !bytes_start(bytes_from(shell->text, shell->at), BYTES("New-Object"))) {
        struct bytes name = bare_word(shell);
        size_t rest = shell->at;
        struct fields words = command_words(shell, name);
        if (!shell->failed)
            words_run(shell, &words, (struct bytes){shell->text.at + rest, shell->at - rest});
    } else {
        struct ps_value value = ps_expression(shell);
        if (shell->failed || value.kind == PS_nothing)
            return;
        if (value.kind != PS_list)
            say(shell, ps_text(shell, value));
        for (uint32_t i = 0; value.kind == PS_list && i < value.list.count; i++)
            say(shell, value.list.items[i]);
    }
}

static void pipeline(struct powershell *shell)
{
    struct machine *machine = shell->machine;
    struct stream *input = machine->fds[0], *output = machine->fds[1];
    for (;;) {
        struct text *pipe = machine_text(machine);
        if (!pipe)
            break;
        machine->fds[1] = stream_writes(machine, pipe);
        element(shell);
        if (shell->failed || ps_peek(shell) != '|' || machine->flow != FLOW_none) {
            machine->fds[1] = output;
            machine_put(machine, 1, text_bytes(pipe));
            break;
        }
        shell->at++;
        machine->fds[0] = stream_reads(machine, text_bytes(pipe));
    }
    machine->fds[0] = input;
    machine->fds[1] = output;
}

struct bytes ps_capture(struct powershell *shell, struct bytes script)
{
    struct machine *machine = shell->machine;
    struct text *text = machine_text(machine);
    struct stream *output = machine->fds[1];
    if (!text)
        return BYTES("");
    machine->fds[1] = stream_writes(machine, text);
    powershell_script_run(machine, script);
    machine->fds[1] = output;
    return text_bytes(text);
}

int powershell_script_run(struct machine *machine, struct bytes script)
{
    if (!machine_enter(machine) || !machine_step(machine, script.len))
        return 1;
    struct powershell shell = {.machine = machine, .text = script};
    while (machine->flow == FLOW_none && machine_step(machine, 0)) {
        char c = ps_peek(&shell);
        if (c == 0)
            break;
        if (c == ';' || c == '\n' || c == '}' || c == ')') {
            shell.at++;
            continue;
        }
        size_t before = shell.at;
        bool control = ps_take(&shell, "if") || ps_take(&shell, "while") ||
                       ps_take(&shell, "for") || ps_take(&shell, "foreach") ||
                       ps_take(&shell, "function") || ps_take(&shell, "try") ||
                       ps_take(&shell, "do");
        if (control)
            shell.failed = true; /* its body hangs on what nobody knows */
        else if (!(c == '$' && assignment(&shell)))
            pipeline(&shell);
        if (shell.failed) {
            addresses_find(&shell);
            break;
        }
        shell.at += shell.at == before;
    }
    machine_leave(machine);
    return machine->status;
}

/* -EncodedCommand and its shortenings: base64 of UTF-16. */
static int encoded_run(struct machine *machine, struct bytes coded)
{
    struct text bytes = {.arena = machine->arena}, script = {.arena = machine->arena};
    base_decode(coded, 64, true, &bytes);
    for (size_t i = 0; i + 1 < bytes.len; i += 2)
        escape_put_utf8(
            &script, (uint32_t)((unsigned char)bytes.at[i] | (unsigned char)bytes.at[i + 1] << 8));
    return powershell_script_run(machine, text_bytes(&script));
}

int powershell_program_run(struct machine *machine, const struct fields *words, struct bytes rest)
{
    for (uint32_t i = 1; i < words->count; i++) {
        struct bytes word = words->items[i];
        if (word.len < 2 || (word.at[0] != '-' && word.at[0] != '/')) {
            size_t at = text_find(rest, 0, word);
            struct bytes script = at < rest.len ? bytes_from(rest, at) : word;
            return powershell_script_run(machine, script);
        }
        char letter = ascii_lower(word.at[1]);
        bool encoded = letter == 'e' && !(word.len > 2 && ascii_lower(word.at[2]) == 'x');
        if (encoded && i + 1 < words->count)
            return encoded_run(machine, words->items[i + 1]);
        if (letter == 'c' || letter == 'f') {
            size_t at = text_find(rest, 0, word);
            struct bytes script = bytes_from(rest, at + word.len);
            while (script.len && script.at[0] == ' ')
                script = bytes_from(script, 1);
            if (script.len > 1 && script.at[0] == '"' && script.at[script.len - 1] == '"')
                script = (struct bytes){script.at + 1, script.len - 2};
            return powershell_script_run(machine, script);
        }
        bool takes = (letter == 'w' || letter == 'v' || (letter == 'e' && !encoded)) ||
                     (letter == 'i' && word.len > 2);
        i += takes;
    }
    return 0;
}
