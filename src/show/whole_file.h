/*
 * show/whole_file.h -- a file of bounded size, in memory, and back.
 */
#ifndef SHOW_WHOLE_FILE_H
#define SHOW_WHOLE_FILE_H

#include "base/buffer.h"

enum { WHOLE_FILE_MOST = 1 << 28 /* bytes, unpacked */ };

/* A whole file, unpacked where it is gzip and `gzip` says so. -EFBIG beyond WHOLE_FILE_MOST, else
 * of the system. */
int whole_file_read(const char *path, bool gzip, struct buffer *ret_content)
    __attribute__((warn_unused_result));

/* `content` as the file at `path`, in place of what was there. -ENOMEM where `content` failed to
 * grow; else of the system. */
int whole_file_write(const char *path, const struct buffer *content)
    __attribute__((warn_unused_result));

#endif
