/*
 * triage/shell/call.h -- how an imitated tool is called.
 *
 * An applet reads its words, writes through machine_put and returns its exit
 * status. Each file of applets ends with its table; applets.c holds the one list
 * of tables.
 */
#ifndef TRIAGE_SHELL_CALL_H
#define TRIAGE_SHELL_CALL_H

#include "triage/shell/files.h"

struct call {
    struct machine *machine;
    struct bytes *words; /* words[0]: the name it was called by */
    uint32_t count;
    struct bytes name; /* without a path: for complaints */
};

enum applet_flags {
    APPLET_builtin = 1,      /* the shell has it itself, and there is a file too */
    APPLET_builtin_only = 2, /* … and no file */
    APPLET_bash = 4,         /* not in dash */
    APPLET_no_busybox = 8,
    APPLET_only_busybox = 16,
    APPLET_special = 32, /* assignments in front of it stay */
};

struct applet {
    const char *name;
    int (*run)(struct call *call);
    unsigned flags;
};

struct applet_table {
    const struct applet *applets;
    uint32_t count;
};

#define APPLET_TABLE(array)                                                                        \
    {                                                                                              \
        (array), sizeof(array) / sizeof((array)[0])                                                \
    }

/* By its bare name; NULL when this profile has none. */
const struct applet *applet_find(const struct machine *machine, struct bytes name);
void applets_list(struct machine *machine, struct fields *out);

extern const struct applet_table applets_shell, applets_flow, applets_text, applets_lines,
    applets_search, applets_code, applets_digest, applets_files, applets_system, applets_process,
    applets_net, applets_transfer, applets_language, applets_run, applets_math, applets_edit,
    applets_translate, applets_folder;

/* test and [: in test.c, beside what [[ shares with it. */
int test_applet(struct call *call);

/* --- arguments as getopt reads them --- */

struct arguments {
    uint8_t count[128];      /* how often each letter was given */
    struct bytes value[128]; /* the last value of a letter that takes one */
    struct bytes *operands;
    uint32_t operand_count;
    bool failed; /* after a complaint */
};

/*
 * `letters` as for getopt ("n:qv"); `names` the long ones, "lines=n quiet=q".
 * Options may stand behind operands, as GNU tools allow, unless `letters` begins with '+'.
 * A number after a dash ("-5") counts as the letter '0' with that value when `letters` has "0:".
 */
struct arguments arguments_parse(struct call *call, const char *letters, const char *names);

static inline void call_put(struct call *call, struct bytes bytes)
{
    machine_put(call->machine, 1, bytes);
}

/* "name: about: what\n" on standard error; returns `status`. */
int call_fail(struct call *call, struct bytes about, const char *what, int status);

/* Contents of an operand, or of standard input when there is none; false after a complaint. */
bool call_input(struct call *call, const struct arguments *arguments, uint32_t index,
                struct bytes *ret_content);
/* How many inputs call_input can be asked for: at least one. */
static inline uint32_t call_inputs(const struct arguments *arguments)
{
    return arguments->operand_count ? arguments->operand_count : 1;
}

/* An integer value, with the multipliers k M G when `suffix`; false for a hole or nonsense. */
bool number_read(struct bytes text, int64_t *ret_value);

/* Seconds as sleep reads them: "1.5", "2m". */
bool seconds_read(struct bytes text, double *ret_seconds);

#endif
