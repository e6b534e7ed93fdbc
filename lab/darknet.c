#include "lab/darknet.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/time.h"
#include "lab/darknet_packet.h"
#include "lab/darknet_truth.h"

enum { SLICE_PACKETS = 32768, SLICES_MAX = 1 << 20 };

#define MONTH (30 * TIME_DAY)

/* Shots of the slice at hand, and those that wait for a later one. */
struct timetable {
    struct shot *now, *sorted, *later; /* later: free ones are chained from `unused` */
    uint32_t *places;
    uint32_t count, capacity, later_count, later_capacity, unused;
    uint32_t *slice_sources, *slice_shots; /* heads of chains, by slice */
    uint32_t slices;
    int64_t length; /* of a slice */
};

static int prefix_read(const char *text, struct telescope *telescope)
{
    char address[64] = {0}, *end;
    const char *slash = text ? strchr(text, '/') : NULL;
    if (!slash || (size_t)(slash - text) >= sizeof address)
        return -EINVAL;
    memcpy(address, text, (size_t)(slash - text));
    long bits = strtol(slash + 1, &end, 10);
    if (*end || end == slash + 1)
        return -EINVAL;
    *telescope = (struct telescope){.v6 = strchr(address, ':') != NULL};
    long least = telescope->v6 ? 16 : 8, most = telescope->v6 ? 126 : 30;
    if (bits < least || bits > most)
        return -EINVAL;
    if (inet_pton(telescope->v6 ? AF_INET6 : AF_INET, address,
                  telescope->base + (telescope->v6 ? 0 : 12)) != 1)
        return -EINVAL;
    long begin = telescope->v6 ? bits : 96 + bits;
    for (long bit = begin; bit < 128; bit++)
        telescope->base[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
    telescope->addresses = 1u << (128 - begin > 24 ? 24 : 128 - begin);
    permutation_begin(&telescope->permutation, telescope->addresses);
    return 0;
}

static int member_add(struct darknet_world *world, const char *name, const char *prefix)
{
    char address[32] = {0}, *end;
    const char *slash = strchr(prefix, '/');
    struct in_addr network;
    if (world->member_count == DARKNET_MEMBERS_MAX || !slash ||
        (size_t)(slash - prefix) >= sizeof address)
        return -EINVAL;
    memcpy(address, prefix, (size_t)(slash - prefix));
    long bits = strtol(slash + 1, &end, 10);
    if (bits < 8 || bits > 32 || (*end && *end != '\n') ||
        inet_pton(AF_INET, address, &network) != 1)
        return -EINVAL;
    struct darknet_member *member = &world->members[world->member_count++];
    memcpy(member->name, name, strnlen(name, sizeof member->name - 1));
    member->hosts = 1u << (32 - bits);
    member->network = ntohl(network.s_addr) & ~(member->hosts - 1);
    return 0;
}

static int members_read(struct darknet_world *world, const char *path)
{
    char line[256], name[32], prefix[40];
    int error = 0;
    if (!path) {
        error = member_add(world, "alpha", "192.0.2.0/24");
        error = error ? error : member_add(world, "beta", "198.51.100.0/24");
        return error ? error : member_add(world, "gamma", "203.0.113.0/24");
    }
    FILE *file = fopen(path, "r");
    if (!file)
        return -errno;
    while (!error && fgets(line, sizeof line, file))
        if (line[0] != '#' && line[0] != '\n')
            error = sscanf(line, "%31s %39s", name, prefix) == 2 ? member_add(world, name, prefix)
                                                                 : -EINVAL;
    fclose(file);
    return error ? error : world->member_count ? 0 : -EINVAL;
}

static int world_begin(struct darknet_world *world, const struct darknet_options *options,
                       const char **ret_wrong)
{
    world->options = options;
    *ret_wrong = "--hours";
    if (!(options->hours > 0 && options->hours <= 24 * 366 * 3))
        return -EINVAL;
    world->span = (int64_t)(options->hours * (double)TIME_HOUR);
    *ret_wrong = "--months";
    if (options->months < 1 || options->months > DARKNET_MONTHS_MAX ||
        world->span / options->months > MONTH)
        return -EINVAL;
    *ret_wrong = "--packets or --one-packet-sources";
    if (options->packets + options->singles < 1 || options->packets > UINT32_MAX * 4ull ||
        options->singles > UINT32_MAX / 2)
        return -EINVAL;
    *ret_wrong = "--synchronised";
    if (!(options->synchronised >= 0 && options->synchronised <= 0.5))
        return -EINVAL;
    *ret_wrong = "--prefix";
    int error = prefix_read(options->prefix, &world->telescope);
    if (error)
        return error;
    *ret_wrong = "--members";
    return members_read(world, options->members);
}

static int timetable_begin(struct timetable *table, const struct darknet_world *world)
{
    uint64_t packets = world->options->packets + world->options->singles;
    uint64_t slices = packets / SLICE_PACKETS + 1;
    *table = (struct timetable){.unused = SOURCE_NONE};
    table->slices = slices > SLICES_MAX ? SLICES_MAX : (uint32_t)slices;
    table->length = world->span / table->slices + 1;
    table->slice_sources = malloc(table->slices * sizeof *table->slice_sources);
    table->slice_shots = malloc(table->slices * sizeof *table->slice_shots);
    if (!table->slice_sources || !table->slice_shots)
        return -ENOMEM;
    memset(table->slice_sources, 0xff, table->slices * sizeof *table->slice_sources);
    memset(table->slice_shots, 0xff, table->slices * sizeof *table->slice_shots);
    return 0;
}

static void timetable_finish(struct timetable *table)
{
    free(table->now);
    free(table->sorted);
    free(table->places);
    free(table->later);
    free(table->slice_sources);
    free(table->slice_shots);
}

/* To its slice; it is done with when that is behind the end, or nothing is left to send. */
static void source_wait(struct timetable *table, struct darknet_world *world, uint32_t index)
{
    struct source *source = &world->sources[index];
    if (!source->left || source->next >= world->span)
        return;
    uint32_t *head = &table->slice_sources[source->next / table->length];
    source->chain = *head;
    *head = index;
}

static int now_put(struct timetable *table, const struct shot *shot)
{
    if (table->count == table->capacity) {
        uint32_t capacity = table->capacity ? 2 * table->capacity : 2 * SLICE_PACKETS;
        struct shot *now = realloc(table->now, capacity * sizeof *now);
        if (now)
            table->now = now;
        struct shot *sorted = realloc(table->sorted, capacity * sizeof *sorted);
        if (sorted)
            table->sorted = sorted;
        uint32_t *places = realloc(table->places, (capacity + 1) * sizeof *places);
        if (places)
            table->places = places;
        if (!now || !sorted || !places)
            return -ENOMEM;
        table->capacity = capacity;
    }
    table->now[table->count++] = *shot;
    return 0;
}

static int later_put(struct timetable *table, const struct shot *shot)
{
    uint32_t place = table->unused;
    if (place != SOURCE_NONE) {
        table->unused = table->later[place].chain;
    } else {
        if (table->later_count == table->later_capacity) {
            uint32_t capacity = table->later_capacity ? 2 * table->later_capacity : 4096;
            struct shot *later = realloc(table->later, capacity * sizeof *later);
            if (!later)
                return -ENOMEM;
            table->later = later;
            table->later_capacity = capacity;
        }
        place = table->later_count++;
    }
    uint32_t *head = &table->slice_shots[shot->time / table->length];
    table->later[place] = *shot;
    table->later[place].chain = *head;
    *head = place;
    return 0;
}

/* A source's shots until the end of the slice, and when it asks again. */
static int source_run(struct timetable *table, struct darknet_world *world, uint32_t index,
                      int64_t until)
{
    struct source *source = &world->sources[index];
    const struct stack *stack = &stacks[source->stack];
    int error = 0;
    while (!error && source->left && source->next < until && source->next < world->span) {
        struct shot shot;
        source_act(world, index, &shot);
        error = now_put(table, &shot);
        source->left--;
        int64_t first = shot.time;
        bool asks = shot.kind == SHOT_TCP && shot.detail & 2;
        for (uint32_t i = 0; i < source->retries && asks && source->left && !error; i++) {
            shot.time = first + stack->retry[i] * TIME_SECOND;
            shot.id = (uint16_t)(shot.id + (stack->id == ID_COUNTER));
            source->left--;
            if (shot.time < until)
                error = now_put(table, &shot);
            else if (shot.time < world->span)
                error = later_put(table, &shot);
        }
    }
    source_wait(table, world, index);
    return error;
}

/*
 * By time: dealt to as many places as there are shots, then straightened. Ties stay in the order
 * in which they were made.
 */
static void shots_sort(struct timetable *table, int64_t begin)
{
    uint32_t count = table->count;
    uint64_t width = (uint64_t)table->length / (count + 1) + 1;
    memset(table->places, 0, (count + 1) * sizeof *table->places);
    for (uint32_t i = 0; i < count; i++)
        table->places[(uint64_t)(table->now[i].time - begin) / width + 1]++;
    for (uint32_t i = 1; i <= count; i++)
        table->places[i] += table->places[i - 1];
    for (uint32_t i = 0; i < count; i++)
        table->sorted[table->places[(uint64_t)(table->now[i].time - begin) / width]++] =
            table->now[i];
    for (uint32_t i = 1; i < count; i++) {
        struct shot shot = table->sorted[i];
        uint32_t place = i;
        for (; place > 0 && table->sorted[place - 1].time > shot.time; place--)
            table->sorted[place] = table->sorted[place - 1];
        table->sorted[place] = shot;
    }
}

/* Numbers to addresses, each once: a bijection of 32 bits. */
static uint32_t single_address(uint32_t number, uint32_t key)
{
    number ^= key;
    number = (number ^ number >> 16) * 0x85ebca6b;
    number = (number ^ number >> 13) * 0xc2b2ae35;
    return number ^ number >> 16;
}

struct singles {
    struct random random;
    uint64_t made;
    uint32_t number, key;
};

/* One of those that send one packet: a SYN, or the answer to one. */
static void single_put(struct darknet_world *world, struct singles *singles,
                       struct recording *capture, int64_t time, int64_t outer)
{
    struct random *random = &singles->random;
    struct source source = {.stack = STACK_embedded,
                            .hops = (uint8_t)(6 + random_below(random, 20)),
                            .window = 5840,
                            .secret = 1};
    do
        source.address = single_address(singles->number++, singles->key);
    while (!address_usable(&world->telescope, source.address) ||
           hash_table_get(&world->taken, source.address) != HASH_TABLE_NONE);
    bool answer = random_below(random, 4) == 0;
    struct shot shot = {.time = time,
                        .kind = SHOT_TCP,
                        .detail = answer ? 18 : 2,
                        .target = random_below(random, world->telescope.addresses),
                        .sequence = (uint32_t)random_next(random),
                        .id = (uint16_t)random_next(random)};
    uint16_t any = (uint16_t)(1024 + random_below(random, 64512));
    shot.source_port = answer ? 443 : any;
    shot.destination_port = answer ? any : random_below(random, 3) ? 23 : 445;
    uint8_t frame[FRAME_SIZE_MAX];
    recording_put(capture, outer, frame, frame_make(world, &source, &shot, frame));
    singles->made++;
}

/* The months are 30 days apart, whatever time each has. */
static int64_t time_outside(const struct darknet_world *world, int64_t time)
{
    const struct darknet_options *options = world->options;
    int64_t month = world->span / options->months;
    int64_t number = time / month;
    if (number >= options->months)
        number = options->months - 1;
    return options->start + time + (options->months > 1 ? number * (MONTH - month) : 0);
}

/* Write the slice's shots, and the single packets evenly between them. */
static void slice_write(struct timetable *table, struct darknet_world *world,
                        struct singles *singles, struct recording *capture, uint32_t slice)
{
    uint8_t frame[FRAME_SIZE_MAX];
    int64_t begin = slice * table->length, end = begin + table->length;
    if (end > world->span)
        end = world->span;
    uint64_t wanted = world->options->singles * (slice + 1) / table->slices - singles->made;
    uint64_t put = 0;
    for (uint32_t i = 0; i <= table->count; i++) {
        int64_t time = i < table->count ? table->sorted[i].time : end;
        for (; put < wanted; put++) {
            int64_t single =
                begin + (int64_t)((double)put / (double)wanted * (double)(end - begin));
            if (single > time)
                break;
            single_put(world, singles, capture, single, time_outside(world, single));
        }
        if (i == table->count)
            break;
        const struct shot *shot = &table->sorted[i];
        struct source *source = &world->sources[shot->source];
        int64_t outer = time_outside(world, shot->time);
        recording_put(capture, outer, frame, frame_make(world, source, shot, frame));
        source->sent++;
        source->last = outer;
        if (source->first == TIME_NONE)
            source->first = outer;
    }
}

static int slice_run(struct timetable *table, struct darknet_world *world, struct singles *singles,
                     struct recording *capture, uint32_t slice)
{
    int64_t until = (slice + 1) * table->length;
    int error = 0;
    table->count = 0;
    for (uint32_t place = table->slice_shots[slice], next; place != SOURCE_NONE && !error;
         place = next) {
        assert(table->later);
        next = table->later[place].chain;
        error = now_put(table, &table->later[place]);
        table->later[place].chain = table->unused;
        table->unused = place;
    }
    for (uint32_t index = table->slice_sources[slice], next; index != SOURCE_NONE && !error;
         index = next) {
        next = world->sources[index].chain;
        error = source_run(table, world, index, until);
    }
    if (error)
        return error;
    if (table->count)
        shots_sort(table, slice * table->length);
    slice_write(table, world, singles, capture, slice);
    return capture->error;
}

static int trace_write(struct darknet_world *world, struct recording *capture,
                       struct darknet_result *result,
                       void (*progress)(void *context, uint64_t packets, double part),
                       void *context)
{
    struct timetable table;
    struct singles singles = {.random = random_stream(world->options->seed, 4, 0),
                              .key = (uint32_t)random_mix(world->options->seed, 5)};
    int error = timetable_begin(&table, world);
    for (uint32_t i = 0; i < world->count && !error; i++)
        source_wait(&table, world, i);
    for (uint32_t slice = 0; slice < table.slices && !error; slice++) {
        error = slice_run(&table, world, &singles, capture, slice);
        if (progress)
            progress(context, capture->packets, (slice + 1.0) / table.slices);
    }
    timetable_finish(&table);
    result->singles = singles.made;
    return error;
}

int darknet_generate(const struct darknet_options *options, struct darknet_result *ret_result,
                     const char **ret_wrong,
                     void (*progress)(void *context, uint64_t packets, double part), void *context)
{
    struct darknet_result result = {0};
    struct recording capture;
    struct darknet_world *world = calloc(1, sizeof *world);
    if (!world)
        return -ENOMEM;
    int error = world_begin(world, options, ret_wrong);
    if (!error)
        error = sources_make(world, ret_wrong);
    if (!error)
        error = recording_open(&capture, options->path, options->microseconds);
    if (!error) {
        error = trace_write(world, &capture, &result, progress, context);
        int closed = recording_close(&capture);
        error = error ? error : closed;
        result.packets = capture.packets;
        result.bytes = capture.bytes;
    }
    if (!error)
        error = darknet_truth_write(world, &result.sources);
    hash_table_finish(&world->taken);
    free(world->sources);
    free(world);
    if (!error)
        *ret_result = result;
    return error;
}
