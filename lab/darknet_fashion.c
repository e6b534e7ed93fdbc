#include "lab/darknet_fashion.h"

#include <string.h>

/* In the order of telescopes' yearly reports, roughly. */
static const uint16_t ports_wanted[FASHION_PORTS] = {
    23,   2323, 445,   22,    80,    8080, 5555,  37215, 3389, 443,  81,   8443, 1433,
    6379, 3306, 60023, 52869, 2222,  7547, 5060,  8291,  8081, 5900, 21,   25,   2375,
    9200, 8888, 5432,  88,    8000,  85,   1023,  26,    9530, 110,  143,  139,  135,
    8728, 5038, 5985,  27017, 11211, 8545, 10000, 2376,  9000, 1080, 3128, 8088, 7001,
    9090, 554,  587,   993,   995,   465,  1723,  5901,  389,  873,  2049, 502};

static const uint16_t services_attacked[FASHION_SERVICES] = {
    80,   443,  22,   53,   25565, 3389, 8080, 21,   30120, 25,   7777, 3306,
    8443, 1723, 6667, 2222, 3074,  5222, 110,  1935, 9987,  6379, 179,  5060};

static const uint16_t udp_wanted[] = {53,   123, 161,  1900, 5060,  389,   11211,
                                      69,   137, 5683, 111,  27015, 1434,  53413,
                                      3702, 500, 3478, 3283, 5353,  47808, 17185};

static const uint16_t mirai_wanted[] = {5555, 37215, 52869, 80,   8080, 81,    60023, 7547,
                                        22,   2222,  26,    5358, 9527, 34567, 23};

uint32_t zipf_below(struct random *random, uint32_t count)
{
    double sum = 0, unit = random_unit(random);
    for (uint32_t i = 0; i < count; i++)
        sum += 1.0 / (i + 1);
    unit *= sum;
    for (uint32_t i = 0; i + 1 < count; i++) {
        unit -= 1.0 / (i + 1);
        if (unit < 0)
            return i;
    }
    return count ? count - 1 : 0;
}

uint16_t fashion_port(const struct fashion *fashion, struct random *random)
{
    if (random_chance(random, 0.08)) /* the long tail: all ports are looked for */
        return (uint16_t)(1 + random_below(random, UINT16_MAX));
    return fashion->ports[zipf_below(random, FASHION_PORTS)];
}

uint16_t fashion_service(const struct fashion *fashion, struct random *random)
{
    if (random_chance(random, 0.12))
        return (uint16_t)(1024 + random_below(random, 64000));
    return fashion->services[zipf_below(random, FASHION_SERVICES)];
}

uint16_t udp_port_any(struct random *random)
{
    return udp_wanted[zipf_below(random, sizeof udp_wanted / sizeof *udp_wanted)];
}

uint16_t mirai_port_any(struct random *random)
{
    return mirai_wanted[zipf_below(random, sizeof mirai_wanted / sizeof *mirai_wanted)];
}

static void campaign_make(struct campaign *campaign, const struct fashion *fashion,
                          struct random *random)
{
    static const uint8_t looks[] = {STACK_raw, STACK_raw, STACK_raw_mss, STACK_embedded};
    static const uint16_t windows[] = {512, 1024, 5840, 14600, 14520, 16384, 29200, 65535};
    *campaign = (struct campaign){
        .window = windows[random_below(random, 8)],
        .id = (uint16_t)random_below(random, 65536),
        .stack = looks[random_below(random, 4)],
        .port_count = (uint8_t)(1 + random_skewed(random, CAMPAIGN_PORTS)),
        .destination_sequence = random_chance(random, 0.3),
    };
    if (random_chance(random, 0.3))
        campaign->source_port = (uint16_t)(1024 + random_below(random, 64000));
    for (int i = 0; i < CAMPAIGN_PORTS; i++)
        campaign->ports[i] = fashion_port(fashion, random);
}

/* Neighbours in rank change places, and now and then a port rises from far below. */
static void ranks_shuffle(uint16_t *ranks, uint32_t count, uint32_t changes, struct random *random)
{
    for (uint32_t i = 0; i < changes; i++) {
        uint32_t from = random_below(random, count), to = random_skewed(random, count);
        uint16_t kept = ranks[from];
        ranks[from] = ranks[to];
        ranks[to] = kept;
    }
}

static double drift(double value, double by, double most, struct random *random)
{
    value += by * (2 * random_unit(random) - 1);
    return value < 0 ? 0 : value > most ? most : value;
}

void fashion_make(struct fashion *fashion, const struct fashion *last, struct random *random)
{
    static const uint16_t echo_sizes[] = {32, 56, 64, 120, 512, 1024, 1400};
    static const uint16_t udp_sizes[] = {1, 16, 64, 200, 512, 1024, 1400};
    if (last) {
        *fashion = *last;
    } else {
        *fashion = (struct fashion){
            .cookies = 0.4, .one_forged_port = 0.2, .near_forged = 0.1, .dns_refused = 0.3};
        memcpy(fashion->ports, ports_wanted, sizeof ports_wanted);
        memcpy(fashion->services, services_attacked, sizeof services_attacked);
    }
    ranks_shuffle(fashion->ports, FASHION_PORTS, 4, random);
    ranks_shuffle(fashion->services, FASHION_SERVICES, last ? 6 : 2, random);
    for (uint32_t i = 0; i < FASHION_CAMPAIGNS; i++)
        if (!last || random_chance(random, 0.3))
            campaign_make(&fashion->campaigns[i], fashion, random);
    fashion->cookies = drift(fashion->cookies, 0.15, 0.9, random);
    fashion->one_forged_port = drift(fashion->one_forged_port, 0.15, 0.8, random);
    fashion->near_forged = drift(fashion->near_forged, 0.1, 0.5, random);
    fashion->dns_refused = drift(fashion->dns_refused, 0.15, 0.9, random);
    fashion->echo_size = echo_sizes[random_below(random, 7)];
    fashion->udp_flood_size = udp_sizes[random_below(random, 7)];
}
