/* What the languages' own functions do: run, read, fetch, wait, print, tell of the machine. */
#include <math.h>

#include "triage/code/run.h"
#include "triage/shell/shell.h"

#define NUMBER  "\x02"
#define WORD    "\x01"
#define PATH    "\x07"
#define LINE    "\x03"
#define VERSION NUMBER "." NUMBER "." NUMBER

/* Names of an environment in a row, however they are joined. */
#define ENVIRONMENT_NAMES                                                                          \
    "\\b(?:PATH|HOME|PWD|SHLVL|LANG|USER|SHELL|HOSTNAME|NODE_ENV|LOGNAME|OLDPWD)\\b"               \
    "[^A-Za-z0-9]{1,4}(?:[A-Za-z_][A-Za-z0-9_]*[^A-Za-z0-9]{1,4}){0,40}?"                          \
    "(?:PATH|HOME|PWD|SHLVL|LANG|USER|SHELL|HOSTNAME|NODE_ENV|LOGNAME|OLDPWD)\\b"
/* The folders at the root, in the order of their names, and files below /etc. */
#define ROOT_FOLDERS                                                                               \
    "\\bbin\\b[\\s\\S]{1,80}?\\bdev\\b[\\s\\S]{1,40}?\\betc\\b[\\s\\S]{1,40}?\\bhome\\b"
#define ETC_FILES "\\bhosts\\b[\\s\\S]{1,3000}?\\bpasswd\\b"

enum work {
    WORK_run,       /* a command; its output is the value */
    WORK_run_shown, /* … and is printed */
    WORK_run_list,  /* a program and its arguments */
    WORK_read,      /* a file or a URL */
    WORK_read_shown,
    WORK_folder,
    WORK_fetch,
    WORK_sleep, /* seconds, thousandths, millionths */
    WORK_sleep_milli,
    WORK_sleep_micro,
    WORK_clock, /* thousandths; seconds */
    WORK_clock_seconds,
    WORK_module, /* require, __import__ */
    WORK_text,   /* … as `text` says, on any machine */
    WORK_guess,  /* … on most */
    WORK_information,
    WORK_evaluate,
    WORK_print, /* print_r(x), var_dump(x) */
    WORK_keys,
    WORK_first, /* the argument itself */
    WORK_number,
};

static const struct function {
    const char *name;
    enum work work;
    const char *text;
} functions[] = {
    {"system", WORK_run_shown, ""},
    {"passthru", WORK_run_shown, ""},
    {"shell_exec", WORK_run, ""},
    {"exec", WORK_run, ""},
    {"popen", WORK_run, ""},
    {"proc_open", WORK_run, ""},
    {"pcntl_exec", WORK_run_list, ""},
    {"child_process.exec", WORK_run, ""},
    {"child_process.execSync", WORK_run, ""},
    {"child_process.execFile", WORK_run_list, ""},
    {"child_process.execFileSync", WORK_run_list, ""},
    {"child_process.spawn", WORK_run_list, ""},
    {"child_process.spawnSync", WORK_run_list, ""},
    {"execSync", WORK_run, ""},
    {"spawnSync", WORK_run_list, ""},
    {"os.system", WORK_run, ""},
    {"os.popen", WORK_run, ""},
    {"commands.getoutput", WORK_run, ""},
    {"subprocess.check_output", WORK_run_list, ""},
    {"subprocess.getoutput", WORK_run, ""},
    {"subprocess.run", WORK_run_list, ""},
    {"subprocess.call", WORK_run_list, ""},
    {"subprocess.Popen", WORK_run_list, ""},
    {"file_get_contents", WORK_read, ""},
    {"readfile", WORK_read_shown, ""},
    {"show_source", WORK_read_shown, ""},
    {"highlight_file", WORK_read_shown, ""},
    {"file", WORK_read, ""},
    {"fopen", WORK_read, ""},
    {"open", WORK_read, ""},
    {"include", WORK_read_shown, ""},
    {"require_once", WORK_read_shown, ""},
    {"fs.readFileSync", WORK_read, ""},
    {"fs.readdirSync", WORK_folder, ""},
    {"scandir", WORK_folder, ""},
    {"glob", WORK_folder, ""},
    {"os.listdir", WORK_folder, ""},
    {"fetch", WORK_fetch, ""},
    {"http.get", WORK_fetch, ""},
    {"https.get", WORK_fetch, ""},
    {"urllib.request.urlopen", WORK_fetch, ""},
    {"requests.get", WORK_fetch, ""},
    {"sleep", WORK_sleep, ""},
    {"time.sleep", WORK_sleep, ""},
    {"Thread.sleep", WORK_sleep_milli, ""},
    {"usleep", WORK_sleep_micro, ""},
    {"Date.now", WORK_clock, ""},
    {"performance.now", WORK_clock, ""},
    {"Date", WORK_clock, ""},
    {"microtime", WORK_clock_seconds, ""},
    {"time", WORK_clock_seconds, ""},
    {"time.time", WORK_clock_seconds, ""},
    {"require", WORK_module, ""},
    {"__import__", WORK_module, ""},
    {"importlib.import_module", WORK_module, ""},
    {"os.hostname", WORK_text, WORD},
    {"os.platform", WORK_guess, "linux"},
    {"os.type", WORK_guess, "Linux"},
    {"os.arch", WORK_guess, "x64"},
    {"os.release", WORK_text, NUMBER "." NUMBER "." NUMBER LINE},
    {"os.homedir", WORK_text, "/" PATH},
    {"os.tmpdir", WORK_guess, "/tmp"},
    {"os.userInfo", WORK_text, "\x0f"},
    {"process.cwd", WORK_text, "/" PATH},
    {"process.uptime", WORK_text, NUMBER "." NUMBER},
    {"process.getuid", WORK_text, NUMBER},
    {"phpversion", WORK_text, VERSION},
    {"php_uname", WORK_guess, "Linux " WORD " " NUMBER "." NUMBER LINE},
    {"php_sapi_name", WORK_text, WORD},
    {"zend_version", WORK_text, VERSION},
    {"getcwd", WORK_text, "/" PATH},
    {"os.getcwd", WORK_text, "/" PATH},
    {"gethostname", WORK_text, WORD},
    {"socket.gethostname", WORK_text, WORD},
    {"platform.node", WORK_text, WORD},
    {"platform.system", WORK_guess, "Linux"},
    {"platform.platform", WORK_guess, "Linux-" LINE},
    {"platform.python_version", WORK_text, VERSION},
    {"get_current_user", WORK_text, WORD},
    {"getmypid", WORK_text, NUMBER},
    {"os.getpid", WORK_text, NUMBER},
    {"sys_get_temp_dir", WORK_guess, "/tmp"},
    {"getenv", WORK_text, "\x0f"},
    {"phpinfo", WORK_information, ""},
    {"eval", WORK_evaluate, ""},
    {"assert", WORK_evaluate, ""},
    {"Function", WORK_evaluate, ""},
    {"vm.runInThisContext", WORK_evaluate, ""},
    {"print_r", WORK_print, ""},
    {"var_dump", WORK_print, ""},
    {"var_export", WORK_print, ""},
    {"print", WORK_print, ""},
    {"printf", WORK_print, ""},
    {"console.log", WORK_print, ""},
    {"Object.keys", WORK_keys, ""},
    {"JSON.stringify", WORK_first, ""},
    {"json_encode", WORK_first, ""},
    {"repr", WORK_first, ""},
    {"list", WORK_first, ""},
    {"Number", WORK_number, ""},
    {"parseInt", WORK_number, ""},
    {"intval", WORK_number, ""},
    {"int", WORK_number, ""},
    {"Math.floor", WORK_number, ""},
    {"Math.abs", WORK_number, ""},
    {NULL, WORK_text, NULL},
};

void command_add(struct code *code, struct bytes text, bool shown)
{
    struct code_result *result = code->result;
    if (text.len == 0 || result->command_count == CODE_COMMANDS || !shell_output_exact(text))
        return;
    result->commands[result->command_count++] = (struct code_command){text, shown};
    result->reached++;
}

static void pattern_add(struct code *code, struct bytes text, double bits)
{
    struct code_result *result = code->result;
    if (result->pattern_count < CODE_PATTERNS)
        result->patterns[result->pattern_count++] = (struct code_pattern){text, bits};
}

/* A program and its arguments as a shell would be told them. */
static struct bytes command_line(struct code *code, const struct value *arguments, uint32_t count)
{
    struct buffer line = {0};
    for (uint32_t i = 0; arguments && i < count && i < 2; i++) {
        const struct value *argument = &arguments[i];
        if (argument->kind == VALUE_list)
            for (uint32_t j = 0; j < argument->item_count; j++) {
                buffer_put_format(&line, line.len ? " " : "");
                buffer_put(&line, value_print(code, &argument->items[j]));
            }
        else if (argument->kind == VALUE_text)
            buffer_put(&line, argument->text);
    }
    return value_take(code, &line).text;
}

static void path_read(struct code *code, struct bytes path, bool shown)
{
    struct code_result *result = code->result;
    struct buffer line = {0};
    result->reached++;
    if (memmem(path.at, path.len, "://", 3) && !bytes_start(path, BYTES("file://")) &&
        !bytes_start(path, BYTES("php://"))) {
        if (result->url_count < CODE_COMMANDS)
            result->urls[result->url_count++] = path;
        return;
    }
    if (bytes_start(path, BYTES("file://")))
        path = bytes_from(path, 7);
    if (path.len == 0 || memchr(path.at, '\'', path.len))
        return;
    buffer_put(&line, BYTES("cat '"));
    buffer_put(&line, path);
    buffer_put_char(&line, '\'');
    command_add(code, value_take(code, &line).text, shown);
}

static void folder_read(struct code *code, struct bytes path)
{
    code->result->reached++;
    if (bytes_equal(path, BYTES("/")) || bytes_equal(path, BYTES("/*")))
        pattern_add(code, BYTES(ROOT_FOLDERS), 30);
    else if (bytes_start(path, BYTES("/etc")))
        pattern_add(code, BYTES(ETC_FILES), 25);
}

static struct value sleep_for(struct code *code, const struct value *seconds, double unit)
{
    code->result->reached++;
    if (seconds && seconds->kind == VALUE_number && seconds->number > 0)
        code->result->seconds += fmin(seconds->number / unit, 3600);
    return (struct value){.kind = VALUE_nothing};
}

/* What is printed of a value; with a second argument it is returned instead. */
static struct value print_call(struct code *code, struct bytes name, const struct value *value,
                               bool back)
{
    struct buffer text = {0};
    if (value->kind == VALUE_list && bytes_equal(name, BYTES("print_r")))
        buffer_put(&text, BYTES("Array\n(\n    [0] => "));
    else if (value->kind == VALUE_text && bytes_equal(name, BYTES("var_dump")))
        buffer_put_format(&text, "string(%zu) \"", value->text.len);
    buffer_put(&text, value_print(code, value));
    struct value printed = value_take(code, &text);
    code->result->reached++;
    if (back)
        return printed;
    if (code->printed.len < CODE_TEXT)
        buffer_put(&code->printed, printed.text);
    return (struct value){.kind = VALUE_nothing};
}

static struct value keys_of(struct code *code, const struct value *object)
{
    if (object && object->kind == VALUE_name && bytes_equal(object->text, BYTES("process.env"))) {
        code->result->reached++;
        pattern_add(code, BYTES(ENVIRONMENT_NAMES), 30);
    }
    return (struct value){.kind = VALUE_list};
}

static struct value told(struct code *code, const struct function *function)
{
    code->result->reached++;
    code->result->guessed |= function->work == WORK_guess;
    return value_of(function->text);
}

/* Functions whose value is text that the machine puts there. */
static struct value outside_call(struct code *code, const struct function *function,
                                 struct bytes first, const struct value *arguments, uint32_t count)
{
    switch (function->work) {
    case WORK_run:
    case WORK_run_shown:
        command_add(code, first, function->work == WORK_run_shown);
        return value_of("\x0f");
    case WORK_run_list:
        command_add(code, command_line(code, arguments, count), false);
        return value_of("\x0f");
    case WORK_read:
    case WORK_read_shown:
        path_read(code, first, function->work == WORK_read_shown);
        return value_of("\x0f");
    case WORK_folder:
        folder_read(code, first);
        return (struct value){.kind = VALUE_list};
    case WORK_fetch:
        path_read(code, first, false);
        return (struct value){0};
    default:
        return told(code, function);
    }
}

static struct value function_call(struct code *code, const struct function *function,
                                  const struct value *arguments, uint32_t count)
{
    const struct value *one = count ? &arguments[0] : NULL;
    struct bytes first = one ? value_print(code, one) : (struct bytes){"", 0};
    switch (function->work) {
    case WORK_sleep:
        return sleep_for(code, one, 1);
    case WORK_sleep_milli:
        return sleep_for(code, one, 1e3);
    case WORK_sleep_micro:
        return sleep_for(code, one, 1e6);
    case WORK_clock:
        code->result->reached++;
        return (struct value){.kind = VALUE_clock, .number = 1e3};
    case WORK_clock_seconds:
        return (struct value){.kind = VALUE_clock, .number = 1};
    case WORK_module:
        code->result->reached++;
        return (struct value){.kind = VALUE_name,
                              .text = bytes_start(first, BYTES("node:")) ? bytes_from(first, 5)
                                                                         : first};
    case WORK_information:
        code->result->reached++;
        pattern_add(code, BYTES("PHP Version(?:\\s|<[^>]*>)+[0-9]+\\.[0-9]+\\.[0-9]+"), 50);
        return (struct value){.kind = VALUE_nothing};
    case WORK_evaluate:
        code->result->reached++;
        return code_read(code, first);
    case WORK_print:
        return one ? print_call(code, bytes_of(function->name), one, count > 1)
                   : (struct value){.kind = VALUE_nothing};
    case WORK_keys:
        return keys_of(code, one);
    case WORK_first:
        return one ? *one : (struct value){.kind = VALUE_nothing};
    case WORK_number:
        return one && one->kind == VALUE_number ? *one : value_of(NUMBER);
    default:
        return outside_call(code, function, first, arguments, count);
    }
}

struct value value_call(struct code *code, const struct value *callee,
                        const struct value *arguments, uint32_t count)
{
    struct value value;
    if (callee->kind == VALUE_function)
        return code_read(code, callee->text);
    if (callee->kind == VALUE_member) {
        if (!method_call(code, callee->receiver, callee->text, arguments, count, &value))
            return (struct value){0};
        code->result->reached++;
        return value;
    }
    if (callee->kind != VALUE_name)
        return (struct value){0};
    struct value settled = name_value(code, callee);
    struct bytes name = settled.kind == VALUE_name ? settled.text : callee->text;
    if (text_call(code, name, arguments, count, &value)) {
        code->result->reached++;
        return value;
    }
    for (const struct function *each = functions; each->name; each++)
        if (bytes_equal(name, bytes_of(each->name)))
            return function_call(code, each, arguments, count);
    const char *dot = memrchr(name.at, '.', name.len);
    if (dot && bytes_equal(bytes_from(name, (size_t)(dot - name.at) + 1), BYTES("require")))
        return value_call(code, &(struct value){.kind = VALUE_name, .text = BYTES("require")},
                          arguments, count);
    return (struct value){0};
}
