#include "lab/darknet_source.h"

#include "base/time.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };
enum { ICMP_REPLY = 0, ICMP_UNREACHABLE = 3, ICMP_ECHO = 8, ICMP_EXCEEDED = 11 };
enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

static uint16_t port_any(struct random *random)
{
    return (uint16_t)(1024 + random_below(random, 64512));
}

static uint32_t target_next(const struct darknet_world *world, struct source *source)
{
    const struct telescope *telescope = &world->telescope;
    switch ((enum target_order)source->target) {
    case TARGET_ONCE:
        return permutation_next(&telescope->permutation, &source->walk);
    case TARGET_SEQUENTIAL:
        source->walk.at =
            (source->walk.at + 1 + random_below(&source->random, 3)) % telescope->addresses;
        return source->walk.at;
    case TARGET_FEW:
        return (uint32_t)(random_mix(source->secret, random_below(&source->random, 5)) %
                          telescope->addresses);
    case TARGET_ONE:
        return source->secret % telescope->addresses;
    default:
        return random_below(&source->random, telescope->addresses);
    }
}

/*
 * Nearly e^-x distributed with the mean 1, after von Neumann: only comparisons, so the same on any
 * machine. The length of a falling run of throws decides.
 */
static double exponential(struct random *random)
{
    for (uint32_t whole = 0;; whole++) {
        double first = random_unit(random), last = first, next = random_unit(random);
        uint32_t length = 1;
        while (next < last) {
            length++;
            last = next;
            next = random_unit(random);
        }
        if (length & 1)
            return whole + first;
    }
}

/* Groups in step are awake in the same samples of 50 s. */
static bool group_awake(const struct darknet_world *world, const struct source *source,
                        int64_t time)
{
    uint64_t sample = (uint64_t)(time / (50 * TIME_SECOND));
    return random_mix(world->options->seed + source->group, sample) % 3 == 0;
}

static void time_next(const struct darknet_world *world, struct source *source)
{
    double gap = (double)source->gap;
    switch ((enum pace)source->pace) {
    case PACE_EVEN:
        source->next += (int64_t)(gap * (0.9 + 0.2 * random_unit(&source->random)));
        return;
    case PACE_BURSTS: /* five of six come quickly; the mean stays */
        gap *= random_below(&source->random, 6) ? 0.04 : 5.8;
        break;
    case PACE_GROUP:
        source->next += (int64_t)(gap / 3 * exponential(&source->random));
        while (source->next < world->span && !group_awake(world, source, source->next))
            source->next += 50 * TIME_SECOND;
        return;
    default:
        break;
    }
    source->next += (int64_t)(gap * exponential(&source->random));
}

static void probe_tcp(struct source *source, struct shot *shot, uint8_t flags)
{
    const struct stack *stack = &stacks[source->stack];
    shot->kind = SHOT_TCP;
    shot->detail = flags;
    shot->source_port = source->source_port;
    shot->destination_port = source->ports[random_below(&source->random, 10) == 0];
    shot->sequence = (uint32_t)random_next(&source->random);
    if (stack->id == ID_COUNTER && !stack->window)
        return;
    if (stack->retry_count) /* a system takes another port for each connection */
        shot->source_port = port_any(&source->random);
}

/* What a stateless scanner hides in the sequence number: a keyed hash of whom it asks. */
static void sequence_keyed(const struct source *source, struct shot *shot)
{
    shot->sequence =
        (uint32_t)random_mix((uint64_t)source->secret << 32 | shot->target, shot->destination_port);
}

/* ZMap takes a source port from its range by the same hash, so it too follows from whom it asks. */
static void port_keyed(const struct source *source, struct shot *shot)
{
    enum { FIRST = 32768, LAST = 61000 };
    uint64_t hash = random_mix(source->secret, (uint64_t)shot->target << 16 | 0x5a);
    shot->source_port = (uint16_t)(FIRST + hash % (LAST - FIRST + 1));
}

static bool is_zmap(const struct source *source)
{
    return source->stack >= STACK_zmap && source->stack <= STACK_zmap_smallest;
}

/* Every round over the addresses asks for another of the operator's ports. */
static void survey(struct source *source, struct shot *shot)
{
    uint32_t count = 100 + source->secret % 4000;
    uint32_t turn = random_below(&source->random, count);
    probe_tcp(source, shot, SYN);
    shot->destination_port = (uint16_t)(1 + random_mix(source->secret, turn) % 65535);
    sequence_keyed(source, shot);
    if (is_zmap(source))
        port_keyed(source, shot);
}

static void probe_udp(struct source *source, struct shot *shot)
{
    shot->kind = SHOT_UDP;
    shot->source_port = source->source_port;
    shot->destination_port = source->ports[0];
    shot->payload = (uint16_t)udp_probe(source->ports[0]).len;
    if (source->behaviour == BEHAVIOUR_udp_scan &&
        source->secret & 1) /* with ZMap; else with masscan or a program of one's own */
        port_keyed(source, shot);
}

/* A session of whoever had the address before, which the server still holds open. */
static void leftover(struct source *source, struct shot *shot)
{
    static const uint8_t flags[] = {ACK, ACK, PSH | ACK, FIN | ACK};
    shot->kind = SHOT_TCP;
    shot->detail = flags[random_below(&source->random, 4)];
    shot->source_port = source->source_port;
    shot->destination_port = (uint16_t)(source->secret >> 16 | 1024);
    shot->sequence = source->secret;
    shot->acknowledgement = source->secret ^ 0x5bd1e995;
}

static void stray(struct source *source, struct shot *shot)
{
    switch (source->behaviour) {
    case BEHAVIOUR_stray_udp: /* somebody's peer once had this address */
        shot->kind = SHOT_UDP;
        shot->source_port = source->window | 1024;
        shot->destination_port = (uint16_t)(source->secret >> 16 | 1024);
        shot->payload = (uint16_t)(20 + random_below(&source->random, 130));
        break;
    case BEHAVIOUR_stray_tcp:
        probe_tcp(source, shot, SYN);
        shot->destination_port = source->ports[0];
        break;
    case BEHAVIOUR_stray_dns:
        shot->kind = SHOT_UDP;
        shot->source_port = port_any(&source->random);
        shot->destination_port = source->secret & 1 ? 53 : 123;
        shot->payload =
            source->secret & 1 ? (uint16_t)(30 + random_below(&source->random, 25)) : 48;
        break;
    case BEHAVIOUR_stray_ntp:
        shot->kind = SHOT_UDP;
        shot->source_port = shot->destination_port = 123;
        shot->payload = 48;
        break;
    case BEHAVIOUR_leftover:
        leftover(source, shot);
        break;
    default:
        shot->kind = SHOT_FRAGMENT;
        shot->payload = (uint16_t)(8 * (1 + random_below(&source->random, 180)));
        break;
    }
}

static void member_acts(struct source *source, struct shot *shot)
{
    if (source->variant == 0) { /* an attack on the member */
        shot->kind = SHOT_TCP;
        shot->detail = SYN | ACK;
        shot->source_port = 443;
        shot->destination_port = port_any(&source->random);
        shot->acknowledgement = (uint32_t)random_next(&source->random);
    } else if (source->variant == 1) { /* a wrong configuration */
        shot->kind = SHOT_UDP;
        shot->target = source->secret & 3;
        shot->source_port = port_any(&source->random);
        shot->destination_port = 514;
        shot->payload = (uint16_t)(60 + random_below(&source->random, 60));
    } else {
        probe_tcp(source, shot, SYN);
    }
}

/* The server answers a packet that somebody sent in the telescope's name. */
static void answer_tcp(struct source *source, struct shot *shot)
{
    shot->kind = SHOT_TCP;
    shot->source_port = source->ports[0];
    shot->destination_port = source->source_port ? source->source_port : port_any(&source->random);
    uint32_t forged = (uint32_t)random_next(&source->random);
    shot->detail = SYN | ACK;
    if (source->behaviour == BEHAVIOUR_reset)
        shot->detail = source->variant ? RST | ACK : RST;
    if (shot->detail == RST) {
        shot->sequence = forged; /* the flood's packets had an ACK */
        return;
    }
    shot->acknowledgement = forged + 1;
    if (shot->detail & SYN)
        shot->sequence = (uint32_t)random_next(&source->random);
    if (source->behaviour == BEHAVIOUR_reset && source->variant == 2) /* a flood over all ports */
        shot->source_port = port_any(&source->random);
}

static void answer_icmp(const struct fashion *fashion, struct source *source, struct shot *shot)
{
    static const uint8_t codes[] = {3, 1, 10, 13, 0};
    shot->kind = SHOT_ICMP;
    if (source->behaviour == BEHAVIOUR_echo_reply) {
        shot->detail = ICMP_REPLY;
        shot->payload = fashion->echo_size;
        shot->sequence = (uint32_t)random_next(&source->random);
        return;
    }
    shot->detail = source->variant == 4 ? ICMP_EXCEEDED : ICMP_UNREACHABLE;
    shot->code = codes[source->variant];
    shot->quoted = source->variant == 0 || source->secret & 1 ? PROTOCOL_UDP : PROTOCOL_TCP;
    shot->source_port = source->source_port ? source->source_port : port_any(&source->random);
    shot->destination_port = source->ports[0];
    shot->sequence = (uint32_t)random_next(&source->random);
    shot->payload = shot->quoted == PROTOCOL_UDP ? fashion->udp_flood_size : 0;
}

static void answer_dns(const struct fashion *fashion, struct source *source, struct shot *shot)
{
    shot->kind = SHOT_UDP;
    shot->source_port = 53;
    shot->destination_port = source->source_port ? source->source_port : port_any(&source->random);
    shot->sequence = (uint32_t)random_next(&source->random);
    bool refused = source->secret % 1000 < fashion->dns_refused * 1000;
    shot->payload = refused ? (uint16_t)(30 + random_below(&source->random, 12))
                            : (uint16_t)(80 + random_below(&source->random, 420));
}

/* QUIC servers send the whole first flight, or say which versions they know. */
static void answer_udp(struct source *source, struct shot *shot)
{
    shot->kind = SHOT_UDP;
    shot->source_port = source->ports[0];
    shot->destination_port = source->source_port ? source->source_port : port_any(&source->random);
    shot->payload = (uint16_t)(source->secret & 1 ? 1200 : 27 + source->secret % 400);
}

/* An attack of several kinds at once, on a server and what stands before it. */
static void answer_mixed(const struct fashion *fashion, struct source *source, struct shot *shot)
{
    uint32_t turn = random_below(&source->random, 20);
    answer_tcp(source, shot);
    if (turn < 5) {
        shot->detail = RST | ACK;
        shot->sequence = 0;
        shot->source_port = port_any(&source->random);
    } else if (turn < 8) {
        *shot = (struct shot){.source = shot->source, .time = shot->time, .target = shot->target};
        source->variant = 0;
        answer_icmp(fashion, source, shot);
    }
}

static void backscatter(const struct darknet_world *world, struct source *source, struct shot *shot)
{
    const struct fashion *fashion = &world->fashions[source->month];
    switch (source->behaviour) {
    case BEHAVIOUR_icmp_error:
    case BEHAVIOUR_echo_reply:
        answer_icmp(fashion, source, shot);
        break;
    case BEHAVIOUR_dns_answer:
        answer_dns(fashion, source, shot);
        break;
    case BEHAVIOUR_quic_answer:
    case BEHAVIOUR_udp_answer:
        answer_udp(source, shot);
        break;
    case BEHAVIOUR_victim:
        answer_mixed(fashion, source, shot);
        break;
    default:
        answer_tcp(source, shot);
        break;
    }
}

static void probe(struct source *source, struct shot *shot)
{
    static const uint8_t odd[] = {FIN, FIN | PSH | URG, 0, SYN | FIN};
    switch (source->behaviour) {
    case BEHAVIOUR_odd:
        probe_tcp(source, shot, odd[source->variant]);
        break;
    case BEHAVIOUR_nmap: /* all ports of a few machines */
        probe_tcp(source, shot, SYN);
        shot->destination_port = (uint16_t)(1 + random_below(&source->random, 10000));
        shot->source_port = source->source_port;
        break;
    case BEHAVIOUR_ping:
        shot->kind = SHOT_ICMP;
        shot->detail = ICMP_ECHO;
        shot->payload = 56;
        shot->sequence = (uint32_t)source->id << 16 | (source->sent & 0xffff);
        break;
    case BEHAVIOUR_survey:
        survey(source, shot);
        break;
    case BEHAVIOUR_udp_scan:
    case BEHAVIOUR_sip_scan:
    case BEHAVIOUR_dns_scan:
        probe_udp(source, shot);
        break;
    case BEHAVIOUR_ack_scan:
    case BEHAVIOUR_syn_ack_scan:
        probe_tcp(source, shot, source->behaviour == BEHAVIOUR_ack_scan ? ACK : SYN | ACK);
        shot->acknowledgement = (uint32_t)random_next(&source->random);
        break;
    default:
        probe_tcp(source, shot, SYN);
        if (source->variant ||
            (source->behaviour >= BEHAVIOUR_zmap && source->behaviour <= BEHAVIOUR_masscan))
            sequence_keyed(source, shot);
        if (is_zmap(source))
            port_keyed(source, shot);
        break;
    }
}

void source_act(const struct darknet_world *world, uint32_t index, struct shot *ret_shot)
{
    struct source *source = &world->sources[index];
    struct shot shot = {.source = index, .time = source->next};
    shot.target = target_next(world, source);
    if (source->behaviour == BEHAVIOUR_member)
        member_acts(source, &shot);
    else if (source->behaviour >= BEHAVIOUR_stray_udp && source->behaviour <= BEHAVIOUR_fragment)
        stray(source, &shot);
    else if (source->behaviour >= BEHAVIOUR_syn_ack && source->behaviour <= BEHAVIOUR_storm)
        backscatter(world, source, &shot);
    else
        probe(source, &shot);
    switch (stacks[source->stack].id) {
    case ID_COUNTER:
        shot.id = source->id;
        source->id = (uint16_t)(source->id + 1 + random_below(&source->random, 4));
        break;
    case ID_RANDOM:
        shot.id = (uint16_t)random_next(&source->random);
        break;
    case ID_FIXED:
        shot.id = source->id;
        break;
    default:
        break;
    }
    time_next(world, source);
    *ret_shot = shot;
}
