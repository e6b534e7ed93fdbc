#include "engine/honeypot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/strings.h"
#include "base/time.h"
#include "detect/darknet/marks.h"
#include "detect/darknet/source_table.h"
#include "observe/stream.h"

enum { BLOCK = 1 << 16, FIELDS = 64, HOSTS = 65536, COLUMN_ABSENT = -1 };

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

static const char *const column_titles[COLUMN_COUNT] = {
#define X(name, title) title,
    COLUMNS(X)
#undef X
};

struct honeypot {
    const struct honeypot_options *options;
    struct honeypot_counts counts;
    struct stream *stream;
    struct source_table *table;
    struct packets packets; /* one row: the line */
    struct source_rows rows;
    struct strings hosts;
    int places[COLUMN_COUNT]; /* of each column in a line */
    int64_t window_start;     /* TIME_NONE: no packet yet */
    size_t held;
    char block[BLOCK]; /* of it, `held` bytes begin with a line */
};

static int fields_cut(struct bytes line, struct bytes *fields)
{
    int count = 0;
    for (size_t from = 0; from <= line.len && count < FIELDS; count++) {
        const char *comma = from < line.len ? memchr(line.at + from, ',', line.len - from) : NULL;
        size_t to = comma ? (size_t)(comma - line.at) : line.len;
        fields[count] = (struct bytes){line.at + from, to - from};
        from = to + 1;
    }
    return count;
}

/* False unless every column has a title. */
static bool titles_read(struct honeypot *honeypot, struct bytes line)
{
    struct bytes fields[FIELDS];
    int count = fields_cut(line, fields);
    for (int column = 0; column < COLUMN_COUNT; column++) {
        honeypot->places[column] = COLUMN_ABSENT;
        for (int i = 0; i < count; i++)
            if (bytes_equal(fields[i], bytes_of(column_titles[column])))
                honeypot->places[column] = i;
        if (honeypot->places[column] == COLUMN_ABSENT)
            return false;
    }
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

/* The transport's own columns. An ICMP type that is missing leaves a packet without one. */
static bool transport_read(struct packets *packets, const struct bytes *cells)
{
    uint64_t number, other;
    if (bytes_equal(cells[COLUMN_protocol], BYTES("ICMP"))) {
        packets->protocol[0] = PROTOCOL_icmp;
        packets->has[0] = 0;
        if (!number_read(cells[COLUMN_type], 255, &number))
            return cells[COLUMN_type].len == 0;
        packets->has[0] = PACKET_ICMP;
        packets->icmp_type[0] = (uint8_t)number;
        packets->source_port[0] = packets->destination_port[0] = 0;
        return true;
    }
    bool tcp = bytes_equal(cells[COLUMN_protocol], BYTES("TCP"));
    if (!tcp && !bytes_equal(cells[COLUMN_protocol], BYTES("UDP")))
        return false;
    packets->protocol[0] = tcp ? PROTOCOL_tcp : PROTOCOL_udp;
    packets->has[0] = tcp ? PACKET_PORTS | PACKET_TCP : PACKET_PORTS;
    if (!number_read(cells[COLUMN_source_port], 65535, &number) ||
        !number_read(cells[COLUMN_destination_port], 65535, &other))
        return false;
    packets->source_port[0] = (uint16_t)number;
    packets->destination_port[0] = (uint16_t)other;
    return true;
}

/* One line into the row; the host's number is the destination's. */
static int line_read(struct honeypot *honeypot, struct bytes line, bool *ret_good)
{
    struct bytes fields[FIELDS], cells[COLUMN_COUNT];
    struct packets *packets = &honeypot->packets;
    int count = fields_cut(line, fields);
    uint32_t host;
    *ret_good = false;
    for (int column = 0; column < COLUMN_COUNT; column++) {
        if (honeypot->places[column] >= count)
            return 0;
        cells[column] = fields[honeypot->places[column]];
    }
    if (time_parse(cells[COLUMN_time], &packets->time[0]) != 0 ||
        !address_read(cells[COLUMN_source], &packets->source_ip[0]) ||
        !transport_read(packets, cells))
        return 0;
    int error = strings_intern(&honeypot->hosts, cells[COLUMN_host], &host);
    if (error)
        return error;
    if (host >= HOSTS)
        return -ENOSPC;
    packets->count = 1;
    packets->clock[0] = packets->time[0];
    honeypot->rows.destination[0] = host;
    *ret_good = true;
    return 0;
}

static int window_end(struct honeypot *honeypot, int64_t next)
{
    int error = 0;
    for (uint32_t part = 0; part < PACKET_PARTITIONS && !error; part++)
        error = source_table_sort(honeypot->table, part);
    if (!error && honeypot->window_start != TIME_NONE)
        error = source_table_walk(honeypot->table, honeypot->options->sources,
                                  honeypot->options->context);
    for (uint32_t part = 0; part < PACKET_PARTITIONS; part++)
        source_table_clear(honeypot->table, part, next);
    honeypot->window_start = next;
    return error;
}

static int row_see(struct honeypot *honeypot)
{
    const struct packets *packets = &honeypot->packets;
    int64_t window = honeypot->options->window, time = packets->time[0];
    int64_t start = time - ((time % window) + window) % window;
    int error = 0;
    if (honeypot->window_start == TIME_NONE || start > honeypot->window_start)
        error = window_end(honeypot, start);
    honeypot->rows.count = 1;
    honeypot->rows.row[0] = 0;
    honeypot->rows.hash[0] = packet_source_hash(&packets->source_ip[0]);
    honeypot->rows.kind[0] = (uint8_t)kind_of(packets, 0);
    honeypot->rows.marks[0] = 0;
    if (!error)
        source_table_see(honeypot->table, packets, &honeypot->rows);
    honeypot->counts.packets++;
    return error;
}

static int line_see(struct honeypot *honeypot, struct bytes line)
{
    bool good;
    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    if (honeypot->counts.lines++ == 0)
        return titles_read(honeypot, line) ? 0 : -ENOTSUP;
    if (line.len == 0)
        return 0;
    int error = line_read(honeypot, line, &good);
    if (error || good)
        return error ? error : row_see(honeypot);
    if (honeypot->counts.refused++ == 0)
        honeypot->counts.first_refused = honeypot->counts.lines;
    return 0;
}

/* A block's lines; what is behind the last end of a line waits for the next block. */
static int block_see(struct honeypot *honeypot, bool last)
{
    size_t from = 0;
    while (from < honeypot->held) {
        const char *at = honeypot->block + from;
        const char *end = memchr(at, '\n', honeypot->held - from);
        if (!end && !last)
            break;
        size_t len = end ? (size_t)(end - at) : honeypot->held - from;
        int error = line_see(honeypot, (struct bytes){at, len});
        if (error)
            return error;
        from += len + 1;
    }
    if (from == 0 && honeypot->held == BLOCK) { /* no line is so long: it is none */
        from = honeypot->held;
        if (honeypot->counts.lines == 0)
            return -ENOTSUP;
        honeypot->counts.refused++;
    }
    honeypot->held -= from < honeypot->held ? from : honeypot->held;
    memmove(honeypot->block, honeypot->block + from, honeypot->held);
    return 0;
}

static void progress_say(const struct honeypot *honeypot)
{
    double size = (double)stream_size(honeypot->stream);
    double part = size > 0 ? (double)stream_position(honeypot->stream) / size : -1;
    if (honeypot->options->progress)
        honeypot->options->progress(honeypot->options->context, honeypot->counts.packets, part);
}

static int lines_read(struct honeypot *honeypot, struct fault *ret_fault)
{
    for (;;) {
        size_t want = BLOCK - honeypot->held, got = 0;
        int broken =
            stream_read(honeypot->stream, honeypot->block + honeypot->held, want, &got, ret_fault);
        honeypot->held += got;
        bool last = broken || got < want;
        int error = block_see(honeypot, last);
        if (error == 0 && last)
            error = window_end(honeypot, TIME_NONE);
        if (error)
            ret_fault->why = error == -ENOTSUP ? "no line of titles that is known" : "not read on";
        if (error || last)
            return error ? error : broken;
        progress_say(honeypot);
    }
}

int honeypot_read(const struct honeypot_options *options, struct honeypot_counts *ret_counts,
                  struct fault *ret_fault)
{
    struct source_table_options table = {.memory = SOURCE_TABLE_LEAST,
                                         .window_length = options->window};
    struct honeypot *honeypot = calloc(1, sizeof(*honeypot));
    if (!honeypot)
        return -ENOMEM;
    *ret_fault = (struct fault){.why = "cannot be opened"};
    honeypot->options = options;
    honeypot->window_start = TIME_NONE;
    int descriptor = open(options->path, O_RDONLY | O_CLOEXEC), error;
    error = descriptor < 0 ? -errno : stream_open(descriptor, &honeypot->stream);
    if (!error)
        error = source_table_open(&table, &honeypot->table);
    if (!error)
        error = lines_read(honeypot, ret_fault);
    honeypot->counts.hosts = honeypot->hosts.count ? honeypot->hosts.count - 1 : 0;
    if (!error)
        *ret_counts = honeypot->counts;
    stream_close(honeypot->stream);
    source_table_close(honeypot->table);
    strings_finish(&honeypot->hosts);
    free(honeypot);
    return error;
}

bool honeypot_recognise(const char *path)
{
    char head[1024];
    size_t len = 0;
    struct stream *stream;
    struct fault fault;
    struct honeypot *honeypot = calloc(1, sizeof(*honeypot));
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    bool known = false;
    if (honeypot && descriptor >= 0 && stream_open(descriptor, &stream) == 0) {
        (void)!stream_read(stream, head, sizeof(head), &len, &fault);
        const char *end = memchr(head, '\n', len);
        if (end > head && end[-1] == '\r')
            end--;
        known = end && titles_read(honeypot, (struct bytes){head, (size_t)(end - head)});
        stream_close(stream);
    } else if (!honeypot && descriptor >= 0) {
        close(descriptor);
    }
    free(honeypot);
    return known;
}
