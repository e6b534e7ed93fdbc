/*
 * observe/list/json_list.h -- the strings of one array of a JSON object.
 *
 * A thin door to simdjson On-Demand, which is C++: everything here is C.
 */
#ifndef OBSERVE_LIST_JSON_LIST_H
#define OBSERVE_LIST_JSON_LIST_H

#include "base/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { JSON_LIST_PADDING = 64 }; /* readable bytes wanted behind the text */

/*
 * Visit the strings of the array `key` in the order they are written; other
 * elements are visited as empty text. Ends early with what `visit` returns if
 * not 0. -EBADMSG: no such object, or it breaks off; what came before was
 * visited. -ENOMEM.
 */
int json_list_read(struct bytes text, const char *key,
                   int (*visit)(void *context, struct bytes element), void *context)
    __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif

#endif
