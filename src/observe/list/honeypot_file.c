#include "observe/list/honeypot_file.h"

#include "base/time.h"

/* X(column, the title) */
#define COLUMNS(X)                                                                                 \
    X(time, "datetime")                                                                            \
    X(host, "host")                                                                                \
    X(source, "src")                                                                               \
    X(protocol, "proto")                                                                           \
    X(type, "type")                                                                                \
    X(source_port, "spt")                                                                          \
    X(destination_port, "dpt")

enum column {
#define X(name, title) COLUMN_##name,
    COLUMNS(X)
#undef X
        COLUMN_COUNT
};

_Static_assert((int)COLUMN_COUNT == (int)HONEYPOT_COLUMNS, "as many as the header says");

static const char *const column_titles[COLUMN_COUNT] = {
#define X(name, title) title,
    COLUMNS(X)
#undef X
};

static int fields_cut(struct bytes line, struct bytes *fields)
{
    int count = 0;
    for (size_t from = 0; from <= line.len && count < HONEYPOT_FIELDS; count++) {
        const char *comma = from < line.len ? memchr(line.at + from, ',', line.len - from) : NULL;
        size_t to = comma ? (size_t)(comma - line.at) : line.len;
        fields[count] = bytes_from((struct bytes){line.at, to}, from);
        from = to + 1;
    }
    return count;
}

bool honeypot_titles_read(struct bytes line, struct honeypot_titles *ret_titles)
{
    struct bytes fields[HONEYPOT_FIELDS];
    struct honeypot_titles titles;
    int count = fields_cut(line, fields);
    for (int column = 0; column < COLUMN_COUNT; column++) {
        int place = count;
        for (int i = 0; i < count; i++)
            if (bytes_equal(fields[i], bytes_of(column_titles[column])))
                place = i;
        if (place == count)
            return false;
        titles.places[column] = (uint8_t)place;
    }
    *ret_titles = titles;
    return true;
}

static bool number_read(struct bytes text, uint64_t most, uint64_t *ret_number)
{
    uint64_t number = 0;
    if (text.len == 0 || text.len > 10)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(text.at[i] - '0');
    }
    *ret_number = number;
    return number <= most;
}

static bool address_read(struct bytes text, struct ip *ret_ip)
{
    uint64_t number;
    if (!number_read(text, UINT32_MAX, &number))
        return ip_parse(text, ret_ip);
    *ret_ip = (struct ip){.octets = {[10] = 0xff, [11] = 0xff}};
    for (int i = 0; i < 4; i++)
        ret_ip->octets[12 + i] = (uint8_t)(number >> (24 - 8 * i));
    return true;
}

static bool transport_read(const struct bytes *cells, struct honeypot_packet *packet)
{
    uint64_t number, other;
    if (bytes_equal(cells[COLUMN_protocol], BYTES("ICMP"))) {
        packet->protocol = PROTOCOL_icmp;
        if (!number_read(cells[COLUMN_type], 255, &number))
            return cells[COLUMN_type].len == 0;
        packet->has = PACKET_ICMP;
        packet->icmp_type = (uint8_t)number;
        return true;
    }
    bool tcp = bytes_equal(cells[COLUMN_protocol], BYTES("TCP"));
    if (!tcp && !bytes_equal(cells[COLUMN_protocol], BYTES("UDP")))
        return false;
    if (!number_read(cells[COLUMN_source_port], 65535, &number) ||
        !number_read(cells[COLUMN_destination_port], 65535, &other))
        return false;
    packet->protocol = tcp ? PROTOCOL_tcp : PROTOCOL_udp;
    packet->has = tcp ? PACKET_PORTS | PACKET_TCP : PACKET_PORTS;
    packet->source_port = (uint16_t)number;
    packet->destination_port = (uint16_t)other;
    return true;
}

bool honeypot_line_read(const struct honeypot_titles *titles, struct bytes line,
                        struct honeypot_packet *ret_packet)
{
    struct bytes fields[HONEYPOT_FIELDS], cells[COLUMN_COUNT];
    int count = fields_cut(line, fields);
    for (int column = 0; column < COLUMN_COUNT; column++) {
        if (titles->places[column] >= count)
            return false;
        cells[column] = fields[titles->places[column]];
    }
    struct honeypot_packet packet = {.host = cells[COLUMN_host]};
    if (time_parse(cells[COLUMN_time], &packet.time) != 0 ||
        !address_read(cells[COLUMN_source], &packet.source_ip) || !transport_read(cells, &packet))
        return false;
    *ret_packet = packet;
    return true;
}
