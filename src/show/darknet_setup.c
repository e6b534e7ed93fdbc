#include "show/darknet_setup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "observe/darknet_yaml.h"
#include "show/verb.h"

static int setup_refused(const char *verb, const char *path, int error, const struct fault *fault)
{
    if (fault->why)
        fprintf(stderr, "hinomi %s: %s:%" PRIu64 ": %s\n", verb, path, fault->line, fault->why);
    else
        fprintf(stderr, "hinomi %s: %s: %s\n", verb, path, strerror(-error));
    return error == -ENOMEM ? EXIT_FAILED : EXIT_USAGE;
}

int darknet_setup_load(const char *verb, const char *path, struct darknet_setup *ret_setup)
{
    struct darknet_setup setup = {0};
    struct fault fault = {NULL, 0, 0};
    int error = darknet_yaml_load(path, &setup.arena, &setup.configuration, &fault);
    if (!error)
        error = darknet_prefixes_make(&setup.configuration, &setup.prefixes);
    if (error) {
        arena_finish(&setup.arena);
        return setup_refused(verb, path, error, &fault);
    }
    *ret_setup = setup;
    return EXIT_OK;
}

void darknet_setup_finish(struct darknet_setup *setup)
{
    darknet_prefixes_finish(&setup->prefixes);
    arena_finish(&setup->arena);
}
