/*
 * analyse/family/tlsh.h -- how alike two files are, from digests of 35 bytes.
 *
 * A thin door to libtlsh (Oliver, Cheng and Chen, "TLSH -- a locality sensitive hash", CTC 2013),
 * which is C++: everything here is C. Files that differ a little have digests that do: a distance
 * below 30 is hardly ever chance, one above 100 says nothing.
 */
#ifndef ANALYSE_FAMILY_TLSH_H
#define ANALYSE_FAMILY_TLSH_H

#include "base/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TLSH_TEXT = 80 /* of a digest, 70 hexadecimal digits, with its NUL */ };

/* The digest as text; false of fewer than 256 bytes, or such as hardly vary. */
bool tlsh_make(struct bytes content, char ret_text[TLSH_TEXT]);

/* From 0, the same; below 0: one of them is no digest. */
int tlsh_distance(const char *one, const char *other);

#ifdef __cplusplus
}
#endif

#endif
