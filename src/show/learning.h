/*
 * show/learning.h -- the frame of verbs that learn from tables and are scored on them.
 *
 * `hinomi X train TABLE… -o MODEL` and `hinomi X eval TABLE… [--model MODEL]
 * [--predictions FILE]` are the same for all X but for what they learn.
 */
#ifndef SHOW_LEARNING_H
#define SHOW_LEARNING_H

#include "base/fault.h"
#include "base/json.h"

/* What was asked for. */
struct learning {
    const char *verb;
    const char *model;       /* the file to write; to judge by, NULL: judge by folds */
    const char *predictions; /* the file to write; or NULL */
    uint64_t seed;
    bool json;
};

struct learning_verb {
    const char *verb, *arguments, *does, *example; /* as in struct command */
    const char *seed;                              /* what is drawn by it, for --help */
    const char *model;                             /* where train writes unless told */
    int (*run)(char **paths, int count, const struct learning *asked); /* the exit status */
};

/* Read the command line and run; the exit status. */
int learning_train(const struct learning_verb *verb, int argc, char **argv);
int learning_eval(const struct learning_verb *verb, int argc, char **argv);

/* One measure: a line for people, or an object {[KEY: scope], measure, value, [part, of]}. */
struct learning_scope {
    const char *key, *name; /* NULL: all there is */
    bool json;
};
void learning_measure(const struct learning_scope *scope, const char *name, const char *says,
                      double value, uint64_t part, uint64_t of);
/* part / of, where there are any. */
void learning_share(const struct learning_scope *scope, const char *name, const char *says,
                    uint64_t part, uint64_t of);

/* For whoever tells how far it is: `progress` is a struct progress. */
void learning_step(void *progress, uint32_t done, uint32_t of);

/* A finished line on stdout; the buffer is finished. */
void learning_line(struct buffer *line);

/* The predictions of all rows, a line each, as a file; the buffer is finished. false: said why. */
bool learning_predictions(const char *verb, const char *path, struct buffer *lines);

/* Whether a model "of packers", that `maker` ("packer train") makes, was read; says why not. */
bool learning_opened(const char *verb, const char *path, const char *of, const char *maker,
                     int error);

/*
 * Each file below a folder's folders, in the order of names, with the name of the folder it is in.
 * A file that `visit` fails on is counted and passed over, but for -ENOMEM. -errno.
 */
int learning_folder(char *path, int (*visit)(void *context, const char *path, const char *folder),
                    void *context, uint32_t *passed) __attribute__((warn_unused_result));

/* Whether rows were read from there; says why not, with the line where `fault` knows one. */
bool learning_read(const char *verb, const char *path, const struct fault *fault, int error);

#endif
