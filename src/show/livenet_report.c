/* hinomi livenet report: who talks to whom and how much, from captures and flow logs. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"
#include "show/livenet_input.h"
#include "show/table.h"
#include "show/verb.h"

static void line_print(struct buffer *line)
{
    buffer_put_char(line, '\n');
    if (!line->failed)
        fwrite(line->at, 1, line->len, stdout);
    buffer_finish(line);
}

static void number_json(struct json *json, const char *key, uint64_t value)
{
    json_key(json, key), json_unsigned(json, value);
}

static void totals_json(const char *record, const struct livenet_total *totals, uint32_t count,
                        uint32_t top)
{
    for (uint32_t i = 0; i < count && i < top; i++) {
        struct buffer line = {0};
        struct json json = {.out = &line};
        json_object(&json);
        json_key_text(&json, "record", bytes_of(record));
        json_key_text(&json, "name", totals[i].name);
        number_json(&json, "flows", totals[i].flows);
        number_json(&json, "packets", totals[i].packets);
        number_json(&json, "bytes", totals[i].bytes);
        json_end_object(&json);
        line_print(&line);
    }
}

static void summary_json(struct livenet *livenet)
{
    const struct livenet_counts *counts = livenet_counts(livenet);
    const struct meter_counts *meter = livenet_meter_counts(livenet);
    const struct export_counts *exports = livenet_export_counts(livenet);
    struct buffer line = {0};
    struct json json = {.out = &line};
    json_object(&json);
    json_key_text(&json, "record", BYTES("total"));
    number_json(&json, "flows", counts->flows);
    number_json(&json, "packets", counts->packets);
    number_json(&json, "bytes", counts->bytes);
    number_json(&json, "windows", counts->windows);
    number_json(&json, "internal_flows", counts->internal);
    number_json(&json, "meter_overflows", meter->overflows);
    number_json(&json, "flows_not_looked_into", meter->unlooked);
    number_json(&json, "export_datagrams", exports->datagrams);
    number_json(&json, "export_scaled", exports->scaled);
    number_json(&json, "export_broken", exports->broken);
    number_json(&json, "export_without_template", exports->unknown);
    json_end_object(&json);
    line_print(&line);
}

static void number_cell(struct table *table, uint64_t value)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%" PRIu64, value);
    table_cell(table, (struct bytes){text, (size_t)len}, TONE_PLAIN);
}

static void totals_print(const char *what, const struct livenet_total *totals, uint32_t count,
                         uint32_t top)
{
    struct table table = {0};
    putchar('\n');
    table_column(&table, what, false);
    table_column(&table, "flows", true);
    table_column(&table, "packets", true);
    table_column(&table, "bytes", true);
    for (uint32_t i = 0; i < count && i < top; i++) {
        table_cell(&table, totals[i].name, TONE_PLAIN);
        number_cell(&table, totals[i].flows);
        number_cell(&table, totals[i].packets);
        number_cell(&table, totals[i].bytes);
    }
    table_print(&table, stdout);
    table_finish(&table);
    if (count > top)
        printf("… and %u more\n", count - top);
}

static void summary_print(struct livenet *livenet)
{
    const struct livenet_counts *counts = livenet_counts(livenet);
    const struct meter_counts *meter = livenet_meter_counts(livenet);
    const struct export_counts *exports = livenet_export_counts(livenet);
    printf("%" PRIu64 " flows (%" PRIu64 " inside), %" PRIu64 " packets, %" PRIu64
           " bytes in %" PRIu64 " windows\n",
           counts->flows, counts->internal, counts->packets, counts->bytes, counts->windows);
    if (exports->datagrams)
        printf("%" PRIu64 " datagrams of exporters (%" PRIu64 " broken), %" PRIu64
               " sets without their template\n",
               exports->datagrams, exports->broken, exports->unknown);
    if (exports->scaled)
        printf("%" PRIu64 " flows of sampled packets: theirs are estimates, scaled up\n",
               exports->scaled);
    if (meter->overflows)
        printf("the table of flows was full %" PRIu64 " times\n", meter->overflows);
}

static void report_print(struct livenet *livenet, bool json, uint32_t top)
{
    uint32_t service_count, host_count;
    const struct livenet_total *services = livenet_services(livenet, &service_count);
    const struct livenet_total *hosts = livenet_hosts(livenet, &host_count);
    if (json) {
        summary_json(livenet);
        totals_json("service", services, service_count, top);
        totals_json("host", hosts, host_count, top);
        return;
    }
    summary_print(livenet);
    totals_print("service", services, service_count, top);
    totals_print("host", hosts, host_count, top);
}

int livenet_report(int argc, char **argv)
{
    struct livenet_input input = LIVENET_INPUT("livenet report");
    uint32_t top = 20;
    bool json = false;
    const struct option_entry options[] = {
        LIVENET_INPUT_OPTIONS(&input),
        {"--top", OPTION_COUNT, &top, "N", "services and hosts shown (default 20)"},
        OPTION_JSON(&json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "livenet report",
        .arguments = "PATH…",
        .does = "Who talks to whom, by which application and how much, from captures (pcap,\n"
                "pcapng), NetFlow and IPFIX in them (--exports), files of nfcapd, Zeek conn logs,\n"
                "Suricata EVE, argus CSV; folders of them.",
        .example =
            "hinomi livenet report --inside 10.1.0.0/16,10.2.0.0/16 office.pcapng conn.log.gz",
        .options = options,
        .least = 1,
        .most = -1,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    status = livenet_input_open(&input, NULL, NULL);
    if (status == EXIT_OK) {
        status = livenet_input_read(&input, argv + 1, count);
        report_print(input.livenet, json, top);
    }
    livenet_input_close(&input);
    return status;
}
