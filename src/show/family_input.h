/*
 * show/family_input.h -- what the verbs of families read: tables of behaviours, models.
 */
#ifndef SHOW_FAMILY_INPUT_H
#define SHOW_FAMILY_INPUT_H

#include "analyse/family/family_model.h"

#define FAMILY_MODEL_DEFAULT "family.model"

/* Rows of `count` tables (gzip or not). False after a message on stderr. */
bool family_rows_read(const char *verb, char **paths, int count, struct arena *arena,
                      struct family_table *ret_table);

/* False after a message on stderr. */
bool family_model_open(const char *verb, const char *path, struct family_model *ret_model);

int family_train(int argc, char **argv);
int family_eval(int argc, char **argv);

#endif
