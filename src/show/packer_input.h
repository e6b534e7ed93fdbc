/*
 * show/packer_input.h -- what the verbs of packers read: executables, tables of them, models.
 */
#ifndef SHOW_PACKER_INPUT_H
#define SHOW_PACKER_INPUT_H

#include "analyse/packer/packer_model.h"

#define PACKER_MODEL_DEFAULT "packer.model"

/*
 * Rows of `count` paths: a table (gzip or not), or a folder whose folders are named for packers and
 * hold what each packed ("none": what nobody packed); a file's group is its path. False after a
 * message on stderr. What a folder holds that is no executable is passed over and said.
 */
bool packer_rows_read(const char *verb, char **paths, int count, struct arena *arena,
                      struct packer_table *ret_table);

/* False after a message on stderr. */
bool packer_model_open(const char *verb, const char *path, struct packer_model *ret_model);

int packer_train(int argc, char **argv);
int packer_eval(int argc, char **argv);

#endif
