/*
 * learn/library.h -- a large library that is loaded when it is first wanted.
 *
 * Most verbs learn nothing: they start without the libraries that learning
 * takes, and without their threads.
 */
#ifndef LEARN_LIBRARY_H
#define LEARN_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

struct library_symbol {
    const char *name;
    void *pointer; /* to a pointer to the function, set when all were found */
};

/* Load `name`, a shared library with its version, for good. False: it or a symbol is not there. */
bool library_load(const char *name, const struct library_symbol *symbols, size_t count);

#endif
