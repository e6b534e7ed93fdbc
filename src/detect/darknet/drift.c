#include "detect/darknet/drift.h"

#include <errno.h>
#include <stdlib.h>

#include "base/time.h"
#include "learn/logistic.h"

const char *const drift_model_names[DRIFT_MODEL_COUNT] = {
#define X(name) #name,
    DRIFT_MODELS(X)
#undef X
};

struct drift {
    uint32_t month_count, points_most;
    struct drift_month months[DRIFT_MONTHS];
    struct backscatter *learning, *frozen, *first;
    struct logistic *line, *line_frozen;
    struct drift_point *points;
    size_t point_count, point_room, month_point; /* month_point: the first of this month's */
    uint64_t seed;
};

int drift_open(uint32_t points, struct drift **ret_drift)
{
    if (points > DRIFT_POINTS)
        return -EINVAL;
    struct drift *drift = calloc(1, sizeof(*drift));
    if (!drift)
        return -ENOMEM;
    drift->points_most = points;
    drift->seed = 1;
    int error = backscatter_open(&drift->learning);
    if (!error)
        error = logistic_open(SOURCE_FEATURE_COUNT, 2, 0.5, &drift->line);
    if (error) {
        drift_close(drift);
        return error;
    }
    *ret_drift = drift;
    return 0;
}

static int clustering_copy(const struct backscatter *from, struct backscatter **into)
{
    struct buffer saved = {0};
    struct backscatter *copy = NULL;
    backscatter_save(from, &saved);
    struct cursor cursor = cursor_over(buffer_bytes(&saved));
    int error = saved.failed ? -ENOMEM : backscatter_load(&cursor, &copy);
    buffer_finish(&saved);
    if (error)
        return error;
    backscatter_close(*into);
    *into = copy;
    return 0;
}

/* A month is over: what was learned by now is what the next one finds frozen. */
static int models_freeze(struct drift *drift)
{
    int error = clustering_copy(drift->learning, &drift->frozen);
    if (!error && !drift->first)
        error = clustering_copy(drift->learning, &drift->first);
    if (error)
        return error;
    logistic_close(drift->line_frozen);
    drift->line_frozen = NULL;
    return logistic_copy(drift->line, &drift->line_frozen);
}

static int month_begin(struct drift *drift, const char *name)
{
    if (drift->month_count == DRIFT_MONTHS)
        return -ENOSPC;
    int error = drift->month_count > 0 ? models_freeze(drift) : 0;
    if (error)
        return error;
    struct drift_month *month = &drift->months[drift->month_count++];
    memcpy(month->name, name, 7);
    drift->month_point = drift->point_count;
    return 0;
}

static void score_add(struct drift_score *score, bool predicted, bool backscatter)
{
    if (backscatter)
        predicted ? score->hits++ : score->misses++;
    else
        predicted ? score->false_alarms++ : score->rejections++;
}

static bool line_says(struct logistic *line, const double *sample)
{
    double probability[2];
    return logistic_judge(line, sample, probability) == 1;
}

/* Vitter's algorithm R, of a generator that always begins the same. */
static int point_keep(struct drift *drift, const struct drift_point *point, uint64_t seen)
{
    size_t kept = drift->point_count - drift->month_point;
    if (kept == drift->points_most) {
        drift->seed = drift->seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t place = (drift->seed >> 11) % seen;
        if (place < kept)
            drift->points[drift->month_point + place] = *point;
        return 0;
    }
    if (drift->point_count == drift->point_room) {
        size_t room = drift->point_room ? drift->point_room * 2 : 1024;
        struct drift_point *points = reallocarray(drift->points, room, sizeof(*points));
        if (!points)
            return -ENOMEM;
        drift->points = points;
        drift->point_room = room;
    }
    drift->points[drift->point_count++] = *point;
    return 0;
}

static void month_name(int64_t time, char name[8])
{
    char day[TIME_TEXT_SIZE];
    struct bytes text = time_format_day(time, day);
    memcpy(name, text.at, 7);
    name[7] = 0;
}

int drift_see(struct drift *drift, const struct source_summary *source,
              enum backscatter_label label)
{
    char name[8];
    if (label == BACKSCATTER_UNKNOWN)
        return 0;
    month_name(source->window_start, name);
    if (drift->month_count == 0 || strcmp(name, drift->months[drift->month_count - 1].name) > 0) {
        int error = month_begin(drift, name);
        if (error)
            return error;
    }
    struct drift_month *month = &drift->months[drift->month_count - 1];
    struct drift_point point = {.month = drift->month_count - 1,
                                .address = source->address,
                                .backscatter = label == BACKSCATTER_YES};
    backscatter_sample(source, point.sample);
    point.predicted = backscatter_judge(drift->learning, point.sample).backscatter;
    bool truth = point.backscatter;
    score_add(&month->scores[DRIFT_learning], point.predicted, truth);
    score_add(&month->scores[DRIFT_line], line_says(drift->line, point.sample), truth);
    if (drift->frozen) {
        score_add(&month->scores[DRIFT_frozen],
                  backscatter_judge(drift->frozen, point.sample).backscatter, truth);
        score_add(&month->scores[DRIFT_first],
                  backscatter_judge(drift->first, point.sample).backscatter, truth);
        score_add(&month->scores[DRIFT_line_frozen], line_says(drift->line_frozen, point.sample),
                  truth);
    }
    month->samples++;
    month->backscatter += truth;
    backscatter_learn(drift->learning, point.sample, label);
    logistic_learn(drift->line, point.sample, truth);
    return drift->points_most ? point_keep(drift, &point, month->samples) : 0;
}

uint32_t drift_months(const struct drift *drift, const struct drift_month **ret_months)
{
    *ret_months = drift->months;
    return drift->month_count;
}

size_t drift_points(const struct drift *drift, const struct drift_point **ret_points)
{
    *ret_points = drift->points;
    return drift->point_count;
}

static double part_of(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

double drift_precision(const struct drift_score *score)
{
    return part_of(score->hits, score->hits + score->false_alarms);
}

double drift_recall(const struct drift_score *score)
{
    return part_of(score->hits, score->hits + score->misses);
}

double drift_f1(const struct drift_score *score)
{
    return part_of(2 * score->hits, 2 * score->hits + score->false_alarms + score->misses);
}

struct possibilistic_counts drift_clusters(const struct drift *drift)
{
    return backscatter_counts(drift->learning);
}

void drift_close(struct drift *drift)
{
    if (!drift)
        return;
    backscatter_close(drift->learning);
    backscatter_close(drift->frozen);
    backscatter_close(drift->first);
    logistic_close(drift->line);
    logistic_close(drift->line_frozen);
    free(drift->points);
    free(drift);
}
