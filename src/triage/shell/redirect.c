/* Redirections: files, copies of descriptors, here-documents, and bash's /dev/tcp. */
#include "triage/shell/files.h"

static int default_fd(enum redirect_kind kind)
{
    switch (kind) {
    case REDIRECT_input:
    case REDIRECT_read_write:
    case REDIRECT_copy_input:
    case REDIRECT_here:
    case REDIRECT_here_string:
        return 0;
    default:
        return 1;
    }
}

static void cannot(struct machine *machine, struct bytes path, const char *why, bool reading)
{
    const char *verb = reading ? "open" : "create";
    bool missing = strcmp(why, "No such file or directory") == 0;
    switch (machine->dialect) {
    case DIALECT_dash:
        if (missing)
            why = reading ? "No such file" : "Directory nonexistent";
        machine_put_format(machine, 2, "%ccannot %s %.*s: %s\n", SHELL_HOLE_shell, verb,
                           (int)path.len, path.at, why);
        break;
    case DIALECT_ash:
        if (missing)
            why = reading ? "no such file" : "nonexistent directory";
        machine_put_format(machine, 2, "%ccan't %s %.*s: %s\n", SHELL_HOLE_shell, verb,
                           (int)path.len, path.at, why);
        break;
    case DIALECT_bash:
        shell_complain(machine, path, why);
        break;
    }
}

/* /dev/tcp/HOST/PORT of bash; NULL for any other path. */
static struct stream *network_open(struct machine *machine, struct bytes path)
{
    bool udp = bytes_start(path, BYTES("/dev/udp/"));
    if (machine->dialect != DIALECT_bash || (!udp && !bytes_start(path, BYTES("/dev/tcp/"))))
        return NULL;
    struct bytes rest = bytes_from(path, 9);
    size_t slash = text_find(rest, 0, BYTES("/"));
    int64_t port;
    if (slash == rest.len || !text_integer(bytes_from(rest, slash + 1), &port))
        port = 0;
    struct shell_effect *effect =
        effect_connect(machine, (struct bytes){rest.at, slash}, (uint16_t)port, udp ? 17 : 6);
    struct stream *stream = stream_new(machine);
    if (!machine_stops(machine)) {
        stream->network = true;
        stream->sink = effect_text(machine, effect);
    }
    return stream;
}

static struct stream *output_open(struct machine *machine, struct bytes path, bool append)
{
    const char *why;
    struct stream *network = network_open(machine, path);
    if (network)
        return network;
    if (bytes_equal(path, BYTES("/dev/stdout")) || bytes_equal(path, BYTES("/dev/fd/1")) ||
        bytes_equal(path, BYTES("/proc/self/fd/1")))
        return machine->fds[1];
    if (bytes_equal(path, BYTES("/dev/stderr")) || bytes_equal(path, BYTES("/dev/fd/2")))
        return machine->fds[2];
    struct text *text = file_write(machine, path, append, &why);
    if (why) {
        cannot(machine, path, why, false);
        return NULL;
    }
    return stream_writes(machine, text);
}

static struct stream *input_open(struct machine *machine, struct bytes path)
{
    struct stream *network = network_open(machine, path);
    if (network)
        return network;
    if (bytes_equal(path, BYTES("/dev/stdin")) || bytes_equal(path, BYTES("/dev/fd/0")))
        return machine->fds[0];
    if (bytes_equal(path, BYTES("/dev/fd/9")) && machine->fds[9])
        return machine->fds[9];
    struct file_view view = file_look(machine, path_resolve(machine, path));
    if (view.mode && !file_is_directory(&view) && view.readable)
        return stream_reads(machine, view.content);
    machine->result->user_matters |= view.mode && !view.readable;
    machine->result->guessed |= !view.mode && (path.len == 0 || path.at[0] != '/');
    cannot(machine, path,
           !view.mode      ? "No such file or directory"
           : view.readable ? "Is a directory"
                           : "Permission denied",
           true);
    return NULL;
}

static bool copy_apply(struct machine *machine, int fd, struct bytes target, bool output,
                       bool with_errors)
{
    int64_t from;
    if (bytes_equal(target, BYTES("-"))) {
        machine->fds[fd] = stream_new(machine);
        return true;
    }
    if (text_integer(target, &from) && from >= 0 && from < MACHINE_FDS && machine->fds[from]) {
        machine->fds[fd] = machine->fds[from];
        return true;
    }
    if (text_integer(target, &from)) {
        shell_complain(machine, target, "Bad file descriptor");
        return false;
    }
    if (!output || machine->dialect == DIALECT_dash) {
        shell_complain(machine, BYTES(""), "Bad fd number");
        return false;
    }
    struct stream *stream = output_open(machine, target, false); /* >& file */
    if (!stream)
        return false;
    machine->fds[fd] = stream;
    if (with_errors)
        machine->fds[2] = stream;
    return true;
}

static bool here_apply(struct machine *machine, int fd, const struct redirect *redirect)
{
    struct bytes body = word_expand(machine, redirect->target);
    if (redirect->kind == REDIRECT_here_string) {
        struct text text = {.arena = machine->arena};
        text_add(&text, body);
        text_add_char(&text, '\n');
        body = text_bytes(&text);
    }
    machine->fds[fd] = stream_reads(machine, body);
    return true;
}

static bool redirect_apply(struct machine *machine, const struct redirect *redirect)
{
    int fd = redirect->fd >= 0 ? redirect->fd : default_fd(redirect->kind);
    if (fd >= MACHINE_FDS)
        fd = MACHINE_FDS - 1;
    if (redirect->kind == REDIRECT_here || redirect->kind == REDIRECT_here_string)
        return here_apply(machine, fd, redirect);
    struct bytes target = word_expand(machine, redirect->target);
    struct stream *stream = NULL;
    switch (redirect->kind) {
    case REDIRECT_copy_input:
        return copy_apply(machine, fd, target, false, false);
    case REDIRECT_copy_output:
        return copy_apply(machine, fd, target, true, redirect->fd < 0);
    case REDIRECT_input:
        stream = input_open(machine, target);
        break;
    case REDIRECT_read_write:
        stream = network_open(machine, target);
        if (!stream)
            stream = output_open(machine, target, true);
        break;
    default:
        stream = output_open(machine, target,
                             redirect->kind == REDIRECT_append ||
                                 redirect->kind == REDIRECT_both_append);
        break;
    }
    if (!stream)
        return false;
    machine->fds[fd] = stream;
    if (redirect->kind == REDIRECT_both || redirect->kind == REDIRECT_both_append)
        machine->fds[2] = stream;
    return true;
}

bool redirects_apply(struct machine *machine, const struct redirect *redirects)
{
    for (; redirects && machine->flow == FLOW_none; redirects = redirects->next)
        if (!redirect_apply(machine, redirects))
            return false;
    return true;
}
