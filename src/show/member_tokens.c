#include "show/member_tokens.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096 };

struct member_token {
    char name[ORGANISATION_NAME_SIZE];
    struct token token;
};

struct member_tokens {
    char folder[PATH_SIZE];
    pthread_mutex_t lock;
    struct timespec changed; /* of the folder, when it was read */
    struct member_token *all;
    uint32_t count, room;
};

static bool path_make(char path[PATH_SIZE], const char *folder, const char *name)
{
    int length = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    return length > 0 && length < PATH_SIZE;
}

static bool name_is_fine(const char *name)
{
    return name[0] && name[0] != '.' && !strchr(name, '/') && strlen(name) < ORGANISATION_NAME_SIZE;
}

int member_token_load(const char *data, const char *name, struct token *ret_token)
{
    char folder[PATH_SIZE], path[PATH_SIZE];
    if (!name_is_fine(name))
        return -EINVAL;
    if (!path_make(folder, data, "tokens") || !path_make(path, folder, name))
        return -ENAMETOOLONG;
    if ((mkdir(data, 0700) < 0 && errno != EEXIST) || (mkdir(folder, 0700) < 0 && errno != EEXIST))
        return -errno;
    return token_load(path, ret_token);
}

int member_tokens_open(const char *data, struct member_tokens **ret_tokens)
{
    struct member_tokens *tokens = calloc(1, sizeof(*tokens));
    if (!tokens)
        return -ENOMEM;
    if (!path_make(tokens->folder, data, "tokens")) {
        free(tokens);
        return -ENAMETOOLONG;
    }
    pthread_mutex_init(&tokens->lock, NULL);
    *ret_tokens = tokens;
    return 0;
}

void member_tokens_close(struct member_tokens *tokens)
{
    if (!tokens)
        return;
    pthread_mutex_destroy(&tokens->lock);
    if (tokens->all)
        explicit_bzero(tokens->all, tokens->room * sizeof(*tokens->all));
    free(tokens->all);
    free(tokens);
}

/* A file that is no token, or that others may read, opens nothing. */
static void token_add(struct member_tokens *tokens, const char *name)
{
    char path[PATH_SIZE];
    struct token token;
    struct stat status;
    if (!name_is_fine(name) || !path_make(path, tokens->folder, name) || stat(path, &status) < 0 ||
        token_load(path, &token) != 0)
        return;
    if (tokens->count == tokens->room) {
        uint32_t room = tokens->room ? tokens->room * 2 : 16;
        struct member_token *all = realloc(tokens->all, room * sizeof(*all));
        if (!all)
            return;
        tokens->all = all;
        tokens->room = room;
    }
    struct member_token *added = &tokens->all[tokens->count++];
    memcpy(added->name, name, strlen(name) + 1);
    added->token = token;
}

static void folder_read(struct member_tokens *tokens)
{
    DIR *folder = opendir(tokens->folder);
    struct dirent *entry;
    tokens->count = 0;
    while (folder && tokens->count < MEMBER_TOKENS && (entry = readdir(folder)))
        token_add(tokens, entry->d_name);
    if (folder)
        closedir(folder);
}

/* Read the folder again when it is not what it was. */
static void folder_follow(struct member_tokens *tokens)
{
    struct stat status;
    bool there = stat(tokens->folder, &status) == 0;
    struct timespec changed = there ? status.st_mtim : (struct timespec){0};
    if (changed.tv_sec == tokens->changed.tv_sec && changed.tv_nsec == tokens->changed.tv_nsec)
        return;
    folder_read(tokens);
    tokens->changed = changed;
}

bool member_tokens_find(struct member_tokens *tokens, struct bytes offered,
                        char name[ORGANISATION_NAME_SIZE])
{
    const struct member_token *found = NULL;
    pthread_mutex_lock(&tokens->lock);
    folder_follow(tokens);
    for (uint32_t i = 0; i < tokens->count; i++)
        if (token_equal(&tokens->all[i].token, offered))
            found = &tokens->all[i];
    if (found)
        memcpy(name, found->name, sizeof(found->name));
    pthread_mutex_unlock(&tokens->lock);
    return found != NULL;
}
