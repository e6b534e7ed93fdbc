#include "show/api_alerts.h"

#include <errno.h>
#include <stdlib.h>

#include "base/time.h"
#include "show/alerts_bursts.h"
#include "show/alerts_period.h"
#include "show/api.h"
#include "show/board.h"

static unsigned finish(struct board *board, struct http_reply *reply, int error)
{
    if (board)
        board_close(board);
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
        struct board board;                                                                        \
        int error = board_open(site->data, site->board, &board);                                   \
                                                                                                   \
        (void)request;                                                                             \
        return finish(&board, reply, error ? error : (call));                                      \
    }

ANSWER(alerts, board_json(&board, query_text(request, "show", "shown"),
                          http_query_number(request, "limit", 1, BOARD_GROUPS, 200),
                          http_query_number(request, "seed", 0, 1000000, 0), &json))
ANSWER(alerts_now, board_counts_json(&board, &json))
ANSWER(alert_bursts,
       bursts_json(board.db, http_query_number(request, "limit", 1, BOARD_GROUPS, 200), &json))
ANSWER(alert_burst, burst_groups_json(board.db, tail_number(request), &json))
ANSWER(alert_group, board_group_json(&board, tail_number(request), &json))
ANSWER(alerts_models, board_models_json(&board, &json))

static int decision(const struct board *board, const struct http_request *request,
                    struct json *json)
{
    int error = board_decide(board, request->body, time_now());
    return error ? error : board_counts_json(board, json);
}

ANSWER(alert_decision, decision(&board, request, &json))

static int report(const struct site *site, const struct http_request *request,
                  struct periods *ret_periods)
{
    return periods_make(site->board, query_text(request, "by", "day"), query_offset(request),
                        ret_periods);
}

unsigned answer_alerts_report(void *context, const struct http_request *request,
                              struct http_reply *reply)
{
    struct json json = {.out = &reply->body};
    struct periods periods = {0};
    int error = report(context, request, &periods);

    json_object(&json);
    json_key(&json, "periods");
    json_array(&json);
    for (size_t i = 0; i < periods.count; i++)
        period_json(&periods.items[i], &json);
    json_end_array(&json);
    json_end_object(&json);
    periods_finish(&periods);
    return finish(NULL, reply, error);
}

unsigned answer_alerts_report_csv(void *context, const struct http_request *request,
                                  struct http_reply *reply)
{
    struct periods periods = {0};
    int error = report(context, request, &periods);

    if (!error) {
        periods_csv(&periods, &reply->body);
        reply->type = "text/csv; charset=utf-8";
        reply->file_name = "alerts.csv";
    }
    periods_finish(&periods);
    return finish(NULL, reply, error);
}
