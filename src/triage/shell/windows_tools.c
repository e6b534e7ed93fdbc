/* Programs of Windows, with the layout of their output: whoami, ipconfig, systeminfo, ping … */
#include <stdlib.h>

#include "triage/shell/windows.h"

#define WORD    "\x01"
#define NUMBER  "\x02"
#define LINE    "\x03"
#define LINES   "\x04"
#define DATE    "\x05"
#define ADDRESS "\x08"
#define BLANK   "\x10"

struct bytes windows_unquote(struct machine *machine, struct bytes text)
{
    struct text out = {.arena = machine->arena};
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] != '"')
            text_add_char(&out, text.at[i]);
    return text_bytes(&out);
}

/* Paths are compared without case and with one kind of slash. */
static struct bytes path_folded(struct machine *machine, struct bytes path)
{
    struct text out = {.arena = machine->arena};
    for (size_t i = 0; i < path.len; i++)
        text_add_char(&out, path.at[i] == '/' ? '\\' : ascii_lower(path.at[i]));
    return text_bytes(&out);
}

struct text *windows_write(struct machine *machine, struct bytes path, bool append)
{
    struct bytes folded = path_folded(machine, path);
    struct file *file = NULL;
    for (struct file *one = machine->files; one && !file; one = one->next)
        file = bytes_equal(one->path, folded) ? one : NULL;
    if (!file) {
        file = machine_take(machine, sizeof(*file));
        struct text *text = machine_text(machine);
        if (!file || !text)
            return NULL;
        *file = (struct file){machine->files, folded, "-rw-r--r--", text};
        machine->files = file;
        struct shell_effect *effect = effect_add(machine, SHELL_write);
        if (effect) {
            effect->text = path;
            machine->effect_data[effect - machine->result->effects] = text;
        }
    }
    if (!append)
        file->text->len = 0;
    file->mode = "-rw-r--r--";
    return file->text;
}

bool windows_read(struct machine *machine, struct bytes path, struct bytes *ret_content)
{
    static const struct {
        const char *path, *content;
    } known[] = {
        {"windows\\win.ini",
         "; for 16-bit app support\n[fonts]\n[extensions]\n[mci extensions]\n[files]\n" LINES},
        {"windows\\system.ini",
         "; for 16-bit app support\n[386Enh]\nwoafont=dosapp.fon\n" LINES "[drivers]\n" LINES},
        {"windows\\system32\\drivers\\etc\\hosts",
         "# Copyright (c) 1993-2009 Microsoft Corp.\n#\n# This is a sample HOSTS file used by "
         "Microsoft TCP/IP for Windows.\n" LINES},
        {"windows\\system32\\drivers\\etc\\services",
         "# Copyright (c) 1993-2004 Microsoft Corp.\n" LINES},
        {"boot.ini", "[boot loader]\n" LINES},
    };
    struct bytes folded = path_folded(machine, path);
    for (struct file *file = machine->files; file; file = file->next)
        if (bytes_equal(file->path, folded) && file->mode) {
            *ret_content = text_bytes(file->text);
            return true;
        }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (bytes_end(folded, bytes_of(known[i].path))) {
            *ret_content = bytes_of(known[i].content);
            return true;
        }
    return false;
}

struct fields windows_words(struct machine *machine, struct bytes command)
{
    struct fields words = {0};
    for (size_t at = 0; at < command.len;) {
        while (at < command.len && (command.at[at] == ' ' || command.at[at] == '\t'))
            at++;
        size_t start = at;
        bool quoted = false;
        while (at < command.len && (quoted || (command.at[at] != ' ' && command.at[at] != '\t')))
            quoted ^= command.at[at++] == '"';
        if (at > start)
            fields_add(machine, &words,
                       windows_unquote(machine, (struct bytes){command.at + start, at - start}));
    }
    if (words.count) {
        struct bytes name = bytes_base_name(words.items[0]);
        if (name.len > 4 && windows_same(bytes_from(name, name.len - 4), ".exe"))
            name.len -= 4;
        words.items[0] = name;
    }
    return words;
}

void windows_fetch(struct machine *machine, struct bytes address)
{
    size_t scheme = text_find(address, 0, BYTES("://"));
    bool secure = scheme == 5;
    if (scheme == address.len)
        return;
    struct bytes host = bytes_from(address, scheme + 3);
    size_t slash = text_find(host, 0, BYTES("/"));
    struct bytes path = bytes_from(host, slash);
    host.len = slash;
    size_t colon = text_find(host, 0, BYTES(":"));
    int64_t port;
    if (colon == host.len || !text_integer(bytes_from(host, colon + 1), &port) || port < 1 ||
        port > 65535)
        port = secure ? 443 : 80;
    host.len = colon;
    effect_resolve(machine, host);
    struct shell_effect *effect = effect_add(machine, SHELL_request);
    if (effect) {
        effect->host = host;
        effect->port = (uint16_t)port;
        effect->protocol = 6;
        effect->text = path.len ? path : BYTES("/");
    }
}

static struct bytes word_at(const struct fields *words, uint32_t at)
{
    return at < words->count ? words->items[at] : BYTES("");
}

static int say(struct machine *machine, const char *text)
{
    machine_put(machine, 1, bytes_of(text));
    return 0;
}

static int whoami(struct machine *machine, const struct fields *words)
{
    struct bytes option = word_at(words, 1);
    if (windows_same(option, "/priv"))
        return say(machine, "\nPRIVILEGES INFORMATION\n----------------------\n" LINES
                            "Privilege Name" BLANK "Description" BLANK "State" LINE "\n" LINES);
    if (windows_same(option, "/groups"))
        return say(machine, "\nGROUP INFORMATION\n-----------------\n" LINES);
    if (windows_same(option, "/all"))
        return say(machine, "\nUSER INFORMATION\n----------------\n" LINES);
    return say(machine, WORD "\\" WORD "\n");
}

static int ipconfig(struct machine *machine, const struct fields *words)
{
    return say(machine,
               windows_same(word_at(words, 1), "/all")
                   ? "\nWindows IP Configuration\n\n   Host Name . . . . . . . . . . . . : " LINE
                     "\n" LINES
                   : "\nWindows IP Configuration\n" LINES);
}

static int systeminfo(struct machine *machine, const struct fields *words)
{
    (void)words;
    return say(machine, "\nHost Name:" BLANK LINE "\nOS Name:" BLANK "Microsoft Windows" LINE
                        "\nOS Version:" BLANK LINE "\n" LINES);
}

static int net(struct machine *machine, const struct fields *words)
{
    struct bytes what = word_at(words, 1);
    if (windows_same(what, "user") && words->count == 2)
        return say(machine,
                   "\nUser accounts for " LINE "\n\n-----------------------------------------------"
                   "--------------------------------\n" LINES);
    if (windows_same(what, "localgroup") && words->count == 2)
        return say(machine, "\nAliases for " LINE "\n\n--------------------------------------------"
                            "-----------------------------------\n" LINES);
    if (windows_same(what, "view") || windows_same(what, "share") || windows_same(what, "start"))
        return say(machine, LINES "The command completed successfully.\n");
    if (windows_same(what, "use")) {
        struct bytes share = word_at(words, word_at(words, 2).len == 2 ? 3 : 2);
        if (bytes_start(share, BYTES("\\\\"))) {
            struct bytes host = bytes_from(share, 2);
            host.len = text_find(host, 0, BYTES("\\"));
            effect_connect(machine, host, 445, 6);
        }
    }
    return say(machine, LINES);
}

static int tasklist(struct machine *machine, const struct fields *words)
{
    (void)words;
    return say(machine,
               "\nImage Name" BLANK "PID Session Name" BLANK "Session#    Mem Usage\n" LINES);
}

static int hostname(struct machine *machine, const struct fields *words)
{
    (void)words;
    return say(machine, WORD "\n");
}

static int ping(struct machine *machine, const struct fields *words)
{
    struct bytes host = {NULL, 0};
    int64_t count = 4, given;
    for (uint32_t i = 1; i < words->count; i++) {
        struct bytes word = words->items[i];
        bool option = word.len == 2 && (word.at[0] == '-' || word.at[0] == '/');
        if (option && ascii_lower(word.at[1]) == 'n' &&
            text_integer(word_at(words, i + 1), &given) && given > 0 && given < 100000)
            count = given;
        if (option && strchr("nlwirvsjkSc", word.at[1]))
            i++;
        else if (!option)
            host = word;
    }
    if (!host.at)
        return 1;
    effect_resolve(machine, host);
    struct shell_effect *effect = effect_add(machine, SHELL_ping);
    if (effect)
        effect->host = host;
    machine->result->seconds += (double)(count - 1);
    machine_put_format(machine, 1,
                       "\nPinging %.*s %cwith 32 bytes of data:\n%c\nPing statistics for %c:\n    "
                       "Packets: Sent = %lld, %c\n%c",
                       (int)host.len, host.at, SHELL_HOLE_line, SHELL_HOLE_lines,
                       SHELL_HOLE_address, (long long)count, SHELL_HOLE_line, SHELL_HOLE_lines);
    return 0;
}

static int nslookup(struct machine *machine, const struct fields *words)
{
    struct bytes host =
        word_at(words, words->count > 2 && bytes_start(word_at(words, 1), BYTES("-")) ? 2 : 1);
    struct shell_effect *effect = host.len ? effect_add(machine, SHELL_resolve) : NULL;
    if (effect)
        effect->host = host;
    return say(machine, "Server:" BLANK LINE "\nAddress:" BLANK LINE "\n" LINES);
}

static int certutil(struct machine *machine, const struct fields *words)
{
    for (uint32_t i = 1; i < words->count; i++) {
        struct bytes word = words->items[i];
        if (text_find(word, 0, BYTES("://")) == word.len)
            continue;
        windows_fetch(machine, word);
        if (i + 1 < words->count) {
            struct text *text = windows_write(machine, words->items[i + 1], false);
            if (text)
                text_add(text, BYTES("\x0f"));
        }
        return say(machine, "****  Online  ****\n" LINES
                            "CertUtil: -URLCache command completed successfully.\n");
    }
    return say(machine, LINES);
}

/* bitsadmin, curl, wget, mshta, regsvr32, msiexec, rundll32: an address among their words. */
static int fetcher(struct machine *machine, const struct fields *words)
{
    struct bytes into = {NULL, 0};
    for (uint32_t i = 1; i < words->count; i++) {
        struct bytes word = words->items[i];
        size_t http = text_find(word, 0, BYTES("http"));
        if (text_find(word, 0, BYTES("://")) < word.len && http < word.len) {
            windows_fetch(machine, bytes_from(word, http));
            if (windows_same(words->items[0], "bitsadmin") && i + 1 < words->count)
                into = words->items[i + 1];
        } else if ((bytes_equal(word, BYTES("-o")) || bytes_equal(word, BYTES("-O")) ||
                    bytes_equal(word, BYTES("--output"))) &&
                   i + 1 < words->count)
            into = words->items[i + 1];
    }
    struct text *text = into.at ? windows_write(machine, into, false) : NULL;
    if (text)
        text_add(text, BYTES("\x0f"));
    else
        machine_put(machine, 1, BYTES("\x0f"));
    return 0;
}

static int netstat(struct machine *machine, const struct fields *words)
{
    (void)words;
    return say(
        machine,
        "\nActive Connections\n\n  Proto  Local Address          Foreign Address        State" LINE
        "\n" LINES);
}

static int timeout(struct machine *machine, const struct fields *words)
{
    int64_t seconds;
    for (uint32_t i = 1; i < words->count; i++) {
        struct bytes word = words->items[i];
        if (windows_same(word, "/t"))
            continue;
        if (bytes_start(word, BYTES("/t")) || bytes_start(word, BYTES("/T")))
            word = bytes_from(word, word.len > 2 && word.at[2] == ':' ? 3 : 2);
        if (text_integer(word, &seconds) && seconds > 0)
            machine->result->seconds += (double)seconds;
    }
    return say(machine, LINES);
}

static int lines(struct machine *machine, const struct fields *words)
{
    (void)words;
    return say(machine, LINES);
}

static int nc(struct machine *machine, const struct fields *words)
{
    int64_t port;
    for (uint32_t i = 1; i + 1 < words->count; i++)
        if (words->items[i].len && words->items[i].at[0] != '-' &&
            text_integer(words->items[i + 1], &port) && port > 0 && port < 65536) {
            effect_connect(machine, words->items[i], (uint16_t)port, 6);
            return 0;
        }
    return 1;
}

static const struct {
    const char *name;
    int (*run)(struct machine *machine, const struct fields *words);
} tools[] = {
    {"whoami", whoami},
    {"ipconfig", ipconfig},
    {"systeminfo", systeminfo},
    {"net", net},
    {"net1", net},
    {"tasklist", tasklist},
    {"hostname", hostname},
    {"ping", ping},
    {"nslookup", nslookup},
    {"certutil", certutil},
    {"bitsadmin", fetcher},
    {"curl", fetcher},
    {"wget", fetcher},
    {"mshta", fetcher},
    {"regsvr32", fetcher},
    {"msiexec", fetcher},
    {"rundll32", fetcher},
    {"netstat", netstat},
    {"timeout", timeout},
    {"wmic", lines},
    {"reg", lines},
    {"sc", lines},
    {"schtasks", lines},
    {"arp", lines},
    {"route", lines},
    {"quser", lines},
    {"query", lines},
    {"tree", lines},
    {"icacls", lines},
    {"attrib", lines},
    {"taskkill", lines},
    {"gpresult", lines},
    {"netsh", lines},
    {"nc", nc},
    {"ncat", nc},
    {"telnet", nc},
    {"getmac", lines},
    {"driverquery", lines},
    {"where", lines},
    {"tracert", ping},
};

bool windows_tool_run(struct machine *machine, const struct fields *words, struct bytes rest,
                      int *ret_status)
{
    struct bytes name = word_at(words, 0);
    for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
        if (windows_same(name, tools[i].name)) {
            machine->result->commands_run++;
            *ret_status = tools[i].run(machine, words);
            return true;
        }
    bool cmd = windows_same(name, "cmd"),
         powershell = windows_same(name, "powershell") || windows_same(name, "pwsh");
    if (!cmd && !powershell)
        return false;
    machine->result->commands_run++;
    if (powershell) {
        *ret_status = powershell_program_run(machine, words, rest);
        return true;
    }
    for (size_t i = 0; i + 1 < rest.len; i++)
        if (rest.at[i] == '/' &&
            (ascii_lower(rest.at[i + 1]) == 'c' || ascii_lower(rest.at[i + 1]) == 'k')) {
            struct bytes inner = bytes_from(rest, i + 2);
            while (inner.len && inner.at[0] == ' ')
                inner = bytes_from(inner, 1);
            if (inner.len > 1 && inner.at[0] == '"' && inner.at[inner.len - 1] == '"')
                inner = (struct bytes){inner.at + 1, inner.len - 2};
            *ret_status = cmd_script_run(machine, inner);
            return true;
        }
    *ret_status = say(machine, "Microsoft Windows [Version " LINE "]\n" LINES);
    return true;
}
