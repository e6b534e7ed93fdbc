/* Commands inside cmd.exe: echo, set, dir, type, cd, for, if, start … */
#include "triage/shell/regex.h"
#include "triage/shell/windows.h"

#define LINE  "\x03"
#define LINES "\x04"

static struct bytes trimmed(struct bytes text)
{
    while (text.len && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = bytes_from(text, 1);
    while (text.len && (text.at[text.len - 1] == ' ' || text.at[text.len - 1] == '\t' ||
                        text.at[text.len - 1] == '\r'))
        text.len--;
    return text;
}

static int say(struct machine *machine, const char *text)
{
    machine_put(machine, 1, bytes_of(text));
    return 0;
}

static int echo(struct machine *machine, struct bytes rest)
{
    if (rest.len)
        rest = bytes_from(rest, 1); /* the blank or dot behind the name */
    struct bytes plain = trimmed(rest);
    if (plain.len == 0 || windows_same(plain, "on") || windows_same(plain, "off"))
        return say(machine, plain.len ? "" : "ECHO is on.\n");
    machine_put_format(machine, 1, "%.*s\n", (int)rest.len, rest.at);
    return 0;
}

static int set(struct machine *machine, struct bytes rest)
{
    rest = trimmed(rest);
    bool arithmetic = rest.len > 1 && rest.at[0] == '/' && ascii_lower(rest.at[1]) == 'a';
    if (arithmetic) {
        bool unknown;
        int64_t value =
            arithmetic_evaluate(machine, windows_unquote(machine, bytes_from(rest, 2)), &unknown);
        machine_put_format(machine, 1, unknown ? "\x02%.0lld" : "%lld",
                           (long long)(unknown ? 0 : value));
        return 0;
    }
    rest = windows_unquote(machine, rest);
    size_t equals = text_find(rest, 0, BYTES("="));
    if (equals == rest.len)
        return say(machine, LINES);
    struct text name = {.arena = machine->arena};
    for (size_t i = 0; i < equals; i++)
        text_add_char(&name, ascii_lower(rest.at[i]));
    variable_set(machine, text_bytes(&name), bytes_from(rest, equals + 1));
    return 0;
}

static int dir(struct machine *machine, struct bytes rest)
{
    struct bytes folded = trimmed(rest);
    for (size_t i = 0; i + 1 < folded.len; i++)
        if (folded.at[i] == '/' && ascii_lower(folded.at[i + 1]) == 'b')
            return say(machine, LINES);
    return say(machine, " Volume in drive " LINE "\n Volume Serial Number is " LINE
                        "\n\n Directory of " LINE "\n\n" LINES);
}

static int type(struct machine *machine, struct bytes rest)
{
    struct fields words = windows_words(machine, trimmed(rest));
    int status = 0;
    for (uint32_t i = 0; i < words.count; i++) {
        struct bytes content,
            path = i == 0 ? windows_unquote(machine, trimmed(rest)) : words.items[i];
        if (i == 0 && words.count > 1)
            path.len = text_find(path, 0, BYTES(" "));
        if (windows_read(machine, path, &content)) {
            machine_put(machine, 1, content);
            continue;
        }
        machine->result->guessed = true;
        machine_put_format(machine, 2, "The system cannot find the %s specified.\n", "file");
        status = 1;
    }
    return status;
}

static int cd(struct machine *machine, struct bytes rest)
{
    if (trimmed(rest).len == 0)
        return say(machine, "C:\\\x07\n");
    return 0;
}

static int ver(struct machine *machine, struct bytes rest)
{
    (void)rest;
    return say(machine, "\nMicrosoft Windows [Version " LINE "]\n");
}

static int quiet(struct machine *machine, struct bytes rest)
{
    (void)machine;
    (void)rest;
    return 0;
}

static int vol(struct machine *machine, struct bytes rest)
{
    (void)rest;
    return say(machine, " Volume in drive " LINE "\n Volume Serial Number is " LINE "\n");
}

static int date(struct machine *machine, struct bytes rest)
{
    (void)rest;
    return say(machine, "The current " LINE " is: " LINE "\n" LINES);
}

static int call(struct machine *machine, struct bytes rest)
{
    return cmd_script_run(machine, trimmed(rest));
}

/* start [/b] ["title"] command: not waited for. */
static int start(struct machine *machine, struct bytes rest)
{
    double seconds = machine->result->seconds;
    rest = trimmed(rest);
    while (rest.len && (rest.at[0] == '/' || rest.at[0] == '"')) {
        size_t end = rest.at[0] == '"' ? text_find(rest, 1, BYTES("\"")) + 1
                                       : text_find(rest, 0, BYTES(" "));
        rest = trimmed(bytes_from(rest, end));
    }
    int status = cmd_script_run(machine, rest);
    machine->result->seconds = seconds;
    return status;
}

static int del(struct machine *machine, struct bytes rest)
{
    struct fields words = windows_words(machine, trimmed(rest));
    for (uint32_t i = 0; i < words.count; i++) {
        if (words.items[i].len && words.items[i].at[0] == '/')
            continue;
        struct shell_effect *effect = effect_add(machine, SHELL_remove);
        if (effect)
            effect->text = words.items[i];
    }
    return 0;
}

/* findstr and find: lines of the input that have a text. */
static int find(struct machine *machine, struct bytes rest)
{
    struct fields words = windows_words(machine, trimmed(rest));
    struct bytes content = machine_read(machine, 0), line, what = BYTES("");
    bool negated = false, fold = false;
    for (uint32_t i = 0; i < words.count; i++) {
        struct bytes word = words.items[i];
        if (word.len > 1 && word.at[0] == '/') {
            negated |= ascii_lower(word.at[1]) == 'v';
            fold |= ascii_lower(word.at[1]) == 'i';
            if (ascii_lower(word.at[1]) == 'c' && word.len > 3)
                what = bytes_from(word, 3);
        } else if (what.len == 0)
            what = word;
        else if (windows_read(machine, word, &content))
            continue;
    }
    struct regex *regex = regex_compile(machine, what, REGEX_fixed, fold);
    bool any = false;
    for (size_t at = 0; regex && text_line(content, &at, &line);) {
        bool matches = regex_find(regex, line, 0, NULL);
        if (text_has_hole(line) && !matches)
            machine_put(machine, 1, BYTES(LINES));
        else if (matches != negated) {
            machine_put_format(machine, 1, "%.*s\n", (int)line.len, line.at);
            any = true;
        }
    }
    return !any;
}

static int more(struct machine *machine, struct bytes rest)
{
    (void)rest;
    machine_put(machine, 1, machine_read(machine, 0));
    return 0;
}

/* for /L %i in (a,step,b) do …; for %i in (x y) do … */
static int for_loop(struct machine *machine, struct bytes rest)
{
    size_t percent = text_find(rest, 0, BYTES("%"));
    size_t open = text_find(rest, 0, BYTES("(")), close = text_find(rest, open, BYTES(")"));
    size_t does = text_find(rest, close, BYTES("do "));
    if (percent == rest.len || open == rest.len || does == rest.len) {
        machine->result->guessed = true;
        return 1;
    }
    struct bytes name = {rest.at + percent, rest.at[percent + 1] == '%' ? 3 : 2};
    struct bytes inner = {rest.at + open + 1, close - open - 1}, body = bytes_from(rest, does + 3);
    bool counts =
        text_find(rest, 0, BYTES("/L")) < percent || text_find(rest, 0, BYTES("/l")) < percent;
    int64_t values[3] = {0, 1, 0};
    size_t at = 0;
    for (int i = 0; counts && i < 3; i++) {
        size_t end = text_find(inner, at, BYTES(","));
        if (!text_integer(trimmed((struct bytes){inner.at + at, end - at}), &values[i]))
            return 1;
        at = end + 1;
    }
    struct fields items = counts ? (struct fields){0} : windows_words(machine, inner);
    if (!counts && text_find(rest, 0, BYTES("/")) < percent) {
        machine->result->guessed = true; /* for /f: over what a command prints */
        return cmd_script_run(machine, windows_unquote(machine, inner));
    }
    int64_t value = values[0];
    for (uint32_t i = 0; machine_step(machine, 0) && machine->flow == FLOW_none; i++) {
        if (counts ? (values[1] >= 0 ? value > values[2] : value < values[2]) || values[1] == 0
                   : i >= items.count)
            break;
        struct bytes item =
            counts ? text_format(machine->arena, "%lld", (long long)value) : items.items[i];
        cmd_script_run(machine, windows_replace(machine, body, name, item));
        if (counts && __builtin_add_overflow(value, values[1], &value))
            break;
    }
    return machine->status;
}

/* if [not] exist PATH | A==B command [else command] */
static int if_else(struct machine *machine, struct bytes rest)
{
    rest = trimmed(rest);
    bool negated = rest.len > 4 && windows_same((struct bytes){rest.at, 4}, "not ");
    rest = negated ? trimmed(bytes_from(rest, 4)) : rest;
    bool exists = rest.len > 6 && windows_same((struct bytes){rest.at, 6}, "exist "), holds;
    size_t end;
    if (exists) {
        struct bytes path = trimmed(bytes_from(rest, 6)), content;
        end = text_find(path, 0, BYTES(" "));
        holds = windows_read(machine, (struct bytes){path.at, end}, &content);
        machine->result->guessed |= !holds;
        rest = bytes_from(path, end);
    } else {
        size_t equals = text_find(rest, 0, BYTES("=="));
        end = text_find(rest, equals, BYTES(" "));
        if (equals == rest.len) {
            machine->result->guessed = true;
            return 1;
        }
        struct bytes left = trimmed((struct bytes){rest.at, equals}),
                     right = {rest.at + equals + 2, end - equals - 2};
        machine->result->guessed |= text_has_hole(left) || text_has_hole(right);
        holds = bytes_equal(left, right);
        rest = bytes_from(rest, end);
    }
    struct bytes otherwise = BYTES("");
    rest = trimmed(rest);
    if (rest.len && rest.at[0] == '(') { /* (…) else … */
        int depth = 0;
        for (end = 0; end < rest.len; end++) {
            depth += (rest.at[end] == '(') - (rest.at[end] == ')');
            if (depth == 0)
                break;
        }
        struct bytes behind = trimmed(bytes_from(rest, end + 1));
        if (behind.len > 5 && windows_same((struct bytes){behind.at, 4}, "else"))
            otherwise = trimmed(bytes_from(behind, 4));
        rest.len = end < rest.len ? end + 1 : rest.len;
    }
    return cmd_script_run(machine, holds != negated ? rest : otherwise);
}

static const struct {
    const char *name;
    int (*run)(struct machine *machine, struct bytes rest);
} builtins[] = {
    {"echo", echo},    {"set", set},     {"dir", dir},      {"type", type},      {"cd", cd},
    {"chdir", cd},     {"ver", ver},     {"vol", vol},      {"date", date},      {"time", date},
    {"call", call},    {"start", start}, {"del", del},      {"erase", del},      {"find", find},
    {"findstr", find}, {"more", more},   {"for", for_loop}, {"if", if_else},     {"md", quiet},
    {"mkdir", quiet},  {"rd", quiet},    {"rmdir", quiet},  {"copy", quiet},     {"move", quiet},
    {"ren", quiet},    {"rem", quiet},   {"cls", quiet},    {"title", quiet},    {"chcp", quiet},
    {"exit", quiet},   {"pushd", quiet}, {"popd", quiet},   {"setlocal", quiet}, {"pause", quiet},
    {"sort", more},
};

int cmd_command_run(struct machine *machine, struct bytes command)
{
    struct bytes text = trimmed(command), outer = machine->command;
    size_t end = 0;
    int status = 1;
    while (end < text.len && (is_name(text.at[end])))
        end++;
    struct bytes name = {text.at, end};
    if (text.len == 0)
        return 0;
    machine->command = text;
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
        if (windows_same(name, builtins[i].name) &&
            (end == text.len || strchr(" \t./\\(:;,\"", text.at[end]))) {
            machine->result->commands_run++;
            size_t lead = (size_t)(text.at - command.at) + end;
            status =
                builtins[i].run(machine, bytes_from(command, lead)); /* echo keeps blanks behind */
            machine->command = outer;
            return status;
        }
    struct fields words = windows_words(machine, text);
    size_t rest = text_find(text, 0, BYTES(" "));
    if (!words.count || !windows_tool_run(machine, &words, bytes_from(text, rest + 1), &status)) {
        struct bytes shown =
            words.count ? windows_unquote(machine, (struct bytes){text.at, rest}) : text;
        machine->result->commands_unknown++;
        machine_put_format(machine, 2,
                           "'%.*s' is not recognized as an internal or external command,\noperable "
                           "program or batch file.\n",
                           (int)shown.len, shown.at);
        status = 1;
    }
    machine->command = outer;
    return status;
}
