#include "show/api_darknet.h"

#include <errno.h>
#include <sqlite3.h>

#include "base/time.h"
#include "show/api.h"
#include "show/observatory.h"

static unsigned finish(struct sqlite3 *db, struct http_reply *reply, int error)
{
    sqlite3_close(db);
    return !error             ? 200
           : error == -ENOENT ? http_error(reply, 404, "there is no such thing")
           : error == -EINVAL ? http_error(reply, 400, "the request makes no sense")
                              : http_error(reply, 503, "the observatory cannot be read just now");
}

static struct bytes query_text(const struct http_request *request, const char *name)
{
    const char *text = http_query(request, name);
    return text ? bytes_of(text) : BYTES("");
}

static int64_t query_windows(const struct http_request *request)
{
    return http_query_number(request, "windows", 1, OVERVIEW_WINDOWS, 300);
}

static int64_t query_length(const struct http_request *request)
{
    return http_query_number(request, "length", 1, 31 * 86400, 0);
}

/* An organisation's own token is answered with its own contacts, whatever is asked for. */
unsigned answer_darknet_contacts(void *context, const struct http_request *request,
                                 struct http_reply *reply)
{
    const struct site *site = context;
    struct json json = {.out = &reply->body};
    struct bytes wanted = query_text(request, "organisation");
    struct bytes own = bytes_of(request->organisation);
    struct sqlite3 *db = NULL;

    if (own.len && wanted.len && !bytes_equal(own, wanted))
        return http_error(reply, 403, "this token is another organisation's");
    int error = observatory_open(site->data, &db);
    if (!error)
        error = contacts_json(db, own.len ? own : wanted, query_text(request, "state"), &json);
    return finish(db, reply, error);
}

/* One answer: open, write, close. */
#define ANSWER(name, call)                                                                         \
    unsigned answer_##name(void *context, const struct http_request *request,                      \
                           struct http_reply *reply)                                               \
    {                                                                                              \
        const struct site *site = context;                                                         \
        struct json json = {.out = &reply->body};                                                  \
        struct sqlite3 *db = NULL;                                                                 \
        int error = observatory_open(site->data, &db);                                             \
                                                                                                   \
        (void)request;                                                                             \
        return finish(db, reply, error ? error : (call));                                          \
    }

ANSWER(darknet, overview_json(db, query_length(request), query_windows(request), &json))
ANSWER(darknet_now, now_json(db, &json))
ANSWER(darknet_space, space_json(db, query_length(request), query_windows(request), &json))
ANSWER(darknet_source, source_json(db, bytes_of(request->tail), &json))
ANSWER(darknet_backscatter, backscatter_json(db, query_text(request, "rule"), &json))
ANSWER(darknet_drift, drift_json(db, &json))
ANSWER(darknet_synchrony, synchrony_json(db, &json))
ANSWER(darknet_trend, trend_json(db, query_text(request, "name"), &json))
ANSWER(livenet, livenet_json(db, http_query_number(request, "windows", 1, 1000, 6), &json))

static int sources_answer(struct sqlite3 *db, const struct http_request *request, struct json *json)
{
    const struct sources_wanted wanted = {
        .class = query_text(request, "class"),
        .prefix = query_text(request, "prefix"),
        .port = http_query_number(request, "port", 0, 65535, -1),
        .order = query_text(request, "order"),
        .limit = http_query_number(request, "limit", 1, 1000, 100),
        .offset = http_query_number(request, "offset", 0, INT32_MAX, 0),
    };

    return sources_json(db, &wanted, json);
}

ANSWER(darknet_sources, sources_answer(db, request, &json))

static int window_answer(struct sqlite3 *db, const struct http_request *request, struct json *json)
{
    int64_t start;

    return time_parse(bytes_of(request->tail), &start) < 0 ? -EINVAL
                                                           : synchrony_window_json(db, start, json);
}

ANSWER(darknet_synchrony_window, window_answer(db, request, &json))
