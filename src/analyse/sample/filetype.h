/*
 * analyse/sample/filetype.h -- what kind of file it is, by libmagic.
 *
 * The database is opened once, before a sandbox is entered; telling needs memory alone.
 */
#ifndef ANALYSE_SAMPLE_FILETYPE_H
#define ANALYSE_SAMPLE_FILETYPE_H

#include "base/bytes.h"

enum {
    FILETYPE_TEXT = 256,
    FILETYPE_MIME = 96,
    FILETYPE_LOOK = 4 << 20 /* bytes from the start that are looked at */
};

struct filetype {
    char text[FILETYPE_TEXT]; /* "PE32 executable (GUI) Intel 80386, for MS Windows"; "" unknown */
    char mime[FILETYPE_MIME]; /* "application/x-dosexec" */
};

struct filetype_teller;

/* -ENOENT: there is no database; -ENOMEM. */
int filetype_open(struct filetype_teller **ret_teller) __attribute__((warn_unused_result));
void filetype_tell(struct filetype_teller *teller, struct bytes content,
                   struct filetype *ret_filetype);
void filetype_close(struct filetype_teller *teller);

#endif
