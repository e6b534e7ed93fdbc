/*
 * observe/json_reader.h -- JSON text of one record → its tokens.
 *
 * A thin door to simdjson On-Demand, which is C++: everything here is C.
 */
#ifndef OBSERVE_JSON_READER_H
#define OBSERVE_JSON_READER_H

#include "observe/record.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { JSON_PADDING = 64 }; /* readable bytes wanted behind the text */

struct json_reader;

struct json_reader *json_reader_create(void); /* NULL: no memory */
void json_reader_destroy(struct json_reader *reader);

/*
 * Take one JSON object apart into `record` (cleared first). `text` must have
 * JSON_PADDING readable bytes behind it. Returns REASON_none, or why it is no
 * JSON object. Tokens point into `text`.
 */
enum reason json_reader_read(struct json_reader *reader, struct bytes text, struct record *record);

#ifdef __cplusplus
}
#endif

#endif
