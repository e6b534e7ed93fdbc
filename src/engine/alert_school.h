/*
 * engine/alert_school.h -- trains on schedule, beside whatever else a process does.
 *
 * A thread of its own calls alert_models_train when `every` has passed since the
 * last training of the folder, whoever did that; with the budget that was asked
 * for then. A folder without alerts is waited for.
 */
#ifndef ENGINE_ALERT_SCHOOL_H
#define ENGINE_ALERT_SCHOOL_H

#include "engine/alert_models.h"

struct alert_school;

struct alert_school_options {
    const char *folder; /* must stay */
    int64_t every;      /* ns, > 0 */
    /* After each training, on its thread; `why` NULL: it went well. */
    void (*told)(void *context, const struct alert_training_result *result, const char *why);
    void *context;
};

/* -ENOMEM, -EAGAIN. */
int alert_school_open(const struct alert_school_options *options, struct alert_school **ret_school)
    __attribute__((warn_unused_result));

/* Waits for a training that is under way. NULL is fine. */
void alert_school_close(struct alert_school *school);

#endif
