#include "lab/world.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"

int world_create(struct world *world, uint64_t seed, uint32_t pcs, uint32_t servers, uint32_t days)
{
    *world = (struct world){.seed = seed, .density = 1};
    int error = enterprise_create(&world->enterprise, seed, pcs, servers, days);
    if (error)
        return error;
    world->processes = calloc(1, sizeof *world->processes);
    if (!world->processes) {
        world_finish(world);
        return -ENOMEM;
    }
    world->process_count = world->process_capacity = 1;
    return 0;
}

void world_finish(struct world *world)
{
    for (uint32_t i = 0; world->processes && i < world->process_count; i++)
        free(world->processes[i].text);
    free(world->processes);
    free(world->free_slots);
    free(world->events);
    buffer_finish(&world->text);
    buffer_finish(&world->scratch);
    buffer_finish(&world->intruder_entities);
    enterprise_finish(&world->enterprise);
    *world = (struct world){0};
}

/* Room for one more element; false and world->failed when there is none. */
static bool array_grow(struct world *world, void **array, uint32_t count, uint32_t *capacity,
                       size_t size)
{
    if (count < *capacity)
        return true;
    uint32_t more = *capacity < 1024 ? 1024 : *capacity + *capacity / 2;
    void *bigger = more > *capacity ? realloc(*array, more * size) : NULL;
    if (!bigger) {
        world->failed = more > *capacity ? -ENOMEM : -EFBIG;
        return false;
    }
    *array = bigger;
    *capacity = more;
    return true;
}

void world_forget(struct world *world, int64_t now)
{
    struct buffer text = {0};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < world->event_count; i++) {
        struct event event = world->events[i];
        if (event.time < now)
            continue;
        struct bytes own = {world->text.at + event.text, event.length};
        event.text = text.len;
        buffer_put(&text, own);
        world->events[kept++] = event;
    }
    if (text.failed)
        world->failed = -ENOMEM;
    buffer_clear(&world->text); /* keep its memory, take over what waits */
    buffer_put(&world->text, buffer_bytes(&text));
    buffer_finish(&text);
    world->event_count = kept;
    for (uint32_t slot = 1; slot < world->process_count; slot++) {
        struct process *process = &world->processes[slot];
        if (!process->text || process->end >= now)
            continue;
        if (!array_grow(world, (void **)&world->free_slots, world->free_count,
                        &world->free_capacity, sizeof *world->free_slots))
            return;
        free(process->text);
        *process = (struct process){0};
        world->free_slots[world->free_count++] = slot;
    }
}

struct scene world_scene(struct world *world, uint32_t slot, int64_t time)
{
    const struct process *process = &world->processes[slot];
    return (struct scene){.enterprise = &world->enterprise,
                          .host = &world->enterprise.hosts[process->host],
                          .user = &world->enterprise.users[process->user],
                          .program = catalog_program(process->program),
                          .time = time,
                          .random = &world->random};
}

void world_event(struct world *world, uint32_t slot, int64_t time, enum event_kind kind,
                 size_t text)
{
    const struct process *process = &world->processes[slot];
    if (time < process->start) /* a look-up that leads to a connection, at the very start */
        time = process->start;
    if (time > process->end) { /* what it would have done, had it lived on */
        world->text.len = text;
        return;
    }
    if (!array_grow(world, (void **)&world->events, world->event_count, &world->event_capacity,
                    sizeof *world->events))
        return;
    world->events[world->event_count] =
        (struct event){.time = time / 1000 * 1000, /* a sensor's clock ticks in microseconds */
                       .text = text,
                       .length = (uint32_t)(world->text.len - text),
                       .process = slot,
                       .order = world->event_count,
                       .kind = kind};
    world->event_count++;
}

/* Processes */

static void put_hash(struct buffer *out, struct bytes of, uint64_t salt)
{
    uint64_t hash = salt;
    for (size_t i = 0; i < of.len; i++)
        hash = (hash ^ (uint8_t)of.at[i]) * 0x100000001b3u;
    for (unsigned part = 0; part < 4; part++)
        buffer_put_format(out, "%016" PRIx64, random_mix(hash, part));
}

static void put_parent(struct world *world, uint32_t parent)
{
    const struct process *process = &world->processes[parent];
    struct buffer *out = &world->scratch;
    if (!parent)
        return;
    buffer_put_format(out, ",\"parent\":{\"entity_id\":\"%s\",\"pid\":%u,\"executable\":\"",
                      process->entity, process->pid);
    buffer_put(out,
               (struct bytes){process->text + process->executable, process->executable_length});
    buffer_put(out, BYTES("\"}"));
}

/*
 * The text of a process: first what every row says of it, then (from `brief`)
 * what only its start and end say. Both lack the closing brace.
 */
static void process_describe(struct world *world, uint32_t slot, const struct start *start)
{
    struct process *process = &world->processes[slot];
    const struct program *program = catalog_program(start->program);
    struct buffer *out = &world->scratch;
    struct scene scene = world_scene(world, slot, start->time);
    scene.server = start->server;
    buffer_clear(out);
    buffer_put_format(out, "\"process\":{\"entity_id\":\"%s\",\"pid\":%u,\"executable\":\"",
                      process->entity, process->pid);
    process->executable = (uint32_t)out->len;
    text_expand(out, program->path, &scene);
    process->executable_length = (uint32_t)out->len - process->executable;
    size_t executable_end = out->len;
    buffer_put(out, BYTES("\",\"name\":\""));
    struct bytes path = {out->at + process->executable, process->executable_length};
    buffer_reserve(out, path.len);
    path.at = out->at + process->executable;
    buffer_put(out, text_base_name(path));
    buffer_put(out, BYTES("\""));
    process->brief = (uint32_t)out->len;
    buffer_put(out, BYTES(",\"command_line\":\""));
    const char *command = start->command;
    if (!command && program->commands) {
        uint32_t count = 0;
        while (program->commands[count])
            count++;
        command = program->commands[random_skewed(&world->random, count)];
    }
    if (command) {
        text_expand(out, command, &scene);
    } else {
        buffer_reserve(out, path.len + 8);
        buffer_put(out, BYTES("\\\""));
        buffer_put(out, (struct bytes){out->at + process->executable,
                                       executable_end - process->executable});
        buffer_put(out, BYTES("\\\""));
    }
    buffer_put(out, BYTES("\",\"hash\":{\"sha256\":\""));
    buffer_reserve(out, 80);
    put_hash(out, (struct bytes){out->at + process->executable, process->executable_length},
             scene.host->release[start->program]);
    buffer_put(out, BYTES("\"}"));
    put_parent(world, start->parent);
}

static uint32_t slot_take(struct world *world)
{
    if (world->free_count)
        return world->free_slots[--world->free_count];
    if (!array_grow(world, (void **)&world->processes, world->process_count,
                    &world->process_capacity, sizeof *world->processes))
        return 0;
    return world->process_count++;
}

uint32_t process_start(struct world *world, struct start start)
{
    uint32_t slot = slot_take(world);
    if (!slot)
        return 0;
    struct host *host = start.host;
    host->next_pid += 4 * (1 + random_below(&world->random, 40));
    if (host->next_pid > 30000)
        host->next_pid = 1000 + host->next_pid % 4;
    struct process *process = &world->processes[slot];
    *process = (struct process){
        .start = start.time,
        .end = INT64_MAX,
        .host = host->index,
        .user = catalog_program(start.program)->as_system ? (uint32_t)USER_SYSTEM : start.user,
        .pid = start.program == PROGRAM_SYSTEM ? 4 : host->next_pid & ~3u,
        .program = start.program};
    snprintf(process->entity, sizeof process->entity, "%08x-%04x-%08x",
             (uint32_t)random_mix(world->seed, host->index), process->pid & 0xffff,
             (uint32_t)random_mix(host->index, 0) + host->processes);
    host->processes++;
    process_describe(world, slot, &start);
    process->length = (uint32_t)world->scratch.len;
    process->text = malloc(world->scratch.len + 1);
    if (!process->text || world->scratch.failed) {
        world->failed = -ENOMEM;
        process->length = process->brief = 0;
        return 0;
    }
    memcpy(process->text, world->scratch.at, world->scratch.len);
    world_event(world, slot, start.time, EVENT_PROCESS_START, world->text.len);
    if (world->intruder)
        buffer_put_block(&world->intruder_entities, bytes_of(process->entity));
    return slot;
}

void process_end(struct world *world, uint32_t slot, int64_t time)
{
    struct process *process = &world->processes[slot];
    if (!slot || process->end != INT64_MAX)
        return;
    process->end = time < process->start ? process->start : time;
    world_event(world, slot, process->end, EVENT_PROCESS_END, world->text.len);
}

uint32_t host_running(const struct host *host, enum program_id program, int64_t time)
{
    if (host->now.running[PROGRAM_SYSTEM] && time > host->now.boot)
        return host->now.halt == TIME_NONE || time < host->now.halt ? host->now.running[program]
                                                                    : 0;
    if (host->before.running[PROGRAM_SYSTEM] && time > host->before.boot &&
        time < host->before.halt)
        return host->before.running[program];
    return 0;
}
