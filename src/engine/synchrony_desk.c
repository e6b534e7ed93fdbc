#include "engine/synchrony_desk.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "engine/telescope_synchrony.h"

enum phase { IDLE, JUDGING, JUDGED, ENDING };

struct synchrony_desk {
    struct synchrony_desk_options options;
    struct synchrony *synchrony;
    struct synchrony_window window; /* the judge's until JUDGED */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum phase phase; /* under the lock */
};

static void *judge(void *context)
{
    struct synchrony_desk *desk = context;
    pthread_mutex_lock(&desk->lock);
    while (desk->phase != ENDING) {
        if (desk->phase != JUDGING) {
            pthread_cond_wait(&desk->changed, &desk->lock);
            continue;
        }
        pthread_mutex_unlock(&desk->lock);
        synchrony_judge(desk->synchrony, &desk->window);
        pthread_mutex_lock(&desk->lock);
        desk->phase = desk->phase == ENDING ? ENDING : JUDGED;
        pthread_cond_broadcast(&desk->changed);
    }
    pthread_mutex_unlock(&desk->lock);
    return NULL;
}

static void phase_set(struct synchrony_desk *desk, enum phase phase)
{
    pthread_mutex_lock(&desk->lock);
    desk->phase = phase;
    pthread_cond_broadcast(&desk->changed);
    pthread_mutex_unlock(&desk->lock);
}

int synchrony_desk_open(const struct synchrony_desk_options *options,
                        struct synchrony_desk **ret_desk)
{
    struct synchrony_desk *desk = calloc(1, sizeof(*desk));
    if (!desk)
        return -ENOMEM;
    desk->options = *options;
    pthread_mutex_init(&desk->lock, NULL);
    pthread_cond_init(&desk->changed, NULL);
    int error = synchrony_open(options->hosts_most, &desk->synchrony);
    if (!error && options->store)
        error = telescope_synchrony_resume(options->store, desk->synchrony);
    if (!error)
        error = -pthread_create(&desk->thread, NULL, judge, desk);
    if (error) {
        synchrony_desk_close(desk);
        return error;
    }
    desk->started = true;
    *ret_desk = desk;
    return 0;
}

int synchrony_desk_see(struct synchrony_desk *desk, const struct source_summary *sources,
                       size_t count)
{
    return synchrony_see(desk->synchrony, sources, count);
}

int synchrony_desk_look(struct synchrony_desk *desk, bool wait)
{
    int error = 0;
    pthread_mutex_lock(&desk->lock);
    while (wait && desk->phase == JUDGING)
        pthread_cond_wait(&desk->changed, &desk->lock);
    bool judged = desk->phase == JUDGED;
    pthread_mutex_unlock(&desk->lock);
    if (!judged)
        return 0;
    if (desk->options.told)
        desk->options.told(desk->options.context, &desk->window);
    if (desk->options.store)
        error = telescope_synchrony_store(desk->options.store, desk->synchrony, &desk->window);
    phase_set(desk, IDLE);
    return error;
}

int synchrony_desk_end(struct synchrony_desk *desk, int64_t start, int64_t length)
{
    int error = synchrony_desk_look(desk, true);
    if (error)
        return error;
    synchrony_turn(desk->synchrony, start, length);
    phase_set(desk, JUDGING);
    return 0;
}

void synchrony_desk_close(struct synchrony_desk *desk)
{
    if (!desk)
        return;
    if (desk->started) {
        phase_set(desk, ENDING);
        pthread_join(desk->thread, NULL);
    }
    synchrony_close(desk->synchrony);
    pthread_cond_destroy(&desk->changed);
    pthread_mutex_destroy(&desk->lock);
    free(desk);
}
