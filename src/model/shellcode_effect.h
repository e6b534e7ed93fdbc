/*
 * model/shellcode_effect.h -- what others can see of a shellcode that ran.
 *
 * A connection that is made or waited for, a program that is started, a file
 * that is fetched: read from the run's calls, and from the commands among them
 * as far as they are plain (netcat, telnet, ssh, an X display, /dev/tcp, a URL).
 */
#ifndef MODEL_SHELLCODE_EFFECT_H
#define MODEL_SHELLCODE_EFFECT_H

#include "model/shellcode.h"

enum shellcode_effect_kind {
    EFFECT_LISTENS,  /* waits for connections to its port; port 0: any */
    EFFECT_CONNECTS, /* to host and port */
    EFFECT_EXECUTES, /* text: the command, words separated by blanks */
    EFFECT_FETCHES,  /* text: the URL; host and port of it */
};

struct shellcode_effect {
    enum shellcode_effect_kind kind;
    struct bytes host; /* an address or a name */
    uint16_t port;
    struct bytes text;
    uint32_t call; /* of the run, from 0 */
};

enum { SHELLCODE_EFFECTS_MOST = 16 };

struct shellcode_effects {
    struct shellcode_effect items[SHELLCODE_EFFECTS_MOST]; /* each once, in order */
    uint32_t count;
};

/* Texts are the run's or in `keep`. -ENOMEM. */
int shellcode_effects_of(const struct shellcode_run *run, struct arena *keep,
                         struct shellcode_effects *ret_effects) __attribute__((warn_unused_result));

#endif
