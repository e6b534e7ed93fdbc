/*
 * analyse/dependency.h -- what one observation says about influence.
 *
 * An observation names an actor and an object; which of them could have
 * influenced the other depends on what was done. A process that writes a file
 * influences the file, a process that reads one is influenced by it, a
 * connection carries influence both ways. Each such statement is a dependency,
 * with a strength in (0,1]: how much of an intrusion's causality usually runs
 * through edges of its kind (after NoDoze; a start is near 1, loading a module
 * of the system next to nothing).
 */
#ifndef ANALYSE_DEPENDENCY_H
#define ANALYSE_DEPENDENCY_H

#include "model/batch.h"
#include "model/finding.h"

enum { ROW_DEPENDENCIES = 8 };

/* A thing of the world as a row names it. Text lives as long as the row. */
struct thing {
    enum observable_type type;
    struct bytes value; /* process: entity id; ip: address without port; else path or name */
    struct bytes name;  /* process: its executable; else empty */
    uint16_t port;      /* ip: the service's port, 0 where it is an ephemeral one */
};

/* Relations the search treats apart; others are plain words. Compare by pointer. */
extern const char relation_started[]; /* parent → child */
extern const char relation_ran_as[];  /* program file → process */
extern const char relation_ran_in[];  /* script or module → the process that ran it */
extern const char relation_starts[];  /* entry that starts by itself → the file it names */

struct dependency {
    struct thing from, to;
    const char *relation;
    double strength;
    bool fleeting; /* lasts seconds: what passes through a pipe is not kept */
};

struct dependencies {
    uint32_t count;
    struct dependency at[ROW_DEPENDENCIES];
    char address[IP_TEXT_SIZE]; /* text of the address the things name */
};

/* All dependencies row `row` of `batch` states; none is not an error. */
void row_dependencies(const struct batch *batch, uint32_t row,
                      struct dependencies *ret_dependencies);

/* True for a path below the operating system's own folders or installed programs. */
bool path_of_system(struct bytes path);

#endif
