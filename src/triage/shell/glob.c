/* File names that match a pattern, component by component over the imitation filesystem. */
#include "triage/shell/files.h"

struct glob_run {
    struct machine *machine;
    struct fields *out;
};

static bool has_wildcard(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\\')
            i++;
        else if (strchr("*?[", text.at[i]) && text.at[i])
            return true;
    }
    return false;
}

static struct bytes unescape(struct machine *machine, struct bytes text)
{
    struct text out = {.arena = machine->arena};
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\\' && i + 1 < text.len)
            i++;
        text_add_char(&out, text.at[i]);
    }
    return text_bytes(&out);
}

static struct bytes join(struct machine *machine, struct bytes prefix, struct bytes name,
                         bool slash)
{
    struct text out = {.arena = machine->arena};
    text_add(&out, prefix);
    text_add(&out, name);
    if (slash)
        text_add_char(&out, '/');
    return text_bytes(&out);
}

/* `prefix` is what was matched so far, with a slash behind it or empty. */
static void glob_walk(struct glob_run *run, struct bytes prefix, struct bytes pattern)
{
    struct machine *machine = run->machine;
    if (!machine_enter(machine))
        return;
    size_t end = text_find(pattern, 0, BYTES("/"));
    struct bytes component = {pattern.at, end}, rest = bytes_from(pattern, end + 1);
    bool last = end == pattern.len;
    if (!has_wildcard(component)) {
        struct bytes path = join(machine, prefix, unescape(machine, component), !last);
        if (!last)
            glob_walk(run, path, rest);
        else if (component.len == 0 || file_look(machine, path_resolve(machine, path)).mode)
            fields_add(machine, run->out, path);
        machine_leave(machine);
        return;
    }
    struct fields names = {0};
    struct bytes directory = path_resolve(machine, prefix.len ? prefix : BYTES("."));
    directory_list(machine, directory, &names);
    for (uint32_t i = 0; i < names.count && machine_step(machine, 16); i++) {
        struct bytes name = names.items[i];
        bool hidden = name.at[0] == '.' && component.at[0] != '.';
        bool twice = i > 0 && bytes_equal(name, names.items[i - 1]);
        if (hidden || twice || !pattern_match(component, name, false))
            continue;
        struct bytes path = join(machine, prefix, name, !last);
        if (last)
            fields_add(machine, run->out, path);
        else
            glob_walk(run, path, rest);
    }
    machine_leave(machine);
}

bool glob_expand(struct machine *machine, struct bytes pattern, struct fields *out)
{
    struct glob_run run = {machine, out};
    uint32_t before = out->count;
    bool absolute = pattern.at[0] == '/' || machine->cwd.len > 0;
    glob_walk(&run, pattern.at[0] == '/' ? BYTES("/") : BYTES(""),
              pattern.at[0] == '/' ? bytes_from(pattern, 1) : pattern);
    if (out->count > before)
        return true;
    if (absolute)
        return false;
    machine->result->guessed = true;
    if (!bytes_equal(pattern, BYTES("*")))
        return false;
    fields_add(machine, out, BYTES("\x03")); /* SHELL_HOLE_line: files nobody knows */
    return true;
}
