/* Finding tools by name, and what all of them need. */
#include "triage/shell/call.h"

#include <stdlib.h>

static const struct applet_table *const tables[] = {
    &applets_shell,    &applets_flow,      &applets_text,   &applets_lines,   &applets_search,
    &applets_code,     &applets_files,     &applets_system, &applets_net,     &applets_digest,
    &applets_run,      &applets_math,      &applets_edit,   &applets_process, &applets_transfer,
    &applets_language, &applets_translate, &applets_folder,
};

static bool profile_has(const struct machine *machine, const struct applet *applet)
{
    bool busybox = machine->profile == SHELL_busybox;
    return !(busybox && (applet->flags & APPLET_no_busybox)) &&
           !(!busybox && (applet->flags & APPLET_only_busybox)) &&
           !(machine->dialect == DIALECT_dash && (applet->flags & APPLET_bash));
}

const struct applet *applet_find(const struct machine *machine, struct bytes name)
{
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
        for (uint32_t i = 0; i < tables[t]->count; i++) {
            const struct applet *applet = &tables[t]->applets[i];
            if (applet->name[0] == (name.len ? name.at[0] : 0) &&
                bytes_equal(bytes_of(applet->name), name))
                return profile_has(machine, applet) ? applet : NULL;
        }
    return NULL;
}

void applets_list(struct machine *machine, struct fields *out)
{
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
        for (uint32_t i = 0; i < tables[t]->count; i++)
            if (!(tables[t]->applets[i].flags & APPLET_builtin_only) &&
                profile_has(machine, &tables[t]->applets[i]))
                fields_add(machine, out, bytes_of(tables[t]->applets[i].name));
}

static int letter_of(const char *names, struct bytes name)
{
    for (const char *at = names; *at;) {
        const char *equals = strchr(at, '=');
        struct bytes one = {at, (size_t)(equals - at)};
        if (bytes_start(one, name) && name.len)
            return equals[1];
        at = equals + 2;
        at += *at == ' ';
    }
    return 0;
}

static bool takes_value(const char *letters, int letter)
{
    const char *found = strchr(letters, letter);
    return found && found[1] == ':';
}

static void arguments_set(struct arguments *arguments, int letter, struct bytes value)
{
    arguments->count[letter & 127]++;
    arguments->value[letter & 127] = value;
}

static void unknown_option(struct call *call, struct arguments *arguments, struct bytes word,
                           char letter)
{
    struct machine *machine = call->machine;
    arguments->failed = true;
    if (letter)
        machine_put_format(
            machine, 2, "%.*s: %s option -- %s%c%s\n", (int)call->name.len, call->name.at,
            machine->profile == SHELL_busybox ? "unrecognized" : "invalid", "'", letter, "'");
    else
        machine_put_format(machine, 2, "%.*s: unrecognized option '%.*s'\n", (int)call->name.len,
                           call->name.at, (int)word.len, word.at);
    if (machine->profile != SHELL_busybox)
        machine_put_format(machine, 2, "Try '%.*s --help' for more information.\n",
                           (int)call->name.len, call->name.at);
    else
        machine_put_format(machine, 2, "BusyBox %c\n%c", SHELL_HOLE_line, SHELL_HOLE_lines);
}

static void long_option(struct call *call, struct arguments *arguments, const char *letters,
                        const char *names, uint32_t *at)
{
    struct bytes word = call->words[*at], value = {NULL, 0};
    struct bytes name = bytes_from(word, 2);
    size_t equals = text_find(name, 0, BYTES("="));
    bool has_value = equals < name.len;
    if (has_value)
        value = bytes_from(name, equals + 1);
    name.len = equals;
    int letter = letter_of(names, name);
    if (!letter) {
        unknown_option(call, arguments, word, 0);
        return;
    }
    if (!has_value && takes_value(letters, letter) && *at + 1 < call->count)
        value = call->words[++*at];
    arguments_set(arguments, letter, value);
}

static void short_options(struct call *call, struct arguments *arguments, const char *letters,
                          uint32_t *at)
{
    struct bytes word = call->words[*at];
    int64_t number;
    if (is_digit(word.at[1]) && strchr(letters, '0') &&
        text_integer(bytes_from(word, 1), &number)) {
        arguments_set(arguments, '0', bytes_from(word, 1));
        return;
    }
    for (size_t i = 1; i < word.len; i++) {
        char letter = word.at[i];
        if (letter <= 0 || letter == ':' || letter == '+' || !strchr(letters, letter)) {
            unknown_option(call, arguments, word, letter);
            return;
        }
        if (!takes_value(letters, letter)) {
            arguments_set(arguments, letter, BYTES(""));
            continue;
        }
        struct bytes value = bytes_from(word, i + 1);
        if (value.len == 0 && *at + 1 < call->count)
            value = call->words[++*at];
        arguments_set(arguments, letter, value);
        return;
    }
}

struct arguments arguments_parse(struct call *call, const char *letters, const char *names)
{
    struct arguments arguments = {0};
    bool ends = false, strict = letters[0] == '+';
    arguments.operands = machine_take(call->machine, (call->count + 1) * sizeof(struct bytes));
    if (!arguments.operands) {
        arguments.failed = true;
        return arguments;
    }
    for (uint32_t i = 1; i < call->count && !arguments.failed; i++) {
        struct bytes word = call->words[i];
        if (ends || word.len < 2 || word.at[0] != '-') {
            arguments.operands[arguments.operand_count++] = word;
            ends |= strict;
        } else if (word.at[1] != '-')
            short_options(call, &arguments, letters, &i);
        else if (word.len == 2)
            ends = true;
        else
            long_option(call, &arguments, letters, names, &i);
    }
    return arguments;
}

int call_fail(struct call *call, struct bytes about, const char *what, int status)
{
    machine_put_format(call->machine, 2, "%.*s: %.*s%s%s\n", (int)call->name.len, call->name.at,
                       (int)about.len, about.len ? about.at : "", about.len && what[0] ? ": " : "",
                       what);
    return status;
}

bool call_input(struct call *call, const struct arguments *arguments, uint32_t index,
                struct bytes *ret_content)
{
    if (arguments->operand_count == 0) {
        *ret_content = machine_read(call->machine, 0);
        return true;
    }
    return file_read(call->machine, call->name, arguments->operands[index], ret_content);
}

bool number_read(struct bytes text, int64_t *ret_value)
{
    int64_t value, scale = 1;
    if (text.len > 1) {
        char last = text.at[text.len - 1];
        scale = last == 'k' || last == 'K' ? 1024
                : last == 'M'              ? 1 << 20
                : last == 'G'              ? 1 << 30
                                           : 1;
        text.len -= scale > 1;
    }
    if (!text_integer(text, &value) || __builtin_mul_overflow(value, scale, &value))
        return false;
    *ret_value = value;
    return true;
}

bool seconds_read(struct bytes text, double *ret_seconds)
{
    char room[32];
    if (text.len == 0 || text.len >= sizeof(room) || !(is_digit(text.at[0]) || text.at[0] == '.'))
        return false;
    memcpy(room, text.at, text.len);
    room[text.len] = 0;
    char *end;
    double value = strtod(room, &end);
    double scale = *end == 'm' ? 60 : *end == 'h' ? 3600 : *end == 'd' ? 86400 : 1;
    if (*end && (end[1] || !strchr("smhd", *end)))
        return false;
    *ret_seconds = value * scale;
    return true;
}
