/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/described.h -- the system calls that are understood: their arguments,
 * what they answer, and what seeing one is worth.
 */
#ifndef EMULATE_DESCRIBED_H
#define EMULATE_DESCRIBED_H

enum behaviour {
    SUCCEEDS,
    OPENS, /* answers a new descriptor */
    DUPLICATES,
    READS,
    WRITES,
    EXECUTES,
    EXITS,
    FORKS,
    SLEEPS,
    MAPS,
    BREAKS,
    PIPES,
    IDENTITY, /* answers a number of a process */
    CLOCK,
    WAITS,
    SELECTS,
};

/*
 * An argument is name:kind -- n number, x flags in hexadecimal, o mode in octal,
 * f descriptor, s text, a socket address (its length follows), c such an address
 * to connect to, b data (its length follows), v list of texts, p pointer,
 * t timespec, d socket's family, S seconds, _ not told.
 */
struct described {
    const char *name, *arguments;
    enum behaviour behaviour;
    int score; /* for a call that makes sense */
};

/* The call of that name, or NULL. */
const struct described *described_find(const char *name);

#endif
