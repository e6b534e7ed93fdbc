#include "lab/truth.h"

#include <assert.h>
#include <stdio.h>

#include "base/cursor.h"
#include "base/json.h"
#include "base/time.h"

static_assert(PCS_MAX + SERVERS_MAX <= 8 * 64, "a bit for each host");

/* To the microsecond, as the rows have it. */
static void put_time(struct json *json, const char *key, int64_t time)
{
    json_key(json, key);
    json_time(json, time == TIME_NONE ? time : time / 1000 * 1000);
}

static struct json list_item(struct buffer *list)
{
    return (struct json){.out = list, .comma = list->len > 0};
}

void truth_step(struct truth *truth, const struct world *world, int64_t time, uint32_t slot,
                const char *technique, const char *what)
{
    const struct process *process = &world->processes[slot];
    const struct host *host = &world->enterprise.hosts[process->host];
    struct json json = list_item(&truth->steps);
    if (truth->start == TIME_NONE)
        truth->start = time;
    truth->hosts_touched[host->index / 64] |= UINT64_C(1) << host->index % 64;
    json_object(&json);
    put_time(&json, "time", time);
    json_key_text(&json, "host", bytes_of(host->name));
    json_key_text(&json, "what", bytes_of(what));
    json_key_text(&json, "technique", bytes_of(technique));
    json_key_text(&json, "process_entity_id", bytes_of(process->entity));
    json_end_object(&json);
}

void truth_oddity(struct truth *truth, const struct host *host, int64_t time, const char *what)
{
    struct json json = list_item(&truth->oddities);
    json_object(&json);
    put_time(&json, "time", time);
    json_key_text(&json, "host", bytes_of(host->name));
    json_key_text(&json, "what", bytes_of(what));
    json_end_object(&json);
}

static void attack_write(const struct truth *truth, const struct world *world, struct json *json)
{
    struct cursor entities = cursor_over(buffer_bytes(&world->intruder_entities));
    json_object(json);
    put_time(json, "time_start", truth->start);
    put_time(json, "time_theft", truth->theft);
    json_key(json, "hosts");
    json_array(json);
    for (uint32_t i = 0; i < world->enterprise.host_count; i++)
        if (truth->hosts_touched[i / 64] >> i % 64 & 1)
            json_text(json, bytes_of(world->enterprise.hosts[i].name));
    json_end_array(json);
    json_key(json, "processes");
    json_array(json);
    while (cursor_left(&entities))
        json_text(json, cursor_block(&entities));
    json_end_array(json);
    json_key(json, "steps");
    json_array(json);
    if (truth->steps.len)
        json_raw(json, buffer_bytes(&truth->steps));
    json_end_array(json);
    json_end_object(json);
}

static void host_write(const struct world *world, const struct host *host, struct json *json)
{
    char subnet[24];
    assert(host->ip);
    const char *last_dot = strrchr(host->ip, '.');
    assert(last_dot);
    snprintf(subnet, sizeof subnet, "%.*s.0/24", (int)(last_dot - host->ip), host->ip);
    json_object(json);
    json_key_text(json, "name", bytes_of(host->name));
    json_key_text(json, "role", bytes_of(role_name(host->role)));
    json_key_text(json, "subnet", bytes_of(subnet));
    json_key_text(json, "ip", bytes_of(host->ip));
    json_key_text(json, "department", bytes_of(department_name(host->department)));
    json_key(json, "user");
    if (host->role == ROLE_PC)
        json_text(json, bytes_of(world->enterprise.users[host->user].name));
    else
        json_null(json);
    json_end_object(json);
}

void truth_write(const struct truth *truth, const struct world *world, struct buffer *out)
{
    struct json json = {.out = out};
    json_object(&json);
    json_key(&json, "attack");
    if (truth->start == TIME_NONE)
        json_null(&json);
    else
        attack_write(truth, world, &json);
    json_key(&json, "benign_oddities");
    json_array(&json);
    if (truth->oddities.len)
        json_raw(&json, buffer_bytes(&truth->oddities));
    json_end_array(&json);
    json_key(&json, "hosts");
    json_array(&json);
    for (uint32_t i = 0; i < world->enterprise.host_count; i++)
        host_write(world, &world->enterprise.hosts[i], &json);
    json_end_array(&json);
    json_end_object(&json);
    buffer_put_char(out, '\n');
}

void truth_finish(struct truth *truth)
{
    buffer_finish(&truth->steps);
    buffer_finish(&truth->oddities);
}
