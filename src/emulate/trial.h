/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/trial.h -- one run of a shellcode: one system, one entry, one start.
 *
 * The trial owns the budget and decides when the run is over. System calls and
 * API calls end up in its record; each adds to a score what it explains, so
 * that the best of several trials can be told from the others.
 */
#ifndef EMULATE_TRIAL_H
#define EMULATE_TRIAL_H

#include "emulate/machine.h"
#include "emulate/record.h"

enum family { FAMILY_LINUX, FAMILY_BSD, FAMILY_SOLARIS, FAMILY_WINDOWS };

struct system {
    enum shellcode_platform platform;
    enum cpu_name cpu;
    enum family family;
    uint32_t arch; /* libseccomp's, whose tables of Linux' numbers are used; 0: none */
};

/* How the registers stand when the first instruction runs. */
enum start {
    START_BLANK,       /* zeroes */
    START_HERE,        /* general registers point to the shellcode: decoders want that */
    START_SOCKET,      /* x86: as in front of a socket() by socketcall */
    START_CONNECT,     /* x86: as in front of a bind() or connect() by socketcall */
    START_SOCKET_DONE, /* as behind a successful socket() */
    STARTS
};

struct manner {     /* of one trial */
    uint32_t entry; /* offset of the first instruction */
    enum start start;
    bool thumb;  /* ARM: the short instructions */
    bool parent; /* fork() makes us the parent */
    uint64_t blocks_most;
};

enum {
    FDS_MOST = 64,
    FD_FIRST = 3,
    SCORE_EXPLAINED = 15, /* a trial with so many points is believed */
};

struct trial {
    struct machine *machine;
    const struct system *system;
    struct record *record;
    struct manner manner;
    size_t code_len;

    bool ended;
    enum shellcode_ending ending;
    int score;
    uint64_t blocks;
    uint32_t calls, unknown, repeats;
    uint32_t flaws;                   /* calls that made no sense: perhaps the manner was wrong */
    uint64_t last_place;              /* of a call, with its number: for telling endless loops */
    uint64_t last_probe, probe_place; /* of a hunt through memory */

    uint32_t next_fd;
    uint8_t reads[FDS_MOST];
    uint64_t received_at, received_size; /* what came from elsewhere and may be run */
    uint64_t break_at;
    uint64_t block_end; /* of the block that runs */
    bool forked;
    bool assumed;            /* more than the code says */
    uint64_t resume;         /* go on from here after a stop; 0: don't */
    struct windows *windows; /* of the systems of that family */
};

const struct system *system_of(enum shellcode_platform platform);

/*
 * Run `code` on a machine of the system's processor; the record is reset first.
 * Afterwards trial->record and trial->score say what came of it. -ENOMEM.
 */
int trial_run(struct trial *trial, struct bytes code) __attribute__((warn_unused_result));

/* The run is over; the first word counts. */
void trial_end(struct trial *trial, enum shellcode_ending ending);

/*
 * Another call from `place` (any number that names where and what). False when
 * there have been too many of them, and the run is over.
 */
bool trial_count(struct trial *trial, uint64_t place);

/* A handle nobody has yet. */
uint32_t trial_handle(struct trial *trial);
/* How many bytes a read of `size` into `at` yields; what comes from a peer may be code. */
uint64_t trial_receive(struct trial *trial, uint64_t handle, uint64_t at, uint64_t size);

#endif
