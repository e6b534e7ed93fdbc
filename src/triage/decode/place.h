/*
 * triage/decode/place.h -- every place of a request that its sender controls.
 *
 * Path, parameters of the query and of a form, parts of a multipart body,
 * strings of a JSON body, cookies, headers, and the body itself where it is
 * nothing of these. Of a protocol other than HTTP: what the client sent. Values
 * are as they were sent; decode/layer.h unfolds them. At most PLACES; what
 * comes after is counted in `dropped`.
 */
#ifndef TRIAGE_DECODE_PLACE_H
#define TRIAGE_DECODE_PLACE_H

#include "base/arena.h"
#include "model/exchange.h"

enum { PLACES = 192 };

#define PLACE_KINDS(X)                                                                             \
    X(method)                                                                                      \
    X(path)                                                                                        \
    X(query)                                                                                       \
    X(form)                                                                                        \
    X(part)                                                                                        \
    X(json)                                                                                        \
    X(cookie)                                                                                      \
    X(header)                                                                                      \
    X(body)                                                                                        \
    X(stream)
enum place_kind {
#define X(name) PLACE_##name,
    PLACE_KINDS(X)
#undef X
        PLACE_KIND_COUNT
};

struct place {
    enum place_kind kind;
    struct bytes name;  /* of the parameter, header …; empty for path, body, stream */
    struct bytes value; /* as sent, except json: unescaped by its own rules */
};

struct places {
    struct place items[PLACES];
    uint32_t count, dropped;
};

/* All of them, in the order above. What had to be put together lives in `arena`. -ENOMEM. */
int places_find(const struct exchange *exchange, struct arena *arena, struct places *ret_places)
    __attribute__((warn_unused_result));

/* "query:host", "header:User-Agent", "path"; lives in `arena`. */
struct bytes place_label(const struct place *place, struct arena *arena);

/* The path of a request's target, without the query: "/a/b.php" of "http://h/a/b.php?c=1". */
struct bytes target_path(struct bytes target);

#endif
