#include "analyse/android/notes.h"

void note_add(struct notes *notes, const char *what, struct bytes where)
{
    char place[NOTE_WHERE] = {0};
    size_t len = where.len < NOTE_WHERE - 1 ? where.len : NOTE_WHERE - 1;
    if (!notes)
        return;
    if (len)
        memcpy(place, where.at, len);
    for (uint32_t i = 0; i < notes->count; i++)
        if (strcmp(notes->items[i].what, what) == 0 &&
            memcmp(notes->items[i].where, place, NOTE_WHERE) == 0)
            return;
    if (notes->count == NOTES) {
        notes->dropped++;
        return;
    }
    struct note *note = &notes->items[notes->count++];
    note->what = what;
    memcpy(note->where, place, NOTE_WHERE);
}
