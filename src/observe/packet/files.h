/*
 * observe/packet/files.h -- which captures are read, and in which order. For this folder only.
 */
#ifndef OBSERVE_PACKET_FILES_H
#define OBSERVE_PACKET_FILES_H

#include "observe/packet/capture.h"
#include "observe/stream.h"

struct files {
    struct capture_file *at; /* those to read first, in the order of reading; then the skipped */
    size_t count, room, readable;
};

/* As capture_open. */
int files_gather(struct files *files, const char *const *paths, size_t count, char **ret_path,
                 struct fault *ret_fault);

/* -errno */
int file_stream(const char *path, struct stream **ret_stream);

void files_finish(struct files *files);

#endif
