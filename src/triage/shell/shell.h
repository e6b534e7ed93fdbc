/*
 * triage/shell/shell.h -- run a shell command in imitation and tell what it would do.
 *
 * A real evaluator of the shell language (POSIX sh with bash's common
 * extensions; cmd.exe and PowerShell as profiles of their own) over an imitation
 * filesystem and applets written here: nothing is executed, no real file is
 * opened, no packet sent. What cannot be known (the real host name, a date, the
 * contents of a home) is written as a typed hole, so output is a pattern where
 * it must be and exact where it can be.
 *
 * Bounds: SHELL_STEPS evaluation steps, SHELL_DEPTH nesting, SHELL_OUTPUT bytes;
 * whatever hits one stops there and says so.
 */
#ifndef TRIAGE_SHELL_SHELL_H
#define TRIAGE_SHELL_SHELL_H

#include "base/arena.h"
#include "model/exchange.h"

enum {
    SHELL_STEPS = 20000,
    SHELL_DEPTH = 64,
    SHELL_OUTPUT = 65536,
    SHELL_EFFECTS = 32,
};

enum shell_profile { SHELL_debian, SHELL_busybox, SHELL_cmd, SHELL_powershell, SHELL_PROFILES };

/*
 * Output is text with holes. A hole is a byte 0x01 … SHELL_HOLE_COUNT-1 followed
 * by nothing: the kinds below; shell_output_pattern turns the whole into PCRE2.
 */
enum shell_hole {
    SHELL_HOLE_none,
    SHELL_HOLE_word, /* a name: user, host */
    SHELL_HOLE_number,
    SHELL_HOLE_line,  /* the rest of a line */
    SHELL_HOLE_lines, /* any number of lines */
    SHELL_HOLE_date,
    SHELL_HOLE_mode, /* drwxr-xr-x */
    SHELL_HOLE_path,
    SHELL_HOLE_address,
    SHELL_HOLE_COUNT
};

enum shell_effect_kind {
    SHELL_connect, /* host, port, protocol; text: what is sent there, if known */
    SHELL_request, /* host, port, text: path of an HTTP (or FTP, TFTP) request */
    SHELL_resolve, /* host */
    SHELL_ping,    /* host */
    SHELL_write,   /* text: path; data: contents */
    SHELL_listen,  /* port */
    SHELL_remove,  /* text: path */
};

struct shell_effect {
    enum shell_effect_kind kind;
    struct bytes host, text, data;
    uint16_t port;
    uint8_t protocol;
    struct bytes command; /* the simple command that did it */
};

struct shell_result {
    struct bytes output; /* standard output, with holes */
    struct bytes errors; /* standard error, with holes */
    struct shell_effect effects[SHELL_EFFECTS];
    uint32_t effect_count, effects_dropped;
    double seconds;             /* slept or waited for */
    int status;                 /* of the last command; 127 not found */
    uint32_t commands_run;      /* simple commands that were found and run */
    uint32_t commands_unknown;  /* … and that nobody knows */
    bool syntax_error, stopped; /* stopped: a bound was hit */
};

/*
 * Run `script` as `sh -c` (or `cmd /c`, `powershell -c`) would. Text of the result lives in
 * `arena`. 0, -ENOMEM; a script that makes no sense is a result, not an error.
 */
int shell_run(enum shell_profile profile, struct bytes script, struct arena *arena,
              struct shell_result *ret_result) __attribute__((warn_unused_result));

/*
 * Output with holes as a PCRE2 pattern (literal parts quoted), and how telling
 * its literal part is in bits. Empty output gives an empty pattern and 0 bits.
 */
int shell_output_pattern(struct bytes output, struct arena *arena, struct bytes *ret_pattern,
                         double *ret_bits) __attribute__((warn_unused_result));

#endif
