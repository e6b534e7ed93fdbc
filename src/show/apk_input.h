/*
 * show/apk_input.h -- what the verbs of Android applications read: tables of them, models.
 */
#ifndef SHOW_APK_INPUT_H
#define SHOW_APK_INPUT_H

#include "analyse/android/app_model.h"
#include "analyse/android/app_table.h"
#include "base/progress.h"

#define APK_MODEL_DEFAULT "apk.model"

/*
 * Rows of `count` paths: a table (gzip or not), or a folder whose folders are called "malware" and
 * "benign" and hold applications; those of one signer are a group. ret_paths[kind] is the first
 * path of each kind. False after a message on stderr; app_table_finish in any case. What a folder
 * holds that cannot be read is passed over and said.
 */
bool apk_rows_read(const char *verb, char **paths, int count, struct app_table *table,
                   const char *ret_paths[APP_TABLE_KINDS]);

/* False after a message on stderr. */
bool apk_model_open(const char *verb, const char *path, struct app_model **ret_model);

/* How far the learnings are: `of` in all; a struct app_watch's context with its apk_fitted. */
struct apk_pace {
    struct progress progress;
    uint32_t done, of;
};
void apk_fitted(void *context);

int apk_train(int argc, char **argv);
int apk_eval(int argc, char **argv);

#endif
