/*
 * analyse/android/app_hints.h -- what a method does with constants: which cipher it asks for,
 * whether a key is written down in it, whether a check of certificates checks anything.
 *
 * Instructions are gone through in the order they lie, and what is known of a register is forgotten
 * when it is written to; jumps are not followed. So a constant that comes by another way is missed,
 * and one that is there on one of two ways is told.
 */
#ifndef ANALYSE_ANDROID_APP_HINTS_H
#define ANALYSE_ANDROID_APP_HINTS_H

#include "analyse/android/dex.h"
#include "base/arena.h"

enum { CODE_HINTS = 512, HINT_REGISTERS = 256 /* followed; methods rarely have more */ };

enum hint_kind {
    HINT_CIPHER,        /* value: what Cipher.getInstance is asked for */
    HINT_DIGEST,        /* value: what MessageDigest.getInstance is asked for */
    HINT_KEY_FIXED,     /* a key made from constants */
    HINT_VECTOR_FIXED,  /* likewise an initialisation vector */
    HINT_SEED_FIXED,    /* a random generator seeded with a constant */
    HINT_TRUSTS_ALL,    /* checkServerTrusted that does nothing */
    HINT_HOSTS_ALL,     /* any host name is taken for the right one */
    HINT_ERRORS_PASSED, /* a WebView goes on after a certificate's error */
    HINT_FILE_READABLE, /* a file made readable for every application */
    HINT_FILE_WRITABLE,
    HINT_SCRIPTS,      /* JavaScript switched on in a WebView */
    HINT_BRIDGE,       /* an object given to JavaScript */
    HINT_FILES_OPEN,   /* pages from files may read other files or sites */
    HINT_WEB_DEBUGGED, /* WebViews may be debugged */
    HINT_COMMAND,      /* value: what is run */
    HINT_KINDS,
};

struct app_hint {
    enum hint_kind kind;
    struct bytes value;         /* may be empty */
    struct bytes class, method; /* where it was first seen */
    uint32_t count;
};

/* What is known of a register. */
struct register_value {
    enum { VALUE_UNKNOWN, VALUE_TEXT, VALUE_NUMBER, VALUE_FIXED /* array of constants */ } kind;
    int64_t number;
    struct bytes text;
};

struct hints {
    struct app_hint items[CODE_HINTS];
    uint32_t count;
    uint64_t dropped;
};

/* A method that is being gone through. */
struct hint_walk {
    const struct dex *dex;
    const uint8_t *interests; /* by method reference: hint_interests */
    struct hints *hints;
    struct bytes class, name;
    struct register_value result; /* of the call before */
    struct register_value registers[HINT_REGISTERS];
};

/* Which method references matter, one byte each, in `arena`; NULL: no memory. */
const uint8_t *hint_interests(const struct dex *dex, struct arena *arena);

/* A method's code is about to be gone through, from its start; all of it is looked at by itself. */
void hint_start(struct hint_walk *walk, struct bytes class, struct bytes name, uint32_t prototype,
                struct dex_code code);
void hint_step(struct hint_walk *walk, const struct dex_instruction *instruction);

/* "cipher", "fixed-key" …: a stable name for programs. */
const char *app_hint_kind_name(enum hint_kind kind);

#endif
