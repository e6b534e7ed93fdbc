/*
 * show/api.h -- the API's addresses and what answers them.
 *
 * docs/api.md describes each answer. All take the token; see show/http.h.
 */
#ifndef SHOW_API_H
#define SHOW_API_H

#include "engine/alert_board.h"
#include "engine/sample_desk.h"
#include "show/http.h"
#include "show/stream.h"

struct site {
    const char *data; /* the folder */
    struct stream *stream;
    struct alert_board *board;
    struct sample_desk *samples; /* or NULL: samples are shown, none is taken */
};

/* Of a struct site; ended by method == NULL. */
extern const struct http_route api_routes[];

/* Those an organisation's token opens too: they answer with nothing but its own. */
extern const char *const api_member_routes[];

#endif
