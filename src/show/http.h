/*
 * show/http.h -- the HTTP server: who may ask, for what, and how it is answered.
 *
 * One thread a connection, at most HTTP_CONNECTIONS of them. A request reaches
 * a route only when its Host header is an address or "localhost" (a name
 * somebody else controls could be pointed at us: DNS rebinding), when its body
 * is at most HTTP_BODY bytes (or what the route allows the owner, HTTP_LARGE such
 * at a time) and, under /api, when it carries the token in its
 * Authorization header: the owner's token opens all routes, an organisation's
 * only those that answer with its own. There is no cookie, so no other page of the browser
 * can ask in the user's name. Every answer forbids the browser to load
 * anything from elsewhere.
 */
#ifndef SHOW_HTTP_H
#define SHOW_HTTP_H

#include "base/buffer.h"
#include "show/member_tokens.h"

enum { HTTP_BODY = 64 * 1024, HTTP_LARGE = 2, HTTP_CONNECTIONS = 64, HTTP_IDLE_SECONDS = 60 };

struct MHD_Connection;

struct http_request {
    const char *method, *path;
    const char *tail;  /* what stands where the route ends in '*'; "" otherwise */
    struct bytes body; /* of a POST */
    /* Whose token came along: empty is the owner's, who may see everything; else
     * the name of the one organisation the answer may be about. */
    char organisation[ORGANISATION_NAME_SIZE];
    struct MHD_Connection *connection;
};

/* What a route fills in. `body` is the server's to free. */
struct http_reply {
    const char *type; /* preset to application/json */
    struct buffer body;
    const char *file_name; /* offered for saving, or NULL */
    bool compressed;       /* the body is gzip */
    /* Instead of a body: called again and again for the next bytes. It may
     * wait; 0 bytes means the end. `stream` is given back to stream_close. */
    size_t (*stream_next)(void *stream, char *at, size_t size);
    void (*stream_close)(void *stream);
    void *stream;
};

struct http_route {
    const char *method, *path; /* a path may end in '*' */
    /* Returns the HTTP status; `site` is what http_start was given. */
    unsigned (*answer)(void *site, const struct http_request *request, struct http_reply *reply);
    size_t body_most; /* bytes of the owner's request; 0: HTTP_BODY, as for anybody else */
};

struct http_settings {
    const char *listen; /* "127.0.0.1:8680", "[::1]:8680" */
    struct token token;
    struct member_tokens *members;    /* organisations' tokens, or NULL */
    const char *const *member_routes; /* the paths of routes they open; ended by NULL */
    const struct http_route *routes;  /* ended by method == NULL; first match counts */
    void *site;
};

struct http_server;

/* Bind and serve. -EINVAL: no address and port; -errno of bind otherwise. */
int http_start(const struct http_settings *settings, struct http_server **ret_server)
    __attribute__((warn_unused_result));

/* The port it listens on (of use when asked for port 0). */
unsigned http_port(const struct http_server *server);

/* Close connections, wait for their threads, free. NULL is fine. */
void http_stop(struct http_server *server);

/* The value of ?name=; NULL when absent. */
const char *http_query(const struct http_request *request, const char *name);

/* ?name= as a number within [least, most]; `otherwise` when absent or no number. */
int64_t http_query_number(const struct http_request *request, const char *name, int64_t least,
                          int64_t most, int64_t otherwise);

/* {"error": why}; returns `status`, so that a route can end with it. */
unsigned http_error(struct http_reply *reply, unsigned status, const char *why);

/* Whether a Host header's value (or a listen address) is an IP address or "localhost". */
bool http_host_allowed(struct bytes host);

/* Whether "ADDRESS:PORT" is on this machine only. */
bool http_listen_is_loopback(const char *listen);

#endif
