/* Requests and answers written out by the tests of this room. */
#ifndef TEST_TRIAGE_REQUEST_H
#define TEST_TRIAGE_REQUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/time.h"
#include "model/exchange.h"
#include "triage/attack/attempt.h"

struct request {
    struct exchange exchange;
    struct header headers[3], answer_headers[1];
};

static inline struct bytes request_header(const char *line, struct bytes *ret_name)
{
    const char *colon = strchr(line, ':');
    *ret_name = (struct bytes){line, (size_t)(colon - line)};
    return bytes_of(colon + 2);
}

/* "GET", "/x?a=1", "Name: value" or NULL, a body or NULL; answered with `answer` 10 ms later. */
static inline void request_make(struct request *request, const char *method, const char *target,
                                const char *header, const char *body, const char *answer)
{
    *request = (struct request){0};
    struct exchange *exchange = &request->exchange;
    exchange->protocol = EXCHANGE_http;
    exchange->method = bytes_of(method);
    exchange->target = bytes_of(target);
    exchange->source_ip.octets[15] = 1;
    exchange->destination_ip.octets[15] = 2;
    exchange->destination_port = 80;
    exchange->connection = 1;
    exchange->status = answer ? 200 : 0;
    request->headers[0] = (struct header){BYTES("Host"), BYTES("site.test")};
    exchange->host = BYTES("site.test");
    exchange->request.headers = request->headers;
    exchange->request.header_count = header ? 2 : 1;
    if (header)
        request->headers[1].value = request_header(header, &request->headers[1].name);
    exchange->request.body = bytes_of(body);
    exchange->request.complete = true;
    exchange->request.packet = 1;
    exchange->request.start = exchange->request.end = 100 * TIME_SECOND;
    exchange->response.start = exchange->response.end = TIME_NONE;
    if (!answer)
        return;
    request->answer_headers[0] = (struct header){BYTES("Content-Type"), BYTES("text/html")};
    exchange->response.headers = request->answer_headers;
    exchange->response.header_count = 1;
    exchange->response.body = bytes_of(answer);
    exchange->response.complete = true;
    exchange->response.packet = 2;
    exchange->response.start = exchange->response.end = exchange->request.end + TIME_SECOND / 100;
}

static inline double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

#endif
