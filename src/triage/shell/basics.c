/* echo, printf, test, cd, pwd and their like: builtins that exist as tools, too. */
#include <stdio.h>

#include "triage/shell/call.h"
#include "triage/shell/escape.h"

/* -n, -e, -E and their clusters; false when the word is no option. */
static bool echo_option(struct bytes word, bool *newline, bool *escapes)
{
    if (word.len < 2 || word.at[0] != '-')
        return false;
    for (size_t i = 1; i < word.len; i++)
        if (!strchr("neE", word.at[i]) || !word.at[i])
            return false;
    for (size_t i = 1; i < word.len; i++) {
        if (word.at[i] == 'n')
            *newline = false;
        else
            *escapes = word.at[i] == 'e';
    }
    return true;
}

static int echo_applet(struct call *call)
{
    struct machine *machine = call->machine;
    bool path = memchr(call->words[0].at, '/', call->words[0].len) != NULL;
    bool dash = machine->dialect == DIALECT_dash && !path;
    bool newline = true, escapes = dash;
    uint32_t at = 1;
    struct text out = {.arena = machine->arena};
    if (dash && at < call->count && bytes_equal(call->words[at], BYTES("-n"))) {
        newline = false;
        at++;
    }
    while (!dash && at < call->count && echo_option(call->words[at], &newline, &escapes))
        at++;
    for (uint32_t i = at; i < call->count; i++) {
        if (i > at)
            text_add_char(&out, ' ');
        if (!escapes)
            text_add(&out, call->words[i]);
        else if (!escape_decode(call->words[i], dash ? ESCAPE_echo_dash : ESCAPE_echo, &out)) {
            newline = false;
            break;
        }
    }
    if (newline)
        text_add_char(&out, '\n');
    call_put(call, text_bytes(&out));
    return 0;
}

struct print {
    struct call *call;
    struct text out;
    uint32_t next; /* word that is the next argument */
    int status;
    bool stop, used;
};

static struct bytes print_argument(struct print *print)
{
    if (print->next >= print->call->count)
        return BYTES("");
    print->used = true;
    return print->call->words[print->next++];
}

static bool print_number(struct print *print, struct bytes text, int64_t *ret_value)
{
    struct machine *machine = print->call->machine;
    *ret_value = 0;
    if (text.len == 0)
        return true;
    if (text.at[0] == '\'' || text.at[0] == '"') {
        *ret_value = text.len > 1 ? (unsigned char)text.at[1] : 0;
        return true;
    }
    if (text_has_hole(text))
        return false;
    if (text.at[0] != '0' && text_integer(text, ret_value))
        return true;
    bool unknown = false, plain = true;
    for (size_t i = 0; i < text.len; i++)
        plain &= hex_value(text.at[i]) >= 0 || text.at[i] == 'x' || text.at[i] == '-';
    if (plain && is_digit(text.at[0])) {
        *ret_value = arithmetic_evaluate(machine, text, &unknown);
        return true;
    }
    print->status = 1;
    if (machine->dialect == DIALECT_ash)
        machine_put_format(machine, 2, "%cinvalid number '%.*s'\n", SHELL_HOLE_shell, (int)text.len,
                           text.at);
    else
        machine_put_format(
            machine, 2, "%cprintf: %.*s: %s\n", SHELL_HOLE_shell, (int)text.len, text.at,
            machine->dialect == DIALECT_dash ? "expected numeric value" : "invalid number");
    return true;
}

/* Padded to a width, as %-10s and %.3s ask. */
static void print_padded(struct print *print, struct bytes text, int64_t width, bool left,
                         bool zero)
{
    int64_t missing = width - (int64_t)text.len;
    for (int64_t i = 0; !left && i < missing && !print->out.full; i++)
        text_add_char(&print->out, zero ? '0' : ' ');
    text_add(&print->out, text);
    for (int64_t i = 0; left && i < missing && !print->out.full; i++)
        text_add_char(&print->out, ' ');
}

struct directive {
    bool left, zero, plus, blank, alternate;
    int64_t width, precision; /* precision -1: none */
    char kind;
};

static int64_t directive_number(struct print *print, struct bytes format, size_t *at)
{
    int64_t value = 0;
    if (*at < format.len && format.at[*at] == '*') {
        (*at)++;
        return print_number(print, print_argument(print), &value) ? value : 0;
    }
    for (; *at < format.len && is_digit(format.at[*at]); (*at)++)
        if (value < SHELL_OUTPUT * 2)
            value = value * 10 + (format.at[*at] - '0');
    return value;
}

static struct directive directive_read(struct print *print, struct bytes format, size_t *at)
{
    struct directive directive = {.precision = -1};
    for (; *at < format.len && format.at[*at] && strchr("-0+ #", format.at[*at]); (*at)++) {
        char c = format.at[*at];
        directive.left |= c == '-';
        directive.zero |= c == '0';
        directive.plus |= c == '+';
        directive.blank |= c == ' ';
        directive.alternate |= c == '#';
    }
    directive.width = directive_number(print, format, at);
    if (directive.width < 0) {
        directive.left = true;
        directive.width = -directive.width;
    }
    if (*at < format.len && format.at[*at] == '.') {
        (*at)++;
        directive.precision = directive_number(print, format, at);
    }
    while (*at < format.len && format.at[*at] && strchr("hlLqjzt", format.at[*at]) &&
           format.at[*at] != 'q')
        (*at)++;
    if (*at < format.len && format.at[*at] == '(') /* %(…)T of bash */
        *at = text_find(format, *at, BYTES(")T")) + 1;
    directive.kind = *at < format.len ? format.at[(*at)++] : 0;
    return directive;
}

static void print_integer(struct print *print, const struct directive *directive)
{
    char room[80], pattern[16];
    int64_t value;
    if (!print_number(print, print_argument(print), &value)) {
        text_add_char(&print->out, SHELL_HOLE_number);
        return;
    }
    char kind = directive->kind == 'i' ? 'd' : directive->kind;
    int precision = directive->precision > 40 ? 40 : (int)directive->precision;
    snprintf(pattern, sizeof(pattern), "%%%s%s%s.*ll%c", directive->plus ? "+" : "",
             directive->blank ? " " : "", directive->alternate ? "#" : "", kind);
    if (precision < 0)
        snprintf(pattern, sizeof(pattern), "%%%s%s%sll%c", directive->plus ? "+" : "",
                 directive->blank ? " " : "", directive->alternate ? "#" : "", kind);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int length = precision < 0 ? snprintf(room, sizeof(room), pattern, (long long)value)
                               : snprintf(room, sizeof(room), pattern, precision, (long long)value);
#pragma GCC diagnostic pop
    struct bytes text = {room, length > 0 ? (size_t)length : 0};
    bool zero = directive->zero && !directive->left && precision < 0;
    if (zero && text.len && (text.at[0] == '-' || text.at[0] == '+')) {
        text_add_char(&print->out, text.at[0]);
        print_padded(print, bytes_from(text, 1), directive->width - 1, false, true);
    } else
        print_padded(print, text, directive->width, directive->left, zero);
}

static void print_quoted(struct print *print, struct bytes text)
{
    bool plain = text.len > 0;
    for (size_t i = 0; i < text.len; i++)
        plain &= is_name(text.at[i]) || strchr("%+,-./:=@_", text.at[i]) != NULL;
    if (text.len == 0)
        text_add(&print->out, BYTES("''"));
    for (size_t i = 0; i < text.len; i++) {
        if (!plain && !is_name(text.at[i]) && !strchr("%+-./:=@_", text.at[i]))
            text_add_char(&print->out, '\\');
        text_add_char(&print->out, text.at[i]);
    }
}

static void print_directive(struct print *print, const struct directive *directive)
{
    struct text decoded = {.arena = print->call->machine->arena};
    bool dash = print->call->machine->dialect == DIALECT_dash;
    struct bytes text;
    switch (directive->kind) {
    case 's':
    case 'c':
    case 'b':
        text = print_argument(print);
        if (directive->kind == 'b') {
            print->stop |= !escape_decode(text, dash ? ESCAPE_b_dash : ESCAPE_b, &decoded);
            text = text_bytes(&decoded);
        }
        if (directive->kind == 'c' && text.len > 1)
            text.len = 1;
        if (directive->precision >= 0 && (size_t)directive->precision < text.len)
            text.len = (size_t)directive->precision;
        print_padded(print, text, directive->width, directive->left, false);
        break;
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        print_integer(print, directive);
        break;
    case 'T':
        print_argument(print);
        text_add_char(&print->out, SHELL_HOLE_line);
        break;
    case 'q':
        print_quoted(print, print_argument(print));
        break;
    case 'f':
    case 'g':
    case 'e':
        print_argument(print);
        text_add_char(&print->out, SHELL_HOLE_number);
        break;
    default:
        print->status = 1;
        print->stop = true;
        break;
    }
}

/* The format once through. */
static void print_once(struct print *print, struct bytes format, enum escape_kind kind)
{
    for (size_t i = 0; i < format.len && !print->stop && !print->out.full;) {
        if (format.at[i] == '%' && i + 1 < format.len && format.at[i + 1] == '%') {
            text_add_char(&print->out, '%');
            i += 2;
        } else if (format.at[i] == '%') {
            i++;
            struct directive directive = directive_read(print, format, &i);
            print_directive(print, &directive);
        } else {
            size_t end = text_find(format, i, BYTES("%"));
            if (!escape_decode((struct bytes){format.at + i, end - i}, kind, &print->out))
                print->stop = true;
            i = end;
        }
    }
}

static int printf_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct print print = {.call = call, .out.arena = machine->arena, .next = 2};
    uint32_t at = 1;
    bool into = call->count > 3 && bytes_equal(call->words[1], BYTES("-v")) &&
                machine->dialect == DIALECT_bash;
    if (into)
        at = 3;
    else if (call->count > 1 && bytes_equal(call->words[1], BYTES("--")))
        at = 2;
    if (at >= call->count) {
        if (machine->dialect == DIALECT_bash)
            machine_put_format(machine, 2, "printf: usage: printf [-v var] format [arguments]\n");
        else
            shell_complain(machine, BYTES("printf"), "usage: printf format [arg ...]");
        return 2;
    }
    print.next = at + 1;
    enum escape_kind kind = machine->dialect == DIALECT_dash ? ESCAPE_printf_dash : ESCAPE_printf;
    do {
        print.used = false;
        print_once(&print, call->words[at], kind);
    } while (print.used && print.next < call->count && !print.stop && !print.out.full &&
             machine_step(machine, 0));
    if (into)
        variable_set(machine, call->words[2], text_bytes(&print.out));
    else
        call_put(call, text_bytes(&print.out));
    return print.status;
}

static int true_applet(struct call *call)
{
    (void)call;
    return 0;
}

static int false_applet(struct call *call)
{
    (void)call;
    return 1;
}

static struct bytes here(struct machine *machine)
{
    return machine->cwd.len ? machine->cwd : BYTES("/\x07"); /* SHELL_HOLE_path */
}

static int pwd_applet(struct call *call)
{
    struct bytes path = here(call->machine);
    machine_put_format(call->machine, 1, "%.*s\n", (int)path.len, path.at);
    return 0;
}

static int cd_applet(struct call *call)
{
    struct machine *machine = call->machine;
    uint32_t at = 1;
    while (at < call->count && call->words[at].len > 1 && call->words[at].at[0] == '-')
        at++;
    struct bytes path = at < call->count ? call->words[at] : variable_get(machine, BYTES("HOME"));
    if (path.len == 0)
        path = machine->home;
    bool back = bytes_equal(path, BYTES("-"));
    if (back) {
        path = variable_get(machine, BYTES("OLDPWD"));
        if (!path.at)
            path = here(machine);
    }
    struct bytes resolved = path_resolve(machine, path);
    struct file_view view = file_look(machine, resolved);
    bool known = resolved.len && resolved.at[0] == '/';
    if (known && !text_has_hole(resolved) && !view.mode && !bytes_start(resolved, BYTES("/var/")) &&
        !bytes_start(resolved, BYTES("/home/")) && !bytes_start(resolved, BYTES("/opt/")) &&
        !bytes_start(resolved, BYTES("/srv/")) && !bytes_start(resolved, BYTES("/usr/"))) {
        if (machine->dialect == DIALECT_bash)
            machine_put_format(machine, 2, "%ccd: %.*s: No such file or directory\n",
                               SHELL_HOLE_shell, (int)path.len, path.at);
        else
            machine_put_format(machine, 2, "%ccd: %scan't cd to %.*s%c\n", SHELL_HOLE_shell,
                               machine->dialect == DIALECT_ash ? "\x03" : "", (int)path.len,
                               path.at, SHELL_HOLE_line);
        return machine->dialect == DIALECT_bash ? 1 : 2;
    }
    variable_set(machine, BYTES("OLDPWD"), here(machine));
    machine->cwd = known ? resolved : (struct bytes){NULL, 0};
    variable_set(machine, BYTES("PWD"), here(machine));
    if (back)
        return pwd_applet(call);
    return 0;
}

static bool is_keyword(struct bytes name)
{
    static const char *const words[] = {"if", "then", "else", "fi",   "for",   "while",
                                        "do", "done", "case", "esac", "until", "elif",
                                        "in", "{",    "}",    "!"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (bytes_equal(name, bytes_of(words[i])))
            return true;
    return false;
}

/* type -t NAME: the kind in a word. */
static int type_word(struct call *call)
{
    int status = 0;
    for (uint32_t i = 2; i < call->count; i++) {
        struct bytes name = call->words[i];
        const struct applet *applet = applet_find(call->machine, name);
        const char *kind = function_find(call->machine, name)                       ? "function"
                           : is_keyword(name)                                       ? "keyword"
                           : !applet                                                ? NULL
                           : applet->flags & (APPLET_builtin | APPLET_builtin_only) ? "builtin"
                                                                                    : "file";
        if (kind)
            machine_put_format(call->machine, 1, "%s\n", kind);
        status |= !kind;
    }
    return status;
}

static int type_applet(struct call *call)
{
    struct machine *machine = call->machine;
    int status = 0;
    if (machine->dialect == DIALECT_bash && call->count > 1 &&
        bytes_equal(call->words[1], BYTES("-t")))
        return type_word(call);
    for (uint32_t i = 1; i < call->count; i++) {
        struct bytes name = call->words[i];
        const struct applet *applet = applet_find(machine, name);
        int length = (int)name.len;
        if (function_find(machine, name))
            machine_put_format(machine, 1, "%.*s is a %sfunction\n%s", length, name.at,
                               machine->dialect == DIALECT_dash ? "shell " : "",
                               machine->dialect == DIALECT_bash ? "\x04" : "");
        else if (is_keyword(name))
            machine_put_format(machine, 1, "%.*s is a shell keyword\n", length, name.at);
        else if (applet && (applet->flags & (APPLET_builtin | APPLET_builtin_only)))
            machine_put_format(machine, 1, "%.*s is a %cshell builtin\n", length, name.at,
                               SHELL_HOLE_text);
        else if (applet)
            machine_put_format(machine, 1, "%.*s is /%c%.*s\n", length, name.at, SHELL_HOLE_path,
                               length, name.at);
        else {
            if (machine->dialect == DIALECT_bash)
                machine_put_format(machine, 2, "%ctype: %.*s: not found\n", SHELL_HOLE_shell,
                                   length, name.at);
            else
                machine_put_format(machine, 1, "%.*s: not found\n", length, name.at);
            status = machine->dialect == DIALECT_bash ? 1 : 127;
        }
    }
    return status;
}

/* command -v, command NAME …, which, whereis */
static int command_applet(struct call *call)
{
    struct machine *machine = call->machine;
    bool which = bytes_equal(call->name, BYTES("which"));
    uint32_t at = 1;
    bool asks = which;
    while (at < call->count && call->words[at].len > 1 && call->words[at].at[0] == '-') {
        asks |= memchr(call->words[at].at, 'v', call->words[at].len) ||
                memchr(call->words[at].at, 'V', call->words[at].len);
        at++;
    }
    if (!asks)
        return at < call->count ? command_run(machine, call->words + at, call->count - at, true)
                                : 0;
    int status = at < call->count ? 0 : 1;
    for (; at < call->count; at++) {
        struct bytes name = call->words[at];
        const struct applet *applet = applet_find(machine, name);
        unsigned builtin = which ? APPLET_builtin_only : APPLET_builtin | APPLET_builtin_only;
        if (applet && !(applet->flags & builtin))
            machine_put_format(machine, 1, "/%c%.*s\n", SHELL_HOLE_path, (int)name.len, name.at);
        else if (!which && (applet || function_find(machine, name) || is_keyword(name)))
            machine_put_format(machine, 1, "%.*s\n", (int)name.len, name.at);
        else
            status = which ? 1 : machine->dialect == DIALECT_bash ? 1 : 127;
    }
    return status;
}

static const struct applet applets[] = {
    {"echo", echo_applet, APPLET_builtin},
    {"printf", printf_applet, APPLET_builtin},
    {"test", test_applet, APPLET_builtin},
    {"[", test_applet, APPLET_builtin},
    {"true", true_applet, APPLET_builtin},
    {":", true_applet, APPLET_builtin_only | APPLET_special},
    {"false", false_applet, APPLET_builtin},
    {"pwd", pwd_applet, APPLET_builtin},
    {"cd", cd_applet, APPLET_builtin_only},
    {"type", type_applet, APPLET_builtin_only},
    {"command", command_applet, APPLET_builtin_only},
    {"builtin", command_applet, APPLET_builtin_only | APPLET_bash},
    {"which", command_applet, 0},
};

const struct applet_table applets_shell = APPLET_TABLE(applets);
