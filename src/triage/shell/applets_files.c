/* Tools that look at files and change them: stat, touch, mkdir, rm, mv, cp, chmod, dd … */
#include "triage/shell/call.h"

static struct bytes path_below(struct machine *machine, struct bytes folder, struct bytes name)
{
    bool slash = folder.len && folder.at[folder.len - 1] == '/';
    return text_format(machine->arena, "%.*s%s%.*s", (int)folder.len, folder.at, slash ? "" : "/",
                       (int)name.len, name.at);
}

static int cannot(struct call *call, const char *what, struct bytes path, const char *why)
{
    struct machine *machine = call->machine;
    bool busybox = machine->profile == SHELL_busybox;
    int length = (int)path.len;
    if (busybox && strncmp(what, "cannot ", 7) == 0)
        machine_put_format(machine, 2, "%.*s: can't %s '%.*s': %s\n", (int)call->name.len,
                           call->name.at, what + 7, length, path.at, why);
    else if (busybox)
        machine_put_format(machine, 2, "%.*s: %s'%.*s': %s\n", (int)call->name.len, call->name.at,
                           what, length, path.at, why);
    else
        machine_put_format(machine, 2, "%.*s: %s '%.*s': %s\n", (int)call->name.len, call->name.at,
                           what, length, path.at, why);
    return 1;
}

static int touch_applet(struct call *call)
{
    struct arguments arguments =
        arguments_parse(call, "acmfhr:t:d:", "no-create=c reference=r date=d");
    struct machine *machine = call->machine;
    int status = 0;
    for (uint32_t i = 0; i < arguments.operand_count; i++) {
        struct bytes path = path_resolve(machine, arguments.operands[i]);
        struct file_view view = file_look(machine, path);
        const char *why;
        if (view.mode && file_writable(machine, path))
            continue;
        file_write(machine, arguments.operands[i], true, &why);
        if (why)
            status = cannot(call, "cannot touch", arguments.operands[i], why);
    }
    return status;
}

static bool folder_there(struct machine *machine, struct bytes path)
{
    while (path.len > 1 && path.at[path.len - 1] != '/')
        path.len--;
    if (path.len <= 1)
        return true;
    path.len--;
    struct file_view view = file_look(machine, path);
    bool likely = bytes_start(path, BYTES("/var/")) || bytes_start(path, BYTES("/home/")) ||
                  bytes_start(path, BYTES("/usr/")) || bytes_start(path, BYTES("/opt/"));
    return view.mode || likely;
}

static int mkdir_applet(struct call *call)
{
    struct arguments arguments = arguments_parse(call, "pvm:Z", "parents=p verbose=v mode=m");
    struct machine *machine = call->machine;
    int status = 0;
    if (arguments.operand_count == 0)
        return call_fail(call, BYTES("missing operand"), "", 1);
    for (uint32_t i = 0; i < arguments.operand_count; i++) {
        struct bytes path = path_resolve(machine, arguments.operands[i]);
        struct file_view view = file_look(machine, path);
        if (view.mode && !(arguments.count['p'] && file_is_directory(&view)))
            status = cannot(call, "cannot create directory", arguments.operands[i], "File exists");
        else if (!view.mode && !arguments.count['p'] && !folder_there(machine, path))
            status = cannot(call, "cannot create directory", arguments.operands[i],
                            "No such file or directory");
        else if (!view.mode && !file_writable(machine, path))
            status =
                cannot(call, "cannot create directory", arguments.operands[i], "Permission denied");
        else
            for (size_t end = 1; !view.mode && end <= path.len; end++) {
                struct bytes part = {path.at, end};
                if ((end == path.len || path.at[end] == '/') && !file_look(machine, part).mode)
                    file_own(machine, part, "drwxr-xr-x");
            }
    }
    return status;
}

static void remove_below(struct machine *machine, struct bytes path)
{
    for (struct file *file = machine->files; file; file = file->next)
        if (file->path.len > path.len && bytes_start(file->path, path) &&
            file->path.at[path.len] == '/')
            file->mode = NULL;
    file_own(machine, path, NULL);
}

static int rm_applet(struct call *call)
{
    struct arguments arguments =
        arguments_parse(call, "rRfivdI", "recursive=r force=f verbose=v no-preserve-root=d");
    struct machine *machine = call->machine;
    bool recursive = arguments.count['r'] || arguments.count['R'];
    int status = 0;
    if (arguments.failed)
        return 1;
    if (arguments.operand_count == 0 && !arguments.count['f']) {
        machine_put_format(machine, 2, "rm: missing operand\n%c", SHELL_HOLE_lines);
        return 1;
    }
    for (uint32_t i = 0; i < arguments.operand_count; i++) {
        struct bytes path = path_resolve(machine, arguments.operands[i]);
        struct file_view view = file_look(machine, path);
        if (!view.mode) {
            if (!arguments.count['f'])
                status = cannot(call, "cannot remove", arguments.operands[i],
                                "No such file or directory");
            if (!arguments.count['f'] && path.len && path.at[0] == '/')
                continue;
        } else if (file_is_directory(&view) && !recursive) {
            if (machine->profile == SHELL_busybox)
                machine_put_format(machine, 2, "rm: '%.*s' is a directory\n",
                                   (int)arguments.operands[i].len, arguments.operands[i].at);
            else
                cannot(call, "cannot remove", arguments.operands[i], "Is a directory");
            status = 1;
            continue;
        } else if (!view.written && !file_writable(machine, path)) {
            status = cannot(call, "cannot remove", arguments.operands[i], "Permission denied");
            continue;
        }
        struct shell_effect *effect = effect_add(machine, SHELL_remove);
        if (effect)
            effect->text = path;
        if (view.mode)
            remove_below(machine, path);
    }
    return status;
}

static int rmdir_applet(struct call *call)
{
    struct arguments arguments = arguments_parse(call, "pv", "");
    struct machine *machine = call->machine;
    int status = 0;
    for (uint32_t i = 0; i < arguments.operand_count; i++) {
        struct bytes path = path_resolve(machine, arguments.operands[i]);
        if (file_look(machine, path).mode)
            remove_below(machine, path);
        else if (machine->profile == SHELL_busybox)
            status = cannot(call, "", arguments.operands[i], "No such file or directory");
        else
            status = cannot(call, "failed to remove", arguments.operands[i],
                            "No such file or directory");
    }
    return status;
}

/* cp, mv, ln: contents of one path under another. */
static int copy_applet(struct call *call)
{
    struct arguments arguments = arguments_parse(
        call, "rRpfavdisnTuLPHlt:S:b", "recursive=r force=f archive=a symbolic=s verbose=v");
    struct machine *machine = call->machine;
    bool moves = bytes_equal(bytes_base_name(call->name), BYTES("mv"));
    if (arguments.failed)
        return 1;
    if (arguments.operand_count < 2)
        return call_fail(call, BYTES("missing file operand"), "", 1);
    struct bytes target = arguments.operands[arguments.operand_count - 1];
    struct file_view into = file_look(machine, path_resolve(machine, target));
    int status = 0;
    for (uint32_t i = 0; i + 1 < arguments.operand_count; i++) {
        struct bytes from = arguments.operands[i], resolved = path_resolve(machine, from);
        struct file_view view = file_look(machine, resolved);
        const char *why = NULL;
        if (!view.mode) {
            machine->result->guessed |= resolved.len == 0 || resolved.at[0] != '/';
            status =
                cannot(call,
                       machine->profile == SHELL_busybox ? moves ? "can't rename " : "can't stat "
                                                         : "cannot stat",
                       from, "No such file or directory");
            continue;
        }
        struct bytes to =
            file_is_directory(&into) ? path_below(machine, target, bytes_base_name(from)) : target;
        struct text *text = view.readable ? file_write(machine, to, false, &why) : NULL;
        if (!view.readable)
            why = "Permission denied";
        if (why)
            status = cannot(call, view.readable ? "cannot create regular file" : "cannot open",
                            view.readable ? to : from, why);
        else if (text)
            text_add(text, view.content);
        struct file *made = text ? file_own(machine, path_resolve(machine, to), view.mode) : NULL;
        if (made && moves)
            remove_below(machine, resolved);
    }
    return status;
}

static int chmod_applet(struct call *call)
{
    struct arguments arguments = {0};
    struct machine *machine = call->machine;
    int status = 0;
    uint32_t at = 1;
    (void)arguments;
    while (at < call->count && call->words[at].len > 1 && call->words[at].at[0] == '-' &&
           !strchr("rwx", call->words[at].at[1]))
        at++;
    if (at >= call->count)
        return call_fail(call, BYTES("missing operand"), "", 1);
    struct bytes mode = call->words[at++];
    bool adds = memchr(mode.at, '+', mode.len) && memchr(mode.at, 'x', mode.len);
    bool octal = mode.len >= 3 && is_digit(mode.at[0]) && ((mode.at[mode.len - 3] - '0') & 1);
    bool chmod = bytes_equal(bytes_base_name(call->name), BYTES("chmod"));
    for (; at < call->count; at++) {
        struct bytes path = path_resolve(machine, call->words[at]);
        struct file_view view = file_look(machine, path);
        if (!view.mode) {
            machine->result->guessed |= path.len == 0 || path.at[0] != '/';
            if (machine->profile == SHELL_busybox)
                machine_put_format(machine, 2, "%.*s: %.*s: No such file or directory\n",
                                   (int)call->name.len, call->name.at, (int)call->words[at].len,
                                   call->words[at].at);
            else
                cannot(call, "cannot access", call->words[at], "No such file or directory");
            status = 1;
        } else if (chmod && view.written && !file_is_directory(&view))
            file_own(machine, path, adds || octal ? "-rwxr-xr-x" : "-rw-r--r--");
    }
    return status;
}

static int octal_mode(const char *mode)
{
    int value = 0;
    for (int i = 1; i < 10; i++)
        value = value << 1 | (mode[i] != '-');
    return value;
}

static int stat_applet(struct call *call)
{
    struct arguments arguments = arguments_parse(call, "Lfc:tx", "format=c printf=c dereference=L");
    struct machine *machine = call->machine;
    int status = 0;
    for (uint32_t i = 0; i < arguments.operand_count; i++) {
        struct bytes name = arguments.operands[i], format = arguments.value['c'];
        struct file_view view = file_look(machine, path_resolve(machine, name));
        struct text out = {.arena = machine->arena};
        if (!view.mode) {
            status = machine->profile == SHELL_busybox
                         ? cannot(call, "cannot stat", name, "No such file or directory")
                         : cannot(call, "cannot statx", name, "No such file or directory");
            continue;
        }
        if (!arguments.count['c']) {
            machine_put_format(machine, 1, "  File: %.*s\n  Size: %c\n%c", (int)name.len, name.at,
                               SHELL_HOLE_line, SHELL_HOLE_lines);
            continue;
        }
        for (size_t j = 0; j < format.len; j++) {
            char c = format.at[j];
            if (c != '%' || j + 1 == format.len) {
                text_add_char(&out, c);
                continue;
            }
            c = format.at[++j];
            if (c == 'n')
                text_add(&out, name);
            else if (c == 'U' || c == 'G')
                text_add(&out, bytes_of(c == 'U' ? view.owner : view.group));
            else if (c == 'a')
                text_add_format(&out, "%o", octal_mode(view.mode));
            else if (c == 'A')
                text_add(&out, bytes_of(view.mode));
            else if (c == 's' && view.written)
                text_add_format(&out, "%zu", view.content.len);
            else
                text_add_char(&out,
                              strchr("sugihdYXZWbB", c) ? SHELL_HOLE_number : SHELL_HOLE_line);
        }
        text_add_char(&out, '\n');
        call_put(call, text_bytes(&out));
    }
    return status;
}

static int file_applet(struct call *call)
{
    struct arguments arguments = arguments_parse(call, "bLiz", "");
    for (uint32_t i = 0; i < arguments.operand_count; i++) {
        struct bytes name = arguments.operands[i];
        struct file_view view = file_look(call->machine, path_resolve(call->machine, name));
        machine_put_format(call->machine, 1, "%.*s: %s%c\n", (int)name.len, name.at,
                           !view.mode                 ? "cannot open `"
                           : file_is_directory(&view) ? "directory"
                                                      : "",
                           SHELL_HOLE_line);
    }
    return 0;
}

static int du_applet(struct call *call)
{
    struct arguments arguments =
        arguments_parse(call, "shacxkmbd:", "summarize=s human-readable=h max-depth=d");
    struct bytes name = arguments.operand_count ? arguments.operands[0] : BYTES(".");
    if (!arguments.count['s'])
        call_put(call, BYTES("\x04"));
    machine_put_format(call->machine, 1, "%c\t%.*s\n", SHELL_HOLE_line, (int)name.len, name.at);
    return 0;
}

static int realpath_applet(struct call *call)
{
    struct arguments arguments = arguments_parse(call, "femnqsz", "canonicalize=f");
    struct machine *machine = call->machine;
    int status = 0;
    for (uint32_t i = 0; i < arguments.operand_count; i++) {
        struct bytes path = path_resolve(machine, arguments.operands[i]);
        bool plain = bytes_equal(bytes_base_name(call->name), BYTES("readlink")) &&
                     !arguments.count['f'] && !arguments.count['e'] && !arguments.count['m'];
        struct file_view view = file_look(machine, path);
        if (plain && view.target.len)
            machine_put_format(machine, 1, "%.*s\n", (int)view.target.len, view.target.at);
        else if (plain)
            status = 1;
        else
            machine_put_format(machine, 1, "%.*s%.*s\n", path.len && path.at[0] == '/' ? 0 : 2,
                               "/\x07", (int)path.len, path.at);
    }
    return status;
}

/* dd if= of= bs= count= skip= */
static int dd_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct bytes input = {NULL, 0}, output = {NULL, 0}, content;
    int64_t size = 512, count = -1, skip = 0;
    for (uint32_t i = 1; i < call->count; i++) {
        struct bytes word = call->words[i];
        size_t equals = text_find(word, 0, BYTES("="));
        struct bytes name = {word.at, equals}, value = bytes_from(word, equals + 1);
        if (bytes_equal(name, BYTES("if")))
            input = value;
        else if (bytes_equal(name, BYTES("of")))
            output = value;
        else if ((bytes_equal(name, BYTES("bs")) && !number_read(value, &size)) ||
                 (bytes_equal(name, BYTES("count")) && !number_read(value, &count)) ||
                 (bytes_equal(name, BYTES("skip")) && !number_read(value, &skip)))
            return call_fail(call, BYTES("invalid number"), "", 1);
    }
    if (!input.at)
        content = machine_read(machine, 0);
    else if (!file_read(machine, call->name, input, &content))
        return 1;
    int64_t start = 0, most = 0;
    if (!__builtin_mul_overflow(skip, size, &start) && start > 0)
        content = bytes_from(content, (size_t)start);
    if (count >= 0 && !__builtin_mul_overflow(count, size, &most) && (uint64_t)most < content.len &&
        !text_has_hole(content))
        content.len = (size_t)most;
    const char *why = NULL;
    struct text *text = output.at ? file_write(machine, output, false, &why) : NULL;
    if (why)
        return call_fail(call, output, why, 1);
    if (text)
        text_add(text, content);
    else if (!output.at)
        call_put(call, content);
    machine_put_format(machine, 2, "%c", SHELL_HOLE_lines);
    return 0;
}

static int mktemp_applet(struct call *call)
{
    machine_put_format(call->machine, 1, "/tmp/tmp.%c\n", SHELL_HOLE_word);
    return 0;
}

static const struct applet applets[] = {
    {"touch", touch_applet, 0},
    {"mkdir", mkdir_applet, 0},
    {"rm", rm_applet, 0},
    {"unlink", rm_applet, 0},
    {"rmdir", rmdir_applet, 0},
    {"mv", copy_applet, 0},
    {"cp", copy_applet, 0},
    {"ln", copy_applet, 0},
    {"chmod", chmod_applet, 0},
    {"chown", chmod_applet, 0},
    {"chgrp", chmod_applet, 0},
    {"stat", stat_applet, 0},
    {"file", file_applet, APPLET_no_busybox},
    {"du", du_applet, 0},
    {"readlink", realpath_applet, 0},
    {"realpath", realpath_applet, 0},
    {"dd", dd_applet, 0},
    {"mktemp", mktemp_applet, 0},
};

const struct applet_table applets_files = APPLET_TABLE(applets);
