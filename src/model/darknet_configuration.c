#include "model/darknet_configuration.h"

#include <errno.h>

static int list_add(struct prefix_table *table, const struct prefix_list *list, uint32_t value)
{
    int status = 0;
    for (uint32_t i = 0; i < list->count && !status; i++)
        status = prefix_table_add(table, &list->at[i], value);
    return status;
}

static int telescope_make(const struct darknet_configuration *configuration,
                          struct prefix_table *table)
{
    int status = list_add(table, &configuration->prefixes, 1);
    for (uint32_t i = 0; i < configuration->exclude.count && !status; i++)
        status = prefix_table_exclude(table, &configuration->exclude.at[i]);
    return status ? status : prefix_table_freeze(table);
}

static int organisations_make(const struct darknet_configuration *configuration,
                              struct darknet_prefixes *prefixes)
{
    int status = 0;
    for (uint32_t i = 0; i < configuration->organisation_count && !status; i++) {
        const struct organisation *organisation = &configuration->organisations[i];
        status = list_add(&prefixes->organisations, &organisation->prefixes, i + 1);
        if (!status)
            status = list_add(&prefixes->unused, &organisation->unused, i + 1);
    }
    if (!status)
        status = prefix_table_freeze(&prefixes->organisations);
    return status ? status : prefix_table_freeze(&prefixes->unused);
}

int darknet_prefixes_make(const struct darknet_configuration *configuration,
                          struct darknet_prefixes *ret_prefixes)
{
    struct darknet_prefixes prefixes = {0};
    int status = telescope_make(configuration, &prefixes.telescope);
    if (!status)
        status = organisations_make(configuration, &prefixes);
    if (status) {
        darknet_prefixes_finish(&prefixes);
        return status;
    }
    *ret_prefixes = prefixes;
    return 0;
}

void darknet_prefixes_finish(struct darknet_prefixes *prefixes)
{
    prefix_table_finish(&prefixes->telescope);
    prefix_table_finish(&prefixes->organisations);
    prefix_table_finish(&prefixes->unused);
}

/* The text's last ':' parts host and port. */
static int host_port_parse(struct bytes text, struct bytes *ret_host, uint16_t *ret_port)
{
    size_t colon = text.len;
    uint32_t port = 0;
    while (colon && text.at[colon - 1] != ':')
        colon--;
    if (colon < 2 || text.len - colon > 5)
        return -EINVAL;
    for (size_t i = colon; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return -EINVAL;
        port = 10 * port + (uint32_t)(text.at[i] - '0');
    }
    struct bytes host = {text.at, colon - 1};
    bool brackets = host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
    if (brackets)
        host = (struct bytes){host.at + 1, host.len - 2};
    if (port == 0 || port > UINT16_MAX || (!brackets && memchr(host.at, ':', host.len)) ||
        memchr(host.at, '/', host.len) || memchr(host.at, '@', host.len))
        return -EINVAL;
    *ret_host = host;
    *ret_port = (uint16_t)port;
    return 0;
}

int syslog_address_parse(struct bytes url, struct syslog_address *ret_address)
{
    static const char *const ways[] = {
        [SYSLOG_UDP] = "udp://", [SYSLOG_TCP] = "tcp://", [SYSLOG_TLS] = "tls://"};
    struct syslog_address address = {0};
    unsigned way = 0;
    while (way <= SYSLOG_TLS && !bytes_start(url, bytes_of(ways[way])))
        way++;
    if (way > SYSLOG_TLS || host_port_parse(bytes_from(url, 6), &address.host, &address.port) ||
        (way == SYSLOG_UDP && !ip_parse(address.host, &address.ip)))
        return -EINVAL;
    address.way = (enum syslog_way)way;
    *ret_address = address;
    return 0;
}
