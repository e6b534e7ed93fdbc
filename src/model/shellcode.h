/*
 * model/shellcode.h -- what a piece of machine code would do, and how one asks.
 *
 * Shellcode is run by a helper program of its own (src/emulate/). The two sides
 * speak frames over a pipe: a length of 4 bytes, little-endian, then so many
 * bytes. The helper greets; then each request has one answer. Both sides are
 * written and read here, with the same limits, and either may distrust the
 * other: what does not fit is -EBADMSG, never half a value.
 */
#ifndef MODEL_SHELLCODE_H
#define MODEL_SHELLCODE_H

#include "base/arena.h"
#include "base/buffer.h"

enum shellcode_platform {
    SHELLCODE_ANY, /* in a request: try them all */
    SHELLCODE_LINUX_X86,
    SHELLCODE_LINUX_X86_64,
    SHELLCODE_WINDOWS_X86,
    SHELLCODE_WINDOWS_X86_64,
    SHELLCODE_BSD_X86,
    SHELLCODE_BSD_X86_64, /* FreeBSD, and macOS with its class in the number */
    SHELLCODE_SOLARIS_X86,
    SHELLCODE_LINUX_ARM,
    SHELLCODE_LINUX_ARM64,
    SHELLCODE_LINUX_MIPS, /* big-endian */
    SHELLCODE_LINUX_MIPSEL,
    SHELLCODE_LINUX_PPC,
    SHELLCODE_LINUX_RISCV64,
    SHELLCODE_PLATFORMS
};

/* Why a run ended. */
enum shellcode_ending {
    SHELLCODE_NOTHING,  /* no way of running it made a single sensible call */
    SHELLCODE_EXITED,   /* it left by itself */
    SHELLCODE_EXECUTED, /* another program took its place */
    SHELLCODE_RETURNED, /* to whoever called it */
    SHELLCODE_STAGED,   /* it jumped into what it had received */
    SHELLCODE_RAN_OUT,  /* past its last byte: perhaps only a part of it is here */
    SHELLCODE_FAULTED,  /* memory that is not there */
    SHELLCODE_ILLEGAL,  /* an instruction that is none */
    SHELLCODE_REPEATED, /* the same calls over and over */
    SHELLCODE_ABSENT,   /* a fixed address of a Windows version nobody knows */
    SHELLCODE_HUNTED,   /* it looked through memory for a second part that is not here */
    SHELLCODE_SPENT,    /* the budget of instructions was used up */
    SHELLCODE_HUNG,     /* the helper did not answer in time and was killed (the client's word) */
    SHELLCODE_CRASHED,  /* the helper died of it (the client's word) */
    SHELLCODE_ENDINGS
};

enum shellcode_kind { SHELLCODE_NUMBER, SHELLCODE_TEXT, SHELLCODE_LIST };

enum {
    SHELLCODE_CODE_MOST = 65536,    /* bytes of one shellcode */
    SHELLCODE_CALLS_MOST = 128,     /* recorded calls of a run; more are counted as lost */
    SHELLCODE_ARGUMENTS_MOST = 12,  /* of one call */
    SHELLCODE_TEXT_MOST = 1024,     /* bytes of one text */
    SHELLCODE_FRAME_MOST = 1 << 20, /* bytes of a frame, either way */
};

struct shellcode_argument {
    struct bytes name;
    enum shellcode_kind kind;
    int64_t number;    /* SHELLCODE_NUMBER */
    struct bytes text; /* SHELLCODE_TEXT: any bytes; SHELLCODE_LIST: blocks, for cursor_block */
};

struct shellcode_call {
    struct bytes name; /* "connect", "WinExec" */
    uint32_t times;    /* made so often in a row */
    uint32_t count;
    struct shellcode_argument arguments[SHELLCODE_ARGUMENTS_MOST];
};

struct shellcode_run {
    uint32_t number; /* of the request */
    enum shellcode_platform platform;
    enum shellcode_ending ending;
    uint32_t entry;    /* offset of the first instruction */
    uint32_t runs;     /* ways of running it that were tried */
    uint64_t blocks;   /* basic blocks run, in all tries */
    uint64_t delay;    /* nanoseconds it asked to wait */
    uint64_t address;  /* where it ended, of its own */
    uint32_t lost;     /* calls beyond SHELLCODE_CALLS_MOST */
    bool assumed;      /* started as if calls in front of it had been made already */
    struct bytes note; /* what else is to be said, or empty */
    uint32_t count;
    struct shellcode_call *calls;
};

struct shellcode_request {
    uint32_t number;
    enum shellcode_platform platform;
    struct bytes code;
};

/* What the helper says of itself before anything else. */
struct shellcode_greeting {
    bool seccomp, landlock;
    struct bytes engine; /* "Unicorn 2.0.1" */
};

/* "linux_x86"; NULL outside the enum. The name's platform, or SHELLCODE_PLATFORMS. */
const char *shellcode_platform_name(enum shellcode_platform platform);
enum shellcode_platform shellcode_platform_named(struct bytes name);
/* "executed"; NULL outside the enum. */
const char *shellcode_ending_name(enum shellcode_ending ending);

/* Append a frame to `out`. */
void shellcode_request_put(const struct shellcode_request *request, struct buffer *out);
void shellcode_greeting_put(const struct shellcode_greeting *greeting, struct buffer *out);
void shellcode_run_put(const struct shellcode_run *run, struct buffer *out);

/*
 * Read a frame's body; texts stay where the frame is, calls are taken from
 * `keep`. -EBADMSG when it is none, -ENOMEM.
 */
int shellcode_request_take(struct bytes frame, struct shellcode_request *ret_request)
    __attribute__((warn_unused_result));
int shellcode_greeting_take(struct bytes frame, struct shellcode_greeting *ret_greeting)
    __attribute__((warn_unused_result));
int shellcode_run_take(struct bytes frame, struct arena *keep, struct shellcode_run *ret_run)
    __attribute__((warn_unused_result));

/* The argument of that name, or NULL. */
const struct shellcode_argument *shellcode_argument_find(const struct shellcode_call *call,
                                                         const char *name);

#endif
