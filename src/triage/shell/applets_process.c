/* Processes and interfaces of the machine: ps, netstat, ip … in the layout of their tools; kill,
 * crontab. */
#include "triage/shell/call.h"

#define NUMBER  "\x02"
#define LINE    "\x03"
#define LINES   "\x04"
#define ADDRESS "\x08"
#define BLANK   "\x10"

static int say(struct call *call, const char *text)
{
    call_put(call, bytes_of(text));
    return 0;
}

static int ps_applet(struct call *call)
{
    if (call->machine->profile == SHELL_busybox)
        return say(call, "PID" BLANK "USER" LINE "COMMAND\n" LINES);
    struct bytes options = call->count > 1 ? call->words[1] : BYTES("");
    bool users = memchr(options.at, 'u', options.len) && options.at[0] != '-';
    bool full = memchr(options.at, 'f', options.len) != NULL;
    if (users)
        return say(call, "USER" BLANK "PID %CPU %MEM" BLANK "VSZ" BLANK "RSS TTY" BLANK
                         "STAT START" BLANK "TIME COMMAND\n" LINES);
    if (full)
        return say(call,
                   "UID" BLANK "PID" BLANK "PPID" BLANK "C STIME TTY" BLANK "TIME CMD\n" LINES);
    return say(call, "PID TTY" LINE "TIME " LINE "\n" LINES);
}

static int top_applet(struct call *call)
{
    return say(call, "top - " LINE " up " LINE "load average: " LINE "\nTasks:" LINE "\n" LINES);
}

static int netstat_applet(struct call *call)
{
    return say(call,
               "Active Internet connections " LINE
               "\nProto Recv-Q Send-Q Local Address           Foreign Address         State" LINE
               "\n" LINES);
}

static int ss_applet(struct call *call)
{
    return say(call, LINE "State" BLANK "Recv-Q" BLANK "Send-Q" LINE "\n" LINES);
}

static int ifconfig_applet(struct call *call)
{
    return say(call, call->machine->profile == SHELL_busybox
                         ? LINES "inet addr:" ADDRESS LINE "\n" LINES
                         : LINES "inet " ADDRESS "  netmask " ADDRESS LINE "\n" LINES);
}

static int ip_applet(struct call *call)
{
    for (uint32_t i = 1; i < call->count; i++) {
        char c = call->words[i].len ? call->words[i].at[0] : 0;
        if (c == 'a')
            return say(call, "1: lo: <LOOPBACK" LINE "\n" LINES
                             "inet 127.0.0.1/8 scope host lo" LINE "\n" LINES);
        if (c == 'r')
            return say(call, LINES ADDRESS LINE " dev " LINE "\n" LINES);
        if (c == 'n')
            return say(call, LINES);
        if (c == 'l')
            return say(call, "1: lo: <LOOPBACK" LINE "\n" LINES);
    }
    machine_put_format(call->machine, 2, "Usage: ip %c\n%c", SHELL_HOLE_line, SHELL_HOLE_lines);
    return 255;
}

static int route_applet(struct call *call)
{
    return say(call, "Kernel IP routing table\nDestination" BLANK "Gateway" BLANK "Genmask" BLANK
                     "Flags " LINE "Iface\n" LINES);
}

static int arp_applet(struct call *call)
{
    return say(call, LINES);
}

static int kill_applet(struct call *call)
{
    struct machine *machine = call->machine;
    for (uint32_t i = 1; i < call->count; i++)
        if (bytes_equal(call->words[i], BYTES("-l"))) {
            return say(call, LINES);
        }
    machine->result->guessed = true; /* whether there is such a process */
    machine_put_format(machine, 2, "%c", SHELL_HOLE_lines);
    return 1;
}

static int quiet_applet(struct call *call)
{
    (void)call;
    return 0;
}

static int mkfifo_applet(struct call *call)
{
    for (uint32_t i = 1; i < call->count; i++)
        if (call->words[i].len && call->words[i].at[0] != '-')
            file_own(call->machine, path_resolve(call->machine, call->words[i]), "prw-r--r--");
    return 0;
}

static int crontab_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(call, "lreu:i", "");
    struct bytes content;
    if (arguments.count['l'])
        return say(call, LINES);
    if (arguments.count['r'] || !arguments.operand_count)
        return 0;
    if (!file_read(machine, call->name, arguments.operands[0], &content))
        return 1;
    struct shell_effect *effect = effect_add(machine, SHELL_write);
    struct text *text = effect_text(machine, effect);
    if (text) {
        effect->text = BYTES("/var/spool/cron/crontabs/\x01");
        text_add(text, content);
    }
    return 0;
}

static int list_applet(struct call *call)
{
    return say(call, LINES);
}

static int whereis_applet(struct call *call)
{
    for (uint32_t i = 1; i < call->count; i++)
        machine_put_format(call->machine, 1, "%.*s:%c\n", (int)call->words[i].len,
                           call->words[i].at, SHELL_HOLE_line);
    return 0;
}

static int clear_applet(struct call *call)
{
    return say(call, "\x1b" LINE);
}

static int getconf_applet(struct call *call)
{
    return say(call, call->count > 1 && bytes_equal(call->words[1], BYTES("LONG_BIT")) ? NUMBER "\n"
                                                                                       : LINE "\n");
}

static int jobs_applet(struct call *call)
{
    (void)call;
    return 0;
}

static const struct applet applets[] = {
    {"ps", ps_applet, 0},
    {"top", top_applet, 0},
    {"netstat", netstat_applet, 0},
    {"ss", ss_applet, APPLET_no_busybox},
    {"ifconfig", ifconfig_applet, 0},
    {"ip", ip_applet, 0},
    {"route", route_applet, 0},
    {"arp", arp_applet, 0},
    {"kill", kill_applet, APPLET_builtin},
    {"killall", kill_applet, 0},
    {"pkill", kill_applet, 0},
    {"pgrep", list_applet, 0},
    {"pidof", list_applet, 0},
    {"crontab", crontab_applet, 0},
    {"at", quiet_applet, APPLET_no_busybox},
    {"systemctl", list_applet, APPLET_no_busybox},
    {"service", list_applet, APPLET_no_busybox},
    {"iptables", list_applet, APPLET_no_busybox},
    {"whereis", whereis_applet, APPLET_no_busybox},
    {"clear", clear_applet, 0},
    {"tput", clear_applet, APPLET_no_busybox},
    {"getconf", getconf_applet, APPLET_no_busybox},
    {"sysctl", list_applet, 0},
    {"lsof", list_applet, 0},
    {"dpkg", list_applet, APPLET_no_busybox},
    {"apt", list_applet, APPLET_no_busybox},
    {"strings", list_applet, 0},
    {"diff", list_applet, 0},
    {"tar", list_applet, 0},
    {"gzip", list_applet, 0},
    {"gunzip", list_applet, 0},
    {"zcat", list_applet, 0},
    {"sync", quiet_applet, 0},
    {"mkfifo", mkfifo_applet, 0},
    {"mknod", quiet_applet, 0},
    {"chattr", quiet_applet, 0},
    {"passwd", quiet_applet, 0},
    {"useradd", quiet_applet, APPLET_no_busybox},
    {"reboot", quiet_applet, 0},
    {"jobs", jobs_applet, APPLET_builtin_only},
};

const struct applet_table applets_process = APPLET_TABLE(applets);
