/*
 * base/json.h -- writing JSON into a buffer.
 *
 * A writer puts commas where they belong; text that is no valid UTF-8 is
 * written with U+FFFD for each bad byte, so what comes out is always JSON.
 *
 *     struct json json = {.out = &buffer};
 *     json_object(&json);
 *     json_key(&json, "host"), json_text(&json, host);
 *     json_end_object(&json);
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buffer.h"

struct json {
    struct buffer *out;
    bool comma; /* a value stands before the next one */
};

void json_object(struct json *json);
void json_end_object(struct json *json);
void json_array(struct json *json);
void json_end_array(struct json *json);
void json_key(struct json *json, const char *key);
void json_text(struct json *json, struct bytes text);
void json_integer(struct json *json, int64_t value);
void json_unsigned(struct json *json, uint64_t value);
void json_number(struct json *json, double value); /* shortest of %.6g; NaN and infinity: null */
void json_bool(struct json *json, bool value);
void json_null(struct json *json);
void json_time(struct json *json, int64_t time);      /* RFC 3339; TIME_NONE: null */
void json_raw(struct json *json, struct bytes value); /* already JSON */

/* Is it well-formed UTF-8, and so written as it is? */
bool json_is_text(struct bytes text);

/* The commonest pair, in one call. */
void json_key_text(struct json *json, const char *key, struct bytes text);

#endif
