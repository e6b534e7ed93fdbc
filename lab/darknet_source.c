#include "lab/darknet_source.h"

#include <errno.h>
#include <stdlib.h>

#include "base/time.h"

#define INTERNET_ADDRESSES 4294967296.0

/* Reserved (RFC 6890), or where the lab's own things are. */
bool address_usable(const struct telescope *telescope, uint32_t address)
{
    static const struct {
        uint32_t network, mask;
    } reserved[] = {
        {0x00000000, 0xff000000}, {0x0a000000, 0xff000000}, {0x64400000, 0xffc00000},
        {0x7f000000, 0xff000000}, {0xa9fe0000, 0xffff0000}, {0xac100000, 0xfff00000},
        {0xc0000000, 0xffff0000}, {0xc0a80000, 0xffff0000}, {0xc6120000, 0xfffe0000},
        {0xc6330000, 0xffff0000}, {0xcb000000, 0xffff0000}, {0xe0000000, 0xe0000000},
    };
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if ((address & reserved[i].mask) == reserved[i].network)
            return false;
    if (telescope->v6)
        return true;
    uint32_t base = (uint32_t)telescope->base[12] << 24 | (uint32_t)telescope->base[13] << 16 |
                    (uint32_t)telescope->base[14] << 8 | telescope->base[15];
    return address - base >= telescope->addresses;
}

static bool network_usable(const struct telescope *telescope, uint32_t network)
{
    return address_usable(telescope, network) && address_usable(telescope, network | 0xffff) &&
           address_usable(telescope, network | 0x8000);
}

static void networks_make(struct darknet_world *world)
{
    struct random random = random_stream(world->options->seed, 1, 0);
    for (uint32_t i = 0; i < DARKNET_NETWORKS; i++) {
        uint32_t network;
        do
            network = (uint32_t)random_next(&random) & 0xffff0000;
        while (!network_usable(&world->telescope, network));
        world->networks[i] = network;
    }
}

/* 1, 2, 4 …: heavy-tailed, and exact on any machine. */
static double weight_draw(struct random *random, double doubling)
{
    double weight = 1 + random_unit(random);
    for (int i = 0; i < 24 && random_chance(random, doubling); i++)
        weight *= 2;
    return weight;
}

static uint32_t address_draw(const struct darknet_world *world, struct source *source,
                             struct random *random)
{
    if (source->behaviour == BEHAVIOUR_member) {
        source->group = (uint16_t)(1 + random_below(random, world->member_count));
        const struct darknet_member *member = &world->members[source->group - 1];
        return member->network + random_below(random, member->hosts);
    }
    if (source->behaviour == BEHAVIOUR_synchronised)
        return world->networks[random_below(random, world->group_networks)] |
               random_below(random, 65536);
    if (source->behaviour == BEHAVIOUR_survey) { /* an operator has a row of machines */
        uint64_t operator= random_mix(world->options->seed, random_below(random, 12));
        return world->networks[operator% DARKNET_NETWORKS] | (uint32_t)(operator>> 40 & 0xff00) |
               random_below(random, 256);
    }
    return world->networks[random_skewed(random, DARKNET_NETWORKS)] | random_below(random, 65536);
}

/* An address of its own; false when its network is full. */
static bool address_take(struct darknet_world *world, uint32_t index, struct random *random,
                         int *error)
{
    struct source *source = &world->sources[index];
    for (int i = 0; i < 64; i++) {
        source->address = address_draw(world, source, random);
        if (hash_table_get(&world->taken, source->address) == HASH_TABLE_NONE) {
            *error = hash_table_put(&world->taken, source->address, index);
            return *error == 0;
        }
    }
    return false;
}

/* Hours of the day differ: busiest in the evening of where the source lives. */
static int64_t start_draw(const struct source *source, int64_t room, struct random *random)
{
    static const uint8_t hourly[24] = {62, 58, 55, 54, 55, 58, 64, 72,  80, 86, 90, 92,
                                       93, 94, 94, 95, 96, 97, 99, 100, 98, 92, 82, 70};
    int64_t start = 0;
    for (int i = 0; i < 32; i++) {
        start = room > 0 ? (int64_t)(random_unit(random) * (double)room) : 0;
        int64_t hour = start / TIME_HOUR + (source->address >> 24) * 24 / 256;
        if (random_below(random, 100) < hourly[hour % 24])
            break;
    }
    return start;
}

/* When it begins, and how far apart its shots are. */
static void pace_draw(const struct darknet_world *world, struct source *source, uint32_t shots,
                      struct random *random)
{
    const struct behaviour *behaviour = &behaviours[source->behaviour];
    int64_t month = world->span / world->options->months;
    double rate = behaviour->rate * world->telescope.addresses / INTERNET_ADDRESSES;
    double spread = weight_draw(random, 0.4) / weight_draw(random, 0.4);
    double length =
        rate > 0 ? shots / (rate * spread) * (double)TIME_SECOND : spread * (double)TIME_HOUR;
    double most = (double)month * (0.3 + 0.69 * random_unit(random));
    if (length > most)
        length = most;
    source->gap = shots ? (int64_t)(length / shots) : 0;
    source->next = source->month * month + start_draw(source, month - (int64_t)length, random);
}

static uint8_t stack_draw(const uint8_t *from, uint32_t count, struct random *random)
{
    return from[random_below(random, count)];
}

enum { SURVEY_PROGRAMS = 5 };

/* What a behaviour's programs run on; the empty ones build packets of their own. */
static const struct {
    uint8_t count, stacks[7];
} platforms[BEHAVIOUR_COUNT] = {
    [BEHAVIOUR_mirai] = {1, {STACK_mirai}},
    [BEHAVIOUR_mirai_variant] = {1, {STACK_mirai}},
    [BEHAVIOUR_bot] = {7,
                       {STACK_linux, STACK_linux_old, STACK_embedded, STACK_embedded, STACK_windows,
                        STACK_windows_old, STACK_mac}},
    [BEHAVIOUR_stray_tcp] = {5,
                             {STACK_linux, STACK_linux_old, STACK_windows, STACK_windows_old,
                              STACK_mac}},
    [BEHAVIOUR_worm] = {2, {STACK_windows, STACK_windows_old}},
    [BEHAVIOUR_nmap] = {1, {STACK_nmap}},
    [BEHAVIOUR_zmap] = {2, {STACK_zmap, STACK_zmap_mss}},
    [BEHAVIOUR_zmap_new] = {5,
                            {STACK_zmap_windows, STACK_zmap_windows, STACK_zmap_linux,
                             STACK_zmap_bsd, STACK_zmap_smallest}},
    [BEHAVIOUR_masscan] = {3, {STACK_masscan, STACK_masscan, STACK_masscan_mss}},
    [BEHAVIOUR_survey] = {SURVEY_PROGRAMS,
                          {STACK_zmap_windows, STACK_zmap_smallest, STACK_masscan, STACK_raw_mss,
                           STACK_linux}},
    [BEHAVIOUR_sip_scan] = {1, {STACK_linux}},
    [BEHAVIOUR_dns_scan] = {1, {STACK_linux}},
    [BEHAVIOUR_member] = {3, {STACK_windows, STACK_linux, STACK_mirai}},
    [BEHAVIOUR_synchronised] = {1, {STACK_linux_old}},
};

static void both_ports(struct source *source, uint16_t port)
{
    source->ports[0] = source->ports[1] = port;
}

static void scanner_draw(const struct darknet_world *world, struct source *source,
                         struct random *random)
{
    static const uint16_t services[] = {80, 443, 53, 20, 22};
    uint32_t count = platforms[source->behaviour].count;
    source->stack =
        count ? platforms[source->behaviour].stacks[random_below(random, count)] : STACK_raw;
    switch (source->behaviour) {
    case BEHAVIOUR_mirai:
        source->ports[0] = 23;
        source->ports[1] = 2323;
        break;
    case BEHAVIOUR_mirai_variant:
        both_ports(source, mirai_port_any(random));
        break;
    case BEHAVIOUR_synchronised:
        source->group = 1;
        both_ports(source, world->fashions[source->month].ports[7]);
        break;
    case BEHAVIOUR_worm:
        both_ports(source, 445);
        break;
    case BEHAVIOUR_survey: /* an operator's machines run the same program */
        source->stack =
            platforms[BEHAVIOUR_survey].stacks[(source->address >> 8) % SURVEY_PROGRAMS];
        source->secret = (uint32_t)random_mix(source->address >> 8, 99);
        break;
    case BEHAVIOUR_service_port: /* to pass filters that let answers in */
        source->source_port = services[random_below(random, sizeof services / 2)];
        break;
    case BEHAVIOUR_sip_scan:
    case BEHAVIOUR_dns_scan:
        both_ports(source, source->behaviour == BEHAVIOUR_sip_scan ? 5060 : 53);
        source->source_port = source->ports[0];
        break;
    case BEHAVIOUR_nmap:
        source->window = (uint16_t)(1024 * (1 + random_below(random, 4)));
        break;
    default:
        break;
    }
}

static void campaign_join(const struct darknet_world *world, struct source *source,
                          struct random *random)
{
    /* some are large, most are small */
    uint32_t number = random_chance(random, 0.5) ? random_skewed(random, FASHION_CAMPAIGNS)
                                                 : random_below(random, FASHION_CAMPAIGNS);
    const struct campaign *campaign = &world->fashions[source->month].campaigns[number];
    source->stack = campaign->stack;
    source->window = campaign->window;
    source->id = campaign->id;
    if (campaign->source_port)
        source->source_port = campaign->source_port;
    source->variant = campaign->destination_sequence;
    for (int i = 0; i < 2; i++)
        source->ports[i] = campaign->ports[random_below(random, campaign->port_count)];
}

/* A machine under attack, and how the attack is made. */
static void victim_draw(const struct darknet_world *world, struct source *source,
                        struct random *random)
{
    static const uint8_t servers[] = {STACK_server_linux, STACK_server_linux, STACK_server_windows,
                                      STACK_server_bsd};
    static const uint16_t udp_services[] = {123, 1900, 27015, 5060, 389, 11211, 19, 3074, 25565};
    const struct fashion *fashion = &world->fashions[source->month];
    source->stack = random_chance(random, fashion->cookies)
                        ? STACK_server_cookies
                        : stack_draw(servers, sizeof servers, random);
    source->ports[0] = fashion_service(fashion, random);
    source->source_port = random_chance(random, fashion->one_forged_port)
                              ? (uint16_t)(1024 + random_below(random, 64000))
                              : 0;
    if (random_chance(random, fashion->near_forged)) {
        source->target = TARGET_SEQUENTIAL;
        source->walk.at = random_below(random, world->telescope.addresses);
    }
    if (source->behaviour == BEHAVIOUR_storm) {
        source->ports[0] = random_chance(random, 0.5) ? 443 : 80;
        source->stack = STACK_server_linux;
    }
    if (source->behaviour == BEHAVIOUR_dns_answer)
        source->ports[0] = 53;
    if (source->behaviour == BEHAVIOUR_quic_answer)
        source->ports[0] = 443;
    if (source->behaviour == BEHAVIOUR_udp_answer)
        source->ports[0] = udp_services[random_below(random, sizeof udp_services / 2)];
    /* 0: the victim itself says so; else a router before it, or its gateway */
    if (source->behaviour == BEHAVIOUR_icmp_error) {
        source->variant = (uint8_t)random_below(random, 5);
        if (source->variant)
            source->victim = (source->address & 0xffffff00) | random_below(random, 256);
    } else {
        source->variant = (uint8_t)random_below(random, 3);
    }
}

static bool is_backscatter(uint8_t behaviour)
{
    return behaviour >= BEHAVIOUR_syn_ack && behaviour <= BEHAVIOUR_storm;
}

/* Those that open connections, and servers that answer who seems to. */
static bool asks_again(uint8_t behaviour)
{
    switch (behaviour) {
    case BEHAVIOUR_bot:
    case BEHAVIOUR_campaign:
    case BEHAVIOUR_worm:
    case BEHAVIOUR_nmap:
    case BEHAVIOUR_syn_ack:
    case BEHAVIOUR_victim:
    case BEHAVIOUR_storm:
    case BEHAVIOUR_stray_tcp:
    case BEHAVIOUR_synchronised:
        return true;
    default:
        return false;
    }
}

static void source_draw(const struct darknet_world *world, struct source *source,
                        struct random *random)
{
    const struct behaviour *behaviour = &behaviours[source->behaviour];
    const struct fashion *fashion = &world->fashions[source->month];
    source->target = (uint8_t)behaviour->target;
    source->pace = (uint8_t)behaviour->pace;
    source->victim = source->address;
    source->hops = (uint8_t)(6 + random_below(random, 20));
    source->window = source->id = (uint16_t)random_below(random, 65536);
    source->secret = (uint32_t)random_next(random);
    source->source_port = (uint16_t)(32768 + random_below(random, 28000));
    for (int i = 0; i < 2; i++)
        source->ports[i] = fashion_port(fashion, random);
    if (random_chance(random, 0.7))
        source->ports[1] = source->ports[0];
    source->walk = permutation_walk(&world->telescope.permutation, random);
    if (source->target == TARGET_SEQUENTIAL)
        source->walk.at = random_below(random, world->telescope.addresses);
    if (is_backscatter(source->behaviour))
        victim_draw(world, source, random);
    else if (source->behaviour == BEHAVIOUR_campaign)
        campaign_join(world, source, random);
    else
        scanner_draw(world, source, random);
    if (source->behaviour == BEHAVIOUR_udp_scan)
        source->ports[0] = source->ports[1] = udp_port_any(random);
    if (source->behaviour == BEHAVIOUR_leftover)
        source->source_port = random_chance(random, 0.7) ? 443 : 80;
    if (source->behaviour == BEHAVIOUR_odd || source->behaviour == BEHAVIOUR_member)
        source->variant = (uint8_t)random_below(random, 4);
    const struct stack *stack = &stacks[source->stack];
    source->retries = stack->retry_count;
    if (!asks_again(source->behaviour))
        source->retries = 0;
    if (source->behaviour == BEHAVIOUR_bot) /* its program may give up before its system does */
        source->retries = (uint8_t)random_below(random, stack->retry_count + 1u);
}

/* The sources of a behaviour share its packets by heavy-tailed weights. */
static int behaviour_make(struct darknet_world *world, enum behaviour_name name, uint32_t count,
                          double packets)
{
    struct random random = random_stream(world->options->seed, 2, name);
    double sum = 0;
    double *weights = malloc(count * sizeof *weights);
    if (!weights)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        sum += weights[i] = weight_draw(&random, behaviours[name].doubling);
    int error = 0;
    for (uint32_t i = 0; i < count && !error; i++) {
        struct source *source = &world->sources[world->count];
        *source = (struct source){
            .random = random_stream(world->options->seed, 3 + name, i),
            .behaviour = (uint8_t)name,
            .month = (uint8_t)((uint64_t)i * world->options->months / count),
            .first = TIME_NONE,
        };
        if (!address_take(world, world->count, &random, &error))
            continue;
        double wanted = packets * weights[i] / sum;
        source->left = wanted < 1 ? 1 : wanted > 2e9 ? 2000000000 : (uint32_t)(wanted + 0.5);
        source_draw(world, source, &random);
        pace_draw(world, source, source->left / (1u + source->retries), &random);
        world->count++;
    }
    free(weights);
    return error;
}

int sources_make(struct darknet_world *world, const char **ret_wrong)
{
    const struct darknet_options *options = world->options;
    double parts[BEHAVIOUR_COUNT], natural = 0;
    *ret_wrong = "--mix";
    if (darknet_mix_parse(bytes_of(options->mix), parts) != 0)
        return -EINVAL;
    for (int i = 0; i < BEHAVIOUR_COUNT; i++)
        parts[i] *= 1 - options->synchronised;
    parts[BEHAVIOUR_synchronised] += options->synchronised;
    for (int i = 0; i < BEHAVIOUR_COUNT; i++)
        natural += (double)options->packets * parts[i] / behaviours[i].packets;
    double scale = options->sources && natural > 0 ? options->sources / natural : 1;
    *ret_wrong = "--sources";
    if (natural * scale + BEHAVIOUR_COUNT > DARKNET_SOURCES_MAX)
        return -EINVAL;
    world->sources =
        malloc(((size_t)(natural * scale) + 2 * BEHAVIOUR_COUNT) * sizeof *world->sources);
    if (!world->sources)
        return -ENOMEM;
    world->group_networks = 1 + (uint32_t)(options->synchronised * 250);
    networks_make(world);
    struct random random = random_stream(options->seed, 0, 0);
    for (uint32_t i = 0; i < options->months; i++)
        fashion_make(&world->fashions[i], i ? &world->fashions[i - 1] : NULL, &random);
    int error = 0;
    for (int i = 0; i < BEHAVIOUR_COUNT && !error; i++) {
        double packets = (double)options->packets * parts[i];
        if (packets >= 1)
            error =
                behaviour_make(world, (enum behaviour_name)i,
                               1 + (uint32_t)(packets / behaviours[i].packets * scale), packets);
    }
    return error;
}
