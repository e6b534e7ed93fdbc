#include "observe/packet/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/packet/container.h"
#include "observe/source.h"

struct gathering {
    struct files *files;
    const char *given; /* by the caller: it must be a capture; what is found below it need not */
    char **ret_path;
    struct fault *ret_fault;
};

int file_stream(const char *path, struct stream **ret_stream)
{
    if (strcmp(path, "-") == 0)
        return stream_open(STDIN_FILENO, ret_stream);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    return descriptor < 0 ? -errno : stream_open(descriptor, ret_stream);
}

/* Time of the first packet within the first `len` bytes; false: this is no capture. */
static bool first_time_find(const uint8_t *at, size_t len, int64_t *ret_time)
{
    struct container container = {0};
    struct frame frame;
    size_t extent, i = container_begin(&container, at, len);
    enum container_result result = CONTAINER_SKIP;
    bool known = container.kind != CONTAINER_none;
    while (known && result == CONTAINER_SKIP) {
        result = container_next(&container, at + i, len - i, &frame, &extent);
        i += extent < len - i ? extent : len - i;
    }
    *ret_time = result == CONTAINER_FRAME ? frame.time : 0;
    container_finish(&container);
    return known;
}

/* Look at a file's beginning. -ENOTSUP: no capture. */
static int file_examine(const char *path, struct capture_file *file, struct fault *ret_fault)
{
    struct stream *stream = NULL;
    size_t len = 0;
    char *head = malloc(CAPTURE_BLOCK);
    int error = head ? file_stream(path, &stream) : -ENOMEM;
    if (error) {
        free(head);
        return error;
    }
    /* What of a damaged file can be read is read; the tap says later where it ends. */
    error = stream_read(stream, head, CAPTURE_BLOCK, &len, ret_fault);
    file->size = stream_size(stream);
    if (len > 0 && error == -EBADMSG)
        error = 0;
    if (!error && !first_time_find((const uint8_t *)head, len, &file->first_time)) {
        *ret_fault = (struct fault){packet_faults[PACKET_FAULT_file_format].text, 0, 0};
        error = -ENOTSUP;
    }
    stream_close(stream);
    free(head);
    return error;
}

/* What can be read only once is not looked at before. */
static bool file_is_regular(const char *path)
{
    struct stat status;
    return strcmp(path, "-") != 0 && (stat(path, &status) || S_ISREG(status.st_mode));
}

static int files_add(struct files *files, const char *path, struct capture_file file)
{
    if (files->count == files->room) {
        size_t room = files->room ? 2 * files->room : 16;
        void *grown = reallocarray(files->at, room, sizeof(*files->at));
        if (!grown)
            return -ENOMEM;
        files->at = grown;
        files->room = room;
    }
    file.path = strdup(path);
    if (!file.path)
        return -ENOMEM;
    files->at[files->count++] = file;
    files->readable += !file.skipped;
    return 0;
}

static int file_visit(void *context, const char *path)
{
    struct gathering *gathering = context;
    struct capture_file file = {0};
    int error = 0;
    *gathering->ret_fault = (struct fault){packet_faults[PACKET_FAULT_file_unreadable].text, 0, 0};
    if (file_is_regular(path))
        error = file_examine(path, &file, gathering->ret_fault);
    if (error && error != -ENOMEM && strcmp(path, gathering->given) != 0) {
        file.skipped = true;
        error = 0;
    }
    if (!error)
        error = files_add(gathering->files, path, file);
    if (error && !*gathering->ret_path)
        *gathering->ret_path = strdup(path);
    return error;
}

static int file_compare(const void *left, const void *right)
{
    const struct capture_file *a = left, *b = right;
    if (a->skipped != b->skipped)
        return a->skipped - b->skipped;
    if (a->first_time != b->first_time)
        return a->first_time < b->first_time ? -1 : 1;
    return strcmp(a->path, b->path);
}

int files_gather(struct files *files, const char *const *paths, size_t count, char **ret_path,
                 struct fault *ret_fault)
{
    int error = 0;
    *ret_path = NULL;
    for (size_t i = 0; i < count && !error; i++) {
        struct gathering gathering = {files, paths[i], ret_path, ret_fault};
        error = count > 1 && strcmp(paths[i], "-") == 0
                    ? -EINVAL
                    : source_walk(paths[i], file_visit, &gathering);
    }
    if (!error && files->count)
        qsort(files->at, files->count, sizeof(*files->at), file_compare);
    return error;
}

void files_finish(struct files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free((char *)(uintptr_t)files->at[i].path);
    free(files->at);
    *files = (struct files){0};
}
