/*
 * analyse/android/app_facts.h -- an application that was read, as the names a model knows things by
 * (app_model.h).
 *
 * Permissions asked for; actions and categories of filters, and texts of the code that are some;
 * calls of the platform; classes, methods and texts that its code names.
 */
#ifndef ANALYSE_ANDROID_APP_FACTS_H
#define ANALYSE_ANDROID_APP_FACTS_H

#include "analyse/android/app.h"
#include "analyse/android/app_model.h"

/* Names in `arena`; APP_MODEL_NAMES of them at most, what is asked for first, texts last. -ENOMEM.
 */
int app_facts_make(const struct app *app, struct arena *arena, struct app_facts *ret_facts)
    __attribute__((warn_unused_result));

#endif
