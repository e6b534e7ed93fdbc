#include "show/whole_file.h"

#include <errno.h>
#include <stdio.h>
#include <zlib.h>

enum { READ_STEP = 1 << 16 };

static int plain_read(const char *path, struct buffer *content)
{
    FILE *from = fopen(path, "rb");
    int error = from ? 0 : -errno;
    size_t got = 1;
    while (!error && got > 0) {
        if (!buffer_reserve(content, READ_STEP))
            error = -ENOMEM;
        else
            content->len += got = fread(content->at + content->len, 1, READ_STEP, from);
        if (content->len > WHOLE_FILE_MOST)
            error = -EFBIG;
    }
    if (!error && ferror(from))
        error = -EIO;
    if (from)
        fclose(from);
    return error;
}

/* As it is where it is not gzip. */
static int gzip_read(const char *path, struct buffer *content)
{
    gzFile from = gzopen(path, "rb");
    int error = from ? 0 : -(errno ? errno : ENOMEM), got = 1;
    while (!error && got > 0) {
        if (!buffer_reserve(content, READ_STEP))
            error = -ENOMEM;
        else if ((got = gzread(from, content->at + content->len, READ_STEP)) < 0)
            error = -EIO;
        else
            content->len += (size_t)got;
        if (content->len > WHOLE_FILE_MOST)
            error = -EFBIG;
    }
    if (from)
        gzclose(from);
    return error;
}

int whole_file_read(const char *path, bool gzip, struct buffer *ret_content)
{
    struct buffer content = {0};
    int error = gzip ? gzip_read(path, &content) : plain_read(path, &content);
    if (error)
        buffer_finish(&content);
    else
        *ret_content = content;
    return error;
}

int whole_file_write(const char *path, const struct buffer *content)
{
    if (content->failed)
        return -ENOMEM;
    FILE *to = fopen(path, "wb");
    if (!to)
        return -errno;
    bool written = content->len == 0 || fwrite(content->at, 1, content->len, to) == content->len;
    return fclose(to) == 0 && written ? 0 : -EIO;
}
