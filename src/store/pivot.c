/* Questions to the posting lists. */
#include <errno.h>

#include "store/row.h"
#include "store/walk.h"

static int pivot_visit(struct walk *walk, struct batch *batch,
                       int (*visit)(void *context, const struct batch *batch, uint32_t row),
                       void *context)
{
    int more, error = 0;
    bool enough = false;
    while (!enough && !error && (more = walk_next(walk)) != 0) {
        if (more < 0)
            return more;
        batch_clear(batch);
        error = row_read(walk->row, 2, batch);
        if (error)
            return failure_set(&walk->store->failure, error, "out of memory");
        enough = visit(context, batch, 0) != 0;
    }
    return 0;
}

static int rows_visit(struct store *store, const struct walk_request *request,
                      int (*visit)(void *context, const struct batch *batch, uint32_t row),
                      void *context)
{
    struct walk walk;
    /* A batch is big: keep one, unless `visit` pivots in turn. */
    struct batch *batch = store->spare_batch ? store->spare_batch : batch_create();
    store->spare_batch = NULL;
    if (!batch)
        return failure_set(&store->failure, -ENOMEM, "out of memory");
    int error = walk_begin(store, request, &walk);
    if (!error) {
        error = pivot_visit(&walk, batch, visit, context);
        walk_end(&walk);
    }
    batch_destroy(store->spare_batch);
    store->spare_batch = batch;
    return error;
}

int store_pivot(struct store *store, const struct observable *observable, struct store_span span,
                int (*visit)(void *context, const struct batch *batch, uint32_t row), void *context)
{
    struct walk_request request = {observable_key(observable), span, ROW_ALL_FIELDS, true};
    return request.key ? rows_visit(store, &request, visit, context) : 0;
}

int store_rows(struct store *store, struct store_span span,
               int (*visit)(void *context, const struct batch *batch, uint32_t row), void *context)
{
    struct walk_request request = {.span = span, .fields = ROW_ALL_FIELDS};
    return rows_visit(store, &request, visit, context);
}

int store_pivot_count(struct store *store, const struct observable *observable,
                      struct store_span span, uint64_t *ret_rows)
{
    struct walk_request request = {.key = observable_key(observable), .span = span};
    if (request.key)
        return walk_count(store, &request, ret_rows);
    *ret_rows = 0;
    return 0;
}

int store_event(struct store *store, struct event_id id, struct batch *batch)
{
    struct walk_request request = {
        .key = place_key(id),
        .span = {TIME_NONE, INT64_MAX, false},
        .fields = ROW_ALL_FIELDS,
    };
    struct walk walk;
    int error = walk_begin(store, &request, &walk), more;
    if (error)
        return error;
    error = -ENOENT;
    while (error == -ENOENT && (more = walk_next(&walk)) != 0) {
        if (more < 0) {
            error = more;
            break;
        }
        sqlite3_stmt *row = walk.row;
        if (sqlite3_column_int64(row, 2 + FIELD_event_source) != id.source ||
            (uint64_t)sqlite3_column_int64(row, 2 + FIELD_event_offset) != id.offset)
            continue;
        batch_clear(batch);
        error = row_read(row, 2, batch);
    }
    walk_end(&walk);
    if (error == -ENOENT)
        failure_set(&store->failure, error, "%s: there is no event %u:%llu", store->folder,
                    id.source, (unsigned long long)id.offset);
    return error;
}
