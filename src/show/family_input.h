/*
 * show/family_input.h -- what the verbs of families read: tables, reports, samples, models.
 */
#ifndef SHOW_FAMILY_INPUT_H
#define SHOW_FAMILY_INPUT_H

#include "analyse/family/family_model.h"

#define FAMILY_MODEL_DEFAULT "family.model"

/*
 * Rows of `count` paths, each a table (gzip or not), a file of reports that name the family
 * themselves (JSON, or a JSON object a line), or a folder whose folders are named for families and
 * hold samples or reports. False after a message on stderr; what names no family is passed over and
 * said.
 */
bool family_rows_read(const char *verb, char **paths, int count, struct arena *arena,
                      struct family_table *ret_table);

/*
 * The samples of one path: every report in it, or the file itself. Texts are the arena's. `family`
 * where it is not NULL is that of all of them, otherwise what the reports say, which may be
 * nothing.
 */
typedef int family_visit(void *context, const struct family_row *row);
int family_path_read(const char *path, const struct bytes *family, struct arena *arena,
                     family_visit *visit, void *context, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* False after a message on stderr. */
bool family_model_open(const char *verb, const char *path, struct family_model *ret_model);

int family_train(int argc, char **argv);
int family_eval(int argc, char **argv);
int family_cluster(int argc, char **argv);
int family_activity(int argc, char **argv);

#endif
