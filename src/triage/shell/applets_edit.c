/* sed: its common commands s y d p q i a c = n, addresses by number, $, /regex/ and ranges. */
#include "triage/shell/awk.h"
#include "triage/shell/regex.h"

enum { COMMANDS = 64 };

struct sed_address {
    char kind; /* 0 none, 'n' number, '$', '/' */
    int64_t number;
    struct regex *regex;
};

struct sed_command {
    struct sed_address first, second;
    bool negated, active; /* active: in its range */
    char name;
    struct regex *regex;
    struct bytes text; /* replacement; of i a c; y: both sets */
    struct bytes other;
    bool global, print;
    int64_t occurrence;
    uint32_t group_end; /* '{': index behind its '}' */
};

struct sed {
    struct call *call;
    struct sed_command commands[COMMANDS];
    uint32_t count;
    bool quiet, extended, failed;
    struct text appended;
};

static void blanks_skip(struct bytes script, size_t *at)
{
    while (*at < script.len && (script.at[*at] == ' ' || script.at[*at] == '\t' ||
                                script.at[*at] == '\n' || script.at[*at] == ';'))
        (*at)++;
}

/* Up to an unescaped `end`; an escaped one loses its backslash. */
static struct bytes delimited(struct sed *sed, struct bytes script, size_t *at, char end,
                              bool regex)
{
    struct text out = {.arena = sed->call->machine->arena};
    while (*at < script.len && script.at[*at] != end) {
        char c = script.at[(*at)++];
        if (c == '\\' && *at < script.len) {
            char next = script.at[(*at)++];
            if (next == 'n' && regex)
                text_add_char(&out, '\n');
            else {
                if (next != end)
                    text_add_char(&out, '\\');
                text_add_char(&out, next);
            }
        } else
            text_add_char(&out, c);
    }
    sed->failed |= *at >= script.len;
    (*at)++;
    return text_bytes(&out);
}

static struct regex *sed_regex(struct sed *sed, struct bytes text, bool fold)
{
    struct regex *regex =
        regex_compile(sed->call->machine, text, sed->extended ? REGEX_extended : REGEX_basic, fold);
    sed->failed |= !regex;
    return regex;
}

static struct sed_address address_parse(struct sed *sed, struct bytes script, size_t *at)
{
    struct sed_address address = {0};
    if (*at >= script.len)
        return address;
    char c = script.at[*at];
    if (is_digit(c)) {
        address.kind = 'n';
        while (*at < script.len && is_digit(script.at[*at]) && address.number < 1000000)
            address.number = address.number * 10 + (script.at[(*at)++] - '0');
    } else if (c == '$') {
        address.kind = '$';
        (*at)++;
    } else if (c == '/' || (c == '\\' && *at + 1 < script.len)) {
        *at += c == '\\';
        char end = script.at[(*at)++];
        address.kind = '/';
        struct bytes text = delimited(sed, script, at, end, true);
        bool fold = *at < script.len && script.at[*at] == 'I';
        *at += fold;
        address.regex = sed_regex(sed, text, fold);
    }
    return address;
}

static void substitute_parse(struct sed *sed, struct sed_command *command, struct bytes script,
                             size_t *at)
{
    if (*at >= script.len) {
        sed->failed = true;
        return;
    }
    char end = script.at[(*at)++];
    struct bytes pattern = delimited(sed, script, at, end, true);
    command->text = delimited(sed, script, at, end, false);
    bool fold = false;
    for (; *at < script.len && script.at[*at] && strchr("gpiIme0123456789", script.at[*at]);
         (*at)++) {
        char flag = script.at[*at];
        command->global |= flag == 'g';
        command->print |= flag == 'p';
        fold |= flag == 'i' || flag == 'I';
        if (is_digit(flag))
            command->occurrence = command->occurrence * 10 + (flag - '0');
    }
    command->regex = sed_regex(sed, pattern, fold);
}

static struct bytes text_argument(struct sed *sed, struct bytes script, size_t *at)
{
    struct text out = {.arena = sed->call->machine->arena};
    while (*at < script.len && (script.at[*at] == ' ' || script.at[*at] == '\t'))
        (*at)++;
    if (*at < script.len && script.at[*at] == '\\') {
        (*at)++;
        if (*at < script.len && script.at[*at] == '\n')
            (*at)++;
    }
    while (*at < script.len && script.at[*at] != '\n') {
        if (script.at[*at] == '\\' && *at + 1 < script.len)
            (*at)++;
        text_add_char(&out, script.at[(*at)++]);
    }
    text_add_char(&out, '\n');
    return text_bytes(&out);
}

static void command_parse_sed(struct sed *sed, struct bytes script, size_t *at,
                              struct sed_command *command)
{
    switch (command->name) {
    case 's':
        substitute_parse(sed, command, script, at);
        break;
    case 'y': {
        char end = *at < script.len ? script.at[(*at)++] : 0;
        command->text = delimited(sed, script, at, end, true);
        command->other = delimited(sed, script, at, end, true);
        sed->failed |= command->text.len != command->other.len;
        break;
    }
    case 'i':
    case 'a':
    case 'c':
        command->text = text_argument(sed, script, at);
        break;
    case 'd':
    case 'p':
    case 'q':
    case 'n':
    case '=':
    case '{':
    case '}':
    case 'D':
    case 'P':
    case 'N':
    case 'G':
    case 'h':
    case 'H':
    case 'g':
    case 'x':
        break;
    default:
        sed->failed = true;
        break;
    }
}

static void script_parse_sed(struct sed *sed, struct bytes script)
{
    size_t at = 0;
    while (!sed->failed) {
        blanks_skip(script, &at);
        if (at >= script.len)
            break;
        if (sed->count == COMMANDS) {
            sed->failed = true;
            break;
        }
        struct sed_command *command = &sed->commands[sed->count++];
        *command = (struct sed_command){0};
        command->first = address_parse(sed, script, &at);
        if (at < script.len && script.at[at] == ',') {
            at++;
            command->second = address_parse(sed, script, &at);
            sed->failed |= command->second.kind == 0;
        }
        blanks_skip(script, &at);
        if (at < script.len && script.at[at] == '!') {
            command->negated = true;
            at++;
            blanks_skip(script, &at);
        }
        command->name = at < script.len ? script.at[at++] : 0;
        command_parse_sed(sed, script, &at, command);
    }
}

static bool address_matches(const struct sed_address *address, struct bytes line, int64_t number,
                            bool last)
{
    switch (address->kind) {
    case 'n':
        return number == address->number;
    case '$':
        return last;
    case '/':
        return regex_find(address->regex, line, 0, NULL);
    default:
        return true;
    }
}

static bool command_applies(struct sed_command *command, struct bytes line, int64_t number,
                            bool last)
{
    bool applies;
    if (!command->second.kind)
        applies = address_matches(&command->first, line, number, last);
    else if (command->active) {
        applies = true;
        bool past = command->second.kind == 'n' && number >= command->second.number;
        if (past ||
            (command->second.kind != 'n' && address_matches(&command->second, line, number, last)))
            command->active = false;
    } else {
        applies = address_matches(&command->first, line, number, last);
        command->active =
            applies && !(command->second.kind == 'n' && command->second.number <= number);
    }
    return applies != command->negated;
}

void replacement_put(struct text *out, struct bytes with, const struct regex_groups *groups)
{
    for (size_t i = 0; i < with.len; i++) {
        char c = with.at[i];
        if (c == '&') {
            text_add(out, groups->group[0]);
        } else if (c == '\\' && i + 1 < with.len) {
            char next = with.at[++i];
            if (is_digit(next)) {
                struct bytes group = groups->group[next - '0'];
                text_add(out, group.at ? group : BYTES(""));
            } else
                text_add_char(out, next == 'n' ? '\n' : next == 't' ? '\t' : next);
        } else
            text_add_char(out, c);
    }
}

static bool substitute(struct sed *sed, const struct sed_command *command, struct bytes *line)
{
    struct text out = {.arena = sed->call->machine->arena};
    struct regex_groups groups;
    size_t at = 0;
    int64_t seen = 0;
    bool changed = false;
    while (at <= line->len && regex_find(command->regex, *line, at, &groups)) {
        struct bytes match = groups.group[0];
        size_t start = (size_t)(match.at - line->at);
        text_add(&out, (struct bytes){line->at + at, start - at});
        bool wanted = ++seen >= (command->occurrence ? command->occurrence : 1);
        if (wanted)
            replacement_put(&out, command->text, &groups);
        else
            text_add(&out, match);
        changed |= wanted;
        at = start + match.len;
        if (match.len == 0 && at < line->len)
            text_add_char(&out, line->at[at]);
        at += match.len == 0;
        if (wanted && !command->global)
            break;
    }
    if (changed) {
        text_add(&out, bytes_from(*line, at));
        *line = text_bytes(&out);
    }
    return changed;
}

static void transliterate(struct sed *sed, const struct sed_command *command, struct bytes *line)
{
    struct text out = {.arena = sed->call->machine->arena};
    for (size_t i = 0; i < line->len; i++) {
        const char *found =
            command->text.len ? memchr(command->text.at, line->at[i], command->text.len) : NULL;
        text_add_char(&out, found ? command->other.at[found - command->text.at] : line->at[i]);
    }
    *line = text_bytes(&out);
}

static void line_out(struct sed *sed, struct bytes line)
{
    call_put(sed->call, line);
    if (!(line.len == 1 && line.at[0] == SHELL_HOLE_lines))
        call_put(sed->call, BYTES("\n"));
}

/* The script over one line; false when sed is to quit. */
static bool line_edit(struct sed *sed, struct bytes line, int64_t number, bool last)
{
    bool quits = false, deleted = false;
    uint32_t depth = 0;
    sed->appended = (struct text){.arena = sed->call->machine->arena};
    for (uint32_t i = 0; i < sed->count && !quits && !deleted; i++) {
        struct sed_command *command = &sed->commands[i];
        bool applies = command->name == '}' ? false : command_applies(command, line, number, last);
        if (command->name == '{' && !applies)
            for (depth = 1; depth && ++i < sed->count;) {
                depth += sed->commands[i].name == '{';
                depth -= sed->commands[i].name == '}';
            }
        if (!applies)
            continue;
        switch (command->name) {
        case 's':
            if (substitute(sed, command, &line) && command->print)
                line_out(sed, line);
            break;
        case 'y':
            transliterate(sed, command, &line);
            break;
        case 'p':
            line_out(sed, line);
            break;
        case 'd':
            deleted = true;
            break;
        case 'q':
            quits = true;
            break;
        case 'i':
            call_put(sed->call, command->text);
            break;
        case 'a':
            text_add(&sed->appended, command->text);
            break;
        case 'c':
            call_put(sed->call, command->text);
            deleted = true;
            break;
        case '=':
            machine_put_format(sed->call->machine, 1, "%lld\n", (long long)number);
            break;
        default:
            break;
        }
    }
    if (!deleted && !sed->quiet)
        line_out(sed, line);
    call_put(sed->call, text_bytes(&sed->appended));
    return !quits;
}

static void content_edit(struct sed *sed, struct bytes content)
{
    struct bytes line;
    int64_t number = 0;
    for (size_t at = 0; text_line(content, &at, &line) && sed->call->machine->flow == FLOW_none;) {
        while (line.len && line.at[0] == SHELL_HOLE_lines) {
            call_put(sed->call, BYTES("\x04")); /* unknown lines stay unknown, edited or not */
            line = bytes_from(line, 1);
            number += 1000000;
            if (line.len == 0 && at >= content.len)
                return;
        }
        if (!line_edit(sed, line, ++number, at >= content.len))
            break;
    }
}

/* All inputs one behind the other, to standard output. */
static int inputs_edit(struct sed *sed, const struct arguments *arguments, uint32_t used)
{
    struct machine *machine = sed->call->machine;
    struct text whole = {.arena = machine->arena};
    struct bytes content;
    int status = 0;
    if (arguments->operand_count <= used)
        text_add(&whole, machine_read(machine, 0));
    for (uint32_t i = used; i < arguments->operand_count; i++) {
        if (file_read(machine, sed->call->name, arguments->operands[i], &content))
            text_add(&whole, content);
        else
            status = 2;
    }
    content_edit(sed, text_bytes(&whole));
    return status;
}

/* sed -i: each file becomes what would have been printed. */
static int files_edit(struct sed *sed, const struct arguments *arguments, uint32_t used)
{
    struct machine *machine = sed->call->machine;
    struct stream *output = machine->fds[1];
    int status = 0;
    for (uint32_t i = used; i < arguments->operand_count; i++) {
        const char *why = NULL;
        struct bytes content;
        struct text *edited = machine_text(machine);
        if (!edited || !file_read(machine, sed->call->name, arguments->operands[i], &content)) {
            status = 4;
            continue;
        }
        machine->fds[1] = stream_writes(machine, edited);
        content_edit(sed, content);
        machine->fds[1] = output;
        struct text *file = file_write(machine, arguments->operands[i], false, &why);
        if (file)
            text_add(file, text_bytes(edited));
        else if (why)
            status = call_fail(sed->call, arguments->operands[i], why, 4);
    }
    return status;
}

static int sed_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(
        call, "nErie:f:suz", "quiet=n silent=n regexp-extended=E expression=e in-place=i");
    struct sed *sed = machine_take(machine, sizeof(*sed));
    if (arguments.failed || !sed)
        return 1;
    *sed = (struct sed){.call = call,
                        .quiet = arguments.count['n'],
                        .extended = arguments.count['E'] || arguments.count['r']};
    uint32_t used = 0;
    if (arguments.count['e']) {
        for (uint32_t i = 1; i < call->count; i++) {
            struct bytes word = call->words[i];
            bool expression = word.len >= 2 && word.at[0] == '-' && word.at[1] != '-' &&
                              word.at[word.len - 1] == 'e';
            if (expression && i + 1 < call->count)
                script_parse_sed(sed, call->words[++i]);
        }
    } else if (arguments.operand_count) {
        script_parse_sed(sed, arguments.operands[0]);
        used = 1;
    } else
        sed->failed = true;
    if (sed->failed) {
        machine_put_format(machine, 2, "sed: %c\n", SHELL_HOLE_line);
        return 1;
    }
    return arguments.count['i'] ? files_edit(sed, &arguments, used)
                                : inputs_edit(sed, &arguments, used);
}

static const struct applet applets[] = {
    {"sed", sed_applet, 0},
    {"awk", awk_applet, 0},
    {"gawk", awk_applet, APPLET_no_busybox},
    {"mawk", awk_applet, APPLET_no_busybox},
};

const struct applet_table applets_edit = APPLET_TABLE(applets);
