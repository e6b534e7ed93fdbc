/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/* emulate/windows_inside.h -- what windows.c and windows_api.c share. */
#ifndef EMULATE_WINDOWS_INSIDE_H
#define EMULATE_WINDOWS_INSIDE_H

#include "emulate/windows.h"
#include "emulate/windows_image.h"

enum { API_ARGUMENTS = 14, NAMELESS_MOST = 32, NAMELESS_SIZE = 48 };

struct windows {
    unsigned word;
    bool touched; /* the guest has written to the libraries */
    uint8_t *images, *images_pristine;
    uint8_t *blocks, *blocks_pristine;
    char nameless[NAMELESS_MOST][NAMELESS_SIZE]; /* functions asked for that we don't describe */
    uint32_t nameless_count;
};

/* A call of a described function that is being answered. */
struct api {
    struct trial *trial;
    const struct library *library;
    const struct export *export;
    unsigned word;
    uint64_t sp, back; /* the return address stands at sp */
    uint64_t arguments[API_ARGUMENTS];
    uint32_t count;
    bool absurd;
};

/* Record the call, and answer it: the result is in eax, the run goes on behind the call. */
void windows_api_call(struct api *api);

/* A function nobody described: told with whatever of its arguments looks like text. */
void windows_nameless_call(struct trial *trial, const char *name, uint64_t sp);

/*
 * A function nobody can name is called by a place that says what it was, `name`:
 * a fixed address, a place in a table. Its arguments may tell which it is.
 */
void windows_unnamed_call(struct trial *trial, const char *name, uint64_t sp);

/* The described function of that name. */
bool windows_function_find(const char *name, uint32_t *ret_library, uint32_t *ret_function);

/* Begin the call of a function whose return address stands at `sp`. */
struct api windows_api_begin(struct trial *trial, uint32_t library, uint32_t function, uint64_t sp);

/* Where the program goes on when a function has returned `result`, `sp` as it shall be. */
void windows_return(struct trial *trial, uint64_t back, uint64_t sp, uint64_t result);

#endif
