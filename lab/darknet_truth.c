#include "lab/darknet_truth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "base/json.h"

enum { BLOCK = 1 << 20 };

static void address_put(struct json *json, const struct darknet_world *world, const char *key,
                        uint32_t address)
{
    char text[INET6_ADDRSTRLEN];
    struct in_addr v4 = {htonl(address)};
    if (world->telescope.v6)
        snprintf(text, sizeof text, "2001:db8:%x:%x::1", address >> 16, address & 0xffff);
    else
        inet_ntop(AF_INET, &v4, text, sizeof text);
    json_key_text(json, key, bytes_of(text));
}

static bool is_victim(const struct source *source)
{
    return source->behaviour >= BEHAVIOUR_syn_ack && source->behaviour <= BEHAVIOUR_storm;
}

/* What kind of contact it makes: see member_acts. */
static struct bytes member_contact(const struct source *source)
{
    return source->variant == 0   ? BYTES("backscatter")
           : source->variant == 1 ? BYTES("misconfiguration")
                                  : BYTES("scan");
}

static void source_put(struct buffer *out, const struct darknet_world *world,
                       const struct source *source)
{
    const struct behaviour *behaviour = &behaviours[source->behaviour];
    struct json json = {.out = out};
    json_object(&json);
    address_put(&json, world, "source_ip", source->address);
    json_key_text(&json, "class", bytes_of(behaviour->class));
    json_key_text(&json, "behaviour", bytes_of(behaviour->name));
    json_key_text(&json, "tool", bytes_of(behaviour->tool));
    json_key_text(&json, "stack", bytes_of(stacks[source->stack].name));
    json_key(&json, "packets"), json_unsigned(&json, source->sent);
    json_key(&json, "first"), json_time(&json, source->first);
    json_key(&json, "last"), json_time(&json, source->last);
    json_key(&json, "month"), json_unsigned(&json, source->month);
    if (is_victim(source)) {
        address_put(&json, world, "victim_ip", source->victim);
        json_key(&json, "service"), json_unsigned(&json, source->ports[0]);
    }
    if (source->behaviour == BEHAVIOUR_member) {
        json_key_text(&json, "organisation", bytes_of(world->members[source->group - 1].name));
        json_key_text(&json, "contact", member_contact(source));
    }
    if (source->behaviour == BEHAVIOUR_synchronised)
        json_key(&json, "group"), json_unsigned(&json, source->group);
    json_end_object(&json);
    buffer_put_char(out, '\n');
}

int darknet_truth_write(const struct darknet_world *world, uint32_t *ret_sources)
{
    struct buffer path = {0}, out = {0};
    uint32_t sources = 0;
    int error = 0;
    buffer_put_format(&path, "%s.truth.ndjson", world->options->path);
    buffer_put_char(&path, '\0');
    if (path.failed) {
        buffer_finish(&path);
        return -ENOMEM;
    }
    FILE *file = fopen(path.at, "wb");
    if (!file)
        error = -errno;
    for (uint32_t i = 0; i < world->count && !error; i++) {
        if (world->sources[i].sent) {
            source_put(&out, world, &world->sources[i]);
            sources++;
        }
        if (out.len < BLOCK && i + 1 < world->count)
            continue;
        if (out.failed || fwrite(out.at, 1, out.len, file) != out.len)
            error = out.failed ? -ENOMEM : -EIO;
        buffer_clear(&out);
    }
    if (file && fclose(file) != 0 && !error)
        error = -EIO;
    buffer_finish(&out);
    buffer_finish(&path);
    if (!error)
        *ret_sources = sources;
    return error;
}
