/*
 * triage/code/code.h -- what an expression of a server's own language is worth.
 *
 * Attackers put JavaScript, PHP or Python where a page evaluates a sum or a
 * template. The expression languages of the three have so much in common that one
 * evaluator reads them all: literals, operators, calls, members, lists, functions
 * called on the spot. It knows what the languages' own functions return, by
 * value where that follows from the arguments and by its grammar where it depends
 * on the machine (a version, a name); commands they run, files they read and URLs
 * they fetch are told. Nothing is executed. What cannot be read is passed over up
 * to the next statement, because an attack begins in the middle of one.
 */
#ifndef TRIAGE_CODE_CODE_H
#define TRIAGE_CODE_CODE_H

#include "base/arena.h"

enum {
    CODE_SOURCE = 16384, /* longer text is no attack of this kind: nothing is read of it */
    CODE_STEPS = 4000,   /* expressions read in all; then the result is what it is so far */
    CODE_DEPTH = 40,
    CODE_TEXT = 65536, /* bytes of one value */
    CODE_COMMANDS = 8,
    CODE_PATTERNS = 8,
};

/* Output by its kind: a PCRE2 pattern and how telling it is, in bits. */
struct code_pattern {
    struct bytes text;
    double bits;
};

struct code_command {
    struct bytes text;
    bool shown; /* the call that runs it prints what it prints */
};

struct code_result {
    struct bytes value;   /* of the last expression, with holes as triage/shell/shell.h has them */
    bool number;          /* … which is a number */
    struct bytes printed; /* by echo, print and their like, with holes */
    struct code_command commands[CODE_COMMANDS]; /* for a shell; reading a file is "cat" */
    uint32_t command_count;
    struct bytes urls[CODE_COMMANDS]; /* fetched */
    uint32_t url_count;
    struct code_pattern patterns[CODE_PATTERNS]; /* of values whose letters depend on the machine */
    uint32_t pattern_count;
    double seconds;   /* slept, or turned in a loop that looks at the clock */
    uint32_t reached; /* functions and names of a language that were used */
    bool guessed;     /* the value holds for most machines, not for all */
};

/* Text of the result lives in `arena`. 0, -ENOMEM; text that is no program gives reached == 0. */
int code_run(struct bytes source, struct arena *arena, struct code_result *ret_result)
    __attribute__((warn_unused_result));

#endif
