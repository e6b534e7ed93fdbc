#include "triage/shell/files.h"

#include <stdlib.h>

#include "triage/shell/call.h"

static struct bytes path_normalise(struct machine *machine, struct bytes path)
{
    struct text out = {.arena = machine->arena};
    bool absolute = path.len > 0 && path.at[0] == '/';
    size_t floor = 0; /* of a relative path: ".." in front cannot be taken back */
    for (size_t i = 0; i < path.len;) {
        size_t end = text_find(path, i, BYTES("/"));
        struct bytes name = {path.at + i, end - i};
        i = end + 1;
        if (name.len == 0 || bytes_equal(name, BYTES(".")))
            continue;
        if (bytes_equal(name, BYTES("..")) && (absolute || out.len > floor)) {
            while (out.len > floor && out.at[--out.len] != '/')
                ;
            continue;
        }
        if (absolute || out.len)
            text_add_char(&out, '/');
        text_add(&out, name);
        if (!absolute && bytes_equal(name, BYTES("..")))
            floor = out.len;
    }
    return absolute && out.len == 0 ? BYTES("/") : text_bytes(&out);
}

/* "../../../../etc/passwd": up from anywhere, if what follows is a path that machines have. */
static struct bytes path_climb(struct machine *machine, struct bytes path)
{
    size_t ups = 0, at = 0;
    while (bytes_start(bytes_from(path, at), BYTES("../"))) {
        ups++;
        at += 3;
    }
    if (ups < 2)
        return path;
    struct bytes rest = text_format(machine->arena, "/%.*s", (int)(path.len - at), path.at + at);
    return file_look(machine, rest).mode ? rest : path;
}

struct bytes path_resolve(struct machine *machine, struct bytes path)
{
    if (path.len && path.at[0] == '/')
        return path_normalise(machine, path);
    if (machine->cwd.len == 0)
        return path_climb(machine, path_normalise(machine, path));
    struct text whole = {.arena = machine->arena};
    text_add(&whole, machine->cwd);
    text_add_char(&whole, '/');
    text_add(&whole, path);
    return path_normalise(machine, text_bytes(&whole));
}

static bool may_read(const struct machine *machine, const char *mode, const char *owner)
{
    return machine->root || mode[7] == 'r' || strcmp(owner, "") == 0;
}

/* A tool in one of the directories of tools. */
static struct file_view tool_look(struct machine *machine, struct bytes path)
{
    static const char *const places[] = {"/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/"};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct bytes place = bytes_of(places[i]);
        if (!bytes_start(path, place))
            continue;
        const struct applet *applet = applet_find(machine, bytes_from(path, place.len));
        if (applet && !(applet->flags & APPLET_builtin_only))
            return (struct file_view){.path = path,
                                      .mode = "-rwxr-xr-x",
                                      .owner = "root",
                                      .group = "root",
                                      .content = BYTES("\x7f"
                                                       "ELF\x0f"),
                                      .readable = true};
    }
    return (struct file_view){.path = path};
}

struct file_view file_look(struct machine *machine, struct bytes path)
{
    for (struct file *file = machine->files; file; file = file->next)
        if (bytes_equal(file->path, path))
            return (struct file_view){.path = path,
                                      .mode = file->mode,
                                      .owner = machine->root ? "root" : "\x01",
                                      .group = machine->root ? "root" : "\x01",
                                      .content = file->text ? text_bytes(file->text) : BYTES(""),
                                      .readable = true,
                                      .written = true,
                                      .text = file->text};
    uint32_t count;
    const struct file_entry *table = files_table(machine->profile, &count);
    for (uint32_t i = 0; i < count; i++) {
        const struct file_entry *entry = &table[i];
        if (!bytes_equal(bytes_of(entry->path), path))
            continue;
        bool link = entry->mode[0] == 'l';
        const char *content = files_content(machine->profile, entry);
        return (struct file_view){.path = path,
                                  .mode = entry->mode,
                                  .owner = entry->owner,
                                  .group = entry->group,
                                  .content = content ? bytes_of(content) : BYTES("\x0f"),
                                  .target = link ? bytes_of(content) : BYTES(""),
                                  .readable = may_read(machine, entry->mode, entry->owner)};
    }
    return tool_look(machine, path);
}

struct file *file_own(struct machine *machine, struct bytes path, const char *mode)
{
    for (struct file *file = machine->files; file; file = file->next)
        if (bytes_equal(file->path, path)) {
            if (!file->mode)
                file->text = machine_text(machine);
            file->mode = mode;
            return file;
        }
    struct file_view below = file_look(machine, path);
    struct file *file = machine_take(machine, sizeof(*file));
    struct text *text = machine_text(machine);
    if (!file || !text)
        return NULL;
    if (below.mode && mode && mode[0] == '-')
        text_add(text, below.content);
    *file = (struct file){machine->files, path, mode, text};
    machine->files = file;
    return file;
}

static bool below(struct bytes path, const char *folder)
{
    struct bytes name = bytes_of(folder);
    return bytes_start(path, name) && (path.len == name.len || path.at[name.len] == '/');
}

bool file_writable(struct machine *machine, struct bytes path)
{
    static const char *const shut[] = {"/etc",  "/bin",  "/sbin", "/usr", "/lib",
                                       "/root", "/boot", "/proc", "/sys"};
    for (size_t i = 0; i < sizeof(shut) / sizeof(shut[0]); i++)
        if (below(path, shut[i])) {
            machine->result->user_matters = true;
            return machine->root;
        }
    return true;
}

/* The folder of a path surely is not there: nothing by that name in the root. */
static bool folder_missing(struct machine *machine, struct bytes path)
{
    size_t slash = path.len;
    if (path.len == 0 || path.at[0] != '/')
        return false;
    while (slash > 1 && path.at[slash - 1] != '/')
        slash--;
    if (slash <= 1)
        return false;
    if (file_look(machine, (struct bytes){path.at, slash - 1}).mode)
        return false;
    size_t first = text_find(path, 1, BYTES("/"));
    return !file_look(machine, (struct bytes){path.at, first}).mode;
}

struct text *file_write(struct machine *machine, struct bytes path, bool append,
                        const char **ret_why)
{
    struct bytes resolved = path_resolve(machine, path);
    struct file_view view = file_look(machine, resolved);
    *ret_why = NULL;
    if (view.mode && view.mode[0] == 'c')
        return NULL;
    if (resolved.len == 0 || file_is_directory(&view))
        *ret_why = resolved.len ? "Is a directory" : "No such file or directory";
    else if (folder_missing(machine, resolved))
        *ret_why = "No such file or directory";
    else if (!file_writable(machine, resolved))
        *ret_why = "Permission denied";
    struct file *file = *ret_why ? NULL : file_own(machine, resolved, "-rw-r--r--");
    if (!file)
        return NULL;
    if (!append)
        file->text->len = 0;
    for (uint32_t i = 0; i < machine->result->effect_count; i++)
        if (machine->effect_data[i] == file->text)
            return file->text;
    struct shell_effect *effect = effect_add(machine, SHELL_write);
    if (effect) {
        effect->text = resolved;
        machine->effect_data[effect - machine->result->effects] = file->text;
    }
    return file->text;
}

static int name_compare(const void *left, const void *right)
{
    return bytes_compare(*(const struct bytes *)left, *(const struct bytes *)right);
}

/* The name of `path` when it lies directly in `directory`; len 0 otherwise. */
static struct bytes name_below(struct bytes directory, struct bytes path)
{
    bool is_root = bytes_equal(directory, BYTES("/"));
    size_t length = is_root ? 0 : directory.len;
    if (path.len <= length + 1 || !bytes_start(path, (struct bytes){directory.at, length}) ||
        (length && path.at[length] != '/') || (directory.len == 0 && path.at[0] == '/'))
        return BYTES("");
    struct bytes name = bytes_from(path, directory.len == 0 ? 0 : length + 1);
    return memchr(name.at, '/', name.len) ? BYTES("") : name;
}

void directory_list(struct machine *machine, struct bytes directory, struct fields *out)
{
    uint32_t count, first = out->count;
    const struct file_entry *table = files_table(machine->profile, &count);
    for (struct file *file = machine->files; file; file = file->next) {
        struct bytes name = name_below(directory, file->path);
        if (file->mode && name.len)
            fields_add(machine, out, name);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct bytes path = bytes_of(table[i].path), name = name_below(directory, path);
        struct file_view view = name.len ? file_look(machine, path) : (struct file_view){0};
        if (view.mode && !view.written)
            fields_add(machine, out, name);
    }
    if (bytes_equal(directory, BYTES("/bin")) || bytes_equal(directory, BYTES("/usr/bin")) ||
        bytes_equal(directory, BYTES("/sbin")) || bytes_equal(directory, BYTES("/usr/sbin")))
        applets_list(machine, out);
    if (out->count > first)
        qsort(out->items + first, out->count - first, sizeof(*out->items), name_compare);
}

bool file_read(struct machine *machine, struct bytes tool, struct bytes path,
               struct bytes *ret_content)
{
    const char *why = NULL;
    if (bytes_equal(path, BYTES("-")) || bytes_equal(path, BYTES("/dev/stdin"))) {
        *ret_content = machine_read(machine, 0);
        return true;
    }
    if (bytes_equal(path, BYTES("/dev/fd/9"))) {
        *ret_content = machine_read(machine, 9);
        return true;
    }
    struct bytes resolved = path_resolve(machine, path);
    struct file_view view = file_look(machine, resolved);
    bool doubtful =
        !view.mode && (text_has_hole(path) || resolved.len == 0 || resolved.at[0] != '/');
    machine->result->guessed |= doubtful;
    if (!view.mode)
        why = "No such file or directory";
    else if (file_is_directory(&view))
        why = "Is a directory";
    else if (!view.readable)
        why = "Permission denied";
    if (view.mode && view.mode[7] != 'r' && !view.written)
        machine->result->user_matters = true;
    if (!why) {
        *ret_content = view.content;
        machine_step(machine, view.content.len);
        return true;
    }
    bool busybox = machine->profile == SHELL_busybox;
    if (busybox && strcmp(why, "Is a directory") == 0)
        machine_put_format(machine, 2, "%.*s: read error: Is a directory\n", (int)tool.len,
                           tool.at);
    else
        machine_put_format(machine, 2, "%.*s: %s%.*s%s: %s\n", (int)tool.len, tool.at,
                           busybox ? "can't open '" : "", (int)path.len, path.at,
                           busybox ? "'" : "", why);
    return false;
}
