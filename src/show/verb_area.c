/* An area of the command line: hinomi AREA VERB … */
#include <stdio.h>
#include <string.h>

#include "show/verb.h"

static void usage(FILE *to, const char *area, const char *does, const struct verb *verbs)
{
    fprintf(to, "Usage: hinomi %s VERB [--data DIR] [--json] ...\n\n%s\n\n", area, does);
    for (const struct verb *verb = verbs; verb->name; verb++)
        fprintf(to, "  %-12s %s\n", verb->name, verb->summary);
    fprintf(to, "\nhinomi %s VERB --help shows the options of a verb, with an example.\n", area);
}

int verb_area(const char *area, const char *does, const struct verb *verbs, int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr, area, does, verbs);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout, area, does, verbs);
        return EXIT_OK;
    }
    for (const struct verb *verb = verbs; verb->name; verb++)
        if (strcmp(argv[1], verb->name) == 0)
            return verb->run(argc - 1, argv + 1);
    fprintf(stderr, "hinomi %s: there is no verb '%s'; hinomi %s --help lists them\n", area,
            argv[1], area);
    return EXIT_USAGE;
}
