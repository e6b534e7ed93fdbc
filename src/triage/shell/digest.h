/* triage/shell/digest.h -- message digests by the names of their tools. */
#ifndef TRIAGE_SHELL_DIGEST_H
#define TRIAGE_SHELL_DIGEST_H

#include "triage/shell/machine.h"

struct nettle_hash;

/* By the name of the tool, "md5sum"; NULL for none. */
const struct nettle_hash *digest_find(struct bytes name);

/* The digest of `content` in hexadecimal, at the end of `out`. */
void digest_put(struct machine *machine, const struct nettle_hash *hash, struct bytes content,
                struct text *out);

#endif
