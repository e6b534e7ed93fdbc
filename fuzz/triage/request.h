/* An exchange cut out of a fuzzer's bytes: method, target, a header, body, answer, a line each. */
#ifndef FUZZ_TRIAGE_REQUEST_H
#define FUZZ_TRIAGE_REQUEST_H

#include "base/time.h"
#include "triage/success/verdict.h"

struct sliced {
    struct exchange exchange;
    struct header headers[2], answer_header;
};

static inline struct bytes slice(struct bytes *rest, char end)
{
    const char *at = rest->len ? memchr(rest->at, end, rest->len) : NULL;
    struct bytes piece = {rest->at, at ? (size_t)(at - rest->at) : rest->len};
    *rest = bytes_from(*rest, piece.len + 1);
    return piece;
}

/* The bodies are parted by a NUL, because they have lines of their own. */
static inline void exchange_slice(const uint8_t *at, size_t length, struct sliced *ret)
{
    struct bytes rest = {(const char *)at, length};
    *ret = (struct sliced){0};
    struct exchange *exchange = &ret->exchange;
    exchange->protocol = length && at[0] == 1 ? EXCHANGE_other : EXCHANGE_http;
    exchange->method = slice(&rest, '\n');
    exchange->target = slice(&rest, '\n');
    ret->headers[0].name = slice(&rest, ':');
    ret->headers[0].value = slice(&rest, '\n');
    ret->headers[1] = (struct header){BYTES("Content-Type"), slice(&rest, '\n')};
    exchange->request.headers = ret->headers;
    exchange->request.header_count = 2;
    exchange->request.head = (struct bytes){(const char *)at, length - rest.len};
    exchange->request.body = slice(&rest, '\0');
    exchange->response.body = rest;
    ret->answer_header = (struct header){BYTES("Content-Type"), BYTES("text/html")};
    exchange->response.headers = &ret->answer_header;
    exchange->response.header_count = 1;
    exchange->status = 200;
    exchange->request.complete = exchange->response.complete = true;
    exchange->request.packet = 1;
    exchange->response.packet = 2;
    exchange->request.start = exchange->request.end = TIME_SECOND;
    exchange->response.start = exchange->response.end = 2 * TIME_SECOND;
}

#endif
