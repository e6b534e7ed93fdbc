#include "show/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/json.h"

struct http_server {
    struct MHD_Daemon *daemon;
    struct http_settings settings;
    atomic_uint large; /* requests with more than HTTP_BODY under way */
};

/* A reply that goes on as long as whoever asked may hear it. */
struct feed {
    struct http_reply reply;
    const struct http_server *server;
    struct token token;
    char organisation[ORGANISATION_NAME_SIZE];
};

/* One request on its way in: MHD hands over the body in pieces. */
struct upload {
    struct buffer body;
    size_t most; /* bytes the body may have */
    bool large;  /* counts among the server's large ones */
    bool too_large;
    bool busy; /* there are too many large ones already */
};

struct endpoint {
    struct sockaddr_storage address;
    bool loopback;
};

/* Split "127.0.0.1:80" or "[::1]:80"; a missing port leaves `ret_port` empty. */
static bool host_split(struct bytes text, char address[64], char port[8])
{
    if (text.len == 0)
        return false;
    bool bracket = text.at[0] == '[';
    const char *end = bracket ? memchr(text.at, ']', text.len) : memchr(text.at, ':', text.len);
    size_t len = end ? (size_t)(end - text.at) : text.len;
    struct bytes rest = bytes_from(text, len + (bracket && end));
    size_t skip = bracket ? 1 : 0;

    if ((bracket && !end) || len < skip || len - skip >= 64 || rest.len > 7 ||
        (rest.len && rest.at[0] != ':'))
        return false;
    memcpy(address, text.at + skip, len - skip);
    address[len - skip] = 0;
    rest = bytes_from(rest, 1);
    memcpy(port, rest.at, rest.len);
    port[rest.len] = 0;
    return true;
}

bool http_host_allowed(struct bytes host)
{
    char address[64], port[8];
    struct in6_addr six;
    struct in_addr four;

    if (!host_split(host, address, port))
        return false;
    return strcmp(address, "localhost") == 0 || inet_pton(AF_INET, address, &four) == 1 ||
           inet_pton(AF_INET6, address, &six) == 1;
}

static int endpoint_parse(const char *listen, struct endpoint *ret_endpoint)
{
    char address[64], port[8], *end;
    struct endpoint endpoint = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&endpoint.address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&endpoint.address;

    if (!host_split(bytes_of(listen), address, port) || !*port)
        return -EINVAL;
    unsigned long number = strtoul(port, &end, 10);
    if (*end || number > 65535)
        return -EINVAL;
    if (strcmp(address, "localhost") == 0)
        strcpy(address, "127.0.0.1");
    if (inet_pton(AF_INET, address, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)number);
        endpoint.loopback = (ntohl(four->sin_addr.s_addr) >> 24) == 127;
    } else if (inet_pton(AF_INET6, address, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)number);
        endpoint.loopback = IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
    } else {
        return -EINVAL;
    }
    *ret_endpoint = endpoint;
    return 0;
}

bool http_listen_is_loopback(const char *listen)
{
    struct endpoint endpoint;
    return endpoint_parse(listen, &endpoint) == 0 && endpoint.loopback;
}

const char *http_query(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

int64_t http_query_number(const struct http_request *request, const char *name, int64_t least,
                          int64_t most, int64_t otherwise)
{
    const char *text = http_query(request, name);
    char *end;

    if (!text || !*text)
        return otherwise;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (*end || errno)
        return otherwise;
    return value < least ? least : value > most ? most : value;
}

unsigned http_error(struct http_reply *reply, unsigned status, const char *why)
{
    struct json json = {.out = &reply->body};

    buffer_clear(&reply->body);
    reply->type = "application/json";
    json_object(&json);
    json_key_text(&json, "error", bytes_of(why));
    json_end_object(&json);
    return status;
}

/* ---- one request ------------------------------------------------------------------- */

/* The token the request brings; empty: none. */
static struct bytes request_token(const struct http_request *request)
{
    const char *value =
        MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Authorization");
    struct bytes offered = bytes_of(value);

    return bytes_start(offered, BYTES("Bearer ")) ? bytes_from(offered, 7) : BYTES("");
}

/* Whether the token opens anything; the organisation whose it is, if it is not the owner's. */
static bool token_known(const struct http_server *server, struct bytes offered,
                        char organisation[ORGANISATION_NAME_SIZE])
{
    if (token_equal(&server->settings.token, offered))
        return true;
    return server->settings.members &&
           member_tokens_find(server->settings.members, offered, organisation);
}

/* Whether this route may answer whoever asks. */
static bool request_may(const struct http_server *server, const struct http_request *request,
                        const struct http_route *route)
{
    if (!request->organisation[0])
        return true;
    for (const char *const *path = server->settings.member_routes; path && *path; path++)
        if (strcmp(*path, route->path) == 0)
            return true;
    return false;
}

static const char *route_match(const struct http_route *route, const char *path)
{
    size_t len = strlen(route->path);

    if (len && route->path[len - 1] == '*')
        return strncmp(route->path, path, len - 1) == 0 ? path + len - 1 : NULL;
    return strcmp(route->path, path) == 0 ? "" : NULL;
}

static unsigned request_answer(const struct http_server *server, struct http_request *request,
                               const struct upload *upload, struct http_reply *reply)
{
    const char *host = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Host");
    bool known = false;

    if (!http_host_allowed(bytes_of(host)))
        return http_error(reply, 421, "ask for this server by its address, not by a name");
    if (strncmp(request->path, "/api/", 5) == 0 &&
        !token_known(server, request_token(request), request->organisation))
        return http_error(reply, 401, "the token is missing or wrong");
    if (upload->busy)
        return http_error(reply, 503, "others send large files just now; try again");
    if (upload->too_large)
        return http_error(reply, 413, "the request is too large");
    request->body = buffer_bytes(&upload->body);
    for (const struct http_route *route = server->settings.routes; route->method; route++) {
        request->tail = route_match(route, request->path);
        known |= request->tail != NULL;
        if (!request->tail || strcmp(route->method, request->method) != 0)
            continue;
        if (!request_may(server, request, route))
            return http_error(reply, 403, "this is not for an organisation's token");
        return route->answer(server->settings.site, request, reply);
    }
    return known ? http_error(reply, 405, "this address does not do that")
                 : http_error(reply, 404, "there is nothing at this address");
}

/* Asked after the wait for each piece: a token withdrawn meanwhile opens nothing more. */
static bool feed_allowed(const struct feed *feed)
{
    char organisation[ORGANISATION_NAME_SIZE] = "";

    return token_known(feed->server, bytes_of(feed->token.text), organisation) &&
           strcmp(organisation, feed->organisation) == 0;
}

static ssize_t feed_next(void *context, uint64_t position, char *at, size_t size)
{
    struct feed *feed = context;
    size_t len = feed->reply.stream_next(feed->reply.stream, at, size);

    (void)position;
    return len && feed_allowed(feed) ? (ssize_t)len : MHD_CONTENT_READER_END_OF_STREAM;
}

static void feed_close(void *context)
{
    struct feed *feed = context;

    feed->reply.stream_close(feed->reply.stream);
    explicit_bzero(&feed->token, sizeof feed->token);
    free(feed);
}

/* NULL when memory ran out; what `reply` holds belongs to the response then. */
static struct MHD_Response *response_make(const struct http_server *server,
                                          const struct http_request *request,
                                          struct http_reply *reply)
{
    struct feed *feed;
    struct bytes offered = request_token(request);

    if (!reply->stream_next) {
        struct MHD_Response *response =
            MHD_create_response_from_buffer(reply->body.len, reply->body.at, MHD_RESPMEM_MUST_COPY);
        buffer_finish(&reply->body);
        return response;
    }
    feed = calloc(1, sizeof *feed);
    if (!feed) {
        reply->stream_close(reply->stream);
        return NULL;
    }
    feed->reply = *reply;
    feed->server = server;
    if (offered.len == TOKEN_SIZE)
        memcpy(feed->token.text, offered.at, offered.len);
    memcpy(feed->organisation, request->organisation, sizeof feed->organisation);
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, feed_next, feed, feed_close);
}

static void response_head(struct MHD_Response *response, const struct http_reply *reply)
{
    static const char *const heads[][2] = {
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
         "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cache-Control", "no-store"},
    };
    char disposition[128];

    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        MHD_add_response_header(response, heads[i][0], heads[i][1]);
    MHD_add_response_header(response, "Content-Type", reply->type);
    if (reply->compressed)
        MHD_add_response_header(response, "Content-Encoding", "gzip");
    if (reply->file_name) {
        snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", reply->file_name);
        MHD_add_response_header(response, "Content-Disposition", disposition);
    }
}

static enum MHD_Result request_finish(struct http_server *server, struct http_request *request,
                                      const struct upload *upload)
{
    struct http_reply reply = {.type = "application/json"};
    unsigned status = request_answer(server, request, upload, &reply);
    struct MHD_Response *response;
    enum MHD_Result result;

    if (reply.body.failed)
        status = http_error(&reply, 500, "memory ran out");
    response = response_make(server, request, &reply);
    if (!response)
        return MHD_NO;
    response_head(response, &reply);
    result = MHD_queue_response(request->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* The headers are here, the body is not: how much of one may come is settled before it does. */
static struct upload *upload_begin(struct http_server *server, const struct http_request *request)
{
    const char *host = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Host");
    struct upload *upload = calloc(1, sizeof *upload);

    if (!upload)
        return NULL;
    upload->most = HTTP_BODY;
    if (!http_host_allowed(bytes_of(host)) ||
        !token_equal(&server->settings.token, request_token(request)))
        return upload;
    for (const struct http_route *route = server->settings.routes; route->method; route++)
        if (route->body_most && strcmp(route->method, request->method) == 0 &&
            route_match(route, request->path)) {
            upload->large = true;
            upload->most = route->body_most;
        }
    upload->busy = upload->large && atomic_fetch_add(&server->large, 1) >= HTTP_LARGE;
    return upload;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *data, size_t *size, void **memory)
{
    struct upload *upload = *memory;
    struct http_request request = {
        .method = method, .path = path, .tail = "", .connection = connection};

    (void)version;
    if (!upload) {
        *memory = upload_begin(context, &request);
        return *memory ? MHD_YES : MHD_NO;
    }
    if (*size) {
        upload->too_large |= upload->body.len + *size > upload->most;
        if (!upload->too_large && !upload->busy)
            buffer_put(&upload->body, (struct bytes){data, *size});
        *size = 0;
        return MHD_YES;
    }
    return request_finish(context, &request, upload);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **memory,
                         enum MHD_RequestTerminationCode code)
{
    struct upload *upload = *memory;

    struct http_server *server = context;

    (void)connection, (void)code;
    if (upload && upload->large)
        atomic_fetch_sub(&server->large, 1);
    if (upload)
        buffer_finish(&upload->body);
    free(upload);
    *memory = NULL;
}

/* ---- the server -------------------------------------------------------------------- */

int http_start(const struct http_settings *settings, struct http_server **ret_server)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION;
    struct http_server *server;
    struct endpoint endpoint;
    int error = endpoint_parse(settings->listen, &endpoint);

    if (error < 0)
        return error;
    server = calloc(1, sizeof *server);
    if (!server)
        return -ENOMEM;
    server->settings = *settings;
    if (endpoint.address.ss_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    errno = 0;
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR, &endpoint.address,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)HTTP_IDLE_SECONDS, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
    if (!server->daemon) {
        error = errno ? -errno : -EADDRINUSE;
        free(server);
        return error;
    }
    *ret_server = server;
    return 0;
}

unsigned http_port(const struct http_server *server)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

void http_stop(struct http_server *server)
{
    if (!server)
        return;
    MHD_stop_daemon(server->daemon);
    free(server);
}
