/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/windows_exports.h -- the functions of Windows' libraries that
 * shellcode looks for: their arguments and what they answer.
 *
 * An argument is name:kind -- n number, x hexadecimal, h handle, s text, w text
 * of 16-bit units, a socket address (its length follows), b data (its length
 * follows), p pointer, _ not told. How many there are is what a function takes
 * off the stack, except where the caller does (`caller_cleans`).
 */
#ifndef EMULATE_WINDOWS_EXPORTS_H
#define EMULATE_WINDOWS_EXPORTS_H

#include <stdbool.h>
#include <stdint.h>

enum api_behaviour {
    API_TRUE, /* answers 1 */
    API_ZERO,
    API_HANDLE,           /* a new handle */
    API_SOCKET,           /* a new socket */
    API_LOADS,            /* a library: its base */
    API_LOADS_WIDE,       /* the same, by a name of 16-bit units */
    API_LOADS_NATIVE,     /* LdrLoadDll */
    API_RESOLVES,         /* a function of a library: its address */
    API_ALLOCATES,        /* memory: the argument `detail` is its size */
    API_ALLOCATES_NATIVE, /* NtAllocateVirtualMemory: by pointers */
    API_PROTECTS,         /* writes the old protection to the argument `detail` */
    API_EXITS,
    API_SLEEPS,    /* the argument `detail` is milliseconds */
    API_RECEIVES,  /* recv: answers the size */
    API_READS,     /* ReadFile: writes the size to the argument 3 */
    API_SENDS,     /* answers the argument 2 */
    API_WRITES,    /* WriteFile: writes the size to the argument 3 */
    API_DIRECTORY, /* writes a path to the argument `detail` */
    API_COPIES,    /* a text, and answers where to */
    API_APPENDS,
    API_MEASURES, /* strlen */
    API_COPIES_DATA,
    API_CALLS,   /* begins a thread: runs the argument `detail` */
    API_SWAPS16, /* htons, ntohs */
    API_SWAPS32,
    API_NUMBERS_ADDRESS, /* inet_addr */
    API_HOST,            /* gethostbyname */
    API_SELF,            /* answers -1: the pseudo handle */
};

struct export
{
    const char *name, *arguments;
    enum api_behaviour behaviour;
    uint8_t detail, score;
    uint16_t ordinal; /* 0: any */
};

struct library {
    const char *name; /* in lower case, with its ".dll" */
    const struct export *exports;
    uint32_t count;
    bool caller_cleans; /* cdecl */
};

enum { LIBRARIES = 15 };
extern const struct library LIBRARIES_KNOWN[LIBRARIES];

#endif
