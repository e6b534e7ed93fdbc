#include "engine/alert_school.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct alert_school {
    struct alert_school_options options;
    struct alert_training_result result;
    char why[512];
    int64_t not_before; /* after a failure */
    pthread_t thread;
    pthread_mutex_t lock; /* over what is below */
    pthread_cond_t wake;
    bool stopping;
};

#define LOOK  (10 * TIME_SECOND) /* between two looks, where nothing else says when */
#define AGAIN (10 * TIME_MINUTE) /* at most, after a training that failed */

/* When to look again: at once where it is due. */
static int64_t school_due(const struct alert_school *school, struct alert_training *training)
{
    int64_t last, now = time_now();
    training->folder = school->options.folder;
    training->scheduled = true;
    if (alert_training_last(training->folder, &last, &training->novelty.budget))
        return now + LOOK;
    return last > now - school->options.every ? last + school->options.every : now;
}

static int64_t school_look(struct alert_school *school)
{
    struct alert_training training = ALERT_TRAINING_USUAL;
    int64_t due = school_due(school, &training), now = time_now(), every = school->options.every;
    if (due > now || school->not_before > now)
        return due > school->not_before ? due : school->not_before;
    int error = alert_models_train(&training, &school->result, school->why);
    if (school->options.told)
        school->options.told(school->options.context, &school->result, error ? school->why : NULL);
    alert_training_finish(&school->result);
    now = time_now();
    school->not_before = error ? now + (every < AGAIN ? every : AGAIN) : 0;
    return now + every;
}

static void *school_run(void *context)
{
    struct alert_school *school = context;
    pthread_mutex_lock(&school->lock);
    while (!school->stopping) {
        pthread_mutex_unlock(&school->lock);
        int64_t next = school_look(school), limit = time_now() + LOOK;
        next = next < limit ? next : limit; /* the clock may be set, somebody else may train */
        const struct timespec until = {next / TIME_SECOND, next % TIME_SECOND};
        pthread_mutex_lock(&school->lock);
        if (!school->stopping)
            pthread_cond_timedwait(&school->wake, &school->lock, &until);
    }
    pthread_mutex_unlock(&school->lock);
    return NULL;
}

int alert_school_open(const struct alert_school_options *options, struct alert_school **ret_school)
{
    struct alert_school *school = calloc(1, sizeof(*school));
    if (!school)
        return -ENOMEM;
    school->options = *options;
    pthread_mutex_init(&school->lock, NULL);
    pthread_cond_init(&school->wake, NULL);
    int error = -pthread_create(&school->thread, NULL, school_run, school);
    if (error) {
        pthread_mutex_destroy(&school->lock);
        pthread_cond_destroy(&school->wake);
        free(school);
        return error;
    }
    *ret_school = school;
    return 0;
}

void alert_school_close(struct alert_school *school)
{
    if (!school)
        return;
    pthread_mutex_lock(&school->lock);
    school->stopping = true;
    pthread_cond_signal(&school->wake);
    pthread_mutex_unlock(&school->lock);
    pthread_join(school->thread, NULL);
    pthread_mutex_destroy(&school->lock);
    pthread_cond_destroy(&school->wake);
    free(school);
}
