#include "engine/drift_picture.h"

#include <errno.h>
#include <stdlib.h>

#include "learn/tsne.h"

static const char forget_sql[] = "DELETE FROM darknet_drift";
static const char point_sql[] =
    "INSERT INTO darknet_drift (month, number, x, y, class, predicted, source_ip)"
    " VALUES (?1,?2,?3,?4,?5,?6,?7)";

static const char *class_name(bool backscatter)
{
    return source_class_names[backscatter ? SOURCE_backscatter : SOURCE_other];
}

static int statement_step(struct sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? 0 : -EIO;
}

static int point_store(struct sqlite3_stmt *statement, const char *month, uint32_t number,
                       const struct drift_point *point, const double place[2])
{
    char text[IP_TEXT_SIZE];
    struct bytes address = ip_format(&point->address, text);
    sqlite3_bind_text(statement, 1, month, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(statement, 2, number);
    sqlite3_bind_double(statement, 3, place[0]);
    sqlite3_bind_double(statement, 4, place[1]);
    sqlite3_bind_text(statement, 5, class_name(point->backscatter), -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 6, class_name(point->predicted), -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 7, address.at, (int)address.len, SQLITE_TRANSIENT);
    return statement_step(statement);
}

static int points_store(const struct drift *drift, struct darknet_store *store,
                        const double *places)
{
    const struct drift_month *months;
    const struct drift_point *points;
    size_t count = drift_points(drift, &points);
    struct sqlite3_stmt *forget, *insert;
    (void)drift_months(drift, &months);
    int error = darknet_store_begin(store);
    if (!error)
        error = darknet_store_statement(store, forget_sql, &forget);
    if (!error)
        error = statement_step(forget);
    if (!error)
        error = darknet_store_statement(store, point_sql, &insert);
    uint32_t number = 0;
    for (size_t i = 0; i < count && !error; i++) {
        number = i > 0 && points[i].month == points[i - 1].month ? number + 1 : 0;
        error =
            point_store(insert, months[points[i].month].name, number, &points[i], places + 2 * i);
    }
    return error ? error : darknet_store_commit(store);
}

int drift_picture_store(const struct drift *drift, struct darknet_store *store,
                        void (*progress)(void *context, uint32_t iteration), void *context)
{
    const struct drift_point *points;
    size_t count = drift_points(drift, &points);
    if (count > TSNE_POINTS)
        return -EINVAL;
    double *samples = calloc(count + 1, sizeof(points->sample) + 2 * sizeof(double));
    if (!samples)
        return -ENOMEM;
    double *places = samples + count * SOURCE_FEATURE_COUNT;
    for (size_t i = 0; i < count; i++)
        memcpy(samples + i * SOURCE_FEATURE_COUNT, points[i].sample, sizeof(points[i].sample));
    const struct tsne_options options = {.points = (uint32_t)count,
                                         .dimensions = SOURCE_FEATURE_COUNT,
                                         .perplexity = 30,
                                         .theta = 0.5,
                                         .iterations = DRIFT_PICTURE_ITERATIONS,
                                         .seed = 1,
                                         .progress = progress,
                                         .context = context};
    int error = tsne_embed(&options, samples, places);
    if (!error)
        error = points_store(drift, store, places);
    free(samples);
    return error;
}
