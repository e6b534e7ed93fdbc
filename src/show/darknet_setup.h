/*
 * show/darknet_setup.h -- darknet.yaml for the verbs: read, and its prefixes in tables.
 */
#ifndef SHOW_DARKNET_SETUP_H
#define SHOW_DARKNET_SETUP_H

#include "base/arena.h"
#include "model/darknet_configuration.h"

struct darknet_setup {
    struct arena arena;
    struct darknet_configuration configuration;
    struct darknet_prefixes prefixes;
};

/* EXIT_OK, or an exit status after a message with the file, the line and what to do. */
int darknet_setup_load(const char *verb, const char *path, struct darknet_setup *ret_setup);

/* Of one that was not loaded, too, if it is all zero. */
void darknet_setup_finish(struct darknet_setup *setup);

#endif
