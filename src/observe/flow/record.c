#include "observe/flow/record.h"

#include <errno.h>
#include <stdlib.h>

#include "observe/writer.h"

static struct token first_of(const struct record *record, const uint8_t *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct token token = record->tokens[keys[i]];
        if (token.len && !(token.len == 1 && token.at[0] == '-'))
            return token;
    }
    return (struct token){0};
}

#define FIRST_OF(record, ...)                                                                      \
    first_of(record, (const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}))

static uint64_t number_of(struct token token)
{
    uint64_t number = 0;
    return token_number(token, &number) ? number : 0;
}

static uint16_t port_of(struct token token)
{
    uint64_t number = number_of(token);
    return number <= UINT16_MAX ? (uint16_t)number : 0;
}

bool record_is_flow(const struct record *record)
{
    return record->tokens[FLOW_orig_h].len || record->tokens[FLOW_src_ip].len ||
           record->tokens[FLOW_SrcAddr].len || record->tokens[FLOW_intIP].len;
}

/* "1700828217.314165": seconds since 1970, up to nine digits behind the point, more are cut. */
static enum reason seconds_read(struct bytes text, int64_t *ret_time)
{
    uint64_t seconds = 0, fraction = 0, unit = 1000000000;
    size_t i = 0;
    for (; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++) {
        seconds = seconds * 10 + (uint64_t)(text.at[i] - '0');
        if (seconds > INT64_MAX / 1000000000 - 1)
            return REASON_time_far;
    }
    if (i == 0 || (i < text.len && text.at[i] != '.'))
        return REASON_time_unreadable;
    for (i++; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return REASON_time_unreadable;
        unit /= 10;
        fraction += (uint64_t)(text.at[i] - '0') * unit;
    }
    *ret_time = (int64_t)(seconds * 1000000000 + fraction);
    return REASON_none;
}

/* A date in ISO 8601, argus' "2019/04/04 16:24:47.672448", or seconds. */
static enum reason time_read(struct token token, int64_t *ret_time)
{
    struct bytes text = {token.at, token.len};
    char copy[40];
    if (text.len == 0)
        return REASON_no_time;
    if (text.len < 8 || (text.at[4] != '-' && text.at[4] != '/'))
        return seconds_read(text, ret_time);
    if (text.len > sizeof(copy))
        return REASON_time_unreadable;
    memcpy(copy, text.at, text.len);
    if (copy[4] == '/' && copy[7] == '/')
        copy[4] = copy[7] = '-';
    switch (time_parse((struct bytes){copy, text.len}, ret_time)) {
    case 0:
        return REASON_none;
    case -ERANGE:
        return REASON_time_far;
    default:
        return REASON_time_unreadable;
    }
}

static enum reason times_read(const struct record *record, struct flow *flow)
{
    struct token logged = FIRST_OF(record, FLOW_ts, FLOW_timestamp, FLOW_StartTime, FLOW_time);
    enum reason reason = time_read(logged, &flow->logged);
    int64_t length = 0;
    if (reason != REASON_none)
        return reason;
    if (time_read(record->tokens[FLOW_flow_start], &flow->start) != REASON_none)
        flow->start = flow->logged;
    if (time_read(record->tokens[FLOW_flow_end], &flow->end) != REASON_none ||
        flow->end < flow->start)
        flow->end = flow->start;
    if (seconds_read((struct bytes){FIRST_OF(record, FLOW_duration, FLOW_Dur).at,
                                    FIRST_OF(record, FLOW_duration, FLOW_Dur).len},
                     &length) == REASON_none &&
        length <= INT64_MAX - flow->start)
        flow->end = flow->start + length;
    return REASON_none;
}

/* Names of services and machines are plain ASCII; what is not becomes '?'. */
static void text_take(char *to, size_t size, struct token token)
{
    size_t len = token.len < size ? token.len : size - 1;
    for (size_t i = 0; i < len; i++)
        to[i] = token.at[i] > ' ' && token.at[i] < 0x7f && token.at[i] != '\\' ? token.at[i] : '?';
    to[len] = '\0';
}

static bool address_read(struct token token, struct ip *ret_ip)
{
    return token.len && ip_parse((struct bytes){token.at, token.len}, ret_ip);
}

static void flow_turn(struct flow *flow)
{
    struct flow from = *flow;
    flow->source_ip = from.destination_ip, flow->destination_ip = from.source_ip;
    flow->source_port = from.destination_port, flow->destination_port = from.source_port;
    flow->packets[0] = from.packets[1], flow->packets[1] = from.packets[0];
    flow->bytes[0] = from.bytes[1], flow->bytes[1] = from.bytes[0];
}

/* Tables of internal and external ends: `dir` 1 is from the outside, which may be a name. */
static bool ends_inner_outer(const struct record *record, struct flow *flow)
{
    bool inner = address_read(record->tokens[FLOW_intIP], &flow->source_ip);
    bool outer = address_read(record->tokens[FLOW_extIP], &flow->destination_ip);
    bool from_outside = number_of(record->tokens[FLOW_dir]) == 1;
    flow->packets[0] = number_of(record->tokens[FLOW_outcount]);
    flow->packets[1] = number_of(record->tokens[FLOW_incount]);
    flow->bytes[0] = number_of(record->tokens[FLOW_outsize]);
    flow->bytes[1] = number_of(record->tokens[FLOW_insize]);
    if (from_outside)
        flow_turn(flow);
    flow->source_port = port_of(record->tokens[FLOW_sport]);
    flow->destination_port = port_of(record->tokens[FLOW_dport]);
    if (!outer && !from_outside)
        text_take(flow->domain, sizeof(flow->domain), record->tokens[FLOW_extIP]);
    return inner && (outer || flow->domain[0]);
}

/* All others say who began; argus by an arrow. */
static bool ends_read(const struct record *record, struct flow *flow)
{
    if (record->tokens[FLOW_intIP].len)
        return ends_inner_outer(record, flow);
    bool source =
        address_read(FIRST_OF(record, FLOW_orig_h, FLOW_src_ip, FLOW_SrcAddr), &flow->source_ip);
    bool destination = address_read(FIRST_OF(record, FLOW_resp_h, FLOW_dest_ip, FLOW_DstAddr),
                                    &flow->destination_ip);
    uint64_t all = number_of(record->tokens[FLOW_TotPkts]);
    uint64_t all_bytes = number_of(record->tokens[FLOW_TotBytes]);
    flow->source_port = port_of(FIRST_OF(record, FLOW_orig_p, FLOW_src_port, FLOW_Sport));
    flow->destination_port = port_of(FIRST_OF(record, FLOW_resp_p, FLOW_dest_port, FLOW_Dport));
    flow->packets[0] =
        number_of(FIRST_OF(record, FLOW_orig_pkts, FLOW_pkts_toserver, FLOW_SrcPkts));
    flow->packets[1] = number_of(FIRST_OF(record, FLOW_resp_pkts, FLOW_pkts_toclient));
    flow->bytes[0] = number_of(
        FIRST_OF(record, FLOW_orig_ip_bytes, FLOW_bytes_toserver, FLOW_SrcBytes, FLOW_orig_bytes));
    flow->bytes[1] =
        number_of(FIRST_OF(record, FLOW_resp_ip_bytes, FLOW_bytes_toclient, FLOW_resp_bytes));
    if (all > flow->packets[0])
        flow->packets[1] = all - flow->packets[0];
    if (all_bytes > flow->bytes[0])
        flow->bytes[1] = all_bytes - flow->bytes[0];
    struct token arrow = record->tokens[FLOW_Dir];
    if (arrow.len && memchr(arrow.at, '<', arrow.len) && !memchr(arrow.at, '>', arrow.len))
        flow_turn(flow);
    return source && destination;
}

static uint8_t protocol_of(struct token token)
{
    static const struct {
        const char *word;
        uint8_t number;
    } words[] = {{"tcp", 6},    {"udp", 17},    {"icmp", 1}, {"ipv6-icmp", 58},
                 {"icmp6", 58}, {"igmp", 2},    {"gre", 47}, {"sctp", 132},
                 {"esp", 50},   {"icmpv6", 58}, {"ipv6", 41}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (token_is(token, words[i].word))
            return words[i].number;
    uint64_t number = number_of(token);
    return number < 256 ? (uint8_t)number : 0;
}

/* Meters have words for "tried, and did not recognise it". */
static void application_take(const struct record *record, struct flow *flow)
{
    struct token token = FIRST_OF(record, FLOW_service, FLOW_app_proto);
    if (!token_is(token, "failed") && !token_is(token, "unknown"))
        text_take(flow->application, sizeof(flow->application), token);
}

enum reason flow_of_record(const struct record *record, struct flow *ret_flow, bool *ret_whole)
{
    struct flow flow = {0};
    enum reason reason = times_read(record, &flow);
    if (reason != REASON_none)
        return reason;
    if (!ends_read(record, &flow))
        return REASON_no_ends;
    flow.protocol = protocol_of(FIRST_OF(record, FLOW_proto, FLOW_Proto));
    application_take(record, &flow);
    struct token type = record->tokens[FLOW_event_type];
    *ret_whole = !type.len || token_is(type, "flow");
    *ret_flow = flow;
    return REASON_none;
}

static int text_write(struct batch *batch, const char *text, uint32_t *to)
{
    return *text ? strings_intern(&batch->strings, bytes_of(text), to) : 0;
}

int flow_write(const struct flow *flow, struct batch *batch, uint32_t row)
{
    struct batch_columns *columns = &batch->columns;
    bool from = ip_is_inner(&flow->source_ip), to = ip_is_inner(&flow->destination_ip);
    bool accepts = (to && !from) || !ip_given(&flow->source_ip);
    char text[IP_TEXT_SIZE];
    struct bytes host = ip_format(accepts ? &flow->destination_ip : &flow->source_ip, text);
    columns->time[row] = flow->logged;
    columns->event_created[row] = TIME_NONE;
    columns->event_category[row] = CATEGORY_network;
    columns->event_action[row] = accepts ? ACTION_accept : ACTION_connect;
    columns->network_direction[row] = accepts ? DIRECTION_ingress
                                      : from  ? DIRECTION_egress
                                              : DIRECTION_unknown;
    columns->source_ip[row] = flow->source_ip;
    columns->source_port[row] = flow->source_port;
    columns->destination_ip[row] = flow->destination_ip;
    columns->destination_port[row] = flow->destination_port;
    columns->network_transport[row] = flow->protocol;
    int error = strings_intern(&batch->strings, host, &columns->host_name[row]);
    if (!error)
        error = text_write(batch, flow->application, &columns->service_name[row]);
    if (!error)
        error = text_write(batch, flow->domain, &columns->destination_domain[row]);
    return error;
}
