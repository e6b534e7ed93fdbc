#include "engine/episode_desk.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "engine/episode_rows.h"

enum { ENOUGH = 1024 }; /* answers of a lane that are worth a merge */

struct answers {
    struct episode_answer *at;
    size_t from, count, room; /* [from, count) */
};

struct desk_lane {
    pthread_mutex_t lock;
    struct answers waiting; /* under the lock, as what follows */
    uint64_t reached;
    bool failed;
    struct answers taken; /* the merger's */
};

struct episode_desk {
    enum episode_rule rule;
    struct episode_table *table; /* the merger's, as what follows */
    struct episode *told;
    size_t told_count, told_room;
    bool failed;
    pthread_mutex_t merging;
    unsigned lane_count;
    struct desk_lane lanes[];
};

static void on_told(void *context, const struct episode *episode)
{
    struct episode_desk *desk = context;
    if (desk->told_count == desk->told_room) {
        size_t room = desk->told_room ? desk->told_room * 2 : 256;
        struct episode *told = reallocarray(desk->told, room, sizeof(*told));
        if (!told) {
            desk->failed = true;
            return;
        }
        desk->told = told;
        desk->told_room = room;
    }
    desk->told[desk->told_count++] = *episode;
}

int episode_desk_open(enum episode_rule rule, unsigned lanes, double addresses,
                      struct episode_desk **ret_desk)
{
    struct episode_desk *desk = calloc(1, sizeof(*desk) + lanes * sizeof(desk->lanes[0]));
    if (!desk)
        return -ENOMEM;
    struct episode_options options = {
        .rule = rule, .addresses = addresses, .found = on_told, .context = desk};
    desk->rule = rule;
    desk->lane_count = lanes;
    pthread_mutex_init(&desk->merging, NULL);
    for (unsigned i = 0; i < lanes; i++)
        pthread_mutex_init(&desk->lanes[i].lock, NULL);
    int error = episode_open(&options, &desk->table);
    if (error) {
        episode_desk_close(desk);
        return error;
    }
    *ret_desk = desk;
    return 0;
}

static bool answers_reserve(struct answers *answers, size_t more)
{
    if (answers->count + more <= answers->room)
        return true;
    size_t room = (answers->count + more) * 2;
    struct episode_answer *at = reallocarray(answers->at, room, sizeof(*at));
    if (!at)
        return false;
    answers->at = at;
    answers->room = room;
    return true;
}

/* What the lane handed in becomes the merger's; how far the lane had come then. */
static uint64_t lane_take(struct episode_desk *desk, struct desk_lane *lane)
{
    struct answers *waiting = &lane->waiting, *taken = &lane->taken;
    if (taken->from) {
        memmove(taken->at, taken->at + taken->from,
                (taken->count - taken->from) * sizeof(*taken->at));
        taken->count -= taken->from;
        taken->from = 0;
    }
    pthread_mutex_lock(&lane->lock);
    uint64_t reached = lane->reached;
    if (waiting->count && !answers_reserve(taken, waiting->count)) {
        desk->failed = true;
    } else if (waiting->count) {
        memcpy(taken->at + taken->count, waiting->at, waiting->count * sizeof(*taken->at));
        taken->count += waiting->count;
    }
    waiting->count = 0;
    desk->failed |= lane->failed;
    pthread_mutex_unlock(&lane->lock);
    return reached;
}

/* The lane whose next answer is the oldest; NULL: none up to `limit`. */
static struct desk_lane *lane_oldest(struct episode_desk *desk, uint64_t limit)
{
    struct desk_lane *oldest = NULL;
    for (unsigned i = 0; i < desk->lane_count; i++) {
        const struct answers *taken = &desk->lanes[i].taken;
        if (taken->from < taken->count && taken->at[taken->from].number <= limit) {
            limit = taken->at[taken->from].number;
            oldest = &desk->lanes[i];
        }
    }
    return oldest;
}

/* All that was handed in, as far as every lane has come; `all`: however far. */
static void desk_merge(struct episode_desk *desk, bool all)
{
    uint64_t limit = UINT64_MAX;
    struct desk_lane *lane;
    for (unsigned i = 0; i < desk->lane_count; i++) {
        uint64_t reached = lane_take(desk, &desk->lanes[i]);
        limit = !all && reached < limit ? reached : limit;
    }
    while ((lane = lane_oldest(desk, limit)))
        episode_see_answer(desk->table, &lane->taken.at[lane->taken.from++]);
}

static void lane_see_alone(struct episode_desk *desk, const struct packets *packets,
                           const struct source_rows *rows)
{
    struct episode_answer answer;
    for (uint32_t i = 0; i < rows->count; i++)
        if (episode_kind(rows->kind[i]) &&
            episode_answer_of(packets, rows->row[i], rows->kind[i], &answer))
            episode_see_answer(desk->table, &answer);
}

static void lane_hand_in(struct desk_lane *lane, const struct packets *packets,
                         const struct source_rows *rows)
{
    struct answers *waiting = &lane->waiting;
    if (!answers_reserve(waiting, rows->count)) {
        lane->failed = true;
        return;
    }
    for (uint32_t i = 0; i < rows->count; i++)
        if (episode_kind(rows->kind[i]))
            waiting->count += episode_answer_of(packets, rows->row[i], rows->kind[i],
                                                &waiting->at[waiting->count]);
}

void episode_desk_see(struct episode_desk *desk, unsigned lane_number,
                      const struct packets *packets, const struct source_rows *rows,
                      uint64_t reached)
{
    struct desk_lane *lane = &desk->lanes[lane_number];
    if (desk->lane_count == 1) {
        lane_see_alone(desk, packets, rows);
        return;
    }
    pthread_mutex_lock(&lane->lock);
    lane_hand_in(lane, packets, rows);
    lane->reached = reached;
    bool enough = lane->waiting.count >= ENOUGH;
    pthread_mutex_unlock(&lane->lock);
    if (!enough || pthread_mutex_trylock(&desk->merging) != 0)
        return;
    desk_merge(desk, false);
    pthread_mutex_unlock(&desk->merging);
}

int episode_desk_turn(struct episode_desk *desk, int64_t clock)
{
    desk_merge(desk, true);
    episode_look(desk->table, clock);
    return desk->failed ? -ENOMEM : 0;
}

int episode_desk_end(struct episode_desk *desk)
{
    desk_merge(desk, true);
    episode_end(desk->table);
    return desk->failed ? -ENOMEM : 0;
}

int episode_desk_store(struct episode_desk *desk, struct darknet_store *store)
{
    int error = 0;
    for (size_t i = 0; i < desk->told_count && !error; i++)
        error = episode_row_write(store, &desk->told[i], desk->rule);
    desk->told_count = 0;
    return error;
}

const struct episode_counts *episode_desk_counts(const struct episode_desk *desk)
{
    return episode_counts(desk->table);
}

void episode_desk_close(struct episode_desk *desk)
{
    if (!desk)
        return;
    for (unsigned i = 0; i < desk->lane_count; i++) {
        free(desk->lanes[i].waiting.at);
        free(desk->lanes[i].taken.at);
        pthread_mutex_destroy(&desk->lanes[i].lock);
    }
    pthread_mutex_destroy(&desk->merging);
    episode_close(desk->table);
    free(desk->told);
    free(desk);
}
