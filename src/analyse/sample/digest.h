/*
 * analyse/sample/digest.h -- the names of a file that depend on nothing but its bytes.
 */
#ifndef ANALYSE_SAMPLE_DIGEST_H
#define ANALYSE_SAMPLE_DIGEST_H

#include "base/bytes.h"

/* Hexadecimal, small letters, with a NUL behind them. */
struct sample_digest {
    char sha256[65], sha1[41], md5[33];
};

/* SHA-256 and SHA-1 (FIPS 180-4), MD5 (RFC 1321). */
void sample_digest_make(struct bytes content, struct sample_digest *ret_digest);

/* Whether a text is a digest of one of the three kinds: so many hexadecimal digits. */
bool sample_digest_is(struct bytes text);

#endif
