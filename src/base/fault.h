/*
 * base/fault.h -- what was wrong with foreign bytes, and where.
 *
 * A parser returns 0 or -errno and fills a fault: a sentence, and a place
 * someone can go and look at.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdint.h>

struct fault {
    const char *why; /* a constant sentence without a full stop; never NULL after an error */
    uint64_t offset; /* byte in the (decompressed) input */
    uint64_t line;   /* from 1; 0 where lines mean nothing */
};

#endif
