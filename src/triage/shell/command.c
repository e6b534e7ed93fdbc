/* Simple commands: assignments in front, finding what is named, functions, scripts of their own. */
#include "triage/shell/call.h"

static struct bytes words_join(struct machine *machine, const struct bytes *words, uint32_t count)
{
    struct text out = {.arena = machine->arena};
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            text_add_char(&out, ' ');
        text_add(&out, words[i]);
    }
    return text_bytes(&out);
}

static void array_assign(struct machine *machine, struct variable *variable,
                         const struct assignment *assignment)
{
    struct fields fields = {0};
    if (assignment->append && variable->elements)
        for (uint32_t i = 0; i < variable->element_count; i++)
            fields_add(machine, &fields, variable->elements[i]);
    words_expand(machine, assignment->value, &fields);
    static struct bytes none;
    variable->elements = fields.count ? fields.items : &none;
    variable->element_count = fields.count;
}

static void element_assign(struct machine *machine, struct variable *variable, struct bytes index,
                           struct bytes value)
{
    enum { ELEMENTS = 4096 };
    bool unknown;
    int64_t at = arithmetic_evaluate(machine, index, &unknown);
    if (at < 0 || at >= ELEMENTS)
        return;
    if (at >= (int64_t)variable->element_count || !variable->elements) {
        struct bytes *elements = machine_take(machine, (size_t)(at + 1) * sizeof(*elements));
        if (!elements)
            return;
        if (variable->elements && variable->element_count)
            memcpy(elements, variable->elements, variable->element_count * sizeof(*elements));
        for (int64_t i = variable->elements ? variable->element_count : 0; i <= at; i++)
            elements[i] = (struct bytes){NULL, 0};
        variable->elements = elements;
        variable->element_count = (uint32_t)at + 1;
    }
    variable->elements[at] = value;
}

void assignment_run(struct machine *machine, const struct assignment *assignment)
{
    struct bytes value = BYTES("");
    if (!assignment->array)
        value = word_expand(machine, assignment->value);
    struct variable *variable = variable_own(machine, assignment->name);
    if (!variable) {
        shell_complain(machine, assignment->name,
                       machine->dialect == DIALECT_bash ? "readonly variable" : "is read only");
        machine->status = 1;
        return;
    }
    variable->unset = false;
    if (assignment->array)
        array_assign(machine, variable, assignment);
    else if (assignment->index.at)
        element_assign(machine, variable, assignment->index, value);
    else {
        if (assignment->append) {
            struct bytes parts[2] = {variable->value.at ? variable->value : BYTES(""), value};
            struct text out = {.arena = machine->arena};
            text_add(&out, parts[0]);
            text_add(&out, parts[1]);
            value = text_bytes(&out);
        }
        variable_set(machine, assignment->name, value);
    }
}

static void assignments_run(struct machine *machine, const struct assignment *assignments)
{
    machine->substitution_status = -1;
    machine->status = 0;
    for (; assignments && machine->flow == FLOW_none; assignments = assignments->next)
        assignment_run(machine, assignments);
    if (machine->substitution_status >= 0 && machine->status == 0)
        machine->status = machine->substitution_status;
}

static int function_run(struct machine *machine, const struct function *function,
                        struct bytes *words, uint32_t count)
{
    struct bytes *arguments = machine->arguments;
    uint32_t argument_count = machine->argument_count;
    if (!machine_enter(machine))
        return machine->status;
    machine->arguments = words + 1;
    machine->argument_count = count - 1;
    struct saved_variable *outer_locals = machine->locals;
    machine->locals = NULL;
    machine->status = 0;
    node_run(machine, function->body);
    variables_restore(machine, machine->locals);
    machine->locals = outer_locals;
    machine->arguments = arguments;
    machine->argument_count = argument_count;
    machine_leave(machine);
    if (machine->flow == FLOW_return)
        machine->flow = FLOW_none;
    return machine->status;
}

static int not_found(struct machine *machine, struct bytes name)
{
    bool path = memchr(name.at, '/', name.len) != NULL;
    machine->result->commands_unknown++;
    if (text_has_hole(name)) { /* some command, whose name nobody knows */
        machine->result->guessed = true;
        machine_put(machine, 1, BYTES("\x0f"));
        return machine->status = 0;
    }
    if (path) {
        struct file_view view = file_look(machine, path_resolve(machine, name));
        bool denied = view.mode && (file_is_directory(&view) || view.mode[3] != 'x');
        const char *why = machine->dialect == DIALECT_dash || machine->dialect == DIALECT_ash
                              ? (denied ? "Permission denied" : "not found")
                          : file_is_directory(&view) ? "Is a directory"
                          : denied                   ? "Permission denied"
                                                     : "No such file or directory";
        shell_complain(machine, name, why);
        return machine->status = denied ? 126 : 127;
    }
    shell_complain(machine, name,
                   machine->dialect == DIALECT_bash ? "command not found" : "not found");
    return machine->status = 127;
}

/* A file the script wrote and now runs: a shell script, or who knows what. */
static bool own_script_run(struct machine *machine, struct bytes name, struct bytes *words,
                           uint32_t count)
{
    struct file_view view = file_look(machine, path_resolve(machine, name));
    if (!view.mode || !view.written || view.mode[3] != 'x')
        return false;
    machine->result->commands_run++;
    enum dialect dialect = machine->dialect;
    if (bytes_start(view.content, BYTES("#!/bin/bash")))
        dialect = DIALECT_bash;
    script_run_apart(machine, dialect, view.content, words + 1, count - 1);
    return true;
}

/* Where a name with a path says it lies, a tool is found by its last part. */
static const struct applet *applet_at(struct machine *machine, struct bytes name)
{
    if (!memchr(name.at, '/', name.len))
        return applet_find(machine, name);
    struct bytes path = path_resolve(machine, name);
    size_t slash = path.len;
    while (slash && path.at[slash - 1] != '/')
        slash--;
    struct bytes folder = {path.at, slash};
    static const char *const folders[] = {"/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/",
                                          "/usr/local/bin/"};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        if (bytes_equal(folder, bytes_of(folders[i]))) {
            const struct applet *applet = applet_find(machine, bytes_from(path, slash));
            return applet && !(applet->flags & APPLET_builtin_only) ? applet : NULL;
        }
    return NULL;
}

bool command_exists(struct machine *machine, struct bytes name)
{
    struct file_view view = file_look(machine, path_resolve(machine, name));
    bool own = memchr(name.at, '/', name.len) && view.written && view.mode && view.mode[3] == 'x';
    return own || applet_at(machine, name);
}

int command_run(struct machine *machine, struct bytes *words, uint32_t count, bool plain)
{
    if (count == 0 || !machine_step(machine, 0) || !machine_enter(machine))
        return machine->status;
    struct bytes name = words[0], outer = machine->command;
    struct function *function = plain ? NULL : function_find(machine, name);
    machine->command = words_join(machine, words, count);
    if (function)
        function_run(machine, function, words, count);
    else {
        const struct applet *applet = applet_at(machine, name);
        struct call call = {machine, words, count, bytes_base_name(name)};
        if (machine->profile != SHELL_busybox)
            call.name = name;
        if (applet) {
            machine->result->commands_run++;
            machine->status = applet->run(&call);
        } else if (name.len == 0 || !memchr(name.at, '/', name.len) ||
                   !own_script_run(machine, name, words, count))
            not_found(machine, name);
    }
    machine->command = outer;
    machine_leave(machine);
    return machine->status;
}

/* A variable as it is now, to be put back by variables_restore. */
struct saved_variable *variable_save(struct machine *machine, struct bytes name,
                                     struct saved_variable *next)
{
    struct saved_variable *saved = machine_take(machine, sizeof(*saved));
    struct variable *variable = variable_find(machine, name);
    if (!saved)
        return next;
    *saved = (struct saved_variable){.next = next, .name = name, .was_unset = !variable};
    if (variable)
        saved->copy = *variable;
    return saved;
}

void variables_restore(struct machine *machine, const struct saved_variable *saved)
{
    for (; saved; saved = saved->next) {
        struct variable *variable = variable_own(machine, saved->name);
        if (!variable)
            continue;
        variable->value = saved->copy.value;
        variable->elements = saved->copy.elements;
        variable->element_count = saved->copy.element_count;
        variable->exported = saved->copy.exported;
        variable->unset = saved->was_unset;
    }
}

/* FOO=1 command: the variables live as long as the command does. */
static void prefixed_run(struct machine *machine, const struct node *node, struct fields *fields)
{
    struct saved_variable *saved = NULL;
    for (const struct assignment *one = node->assignments; one && machine->flow == FLOW_none;
         one = one->next) {
        saved = variable_save(machine, one->name, saved);
        assignment_run(machine, one);
        struct variable *variable = variable_find(machine, one->name);
        if (variable)
            variable->exported = true;
    }
    if (machine->flow == FLOW_none)
        command_run(machine, fields->items, fields->count, false);
    const struct applet *applet = applet_find(machine, fields->items[0]);
    bool special = applet && (applet->flags & APPLET_special);
    if (!special || (machine->dialect == DIALECT_bash && !machine->posix))
        variables_restore(machine, saved);
}

int simple_run(struct machine *machine, const struct node *node)
{
    struct fields fields = {0};
    struct stream *saved[MACHINE_FDS];
    if (!machine_step(machine, 0))
        return machine->status;
    machine->substitution_status = -1;
    words_expand(machine, node->words, &fields);
    if (machine->flow != FLOW_none)
        return machine->status;
    memcpy(saved, machine->fds, sizeof(saved));
    bool ok = redirects_apply(machine, node->redirects);
    bool keep = ok && fields.count == 1 && bytes_equal(fields.items[0], BYTES("exec"));
    if (!ok)
        machine->status = machine->dialect == DIALECT_dash ? 2 : 1;
    else if (fields.count == 0) {
        int substituted = machine->substitution_status;
        assignments_run(machine, node->assignments);
        if (!node->assignments && substituted >= 0)
            machine->status = substituted;
    } else
        prefixed_run(machine, node, &fields);
    if (!keep)
        memcpy(machine->fds, saved, sizeof(saved));
    return machine->status;
}

/* dash: what it calls the token that it did not expect. */
static void dash_complain(struct machine *machine, struct bytes what)
{
    static const char *const reserved[] = {"then", "else", "elif", "fi", "do",
                                           "done", "esac", "in",   "{",  "}"};
    char c = what.len ? what.at[0] : 0;
    bool quote = what.len == 1 && strchr("'\"`", c);
    bool named = strchr(";&|()", c) != NULL;
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
        named |= bytes_equal(what, bytes_of(reserved[i]));
    machine_put_format(machine, 2, "%cSyntax error: ", SHELL_HOLE_shell);
    if (quote)
        machine_put_format(machine, 2, "%s\n",
                           c == '`' ? "EOF in backquote substitution"
                                    : "Unterminated quoted string");
    else if (bytes_equal(what, BYTES("for")))
        machine_put_format(machine, 2, "Bad for loop variable\n");
    else if (what.len == 0 || c == '$')
        machine_put_format(machine, 2, "end of file unexpected%c\n", SHELL_HOLE_line);
    else if (bytes_equal(what, BYTES("newline")))
        machine_put_format(machine, 2, "newline unexpected%c\n", SHELL_HOLE_line);
    else if (named)
        machine_put_format(machine, 2, "\"%.*s\" unexpected%c\n", (int)what.len, what.at,
                           SHELL_HOLE_line);
    else
        machine_put_format(machine, 2, "%s unexpected%c\n",
                           c == '<' || c == '>' ? "redirection" : "word", SHELL_HOLE_line);
}

static void ash_complain(struct machine *machine, struct bytes what)
{
    bool quote = what.len == 1 && strchr("'\"`", what.at[0]);
    machine_put_format(machine, 2, "%csyntax error: ", SHELL_HOLE_shell);
    if (quote)
        machine_put_format(machine, 2, "%s\n",
                           what.at[0] == '`' ? "EOF in backquote substitution"
                                             : "unterminated quoted string");
    else if (bytes_equal(what, BYTES("for")))
        machine_put_format(machine, 2, "bad for loop variable\n");
    else
        machine_put_format(machine, 2, "unexpected %c\n", SHELL_HOLE_line);
}

static void bash_complain(struct machine *machine, struct bytes what)
{
    bool quote = what.len == 1 && strchr("'\"`", what.at[0]);
    if (quote || bytes_equal(what, BYTES("$(")))
        machine_put_format(machine, 2, "%cunexpected EOF while looking for matching `%c'\n%c",
                           SHELL_HOLE_shell, quote ? what.at[0] : ')', SHELL_HOLE_lines);
    else if (what.len == 0)
        machine_put_format(machine, 2, "%csyntax error: unexpected end of file%c\n",
                           SHELL_HOLE_shell, SHELL_HOLE_line);
    else
        machine_put_format(machine, 2, "%csyntax error near unexpected token `%c'\n%c",
                           SHELL_HOLE_shell, SHELL_HOLE_line, SHELL_HOLE_lines);
}

static void syntax_complain(struct machine *machine, const struct parse *parse)
{
    machine->result->syntax_error = true;
    machine->status = 2;
    if (machine->dialect == DIALECT_dash)
        dash_complain(machine, parse->unexpected);
    else if (machine->dialect == DIALECT_ash)
        ash_complain(machine, parse->unexpected);
    else
        bash_complain(machine, parse->unexpected);
}

int script_run(struct machine *machine, struct bytes script)
{
    if (!machine_enter(machine) || !machine_step(machine, script.len))
        return machine->status;
    struct parse parse = script_parse(machine->arena, machine->dialect, script);
    if (parse.node)
        node_run(machine, parse.node);
    if (parse.result == PARSE_error && machine->flow == FLOW_none)
        syntax_complain(machine, &parse);
    else if (parse.result == PARSE_deep || parse.result == PARSE_memory)
        machine->flow = FLOW_stop;
    machine_leave(machine);
    return machine->status;
}

int script_run_apart(struct machine *machine, enum dialect dialect, struct bytes script,
                     const struct bytes *arguments, uint32_t count)
{
    struct shell_state state = subshell_begin(machine);
    machine->dialect = dialect;
    machine->arguments = (struct bytes *)arguments;
    machine->argument_count = count;
    machine->errexit = machine->noglob = machine->nounset = false;
    machine->functions = NULL;
    machine->status = 0;
    script_run(machine, script);
    subshell_end(machine, &state);
    return machine->status;
}
