#include "engine/sample_desk.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyse/sample/digest.h"
#include "store/samples.h"
#include "store/vault.h"

struct sample_desk {
    pthread_mutex_t lock;
    char *folder;
    bool keep;
    struct inspector *inspector;
    struct samples_store *store; /* opened for the first sample */
    struct vault *vault;         /* opened when first needed */
};

/* DATA/NAME where it is there, else NULL. */
static const char *path_inside(const char *folder, const char *name, char path[4096])
{
    int length = snprintf(path, 4096, "%s/%s", folder, name);
    return length > 0 && length < 4096 && access(path, R_OK) == 0 ? path : NULL;
}

int sample_desk_open(const struct sample_desk_options *options, struct sample_desk **ret_desk)
{
    char models[4096], rules[4096];
    struct sample_desk *desk = calloc(1, sizeof(*desk));
    if (!desk)
        return -ENOMEM;
    pthread_mutex_init(&desk->lock, NULL);
    desk->folder = strdup(options->folder);
    desk->keep = options->keep;
    int error = desk->folder ? 0 : -ENOMEM;
    if (!error)
        error = inspector_open(
            options->helper,
            options->models ? options->models : path_inside(options->folder, "models", models),
            options->rules ? options->rules : path_inside(options->folder, "rules", rules),
            options->patience ? options->patience : INSPECTOR_PATIENCE, &desk->inspector);
    if (error)
        sample_desk_close(desk);
    else
        *ret_desk = desk;
    return error;
}

void sample_desk_close(struct sample_desk *desk)
{
    if (!desk)
        return;
    inspector_close(desk->inspector);
    samples_store_close(desk->store);
    vault_close(desk->vault);
    pthread_mutex_destroy(&desk->lock);
    free(desk->folder);
    free(desk);
}

int sample_desk_greeting(struct sample_desk *desk, struct buffer *ret_json)
{
    struct bytes greeting = {0};
    pthread_mutex_lock(&desk->lock);
    int error = inspector_greeting(desk->inspector, &greeting);
    if (!error)
        buffer_put(ret_json, greeting);
    pthread_mutex_unlock(&desk->lock);
    return error ? error : ret_json->failed ? -ENOMEM : 0;
}

static int vault_ready(struct sample_desk *desk)
{
    if (desk->vault)
        return 0;
    if (mkdir(desk->folder, 0700) < 0 && errno != EEXIST)
        return -errno;
    return vault_open(desk->folder, &desk->vault);
}

static int sample_store(struct sample_desk *desk, struct bytes content, struct bytes report,
                        int64_t time)
{
    struct sample_digest digest;
    sample_digest_make(content, &digest);
    const struct bytes sha256 = bytes_of(digest.sha256);
    int error = desk->store ? 0 : samples_store_open(desk->folder, &desk->store);
    if (!error && desk->keep)
        error = vault_ready(desk);
    if (!error && desk->keep)
        error = vault_put(desk->vault, sha256, content);
    return error ? error : samples_store_put(desk->store, sha256, report, time, desk->keep);
}

int sample_desk_take(struct sample_desk *desk, struct bytes name, struct bytes content,
                     int64_t time, struct buffer *report)
{
    struct bytes said = {0};
    pthread_mutex_lock(&desk->lock);
    int error = inspector_ask(desk->inspector, name, content, &said);
    if (!error)
        error = sample_store(desk, content, said, time);
    if (!error && report)
        buffer_put(report, said);
    pthread_mutex_unlock(&desk->lock);
    return error ? error : report && report->failed ? -ENOMEM : 0;
}

int sample_desk_fetch(struct sample_desk *desk, struct bytes sha256, struct buffer *content)
{
    pthread_mutex_lock(&desk->lock);
    int error = vault_ready(desk);
    if (!error)
        error = vault_get(desk->vault, sha256, INSPECTOR_SAMPLE_MOST, content);
    pthread_mutex_unlock(&desk->lock);
    return error;
}
