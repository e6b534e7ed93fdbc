#include "show/api.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/time.h"
#include "show/api_alerts.h"
#include "show/api_darknet.h"
#include "show/api_samples.h"
#include "show/case_indicators.h"
#include "show/cases.h"
#include "show/console_bundle.h"
#include "show/drawing.h"
#include "show/hosts.h"
#include "show/hunt.h"
#include "store/store.h"

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
    int64_t id = tail_number(request);
    unsigned status = 503;
    struct sqlite3 *db = site_open(site, reply, &status);
    int error;

    if (!db)
        return status;
    error = case_decide(site->data, db, id, request->body, time_now());
    if (!error)
        error = case_json(db, id, &json);
    return finish(db, reply, error);
}

/* With ?format= as rules of another tool, for saving. */
static unsigned answer_indicators(void *context, const struct http_request *request,
                                  struct http_reply *reply)
{
    const struct site *site = context;
    const char *format = http_query(request, "format");
    int64_t id = tail_number(request);
    int error = format ? case_indicators_export(site->data, id, bytes_of(format), &reply->body)
                       : case_indicators_json(site->data, id, &(struct json){.out = &reply->body});

    if (error == -EBUSY)
        return http_error(reply, 503, "indicators are being made just now; try again");
    if (!error && format) {
        reply->type = "text/plain; charset=utf-8";
        reply->file_name = "indicators";
    }
    return finish(NULL, reply, error);
}

static unsigned answer_hosts(void *site, const struct http_request *request,
                             struct http_reply *reply)
{
    struct json json = {.out = &reply->body};
    unsigned status = 503;
    struct sqlite3 *db = site_open(site, reply, &status);

    (void)request;
    return db ? finish(db, reply, hosts_json(db, &json)) : status;
}

static unsigned answer_host(void *site, const struct http_request *request,
                            struct http_reply *reply)
{
    struct json json = {.out = &reply->body};
    unsigned status = 503;
    struct sqlite3 *db = site_open(site, reply, &status);

    return db ? finish(db, reply, host_json(db, bytes_of(request->tail), &json)) : status;
}

static unsigned answer_health(void *site, const struct http_request *request,
                              struct http_reply *reply)
{
    struct json json = {.out = &reply->body};
    unsigned status = 503;
    struct sqlite3 *db = site_open(site, reply, &status);

    (void)request;
    return db ? finish(db, reply, health_json(db, &json)) : status;
}

/* ---- over the events --------------------------------------------------------------- */

static unsigned answer_events(void *context, const struct http_request *request,
                              struct http_reply *reply)
{
    const struct site *site = context;
    struct json json = {.out = &reply->body};
    int error = events_json(site->data, bytes_of(http_query(request, "ids")), &json);

    return finish(NULL, reply, error);
}

static unsigned hunt_error(struct http_reply *reply, int error, const char *why)
{
    return http_error(reply, error == -EIO ? 503 : 400, why);
}

/* The SQL of a request's body, as a value of SQLite's: its JSON is the one that reads it. */
static unsigned answer_hunt(void *context, const struct http_request *request,
                            struct http_reply *reply)
{
    const struct site *site = context;
    struct json json = {.out = &reply->body};
    struct argument body = {.text = request->body};
    struct buffer sql = {0};
    char why[512] = "";
    struct sqlite3 *db = NULL;
    int error = sqlite3_open(":memory:", &db) == SQLITE_OK ? 0 : -ENOMEM;

    if (!error)
        error =
            text_of(db, "SELECT json_extract(?1, '$.sql') WHERE json_valid(?1)", &body, 1, &sql);
    if (!error) {
        int64_t limit = number_of(db, "SELECT json_extract(?1, '$.limit')", &body, 1, 1000);

        if (limit < 1 || limit > HUNT_ROWS)
            limit = HUNT_ROWS;
        error = hunt_json(site->data, buffer_bytes(&sql), limit, &json, why, sizeof why);
    }
    buffer_finish(&sql);
    sqlite3_close(db);
    if (error < 0)
        return hunt_error(reply, error, *why ? why : "the request has no sql");
    return 200;
}

static unsigned answer_hunt_csv(void *context, const struct http_request *request,
                                struct http_reply *reply)
{
    const struct site *site = context;
    struct bytes sql = bytes_of(http_query(request, "sql"));
    char why[512] = "";
    int error = hunt_csv(site->data, sql, HUNT_ROWS, &reply->body, why, sizeof why);

    if (error < 0)
        return hunt_error(reply, error, why);
    reply->type = "text/csv; charset=utf-8";
    reply->file_name = "hunt.csv";
    return 200;
}

static int trace_answer(const struct site *site, const struct http_request *request,
                        struct json *json)
{
    struct bytes from = bytes_of(http_query(request, "from"));
    struct bytes direction = bytes_of(http_query(request, "direction"));
    struct arena arena = {0};
    struct trace_request wanted = {0};
    struct store *store;
    struct trace trace;
    int error = store_open_read(site->data, &store);

    if (error < 0)
        return error;
    error = trace_request_parse(store, from, OBSERVABLE_TYPES, &arena, &wanted);
    wanted.back = !bytes_equal(direction, BYTES("forward"));
    wanted.forward = !bytes_equal(direction, BYTES("back"));
    wanted.node_budget = (uint32_t)http_query_number(request, "budget", 1, DRAWING_NODES, 30);
    if (!error)
        error = trace_run(store, &wanted, &trace);
    if (!error) {
        error = drawing_json(&trace, json);
        trace_finish(&trace);
    }
    store_close(store);
    arena_finish(&arena);
    return error;
}

static unsigned answer_trace(void *context, const struct http_request *request,
                             struct http_reply *reply)
{
    struct json json = {.out = &reply->body};

    return finish(NULL, reply, trace_answer(context, request, &json));
}

/* ---- the stream and the console's files ---------------------------------------------- */

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

    if (listener_open(site->stream, request->organisation, &listener) < 0)
        return http_error(reply, 503, "memory ran out");
    reply->type = "text/event-stream";
    reply->stream = listener;
    reply->stream_next = stream_next;
    reply->stream_close = stream_close;
    return 200;
}

/* Who asks, as the console shows an organisation other pages than the owner. */
static unsigned answer_viewer(void *site, const struct http_request *request,
                              struct http_reply *reply)
{
    struct json json = {.out = &reply->body};

    (void)site;
    json_object(&json);
    json_key_text(&json, "organisation", bytes_of(request->organisation));
    json_end_object(&json);
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
    {"GET", "/api/summary", answer_summary, 0},
    {"GET", "/api/cases", answer_cases, 0},
    {"GET", "/api/cases/*", answer_case, 0},
    {"POST", "/api/cases/*", answer_decision, 0},
    {"GET", "/api/indicators/*", answer_indicators, 0},
    {"GET", "/api/hosts", answer_hosts, 0},
    {"GET", "/api/hosts/*", answer_host, 0},
    {"GET", "/api/health", answer_health, 0},
    {"GET", "/api/events", answer_events, 0},
    {"POST", "/api/hunt", answer_hunt, 0},
    {"GET", "/api/hunt.csv", answer_hunt_csv, 0},
    {"GET", "/api/trace", answer_trace, 0},
    {"GET", "/api/stream", answer_stream, 0},
    {"GET", "/api/viewer", answer_viewer, 0},
    {"GET", "/api/alerts", answer_alerts, 0},
    {"GET", "/api/alerts/now", answer_alerts_now, 0},
    {"GET", "/api/alerts/models", answer_alerts_models, 0},
    {"GET", "/api/alerts/report", answer_alerts_report, 0},
    {"GET", "/api/alerts/report.csv", answer_alerts_report_csv, 0},
    {"POST", "/api/alerts/decisions", answer_alert_decision, 0},
    {"GET", "/api/alerts/bursts", answer_alert_bursts, 0},
    {"GET", "/api/alerts/bursts/*", answer_alert_burst, 0},
    {"GET", "/api/alerts/*", answer_alert_group, 0},
    {"GET", "/api/darknet", answer_darknet, 0},
    {"GET", "/api/darknet/now", answer_darknet_now, 0},
    {"GET", "/api/darknet/space", answer_darknet_space, 0},
    {"GET", "/api/darknet/sources", answer_darknet_sources, 0},
    {"GET", "/api/darknet/sources/*", answer_darknet_source, 0},
    {"GET", "/api/darknet/contacts", answer_darknet_contacts, 0},
    {"GET", "/api/darknet/backscatter", answer_darknet_backscatter, 0},
    {"GET", "/api/darknet/drift", answer_darknet_drift, 0},
    {"GET", "/api/darknet/synchrony", answer_darknet_synchrony, 0},
    {"GET", "/api/darknet/synchrony/*", answer_darknet_synchrony_window, 0},
    {"GET", "/api/darknet/trend", answer_darknet_trend, 0},
    {"GET", "/api/livenet", answer_livenet, 0},
    {"GET", "/api/samples", answer_samples, 0},
    {"POST", "/api/samples", answer_sample_taken, INSPECTOR_SAMPLE_MOST},
    {"GET", "/api/samples/tools", answer_sample_tools, 0},
    {"GET", "/api/samples/*", answer_sample, 0},
    {"GET", "/*", answer_file, 0},
    {NULL, NULL, NULL, 0},
};

const char *const api_member_routes[] = {"/api/darknet/contacts", "/api/stream", "/api/viewer",
                                         NULL};
