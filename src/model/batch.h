/*
 * model/batch.h -- observations in columns.
 *
 * A batch holds up to BATCH_ROWS observations as a structure of arrays, one
 * array per field of OBSERVATION_FIELDS, and the strings its text columns name
 * by id. A reader fills it, everyone after only reads it. A row not written to
 * is absent in every field.
 */
#ifndef MODEL_BATCH_H
#define MODEL_BATCH_H

#include "base/strings.h"
#include "base/time.h"
#include "model/observation.h"

enum { BATCH_ROWS = 4096 };

#define FIELD_TYPE_time      int64_t
#define FIELD_TYPE_text      uint32_t
#define FIELD_TYPE_u8        uint8_t
#define FIELD_TYPE_u16       uint16_t
#define FIELD_TYPE_u32       uint32_t
#define FIELD_TYPE_u64       uint64_t
#define FIELD_TYPE_ip        struct ip
#define FIELD_TYPE_category  uint8_t
#define FIELD_TYPE_action    uint8_t
#define FIELD_TYPE_direction uint8_t

struct batch {
    uint32_t rows;
    struct strings strings;
    struct batch_columns {
#define X(kind, name, doc) FIELD_TYPE_##kind name[BATCH_ROWS];
        OBSERVATION_FIELDS(X)
#undef X
    } columns;
};

/* An empty batch, or NULL when memory ran out. */
struct batch *batch_create(void);

/* Forget all rows and strings; keeps the memory. */
void batch_clear(struct batch *batch);

void batch_destroy(struct batch *batch);

/*
 * Append row `row` of `from`; its strings are interned anew. -ENOSPC when `to`
 * is full, -ENOMEM; on failure `to` has the rows it had.
 */
int batch_append(struct batch *to, const struct batch *from, uint32_t row)
    __attribute__((warn_unused_result));

/* The column of a field, untyped: element i at observation_fields[field].size * i. */
static inline void *batch_column(struct batch *batch, enum field field);

/* The text of a text field in a row. */
static inline struct bytes batch_text(const struct batch *batch, const uint32_t *column,
                                      uint32_t row)
{
    return strings_at(&batch->strings, column[row]);
}

/* Put one row as a JSON object of its given fields: the form of hunt, evidence and export. */
struct json;
void batch_row_json(const struct batch *batch, uint32_t row, struct json *json);

extern const size_t batch_column_offsets[FIELD_COUNT];

static inline void *batch_column(struct batch *batch, enum field field)
{
    return (char *)&batch->columns + batch_column_offsets[field];
}

#endif
