#include "show/darknet_who.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "show/verb.h"

/* `path` as seen from the configuration's folder; the caller's to free. */
static char *path_beside(const char *config, const char *path)
{
    const char *slash = config ? strrchr(config, '/') : NULL;
    char *joined = NULL;
    if (path[0] == '/' || !slash)
        return strdup(path);
    if (asprintf(&joined, "%.*s/%s", (int)(slash - config), config, path) < 0)
        return NULL;
    return joined;
}

static int list_read(struct darknet_who *who, const char *verb, const char *path)
{
    struct fault fault = {.why = "out of memory"};
    if (!who->lists)
        who->lists = calloc(1, sizeof(*who->lists));
    int error = path && who->lists ? scanner_lists_read(who->lists, path, &fault) : -ENOMEM;
    if (error)
        fprintf(stderr, "hinomi %s: %s: %s\n", verb, path ? path : "", fault.why);
    return error ? EXIT_FAILED : EXIT_OK;
}

static void lists_tell(const struct scanner_lists *lists, const char *verb)
{
    fprintf(stderr, "hinomi %s: %" PRIu64 " prefixes on %u lists of scanners", verb,
            lists->prefixes, lists->count);
    if (lists->refused)
        fprintf(stderr, "; %" PRIu64 " entries name none, the first in %.*s, number %" PRIu64,
                lists->refused, (int)lists->first_refused_list.len, lists->first_refused_list.at,
                lists->first_refused_line);
    fputc('\n', stderr);
}

static int lists_open(struct darknet_who *who, const char *verb, const char *scanners,
                      const char *config, const struct text_list *files)
{
    int status = scanners ? list_read(who, verb, scanners) : EXIT_OK;
    for (uint32_t i = 0; status == EXIT_OK && i < files->count; i++) {
        char *path = path_beside(config, files->at[i]);
        status = list_read(who, verb, path);
        free(path);
    }
    if (status != EXIT_OK || !who->lists)
        return status;
    if (scanner_lists_freeze(who->lists) != 0) {
        fprintf(stderr, "hinomi %s: out of memory\n", verb);
        return EXIT_FAILED;
    }
    lists_tell(who->lists, verb);
    return EXIT_OK;
}

static int geography_read(struct darknet_who *who, const char *verb, const char *paths)
{
    struct fault fault = {.why = "out of memory"};
    if (paths && geography_open(paths, &who->geography, &fault) == 0)
        return EXIT_OK;
    fprintf(stderr, "hinomi %s: %s: %s\n", verb, paths ? paths : "", fault.why);
    return EXIT_FAILED;
}

int darknet_who_open(struct darknet_who *who, const char *verb, const char *scanners,
                     const char *geoip, const char *config,
                     const struct darknet_configuration *configuration)
{
    int status = lists_open(who, verb, scanners, config, &configuration->scanner_lists);
    if (status != EXIT_OK || !(geoip || configuration->geography))
        return status;
    if (geoip)
        return geography_read(who, verb, geoip);
    char *path = path_beside(config, configuration->geography);
    status = geography_read(who, verb, path);
    free(path);
    return status;
}

void darknet_who_finish(struct darknet_who *who)
{
    if (who->lists)
        scanner_lists_finish(who->lists);
    free(who->lists);
    geography_close(who->geography);
    *who = (struct darknet_who){0};
}
