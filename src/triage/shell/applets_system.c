/* Who and what the machine is: id, uname, hostname, date, uptime … Their output is mostly holes. */
#include "triage/shell/call.h"

#define WORD   "\x01"
#define NUMBER "\x02"
#define LINE   "\x03"
#define LINES  "\x04"
#define DATE   "\x05"

static int say(struct call *call, const char *text)
{
    call_put(call, bytes_of(text));
    return 0;
}

static int whoami_applet(struct call *call)
{
    call->machine->result->user_matters = true;
    return say(call, call->machine->root ? "root\n" : WORD "\n");
}

static int id_applet(struct call *call)
{
    struct arguments arguments =
        arguments_parse(call, "ugGnrz", "user=u group=g groups=G name=n real=r");
    bool root = call->machine->root, name = arguments.count['n'] > 0;
    if (arguments.failed)
        return 1;
    call->machine->result->user_matters = true;
    if (arguments.operand_count) {
        struct bytes user = arguments.operands[0];
        if (bytes_equal(user, BYTES("root")))
            return say(call, arguments.count['u'] ? (name ? "root\n" : "0\n")
                                                  : "uid=0(root) gid=0(root) groups=0(root)" LINE
                                                    "\n");
        machine_put_format(call->machine, 2, "id: '%.*s': no such user\n", (int)user.len, user.at);
        return 1;
    }
    if (arguments.count['u'] || arguments.count['g'])
        return say(call, name ? (root ? "root\n" : WORD "\n") : root ? "0\n" : NUMBER "\n");
    if (arguments.count['G'])
        return say(call, root   ? (name ? "root" LINE "\n" : "0" LINE "\n")
                         : name ? WORD LINE "\n"
                                : NUMBER LINE "\n");
    return say(call, root ? "uid=0(root) gid=0(root)" LINE "\n"
                          : "uid=" NUMBER "(" WORD ") gid=" NUMBER "(" WORD ")" LINE "\n");
}

static int groups_applet(struct call *call)
{
    return say(call, call->machine->root ? "root" LINE "\n" : WORD LINE "\n");
}

static int uname_applet(struct call *call)
{
    struct arguments arguments =
        arguments_parse(call, "asnrvmpio",
                        "all=a kernel-name=s nodename=n kernel-release=r kernel-version=v "
                        "machine=m processor=p hardware-platform=i operating-system=o");
    static const struct {
        char letter;
        const char *text;
    } fields[] = {{'s', "Linux"}, {'n', WORD}, {'r', WORD}, {'v', LINE},
                  {'m', WORD},    {'p', WORD}, {'i', WORD}, {'o', "GNU/Linux"}};
    bool first = true, some = false;
    if (arguments.failed)
        return 1;
    if (arguments.count['a'])
        return say(call, call->machine->profile == SHELL_busybox
                             ? "Linux " WORD " " WORD " " LINE "Linux\n"
                             : "Linux " WORD " " WORD " " LINE "GNU/Linux\n");
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        some |= arguments.count[(int)fields[i].letter] > 0;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (arguments.count[(int)fields[i].letter] || (!some && i == 0)) {
            if (!first)
                say(call, " ");
            say(call, fields[i].text);
            first = false;
        }
    return say(call, "\n");
}

static int hostname_applet(struct call *call)
{
    if (call->count > 1 &&
        (bytes_equal(call->words[1], BYTES("-I")) || bytes_equal(call->words[1], BYTES("-i"))))
        return say(call, "\x08" LINE "\n");
    return say(call, WORD "\n");
}

static int date_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct text out = {.arena = machine->arena};
    struct bytes format = {NULL, 0};
    for (uint32_t i = 1; i < call->count; i++)
        if (call->words[i].len && call->words[i].at[0] == '+')
            format = bytes_from(call->words[i], 1);
    if (!format.at)
        return say(call, DATE "\n");
    for (size_t i = 0; i < format.len; i++) {
        if (format.at[i] != '%' || i + 1 == format.len) {
            text_add_char(&out, format.at[i]);
            continue;
        }
        char c = format.at[++i];
        if (c == 'n' || c == 't' || c == '%')
            text_add_char(&out, c == 'n' ? '\n' : c == 't' ? '\t' : '%');
        else
            text_add_char(&out,
                          strchr("YmdHMSsNjyuwIlekCUVWg", c) ? SHELL_HOLE_number : SHELL_HOLE_line);
    }
    text_add_char(&out, '\n');
    call_put(call, text_bytes(&out));
    return 0;
}

static int uptime_applet(struct call *call)
{
    return say(call, " " LINE " up " LINE "load average: " LINE "\n");
}

static int who_applet(struct call *call)
{
    return say(call, LINES);
}

static int w_applet(struct call *call)
{
    return say(call, " " LINE " up " LINE "load average: " LINE "\nUSER     TTY" LINE "\n" LINES);
}

static int last_applet(struct call *call)
{
    return say(call, LINES "\nwtmp begins " LINE "\n");
}

static int df_applet(struct call *call)
{
    return say(call, "Filesystem " LINE " Mounted on\n" LINES);
}

static int free_applet(struct call *call)
{
    return say(call, "\x10"
                     "total        used        free      shared  buff/cache   available\nMem:" LINE
                     "\n" LINES);
}

static int mount_applet(struct call *call)
{
    return call->count > 1 ? 0 : say(call, LINES "proc on /proc type proc (" LINE ")\n" LINES);
}

static int lines_applet(struct call *call)
{
    return say(call, LINES);
}

static int lsb_release_applet(struct call *call)
{
    return say(call, "Distributor ID:\t" LINE "\nDescription:\t" LINE "\nRelease:\t" LINE
                     "\nCodename:\t" LINE "\n");
}

static int arch_applet(struct call *call)
{
    return say(call, WORD "\n");
}

static int nproc_applet(struct call *call)
{
    return say(call, NUMBER "\n");
}

static int lscpu_applet(struct call *call)
{
    return say(call, "Architecture:" LINE "\n" LINES);
}

static int lsmod_applet(struct call *call)
{
    return say(call, "Module " LINE "\n" LINES);
}

static const struct applet applets[] = {
    {"whoami", whoami_applet, 0},
    {"id", id_applet, 0},
    {"groups", groups_applet, 0},
    {"logname", whoami_applet, 0},
    {"uname", uname_applet, 0},
    {"hostname", hostname_applet, 0},
    {"date", date_applet, 0},
    {"uptime", uptime_applet, 0},
    {"who", who_applet, 0},
    {"users", who_applet, 0},
    {"w", w_applet, 0},
    {"last", last_applet, 0},
    {"df", df_applet, 0},
    {"free", free_applet, 0},
    {"mount", mount_applet, 0},
    {"dmesg", lines_applet, 0},
    {"lsb_release", lsb_release_applet, APPLET_no_busybox},
    {"arch", arch_applet, 0},
    {"nproc", nproc_applet, 0},
    {"lscpu", lscpu_applet, APPLET_no_busybox},
    {"lsmod", lsmod_applet, 0},
    {"lspci", lines_applet, 0},
    {"lsblk", lines_applet, APPLET_no_busybox},
    {"getent", lines_applet, APPLET_no_busybox},
    {"tty", lines_applet, 0},
};

const struct applet_table applets_system = APPLET_TABLE(applets);
