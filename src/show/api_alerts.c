#include "show/api_alerts.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/time.h"
#include "show/api.h"
#include "show/board.h"

static unsigned finish(struct sqlite3 *db, struct http_reply *reply, int error)
{
    sqlite3_close(db);
    return !error             ? 200
           : error == -ENOENT ? http_error(reply, 404, "there is no such thing")
           : error == -EINVAL ? http_error(reply, 400, "the request makes no sense")
                              : http_error(reply, 503, "the alerts cannot be read just now");
}

static struct bytes query_text(const struct http_request *request, const char *name,
                               const char *otherwise)
{
    const char *text = http_query(request, name);
    return bytes_of(text ? text : otherwise);
}

/* East of Greenwich, in minutes. */
static int64_t query_offset(const struct http_request *request)
{
    return http_query_number(request, "offset", -1440, 1440, 0);
}

static int64_t tail_number(const struct http_request *request)
{
    char *end;
    long long value = strtoll(request->tail, &end, 10);
    return *request->tail && !*end && value > 0 ? value : -1;
}

/* One answer: open, write, close. */
#define ANSWER(name, call)                                                                         \
    unsigned answer_##name(void *context, const struct http_request *request,                      \
                           struct http_reply *reply)                                               \
    {                                                                                              \
        const struct site *site = context;                                                         \
        struct json json = {.out = &reply->body};                                                  \
        struct sqlite3 *db = NULL;                                                                 \
        int error = board_open(site->data, &db);                                                   \
                                                                                                   \
        (void)request;                                                                             \
        return finish(db, reply, error ? error : (call));                                          \
    }

ANSWER(alerts, board_json(db, query_text(request, "show", "shown"),
                          http_query_number(request, "limit", 1, BOARD_GROUPS, 200),
                          http_query_number(request, "seed", 0, 1000000, 0), &json))
ANSWER(alerts_now, board_counts_json(db, &json))
ANSWER(alert_group, board_group_json(site->data, db, tail_number(request), &json))
ANSWER(alerts_report,
       board_report_json(db, query_text(request, "by", "day"), query_offset(request), &json))

static int decision(const struct site *site, struct sqlite3 *db, const struct http_request *request,
                    struct json *json)
{
    int error = board_decide(site->data, db, request->body, time_now());
    return error ? error : board_counts_json(db, json);
}

ANSWER(alert_decision, decision(site, db, request, &json))

unsigned answer_alerts_report_csv(void *context, const struct http_request *request,
                                  struct http_reply *reply)
{
    const struct site *site = context;
    struct sqlite3 *db = NULL;
    int error = board_open(site->data, &db);

    if (!error)
        error = board_report_csv(db, query_text(request, "by", "day"), query_offset(request),
                                 &reply->body);
    if (!error) {
        reply->type = "text/csv; charset=utf-8";
        reply->file_name = "alerts.csv";
    }
    return finish(db, reply, error);
}
