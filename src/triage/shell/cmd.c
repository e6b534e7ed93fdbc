/*
 * cmd.exe: %VAR%, ^, quotes, & && || | ( ) and redirections, over the commands
 * that are tried through web servers. Names are matched without case.
 */
#include <stdio.h>
#include <stdlib.h>

#include "triage/shell/windows.h"

struct cmd {
    struct machine *machine;
    struct bytes text;
    size_t at;
};

static struct bytes lowered(struct machine *machine, struct bytes text)
{
    struct text out = {.arena = machine->arena};
    for (size_t i = 0; i < text.len; i++)
        text_add_char(&out, ascii_lower(text.at[i]));
    return text_bytes(&out);
}

bool windows_same(struct bytes text, const char *name)
{
    size_t length = strlen(name);
    if (text.len != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (ascii_lower(text.at[i]) != ascii_lower(name[i]))
            return false;
    return true;
}

struct bytes windows_variable(struct machine *machine, struct bytes name)
{
    static const struct {
        const char *name, *value;
    } known[] = {
        {"comspec", "C:\\Windows\\system32\\cmd.exe"},
        {"systemroot", "C:\\Windows"},
        {"windir", "C:\\Windows"},
        {"systemdrive", "C:"},
        {"os", "Windows_NT"},
        {"programfiles", "C:\\Program Files"},
        {"programdata", "C:\\ProgramData"},
        {"allusersprofile", "C:\\ProgramData"},
        {"public", "C:\\Users\\Public"},
        {"homedrive", "C:"},
        {"pathext", ".COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC"},
        {"processor_architecture", "AMD64"},
        {"path", "C:\\Windows\\system32;C:\\Windows\x03"},
        {"username", "\x01"},
        {"computername", "\x01"},
        {"userdomain", "\x01"},
        {"userprofile", "C:\\\x07"},
        {"temp", "C:\\\x07"},
        {"tmp", "C:\\\x07"},
        {"cd", "C:\\\x07"},
        {"date", "\x05"},
        {"time", "\x05"},
        {"random", "\x02"},
        {"errorlevel", "0"},
        {"number_of_processors", "\x02"},
    };
    struct bytes lower = lowered(machine, name);
    struct bytes set = variable_get(machine, lower);
    if (set.at)
        return set;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (bytes_equal(lower, bytes_of(known[i].name)))
            return bytes_of(known[i].value);
    return (struct bytes){NULL, 0};
}

/* %VAR:~start,length% */
static struct bytes sliced(struct bytes value, struct bytes spec)
{
    int64_t start = 0, length = (int64_t)value.len;
    size_t comma = text_find(spec, 0, BYTES(","));
    if (!text_integer((struct bytes){spec.at, comma}, &start))
        return value;
    start = start < 0 ? start + (int64_t)value.len : start;
    start = start < 0 ? 0 : start > (int64_t)value.len ? (int64_t)value.len : start;
    if (comma < spec.len && text_integer(bytes_from(spec, comma + 1), &length) && length < 0)
        length += (int64_t)value.len - start;
    length = length < 0                            ? 0
             : length > (int64_t)value.len - start ? (int64_t)value.len - start
                                                   : length;
    struct bytes part = {value.at + start, (size_t)length};
    return text_has_hole((struct bytes){value.at, (size_t)(start + length)}) ? BYTES("\x0f") : part;
}

/* %NAME%, %NAME:~1,2% and %NAME:a=b% all through a line, before anything else is looked at. */
static struct bytes variables_expand(struct machine *machine, struct bytes line)
{
    struct text out = {.arena = machine->arena};
    for (size_t i = 0; i < line.len; i++) {
        size_t end = line.at[i] == '%' ? text_find(line, i + 1, BYTES("%")) : line.len;
        if (end == line.len) {
            text_add_literal(&out, line.at[i]);
            continue;
        }
        struct bytes name = {line.at + i + 1, end - i - 1};
        size_t colon = text_find(name, 0, BYTES(":"));
        struct bytes value = windows_variable(machine, (struct bytes){name.at, colon});
        if (!value.at) {
            text_add_literal(&out, line.at[i]); /* on the command line an unset one stays */
            continue;
        }
        struct bytes rest = bytes_from(name, colon + 1);
        size_t equals = text_find(rest, 0, BYTES("="));
        if (bytes_start(rest, BYTES("~")))
            text_add(&out, sliced(value, bytes_from(rest, 1)));
        else if (equals < rest.len)
            text_add(&out, windows_replace(machine, value, (struct bytes){rest.at, equals},
                                           bytes_from(rest, equals + 1)));
        else
            text_add(&out, value);
        i = end;
    }
    return text_bytes(&out);
}

struct bytes windows_replace(struct machine *machine, struct bytes text, struct bytes what,
                             struct bytes with)
{
    struct text out = {.arena = machine->arena};
    for (size_t i = 0; i < text.len;) {
        bool same = what.len > 0 && text.len - i >= what.len;
        for (size_t j = 0; same && j < what.len; j++)
            same = ascii_lower(text.at[i + j]) == ascii_lower(what.at[j]);
        if (same)
            text_add(&out, with);
        else
            text_add_char(&out, text.at[i]);
        i += same ? what.len : 1;
    }
    return text_bytes(&out);
}

static char peek(const struct cmd *cmd)
{
    return cmd->at < cmd->text.len ? cmd->text.at[cmd->at] : 0;
}

static void blanks_skip(struct cmd *cmd)
{
    while (peek(cmd) == ' ' || peek(cmd) == '\t' || peek(cmd) == '@' || peek(cmd) == ';' ||
           peek(cmd) == ',')
        cmd->at++;
}

/* > >> < at the cursor, behind an optional 1 or 2 that is taken off `out`. */
static void redirection(struct cmd *cmd, struct text *out)
{
    struct machine *machine = cmd->machine;
    bool reads = peek(cmd) == '<', errors = out->len && out->at[out->len - 1] == '2';
    bool append = cmd->at + 1 < cmd->text.len && cmd->text.at[cmd->at + 1] == '>';
    if (errors || (out->len && out->at[out->len - 1] == '1'))
        out->len--;
    cmd->at += append ? 2 : 1;
    if (peek(cmd) == '&') {
        cmd->at += 2;
        if (errors)
            machine->fds[2] = machine->fds[1];
        return;
    }
    while (peek(cmd) == ' ')
        cmd->at++;
    size_t start = cmd->at;
    while (cmd->at < cmd->text.len && !strchr(" &|<>\n", cmd->text.at[cmd->at]))
        cmd->at++;
    struct bytes path = {cmd->text.at + start, cmd->at - start};
    if (reads)
        return;
    struct stream *stream = stream_new(machine);
    if (!windows_same(path, "nul") && !machine_stops(machine))
        stream->sink = windows_write(machine, windows_unquote(machine, path), append);
    machine->fds[errors ? 2 : 1] = stream;
}

/* One command's text up to & | ) outside quotes; ^ takes the next character as it is. */
static struct bytes command_text(struct cmd *cmd)
{
    struct text out = {.arena = cmd->machine->arena};
    bool quoted = false;
    int depth = 0; /* of brackets inside it: for %i in (…) */
    while (cmd->at < cmd->text.len) {
        char c = cmd->text.at[cmd->at];
        quoted ^= c == '"';
        depth += !quoted && c == '(';
        if (!quoted && c == ')' && depth > 0) {
            depth--;
            text_add_char(&out, c);
            cmd->at++;
        } else if (c == '^' && !quoted) {
            cmd->at++;
            if (cmd->at < cmd->text.len)
                text_add_char(&out, cmd->text.at[cmd->at++]);
        } else if (!quoted && (c == '&' || c == '|' || c == '\n' || c == ')')) {
            break;
        } else if (!quoted && (c == '>' || c == '<')) {
            redirection(cmd, &out);
        } else {
            text_add_char(&out, c);
            cmd->at++;
        }
    }
    return text_bytes(&out);
}

static int sequence_run(struct cmd *cmd);

/* ( … ) or a command. */
static int element_run(struct cmd *cmd)
{
    struct machine *machine = cmd->machine;
    blanks_skip(cmd);
    if (!machine_step(machine, 0) || !machine_enter(machine))
        return 1;
    struct stream *saved[3] = {machine->fds[0], machine->fds[1], machine->fds[2]};
    if (peek(cmd) == '(') {
        cmd->at++;
        sequence_run(cmd);
        cmd->at += peek(cmd) == ')';
    } else {
        struct bytes text = command_text(cmd);
        machine->status = cmd_command_run(machine, text);
    }
    memcpy(machine->fds, saved, sizeof(saved));
    machine_leave(machine);
    return machine->status;
}

/* Whether the command that begins here ends in a pipe: known only by reading ahead. */
static bool pipe_follows(const struct cmd *cmd)
{
    struct bytes text = cmd->text;
    bool quoted = false;
    int depth = 0;
    for (size_t at = cmd->at; at < text.len; at++) {
        char c = text.at[at];
        quoted ^= c == '"';
        if (quoted)
            continue;
        if (c == '^') {
            at++;
            continue;
        }
        depth += (c == '(') - (c == ')');
        bool copies = c == '&' && at > 0 && text.at[at - 1] == '>'; /* 2>&1 */
        if (depth < 0 || (depth == 0 && (c == '\n' || (c == '&' && !copies))))
            return false;
        if (depth == 0 && c == '|')
            return at + 1 >= text.len || text.at[at + 1] != '|';
    }
    return false;
}

static int pipe_run(struct cmd *cmd)
{
    struct machine *machine = cmd->machine;
    struct stream *input = machine->fds[0], *output = machine->fds[1];
    for (;;) {
        struct text *pipe = pipe_follows(cmd) ? machine_text(machine) : NULL;
        machine->fds[1] = pipe ? stream_writes(machine, pipe) : output;
        element_run(cmd);
        if (!pipe || peek(cmd) != '|' || machine->flow != FLOW_none)
            break;
        cmd->at++;
        machine->fds[0] = stream_reads(machine, text_bytes(pipe));
    }
    machine->fds[0] = input;
    machine->fds[1] = output;
    return machine->status;
}

static void skip_element(struct cmd *cmd)
{
    bool quoted = false;
    for (; cmd->at < cmd->text.len; cmd->at++) {
        char c = peek(cmd);
        quoted ^= c == '"';
        if (!quoted &&
            (c == '&' || c == '\n' ||
             (c == '|' && cmd->at + 1 < cmd->text.len && cmd->text.at[cmd->at + 1] == '|')))
            return;
    }
}

static int sequence_run(struct cmd *cmd)
{
    struct machine *machine = cmd->machine;
    bool runs = true;
    while (cmd->at < cmd->text.len && machine->flow == FLOW_none) {
        size_t before = cmd->at;
        if (runs)
            pipe_run(cmd);
        else
            skip_element(cmd);
        struct bytes rest = bytes_from(cmd->text, cmd->at);
        if (bytes_start(rest, BYTES("&&")))
            runs = machine->status == 0, cmd->at += 2;
        else if (bytes_start(rest, BYTES("||")))
            runs = machine->status != 0, cmd->at += 2;
        else if (peek(cmd) == '&' || peek(cmd) == '\n')
            runs = true, cmd->at++;
        else if (peek(cmd) == ')')
            break;
        else if (cmd->at == before)
            cmd->at++;
    }
    return machine->status;
}

int cmd_script_run(struct machine *machine, struct bytes script)
{
    if (!machine_enter(machine) || !machine_step(machine, script.len))
        return 1;
    struct cmd cmd = {machine, variables_expand(machine, script), 0};
    sequence_run(&cmd);
    while (cmd.at < cmd.text.len && machine->flow == FLOW_none) { /* a bracket too many */
        cmd.at++;
        sequence_run(&cmd);
    }
    machine_leave(machine);
    return machine->status;
}
