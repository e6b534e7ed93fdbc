#include "model/shellcode_effect.h"

#include <errno.h>

#include "base/cursor.h"

enum { PORT_X11 = 6000, PORT_SSH = 22, PORT_TELNET = 23, PORT_HTTP = 80, PORT_HTTPS = 443 };

struct reading {
    struct shellcode_effects *effects;
    uint32_t call;
};

static bool effect_equal(const struct shellcode_effect *a, const struct shellcode_effect *b)
{
    return a->kind == b->kind && a->port == b->port && bytes_equal(a->host, b->host) &&
           bytes_equal(a->text, b->text);
}

static void effect_add(struct reading *reading, enum shellcode_effect_kind kind, struct bytes host,
                       uint32_t port, struct bytes text)
{
    struct shellcode_effects *effects = reading->effects;
    struct shellcode_effect effect = {kind, host, (uint16_t)port, text, reading->call};
    for (uint32_t i = 0; i < effects->count; i++)
        if (effect_equal(&effects->items[i], &effect))
            return;
    if (effects->count < SHELLCODE_EFFECTS_MOST)
        effects->items[effects->count++] = effect;
}

static bool is_separator(char c)
{
    return memchr(" \t\n|;&<>\"'()", c, 12) != NULL || c == '\0';
}

static struct bytes word_next(struct bytes *rest)
{
    size_t start = 0;
    while (start < rest->len && is_separator(rest->at[start]))
        start++;
    size_t end = start;
    while (end < rest->len && !is_separator(rest->at[end]))
        end++;
    struct bytes word = {rest->at + start, end - start};
    *rest = bytes_from(*rest, end);
    return word;
}

/* A port, or 0. */
static uint32_t port_of(struct bytes text)
{
    uint32_t port = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9' || i > 4)
            return 0;
        port = port * 10 + (uint32_t)(text.at[i] - '0');
    }
    return port <= UINT16_MAX ? port : 0;
}

static size_t find(struct bytes text, char c)
{
    const char *at = text.len ? memchr(text.at, c, text.len) : NULL;
    return at ? (size_t)(at - text.at) : text.len;
}

/* What stands behind nc: its options may be written together ("-lvp8080"). */
static void netcat_read(struct reading *reading, struct bytes rest)
{
    bool listens = false;
    uint32_t port = 0;
    struct bytes host = {0};
    for (struct bytes word = word_next(&rest); word.len; word = word_next(&rest)) {
        if (word.at[0] != '-') {
            if (port_of(word) && (host.len || listens))
                port = port ? port : port_of(word);
            else if (!host.len)
                host = word;
            continue;
        }
        for (size_t i = 1; i < word.len; i++) {
            struct bytes value = bytes_from(word, i + 1);
            listens |= word.at[i] == 'l';
            if (memchr("pecwsi", word.at[i], 6) == NULL)
                continue;
            if (value.len == 0)
                value = word_next(&rest);
            if (word.at[i] == 'p')
                port = port_of(value);
            break;
        }
    }
    if (listens)
        effect_add(reading, EFFECT_LISTENS, (struct bytes){0}, port, (struct bytes){0});
    else if (host.len)
        effect_add(reading, EFFECT_CONNECTS, host, port, (struct bytes){0});
}

static void telnet_read(struct reading *reading, struct bytes rest)
{
    struct bytes host = word_next(&rest);
    uint32_t port = port_of(word_next(&rest));
    if (host.len)
        effect_add(reading, EFFECT_CONNECTS, host, port ? port : PORT_TELNET, (struct bytes){0});
}

/* xterm's -display HOST:NUMBER is a connection to the port 6000 and NUMBER more. */
static void display_read(struct reading *reading, struct bytes rest)
{
    struct bytes display = word_next(&rest);
    size_t colon = find(display, ':');
    struct bytes number = bytes_from(display, colon + 1);
    number.len = find(number, '.');
    if (colon > 0 && colon < display.len)
        effect_add(reading, EFFECT_CONNECTS, (struct bytes){display.at, colon},
                   PORT_X11 + port_of(number), (struct bytes){0});
}

static void ssh_read(struct reading *reading, struct bytes rest)
{
    static const char with_value[] = "RLDpiloFbceEIJmOQSWw";
    for (struct bytes word = word_next(&rest); word.len; word = word_next(&rest)) {
        if (word.at[0] == '-') {
            if (word.len == 2 && memchr(with_value, word.at[1], sizeof(with_value) - 1))
                (void)word_next(&rest);
            continue;
        }
        size_t at = find(word, '@');
        effect_add(reading, EFFECT_CONNECTS, at < word.len ? bytes_from(word, at + 1) : word,
                   PORT_SSH, (struct bytes){0});
        return;
    }
}

static void url_read(struct reading *reading, struct bytes url, size_t scheme)
{
    struct bytes host = bytes_from(url, scheme);
    host.len = find(host, '/');
    uint32_t port = bytes_start(url, BYTES("https")) ? PORT_HTTPS : PORT_HTTP;
    size_t colon = find(host, ':');
    if (colon < host.len) {
        port = port_of(bytes_from(host, colon + 1));
        host.len = colon;
    }
    effect_add(reading, EFFECT_FETCHES, host, port, url);
}

/* bash's /dev/tcp/HOST/PORT */
static void device_read(struct reading *reading, struct bytes word)
{
    struct bytes host = bytes_from(word, sizeof("/dev/tcp/") - 1);
    host.len = find(host, '/');
    struct bytes port = bytes_from(word, sizeof("/dev/tcp/") + host.len);
    effect_add(reading, EFFECT_CONNECTS, host, port_of(port), (struct bytes){0});
}

static bool is_program(struct bytes word, const char *name)
{
    return bytes_equal(bytes_base_name(word), bytes_of(name));
}

static void command_read(struct reading *reading, struct bytes command)
{
    for (struct bytes rest = command; rest.len;) {
        struct bytes word = word_next(&rest);
        if (is_program(word, "nc") || is_program(word, "netcat") || is_program(word, "ncat"))
            netcat_read(reading, rest);
        else if (is_program(word, "telnet"))
            telnet_read(reading, rest);
        else if (is_program(word, "ssh"))
            ssh_read(reading, rest);
        else if (bytes_equal(word, BYTES("-display")))
            display_read(reading, rest);
        else if (bytes_start(word, BYTES("/dev/tcp/")))
            device_read(reading, word);
        else if (bytes_start(word, BYTES("http://")))
            url_read(reading, word, sizeof("http://") - 1);
        else if (bytes_start(word, BYTES("https://")))
            url_read(reading, word, sizeof("https://") - 1);
    }
}

/* The words of a list with blanks between, behind its program's path. */
static struct bytes words_join(struct bytes path, struct bytes list, struct arena *keep)
{
    struct cursor cursor = cursor_over(list);
    (void)cursor_block(&cursor); /* the program's name, again */
    char *joined = arena_take(keep, path.len + list.len + 1);
    if (!joined)
        return (struct bytes){0};
    size_t len = path.len;
    if (path.len)
        memcpy(joined, path.at, path.len);
    while (cursor_ok(&cursor) && cursor_left(&cursor) > 0) {
        struct bytes word = cursor_block(&cursor);
        joined[len++] = ' ';
        if (word.len)
            memcpy(joined + len, word.at, word.len);
        len += word.len;
    }
    return (struct bytes){joined, len};
}

static struct bytes text_of(const struct shellcode_call *call, const char *name)
{
    const struct shellcode_argument *argument = shellcode_argument_find(call, name);
    return argument ? argument->text : (struct bytes){0};
}

static void connection_read(struct reading *reading, const struct shellcode_call *call, bool binds)
{
    const struct shellcode_argument *port = shellcode_argument_find(call, "port");
    struct bytes host = text_of(call, "address");
    enum shellcode_effect_kind kind = binds ? EFFECT_LISTENS : EFFECT_CONNECTS;
    if (port)
        effect_add(reading, kind, host, (uint32_t)port->number, (struct bytes){0});
    else if (binds || bytes_equal(call->name, BYTES("connect")))
        effect_add(reading, kind, host, 0, (struct bytes){0});
}

/* A call whose argument `argument` is a command. */
static const struct {
    const char *call, *argument;
} COMMANDS[] = {
    {"WinExec", "command"},        {"system", "command"},         {"CreateProcessA", "command"},
    {"CreateProcessA", "program"}, {"CreateProcessW", "command"}, {"CreateProcessW", "program"},
    {"ShellExecuteA", "file"},     {"ShellExecuteW", "file"},
};

static void commands_read(struct reading *reading, const struct shellcode_call *call)
{
    for (size_t i = 0; i < sizeof(COMMANDS) / sizeof(COMMANDS[0]); i++) {
        struct bytes command = text_of(call, COMMANDS[i].argument);
        if (!bytes_equal(call->name, bytes_of(COMMANDS[i].call)) || !command.len)
            continue;
        effect_add(reading, EFFECT_EXECUTES, (struct bytes){0}, 0, command);
        command_read(reading, command);
    }
}

/* The last place a socket was bound to stands for a listen() on it; without one, any port. */
static void listen_read(struct reading *reading)
{
    for (uint32_t i = 0; i < reading->effects->count; i++)
        if (reading->effects->items[i].kind == EFFECT_LISTENS)
            return;
    effect_add(reading, EFFECT_LISTENS, (struct bytes){0}, 0, (struct bytes){0});
}

int shellcode_effects_of(const struct shellcode_run *run, struct arena *keep,
                         struct shellcode_effects *ret_effects)
{
    struct shellcode_effects effects = {0};
    struct reading reading = {.effects = &effects};
    for (; reading.call < run->count; reading.call++) {
        const struct shellcode_call *call = &run->calls[reading.call];
        struct bytes url = text_of(call, "url");
        if (bytes_equal(call->name, BYTES("bind")))
            connection_read(&reading, call, true);
        else if (bytes_equal(call->name, BYTES("listen")))
            listen_read(&reading);
        else
            connection_read(&reading, call, false);
        if (bytes_start(call->name, BYTES("exec"))) {
            struct bytes command =
                words_join(text_of(call, "path"), text_of(call, "arguments"), keep);
            if (!command.at)
                return -ENOMEM;
            effect_add(&reading, EFFECT_EXECUTES, (struct bytes){0}, 0, command);
            command_read(&reading, command);
        } else if (bytes_equal(call->name, BYTES("write"))) {
            command_read(&reading, text_of(call, "data")); /* a script that is run later */
        }
        if (url.len)
            command_read(&reading, url);
        commands_read(&reading, call);
    }
    *ret_effects = effects;
    return 0;
}
