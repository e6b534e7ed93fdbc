/* Values: how they are printed, and what names stand for. */
#include <math.h>
#include <strings.h>

#include "triage/code/run.h"
#include "triage/shell/shell.h"

#define NUMBER "\x02"
#define WORD   "\x01"
#define PATH   "\x07"

struct value value_text(struct bytes text)
{
    return (struct value){.kind = VALUE_text, .text = text};
}

struct value value_number(double number)
{
    return (struct value){.kind = VALUE_number, .number = number};
}

struct value value_of(const char *text)
{
    return value_text(bytes_of(text));
}

struct value value_take(struct code *code, struct buffer *text)
{
    struct bytes all = buffer_bytes(text);
    all.len = all.len < CODE_TEXT ? all.len : CODE_TEXT;
    struct bytes copy = arena_copy(code->arena, all);
    code->failed = code->failed || text->failed || !copy.at;
    buffer_finish(text);
    return value_text(copy.at ? copy : (struct bytes){"", 0});
}

struct bytes value_print(struct code *code, const struct value *value)
{
    struct buffer out = {0};
    switch (value->kind) {
    case VALUE_text:
        return value->text;
    case VALUE_nothing:
        return BYTES("");
    case VALUE_number:
        if (!isfinite(value->number))
            return BYTES("NaN");
        if (value->number == floor(value->number) && fabs(value->number) < 1e15)
            buffer_put_format(&out, "%lld", (long long)value->number);
        else
            buffer_put_format(&out, "%.16g", value->number);
        return value_take(code, &out).text;
    case VALUE_list:
        for (uint32_t i = 0; i < value->item_count && out.len < CODE_TEXT; i++) {
            if (i)
                buffer_put_char(&out, ',');
            buffer_put(&out, value_print(code, &value->items[i]));
        }
        return value->item_count ? value_take(code, &out).text : BYTES("\x0f");
    default:
        return BYTES("\x0f");
    }
}

/* Constants and members, and what they are on most machines (`guessed`) or on all by their kind. */
static const struct own {
    const char *name, *text;
    bool guessed;
} owns[] = {
    {"process.version", "v" NUMBER "." NUMBER "." NUMBER, false},
    {"process.versions.node", NUMBER "." NUMBER "." NUMBER, false},
    {"process.platform", "linux", true},
    {"process.arch", "x64", true},
    {"process.pid", NUMBER, false},
    {"process.ppid", NUMBER, false},
    {"process.title", "node", true},
    {"process.execPath", "/" PATH, false},
    {"process.env.PATH", "/" PATH ":/" PATH, true},
    {"process.env.HOME", "/" PATH, false},
    {"process.env.USER", WORD, false},
    {"process.release.name", "node", false},
    {"__dirname", "/" PATH, false},
    {"__filename", "/" PATH ".js", true},
    {"os.EOL", "\n", false},
    {"PHP_VERSION", NUMBER "." NUMBER "." NUMBER, false},
    {"PHP_OS", "Linux", true},
    {"PHP_OS_FAMILY", "Linux", true},
    {"PHP_BINARY", "/" PATH "php", true},
    {"__FILE__", "/" PATH ".php", true},
    {"__DIR__", "/" PATH, false},
    {"os.name", "posix", true},
    {"sys.platform", "linux", true},
    {"sys.version", NUMBER "." NUMBER "." NUMBER, false},
    {"sys.executable", "/" PATH "python", true},
    {NULL, NULL, false},
};

static const char *const roots[] = {
    "process",    "require",  "global",        "globalThis", "module", "Object", "Math",
    "Date",       "Buffer",   "String",        "JSON",       "os",     "sys",    "fs",
    "subprocess", "platform", "child_process", "__import__", NULL};

/* Python's and Node's ways to the same things. */
static struct bytes name_settle(struct bytes name)
{
    static const char *const wrappers[] = {"global.", "globalThis.", "this.", "process.mainModule.",
                                           "self.",   "module.",     NULL};
    for (int i = 0; wrappers[i];) {
        size_t len = strlen(wrappers[i]);
        if (name.len > len && memcmp(name.at, wrappers[i], len) == 0) {
            name = bytes_from(name, len);
            i = 0;
        } else {
            i++;
        }
    }
    return name;
}

bool name_is_own(struct bytes name)
{
    static const char *const functions[] = {"phpversion",  "php_uname",     "system",
                                            "shell_exec",  "exec",          "getcwd",
                                            "gethostname", "md5",           "sha1",
                                            "passthru",    "strrev",        "phpinfo",
                                            "str_repeat",  "base64_encode", "base64_decode",
                                            "bin2hex",     "str_rot13",     "strtoupper",
                                            "strtolower",  "print_r",       "file_get_contents",
                                            "implode",     "chr",           "strval",
                                            NULL};
    name = name_settle(name);
    for (int i = 0; functions[i]; i++)
        if (bytes_equal(name, bytes_of(functions[i])))
            return true;
    for (int i = 0; owns[i].name; i++)
        if (bytes_equal(name, bytes_of(owns[i].name)))
            return true;
    for (int i = 0; roots[i]; i++)
        if (bytes_equal(name, bytes_of(roots[i])))
            return true;
    return false;
}

struct value name_value(struct code *code, const struct value *name)
{
    if (name->kind == VALUE_member && bytes_equal(name->text, BYTES("length"))) {
        const struct value *receiver = name->receiver;
        if (receiver->kind == VALUE_text && shell_output_exact(receiver->text))
            return value_number((double)receiver->text.len);
        return value_of(NUMBER);
    }
    if (name->kind != VALUE_name)
        return *name;
    struct bytes own = name_settle(name->text);
    for (int i = 0; owns[i].name; i++)
        if (bytes_equal(own, bytes_of(owns[i].name))) {
            code->result->reached++;
            code->result->guessed |= owns[i].guessed;
            return value_of(owns[i].text);
        }
    struct value value = *name;
    value.text = own;
    return value;
}
