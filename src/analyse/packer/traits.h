/*
 * analyse/packer/traits.h -- how a specimen is laid out: as tokens that name it, and as traits that
 * packed files share.
 */
#ifndef ANALYSE_PACKER_TRAITS_H
#define ANALYSE_PACKER_TRAITS_H

#include "analyse/packer/specimen.h"

enum { LAYOUT_TOKENS = 128, LAYOUT_SECTIONS = 12 /* of the first and last that are looked at */ };

enum layout_kind {
    LAYOUT_NAME,       /* of a section */
    LAYOUT_SHAPE,      /* flags, whether it has bytes in the file, entropy by half bits */
    LAYOUT_ENTRY_NAME, /* of the section with the entry point */
    LAYOUT_ENTRY_SHAPE,
    LAYOUT_ENTRY_PLACE, /* first, last, between, none */
    LAYOUT_ENTRY_LOW,   /* the entry point within its page */
    LAYOUT_COUNT,       /* of sections (and segments) */
    LAYOUT_IMPORTS,     /* imported functions and libraries, by powers of two */
    LAYOUT_OVERLAY,
    LAYOUT_ENTROPY, /* of the file, by quarter bits */
    LAYOUT_HEADER,  /* format, machine, type, width */
    LAYOUT_KINDS,
};

struct layout_token {
    uint64_t key;
    uint8_t kind, section; /* section: 255 where it is of none */
};

/* How many there are. */
uint32_t layout_tokens(const struct specimen *specimen, struct layout_token tokens[LAYOUT_TOKENS]);

/* Set in ret_traits, which is all zero and has room for 128, values in [0,1]; how many there are.
 */
uint32_t traits_of(const struct specimen *specimen, float *ret_traits);

/* "entry section can be written to"; for traits that traits_of counts. */
const char *trait_name(uint32_t trait);

#endif
