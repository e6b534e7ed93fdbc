/* The files below a path, in the order of their names. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "observe/source.h"

enum { WALK_DEPTH = 64 };

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* By bytes, whatever the locale says. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int walk(const char *path, unsigned depth, int (*visit)(void *context, const char *path),
                void *context)
{
    struct stat status;
    struct dirent **entries;
    if (strcmp(path, "-") == 0 || stat(path, &status) || !S_ISDIR(status.st_mode))
        return visit(context, path);
    if (depth == WALK_DEPTH)
        return -ELOOP;
    int count = scandir(path, &entries, not_hidden, by_name), result = 0;
    if (count < 0)
        return -errno;
    for (int i = 0; i < count; i++) {
        char *child = NULL;
        if (!result && asprintf(&child, "%s/%s", path, entries[i]->d_name) < 0)
            result = -ENOMEM;
        if (!result)
            result = walk(child, depth + 1, visit, context);
        free(child);
        free(entries[i]);
    }
    free(entries);
    return result;
}

int source_walk(const char *path, int (*visit)(void *context, const char *path), void *context)
{
    return walk(path, 0, visit, context);
}
