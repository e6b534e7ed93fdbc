/*
 * HTTP by libhtp: its callbacks fill the box that hangs on each transaction.
 * They run within htp_connp_req_data and htp_connp_res_data, so the segment
 * being fed tells time and place.
 */
#include <errno.h>

#include "base/time.h"
#include "observe/exchange/inside.h"

enum {
    FIELD_SOFT = 9000,
    FIELD_HARD = 65536, /* a header line longer than this ends the parsing */
    BOMB = 1 << 20,     /* inflated bytes beyond which a poor ratio is a bomb */
    LAYERS = 2,
    FIRST_LINE = 8192, /* the longest that is waited for to know whether this is HTTP */
    WAITING = 1 << 17,
};

/* A known shape of method and target, or whatever calls itself HTTP at the end of its first line:
 * attacks come with methods that are none. */
bool http_begins(struct bytes data)
{
    size_t i = 0;
    while (i < data.len && i < 20 && data.at[i] >= 'A' && data.at[i] <= 'Z')
        i++;
    if (i >= 3 && i + 1 < data.len && data.at[i] == ' ' && memchr("/*hH", data.at[i + 1], 4))
        return true;
    const char *end = data.len ? memchr(data.at, '\n', data.len) : NULL;
    return end && memmem(data.at, (size_t)(end - data.at), " HTTP/1.", 8);
}

bool http_may_begin(struct bytes data)
{
    for (size_t i = 0; i < data.len; i++)
        if (data.at[i] < ' ' || data.at[i] > '~')
            return false;
    return data.len < FIRST_LINE;
}

static struct watcher *watcher_of(htp_tx_t *tx)
{
    return htp_config_get_user_data(tx->cfg);
}

static struct bytes text_of(const bstr *text)
{
    return text ? (struct bytes){(const char *)bstr_ptr(text), bstr_len(text)} : (struct bytes){0};
}

static void message_note(struct message *message, const struct watcher *watcher)
{
    if (!watcher->feeding)
        return;
    if (message->packet == 0) {
        message->packet = watcher->feeding->packet;
        message->start = watcher->feeding->time;
    }
    message->end = watcher->feeding->time;
}

/* libhtp begins a request for ever when this fails, so the request line does. */
static int request_start(htp_tx_t *tx)
{
    struct watcher *watcher = watcher_of(tx);
    struct box *box = box_open(watcher, watcher->fed);
    if (!box)
        return HTP_OK;
    htp_tx_set_user_data(tx, box);
    message_note(&box->exchange.request, watcher);
    return HTP_OK;
}

static void head_put(struct draft *draft, struct bytes text)
{
    size_t room = draft->head.len < FIELD_HARD ? FIELD_HARD - draft->head.len : 0;
    if (text.len <= room)
        buffer_put(&draft->head, text);
}

static int request_line(htp_tx_t *tx)
{
    struct box *box = htp_tx_get_user_data(tx);
    if (!box)
        return HTP_ERROR;
    head_put(&box->request, text_of(tx->request_line));
    head_put(&box->request, BYTES("\r\n"));
    struct exchange *exchange = &box->exchange;
    exchange->method = arena_copy(&box->arena, text_of(tx->request_method));
    exchange->target = arena_copy(&box->arena, text_of(tx->request_uri));
    return HTP_OK;
}

static int request_header_data(htp_tx_data_t *data)
{
    struct box *box = htp_tx_get_user_data(data->tx);
    if (box && data->data)
        head_put(&box->request, (struct bytes){(const char *)data->data, data->len});
    return HTP_OK;
}

static int response_header_data(htp_tx_data_t *data)
{
    struct box *box = htp_tx_get_user_data(data->tx);
    if (box && data->data)
        head_put(&box->response, (struct bytes){(const char *)data->data, data->len});
    return HTP_OK;
}

/* The headers as a list in the box. */
static void headers_copy(struct box *box, htp_table_t *table, struct message *message)
{
    size_t count = table ? htp_table_size(table) : 0;
    count = count < EXCHANGE_HEADERS ? count : EXCHANGE_HEADERS;
    struct header *headers = arena_take_array(&box->arena, count, sizeof(*headers));
    if (!headers)
        return;
    for (size_t i = 0; i < count; i++) {
        const htp_header_t *from = htp_table_get_index(table, i, NULL);
        headers[i].name = arena_copy(&box->arena, text_of(from->name));
        headers[i].value = arena_copy(&box->arena, text_of(from->value));
    }
    message->headers = headers;
    message->header_count = (uint32_t)count;
}

static int request_headers(htp_tx_t *tx)
{
    struct box *box = htp_tx_get_user_data(tx);
    if (!box)
        return HTP_OK;
    headers_copy(box, tx->request_headers, &box->exchange.request);
    box->exchange.host = message_header(&box->exchange.request, "Host");
    return HTP_OK;
}

static int request_body(htp_tx_data_t *data)
{
    struct box *box = htp_tx_get_user_data(data->tx);
    struct watcher *watcher = watcher_of(data->tx);
    if (!box || (!data->data && data->len == 0))
        return HTP_OK;
    message_note(&box->exchange.request, watcher);
    draft_put(&box->request, &box->exchange.request,
              (struct bytes){(const char *)data->data, data->len},
              watcher->feeding ? watcher->feeding->packet : 0);
    return HTP_OK;
}

static int request_complete(htp_tx_t *tx)
{
    struct box *box = htp_tx_get_user_data(tx);
    struct watcher *watcher = watcher_of(tx);
    if (!box || box->asked)
        return HTP_OK;
    struct message *request = &box->exchange.request;
    message_note(request, watcher);
    request->complete = !request->damaged;
    box_settle(box);
    box->asked = true;
    box->response.keep = watcher->sink.request(watcher->sink.context, &box->exchange);
    int error = occurrence_tell(watcher, watcher->fed, OCCURRENCE_request, box->exchange.target,
                                box->exchange.host);
    watcher->error = watcher->error ? watcher->error : error;
    return HTP_OK;
}

static int response_start(htp_tx_t *tx)
{
    struct box *box = htp_tx_get_user_data(tx);
    if (box)
        message_note(&box->exchange.response, watcher_of(tx));
    return HTP_OK;
}

static int response_line(htp_tx_t *tx)
{
    struct box *box = htp_tx_get_user_data(tx);
    if (!box)
        return HTP_OK;
    head_put(&box->response, text_of(tx->response_line));
    head_put(&box->response, BYTES("\r\n"));
    int status = tx->response_status_number;
    box->exchange.status = status > 0 && status < 1000 ? (uint16_t)status : 0;
    return HTP_OK;
}

static int response_headers(htp_tx_t *tx)
{
    struct box *box = htp_tx_get_user_data(tx);
    if (!box)
        return HTP_OK;
    headers_copy(box, tx->response_headers, &box->exchange.response);
    if (box->response.keep == 0)
        tx->response_content_encoding_processing = HTP_COMPRESSION_NONE;
    return HTP_OK;
}

static int response_body(htp_tx_data_t *data)
{
    struct box *box = htp_tx_get_user_data(data->tx);
    struct watcher *watcher = watcher_of(data->tx);
    if (!box || (!data->data && data->len == 0))
        return HTP_OK;
    message_note(&box->exchange.response, watcher);
    box->gap = box->gap || !data->data;
    draft_put(&box->response, &box->exchange.response,
              (struct bytes){(const char *)data->data, data->len},
              watcher->feeding ? watcher->feeding->packet : 0);
    return HTP_OK;
}

/* Whether nothing of the answer is missing: told length, or the end of the connection where that
 * is the end of the answer. */
static bool response_is_whole(const htp_tx_t *tx, const struct connection *connection,
                              const struct box *box)
{
    if (box->gap || tx->response_progress != HTP_RESPONSE_COMPLETE)
        return false;
    if (tx->response_transfer_coding == HTP_CODING_CHUNKED)
        return !(connection->finished & 4);
    if (tx->response_content_length >= 0)
        return tx->response_message_len >= tx->response_content_length;
    bool bodiless = tx->response_status_number == 204 || tx->response_status_number == 304 ||
                    tx->request_method_number == HTP_M_HEAD;
    return bodiless || (connection->finished & 1u << SIDE_server);
}

static int response_complete(htp_tx_t *tx)
{
    struct box *box = htp_tx_get_user_data(tx);
    struct watcher *watcher = watcher_of(tx);
    if (!box)
        return HTP_OK;
    htp_tx_set_user_data(tx, NULL);
    message_note(&box->exchange.response, watcher);
    box->exchange.response.complete = response_is_whole(tx, watcher->fed, box);
    int error = box_tell(watcher, watcher->fed, box);
    watcher->error = watcher->error ? watcher->error : error;
    return HTP_OK;
}

htp_cfg_t *http_config(void)
{
    htp_cfg_t *config = htp_config_create();
    if (!config)
        return NULL;
    htp_config_set_server_personality(config, HTP_SERVER_GENERIC);
    htp_config_set_tx_auto_destroy(config, 1);
    htp_config_set_field_limits(config, FIELD_SOFT, FIELD_HARD);
    htp_config_set_number_headers_limit(config, 4 * EXCHANGE_HEADERS);
    htp_config_set_parse_request_cookies(config, 0);
    htp_config_set_parse_request_auth(config, 0);
    htp_config_set_response_decompression(config, 1);
    htp_config_set_request_decompression(config, 1);
    htp_config_set_response_decompression_layer_limit(config, LAYERS);
    htp_config_set_lzma_layers(config, 0);
    htp_config_set_compression_bomb_limit(config, BOMB);
    htp_config_set_log_level(config, HTP_LOG_NONE);
    htp_config_register_request_start(config, request_start);
    htp_config_register_request_line(config, request_line);
    htp_config_register_request_header_data(config, request_header_data);
    htp_config_register_request_headers(config, request_headers);
    htp_config_register_request_body_data(config, request_body);
    htp_config_register_request_complete(config, request_complete);
    htp_config_register_response_start(config, response_start);
    htp_config_register_response_line(config, response_line);
    htp_config_register_response_header_data(config, response_header_data);
    htp_config_register_response_headers(config, response_headers);
    htp_config_register_response_body_data(config, response_body);
    htp_config_register_response_complete(config, response_complete);
    return config;
}

int http_open(struct watcher *watcher, struct connection *connection)
{
    connection->parser = htp_connp_create(watcher->config);
    if (!connection->parser)
        return -ENOMEM;
    htp_connp_open(connection->parser, NULL, connection->client_port, NULL, connection->server_port,
                   NULL);
    return 0;
}

static htp_time_t clock_of(const struct watcher *watcher)
{
    int64_t time = watcher->feeding ? watcher->feeding->time : 0;
    return (htp_time_t){.tv_sec = time / TIME_SECOND, .tv_usec = time % TIME_SECOND / 1000};
}

/* Feed one side; what the parser does not take yet is kept for later. Its state, or -ENOMEM. */
static int side_feed(struct watcher *watcher, struct connection *connection, enum side side,
                     struct bytes data)
{
    htp_connp_t *parser = connection->parser;
    htp_time_t clock = clock_of(watcher);
    int state;
    size_t taken = data.len;
    if (side == SIDE_client) {
        state = htp_connp_req_data(parser, &clock, data.at, data.len);
        if (state == HTP_STREAM_DATA_OTHER)
            taken = htp_connp_req_data_consumed(parser);
    } else {
        state = htp_connp_res_data(parser, &clock, data.at, data.len);
        if (state == HTP_STREAM_DATA_OTHER)
            taken = htp_connp_res_data_consumed(parser);
    }
    struct buffer *waiting = &connection->waiting[side];
    if (taken < data.len && data.at && waiting->len + data.len - taken <= WAITING)
        buffer_put(waiting, bytes_from(data, taken));
    return waiting->failed ? -ENOMEM : state;
}

/* What waited for the other side may go on now. */
static int waiting_feed(struct watcher *watcher, struct connection *connection, enum side side)
{
    struct buffer waited = connection->waiting[side];
    connection->waiting[side] = (struct buffer){0};
    int state = side_feed(watcher, connection, side, buffer_bytes(&waited));
    buffer_finish(&waited);
    return state;
}

/* The parser gave up: nothing more is looked at, what there is is told. */
static int http_abandon(struct watcher *watcher, struct connection *connection)
{
    watcher->counts.http_broken++;
    connection->deaf = true;
    return http_close(watcher, connection);
}

int http_feed(struct watcher *watcher, struct connection *connection, enum side side,
              struct bytes data)
{
    if (connection->waiting[side].len) {
        struct buffer *waiting = &connection->waiting[side];
        if (!data.at || waiting->len + data.len > WAITING)
            return http_abandon(watcher, connection);
        buffer_put(waiting, data);
        return waiting->failed ? -ENOMEM : 0;
    }
    int state = side_feed(watcher, connection, side, data);
    for (int turns = 0; turns < 2 && state != HTP_STREAM_ERROR && watcher->error == 0; turns++) {
        side = side == SIDE_client ? SIDE_server : SIDE_client;
        if (connection->waiting[side].len == 0)
            break;
        state = waiting_feed(watcher, connection, side);
    }
    if (watcher->error)
        return watcher->error;
    if (state < 0)
        return state;
    if (state == HTP_STREAM_ERROR || state == HTP_STREAM_STOP)
        return http_abandon(watcher, connection);
    connection->deaf = state == HTP_STREAM_TUNNEL;
    return 0;
}

int http_close(struct watcher *watcher, struct connection *connection)
{
    if (connection->parser) {
        htp_time_t clock = clock_of(watcher);
        htp_connp_close(connection->parser, &clock);
        htp_connp_destroy_all(connection->parser);
        connection->parser = NULL;
    }
    int error = watcher->error;
    while (error == 0 && connection->boxes) {
        if (connection->boxes->exchange.response.packet)
            message_note(&connection->boxes->exchange.response, watcher);
        error = box_tell(watcher, connection, connection->boxes);
    }
    return error;
}
