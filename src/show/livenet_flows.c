/* hinomi livenet flows: each flow as a line of Elastic Common Schema, for ingest and others. */
#include <stdio.h>

#include "base/json.h"
#include "show/livenet_input.h"
#include "show/verb.h"

static void end_json(struct json *json, const char *key, const struct ip *ip, uint16_t port,
                     const char *domain, uint64_t packets, uint64_t bytes)
{
    char text[IP_TEXT_SIZE];
    json_key(json, key), json_object(json);
    if (ip_given(ip))
        json_key_text(json, "ip", ip_format(ip, text));
    if (*domain)
        json_key_text(json, "domain", bytes_of(domain));
    json_key(json, "port"), json_unsigned(json, port);
    json_key(json, "packets"), json_unsigned(json, packets);
    json_key(json, "bytes"), json_unsigned(json, bytes);
    json_end_object(json);
}

static void event_json(struct json *json, const struct flow *flow, const char *action)
{
    json_key(json, "event"), json_object(json);
    json_key_text(json, "kind", BYTES("event"));
    json_key_text(json, "category", BYTES("network"));
    json_key_text(json, "type", BYTES("connection"));
    json_key_text(json, "action", bytes_of(action));
    json_key_text(json, "module", BYTES("livenet"));
    json_key(json, "duration"), json_integer(json, flow->end - flow->start);
    json_end_object(json);
}

static void network_json(struct json *json, const struct flow *flow, const char *direction)
{
    char protocol[8];
    json_key(json, "network"), json_object(json);
    json_key_text(json, "transport", protocol_name(flow->protocol, protocol));
    json_key(json, "iana_number"), json_unsigned(json, flow->protocol);
    if (*direction)
        json_key_text(json, "direction", bytes_of(direction));
    if (*flow->application)
        json_key_text(json, "application", bytes_of(flow->application));
    json_key(json, "packets"), json_unsigned(json, flow->packets[0] + flow->packets[1]);
    json_key(json, "bytes"), json_unsigned(json, flow->bytes[0] + flow->bytes[1]);
    json_end_object(json);
}

/* The host is the machine inside; of two, the one that began. */
static int flow_print(void *context, const struct flow *flow)
{
    struct livenet_input *input = context;
    const struct prefix_table *inside = input->inside ? &input->prefixes : NULL;
    bool from =
        inside ? prefix_table_find(inside, &flow->source_ip) : ip_is_inner(&flow->source_ip);
    bool to = inside ? prefix_table_find(inside, &flow->destination_ip)
                     : ip_is_inner(&flow->destination_ip);
    bool accepts = (to && !from) || !ip_given(&flow->source_ip);
    char text[IP_TEXT_SIZE];
    struct buffer line = {0};
    struct json json = {.out = &line};
    json_object(&json);
    json_key(&json, "@timestamp"), json_time(&json, flow->start);
    event_json(&json, flow, accepts ? "connection_accepted" : "connection_attempted");
    json_key(&json, "host"), json_object(&json);
    json_key_text(&json, "name",
                  ip_format(accepts ? &flow->destination_ip : &flow->source_ip, text));
    json_end_object(&json);
    end_json(&json, "source", &flow->source_ip, flow->source_port, "", flow->packets[0],
             flow->bytes[0]);
    end_json(&json, "destination", &flow->destination_ip, flow->destination_port, flow->domain,
             flow->packets[1], flow->bytes[1]);
    network_json(&json, flow, accepts ? "ingress" : from ? "egress" : "");
    json_end_object(&json);
    buffer_put_char(&line, '\n');
    if (!line.failed)
        fwrite(line.at, 1, line.len, stdout);
    buffer_finish(&line);
    return 0;
}

int livenet_flows(int argc, char **argv)
{
    struct livenet_input input = LIVENET_INPUT("livenet flows");
    bool json = true;
    const struct option_entry options[] = {
        LIVENET_INPUT_OPTIONS(&input),
        OPTION_JSON(&json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "livenet flows",
        .arguments = "PATH…",
        .does = "Each flow of captures, NetFlow, IPFIX and flow logs as a line of JSON by the\n"
                "Elastic Common Schema, as hinomi ingest and others read it.",
        .example = "hinomi livenet flows office.pcapng | hinomi ingest -",
        .options = options,
        .least = 1,
        .most = -1,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    status = livenet_input_open(&input, flow_print, &input);
    if (status == EXIT_OK)
        status = livenet_input_read(&input, argv + 1, count);
    livenet_input_close(&input);
    return status;
}
