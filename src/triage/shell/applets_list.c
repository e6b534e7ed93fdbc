/* ls. Where a folder may hold more than is known, unknown lines stand between. */
#include "triage/shell/call.h"

/* One row of ls -l; dates and sizes of files that were there before are unknown. */
static void long_row(struct call *call, struct bytes path, struct bytes name)
{
    struct machine *machine = call->machine;
    struct file_view view = file_look(machine, path_resolve(machine, path));
    struct text out = {.arena = machine->arena};
    if (!view.mode)
        return;
    if (view.written)
        text_add_format(&out, "%s 1", view.mode);
    else
        text_add_format(&out, "%c%c%c", SHELL_HOLE_mode, SHELL_HOLE_blank, SHELL_HOLE_number);
    text_add_format(&out, "%c%s%c%s%c%c %c ", SHELL_HOLE_blank, view.owner, SHELL_HOLE_blank,
                    view.group, SHELL_HOLE_blank, SHELL_HOLE_number, SHELL_HOLE_date);
    text_add(&out, name);
    if (!view.written)
        text_add_char(&out, SHELL_HOLE_line); /* " -> target" */
    text_add_char(&out, '\n');
    call_put(call, text_bytes(&out));
}

static struct bytes path_below(struct machine *machine, struct bytes folder, struct bytes name)
{
    bool slash = folder.len && folder.at[folder.len - 1] == '/';
    return text_format(machine->arena, "%.*s%s%.*s", (int)folder.len, folder.at, slash ? "" : "/",
                       (int)name.len, name.at);
}

static void name_row(struct call *call, const struct arguments *arguments, struct bytes path,
                     struct bytes name)
{
    struct machine *machine = call->machine;
    if (arguments->count['l'] || arguments->count['n'] || arguments->count['g'])
        long_row(call, path, name);
    else
        machine_put_format(machine, 1, "%s%.*s\n", arguments->count['i'] ? "\x10\x02 " : "",
                           (int)name.len, name.at);
}

/* Entries of a folder. Where a real one may have more, LINES stands between the known ones. */
static void folder_put(struct call *call, const struct arguments *arguments, struct bytes folder,
                       bool closed)
{
    struct machine *machine = call->machine;
    struct fields names = {0};
    bool rows = arguments->count['l'] || arguments->count['n'] || arguments->count['g'];
    if (rows)
        machine_put_format(machine, 1, "total %c\n", SHELL_HOLE_number);
    if (arguments->count['a'] && rows && !closed) {
        machine_put_format(machine, 1, "d%c .\nd%c ..\n", SHELL_HOLE_line, SHELL_HOLE_line);
    } else if (arguments->count['a'])
        call_put(call, BYTES(".\n..\n"));
    directory_list(machine, path_resolve(machine, folder), &names);
    for (uint32_t i = 0; i < names.count && machine_step(machine, 16); i++) {
        struct bytes name = names.items[i];
        if (name.at[0] == '.' && !arguments->count['a'] && !arguments->count['A'])
            continue;
        if (!closed)
            call_put(call, BYTES("\x04"));
        name_row(call, arguments, path_below(machine, folder, name), name);
    }
    if (!closed)
        call_put(call, BYTES("\x04"));
}

static void ls_missing(struct call *call, struct bytes path, const char *why, const char *verb)
{
    struct machine *machine = call->machine;
    if (machine->profile == SHELL_busybox)
        machine_put_format(machine, 2, "ls: %.*s: %s\n", (int)path.len, path.at, why);
    else
        machine_put_format(machine, 2, "ls: cannot %s '%.*s': %s\n", verb, (int)path.len, path.at,
                           why);
}

static int ls_path(struct call *call, const struct arguments *arguments, struct bytes path,
                   bool titled)
{
    struct machine *machine = call->machine;
    struct bytes resolved = path_resolve(machine, path);
    struct file_view view = file_look(machine, resolved);
    bool unknown_here = resolved.len == 0;
    if (!view.mode && !unknown_here) {
        machine->result->guessed |= resolved.at[0] != '/';
        ls_missing(call, path, "No such file or directory", "access");
        return machine->profile == SHELL_busybox ? 1 : 2;
    }
    if (arguments->count['d'] || (!unknown_here && !file_is_directory(&view))) {
        name_row(call, arguments, path, path);
        return 0;
    }
    if (!unknown_here && !view.readable) {
        machine->result->user_matters = true;
        ls_missing(call, path, "Permission denied", "open directory");
        return machine->profile == SHELL_busybox ? 1 : 2;
    }
    machine->result->user_matters |= view.mode && view.mode[7] != 'r';
    if (titled)
        machine_put_format(machine, 1, "%.*s:\n", (int)path.len, path.at);
    folder_put(call, arguments, unknown_here ? BYTES(".") : path, view.written);
    return 0;
}

static int ls_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments =
        arguments_parse(call, "aAlhdrtRSsin1CFgGpoxXcuUvkHLZQBbqNmfw:I:T:",
                        "all=a almost-all=A directory=d human-readable=h recursive=R reverse=r "
                        "inode=i color=G full-time=l size=s");
    int status = 0;
    if (arguments.failed)
        return 2;
    arguments.count['l'] = (uint8_t)(arguments.count['l'] || arguments.count['o']);
    if (arguments.operand_count == 0)
        return ls_path(call, &arguments, machine->cwd.len ? machine->cwd : BYTES("."), false);
    bool many = arguments.operand_count > 1 || arguments.count['R'];
    for (uint32_t i = 0; i < arguments.operand_count; i++) { /* files first, as ls does */
        struct file_view view = file_look(machine, path_resolve(machine, arguments.operands[i]));
        if (!file_is_directory(&view) || arguments.count['d'])
            status |= ls_path(call, &arguments, arguments.operands[i], false);
    }
    for (uint32_t i = 0; i < arguments.operand_count; i++) {
        struct file_view view = file_look(machine, path_resolve(machine, arguments.operands[i]));
        if (file_is_directory(&view) && !arguments.count['d'])
            status |= ls_path(call, &arguments, arguments.operands[i], many);
    }
    return status;
}

static const struct applet applets[] = {
    {"ls", ls_applet, 0},
    {"dir", ls_applet, APPLET_no_busybox},
    {"vdir", ls_applet, APPLET_no_busybox},
};

const struct applet_table applets_folder = APPLET_TABLE(applets);
