#include "engine/judge_carried.h"

#include <errno.h>

#include "base/time.h"

/* The next line, without its end; false when there is no end of a line. */
static bool line_take(struct bytes *text, struct bytes *ret_line)
{
    const char *end = text->len ? memchr(text->at, '\n', text->len) : NULL;
    if (!end)
        return false;
    size_t len = (size_t)(end - text->at);
    *ret_line = (struct bytes){text->at, len};
    *text = bytes_from(*text, len + 1);
    if (len && ret_line->at[len - 1] == '\r')
        ret_line->len--;
    return true;
}

/* "GET /a HTTP/1.1": method and target. */
static bool request_line(struct bytes line, struct exchange *exchange)
{
    const char *first = line.len ? memchr(line.at, ' ', line.len) : NULL;
    const char *last = line.len ? memrchr(line.at, ' ', line.len) : NULL;
    if (!first || first == last || first == line.at)
        return false;
    for (const char *at = line.at; at < first; at++)
        if ((*at < 'A' || *at > 'Z') && *at != '_' && *at != '-')
            return false;
    struct bytes version = bytes_from(line, (size_t)(last - line.at) + 1);
    if (!bytes_start(version, BYTES("HTTP/")))
        return false;
    exchange->method = (struct bytes){line.at, (size_t)(first - line.at)};
    exchange->target = (struct bytes){first + 1, (size_t)(last - first) - 1};
    return true;
}

static struct bytes trimmed(struct bytes text)
{
    while (text.len && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = bytes_from(text, 1);
    return text;
}

/* Headers up to the empty line; what is behind it is the body. */
static void headers_read(struct exchange *exchange, struct header *headers, struct bytes text)
{
    struct message *request = &exchange->request;
    struct bytes line;
    while (line_take(&text, &line) && line.len) {
        const char *colon = memchr(line.at, ':', line.len);
        if (!colon || request->header_count == EXCHANGE_HEADERS)
            continue;
        size_t len = (size_t)(colon - line.at);
        headers[request->header_count++] =
            (struct header){{line.at, len}, trimmed(bytes_from(line, len + 1))};
    }
    request->headers = headers;
    request->body = text;
    exchange->host = message_header(request, "Host");
}

/* A payload that is a request of HTTP; false: it is none. */
static bool request_read(struct bytes payload, struct header *headers, struct exchange *exchange)
{
    struct bytes line, text = payload;
    if (!line_take(&text, &line) || !request_line(line, exchange))
        return false;
    exchange->protocol = EXCHANGE_http;
    exchange->request.head = payload;
    headers_read(exchange, headers, text);
    if (exchange->request.body.len < payload.len)
        exchange->request.head.len = payload.len - exchange->request.body.len;
    return true;
}

/* The request as the sensor took it apart. */
static void request_build(const struct alert *alert, struct header *headers,
                          struct exchange *exchange)
{
    struct message *request = &exchange->request;
    exchange->protocol = EXCHANGE_http;
    exchange->method = alert->http_method.len ? alert->http_method : BYTES("GET");
    exchange->target = alert->url;
    exchange->host = alert->http_host;
    if (alert->http_host.len)
        headers[request->header_count++] = (struct header){BYTES("Host"), alert->http_host};
    if (alert->user_agent.len)
        headers[request->header_count++] = (struct header){BYTES("User-Agent"), alert->user_agent};
    request->headers = headers;
    /* What a sensor that takes requests apart sends as payload is the body. */
    request->body = alert->payload;
}

int exchange_of_alert(const struct alert *alert, struct arena *arena, struct exchange *ret_exchange,
                      bool *ret_carried)
{
    struct header *headers = arena_take_array(arena, EXCHANGE_HEADERS, sizeof(*headers));
    struct exchange exchange = {
        .protocol = EXCHANGE_other,
        .source_ip = alert->source_ip,
        .destination_ip = alert->destination_ip,
        .source_port = alert->source_port,
        .destination_port = alert->destination_port,
        .request = {.start = alert->time, .end = alert->time},
        .response = {.start = TIME_NONE, .end = TIME_NONE},
    };
    if (!headers)
        return -ENOMEM;
    bool answer = bytes_start(alert->payload, BYTES("HTTP/"));
    *ret_carried = alert->url.len || (alert->payload.len && !answer);
    if (!answer && !request_read(alert->payload, headers, &exchange)) {
        if (alert->url.len)
            request_build(alert, headers, &exchange);
        else
            exchange.request.body = alert->payload;
    } else if (answer && alert->url.len) {
        request_build(alert, headers, &exchange);
        exchange.request.body = (struct bytes){0};
    }
    *ret_exchange = exchange;
    return 0;
}
