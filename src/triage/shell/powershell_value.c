/*
 * Expressions of PowerShell, as far as they are used to hide a command: strings,
 * numbers, lists, -join -f -replace -split, [char], base64, variables, and the
 * web client whose downloads are what matters.
 */
#include <stdlib.h>

#include "triage/shell/codec.h"
#include "triage/shell/escape.h"
#include "triage/shell/powershell.h"
#include "triage/shell/regex.h"

char ps_peek(struct powershell *shell)
{
    while (shell->at < shell->text.len &&
           (shell->text.at[shell->at] == ' ' || shell->text.at[shell->at] == '\t' ||
            shell->text.at[shell->at] == '\r'))
        shell->at++;
    return shell->at < shell->text.len ? shell->text.at[shell->at] : 0;
}

bool ps_take(struct powershell *shell, const char *what)
{
    ps_peek(shell);
    size_t length = strlen(what), end = shell->at + length;
    if (end > shell->text.len ||
        !windows_same((struct bytes){shell->text.at + shell->at, length}, what))
        return false;
    if (is_name(what[length - 1]) && end < shell->text.len && is_name(shell->text.at[end]))
        return false;
    shell->at = end;
    return true;
}

struct ps_value ps_text_value(struct bytes text)
{
    return (struct ps_value){.kind = PS_text, .text = text.at ? text : BYTES("")};
}

struct ps_value ps_number_value(int64_t number)
{
    return (struct ps_value){.kind = PS_number, .number = number};
}

struct bytes ps_text(struct powershell *shell, struct ps_value value)
{
    if (value.kind == PS_number)
        return text_format(shell->machine->arena, "%lld", (long long)value.number);
    if (value.kind != PS_list)
        return value.text.at ? value.text : BYTES("");
    struct text out = {.arena = shell->machine->arena};
    for (uint32_t i = 0; i < value.list.count; i++) {
        if (i)
            text_add_char(&out, ' ');
        text_add(&out, value.list.items[i]);
    }
    return text_bytes(&out);
}

/* $name, $env:name, ${name}; the cursor stands behind the dollar. */
static struct ps_value variable(struct powershell *shell)
{
    bool braces = shell->at < shell->text.len && shell->text.at[shell->at] == '{';
    size_t start = shell->at += braces;
    while (shell->at < shell->text.len &&
           (is_name(shell->text.at[shell->at]) || shell->text.at[shell->at] == ':' ||
            (!braces && shell->at == start && strchr("?_", shell->text.at[shell->at]))))
        shell->at++;
    struct bytes name = {shell->text.at + start, shell->at - start};
    shell->at += braces;
    if (name.len > 4 && windows_same((struct bytes){name.at, 4}, "env:"))
        return ps_text_value(windows_variable(shell->machine, bytes_from(name, 4)));
    if (windows_same(name, "pshome"))
        return ps_text_value(BYTES("C:\\Windows\\System32\\WindowsPowerShell\\v1.0"));
    if (windows_same(name, "true") || windows_same(name, "false"))
        return ps_text_value(windows_same(name, "true") ? BYTES("True") : BYTES("False"));
    if (windows_same(name, "pwd"))
        return ps_text_value(BYTES("C:\\\x07"));
    if (windows_same(name, "pid"))
        return ps_text_value(BYTES("\x02"));
    struct bytes value = variable_get(
        shell->machine, text_format(shell->machine->arena, "$%.*s", (int)name.len, name.at));
    int64_t number;
    if (text_integer(value, &number))
        return ps_number_value(number);
    return ps_text_value(value);
}

/* Behind "$(": what the script up to its bracket prints. */
static struct bytes subexpression(struct powershell *shell)
{
    int depth = 1;
    size_t start = shell->at;
    for (; shell->at < shell->text.len && depth; shell->at++)
        depth += (shell->text.at[shell->at] == '(') - (shell->text.at[shell->at] == ')');
    struct bytes inner = {shell->text.at + start, shell->at - start - (depth == 0)};
    struct bytes output = ps_capture(shell, inner);
    while (output.len && output.at[output.len - 1] == '\n')
        output.len--;
    return output;
}

static char backtick(char c)
{
    return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == '0' ? 0 : c;
}

static struct ps_value double_quoted(struct powershell *shell)
{
    struct text out = {.arena = shell->machine->arena};
    shell->at++;
    while (shell->at < shell->text.len && shell->text.at[shell->at] != '"') {
        char c = shell->text.at[shell->at++],
             next = shell->at < shell->text.len ? shell->text.at[shell->at] : 0;
        if (c == '`' && next)
            text_add_char(&out, backtick(shell->text.at[shell->at++]));
        else if (c == '$' && next == '(') {
            shell->at++;
            text_add(&out, subexpression(shell));
        } else if (c == '$' && (is_name_start(next) || next == '{'))
            text_add(&out, ps_text(shell, variable(shell)));
        else
            text_add_literal(&out, c);
    }
    shell->failed |= shell->at >= shell->text.len;
    shell->at++;
    return ps_text_value(text_bytes(&out));
}

static struct ps_value single_quoted(struct powershell *shell)
{
    struct text out = {.arena = shell->machine->arena};
    shell->at++;
    while (shell->at < shell->text.len) {
        char c = shell->text.at[shell->at++];
        if (c == '\'') {
            if (shell->at >= shell->text.len || shell->text.at[shell->at] != '\'')
                return ps_text_value(text_bytes(&out));
            shell->at++;
        }
        text_add_literal(&out, c);
    }
    shell->failed = true;
    return ps_text_value(text_bytes(&out));
}

static struct ps_value number(struct powershell *shell)
{
    int64_t value = 0;
    bool hex = bytes_start(bytes_from(shell->text, shell->at), BYTES("0x"));
    shell->at += hex ? 2 : 0;
    while (shell->at < shell->text.len) {
        int digit = hex_value(shell->text.at[shell->at]);
        if (digit < 0 || (!hex && digit > 9) ||
            __builtin_mul_overflow(value, hex ? 16 : 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            break;
        shell->at++;
    }
    return ps_number_value(value);
}

/* UTF-16LE or UTF-8 bytes as text. */
static struct bytes decoded(struct powershell *shell, struct bytes bytes, bool wide)
{
    struct text out = {.arena = shell->machine->arena};
    for (size_t i = 0; wide && i + 1 < bytes.len; i += 2)
        escape_put_utf8(
            &out, (uint32_t)((unsigned char)bytes.at[i] | (unsigned char)bytes.at[i + 1] << 8));
    return wide ? text_bytes(&out) : bytes;
}

/* The arguments of a call, behind its bracket; the first two are kept. */
static uint32_t arguments(struct powershell *shell, struct ps_value values[2])
{
    uint32_t count = 0;
    values[0] = values[1] = ps_text_value(BYTES(""));
    while (!shell->failed && ps_peek(shell) && ps_peek(shell) != ')') {
        struct ps_value value = ps_expression(shell);
        if (value.kind == PS_list && count == 0 && value.list.count) { /* commas made a list */
            for (uint32_t i = 0; i < 2 && i < value.list.count; i++)
                values[i] = ps_text_value(value.list.items[i]);
            count = value.list.count;
        } else if (count < 2)
            values[count++] = value;
        if (!ps_take(shell, ","))
            break;
    }
    shell->failed |= !ps_take(shell, ")");
    return count;
}

static void connect_to(struct powershell *shell, struct bytes host, struct bytes port_text)
{
    int64_t port;
    if (host.len && text_integer(port_text, &port) && port > 0 && port < 65536)
        effect_connect(shell->machine, host, (uint16_t)port, 6);
}

static struct bytes character(struct powershell *shell, int64_t code)
{
    struct text out = {.arena = shell->machine->arena};
    escape_put_utf8(&out, (uint32_t)code & 0x1fffff);
    return text_bytes(&out);
}

/* [char]65, [char[]](65,66), [int]"7"; other casts change nothing that would be seen. */
static struct ps_value cast(struct powershell *shell, struct bytes type)
{
    struct ps_value value = ps_primary(shell);
    int64_t number;
    if (windows_same(type, "char") && value.kind == PS_number)
        return ps_text_value(character(shell, value.number));
    if (windows_same(type, "int") && text_integer(value.text, &number))
        return ps_number_value(number);
    if (!windows_same(type, "char[") || value.kind != PS_list)
        return value;
    struct fields characters = {0};
    for (uint32_t i = 0; i < value.list.count; i++)
        if (text_integer(value.list.items[i], &number))
            fields_add(shell->machine, &characters, character(shell, number));
    value.list = characters;
    return value;
}

static bool is_decoder(struct bytes member)
{
    return windows_same(member, "UTF8.GetString") || windows_same(member, "ASCII.GetString") ||
           windows_same(member, "Default.GetString") || windows_same(member, "Unicode.GetString");
}

/* [Type]::Member(values) */
static struct ps_value static_call(struct powershell *shell, struct bytes member,
                                   const struct ps_value values[2])
{
    struct text out = {.arena = shell->machine->arena};
    if (windows_same(member, "FromBase64String")) {
        base_decode(ps_text(shell, values[0]), 64, true, &out);
        return (struct ps_value){.kind = PS_bytes, .text = text_bytes(&out)};
    }
    if (windows_same(member, "ToBase64String")) {
        base_encode(ps_text(shell, values[0]), 64, &out);
        return ps_text_value(text_bytes(&out));
    }
    if (is_decoder(member))
        return ps_text_value(
            decoded(shell, values[0].text, windows_same(member, "Unicode.GetString")));
    if (windows_same(member, "Sleep")) {
        if (values[0].kind == PS_number)
            shell->machine->result->seconds += (double)values[0].number / 1000;
        return (struct ps_value){.kind = PS_nothing};
    }
    if (windows_same(member, "Join") && values[1].kind == PS_text)
        return values[1];
    shell->machine->result->guessed = true;
    return ps_text_value(BYTES("\x0f"));
}

/* [Type]::Member(…) or a cast. */
static struct ps_value typed(struct powershell *shell)
{
    size_t end = text_find(shell->text, shell->at, BYTES("]"));
    struct bytes type = {shell->text.at + shell->at + 1, end - shell->at - 1};
    shell->at = end + (bytes_end(type, BYTES("[")) ? 2 : 1);
    if (type.len > 7 && windows_same((struct bytes){type.at, 7}, "System."))
        type = bytes_from(type, 7);
    if (!ps_take(shell, "::"))
        return cast(shell, type);
    size_t start = shell->at;
    while (shell->at < shell->text.len &&
           (is_name(shell->text.at[shell->at]) || shell->text.at[shell->at] == '.'))
        shell->at++;
    struct bytes member = {shell->text.at + start, shell->at - start};
    struct ps_value values[2];
    if (ps_take(shell, "(")) {
        arguments(shell, values);
        return static_call(shell, member, values);
    }
    if (windows_same(member, "MachineName") || windows_same(member, "UserName"))
        return ps_text_value(BYTES("\x01"));
    shell->machine->result->guessed = true;
    return ps_text_value(BYTES("\x0f"));
}

/* New-Object TYPE(…) */
static struct ps_value new_object(struct powershell *shell)
{
    ps_take(shell, "-TypeName");
    ps_peek(shell);
    size_t start = shell->at;
    while (shell->at < shell->text.len &&
           (is_name(shell->text.at[shell->at]) || shell->text.at[shell->at] == '.'))
        shell->at++;
    struct bytes type = {shell->text.at + start, shell->at - start};
    struct ps_value values[2];
    ps_take(shell, "-ArgumentList");
    if (ps_take(shell, "("))
        arguments(shell, values);
    else
        values[0] = values[1] = ps_text_value(BYTES(""));
    size_t tail = type.len > 9 ? type.len - 9 : 0;
    if (windows_same(bytes_from(type, tail), "TCPClient"))
        connect_to(shell, ps_text(shell, values[0]), ps_text(shell, values[1]));
    return (struct ps_value){.kind = PS_client, .text = BYTES("\x0f")};
}

static struct ps_value method(struct powershell *shell, struct ps_value value, struct bytes name)
{
    struct ps_value values[2];
    struct machine *machine = shell->machine;
    arguments(shell, values);
    struct bytes first = ps_text(shell, values[0]), second = ps_text(shell, values[1]),
                 own = ps_text(shell, value);
    if (windows_same(name, "DownloadString") || windows_same(name, "DownloadData") ||
        windows_same(name, "OpenRead") || windows_same(name, "UploadString")) {
        windows_fetch(machine, first);
        return ps_text_value(BYTES("\x0f"));
    }
    if (windows_same(name, "DownloadFile") || windows_same(name, "DownloadFileAsync")) {
        windows_fetch(machine, first);
        struct text *text = windows_write(machine, second, false);
        if (text)
            text_add(text, BYTES("\x0f"));
        return (struct ps_value){.kind = PS_nothing};
    }
    if (windows_same(name, "Connect"))
        connect_to(shell, first, second);
    if (windows_same(name, "Replace"))
        return ps_text_value(windows_replace(machine, own, first, second));
    if (windows_same(name, "ToString") || windows_same(name, "Trim"))
        return ps_text_value(own);
    if (windows_same(name, "ToUpper") || windows_same(name, "ToLower")) {
        struct text out = {.arena = machine->arena};
        for (size_t i = 0; i < own.len; i++)
            text_add_char(&out, name.at[2] == 'L' || name.at[2] == 'l' ? ascii_lower(own.at[i])
                                : own.at[i] >= 'a' && own.at[i] <= 'z' ? (char)(own.at[i] - 32)
                                                                       : own.at[i]);
        return ps_text_value(text_bytes(&out));
    }
    if (windows_same(name, "Substring") && values[0].kind == PS_number && values[0].number >= 0) {
        struct bytes part = bytes_from(own, (size_t)values[0].number);
        if (values[1].kind == PS_number && values[1].number >= 0 &&
            (size_t)values[1].number < part.len)
            part.len = (size_t)values[1].number;
        return ps_text_value(part);
    }
    machine->result->guessed = true;
    return (struct ps_value){.kind = value.kind, .text = BYTES("\x0f")};
}

static struct ps_value indexed(struct powershell *shell, struct ps_value value)
{
    struct ps_value index = ps_expression(shell);
    struct text out = {.arena = shell->machine->arena};
    shell->failed |= !ps_take(shell, "]");
    struct fields wanted = index.list;
    if (index.kind != PS_list)
        fields_add(shell->machine, &wanted, ps_text(shell, index));
    struct fields parts = {0};
    for (uint32_t i = 0; i < wanted.count; i++) {
        int64_t at, count = value.kind == PS_list ? value.list.count : (int64_t)value.text.len;
        if (!text_integer(wanted.items[i], &at))
            continue;
        at += at < 0 ? count : 0;
        if (at < 0 || at >= count)
            continue;
        fields_add(shell->machine, &parts,
                   value.kind == PS_list ? value.list.items[at]
                                         : (struct bytes){value.text.at + at, 1});
    }
    (void)out;
    if (index.kind == PS_list)
        return (struct ps_value){.kind = PS_list, .list = parts};
    return ps_text_value(parts.count ? parts.items[0] : BYTES(""));
}

/* .Member, .Method(…), [index] behind a value. */
static struct ps_value suffixes(struct powershell *shell, struct ps_value value)
{
    while (!shell->failed && shell->at < shell->text.len && machine_step(shell->machine, 16)) {
        char c = shell->text.at[shell->at],
             next = shell->at + 1 < shell->text.len ? shell->text.at[shell->at + 1] : 0;
        if (c == '[') {
            shell->at++;
            value = indexed(shell, value);
        } else if (c == '.' && (is_name_start(next) || next == '\'' || next == '"')) {
            shell->at++;
            struct bytes name;
            if (next == '\'' || next == '"')
                name = ps_text(shell, next == '"' ? double_quoted(shell) : single_quoted(shell));
            else {
                size_t start = shell->at;
                while (shell->at < shell->text.len && is_name(shell->text.at[shell->at]))
                    shell->at++;
                name = (struct bytes){shell->text.at + start, shell->at - start};
            }
            if (shell->at < shell->text.len && shell->text.at[shell->at] == '(') {
                shell->at++;
                value = method(shell, value, name);
            } else if (windows_same(name, "Length") && value.kind == PS_text)
                value = ps_number_value((int64_t)value.text.len);
            else
                value.text = value.kind == PS_client ? BYTES("\x0f") : BYTES("\x03");
        } else
            break;
    }
    return value;
}

static struct ps_value bracketed(struct powershell *shell)
{
    shell->at++;
    if (ps_take(shell, "New-Object")) {
        struct ps_value value = new_object(shell);
        shell->failed |= !ps_take(shell, ")");
        return value;
    }
    size_t start = shell->at;
    char c = ps_peek(shell);
    if (!is_name_start(c) && c != '&' && c != '.') {
        struct ps_value value = ps_expression(shell);
        if (!shell->failed && ps_take(shell, ")"))
            return value;
        shell->failed = false;
    }
    shell->at = start;
    return ps_text_value(subexpression(shell));
}

struct ps_value ps_primary(struct powershell *shell)
{
    char c = ps_peek(shell);
    struct ps_value value = ps_text_value(BYTES(""));
    if (shell->failed || !machine_enter(shell->machine)) {
        shell->failed = true;
        return value;
    }
    if (c == '"')
        value = double_quoted(shell);
    else if (c == '\'')
        value = single_quoted(shell);
    else if (is_digit(c))
        value = number(shell);
    else if (c == '[')
        value = typed(shell);
    else if (c == '(')
        value = bracketed(shell);
    else if (c == '@' && shell->at + 1 < shell->text.len && shell->text.at[shell->at + 1] == '(') {
        shell->at++;
        value = bracketed(shell);
    } else if (c == '$' && shell->at + 1 < shell->text.len &&
               shell->text.at[shell->at + 1] == '(') {
        shell->at += 2;
        value = ps_text_value(subexpression(shell));
    } else if (c == '$') {
        shell->at++;
        value = variable(shell);
    } else if (c == '-' && shell->at + 1 < shell->text.len &&
               is_digit(shell->text.at[shell->at + 1])) {
        shell->at++;
        value = number(shell);
        value.number = -value.number;
    } else if (ps_take(shell, "-join")) {
        struct ps_value list = ps_primary(shell);
        struct text out = {.arena = shell->machine->arena};
        for (uint32_t i = 0; i < list.list.count; i++)
            text_add(&out, list.list.items[i]);
        value = list.kind == PS_list ? ps_text_value(text_bytes(&out)) : list;
    } else if (ps_take(shell, "New-Object"))
        value = new_object(shell);
    else
        shell->failed = true;
    value = suffixes(shell, value);
    machine_leave(shell->machine);
    return value;
}
