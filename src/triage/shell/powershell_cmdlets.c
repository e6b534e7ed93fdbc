/* Cmdlets of PowerShell and their aliases. */
#include <stdlib.h>

#include "triage/shell/powershell.h"

#define LINE  "\x03"
#define LINES "\x04"

static void say(struct powershell *shell, struct bytes text)
{
    machine_put(shell->machine, 1, text);
    if (!(text.len && text.at[text.len - 1] == SHELL_HOLE_lines))
        machine_put(shell->machine, 1, BYTES("\n"));
}

static struct bytes option(const struct fields *words, const char *name, struct bytes otherwise)
{
    for (uint32_t i = 1; i + 1 < words->count; i++) {
        struct bytes word = words->items[i];
        if (word.len > 1 && word.at[0] == '-' &&
            windows_same((struct bytes){word.at + 1, word.len - 1}, name))
            return words->items[i + 1];
    }
    return otherwise;
}

/* The first word that is no option nor an option's value. */
static struct bytes operand(const struct fields *words)
{
    for (uint32_t i = 1; i < words->count; i++) {
        if (words->items[i].len && words->items[i].at[0] == '-') {
            i += text_find(words->items[i], 0, BYTES("se")) == 1 ? 1 : 0;
            continue;
        }
        return words->items[i];
    }
    return BYTES("");
}

static void write_output(struct powershell *shell, const struct fields *words)
{
    struct bytes input = words->count == 1 ? machine_read(shell->machine, 0) : BYTES("");
    if (words->count == 1)
        machine_put(shell->machine, 1, input);
    bool host = windows_same(words->items[0], "write-host");
    struct text out = {.arena = shell->machine->arena};
    for (uint32_t i = 1; i < words->count; i++) {
        if (i > 1)
            text_add_char(&out, host ? ' ' : '\n');
        text_add(&out, words->items[i]);
    }
    if (words->count > 1)
        say(shell, text_bytes(&out));
}

static void invoke_expression(struct powershell *shell, const struct fields *words)
{
    struct bytes script =
        words->count > 1 ? words->items[words->count - 1] : machine_read(shell->machine, 0);
    shell->machine->result->guessed |= text_has_hole(script);
    if (!text_has_hole(script))
        powershell_script_run(shell->machine, script);
    else
        machine_put(shell->machine, 1, BYTES("\x0f"));
}

static void start_sleep(struct powershell *shell, const struct fields *words)
{
    int64_t value;
    struct bytes milliseconds = option(words, "milliseconds", option(words, "m", BYTES("")));
    struct bytes seconds = option(words, "seconds", option(words, "s", operand(words)));
    double given;
    if (text_integer(milliseconds, &value))
        shell->machine->result->seconds += (double)value / 1000;
    else if (seconds_read(seconds, &given))
        shell->machine->result->seconds += given;
}

static void web_request(struct powershell *shell, const struct fields *words)
{
    struct bytes address = option(words, "uri", operand(words)),
                 into = option(words, "outfile", option(words, "o", BYTES("")));
    windows_fetch(shell->machine, text_find(address, 0, BYTES("://")) < address.len
                                      ? address
                                      : text_format(shell->machine->arena, "http://%.*s",
                                                    (int)address.len, address.at));
    struct text *text = into.len ? windows_write(shell->machine, into, false) : NULL;
    if (text)
        text_add(text, BYTES("\x0f"));
    else
        machine_put(shell->machine, 1, BYTES("\x0f"));
}

static void get_content(struct powershell *shell, const struct fields *words)
{
    struct bytes content, path = option(words, "path", operand(words));
    if (windows_read(shell->machine, path, &content)) {
        machine_put(shell->machine, 1, content);
        return;
    }
    shell->machine->result->guessed = true;
    machine_put_format(shell->machine, 2,
                       "%s : Cannot find path '%c' because it does not exist.\n%c", "Get-Content",
                       SHELL_HOLE_line, SHELL_HOLE_lines);
    shell->machine->status = 1;
}

static void set_content(struct powershell *shell, const struct fields *words)
{
    struct bytes path = option(words, "path", option(words, "filepath", operand(words)));
    struct bytes value =
        option(words, "value",
               words->count > 2 ? words->items[words->count - 1] : machine_read(shell->machine, 0));
    struct text *text =
        windows_write(shell->machine, path, windows_same(words->items[0], "add-content"));
    if (text) {
        text_add(text, value);
        text_add_char(text, '\n');
    }
}

static void get_child_item(struct powershell *shell, const struct fields *words)
{
    (void)words;
    machine_put(shell->machine, 1,
                BYTES("\n\n    Directory: " LINE "\n\n\nMode" LINE "LastWriteTime" LINE
                      "Length Name\n" LINES));
}

static void get_process(struct powershell *shell, const struct fields *words)
{
    (void)words;
    machine_put(shell->machine, 1,
                BYTES(LINES "Handles  NPM(K)    PM(K)      WS(K)" LINE "ProcessName\n" LINES));
}

static void get_location(struct powershell *shell, const struct fields *words)
{
    (void)words;
    machine_put(shell->machine, 1, BYTES("\nPath" LINE "\n----" LINE "\n" LINE "\n" LINES));
}

static void get_date(struct powershell *shell, const struct fields *words)
{
    (void)words;
    machine_put(shell->machine, 1, BYTES("\n" LINE "\n" LINES));
}

static void test_connection(struct powershell *shell, const struct fields *words)
{
    struct bytes host = option(words, "computername", operand(words));
    struct bytes port_text = option(words, "port", BYTES(""));
    int64_t port, count;
    effect_resolve(shell->machine, host);
    if (text_integer(port_text, &port) && port > 0 && port < 65536) {
        effect_connect(shell->machine, host, (uint16_t)port, 6);
    } else {
        struct shell_effect *effect = effect_add(shell->machine, SHELL_ping);
        if (effect)
            effect->host = host;
        if (!text_integer(option(words, "count", BYTES("4")), &count) || count < 1 || count > 10000)
            count = 4;
        shell->machine->result->seconds += (double)(count - 1);
    }
    machine_put(shell->machine, 1, BYTES(LINES));
}

static void resolve_name(struct powershell *shell, const struct fields *words)
{
    struct shell_effect *effect = effect_add(shell->machine, SHELL_resolve);
    if (effect)
        effect->host = option(words, "name", operand(words));
    machine_put(shell->machine, 1, BYTES(LINES));
}

static void start_process(struct powershell *shell, const struct fields *words)
{
    struct text line = {.arena = shell->machine->arena};
    double seconds = shell->machine->result->seconds;
    for (uint32_t i = 1; i < words->count; i++) {
        if (words->items[i].len && words->items[i].at[0] == '-' && i < 3)
            continue;
        text_add(&line, words->items[i]);
        text_add_char(&line, ' ');
    }
    cmd_command_run(shell->machine, text_bytes(&line));
    shell->machine->result->seconds = seconds;
}

static void unknown_lines(struct powershell *shell, const struct fields *words)
{
    (void)words;
    machine_put(shell->machine, 1, BYTES(LINES));
}

/* Select-String, findstr, Where-Object: some of the lines. */
static void filter(struct powershell *shell, const struct fields *words)
{
    (void)words;
    machine_read(shell->machine, 0);
    shell->machine->result->guessed = true;
    machine_put(shell->machine, 1, BYTES(LINES));
}

/* Out-String, Out-Host, Format-List …: as it came. */
static void pass(struct powershell *shell, const struct fields *words)
{
    (void)words;
    machine_put(shell->machine, 1, machine_read(shell->machine, 0));
}

static void swallow(struct powershell *shell, const struct fields *words)
{
    (void)words;
    machine_read(shell->machine, 0);
}

static const struct {
    const char *name;
    void (*run)(struct powershell *shell, const struct fields *words);
} cmdlets[] = {
    {"echo", write_output},
    {"write-output", write_output},
    {"write-host", write_output},
    {"write", write_output},
    {"iex", invoke_expression},
    {"invoke-expression", invoke_expression},
    {"start-sleep", start_sleep},
    {"sleep", start_sleep},
    {"invoke-webrequest", web_request},
    {"iwr", web_request},
    {"curl", web_request},
    {"wget", web_request},
    {"invoke-restmethod", web_request},
    {"irm", web_request},
    {"get-content", get_content},
    {"gc", get_content},
    {"cat", get_content},
    {"type", get_content},
    {"set-content", set_content},
    {"add-content", set_content},
    {"out-file", set_content},
    {"sc", set_content},
    {"get-childitem", get_child_item},
    {"gci", get_child_item},
    {"ls", get_child_item},
    {"dir", get_child_item},
    {"get-process", get_process},
    {"ps", get_process},
    {"gps", get_process},
    {"get-location", get_location},
    {"pwd", get_location},
    {"gl", get_location},
    {"get-date", get_date},
    {"test-connection", test_connection},
    {"test-netconnection", test_connection},
    {"tnc", test_connection},
    {"resolve-dnsname", resolve_name},
    {"start-process", start_process},
    {"saps", start_process},
    {"start", start_process},
    {"get-service", unknown_lines},
    {"get-wmiobject", unknown_lines},
    {"gwmi", unknown_lines},
    {"get-ciminstance", unknown_lines},
    {"get-host", unknown_lines},
    {"get-netipaddress", unknown_lines},
    {"get-localuser", unknown_lines},
    {"get-computerinfo", unknown_lines},
    {"get-item", unknown_lines},
    {"select-string", filter},
    {"where-object", filter},
    {"where", filter},
    {"foreach-object", filter},
    {"select-object", filter},
    {"select", filter},
    {"sort-object", filter},
    {"out-string", pass},
    {"out-host", pass},
    {"format-list", filter},
    {"format-table", filter},
    {"out-null", swallow},
    {"set-executionpolicy", swallow},
    {"import-module", swallow},
    {"set-location", swallow},
    {"set-variable", swallow},
    {"add-type", swallow},
    {"remove-item", swallow},
    {"new-item", swallow},
    {"cd", swallow},
};

bool ps_cmdlet_run(struct powershell *shell, const struct fields *words)
{
    for (size_t i = 0; i < sizeof(cmdlets) / sizeof(cmdlets[0]); i++)
        if (windows_same(words->items[0], cmdlets[i].name)) {
            shell->machine->result->commands_run++;
            cmdlets[i].run(shell, words);
            return true;
        }
    return false;
}
