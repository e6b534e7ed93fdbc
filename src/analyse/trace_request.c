/* From what somebody typed to where a trace begins. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "analyse/trace.h"

enum { CASE_PROCESSES = FINDING_OBSERVABLES };

struct reading {
    struct arena *arena;
    struct trace_request *request;
    int status;
};

static const struct trace_span any_time = {TIME_NONE, TIME_NONE};

static int request_add(struct reading *reading, enum observable_type type, struct bytes value,
                       struct trace_span span)
{
    struct trace_request *request = reading->request;
    for (uint32_t i = 0; i < request->start_count; i++)
        if (request->start[i].type == type && bytes_equal(request->start[i].value, value))
            return 0;
    if (value.len == 0 || request->start_count == FINDING_OBSERVABLES)
        return 0;
    struct bytes kept = arena_copy(reading->arena, value);
    if (!kept.at)
        return -ENOMEM;
    request->start[request->start_count] = (struct observable){type, kept};
    request->spans[request->start_count++] = span;
    return 0;
}

static struct bytes column_text(struct sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    int length = sqlite3_column_bytes(statement, column);
    return (struct bytes){text ? text : "", text && length > 0 ? (size_t)length : 0};
}

static int visit_process(void *context, struct sqlite3_stmt *statement)
{
    struct reading *reading = context;
    struct trace_span span = {sqlite3_column_int64(statement, 1),
                              sqlite3_column_int64(statement, 2)};
    reading->status = request_add(reading, OBSERVABLE_process, column_text(statement, 0), span);
    return reading->status;
}

/* Processes the findings name for which `where` holds of ?1, the strongest finding first. */
static int request_findings(struct store *store, const char *where, struct bytes value,
                            struct reading *reading)
{
    char sql[512];
    int length = snprintf(
        sql, sizeof(sql),
        "SELECT process_entity_id, min(time_start), max(time_end) FROM findings WHERE %s AND"
        " coalesce(process_entity_id, '') <> '' GROUP BY process_entity_id"
        " ORDER BY max(score) DESC, min(seq) LIMIT %d",
        where, CASE_PROCESSES);
    if (length < 0 || (size_t)length >= sizeof(sql))
        return -EINVAL;
    int status = store_query_with(store, (struct bytes){sql, (size_t)length}, &value, 1, 0,
                                  visit_process, reading);
    return reading->status ? reading->status : status;
}

static bool all_of(struct bytes text, const char *set)
{
    for (size_t i = 0; i < text.len; i++)
        if (!text.at[i] || !strchr(set, text.at[i]))
            return false;
    return text.len > 0;
}

static int request_case(struct store *store, struct bytes id, struct reading *reading)
{
    return request_findings(store, "case_id = CAST(?1 AS INTEGER)", id, reading);
}

static int request_by_name(struct store *store, struct bytes text, struct reading *reading)
{
    if (bytes_start(text, BYTES("case:")))
        return request_case(store, bytes_from(text, 5), reading);
    if (text.len == FINDING_ID_SIZE - 1 && all_of(text, "0123456789abcdef"))
        return request_findings(store, "id = ?1", text, reading);
    return 0;
}

static bool in_store(struct store *store, enum observable_type type, struct bytes value)
{
    struct observable observable = {type, value};
    uint64_t rows = 0;
    struct store_span span = {INT64_MIN, INT64_MAX, false};
    return store_pivot_count(store, &observable, span, &rows) == 0 && rows > 0;
}

/* The kinds a text may be of, the narrowest first; the store says which it is. */
static int request_by_value(struct store *store, struct bytes text, struct reading *reading)
{
    static const enum observable_type order[] = {
        OBSERVABLE_process, OBSERVABLE_file,   OBSERVABLE_registry, OBSERVABLE_hash,
        OBSERVABLE_service, OBSERVABLE_domain, OBSERVABLE_user,
    };
    struct ip ip;
    struct bytes address = text;
    const char *colon = text.len ? memrchr(text.at, ':', text.len) : NULL;
    if (!ip_parse(address, &ip) && colon)
        address.len = (size_t)(colon - text.at);
    if (ip_parse(address, &ip))
        return in_store(store, OBSERVABLE_ip, address)
                   ? request_add(reading, OBSERVABLE_ip, text, any_time)
                   : 0;
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (in_store(store, order[i], text))
            return request_add(reading, order[i], text, any_time);
    if (all_of(text, "0123456789")) /* a bare number that is no process: a case */
        return request_case(store, text, reading);
    int status = request_findings(store, "host = ?1 COLLATE NOCASE", text, reading);
    if (status == 0 && reading->request->start_count == 0 && in_store(store, OBSERVABLE_host, text))
        status = request_add(reading, OBSERVABLE_host, text, any_time);
    return status;
}

int trace_request_parse(struct store *store, struct bytes text, enum observable_type type,
                        struct arena *arena, struct trace_request *ret_request)
{
    struct trace_request request = {.time = TIME_NONE};
    struct reading reading = {.arena = arena, .request = &request};
    int status = 0;
    if (type != OBSERVABLE_TYPES)
        status = request_add(&reading, type, text, any_time);
    if (status == 0 && request.start_count == 0)
        status = request_by_name(store, text, &reading);
    if (status == 0 && request.start_count == 0)
        status = request_by_value(store, text, &reading);
    if (status == 0 && request.start_count == 0)
        status = -ENOENT;
    if (status == 0)
        *ret_request = request;
    return status;
}
