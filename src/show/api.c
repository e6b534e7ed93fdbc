#include "show/api.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/time.h"
#include "show/cases.h"
#include "show/console_bundle.h"

/* A database for reading, or NULL with the reply and `ret_status` set. */
static struct sqlite3 *site_open(const struct site *site, struct http_reply *reply,
                                 unsigned *ret_status)
{
    struct sqlite3 *db = NULL;

    if (state_open(site->data, &db) < 0)
        *ret_status = http_error(reply, 503, "the data folder cannot be read");
    return db;
}

static unsigned finish(struct sqlite3 *db, struct http_reply *reply, int error)
{
    sqlite3_close(db);
    return !error             ? 200
           : error == -ENOENT ? http_error(reply, 404, "there is no such thing")
           : error == -EINVAL ? http_error(reply, 400, "the request makes no sense")
                              : http_error(reply, 503, "the data folder cannot be read just now");
}

static unsigned answer_summary(void *site, const struct http_request *request,
                               struct http_reply *reply)
{
    struct json json = {.out = &reply->body};
    unsigned status = 503;
    struct sqlite3 *db = site_open(site, reply, &status);

    (void)request;
    return db ? finish(db, reply, summary_json(db, &json)) : status;
}

static unsigned answer_cases(void *site, const struct http_request *request,
                             struct http_reply *reply)
{
    struct json json = {.out = &reply->body};
    const char *wanted = http_query(request, "status");
    unsigned status = 503;
    struct sqlite3 *db = site_open(site, reply, &status);

    if (!db)
        return status;
    return finish(db, reply,
                  cases_json(db, wanted ? wanted : "open",
                             http_query_number(request, "limit", 1, 1000, 100),
                             http_query_number(request, "offset", 0, INT32_MAX, 0), &json));
}

static int64_t tail_number(const struct http_request *request)
{
    char *end;
    long long value = strtoll(request->tail, &end, 10);
    return *request->tail && !*end && value > 0 ? value : -1;
}

static unsigned answer_case(void *site, const struct http_request *request,
                            struct http_reply *reply)
{
    struct json json = {.out = &reply->body};
    unsigned status = 503;
    struct sqlite3 *db = site_open(site, reply, &status);

    return db ? finish(db, reply, case_json(db, tail_number(request), &json)) : status;
}

static unsigned answer_decision(void *context, const struct http_request *request,
                                struct http_reply *reply)
{
    const struct site *site = context;
    struct json json = {.out = &reply->body};
    struct sqlite3 *db;
    int error = state_open_writable(site->data, &db);

    if (error < 0)
        return http_error(reply, 503, "the data folder cannot be written");
    error = case_decide(db, tail_number(request), request->body, time_now());
    if (!error)
        error = case_json(db, tail_number(request), &json);
    return finish(db, reply, error);
}

static size_t stream_next(void *stream, char *at, size_t size)
{
    return listener_next(stream, at, size);
}

static void stream_close(void *stream)
{
    listener_close(stream);
}

static unsigned answer_stream(void *context, const struct http_request *request,
                              struct http_reply *reply)
{
    const struct site *site = context;
    struct listener *listener;

    (void)request;
    if (listener_open(site->stream, &listener) < 0)
        return http_error(reply, 503, "memory ran out");
    reply->type = "text/event-stream";
    reply->stream = listener;
    reply->stream_next = stream_next;
    reply->stream_close = stream_close;
    return 200;
}

static unsigned answer_file(void *site, const struct http_request *request,
                            struct http_reply *reply)
{
    (void)site;
    for (const struct console_file *file = console_files; file->path; file++) {
        if (strcmp(file->path, request->path) == 0) {
            reply->type = file->type;
            reply->compressed = true;
            buffer_put(&reply->body, (struct bytes){(const char *)file->at, file->len});
            return 200;
        }
    }
    return http_error(reply, 404, "there is nothing at this address");
}

const struct http_route api_routes[] = {
    {"GET", "/api/summary", answer_summary},
    {"GET", "/api/cases", answer_cases},
    {"GET", "/api/cases/*", answer_case},
    {"POST", "/api/cases/*", answer_decision},
    {"GET", "/api/stream", answer_stream},
    {"GET", "/*", answer_file},
    {NULL, NULL, NULL},
};
