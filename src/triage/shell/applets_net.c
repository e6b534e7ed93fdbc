/* Tools that talk to other hosts: ping, nslookup, nc, telnet, ssh. */
#include "triage/shell/call.h"

static int port_of(struct bytes text)
{
    int64_t port;
    return text_integer(text, &port) && port > 0 && port < 65536 ? (int)port : 0;
}

static int ping_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments =
        arguments_parse(call, "46nqvbRLc:i:w:W:s:t:I:p:l:M:Q:S:T:aADfhrU", "");
    int64_t count = 0, limit = 0;
    double between = 1;
    if (arguments.failed || arguments.operand_count == 0) {
        machine_put_format(machine, 2, "%s\n", "ping: usage error: Destination address required");
        return 2;
    }
    struct bytes host = arguments.operands[arguments.operand_count - 1];
    if (arguments.count['c'] && !text_integer(arguments.value['c'], &count))
        return 2;
    if (arguments.count['i'])
        (void)seconds_read(arguments.value['i'], &between);
    effect_resolve(machine, host);
    struct shell_effect *effect = effect_add(machine, SHELL_ping);
    if (effect)
        effect->host = host;
    bool known = count > 0 && count < 100000;
    if (known)
        machine->result->seconds += (double)(count - 1) * between;
    if (arguments.count['w'] && text_integer(arguments.value['w'], &limit) && !known)
        machine->result->seconds += (double)limit;
    machine_put_format(machine, 1, "PING %.*s (%c%c\n%c", (int)host.len, host.at,
                       SHELL_HOLE_address, SHELL_HOLE_line, SHELL_HOLE_lines);
    if (known)
        machine_put_format(
            machine, 1, "\n--- %.*s ping statistics ---\n%lld packets transmitted, %c\n%c",
            (int)host.len, host.at, (long long)count, SHELL_HOLE_line, SHELL_HOLE_lines);
    return 0;
}

static int nslookup_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct bytes host = {NULL, 0};
    for (uint32_t i = 1; i < call->count; i++)
        if (call->words[i].len && call->words[i].at[0] != '-' && call->words[i].at[0] != '+' &&
            call->words[i].at[0] != '@' && !host.at &&
            memchr(call->words[i].at, '.', call->words[i].len))
            host = call->words[i];
    if (!host.at)
        return 1;
    struct shell_effect *effect = effect_add(machine, SHELL_resolve);
    if (effect)
        effect->host = host;
    if (bytes_equal(call->name, BYTES("nslookup")))
        machine_put_format(machine, 1, "Server:%c\nAddress:%c\n%c", SHELL_HOLE_line,
                           SHELL_HOLE_line, SHELL_HOLE_lines);
    else if (bytes_equal(call->name, BYTES("dig")))
        machine_put_format(machine, 1, "\n; <<>> DiG %c <<>> %c\n%c", SHELL_HOLE_line,
                           SHELL_HOLE_line, SHELL_HOLE_lines);
    else
        machine_put_format(machine, 1, "%c", SHELL_HOLE_lines);
    return 0;
}

/* What a connected tool would print is the other end's. */
static void answer_put(struct machine *machine)
{
    machine_put(machine, 1, BYTES("\x0f"));
}

static int nc_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(
        call, "lkunvzdCDhrStUZ46Np:e:c:w:q:i:s:x:X:o:g:G:I:O:P:T:V:m:b",
        "listen=l exec=e sh-exec=c udp=u wait=w verbose=v local-port=p source-port=p zero=z");
    if (arguments.failed)
        return 1;
    uint8_t protocol = arguments.count['u'] ? 17 : 6;
    struct bytes runs = arguments.count['e'] ? arguments.value['e'] : arguments.value['c'];
    if (arguments.count['l']) {
        struct shell_effect *effect = effect_add(machine, SHELL_listen);
        struct bytes port = arguments.count['p'] ? arguments.value['p']
                            : arguments.operand_count
                                ? arguments.operands[arguments.operand_count - 1]
                                : BYTES("");
        if (effect) {
            effect->port = (uint16_t)port_of(port);
            effect->protocol = protocol;
        }
        answer_put(machine);
        return 0;
    }
    if (arguments.operand_count < 2) {
        machine_put_format(machine, 2, "%c", SHELL_HOLE_lines);
        return 1;
    }
    struct shell_effect *effect = effect_connect(
        machine, arguments.operands[0], (uint16_t)port_of(arguments.operands[1]), protocol);
    struct text *sent = arguments.count['z'] ? NULL : effect_text(machine, effect);
    if (sent)
        text_add(sent, runs.len ? BYTES("\x0f") : machine_read(machine, 0));
    if (!arguments.count['z'] && !runs.len)
        answer_put(machine);
    return 0;
}

static int telnet_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(call, "alE8n:e:b:", "");
    if (arguments.operand_count == 0)
        return 1;
    int port = arguments.operand_count > 1 ? port_of(arguments.operands[1]) : 23;
    struct bytes host = arguments.operands[0];
    struct text *sent = effect_text(machine, effect_connect(machine, host, (uint16_t)port, 6));
    if (sent)
        text_add(sent, machine_read(machine, 0));
    machine_put_format(machine, 1, "Trying %c%c\n%c", SHELL_HOLE_address, SHELL_HOLE_line,
                       SHELL_HOLE_lines);
    return 0;
}

static int ssh_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(
        call, "+46AaCfGgKkMNnqsTtVvXxYyB:b:c:D:E:e:F:I:i:J:L:l:m:O:o:p:P:Q:R:S:W:w:r", "");
    if (arguments.failed || arguments.operand_count == 0)
        return 255;
    struct bytes host = arguments.operands[0];
    size_t at = text_find(host, 0, BYTES("@"));
    if (at < host.len)
        host = bytes_from(host, at + 1);
    host.len = text_find(host, 0, BYTES(":"));
    int port = arguments.count['p']   ? port_of(arguments.value['p'])
               : arguments.count['P'] ? port_of(arguments.value['P'])
                                      : 22;
    effect_connect(machine, host, (uint16_t)port, 6);
    answer_put(machine);
    return 0;
}

/* socat: each address that opens a connection. */
static int socat_applet(struct call *call)
{
    struct machine *machine = call->machine;
    for (uint32_t i = 1; i < call->count; i++) {
        struct bytes word = call->words[i];
        size_t colon = text_find(word, 0, BYTES(":"));
        struct bytes kind = {word.at, colon}, rest = bytes_from(word, colon + 1);
        rest.len = text_find(rest, 0, BYTES(","));
        size_t second = text_find(rest, 0, BYTES(":"));
        bool tcp = colon >= 3 && (ascii_lower(kind.at[0]) == 't' || ascii_lower(kind.at[0]) == 'o'),
             udp = colon >= 3 && ascii_lower(kind.at[0]) == 'u';
        if (!tcp && !udp)
            continue;
        bool listens = text_find(kind, 0, BYTES("isten")) < kind.len ||
                       text_find(kind, 0, BYTES("ISTEN")) < kind.len ||
                       bytes_end(kind, BYTES("-L"));
        if (listens) {
            struct shell_effect *effect = effect_add(machine, SHELL_listen);
            if (effect)
                effect->port = (uint16_t)port_of(rest), effect->protocol = tcp ? 6 : 17;
        } else if (second < rest.len)
            effect_connect(machine, (struct bytes){rest.at, second},
                           (uint16_t)port_of(bytes_from(rest, second + 1)), tcp ? 6 : 17);
    }
    return 0;
}

static const struct applet applets[] = {
    {"ping", ping_applet, 0},
    {"ping6", ping_applet, 0},
    {"nslookup", nslookup_applet, 0},
    {"dig", nslookup_applet, APPLET_no_busybox},
    {"host", nslookup_applet, APPLET_no_busybox},
    {"nc", nc_applet, 0},
    {"ncat", nc_applet, APPLET_no_busybox},
    {"netcat", nc_applet, APPLET_no_busybox},
    {"nc.traditional", nc_applet, APPLET_no_busybox},
    {"nc.openbsd", nc_applet, APPLET_no_busybox},
    {"telnet", telnet_applet, 0},
    {"ssh", ssh_applet, 0},
    {"scp", ssh_applet, 0},
    {"sftp", ssh_applet, APPLET_no_busybox},
    {"socat", socat_applet, APPLET_no_busybox},
};

const struct applet_table applets_net = APPLET_TABLE(applets);
