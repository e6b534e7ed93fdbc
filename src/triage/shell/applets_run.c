/* Tools that run other commands: sh, busybox, env, xargs, sudo, timeout, nohup … and sleep. */
#include "triage/shell/call.h"

static enum dialect dialect_of(const struct machine *machine, struct bytes name)
{
    if (bytes_equal(name, BYTES("bash")) || bytes_equal(name, BYTES("rbash")))
        return DIALECT_bash;
    if (bytes_equal(name, BYTES("dash")))
        return DIALECT_dash;
    if (bytes_equal(name, BYTES("ash")) || machine->profile == SHELL_busybox)
        return DIALECT_ash;
    return machine->profile == SHELL_bash ? DIALECT_bash : DIALECT_dash;
}

/* A shell whose input is somebody at the other end of a connection: nobody knows what comes. */
static int interactive(struct machine *machine)
{
    machine->result->guessed = true;
    machine_put(machine, 1, BYTES("\x0f"));
    machine_read(machine, 0);
    return 0;
}

static int script_file_run(struct call *call, enum dialect dialect, uint32_t at)
{
    struct machine *machine = call->machine;
    struct bytes content, path = call->words[at];
    struct file_view view = file_look(machine, path_resolve(machine, path));
    bool stream = bytes_equal(path, BYTES("/dev/stdin")) || bytes_start(path, BYTES("/dev/fd/"));
    if (!view.mode && !stream) {
        bool bash = dialect == DIALECT_bash;
        machine->result->guessed |= path.len == 0 || path.at[0] != '/';
        machine_put_format(machine, 2,
                           bash ? "%c%.*s: No such file or directory\n"
                                : "%ccannot open %.*s: No such file\n",
                           SHELL_HOLE_shell, (int)path.len, path.at);
        return bash ? 127 : 2;
    }
    if (!file_read(machine, call->name, path, &content))
        return 126;
    return script_run_apart(machine, dialect, content, call->words + at + 1, call->count - at - 1);
}

static int shell_applet(struct call *call)
{
    struct machine *machine = call->machine;
    enum dialect dialect = dialect_of(machine, bytes_base_name(call->words[0]));
    bool command = false;
    uint32_t at = 1;
    for (; at < call->count && call->words[at].len > 1 &&
           (call->words[at].at[0] == '-' || call->words[at].at[0] == '+');
         at++) {
        struct bytes word = call->words[at];
        if (bytes_equal(word, BYTES("--")) && ++at)
            break;
        if (bytes_start(word, BYTES("--")))
            continue;
        command |= memchr(word.at, 'c', word.len) != NULL;
        if (bytes_equal(word, BYTES("-o")) || bytes_equal(word, BYTES("-O")))
            at++;
    }
    if (command && at >= call->count) {
        machine_put_format(machine, 2, "%c-c%s requires an argument\n", SHELL_HOLE_shell,
                           dialect == DIALECT_bash ? ": option" : "");
        return 2;
    }
    if (command) {
        struct bytes name = machine->name;
        if (at + 1 < call->count)
            machine->name = call->words[at + 1];
        uint32_t rest = at + 2 < call->count ? call->count - at - 2 : 0;
        bool posix = machine->posix;
        machine->posix = bytes_equal(bytes_base_name(call->words[0]), BYTES("sh"));
        int status =
            script_run_apart(machine, dialect, call->words[at], call->words + at + 2, rest);
        machine->posix = posix;
        machine->name = name;
        return status;
    }
    if (at < call->count)
        return script_file_run(call, dialect, at);
    if (machine->fds[0] && machine->fds[0]->network)
        return interactive(machine);
    struct bytes script = machine_read(machine, 0);
    if (text_has_hole(script))
        return interactive(machine); /* what a download or the other end says is not known */
    return script_run_apart(machine, dialect, script, NULL, 0);
}

static int busybox_applet(struct call *call)
{
    struct machine *machine = call->machine;
    if (call->count < 2) {
        machine_put_format(machine, 1, "BusyBox v%c (%c) multi-call binary.\n", SHELL_HOLE_line,
                           SHELL_HOLE_line);
        machine_put_format(machine, 1, "%cUsage: busybox [function [arguments]...]\n%c",
                           SHELL_HOLE_lines, SHELL_HOLE_lines);
        return 0;
    }
    const struct applet *applet = applet_find(machine, call->words[1]);
    if (!applet || ((applet->flags & APPLET_builtin_only) && !(applet->flags & APPLET_builtin))) {
        machine_put_format(machine, 2, "%.*s: applet not found\n", (int)call->words[1].len,
                           call->words[1].at);
        return 127;
    }
    enum shell_profile profile = machine->profile;
    enum dialect dialect = machine->dialect;
    struct call inner = {machine, call->words + 1, call->count - 1, call->words[1]};
    machine->profile = SHELL_busybox;
    machine->dialect = DIALECT_ash;
    int status = applet->run(&inner);
    machine->profile = profile;
    machine->dialect = dialect;
    return status;
}

static int rest_run(struct call *call, uint32_t at)
{
    return at < call->count ? command_run(call->machine, call->words + at, call->count - at, true)
                            : 0;
}

/* In no order that one could know: between the known ones, others. */
static void environment_print(struct machine *machine)
{
    machine_put_format(machine, 1, "%cPATH=%c/%c\n%c", SHELL_HOLE_lines, SHELL_HOLE_path,
                       SHELL_HOLE_line, SHELL_HOLE_lines);
    for (struct variable *variable = machine->variables; variable; variable = variable->next)
        if (variable->exported && !variable->inherited &&
            variable_find(machine, variable->name) == variable)
            machine_put_format(machine, 1, "%.*s=%.*s\n%c", (int)variable->name.len,
                               variable->name.at, (int)variable->value.len,
                               variable->value.at ? variable->value.at : "", SHELL_HOLE_lines);
}

static int env_applet(struct call *call)
{
    struct machine *machine = call->machine;
    uint32_t at = 1;
    struct variable *outer = machine->variables;
    machine->level++;
    for (; at < call->count; at++) {
        struct bytes word = call->words[at];
        size_t equals = text_find(word, 0, BYTES("="));
        if (bytes_equal(word, BYTES("-u")) || bytes_equal(word, BYTES("-C")))
            at++;
        else if (word.len && word.at[0] == '-')
            continue;
        else if (equals < word.len && equals > 0) {
            struct bytes name = {word.at, equals};
            variable_set(machine, name, bytes_from(word, equals + 1));
            struct variable *variable = variable_find(machine, name);
            if (variable)
                variable->exported = true;
        } else
            break;
    }
    int status = 0;
    if (at < call->count)
        status = rest_run(call, at);
    else
        environment_print(machine);
    machine->level--;
    machine->variables = outer;
    return status;
}

static int printenv_applet(struct call *call)
{
    struct machine *machine = call->machine;
    if (call->count < 2) {
        environment_print(machine);
        return 0;
    }
    struct variable *variable = variable_find(machine, call->words[1]);
    if (!variable || !variable->exported)
        return 1;
    machine_put_format(machine, 1, "%.*s\n", (int)variable->value.len,
                       variable->value.at ? variable->value.at : "");
    return 0;
}

/* nohup, setsid, nice, stdbuf, time, sudo, doas, unbuffer: options, then a command. */
static int wrapper_applet(struct call *call)
{
    uint32_t at = 1;
    while (at < call->count && call->words[at].len > 1 && call->words[at].at[0] == '-') {
        struct bytes word = call->words[at++];
        bool takes = word.len == 2 && strchr("nupUgCoieI", word.at[1]) &&
                     !bytes_equal(call->name, BYTES("setsid")) &&
                     !(bytes_equal(call->name, BYTES("sudo")) && strchr("niIe", word.at[1]));
        at += takes && at < call->count;
    }
    while (at < call->count && bytes_equal(call->name, BYTES("sudo")) &&
           memchr(call->words[at].at, '=', call->words[at].len))
        at++;
    if (bytes_equal(call->name, BYTES("sudo")) && !call->machine->root) {
        call->machine->result->guessed = true; /* whether it may */
        call->machine->result->user_matters = true;
    }
    return rest_run(call, at);
}

static int su_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(call, "c:ls:mp", "command=c login=l shell=s");
    machine->result->user_matters = true;
    if (!machine->root) {
        machine_put_format(machine, 2, "%c\n", SHELL_HOLE_line);
        return 1;
    }
    if (!arguments.count['c'])
        return interactive(machine);
    return script_run_apart(machine, dialect_of(machine, BYTES("sh")), arguments.value['c'], NULL,
                            0);
}

static int sleep_applet(struct call *call)
{
    struct machine *machine = call->machine;
    double total = 0, seconds;
    uint32_t operands = 0;
    for (uint32_t i = 1; i < call->count; i++) {
        if (call->words[i].len > 1 && call->words[i].at[0] == '-')
            continue;
        operands++;
        if (text_has_hole(call->words[i]))
            machine->result->guessed = true;
        else if (seconds_read(call->words[i], &seconds))
            total += seconds;
        else {
            machine_put_format(machine, 2,
                               machine->profile == SHELL_busybox
                                   ? "sleep: invalid number '%.*s'\n"
                                   : "sleep: invalid time interval '%.*s'\nTry 'sleep --help' for "
                                     "more information.\n",
                               (int)call->words[i].len, call->words[i].at);
            return 1;
        }
    }
    if (operands == 0)
        return call_fail(call, BYTES("missing operand"), "", 1);
    machine->result->seconds += bytes_equal(call->name, BYTES("usleep")) ? total / 1e6 : total;
    return 0;
}

static int timeout_applet(struct call *call)
{
    struct machine *machine = call->machine;
    double limit = 0, before = machine->result->seconds;
    uint32_t at = 1;
    while (at < call->count && call->words[at].len > 1 && call->words[at].at[0] == '-') {
        bool takes =
            bytes_equal(call->words[at], BYTES("-s")) || bytes_equal(call->words[at], BYTES("-k"));
        if (bytes_equal(call->words[at], BYTES("-t")))
            break; /* old BusyBox: timeout -t 5 command */
        at += takes ? 2 : 1;
    }
    at += at < call->count && bytes_equal(call->words[at], BYTES("-t"));
    if (at >= call->count || !seconds_read(call->words[at], &limit))
        return call_fail(call, BYTES("missing operand"), "", 125);
    int status = rest_run(call, at + 1);
    if (limit > 0 && machine->result->seconds - before > limit) {
        machine->result->seconds = before + limit;
        return 124;
    }
    return status;
}

/* The next argument of xargs: blanks separate, quotes and backslash keep together. */
static bool xargs_word(struct machine *machine, struct bytes input, size_t *at, bool zero,
                       bool lines, struct bytes *ret_word)
{
    struct text word = {.arena = machine->arena};
    char quote = 0;
    bool any = false;
    const char *blanks = lines ? "\n" : " \t\n";
    while (*at < input.len) {
        char c = input.at[(*at)++];
        if (zero ? c == 0 : (!quote && c && strchr(blanks, c))) {
            if (any)
                break;
            continue;
        }
        any = true;
        if (!zero && quote && c == quote)
            quote = 0;
        else if (!zero && !quote && (c == '\'' || c == '"'))
            quote = c;
        else if (!zero && !quote && c == '\\' && *at < input.len)
            text_add_char(&word, input.at[(*at)++]);
        else
            text_add_char(&word, c == SHELL_HOLE_lines ? (char)SHELL_HOLE_line : c);
    }
    *ret_word = text_bytes(&word);
    return any;
}

static struct bytes replaced(struct machine *machine, struct bytes text, struct bytes what,
                             struct bytes with)
{
    struct text out = {.arena = machine->arena};
    for (size_t at = 0; at < text.len;) {
        size_t found = text_find(text, at, what);
        text_add(&out, (struct bytes){text.at + at, found - at});
        if (found == text.len)
            break;
        text_add(&out, with);
        at = found + what.len;
    }
    return text_bytes(&out);
}

static int xargs_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments =
        arguments_parse(call, "+0rtpn:I:L:d:P:s:E:a:i",
                        "null=0 no-run-if-empty=r max-args=n replace=I delimiter=d");
    int64_t most = FIELDS;
    struct bytes input = machine_read(machine, 0), word;
    struct fields given = {0};
    if (arguments.failed)
        return 1;
    if (arguments.count['n'] && !number_read(arguments.value['n'], &most))
        return 1;
    struct bytes replace = arguments.count['I']   ? arguments.value['I']
                           : arguments.count['i'] ? BYTES("{}")
                                                  : BYTES("");
    for (size_t at = 0;
         xargs_word(machine, input, &at, arguments.count['0'], replace.len > 0, &word) &&
         machine->flow == FLOW_none;)
        fields_add(machine, &given, word);
    struct bytes echo = BYTES("echo"), *base = arguments.operand_count ? arguments.operands : &echo;
    uint32_t base_count = arguments.operand_count ? arguments.operand_count : 1, next = 0;
    if (given.count == 0 &&
        (arguments.count['r'] || replace.len || machine->profile == SHELL_busybox) &&
        !(machine->profile == SHELL_busybox && !arguments.count['r']))
        return 0;
    int status = 0;
    do {
        struct fields words = {0};
        for (uint32_t i = 0; i < base_count; i++)
            fields_add(machine, &words,
                       replace.len && next < given.count
                           ? replaced(machine, base[i], replace, given.items[next])
                           : base[i]);
        if (replace.len)
            next++;
        for (int64_t i = 0; !replace.len && i < most && next < given.count; i++)
            fields_add(machine, &words, given.items[next++]);
        if (command_run(machine, words.items, words.count, true))
            status = 123;
    } while (next < given.count && machine->flow == FLOW_none);
    return status;
}

static const struct applet applets[] = {
    {"sh", shell_applet, 0},
    {"bash", shell_applet, APPLET_no_busybox},
    {"dash", shell_applet, APPLET_no_busybox},
    {"rbash", shell_applet, APPLET_no_busybox},
    {"ash", shell_applet, APPLET_only_busybox},
    {"busybox", busybox_applet, 0},
    {"env", env_applet, 0},
    {"printenv", printenv_applet, 0},
    {"nohup", wrapper_applet, 0},
    {"setsid", wrapper_applet, 0},
    {"nice", wrapper_applet, 0},
    {"ionice", wrapper_applet, 0},
    {"stdbuf", wrapper_applet, APPLET_no_busybox},
    {"time", wrapper_applet, 0},
    {"sudo", wrapper_applet, APPLET_no_busybox},
    {"su", su_applet, 0},
    {"sleep", sleep_applet, 0},
    {"usleep", sleep_applet, APPLET_only_busybox},
    {"timeout", timeout_applet, 0},
    {"xargs", xargs_applet, 0},
};

const struct applet_table applets_run = APPLET_TABLE(applets);
