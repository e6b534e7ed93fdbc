#include "detect/darknet/synchrony_hosts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { PORTS = 65536, HOST_PORTS = 256 };

static bool ip_is_four(const struct ip *ip)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(ip->octets, mapped, sizeof(mapped)) == 0;
}

/* The /16 of an IPv4 address, the /32 of an IPv6 one. */
static struct ip prefix_of(const struct ip *ip)
{
    struct ip prefix = {{0}};
    memcpy(prefix.octets, ip->octets, ip_is_four(ip) ? 14 : 4);
    return prefix;
}

static uint64_t source_packets(const struct source_summary *source)
{
    uint64_t packets = 0;
    for (int m = 0; m < SOURCE_SAMPLES; m++)
        packets += source->tcp_samples[m];
    return packets;
}

static struct synchrony_host *host_add(struct synchrony_hosts *hosts, const struct ip *prefix,
                                       const struct source_summary *source, size_t place)
{
    if (hosts->seen == hosts->capacity) {
        size_t capacity = hosts->capacity ? hosts->capacity * 2 : 1024;
        void *at = realloc(hosts->at, capacity * sizeof(*hosts->at));
        if (!at)
            return NULL;
        hosts->at = at;
        hosts->capacity = capacity;
    }
    struct synchrony_host *host = &hosts->at[hosts->seen++];
    uint64_t order =
        hash_mix(hash_bytes((struct bytes){(const char *)prefix->octets, sizeof(prefix->octets)}),
                 (uint64_t)source->window_start);
    *host = (struct synchrony_host){.prefix = *prefix, .first = place, .order = order};
    return host;
}

static void host_count(struct synchrony_host *host, const struct source_summary *source,
                       size_t place)
{
    for (int m = 0; m < SOURCE_SAMPLES; m++) {
        uint32_t sum = host->samples[m] + source->tcp_samples[m];
        host->samples[m] = sum < host->samples[m] ? UINT32_MAX : sum;
    }
    host->packets += source_packets(source);
    host->last = place;
}

static int busier(const void *a, const void *b)
{
    const struct synchrony_host *one = a, *other = b;
    if (one->packets != other->packets)
        return one->packets < other->packets ? 1 : -1;
    return one->order < other->order ? -1 : one->order > other->order;
}

static int by_address(const void *a, const void *b)
{
    const struct synchrony_host *one = a, *other = b;
    return memcmp(one->prefix.octets, other->prefix.octets, sizeof(one->prefix.octets));
}

int synchrony_hosts_make(struct synchrony_hosts *hosts, const struct source_summary *sources,
                         size_t count, uint32_t most)
{
    struct synchrony_host *host = NULL;
    hosts->seen = hosts->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (source_packets(&sources[i]) == 0)
            continue;
        struct ip prefix = prefix_of(&sources[i].address);
        if (!host || memcmp(&host->prefix, &prefix, sizeof(prefix)) != 0)
            host = host_add(hosts, &prefix, &sources[i], i);
        if (!host)
            return -ENOMEM;
        host_count(host, &sources[i], i);
    }
    hosts->count = hosts->seen < most ? hosts->seen : most;
    if (hosts->seen > most) {
        qsort(hosts->at, hosts->seen, sizeof(*hosts->at), busier);
        qsort(hosts->at, hosts->count, sizeof(*hosts->at), by_address);
    }
    return 0;
}

static double log_packets(uint32_t packets)
{
    return packets ? log(packets) : log(0.1);
}

void synchrony_hosts_covariance(const struct synchrony_hosts *hosts, double *centred,
                                double *covariance)
{
    uint32_t count = hosts->count;
    for (uint32_t i = 0; i < count; i++) {
        double *x = centred + (size_t)i * SOURCE_SAMPLES, mean = 0;
        for (int m = 0; m < SOURCE_SAMPLES; m++) {
            x[m] = log_packets(hosts->at[i].samples[m]);
            mean += x[m] / SOURCE_SAMPLES;
        }
        for (int m = 0; m < SOURCE_SAMPLES; m++)
            x[m] -= mean;
    }
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j <= i; j++) {
            const double *x = centred + (size_t)i * SOURCE_SAMPLES;
            const double *y = centred + (size_t)j * SOURCE_SAMPLES;
            double sum = 0;
            for (int m = 0; m < SOURCE_SAMPLES; m++)
                sum += x[m] * y[m];
            covariance[(size_t)i * count + j] = covariance[(size_t)j * count + i] =
                sum / SOURCE_SAMPLES;
        }
}

int synchrony_counter_init(struct synchrony_counter *counter)
{
    counter->hosts = calloc(PORTS, sizeof(uint32_t));
    counter->seen = calloc(PORTS, sizeof(uint32_t));
    return counter->hosts && counter->seen ? 0 : -ENOMEM;
}

void synchrony_counter_finish(struct synchrony_counter *counter)
{
    free(counter->hosts);
    free(counter->seen);
}

static int more_hosts(const void *a, const void *b)
{
    const struct synchrony_port *one = a, *other = b;
    if (one->hosts != other->hosts)
        return one->hosts < other->hosts ? 1 : -1;
    return one->port < other->port ? -1 : one->port > other->port;
}

/* A host counts once for each port its sources looked for. */
static void ports_count(struct synchrony_counter *counter, const struct synchrony_hosts *hosts,
                        const struct source_summary *sources)
{
    memset(counter->hosts, 0, PORTS * sizeof(uint32_t));
    memset(counter->seen, 0, PORTS * sizeof(uint32_t));
    for (uint32_t h = 0; h < hosts->count; h++)
        for (size_t i = hosts->at[h].first; i <= hosts->at[h].last; i++) {
            uint16_t port = sources[i].destination_port;
            if (source_packets(&sources[i]) == 0 || counter->seen[port] == h + 1)
                continue;
            counter->seen[port] = h + 1;
            counter->hosts[port]++;
        }
}

/* The rule lets at most 10 ports per source a host has through; the most hosts are kept. */
uint32_t synchrony_ports_find(struct synchrony_counter *counter,
                              const struct synchrony_hosts *hosts,
                              const struct source_summary *sources, struct synchrony_port *ports)
{
    uint32_t count = 0;
    ports_count(counter, hosts, sources);
    for (uint32_t port = 0; port < PORTS; port++) {
        struct synchrony_port found = {.port = (uint16_t)port, .hosts = counter->hosts[port]};
        if (found.hosts < SYNCHRONY_HOSTS_LEAST || found.hosts * 10ull < hosts->count)
            continue;
        found.share = (double)found.hosts / hosts->count;
        if (count < SYNCHRONY_PORTS)
            ports[count++] = found;
        else if (more_hosts(&found, &ports[count - 1]) < 0)
            ports[count - 1] = found;
        qsort(ports, count, sizeof(*ports), more_hosts);
    }
    return count;
}

static int port_order(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* Of a host of very many sources the first HOST_PORTS speak. */
uint16_t synchrony_host_port(const struct synchrony_host *host,
                             const struct source_summary *sources)
{
    uint16_t ports[HOST_PORTS], best = 0;
    uint32_t count = 0, most = 0, run = 0;
    for (size_t i = host->first; i <= host->last && count < HOST_PORTS; i++)
        if (source_packets(&sources[i]))
            ports[count++] = sources[i].destination_port;
    qsort(ports, count, sizeof(*ports), port_order);
    for (uint32_t p = 0; p < count; p++) {
        run = p && ports[p] == ports[p - 1] ? run + 1 : 1;
        if (run > most) {
            most = run;
            best = ports[p];
        }
    }
    return best;
}

void synchrony_hosts_finish(struct synchrony_hosts *hosts)
{
    free(hosts->at);
}
