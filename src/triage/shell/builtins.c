/* What only a shell itself can do: flow, variables, running text. */
#include "triage/shell/call.h"

static int64_t count_of(struct call *call, int64_t otherwise)
{
    int64_t value;
    return call->count > 1 && text_integer(call->words[1], &value) ? value : otherwise;
}

static int leave(struct call *call, enum flow flow)
{
    struct machine *machine = call->machine;
    int64_t count = count_of(call, 1);
    if (machine->flow != FLOW_stop) {
        machine->flow = flow;
        machine->flow_count = count < 1 ? 1 : (uint32_t)count;
    }
    return 0;
}

static int break_applet(struct call *call)
{
    return leave(call, FLOW_break);
}

static int continue_applet(struct call *call)
{
    return leave(call, FLOW_continue);
}

static int return_applet(struct call *call)
{
    int status = (int)(count_of(call, call->machine->status) & 255);
    leave(call, FLOW_return);
    return status;
}

static int exit_applet(struct call *call)
{
    int status = (int)(count_of(call, call->machine->status) & 255);
    leave(call, FLOW_exit);
    return status;
}

static int eval_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct text script = {.arena = machine->arena};
    for (uint32_t i = 1; i < call->count; i++) {
        if (i > 1)
            text_add_char(&script, ' ');
        text_add(&script, call->words[i]);
    }
    machine->status = 0;
    return script_run(machine, text_bytes(&script));
}

static int exec_applet(struct call *call)
{
    struct machine *machine = call->machine;
    uint32_t at = 1;
    while (at < call->count && call->words[at].len > 1 && call->words[at].at[0] == '-')
        at += bytes_equal(call->words[at], BYTES("-a")) ? 2 : 1;
    if (at >= call->count)
        return 0;
    struct bytes name = call->words[at];
    if (!command_exists(machine, name)) {
        bool path = memchr(name.at, '/', name.len) != NULL;
        machine->result->commands_unknown++;
        machine_put_format(machine, 2, "%cexec: %s%.*s: %s\n", SHELL_HOLE_shell,
                           machine->dialect == DIALECT_ash ? "\x03" : "", (int)name.len, name.at,
                           path && machine->dialect == DIALECT_bash
                               ? "cannot execute: No such file or directory"
                               : "not found");
        machine->status = 127;
    } else
        command_run(machine, call->words + at, call->count - at, true);
    if (machine->flow == FLOW_none)
        machine->flow = FLOW_exit;
    return machine->status;
}

static int source_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct bytes content;
    if (call->count < 2)
        return 2;
    if (!file_read(machine, call->name, call->words[1], &content))
        return 1;
    int status = script_run(machine, content);
    if (machine->flow == FLOW_return)
        machine->flow = FLOW_none;
    return status;
}

static int shift_applet(struct call *call)
{
    struct machine *machine = call->machine;
    int64_t count = count_of(call, 1);
    if (count < 0 || count > machine->argument_count)
        return 1;
    machine->arguments += count;
    machine->argument_count -= (uint32_t)count;
    return 0;
}

static void option_set(struct machine *machine, char letter, bool on)
{
    if (letter == 'e')
        machine->errexit = on;
    else if (letter == 'f')
        machine->noglob = on;
    else if (letter == 'u')
        machine->nounset = on;
}

static void variables_print(struct machine *machine, bool exported, const char *format)
{
    for (struct variable *variable = machine->variables; variable; variable = variable->next)
        if (variable_find(machine, variable->name) == variable && (variable->exported || !exported))
            machine_put_format(machine, 1, format, (int)variable->name.len, variable->name.at,
                               (int)variable->value.len,
                               variable->value.at ? variable->value.at : "");
    machine_put_format(machine, 1, "%c", SHELL_HOLE_lines);
}

static int set_applet(struct call *call)
{
    struct machine *machine = call->machine;
    if (call->count == 1) {
        machine_put_format(machine, 1, "%c", SHELL_HOLE_lines);
        variables_print(machine, false,
                        machine->dialect == DIALECT_bash ? "%.*s=%.*s\n" : "%.*s='%.*s'\n");
        return 0;
    }
    uint32_t at = 1;
    for (; at < call->count; at++) {
        struct bytes word = call->words[at];
        if (word.len < 2 || (word.at[0] != '-' && word.at[0] != '+'))
            break;
        if (bytes_equal(word, BYTES("--"))) {
            at++;
            break;
        }
        for (size_t i = 1; i < word.len; i++)
            option_set(machine, word.at[i], word.at[0] == '-');
        if (bytes_end(word, BYTES("o")))
            at++;
    }
    if (at < call->count || bytes_equal(call->words[call->count - 1], BYTES("--"))) {
        machine->arguments = call->words + at;
        machine->argument_count = call->count - at;
    }
    return 0;
}

static int unset_applet(struct call *call)
{
    struct machine *machine = call->machine;
    for (uint32_t i = 1; i < call->count; i++) {
        struct bytes name = call->words[i];
        if (name.len && name.at[0] == '-')
            continue;
        struct variable *variable =
            variable_find(machine, name) ? variable_own(machine, name) : NULL;
        if (variable)
            variable->unset = true;
        else if (function_find(machine, name)) {
            struct function *function = machine_take(machine, sizeof(*function));
            if (!function)
                return 1;
            *function = (struct function){machine->functions, name, NULL};
            machine->functions = function;
        }
    }
    return 0;
}

/* export, readonly, local, declare: NAME or NAME=VALUE, marked. */
static int declare_applet(struct call *call)
{
    struct machine *machine = call->machine;
    bool exports = bytes_equal(call->name, BYTES("export")),
         readonly = bytes_equal(call->name, BYTES("readonly"));
    bool local = bytes_equal(call->name, BYTES("local"));
    uint32_t operands = 0;
    for (uint32_t i = 1; i < call->count; i++) {
        struct bytes word = call->words[i];
        if (word.len && word.at[0] == '-') {
            exports |= memchr(word.at, 'x', word.len) != NULL;
            readonly |= memchr(word.at, 'r', word.len) != NULL;
            continue;
        }
        size_t equals = text_find(word, 0, BYTES("="));
        struct bytes name = {word.at, equals};
        operands++;
        if (!text_is_name(name)) {
            shell_complain(machine, call->name, "bad variable name");
            return 2;
        }
        if (local)
            machine->locals = variable_save(machine, name, machine->locals);
        struct variable *variable = variable_own(machine, name);
        if (!variable)
            continue;
        if (equals < word.len)
            variable_set(machine, name, bytes_from(word, equals + 1));
        else if (!variable->value.at)
            variable->unset = false;
        variable->exported |= exports;
        variable->readonly |= readonly;
    }
    if (operands == 0 && exports)
        variables_print(machine, true,
                        machine->dialect == DIALECT_bash ? "declare -x %.*s=\"%.*s\"\n"
                                                         : "export %.*s='%.*s'\n");
    return 0;
}

static int let_applet(struct call *call)
{
    int64_t value = 0;
    for (uint32_t i = 1; i < call->count; i++) {
        bool unknown;
        value = arithmetic_evaluate(call->machine, call->words[i], &unknown);
        call->machine->result->guessed |= unknown;
    }
    return value == 0;
}

/* trap: commands at the exit of the shell run at once's end; signals never come. */
static int trap_applet(struct call *call)
{
    struct machine *machine = call->machine;
    for (uint32_t i = 2; i < call->count; i++)
        if (bytes_equal(call->words[i], BYTES("EXIT")) || bytes_equal(call->words[i], BYTES("0")))
            machine->exit_trap = call->words[1];
    return 0;
}

static int nothing_applet(struct call *call)
{
    (void)call;
    return 0;
}

static int umask_applet(struct call *call)
{
    if (call->count == 1)
        call_put(call, BYTES("0022\n"));
    return 0;
}

static int ulimit_applet(struct call *call)
{
    machine_put_format(call->machine, 1, "%c\n", SHELL_HOLE_line);
    return 0;
}

/* One field of `read`: up to a separator, the last name takes the rest. */
static struct bytes read_field(struct bytes *line, struct bytes set, bool last)
{
    size_t start = 0, end;
    while (start < line->len && set.len && memchr(set.at, line->at[start], set.len) &&
           strchr(" \t\n", line->at[start]))
        start++;
    end = last ? line->len : start;
    while (!last && end < line->len && !(set.len && memchr(set.at, line->at[end], set.len)))
        end++;
    struct bytes field = {line->at + start, end - start};
    *line = bytes_from(*line, end + 1);
    while (last && field.len && set.len && memchr(set.at, field.at[field.len - 1], set.len) &&
           strchr(" \t\n", field.at[field.len - 1]))
        field.len--;
    return field;
}

static struct bytes line_unescape(struct machine *machine, struct bytes line)
{
    struct text out = {.arena = machine->arena};
    for (size_t i = 0; i < line.len; i++) {
        if (line.at[i] == '\\' && ++i == line.len)
            break;
        text_add_char(&out, line.at[i]);
    }
    return text_bytes(&out);
}

void array_set(struct machine *machine, struct bytes name, const struct fields *items)
{
    static struct bytes none;
    variable_set(machine, name, BYTES(""));
    struct variable *variable = variable_find(machine, name);
    if (!variable)
        return;
    variable->elements = items->count ? items->items : &none;
    variable->element_count = items->count;
}

static int mapfile_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(call, "td:n:O:s:u:", "");
    struct bytes content = machine_read(machine, 0), line;
    struct fields lines = {0};
    for (size_t at = 0; text_line(content, &at, &line);)
        fields_add(machine, &lines,
                   arguments.count['t'] || at > content.len
                       ? line
                       : (struct bytes){line.at, line.len + 1});
    array_set(machine, arguments.operand_count ? arguments.operands[0] : BYTES("MAPFILE"), &lines);
    return arguments.failed;
}

static int read_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(call, "+rsep:t:n:N:d:u:a:i:", "");
    int64_t fd = 0, most = -1;
    if (arguments.failed)
        return 2;
    if (arguments.count['u'] &&
        (!text_integer(arguments.value['u'], &fd) || fd < 0 || fd >= MACHINE_FDS))
        return 1;
    if (arguments.count['n'] && !text_integer(arguments.value['n'], &most))
        most = -1;
    struct stream *stream = machine->fds[fd];
    if (!stream || (stream->at >= stream->source.len && !stream->network))
        return 1;
    if (stream->network && stream->at >= stream->source.len) {
        stream->source = BYTES("\x03\n");
        stream->at = 0;
        stream->network = false; /* one line is enough to see what would be done with it */
        machine->result->guessed = true;
    }
    struct bytes delimiter = arguments.count['d'] && arguments.value['d'].len
                                 ? (struct bytes){arguments.value['d'].at, 1}
                                 : BYTES("\n");
    size_t end = text_find(stream->source, stream->at, delimiter);
    if (most >= 0 && end - stream->at > (size_t)most)
        end = stream->at + (size_t)most;
    bool whole = end < stream->source.len;
    struct bytes line = {stream->source.at + stream->at, end - stream->at},
                 set = separators(machine);
    stream->at = end + (whole && most < 0);
    if (!arguments.count['r'])
        line = line_unescape(machine, line);
    uint32_t names = arguments.operand_count;
    if (arguments.count['a']) {
        struct fields parts = {0};
        while (line.len)
            fields_add(machine, &parts, read_field(&line, set, false));
        array_set(machine, arguments.value['a'], &parts);
    } else if (names == 0)
        variable_set(machine, BYTES("REPLY"), line);
    for (uint32_t i = 0; i < names; i++)
        variable_set(machine, arguments.operands[i], read_field(&line, set, i + 1 == names));
    return whole || most >= 0 ? 0 : 1;
}

static int getopts_applet(struct call *call)
{
    (void)call;
    return 1;
}

static const struct applet applets[] = {
    {"break", break_applet, APPLET_builtin_only | APPLET_special},
    {"continue", continue_applet, APPLET_builtin_only | APPLET_special},
    {"return", return_applet, APPLET_builtin_only | APPLET_special},
    {"exit", exit_applet, APPLET_builtin_only | APPLET_special},
    {"logout", exit_applet, APPLET_builtin_only | APPLET_bash},
    {"eval", eval_applet, APPLET_builtin_only | APPLET_special},
    {"exec", exec_applet, APPLET_builtin_only | APPLET_special},
    {".", source_applet, APPLET_builtin_only | APPLET_special},
    {"source", source_applet, APPLET_builtin_only | APPLET_bash},
    {"shift", shift_applet, APPLET_builtin_only | APPLET_special},
    {"set", set_applet, APPLET_builtin_only | APPLET_special},
    {"unset", unset_applet, APPLET_builtin_only | APPLET_special},
    {"export", declare_applet, APPLET_builtin_only | APPLET_special},
    {"readonly", declare_applet, APPLET_builtin_only | APPLET_special},
    {"local", declare_applet, APPLET_builtin_only},
    {"declare", declare_applet, APPLET_builtin_only | APPLET_bash},
    {"typeset", declare_applet, APPLET_builtin_only | APPLET_bash},
    {"let", let_applet, APPLET_builtin_only | APPLET_bash},
    {"trap", trap_applet, APPLET_builtin_only | APPLET_special},
    {"wait", nothing_applet, APPLET_builtin_only},
    {"shopt", nothing_applet, APPLET_builtin_only | APPLET_bash},
    {"disown", nothing_applet, APPLET_builtin_only | APPLET_bash},
    {"enable", nothing_applet, APPLET_builtin_only | APPLET_bash},
    {"history", nothing_applet, APPLET_builtin_only | APPLET_bash},
    {"hash", nothing_applet, APPLET_builtin_only},
    {"alias", nothing_applet, APPLET_builtin_only},
    {"unalias", nothing_applet, APPLET_builtin_only},
    {"umask", umask_applet, APPLET_builtin_only},
    {"ulimit", ulimit_applet, APPLET_builtin_only},
    {"read", read_applet, APPLET_builtin_only},
    {"mapfile", mapfile_applet, APPLET_builtin_only | APPLET_bash},
    {"readarray", mapfile_applet, APPLET_builtin_only | APPLET_bash},
    {"getopts", getopts_applet, APPLET_builtin_only},
};

const struct applet_table applets_flow = APPLET_TABLE(applets);
