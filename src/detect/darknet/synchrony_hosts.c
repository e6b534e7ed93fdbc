#include "detect/darknet/synchrony_hosts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { PORTS = 65536 };

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

static int host_add(struct synchrony_hosts *hosts, const struct ip *prefix, int64_t window)
{
    if (hosts->kept == hosts->capacity) {
        size_t capacity = hosts->capacity ? hosts->capacity * 2 : 1024;
        void *at = realloc(hosts->at, capacity * sizeof(*hosts->at));
        if (!at)
            return -ENOMEM;
        hosts->at = at;
        hosts->capacity = capacity;
    }
    struct bytes name = {(const char *)prefix->octets, sizeof(prefix->octets)};
    hosts->at[hosts->kept++] = (struct synchrony_host){
        .prefix = *prefix, .order = hash_mix(hash_bytes(name), (uint64_t)window)};
    return 0;
}

static void port_count(struct synchrony_host *host, uint16_t port)
{
    for (uint32_t p = 0; p < host->port_count; p++)
        if (host->ports[p].port == port) {
            if (host->ports[p].sources < UINT16_MAX)
                host->ports[p].sources++;
            return;
        }
    if (host->port_count == SYNCHRONY_HOST_PORTS)
        return;
    host->ports[host->port_count].port = port;
    host->ports[host->port_count++].sources = 1;
}

static void host_count(struct synchrony_host *host, const struct source_summary *source)
{
    for (int m = 0; m < SOURCE_SAMPLES; m++) {
        uint32_t sum = host->samples[m] + source->tcp_samples[m];
        host->samples[m] = sum < host->samples[m] ? UINT32_MAX : sum;
    }
    host->packets += source_packets(source);
    port_count(host, source->destination_port);
}

int synchrony_hosts_see(struct synchrony_hosts *hosts, const struct source_summary *sources,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (source_packets(&sources[i]) == 0)
            continue;
        struct ip prefix = prefix_of(&sources[i].address);
        if (hosts->seen == 0 || memcmp(&hosts->last, &prefix, sizeof(prefix)) != 0) {
            if (hosts->kept < SYNCHRONY_HOSTS_MOST &&
                host_add(hosts, &prefix, sources[i].window_start) < 0)
                return -ENOMEM;
            hosts->seen++;
            hosts->last = prefix;
        }
        if (hosts->kept == hosts->seen)
            host_count(&hosts->at[hosts->kept - 1], &sources[i]);
    }
    return 0;
}

void synchrony_hosts_clear(struct synchrony_hosts *hosts)
{
    hosts->count = hosts->kept = hosts->seen = 0;
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

void synchrony_hosts_choose(struct synchrony_hosts *hosts, uint32_t most)
{
    hosts->count = hosts->kept < most ? hosts->kept : most;
    if (hosts->kept > most) {
        qsort(hosts->at, hosts->kept, sizeof(*hosts->at), busier);
        qsort(hosts->at, hosts->count, sizeof(*hosts->at), by_address);
    }
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

static int more_hosts(const void *a, const void *b)
{
    const struct synchrony_port *one = a, *other = b;
    if (one->hosts != other->hosts)
        return one->hosts < other->hosts ? 1 : -1;
    return one->port < other->port ? -1 : one->port > other->port;
}

uint32_t synchrony_ports_find(const struct synchrony_hosts *hosts, uint32_t *counts,
                              struct synchrony_port *ports)
{
    uint32_t count = 0;
    memset(counts, 0, PORTS * sizeof(*counts));
    for (uint32_t h = 0; h < hosts->count; h++)
        for (uint32_t p = 0; p < hosts->at[h].port_count; p++)
            counts[hosts->at[h].ports[p].port]++;
    for (uint32_t port = 0; port < PORTS; port++) {
        struct synchrony_port found = {.port = (uint16_t)port, .hosts = counts[port]};
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

uint16_t synchrony_host_port(const struct synchrony_host *host)
{
    uint32_t best = 0;
    for (uint32_t p = 1; p < host->port_count; p++)
        if (host->ports[p].sources > host->ports[best].sources)
            best = p;
    return host->ports[best].port;
}

void synchrony_hosts_finish(struct synchrony_hosts *hosts)
{
    free(hosts->at);
}
