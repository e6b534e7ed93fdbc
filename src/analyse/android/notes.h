/*
 * analyse/android/notes.h -- what was odd about a file that was read all the same.
 *
 * Makers of Android malware break headers that Android does not look at, so that tools give up.
 * Readers here go on as Android does and leave a note; what is broken for Android too is refused by
 * a reader's own error.
 */
#ifndef ANALYSE_ANDROID_NOTES_H
#define ANALYSE_ANDROID_NOTES_H

#include "base/bytes.h"

enum { NOTES = 64, NOTE_WHERE = 96 };

struct note {
    const char *what;       /* a constant sentence without a full stop */
    char where[NOTE_WHERE]; /* the part it is about, cut and NUL-terminated; may be any bytes */
};

struct notes {
    struct note items[NOTES];
    uint32_t count;
    uint32_t dropped; /* beyond NOTES */
};

/* The same sentence of the same place is kept once. `notes` may be NULL. */
void note_add(struct notes *notes, const char *what, struct bytes where);

#endif
