/*
 * One-liners of python, perl, php and ruby in their common shapes: printing
 * constant expressions, running a shell command, sleeping, connecting back.
 * Anything else is a program nobody here can read: its output is unknown.
 */
#include <stdio.h>
#include <stdlib.h>

#include "triage/shell/addresses.h"
#include "triage/shell/call.h"
#include "triage/shell/codec.h"
#include "triage/shell/digest.h"
#include "triage/shell/escape.h"

enum language { LANGUAGE_python, LANGUAGE_perl, LANGUAGE_php, LANGUAGE_ruby };

struct program {
    struct call *call;
    struct machine *machine;
    enum language language;
    struct bytes text;
    size_t at;
    bool failed;
};

struct term {
    struct bytes text;
    int64_t number;
    bool is_number;
};

static struct term expression(struct program *program);

static char peek(struct program *program)
{
    while (program->at < program->text.len && strchr(" \t\n\r", program->text.at[program->at]) &&
           program->text.at[program->at])
        program->at++;
    return program->at < program->text.len ? program->text.at[program->at] : 0;
}

static bool take(struct program *program, const char *what)
{
    peek(program);
    if (!bytes_start(bytes_from(program->text, program->at), bytes_of(what)))
        return false;
    size_t end = program->at + strlen(what);
    if (is_name(what[strlen(what) - 1]) && end < program->text.len &&
        is_name(program->text.at[end]))
        return false;
    program->at = end;
    return true;
}

static struct bytes term_text(struct program *program, struct term term)
{
    return term.is_number ? text_format(program->machine->arena, "%lld", (long long)term.number)
                          : term.text;
}

/* "…" or '…' with their escapes. */
static struct term string(struct program *program)
{
    char quote = program->text.at[program->at++];
    size_t start = program->at;
    while (program->at < program->text.len && program->text.at[program->at] != quote)
        program->at += program->text.at[program->at] == '\\' ? 2 : 1;
    if (program->at >= program->text.len) {
        program->failed = true;
        return (struct term){.text = BYTES("")};
    }
    struct bytes raw = {program->text.at + start, program->at - start};
    program->at++;
    struct text out = {.arena = program->machine->arena};
    bool plain = quote == '\'' && program->language != LANGUAGE_python;
    if (!plain)
        escape_decode(raw, ESCAPE_ansi, &out);
    if (quote == '"' && program->language != LANGUAGE_python && program->language != LANGUAGE_ruby)
        program->failed |=
            memchr(raw.at, '$', raw.len) != NULL && !memmem(raw.at, raw.len, "\\$", 2);
    return (struct term){.text = plain ? raw : text_bytes(&out)};
}

static struct bytes reversed(struct program *program, struct bytes text)
{
    struct text out = {.arena = program->machine->arena};
    for (size_t i = text.len; i > 0; i--)
        text_add_char(&out, text.at[i - 1]);
    return text_bytes(&out);
}

static struct bytes captured(struct program *program, struct bytes script)
{
    struct machine *machine = program->machine;
    struct text *text = machine_text(machine);
    struct shell_state state = subshell_begin(machine);
    if (!text)
        return BYTES("");
    machine->fds[1] = stream_writes(machine, text);
    script_run_apart(machine,
                     machine->profile == SHELL_busybox ? DIALECT_ash
                     : machine->profile == SHELL_bash  ? DIALECT_bash
                                                       : DIALECT_dash,
                     script, NULL, 0);
    subshell_end(machine, &state);
    return text_bytes(text);
}

static bool is_one_of(struct bytes name, const char *const *names)
{
    for (; *names; names++)
        if (bytes_equal(name, bytes_of(*names)))
            return true;
    return false;
}

static const char *const running[] = {"system",
                                      "passthru",
                                      "os.system",
                                      "subprocess.call",
                                      "subprocess.run",
                                      "exec",
                                      "subprocess.check_call",
                                      "pty.spawn",
                                      NULL};
static const char *const capturing[] = {"shell_exec",
                                        "os.popen",
                                        "commands.getoutput",
                                        "subprocess.check_output",
                                        "subprocess.getoutput",
                                        "popen",
                                        NULL};

/* name(argument): what it gives. */
static struct term function_call(struct program *program, struct bytes name)
{
    struct term argument = {.text = BYTES("")};
    struct machine *machine = program->machine;
    if (peek(program) != ')')
        argument = expression(program);
    while (!program->failed && take(program, ",")) { /* shell=True and other arguments */
        int depth = 0;
        while (program->at < program->text.len &&
               !(depth == 0 && (peek(program) == ',' || peek(program) == ')'))) {
            depth += (peek(program) == '(') - (peek(program) == ')');
            program->at++;
        }
    }
    program->failed |= !take(program, ")");
    struct bytes text = term_text(program, argument);
    struct text out = {.arena = machine->arena};
    if (program->failed)
        return argument;
    if (is_one_of(name, capturing))
        return (struct term){.text = captured(program, text)};
    if (is_one_of(name, running)) {
        machine_put(machine, 1, captured(program, text));
        return (struct term){.number = machine->status, .is_number = true};
    }
    if (bytes_equal(name, BYTES("sleep")) || bytes_equal(name, BYTES("time.sleep"))) {
        machine->result->seconds += argument.is_number ? (double)argument.number : 0;
        return (struct term){.is_number = true};
    }
    const struct nettle_hash *hash = digest_find(
        text_format(machine->arena, "%.*ssum",
                    (int)(bytes_start(name, BYTES("hashlib.")) ? name.len - 8 : name.len),
                    bytes_start(name, BYTES("hashlib.")) ? name.at + 8 : name.at));
    if (hash)
        digest_put(machine, hash, text, &out);
    else if (bytes_equal(name, BYTES("strrev")) || bytes_equal(name, BYTES("reverse")))
        return (struct term){.text = reversed(program, text)};
    else if (bytes_equal(name, BYTES("base64_decode")) ||
             bytes_equal(name, BYTES("base64.b64decode")))
        base_decode(text, 64, true, &out);
    else if (bytes_equal(name, BYTES("base64_encode")) ||
             bytes_equal(name, BYTES("base64.b64encode")))
        base_encode(text, 64, &out);
    else if (bytes_equal(name, BYTES("strlen")) || bytes_equal(name, BYTES("len")) ||
             bytes_equal(name, BYTES("length")))
        return (struct term){.number = (int64_t)text.len, .is_number = true};
    else if (bytes_equal(name, BYTES("chr")) && argument.is_number)
        text_add_literal(&out, (char)argument.number);
    else if (bytes_equal(name, BYTES("str")) || bytes_equal(name, BYTES("strval")) || name.len == 0)
        return name.len ? (struct term){.text = text} : argument;
    else if (bytes_equal(name, BYTES("php_uname")))
        text_add(&out, BYTES("Linux \x03"));
    else if (bytes_equal(name, BYTES("phpversion")) || bytes_equal(name, BYTES("getcwd")) ||
             bytes_equal(name, BYTES("os.getcwd")))
        text_add(&out, BYTES("\x03"));
    else
        program->failed = true;
    return (struct term){.text = text_bytes(&out)};
}

static struct bytes dotted_name(struct program *program)
{
    size_t start = program->at;
    while (program->at < program->text.len &&
           (is_name(program->text.at[program->at]) ||
            (program->text.at[program->at] == '.' && program->language != LANGUAGE_php &&
             program->language != LANGUAGE_perl)))
        program->at++;
    return (struct bytes){program->text.at + start, program->at - start};
}

/* .read(), .hexdigest(), .decode(), [::-1] behind a value. */
static void suffixes(struct program *program, struct term *term)
{
    static const char *const harmless[] = {".read()",   ".hexdigest()", ".decode()",
                                           ".encode()", ".to_s",        ".decode('utf-8')"};
    bool again = true;
    while (again && !program->failed) {
        again = false;
        for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
            again |= program->language != LANGUAGE_php && take(program, harmless[i]);
        if (take(program, "[::-1]") ||
            (program->language == LANGUAGE_ruby && take(program, ".reverse"))) {
            term->text = reversed(program, term_text(program, *term));
            term->is_number = false;
            again = true;
        }
    }
}

static struct term number(struct program *program)
{
    int64_t value = 0;
    while (program->at < program->text.len && is_digit(program->text.at[program->at]))
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, program->text.at[program->at++] - '0', &value)) {
            program->failed = true;
            break;
        }
    program->failed |=
        program->at < program->text.len &&
        (program->text.at[program->at] == '.' && program->at + 1 < program->text.len &&
         is_digit(program->text.at[program->at + 1]));
    return (struct term){.number = value, .is_number = true};
}

static struct term primary(struct program *program)
{
    struct term term = {.text = BYTES("")};
    char c = peek(program);
    if (program->failed || !machine_enter(program->machine)) {
        program->failed = true;
        return term;
    }
    if ((c == 'b' || c == 'r') && program->at + 1 < program->text.len &&
        strchr("'\"", program->text.at[program->at + 1]))
        program->at++, c = peek(program);
    if (c == '"' || c == '\'')
        term = string(program);
    else if (c == '`') {
        size_t end = text_find(program->text, program->at + 1, BYTES("`"));
        term.text = captured(
            program,
            (struct bytes){program->text.at + program->at + 1,
                           end - program->at - 1 < program->text.len ? end - program->at - 1 : 0});
        program->at = end + 1;
    } else if (is_digit(c))
        term = number(program);
    else if (c == '(') {
        program->at++;
        term = expression(program);
        program->failed |= !take(program, ")");
    } else if (c == '-') {
        program->at++;
        term = primary(program);
        term.number = (int64_t)(0 - (uint64_t)term.number);
    } else if (is_name_start(c)) {
        struct bytes name = dotted_name(program);
        if (take(program, "("))
            term = function_call(program, name);
        else if (bytes_equal(name, BYTES("PHP_OS")))
            term.text = BYTES("Linux");
        else if (bytes_equal(name, BYTES("PHP_EOL")))
            term.text = BYTES("\n");
        else if ((program->language == LANGUAGE_perl || program->language == LANGUAGE_ruby) &&
                 (is_one_of(name, running) || bytes_equal(name, BYTES("sleep")) ||
                  bytes_equal(name, BYTES("reverse")))) {
            struct term argument = expression(program);
            if (bytes_equal(name, BYTES("sleep")))
                program->machine->result->seconds += (double)argument.number;
            else if (bytes_equal(name, BYTES("reverse")))
                term.text = reversed(program, term_text(program, argument));
            else
                machine_put(program->machine, 1, captured(program, term_text(program, argument)));
        } else
            program->failed = true;
    } else
        program->failed = true;
    suffixes(program, &term);
    machine_leave(program->machine);
    return term;
}

static struct term product(struct program *program)
{
    struct term left = primary(program);
    for (;;) {
        char c = peek(program);
        if (program->failed || (c != '*' && c != '/' && c != '%'))
            return left;
        program->at++;
        bool power = c == '*' && take(program, "*");
        struct term right = primary(program);
        if (!left.is_number && c == '*' && right.is_number) { /* "ab" * 3 */
            struct text out = {.arena = program->machine->arena};
            for (int64_t i = 0; i < right.number && !out.full; i++)
                text_add(&out, left.text);
            left.text = text_bytes(&out);
            continue;
        }
        program->failed |= !left.is_number || !right.is_number || (c != '*' && right.number <= 0) ||
                           power ||
                           (c == '/' && left.number % (right.number > 0 ? right.number : 1));
        if (program->failed)
            return left;
        if (c == '*')
            program->failed |= __builtin_mul_overflow(left.number, right.number, &left.number);
        else
            left.number = c == '/' ? left.number / right.number : left.number % right.number;
    }
}

static struct term joined(struct program *program, struct term left, struct term right)
{
    struct text out = {.arena = program->machine->arena};
    text_add(&out, term_text(program, left));
    text_add(&out, term_text(program, right));
    return (struct term){.text = text_bytes(&out)};
}

static struct term expression(struct program *program)
{
    struct term left = product(program);
    for (;;) {
        char c = peek(program);
        bool dots = program->language == LANGUAGE_php || program->language == LANGUAGE_perl;
        if (program->failed || (c != '+' && c != '-' && !(c == '.' && dots)))
            return left;
        program->at++;
        struct term right = product(program);
        if (c == '.' || (c == '+' && !left.is_number && !right.is_number && !dots))
            left = joined(program, left, right);
        else if (!left.is_number || !right.is_number)
            program->failed = true;
        else
            program->failed |=
                c == '+' ? __builtin_add_overflow(left.number, right.number, &left.number)
                         : __builtin_sub_overflow(left.number, right.number, &left.number);
    }
}

static void print(struct program *program, const char *end)
{
    struct text out = {.arena = program->machine->arena};
    bool bracket = take(program, "(");
    for (;;) {
        if (peek(program) != (bracket ? ')' : ';') && peek(program))
            text_add(&out, term_text(program, expression(program)));
        if (program->failed || !take(program, ","))
            break;
        if (program->language == LANGUAGE_python)
            text_add_char(&out, ' ');
    }
    program->failed |= bracket && !take(program, ")");
    text_add(&out, bytes_of(end));
    if (!program->failed)
        machine_put(program->machine, 1, text_bytes(&out));
}

static void statement(struct program *program)
{
    if (take(program, "import") || take(program, "from") || take(program, "use") ||
        take(program, "require"))
        while (program->at < program->text.len && !strchr(";\n", program->text.at[program->at]))
            program->at++;
    else if (take(program, "puts"))
        print(program, "\n");
    else if (take(program, "print"))
        print(program, program->language == LANGUAGE_python ? "\n" : "");
    else if (take(program, "echo") || take(program, "say") || take(program, "die") ||
             (program->language == LANGUAGE_ruby && take(program, "p")))
        print(program, "");
    else
        expression(program);
}

static int program_run(struct call *call, enum language language, struct bytes text)
{
    struct machine *machine = call->machine;
    struct program program = {.call = call, .machine = machine, .language = language, .text = text};
    if (program_connects(machine, text))
        return 0;
    if (program_requests(machine, text)) {
        machine_put(machine, 1, BYTES("\x0f"));
        return 0;
    }
    if (bytes_start(text, BYTES("<?php")))
        program.at = 5;
    while (!program.failed && peek(&program) && machine_step(machine, 0)) {
        statement(&program);
        if (!program.failed && peek(&program) && !take(&program, ";"))
            program.failed = program.at > 0 && program.text.at[program.at - 1] != '\n' &&
                             !strchr("\n", program.text.at[program.at]);
    }
    if (program.failed) {
        machine->result->guessed = true;
        machine_put(machine, 1, BYTES("\x0f"));
    }
    return 0;
}

static int language_applet(struct call *call)
{
    struct bytes name = bytes_base_name(call->name);
    enum language language = bytes_start(name, BYTES("py"))     ? LANGUAGE_python
                             : bytes_start(name, BYTES("perl")) ? LANGUAGE_perl
                             : bytes_start(name, BYTES("php"))  ? LANGUAGE_php
                                                                : LANGUAGE_ruby;
    char letter = language == LANGUAGE_python ? 'c' : language == LANGUAGE_php ? 'r' : 'e';
    for (uint32_t i = 1; i < call->count; i++) {
        struct bytes word = call->words[i];
        if (word.len < 2 || word.at[0] != '-') {
            struct bytes content;
            if (!file_read(call->machine, call->name, word, &content))
                return 2;
            return program_run(call, language, content);
        }
        const char *found = memchr(word.at, letter, word.len);
        if (!found)
            continue;
        struct bytes rest = bytes_from(word, (size_t)(found - word.at) + 1);
        return rest.len              ? program_run(call, language, rest)
               : i + 1 < call->count ? program_run(call, language, call->words[i + 1])
                                     : 2;
    }
    for (uint32_t i = 1; i < call->count; i++)
        if (bytes_equal(call->words[i], BYTES("--version")) ||
            bytes_equal(call->words[i], BYTES("-V")) || bytes_equal(call->words[i], BYTES("-v"))) {
            machine_put(call->machine, 1, BYTES("\x04"));
            return 0;
        }
    return program_run(call, language, machine_read(call->machine, 0));
}

static const struct applet applets[] = {
    {"python", language_applet, APPLET_no_busybox},
    {"python2", language_applet, APPLET_no_busybox},
    {"python3", language_applet, APPLET_no_busybox},
    {"perl", language_applet, APPLET_no_busybox},
    {"php", language_applet, APPLET_no_busybox},
    {"ruby", language_applet, APPLET_no_busybox},
};

const struct applet_table applets_language = APPLET_TABLE(applets);
