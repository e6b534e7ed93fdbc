#include "triage/shell/machine.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

enum { STEP_WORK = 256 };

bool machine_step(struct machine *machine, size_t bytes)
{
    size_t work = bytes ? bytes : STEP_WORK;
    if (machine->flow == FLOW_stop)
        return false;
    if (work > (size_t)SHELL_STEPS * STEP_WORK - machine->work) {
        machine->flow = FLOW_stop;
        return false;
    }
    machine->work += work;
    return true;
}

bool machine_enter(struct machine *machine)
{
    if (machine->depth >= SHELL_DEPTH)
        machine->flow = FLOW_stop;
    if (machine->flow == FLOW_stop)
        return false;
    machine->depth++;
    return true;
}

void machine_leave(struct machine *machine)
{
    machine->depth--;
}

void *machine_take(struct machine *machine, size_t size)
{
    void *memory = arena_take(machine->arena, size);
    if (!memory)
        machine->flow = FLOW_stop;
    return memory;
}

struct stream *stream_new(struct machine *machine)
{
    static struct stream nowhere; /* read and written as empty when memory ran out */
    struct stream *stream = machine_take(machine, sizeof(*stream));
    return stream ? stream : &nowhere;
}

struct stream *stream_reads(struct machine *machine, struct bytes source)
{
    struct stream *stream = stream_new(machine);
    if (!machine_stops(machine))
        stream->source = source;
    return stream;
}

struct stream *stream_writes(struct machine *machine, struct text *sink)
{
    struct stream *stream = stream_new(machine);
    if (!machine_stops(machine))
        stream->sink = sink;
    return stream;
}

struct text *machine_text(struct machine *machine)
{
    struct text *text = machine_take(machine, sizeof(*text));
    if (text)
        text->arena = machine->arena;
    return text;
}

void machine_put(struct machine *machine, int fd, struct bytes bytes)
{
    struct stream *stream = machine->fds[fd];
    if (!stream || !stream->sink)
        return;
    text_add(stream->sink, bytes);
    if (stream->sink->full &&
        (stream->sink == &machine->output || stream->sink == &machine->errors))
        machine->flow = FLOW_stop;
}

void machine_put_format(struct machine *machine, int fd, const char *format, ...)
{
    char room[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(room, sizeof(room), format, arguments);
    va_end(arguments);
    if (length > 0)
        machine_put(machine, fd,
                    (struct bytes){room, (size_t)length < sizeof(room) ? (size_t)length
                                                                       : sizeof(room) - 1});
}

void shell_complain(struct machine *machine, struct bytes about, const char *what)
{
    machine_put_format(machine, 2, "%c%.*s%s%s\n", SHELL_HOLE_shell, (int)about.len,
                       about.len ? about.at : "", about.len && what[0] ? ": " : "", what);
}

struct bytes machine_read(struct machine *machine, int fd)
{
    struct stream *stream = machine->fds[fd];
    if (!stream)
        return BYTES("");
    if (stream->network && stream->at >= stream->source.len)
        return BYTES("\x0f"); /* SHELL_HOLE_text */
    struct bytes rest = bytes_from(stream->source, stream->at);
    stream->at = stream->source.len;
    machine_step(machine, rest.len);
    return rest.at ? rest : BYTES("");
}

/* --- variables --- */

struct variable *variable_find(const struct machine *machine, struct bytes name)
{
    for (struct variable *variable = machine->variables; variable; variable = variable->next)
        if (bytes_equal(variable->name, name))
            return variable->unset ? NULL : variable;
    return NULL;
}

struct variable *variable_own(struct machine *machine, struct bytes name)
{
    struct variable *old = machine->variables;
    while (old && !bytes_equal(old->name, name))
        old = old->next;
    if (old && old->level == machine->level)
        return old->readonly ? NULL : old;
    struct variable *variable = machine_take(machine, sizeof(*variable));
    if (!variable)
        return NULL;
    if (old)
        *variable = *old;
    variable->name = name;
    variable->level = machine->level;
    variable->next = machine->variables;
    machine->variables = variable;
    return variable;
}

void variable_set(struct machine *machine, struct bytes name, struct bytes value)
{
    struct variable *variable = variable_own(machine, name);
    if (!variable)
        return;
    variable->value = value;
    variable->elements = NULL;
    variable->element_count = 0;
    variable->unset = false;
    variable->inherited = false;
}

struct bytes variable_get(struct machine *machine, struct bytes name)
{
    struct variable *variable = variable_find(machine, name);
    if (!variable)
        return (struct bytes){NULL, 0};
    if (variable->elements)
        return variable->element_count ? variable->elements[0] : (struct bytes){NULL, 0};
    return variable->value.at ? variable->value : BYTES("");
}

struct function *function_find(const struct machine *machine, struct bytes name)
{
    for (struct function *function = machine->functions; function; function = function->next)
        if (bytes_equal(function->name, name))
            return function->body ? function : NULL;
    return NULL;
}

/* --- effects --- */

struct shell_effect *effect_add(struct machine *machine, enum shell_effect_kind kind)
{
    struct shell_result *result = machine->result;
    if (result->effect_count == SHELL_EFFECTS) {
        result->effects_dropped++;
        return NULL;
    }
    machine->effect_data[result->effect_count] = NULL;
    struct shell_effect *effect = &result->effects[result->effect_count++];
    *effect = (struct shell_effect){.kind = kind, .command = machine->command};
    return effect;
}

struct text *effect_text(struct machine *machine, const struct shell_effect *effect)
{
    if (!effect)
        return NULL;
    struct text **text = &machine->effect_data[effect - machine->result->effects];
    if (!*text)
        *text = machine_text(machine);
    return *text;
}

bool is_address(struct bytes host)
{
    char text[64];
    unsigned char room[16];
    if (host.len == 0 || host.len >= sizeof(text))
        return false;
    memcpy(text, host.at, host.len);
    text[host.len] = 0;
    return inet_aton(text, (struct in_addr *)room) != 0 || inet_pton(AF_INET6, text, room) == 1;
}

void effect_resolve(struct machine *machine, struct bytes host)
{
    if (host.len == 0 || is_address(host) || bytes_equal(host, BYTES("localhost")))
        return;
    for (uint32_t i = 0; i < machine->result->effect_count; i++)
        if (machine->result->effects[i].kind == SHELL_resolve &&
            bytes_equal(machine->result->effects[i].host, host))
            return;
    struct shell_effect *effect = effect_add(machine, SHELL_resolve);
    if (effect)
        effect->host = host;
}

struct shell_effect *effect_connect(struct machine *machine, struct bytes host, uint16_t port,
                                    uint8_t protocol)
{
    effect_resolve(machine, host);
    struct shell_effect *effect = effect_add(machine, SHELL_connect);
    if (effect) {
        effect->host = host;
        effect->port = port;
        effect->protocol = protocol;
    }
    return effect;
}
