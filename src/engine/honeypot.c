#include "engine/honeypot.h"

#include <errno.h>
#include <stdlib.h>

#include "base/strings.h"
#include "base/time.h"
#include "detect/darknet/marks.h"
#include "detect/darknet/source_table.h"
#include "observe/lines.h"
#include "observe/list/honeypot_file.h"

enum { HOSTS = 65536 };

struct honeypot {
    const struct honeypot_options *options;
    struct honeypot_counts counts;
    struct lines *lines;
    struct honeypot_titles titles;
    struct source_table *table;
    struct packets packets; /* one row: the line */
    struct source_rows rows;
    struct strings hosts;
    int64_t window_start; /* TIME_NONE: no packet yet */
};

/* The line's packet into the row; the host's number is the destination's. */
static int row_fill(struct honeypot *honeypot, const struct honeypot_packet *packet)
{
    struct packets *packets = &honeypot->packets;
    uint32_t host;
    int error = strings_intern(&honeypot->hosts, packet->host, &host);
    if (error)
        return error;
    if (host >= HOSTS)
        return -ENOSPC;
    packets->count = 1;
    packets->time[0] = packets->clock[0] = packet->time;
    packets->source_ip[0] = packet->source_ip;
    packets->protocol[0] = packet->protocol;
    packets->has[0] = packet->has;
    packets->icmp_type[0] = packet->icmp_type;
    packets->source_port[0] = packet->source_port;
    packets->destination_port[0] = packet->destination_port;
    honeypot->rows.destination[0] = host;
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

static int line_see(struct honeypot *honeypot, const struct line *line)
{
    struct honeypot_packet packet;
    honeypot->counts.lines++;
    if (line->number == 1)
        return honeypot_titles_read(line->text, &honeypot->titles) ? 0 : -ENOTSUP;
    if (line->text.len == 0 && !line->too_long)
        return 0;
    if (honeypot_line_read(&honeypot->titles, line->text, &packet)) {
        int error = row_fill(honeypot, &packet);
        return error ? error : row_see(honeypot);
    }
    if (honeypot->counts.refused++ == 0)
        honeypot->counts.first_refused = line->number;
    return 0;
}

static void progress_say(const struct honeypot *honeypot)
{
    if (honeypot->options->progress && honeypot->counts.lines % 1024 == 0)
        honeypot->options->progress(honeypot->options->context, honeypot->counts.packets,
                                    lines_part(honeypot->lines));
}

static int lines_see(struct honeypot *honeypot, struct fault *ret_fault)
{
    struct line line;
    int error = 0, more = 0;
    while (!error && (more = lines_next(honeypot->lines, &line, ret_fault)) > 0) {
        error = line_see(honeypot, &line);
        progress_say(honeypot);
    }
    if (!error && honeypot->counts.lines == 0 && more == 0)
        error = -ENOTSUP;
    if (!error)
        error = window_end(honeypot, TIME_NONE);
    if (error)
        ret_fault->why = error == -ENOTSUP ? "no line of titles that is known" : "not read on";
    return error ? error : more;
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
    int error = lines_open(options->path, &honeypot->lines);
    if (!error)
        error = source_table_open(&table, &honeypot->table);
    if (!error)
        error = lines_see(honeypot, ret_fault);
    honeypot->counts.hosts = honeypot->hosts.count ? honeypot->hosts.count - 1 : 0;
    if (!error)
        *ret_counts = honeypot->counts;
    lines_close(honeypot->lines);
    source_table_close(honeypot->table);
    strings_finish(&honeypot->hosts);
    free(honeypot);
    return error;
}

bool honeypot_recognise(const char *path)
{
    struct lines *lines;
    struct line line;
    struct fault fault;
    struct honeypot_titles titles;
    if (lines_open(path, &lines))
        return false;
    bool known = lines_next(lines, &line, &fault) > 0 && honeypot_titles_read(line.text, &titles);
    lines_close(lines);
    return known;
}
