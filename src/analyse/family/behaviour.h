/*
 * analyse/family/behaviour.h -- what one sample was seen to do, and is made of.
 *
 * Calls in the order they were made, and tokens: whatever else is known of the sample, in no order,
 * each with its kind in front ("file_write:…", "import:kernel32.dll!createfilew"). Texts are
 * compared byte by byte; whoever makes a behaviour folds their case.
 */
#ifndef ANALYSE_FAMILY_BEHAVIOUR_H
#define ANALYSE_FAMILY_BEHAVIOUR_H

#include "base/bytes.h"

enum {
    BEHAVIOUR_CALLS = 1 << 18, /* most, runs counted once */
    BEHAVIOUR_TOKENS = 1 << 17,
};

/* One call, or the same one several times without another between. */
struct behaviour_call {
    struct bytes name;
    uint32_t times; /* from 1 */
};

struct behaviour {
    const struct behaviour_call *calls;
    const struct bytes *tokens;
    uint32_t call_count, token_count;
    struct bytes
        likeness; /* the file's TLSH (tlsh.h); empty where there is no file, or too little */
};

#endif
