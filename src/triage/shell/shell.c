/* The way in: a machine made for a script, run, and what came of it copied out. */
#include "triage/shell/shell.h"

#include <errno.h>

#include "triage/shell/windows.h"

const char *shell_profile_name(enum shell_profile profile)
{
    static const char *const names[SHELL_PROFILES] = {"debian", "busybox", "cmd", "powershell",
                                                      "bash"};
    return profile < SHELL_PROFILES ? names[profile] : "";
}

const char *shell_effect_name(enum shell_effect_kind kind)
{
    static const char *const names[SHELL_EFFECT_KINDS] = {"connect", "request", "resolve", "ping",
                                                          "write",   "listen",  "remove"};
    return kind < SHELL_EFFECT_KINDS ? names[kind] : "";
}

static void environment_set(struct machine *machine, const char *name, const char *value,
                            bool exported)
{
    variable_set(machine, bytes_of(name), bytes_of(value));
    struct variable *variable = variable_find(machine, bytes_of(name));
    if (variable) {
        variable->exported = exported;
        variable->inherited = true;
    }
}

static void machine_start(struct machine *machine, enum shell_profile profile, bool root)
{
    static const enum dialect dialects[SHELL_PROFILES] = {
        [SHELL_debian] = DIALECT_dash, [SHELL_busybox] = DIALECT_ash, [SHELL_bash] = DIALECT_bash};
    machine->profile = profile;
    machine->dialect = dialects[profile];
    machine->root = root;
    machine->posix = profile == SHELL_bash;
    machine->name = BYTES("sh");
    machine->home = root ? BYTES("/root") : BYTES("/\x07");
    machine->output.arena = machine->errors.arena = machine->arena;
    machine->fds[0] = stream_new(machine);
    machine->fds[1] = stream_writes(machine, &machine->output);
    machine->fds[2] = stream_writes(machine, &machine->errors);
    environment_set(machine, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    true);
    environment_set(machine, "PWD", "/\x07", true);
    environment_set(machine, "HOME", root ? "/root" : "/\x07", true);
    environment_set(machine, "OPTIND", "1", false);
    environment_set(machine, "PS1", "$ ", false);
    environment_set(machine, "PS2", "> ", false);
    environment_set(machine, "PS4", "+ ", false);
    environment_set(machine, "IFS", " \t\n", false);
}

static struct bytes copy_out(struct arena *arena, struct bytes text, bool *failed)
{
    struct bytes copy = text.len ? arena_copy(arena, text) : BYTES("");
    *failed |= copy.at == NULL;
    return copy;
}

static int result_finish(struct machine *machine, struct arena *arena, struct shell_result *result)
{
    bool failed = false;
    result->output = copy_out(arena, text_bytes(&machine->output), &failed);
    result->errors = copy_out(arena, text_bytes(&machine->errors), &failed);
    result->status = machine->status;
    result->stopped |= machine->flow == FLOW_stop;
    for (uint32_t i = 0; i < result->effect_count; i++) {
        struct shell_effect *effect = &result->effects[i];
        effect->host = copy_out(arena, effect->host, &failed);
        effect->text = copy_out(arena, effect->text, &failed);
        effect->command = copy_out(arena, effect->command, &failed);
        effect->data = machine->effect_data[i]
                           ? copy_out(arena, text_bytes(machine->effect_data[i]), &failed)
                           : BYTES("");
    }
    return failed ? -ENOMEM : 0;
}

int shell_run_as(enum shell_profile profile, bool root, struct bytes script, struct arena *arena,
                 struct shell_result *ret_result)
{
    struct arena scratch = {.limit = SHELL_MEMORY};
    struct shell_result result = {0};
    struct machine *machine = arena_take(&scratch, sizeof(*machine));
    if (!machine) {
        arena_finish(&scratch);
        return -ENOMEM;
    }
    machine->arena = &scratch;
    machine->result = &result;
    machine_start(machine, profile, root);
    if (script.len > SHELL_SCRIPT) {
        script.len = SHELL_SCRIPT;
        result.stopped = true;
    }
    if (profile == SHELL_cmd)
        cmd_script_run(machine, script);
    else if (profile == SHELL_powershell)
        powershell_script_run(machine, script);
    else
        script_run(machine, script);
    if (machine->exit_trap.len && machine->flow != FLOW_stop) {
        int status = machine->status;
        machine->flow = FLOW_none;
        script_run(machine, machine->exit_trap);
        machine->status = machine->flow == FLOW_exit ? machine->status : status;
    }
    int error = result_finish(machine, arena, &result);
    arena_finish(&scratch);
    if (error == 0)
        *ret_result = result;
    return error;
}

int shell_run(enum shell_profile profile, struct bytes script, struct arena *arena,
              struct shell_result *ret_result)
{
    return shell_run_as(profile, profile == SHELL_busybox, script, arena, ret_result);
}
