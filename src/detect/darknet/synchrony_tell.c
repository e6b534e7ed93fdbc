/* A window of the synchrony, as JSON and in two languages. */
#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"
#include "detect/darknet/synchrony.h"

enum { TEXT = 512 };

void synchrony_put_densities(const struct synchrony_window *window, struct buffer *out)
{
    struct json json = {.out = out};
    json_array(&json);
    for (int r = 0; r < SYNCHRONY_RHOS; r++) {
        json_object(&json);
        json_key(&json, "rho"), json_number(&json, synchrony_rhos[r]);
        json_key(&json, "density"), json_number(&json, window->series[r]);
        json_key(&json, "ratio"), json_number(&json, window->ratios[r]);
        json_key(&json, "alert"), json_bool(&json, window->alerts[r]);
        json_end_object(&json);
    }
    json_end_array(&json);
}

void synchrony_put_ports(const struct synchrony_window *window, struct buffer *out)
{
    struct json json = {.out = out};
    json_array(&json);
    for (uint32_t i = 0; i < window->port_count; i++) {
        json_object(&json);
        json_key(&json, "port"), json_unsigned(&json, window->ports[i].port);
        json_key(&json, "hosts"), json_unsigned(&json, window->ports[i].hosts);
        json_key(&json, "share"), json_number(&json, window->ports[i].share);
        json_end_object(&json);
    }
    json_end_array(&json);
}

static void node_put(struct json *json, const struct synchrony_node *node)
{
    char text[IP_TEXT_SIZE], name[IP_TEXT_SIZE + 4];
    struct bytes prefix = ip_format(&node->prefix, text);
    bool four = node->prefix.octets[10] == 0xff && node->prefix.octets[11] == 0xff;
    int length =
        snprintf(name, sizeof(name), "%.*s%s", (int)prefix.len, prefix.at, four ? "/16" : "/32");
    json_object(json);
    json_key_text(json, "name", (struct bytes){name, (size_t)length});
    json_key(json, "group"), json_unsigned(json, node->group);
    json_key(json, "packets"), json_unsigned(json, node->packets);
    json_key(json, "port"), json_unsigned(json, node->port);
    json_key(json, "x"), json_number(json, node->x);
    json_key(json, "y"), json_number(json, node->y);
    json_end_object(json);
}

void synchrony_put_graph(const struct synchrony_window *window, struct buffer *out)
{
    struct json json = {.out = out};
    json_object(&json);
    json_key(&json, "nodes"), json_array(&json);
    for (uint32_t i = 0; i < window->node_count; i++)
        node_put(&json, &window->nodes[i]);
    json_end_array(&json);
    json_key(&json, "edges"), json_array(&json);
    for (uint32_t i = 0; i < window->edge_count; i++) {
        json_array(&json);
        json_unsigned(&json, window->edges[i].first);
        json_unsigned(&json, window->edges[i].second);
        json_end_array(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
}

static void sentence(struct json *json, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void sentence(struct json *json, const char *format, ...)
{
    char text[TEXT];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length > 0)
        json_text(json, (struct bytes){text, (size_t)length < TEXT ? (size_t)length : TEXT - 1});
}

/* The rho whose alert is the strongest; -1: groups alone stand out. */
static int strongest(const struct synchrony_window *window)
{
    int best = -1;
    for (int r = 0; r < SYNCHRONY_RHOS; r++)
        if (window->alerts[r] && (best < 0 || window->ratios[r] < window->ratios[best]))
            best = r;
    return best;
}

static void tell_english(const struct synchrony_window *window, struct json *json)
{
    int r = strongest(window);
    sentence(json, "Of %u hosts (/16, of IPv6 /32) that sent TCP, %u were compared in %d samples.",
             window->hosts_seen, window->hosts, SOURCE_SAMPLES);
    if (!window->judged)
        sentence(json, "There are not yet three days, or not enough hosts, to compare with.");
    else if (!window->alert)
        sentence(json, "They moved together no more than in the three days before.");
    if (r >= 0)
        sentence(json,
                 "%.2f %% of the pairs are tied (rho %.1f); without this window the three days' "
                 "variance is %.3f of what it is with it (alert at 0.98).",
                 100 * window->series[r], synchrony_rhos[r], window->ratios[r]);
    if (window->alerts[SYNCHRONY_GROUP])
        sentence(json,
                 "The largest group in step holds %.1f %% of the hosts; without this window the "
                 "variance of that is %.3f of what it is with it.",
                 100 * window->series[SYNCHRONY_GROUP], window->ratios[SYNCHRONY_GROUP]);
    if (window->alerts[SYNCHRONY_NEWCOMERS])
        sentence(json,
                 "%u hosts of one group that look for TCP port %u were not in step with others in "
                 "the three days before.",
                 window->newcomers, window->newcomers_port);
    for (uint32_t g = 0; g < window->group_count && g < 3; g++)
        sentence(json, "%u hosts sent at the same times, %u of them to TCP port %u.",
                 window->groups[g].hosts, window->groups[g].port_hosts, window->groups[g].port);
    for (uint32_t p = 0; p < window->port_count && p < 3 && window->alert; p++)
        sentence(json, "%u hosts (%.0f %%) looked for port %u.", window->ports[p].hosts,
                 100 * window->ports[p].share, window->ports[p].port);
    if (window->alert)
        sentence(json, "Look at what the groups' hosts sent (hinomi darknet sources), and whether "
                       "your own network reaches out to that port.");
}

static void tell_japanese(const struct synchrony_window *window, struct json *json)
{
    int r = strongest(window);
    sentence(json, "TCPを送った%uホスト（/16、IPv6は/32）のうち%uホストを%d個の標本で比べました。",
             window->hosts_seen, window->hosts, SOURCE_SAMPLES);
    if (!window->judged)
        sentence(json, "比べるための3日分の記録またはホスト数がまだ足りません。");
    else if (!window->alert)
        sentence(json, "同期の度合いは過去3日間と変わりません。");
    if (r >= 0)
        sentence(json,
                 "ホスト対の%.2f %%が結ばれています（ρ=%.1f）。この時間帯を除くと3日間の分散は"
                 "%.3f倍になります（0.98以下で警報）。",
                 100 * window->series[r], synchrony_rhos[r], window->ratios[r]);
    if (window->alerts[SYNCHRONY_GROUP])
        sentence(json,
                 "最大の同期群は全ホストの%.1f %%です。この時間帯を除くとその分散は%.3f倍に"
                 "なります。",
                 100 * window->series[SYNCHRONY_GROUP], window->ratios[SYNCHRONY_GROUP]);
    if (window->alerts[SYNCHRONY_NEWCOMERS])
        sentence(json,
                 "TCPポート%u宛ての群の%uホストは、過去3日間どのホストとも同期していませんでした。",
                 window->newcomers_port, window->newcomers);
    for (uint32_t g = 0; g < window->group_count && g < 3; g++)
        sentence(json, "%uホストが同じ時刻に送信し、うち%uホストはTCPポート%u宛てでした。",
                 window->groups[g].hosts, window->groups[g].port_hosts, window->groups[g].port);
    for (uint32_t p = 0; p < window->port_count && p < 3 && window->alert; p++)
        sentence(json, "%uホスト（%.0f %%）がポート%uを探していました。", window->ports[p].hosts,
                 100 * window->ports[p].share, window->ports[p].port);
    if (window->alert)
        sentence(json, "群のホストの通信（hinomi darknet sources）と、自組織から同じポートへの"
                       "通信の有無を確かめてください。");
}

void synchrony_put_explanation(const struct synchrony_window *window, struct buffer *out)
{
    struct json json = {.out = out};
    json_object(&json);
    json_key(&json, "en"), json_array(&json);
    tell_english(window, &json);
    json_end_array(&json);
    json_key(&json, "ja"), json_array(&json);
    tell_japanese(window, &json);
    json_end_array(&json);
    json_end_object(&json);
}
