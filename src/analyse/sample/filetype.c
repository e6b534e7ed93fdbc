#include "analyse/sample/filetype.h"

#include <errno.h>
#include <magic.h>
#include <stdio.h>
#include <stdlib.h>

struct filetype_teller {
    magic_t text, mime;
};

static int magic_get(int flags, magic_t *ret_magic)
{
    /* a device, a compressed file or a symbolic link is never followed: there are only bytes */
    magic_t magic = magic_open(flags | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR);
    if (!magic)
        return -ENOMEM;
    if (magic_load(magic, NULL) != 0) {
        magic_close(magic);
        return -ENOENT;
    }
    *ret_magic = magic;
    return 0;
}

int filetype_open(struct filetype_teller **ret_teller)
{
    struct filetype_teller *teller = calloc(1, sizeof(*teller));
    int error = teller ? magic_get(MAGIC_NONE, &teller->text) : -ENOMEM;
    if (!error)
        error = magic_get(MAGIC_MIME_TYPE, &teller->mime);
    if (error)
        filetype_close(teller);
    else
        *ret_teller = teller;
    return error;
}

static void tell(magic_t magic, struct bytes content, char *text, size_t size)
{
    const char *told = magic_buffer(magic, content.len ? content.at : "", content.len);
    snprintf(text, size, "%s", told ? told : "");
}

void filetype_tell(struct filetype_teller *teller, struct bytes content,
                   struct filetype *ret_filetype)
{
    if (content.len > FILETYPE_LOOK)
        content.len = FILETYPE_LOOK;
    tell(teller->text, content, ret_filetype->text, sizeof(ret_filetype->text));
    tell(teller->mime, content, ret_filetype->mime, sizeof(ret_filetype->mime));
}

void filetype_close(struct filetype_teller *teller)
{
    if (!teller)
        return;
    if (teller->text)
        magic_close(teller->text);
    if (teller->mime)
        magic_close(teller->mime);
    free(teller);
}
