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
 * Nobody knows beforehand which shell a victim has. Run a script once for each
 * profile that it may meet and expect any of the answers.
 *
 * Bounds: SHELL_STEPS evaluation steps (one a simple command, and one for every
 * 256 bytes an applet handles), SHELL_DEPTH nesting, SHELL_OUTPUT bytes of each
 * text, SHELL_MEMORY of working memory; whatever hits one stops there and says so.
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
    SHELL_MEMORY = 32 << 20,
    SHELL_SCRIPT = 1 << 20, /* a longer script is cut, and `stopped` */
};

enum shell_profile {
    SHELL_debian,  /* sh is dash; GNU tools; runs as an ordinary user */
    SHELL_busybox, /* sh is ash; runs as root, as devices do */
    SHELL_cmd,
    SHELL_powershell,
    SHELL_bash, /* as debian, but sh is bash: Red Hat's kin, and `bash -c` */
    SHELL_PROFILES
};

/*
 * Output is text with holes: one byte each, of the values below, which never stand
 * for themselves (a literal byte of such a value is written as SHELL_HOLE_byte).
 * shell_output_pattern turns the whole into PCRE2.
 */
enum shell_hole {
    SHELL_HOLE_none,
    SHELL_HOLE_word, /* a name: user, host */
    SHELL_HOLE_number,
    SHELL_HOLE_line,  /* the rest of a line */
    SHELL_HOLE_lines, /* any number of whole lines */
    SHELL_HOLE_date,  /* date and time as the tool writes it */
    SHELL_HOLE_mode,  /* drwxr-xr-x */
    SHELL_HOLE_path,
    SHELL_HOLE_address,     /* IPv4, IPv6 or MAC */
    SHELL_HOLE_byte = 0x0e, /* one byte, a control character */
    SHELL_HOLE_text,        /* anything, also across lines */
    SHELL_HOLE_blank,       /* spaces that line up columns; at least one */
    SHELL_HOLE_hex,         /* hexadecimal digits */
    SHELL_HOLE_shell, /* how the shell names itself in an error: "sh: 1: ", "bash: line 1: " */
    SHELL_HOLE_END
};

static inline bool shell_is_hole(char c)
{
    return (c >= SHELL_HOLE_word && c <= SHELL_HOLE_address) ||
           (c >= SHELL_HOLE_byte && c < SHELL_HOLE_END);
}

enum shell_effect_kind {
    SHELL_connect, /* host, port, protocol; data: what is sent there, if known */
    SHELL_request, /* host, port, text: path of an HTTP (or FTP, TFTP) request */
    SHELL_resolve, /* host */
    SHELL_ping,    /* host */
    SHELL_write,   /* text: path; data: contents */
    SHELL_listen,  /* port, protocol */
    SHELL_remove,  /* text: path */
    SHELL_EFFECT_KINDS
};

/* Text of an effect may hold holes too. */
struct shell_effect {
    enum shell_effect_kind kind;
    struct bytes host, text, data;
    uint16_t port;        /* 0: whatever the protocol's default is not known to be */
    uint8_t protocol;     /* IANA: 6 TCP, 17 UDP */
    struct bytes command; /* the simple command that did it, expanded */
};

struct shell_result {
    struct bytes output; /* standard output, with holes */
    struct bytes errors; /* standard error, with holes */
    struct shell_effect effects[SHELL_EFFECTS];
    uint32_t effect_count, effects_dropped;
    double seconds;             /* slept or waited for, if every tool is there */
    int status;                 /* of the last command; 127 not found */
    uint32_t commands_run;      /* simple commands that were found and run */
    uint32_t commands_unknown;  /* … and that nobody knows */
    bool syntax_error, stopped; /* stopped: a bound was hit */
    bool guessed;               /* a decision hung on something unknown: output is one of several */
    bool user_matters;          /* root and an ordinary user get different answers */
};

/*
 * Run `script` as `sh -c` (or `cmd /c`, `powershell -c`) would. Text of the result lives in
 * `arena`. 0, -ENOMEM; a script that makes no sense is a result, not an error.
 */
int shell_run(enum shell_profile profile, struct bytes script, struct arena *arena,
              struct shell_result *ret_result) __attribute__((warn_unused_result));

/* The same for a given kind of user: the other answer when `user_matters`. */
int shell_run_as(enum shell_profile profile, bool root, struct bytes script, struct arena *arena,
                 struct shell_result *ret_result) __attribute__((warn_unused_result));

/*
 * Output with holes as a PCRE2 pattern, and how telling its literal part is in
 * bits, at one given place. Literal parts are quoted; line ends and runs of blanks
 * match any blanks, for output comes back joined and wrapped; what could be
 * anything at either end is left out. Output without a literal part gives an empty
 * pattern and 0 bits.
 */
int shell_output_pattern(struct bytes output, struct arena *arena, struct bytes *ret_pattern,
                         double *ret_bits) __attribute__((warn_unused_result));

/* The same, strict and with nothing left out, for whoever has the output by itself: anchor it. */
int shell_output_pattern_whole(struct bytes output, struct arena *arena, struct bytes *ret_pattern)
    __attribute__((warn_unused_result));

/* Whether there is no hole in it: it can be looked for byte for byte. */
bool shell_output_exact(struct bytes output);

/* "debian", "busybox", "cmd", "powershell", "bash"; and "connect", "request" … */
const char *shell_profile_name(enum shell_profile profile);
const char *shell_effect_name(enum shell_effect_kind kind);

#endif
