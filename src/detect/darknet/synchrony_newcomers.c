#include "detect/darknet/synchrony_newcomers.h"

#include <errno.h>
#include <stdlib.h>

#include "base/time.h"
#include "detect/darknet/synchrony_groups.h"
#include "model/prefix_table.h"

enum { SLOTS = 1 << 17, PORTS_MOST = 4096 };

#define NEVER INT64_MIN
#define SPAN  (3 * TIME_DAY)
#define LAG   TIME_HOUR

/* When the host was in a group: lately, for the first time; and the newest of before. */
struct slot {
    int64_t before, lately;
};

struct synchrony_newcomers {
    uint16_t ports[PORTS_MOST]; /* scratch: of one group's newcomers */
    struct slot slots[SLOTS];
};

int synchrony_newcomers_open(struct synchrony_newcomers **ret_newcomers)
{
    struct synchrony_newcomers *newcomers = calloc(1, sizeof(*newcomers));
    if (!newcomers)
        return -ENOMEM;
    synchrony_newcomers_clear(newcomers);
    *ret_newcomers = newcomers;
    return 0;
}

void synchrony_newcomers_clear(struct synchrony_newcomers *newcomers)
{
    for (uint32_t i = 0; i < SLOTS; i++)
        newcomers->slots[i] = (struct slot){NEVER, NEVER};
}

void synchrony_newcomers_close(struct synchrony_newcomers *newcomers)
{
    free(newcomers);
}

static uint32_t slot_of(const struct ip *prefix)
{
    if (ip_is_v4(prefix))
        return (uint32_t)prefix->octets[12] << 8 | prefix->octets[13];
    return SLOTS / 2 + (uint32_t)(packet_source_hash(prefix) >> 48);
}

/* From `time`, which is not after `start`, to `start`; of NEVER more than any span. */
static uint64_t since(int64_t time, int64_t start)
{
    return time == NEVER ? UINT64_MAX : (uint64_t)start - (uint64_t)time;
}

static bool is_known(const struct slot *slot, int64_t start)
{
    uint64_t lately = since(slot->lately, start);
    return since(slot->before, start) <= SPAN || (lately > LAG && lately <= SPAN);
}

static void remember(struct slot *slot, int64_t start)
{
    if (since(slot->lately, start) <= LAG)
        return;
    if (slot->lately != NEVER)
        slot->before = slot->lately;
    slot->lately = start;
}

static int port_order(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* The port of most newcomers among `count`, and how many look for it. */
static uint32_t port_of_most(uint16_t *ports, uint32_t count, uint16_t *ret_port)
{
    uint32_t most = 0, run = 0;
    qsort(ports, count, sizeof(*ports), port_order);
    for (uint32_t i = 0; i < count; i++) {
        run = i && ports[i] == ports[i - 1] ? run + 1 : 1;
        if (run > most) {
            most = run;
            *ret_port = ports[i];
        }
    }
    return most;
}

uint32_t synchrony_newcomers_next(struct synchrony_newcomers *newcomers, int64_t start,
                                  const struct synchrony_member *members, uint32_t count,
                                  uint16_t *ret_port)
{
    uint32_t best = 0;
    for (uint32_t from = 0, to; from < count; from = to) {
        uint32_t found = 0;
        uint16_t port = 0;
        for (to = from; to < count && members[to].group == members[from].group; to++)
            if (!is_known(&newcomers->slots[slot_of(&members[to].prefix)], start) &&
                found < PORTS_MOST)
                newcomers->ports[found++] = members[to].port;
        uint32_t most = port_of_most(newcomers->ports, found, &port);
        if (most >= SYNCHRONY_GROUP_LEAST && most > best) {
            best = most;
            *ret_port = port;
        }
    }
    for (uint32_t i = 0; i < count; i++)
        remember(&newcomers->slots[slot_of(&members[i].prefix)], start);
    return best;
}

void synchrony_newcomers_rewind(struct synchrony_newcomers *newcomers, int64_t start)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &newcomers->slots[i];
        slot->lately = slot->lately >= start ? NEVER : slot->lately;
        slot->before = slot->before >= start ? NEVER : slot->before;
    }
}

void synchrony_newcomers_save(const struct synchrony_newcomers *newcomers, struct buffer *out)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < SLOTS; i++)
        used += newcomers->slots[i].lately != NEVER || newcomers->slots[i].before != NEVER;
    buffer_put_u32(out, used);
    for (uint32_t i = 0; i < SLOTS; i++) {
        const struct slot *slot = &newcomers->slots[i];
        if (slot->lately == NEVER && slot->before == NEVER)
            continue;
        buffer_put_u32(out, i);
        buffer_put_u64(out, (uint64_t)slot->before);
        buffer_put_u64(out, (uint64_t)slot->lately);
    }
}

bool synchrony_newcomers_load(struct synchrony_newcomers *newcomers, struct cursor *in)
{
    uint32_t used = cursor_u32(in);
    synchrony_newcomers_clear(newcomers);
    for (uint32_t i = 0; i < used && cursor_ok(in); i++) {
        uint32_t at = cursor_u32(in);
        if (at >= SLOTS)
            return false;
        newcomers->slots[at].before = (int64_t)cursor_u64(in);
        newcomers->slots[at].lately = (int64_t)cursor_u64(in);
    }
    return cursor_ok(in);
}
